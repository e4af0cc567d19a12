"""An AEOSSP case as a task of the engine: looks on the action grid, turns, orders, and rows of energy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import erfa
import numpy as np
import numpy.typing as npt
from sgp4.api import WGS84, Satrec

from swath.errors import DataError, InputError
from swath.frames import EarthOrientation, itrf_from_geodetic, itrf_from_teme
from swath.orbit.elements import parse_tle
from swath.orbit.sun import sun_direction_itrf
from swath.plan.bench.aeossp import Action, Case, Craft, TaskRow
from swath.plan.bench.aeossp_kernels import visible_starts
from swath.plan.bench.aeossp_power import Battery
from swath.plan.engine.net import Cut, Rule, Task, order_rows
from swath.plan.engine.turning import Looks, net_of_looks
from swath.time import julian_date, seconds

__all__ = ["Model", "model_of"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_TOLERANCE_DEG = 1e-6
"""the benchmark allows so much beyond the largest off-nadir angle; plans keep clear of the edge"""
_EARTH_RADIUS_M = 6378136.3
_ROUNDING_S = 1e-3
"""the bound allows gaps that are so much too short"""
_CLEAR_S, _CLEAR_DEG = 0.03, 0.01
"""plans stay so far from the edge of every gap and cone, more than 45 m of orbit (WGS 72 or 84) are worth"""


@dataclass(frozen=True)
class Model:
    """A case, the engine's task for it, and what its nodes are."""

    case: Case
    task: Task
    looks: Looks
    craft: Whole
    """by node"""

    def actions(self, taken: Whole) -> list[Action]:
        """The plan that a choice of nodes means."""
        return [
            Action(
                self.case.crafts[self.craft[node]].id,
                self.case.tasks[self.looks.group[node]].id,
                float(self.looks.start_s[node]),
                float(self.looks.stop_s[node]),
            )
            for node in taken.tolist()
        ]


def model_of(case: Case) -> Model:
    """Every look that the rules allow, and which may follow which."""
    step_s = int(np.gcd.reduce([case.action_step_s, case.geometry_step_s]))
    at = case.start + seconds(np.asarray(np.arange(round(case.horizon_s / step_s) + 1) * step_s, np.float64))
    jd, fraction = julian_date(at)
    spin = np.asarray(erfa.gmst82(jd, fraction), np.float64)
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(lambda craft: _craft_looks(case, craft, at, spin, step_s), case.crafts))
    chain_first = np.concatenate([[0], np.cumsum([len(one.task) for one in seen])]).astype(np.int64)

    def all_of(name: str) -> Any:
        return np.concatenate([getattr(one, name) for one in seen])

    looks = Looks(
        chain_first=chain_first,
        group=all_of("task"),
        **{name: all_of(name) for name in ("start_s", "stop_s", "before", "after", "opens")},
        agility=np.array([[c.rate_deg_s, c.acceleration_deg_s2, c.settling_s] for c in case.crafts]),
        always_s=np.array([one.always_s for one in seen]),
    )
    craft = np.repeat(np.arange(len(case.crafts)), np.diff(chain_first))
    batteries = [Battery(c, one.sunlit, float(step_s)) for c, one in zip(case.crafts, seen, strict=True)]
    task = Task(
        net=net_of_looks(looks, slack_s=-_CLEAR_S),
        outer=net_of_looks(looks, slack_s=_ROUNDING_S),
        value=np.array([task.weight for task in case.tasks], np.float64)[looks.group],
        rows=order_rows(looks.group, len(case.tasks)),
        barred=~all_of("clear"),
        rule=_rule(batteries, looks, all_of("down"), craft),
    )
    return Model(case, task, looks, craft)


def _rule(batteries: list[Battery], looks: Looks, down: Floats, craft: Whole) -> Rule:
    """The cuts of all satellites whose battery would run empty."""

    def rule(taken: Whole) -> list[Cut]:
        found: list[Cut] = []
        for number, battery in enumerate(batteries):
            nodes = taken[craft[taken] == number]
            mine = np.arange(looks.chain_first[number], looks.chain_first[number + 1])
            times = (looks.start_s[nodes], looks.stop_s[nodes], _turns_s(battery.craft, looks, down, nodes))
            found += battery.broken(*times, mine, looks.start_s[mine], looks.stop_s[mine])
        return found

    return rule


def _turns_s(craft: Craft, looks: Looks, down: Floats, nodes: Whole) -> Floats:
    """The turn with settling right before each look of a chain."""
    if not len(nodes):
        return np.zeros(0)
    begin = np.concatenate([down[nodes[:1]], looks.after[nodes[:-1]]])
    return _turn_s(craft, _angle_deg(begin, looks.before[nodes])) + craft.settling_s


@dataclass(frozen=True)
class _Seen:
    """What one satellite may do, by node; and when the Sun shines on it."""

    task: Whole
    start_s: Floats
    stop_s: Floats
    before: Floats
    after: Floats
    down: Floats
    """unit vector to the Earth's centre at the start"""
    opens: npt.NDArray[np.bool_]
    clear: npt.NDArray[np.bool_]
    """stays clear of the largest off-nadir angle"""
    always_s: float
    sunlit: npt.NDArray[np.bool_]


def _craft_looks(case: Case, craft: Craft, at: npt.NDArray[np.datetime64], spin: Floats, step_s: int) -> _Seen:
    r_teme, v_teme = _flight(craft, at)
    r_itrf, _ = itrf_from_teme(r_teme, v_teme, at=at, eop=EarthOrientation.zero())
    chosen = np.array([k for k, task in enumerate(case.tasks) if task.sensor == craft.sensor], np.int64)
    tasks = [case.tasks[k] for k in chosen]
    place, which, start, stop = _starts(case, craft.max_off_nadir_deg + _TOLERANCE_DEG, tasks, r_itrf, step_s)
    _, sure, begin, _ = _starts(case, craft.max_off_nadir_deg - _CLEAR_DEG, tasks, r_itrf, step_s)

    def sight(instant: Whole) -> Floats:
        """Unit vectors to the places, in axes that do not turn with the Earth."""
        away = place[which] - r_itrf[instant]
        away /= np.linalg.norm(away, axis=-1, keepdims=True)
        c, s = np.cos(spin[instant]), np.sin(spin[instant])
        x, y, z = away.T
        return np.stack([c * x - s * y, s * x + c * y, z], -1)

    before, along = sight(start), r_teme / np.linalg.norm(r_teme, axis=-1, keepdims=True)
    first_turn_s = _turn_s(craft, _angle_deg(-along[start], before)) + craft.settling_s
    sun = sun_direction_itrf(at, EarthOrientation.zero())
    across = np.linalg.norm(np.cross(r_itrf, sun), axis=-1)
    return _Seen(
        task=chosen[which],
        start_s=np.asarray(start * step_s, np.float64),
        stop_s=np.asarray(stop * step_s, np.float64),
        before=before,
        after=sight(stop),
        down=-along[start],
        opens=np.asarray(first_turn_s <= start * float(step_s) - _CLEAR_S),
        clear=np.isin(start * len(tasks) + which, begin * len(tasks) + sure),
        always_s=_always_s(craft, float(_angle_deg(along[1:], along[:-1]).max()) / step_s),
        sunlit=~((np.sum(r_itrf * sun, -1) < 0.0) & (across < _EARTH_RADIUS_M)),
    )


def _flight(craft: Craft, at: npt.NDArray[np.datetime64]) -> tuple[Floats, Floats]:
    """TEME position (m) and velocity (m/s), by the constants that the benchmark's own verifier takes: WGS 84.

    The rest of swath follows the makers of element sets, who use WGS 72; the two differ by some 40 m.
    """
    checked = parse_tle(f"{craft.line1}\n{craft.line2}\n", source=craft.id)
    if not checked.elements:
        raise InputError("no valid element set", where=f"satellite {craft.id}", fix="Correct its TLE")
    error, r_km, v_km_s = Satrec.twoline2rv(craft.line1, craft.line2, WGS84).sgp4_array(*julian_date(at))
    if error.any():
        raise DataError("SGP4 cannot carry it through the case", where=f"satellite {craft.id}", fix="Correct its TLE")
    return np.asarray(r_km, np.float64) * 1e3, np.asarray(v_km_s, np.float64) * 1e3


def _starts(
    case: Case, limit_deg: float, tasks: list[TaskRow], r_itrf: Floats, step_s: int
) -> tuple[Floats, Whole, Whole, Whole]:
    """Places of the tasks; and for each look its task, first and last instant, by start."""
    place = itrf_from_geodetic(
        lon_deg=[t.lon_deg for t in tasks], lat_deg=[t.lat_deg for t in tasks], altitude_m=[t.altitude_m for t in tasks]
    ).reshape(-1, 3)
    first = np.array([np.ceil(max(t.release_s, 0.0) / step_s) for t in tasks], np.int64)
    last = np.array([np.floor(min(t.due_s, case.horizon_s) / step_s) for t in tasks], np.int64)
    length = np.array([t.duration_s / step_s for t in tasks])
    last = np.where(length == np.round(length), last, first - 1)  # a duration off the grid can never be kept
    ticks = np.round(length).astype(np.int64)
    up = place / np.maximum(np.linalg.norm(place, axis=-1, keepdims=True), 1e-9)
    limit = float(np.cos(np.radians(min(max(limit_deg, 0.0), 180.0))))
    action, sample = case.action_step_s // step_s, case.geometry_step_s // step_s
    which, start = visible_starts(r_itrf, place, up, limit, first, last, ticks, action, sample)
    order = np.lexsort([which, start])
    which, start = which[order], start[order]
    return place, which, start, start + ticks[which]


def _angle_deg(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.degrees(np.arccos(np.clip(np.sum(a * b, -1), -1.0, 1.0))), np.float64)


def _turn_s(craft: Craft, angle_deg: Floats) -> Floats:
    rate, acceleration = craft.rate_deg_s, craft.acceleration_deg_s2
    with np.errstate(divide="ignore", invalid="ignore"):
        short = 2.0 * np.sqrt(angle_deg / acceleration)
        long = angle_deg / rate + rate / acceleration
        turn = np.where(angle_deg * acceleration <= rate * rate, short, long)
    return np.where(angle_deg <= 1e-9, 0.0, np.where(np.isfinite(turn), turn, np.inf))


def _always_s(craft: Craft, nadir_deg_s: float) -> float:
    """After such a gap every turn is done: the nadir has moved on meanwhile, up to half a circle in all."""
    gaps = np.arange(0.0, 4000.0, 1.0)
    need = (
        _turn_s(craft, np.minimum(2.0 * (craft.max_off_nadir_deg + 1e-5) + nadir_deg_s * gaps, 180.0))
        + craft.settling_s
    )
    good = need + 1.0 <= gaps
    late = np.flatnonzero(~good)
    at = 0 if not len(late) else late[-1] + 1
    return float(gaps[at]) if at < len(gaps) else float("inf")
