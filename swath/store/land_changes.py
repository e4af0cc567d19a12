"""What happens to the simulated land of a mission, as its file says: ``[[changes]]``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swath.errors import InputError
from swath.store.section import Section

__all__ = ["LAND_CHANGES", "LandChange", "land_change"]

LAND_CHANGES = ("building", "burn")
_FOREVER = np.datetime64("2199-01-01", "ns")


@dataclass(frozen=True)
class LandChange:
    """A hall is built or a fire burns, at a place, from a time on. It is there in every picture of that land."""

    id: str
    kind: str
    """of :data:`LAND_CHANGES`"""
    lon_deg: float
    lat_deg: float
    since: np.datetime64
    until: np.datetime64
    length_m: float = 0.0
    """of a hall; :attr:`width_m` and :attr:`height_m` too"""
    width_m: float = 0.0
    height_m: float = 0.0
    radius_m: float = 0.0
    """of a fire"""


def land_change(section: Section) -> LandChange:
    """One table of the mission file. :class:`InputError` for a kind that nobody knows or a size that is missing."""
    id, kind = section.text("id"), section.text("kind")
    if kind not in LAND_CHANGES:
        raise InputError(f"kind {kind!r} is not known", where=section.where, fix=f"Give {' or '.join(LAND_CHANGES)}")
    sizes = {"radius_m": section.number("radius_m", low=5.0, high=5000.0)} if kind == "burn" else {}
    if kind == "building":
        sizes = {name: section.number(name, low=3.0, high=2000.0) for name in ("length_m", "width_m")}
        sizes["height_m"] = section.number("height_m", 12.0, low=2.0, high=63.0)
    lon_deg = section.number("lon_deg", low=-180, high=180)
    lat_deg = section.number("lat_deg", low=-90, high=90)
    found = LandChange(id, kind, lon_deg, lat_deg, section.time("since"), section.time("until", _FOREVER), **sizes)
    section.done()
    return found
