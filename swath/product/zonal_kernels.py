"""Hot loops of field statistics: sums and values of the pixels of many polygons, block by block. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["add_block", "gather_block", "quantiles_of"]

Array = npt.NDArray[Any]

_SUMS = {"reassoc", "nsz", "contract"}
"""Sums may be taken in any order (so that they run in vectors); infinities and NaN keep their meaning."""


@njit(cache=True, nogil=True)
def _first_at(rows: Array, begin: int, end: int, row: int) -> int:
    """First of the sorted entries ``begin`` to ``end`` whose row is at least ``row``."""
    while begin < end:
        middle = (begin + end) // 2
        if rows[middle, 0] < row:
            begin = middle + 1
        else:
            end = middle
    return begin


@njit(cache=True, nogil=True, fastmath=_SUMS)
def _add_run(values: Array, seen: Array, shift: float) -> Any:
    """Number, sum and sum of squares (from ``shift``), least and most of the seen values of a run."""
    count, total, squares, low, high = 0, 0.0, 0.0, np.inf, -np.inf
    for k in range(len(values)):
        value = float(values[k])
        known = seen[k] and value - value == 0.0
        apart = value - shift if known else 0.0
        count += known
        total += apart
        squares += apart * apart
        low = min(low, value if known else np.inf)
        high = max(high, value if known else -np.inf)
    return count, total, squares, low, high


@njit(cache=True, nogil=True)
def _merge(sums: Array, weight: float, total: float, squares: float, shift: float, low: float, high: float) -> None:
    """Add a part to (weight, mean, squared deviations, least, most): Chan, Golub and LeVeque 1983, Am. Stat. 37."""
    if weight <= 0.0:
        return
    mean, deviations = shift + total / weight, max(squares - total * total / weight, 0.0)
    both = sums[0] + weight
    apart = mean - sums[1]
    sums[2] += deviations + (apart * apart * sums[0] * weight / both if sums[0] > 0.0 else 0.0)
    sums[1] += apart * weight / both
    sums[0] = both
    sums[3], sums[4] = min(sums[3], low), max(sums[4], high)


@njit(cache=True, nogil=True)
def _first_known(values: Array, seen: Array) -> int:
    """First seen and finite value of a run; -1 where there is none."""
    for k in range(len(values)):
        if seen[k] and values[k] - values[k] == 0:
            return k
    return -1


@njit(cache=True, nogil=True)
def _add_edges(values: Array, seen: Array, left: int, edges: Array, shares: Array, top: int) -> Any:
    """Sums of pixels partly inside, as :func:`_add_run` gives them, the shift last (NaN where nothing is seen)."""
    shift, weight, total, squares, low, high = np.nan, 0.0, 0.0, 0.0, np.inf, -np.inf
    for k in range(len(edges)):
        row, column = edges[k, 0] - top, edges[k, 1] - left
        if 0 <= column < values.shape[1] and seen[row, column]:
            value = float(values[row, column])
            if value - value == 0.0:
                if shift != shift:
                    shift = value
                w, apart = shares[k], value - shift
                weight += w
                total += w * apart
                squares += w * apart * apart
                low, high = min(low, value), max(high, value)
    return weight, total, squares, low, high, shift


@njit(cache=True, nogil=True)
def add_block(
    values: Array, seen: Array, top: int, left: int, runs: Array, first_run: Array, edges: Array, shares: Array,
    first_edge: Array, sums: Array,
) -> None:  # fmt: skip
    """Add a block of one band to the sums ``(polygon, 5)`` of all polygons that reach into it.

    ``values`` and ``seen``: ``(row, column)`` with their corner at ``top``, ``left`` of the grid. Values that are not
    finite are not seen. Each polygon's part is summed about its own first value, so that nothing cancels.
    """
    rows, columns = values.shape
    for p in range(len(first_run) - 1):
        b = _first_at(edges, first_edge[p], first_edge[p + 1], top)
        c = _first_at(edges, b, first_edge[p + 1], top + rows)
        weight, total, squares, low, high, shift = _add_edges(values, seen, left, edges[b:c], shares[b:c], top)
        a = _first_at(runs, first_run[p], first_run[p + 1], top)
        while a < first_run[p + 1] and runs[a, 0] < top + rows:
            row, begin, end = runs[a, 0] - top, max(runs[a, 1] - left, 0), min(runs[a, 2] - left, columns)
            a += 1
            if end <= begin:
                continue
            line, mask = values[row, begin:end], seen[row, begin:end]
            if shift != shift:
                k = _first_known(line, mask)
                if k < 0:
                    continue
                shift = float(line[k])
            count, part, part2, least, most = _add_run(line, mask, shift)
            weight += count
            total += part
            squares += part2
            low, high = min(low, least), max(high, most)
        _merge(sums[p], weight, total, squares, shift, low, high)


@njit(cache=True, nogil=True)
def gather_block(
    values: Array, seen: Array, top: int, left: int, runs: Array, first_run: Array, edges: Array, shares: Array,
    first_edge: Array, start: Array, filled: Array, out: Array, weights: Array,
) -> None:  # fmt: skip
    """Write the seen values of a block into each polygon's own stretch of ``out``, from ``start``; count ``filled``."""
    rows, columns = values.shape
    for p in range(len(first_run) - 1):
        n = start[p] + filled[p]
        b = _first_at(edges, first_edge[p], first_edge[p + 1], top)
        while b < first_edge[p + 1] and edges[b, 0] < top + rows:
            row, column = edges[b, 0] - top, edges[b, 1] - left
            if 0 <= column < columns and seen[row, column]:
                value = float(values[row, column])
                if value - value == 0.0:
                    out[n], weights[n] = value, shares[b]
                    n += 1
            b += 1
        a = _first_at(runs, first_run[p], first_run[p + 1], top)
        while a < first_run[p + 1] and runs[a, 0] < top + rows:
            row = runs[a, 0] - top
            for column in range(max(runs[a, 1] - left, 0), min(runs[a, 2] - left, columns)):
                value = float(values[row, column])
                if seen[row, column] and value - value == 0.0:
                    out[n], weights[n] = value, 1.0
                    n += 1
            a += 1
        filled[p] = n - start[p]


@njit(cache=True, nogil=True)
def quantiles_of(values: Array, weights: Array, start: Array, filled: Array, at: Array, out: Array) -> None:
    """Weighted quantiles of each polygon's values, ``out`` ``(polygon, quantile)``; 0 where it has none.

    The k-th of n sorted values stands at S_k = k w_k + (n - 1) (w_0 + ... + w_{k-1}), the quantile q at q (n - 1) W,
    linear between: with equal weights the usual definition (Hyndman and Fan's type 7), and what exactextract does.
    """
    for p in range(len(start)):
        n = filled[p]
        out[p] = 0.0
        if n == 0:
            continue
        part, share = values[start[p] : start[p] + n], weights[start[p] : start[p] + n]
        order = np.argsort(part)
        whole = share.sum()
        for q in range(len(at)):
            wanted, before, k, low, high = at[q] * (n - 1) * whole, 0.0, 0, 0.0, 0.0
            while k < n:
                high = k * share[order[k]] + (n - 1) * before
                if high > wanted:
                    break
                low = high
                before += share[order[k]]
                k += 1
            if k == 0 or k == n:
                out[p, q] = part[order[min(k, n - 1)]]
            else:
                a, b = part[order[k - 1]], part[order[k]]
                out[p, q] = a + (b - a) * (wanted - low) / (high - low)
