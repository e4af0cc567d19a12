"""Hot loops of radar scenes on the map: speckle filter and resampling. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["LEE_MARGIN", "intensity_db", "refined_lee", "resample_block"]

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
def resample_block(power: Array, line: Array, pixel: Array, spacing: int, out: Array) -> None:
    """Intensity onto the map: bilinear between four samples; -1 where one that counts is no data (negative).

    ``line`` and ``pixel`` (in the frame of ``power``) stand at each ``spacing``-th pixel of ``out``, bilinear between.
    """
    last_line, last_pixel = power.shape[0] - 1, power.shape[1] - 1
    for row in range(out.shape[0]):
        i = row // spacing
        f = (row - i * spacing) / spacing
        for column in range(out.shape[1]):
            j = column // spacing
            g = (column - j * spacing) / spacing
            y = (line[i, j] * (1 - g) + line[i, j + 1] * g) * (1 - f)
            y += (line[i + 1, j] * (1 - g) + line[i + 1, j + 1] * g) * f
            x = (pixel[i, j] * (1 - g) + pixel[i, j + 1] * g) * (1 - f)
            x += (pixel[i + 1, j] * (1 - g) + pixel[i + 1, j + 1] * g) * f
            out[row, column] = -1.0
            if not (y >= 0.0 and x >= 0.0 and y <= last_line and x <= last_pixel):
                continue
            k, m = min(int(y), max(last_line - 1, 0)), min(int(x), max(last_pixel - 1, 0))
            t, u = y - k, x - m
            total = 0.0
            missing = False
            for a in range(2):
                for b in range(2):
                    weight = (t if a else 1.0 - t) * (u if b else 1.0 - u)
                    if weight > 1e-9:
                        value = power[k + a, m + b]
                        missing = missing or value < 0.0
                        total += weight * value
            if not missing:
                out[row, column] = total


@njit(cache=True, nogil=True)
def intensity_db(power: Array, floor: float, step: float, nodata: int, out: Array) -> None:
    """Intensity as decibels in whole steps; below ``floor`` that value, ``nodata`` for negative intensity."""
    for i in range(power.shape[0]):
        for j in range(power.shape[1]):
            value = power[i, j]
            out[i, j] = nodata if value < 0.0 else round(10.0 * np.log10(max(value, floor)) / step)
