"""Hot loops of matching two pictures: what is compared, whole-pixel search, least squares. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["binomial", "coarse_sums", "edge_strength", "match_point"]

Array = npt.NDArray[Any]

_UNKNOWN = np.float32(np.nan)
_MOST_STEPS = 15
_SMOOTHED_PX = 4.0
"""pixels that share their noise after smoothing: so many fewer observations there are"""
_AWAY_PX, _AS_GOOD = 4, 0.93
_NEAR_PX = 4
"""a search that goes no further looks at every displacement"""


@njit(cache=True, nogil=True)
def binomial(image: Array, out: Array) -> None:
    """1-2-1 smoothing in both directions; NaN beside NaN and at the border."""
    rows, columns = image.shape
    out[:] = _UNKNOWN
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            total = np.float32(0.0)
            for a in range(-1, 2):
                for b in range(-1, 2):
                    total += np.float32((2 - abs(a)) * (2 - abs(b))) * image[i + a, j + b]
            out[i, j] = total * np.float32(0.0625)


@njit(cache=True, nogil=True)
def edge_strength(image: Array, out: Array) -> None:
    """Length of the gradient (central differences), NaN beside NaN: it does not mind which side is the brighter."""
    rows, columns = image.shape
    out[:] = _UNKNOWN
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            down, across = image[i + 1, j] - image[i - 1, j], image[i, j + 1] - image[i, j - 1]
            out[i, j] = np.sqrt(down * down + across * across)


@njit(cache=True, nogil=True)
def coarse_sums(image: Array, size: int, total: Array, known: Array) -> None:
    """Sums and counts of the known pixels in blocks of ``size`` x ``size``."""
    rows, columns = image.shape
    for i in range(rows):
        for j in range(columns):
            value = image[i, j]
            if value == value:
                total[i // size, j // size] += value
                known[i // size, j // size] += 1


@njit(cache=True, nogil=True)
def _correlation(fixed: Array, moving: Array, top: int, left: int, down: int, across: int) -> float:
    """Normalised correlation of every second pixel of a tile; 0 where less than half of it is known in both."""
    n, size = 0, fixed.shape[0]
    sa = sb = saa = sbb = sab = 0.0
    for i in range(0, size, 2):
        for j in range(0, size, 2):
            a, b = fixed[i, j], moving[top + i + down, left + j + across]
            if a == a and b == b:
                n += 1
                sa += a
                sb += b
                saa += a * a
                sbb += b * b
                sab += a * b
    if 8 * n < size * size:
        return 0.0
    va, vb = saa - sa * sa / n, sbb - sb * sb / n
    if va <= 1e-9 * saa or vb <= 1e-9 * sbb:
        return 0.0
    return float((sab - sa * sb / n) / np.sqrt(va * vb))


@njit(cache=True, nogil=True)
def _search(fixed: Array, moving: Array, top: int, left: int, reach: int, either: bool, best: Array) -> None:
    """The whole-pixel displacement of highest correlation (of either sign): down, across, correlation.

    A wide search looks at every second displacement (what is compared is smoothed), then at those about the best.
    Correlation 0 where another displacement, four pixels away or more, is nearly as good: rows of trees, ridges.
    """
    step = 2 if reach > _NEAR_PX else 1
    side = 2 * (reach // step) + 1
    surface = np.empty((side, side))
    best[:] = 0.0
    for i in range(side):
        for j in range(side):
            down, across = step * (i - side // 2), step * (j - side // 2)
            found = _correlation(fixed, moving, top, left, down, across)
            surface[i, j] = abs(found) if either else found
            if surface[i, j] > abs(best[2]):
                best[0], best[1], best[2] = down, across, found
    middle_down, middle_across = int(best[0]), int(best[1])
    for down in range(middle_down - step + 1, middle_down + step):
        for across in range(middle_across - step + 1, middle_across + step):
            found = _correlation(fixed, moving, top, left, down, across)
            if (abs(found) if either else found) > abs(best[2]):
                best[0], best[1], best[2] = down, across, found
    for i in range(side):
        for j in range(side):
            down, across = step * (i - side // 2), step * (j - side // 2)
            away = abs(down - best[0]) >= _AWAY_PX or abs(across - best[1]) >= _AWAY_PX
            if away and surface[i, j] > _AS_GOOD * abs(best[2]):
                best[2] = 0.0
                return


@njit(cache=True, nogil=True, inline="always")
def _cubic(f: float, weights: Array, slopes: Array) -> None:
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
def _solve_four(system: Array) -> bool:
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
def _doubt(normal: Array, n: int, gain: float, result: Array) -> None:
    """One sigma of the displacement down and across, from the residuals and the texture, into ``result[2:4]``."""
    whole, system = np.empty((4, 4)), np.empty((4, 5))
    scale = np.empty(4)
    for p in range(4):
        scale[p] = np.sqrt(normal[p, p]) + 1e-12
    answer, square = np.empty(4), normal[4, 4]
    for p in range(4):
        for q in range(4):
            whole[p, q] = normal[p, q] / (scale[p] * scale[q])
            system[p, q] = whole[p, q]
        system[p, 4] = normal[p, 4] / scale[p]
    if not _solve_four(system):
        result[2] = result[3] = np.inf
        return
    for p in range(4):
        answer[p] = system[p, 4] / scale[p]
        square -= answer[p] * normal[p, 4]
    variance = max(square, 0.0) / max(n - 4, 1) * _SMOOTHED_PX
    for axis in range(2):
        for p in range(4):
            for q in range(4):
                system[p, q] = whole[p, q]
            system[p, 4] = 1.0 if p == axis else 0.0
        if not _solve_four(system):
            result[2] = result[3] = np.inf
            return
        spread = max(system[axis, 4], 0.0) / scale[axis] ** 2
        result[2 + axis] = np.sqrt(variance * spread) / max(abs(gain), 1e-12)


@njit(cache=True, nogil=True)
def _equations(fixed: Array, moving: Array, down: float, across: float, normal: Array) -> int:
    """Sums for moving = gain x (fixed + gradient of fixed . step) + offset over a tile, ``normal`` 5 x 5; the count.

    The five columns are: derivative down, derivative across, fixed, one, moving. The gradient is that of the picture
    which is not interpolated: noise shifted by parts of a pixel is weaker, and with its own gradient draws the answer
    towards half pixels (0.1 pixel at as much noise as texture). ``fixed`` has a border of one pixel.
    """
    k0, m0 = int(np.floor(down)), int(np.floor(across))
    wi, si, wj, sj = np.empty(4), np.empty(4), np.empty(4), np.empty(4)
    _cubic(down - k0, wi, si)
    _cubic(across - m0, wj, sj)
    normal[:] = 0.0
    entry = np.ones(5)
    n = 0
    for i in range(1, fixed.shape[0] - 1):
        k = i + k0 - 2
        if k < 0 or k + 3 >= moving.shape[0]:
            continue
        for j in range(1, fixed.shape[1] - 1):
            m = j + m0 - 2
            if m < 0 or m + 3 >= moving.shape[1]:
                continue
            value = 0.0
            for a in range(4):
                here = 0.0
                for b in range(4):
                    here += wj[b] * moving[k + a, m + b]
                value += wi[a] * here
            entry[0] = 0.5 * (fixed[i + 1, j] - fixed[i - 1, j])
            entry[1] = 0.5 * (fixed[i, j + 1] - fixed[i, j - 1])
            entry[2], entry[4] = fixed[i, j], value
            if not np.isfinite(value + entry[0] + entry[1] + entry[2]):
                continue
            n += 1
            for p in range(5):
                for q in range(p, 5):
                    normal[p, q] += entry[p] * entry[q]
    for p in range(5):
        for q in range(p):
            normal[p, q] = normal[q, p]
    return n


@njit(cache=True, nogil=True)
def match_point(fixed: Array, moving: Array, top: int, left: int, reach: int, either: bool, result: Array) -> None:
    """Where is a square tile in a larger neighbourhood? ``result``: down, across, their sigmas (pixels), correlation.

    ``fixed``: the tile with a border of one pixel. ``top`` and ``left``: where in ``moving`` it is expected.
    Whole-pixel search within ``reach``, then least squares with free gain (of either sign where ``either``) and
    offset. The correlation is 0 where it does not settle.
    """
    start, size = np.empty(3), fixed.shape[0] - 2
    result[:] = 0.0
    _search(fixed[1:-1, 1:-1], moving, top, left, reach, either, start)
    if start[2] == 0.0:
        return
    down, across = start[0], start[1]
    normal, system, scale, solved = np.empty((5, 5)), np.empty((4, 5)), np.empty(5), np.empty(4)
    for _ in range(_MOST_STEPS):
        n = _equations(fixed, moving, down + top, across + left, normal)
        if 2 * n < size * size:
            return
        for p in range(5):
            scale[p] = np.sqrt(normal[p, p]) + 1e-12
        for p in range(4):
            for q in range(5):
                system[p, q] = normal[p, q] / (scale[p] * scale[q])
        if not _solve_four(system):
            return
        for p in range(4):
            solved[p] = system[p, 4] * scale[4] / scale[p]
        if solved[2] == 0.0 or (solved[2] < 0.0 and not either):
            return
        step_down, step_across = -solved[0] / solved[2], -solved[1] / solved[2]
        down, across = down + min(max(step_down, -0.7), 0.7), across + min(max(step_across, -0.7), 0.7)
        if abs(down - start[0]) > 2.0 or abs(across - start[1]) > 2.0:
            return
        if abs(step_down) < 1e-3 and abs(step_across) < 1e-3:
            va, vb = normal[4, 4] - normal[3, 4] ** 2 / n, normal[2, 2] - normal[2, 3] ** 2 / n
            if va * vb > 0.0:
                _doubt(normal, n, solved[2], result)
                result[0], result[1] = down, across
                result[4] = (normal[2, 4] - normal[2, 3] * normal[3, 4] / n) / np.sqrt(va * vb)
            return
