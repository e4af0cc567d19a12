"""Judges plans of AEOSSP cases by a geometry of its own: what the planner computed is not asked.

Positions come from the ``sgp4`` package with the constants of WGS 84 (as the benchmark's own verifier takes them), the
Earth turns by the polynomial of IAU 1982 (Aoki et al. 1982), places stand on WGS 84 by the closed formula, the Sun by
the low-precision formula of the Astronomical Almanac (0.01 deg). It looks at every instant that the rules name: the
grid, both ends, segment middles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sgp4.api import WGS84, Satrec

from swath.errors import DataError
from swath.plan.bench.aeossp import Action, Case, Craft, TaskRow
from swath.plan.bench.protocol import Verdict
from swath.time import format_utc, seconds

__all__ = ["judge_actions"]

Floats = npt.NDArray[np.float64]

_SMALL = 1e-9
_OFF_NADIR_TOLERANCE_DEG = 1e-6
_SHADOW_RADIUS_M = 6378136.3


def judge_actions(case: Case, actions: Sequence[Action]) -> Verdict:
    """Which rules does a plan break, and what is its weighted completion (WCR) and completion (CR)?

    One broken rule makes the whole plan worth 0, as the benchmark has it. Finds every one of 12 kinds of seeded faults;
    its angles are those of ``brahe``, which the benchmark's own verifier asks (tests/plan/bench/test_aeossp.py).
    """
    crafts = {craft.id: craft for craft in case.crafts}
    tasks = {task.id: task for task in case.tasks}
    broken: list[str] = []
    sound: dict[str, list[tuple[Action, TaskRow]]] = {craft.id: [] for craft in case.crafts}
    for number, action in enumerate(actions):
        craft, task = crafts.get(action.satellite), tasks.get(action.task)
        if craft is None or task is None:
            broken.append(f"actions[{number}]: unknown {'satellite' if craft is None else 'task'}")
            continue
        wrong = _structure(case, action, craft, task)
        if wrong:
            broken.append(f"actions[{number}] ({action.satellite}, {action.task}): {wrong}")
        else:
            sound[craft.id].append((action, task))
    drawn_wh = 0.0
    for craft in case.crafts:
        flight = _Flight(case, craft)
        mine = sorted(sound[craft.id], key=lambda pair: (pair[0].start_s, pair[0].stop_s))
        broken += [f"{craft.id}: {words}" for words in _looking(flight, mine)]
        turns, words = _turning(flight, mine)
        broken += [f"{craft.id}: {word}" for word in words]
        used_wh, words = _battery(flight, [action for action, _ in mine], turns)
        broken += [f"{craft.id}: {word}" for word in words]
        drawn_wh += used_wh
    done = {action.task for action in actions if action.task in tasks}
    total = sum(task.weight for task in case.tasks)
    value = sum(tasks[id].weight for id in sorted(done)) if not broken else 0.0
    measures = {
        "WCR": value / total if total else 0.0,
        "CR": len(done) / len(tasks) if not broken else 0.0,
        "PC": drawn_wh,
        "actions": len(actions),
    }
    return Verdict(not broken, value, tuple(broken), measures)


def _structure(case: Case, action: Action, craft: Craft, task: TaskRow) -> str:
    """What is wrong with an action on its own; empty if nothing."""
    step = case.action_step_s
    off_grid = [abs(t / step - round(t / step)) > _SMALL for t in (action.start_s, action.stop_s)]
    checks = (
        (action.stop_s <= action.start_s, "ends before it starts"),
        (action.start_s < 0.0 or action.stop_s > case.horizon_s, "lies outside the horizon"),
        (any(off_grid), f"is off the grid of {step} s"),
        (action.start_s < task.release_s or action.stop_s > task.due_s, "lies outside the task's window"),
        (abs(action.stop_s - action.start_s - task.duration_s) > _SMALL, f"does not last {task.duration_s:g} s"),
        (craft.sensor != task.sensor, f"needs a sensor of type {task.sensor}"),
    )
    return next((words for wrong, words in checks if wrong), "")


@dataclass(frozen=True)
class _Flight:
    """Where one satellite is, at seconds after the case's start."""

    case: Case
    craft: Craft

    def _days(self, at_s: Floats) -> tuple[Floats, Floats]:
        midnight = self.case.start.astype("datetime64[D]")
        day = float(midnight.astype(np.int64)) + 2440587.5
        into_s = float((self.case.start - midnight) / np.timedelta64(1, "ns")) * 1e-9
        return np.full(len(at_s), day), (into_s + at_s) / 86400.0

    def inertial_m(self, at_s: Floats) -> Floats:
        jd, fraction = self._days(at_s)
        record = Satrec.twoline2rv(self.craft.line1, self.craft.line2, WGS84)
        error, r_km, _ = record.sgp4_array(jd, fraction)
        if error.any():
            raise DataError("SGP4 cannot carry its elements so far", where=self.craft.id, fix="Correct its TLE")
        return np.asarray(r_km, np.float64) * 1e3

    def spin_rad(self, at_s: Floats) -> Floats:
        jd, fraction = self._days(at_s)
        century = (jd - 2451545.0 + fraction) / 36525.0
        whole = 67310.54841 + 8640184.812866 * century + 0.093104 * century**2 - 6.2e-6 * century**3
        # The 876600 hours a century of the mean Sun are whole turns but for the fraction of the day.
        turn = whole / 240.0 + 360.0 * (fraction + (jd - 2451545.0) % 1.0)
        return np.asarray(np.radians(turn % 360.0), np.float64)

    def place_inertial_m(self, task: TaskRow, at_s: Floats) -> Floats:
        lat, turn = np.radians(task.lat_deg), np.radians(task.lon_deg) + self.spin_rad(at_s)
        a, e2 = 6378137.0, (2.0 - 1.0 / 298.257223563) / 298.257223563
        n = a / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
        across, up = (n + task.altitude_m) * np.cos(lat), (n * (1.0 - e2) + task.altitude_m) * np.sin(lat)
        return np.stack([across * np.cos(turn), across * np.sin(turn), np.full_like(turn, up)], -1)

    def sunlit(self, at_s: Floats) -> npt.NDArray[np.bool_]:
        jd, fraction = self._days(at_s)
        n = jd - 2451545.0 + fraction
        mean, about = np.radians(357.528 + 0.9856003 * n), np.radians(280.460 + 0.9856474 * n)
        longitude = about + np.radians(1.915 * np.sin(mean) + 0.020 * np.sin(2 * mean))
        tilt = np.radians(23.439 - 4e-7 * n)
        sun = np.stack([np.cos(longitude), np.cos(tilt) * np.sin(longitude), np.sin(tilt) * np.sin(longitude)], -1)
        r = self.inertial_m(at_s)
        along = np.sum(r * sun, -1)
        across = np.linalg.norm(r - along[:, None] * sun, axis=-1)
        return np.asarray((along >= 0.0) | (across >= _SHADOW_RADIUS_M), np.bool_)

    def clock(self, at_s: float) -> str:
        return format_utc(self.case.start + seconds(at_s))


def _angle_deg(a: Floats, b: Floats) -> Floats:
    """Between vectors, well conditioned at every angle (Kahan)."""
    x, y = a / np.linalg.norm(a, axis=-1, keepdims=True), b / np.linalg.norm(b, axis=-1, keepdims=True)
    half = np.arctan2(np.linalg.norm(x - y, axis=-1), np.linalg.norm(x + y, axis=-1))
    return np.asarray(np.degrees(2.0 * half), np.float64)


def _looking(flight: _Flight, mine: list[tuple[Action, TaskRow]]) -> list[str]:
    found = []
    step = flight.case.geometry_step_s
    for action, task in mine:
        grid = np.arange(np.floor(action.start_s / step) * step, action.stop_s, step)
        at = np.unique(np.concatenate([[action.start_s], grid[grid > action.start_s], [action.stop_s]]))
        r, place = flight.inertial_m(at), flight.place_inertial_m(task, at)
        hidden = np.sum((r - place) * place, -1) <= 0.0
        angle = _angle_deg(-r, place - r)
        wide = angle > flight.craft.max_off_nadir_deg + _OFF_NADIR_TOLERANCE_DEG
        if hidden.any():
            found.append(f"{task.id} is behind the horizon at {flight.clock(at[np.argmax(hidden)])}")
        elif wide.any():
            k = int(np.argmax(wide))
            found.append(f"{task.id} is {angle[k]:.4f} deg off nadir at {flight.clock(at[k])}")
    return found


def _turning(flight: _Flight, mine: list[tuple[Action, TaskRow]]) -> tuple[list[tuple[float, float]], list[str]]:
    """The stretches of turning, right before each look; and the gaps that are too short for them."""
    craft, found, turns = flight.craft, [], []
    for number, (action, task) in enumerate(mine):
        here = np.array([action.start_s])
        to = flight.place_inertial_m(task, here) - flight.inertial_m(here)
        if number == 0:
            since_s, begin = 0.0, -flight.inertial_m(here)
        else:
            before, seen = mine[number - 1]
            since_s, then = before.stop_s, np.array([before.stop_s])
            begin = flight.place_inertial_m(seen, then) - flight.inertial_m(then)
        angle = float(_angle_deg(begin, to)[0])
        ramp = craft.rate_deg_s**2 / craft.acceleration_deg_s2 if craft.acceleration_deg_s2 > 0.0 else np.inf
        if angle <= _SMALL:
            turn = 0.0
        elif craft.rate_deg_s <= 0.0 or craft.acceleration_deg_s2 <= 0.0:
            turn = np.inf
        elif angle <= ramp:
            turn = 2.0 * np.sqrt(angle / craft.acceleration_deg_s2)
        else:
            turn = 2.0 * craft.rate_deg_s / craft.acceleration_deg_s2 + (angle - ramp) / craft.rate_deg_s
        need = turn + craft.settling_s
        if action.start_s - since_s + _SMALL < need:
            found.append(
                f"{task.id} at {flight.clock(action.start_s)} has {action.start_s - since_s:g} of {need:.3f} s"
            )
        turns.append((action.start_s - min(need, 1e6), action.start_s))
    return turns, found


def _battery(flight: _Flight, looks: list[Action], turns: list[tuple[float, float]]) -> tuple[float, list[str]]:
    craft, case = flight.craft, flight.case
    edges = [np.arange(0.0, case.horizon_s, case.resource_step_s), np.array([case.horizon_s])]
    edges += [np.array([a.start_s, a.stop_s]) for a in looks] + [np.array(turn) for turn in turns]
    at = np.unique(np.concatenate(edges))
    middle, length = 0.5 * (at[1:] + at[:-1]), np.diff(at)
    load = np.full(len(middle), craft.idle_w)
    for first, last, watt in (
        *((a.start_s, a.stop_s, craft.imaging_w) for a in looks),
        *((a, b, craft.slew_w) for a, b in turns),
    ):
        load[(middle >= first) & (middle < last)] += watt
    power = np.where(flight.sunlit(middle), craft.charge_w, 0.0) - load
    level = craft.initial_wh
    for k, change in enumerate((power * length / 3600.0).tolist()):
        level += change
        if level < -_SMALL:
            return 0.0, [f"the battery runs empty near {flight.clock(float(middle[k]))}"]
        level = min(level, craft.capacity_wh)
    return float(np.sum(load * length) / 3600.0), []
