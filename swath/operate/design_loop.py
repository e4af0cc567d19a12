"""The planner in the loop: what does a fleet deliver with its real stations, memory, power, weather and queues?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swath.access.polygons import unrolled
from swath.design.motion import carried
from swath.errors import InputError
from swath.model import Elements, Plan, Request
from swath.operate.plan_only import planned_mission, prepared
from swath.plan.problem import Problem
from swath.store.mission import Mission, read_mission
from swath.time import elapsed_s

__all__ = ["Delivered", "delivered", "with_fleet"]


@dataclass(frozen=True)
class Delivered:
    """What one day of a fleet comes to under one sky; planned, not flown."""

    satellites: int
    seed: int
    orders: int
    planned: int
    """orders with a picture on the ground in the day"""
    clear_km2_day: float
    """pictured area, each picture weighted by its chance of a clear sky"""
    response_p50_s: float | None
    """from the order (or the start of the day) to the last bit on the ground"""
    response_p90_s: float | None
    latency_p90_s: float | None
    """from the picture to the last bit on the ground"""
    value: float
    bound: float
    """what no plan could exceed"""
    contact_share: float
    """of the passes' time that is used: near 1 the stations are the limit"""


def with_fleet(mission: Mission, fleet: Sequence[Elements]) -> Mission:
    """The mission flown by satellites like its first one on other orbits; the sets are carried to its start.

    Raises :class:`InputError` for no satellites.
    """
    if not fleet:
        raise InputError("a fleet without satellites", where="fleet", fix="Give one at least")
    model = mission.satellites[0]
    made = []
    for number, one in enumerate(fleet):
        # An epoch in the middle of the day would do as well; sets are good for 30 days on either side.
        then = carried(one, float(elapsed_s(one.epoch, mission.start)))
        radio = replace(model.radio, spacecraft_id=800 + number, apid=800 + number)
        made.append(replace(model, id=one.name.replace(" ", "-"), elements=then, radio=radio))
    return replace(mission, satellites=tuple(made))


def delivered(
    mission: Mission | Path,
    fleets: Sequence[Sequence[Elements]],
    seeds: Sequence[int],
    *,
    executor: Executor | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> list[Delivered]:
    """One day for each fleet under each sky (seed), planned by the mission's own solver; in that order.

    Orders, stations, memory, power and agility are the mission's; orbits count as kept.
    """
    held = read_mission(mission) if isinstance(mission, Path) else mission
    jobs = [(with_fleet(held, fleet), seed) for fleet in fleets for seed in seeds]
    if executor is None:
        found = []
        for number, job in enumerate(jobs):
            progress(f"{len(job[0].satellites)} satellites, seed {job[1]}", number / len(jobs))
            found.append(_day(*job))
        return found
    waiting: list[Future[Delivered]] = [executor.submit(_day, *job) for job in jobs]
    found = []
    for number, future in enumerate(waiting):
        progress(f"day {number + 1} of {len(jobs)}", number / len(jobs))
        found.append(future.result())
    return found


def _day(mission: Mission, seed: int) -> Delivered:
    made = planned_mission(prepared(mission, seed=seed))
    assert made.plan is not None
    return _told(made.plan, made.problem, len(mission.satellites), seed)


def _area_km2(request: Request) -> float:
    """Of the square round a point, or of the outline."""
    if not request.place.ring:
        return (request.extent_m / 1e3) ** 2
    outline = unrolled(request.place)
    return float(outline.area * 111.195**2 * np.cos(np.radians(outline.centroid.y)))


def _told(plan: Plan, problem: Problem, satellites: int, seed: int) -> Delivered:
    request = {one.id: one for one in problem.requests}
    rows, second = plan.acquisitions, np.timedelta64(1, "s")
    places = [request[id] for id in rows.request.tolist()]
    area = np.array([_area_km2(one) for one in places])
    waits = [(end - one.ordered) / second for end, one in zip(rows.on_ground, places, strict=True)]
    late = (rows.on_ground - rows.stop) / second
    contacts, passes = plan.contacts, problem.passes
    open_s = float(((passes.stop - passes.start) / second).sum())
    used_s = float(((contacts.stop - contacts.start) / second).sum())

    def quantile(values: object, q: float) -> float | None:
        held = np.asarray(values, np.float64)
        return float(np.quantile(held, q)) if held.size else None

    return Delivered(
        satellites,
        seed,
        len(problem.requests),
        len(set(rows.request.tolist())),
        float(np.sum(area * rows.p_clear)) if len(rows) else 0.0,
        quantile(waits, 0.5),
        quantile(waits, 0.9),
        quantile(late, 0.9),
        plan.value,
        plan.bound,
        used_s / open_s if open_s > 0.0 else 0.0,
    )
