"""Hot loops of composites: sorting networks over runs of pixels, medoids, best dates. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["best_rows", "median_rows", "medoid_rows", "take_rows"]

Array = npt.NDArray[Any]
_RUN = 256


@njit(cache=True, nogil=True)
def _order(low: Array, high: Array) -> None:
    for k in range(len(low)):
        a, b = low[k], high[k]
        low[k], high[k] = (a, b) if a < b else (b, a)


@njit(cache=True, nogil=True)
def _fill(values: Array, seen: Array, beyond: Any, buffer: Array, count: Array) -> None:
    for k in range(len(buffer)):
        known = seen[k]
        buffer[k] = values[k] if known else beyond
        count[k] += known


@njit(cache=True, nogil=True)
def median_rows(
    stack: Array, seen: Array, pairs: Array, beyond: Any, half: Any, whole: bool, nodata: Any, out: Array, count: Array
) -> None:
    """Median over dates of the seen values, ``(date, row, column)`` to ``(row, column)``; ``count`` how many were seen.

    ``pairs``: a sorting network for so many dates. 256 pixels are sorted together, without a branch, unseen ones as
    ``beyond`` all values. Two in the middle: their mean (``half`` is 0.5 in the type to reckon in), rounded where
    ``whole``.
    """
    dates, rows, columns = stack.shape
    buffer, counts = np.empty((dates, _RUN), stack.dtype), np.empty(_RUN, np.int32)
    for i in range(rows):
        for j in range(0, columns, _RUN):
            n = min(_RUN, columns - j)
            counts[:] = 0
            for d in range(dates):
                _fill(stack[d, i, j : j + n], seen[d, i, j : j + n], beyond, buffer[d, :n], counts[:n])
            for p in range(len(pairs)):
                _order(buffer[pairs[p, 0], :n], buffer[pairs[p, 1], :n])
            for k in range(n):
                c = counts[k]
                count[i, j + k] = c
                if c == 0:
                    out[i, j + k] = nodata
                    continue
                a, b = buffer[(c - 1) // 2, k], buffer[c // 2, k]
                middle = (half * 0 + a + b) * half
                out[i, j + k] = np.floor(middle + half) if whole else middle


@njit(cache=True, nogil=True)
def medoid_rows(stack: Array, seen: Array, chosen: Array) -> None:
    """Which date's values lie nearest to those of all other seen dates, all bands together? -1 where none is seen.

    ``stack`` ``(date, band, row, column)``, ``seen`` ``(date, row, column)``, ``chosen`` ``(row, column)``.
    """
    dates, bands, rows, columns = stack.shape
    total = np.empty(dates)
    for i in range(rows):
        for j in range(columns):
            total[:] = 0.0
            for a in range(dates):
                if not seen[a, i, j]:
                    continue
                for b in range(a + 1, dates):
                    if seen[b, i, j]:
                        square = 0.0
                        for band in range(bands):
                            apart = float(stack[a, band, i, j]) - float(stack[b, band, i, j])
                            square += apart * apart
                        distance = np.sqrt(square)
                        total[a] += distance
                        total[b] += distance
            best, least = -1, np.inf
            for a in range(dates):
                if seen[a, i, j] and total[a] < least:
                    best, least = a, total[a]
            chosen[i, j] = best


@njit(cache=True, nogil=True)
def best_rows(scores: Array, seen: Array, chosen: Array) -> None:
    """Which seen date has the highest score (the first of equals)? -1 where none is seen."""
    dates, rows, columns = scores.shape
    for i in range(rows):
        for j in range(columns):
            best, most = -1, -np.inf
            for d in range(dates):
                if seen[d, i, j] and (best < 0 or scores[d, i, j] > most):
                    best, most = d, scores[d, i, j]
            chosen[i, j] = best


@njit(cache=True, nogil=True)
def take_rows(stack: Array, chosen: Array, nodata: Any, out: Array) -> None:
    """Values of the chosen date of each pixel, ``(band, row, column)``."""
    for band in range(stack.shape[1]):
        for i in range(chosen.shape[0]):
            for j in range(chosen.shape[1]):
                out[band, i, j] = stack[chosen[i, j], band, i, j] if chosen[i, j] >= 0 else nodata
