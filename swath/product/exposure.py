"""Who and what is under water? People, roads, buildings, fields against a likelihood, with intervals.

The doubt of a likelihood is not each pixel's own: a threshold that is wrong is wrong everywhere in the picture, and
neighbours err together. So the interval comes from draws of one shift of all log-odds (the systematic error), plus
what patches of 100 m, each drawn as a whole, leave open. What stands where nothing could be seen is counted apart and
widens the interval upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
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
SHIFTS = 41
"""of the log-odds, equally likely"""
COUNTED_SHARE = 0.5
"""of a building or field that must be under water for it to count as flooded"""


@dataclass(frozen=True)
class Samples:
    """Where on a grid something of value lies: parts of features in pixels."""

    what: str
    unit: str
    """``people``, ``m`` of roads, ``m2`` of fields, ``1`` for counted things"""
    pixel: npt.NDArray[np.int64]
    """flat index of the pixel of each part"""
    amount: Floats
    """of each part, in ``unit``"""
    feature: npt.NDArray[np.int64]
    """number of the feature each part belongs to"""
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
    places, values = [], []
    for _, _, rows in strips(amount.shape, 0):
        flat = np.asarray(amount[rows], np.float64).ravel()
        here = np.flatnonzero(np.isfinite(flat) & (flat > 0.0))
        places.append(here + rows.start * amount.shape[1])
        values.append(flat[here])
    at, there = np.concatenate(places), np.concatenate(values)
    return Samples(what, unit, at, there, np.zeros(len(at), np.int64), float(there.sum()), 0)


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
    cover = cover_polygons(list(only[there]), grid)
    pixels, shares, owner = [], [], []
    for number, feature in enumerate(there):
        runs = cover.runs[cover.first_run[number] : cover.first_run[number + 1]]
        inner = [np.arange(r * grid.width + a, r * grid.width + b) for r, a, b in runs.astype(np.int64)]
        edge = cover.edges[cover.first_edge[number] : cover.first_edge[number + 1]].astype(np.int64)
        here = np.concatenate([*inner, edge[:, 0] * grid.width + edge[:, 1]])
        pixels.append(here)
        ones = np.ones(len(here) - len(edge))
        shares.append(np.concatenate([ones, cover.shares[cover.first_edge[number] : cover.first_edge[number + 1]]]))
        owner.append(np.full(len(here), feature))
    at = np.concatenate(pixels) if pixels else np.zeros(0, np.int64)
    amount = (np.concatenate(shares) if shares else np.zeros(0)) * grid.pixel_m**2
    of = np.concatenate(owner) if owner else np.zeros(0, np.int64)
    area = shapely.area(only)
    if counted:
        amount = amount / area[of]
    total = float(len(made)) if counted else float(area.sum())
    return Samples(what, "1" if counted else "m2", at, amount, of, total, len(made))


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
    return Samples(
        what, unit, (row * grid.width + column)[on], np.asarray(amount, np.float64)[on], of[on].astype(np.int64), total,
        count,
    )  # fmt: skip


def expose(
    samples: Samples, likelihood: Array, *, grid: Grid, logit_sigma: float, normal: Array | None = None
) -> Exposed:
    """What of the samples is under water that is not normal?

    ``likelihood``: percent ``uint8`` on the grid, 255 not seen; ``normal``: percent of normal water likewise;
    ``logit_sigma``: systematic error of the log-odds. :class:`InputError` where shapes differ.
    """
    if likelihood.shape != grid.shape or (normal is not None and normal.shape != grid.shape):
        raise InputError(f"likelihood {likelihood.shape}, grid {grid.shape}", fix="Give them on one grid")
    percent = likelihood.ravel()[samples.pixel].astype(np.float64)
    seen = percent != UNSEEN
    usual = np.zeros(len(percent)) if normal is None else normal.ravel()[samples.pixel] / 100.0
    usual = np.where(usual > 1.0, 0.0, usual)
    share = np.clip(percent / 100.0, 0.002, 0.998)
    logit = np.log(share / (1.0 - share))
    at = samples.pixel, samples.feature, samples.amount
    wet = np.where(seen, np.maximum(percent / 100.0 - usual, 0.0), 0.0)
    draws = _draws(logit, usual, seen, samples, grid, logit_sigma)
    hidden = float(samples.amount[~seen].sum())
    value, count = float((wet * samples.amount).sum()), samples.count
    low, high = (float(v) for v in np.quantile(draws, [0.05, 0.95]))
    known = float(samples.amount[seen].sum())
    reach = high + hidden * min(1.0, max(high, 0.0) / known * 2.0 if known else 1.0)
    because = "one shift of all log-odds and patches of 100 m drawn; above, twice its share of what is not seen"
    affected = Estimate(value, samples.unit, min(max(low, 0.0), value), max(reach, value), 0.9, because)
    features, per = _features(*at, wet, seen, count, logit, usual, logit_sigma)
    return Exposed(
        samples.what,
        affected,
        features if count else None,
        Estimate(hidden, samples.unit, because="counted where nothing could be seen"),
        Estimate(samples.total_count, samples.unit, because="counted in what was given"),
        per,
    )


def _normal_quantiles(count: int) -> Floats:
    from statistics import NormalDist

    return np.array([NormalDist().inv_cdf((k + 0.5) / count) for k in range(count)])


def _draws(logit: Floats, usual: Floats, seen: Any, samples: Samples, grid: Grid, sigma: float) -> Floats:
    """Equally likely sums: each shift of the log-odds, and about it what the patches leave open."""
    size = max(round(PATCH_M / grid.pixel_m), 1)
    row, column = np.divmod(samples.pixel, grid.width)
    patch = (row // size) * (grid.width // size + 1) + column // size
    _, patch = np.unique(patch, return_inverse=True)
    out = []
    for shift in _normal_quantiles(SHIFTS):
        share = 1.0 / (1.0 + np.exp(-(logit + sigma * shift)))
        wet = np.where(seen, np.maximum(share - usual, 0.0), 0.0)
        spread = np.bincount(patch, samples.amount * np.sqrt(wet * (1.0 - wet)), minlength=1)
        out.append(float((wet * samples.amount).sum()) + float(np.linalg.norm(spread)) * _normal_quantiles(9))
    return np.concatenate(out)


def _features(
    pixel: Array, feature: Array, amount: Array, wet: Floats, seen: Any, count: int, logit: Floats, usual: Floats,
    sigma: float,
) -> tuple[Estimate, Floats]:  # fmt: skip
    """How many features are under water, and the likelihood of each."""
    if count == 0:
        return Estimate(0.0, "1", because="a raster has no features"), np.zeros(0)
    weight = np.bincount(feature, amount * seen, count)

    def mean(values: Floats) -> Floats:
        sums = np.bincount(feature, amount * values * seen, count)
        return np.where(weight > 0.0, sums / np.where(weight > 0.0, weight, 1.0), np.nan)

    per = mean(wet)
    numbers = []
    for shift in _normal_quantiles(SHIFTS):
        share = 1.0 / (1.0 + np.exp(-(logit + sigma * shift)))
        p = np.nan_to_num(mean(np.maximum(share - usual, 0.0)))
        spread = float(np.sqrt((p * (1.0 - p)).sum()))
        numbers.append(float((p >= COUNTED_SHARE).sum()) + spread * _normal_quantiles(9))
    value = float((np.nan_to_num(per) >= COUNTED_SHARE).sum())
    low, high = (float(v) for v in np.quantile(np.concatenate(numbers), [0.05, 0.95]))
    unknown = int(np.isnan(per).sum())
    because = f"half of what is seen of it under water; {unknown} of {count} not seen or off the map"
    return Estimate(value, "1", max(0.0, min(np.floor(low), value)), max(np.ceil(high), value), 0.9, because), per
