"""Which points stand for a place, an area, a band of latitudes or the globe?

A single point lies: an orbit that nearly repeats passes over one longitude every other day and never over another. So a
place is sampled along its parallel, unless it is asked for where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from swath.access.many import Ground
from swath.access.polygons import unrolled
from swath.errors import InputError
from swath.frames import geodetic_up, itrf_from_geodetic
from swath.model import Place

__all__ = ["Region", "area", "globe", "joined", "latitude_band", "parallel", "point"]

Floats = npt.NDArray[np.float64]

_MOST = 20_000


@dataclass(frozen=True, eq=False)
class Region:
    """Points with weights that add up to one."""

    name: str
    lon_deg: Floats
    lat_deg: Floats
    weight: Floats
    how: str
    """in words: how it was sampled"""

    def __post_init__(self) -> None:
        if not len(self.lon_deg) or len(self.lon_deg) > _MOST:
            raise InputError(
                f"{len(self.lon_deg)} points",
                where=self.name,
                fix=f"1 to {_MOST:,} points are good: change the spacing",
            )

    @property
    def ground(self) -> Ground:
        """The points as the search of windows wants them."""
        at = itrf_from_geodetic(lon_deg=self.lon_deg, lat_deg=self.lat_deg)
        return Ground(at.reshape(-1, 3), geodetic_up(lon_deg=self.lon_deg, lat_deg=self.lat_deg).reshape(-1, 3))


def point(place: Place) -> Region:
    """The place where it is, and nowhere else: good where the track is kept over it."""
    one = np.ones(1)
    return Region(place.id, one * place.lon_deg, one * place.lat_deg, one, "one point")


def parallel(name: str, lat_deg: float, longitudes: int = 72) -> Region:
    """Any place of a latitude: even longitudes all round.

    Raises :class:`InputError` for fewer than 36: near-resonant orbits give 0 to 19 looks a month along one parallel.
    """
    _check(name, lat_deg, lat_deg, longitudes)
    lon = -180.0 + 360.0 * (np.arange(longitudes) + 0.5) / longitudes
    how = f"{longitudes} longitudes along its parallel"
    return Region(name, lon, np.full(longitudes, lat_deg), np.full(longitudes, 1.0 / longitudes), how)


def latitude_band(name: str, south_deg: float, north_deg: float, *, rows: int = 9, longitudes: int = 36) -> Region:
    """A band of latitudes: rows of even longitudes, weighted by their area."""
    _check(name, south_deg, north_deg, longitudes)
    if not south_deg < north_deg or rows < 1:
        raise InputError(f"a band from {south_deg:g} to {north_deg:g}", where=name, fix="South first, then north")
    edge = np.linspace(south_deg, north_deg, rows + 1)
    lat = (edge[1:] + edge[:-1]) / 2.0
    share = np.diff(np.sin(np.radians(edge)))
    # Longitudes are staggered from row to row, so that no meridian is privileged.
    lon = (360.0 * (np.arange(longitudes) + ((np.arange(rows) * 0.382) % 1.0)[:, None]) / longitudes) - 180.0
    weight = np.repeat(share / share.sum() / longitudes, longitudes)
    how = f"{rows} latitudes of {longitudes} longitudes"
    return Region(name, lon.ravel(), np.repeat(lat, longitudes), weight, how)


def globe(*, rows: int = 36, longitudes: int = 36) -> Region:
    """The whole Earth."""
    return latitude_band("globe", -90.0, 90.0, rows=rows, longitudes=longitudes)


def area(place: Place, *, points: int = 60) -> Region:
    """The inside of an area (its polygons), about so many points evenly.

    Raises :class:`InputError` for an area of no size.
    """
    if not place.polygons:
        raise InputError("it is a point: an area of no size", where=place.id, fix="Give a polygon, or ask of a place")
    shape = unrolled(place)
    west, south, east, north = shape.bounds
    spacing = np.sqrt(shape.area * np.cos(np.radians((south + north) / 2.0)) / points)
    lats = np.arange(south + spacing / 2.0, north, spacing)
    found = [
        np.column_stack([lons, np.full(len(lons), lat)])
        for number, lat in enumerate(lats)
        if len(lons := np.arange(west + spacing * (0.25 + 0.5 * (number % 2)), east, spacing / np.cos(np.radians(lat))))
    ]
    grid = np.concatenate(found) if found else np.empty((0, 2))
    inside = grid[shapely.contains_xy(shape, grid)] if len(grid) else grid
    if not len(inside):
        inside = np.array([[p.x, p.y] for p in [shape.representative_point()]])
    lon = (inside[:, 0] + 180.0) % 360.0 - 180.0
    return Region(
        place.id, lon, inside[:, 1], np.full(len(inside), 1.0 / len(inside)), f"{len(inside)} points inside it"
    )


def _check(name: str, south_deg: float, north_deg: float, longitudes: int) -> None:
    if not -90.0 <= south_deg <= north_deg <= 90.0:
        raise InputError(f"latitudes {south_deg:g} to {north_deg:g}", where=name, fix="Give -90 to 90 degrees")
    if longitudes < 36:
        fix = "Take 36 at least: looks along one parallel differ from 0 to 19 a month"
        raise InputError(f"{longitudes} longitudes", where=name, fix=fix)


def joined(name: str, parts: Sequence[Region]) -> Region:
    """Several regions as one; each counts alike."""
    return Region(
        name,
        np.concatenate([part.lon_deg for part in parts]),
        np.concatenate([part.lat_deg for part in parts]),
        np.concatenate([part.weight for part in parts]) / len(parts),
        f"{len(parts)} places",
    )
