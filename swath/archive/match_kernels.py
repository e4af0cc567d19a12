"""Hot loops of matching a picture to control: integer search by correlation, then least squares. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["cubic", "halve", "match_tiles", "smooth", "solve_four"]

Array = npt.NDArray[Any]

_NO_DATA = np.float32(np.nan)


@njit(cache=True, nogil=True)
def smooth(image: Array, out: Array) -> None:
    """1-2-1 binomial smoothing in both directions of an integer picture whose 0 is no data; NaN beside no data."""
    rows, columns = image.shape
    out[:] = _NO_DATA
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            total, known = np.float32(0.0), True
            for a in range(-1, 2):
                for b in range(-1, 2):
                    value = image[i + a, j + b]
                    known = known and value != 0
                    total += np.float32((2 - abs(a)) * (2 - abs(b))) * np.float32(value)
            if known:
                out[i, j] = total / np.float32(16.0)


@njit(cache=True, nogil=True)
def halve(image: Array, out: Array) -> None:
    """Mean of 2 x 2 pixels, NaN where one is."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            two = image[2 * i, 2 * j] + image[2 * i, 2 * j + 1]
            out[i, j] = (two + image[2 * i + 1, 2 * j] + image[2 * i + 1, 2 * j + 1]) * np.float32(0.25)


@njit(cache=True, nogil=True)
def _correlation(fixed: Array, moving: Array, row: int, column: int, size: int, down: int, across: int) -> float:
    """Normalised cross-correlation of a tile of ``fixed`` with ``moving`` displaced; -1 where over half is unknown.

    Every second row is enough to find the whole-pixel displacement.
    """
    n = 0
    sa = sb = saa = sbb = sab = 0.0
    for i in range(row, row + size, 2):
        k = i + down
        if k < 0 or k >= moving.shape[0]:
            continue
        for j in range(column, column + size):
            m = j + across
            if m < 0 or m >= moving.shape[1]:
                continue
            a, b = fixed[i, j], moving[k, m]
            if a == a and b == b:  # neither is NaN
                n += 1
                sa += a
                sb += b
                saa += a * a
                sbb += b * b
                sab += a * b
    if 4 * n < size * size:
        return -1.0
    va, vb = saa - sa * sa / n, sbb - sb * sb / n
    if va <= 1e-9 * saa or vb <= 1e-9 * sbb:
        return -1.0
    return float((sab - sa * sb / n) / np.sqrt(va * vb))


@njit(cache=True, nogil=True, inline="always")
def cubic(f: float, weights: Array, slopes: Array) -> None:
    """Weights of four neighbours for the value (cubic convolution, a = -1/2) and its derivative at fraction ``f``."""
    weights[0] = ((-0.5 * f + 1.0) * f - 0.5) * f
    weights[1] = (1.5 * f - 2.5) * f * f + 1.0
    weights[2] = ((-1.5 * f + 2.0) * f + 0.5) * f
    weights[3] = (0.5 * f - 0.5) * f * f
    slopes[0] = (-1.5 * f + 2.0) * f - 0.5
    slopes[1] = (4.5 * f - 5.0) * f
    slopes[2] = (-4.5 * f + 4.0) * f + 0.5
    slopes[3] = (1.5 * f - 1.0) * f


@njit(cache=True, nogil=True)
def _normal_equations(
    fixed: Array, moving: Array, row: int, column: int, size: int, down: float, across: float, normal: Array
) -> int:
    """Sums for fixed = gain x (moving + gradient . step) + offset over a tile, ``normal`` 5 x 5; returns the count.

    The five columns are: derivative down, derivative across, moving, one, fixed.
    """
    k0, m0 = int(np.floor(down)), int(np.floor(across))
    wi, si, wj, sj = np.empty(4), np.empty(4), np.empty(4), np.empty(4)
    cubic(down - k0, wi, si)
    cubic(across - m0, wj, sj)
    normal[:] = 0.0
    entry = np.ones(5)
    n = 0
    for i in range(row, row + size):
        k = i + k0 - 1
        if k < 0 or k + 3 >= moving.shape[0]:
            continue
        for j in range(column, column + size):
            m = j + m0 - 1
            if m < 0 or m + 3 >= moving.shape[1]:
                continue
            value = along = beside = 0.0
            for a in range(4):
                here = there = 0.0
                for b in range(4):
                    here += wj[b] * moving[k + a, m + b]
                    there += sj[b] * moving[k + a, m + b]
                value += wi[a] * here
                along += si[a] * here
                beside += wi[a] * there
            if value != value or fixed[i, j] != fixed[i, j]:
                continue
            entry[0], entry[1], entry[2], entry[4] = along, beside, value, fixed[i, j]
            n += 1
            for p in range(5):
                for q in range(p, 5):
                    normal[p, q] += entry[p] * entry[q]
    for p in range(5):
        for q in range(p):
            normal[p, q] = normal[q, p]
    return n


@njit(cache=True, nogil=True)
def solve_four(system: Array) -> bool:
    """Solve four scaled equations (the right side is the last column, which becomes the answer); false: too alike."""
    for p in range(4):
        pivot = p
        for q in range(p + 1, 4):
            if abs(system[q, p]) > abs(system[pivot, p]):
                pivot = q
        if abs(system[pivot, p]) < 1e-7:
            return False
        for c in range(5):
            system[p, c], system[pivot, c] = system[pivot, c], system[p, c]
        for q in range(4):
            if q != p:
                factor = system[q, p] / system[p, p]
                for c in range(p, 5):
                    system[q, c] -= factor * system[p, c]
    for p in range(4):
        system[p, 4] /= system[p, p]
    return True


@njit(cache=True, nogil=True)
def _refine(fixed: Array, moving: Array, row: int, column: int, size: int, start: Array, result: Array) -> None:
    """Least-squares displacement with free gain and offset from ``start``; ``result``: down, across, correlation.

    The correlation is -1 where it does not settle within a pixel of the start or there is too little to see.
    """
    down, across = start[0], start[1]
    normal, system, scale, solved = np.empty((5, 5)), np.empty((4, 5)), np.empty(5), np.empty(4)
    result[2] = -1.0
    for _ in range(12):
        n = _normal_equations(fixed, moving, row, column, size, down, across, normal)
        if 2 * n < size * size:
            return
        for p in range(5):
            scale[p] = np.sqrt(normal[p, p]) + 1e-12
        for p in range(4):
            for q in range(5):
                system[p, q] = normal[p, q] / (scale[p] * scale[q])
        if not solve_four(system):
            return
        for p in range(4):
            solved[p] = system[p, 4] * scale[4] / scale[p]
        if solved[2] <= 0.0:
            return
        step_down, step_across = solved[0] / solved[2], solved[1] / solved[2]
        down, across = down + min(max(step_down, -0.7), 0.7), across + min(max(step_across, -0.7), 0.7)
        if abs(down - start[0]) > 2.0 or abs(across - start[1]) > 2.0:
            return
        if abs(step_down) < 1e-3 and abs(step_across) < 1e-3:
            va = normal[4, 4] - normal[3, 4] ** 2 / n
            vb = normal[2, 2] - normal[2, 3] ** 2 / n
            result[0], result[1] = down, across
            result[2] = (normal[2, 4] - normal[2, 3] * normal[3, 4] / n) / np.sqrt(va * vb) if va * vb > 0 else -1.0
            return


@njit(cache=True, nogil=True)
def match_tiles(
    fixed: Array, moving: Array, fixed2: Array, moving2: Array, corners: Array, size: int, reach: int, out: Array
) -> None:
    """Displacement of each tile of ``fixed`` in ``moving``: rows of ``out`` are down, across (pixels), correlation.

    ``corners`` (n, 2) are even; the search is over ``reach`` pixels each way on the halved pictures, then refined.
    """
    start = np.empty(2)
    for t in range(len(corners)):
        row, column = corners[t, 0], corners[t, 1]
        best, far = -1.0, reach // 2
        for down in range(-far, far + 1):
            for across in range(-far, far + 1):
                found = _correlation(fixed2, moving2, row // 2, column // 2, size // 2, down, across)
                if found > best:
                    best, start[0], start[1] = found, 2.0 * down, 2.0 * across
        out[t, 2] = -1.0
        if best > 0.0:
            _refine(fixed, moving, row, column, size, start, out[t])
