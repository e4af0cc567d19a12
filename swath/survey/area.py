"""Where must photos cover the ground, where may the drone be, and how does it get from a point to another inside?"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import Infeasible, InputError
from swath.survey.ground import Plane

__all__ = ["SurveyArea", "least_width", "path_inside", "survey_area"]

Floats = npt.NDArray[np.float64]

LEAST_AREA_M2 = 25.0
_SLACK_M = 0.01
"""a leg along the edge is inside"""
_MOST_BENDS = 250


@dataclass(frozen=True)
class SurveyArea:
    """Shapes in metres of a :class:`Plane`."""

    area: Any
    """shapely Polygon or MultiPolygon to be mapped, keep-out zones taken out: lines stay inside"""
    reach: Any
    """where the drone may fly on its way to the lines and back: the fence, or the area and what lies between it
    and the take-off point; without the keep-out zones"""
    take_off: tuple[float, float]


def survey_area(
    plane: Plane,
    polygon: Any,
    *,
    keep_out: Sequence[Any] = (),
    fence: Any | None = None,
    take_off_deg: tuple[float, float] | None = None,
    margin_m: float = 0.0,
) -> SurveyArea:
    """The area to be flown, from shapely polygons in degrees.

    Keep-out zones grow by ``margin_m``, a fence shrinks by it. Without a take-off point it is the corner of the
    area nearest its middle's south. :class:`InputError` for shapes that cross themselves or are smaller than 25 m2,
    :class:`Infeasible` where nothing is left to fly over or the take-off point is not allowed.
    """
    asked = _in_metres(plane, polygon, "the area")
    zones = [_in_metres(plane, zone, "a keep-out zone").buffer(margin_m, join_style="mitre") for zone in keep_out]
    forbidden = shapely.union_all(zones) if zones else shapely.Polygon()
    area = asked.difference(forbidden)
    allowed = None if fence is None else _in_metres(plane, fence, "the fence").buffer(-margin_m).difference(forbidden)
    if allowed is not None:
        area = area.intersection(allowed)
    parts = [part for part in shapely.get_parts(area) if part.area >= LEAST_AREA_M2]
    if not parts:
        raise Infeasible("nothing of the area is left to fly over", fix="Look at the keep-out zones and the fence")
    area = shapely.union_all(parts)
    start = _corner(area) if take_off_deg is None else shapely.Point(*plane.to_m(take_off_deg))
    if allowed is None:
        whole = shapely.union_all([area, start])
        inside = area.buffer(_SLACK_M).covers(start) and len(parts) == 1
        allowed = area if inside else shapely.convex_hull(whole).difference(forbidden)
    if not allowed.buffer(_SLACK_M).covers(start):
        raise Infeasible(
            "the take-off point lies in a keep-out zone or outside the fence", fix="Give another with --take-off"
        )
    return SurveyArea(area, allowed, (float(start.x), float(start.y)))


def _in_metres(plane: Plane, polygon: Any, what: str) -> Any:
    if not isinstance(polygon, shapely.Polygon | shapely.MultiPolygon) or polygon.is_empty:
        raise InputError(f"{what} is no polygon", fix="Give a Polygon or MultiPolygon")
    shape = shapely.transform(shapely.force_2d(polygon), plane.to_m)
    if not shape.is_valid:
        raise InputError(f"{what} is not valid: {shapely.is_valid_reason(shape)} (metres)", fix="Redraw it")
    if shape.area < LEAST_AREA_M2:
        raise InputError(f"{what} has {shape.area:.1f} m2", fix=f"{LEAST_AREA_M2:.0f} m2 is the least")
    return shape


def _corner(area: Any) -> Any:
    corners = np.concatenate([shapely.get_coordinates(part.exterior) for part in shapely.get_parts(area)])
    low, middle = float(corners[:, 1].min()), float(corners[:, 0].mean())
    return shapely.Point(corners[np.argmin(np.hypot(corners[:, 0] - middle, corners[:, 1] - low))])


def least_width(polygon: Any) -> tuple[float, float]:
    """Least width of a shape's hull in metres, and the direction of the lines across it (degrees from east, 0 to 180).

    The least width of a convex polygon is square to one of its edges (rotating calipers).
    """
    hull = shapely.get_coordinates(shapely.convex_hull(polygon))[:-1]
    edges = np.roll(hull, -1, 0) - hull
    edges = edges[np.hypot(*edges.T) > 1e-6]
    normals = np.stack([-edges[:, 1], edges[:, 0]], 1) / np.hypot(*edges.T)[:, None]
    widths = np.ptp(hull @ normals.T, axis=0)
    best = int(np.argmin(np.round(widths, 6)))
    return float(widths[best]), float(np.rad2deg(np.arctan2(edges[best, 1], edges[best, 0])) % 180.0)


def path_inside(region: Any, start: tuple[float, float], stop: tuple[float, float]) -> Floats:
    """The shortest way between two points of a region, ``(n, 2)`` corners with both ends; it bends at the region's.

    :class:`Infeasible` where the region falls into parts. A region with more than 250 inward corners is simplified
    inwards first.
    """
    loose = region.buffer(_SLACK_M)
    shapely.prepare(loose)
    ends = np.array([start, stop], np.float64)
    if loose.covers(shapely.LineString(ends)):
        return ends
    points = np.concatenate([ends, _bends(region)])
    n = len(points)
    a, b = np.triu_indices(n, 1)
    seen = shapely.covers(loose, shapely.linestrings(np.stack([points[a], points[b]], 1)))
    length = np.hypot(*(points[a] - points[b]).T)
    near: list[list[tuple[float, int]]] = [[] for _ in range(n)]
    for i, j, d in zip(a[seen], b[seen], length[seen], strict=True):
        near[i].append((float(d), int(j)))
        near[j].append((float(d), int(i)))
    return points[_shortest(near)]


def _shortest(near: list[list[tuple[float, int]]]) -> list[int]:
    """From 0 to 1 (Dijkstra)."""
    best, before, queue = {0: 0.0}, {0: 0}, [(0.0, 0)]
    while queue:
        so_far, i = heapq.heappop(queue)
        if i == 1:
            way = [1]
            while way[-1] != 0:
                way.append(before[way[-1]])
            return way[::-1]
        for d, j in near[i] if so_far <= best[i] else ():
            if so_far + d < best.get(j, np.inf):
                best[j], before[j] = so_far + d, i
                heapq.heappush(queue, (so_far + d, j))
    raise Infeasible(
        "parts of the area cannot be reached from one another", fix="Give a --fence that joins them, or plan them apart"
    )


def _bends(region: Any) -> Floats:
    """Corners at which a shortest path may bend: those that point into the region."""
    for tolerance in (0.0, 0.5, 2.0, 8.0, 32.0):
        shape = region if tolerance == 0.0 else region.buffer(-tolerance).simplify(tolerance)
        found = [bend for ring in _rings(shape) for bend in _inward(ring)]
        if len(found) <= _MOST_BENDS:
            return np.array(found, np.float64).reshape(-1, 2)
    raise InputError("the area's outline has too many corners", fix="Simplify it")


def _rings(shape: Any) -> list[Floats]:
    rings = []
    for part in shapely.get_parts(shape):
        oriented = shapely.geometry.polygon.orient(part)
        rings += [shapely.get_coordinates(ring)[:-1] for ring in (oriented.exterior, *oriented.interiors)]
    return rings


def _inward(ring: Floats) -> Floats:
    before, after = np.roll(ring, 1, 0), np.roll(ring, -1, 0)
    p, q = ring - before, after - ring
    return ring[p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0] < 0.0]
