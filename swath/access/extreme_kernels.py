"""Hot loops of access: when in a window is the range least, the satellite highest, the place nearest to its nadir?"""

from __future__ import annotations

from math import floor, sqrt

import numpy as np
import numpy.typing as npt

from swath.access.signal_kernels import elevation_at, inner, kernel, off_nadir_at, state

__all__ = ["EXTREMES", "approach", "extremes_of", "nearest"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EXTREMES = 5
"""least range: when and how far; greatest sine of elevation: when and how much; greatest cosine of off-nadir angle"""
_RANGE, _ELEVATION, _NADIR = 0, 1, 2
_MOMENT_S = 1e-8
_WHOLE_S = 1e-6
"""moments are whole numbers of it: edges that differ in their last digits then give the same numbers"""
_FEWEST = 4


@inner
def _height(c: Floats, h: float, t: float, p: Floats, i: int, of: int) -> tuple[float, float]:
    """What is to be greatest at second ``t`` (range: minus its square), and something of the sign of its rate."""
    k = max(min(int(t / h), len(c) - 1), 0)
    u = t / h - k
    x, y, z, vx, vy, vz, _, _ = state(c, k, u, h)
    ex, ey, ez = x - p[i, 0], y - p[i, 1], z - p[i, 2]
    square, coming = ex * ex + ey * ey + ez * ez, -(ex * vx + ey * vy + ez * vz)
    if of == _RANGE:
        return -square, coming
    if of == _NADIR:  # without a limit the signal is e.q itself, and e.up for the elevation
        over, rate = off_nadir_at(c, k, u, h, p, i, 0.0, False)
    else:
        over, rate = elevation_at(c, k, u, h, p, i, False)
    return over / sqrt(square), rate * square + over * coming * h


@inner
def _top(c: Floats, h: float, low: float, high: float, p: Floats, i: int, of: int) -> float:
    """The moment between two at which it is greatest, if it rises and then falls; the better of the two if not."""
    first, before = _height(c, h, low, p, i, of)
    last, after = _height(c, h, high, p, i, of)
    if before <= 0.0 or after >= 0.0:
        return low if first >= last else high
    t, side = low, 0
    for _ in range(60):  # regula falsi, the weight of an end that stays halved (Illinois)
        t = low + (high - low) * before / (before - after)
        _, rate = _height(c, h, t, p, i, of)
        if rate > 0.0:
            moved = t - low
            low, before = t, rate
            after = 0.5 * after if side == 1 else after
            side = 1
        else:
            moved = high - t
            high, after = t, rate
            before = 0.5 * before if side == -1 else before
            side = -1
        if moved < _MOMENT_S or high - low < _MOMENT_S or rate == 0.0:
            break
    whole: float = floor(t / _WHOLE_S + 0.5) * _WHOLE_S
    return whole


@inner
def _summit(c: Floats, h: float, start: float, stop: float, p: Floats, i: int, of: int) -> tuple[float, float]:
    """When in a window is it greatest, and how great? Beside each of the samples that is no less than its neighbours.

    Samples a step of the table apart (0.14 rad of perigee): no two tops lie between neighbours.
    """
    count = max(int((stop - start) / h) + 1, _FEWEST)
    wide = (stop - start) / count
    here, _ = _height(c, h, start, p, i, of)
    at, most, behind = start, here, here
    for n in range(count + 1):
        ahead = here
        if n < count:
            ahead, _ = _height(c, h, start + (n + 1) * wide, p, i, of)
        if here >= behind and here >= ahead:
            t = _top(c, h, max(start + (n - 1) * wide, start), min(start + (n + 1) * wide, stop), p, i, of)
            t = min(max(t, start), stop)
            top, _ = _height(c, h, t, p, i, of)
            if top > most:
                at, most = t, top
        behind, here = here, ahead
    return at, most


@inner
def nearest(c: Floats, h: float, start: float, stop: float, p: Floats, i: int) -> float:
    """When in a window is the range least?"""
    return float(_summit(c, h, start, stop, p, i, _RANGE)[0])


@inner
def approach(c: Floats, h: float, k: int, guess: float, p: Floats, i: int) -> tuple[float, float, float]:
    """The closest approach in step ``k`` from a good guess: ``u``, the range squared, and the doubt (s)."""
    t, step = (k + guess) * h, 0.0
    for _ in range(2):
        d, rate = _range_rate(c, h, t, p, i)
        step = d / rate
        t -= step
    square, _ = _height(c, h, t, p, i, _RANGE)
    return t / h - k, -square, step * step / h


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


@kernel
def extremes_of(c: Floats, h: float, places: Floats, which: Ints, start: Floats, stop: Floats) -> Floats:
    """The extremes of many windows of one satellite, ``(n, EXTREMES)``."""
    out = np.empty((len(which), EXTREMES))
    for n in range(len(which)):
        i, a, b = which[n], start[n], stop[n]
        out[n, 0], square = _summit(c, h, a, b, places, i, _RANGE)
        out[n, 1] = sqrt(-square)
        out[n, 2], out[n, 3] = _summit(c, h, a, b, places, i, _ELEVATION)
        _, out[n, 4] = _summit(c, h, a, b, places, i, _NADIR)
    return out
