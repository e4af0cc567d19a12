"""What do the pixels under a polygon say? Exact shares of pixels, and statistics weighted by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import InputError
from swath.model import Grid
from swath.product.kernels import accumulate_coverage, weighted_statistics

__all__ = ["Coverage", "ZonalStatistics", "cover_polygon", "zonal_statistics"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coverage:
    """Which pixels does a polygon cover, and how much of each? A window of the grid with shares 0 to 1."""

    top: int
    """row of the window's upper left pixel"""
    left: int
    """column of it"""
    weights: Floats
    """``(rows, columns)`` share of each pixel inside the polygon; empty where it touches nothing"""
    polygon_px: float
    """area of the whole polygon in pixels, with what lies outside the grid"""

    def shift(self, down_px: int, right_px: int) -> Coverage:
        """The same shares, moved by whole pixels."""
        return Coverage(self.top + down_px, self.left + right_px, self.weights, self.polygon_px)

    def core(self) -> Coverage:
        """Only pixels that lie wholly inside, as do their eight neighbours: light from outside does not reach them."""
        whole = np.pad(self.weights > 1.0 - 1e-6, 1)
        inner = np.ones(self.weights.shape, np.bool_)
        rows, columns = self.weights.shape
        for down in range(3):
            for right in range(3):
                inner &= whole[down : down + rows, right : right + columns]
        return Coverage(self.top, self.left, inner.astype(np.float64), self.polygon_px)


@dataclass(frozen=True)
class ZonalStatistics:
    """Statistics of the seen pixels under a polygon, each pixel weighted by its exact share inside."""

    count_px: float
    """sum of the shares of seen pixels"""
    mean: float
    sd: float
    seen_share: float
    """seen area / area of the whole polygon; mean and sd are 0 and mean nothing where this is 0"""


def cover_polygon(polygon: Any, grid: Grid) -> Coverage:
    """Exact share of each grid pixel inside a polygon given in the grid's metres.

    ``polygon``: ``(n, 2)`` vertices (east, north), open or closed, or a shapely Polygon or MultiPolygon with holes.
    :class:`InputError` for anything that is not a valid, finite area; a polygon off the grid gives an empty window.
    Exact to rounding (about 1e-9 of a pixel with UTM coordinates); the tests compare with shapely and exactextract.
    """
    shape = _as_polygon(polygon)
    polygon_px = shape.area / grid.pixel_m**2
    west, south, east, north = grid.bounds_m
    inside = (
        shape
        if shapely.box(west, south, east, north).covers(shape)
        else shapely.clip_by_rect(shape, west, south, east, north)
    )
    rings = list(_rings(inside))
    if not rings:
        return Coverage(0, 0, np.zeros((0, 0)), polygon_px)
    x = np.clip((np.concatenate([ring[:, 0] for ring in rings]) - west) / grid.pixel_m, 0.0, grid.width)
    y = np.clip((north - np.concatenate([ring[:, 1] for ring in rings])) / grid.pixel_m, 0.0, grid.height)
    starts = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    left, top = int(x.min()), int(y.min())
    rows, columns = int(np.ceil(y.max())) - top, int(np.ceil(x.max())) - left
    return Coverage(top, left, accumulate_coverage(x - left, y - top, starts, rows, columns), polygon_px)


def zonal_statistics(values: npt.NDArray[Any], seen: npt.NDArray[np.bool_], coverage: Coverage) -> ZonalStatistics:
    """Count, mean and standard deviation of ``values`` ``(row, column)`` where ``seen``, weighted by exact coverage.

    The standard deviation is of the population: sqrt(sum w (v - mean)^2 / sum w), as exactextract's ``stdev``.
    """
    if values.shape != seen.shape:
        raise InputError(f"values are {values.shape}, seen is {seen.shape}", fix="Give arrays of one grid")
    window = _inside(coverage, values.shape)
    count, mean, sd = weighted_statistics(values, seen, window.weights, window.top, window.left)
    return ZonalStatistics(count, mean, sd, min(count / coverage.polygon_px, 1.0))


def _inside(coverage: Coverage, shape: tuple[int, ...]) -> Coverage:
    """The part of a window that lies on a grid of that shape."""
    rows, columns = coverage.weights.shape
    top, left = max(coverage.top, 0), max(coverage.left, 0)
    bottom, right = min(coverage.top + rows, shape[0]), min(coverage.left + columns, shape[1])
    if top >= bottom or left >= right:
        return Coverage(0, 0, np.zeros((0, 0)), coverage.polygon_px)
    part = coverage.weights[top - coverage.top : bottom - coverage.top, left - coverage.left : right - coverage.left]
    return Coverage(top, left, part, coverage.polygon_px)


def _as_polygon(polygon: Any) -> Any:
    if isinstance(polygon, shapely.Polygon | shapely.MultiPolygon):
        shape = polygon
    else:
        vertices = np.asarray(polygon, np.float64)
        if vertices.ndim != 2 or vertices.shape[1:] != (2,) or len(vertices) < 3:
            raise InputError(
                f"a polygon has vertices of shape {vertices.shape}", fix="Give (n, 2) east and north in metres, n >= 3"
            )
        shape = shapely.Polygon(vertices) if np.isfinite(vertices).all() else shapely.Polygon()
    if shape.is_empty or not np.isfinite(shape.area) or shape.area <= 0.0:
        raise InputError(
            "a polygon has no area or coordinates that are not finite", fix="Give finite east and north in metres"
        )
    if not shape.is_valid:
        raise InputError(
            f"a polygon is not valid: {shapely.is_valid_reason(shape)}",
            fix="Repair it, for example with shapely.make_valid",
        )
    return shape


def _rings(shape: Any) -> Iterator[Floats]:
    """Open rings of every polygon in a geometry, outer rings counter-clockwise, holes clockwise."""
    for part in shapely.get_parts(shape):
        if isinstance(part, shapely.Polygon) and part.area > 0.0:
            oriented = shapely.geometry.polygon.orient(part)
            yield shapely.get_coordinates(oriented.exterior)[:-1]
            for hole in oriented.interiors:
                yield shapely.get_coordinates(hole)[:-1]
