"""Hot loops of water evidence from short-wave infrared and from radar. Plain arrays in and out; log-odds are float32.

NaN in a log-odds array means that nothing is known there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "mean_field",
    "percent_of_logits",
    "radar_terrain",
    "reach_of_seeds",
    "short_wave_index",
    "smooth_known",
    "tile_histograms",
    "vegetation_index",
    "wet_logits",
]

Array = npt.NDArray[Any]
_LIMIT = 6.0
_UNSEEN = 255


@njit(cache=True)
def short_wave_index(green: Array, swir: Array, seen: Array) -> Array:
    """(green - swir) / (green + swir) of seen pixels, float32; NaN elsewhere."""
    rows, columns = green.shape
    index = np.empty((rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            a, b = np.float32(green[i, j]), np.float32(swir[i, j])
            index[i, j] = (a - b) / (a + b) if seen[i, j] and a > 0.0 and b > 0.0 else np.nan
    return index


@njit(cache=True)
def vegetation_index(red: Array, nir: Array, seen: Array) -> Array:
    """(nir - red) / (nir + red) of seen pixels, float32; NaN elsewhere."""
    return -short_wave_index(red, nir, seen)


@njit(cache=True)
def tile_histograms(values: Array, corners: Array, size: int, low: float, high: float, bins: int) -> Array:
    """Histograms ``(n, bins)`` of finite values between low and high, in square tiles; beyond falls in the end bins."""
    rows, columns = values.shape
    counts = np.zeros((len(corners), bins), np.int64)
    scale = bins / (high - low)
    for tile in range(len(corners)):
        top, left = corners[tile, 0], corners[tile, 1]
        for i in range(top, min(top + size, rows)):
            for j in range(left, min(left + size, columns)):
                if np.isfinite(values[i, j]):
                    place = int((values[i, j] - low) * scale)
                    counts[tile, min(max(place, 0), bins - 1)] += 1
    return counts


@njit(cache=True)
def wet_logits(
    index: Array, ndvi: Array, green: Array, at: float, slope: float, ndvi_at: float, ndvi_slope: float,
    bright_at: float, bright_slope: float,
) -> Array:  # fmt: skip
    """Log-odds that a pixel is water: dark in the short-wave infrared AND not green AND not as bright as snow."""
    rows, columns = index.shape
    logits = np.empty((rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            if not (np.isfinite(index[i, j]) and np.isfinite(ndvi[i, j])):
                logits[i, j] = np.nan
                continue
            least = min(slope * (index[i, j] - at), ndvi_slope * (ndvi_at - ndvi[i, j]))
            least = min(least, bright_slope * (bright_at - np.float32(green[i, j])))
            logits[i, j] = min(max(least, -_LIMIT), _LIMIT)
    return logits


@njit(cache=True)
def smooth_known(values: Array, sigma_px: float, ceiling: float) -> Array:
    """Normal-weighted mean of the finite values around each finite one, none counted as more than ``ceiling``."""
    rows, columns = values.shape
    reach = max(int(np.ceil(3.0 * sigma_px)), 1)
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma_px, 1e-3)) ** 2).astype(np.float32)
    wide = np.zeros((rows, columns), np.float32)
    known = np.zeros((rows, columns), np.float32)
    for i in range(rows):
        for j in range(columns):
            total, count = np.float32(0.0), np.float32(0.0)
            for k in range(max(j - reach, 0), min(j + reach + 1, columns)):
                if np.isfinite(values[i, k]):
                    total += weight[k - j + reach] * min(values[i, k], ceiling)
                    count += weight[k - j + reach]
            wide[i, j], known[i, j] = total, count
    result = np.full((rows, columns), np.nan, np.float32)
    total_row, count_row = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    for i in range(rows):
        total_row[:], count_row[:] = 0.0, 0.0
        for k in range(max(i - reach, 0), min(i + reach + 1, rows)):
            w = weight[k - i + reach]
            for j in range(columns):
                total_row[j] += w * wide[k, j]
                count_row[j] += w * known[k, j]
        for j in range(columns):
            if np.isfinite(values[i, j]) and count_row[j] > 0.0:
                result[i, j] = total_row[j] / count_row[j]
    return result


@njit(cache=True)
def mean_field(logits: Array, coupling: float, rounds: int) -> Array:
    """Log-odds with the neighbours' say: an Ising prior by mean field (Zhang 1992, IEEE Trans. Sign. Proc. 40).

    Each of the eight neighbours adds ``coupling`` times tanh of half its log-odds (its belief, -1 to 1).
    """
    rows, columns = logits.shape
    now = logits.copy()
    belief = np.zeros((rows, columns), np.float32)
    for _ in range(rounds):
        for i in range(rows):
            for j in range(columns):
                belief[i, j] = np.tanh(0.5 * now[i, j]) if np.isfinite(now[i, j]) else 0.0
        for i in range(rows):
            for j in range(columns):
                if not np.isfinite(logits[i, j]):
                    continue
                total = np.float32(0.0)
                for a in range(max(i - 1, 0), min(i + 2, rows)):
                    for b in range(max(j - 1, 0), min(j + 2, columns)):
                        total += belief[a, b]
                now[i, j] = logits[i, j] + coupling * (total - belief[i, j])
    return now


@njit(cache=True)
def percent_of_logits(logits: Array) -> Array:
    """Likelihood in percent, ``uint8``; 255 where nothing is known."""
    rows, columns = logits.shape
    percent = np.empty((rows, columns), np.uint8)
    for i in range(rows):
        for j in range(columns):
            value = logits[i, j]
            percent[i, j] = np.uint8(100.0 / (1.0 + np.exp(-value)) + 0.5) if np.isfinite(value) else _UNSEEN
    return percent


@njit(cache=True)
def reach_of_seeds(logits: Array, seed: float, least: float, reach: int) -> Array:
    """Which pixels of at least ``least`` hang together with one of at least ``seed``, no more than ``reach`` away?

    Region growing by breadth: steps to the four neighbours, over such pixels alone.
    """
    rows, columns = logits.shape
    steps = np.full((rows, columns), -1, np.int32)
    queue = np.empty((rows * columns, 2), np.int32)
    first, last = 0, 0
    for i in range(rows):
        for j in range(columns):
            if logits[i, j] >= seed:
                steps[i, j] = 0
                queue[last, 0], queue[last, 1] = i, j
                last += 1
    while first < last:
        i, j = queue[first, 0], queue[first, 1]
        first += 1
        if steps[i, j] >= reach:
            continue
        for side in range(4):
            a, b = i + (side == 1) - (side == 0), j + (side == 3) - (side == 2)
            if 0 <= a < rows and 0 <= b < columns and steps[a, b] < 0 and logits[a, b] >= least:
                steps[a, b] = steps[i, j] + 1
                queue[last, 0], queue[last, 1] = a, b
                last += 1
    return steps >= 0


@njit(cache=True)
def radar_terrain(
    height: Array, pixel_m: float, tan_incidence: float, down: float, right: float, shadow: int, layover: int,
    codes: Array,
) -> None:  # fmt: skip
    """Into ``codes`` of 0: ground that a radar looking along (down, right) does not see, in cast shadow or layover."""
    rows, columns = height.shape
    highest = np.float32(-1e9)
    for i in range(rows):
        for j in range(columns):
            if np.isfinite(height[i, j]):
                highest = max(highest, height[i, j])
    most = int(10_000.0 / pixel_m)
    for i in range(rows):
        for j in range(columns):
            here = height[i, j]
            if not np.isfinite(here):
                continue
            for step in range(1, most + 1):
                ray = here + step * pixel_m / tan_incidence  # the ray from the radar rises backwards by the cotangent
                if ray > highest:
                    break
                a, b = int(np.rint(i - step * down)), int(np.rint(j - step * right))
                if a < 0 or a >= rows or b < 0 or b >= columns:
                    break
                if np.isfinite(height[a, b]) and height[a, b] > ray:
                    codes[i, j] = shadow
                    break
            a, b = int(np.rint(i + down)), int(np.rint(j + right))
            inside = codes[i, j] == 0 and 0 <= a < rows and 0 <= b < columns
            if inside and height[a, b] - here > tan_incidence * pixel_m:
                codes[i, j] = layover
