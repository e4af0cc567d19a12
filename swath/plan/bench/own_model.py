"""An own case as a task of the engine: slots of passes, turns in the orbital frame, orders that count once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.access.bulk import BaseWindows, base_windows
from swath.access.many import Ground
from swath.errors import InputError
from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic, orbital_axes
from swath.model import Elements
from swath.orbit.ephemeris import TabulatedEphemeris, sgp4_ephemeris, tabulate
from swath.plan.bench.own import DURATIONS_S, START, OwnCase, Spec, Taken
from swath.plan.engine.budget import Budget, Over
from swath.plan.engine.net import Task, order_rows
from swath.plan.engine.turning import Looks, net_of_looks
from swath.plan.problem import quality
from swath.time import seconds

__all__ = ["OwnModel", "Slots", "always_s", "continuous_task", "offered", "own_model"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_CLEAR_S = 1e-3
"""plans keep so much of every gap to spare: the judge takes exact SGP4, the model a table good to 0.05 m"""

_SWEEP_DEG_S = 0.85
"""a line of sight turns no faster in the orbital frame: 7.6 km/s at 600 km, and the frame's own 0.07 deg/s"""


@dataclass(frozen=True)
class OwnModel:
    """The engine's task for a case, and what its nodes are."""

    task: Task
    looks: Looks
    satellite: Whole

    def taken(self, nodes: Whole) -> list[Taken]:
        """The looks that nodes mean."""
        return [
            Taken(int(self.satellite[n]), int(self.looks.group[n]), float(self.looks.start_s[n]))
            for n in nodes.tolist()
        ]


def own_model(case: OwnCase, budget: Budget | None = None) -> OwnModel:
    """Every slot offered, and which may follow which. Raises :class:`Over` where a budget is used up before."""
    seen = offered(case, budget)
    chain_first = np.concatenate([[0], np.cumsum([len(one.order) for one in seen])]).astype(np.int64)

    def all_of(name: str) -> Any:
        return np.concatenate([getattr(one, name) for one in seen])

    order = all_of("order")
    chains = len(case.satellites)
    looks = Looks(
        chain_first=chain_first,
        group=order,
        start_s=all_of("start_s"),
        stop_s=all_of("start_s") + case.duration_s[order],
        before=all_of("before"),
        after=all_of("after"),
        opens=np.ones(len(order), np.bool_),
        agility=_agility(case),
        always_s=np.full(chains, always_s(case.spec)),
    )
    net = net_of_looks(looks, slack_s=-_CLEAR_S, budget=budget)
    value = case.weight[order] * quality(all_of("off_nadir_deg"))
    satellite = np.repeat(np.arange(chains), np.diff(chain_first))
    return OwnModel(Task(net, net, value, order_rows(order, len(case.weight))), looks, satellite)


def _agility(case: OwnCase) -> Floats:
    spec = case.spec
    return np.tile([spec.rate_deg_s, spec.acceleration_deg_s2, spec.settling_s], (len(case.satellites), 1))


def always_s(spec: Spec) -> float:
    """After which gap is the widest turn done, whatever it is?"""
    widest_deg = 2.0 * spec.max_off_nadir_deg + 0.1
    long_s = widest_deg / spec.rate_deg_s + spec.rate_deg_s / spec.acceleration_deg_s2
    return float(max(long_s, 2.0 * np.sqrt(widest_deg / spec.acceleration_deg_s2)) + spec.settling_s + 1.0)


def continuous_task(case: OwnCase, bin_s: float) -> Task:
    """A task whose bound holds for looks at any times: a node is a bin of starts, taken at its most favourable.

    Such a node is worth as much as the best start of its bin, ends as if begun first and begins as if begun last, and
    its line of sight may lie as far from that of the bin's middle as it can have moved. ``bin_s`` is at most the
    settling time and the shortest look together, else a bin could be followed by one that begins before it.
    """
    shortest_s = min(DURATIONS_S) + case.spec.settling_s
    if not 0.0 < bin_s <= shortest_s:
        raise InputError(f"bins of {bin_s:g} s", where="continuous bound", fix=f"Give at most {shortest_s:g} s")
    ground = _ground(case)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda satellite: _bins(case, satellite, ground, bin_s), case.satellites))
    order, late_s, stop_s, before, after, off_nadir_deg, blur_deg = (
        np.concatenate([part[k] for part in parts]) for k in range(7)
    )
    looks = Looks(
        chain_first=np.concatenate([[0], np.cumsum([len(part[0]) for part in parts])]).astype(np.int64),
        group=order,
        start_s=late_s,
        stop_s=stop_s,
        before=before,
        after=after,
        opens=np.ones(len(order), np.bool_),
        agility=_agility(case),
        always_s=np.full(len(case.satellites), always_s(case.spec)),
        blur_deg=blur_deg,
    )
    net = net_of_looks(looks, slack_s=1e-3)
    value = case.weight[order] * quality(np.maximum(off_nadir_deg - blur_deg, 0.0)) * (1.0 + 1e-6)
    return Task(net, net, value, order_rows(order, len(case.weight)))


def _bins(case: OwnCase, satellite: Elements, ground: Ground, bin_s: float) -> tuple[Any, ...]:
    """Order, latest start, earliest stop, sights and off-nadir angle at the middle, and how far these may be off."""
    table, windows = _passes(case, satellite, ground)
    place = windows.place.astype(np.int64)
    span_s = windows.stop_s - windows.start_s - case.duration_s[place]
    count = np.where(span_s >= 0.0, np.floor(span_s / bin_s) + 1, 0).astype(np.int64)
    owner = np.repeat(np.arange(len(place)), count)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    early = windows.start_s[owner] + rank * bin_s
    late = np.minimum(early + bin_s, windows.start_s[owner] + span_s[owner])
    by_start = np.argsort(late, kind="stable")
    order, early, late = place[owner][by_start], early[by_start], late[by_start]
    sights = []
    for at_s in (0.5 * (early + late), 0.5 * (early + late) + case.duration_s[order]):
        r, v = table.states_after(at_s)
        sight = np.einsum("nij,nj->ni", orbital_axes(r, v), ground.at_itrf_m[order] - r)
        sights.append(sight / np.linalg.norm(sight, axis=-1, keepdims=True))
    off_nadir_deg = np.degrees(np.arccos(np.clip(np.minimum(sights[0][:, 2], sights[1][:, 2]), -1.0, 1.0)))
    return order, late, early + case.duration_s[order], *sights, off_nadir_deg, 0.5 * (late - early) * _SWEEP_DEG_S


@dataclass(frozen=True)
class Slots:
    """What one satellite may do, by start."""

    order: Whole
    start_s: Floats
    before: Floats
    after: Floats
    off_nadir_deg: Floats
    """the larger one of start and stop"""


def offered(case: OwnCase, budget: Budget | None = None) -> list[Slots]:
    """What may each satellite do? Raises :class:`Over` where the budget is used up before that is known."""
    ground = _ground(case)

    def one(satellite: Elements) -> Slots:
        if budget is not None and budget.used() >= 1.0:
            raise Over
        return _slots(case, satellite, ground)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, case.satellites))


def _slots(case: OwnCase, satellite: Elements, ground: Ground) -> Slots:
    table, windows = _passes(case, satellite, ground)
    order, start_s = _starts(case, windows.place.astype(np.int64), windows.start_s, windows.closest_s, windows.stop_s)
    stop_s = start_s + case.duration_s[order]
    frames = _frames(case, table)
    before = _sight(frames, start_s, ground.at_itrf_m[order])
    after = _sight(frames, stop_s, ground.at_itrf_m[order])
    off_nadir_deg = np.degrees(np.arccos(np.clip(np.minimum(before[:, 2], after[:, 2]), -1.0, 1.0)))
    return Slots(order, start_s, before, after, np.asarray(off_nadir_deg, np.float64))


def _ground(case: OwnCase) -> Ground:
    place = itrf_from_geodetic(lon_deg=case.lon_deg, lat_deg=case.lat_deg)
    return Ground(place, geodetic_up(lon_deg=case.lon_deg, lat_deg=case.lat_deg))


def _passes(case: OwnCase, satellite: Elements, ground: Ground) -> tuple[TabulatedEphemeris, BaseWindows]:
    ephemeris = sgp4_ephemeris(satellite, EarthOrientation.zero())
    table = tabulate(ephemeris, START, START + seconds(case.horizon_s), name=satellite.name)
    return table, base_windows(table, ground, max_off_nadir_deg=case.spec.max_off_nadir_deg)


def _starts(case: OwnCase, place: Whole, rise_s: Floats, closest_s: Floats, set_s: Floats) -> tuple[Whole, Floats]:
    """The starts offered of each pass: all on the grid, or the best and others spread evenly; sorted by time."""
    step, duration_s = float(case.spec.step_s), case.duration_s[place]
    first = np.ceil(rise_s / step - 1e-9).astype(np.int64)
    last = np.floor((set_s - duration_s) / step + 1e-9).astype(np.int64)
    count = np.maximum(last - first + 1, 0)
    offered = np.minimum(count, case.spec.most_slots)
    owner = np.repeat(np.arange(len(place)), offered)
    rank = np.arange(len(owner)) - np.repeat(np.concatenate([[0], np.cumsum(offered)[:-1]]), offered)
    spread = (rank + 0.5) / np.maximum(offered[owner], 1)
    tick = first[owner] + np.floor(spread * count[owner]).astype(np.int64)
    best = np.clip(np.round((closest_s - 0.5 * duration_s) / step).astype(np.int64), first, np.maximum(last, first))
    # The slot nearest to the best one gives way to it.
    away = np.abs(tick - best[owner])
    nearest = np.full(len(place), np.iinfo(np.int64).max)
    np.minimum.at(nearest, owner, away * 10_000 + rank)
    tick = np.where(away * 10_000 + rank == nearest[owner], best[owner], tick)
    start_s = tick * step
    order = np.lexsort([place[owner], start_s])
    return place[owner][order], np.asarray(start_s[order], np.float64)


@dataclass(frozen=True)
class _Frames:
    """Position and axes of a satellite on a grid that holds every start and stop."""

    step_s: float
    r_itrf_m: Floats
    axes: Floats


def _frames(case: OwnCase, table: TabulatedEphemeris) -> _Frames:
    step_s = float(np.gcd.reduce([case.spec.step_s, *(int(d) for d in DURATIONS_S)]))
    r, v = table.states_after(np.asarray(np.arange(int(case.horizon_s / step_s) + 1) * step_s, np.float64))
    return _Frames(step_s, r, orbital_axes(r, v))


def _sight(frames: _Frames, at_s: Floats, place_itrf_m: Floats) -> Floats:
    """Unit vectors (forward, right, down) to places."""
    k = np.round(at_s / frames.step_s).astype(np.int64)
    away = place_itrf_m - frames.r_itrf_m[k]
    sight = np.einsum("nij,nj->ni", frames.axes[k], away)
    return np.asarray(sight / np.linalg.norm(sight, axis=-1, keepdims=True), np.float64)
