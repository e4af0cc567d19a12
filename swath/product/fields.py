"""What do the pixels under many polygons say? Exact shares of pixels, found once, and statistics weighted by them.

Two steps. :func:`cover_polygons` finds the share of every pixel inside every polygon and keeps it small: runs of whole
pixels, and single pixels along the outlines (some 50 MB for 10,000 fields of 3,600 pixels). :func:`zonal_statistics`
(of a picture in memory) and :func:`stream_statistics` (of one read block by block) then add up any number of pictures
on that grid. ``swath.archive.zonal`` reads the blocks from files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import InputError
from swath.model import Grid
from swath.product.coverage_kernels import core_runs, cover_rings, mark_blocks, paint
from swath.product.zonal_kernels import add_block, gather_block, quantiles_of

__all__ = [
    "Block", "Coverages", "ZonalStatistics", "cover_polygons", "stream_statistics", "zonal_statistics",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Reader = Callable[["Coverages"], Iterable["Block"]]

_VALUES_AT_ONCE = 2**23
"""Quantiles need all values of a polygon together: as many polygons at a time as this many values (128 MB) hold."""


@dataclass(frozen=True)
class Coverages:
    """Which pixels do polygons cover, and how much of each? Made by :func:`cover_polygons`; all arrays are plain."""

    grid: Grid
    area_px: Floats
    """``(polygon,)`` area of the whole polygon in pixels, with what lies outside the grid"""
    runs: npt.NDArray[np.int32]
    """``(n, 3)`` pixels wholly inside: row, first column, one past the last; polygon by polygon, row by row"""
    first_run: npt.NDArray[np.int64]
    """``(polygons + 1,)`` first of each polygon's runs, and the total"""
    edges: npt.NDArray[np.int32]
    """``(m, 2)`` row and column of pixels partly inside, in the same order"""
    shares: Floats
    """``(m,)`` share of each of these, between 0 and 1"""
    first_edge: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.area_px)

    def take(self, polygons: npt.ArrayLike) -> Coverages:
        """The chosen polygons, in the order given (indices or a mask)."""
        chosen = np.arange(len(self))[np.asarray(polygons)]
        runs, first_run = _taken(chosen, self.first_run)
        edges, first_edge = _taken(chosen, self.first_edge)
        parts = (self.runs[runs], first_run, self.edges[edges], self.shares[edges], first_edge)
        return Coverages(self.grid, self.area_px[chosen], *parts)

    def shift(self, down_px: int, right_px: int) -> Coverages:
        """The same shares, moved by whole pixels; what leaves the grid counts no more."""
        moved = np.array([down_px, right_px, right_px], np.int32)
        return replace(self, runs=self.runs + moved, edges=self.edges + moved[:2])

    def core(self) -> Coverages:
        """Only pixels wholly inside, as are their eight neighbours: light from outside does not reach them."""
        runs, first = core_runs(self.runs, self.first_run)
        nothing = np.zeros(len(self) + 1, np.int64)
        return replace(
            self, runs=runs, first_run=first, edges=self.edges[:0], shares=self.shares[:0], first_edge=nothing
        )

    def counts_px(self) -> npt.NDArray[np.int64]:
        """How many pixels does each polygon touch?"""
        lengths = np.concatenate([[0], np.cumsum(self.runs[:, 2] - self.runs[:, 1], dtype=np.int64)])
        return np.asarray(np.diff(lengths[self.first_run]) + np.diff(self.first_edge), np.int64)

    def rows(self) -> npt.NDArray[np.int32]:
        """``(polygon, 2)`` first row of each polygon and one past the last; 0, 0 where it touches nothing."""
        found = np.zeros((len(self), 2), np.int32)
        for rows, first in ((self.runs[:, 0], self.first_run), (self.edges[:, 0], self.first_edge)):
            some = np.diff(first) > 0
            low, high = rows[first[:-1][some]], rows[first[1:][some] - 1] + 1
            fresh = found[some, 1] == 0
            found[some, 0] = np.where(fresh, low, np.minimum(found[some, 0], low))
            found[some, 1] = np.maximum(found[some, 1], high)
        return found

    def blocks(self, rows_px: int, columns_px: int) -> Mask:
        """Which blocks of that size does any polygon touch? ``(block row, block column)``."""
        needed = np.zeros((-(-self.grid.height // rows_px), -(-self.grid.width // columns_px)), np.bool_)
        mark_blocks(self.runs, self.edges, np.array(self.grid.shape), rows_px, columns_px, needed)
        return needed

    def window(self, polygon: int) -> tuple[int, int, Floats]:
        """Top row, left column and ``(row, column)`` shares of one polygon; empty where it touches nothing."""
        runs = self.runs[self.first_run[polygon] : self.first_run[polygon + 1]]
        part = slice(self.first_edge[polygon], self.first_edge[polygon + 1])
        rows = np.concatenate([runs[:, 0], self.edges[part, 0]])
        if not len(rows):
            return 0, 0, np.zeros((0, 0))
        columns = np.concatenate([runs[:, 1], runs[:, 2] - 1, self.edges[part, 1]])
        top, left = int(rows.min()), int(columns.min())
        shares = np.zeros((int(rows.max()) + 1 - top, int(columns.max()) + 1 - left))
        paint(runs, self.edges[part], self.shares[part], top, left, shares)
        return top, left, shares


@dataclass(frozen=True)
class Block:
    """A part of a picture: values of all bands, what of it was seen, and where it lies on the grid."""

    top: int
    left: int
    values: npt.NDArray[Any]
    """``(band, row, column)``; NaN and infinite count as not seen"""
    seen: Mask
    """``(row, column)``"""


@dataclass(frozen=True)
class ZonalStatistics:
    """Statistics of the seen pixels under polygons, each pixel weighted by its exact share inside.

    Arrays are ``(band, polygon)``. Where ``count_px`` is 0 nothing was seen: all others are 0 and mean nothing.
    """

    count_px: Floats
    """sum of the shares of seen pixels"""
    mean: Floats
    sd: Floats
    """of the population: sqrt(sum w (v - mean)^2 / sum w)"""
    sum: Floats
    """sum w v"""
    low: Floats
    """least value of any pixel touched"""
    high: Floats
    seen_share: Floats
    """seen area / area of the whole polygon, also of what lies off the grid"""
    quantiles: Floats
    """``(band, polygon, quantile)`` in the order asked for"""

    @property
    def seen(self) -> Mask:
        """``(band, polygon)`` where anything was seen."""
        return self.count_px > 0.0


def cover_polygons(polygons: Sequence[Any], grid: Grid, *, names: Sequence[str] = ()) -> Coverages:
    """Exact share of each grid pixel inside each polygon, given in the grid's metres.

    ``polygons``: each ``(n, 2)`` vertices (east, north), open or closed, or a shapely Polygon or MultiPolygon with
    holes. ``names``: what errors call them. :class:`InputError` for anything that is not a valid, finite area; a
    polygon off the grid covers nothing. Exact to rounding (about 1e-9 of a pixel with UTM coordinates;
    tests/product/test_fields.py compares with shapely, tests/authorities/test_zonal_exactextract.py with
    exactextract). 10,000 fields of 3,600 pixels take 0.3 s (benchmarks/speed/rasters.py).
    """
    shapes = _as_polygons(polygons, names)
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    points, of_point = shapely.get_coordinates(rings, return_index=True)
    last = np.ones(len(points), np.bool_)
    last[:-1] = of_point[:-1] != of_point[1:]
    west, _, _, north = grid.bounds_m
    x, y = (points[~last, 0] - west) / grid.pixel_m, (north - points[~last, 1]) / grid.pixel_m
    hole = np.zeros(len(rings), np.bool_)
    hole[1:] = of_ring[1:] == of_ring[:-1]
    first_vertex = np.searchsorted(of_point[~last], np.arange(len(rings) + 1))
    first_ring = np.searchsorted(of_part[of_ring], np.arange(len(shapes) + 1))
    found = cover_rings(x, y, first_vertex, hole, first_ring, grid.width, grid.height)
    return Coverages(grid, shapely.area(shapes) / grid.pixel_m**2, *found)


def zonal_statistics(
    values: npt.NDArray[Any], seen: Mask, coverages: Coverages, *, quantiles: Sequence[float] = ()
) -> ZonalStatistics:
    """Statistics of a picture in memory under each polygon, where ``seen``, weighted by exact shares.

    ``values``: ``(row, column)`` or ``(band, row, column)`` on the polygons' grid; ``seen``: ``(row, column)``.
    """
    if values.shape[-2:] != seen.shape or seen.shape != coverages.grid.shape or values.ndim not in (2, 3):
        raise InputError(
            f"values are {values.shape}, seen is {seen.shape}, the polygons' grid is {coverages.grid.shape}",
            fix="Give arrays of one grid",
        )
    block = Block(0, 0, values if values.ndim == 3 else values[None], seen)
    return stream_statistics(lambda _: (block,), coverages, bands=len(block.values), quantiles=quantiles)


def stream_statistics(
    read: Reader, coverages: Coverages, *, bands: int, quantiles: Sequence[float] = ()
) -> ZonalStatistics:
    """Statistics of a picture that is read block by block, each block once (again for each share of the quantiles).

    ``read(coverages)`` gives the blocks that these polygons touch, in any order, each pixel once; blocks may come from
    other threads. Memory: a block, the coverages, 5 numbers a polygon and band; with ``quantiles`` (0 to 1, linear
    between weighted ranks as exactextract has them) 128 MB, or all values of the largest polygon.
    """
    at = np.asarray(quantiles, np.float64).reshape(-1)
    if not ((at >= 0.0) & (at <= 1.0)).all():
        raise InputError(f"quantiles {list(quantiles)}", fix="Give numbers from 0 to 1, such as 0.5 for the median")
    sums = np.zeros((bands, len(coverages), 5))
    sums[..., 3], sums[..., 4] = np.inf, -np.inf
    found = np.zeros((bands, len(coverages), len(at)))
    if not len(at):
        for block in read(coverages):
            _add(block, coverages, sums)
    for chosen in _groups(coverages) if len(at) else ():
        part = coverages.take(chosen)
        part_sums = sums[:, chosen]
        found[:, chosen] = _quantiles(read, part, part_sums, at)
        sums[:, chosen] = part_sums
    return _finished(sums, coverages, found)


def _add(block: Block, coverages: Coverages, sums: Floats) -> None:
    for band, values in enumerate(block.values):
        weighted = (*_weights(coverages), sums[band])
        add_block(values, block.seen, block.top, block.left, *weighted)


def _quantiles(read: Reader, coverages: Coverages, sums: Floats, at: Floats) -> Floats:
    """One pass: sums and, of all values gathered, quantiles."""
    sizes = coverages.counts_px()
    start = np.cumsum(sizes) - sizes
    bands = len(sums)
    filled = np.zeros((bands, len(sizes)), np.int64)
    values, weights = np.empty((bands, int(sizes.sum()))), np.empty((bands, int(sizes.sum())))
    for block in read(coverages):
        _add(block, coverages, sums)
        for band, layer in enumerate(block.values):
            weighted = (*_weights(coverages), start, filled[band], values[band], weights[band])
            gather_block(layer, block.seen, block.top, block.left, *weighted)
    found = np.zeros((bands, len(sizes), len(at)))
    for band in range(bands):
        quantiles_of(values[band], weights[band], start, filled[band], at, found[band])
    return found


def _groups(coverages: Coverages) -> list[npt.NDArray[np.int64]]:
    """Polygons in groups of neighbours from north to south whose values fit into memory together."""
    order = np.argsort(coverages.rows()[:, 0], kind="stable")
    group = (np.cumsum(coverages.counts_px()[order]) - 1) // _VALUES_AT_ONCE
    return np.split(order, np.flatnonzero(np.diff(group)) + 1) if len(order) else []


def _weights(coverages: Coverages) -> tuple[npt.NDArray[Any], ...]:
    return coverages.runs, coverages.first_run, coverages.edges, coverages.shares, coverages.first_edge


def _finished(sums: Floats, coverages: Coverages, quantiles: Floats) -> ZonalStatistics:
    count, mean, squares, low, high = np.moveaxis(sums, -1, 0)
    none = count <= 0.0
    return ZonalStatistics(
        count_px=count.copy(),
        mean=mean.copy(),
        sd=np.sqrt(squares / np.where(none, 1.0, count)),
        sum=count * mean,
        low=np.where(none, 0.0, low),
        high=np.where(none, 0.0, high),
        seen_share=np.minimum(count / coverages.area_px, 1.0),
        quantiles=quantiles,
    )


def _taken(chosen: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """Indices of the entries of chosen polygons one after the other, and the first of each among them."""
    sizes = np.diff(first)[chosen]
    begin = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.repeat(first[chosen] - begin[:-1], sizes) + np.arange(begin[-1]), begin


def _as_polygons(polygons: Sequence[Any], names: Sequence[str]) -> npt.NDArray[Any]:
    """All as shapely geometries, checked together; the first that is no area is named."""
    shapes = np.empty(len(polygons), object)
    for number, polygon in enumerate(polygons):
        area = isinstance(polygon, shapely.Polygon | shapely.MultiPolygon)
        shapes[number] = polygon if area else _ring(polygon, _name(number, names))
    area_m2 = shapely.area(shapes)
    for number in np.flatnonzero(~(np.isfinite(area_m2) & (area_m2 > 0.0)))[:1]:
        raise InputError(
            "a polygon has no area or coordinates that are not finite",
            where=_name(number, names),
            fix="Give finite east and north in metres",
        )
    for number in np.flatnonzero(~shapely.is_valid(shapes))[:1]:
        raise InputError(
            f"a polygon is not valid: {shapely.is_valid_reason(shapes[number])}",
            where=_name(number, names),
            fix="Repair it, for example with shapely.make_valid",
        )
    return shapes


def _ring(polygon: Any, name: str) -> Any:
    vertices = np.asarray(polygon, np.float64)
    if vertices.ndim != 2 or vertices.shape[1:] != (2,) or len(vertices) < 3:
        raise InputError(
            f"a polygon has vertices of shape {vertices.shape}",
            where=name,
            fix="Give (n, 2) east and north in metres, n >= 3",
        )
    return shapely.Polygon(vertices) if np.isfinite(vertices).all() else shapely.Polygon()


def _name(number: int, names: Sequence[str]) -> str:
    return names[number] if number < len(names) else f"polygon {number}"
