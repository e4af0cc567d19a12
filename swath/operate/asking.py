"""Could a new order be served, when, and if not, what would have to change? The fleet's answer before any plan is made.

The orbits of the days ahead are computed once for a stretch of days and kept; a question about the same days costs the
geometry of one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np

from swath.access.passes import find_passes
from swath.errors import InputError
from swath.fly.weather import SimulatedWeather, clear_probability
from swath.model import Acquisitions, Contacts, Plan, Refusal, Request
from swath.operate.planning import ephemerides_of
from swath.plan.build import Outlook, build_problem
from swath.plan.delivery import first_delivery
from swath.plan.feasible import Feasibility, feasibility
from swath.plan.helping import cheapest_help
from swath.plan.orders import Order
from swath.sources.eop import packaged_eop
from swath.store.mission import Mission
from swath.time import format_utc, seconds

__all__ = ["MOST_DAYS", "Asking", "Chances", "change_for", "chances_for", "checked_span"]

MOST_DAYS = 14.0
"""how long a stretch one question may be about"""
_AGE_DAYS = 30.0
"""how far from their epoch published elements are still asked"""
_MARGIN = seconds(3600.0)
_KEPT = 4


@dataclass(frozen=True)
class Asking:
    """A mission that is asked, with the outlooks it has been asked for lately."""

    mission: Mission
    outlooks: dict[tuple[Any, Any], Outlook] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def outlook(self, start: np.datetime64, stop: np.datetime64) -> Outlook:
        """What is known of whole days that hold ``start`` to ``stop``."""
        day = np.timedelta64(1, "D")
        first = start.astype("datetime64[D]")
        last = stop.astype("datetime64[D]") + day
        with self.lock:
            key = first, last
            if key not in self.outlooks:
                while len(self.outlooks) >= _KEPT:
                    self.outlooks.pop(next(iter(self.outlooks)))
                self.outlooks[key] = self._made(first.astype("datetime64[ns]"), last.astype("datetime64[ns]"))
            return self.outlooks[key]

    def _made(self, start: np.datetime64, stop: np.datetime64) -> Outlook:
        mission, eop = self.mission, packaged_eop()
        orbits = ephemerides_of(mission.satellites, start - _MARGIN, stop + _MARGIN, eop)
        weather = SimulatedWeather(seed=mission.seed, forecast=mission.forecast)
        return Outlook(orbits, eop, lambda **where: clear_probability(weather, **where))


@dataclass(frozen=True)
class Chances:
    """The best look of every pass, when it could be on the ground, or why there is none."""

    found: Feasibility
    on_ground: tuple[np.datetime64 | None, ...]


def checked_span(mission: Mission, start: np.datetime64, stop: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
    """A stretch of time that the mission can be asked about. :class:`InputError` where it cannot."""
    day = np.timedelta64(86_400_000_000_000, "ns")
    epochs = [satellite.elements.epoch for satellite in mission.satellites]
    first, last = min(epochs) - int(_AGE_DAYS) * day, max(epochs) + int(_AGE_DAYS) * day
    if stop <= start:
        raise InputError("the time span is empty", where="datetime", fix="Write START/STOP")
    if stop <= first or start >= last:
        raise InputError(
            f"the orbits are known from {format_utc(first)[:10]} to {format_utc(last)[:10]} only",
            where="datetime",
            fix="Ask for a time within, or give the mission newer element sets",
        )
    start, stop = max(start, first), min(stop, last)
    return start, min(stop, start + seconds(86400.0 * MOST_DAYS))


def chances_for(asking: Asking, request: Request, start: np.datetime64, stop: np.datetime64) -> Chances:
    """What a request could have from ``start`` to ``stop`` if nothing else were asked of the fleet, best first."""
    mission = asking.mission
    outlook = asking.outlook(start, stop)
    found = feasibility(request, mission.satellites, outlook, start=start, stop=stop)
    if not len(found.chances):
        return Chances(found, ())
    after = found.chances.start.min()
    until = min(stop + seconds(6 * 3600.0), stop.astype("datetime64[D]") + np.timedelta64(1, "D") + _MARGIN)
    satellites = set(found.chances.satellite.tolist())
    orbits = {id: orbit for id, orbit in outlook.ephemerides.items() if id in satellites}
    passes = find_passes(orbits, mission.stations, after, until, outlook.eop)
    rates = {satellite.id: satellite.radio.max_rate_bit_s for satellite in mission.satellites}
    down = first_delivery(found.chances, passes, mission.stations, rates)
    return Chances(found, tuple(None if np.isnat(at) else at for at in down))


def change_for(
    asking: Asking, request: Request, refusal: Refusal, start: np.datetime64, stop: np.datetime64
) -> Mapping[str, str] | None:
    """The cheapest single change that would give a refused request a look: ``what`` and ``change`` in words."""
    mission = asking.mission
    outlook = asking.outlook(start, stop)
    problem = build_problem(
        mission.satellites, mission.stations, [Order("point", request)], outlook, start=start, stop=stop
    )
    empty = Plan(
        acquisitions=Acquisitions.empty(),
        contacts=Contacts.empty(),
        refused=(refusal,),
        value=0.0,
        bound=0.0,
        bound_because="nothing is planned",
        solver="",
        seed=mission.seed,
        made=start,
    )
    best = cheapest_help(problem, empty, outlook, orders=[request.id])[request.id]
    return None if best is None else {"what": best.what, "change": best.because}
