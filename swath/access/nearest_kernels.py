"""Hot loops of access: when in a window is the range least?"""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

from swath.access.signal_kernels import inner, state

__all__ = ["approach", "nearest"]

Floats = npt.NDArray[np.float64]


@inner
def _range_rate(c: Floats, h: float, t: float, p: Floats, i: int) -> tuple[float, float]:
    """Range times range rate (m2/s) and its rate at second ``t``."""
    k = max(min(int(t / h), len(c) - 1), 0)
    u = t / h - k
    x, y, z, vx, vy, vz, _, _ = state(c, k, u, h)
    ex, ey, ez = x - p[i, 0], y - p[i, 1], z - p[i, 2]
    bend = 0.0
    for axis in range(3):
        e = ex if axis == 0 else (ey if axis == 1 else ez)
        second = 2.0 * c[k, 2, axis] + u * (6.0 * c[k, 3, axis] + u * (12.0 * c[k, 4, axis] + u * 20.0 * c[k, 5, axis]))
        bend += e * second
    return ex * vx + ey * vy + ez * vz, vx * vx + vy * vy + vz * vz + bend / h**2


@inner
def _range2(c: Floats, h: float, t: float, p: Floats, i: int) -> float:
    k = max(min(int(t / h), len(c) - 1), 0)
    x, y, z, _, _, _, _, _ = state(c, k, t / h - k, h)
    return float((x - p[i, 0]) ** 2 + (y - p[i, 1]) ** 2 + (z - p[i, 2]) ** 2)


@inner
def nearest(c: Floats, h: float, start: float, stop: float, p: Floats, i: int) -> float:
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
def approach(c: Floats, h: float, k: int, guess: float, p: Floats, i: int) -> tuple[float, float, float]:
    """The closest approach in step ``k`` from a good guess: ``u``, the range squared, and the doubt (s)."""
    t, step = (k + guess) * h, 0.0
    for _ in range(2):
        d, rate = _range_rate(c, h, t, p, i)
        step = d / rate
        t -= step
    return t / h - k, _range2(c, h, t, p, i), step * step / h
