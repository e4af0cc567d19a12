"""Hot loops of access, upper half: every window of one satellite over many places.

In each step only the places near the satellite are looked at (``cap_kernels``), all their signals at once: the Bezier
hull of a signal's Hermite cubic says for most that the condition holds throughout, or nowhere. The others are searched
(``crossing_kernels``), and stretches of neighbouring steps joined to windows.
"""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

from swath.access.cap_kernels import runs_of_cap
from swath.access.crossing_kernels import PIECES, stretches
from swath.access.signal_kernels import elevation_hulls, inner, kernel, nodes, off_nadir_hulls, state

__all__ = ["in_order", "sweep"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@inner
def _both(one: Floats, n: int, two: Floats, m: int, out: Floats) -> int:
    """Where do two sets of stretches meet?"""
    found = i = j = 0
    while i < n and j < m:
        start, stop = max(one[i, 0], two[j, 0]), min(one[i, 1], two[j, 1])
        if start < stop:
            out[found, 0], out[found, 1] = start, stop
            found += 1
        if one[i, 1] < two[j, 1]:
            i += 1
        else:
            j += 1
    return found


@inner
def _range_rate(c: Floats, h: float, t: float, p: Floats, i: int) -> tuple[float, float]:
    """Range times range rate (m2/s) and its rate at second ``t``."""
    k = min(int(t / h), len(c) - 1)
    u = t / h - k
    x, y, z, vx, vy, vz, _, _ = state(c, k, u, h)
    ex, ey, ez = x - p[0, i], y - p[1, i], z - p[2, i]
    bend = 0.0
    for axis in range(3):
        e = ex if axis == 0 else (ey if axis == 1 else ez)
        second = 2.0 * c[k, 2, axis] + u * (6.0 * c[k, 3, axis] + u * (12.0 * c[k, 4, axis] + u * 20.0 * c[k, 5, axis]))
        bend += e * second
    return ex * vx + ey * vy + ez * vz, vx * vx + vy * vy + vz * vz + bend / h**2


@inner
def _range2(c: Floats, h: float, t: float, p: Floats, i: int) -> float:
    k = min(int(t / h), len(c) - 1)
    x, y, z, _, _, _, _, _ = state(c, k, t / h - k, h)
    return float((x - p[0, i]) ** 2 + (y - p[1, i]) ** 2 + (z - p[2, i]) ** 2)


@inner
def _nearest(c: Floats, h: float, start: float, stop: float, p: Floats, i: int) -> float:
    """When in a window is the range least? Newton on the range rate, held by a bracket around the nearest sample."""
    low, high = start, stop
    first, _ = _range_rate(c, h, start, p, i)
    last, rate = _range_rate(c, h, stop, p, i)
    if stop - start > 6.0 * h or first >= 0.0 or last <= 0.0:
        count = int((stop - start) / h) + 3
        best, least = start, inf
        for n in range(count + 1):
            t = start + (stop - start) * n / count
            now = _range2(c, h, t, p, i)
            if now < least:
                best, least = t, now
        low, high = max(best - (stop - start) / count, start), min(best + (stop - start) / count, stop)
        first, _ = _range_rate(c, h, low, p, i)
        last, rate = _range_rate(c, h, high, p, i)
        if first >= 0.0:
            return low
        if last <= 0.0:
            return high
    t = low + (high - low) * first / (first - last)
    for _ in range(50):
        d, rate = _range_rate(c, h, t, p, i)
        if d > 0.0:
            high = t
        else:
            low = t
        new = t - d / rate if rate > 0.0 else -1.0
        if not low <= new <= high:
            new = 0.5 * (low + high)
        moved = abs(new - t)
        t = new
        if moved < 1e-3 or high - low < 1e-6:
            break
    return t


@inner
def _close(
    c: Floats, h: float, p: Floats, i: int, start: float, stop: float, place: Ints, out: Floats, count: Ints
) -> None:
    if stop > start:
        n = count[0]
        place[n] = i
        out[n, 0], out[n, 1], out[n, 2] = start, _nearest(c, h, start, stop, p, i), stop
        count[0] = n + 1


@inner
def _follow(
    c: Floats, h: float, p: Floats, i: int, k: int, held: Floats, many: int, since: Floats, touched: Ints,
    place: Ints, out: Floats, count: Ints,
) -> None:  # fmt: skip
    """Join the stretches of step ``k`` to the window that is open at place ``i``, and write down what ends."""
    for j in range(many):
        a, b = held[j, 0], held[j, 1]
        if touched[i] >= 0 and (a > 0.0 or touched[i] < k - 1):
            _close(c, h, p, i, since[i], (touched[i] + 1) * h, place, out, count)
            touched[i] = -2
        if touched[i] < 0:
            since[i] = (k + a) * h
        touched[i] = k
        if b < 1.0:
            _close(c, h, p, i, since[i], (k + b) * h, place, out, count)
            touched[i] = -2


@inner
def _room(place: Ints, out: Floats, more: int) -> tuple[Ints, Floats]:
    """The same arrays with room for more rows, at least half as many again."""
    more = max(more, len(place) // 2)
    return np.concatenate((place, np.empty(more, np.int64))), np.concatenate((out, np.empty((more, 3))))


@kernel
def sweep(
    c: Floats, h: float, p: Floats, cells: Ints, grid: tuple[int, int], cap: Floats, rise: Floats, near: Floats,
    cosine: float, squared: tuple[bool, bool],
) -> tuple[Ints, Floats]:  # fmt: skip
    """Every window: number of the place (in the order of the cells), and start, closest approach and stop (s).

    ``cosine`` of the most off-nadir angle, below -1 for none; ``rise`` and ``near``: margins of the two signals.
    """
    ends, runs = nodes(c, h), np.empty((2 * grid[0] + 2, 2), np.int64)
    high, low = np.empty((7, p.shape[1])), np.empty((7, p.shape[1]))
    work, one, two, both = np.empty((PIECES, 6)), np.empty((16, 2)), np.empty((16, 2)), np.empty((16, 2))
    since, touched = np.empty(p.shape[1]), np.full(p.shape[1], -2)
    place, out, count = np.empty(1024, np.int64), np.empty((1024, 3)), np.zeros(1, np.int64)
    for k in range(len(c)):
        rises, looks = cap[k, 3] == inf, cosine >= -1.0
        for run in range(runs_of_cap(cap[k], cells, grid[0], grid[1], runs)):
            first, last = runs[run, 0], runs[run, 1]
            if count[0] + 8 * (last - first) > len(place):
                place, out = _room(place, out, 8 * (last - first))
            if rises:
                elevation_hulls(first, last, ends[k], ends[k + 1], rise[k], h, p, squared[0], high)
            if looks:
                off_nadir_hulls(first, last, ends[k], ends[k + 1], near[k], h, p, cosine, squared[1], cap[k, 3], low)
            for i in range(first, last):
                if (rises and high[5, i] <= 0.0) or (looks and low[5, i] <= 0.0):
                    continue
                many, held = 1, one
                one[0, 0], one[0, 1] = 0.0, 1.0
                if rises and high[6, i] <= 0.0:
                    many = stretches(c, k, h, p, i, False, cosine, squared[0], high[:, i], work, one)
                if looks and low[6, i] <= 0.0:
                    second = stretches(c, k, h, p, i, True, cosine, squared[1], low[:, i], work, two)
                    many, held = _both(one, many, two, second, both), both
                _follow(c, h, p, i, k, held, many, since, touched, place, out, count)
    place, out = _room(place, out, p.shape[1])
    for i in range(p.shape[1]):
        if touched[i] >= 0:
            _close(c, h, p, i, since[i], (touched[i] + 1) * h, place, out, count)
    return place[: count[0]], out[: count[0]]


@kernel
def in_order(place: Ints, times: Floats, name: Ints) -> tuple[npt.NDArray[np.int32], Floats, Floats, Floats]:
    """Windows sorted by the caller's number of the place; within a place they are in order of time already."""
    many, rows = len(name), len(place)
    starts = np.zeros(many + 1, np.int64)
    for n in range(rows):
        starts[name[place[n]] + 1] += 1
    starts = np.cumsum(starts)
    number = np.empty(rows, np.int32)
    start, closest, stop = np.empty(rows), np.empty(rows), np.empty(rows)
    for n in range(rows):
        who = name[place[n]]
        row = starts[who]
        starts[who] += 1
        number[row], start[row], closest[row], stop[row] = who, times[n, 0], times[n, 1], times[n, 2]
    return number, start, closest, stop
