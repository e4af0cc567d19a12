"""Hot loops over patches of a mask and over buildings. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["best_correlation", "label_patches", "local_spread"]

Array = npt.NDArray[Any]


@njit(cache=True)
def _root(parent: Array, number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


@njit(cache=True)
def label_patches(mask: Array, label: Array) -> int:
    """Into ``label`` (int32): patches of a mask that hang together by sides, numbered from 1 in order of reading.

    0 outside. Two passes over the rows (Rosenfeld and Pfaltz 1966, J. ACM 13, 471-494): memory is that of the numbers
    given in the first. Returns how many there are.
    """
    rows, columns = mask.shape
    parent = np.zeros(1024, np.int32)
    used = 0
    for i in range(rows):
        for j in range(columns):
            label[i, j] = 0
            if not mask[i, j]:
                continue
            above = label[i - 1, j] if i > 0 else 0
            left = label[i, j - 1] if j > 0 else 0
            if above == 0 and left == 0:
                used += 1
                if used == len(parent):
                    longer = np.zeros(2 * len(parent), np.int32)
                    longer[: len(parent)] = parent
                    parent = longer
                parent[used] = used
                label[i, j] = used
            elif above == 0 or left == 0:
                label[i, j] = max(above, left)
            else:
                a, b = _root(parent, above), _root(parent, left)
                first = min(a, b)
                parent[a], parent[b] = first, first
                label[i, j] = first
    final = np.zeros(used + 1, np.int32)
    count = 0
    for number in range(1, used + 1):  # the root of a patch is its first number, so that patches are met in order
        root = _root(parent, number)
        if root == number:
            count += 1
            final[number] = count
        else:
            final[number] = final[root]
    for i in range(rows):
        for j in range(columns):
            label[i, j] = final[label[i, j]]
    return count


@njit(cache=True)
def local_spread(values: Array, mask: Array, reach: int) -> tuple[Array, Array]:
    """Median and 1.48 x median deviation of the masked finite values within ``reach`` of each masked pixel; NaN else.

    The window's samples are thinned to every second row and column beyond a reach of 4.
    """
    rows, columns = values.shape
    middle = np.full((rows, columns), np.nan, np.float32)
    spread = np.full((rows, columns), np.nan, np.float32)
    step = 1 if reach <= 4 else 2 if reach <= 8 else 4
    box = np.empty((2 * reach // step + 2) ** 2, np.float32)
    for i in range(rows):
        for j in range(columns):
            if not mask[i, j]:
                continue
            n = 0
            for a in range(i - reach, i + reach + 1, step):
                for b in range(j - reach, j + reach + 1, step):
                    if 0 <= a < rows and 0 <= b < columns and mask[a, b] and np.isfinite(values[a, b]):
                        box[n] = values[a, b]
                        n += 1
            if n >= 5:
                m = np.median(box[:n])
                middle[i, j] = m
                spread[i, j] = 1.4826 * np.median(np.abs(box[:n] - m))
    return middle, spread


@njit(cache=True)
def best_correlation(before: Array, after: Array, inside: Array, top: int, left: int, reach: int) -> float:
    """Largest correlation of two pictures under a mask at (top, left), one moved by up to ``reach``; NaN if unknown."""
    rows, columns = before.shape
    height, width = inside.shape
    best = np.nan
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            n, sa, sb, saa, sbb, sab = 0, 0.0, 0.0, 0.0, 0.0, 0.0
            for i in range(height):
                for j in range(width):
                    a, b = top + i, left + j
                    c, d = a + down, b + right
                    if not inside[i, j] or a < 0 or b < 0 or a >= rows or b >= columns:
                        continue
                    if c < 0 or d < 0 or c >= rows or d >= columns:
                        continue
                    x, y = before[a, b], after[c, d]
                    if np.isfinite(x) and np.isfinite(y):
                        n += 1
                        sa, sb, saa, sbb, sab = sa + x, sb + y, saa + x * x, sbb + y * y, sab + x * y
            if n >= 12:
                va, vb = saa - sa * sa / n, sbb - sb * sb / n
                if va > 1e-9 and vb > 1e-9:
                    r = (sab - sa * sb / n) / np.sqrt(va * vb)
                    if not np.isfinite(best) or r > best:
                        best = r
    return best
