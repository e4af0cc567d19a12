"""Hot loops of spots on ground. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["frame_contrast", "local_peaks"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def frame_contrast(image: Array, known: Array, side: int) -> Array:
    """Mean of a square about each pixel less that of a frame one third as wide around it; NaN where much is unseen."""
    rows, columns = image.shape
    total, count = np.zeros((rows + 1, columns + 1)), np.zeros((rows + 1, columns + 1), np.int64)
    for i in range(rows):
        a, b = 0.0, 0
        for j in range(columns):
            if known[i, j]:
                a += image[i, j]
                b += 1
            total[i + 1, j + 1] = total[i, j + 1] + a
            count[i + 1, j + 1] = count[i, j + 1] + b
    out = np.full((rows, columns), np.nan)
    half, gap = side // 2, 1
    wide = gap + max(side // 3, 1)
    for i in range(half + wide, rows - side + half - wide):
        for j in range(half + wide, columns - side + half - wide):
            sums, known_px = np.zeros(3), np.zeros(3)
            for n in range(3):
                grow = 0 if n == 0 else gap if n == 1 else wide
                a, b = i - half - grow, i - half + side + grow
                c, d = j - half - grow, j - half + side + grow
                sums[n] = total[b, d] - total[a, d] - total[b, c] + total[a, c]
                known_px[n] = count[b, d] - count[a, d] - count[b, c] + count[a, c]
            frame = known_px[2] - known_px[1]
            if known_px[0] >= 0.8 * side * side and frame >= 2 * side:
                out[i, j] = sums[0] / known_px[0] - (sums[2] - sums[1]) / frame
    return out


@njit(cache=True, nogil=True)
def local_peaks(score: Array, reach: int, least: float) -> Array:
    """Where is a score ``(row, column)`` above ``least`` and the highest within ``reach`` rows and columns?"""
    rows, columns = score.shape
    out = np.zeros((rows, columns), np.bool_)
    for i in range(rows):
        for j in range(columns):
            here = score[i, j]
            if here < least:
                continue
            top = True
            for a in range(max(i - reach, 0), min(i + reach + 1, rows)):
                for b in range(max(j - reach, 0), min(j + reach + 1, columns)):
                    earlier = a * columns + b < i * columns + j
                    if score[a, b] > here or (earlier and score[a, b] == here):
                        top = False
            out[i, j] = top
    return out
