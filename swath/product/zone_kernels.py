"""Hot loops of zones: smoothing inside a field, connected parts, small parts to their neighbours."""

from __future__ import annotations

from math import exp

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["label_parts", "merge_small", "smooth_inside"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@njit(cache=True)
def smooth_inside(values: Floats, inside: npt.NDArray[np.bool_], sigma_px: float) -> Floats:
    """Gaussian mean over the pixels inside only; ``sigma_px`` 0 leaves the values."""
    if sigma_px <= 0.0:
        return values.copy()
    reach = int(3.0 * sigma_px) + 1
    rows, columns = values.shape
    out = values.copy()
    for r in range(rows):
        for c in range(columns):
            if not inside[r, c]:
                continue
            total, weight = 0.0, 0.0
            for i in range(max(r - reach, 0), min(r + reach + 1, rows)):
                for j in range(max(c - reach, 0), min(c + reach + 1, columns)):
                    if inside[i, j]:
                        w = exp(-0.5 * ((i - r) ** 2 + (j - c) ** 2) / sigma_px**2)
                        total += w * values[i, j]
                        weight += w
            out[r, c] = total / weight
    return out


@njit(cache=True)
def label_parts(zone: Whole) -> tuple[Whole, int]:
    """Number of the connected part (over edges) of each pixel, 0 outside; and how many there are."""
    rows, columns = zone.shape
    part = np.zeros((rows, columns), np.int64)
    stack = np.empty((rows * columns, 2), np.int64)
    count = 0
    for r in range(rows):
        for c in range(columns):
            if zone[r, c] == 0 or part[r, c] != 0:
                continue
            count += 1
            part[r, c], stack[0, 0], stack[0, 1], size = count, r, c, 1
            while size > 0:
                size -= 1
                i, j = stack[size, 0], stack[size, 1]
                for k in range(4):
                    a, b = i + (k == 0) - (k == 1), j + (k == 2) - (k == 3)
                    if 0 <= a < rows and 0 <= b < columns and part[a, b] == 0 and zone[a, b] == zone[i, j]:
                        part[a, b] = count
                        stack[size, 0], stack[size, 1] = a, b
                        size += 1
    return part, count


@njit(cache=True)
def merge_small(zone: Whole, part: Whole, count: int, least_px: float) -> bool:
    """Give the smallest part, if under the least, to the zone it touches most, in place; whether there was one."""
    rows, columns = zone.shape
    sizes = np.zeros(count + 1, np.int64)
    touch = np.zeros((count + 1, 6), np.int64)
    for r in range(rows):
        for c in range(columns):
            p = part[r, c]
            if p == 0:
                continue
            sizes[p] += 1
            for k in range(4):
                a, b = r + (k == 0) - (k == 1), c + (k == 2) - (k == 3)
                if 0 <= a < rows and 0 <= b < columns and part[a, b] != 0 and part[a, b] != p:
                    touch[p, zone[a, b]] += 1
    smallest = 0
    for p in range(1, count + 1):
        if sizes[p] < least_px and touch[p].max() > 0 and (smallest == 0 or sizes[p] < sizes[smallest]):
            smallest = p
    if smallest == 0:
        return False
    other = touch[smallest].argmax()
    for r in range(rows):
        for c in range(columns):
            if part[r, c] == smallest:
                zone[r, c] = other
    return True
