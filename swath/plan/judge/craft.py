"""Can the satellites do it? Turns, the Sun, memory, battery, the camera's duty and warmth, worked out anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.frames import orbital_axes, rotate
from swath.orbit.sun import sun_direction_itrf, sunlit_signal
from swath.plan.judge.case import Case, Row, Violation, activities, since_s, told
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["judge_battery", "judge_camera", "judge_memory", "judge_order", "judge_sun", "stored_energy"]

Floats = npt.NDArray[np.float64]

_ENERGY_WH = 0.1
_STEP_S = 10.0
_SUN_DEG = 0.02
_HEAT_K = 1e-3
_DUTY_S = 0.002


def _sight(row: Row) -> Floats:
    """Line of sight in (forward, right, down)."""
    roll, pitch = np.radians(row["roll_deg"]), np.radians(row["pitch_deg"])
    return np.array([np.sin(pitch), np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)])


def _bare_turn_s(satellite: Satellite, a: Floats, b: Floats) -> float:
    """Trapezoid of rate against time."""
    angle = float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))
    limit, ramp = satellite.agility.max_rate_deg_s, satellite.agility.max_acceleration_deg_s2
    peak = min(limit, np.sqrt(angle * ramp))
    coast_s = (angle - peak**2 / ramp) / peak if peak > 0.0 else 0.0
    return float(2.0 * peak / ramp + coast_s)


def _toward_sun(case: Case, satellite: str, at: Any) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Unit vectors to the Sun in the orbital frame, and whether it is lit."""
    r_m, v_m_s = case.ephemerides[satellite].states(np.atleast_1d(at))
    sun = sun_direction_itrf(np.atleast_1d(at), case.eop)
    return rotate(orbital_axes(r_m, v_m_s), sun), np.asarray(sunlit_signal(r_m, sun) > 0.0)


def _closest_deg(a: Floats, b: Floats, sun: Floats) -> float:
    """Least angle to the Sun on the way from one line of sight to another, by going along it."""
    angle = np.arccos(np.clip(a @ b, -1.0, 1.0))
    share = np.linspace(0.0, 1.0, 257)[:, None]
    both = np.sin((1.0 - share) * angle) * a + np.sin(share * angle) * b
    way = a[None] if angle < 1e-9 else both / np.sin(angle)
    return float(np.degrees(np.arccos(np.clip(way @ sun, -1.0, 1.0))).min())


def _turn_s(case: Case, satellite: Satellite, a: Row, b: Row) -> float:
    """Time to turn and settle; by nadir where the Sun is in the way, endless where it is there too."""
    first, last, keep_deg = _sight(a), _sight(b), satellite.agility.sun_keep_out_deg
    if keep_deg > 0.0:
        sun, lit = _toward_sun(case, satellite.id, b["start"])
        if lit[0] and _closest_deg(first, last, sun[0]) < keep_deg - _SUN_DEG:
            level = np.array([0.0, 0.0, 1.0])
            if _closest_deg(level, last, sun[0]) < keep_deg - _SUN_DEG:
                return float("inf")
            way_s = _bare_turn_s(satellite, first, level) + _bare_turn_s(satellite, level, last)
            return way_s + satellite.agility.settling_s
    return _bare_turn_s(satellite, first, last) + satellite.agility.settling_s


def _rest(case: Case) -> dict[str, Any]:
    start = case.problem.start
    return {"id": "the start", "start": start, "stop": start, "roll_deg": 0.0, "pitch_deg": 0.0}


def judge_order(case: Case) -> Iterator[Violation]:
    """One thing at a time, with time to turn in between."""
    for id, satellite in case.satellites.items():
        latest: Row = _rest(case)
        for row in activities(case, id):
            gap_s = (row["start"] - latest["stop"]) / np.timedelta64(1, "s")
            if gap_s < 0.0:
                contacts = ("station" in row) + ("station" in latest)
                rule = ("overlap", "imaging_in_contact", "contact_overlap")[contacts]
                yield Violation(rule, str(row["id"]), f"begins {-gap_s:.3f} s before {latest['id']} ends")
            elif gap_s < (turn_s := _turn_s(case, satellite, latest, row)) - 0.002:
                because = f"{gap_s:.3f} s after {latest['id']}, turning takes {turn_s:.3f} s"
                yield Violation("slew", str(row["id"]), because)
            latest = max(latest, row, key=lambda r: r["stop"])


def judge_sun(case: Case) -> Iterator[Violation]:
    """No picture nearer to the Sun than the camera may look."""
    for row in case.looks:
        keep_deg = case.satellites[str(row["satellite"])].agility.sun_keep_out_deg
        if keep_deg > 0.0:
            at = row["start"] + np.linspace(0.0, 1.0, 9) * (row["stop"] - row["start"])
            sun, lit = _toward_sun(case, str(row["satellite"]), at)
            away_deg = np.degrees(np.arccos(np.clip(sun @ _sight(row), -1.0, 1.0)))
            if (lit & (away_deg < keep_deg - _SUN_DEG)).any():
                because = f"{away_deg.min():.2f} deg from the Sun, {keep_deg:g} are kept"
                yield Violation("sun_keep_out", str(row["id"]), because)


def judge_memory(case: Case) -> Iterator[Violation]:
    """The recorder from event to event."""
    for id, satellite in case.satellites.items():
        mine = [row for row in case.looks if row["satellite"] == id]
        events = [(row["start"], 1, row["data_bit"], row["id"]) for row in mine]
        events += [(row["on_ground"], 0, -row["data_bit"], row["id"]) for row in mine]
        held_bit = 0.0
        for at, _, change_bit, what in sorted(events):
            held_bit += change_bit
            if held_bit > satellite.memory.capacity_bit + 1.0:
                yield Violation("memory", id, f"{held_bit / 1e9:.3f} Gbit at {told(at)} with {what}")
                break


def judge_camera(case: Case) -> Iterator[Violation]:
    """Imaging within every window, and the warmth that all pictures before have left."""
    for id, satellite in case.satellites.items():
        mine = [row for row in activities(case, id) if "station" not in row]
        if not mine:
            continue
        begin, end = (np.array([since_s(case, row[name]) for row in mine]) for name in ("start", "stop"))
        duty, thermal = satellite.duty, satellite.thermal
        if np.isfinite(duty.image_s):
            edge = np.unique(np.concatenate([begin, end, begin - duty.window_s, end - duty.window_s]))
            until = np.array([np.clip(np.minimum(end, t) - begin, 0.0, None).sum() for t in edge])
            later = np.array([np.clip(np.minimum(end, t) - begin, 0.0, None).sum() for t in edge + duty.window_s])
            most_s = float((later - until).max())
            if most_s > duty.image_s + _DUTY_S:
                because = f"images {most_s:.1f} s within {duty.window_s:g} s, {duty.image_s:g} s are allowed"
                yield Violation("duty", id, because)
        if np.isfinite(thermal.max_k):
            for at in end:
                done = end <= at + 1e-9
                left = np.exp(-(at - end[done]) / thermal.settles_s) - np.exp(-(at - begin[done]) / thermal.settles_s)
                warm_k = thermal.rest_k + thermal.rise_k * float(left.sum())
                if warm_k > thermal.max_k + _HEAT_K:
                    yield Violation("heat", id, f"{warm_k:.2f} K, at most {thermal.max_k:g} K")
                    break


def _loads(case: Case, satellite: Satellite) -> tuple[list[tuple[float, float, float]], list[tuple[float, Floats]]]:
    """(from, to, watt) beyond idle, and from when on the satellite counts as looking where."""
    power, duty, before = satellite.power, satellite.duty, _rest(case)
    loads: list[tuple[float, float, float]] = []
    sights: list[tuple[float, Floats]] = [(0.0, _sight(before))]
    imaged_s = -np.inf
    for row in activities(case, satellite.id):
        begin_s, end_s = float(since_s(case, row["start"])), float(since_s(case, row["stop"]))
        turn_from_s = max(begin_s - _turn_s(case, satellite, before, row), float(since_s(case, before["stop"])))
        loads.append((turn_from_s, begin_s, power.slew_w))
        loads.append((begin_s, end_s, power.contact_w if "station" in row else power.image_w))
        if "station" not in row:
            loads.append((max(begin_s - duty.warm_up_s, imaged_s), begin_s, duty.warm_up_w))
            imaged_s = end_s
        sights.append((turn_from_s, _sight(row)))
        before = row
    return loads, sights


def judge_battery(case: Case) -> Iterator[Violation]:
    """Stored energy, step by step, light from exact orbits."""
    for id, satellite in case.satellites.items():
        edge_s, stored_wh = stored_energy(case, satellite)
        below = np.flatnonzero(stored_wh < satellite.power.min_wh - _ENERGY_WH)
        if len(below):
            at = case.problem.start + seconds(edge_s[below[0]])
            yield Violation("battery", id, f"{stored_wh[below[0]]:.2f} Wh at {told(at)}")


def stored_energy(case: Case, satellite: Satellite) -> tuple[Floats, Floats]:
    """Seconds since the plan's start, and what the battery holds then, in Wh."""
    start = case.problem.start
    length_s = float(since_s(case, case.problem.stop))
    grid_s = np.append(np.arange(0.0, length_s, _STEP_S), length_s)
    at = start + seconds(grid_s)
    light = sunlit_signal(case.ephemerides[satellite.id].states(at)[0], sun_direction_itrf(at, case.eop))
    power, (loads, sights) = satellite.power, _loads(case, satellite)
    edge_s = np.unique(np.concatenate([grid_s, *(np.array(load[:2]) for load in loads)]))
    edge_s = edge_s[(edge_s >= 0.0) & (edge_s <= length_s)]
    middle_s = (edge_s[1:] + edge_s[:-1]) / 2.0
    first, last = np.interp(edge_s[:-1], grid_s, light), np.interp(edge_s[1:], grid_s, light)
    span = np.maximum(np.abs(first) + np.abs(last), 1e-300)
    lit = np.where(first * last >= 0.0, (first + last) > 0.0, np.maximum(first, last) / span)
    watt = power.charge_w * lit * _facing(case, satellite, middle_s, sights) - power.idle_w
    for begin_s, end_s, load_w in loads:
        watt = watt - load_w * ((middle_s > begin_s) & (middle_s < end_s))
    stored_wh = [power.initial_wh]
    for change_wh in (watt * np.diff(edge_s) / 3600.0).tolist():
        stored_wh.append(min(power.battery_wh, stored_wh[-1] + change_wh))
    return edge_s, np.array(stored_wh)


def _facing(case: Case, satellite: Satellite, at_s: Floats, sights: list[tuple[float, Floats]]) -> Floats:
    """What a fixed array gives of its most; 1 where it follows the Sun."""
    if satellite.power.array_follows_sun:
        return np.ones(len(at_s))
    sun, _ = _toward_sun(case, satellite.id, case.problem.start + seconds(at_s))
    since = np.array([begin for begin, _ in sights])
    held = np.stack([sight for _, sight in sights])[np.searchsorted(since, at_s, "right") - 1]
    return np.asarray(np.maximum(0.0, -np.sum(held * sun, -1)), np.float64)
