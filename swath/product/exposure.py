"""Who and what is under water? People, roads, buildings, fields against a likelihood, with intervals.

The doubt of a likelihood is not each pixel's own: a threshold that is wrong is wrong everywhere in the picture, and
neighbours err together. So the interval comes from draws of one shift of all log-odds (the systematic error), plus
what patches of 100 m, each drawn as a whole, leave open. What stands where nothing could be seen is counted apart and
widens the interval upwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.ops import substring

from swath.errors import InputError
from swath.model import Estimate, Grid
from swath.product.fields import cover_polygons
from swath.product.room import strips
from swath.product.water_kernels import UNSEEN

__all__ = ["Exposed", "Samples", "cut_lines", "expose", "sample_raster", "sample_shapes"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

PATCH_M = 100.0
"""neighbours nearer than this are drawn together"""
BAND_PX = 1_000_000
"""of the map gone through at once: memory does not grow with it, and no number depends on how it lies in memory"""
SHIFTS = 41
"""of the log-odds, equally likely"""
COUNTED_SHARE = 0.5
"""of a building or field that must be under water for it to count as flooded"""


Parts = tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]
"""flat index of the pixel of each part of features, how much it is, and the number of its feature"""


@dataclass(frozen=True)
class Samples:
    """Where on a grid something of value lies: parts of features in pixels, asked for band of rows by band of rows."""

    what: str
    unit: str
    """``people``, ``m`` of roads, ``m2`` of fields, ``1`` for counted things"""
    rows: Callable[[int, int], Parts]
    """``rows(first, stop)`` gives the parts that lie in these rows of the grid"""
    total_count: float
    """all of it, also what lies off the grid"""
    count: int
    """of features"""


@dataclass(frozen=True)
class Exposed:
    """What is under water of one kind of thing."""

    what: str
    affected: Estimate
    """in the unit of the samples"""
    features: Estimate | None
    """how many features are under water with at least half of what is seen of them; None for rasters"""
    unseen: Estimate
    """what stands where nothing could be seen"""
    total: Estimate
    """of all that was given, on and off the map"""
    per_feature: Floats
    """likelihood, 0 to 1, that each feature is under water (mean over it); NaN where not seen or off the map"""


def cut_lines(shapes: Array, most_m: float) -> tuple[Array, npt.NDArray[np.int64]]:
    """Lines (metres) in pieces of equal length, none longer than ``most_m``, and the number of the line of each."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    pieces, owner = [], []
    for line, number in zip(parts, of, strict=True):
        count = max(int(np.ceil(line.length / most_m)), 1)
        ends = np.linspace(0.0, line.length, count + 1)
        pieces += [substring(line, a, b) for a, b in pairwise(ends)]
        owner += [int(number)] * count
    return np.array(pieces, object), np.array(owner, np.int64)


def sample_raster(amount: Array, what: str, unit: str = "people") -> Samples:
    """Of a raster on the grid: so much in each pixel (NaN or negative: none)."""

    def rows(first: int, stop: int) -> Parts:
        flat = np.asarray(amount[first:stop], np.float64).ravel()
        here = np.flatnonzero(np.isfinite(flat) & (flat > 0.0))
        return here + first * amount.shape[1], flat[here], np.zeros(len(here), np.int64)

    total = sum(float(rows(put.start, put.stop)[1].sum()) for _, _, put in strips(amount.shape, 0))
    return Samples(what, unit, rows, total, 0)


def sample_shapes(shapes: Sequence[Any], grid: Grid, what: str, *, counted: bool = False) -> Samples:
    """Of points (counted), lines (m) or polygons (m2, or ``counted``: buildings) in the grid's metres.

    Polygons by the exact share of each pixel, lines at points half a pixel apart. Empty shapes count as features that
    lie nowhere. :class:`InputError` for mixed kinds and for what is no such shape.
    """
    made = np.array([shapely.from_wkt("POINT EMPTY") if s is None else s for s in shapes], object)
    kinds = {int(k) for k in shapely.get_type_id(made[~shapely.is_empty(made)])}
    if not len(made) or not kinds:
        raise InputError(f"{what}: no shape in it", fix="Give points, lines or polygons")
    if kinds <= {3, 6}:
        return _of_polygons(made, grid, what, counted)
    if kinds <= {1, 2, 5}:
        return _of_lines(made, grid, what)
    if kinds <= {0, 4}:
        parts, of = shapely.get_parts(made, return_index=True)
        xy = shapely.get_coordinates(parts)
        return _placed(what, "1", xy, np.ones(len(xy)), of, grid, float(len(made)), len(made))
    raise InputError(f"{what}: points, lines and polygons mixed", fix="Give them as files of their own")


def _of_polygons(made: Array, grid: Grid, what: str, counted: bool) -> Samples:
    good = shapely.is_valid(made) & ~shapely.is_empty(made)
    made = np.where(good, made, shapely.make_valid(made))
    only = np.array([_areal(s) for s in made], object)
    there = np.flatnonzero(shapely.area(only) > 0.0)
    cover, area = cover_polygons(list(only[there]), grid), shapely.area(only)
    run_of, edge_of = (np.repeat(there, np.diff(first)) for first in (cover.first_run, cover.first_edge))
    run_order, edge_order = (np.argsort(found[:, 0], kind="stable") for found in (cover.runs, cover.edges))
    run_row, edge_row = cover.runs[run_order, 0], cover.edges[edge_order, 0]

    def rows(first: int, stop: int) -> Parts:
        runs = run_order[slice(*np.searchsorted(run_row, (first, stop)))]
        edges = edge_order[slice(*np.searchsorted(edge_row, (first, stop)))]
        row, left, right = cover.runs[runs].astype(np.int64).T
        length = right - left
        begin = np.repeat(row * grid.width + left - (np.cumsum(length) - length), length)
        edge = cover.edges[edges].astype(np.int64)
        at = np.concatenate([begin + np.arange(len(begin)), edge[:, 0] * grid.width + edge[:, 1]])
        of = np.concatenate([np.repeat(run_of[runs], length), edge_of[edges]])
        amount = np.concatenate([np.ones(len(begin)), cover.shares[edges]]) * grid.pixel_m**2
        return at, amount / area[of] if counted else amount, of

    total = float(len(made)) if counted else float(area.sum())
    return Samples(what, "1" if counted else "m2", rows, total, len(made))


def _areal(shape: Any) -> Any:
    """The polygons of a repaired shape."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = [p for p in getattr(shape, "geoms", []) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.from_wkt("POLYGON EMPTY")


def _of_lines(made: Array, grid: Grid, what: str) -> Samples:
    cut = shapely.segmentize(made, 0.5 * grid.pixel_m)
    parts, of_part = shapely.get_parts(cut, return_index=True)
    xy, of_line = shapely.get_coordinates(parts, return_index=True)
    inner = of_line[1:] == of_line[:-1]
    middle, length = 0.5 * (xy[1:] + xy[:-1])[inner], np.hypot(*(xy[1:] - xy[:-1]).T)[inner]
    return _placed(what, "m", middle, length, of_part[of_line[1:][inner]], grid, float(length.sum()), len(made))


def _placed(what: str, unit: str, xy: Array, amount: Array, of: Array, grid: Grid, total: float, count: int) -> Samples:
    column = np.floor((xy[:, 0] - grid.west_m) / grid.pixel_m).astype(np.int64)
    row = np.floor((grid.north_m - xy[:, 1]) / grid.pixel_m).astype(np.int64)
    on = (row >= 0) & (row < grid.height) & (column >= 0) & (column < grid.width)
    order = np.flatnonzero(on)[np.argsort(row[on], kind="stable")]
    row, column, amount, of = row[order], column[order], np.asarray(amount, np.float64)[order], of[order]

    def rows(first: int, stop: int) -> Parts:
        here = slice(*np.searchsorted(row, (first, stop)))
        return row[here] * grid.width + column[here], amount[here], of[here].astype(np.int64)

    return Samples(what, unit, rows, total, count)


def expose(
    samples: Samples, likelihood: Array, *, grid: Grid, logit_sigma: float, normal: Array | None = None
) -> Exposed:
    """What of the samples is under water that is not normal?

    ``likelihood``: percent ``uint8`` on the grid, 255 not seen; ``normal``: percent of normal water likewise;
    ``logit_sigma``: systematic error of the log-odds. :class:`InputError` where shapes differ.
    """
    if likelihood.shape != grid.shape or (normal is not None and normal.shape != grid.shape):
        raise InputError(f"likelihood {likelihood.shape}, grid {grid.shape}", fix="Give them on one grid")
    sums = _Sums(logit_sigma, samples.count, max(round(PATCH_M / grid.pixel_m), 1))
    band = sums.patch_px * max(BAND_PX // (grid.width * sums.patch_px), 1)
    for first in range(0, grid.height, band):
        stop = min(first + band, grid.height)
        at, amount, feature = samples.rows(first, stop)
        if len(at):
            usual = None if normal is None else normal[first:stop].ravel()[at - first * grid.width]
            sums.add(likelihood[first:stop].ravel()[at - first * grid.width], usual, at, amount, feature, grid.width)
    low, high = (float(v) for v in np.quantile(sums.draws(), [0.05, 0.95]))
    value, hidden, known = sums.value, sums.hidden, sums.known
    reach = high + hidden * min(1.0, max(high, 0.0) / known * 2.0 if known else 1.0)
    because = "one shift of all log-odds and patches of 100 m drawn; above, twice its share of what is not seen"
    features, per = sums.features()
    return Exposed(
        samples.what,
        Estimate(value, samples.unit, min(max(low, 0.0), value), max(reach, value), 0.9, because),
        features if samples.count else None,
        Estimate(hidden, samples.unit, because="counted where nothing could be seen"),
        Estimate(samples.total_count, samples.unit, because="counted in what was given"),
        per,
    )


def _normal_quantiles(count: int) -> Floats:
    return np.array([NormalDist().inv_cdf((k + 0.5) / count) for k in range(count)])


@dataclass
class _Sums:
    """What of the samples is under water, summed band by band: as it is, and at each shift of the log-odds."""

    sigma: float
    """systematic error of the log-odds"""
    count: int
    """of features"""
    patch_px: int
    """neighbours so near are drawn together; a band is as high as some of these"""
    value: float = 0.0
    hidden: float = 0.0
    known: float = 0.0
    shifted: Floats = field(default_factory=lambda: np.zeros(SHIFTS))
    variance: Floats = field(default_factory=lambda: np.zeros(SHIFTS))
    """what the patches leave open about it"""
    weight: Floats = field(init=False)
    """of each feature, how much was seen"""
    wet: Floats = field(init=False)
    """of each feature, how much of it is under water: as it is, and at each shift"""
    tables: list[tuple[Floats, Floats]] = field(init=False)
    """share under water and its deviation, as it is and at each shift, by percent now x 101 + percent usually"""

    def __post_init__(self) -> None:
        self.weight, self.wet = np.zeros(self.count), np.zeros((SHIFTS + 1, self.count))
        percent, usual = np.divmod(np.arange(101 * 101), 101)
        share = np.clip(percent / 100.0, 0.002, 0.998)
        logit = np.log(share / (1.0 - share))
        shifted = [1.0 / (1.0 + np.exp(-(logit + self.sigma * shift))) for shift in _normal_quantiles(SHIFTS)]
        wet = [np.maximum(now - usual / 100.0, 0.0) for now in (percent / 100.0, *shifted)]
        self.tables = [(one, np.sqrt(one * (1.0 - one))) for one in wet]

    def add(self, percent: Array, usual: Array | None, at: Array, amount: Floats, of: Array, width: int) -> None:
        """Parts of one band: likelihood now and usually (percent) at each."""
        seen = percent != UNSEEN
        self.hidden += float(amount[~seen].sum())
        at, amount, of, code = at[seen], amount[seen], of[seen], percent[seen].astype(np.int32) * 101
        if usual is not None:
            code += np.where(usual[seen] > 100, 0, usual[seen])
        self.known += float(amount.sum())
        row, column = np.divmod(at, width)
        patch = (row // self.patch_px) * (width // self.patch_px + 1) + column // self.patch_px
        patch -= patch.min() if len(patch) else 0
        self.weight += np.bincount(of, amount, self.count)[: self.count]
        for k, (share, deviation) in enumerate(self.tables):
            wet = amount * share[code]
            if self.count:
                self.wet[k] += np.bincount(of, wet, self.count)
            if k == 0:
                self.value += float(wet.sum())
            else:
                self.shifted[k - 1] += float(wet.sum())
                self.variance[k - 1] += float((np.bincount(patch, amount * deviation[code]) ** 2).sum())

    def draws(self) -> Floats:
        """Equally likely sums: each shift of the log-odds, and about it what the patches leave open."""
        about: Floats = np.outer(np.sqrt(self.variance), _normal_quantiles(9))
        return self.shifted[:, None] + about

    def features(self) -> tuple[Estimate, Floats]:
        """How many features are under water, and the likelihood of each."""
        if self.count == 0:
            return Estimate(0.0, "1", because="a raster has no features"), np.zeros(0)
        there = self.weight > 0.0
        per = np.where(there, self.wet[0] / np.where(there, self.weight, 1.0), np.nan)
        numbers = []
        for wet in self.wet[1:]:
            p = np.where(there, wet / np.where(there, self.weight, 1.0), 0.0)
            spread = float(np.sqrt((p * (1.0 - p)).sum()))
            numbers.append(float((p >= COUNTED_SHARE).sum()) + spread * _normal_quantiles(9))
        value = float((np.nan_to_num(per) >= COUNTED_SHARE).sum())
        low, high = (float(v) for v in np.quantile(np.concatenate(numbers), [0.05, 0.95]))
        unknown = int((~there).sum())
        because = f"half of what is seen of it under water; {unknown} of {self.count} not seen or off the map"
        return Estimate(value, "1", max(0.0, min(np.floor(low), value)), max(np.ceil(high), value), 0.9, because), per
