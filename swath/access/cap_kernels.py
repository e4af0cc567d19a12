"""Hot loops of access, first part: where to look in each step, and how far a signal can stray from its cubic."""

from __future__ import annotations

from math import acos, asin, atan2, cos, floor, hypot, inf, pi, sin, sqrt

import numpy as np
import numpy.typing as npt

from swath.access.signal_kernels import inner, kernel, state

__all__ = ["bounds", "caps", "margins", "runs_of_cap"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TILT = 0.0034
"""rad, 0.195 deg: the ellipsoid's normal is never further from the line to the Earth's centre"""


@inner
def _largest(c: Floats, k: int, h: float, out: Floats) -> None:
    for i in range(6):
        out[i] = inf if i == 4 else 0.0
    for part in range(3):
        u = 0.5 * part
        v = a = j = s = r = 0.0
        for i in range(3):
            c0, c1, c2, c3, c4, c5 = c[k, 0, i], c[k, 1, i], c[k, 2, i], c[k, 3, i], c[k, 4, i], c[k, 5, i]
            r += (c0 + u * (c1 + u * (c2 + u * (c3 + u * (c4 + u * c5))))) ** 2
            v += (c1 + u * (2.0 * c2 + u * (3.0 * c3 + u * (4.0 * c4 + u * 5.0 * c5)))) ** 2
            a += (2.0 * c2 + u * (6.0 * c3 + u * (12.0 * c4 + u * 20.0 * c5))) ** 2
            j += (6.0 * c3 + u * (24.0 * c4 + u * 60.0 * c5)) ** 2
            s += (24.0 * c4 + u * 120.0 * c5) ** 2
        out[0], out[1] = max(out[0], sqrt(v) / h), max(out[1], sqrt(a) / h**2)
        out[2], out[3] = max(out[2], sqrt(j) / h**3), max(out[3], sqrt(s) / h**4)
        out[4], out[5] = min(out[4], sqrt(r)), max(out[5], sqrt(r))
    for i in range(4):
        out[i] *= 1.2
    bend = out[1] * h * h / 8.0
    out[4] -= bend
    out[5] += bend


@kernel
def bounds(c: Floats, h: float) -> Floats:
    """Of speed, acceleration, third and fourth derivative, least and largest radius in each step, ``(n, 6)``."""
    out = np.empty((len(c), 6))
    for k in range(len(c)):
        _largest(c, k, h, out[k])
    return out


@kernel
def margins(bound: Floats, h: float, highest: float, for_nadir: bool) -> Floats:
    """How far can a signal stray from its Hermite cubic in each step? ``(n, 8)``, the terms of ``_slack``.

    From bounds of its fourth derivative, by Leibniz. ``highest`` is the largest distance (m) of a place from the
    Earth's centre. The last column but one is the least range; the reach takes the nearer end of the step towards it.
    """
    n = len(bound)
    out = np.empty((n, 8))
    share = h**4 / 384.0
    for k in range(n):
        v, a, j, s, low, high = bound[k, 0], bound[k, 1], bound[k, 2], bound[k, 3], bound[k, 4], bound[k, 5]
        far = high + highest
        x1, x2, x3, x4 = v, a, j, s
        if for_nadir:
            turn = max(v / low, sqrt(a / low), (j / low) ** (1.0 / 3.0), (s / low) ** 0.25)
            x1, x2, x3, x4 = far * turn, 1.5 * far * turn**2, 3.0 * far * turn**3, 10.0 * far * turn**4
        bent = 2.0 * (far * s + 4.0 * v * j + 3.0 * a * a)
        out[k, 0] = share * (2.0 * far * x4 + 8.0 * x1 * x3 + 6.0 * x2 * x2 + bent)
        out[k, 1] = share * x4
        out[k, 2], out[k, 3] = share * (6.0 * a * a + 8.0 * v * j), share * 18.0 * v * v * a
        out[k, 4], out[k, 7] = share * 3.0 * v**4, share * s
        out[k, 5], out[k, 6] = 0.5 * v * h, max(low - highest, 1e3)
    return out


@inner
def _by_elevation(radius: float, lowest: float, elevation: float) -> float:
    """How far (rad) from the point below a satellite can it stand so high?"""
    least = max(elevation - _TILT, -0.5 * pi)
    return acos(min(lowest / radius * cos(least), 1.0)) - least


@inner
def _by_nadir(radius: float, lowest: float, elevation: float, nadir: float, way: float) -> tuple[float, float]:
    """How far (rad) from the point below can a place lie within an off-nadir angle, on this side of the Earth?

    And the square of a range between those of this side and of the far side, given that the satellite moves by ``way``
    in a step; where it cannot tell them apart, or the horizon can be in between, the reach is -1.
    """
    most, least = min(nadir + _TILT, 0.5 * pi), max(elevation - _TILT, -0.5 * pi)
    sine, ratio = sin(most), lowest / radius
    if sine >= ratio * cos(least) or sine >= ratio or radius * sqrt(ratio * ratio - sine * sine) < 1.2 * way:
        return -1.0, inf
    return asin(sine / ratio) - most, (radius * cos(most)) ** 2


@kernel
def caps(c: Floats, bound: Floats, h: float, lowest: float, limits: Floats) -> Floats:
    """Where can the limits be met in each step? ``(n, 4)``: longitude, latitude and radius (rad) of a cap.

    And the square of a range (m2) beyond which the off-nadir angle holds only on the far side: infinite where the
    elevation has to be asked. ``limits``: least and largest of the least elevations (rad) over the places, most
    off-nadir angle (negative: none). ``lowest``: least distance (m) of a place from the Earth's centre.
    """
    n = len(c)
    out = np.empty((n, 4))
    for k in range(n):
        most = bound[k]
        x, y, z, _, _, _, _, _ = state(c, k, 0.5, h)
        far = 0.0
        long = sqrt(x * x + y * y + z * z)
        for part in range(2):
            ex, ey, ez, _, _, _, _, _ = state(c, k, float(part), h)
            cosine = (x * ex + y * ey + z * ez) / long / sqrt(ex * ex + ey * ey + ez * ez)
            far = max(far, acos(max(min(cosine, 1.0), -1.0)))
        near, beyond = -1.0, inf
        if limits[2] >= 0.0:
            near, beyond = _by_nadir(most[5], lowest, max(limits[1], 0.0), limits[2], most[0] * h)
            if limits[0] < 0.0 and _by_nadir(most[5], lowest, limits[0], limits[2], most[0] * h)[0] < 0.0:
                near, beyond = -1.0, inf
        reach = near if near >= 0.0 else _by_elevation(most[5], lowest, limits[0])
        # Between the ends the track bends off the arc by far less than a tenth of it.
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = (
            atan2(y, x),
            atan2(z, hypot(x, y)),
            reach + 1.1 * far + 1e-6,
            beyond,
        )
    return out


@inner
def runs_of_cap(cap: Floats, cells: Ints, bands: int, across: int, out: Ints) -> int:
    """Runs of places (sorted by cell) that hold all of a cap; how many runs."""
    lon, lat, reach = cap[0], cap[1], cap[2]
    first = max(int((lat - reach + 0.5 * pi) / pi * bands), 0)
    last = min(int((lat + reach + 0.5 * pi) / pi * bands), bands - 1)
    half = pi
    if abs(lat) + reach < 0.5 * pi:
        half = asin(sin(reach) / cos(lat)) + 1e-9
    west = floor((lon - half + pi) / (2.0 * pi) * across)
    east = floor((lon + half + pi) / (2.0 * pi) * across)
    whole = east - west + 1 >= across
    west = west % across
    east = east % across
    found = 0
    for band in range(first, last + 1):
        base = band * across
        for part in range(2):
            begin, end = (0, across) if whole else (west, east + 1)
            if not whole and west > east:
                begin, end = (0, east + 1) if part == 0 else (west, across)
            elif part == 1:
                continue
            if cells[base + begin] < cells[base + end]:
                out[found, 0], out[found, 1] = cells[base + begin], cells[base + end]
                found += 1
    return found
