"""Hot loops of warping: source places between exact nodes, and the value there. Plain arrays in and out.

Source places are in pixels with whole numbers at pixel centres. A pixel of the result is known where the source pixel
that holds its centre is; unknown neighbours are left out and the other weights made up to one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.product.coverage_kernels import add_edge

__all__ = ["average_tile", "worst_apart", "warp_tile"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def worst_apart(x: Array, y: Array) -> float:
    """Largest distance between exact places on a grid and those bilinear between every second of them.

    The grid has an odd number of rows and columns. Infinite where some places are known and some are not.
    """
    rows, columns = x.shape
    worst = 0.0
    for i in range(rows):
        for j in range(columns):
            if i % 2 == 0 and j % 2 == 0:
                continue
            a, b, c, d = i - i % 2, j - j % 2, i + i % 2, j + j % 2
            apart_x = 0.25 * (x[a, b] + x[a, d] + x[c, b] + x[c, d]) - x[i, j]
            apart_y = 0.25 * (y[a, b] + y[a, d] + y[c, b] + y[c, d]) - y[i, j]
            apart = apart_x * apart_x + apart_y * apart_y
            if apart != apart or apart == np.inf:
                if x[i, j] == x[i, j] or x[a, b] == x[a, b] or x[c, d] == x[c, d]:
                    return np.inf
            elif apart > worst:
                worst = apart
    return float(np.sqrt(worst))


@njit(cache=True, nogil=True, inline="always")
def _cubic_weights(f: float) -> Any:
    """Cubic convolution with a = -1/2: Keys 1981, IEEE Trans. ASSP 29, 1153-1160."""
    return (
        ((-0.5 * f + 1.0) * f - 0.5) * f,
        (1.5 * f - 2.5) * f * f + 1.0,
        ((-1.5 * f + 2.0) * f + 0.5) * f,
        (0.5 * f - 0.5) * f * f,
    )


@njit(cache=True, nogil=True)
def _careful(source: Array, seen: Array, masked: bool, x: float, y: float, reach: int) -> Any:
    """Value at a place near a border or beside unknown pixels, and whether it is known; ``reach`` 0 nearest, 1, 2."""
    rows, columns = source.shape
    i, j = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
    if not (0 <= i < rows and 0 <= j < columns) or (masked and not seen[i, j]):
        return 0.0, False
    if reach == 0:
        return float(source[i, j]), True
    i, j = int(np.floor(y)), int(np.floor(x))
    u, v = y - i, x - j
    if reach == 2 and i >= 1 and j >= 1 and i + 2 < rows and j + 2 < columns:
        total, whole = 0.0, True
        wi, wj = _cubic_weights(u), _cubic_weights(v)
        for a in range(4):
            for b in range(4):
                whole = whole and not (masked and not seen[i - 1 + a, j - 1 + b])
                total += wi[a] * wj[b] * source[i - 1 + a, j - 1 + b]
        if whole:
            return total, True
    total = weight = 0.0
    for a in range(2):
        for b in range(2):
            if 0 <= i + a < rows and 0 <= j + b < columns and not (masked and not seen[i + a, j + b]):
                w = (u if a else 1.0 - u) * (v if b else 1.0 - v)
                weight += w
                total += w * source[i + a, j + b]
    return total / weight, True


@njit(cache=True, nogil=True)
def _split_places(width: int, x: float, y: float, dx: float, dy: float, at: Array, right: Array, down: Array) -> None:
    for k in range(len(at)):
        u, v = x + k * dx, y + k * dy
        j, i = int(u), int(v)
        right[k], down[k] = u - j, v - i
        at[k] = i * width + j


@njit(cache=True, nogil=True)
def _take_four(flat: Array, width: int, at: Array, a: Array, b: Array, c: Array, d: Array) -> None:
    one, below = np.uint64(1), np.uint64(width)  # unsigned: no test for places counted from the end
    for k in range(len(at)):
        p = np.uint64(at[k])
        q = p + below
        a[k], b[k], c[k], d[k] = flat[p], flat[p + one], flat[q], flat[q + one]


@njit(cache=True, nogil=True)
def _blend_four(a: Array, b: Array, c: Array, d: Array, right: Array, down: Array, whole: bool, out: Array) -> None:
    if whole:
        for k in range(len(out)):
            upper, lower = a[k] + right[k] * (float(b[k]) - a[k]), c[k] + right[k] * (float(d[k]) - c[k])
            out[k] = np.floor(upper + down[k] * (lower - upper) + 0.5)
    else:
        for k in range(len(out)):
            upper, lower = a[k] + right[k] * (float(b[k]) - a[k]), c[k] + right[k] * (float(d[k]) - c[k])
            out[k] = upper + down[k] * (lower - upper)


@njit(cache=True, nogil=True)
def _bilinear_run(
    source: Array,
    x: float,
    y: float,
    dx: float,
    dy: float,
    whole: bool,
    at: Array,
    parts: Array,
    taps: Array,
    out: Array,
) -> None:
    """In three loops over a run, two of which the compiler turns into vector instructions: twice as fast as in one."""
    n, width = len(out), source.shape[1]
    at, right, down = at[:n], parts[0, :n], parts[1, :n]
    a, b, c, d = taps[0, :n], taps[1, :n], taps[2, :n], taps[3, :n]
    _split_places(width, x, y, dx, dy, at, right, down)
    _take_four(source.reshape(-1), width, at, a, b, c, d)
    _blend_four(a, b, c, d, right, down, whole, out)


@njit(cache=True, nogil=True)
def _cubic_run(
    source: Array, x: float, y: float, dx: float, dy: float, low: float, high: float, whole: bool, out: Array
) -> None:
    for k in range(len(out)):
        u, v = x + k * dx, y + k * dy
        j, i = int(u), int(v)
        p, q, r, s = _cubic_weights(u - j)
        a, b, c, d = _cubic_weights(v - i)
        first = p * source[i - 1, j - 1] + q * source[i - 1, j] + r * source[i - 1, j + 1] + s * source[i - 1, j + 2]
        second = p * source[i, j - 1] + q * source[i, j] + r * source[i, j + 1] + s * source[i, j + 2]
        third = p * source[i + 1, j - 1] + q * source[i + 1, j] + r * source[i + 1, j + 1] + s * source[i + 1, j + 2]
        last = p * source[i + 2, j - 1] + q * source[i + 2, j] + r * source[i + 2, j + 1] + s * source[i + 2, j + 2]
        value = min(max(a * first + b * second + c * third + d * last, low), high)
        out[k] = np.floor(value + 0.5) if whole else value


@njit(cache=True, nogil=True)
def _nearest_run(source: Array, x: float, y: float, dx: float, dy: float, out: Array) -> None:
    for k in range(len(out)):
        out[k] = source[int(y + k * dy + 0.5), int(x + k * dx + 0.5)]


@njit(cache=True, nogil=True)
def _all_seen(seen: Array, x0: float, y0: float, x1: float, y1: float, count: int) -> bool:
    """Is every source pixel known that a run inside the picture may touch? False also where looking would cost more."""
    top, left = max(int(min(y0, y1)) - 1, 0), max(int(min(x0, x1)) - 1, 0)
    bottom, right = min(int(max(y0, y1)) + 3, seen.shape[0]), min(int(max(x0, x1)) + 3, seen.shape[1])
    if (bottom - top) * (right - left) > 16 * count + 64:
        return False
    for i in range(top, bottom):
        for j in range(left, right):
            if not seen[i, j]:
                return False
    return True


@njit(cache=True, nogil=True)
def _careful_run(
    source: Array, seen: Array, masked: bool, reach: int, x: float, y: float, dx: float, dy: float,
    low: float, high: float, whole: bool, nodata: float, out: Array,
) -> None:  # fmt: skip
    for k in range(len(out)):
        value, known = _careful(source, seen, masked, x + k * dx, y + k * dy, reach)
        if known and value == value:
            out[k] = np.floor(min(max(value, low), high) + 0.5) if whole else value
        else:
            out[k] = nodata


@njit(cache=True, nogil=True)
def warp_tile(
    source: Array, seen: Array, masked: bool, x: Array, y: Array, spacing: int, reach: int,
    low: float, high: float, nodata: float, whole: bool, out: Array,
) -> None:  # fmt: skip
    """Values of one band at the places between nodes ``x``, ``y``, one every ``spacing`` pixels of ``out``.

    ``reach``: 0 nearest, 1 bilinear, 2 cubic. ``whole``: results are rounded and kept within ``low`` and ``high``.
    ``nodata`` goes where nothing is known.
    """
    rows, columns = out.shape
    bottom, right = source.shape[0] - 1.0, source.shape[1] - 1.0
    margin = float(max(reach - 1, 0))
    at, parts, taps = np.empty(spacing, np.int64), np.empty((2, spacing)), np.empty((4, spacing), source.dtype)
    for i in range(rows):
        n, g = i // spacing, (i % spacing) / spacing
        for m in range((columns + spacing - 1) // spacing):
            x0, y0 = x[n, m] + g * (x[n + 1, m] - x[n, m]), y[n, m] + g * (y[n + 1, m] - y[n, m])
            x1 = x[n, m + 1] + g * (x[n + 1, m + 1] - x[n, m + 1])
            y1 = y[n, m + 1] + g * (y[n + 1, m + 1] - y[n, m + 1])
            part = out[i, m * spacing : min((m + 1) * spacing, columns)]
            if not (x0 - x0 == 0.0 and x1 - x1 == 0.0 and y0 - y0 == 0.0 and y1 - y1 == 0.0):
                if spacing > 1 or x0 - x0 != 0.0 or y0 - y0 != 0.0:
                    part[:] = nodata
                    continue
                x1, y1 = x0, y0
            dx, dy = (x1 - x0) / spacing, (y1 - y0) / spacing
            inside = (
                min(x0, x1) >= margin and max(x0, x1) < right - margin
                and min(y0, y1) >= margin and max(y0, y1) < bottom - margin
            )  # fmt: skip
            inside = inside and not (masked and not _all_seen(seen, x0, y0, x1, y1, len(part)))
            if not inside:
                _careful_run(source, seen, masked, reach, x0, y0, dx, dy, low, high, whole, nodata, part)
            elif reach == 0:
                _nearest_run(source, x0, y0, dx, dy, part)
            elif reach == 1:
                _bilinear_run(source, x0, y0, dx, dy, whole, at, parts, taps, part)
            else:
                _cubic_run(source, x0, y0, dx, dy, low, high, whole, part)


@njit(cache=True, nogil=True)
def _weighted(source: Array, seen: Array, masked: bool, cover: Array) -> Any:
    """Sums of values and of weights of a window whose shares are differences along its rows."""
    total = weight = 0.0
    for a in range(source.shape[0]):
        share = 0.0
        for b in range(source.shape[1]):
            share += cover[a, b]
            if not (masked and not seen[a, b]):
                value = float(source[a, b])
                if value == value:
                    weight += abs(share)
                    total += abs(share) * value
    return total, weight


@njit(cache=True, nogil=True)
def average_tile(
    source: Array, seen: Array, masked: bool, x: Array, y: Array, low: float, high: float, nodata: float,
    whole: bool, out: Array,
) -> None:  # fmt: skip
    """Mean of the source over each pixel of the result, weighted by exact shares of area.

    ``x``, ``y``: source places of the corners of every pixel, whole numbers at source pixels' upper left corners. A
    pixel is known where over half of its area is.
    """
    rows, columns = out.shape
    height, width = source.shape
    cover = np.zeros((8, 8))
    for i in range(rows):
        for j in range(columns):
            out[i, j] = nodata
            ax, bx, cx, dx = x[i, j], x[i + 1, j], x[i + 1, j + 1], x[i, j + 1]
            ay, by, cy, dy = y[i, j], y[i + 1, j], y[i + 1, j + 1], y[i, j + 1]
            area = 0.5 * ((cx - ax) * (dy - by) - (dx - bx) * (cy - ay))
            if area - area != 0.0 or area == 0.0:
                continue
            left, right = max(int(np.floor(min(ax, bx, cx, dx))), 0), min(int(np.ceil(max(ax, bx, cx, dx))), width)
            top, bottom = max(int(np.floor(min(ay, by, cy, dy))), 0), min(int(np.ceil(max(ay, by, cy, dy))), height)
            if left >= right or top >= bottom:
                continue
            if cover.shape[0] < bottom - top or cover.shape[1] < right - left + 2:
                cover = np.zeros((2 * (bottom - top), 2 * (right - left) + 2))
            part = cover[: bottom - top, : right - left + 2]
            part[:] = 0.0
            wide, last = float(right - left), bottom - top
            add_edge(part, 0, last, wide, ax - left, ay - top, bx - left, by - top)
            add_edge(part, 0, last, wide, bx - left, by - top, cx - left, cy - top)
            add_edge(part, 0, last, wide, cx - left, cy - top, dx - left, dy - top)
            add_edge(part, 0, last, wide, dx - left, dy - top, ax - left, ay - top)
            total, weight = _weighted(source[top:bottom, left:right], seen[top:bottom, left:right], masked, part)
            if weight > 0.5 * abs(area):
                mean = total / weight
                out[i, j] = np.floor(min(max(mean, low), high) + 0.5) if whole else mean
