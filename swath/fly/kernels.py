"""Hot loops of the landscape: cutting parcels, spans of polygons. Arrays in, arrays out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "MAX_VERTICES",
    "extent",
    "hash64",
    "inset",
    "random01",
    "span",
    "split",
]

Array = npt.NDArray[Any]
Number = Any
"""a float32 or uint64 inside a kernel, where Python's float and int would be twice as wide or signed"""

MAX_VERTICES = 12


@njit(cache=True, nogil=True, inline="always")
def random01(seed: int, a: int, b: int) -> float:
    """A number in [0, 1) that depends on nothing but its three integers (splitmix64 finaliser)."""
    z = np.uint64(seed) + np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(b) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.float64((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _copy(polygon: Array, out: Array) -> None:
    """Corner by corner: compiles in a hundredth of the time of an assignment of arrays, which must check shapes."""
    for i in range(MAX_VERTICES):
        out[i, 0], out[i, 1] = polygon[i, 0], polygon[i, 1]


@njit(cache=True, nogil=True)
def _clip(polygon: Array, count: int, a: float, b: float, c: float, out: Array) -> int:
    """The part of a convex polygon where a x + b y + c >= 0 (Sutherland and Hodgman); returns its vertex count."""
    kept = 0
    for i in range(count):
        j = (i + 1) % count
        here = a * polygon[i, 0] + b * polygon[i, 1] + c
        there = a * polygon[j, 0] + b * polygon[j, 1] + c
        if here >= 0.0 and kept < MAX_VERTICES:
            out[kept, 0], out[kept, 1] = polygon[i, 0], polygon[i, 1]
            kept += 1
        if (here >= 0.0) != (there >= 0.0) and kept < MAX_VERTICES:
            share = here / (here - there)
            out[kept, 0] = polygon[i, 0] + share * (polygon[j, 0] - polygon[i, 0])
            out[kept, 1] = polygon[i, 1] + share * (polygon[j, 1] - polygon[i, 1])
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _area(polygon: Array, count: int) -> float:
    """Signed area; positive when x turns towards y."""
    total = 0.0
    for i in range(count):
        j = (i + 1) % count
        total += polygon[i, 0] * polygon[j, 1] - polygon[j, 0] * polygon[i, 1]
    return total / 2.0


@njit(cache=True, nogil=True)
def _cut_line(polygon: Array, count: int, u: float, v: float, w: float) -> tuple[float, float, float]:
    """A line that cuts a polygon in two: across its longer extent, or sometimes along it, a little askew."""
    longest, ex, ey = -1.0, 1.0, 0.0
    for i in range(count):
        j = (i + 1) % count
        dx, dy = polygon[j, 0] - polygon[i, 0], polygon[j, 1] - polygon[i, 1]
        length = np.hypot(dx, dy)
        if length > longest:
            longest, ex, ey = length, dx / length, dy / length
    low_e = low_n = 1e30
    high_e = high_n = -1e30
    for i in range(count):
        e, n = polygon[i, 0] * ex + polygon[i, 1] * ey, polygon[i, 1] * ex - polygon[i, 0] * ey
        low_e, high_e, low_n, high_n = min(low_e, e), max(high_e, e), min(low_n, n), max(high_n, n)
    across = (high_e - low_e) > (1.0 + 2.2 * u) * (high_n - low_n)
    turn = 0.10 * (w - 0.5)
    share = 0.34 + 0.32 * v
    if across:
        a, b, position = ex - turn * ey, ey + turn * ex, low_e + share * (high_e - low_e)
        centre_x = ex * position - ey * (low_n + high_n) / 2
        centre_y = ey * position + ex * (low_n + high_n) / 2
    else:
        a, b, position = -ey - turn * ex, ex - turn * ey, low_n + share * (high_n - low_n)
        centre_x = ex * (low_e + high_e) / 2 - ey * position
        centre_y = ey * (low_e + high_e) / 2 + ex * position
    return a, b, -(a * centre_x + b * centre_y)


@njit(cache=True, nogil=True)
def split(blocks: Array, sides: Array, target: Array, seed: int) -> tuple[Array, Array, Array]:
    """Cut convex polygons ``(n, MAX_VERTICES, 2)`` of ``sides`` ``(n,)`` into parcels of about ``target`` pixels.

    Returns vertices ``(m, MAX_VERTICES, 2)``, vertex counts ``(m,)`` and the polygon each came from ``(m,)``.
    """
    room = 0
    for q in range(len(blocks)):
        room += int(abs(_area(blocks[q], sides[q])) / (0.2 * target[q])) + 2
    vertices = np.empty((room, MAX_VERTICES, 2))
    counts = np.empty(room, np.int64)
    origin = np.empty(room, np.int64)
    stack = np.empty((64, MAX_VERTICES, 2))
    stacked = np.empty(64, np.int64)
    made = 0
    polygon = np.empty((MAX_VERTICES, 2))
    for q in range(len(blocks)):
        _copy(blocks[q], stack[0])
        stacked[0], height, draw = sides[q], 1 if sides[q] >= 3 else 0, 0
        while height > 0:
            height -= 1
            _copy(stack[height], polygon)
            count = stacked[height]
            u, v, w = (random01(seed, q, draw), random01(seed, q, draw + 1), random01(seed, q, draw + 2))
            draw += 3
            if abs(_area(polygon, count)) < target[q] * (0.7 + 0.9 * w) or height > 60 or count > MAX_VERTICES - 2:
                _copy(polygon, vertices[made])
                counts[made], origin[made] = count, q
                made += 1
                continue
            a, b, c = _cut_line(polygon, count, u, v, w)
            stacked[height] = _clip(polygon, count, a, b, c, stack[height])
            stacked[height + 1] = _clip(polygon, count, -a, -b, -c, stack[height + 1])
            height += 2
    return vertices[:made], counts[:made], origin[:made]


@njit(cache=True, nogil=True)
def inset(vertices: Array, counts: Array, margin: Array) -> tuple[Array, Array]:
    """Convex polygons shrunk by ``margin`` ``(m,)`` pixels on every side; those that vanish get a count of 0."""
    out = np.zeros_like(vertices)
    left = np.zeros_like(counts)
    work = np.empty((2, MAX_VERTICES, 2))
    for m in range(len(vertices)):
        count = counts[m]
        turn = 1.0 if _area(vertices[m], count) > 0 else -1.0
        _copy(vertices[m], work[0])
        now, kept = 0, count
        for i in range(count):
            j = (i + 1) % count
            dx, dy = vertices[m, j, 0] - vertices[m, i, 0], vertices[m, j, 1] - vertices[m, i, 1]
            length = np.hypot(dx, dy)
            if length < 1e-9 or kept < 3:
                continue
            a, b = -dy / length * turn, dx / length * turn
            c = -(a * vertices[m, i, 0] + b * vertices[m, i, 1]) - margin[m]
            kept = _clip(work[now], kept, a, b, c, work[1 - now])
            now = 1 - now
        if kept >= 3:
            _copy(work[now], out[m])
            left[m] = kept
    return out, left


@njit(cache=True, nogil=True)
def span(vertices: Array, count: int, y: float) -> tuple[float, float]:
    """Where does a horizontal line enter and leave a convex polygon?"""
    left, right = 1e30, -1e30
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        y0, y1 = vertices[i, 1], vertices[j, 1]
        if (y0 <= y) != (y1 <= y):
            x = vertices[i, 0] + (y - y0) / (y1 - y0) * (vertices[j, 0] - vertices[i, 0])
            left, right = min(left, x), max(right, x)
    return left, right


@njit(cache=True, nogil=True)
def extent(vertices: Array, count: int) -> tuple[float, float]:
    """Least and greatest y of a polygon."""
    low, high = vertices[0, 1], vertices[0, 1]
    for i in range(1, count):
        low, high = min(low, vertices[i, 1]), max(high, vertices[i, 1])
    return low, high


@njit(cache=True, nogil=True, inline="always")
def hash64(seed: int, a: int, b: int) -> Number:
    """64 bits that depend on nothing but three integers (the first half of the splitmix64 finaliser)."""
    z = np.uint64(seed) + np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(b) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return z ^ (z >> np.uint64(29))
