"""How is an area cut into strips that a satellite can picture in one pass?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import InputError
from swath.model import Place
from swath.plan.problem import MAX_CELLS

__all__ = ["MAX_STRIP_M", "Strip", "area_points", "cut_area"]

Floats = npt.NDArray[np.float64]

EARTH_RADIUS_M = 6371008.8
MAX_STRIP_M = 60_000.0
"""length of a strip at most: so far attitude is held while imaging"""
_USABLE_SHARE = 0.88
"""share of the swath that a strip takes; the rest is for looks away from the closest approach, where it lies askew"""


@dataclass(frozen=True)
class Strip:
    """A piece of an area, along the track of one pass, and which of the area's points lie in it."""

    place: Place
    cells: tuple[int, ...]


@dataclass(frozen=True)
class _Plane:
    """A map about a centre, turned so that x runs along the track and y to its right; good to 1 % up to 300 km."""

    lon_deg: float
    lat_deg: float
    heading_deg: float

    def to_xy_m(self, lon_lat_deg: Floats) -> Floats:
        """``(n, 2)`` longitude and latitude to metres."""
        east = np.radians((lon_lat_deg[:, 0] - self.lon_deg + 180.0) % 360.0 - 180.0) * self._shrink() * EARTH_RADIUS_M
        north = np.radians(lon_lat_deg[:, 1] - self.lat_deg) * EARTH_RADIUS_M
        h = np.radians(self.heading_deg)
        return np.column_stack([east * np.sin(h) + north * np.cos(h), east * np.cos(h) - north * np.sin(h)])

    def to_lon_lat_deg(self, xy_m: Floats) -> Floats:
        """And back."""
        h = np.radians(self.heading_deg)
        east, north = xy_m[:, 0] * np.sin(h) + xy_m[:, 1] * np.cos(h), xy_m[:, 0] * np.cos(h) - xy_m[:, 1] * np.sin(h)
        lon = self.lon_deg + np.degrees(east / (self._shrink() * EARTH_RADIUS_M))
        return np.column_stack([(lon + 180.0) % 360.0 - 180.0, self.lat_deg + np.degrees(north / EARTH_RADIUS_M)])

    def _shrink(self) -> float:
        return float(np.cos(np.radians(self.lat_deg)))


def area_points(place: Place) -> tuple[tuple[float, float], ...]:
    """Points that stand for an area, evenly spread, at most ``MAX_CELLS``: what share of them is seen is its share.

    Raises :class:`InputError` for a ring that crosses itself or has no area.
    """
    plane = _Plane(place.lon_deg, place.lat_deg, 0.0)
    ring_m = plane.to_xy_m(np.array(place.ring, np.float64)) if len(place.ring) >= 3 else np.zeros((0, 2))
    shape = shapely.Polygon(ring_m)
    if len(ring_m) < 3 or not shape.is_valid or shape.area <= 0.0:
        raise InputError(
            "its ring crosses itself or has no area", where=f"place {place.id}", fix="Give the outline in order"
        )
    step_m = float(np.sqrt(shape.area / MAX_CELLS))
    x0, y0, x1, y1 = shape.bounds
    while True:
        x, y = np.arange(x0 + step_m / 2.0, x1, step_m), np.arange(y0 + step_m / 2.0, y1, step_m)
        grid = np.column_stack([axis.ravel() for axis in np.meshgrid(x, y)])
        inside = grid[shapely.contains_xy(shape, grid)] if len(grid) else grid
        if len(inside) <= MAX_CELLS:
            break
        step_m *= 1.05
    if not len(inside):
        inside = np.array(shape.representative_point().coords)
    return tuple((float(lon), float(lat)) for lon, lat in plane.to_lon_lat_deg(inside))


def cut_area(
    place: Place, points: tuple[tuple[float, float], ...], *, heading_deg: float, swath_m: float, overlap_share: float
) -> tuple[Strip, ...]:
    """The strips along a heading that cover an area, each no wider than ``swath_m`` lets it be nor longer than 60 km.

    Neighbours overlap by ``overlap_share`` of their width. Strips that hold none of the area's ``points`` are left out.
    Every point lies in some strip (tests/plan/test_strips.py).
    """
    plane = _Plane(place.lon_deg, place.lat_deg, heading_deg)
    shape = shapely.Polygon(plane.to_xy_m(np.array(place.ring, np.float64)))
    points_m = plane.to_xy_m(np.array(points, np.float64))
    strips: list[Strip] = []
    low_m, high_m = shape.bounds[1], shape.bounds[3]
    for y0, y1 in _pieces(low_m, high_m, _USABLE_SHARE * swath_m, overlap_share):
        band = shape.intersection(shapely.box(shape.bounds[0] - 1.0, y0, shape.bounds[2] + 1.0, y1))
        if band.is_empty or band.area <= 0.0:
            continue
        for x0, x1 in _pieces(band.bounds[0], band.bounds[2], MAX_STRIP_M, overlap_share):
            eps = 1e-6
            inside = (points_m >= [x0 - eps, y0 - eps]).all(1) & (points_m <= [x1 + eps, y1 + eps]).all(1)
            if inside.any():
                strips.append(_strip(place, plane, (x0, x1, y0, y1), len(strips), np.flatnonzero(inside)))
    return tuple(strips)


def _pieces(low: float, high: float, longest: float, overlap: float) -> list[tuple[float, float]]:
    """A stretch in equal pieces no longer than ``longest`` that overlap their neighbours."""
    length = high - low
    if length <= longest:
        return [(low, high)]
    count = int(np.ceil((length - overlap * longest) / ((1.0 - overlap) * longest)))
    size = length / (count - (count - 1) * overlap)
    return [(low + n * size * (1.0 - overlap), low + n * size * (1.0 - overlap) + size) for n in range(count)]


def _strip(
    place: Place, plane: _Plane, box_m: tuple[float, float, float, float], number: int, cells: npt.NDArray[np.intp]
) -> Strip:
    x0, x1, y0, y1 = box_m
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [(x0 + x1) / 2.0, (y0 + y1) / 2.0]])
    lon_lat = plane.to_lon_lat_deg(corners)
    ring = tuple((float(lon), float(lat)) for lon, lat in lon_lat[:4])
    name = f"{place.id}.{number + 1}"
    centre_lon, centre_lat = (float(v) for v in lon_lat[4])
    return Strip(Place(name, centre_lon, centre_lat, place.altitude_m, ring), tuple(int(c) for c in cells))
