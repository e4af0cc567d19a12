"""Hot loops over windows of radar pictures. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["box_correlation", "box_looks", "ring_moments"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def box_correlation(one: Array, two: Array, reach: int) -> tuple[Array, Array]:
    """Correlation of two pictures within ``reach`` of each pixel, and the variance of the first; NaN where less than
    half of the window is finite.
    """
    rows, columns = one.shape
    out = np.full((rows, columns), np.nan)
    spread = np.full((rows, columns), np.nan)
    least = ((2 * reach + 1) ** 2) // 2
    for i in range(rows):
        for j in range(columns):
            n, sa, sb, saa, sbb, sab = 0, 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(max(i - reach, 0), min(i + reach + 1, rows)):
                for m in range(max(j - reach, 0), min(j + reach + 1, columns)):
                    a, b = one[k, m], two[k, m]
                    if np.isfinite(a) and np.isfinite(b):
                        n += 1
                        sa, sb, saa, sbb, sab = sa + a, sb + b, saa + a * a, sbb + b * b, sab + a * b
            if n > least:
                va, vb = saa - sa * sa / n, sbb - sb * sb / n
                if va > 1e-12 and vb > 1e-12:
                    out[i, j] = (sab - sa * sb / n) / np.sqrt(va * vb)
                    spread[i, j] = va / (n - 1)
    return out, spread


@njit(cache=True, nogil=True)
def box_looks(intensity: Array, reach: int) -> Array:
    """Mean squared over variance in windows beside each other; NaN where one has gaps."""
    size = 2 * reach + 1
    rows, columns = intensity.shape[0] // size, intensity.shape[1] // size
    out = np.full((rows, columns), np.nan)
    for i in range(rows):
        for j in range(columns):
            total = squares = 0.0
            for k in range(i * size, (i + 1) * size):
                for m in range(j * size, (j + 1) * size):
                    total += intensity[k, m]
                    squares += intensity[k, m] ** 2
            n = size * size
            variance = (squares - total * total / n) / (n - 1)
            if variance > 0.0 and np.isfinite(total):
                out[i, j] = (total / n) ** 2 / variance
    return out


@njit(cache=True, nogil=True)
def ring_moments(intensity: Array, water: Array, guard: int, reach: int) -> tuple[Array, Array, Array]:
    """Mean, second moment and number of water pixels between ``guard`` and ``reach`` around each water pixel."""
    rows, columns = intensity.shape
    first, second = np.zeros((rows + 1, columns + 1)), np.zeros((rows + 1, columns + 1))
    known = np.zeros((rows + 1, columns + 1))
    for i in range(rows):
        a = b = c = 0.0
        for j in range(columns):
            if water[i, j]:
                a += intensity[i, j]
                b += intensity[i, j] ** 2
                c += 1.0
            first[i + 1, j + 1] = first[i, j + 1] + a
            second[i + 1, j + 1] = second[i, j + 1] + b
            known[i + 1, j + 1] = known[i, j + 1] + c
    mean, square, count = np.zeros((rows, columns)), np.zeros((rows, columns)), np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            sums = np.zeros(3)
            for sign, wide in ((1.0, reach), (-1.0, guard)):
                a, b = max(i - wide, 0), min(i + wide + 1, rows)
                c, d = max(j - wide, 0), min(j + wide + 1, columns)
                for n, field in enumerate((first, second, known)):
                    sums[n] += sign * (field[b, d] - field[a, d] - field[b, c] + field[a, c])
            if sums[2] > 0.5:
                mean[i, j], square[i, j], count[i, j] = sums[0] / sums[2], sums[1] / sums[2], sums[2]
    return mean, square, count
