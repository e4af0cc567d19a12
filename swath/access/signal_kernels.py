"""Hot loops of access, lower half: where a satellite is, and how far it is from satisfying a condition.

Plain arrays in and out. Motion is a polynomial of degree five (or less) in each step, ``c[step, power, xyz + foot]``
in ``u`` from 0 to 1; ``foot`` is the z at which the nadir line meets the Earth's axis (0 for the geocentric nadir), so
that down is ``-(r - foot) / |r - foot|`` for both nadirs.

Both conditions have one form. With ``e`` from the place to the satellite, elevation at least E is ``e.up > sin(E) |e|``
and off-nadir at most X is ``e.q > cos(X) |e|``, ``q`` the unit vector against down. The signal is the difference of the
two sides, or of their squares with sign: with a large sine the root bends the plain difference within a step, while the
squares are nearly polynomials.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "NODE",
    "PLACE",
    "coefficients",
    "elevation_at",
    "elevation_hulls",
    "foot",
    "inner",
    "kernel",
    "nodes",
    "off_nadir_at",
    "off_nadir_hulls",
    "state",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "fastmath": {"contract", "nsz"}}
_BARE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
kernel: Any = njit(**_OPTIONS)
inner: Any = njit(**_OPTIONS, **_BARE)
"""for what only kernels call, a quarter less to compile; called from Python such a function crashes"""

NODE = 16
"""r, v, q and dq/dt (three each), r.r, r.v, r.q and d(r.q)/dt"""
PLACE = 9
"""rows of a place: p (three), up (three), p.up, p.p, sine of the least elevation"""

_A, _F = 6378137.0, 1.0 / 298.257223563
_B = _A * (1.0 - _F)
_E2 = _F * (2.0 - _F)
_EP2 = _E2 / (1.0 - _E2)


@inner
def state(c: Floats, k: int, u: float, h: float) -> tuple[float, ...]:
    """Position (m), velocity (m/s), foot of the nadir line (m) and its rate at ``u`` of step ``k``."""
    s = c[k]
    x = s[0, 0] + u * (s[1, 0] + u * (s[2, 0] + u * (s[3, 0] + u * (s[4, 0] + u * s[5, 0]))))
    y = s[0, 1] + u * (s[1, 1] + u * (s[2, 1] + u * (s[3, 1] + u * (s[4, 1] + u * s[5, 1]))))
    z = s[0, 2] + u * (s[1, 2] + u * (s[2, 2] + u * (s[3, 2] + u * (s[4, 2] + u * s[5, 2]))))
    vx = s[1, 0] + u * (2.0 * s[2, 0] + u * (3.0 * s[3, 0] + u * (4.0 * s[4, 0] + u * 5.0 * s[5, 0])))
    vy = s[1, 1] + u * (2.0 * s[2, 1] + u * (3.0 * s[3, 1] + u * (4.0 * s[4, 1] + u * 5.0 * s[5, 1])))
    vz = s[1, 2] + u * (2.0 * s[2, 2] + u * (3.0 * s[3, 2] + u * (4.0 * s[4, 2] + u * 5.0 * s[5, 2])))
    w = s[0, 3] + u * (s[1, 3] + u * (s[2, 3] + u * s[3, 3]))
    vw = s[1, 3] + u * (2.0 * s[2, 3] + u * 3.0 * s[3, 3])
    return x, y, z, vx / h, vy / h, vz / h, w, vw / h


@inner
def foot(x: float, y: float, z: float) -> float:
    """Z (m) where the ellipsoid's normal through a point meets the axis (Bowring 1985)."""
    level, far = sqrt(x * x + y * y), sqrt(x * x + y * y + z * z)
    s, c = z * _B * (1.0 + _EP2 * _B / far), level * _A
    long = sqrt(s * s + c * c)
    s, c = s / long, c / long
    s, c = z + _EP2 * _B * s**3, level - _E2 * _A * c**3
    sine = s / sqrt(s * s + c * c)
    return -_E2 * _A / sqrt(1.0 - _E2 * sine * sine) * sine


@kernel
def coefficients(r: Floats, v: Floats, h: float, geodetic: bool) -> Floats:
    """Cubics between states, ``(n, 6, 4)``."""
    n = len(r) - 1
    c = np.zeros((n, 6, 4))
    at, rate = np.zeros(4), np.zeros(4)
    for k in range(n + 1):
        before, slope = at.copy(), rate.copy()
        for j in range(3):
            at[j], rate[j] = r[k, j], v[k, j] * h
        if geodetic:
            x, y, z, vx, vy, vz = r[k, 0], r[k, 1], r[k, 2], v[k, 0], v[k, 1], v[k, 2]
            at[3] = foot(x, y, z)
            ahead = foot(x + 0.5 * vx, y + 0.5 * vy, z + 0.5 * vz)
            rate[3] = (ahead - foot(x - 0.5 * vx, y - 0.5 * vy, z - 0.5 * vz)) * h
        if k > 0:
            for j in range(4):
                way = at[j] - before[j]
                c[k - 1, 0, j], c[k - 1, 1, j] = before[j], slope[j]
                c[k - 1, 2, j] = 3.0 * way - 2.0 * slope[j] - rate[j]
                c[k - 1, 3, j] = slope[j] + rate[j] - 2.0 * way
    return c


@kernel
def nodes(c: Floats, h: float) -> Floats:
    """What the signals need of the satellite at the ends of the steps, ``(n + 1, NODE)``."""
    n = len(c)
    out = np.empty((n + 1, NODE))
    for k in range(n + 1):
        x, y, z, vx, vy, vz, w, vw = state(c, k, 0.0, h) if k < n else state(c, n - 1, 1.0, h)
        long = sqrt(x * x + y * y + (z - w) ** 2)
        qx, qy, qz = x / long, y / long, (z - w) / long
        away = qx * vx + qy * vy + qz * (vz - vw)
        tx, ty, tz = (vx - qx * away) / long, (vy - qy * away) / long, (vz - vw - qz * away) / long
        out[k, 0], out[k, 1], out[k, 2], out[k, 3], out[k, 4], out[k, 5] = x, y, z, vx, vy, vz
        out[k, 6], out[k, 7], out[k, 8], out[k, 9], out[k, 10], out[k, 11] = qx, qy, qz, tx, ty, tz
        out[k, 12], out[k, 13] = x * x + y * y + z * z, x * vx + y * vy + z * vz
        out[k, 14] = x * qx + y * qy + z * qz
        out[k, 15] = vx * qx + vy * qy + vz * qz + x * tx + y * ty + z * tz
    return out


@inner
def _signal(x: float, dx: float, square: float, d: float, s: float, squared: bool) -> tuple[float, float]:
    """Signal and rate of ``x > s |e|``, given ``|e|^2`` and ``e.v``."""
    if squared:
        return x * abs(x) - s * abs(s) * square, 2.0 * (abs(x) * dx - s * abs(s) * d)
    far = sqrt(square)
    return x - s * far, dx - s * d / far


@inner
def elevation_at(c: Floats, k: int, u: float, h: float, p: Floats, i: int, squared: bool) -> tuple[float, float]:
    """Signal of the elevation at place ``i``, and its derivative by ``u``."""
    x, y, z, vx, vy, vz, _, _ = state(c, k, u, h)
    ex, ey, ez = x - p[0, i], y - p[1, i], z - p[2, i]
    above = ex * p[3, i] + ey * p[4, i] + ez * p[5, i]
    rate = vx * p[3, i] + vy * p[4, i] + vz * p[5, i]
    f, df = _signal(above, rate, ex * ex + ey * ey + ez * ez, ex * vx + ey * vy + ez * vz, p[8, i], squared)
    return f, df * h


@inner
def off_nadir_at(
    c: Floats, k: int, u: float, h: float, p: Floats, i: int, cosine: float, squared: bool
) -> tuple[float, float]:
    """Signal of the off-nadir angle of place ``i``, and its derivative by ``u``."""
    x, y, z, vx, vy, vz, w, vw = state(c, k, u, h)
    ex, ey, ez = x - p[0, i], y - p[1, i], z - p[2, i]
    long = sqrt(x * x + y * y + (z - w) ** 2)
    qx, qy, qz = x / long, y / long, (z - w) / long
    above = ex * qx + ey * qy + ez * qz
    away = qx * vx + qy * vy + qz * (vz - vw)
    turning = (ex * vx + ey * vy + ez * (vz - vw) - above * away) / long
    rate = vx * qx + vy * qy + vz * qz + turning
    f, df = _signal(above, rate, ex * ex + ey * ey + ez * ez, ex * vx + ey * vy + ez * vz, cosine, squared)
    return f, df * h


@inner
def _hull(fa: float, sa: float, fb: float, sb: float, slack: float) -> tuple[float, float]:
    """Between which values does a signal stay in a step? Bezier hull of its Hermite cubic, and the cubic's error."""
    b1, b2 = fa + sa / 3.0, fb - sb / 3.0
    return max(fa, b1, b2, fb) + slack, min(fa, b1, b2, fb) - slack


@inner
def _slack(m: Floats, square_a: float, square_b: float, s: float, squared: bool) -> float:
    """How far may a signal stray from its Hermite cubic in a step? ``m``: see ``kernels.margins``."""
    if squared:
        return float(m[0])
    near = 1.0 / max(sqrt(min(square_a, square_b)) - m[5], m[6])
    return float(m[1] + abs(s) * (((m[4] * near + m[3]) * near + m[2]) * near + m[7]))


@inner
def elevation_hulls(
    low: int, high: int, a: Floats, b: Floats, m: Floats, h: float, p: Floats, squared: bool, out: Floats
) -> None:
    """Signals at both ends of a step and their hulls, for the places ``low`` to ``high``: rows 0 to 6 of ``out``."""
    for i in range(low, high):
        px, py, pz, ux, uy, uz, pu, pp, s = (
            p[0, i],
            p[1, i],
            p[2, i],
            p[3, i],
            p[4, i],
            p[5, i],
            p[6, i],
            p[7, i],
            p[8, i],
        )
        above = a[0] * ux + a[1] * uy + a[2] * uz - pu
        square_a = a[12] + pp - 2.0 * (a[0] * px + a[1] * py + a[2] * pz)
        d = a[13] - (a[3] * px + a[4] * py + a[5] * pz)
        fa, sa = _signal(above, a[3] * ux + a[4] * uy + a[5] * uz, square_a, d, s, squared)
        above = b[0] * ux + b[1] * uy + b[2] * uz - pu
        square_b = b[12] + pp - 2.0 * (b[0] * px + b[1] * py + b[2] * pz)
        d = b[13] - (b[3] * px + b[4] * py + b[5] * pz)
        fb, sb = _signal(above, b[3] * ux + b[4] * uy + b[5] * uz, square_b, d, s, squared)
        slack = _slack(m, square_a, square_b, s, squared)
        out[0, i], out[1, i], out[2, i], out[3, i], out[4, i] = fa, sa * h, fb, sb * h, slack
        out[5, i], out[6, i] = _hull(fa, sa * h, fb, sb * h, slack)


@inner
def off_nadir_hulls(
    low: int, high: int, a: Floats, b: Floats, m: Floats, h: float, p: Floats, s: float, squared: bool, beyond: float,
    out: Floats,
) -> None:  # fmt: skip
    """The same for the off-nadir angle; ``beyond`` that range (m, squared) a place is on the far side of the Earth."""
    for i in range(low, high):
        px, py, pz, pp = p[0, i], p[1, i], p[2, i], p[7, i]
        above = a[14] - (a[6] * px + a[7] * py + a[8] * pz)
        square_a = a[12] + pp - 2.0 * (a[0] * px + a[1] * py + a[2] * pz)
        d = a[13] - (a[3] * px + a[4] * py + a[5] * pz)
        fa, sa = _signal(above, a[15] - (a[9] * px + a[10] * py + a[11] * pz), square_a, d, s, squared)
        above = b[14] - (b[6] * px + b[7] * py + b[8] * pz)
        square_b = b[12] + pp - 2.0 * (b[0] * px + b[1] * py + b[2] * pz)
        d = b[13] - (b[3] * px + b[4] * py + b[5] * pz)
        fb, sb = _signal(above, b[15] - (b[9] * px + b[10] * py + b[11] * pz), square_b, d, s, squared)
        slack = _slack(m, square_a, square_b, s, squared)
        out[0, i], out[1, i], out[2, i], out[3, i], out[4, i] = fa, sa * h, fb, sb * h, slack
        out[5, i], out[6, i] = _hull(fa, sa * h, fb, sb * h, slack)
        if min(square_a, square_b) > beyond:
            out[5, i] = -1.0
