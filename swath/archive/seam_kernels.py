"""Hot loops of seams: how far is each cell from the edge of what is known? Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from numba import njit

__all__ = ["edge_distance"]

Array = npt.NDArray[Any]
_SIDE, _CORNER = 1.0, 1.4142135


@njit(cache=True, nogil=True)
def edge_distance(known: Array, most: float, out: Array) -> None:
    """Distance in cells to the nearest unknown cell, ``most`` at most, 0 there; beyond the border nothing is asked.

    Two sweeps over eight neighbours (Borgefors 1986, Comput. Vision Graph. 34, 344-371): within 8 % of the true one.
    """
    rows, columns = known.shape
    for i in range(rows):
        for j in range(columns):
            best = most if known[i, j] else 0.0
            if i > 0:
                best = min(best, out[i - 1, j] + _SIDE)
                if j > 0:
                    best = min(best, out[i - 1, j - 1] + _CORNER)
                if j + 1 < columns:
                    best = min(best, out[i - 1, j + 1] + _CORNER)
            if j > 0:
                best = min(best, out[i, j - 1] + _SIDE)
            out[i, j] = best
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            best = out[i, j]
            if i + 1 < rows:
                best = min(best, out[i + 1, j] + _SIDE)
                if j > 0:
                    best = min(best, out[i + 1, j - 1] + _CORNER)
                if j + 1 < columns:
                    best = min(best, out[i + 1, j + 1] + _CORNER)
            if j + 1 < columns:
                best = min(best, out[i, j + 1] + _SIDE)
            out[i, j] = best
