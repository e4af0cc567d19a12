"""The day's planning: geometry, looks, the routine plan, and the new plan when an urgent order comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from swath import registry
from swath.access.accesses import find_accesses, find_eclipses
from swath.access.passes import find_passes
from swath.errors import DataError
from swath.fly.weather import SimulatedWeather, clear_probability
from swath.frames import EarthOrientation
from swath.model import Opportunities, Plan, Refusal, Request, Windows
from swath.orbit.ephemeris import TabulatedEphemeris, sgp4_ephemeris, tabulate
from swath.orbit.uncertainty import check_age
from swath.plan.looks import find_looks
from swath.plan.problem import Problem, with_frozen
from swath.spacecraft import Satellite
from swath.store.mission import Mission
from swath.time import seconds

__all__ = ["Planned", "ephemerides_of", "plan_day"]

_MARGIN_S = 3600.0
"""ephemerides reach this far beyond the mission, for pictures at its edges"""


@dataclass(frozen=True)
class Planned:
    """Everything that was decided, and what it was decided from."""

    ephemerides: Mapping[str, TabulatedEphemeris]
    problem: Problem
    """the last one: with the urgent orders, and what was already commanded"""
    first: Plan
    """before the urgent orders"""
    plan: Plan
    warnings: tuple[str, ...]


def ephemerides_of(
    satellites: tuple[Satellite, ...], start: np.datetime64, stop: np.datetime64, eop: EarthOrientation
) -> dict[str, TabulatedEphemeris]:
    """Where every satellite is between two times, by id."""
    return {s.id: tabulate(sgp4_ephemeris(s.elements, eop), start, stop, name=s.id) for s in satellites}


def plan_day(mission: Mission, eop: EarthOrientation, weather: SimulatedWeather) -> Planned:
    """Plan the routine orders from the mission's start, then, order by order, again for each urgent one."""
    warnings: list[str] = []
    for satellite in mission.satellites:
        warnings += check_age(satellite.elements, mission.start, mission.stop)
    margin = seconds(_MARGIN_S)
    ephemerides = ephemerides_of(mission.satellites, mission.start - margin, mission.stop + margin, eop)
    solve = registry.find("swath.solvers", mission.operations.solver)
    problem = _routine_problem(mission, eop, weather, ephemerides)
    first = plan = solve(problem, seed=mission.seed, made=mission.start)
    for order in sorted(mission.urgent, key=lambda request: (request.ordered, request.id)):
        looks, unoffered = _looks(mission, (order,), eop, weather, ephemerides)
        ready = order.ordered + seconds(mission.operations.planning_s)
        problem = with_frozen(
            replace(
                problem,
                requests=(*problem.requests, order),
                opportunities=Opportunities.join([problem.opportunities, looks]),
                unoffered={**problem.unoffered, **unoffered},
                commandable=_next_contacts(mission, problem.passes, ready),
            ),
            plan,
        )
        plan = solve(problem, seed=mission.seed, made=ready)
    return Planned(ephemerides, problem, first, plan, tuple(warnings))


def _routine_problem(
    mission: Mission, eop: EarthOrientation, weather: SimulatedWeather, ephemerides: Mapping[str, TabulatedEphemeris]
) -> Problem:
    passes = find_passes(ephemerides, mission.stations, mission.start, mission.stop, eop)
    if not len(passes):
        raise DataError(
            "no station sees any satellite all day", where=mission.name, fix="Add a station or lower a mask"
        )
    looks, unoffered = _looks(mission, mission.routine, eop, weather, ephemerides)
    return Problem(
        satellites=mission.satellites,
        requests=mission.routine,
        stations=mission.stations,
        opportunities=looks,
        passes=Windows(satellite=passes.satellite, subject=passes.station, start=passes.start, stop=passes.stop),
        eclipses=find_eclipses(ephemerides, mission.start, mission.stop, eop),
        start=mission.start,
        stop=mission.stop,
        unoffered=unoffered,
    )


def _looks(
    mission: Mission,
    requests: tuple[Request, ...],
    eop: EarthOrientation,
    weather: SimulatedWeather,
    ephemerides: Mapping[str, TabulatedEphemeris],
) -> tuple[Opportunities, dict[str, Refusal]]:
    widest = max(s.agility.max_off_nadir_deg for s in mission.satellites)
    accesses = find_accesses(
        ephemerides,
        [r.place for r in requests],
        mission.start,
        mission.stop,
        eop,
        max_off_nadir_deg=widest,
        cover="centre",
    )
    return find_looks(
        mission.satellites,
        ephemerides,
        requests,
        accesses,
        lambda **where: clear_probability(weather, **where),
        eop,
        start=mission.start,
        stop=mission.stop,
    )


def _next_contacts(mission: Mission, passes: Windows, ready: np.datetime64) -> dict[str, np.datetime64]:
    """From when each satellite can fly a plan that is ready at a time: its next pass over a station brings it up."""
    return {
        s.id: min(passes.start[(passes.satellite == s.id) & (passes.start >= ready)], default=mission.stop)
        for s in mission.satellites
    }
