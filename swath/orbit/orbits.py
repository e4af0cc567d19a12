"""Orbits of named satellites, whatever form they are published in: who it is, and where it is when."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count

import numpy as np
import numpy.typing as npt

from swath.frames import EarthOrientation
from swath.model import Elements
from swath.orbit.covariance import OwnCovariances, own_covariances
from swath.orbit.elements import Loaded, newest_for
from swath.orbit.ephemeris import Ephemeris, sgp4_ephemeris
from swath.orbit.growth import learned_growth
from swath.orbit.history import histories
from swath.orbit.maneuver import Maneuvers, between, find_maneuvers, spoiled, told
from swath.orbit.oem import OemEphemeris
from swath.orbit.uncertainty import Doubt, Growth, check_age, doubt

__all__ = ["Orbit", "called", "orbits_near"]


@dataclass(frozen=True)
class Orbit:
    """Where one satellite is, as somebody published it, and who it is."""

    name: str
    """unique among the orbits it was read with"""
    ephemeris: Ephemeris
    elements: Elements | None = None
    """the mean elements that the motion is made from; ``None`` where positions themselves were published"""
    norad_id: int | None = None
    cospar_id: str = ""
    source: str = ""
    history: tuple[Elements, ...] = ()
    """every set of it that was read, oldest first"""

    @cached_property
    def growth(self) -> Growth:
        """How fast do its sets go wrong? Learned from its history where that is enough."""
        return learned_growth(self.history)

    @cached_property
    def maneuvers(self) -> Maneuvers:
        """Which changes of orbit does its history show?"""
        return find_maneuvers(self.history)

    @cached_property
    def covariances(self) -> OwnCovariances | None:
        """What its publisher says about the errors of published positions, if anything."""
        return own_covariances(self.ephemeris) if isinstance(self.ephemeris, OemEphemeris) else None

    def doubt(self, at: npt.ArrayLike) -> Doubt | None:
        """How far may it be from where it is published to be at UTC times?

        From its elements and their history, or from the covariances of an ephemeris; ``None`` for positions of which
        nobody says how sure they are.
        """
        if self.elements is None:
            return None if self.covariances is None else self.covariances.doubt(at)
        times = np.asarray(at, "datetime64[ns]")
        wide = doubt(self.elements, times, self.growth)
        if len(self.history) < 2 or not times.size:
            return wide
        low, high = min(self.elements.epoch, times.min()), max(self.elements.epoch, times.max())
        known = between(self.maneuvers, low, high)
        return spoiled(wide, self.elements, times, known) if len(known) else wide

    def called(self, name: str) -> bool:
        """Is this its name, catalogue number or international designator? Case and blanks around do not matter."""
        return called(name, self.name, self.norad_id, self.cospar_id)

    def warnings(self, start: np.datetime64, stop: np.datetime64) -> list[str]:
        """What is to be said about asking it for ``start`` to ``stop``; nothing below 3 days of age.

        Raises :class:`DataError` where elements are more than 30 days from it.
        """
        if self.elements is None:
            return []
        said = check_age(self.elements, start, stop, self.doubt)
        low, high = min(self.elements.epoch, start), max(self.elements.epoch, stop)
        known = told(between(self.maneuvers, low, high)) if len(self.history) > 1 else ""
        return [*said, f"{self.name}: {known}"] if known else said


def called(asked: str, name: str, norad_id: int | None, cospar_id: str) -> bool:
    """Is an object of this name, catalogue number and international designator meant by ``asked``?"""
    return asked.strip().casefold() in {name.casefold(), str(norad_id), cospar_id.casefold()} - {"", "none"}


def orbits_near(loaded: Loaded, at: np.datetime64, eop: EarthOrientation) -> dict[str, Orbit]:
    """The orbits that a text held, by unique name: of several sets of one object the nearest to ``at``; ephemerides."""
    held = histories(loaded.elements)
    orbits = {
        name: Orbit(name, sgp4_ephemeris(one, eop), one, one.norad_id, one.cospar_id, one.source, held[one.norad_id])
        for name, one in newest_for(loaded.elements, at).items()
    }
    for message in loaded.ephemerides:
        name = _free(message.object_name, orbits)
        cospar_id = re.sub(r"^([0-9]{4}-[0-9]{3})-([A-Z]{1,3})$", r"\1\2", message.object_id)  # NASA writes 1998-067-A
        orbits[name] = Orbit(
            name, OemEphemeris(message, eop), norad_id=message.norad_id, cospar_id=cospar_id, source=message.source
        )
    return orbits


def _free(name: str, taken: Container[str]) -> str:
    """The name, with a number behind it where another orbit has it."""
    return next(one for one in chain([name], (f"{name} {n}" for n in count(2))) if one not in taken)
