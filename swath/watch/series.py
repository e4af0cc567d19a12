"""One kind of looks at a place, look after look: what is off, together, again and again, and off its own past.

Every pixel has a model of its season (:mod:`swath.product.breaks`). A look's errors against what was foretold, less
what the whole place is off by (haze, light, a drifting calibration), are averaged over 1, 3 and 7 pixels; what counts
is the least of the last looks along the way that all of them are off. Patches that stand out without a change make
the place's own tail of scores, and that the threshold (:mod:`swath.watch.rate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.breaks import STABLE, BreakRule, find_breaks, foretell, move_on
from swath.product.harmonic_kernels import FEWEST_LOOKS, YEAR_DAYS
from swath.product.patches import find_patches
from swath.watch.rate import Tail, fit_tail
from swath.watch.series_kernels import box_means, calm_season, patch_peaks, push_look, run_scores
from swath.watch.state import Look, Series, Wish

__all__ = [
    "FLOOR", "REACHES_PX", "Patch", "Scored", "begin_series", "crowd_of", "looks_per_year", "ordinal_day", "score_look",
    "tails_of", "training_looks", "with_peaks",
]  # fmt: skip

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

REACHES_PX = (0, 1, 3)
FLOOR = 1.5
"""deviations above which a patch is counted"""
SEASON_DAYS, SEASON_SHARE = 12.0, 0.25
"""a season may come so much early or late, and be so much stronger or weaker, without being a change"""
_ALIKE_LOOKS, _NEAR_PX = 2.0, 8
"""shape of the gamma distribution of a look's own rate; how far a change spreads: it does not tell against itself"""
_LEAST_SHARE = 0.5
"""of a window that must be seen"""
_MANY_PX = 100
"""from which a place says something about a look as a whole"""
_COMMON_BOUND, _COMMON_LEAST = 3.0, 0.5
"""what a whole place is off by is taken off as far as looks have been off before, in robust deviations"""
_KEPT_LOOKS = 200
"""whose common error and spread are remembered"""
_RULE = BreakRule(0.99, 6)


@dataclass(frozen=True, eq=False)
class Patch:
    """Pixels that stand out together."""

    scale: int
    score_ratio: float
    before_ratio: float
    """the highest that it had in the looks before, 0 where it is new"""
    peak: int
    """pixel of the highest score, among the place's"""
    pixels: npt.NDArray[np.int64]
    """among the place's"""


@dataclass(frozen=True)
class Scored:
    """What a look shows before anything is decided."""

    scores: npt.NDArray[np.float32]
    """``(scale, pixel)``"""
    patches: tuple[Patch, ...]
    errors: npt.NDArray[np.float32]
    """``(band, pixel)`` value less what was foretold, in the bands' own unit; NaN not judged"""
    deviations: npt.NDArray[np.float32]
    judged: Mask
    """``(pixel,)`` seen and with a model"""


def ordinal_day(at: np.datetime64) -> int:
    """Ordinal day (1 = 1 January of year 1) of a time."""
    return int(at.astype("datetime64[D]").astype(np.int64)) + 719163


def training_looks(looks: Sequence[Look], inside: Mask) -> int:
    """How many of the looks (in order of time) make a model of most of the place? 0: all of them are too few."""
    seen = np.zeros(int(inside.sum()), np.int64)
    first = ordinal_day(looks[0].at)
    for number, look in enumerate(looks, 1):
        seen += look.unseen[inside] == 0
        if ordinal_day(look.at) - first > YEAR_DAYS + 5.0 and np.median(seen) >= FEWEST_LOOKS + 2:
            return number
    return 0


def _pixels(look: Look, inside: Mask) -> tuple[Array, Mask]:
    values = np.ascontiguousarray(look.values[:, inside].astype(np.float32))
    return values, (look.unseen[inside] == 0) & np.isfinite(values).all(0)


def begin_series(key: str, looks: Sequence[Look], inside: Mask, wish: Wish) -> Series:
    """A series from the looks that its first models are made of, in order of time."""
    pairs = [_pixels(look, inside) for look in looks]
    days = np.array([ordinal_day(look.at) for look in looks])
    stack, seen = np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])
    watch = find_breaks(days, stack, seen, _RULE).watch
    bands, pixels, scales = stack.shape[1], stack.shape[2], len(REACHES_PX)
    last_days = np.zeros((wish.confirm_looks + 1, pixels), np.int32)
    for day, known in zip(days, seen, strict=True):
        last_days[1:, known] = last_days[:-1, known]
        last_days[0, known] = day
    return Series(
        key=key,
        sensor=looks[0].sensor,
        bands=looks[0].bands,
        watch=watch,
        rings=np.zeros((scales, wish.confirm_looks, bands, pixels), np.float32),
        held=np.zeros((scales, pixels), np.uint8),
        last_days=last_days,
        near=np.zeros((scales, pixels), np.float32),
        alerted=np.zeros(pixels, np.bool_),
        common=np.zeros((0, bands)),
        spreads=np.zeros((scales, 0)),
        peaks=np.zeros((0, 4)),
        exposure_km2=0.0,
        scored_looks=0,
        first_day=int(days[-1]),
        last_day=int(days[-1]),
    )


def _common(errors: Array, judged: Mask, past: Floats) -> Floats:
    """What the place as a whole is off by ``(band,)``, no more than it has been before."""
    if int(judged.sum()) < _MANY_PX:
        return np.zeros(len(errors))
    now = np.median(errors[:, judged], axis=1).astype(np.float64)
    spread = 1.4826 * np.median(np.abs(past), axis=0) if len(past) >= 5 else np.full(len(errors), 0.5)
    bound = _COMMON_BOUND * spread + _COMMON_LEAST
    return np.asarray(np.clip(now, -bound, bound))


def _smoothed(reduced: Array, judged: Mask, inside: Mask, reach: int) -> npt.NDArray[np.float32]:
    """``(band, pixel)`` means over windows; NaN not judged."""
    if reach == 0:
        return np.where(judged, reduced, np.nan).astype(np.float32)
    known = np.zeros(inside.shape, np.bool_)
    known[inside] = judged
    out = np.empty(reduced.shape, np.float32)
    field = np.zeros(inside.shape, np.float32)
    for band, values in enumerate(reduced):
        field[inside] = np.where(judged, values, 0.0)
        out[band] = box_means(field, known, reach, _LEAST_SHARE)[inside]
    return out


def _spread(values: Array, past: Floats) -> float:
    """Robust deviation of a look's means, never below what is usual."""
    known = values[np.isfinite(values)]
    usual = float(np.median(past)) if len(past) >= 5 else 0.0
    now = float(1.4826 * np.median(np.abs(known))) if len(known) >= _MANY_PX else 0.0
    return max(usual, now) or 1.0


def score_look(series: Series, look: Look, inside: Mask, pixel_area_km2: float) -> tuple[Series, Scored]:
    """One look more: the series moved on, and what stands out. Nothing is decided, no peak is kept."""
    values, seen = _pixels(look, inside)
    day = ordinal_day(look.at)
    told = foretell(series.watch, day)
    sigma = told.sigma
    judged = seen & (series.watch.status == STABLE)
    errors = values - told.value
    with np.errstate(invalid="ignore", divide="ignore"):
        reduced = np.where(judged, errors / sigma, 0.0)
    common = _common(reduced, judged, series.common)
    reduced -= common[:, None]
    errors -= (common[:, None] * sigma).astype(np.float32)
    calm_season(reduced, sigma, told.slope, SEASON_DAYS)
    calm_season(reduced, sigma, told.swing, SEASON_SHARE)
    rings, held, near = series.rings.copy(), series.held.copy(), np.zeros_like(series.near)
    scores = np.zeros_like(near)
    spreads, patches = np.zeros((len(REACHES_PX), 1)), []
    for scale, reach in enumerate(REACHES_PX):
        mean = _smoothed(reduced, judged, inside, reach)
        spreads[scale] = _spread(mean, series.spreads[scale])
        push_look(mean / np.float32(spreads[scale, 0]), rings[scale], held[scale])
        scores[scale] = run_scores(rings[scale], held[scale], np.isfinite(mean[0]))
        found, now = _patches(scores[scale], series.near[scale], inside, scale)
        near[scale] = np.where(np.isfinite(mean[0]), now, series.near[scale])
        patches += found
    last_days = series.last_days.copy()
    last_days[1:, seen] = last_days[:-1, seen]
    last_days[0, seen] = day
    corrected = np.where(np.isfinite(sigma), values - common[:, None] * sigma, values).astype(np.float32)
    watch, _ = move_on(series.watch, day, corrected, seen, in_place=True)
    full = judged & (held[0] == rings.shape[1])
    moved = replace(
        series, watch=watch, rings=rings, held=held, near=near, last_days=last_days, last_day=day,
        common=np.vstack([series.common, common[None]])[-_KEPT_LOOKS:],
        spreads=np.hstack([series.spreads, spreads])[:, -_KEPT_LOOKS:],
        exposure_km2=series.exposure_km2 + float(full.sum()) * pixel_area_km2, scored_looks=series.scored_looks + 1,
    )  # fmt: skip
    return moved, Scored(scores, tuple(patches), np.where(judged, errors, np.nan).astype(np.float32), sigma, judged)


def _patches(score: Array, before: Array, inside: Mask, scale: int) -> tuple[list[Patch], Array]:
    """Patches above the floor, and the highest score so far of the patch that each pixel is in, 0 outside."""
    field = np.zeros(inside.shape, np.float32)
    field[inside] = score
    number = np.zeros(inside.shape, np.int64)
    number[inside] = np.arange(len(score))
    label = find_patches(field > FLOOR).label
    own = label[inside]
    count = int(own.max(initial=0))
    peak, at, _ = patch_peaks(label, field, count)
    old = np.zeros(count + 1)
    np.maximum.at(old, own, before)
    order = np.argsort(own, kind="stable")
    edges = np.searchsorted(own[order], np.arange(1, count + 2))
    found = [
        Patch(scale, float(peak[n]), float(old[n + 1]), int(number.ravel()[at[n]]), order[edges[n] : edges[n + 1]])
        for n in range(count)
    ]
    highest = np.maximum(np.concatenate([[0.0], peak]), old)
    highest[0] = 0.0
    return found, highest[own].astype(np.float32)


def with_peaks(series: Series, patches: Sequence[Patch]) -> Series:
    """The series with the scores of patches that were no change. A patch that goes on counts once, by its highest."""
    peaks = series.peaks.copy()
    new = []
    for patch in patches:
        row = patch.scale, patch.score_ratio, series.scored_looks, patch.peak
        if patch.before_ratio == 0.0:
            new.append(row)
        elif patch.score_ratio > patch.before_ratio:
            same = np.flatnonzero((peaks[:, 0] == patch.scale) & (np.abs(peaks[:, 1] - patch.before_ratio) < 1e-6))
            if len(same):
                peaks[same[-1]] = row
            else:
                new.append(row)
    return replace(series, peaks=np.vstack([peaks, np.array(new).reshape(-1, 4)]))


def tails_of(series: Series) -> list[Tail]:
    """The tails of nothing-happened scores, one a scale."""
    own = [series.peaks[series.peaks[:, 0] == scale] for scale in range(len(REACHES_PX))]
    return [fit_tail(p[:, 1], series.exposure_km2, level_ratio=FLOOR, looks=p[:, 2]) for p in own]


def looks_per_year(series: Series, area_km2: float) -> float:
    """How often is the whole place judged in a year? Between 1 and 400; 40 where less than a third of one is known."""
    years = (series.last_day - series.first_day) / YEAR_DAYS
    if years < 0.3 or area_km2 <= 0.0:
        return 40.0
    return float(np.clip(series.exposure_km2 / area_km2 / years, 1.0, 400.0))


def crowd_of(usual_count: float, patches: Sequence[Patch], patch: Patch, inside: Mask) -> float:
    """How many times as much as usual stands out in a look, besides the patch in question and what is near it?

    A look on which much stands out (a harvest, thin cloud, a thaw) is no witness for any one of its patches. The rate
    at which they come in a look is its own, gamma distributed about the place's (``usual_count`` of that scale on so
    much seen), and known from the look's others.
    """
    where = np.flatnonzero(inside.ravel())
    others = [p.peak for p in patches if p.scale == patch.scale and p.score_ratio > p.before_ratio]
    rows, columns = np.divmod(where[np.array(others, np.int64)], inside.shape[1])
    row, column = divmod(int(where[patch.peak]), inside.shape[1])
    far = int((np.maximum(np.abs(rows - row), np.abs(columns - column)) > _NEAR_PX).sum())
    return float((_ALIKE_LOOKS + far) / (_ALIKE_LOOKS + usual_count))
