"""Hot loops of radar scenes: speckle filter and decibels. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["LEE_MARGIN", "intensity_db", "refined_lee"]

Array = npt.NDArray[Any]

LEE_MARGIN = 3
"""pixels round a part that its filter looks at"""


@njit(cache=True, nogil=True)
def _direction(power: Array, i: int, j: int) -> int:
    """Which of eight half windows lies on this pixel's side of the edge? By the means of 3 x 3 blocks (Lee 1981)."""
    rows, columns = power.shape
    mean = np.zeros((3, 3))
    for a in range(3):
        for b in range(3):
            total, known = 0.0, 0
            for p in range(-1, 2):
                for q in range(-1, 2):
                    r, c = i + 2 * (a - 1) + p, j + 2 * (b - 1) + q
                    if 0 <= r < rows and 0 <= c < columns and power[r, c] >= 0.0:
                        total += power[r, c]
                        known += 1
            mean[a, b] = total / known if known else -1.0
    middle = mean[1, 1]
    for a in range(3):
        for b in range(3):
            if mean[a, b] < 0.0:
                mean[a, b] = middle
    across = abs(mean[0, 0] + mean[1, 0] + mean[2, 0] - mean[0, 2] - mean[1, 2] - mean[2, 2])
    falling = abs(mean[0, 1] + mean[0, 2] + mean[1, 2] - mean[1, 0] - mean[2, 0] - mean[2, 1])
    down = abs(mean[0, 0] + mean[0, 1] + mean[0, 2] - mean[2, 0] - mean[2, 1] - mean[2, 2])
    rising = abs(mean[0, 0] + mean[0, 1] + mean[1, 0] - mean[1, 2] - mean[2, 1] - mean[2, 2])
    best = max(across, falling, down, rising)
    if best == across:
        return 0 if abs(mean[1, 0] - middle) < abs(mean[1, 2] - middle) else 1
    if best == down:
        return 2 if abs(mean[0, 1] - middle) < abs(mean[2, 1] - middle) else 3
    if best == falling:
        return 4 if abs(mean[0, 2] - middle) < abs(mean[2, 0] - middle) else 5
    return 6 if abs(mean[0, 0] - middle) < abs(mean[2, 2] - middle) else 7


@njit(cache=True, nogil=True, inline="always")
def _in_half(direction: int, p: int, q: int) -> bool:
    """Does the offset (p down, q right) belong to the half window of a direction?"""
    if direction == 0:
        return q <= 0
    if direction == 1:
        return q >= 0
    if direction == 2:
        return p <= 0
    if direction == 3:
        return p >= 0
    if direction == 4:
        return q - p >= 0
    if direction == 5:
        return q - p <= 0
    if direction == 6:
        return q + p <= 0
    return q + p >= 0


@njit(cache=True, nogil=True)
def refined_lee(power: Array, looks: float, out: Array) -> None:
    """Speckle taken out of intensity by the refined Lee filter in 7 x 7 windows; negative values are no data.

    Mean and variance come from the half of the window on the pixel's own side of the strongest edge; the pixel is drawn
    towards that mean the more, the more of the variance ``looks`` of speckle explain.
    """
    rows, columns = power.shape
    noise = 1.0 / looks
    for i in range(rows):
        for j in range(columns):
            if power[i, j] < 0.0:
                out[i, j] = power[i, j]
                continue
            direction = _direction(power, i, j)
            total = square = 0.0
            known = 0
            for p in range(-LEE_MARGIN, LEE_MARGIN + 1):
                for q in range(-LEE_MARGIN, LEE_MARGIN + 1):
                    r, c = i + p, j + q
                    if 0 <= r < rows and 0 <= c < columns and _in_half(direction, p, q) and power[r, c] >= 0.0:
                        total += power[r, c]
                        square += float(power[r, c]) * power[r, c]
                        known += 1
            mean = total / known
            variance = max(square / known - mean * mean, 0.0)
            signal = max((variance - mean * mean * noise) / (1.0 + noise), 0.0)
            share = signal / variance if variance > 0.0 else 0.0
            out[i, j] = mean + share * (power[i, j] - mean)


@njit(cache=True, nogil=True)
def intensity_db(power: Array, floor: float, step: float, nodata: int, out: Array) -> None:
    """Intensity as decibels in whole steps; below ``floor`` that value, ``nodata`` for negative intensity."""
    for i in range(power.shape[0]):
        for j in range(power.shape[1]):
            value = power[i, j]
            out[i, j] = nodata if value < 0.0 else round(10.0 * np.log10(max(value, floor)) / step)
