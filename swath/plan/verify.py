"""The judge: does a plan keep the rules of its problem? It knows no solver, only ``problem.py``.

Everything is worked out anew and by another way than the planner's: lines of sight are shot at the ground and must hit
the place; its corners are followed through the field of view; elevation, Sun and eclipse come from the exact
ephemerides in finer steps; memory and battery are simulated. Tolerances: 50 m of pointing, 0.02 deg of angles, 2 % of
pixel size and data, 2 ms of time, 0.1 Wh (eclipse edges between steps of 10 s), 1e-6 of values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic
from swath.model import Plan, Request
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_direction_itrf, sunlit_signal
from swath.plan.problem import Problem, quality
from swath.plan.verify_view import ANGLE_DEG, faults_of_view
from swath.spacecraft.satellite import Satellite
from swath.table import Table
from swath.time import format_utc, seconds

__all__ = ["RULES", "Violation", "verify"]

Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]

RULES = {
    "number": "every value is a finite number or a time",
    "duplicate_id": "ids are unique",
    "unknown_id": "requests, satellites, stations and contacts exist",
    "request_twice": "a request is pictured once",
    "times": "start, middle and stop follow one another",
    "window": "a picture lies in its request's window",
    "horizon": "everything lies in the plan's span",
    "commanding": "nothing new before the satellite can be told",
    "frozen": "what is fixed stays as it was",
    "offered": "the look is one of the opportunities' passes",
    "pointing": "the line of sight meets the place",
    "off_nadir": "off-nadir angle as stated and within its limits",
    "sun": "Sun elevation as stated and above the limit",
    "gsd": "pixel size as stated",
    "coverage": "the whole place is seen while imaging",
    "data": "data volume fits the picture",
    "forecast": "P(clear) is the forecast's",
    "look_value": "value is request value x quality x P(clear)",
    "plan_value": "the plan's value is the sum",
    "bound": "no plan exceeds the bound",
    "overlap": "one picture at a time",
    "slew": "time to turn between activities",
    "imaging_in_contact": "no picture in contact",
    "contact_overlap": "one contact at a time",
    "antenna": "an antenna serves one satellite, after its set-up",
    "visibility": "in contact the satellite stands above the station's least elevation",
    "rate": "no faster than station and radio can",
    "volume": "a contact carries its pictures",
    "delivery": "a picture comes down after it was taken, in a contact of its satellite",
    "on_ground": "the last bit arrives when it can",
    "deadline": "on the ground in time",
    "memory": "the recorder never overflows",
    "battery": "the battery never falls below its floor",
    "unanswered": "every request is planned or refused",
    "refusal": "a refusal names a request that is not planned, once, with a reason",
}
"""the rules by name"""

_TIME = seconds(0.002)
_ENERGY_WH = 0.1
_STEP_S = 10.0


@dataclass(frozen=True)
class Violation:
    """A broken rule: its name in :data:`RULES`, what breaks it (an id) and how, with numbers."""

    rule: str
    subject: str
    because: str


@dataclass(frozen=True)
class _Case:
    problem: Problem
    plan: Plan
    ephemerides: Mapping[str, Ephemeris]
    eop: EarthOrientation
    satellites: Mapping[str, Satellite]
    requests: Mapping[str, Request]
    looks: tuple[dict[str, Any], ...]
    contacts: tuple[dict[str, Any], ...]


def verify(
    problem: Problem, plan: Plan, ephemerides: Mapping[str, Ephemeris], eop: EarthOrientation
) -> tuple[Violation, ...]:
    """Every rule of ``swath.plan.problem`` that a plan breaks; empty: it is valid.

    ``ephemerides`` by satellite should be exact ones (``sgp4_ephemeris``). Tables with missing numbers or unknown ids
    are judged no further than that.
    """
    broken = [*_numbers(plan), *_ids(problem, plan)]
    if broken:
        return tuple(broken)
    case = _Case(
        problem,
        plan,
        ephemerides,
        eop,
        {satellite.id: satellite for satellite in problem.satellites},
        {request.id: request for request in problem.requests},
        tuple(plan.acquisitions.rows()),
        tuple(plan.contacts.rows()),
    )
    rules = (
        _times,
        _fixed,
        _offers,
        _views,
        _values,
        _order,
        _antennas,
        _contacts,
        _deliveries,
        _memory,
        _battery,
        _answers,
    )
    return tuple(violation for rule in rules for violation in rule(case))


def _numbers(plan: Plan) -> Iterator[Violation]:
    for table in (plan.acquisitions, plan.contacts):
        for column in fields(table):
            values = getattr(table, column.name)
            bad = ~np.isfinite(values) if values.dtype.kind in "fM" else np.zeros(len(table), bool)
            for row in np.flatnonzero(bad):
                yield Violation("number", str(table.id[row]), f"{column.name} is {values[row]}")
    for name in ("value", "bound"):
        if not np.isfinite(getattr(plan, name)):
            yield Violation("number", "plan", f"{name} is {getattr(plan, name)}")


def _ids(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {
        "satellite": {satellite.id for satellite in problem.satellites},
        "request": {request.id for request in problem.requests},
        "station": {station.id for station in problem.stations},
        "contact": set(plan.contacts.id.tolist()),
    }
    for table in (plan.acquisitions, plan.contacts):
        for id in _twice(table.id.tolist()):
            yield Violation("duplicate_id", id, "used more than once")
        for row in table.rows():
            for name, ids in known.items():
                if name in row and row[name] not in ids:
                    yield Violation("unknown_id", str(row["id"]), f"there is no {name} {row[name]!r}")
    for id in _twice(plan.acquisitions.request.tolist()):
        yield Violation("request_twice", id, "pictured more than once")


def _twice(ids: list[str]) -> list[str]:
    return [id for id, count in Counter(ids).items() if count > 1]


def _times(case: _Case) -> Iterator[Violation]:
    problem = case.problem
    fixed = {*problem.frozen.id.tolist(), *problem.frozen_contacts.id.tolist()}
    setup_s = {station.id: station.setup_s for station in problem.stations}
    for row in (*case.looks, *case.contacts):
        id, start, stop = str(row["id"]), row["start"], row["stop"]
        middle = row.get("middle", start + (stop - start) / 2)
        if not start < middle < stop:
            yield Violation("times", id, f"starts {_t(start)}, middle {_t(middle)}, stops {_t(stop)}")
        if id not in fixed and (start < problem.start or stop > problem.stop):
            yield Violation("horizon", id, f"{_t(start)} to {_t(stop)} leaves the plan's span")
        told = problem.commandable_from(str(row["satellite"]))
        if id not in fixed and start - seconds(setup_s.get(str(row.get("station")), 0.0)) < told - _TIME:
            yield Violation(
                "commanding", id, f"would begin at {_t(start)}, its satellite can be told from {_t(told)} on"
            )
        if "request" in row:
            request = case.requests[str(row["request"])]
            if start < request.start or stop > request.stop:
                yield Violation(
                    "window", id, f"{_t(start)} to {_t(stop)} leaves {_t(request.start)} to {_t(request.stop)}"
                )


def _fixed(case: _Case) -> Iterator[Violation]:
    kept = set(case.problem.frozen_contacts.id.tolist())
    pairs: tuple[tuple[Table, Table], ...] = (
        (case.problem.frozen, case.plan.acquisitions),
        (case.problem.frozen_contacts, case.plan.contacts),
    )
    for before, now in pairs:
        rows = {row["id"]: row for row in now.rows()}
        for row in before.rows():
            other = rows.get(row["id"], {})
            free = {"contact", "on_ground"} if "contact" in row and row["contact"] not in kept else set()
            changed = [name for name in row if name not in free and row[name] != other.get(name)]
            if changed:
                yield Violation("frozen", str(row["id"]), f"{', '.join(changed)} changed" if other else "is missing")


def _offers(case: _Case) -> Iterator[Violation]:
    offers, fixed = case.problem.opportunities, set(case.problem.frozen.id.tolist())
    for row in case.looks:
        if row["id"] in fixed:
            continue
        same = np.flatnonzero((offers.request == row["request"]) & (offers.satellite == row["satellite"]))
        away = np.abs(offers.middle[same] - row["middle"])
        if not len(same) or away.min() > seconds(60.0):
            yield Violation("offered", str(row["id"]), f"no opportunity of {row['request']} near {_t(row['middle'])}")
        elif abs(offers.p_clear[same[np.argmin(away)]] - row["p_clear"]) > 0.01:
            because = f"P(clear) {row['p_clear']:.3f}, the forecast says {offers.p_clear[same[np.argmin(away)]]:.3f}"
            yield Violation("forecast", str(row["id"]), because)


def _views(case: _Case) -> Iterator[Violation]:
    for row in case.looks:
        if row["start"] < row["middle"] < row["stop"]:
            satellite, request = case.satellites[str(row["satellite"])], case.requests[str(row["request"])]
            for rule, because in faults_of_view(row, satellite, request, case.ephemerides[satellite.id], case.eop):
                yield Violation(rule, str(row["id"]), because)


def _values(case: _Case) -> Iterator[Violation]:
    for row in case.looks:
        worth = case.requests[str(row["request"])].value * float(quality(row["off_nadir_deg"])) * row["p_clear"]
        if abs(worth - row["value"]) > 1e-6 * max(1.0, worth):
            yield Violation("look_value", str(row["id"]), f"worth {worth:.6f}, stated {row['value']:.6f}")
    total = sum(row["value"] for row in case.looks)
    if abs(total - case.plan.value) > 1e-6 * max(1.0, total):
        yield Violation("plan_value", "plan", f"the pictures are worth {total:.6f}, stated {case.plan.value:.6f}")
    if case.plan.bound < total - 1e-6 * max(1.0, total):
        yield Violation("bound", "plan", f"worth {total:.6f}, said to be at most {case.plan.bound:.6f}")


def _activities(case: _Case, satellite: str) -> list[dict[str, Any]]:
    """Pictures and contacts of a satellite in order of time; in contact it looks straight down."""
    level = {"roll_deg": 0.0, "pitch_deg": 0.0}
    rows = [row for row in (*case.looks, *case.contacts) if row["satellite"] == satellite]
    return sorted(({**level, **row} for row in rows), key=lambda row: (row["start"], row["stop"]))


def _turn_s(satellite: Satellite, a: Row, b: Row) -> float:
    """Trapezoid of rate against time, and settling."""
    (ra, pa), (rb, pb) = (np.radians([row["roll_deg"], row["pitch_deg"]]) for row in (a, b))
    cosine = np.sin(pa) * np.sin(pb) + np.cos(pa) * np.cos(pb) * np.cos(ra - rb)
    angle = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    limit, ramp = satellite.agility.max_rate_deg_s, satellite.agility.max_acceleration_deg_s2
    peak = min(limit, np.sqrt(angle * ramp))
    coast_s = (angle - peak**2 / ramp) / peak if peak > 0.0 else 0.0
    return float(2.0 * peak / ramp + coast_s + satellite.agility.settling_s)


def _order(case: _Case) -> Iterator[Violation]:
    for id, satellite in case.satellites.items():
        rest = {
            "id": "the start",
            "start": case.problem.start,
            "stop": case.problem.start,
            "roll_deg": 0.0,
            "pitch_deg": 0.0,
        }
        latest: Row = rest
        for row in _activities(case, id):
            gap_s = (row["start"] - latest["stop"]) / np.timedelta64(1, "s")
            if gap_s < 0.0:
                contacts = ("station" in row) + ("station" in latest)
                rule = ("overlap", "imaging_in_contact", "contact_overlap")[contacts]
                yield Violation(rule, str(row["id"]), f"begins {-gap_s:.3f} s before {latest['id']} ends")
            elif gap_s < (turn_s := _turn_s(satellite, latest, row)) - 0.002:
                yield Violation(
                    "slew", str(row["id"]), f"{gap_s:.3f} s after {latest['id']}, turning takes {turn_s:.3f} s"
                )
            latest = max(latest, row, key=lambda r: r["stop"])


def _antennas(case: _Case) -> Iterator[Violation]:
    for station in case.problem.stations:
        rows = sorted((row for row in case.contacts if row["station"] == station.id), key=lambda row: row["start"])
        for before, row in pairwise(rows):
            if row["start"] - seconds(station.setup_s) < before["stop"] - _TIME:
                yield Violation(
                    "antenna", str(row["id"]), f"{station.id} is taken until {_t(before['stop'])} by {before['id']}"
                )


def _contacts(case: _Case) -> Iterator[Violation]:
    stations = {station.id: station for station in case.problem.stations}
    for row in case.contacts:
        id, station = str(row["id"]), stations[str(row["station"])]
        length_s = (row["stop"] - row["start"]) / np.timedelta64(1, "s")
        at = row["start"] + np.linspace(0.0, 1.0, max(int(length_s / 5.0), 1) + 1) * (row["stop"] - row["start"])
        ground_m = itrf_from_geodetic(lon_deg=station.lon_deg, lat_deg=station.lat_deg, altitude_m=station.altitude_m)
        way = case.ephemerides[str(row["satellite"])].states(at)[0] - ground_m
        sine = way @ geodetic_up(lon_deg=station.lon_deg, lat_deg=station.lat_deg) / np.linalg.norm(way, axis=-1)
        lowest_deg = float(np.degrees(np.arcsin(sine)).min())
        if lowest_deg < station.min_elevation_deg - ANGLE_DEG:
            yield Violation("visibility", id, f"{lowest_deg:.2f} deg above the horizon of {station.id}")
        most = min(station.rate_bit_s, case.satellites[str(row["satellite"])].radio.max_rate_bit_s)
        if not 0.0 < row["rate_bit_s"] <= most * (1.0 + 1e-9):
            yield Violation("rate", id, f"{row['rate_bit_s']:.0f} bit/s, at most {most:.0f} can be received")
        carried = sum(look["data_bit"] for look in case.looks if look["contact"] == id)
        if abs(carried - row["volume_bit"]) > 1.0 or carried > row["rate_bit_s"] * (length_s + 0.002):
            yield Violation("volume", id, f"states {row['volume_bit']:.0f} bit, its pictures have {carried:.0f}")


def _deliveries(case: _Case) -> Iterator[Violation]:
    contacts = {row["id"]: row for row in case.contacts}
    sent_bit = dict.fromkeys(contacts, 0.0)
    for row in sorted(case.looks, key=lambda row: row["on_ground"]):
        id, contact = str(row["id"]), contacts[row["contact"]]
        if contact["satellite"] != row["satellite"] or contact["start"] < row["stop"]:
            yield Violation(
                "delivery", id, f"cannot come down in {contact['id']}, which begins at {_t(contact['start'])}"
            )
        sent_bit[contact["id"]] += row["data_bit"]
        soonest = contact["start"] + seconds(sent_bit[contact["id"]] / max(contact["rate_bit_s"], 1e-9))
        if not soonest - _TIME <= row["on_ground"] <= contact["stop"] + _TIME:
            yield Violation(
                "on_ground", id, f"stated {_t(row['on_ground'])}, can be {_t(soonest)} to {_t(contact['stop'])}"
            )
        deadline = case.requests[str(row["request"])].deadline
        if row["on_ground"] > deadline + _TIME:
            yield Violation("deadline", id, f"on the ground at {_t(row['on_ground'])}, due by {_t(deadline)}")


def _memory(case: _Case) -> Iterator[Violation]:
    for id, satellite in case.satellites.items():
        mine = [row for row in case.looks if row["satellite"] == id]
        events = [(row["start"], 1, row["data_bit"], row["id"]) for row in mine]
        events += [(row["on_ground"], 0, -row["data_bit"], row["id"]) for row in mine]
        held_bit = 0.0
        for at, _, change_bit, what in sorted(events):
            held_bit += change_bit
            if held_bit > satellite.memory.capacity_bit + 1.0:
                yield Violation("memory", id, f"{held_bit / 1e9:.3f} Gbit at {_t(at)} with {what}")
                break


def _battery(case: _Case) -> Iterator[Violation]:
    start = case.problem.start
    length_s = (case.problem.stop - start) / np.timedelta64(1, "s")
    grid_s = np.append(np.arange(0.0, length_s, _STEP_S), length_s)
    for id, satellite in case.satellites.items():
        at = start + seconds(grid_s)
        light = sunlit_signal(case.ephemerides[id].states(at)[0], sun_direction_itrf(at, case.eop))
        power, edges_s, before = satellite.power, [grid_s], {"stop": start, "roll_deg": 0.0, "pitch_deg": 0.0}
        loads = []
        for row in _activities(case, id):
            begin_s, end_s = ((row[name] - start) / np.timedelta64(1, "ns") * 1e-9 for name in ("start", "stop"))
            loads.append((begin_s - _turn_s(satellite, before, row), begin_s, power.slew_w))
            loads.append((begin_s, end_s, power.contact_w if "station" in row else power.image_w))
            edges_s.append(np.array([loads[-2][0], begin_s, end_s]))
            before = row
        edge_s = np.unique(np.concatenate(edges_s))
        edge_s = edge_s[(edge_s >= 0.0) & (edge_s <= length_s)]
        middle_s = (edge_s[1:] + edge_s[:-1]) / 2.0
        first, last = np.interp(edge_s[:-1], grid_s, light), np.interp(edge_s[1:], grid_s, light)
        span = np.maximum(np.abs(first) + np.abs(last), 1e-300)
        lit = np.where(first * last >= 0.0, (first + last) > 0.0, np.maximum(first, last) / span)
        watt = power.charge_w * lit - power.idle_w
        for begin_s, end_s, load_w in loads:
            watt = watt - load_w * ((middle_s > begin_s) & (middle_s < end_s))
        stored_wh = power.initial_wh
        for number, change_wh in enumerate(watt * np.diff(edge_s) / 3600.0):
            stored_wh = min(power.battery_wh, stored_wh + float(change_wh))
            if stored_wh < power.min_wh - _ENERGY_WH:
                yield Violation("battery", id, f"{stored_wh:.2f} Wh at {_t(start + seconds(edge_s[number + 1]))}")
                break


def _answers(case: _Case) -> Iterator[Violation]:
    planned = {row["request"] for row in case.looks}
    refused = [refusal.request for refusal in case.plan.refused]
    for id in case.requests:
        if id not in planned and id not in refused:
            yield Violation("unanswered", id, "neither planned nor refused")
    for refusal in case.plan.refused:
        if refusal.request not in case.requests or refusal.request in planned:
            yield Violation("refusal", refusal.request, "is planned, or nobody asked for it")
        if not refusal.reason.strip() or not refusal.because.strip():
            yield Violation("refusal", refusal.request, "has no reason")
    for id in _twice(refused):
        yield Violation("refusal", id, "refused more than once")


def _t(at: np.datetime64) -> str:
    return format_utc(at, decimals=3)
