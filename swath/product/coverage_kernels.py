"""Hot loops of exact coverage: which pixels polygons hold and how much of each, as runs. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["add_edge", "core_runs", "cover_rings", "mark_blocks", "paint"]

Array = npt.NDArray[Any]

_WHOLE = 1e-10
"""Shares nearer to 0 or 1 than this are rounding of coordinates (2e-12 pixel at 10,000 pixels from the corner)."""
_CELLS_AT_ONCE = 2**22
"""of a large polygon, whose window is swept in bands of rows"""


@njit(cache=True, nogil=True)
def _add_slope(cover: Array, first: int, last: int, x0: float, y0: float, x1: float, y1: float, sign: float) -> None:
    """Signed area between an edge (y0 < y1, x inside the window) and the right border, as differences along rows."""
    slope = (x1 - x0) / (y1 - y0)
    for row in range(max(int(np.floor(y0)), first), min(int(np.ceil(y1)), last)):
        top, bottom = max(y0, float(row)), min(y1, row + 1.0)
        if bottom <= top:
            continue
        left, right = x0 + (top - y0) * slope, x0 + (bottom - y0) * slope
        if left > right:
            left, right = right, left
        low, high = min(x0, x1), max(x0, x1)
        left, right = min(max(left, low), high), min(max(right, low), high)
        height, line = sign * (bottom - top), cover[row - first]
        passed, covered = 0.0, 0.0
        for column in range(int(left), int(right) + 1):
            a, b = max(left, float(column)), min(right, column + 1.0)
            share = (b - a) / (right - left) if right > left else 1.0
            right_of_edge = passed + share * (1.0 - (0.5 * (a + b) - column))
            line[column] += height * (right_of_edge - covered)
            passed, covered = passed + share, right_of_edge
        line[int(right) + 1] += height * (1.0 - covered)


@njit(cache=True, nogil=True)
def add_edge(cover: Array, first: int, last: int, wide: float, x0: float, y0: float, x1: float, y1: float) -> None:
    """Add an edge to the differences ``cover`` of rows ``first`` to ``last``, ``wide`` + 2 columns.

    Where it leaves the window sideways it is cut: left of it all columns lie to its right, right of it none.
    """
    if y0 == y1:
        return
    sign = 1.0
    if y0 > y1:
        sign, x0, y0, x1, y1 = -1.0, x1, y1, x0, y0
    if y1 <= first or y0 >= last:
        return
    if min(x0, x1) >= 0.0 and max(x0, x1) <= wide:
        _add_slope(cover, first, last, x0, y0, x1, y1, sign)
        return
    cuts = np.array([y0, y1, y1, y1])
    n = 1
    if x0 != x1:
        lower, upper = (0.0, wide) if x0 < x1 else (wide, 0.0)
        for border in (lower, upper):
            if min(x0, x1) < border < max(x0, x1):
                cuts[n] = min(max(y0 + (border - x0) * (y1 - y0) / (x1 - x0), cuts[n - 1]), y1)
                n += 1
    for k in range(n):
        a, b = cuts[k], cuts[k + 1]
        if b > a:
            xa = min(max(x0 + (a - y0) * (x1 - x0) / (y1 - y0), 0.0), wide)
            xb = min(max(x0 + (b - y0) * (x1 - x0) / (y1 - y0), 0.0), wide)
            _add_slope(cover, first, last, xa, a, xb, b, sign)


@njit(cache=True, nogil=True)
def _turn(x: Array, y: Array, begin: int, end: int) -> float:
    """1 where the ring's left side runs down the picture, -1 where it runs up, 0 without area."""
    area = 0.0
    for i in range(begin + 1, end - 1):
        area += (x[i] - x[begin]) * (y[i + 1] - y[begin]) - (x[i + 1] - x[begin]) * (y[i] - y[begin])
    return -1.0 if area > 0.0 else 1.0 if area < 0.0 else 0.0


@njit(cache=True, nogil=True)
def _grown(array: Array, need: int) -> Array:
    if need <= len(array):
        return array
    larger = np.empty((max(need, 2 * len(array)), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger


@njit(cache=True, nogil=True)
def _encode(line: Array, row: int, left: int, runs: Array, n_runs: int, edges: Array, shares: Array, n: int) -> Any:
    """One row of differences as runs of whole pixels and single pixels with their shares; returns the new counts."""
    total, begin, wide = 0.0, -1, len(line) - 2
    for column in range(wide):
        total += line[column]
        if total > 1.0 - _WHOLE:
            if begin < 0:
                begin = column
            continue
        if begin >= 0:
            runs[n_runs, 0], runs[n_runs, 1], runs[n_runs, 2] = row, left + begin, left + column
            n_runs, begin = n_runs + 1, -1
        if total > _WHOLE:
            edges[n, 0], edges[n, 1], shares[n] = row, left + column, total
            n += 1
    if begin >= 0:
        runs[n_runs, 0], runs[n_runs, 1], runs[n_runs, 2] = row, left + begin, left + wide
        n_runs += 1
    return n_runs, n


@njit(cache=True, nogil=True)
def _window(x: Array, y: Array, width: int, height: int) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of the pixels that vertices may touch."""
    left, top = max(int(np.floor(x.min())), 0), max(int(np.floor(y.min())), 0)
    right, bottom = min(int(np.ceil(x.max())), width), min(int(np.ceil(y.max())), height)
    return top, left, max(bottom, top), max(right, left)


@njit(cache=True, nogil=True)
def cover_rings(x: Array, y: Array, rings: Array, hole: Array, polygons: Array, width: int, height: int) -> Any:
    """Exact shares of the pixels of a grid inside polygons.

    ``x``, ``y``: open rings in pixels from the grid's upper left corner, ring after ring; ``rings``: first vertex of
    each ring and the total; ``hole``: which rings are holes; ``polygons``: first ring of each polygon and the total.
    Returns runs ``(n, 3)`` of whole pixels (row, first column, one past the last) and single pixels ``(m, 2)`` (row,
    column) with their shares, polygon after polygon, row after row, and the first of each polygon in both.
    The signed area right of each edge is summed along rows, so the cost is edges + pixels.
    """
    count = len(polygons) - 1
    first_run, first_edge = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    runs, edges, shares = np.empty((1024, 3), np.int32), np.empty((1024, 2), np.int32), np.empty(1024)
    scratch = np.empty(0)
    n_runs = n = 0
    for p in range(count):
        a, b = rings[polygons[p]], rings[polygons[p + 1]]
        if b > a:
            top, left, bottom, right = _window(x[a:b], y[a:b], width, height)
            wide = right - left
            band = max(_CELLS_AT_ONCE // (wide + 2), 1)
            for first in range(top, bottom if wide > 0 else top, band):
                last = min(first + band, bottom)
                if len(scratch) < (last - first) * (wide + 2):
                    scratch = np.empty((last - first) * (wide + 2))
                cover = scratch[: (last - first) * (wide + 2)].reshape(last - first, wide + 2)
                cover[:] = 0.0
                for ring in range(polygons[p], polygons[p + 1]):
                    begin, end = rings[ring], rings[ring + 1]
                    sign = _turn(x, y, begin, end) * (-1.0 if hole[ring] else 1.0)
                    for i in range(begin, end if sign != 0.0 else begin):
                        j = i + 1 if i + 1 < end else begin
                        if sign > 0.0:
                            add_edge(cover, first, last, wide, x[i] - left, y[i], x[j] - left, y[j])
                        else:
                            add_edge(cover, first, last, wide, x[j] - left, y[j], x[i] - left, y[i])
                for row in range(first, last):
                    runs, edges = _grown(runs, n_runs + wide // 2 + 1), _grown(edges, n + wide)
                    shares = _grown(shares, n + wide)
                    n_runs, n = _encode(cover[row - first], row, left, runs, n_runs, edges, shares, n)
        first_run[p + 1], first_edge[p + 1] = n_runs, n
    return runs[:n_runs].copy(), first_run, edges[:n].copy(), shares[:n].copy(), first_edge


@njit(cache=True, nogil=True)
def core_runs(runs: Array, first_run: Array) -> Any:
    """Runs of the pixels that are whole, as are their eight neighbours."""
    out, first_out = np.empty((max(len(runs), 1), 3), np.int32), np.zeros_like(first_run)
    n = 0
    for p in range(len(first_run) - 1):
        begin, end = first_run[p], first_run[p + 1]
        above, below = begin, begin
        for r in range(begin, end):
            row = runs[r, 0]
            while above < end and runs[above, 0] < row - 1:
                above += 1
            while below < end and runs[below, 0] < row + 1:
                below += 1
            i = above
            while i < end and runs[i, 0] == row - 1:
                j = below
                while j < end and runs[j, 0] == row + 1:
                    left = max(runs[r, 1], runs[i, 1], runs[j, 1]) + 1
                    right = min(runs[r, 2], runs[i, 2], runs[j, 2]) - 1
                    if right > left:
                        out = _grown(out, n + 1)
                        out[n, 0], out[n, 1], out[n, 2] = row, left, right
                        n += 1
                    j += 1
                i += 1
        first_out[p + 1] = n
    return out[:n].copy(), first_out


@njit(cache=True, nogil=True)
def paint(runs: Array, edges: Array, shares: Array, top: int, left: int, out: Array) -> None:
    """Shares of one polygon's pixels into an array whose corner is at ``top``, ``left``; what lies off it is left."""
    rows, columns = out.shape
    for r in range(len(runs)):
        row = runs[r, 0] - top
        if 0 <= row < rows:
            out[row, max(runs[r, 1] - left, 0) : max(min(runs[r, 2] - left, columns), 0)] = 1.0
    for e in range(len(edges)):
        row, column = edges[e, 0] - top, edges[e, 1] - left
        if 0 <= row < rows and 0 <= column < columns:
            out[row, column] = shares[e]


@njit(cache=True, nogil=True)
def mark_blocks(runs: Array, edges: Array, shape: Array, rows_px: int, columns_px: int, needed: Array) -> None:
    """Mark the blocks (``(block row, block column)``, boolean) that a run or an edge pixel lies in."""
    height, width = shape[0], shape[1]
    for k in range(len(edges)):
        row, column = edges[k, 0], edges[k, 1]
        if 0 <= row < height and 0 <= column < width:
            needed[row // rows_px, column // columns_px] = True
    for k in range(len(runs)):
        row, begin, end = runs[k, 0], max(runs[k, 1], 0), min(runs[k, 2], width)
        if 0 <= row < height and begin < end:
            for block in range(begin // columns_px, (end - 1) // columns_px + 1):
                needed[row // rows_px, block] = True
