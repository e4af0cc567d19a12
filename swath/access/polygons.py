"""Which points stand for an area? Its outline and an even cover of its inside.

An edge is a straight line in longitude and latitude (RFC 7946). Rings are unrolled to a plane whose longitudes may run
past 180 degrees: an edge of more than 180 degrees is taken the short way, one of exactly 360 runs round the world, and
a ring that winds once round the Earth is closed along the pole it is nearer to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.validation import explain_validity

from swath.access.many import Ground
from swath.errors import InputError
from swath.frames import geodetic_up, itrf_from_geodetic
from swath.model import Place

__all__ = ["Samples", "area_centre", "sample_area", "samples_of", "unrolled"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Ring = Sequence[tuple[float, float]]

_DEGREE_M = 111_195.0
_INSIDE = 150
"""points wanted inside an area"""
_WIDEST_M = 50e3
_MOST = 20_000
_MOST_CORNERS = 400
_CORNER_M = 200.0


@dataclass(frozen=True, eq=False)
class Samples:
    """Points that stand for many places."""

    ground: Ground
    owner: Ints
    """number of the place that a point belongs to"""
    share_fraction: Floats
    """of the place's area; nought for points of an outline, one for a place that is a point"""


def unrolled(place: Place) -> Any:
    """The area as a shapely geometry in the plane of longitude and latitude, longitudes going on past 180 degrees.

    Raises :class:`InputError` for a ring that crosses itself, has no area or winds more than once round the Earth, for
    a hole outside its ring, and for polygons of one place that overlap.
    """
    parts = []
    for outer, *holes in place.polygons:
        shell = _unrolled_ring(place, outer)
        middle = float(shell[:, 0].mean())
        inner = [_unrolled_ring(place, hole) for hole in holes]
        near = [ring - [round((ring[:, 0].mean() - middle) / 360.0) * 360.0, 0.0] for ring in inner]
        part = shapely.Polygon(shell, near)
        if part.area == 0.0:
            raise _refusal(place, "it has no area")
        if not part.is_valid:
            raise _refusal(place, f"its outline is no area: {explain_validity(part)}")
        parts.append(part)
    whole = shapely.MultiPolygon(parts)
    if not whole.is_valid:
        raise _refusal(place, f"its polygons overlap: {explain_validity(whole)}")
    return whole


def _refusal(place: Place, why: str) -> InputError:
    return InputError(why, where=f"place {place.id}", fix="Give rings that do not cross themselves or each other")


def _unrolled_ring(place: Place, ring: Ring) -> Floats:
    """The closed ring ``(n + 1, 2)``, longitudes running on: whole turns are added, so that equal ones stay equal."""
    corners = np.array([*ring, ring[0]], np.float64)
    step = np.diff(corners[:, 0])
    short = np.where(np.abs(step) == 360.0, step, (step + 180.0) % 360.0 - 180.0)
    lon = corners[:, 0] + 360.0 * np.concatenate([[0.0], np.cumsum(np.round((short - step) / 360.0))])
    flat = np.column_stack([lon, corners[:, 1]])
    turns = round((lon[-1] - lon[0]) / 360.0)
    if abs(turns) > 1:
        raise _refusal(place, f"its ring winds {abs(turns)} times round the Earth")
    if turns:
        pole = 90.0 if corners[:, 1].mean() > 0.0 else -90.0
        flat = np.concatenate([flat, [[lon[-1], pole], [lon[0], pole], flat[0]]])
    return flat


def area_centre(place: Place) -> tuple[float, float]:
    """Longitude and latitude of the centre of area, in the plane; of an area round a pole, on the ground."""
    area = unrolled(place)
    west, _, east, _ = area.bounds
    if east - west < 359.0:
        middle = area.centroid
        return (middle.x + 180.0) % 360.0 - 180.0, middle.y
    lon_deg, lat_deg, share = sample_area(place)
    mean = np.sum(geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg) * share[:, None], 0)
    return float(np.degrees(np.arctan2(mean[1], mean[0]))), float(np.degrees(np.arctan2(mean[2], np.hypot(*mean[:2]))))


def sample_area(place: Place) -> tuple[Floats, Floats, Floats]:
    """Points of an area: longitude, latitude, and the share of the area each stands for (0 on the outline).

    About 150 inside, closer than 50 km and so more in large areas (never more than 20,000), even over the ground; and
    the outline, no more than a four-hundredth of its length apart, with all its corners (of more than 400, those that
    matter to 200 m).
    """
    area = unrolled(place)
    lat_deg = np.clip(area.centroid.y, -89.0, 89.0)
    size_m2 = area.area * _DEGREE_M**2 * np.cos(np.radians(lat_deg))
    spacing_m = max(min(np.sqrt(size_m2 / _INSIDE), _WIDEST_M), np.sqrt(size_m2 / _MOST))
    inside = _inside(area, spacing_m)
    while len(inside) < _INSIDE / 4 and spacing_m > 1e-3 * np.sqrt(size_m2):
        spacing_m /= 2.0  # long and thin
        inside = _inside(area, spacing_m)
    if not len(inside):
        inside = np.column_stack([shapely.get_coordinates(area.representative_point()), np.ones(1)])
    rim = area
    if shapely.get_num_coordinates(rim) > _MOST_CORNERS:
        rim = shapely.simplify(rim, _CORNER_M / _DEGREE_M)
    apart_deg = max(spacing_m / 2.0 / _DEGREE_M, rim.length / _MOST_CORNERS)
    rim = np.unique(shapely.get_coordinates(shapely.segmentize(rim, apart_deg)), axis=0)
    points = np.concatenate([inside[:, :2], rim])
    share = np.concatenate([inside[:, 2] / inside[:, 2].sum(), np.zeros(len(rim))])
    return (points[:, 0] + 180.0) % 360.0 - 180.0, points[:, 1], share


def _inside(area: Any, spacing_m: float) -> Floats:
    """Rows of latitude, points as far apart on the ground as the rows: longitude, latitude, and area that each has."""
    west, south, east, north = area.bounds
    rows = max(round((north - south) * _DEGREE_M / spacing_m), 1)
    lats = south + (np.arange(rows) + 0.5) / rows * (north - south)
    columns = np.maximum(np.round((east - west) * _DEGREE_M * np.cos(np.radians(lats)) / spacing_m), 1).astype(int)
    lat = np.repeat(lats, columns)
    number = np.arange(len(lat)) - np.repeat(np.cumsum(columns) - columns, columns)
    across = np.repeat((east - west) / columns, columns)
    lon = west + (number + 0.5) * across
    shapely.prepare(area)
    held = shapely.contains_xy(area, lon, lat)
    return np.asarray(np.column_stack([lon, lat, across * np.cos(np.radians(lat))])[held], np.float64)


def samples_of(places: Sequence[Place], *, centre: bool = False) -> Samples:
    """The points of many places: those of its area, or the place itself where it has none or ``centre`` is asked."""
    found = [sample_area(place) if place.ring and not centre else None for place in places]
    each = [1 if one is None else len(one[0]) for one in found]
    owner = np.repeat(np.arange(len(places)), each)
    lon_deg, lat_deg, altitude_m = (
        np.array([getattr(place, name) for place in places], np.float64)[owner]
        for name in ("lon_deg", "lat_deg", "altitude_m")
    )
    share, first = np.ones(len(owner)), np.cumsum(each) - each
    for begin, one in zip(first.tolist(), found, strict=True):
        if one is not None:
            inside = slice(begin, begin + len(one[0]))
            lon_deg[inside], lat_deg[inside], share[inside] = one
    at_m = itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    up = geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
    return Samples(Ground(at_m.reshape(-1, 3), up.reshape(-1, 3)), owner, share)
