"""Hot loops of harmonic models: normal equations, their solution, what looks are off. Plain arrays in and out.

All in single precision, eight terms side by side: looks count from a model's first look (``anchor``, and its day), so
that sums stay small and lose nothing that the noise of a look would not hide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "FEWEST_LOOKS", "SEASONS", "TERMS", "WHOLE_MODEL_LOOKS", "YEAR_DAYS", "add_look", "apart_from", "doubt_of",
    "invert", "is_unstable", "leverage_of", "noise_floors", "screen_outliers",
    "season_of", "seasonal_apart",
    "solve_model", "track_noise", "waves_of",
]  # fmt: skip

Array = npt.NDArray[Any]

TERMS = 8
"""constant, trend, and three pairs of cosine and sine"""
SEASONS = 6
"""of two months each, with a deviation of its own: fields vary more while they green up and are reaped"""
YEAR_DAYS = 365.25
FEWEST_LOOKS, _SIX, WHOLE_MODEL_LOOKS = 12, 18, 24
"""for a model of 4, 6 and 8 terms (Zhu and Woodcock 2014)"""
_RIDGE = tuple(np.float32(r) for r in (0.0, 1e-3, 0.01, 0.01, 0.02, 0.02, 0.04, 0.04))
"""pulls each term to 0, as a share of the number of observations: little data, smooth seasons"""
_OWN_WEIGHT = np.float32(6.0)
"""looks that the deviation of the whole year counts for beside a season's own"""
_YOUNG_LOOKS = 48
"""in a model: with fewer its own doubt adds to that of a look foretold, most where it reaches beyond its looks"""
_APART_DAYS = 30
"""looks that noise is told from: nearer ones share their weather"""
_STEP_PAIRS, _LEAST_STEP = 6.0, 0.03
"""the n-th further pair of looks moves the noise by 1 / (n + 6), but no less than 3 %, up or down to its median"""
_HUBER = np.float32(1.345)
_NEWEST = 64
"""looks that noise is judged by"""
_RESOLVED = np.float32(1e-5)
"""of the largest value: less is no noise but rounding"""
_SUMS = {"reassoc", "nsz", "contract"}
"""Sums of products may be taken in any order, so that they run in vectors."""
_0, _1 = np.float32(0.0), np.float32(1.0)


@njit(cache=True, nogil=True)
def waves_of(day: int, out: Array) -> None:
    """The eight terms on an ordinal day into ``out``; the trend is 0: it counts from a model's own first look."""
    angle = 2.0 * np.pi * day / YEAR_DAYS
    out[0], out[1] = 1.0, 0.0
    for k in range(1, 4):
        out[2 * k], out[2 * k + 1] = np.cos(k * angle), np.sin(k * angle)


@njit(cache=True, nogil=True)
def season_of(day: int) -> int:
    """Which of the six seasons an ordinal day is in."""
    return int((day % YEAR_DAYS) / YEAR_DAYS * SEASONS) % SEASONS


@njit(cache=True, nogil=True)
def _factor(gram: Array, size: int, count: Any, lower: Array) -> None:
    """Cholesky factor of the leading equations with their ridge; the inverse of its diagonal, for it is divided by."""
    for i in range(size):
        for j in range(i + 1):
            total = gram[i, j]
            if i == j:
                total += _RIDGE[i] * np.float32(count)
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i == j:
                lower[i, i] = _1 / np.sqrt(max(total, np.float32(1e-6)))
            else:
                lower[i, j] = total * lower[j, j]


@njit(cache=True, nogil=True)
def _back(lower: Array, right: Array, size: int, out: Array) -> None:
    for i in range(size):
        total = right[i]
        for k in range(i):
            total -= lower[i, k] * out[k]
        out[i] = total * lower[i, i]
    for i in range(size - 1, -1, -1):
        total = out[i]
        for k in range(i + 1, size):
            total -= lower[k, i] * out[k]
        out[i] = total * lower[i, i]


@njit(cache=True, nogil=True, inline="always")
def add_look(design: Array, values: Array, n: int, anchor: Array, gram: Array, moments: Array, squares: Array) -> None:
    """Observation ``n`` into the sums of the normal equations (the lower half of ``gram``).

    The terms are taken as eight single numbers, so that the compiler sees that nothing overlaps.
    """
    terms = (
        design[n, 0], design[n, 1], design[n, 2], design[n, 3], design[n, 4], design[n, 5], design[n, 6], design[n, 7],
    )  # fmt: skip
    for i in range(TERMS):
        one = terms[i]
        for j in range(i + 1):
            gram[i, j] += one * terms[j]
    for band in range(len(squares)):
        value = values[n, band] - anchor[band]
        squares[band] += value * value
        for i in range(TERMS):
            moments[band, i] += value * terms[i]


@njit(cache=True, nogil=True, fastmath=_SUMS)
def invert(gram: Array, size: int, count: Any, inverse: Array) -> None:
    """Inverse of the leading equations with their ridge (Gauss and Jordan: positive definite, so without pivots)."""
    for i in range(size):
        for j in range(TERMS):
            inverse[i, j] = _0 if j >= size else gram[i, j] if j <= i else gram[j, i]
        inverse[i, i] += _RIDGE[i] * count
    for k in range(size):
        scale = _1 / max(inverse[k, k], np.float32(1e-6))
        inverse[k, k] = _1
        row = (
            inverse[k, 0] * scale, inverse[k, 1] * scale, inverse[k, 2] * scale, inverse[k, 3] * scale,
            inverse[k, 4] * scale, inverse[k, 5] * scale, inverse[k, 6] * scale, inverse[k, 7] * scale,
        )  # fmt: skip
        for i in range(size):
            if i == k:
                for j in range(TERMS):
                    inverse[i, j] = row[j]
            else:
                part = inverse[i, k]
                inverse[i, k] = _0
                for j in range(TERMS):
                    inverse[i, j] -= part * row[j]


@njit(cache=True, nogil=True, fastmath=_SUMS)
def solve_model(
    count: int, gram: Array, moments: Array, squares: Array, floor: Array, model: Array, sigma: Array, inverse: Array,
) -> None:  # fmt: skip
    """Terms of every band and their deviation, not below the floor of noise."""
    size = 4 if count < _SIX else 6 if count < WHOLE_MODEL_LOOKS else TERMS
    many = np.float32(count)
    invert(gram, size, many, inverse)
    for band in range(len(squares)):
        for j in range(TERMS):
            model[band, j] = _0
        for i in range(size):
            part = moments[band, i]
            for j in range(TERMS):
                model[band, j] += part * inverse[i, j]
        # With (G + R) c = m the ridge solution c leaves y.y - c.m - c.R c: no product with the whole matrix.
        left = squares[band]
        for i in range(size):
            left -= model[band, i] * (moments[band, i] + _RIDGE[i] * many * model[band, i])
        sigma[band] = max(np.sqrt(max(left, _0) / np.float32(max(count - size, 1))), floor[band])


@njit(cache=True, nogil=True, inline="always")
def apart_from(design: Array, values: Array, n: int, anchor: Array, model: Array, sigma: Array, out: Array) -> Any:
    """Residuals of observation ``n`` in deviations into ``out``; their sum of squares."""
    total = _0
    for band in range(len(sigma)):
        told = anchor[band]
        for i in range(TERMS):
            told += design[n, i] * model[band, i]
        far = (values[n, band] - told) / sigma[band]
        out[band] = far
        total += far * far
    return total


@njit(cache=True, nogil=True)
def seasonal_apart(season: int, count: int, yearly: Array, squares: Array, looks: Array, out: Array) -> Any:
    """The same residuals by the season's own deviation where the model is whole: ``out`` is rescaled.

    A season's deviation is that of its looks from the model that foretold them, drawn to the year's where they are
    few, and never below it.
    """
    total = _0
    many = np.float32(looks[season])
    for band in range(len(out)):
        if count >= WHOLE_MODEL_LOOKS:
            year = yearly[band] * yearly[band]
            own = (squares[season, band] + _OWN_WEIGHT * year) / (many + _OWN_WEIGHT)
            if own > year:
                out[band] *= np.sqrt(year / own)
        total += out[band] * out[band]
    return total


@njit(cache=True, nogil=True, fastmath=_SUMS)
def leverage_of(design: Array, n: int, inverse: Array) -> Any:
    """What a model's own doubt adds to the variance of observation ``n``, as a share of a look's."""
    total = _0
    for i in range(TERMS):
        for j in range(TERMS):
            total += design[n, i] * inverse[i, j] * design[n, j]
    return total


@njit(cache=True, nogil=True)
def doubt_of(count: int, solved: int, gram: Array, inverse: Array) -> bool:
    """Is a model so young that its own doubt counts? Its covariance over the variance of a look into ``inverse``."""
    if count >= _YOUNG_LOOKS:
        return False
    size = 4 if solved < _SIX else 6 if solved < WHOLE_MODEL_LOOKS else TERMS
    inverse[:] = _0
    invert(gram, size, np.float32(count), inverse)
    return True


@njit(cache=True, nogil=True)
def _middle(values: Array, count: int) -> Any:
    """The upper middle one of some values, which are put in another order (Hoare's selection)."""
    low, high, wanted = 0, count - 1, count // 2
    while low < high:
        pivot, i, j = values[wanted], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < wanted:
            low = i
        if wanted < i:
            high = j
    return float(values[wanted])


@njit(cache=True, nogil=True)
def noise_floors(days: Array, values: Array, last: int, scratch: Array, floor: Array) -> None:
    """Median change of each band between looks more than 30 days apart: noise is no less (Zhu et al. 2020, eq. 4).

    Of the newest 64 looks up to ``last``: what comes later is not known yet when a model begins.
    """
    begin = max(last + 1 - _NEWEST, 0)
    for band in range(values.shape[1]):
        n, j, most = 0, begin, _0
        for i in range(begin, last + 1):
            most = max(most, abs(values[i, band]))
            while j <= last and days[j] - days[i] <= _APART_DAYS:
                j += 1
            if j <= last:
                scratch[n] = abs(values[j, band] - values[i, band])
                n += 1
        if n == 0:
            for i in range(begin, last):
                scratch[n] = abs(values[i + 1, band] - values[i, band])
                n += 1
        floor[band] = max(np.float32(_middle(scratch, n)) if n > 0 else _0, _RESOLVED * most, np.float32(1e-9))


@njit(cache=True, nogil=True)
def track_noise(day: int, n: int, values: Array, recent: Array, tally: Array, floor: Array) -> None:
    """The noise of a model as its looks go on: the running median of what looks a month apart differ by.

    ``recent`` is the last look that was compared, ``tally`` ``[2]`` its day and ``[3]`` how many were.
    """
    if day - tally[2] <= _APART_DAYS:
        return
    step = np.float32(max(1.0 / (tally[3] + _STEP_PAIRS), _LEAST_STEP))
    for band in range(len(floor)):
        larger = abs(values[n, band] - recent[band]) > floor[band]
        floor[band] *= _1 + step if larger else _1 / (_1 + step)
        recent[band] = values[n, band]
    tally[2] = day
    tally[3] += 1


@njit(cache=True, nogil=True)
def _weigh(
    design: Array, values: Array, kept: Array, anchor: Any, floor: Any, band: int, first: int, last: int,
    gram: Array, lower: Array, terms: Array, right: Array,
) -> None:  # fmt: skip
    """Four robust terms of one band: Huber's weights, five turns at most, beginning from ``terms``."""
    scale = _1 / (_HUBER * floor)
    for _ in range(5):
        gram[:4, :4], right[:4], weights = _0, _0, _0
        for n in range(first, last + 1):
            if not kept[n]:
                continue
            value = values[n, band] - anchor
            left = value
            for i in range(4):
                left -= design[n, i] * terms[i]
            far = abs(left) * scale
            weight = _1 if far <= _1 else _1 / far
            weights += weight
            for i in range(4):
                part = weight * design[n, i]
                right[i] += part * value
                for j in range(i + 1):
                    gram[i, j] += part * design[n, j]
        _factor(gram, 4, weights, lower)
        before = terms[0]
        _back(lower, right, 4, terms)
        if abs(terms[0] - before) < np.float32(0.02) * floor:
            break


@njit(cache=True, nogil=True)
def _plain_terms(
    design: Array, values: Array, kept: Array, first: int, last: int, gram: Array, lower: Array, right: Array,
    terms: Array,
) -> None:  # fmt: skip
    """Four terms of every band ``(band, 4)`` by least squares: the equations are the same for all."""
    gram[:4, :4], terms[:], count = _0, _0, 0
    for n in range(first, last + 1):
        if not kept[n]:
            continue
        count += 1
        for i in range(4):
            for j in range(i + 1):
                gram[i, j] += design[n, i] * design[n, j]
        for band in range(len(terms)):
            value = values[n, band] - values[first, band]
            for i in range(4):
                terms[band, i] += design[n, i] * value
    _factor(gram, 4, np.float32(count), lower)
    for band in range(len(terms)):
        right[:4] = terms[band]
        _back(lower, right, 4, terms[band])


@njit(cache=True, nogil=True)
def _scores(design: Array, values: Array, floor: Array, first: int, last: int, terms: Array, scores: Array) -> None:
    """Squared residuals over noise, summed over the bands."""
    for n in range(first, last + 1):
        total = _0
        for band in range(len(terms)):
            left = values[n, band] - values[first, band]
            for i in range(4):
                left -= design[n, i] * terms[band, i]
            left /= floor[band]
            total += left * left
        scores[n - first] = total


@njit(cache=True, nogil=True)
def screen_outliers(
    design: Array, values: Array, floor: Array, limits: Array, kept: Array, first: int, last: int, work: Any,
) -> None:  # fmt: skip
    """Drop observations of a window that stand apart from a robust season: cloud and shadow that no mask found.

    Four terms (as Zhu and Woodcock's Tmask 2014, which takes two bands; all bands here). Where plain least squares
    leave nothing beyond the level of a change there is nothing to drop; else by Huber's weights.
    """
    gram, lower, terms, right, scores = work
    _plain_terms(design, values, kept, first, last, gram, lower, right, terms)
    _scores(design, values, floor, first, last, terms, scores)
    worst = _0
    for n in range(first, last + 1):
        if kept[n]:
            worst = max(worst, scores[n - first])
    if worst <= limits[0]:
        return
    for band in range(len(terms)):
        _weigh(
            design, values, kept, values[first, band], floor[band], band, first, last, gram, lower, terms[band], right
        )
    _scores(design, values, floor, first, last, terms, scores)
    for n in range(first, last + 1):
        if scores[n - first] > limits[1]:
            kept[n] = False


@njit(cache=True, nogil=True)
def is_unstable(
    design: Array, values: Array, anchor: Array, first: int, last: int, model: Array, sigma: Array, limit: float
) -> bool:
    """Does a young model drift, or miss its own first or last look (Zhu and Woodcock 2014, eq. 3)?"""
    total, span = _0, design[last, 1] - design[first, 1]
    for band in range(len(model)):
        begin, end = values[first, band] - anchor[band], values[last, band] - anchor[band]
        for i in range(TERMS):
            begin -= design[first, i] * model[band, i]
            end -= design[last, i] * model[band, i]
        far = (abs(model[band, 1]) * span + max(abs(begin), abs(end))) / (np.float32(3.0) * sigma[band])
        total += far * far
    return bool(total > limit)
