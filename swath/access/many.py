"""Many places and stations as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.frames import geodetic_up, itrf_from_geodetic
from swath.model import Place, Station

__all__ = ["Ground", "ground_of", "numbers_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Mask = tuple[Floats, Floats]


@dataclass(frozen=True)
class Ground:
    """Many places as arrays, ``(m, 3)`` ITRF."""

    at_itrf_m: Floats
    up: Floats
    """unit verticals of the ellipsoid"""
    masks: Mapping[int, Mask] = field(default_factory=dict)
    """horizons of the places that have one, by their number: azimuths, rising, and elevations (deg)"""
    least_deg: Floats | None = None
    """of stations: the least elevation that counts"""

    def take(self, rows: Ints) -> Ground:
        """Some of the places, each as often as it is named."""
        numbers = rows.tolist() if self.masks else ()
        masks = {new: self.masks[old] for new, old in enumerate(numbers) if old in self.masks}
        least_deg = None if self.least_deg is None else self.least_deg[rows]
        return Ground(self.at_itrf_m[rows], self.up[rows], masks, least_deg)

    def level(self, which: Ints) -> tuple[Floats, Floats]:
        """Unit vectors to the east and to the north of places, ITRF ``(n, 3)``."""
        up = self.up[which]
        lon = np.arctan2(up[..., 1], up[..., 0])
        east = np.stack([-np.sin(lon), np.cos(lon), np.zeros_like(lon)], -1)
        return east, np.cross(up, east)


def ground_of(places: Sequence[Place] | Sequence[Station]) -> Ground:
    """The places as arrays; a polygon counts by its centre. Raises :class:`InputError` where two share an id."""
    ids = [place.id for place in places]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise InputError(f"two places are called {twice!r}", fix="Give every place its own id")
    lon_deg, lat_deg, altitude_m = (
        np.array([getattr(place, name) for place in places], np.float64)
        for name in ("lon_deg", "lat_deg", "altitude_m")
    )
    at_itrf_m = itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    up = geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg).reshape(-1, 3)
    least = [place.min_elevation_deg for place in places if isinstance(place, Station)]
    return Ground(at_itrf_m.reshape(-1, 3), up, _masks(places), np.array(least, np.float64) if least else None)


def _masks(places: Sequence[Place] | Sequence[Station]) -> dict[int, Mask]:
    found = {}
    for number, place in enumerate(places):
        if isinstance(place, Station) and place.mask:
            azimuth_deg, elevation_deg = np.array(sorted(place.mask), np.float64).T
            found[number] = azimuth_deg, elevation_deg
    return found


def numbers_of(places: Sequence[Place] | Sequence[Station], ids: npt.NDArray[np.str_]) -> Ints:
    """Which number among the places has each of the ids?"""
    number = dict(zip([place.id for place in places], range(len(places)), strict=True))
    return np.array([number[id] for id in ids.tolist()], np.intp)
