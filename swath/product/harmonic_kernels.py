"""Hot loops of harmonic models: normal equations, their solution, what looks are off. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "FEWEST_LOOKS", "SEASONS", "TERMS", "WHOLE_MODEL_LOOKS", "YEAR_DAYS",
    "add_look", "apart_from", "is_unstable", "noise_floors", "screen_outliers", "seasonal_sigmas", "solve_model",
]  # fmt: skip

Array = npt.NDArray[Any]

TERMS = 8
"""constant, trend, and three pairs of cosine and sine"""
SEASONS = 6
"""of two months each, with a deviation of its own: fields vary more while they green up and are reaped"""
YEAR_DAYS = 365.25
FEWEST_LOOKS, _SIX, WHOLE_MODEL_LOOKS = 12, 18, 24
"""for a model of 4, 6 and 8 terms (Zhu and Woodcock 2014)"""
_RIDGE = (0.0, 1e-3, 0.01, 0.01, 0.02, 0.02, 0.04, 0.04)
"""pulls each term to 0, as a share of the number of observations: little data, smooth seasons"""
_OWN_WEIGHT = 6.0
"""looks that the deviation of the whole year counts for beside a season's own"""
_HUBER = 1.345
_SUMS = {"reassoc", "nsz", "contract"}
"""Sums of products may be taken in any order, so that they run in vectors."""


@njit(cache=True, nogil=True)
def _factor(gram: Array, size: int, count: float, lower: Array) -> None:
    """Cholesky factor of the leading equations with their ridge; the inverse of its diagonal, for it is divided by."""
    for i in range(size):
        for j in range(i + 1):
            total = gram[i, j]
            if i == j:
                total += _RIDGE[i] * count
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i == j:
                lower[i, i] = 1.0 / np.sqrt(max(total, 1e-12))
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


@njit(cache=True, nogil=True, fastmath=_SUMS)
def add_look(design: Array, values: Array, gram: Array, moments: Array, squares: Array) -> None:
    """One observation into the sums of the normal equations."""
    for i in range(TERMS):
        for j in range(TERMS):
            gram[i, j] += design[i] * design[j]
    for band in range(len(values)):
        value = values[band]
        squares[band] += value * value
        for i in range(TERMS):
            moments[band, i] += design[i] * value


@njit(cache=True, nogil=True, fastmath=_SUMS)
def solve_model(
    count: int, gram: Array, moments: Array, squares: Array, floor: Array, model: Array, sigma: Array, lower: Array,
) -> None:  # fmt: skip
    """Terms of every band and their deviation, not below the floor of noise. All bands go along together."""
    size = 4 if count < _SIX else 6 if count < WHOLE_MODEL_LOOKS else TERMS
    bands = len(squares)
    _factor(gram, size, float(count), lower)
    # With L z = m the ridge solution c leaves y.y - z.z - c.R c: no product with the whole matrix.
    for band in range(bands):
        sigma[band] = squares[band]
    for i in range(size):
        for band in range(bands):
            model[band, i] = moments[band, i]
        for k in range(i):
            for band in range(bands):
                model[band, i] -= lower[i, k] * model[band, k]
        for band in range(bands):
            model[band, i] *= lower[i, i]
            sigma[band] -= model[band, i] * model[band, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            for band in range(bands):
                model[band, i] -= lower[k, i] * model[band, k]
        for band in range(bands):
            model[band, i] *= lower[i, i]
            sigma[band] -= _RIDGE[i] * count * model[band, i] * model[band, i]
    for i in range(size, TERMS):
        for band in range(bands):
            model[band, i] = 0.0
    for band in range(bands):
        sigma[band] = max(np.sqrt(max(sigma[band], 0.0) / max(count - size, 1)), floor[band])


@njit(cache=True, nogil=True, fastmath=_SUMS)
def apart_from(design: Array, values: Array, model: Array, sigma: Array, out: Array) -> float:
    """Residuals in deviations into ``out``; their sum of squares."""
    total = 0.0
    for band in range(len(values)):
        told = 0.0
        for i in range(TERMS):
            told += design[i] * model[band, i]
        out[band] = (values[band] - told) / sigma[band]
        total += out[band] * out[band]
    return total


@njit(cache=True, nogil=True)
def noise_floors(days: Array, values: Array, scratch: Array, floor: Array) -> None:
    """Median change of each band between looks more than 30 days apart: noise is no less (Zhu et al. 2020, eq. 4)."""
    count = len(days)
    for band in range(values.shape[1]):
        n, j = 0, 0
        for i in range(count):
            while j < count and days[j] - days[i] <= 30.0:
                j += 1
            if j == count:
                break
            scratch[n] = abs(values[j, band] - values[i, band])
            n += 1
        if n == 0:
            for i in range(count - 1):
                scratch[i] = abs(values[i + 1, band] - values[i, band])
            n = count - 1
        floor[band] = max(np.median(scratch[:n]) if n > 0 else 0.0, 1e-9)


@njit(cache=True, nogil=True)
def screen_outliers(
    design: Array, values: Array, floor: Array, limit: float, kept: Array, gram: Array, lower: Array, terms: Array,
    right: Array, scores: Array,
) -> None:  # fmt: skip
    """Drop observations of a window that stand apart from a robust season: cloud and shadow that no mask found.

    Huber's weights, four terms (as Zhu and Woodcock's Tmask 2014, which takes two bands; all bands here).
    """
    count = len(values)
    scores[:count] = 0.0
    for band in range(values.shape[1]):
        terms[:] = 0.0
        for turn in range(5):
            gram[:4, :4], right[:], weights = 0.0, 0.0, 0.0
            for n in range(count):
                if not kept[n]:
                    continue
                left = values[n, band]
                for i in range(4):
                    left -= design[n, i] * terms[i]
                far = abs(left) / (_HUBER * floor[band])
                weight = 1.0 if turn == 0 or far <= 1.0 else 1.0 / far
                weights += weight
                for i in range(4):
                    right[i] += weight * design[n, i] * values[n, band]
                    for j in range(i + 1):
                        gram[i, j] += weight * design[n, i] * design[n, j]
            _factor(gram, 4, weights, lower)
            before = terms[0]
            _back(lower, right, 4, terms)
            if abs(terms[0] - before) < 0.02 * floor[band]:
                break
        for n in range(count):
            left = values[n, band]
            for i in range(4):
                left -= design[n, i] * terms[i]
            scores[n] += (left / floor[band]) ** 2
    for n in range(count):
        if scores[n] > limit:
            kept[n] = False


@njit(cache=True, nogil=True)
def seasonal_sigmas(
    design: Array, values: Array, kept: Array, season: Array, first: int, last: int, count: int, model: Array,
    yearly: Array, sigma: Array,
) -> None:  # fmt: skip
    """Deviation of each season and band, never below that of the whole year, drawn to it where looks are few."""
    bands = values.shape[1]
    for s in range(SEASONS):
        for band in range(bands):
            sigma[s, band] = yearly[band]
    if count < WHOLE_MODEL_LOOKS:
        return
    looks, out, ones = np.zeros(SEASONS), np.zeros(bands), np.ones(bands)
    for s in range(SEASONS):
        for band in range(bands):
            sigma[s, band] = 0.0
    for n in range(first, last + 1):
        if kept[n]:
            apart_from(design[n], values[n], model, ones, out)
            looks[season[n]] += 1.0
            for band in range(bands):
                sigma[season[n], band] += out[band] * out[band]
    free = count / (count - TERMS) if count > TERMS else 1.0
    for s in range(SEASONS):
        for band in range(bands):
            own = (free * sigma[s, band] + _OWN_WEIGHT * yearly[band] ** 2) / (looks[s] + _OWN_WEIGHT)
            sigma[s, band] = max(np.sqrt(own), yearly[band])


@njit(cache=True, nogil=True)
def is_unstable(design: Array, values: Array, first: int, last: int, model: Array, sigma: Array, limit: float) -> bool:
    """Does a young model drift, or miss its own first or last look (Zhu and Woodcock 2014, eq. 3)?"""
    total, span = 0.0, design[last, 1] - design[first, 1]
    for band in range(len(model)):
        begin, end = values[first, band], values[last, band]
        for i in range(TERMS):
            begin -= design[first, i] * model[band, i]
            end -= design[last, i] * model[band, i]
        total += ((abs(model[band, 1]) * span + max(abs(begin), abs(end))) / (3.0 * sigma[band])) ** 2
    return total > limit
