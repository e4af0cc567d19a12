"""Which lines cover an area, in which direction, and in what order are they flown?

Lines of one direction cut the area into segments. Segments that lie beside each other one by one make a cell, flown
to and fro; a notch, a keep-out zone or a gap ends cells. The order of the cells is the shortest way through them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import Infeasible
from swath.survey.area import SurveyArea, least_width, path_inside
from swath.survey.order import order_cells
from swath.survey.spacing import offsets_of_lines

__all__ = ["Leg", "directions", "lines_over"]

Floats = npt.NDArray[np.float64]
Permitted = Callable[[Floats, Floats], float]
"""metres to the next line from points of a line ``(n, 2)``, in a direction ``(2,)``"""

_STATION_M = 20.0


@dataclass(frozen=True)
class Leg:
    """A stretch of flight: corners east and north, and whether photos are taken."""

    xy_m: Floats
    """``(n, 2)``"""
    line: int
    """number of the line, -1 on the way between lines; neighbours have neighbouring numbers"""

    @property
    def length_m(self) -> float:
        """Of the whole stretch."""
        return float(np.hypot(*np.diff(self.xy_m, axis=0).T).sum())


def directions(area: Any) -> tuple[float, ...]:
    """Directions worth trying for lines, degrees from east: across the least width first, then along every edge."""
    edges = []
    for ring in shapely.get_parts(shapely.get_rings(area)):
        step = np.diff(shapely.get_coordinates(ring.simplify(1.0)), axis=0)
        step = step[np.argsort(-np.hypot(*step.T))][:12]
        edges += list(np.rad2deg(np.arctan2(step[:, 1], step[:, 0])) % 180.0)
    tried = [least_width(area)[1], *edges, *np.arange(0.0, 180.0, 22.5)]
    return tuple(dict.fromkeys(round(float(angle), 3) % 180.0 for angle in tried))


def lines_over(where: SurveyArea, direction_deg: float, permitted: Permitted, half_photo_m: float) -> tuple[Leg, ...]:
    """Legs in the order they are flown, lines and the ways between them, all inside the area.

    ``half_photo_m``: half of what a photo covers along the line; where the area reaches further beyond the end of a
    line and its neighbours, the line bends into that tip.
    """
    turn = np.deg2rad(direction_deg)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    turned = shapely.transform(where.area, lambda xy: xy @ axes.T)
    cells: list[list[_Segment]] = []
    tips: Tips = {}
    for part in shapely.get_parts(turned):
        rows = _segments(part, axes, permitted)
        cells += _cells(rows)
        tips |= _tips(rows, part, half_photo_m)
    start = np.asarray(where.take_off) @ axes.T
    inside = where.area if isinstance(where.area, shapely.Polygon) else where.reach
    legs: list[Leg] = []
    number = 0
    for cell, mirrored, reverse in order_cells(cells, (float(start[0]), float(start[1]))):
        for leg in _to_and_fro(cell, mirrored, reverse, turned, tips):
            if legs:
                here, there = legs[-1].xy_m[-1], (leg @ axes)[0]
                legs.append(Leg(path_inside(inside, (here[0], here[1]), (there[0], there[1])), -1))
            legs.append(Leg(leg @ axes, number))
            number += 1
        number += 1
    if not legs:
        raise Infeasible("the area is too narrow for a line", fix="Map it as a corridor")
    return tuple(legs)


@dataclass(frozen=True)
class _Segment:
    row: int
    offset: float
    low: float
    high: float


def _segments(turned: Any, axes: Floats, permitted: Permitted) -> list[list[_Segment]]:
    left, bottom, right, top = turned.bounds
    up = axes[1]

    def spacing(offset: float) -> float:
        at = min(max(offset, bottom + 1e-3), top - 1e-3)
        ends = [e for part in _cuts(turned, at, left, right) for e in part] or [left, right]
        x = np.arange(min(ends), max(ends) + _STATION_M, _STATION_M)
        return permitted(np.stack([x, np.full(len(x), offset)], 1) @ axes, up)

    offsets = offsets_of_lines(bottom, top, spacing)
    return [
        [_Segment(row, float(y), low, high) for low, high in _cuts(turned, float(y), left, right)]
        for row, y in enumerate(offsets)
    ]


def _cuts(turned: Any, offset: float, left: float, right: float) -> list[tuple[float, float]]:
    """Where a line at that offset lies inside, from left to right."""
    cut = turned.intersection(shapely.LineString([(left - 1.0, offset), (right + 1.0, offset)]))
    spans = sorted((part.bounds[0], part.bounds[2]) for part in shapely.get_parts(cut) if part.length > 0.01)
    return [(float(a), float(b)) for a, b in spans]


def _cells(rows: list[list[_Segment]]) -> list[list[_Segment]]:
    """Segments that follow one another without a fork."""
    cells: list[list[_Segment]] = []
    open_cells: list[list[_Segment]] = []
    for row in rows:
        beside = [[c for c in open_cells if c[-1].low < s.high and s.low < c[-1].high] for s in row]
        taken = [sum(c is other for group in beside for other in group) for c in open_cells]
        kept = []
        for segment, group in zip(row, beside, strict=True):
            alone = len(group) == 1 and taken[next(i for i, c in enumerate(open_cells) if c is group[0])] == 1
            cell = group[0] if alone else []
            cell.append(segment)
            if not alone:
                cells.append(cell)
            kept.append(cell)
        open_cells = kept
    return cells


Tips = dict[tuple[_Segment, bool], list[tuple[float, float]]]
"""points to fly to from the left (False) or right (True) end of a segment"""


def _to_and_fro(cell: list[_Segment], mirrored: bool, reverse: bool, turned: Any, tips: Tips) -> list[Floats]:
    """The lines of a cell as they are flown, ``(n, 2)`` each, in the turned frame."""
    order = cell[::-1] if reverse else cell
    legs = []
    for i, segment in enumerate(order):
        left, right = (segment.low, segment.offset), (segment.high, segment.offset)
        before = _through(turned, left, tips.get((segment, False), []))[::-1]
        after = _through(turned, right, tips.get((segment, True), []))
        corners = np.concatenate([before, np.array([left, right]), after])
        legs.append(corners[::-1] if (i % 2 == 1) != mirrored else corners)
    return legs


def _tips(rows: list[list[_Segment]], turned: Any, half_photo: float) -> Tips:
    """Corners of the area that are on photos of no line: each is flown to from the nearest end of a line."""
    segments = [s for row in rows for s in row]
    if not segments:
        return {}
    offsets = [s.offset for s in segments]
    gap = min((b - a for a, b in pairwise(sorted(set(offsets)))), default=np.ptp(turned.bounds[1::2]))
    reach = 0.9 * half_photo
    shown = [shapely.box(s.low - reach, s.offset - gap, s.high + reach, s.offset + gap) for s in segments]
    ends = np.array([((s.low, s.offset), (s.high, s.offset)) for s in segments]).reshape(-1, 2)
    tips: Tips = {}
    for piece in shapely.get_parts(turned.difference(shapely.union_all(shown))):
        if piece.area > 0.5:
            corners = shapely.get_coordinates(piece)
            far = np.hypot(*np.moveaxis(corners[:, None] - ends[None], -1, 0))
            corner = int(np.argmax(far.min(1)))
            nearest = int(np.argmin(far[corner]))
            point = (float(corners[corner, 0]), float(corners[corner, 1]))
            tips.setdefault((segments[nearest // 2], bool(nearest % 2)), []).append(point)
    return tips


def _through(turned: Any, end: tuple[float, float], points: list[tuple[float, float]]) -> Floats:
    """The way from the end of a line through some points, without the end."""
    way, here = [np.zeros((0, 2))], end
    for point in sorted(points, key=lambda p: np.hypot(p[0] - end[0], p[1] - end[1])):
        way.append(path_inside(turned, here, point)[1:])
        here = point
    return np.concatenate(way)
