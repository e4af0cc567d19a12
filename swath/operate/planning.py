"""The day's planning: geometry, looks, the routine plan, and the new plan when an urgent order comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from swath import registry
from swath.errors import DataError
from swath.fly.weather import SimulatedWeather, clear_probability
from swath.frames import EarthOrientation
from swath.model import Plan, Windows
from swath.orbit.ephemeris import TabulatedEphemeris, sgp4_ephemeris, tabulate
from swath.orbit.uncertainty import check_age
from swath.plan.build import Outlook, build_problem, with_orders
from swath.plan.orders import Order
from swath.plan.problem import Problem, with_frozen
from swath.spacecraft import Satellite
from swath.store.mission import Mission
from swath.time import seconds

__all__ = ["Planned", "ephemerides_of", "plan_day", "problem_of"]

_MARGIN_S = 3600.0
"""ephemerides reach this far beyond the mission, for pictures at its edges"""


@dataclass(frozen=True)
class Planned:
    """Everything that was decided, and what it was decided from."""

    ephemerides: Mapping[str, TabulatedEphemeris]
    problem: Problem
    """the last one: with the urgent orders, and what was already commanded"""
    plans: tuple[Plan, ...]
    """in the order in which they were made: before the urgent orders, and again after each"""
    warnings: tuple[str, ...]

    @property
    def first(self) -> Plan:
        """Before the urgent orders."""
        return self.plans[0]

    @property
    def plan(self) -> Plan:
        """The last one."""
        return self.plans[-1]


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
    outlook = Outlook(ephemerides, eop, lambda **where: clear_probability(weather, **where))
    problem = problem_of(mission, outlook)
    plans = [solve(problem, seed=mission.seed, made=mission.start)]
    for order in sorted(mission.urgent, key=lambda request: (request.ordered, request.id)):
        ready = order.ordered + seconds(mission.operations.planning_s)
        more = with_orders(problem, [Order("point", order)], outlook)
        told = replace(more, commandable=_next_contacts(mission, problem.passes, ready))
        problem = with_frozen(replace(told, multipliers=plans[-1].multipliers), plans[-1])
        plans.append(solve(problem, seed=mission.seed, made=ready))
    return Planned(ephemerides, problem, tuple(plans), tuple(warnings))


def problem_of(mission: Mission, outlook: Outlook) -> Problem:
    """The problem of a mission's routine orders. Raises :class:`DataError` where no station sees any satellite."""
    problem = build_problem(
        mission.satellites,
        mission.stations,
        mission.orders,
        outlook,
        start=mission.start,
        stop=mission.stop,
        owners=mission.owners,
        gone=mission.gone,
    )
    if not len(problem.passes):
        raise DataError(
            "no station sees any satellite all day", where=mission.name, fix="Add a station or lower a mask"
        )
    return problem


def _next_contacts(mission: Mission, passes: Windows, ready: np.datetime64) -> dict[str, np.datetime64]:
    """From when each satellite can fly a plan that is ready at a time: its next pass over a station brings it up."""
    return {
        s.id: min(passes.start[(passes.satellite == s.id) & (passes.start >= ready)], default=mission.stop)
        for s in mission.satellites
    }
