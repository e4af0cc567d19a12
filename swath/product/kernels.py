"""Hot loops of field statistics: exact shares of pixels inside polygons, weighted means. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["accumulate_coverage", "weighted_statistics"]

Floats = npt.NDArray[np.float64]


@njit(cache=True)
def _add_edge(cover: Floats, x0: float, y0: float, x1: float, y1: float) -> None:
    """Signed area between an edge and the right border of the window, as differences along each row."""
    if y0 == y1:
        return
    sign = 1.0
    if y0 > y1:
        sign, x0, y0, x1, y1 = -1.0, x1, y1, x0, y0
    slope = (x1 - x0) / (y1 - y0)
    for row in range(int(y0), min(int(np.ceil(y1)), len(cover))):
        top, bottom = max(y0, float(row)), min(y1, row + 1.0)
        if bottom <= top:
            continue
        left, right = x0 + (top - y0) * slope, x0 + (bottom - y0) * slope
        if left > right:
            left, right = right, left
        height = sign * (bottom - top)
        passed, covered = 0.0, 0.0
        for column in range(int(left), int(right) + 1):
            a, b = max(left, float(column)), min(right, column + 1.0)
            share = (b - a) / (right - left) if right > left else 1.0
            right_of_edge = passed + share * (1.0 - (0.5 * (a + b) - column))
            cover[row, column] += height * (right_of_edge - covered)
            passed, covered = passed + share, right_of_edge
        cover[row, int(right) + 1] += height * (1.0 - covered)


@njit(cache=True)
def accumulate_coverage(x: Floats, y: Floats, starts: npt.NDArray[np.int64], rows: int, columns: int) -> Floats:
    """Exact share of each pixel inside closed rings, ``(rows, columns)``.

    ``x``, ``y``: vertices in pixels from the window's upper left corner, ring after ring, first vertex not repeated;
    ``starts``: first vertex of each ring and the total; outer rings and holes run opposite ways. All vertices lie in
    the window. The signed area right of each edge is summed along rows, so the cost is edges + pixels.
    """
    cover = np.zeros((rows, columns + 2))
    for ring in range(len(starts) - 1):
        begin, end = starts[ring], starts[ring + 1]
        for i in range(begin, end):
            j = i + 1 if i + 1 < end else begin
            _add_edge(cover, x[i], y[i], x[j], y[j])
    result = np.empty((rows, columns))
    for row in range(rows):
        total = 0.0
        for column in range(columns):
            total += cover[row, column]
            result[row, column] = min(max(abs(total), 0.0), 1.0)
    return result


@njit(cache=True)
def weighted_statistics(
    values: npt.NDArray[Any], seen: npt.NDArray[np.bool_], weights: Floats, top: int, left: int
) -> tuple[float, float, float]:
    """Weight, mean and standard deviation of the seen values under a window of weights (0, 0, 0 where none is seen)."""
    weight, total = 0.0, 0.0
    rows, columns = weights.shape
    for row in range(rows):
        for column in range(columns):
            w = weights[row, column]
            if w > 0.0 and seen[top + row, left + column]:
                weight += w
                total += w * values[top + row, left + column]
    if weight <= 0.0:
        return 0.0, 0.0, 0.0
    mean, squares = total / weight, 0.0
    for row in range(rows):
        for column in range(columns):
            w = weights[row, column]
            if w > 0.0 and seen[top + row, left + column]:
                squares += w * (values[top + row, left + column] - mean) ** 2
    return weight, mean, np.sqrt(squares / weight)
