"""What is asked of every satellite of a fleet, so that it can be answered one by one, here or elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from swath.access.accesses import Accesses, Cover, Looking, accesses_under
from swath.access.conditions import Condition
from swath.access.details import Details, describe
from swath.access.look import Nadir
from swath.access.many import numbers_of
from swath.access.pass_details import PassDetails, describe_passes
from swath.access.passes import Passes, find_passes
from swath.access.signals import Camera
from swath.errors import InputError
from swath.frames import EarthOrientation
from swath.model import Place, Station
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.orbits import Orbit
from swath.table import Table

__all__ = ["AccessQuestion", "Limits", "PassQuestion", "Question"]

Span = tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True)
class Limits:
    """What must hold in every window."""

    min_elevation_deg: float = 0.0
    max_off_nadir_deg: float | None = None
    nadir: Nadir = "geodetic"

    def __post_init__(self) -> None:
        """Limits that cannot hold are refused."""
        if not -90.0 <= self.min_elevation_deg <= 90.0:
            raise InputError(f"min_elevation_deg is {self.min_elevation_deg}", fix="Give -90 to 90 degrees")
        if self.max_off_nadir_deg is not None and not 0.0 <= self.max_off_nadir_deg <= 90.0:
            raise InputError(f"max_off_nadir_deg is {self.max_off_nadir_deg}", fix="Give 0 to 90 degrees")


class Question(Protocol):
    """Something that has a table as its answer for each satellite. Frozen and picklable: it goes to other processes."""

    @property
    def kinds(self) -> tuple[type[Table], type[Table]]:
        """The tables whose columns the answer has: the windows themselves, and more of each."""

    @property
    def span(self) -> Span:
        """From when to when."""

    @property
    def at(self) -> str:
        """The column that says where: ``place`` or ``station``."""

    @property
    def places_asked(self) -> int:
        """How many places or stations it is about."""

    def find(self, name: str, orbit: Orbit, span: Span) -> Any:
        """The windows of one satellite in a span."""

    def describe(self, windows: Any, fleet: Mapping[str, Orbit]) -> Table:
        """More of each window, row by row."""

    def in_order(self, windows: Any) -> Any:
        """The windows of one satellite by place, then by time."""

    def parts(self, most: int) -> Sequence[Question]:
        """The same question about no more than so many places at a time."""


@dataclass(frozen=True)
class AccessQuestion:
    """When can each satellite see each place, and what is there to know about each window?"""

    places: Sequence[Place]
    span: Span
    eop: EarthOrientation
    looks: Mapping[str, Looking]
    """what is asked of each satellite"""
    cover: Cover = "any"
    others: Mapping[str, Ephemeris] = field(default_factory=dict)
    cameras: Mapping[str, Camera] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[type[Table], type[Table]]:
        """Windows, and details."""
        return Accesses, Details

    @property
    def at(self) -> str:
        """Windows are over a place."""
        return "place"

    @property
    def places_asked(self) -> int:
        """How many places it is about."""
        return len(self.places)

    def limits(self, fleet: Mapping[str, Orbit]) -> Limits | None:
        """The one plain pair of limits that is all that is asked of every satellite, if that is so."""
        points = self.cover == "centre" or not any(place.ring for place in self.places)
        looks = {(look.min_elevation_deg, look.max_off_nadir_deg, look.nadir) for look in self.looks.values()}
        plain = all(look.plain for look in self.looks.values())
        if not (points and plain and len(looks) == 1 and all(orbit.elements is not None for orbit in fleet.values())):
            return None
        return Limits(*looks.pop())

    def find(self, name: str, orbit: Orbit, span: Span) -> Accesses:
        """The windows of one satellite in a span (``find_accesses``)."""
        return accesses_under(
            self.looks[name], {name: orbit.ephemeris}, self.places, *span, self.eop,
            others=self.others, cameras=self.cameras, cover=self.cover,
        )  # fmt: skip

    def in_order(self, windows: Accesses) -> Accesses:
        """By place, in the order given, then by time."""
        return windows.take(np.lexsort((windows.start, numbers_of(self.places, windows.place))))

    def parts(self, most: int) -> list[AccessQuestion]:
        """The same about no more than so many places at a time."""
        return [replace(self, places=self.places[n : n + most]) for n in range(0, len(self.places), most)]

    def describe(self, windows: Accesses, fleet: Mapping[str, Orbit]) -> Details:
        """More of each window (``describe``)."""
        known = {name: fleet[name] for name in np.unique(windows.satellite).tolist()}
        return describe(
            windows, {name: orbit.ephemeris for name, orbit in known.items()}, self.places, *self.span, self.eop,
            asked=self.looks, cover=self.cover, others=self.others, cameras=self.cameras,
            doubts={name: orbit.doubt for name, orbit in known.items()},
            maneuvers={name: orbit.maneuvers for name, orbit in known.items()},
        )  # fmt: skip


@dataclass(frozen=True)
class PassQuestion:
    """When does each station see each satellite, and what is there to know about each pass?"""

    stations: Sequence[Station]
    span: Span
    eop: EarthOrientation
    where: Condition | None = None
    others: Mapping[str, Ephemeris] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[type[Table], type[Table]]:
        """Passes, and details."""
        return Passes, PassDetails

    @property
    def at(self) -> str:
        """Passes are over a station."""
        return "station"

    @property
    def places_asked(self) -> int:
        """How many stations it is about."""
        return len(self.stations)

    def find(self, name: str, orbit: Orbit, span: Span) -> Passes:
        """The passes of one satellite in a span (``find_passes``)."""
        return find_passes(
            {name: orbit.ephemeris}, self.stations, *span, self.eop, where=self.where, others=self.others
        )

    def in_order(self, windows: Passes) -> Passes:
        """By station, in the order given, then by time."""
        return windows.take(np.lexsort((windows.start, numbers_of(self.stations, windows.station))))

    def parts(self, most: int) -> list[PassQuestion]:
        """The same about no more than so many stations at a time."""
        return [replace(self, stations=self.stations[n : n + most]) for n in range(0, len(self.stations), most)]

    def describe(self, windows: Passes, fleet: Mapping[str, Orbit]) -> PassDetails:
        """More of each pass (``describe_passes``)."""
        known = {name: fleet[name] for name in np.unique(windows.satellite).tolist()}
        return describe_passes(
            windows, {name: orbit.ephemeris for name, orbit in known.items()}, self.stations, *self.span, self.eop,
            where=self.where, others=self.others,
            doubts={name: orbit.doubt for name, orbit in known.items()},
            maneuvers={name: orbit.maneuvers for name, orbit in known.items()},
        )  # fmt: skip
