"""How does the plan go in flight? Attitude, battery, memory and wheels stepped from event to event, with what planning
ignored.

Between events every load is constant; an event is the start or end of an eclipse, a turn, a picture or a contact, or
the moment when the battery is full. The rules are those of the plan (``plan.problem``: turn right before the next
activity, look straight down in contact); what is added is chance (pointing, timing, late contacts: seeded by the
activity's id), the limits of the bus, and the faults one asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.fly.activities import span_s
from swath.fly.faults import Faults, check_faults
from swath.fly.flight import Flight
from swath.fly.sending import Link, book_link
from swath.fly.surroundings import Surroundings
from swath.fly.vehicle import Vehicle
from swath.model import Flown, Plan, Telemetry, Windows
from swath.spacecraft.satellite import Satellite
from swath.table import Table, column

__all__ = ["Deliveries", "Faults", "FlightLog", "FlownContacts", "fly_plan", "log_of", "prepare_flights"]


@dataclass(frozen=True)
class FlownContacts(Table):
    """What became of each planned contact."""

    contact: npt.NDArray[np.str_] = column("U", "-", "contact id")
    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "first bit could flow")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit could flow")
    sent_bit: npt.NDArray[np.float64] = column("f8", "bit", "taken from memory")
    status: npt.NDArray[np.str_] = column("U", "-", "done, late or lost")
    because: npt.NDArray[np.str_] = column("U", "-", "why, where not done")


@dataclass(frozen=True)
class Deliveries(Table):
    """Which picture came down in which contact: a row for each part, as a contact may end in mid-picture."""

    acquisition: npt.NDArray[np.str_] = column("U", "-", "acquisition id")
    contact: npt.NDArray[np.str_] = column("U", "-", "contact id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "first bit of this part")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last bit of this part")
    sent_bit: npt.NDArray[np.float64] = column("f8", "bit", "size of this part")


@dataclass(frozen=True)
class FlightLog:
    """Everything that happened on board. Simulated."""

    flown: Flown
    """one row for each planned acquisition, in the plan's order"""
    contacts: FlownContacts
    """one row for each planned contact, in the plan's order"""
    deliveries: Deliveries
    telemetry: Telemetry

    @classmethod
    def empty(cls) -> FlightLog:
        """Of no flight."""
        return cls(Flown.empty(), FlownContacts.empty(), Deliveries.empty(), Telemetry.empty())


def fly_plan(
    satellites: tuple[Satellite, ...],
    plan: Plan,
    eclipses: Windows,
    start: np.datetime64,
    stop: np.datetime64,
    *,
    seed: int,
    faults: Faults | None = None,
    sample_s: float = 60.0,
    around: Mapping[str, Surroundings] | None = None,
    link: Link | None = None,
) -> FlightLog:
    """Fly a plan from ``start`` to ``stop``; the same arguments give the same log.

    Eclipses are windows of no sunlight by satellite. Telemetry has a row every ``sample_s`` and at every event.
    A picture is ``blurred`` when the turn has arrived but not settled, ``skipped`` while still turning, with the
    battery below its minimum, the memory full, the camera too warm, or in safe mode; ``lost`` when the memory it lay
    in broke. Satellites named in ``around`` fly through their ``surroundings``: penumbra, the angle of the array to the
    Sun, and the wheels of their bus. Battery, wheels, turns and gravity's torque agree with Basilisk
    (tests/authorities/test_basilisk.py). ``link`` brings the pictures down, by default as the plan
    reckons. Raises :class:`InputError` where plan or faults name unknown ids.
    """
    flights = prepare_flights(satellites, plan, eclipses, start, seed=seed, faults=faults, around=around, link=link)
    for flight in flights.values():
        for _ in flight.fly(span_s(start, start, stop)[1]):
            pass
    return log_of(flights.values(), start, sample_s=sample_s)


def prepare_flights(
    satellites: tuple[Satellite, ...],
    plan: Plan,
    eclipses: Windows,
    start: np.datetime64,
    *,
    seed: int,
    faults: Faults | None = None,
    around: Mapping[str, Surroundings] | None = None,
    link: Link | None = None,
) -> dict[str, Flight]:
    """One flight for each satellite, by id, ready to be flown in steps (``Flight.fly``). Raises as :func:`fly_plan`."""
    faults = Faults() if faults is None else faults
    check_faults(satellites, plan, faults)
    flights = {}
    for satellite in satellites:
        dark = eclipses.take(eclipses.satellite == satellite.id).sort_by("start")
        shadows = [span_s(start, a, b) for a, b in zip(dark.start, dark.stop, strict=True)]
        vehicle = Vehicle(satellite, shadows, (around or {}).get(satellite.id))
        flights[satellite.id] = Flight(vehicle, plan, start, seed, faults, link or book_link)
    return flights


def log_of(flights: Iterable[Flight], start: np.datetime64, *, sample_s: float = 60.0) -> FlightLog:
    """What has happened on board of satellites that have flown their day."""
    flown: dict[int, dict[str, Any]] = {}
    contacts: dict[int, dict[str, Any]] = {}
    deliveries: list[dict[str, Any]] = []
    telemetry = []
    for flight in flights:
        flown |= flight.flown
        contacts |= flight.contacts
        deliveries += flight.deliveries
        telemetry.append(flight.vehicle.telemetry(start, sample_s))
    return FlightLog(
        flown=Flown.from_rows([flown[row] for row in sorted(flown)]),
        contacts=FlownContacts.from_rows([contacts[row] for row in sorted(contacts)]),
        deliveries=Deliveries.from_rows(deliveries).sort_by("start", "acquisition"),
        telemetry=Telemetry.join(telemetry),
    )
