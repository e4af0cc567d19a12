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

from swath.orbit.table_kernels import quintics

__all__ = [
    "HULL",
    "LANES",
    "NODE",
    "PLACE",
    "coefficients",
    "elevation_at",
    "elevation_hulls",
    "foot",
    "inner",
    "kernel",
    "larger",
    "nodes",
    "off_nadir_at",
    "off_nadir_hulls",
    "signal",
    "smaller",
    "state",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "fastmath": {"contract", "nsz"}}
_BARE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
kernel: Any = njit(**_OPTIONS)
inner: Any = njit(**_OPTIONS, **_BARE)
"""for what only kernels call and makes no array: without counting references, which would take most of the time"""

NODE = 16
"""r, v, q and dq/dt (three each), r.r, r.v, r.q and d(r.q)/dt"""
PLACE = 9
"""of a place: p (three), up (three), p.up, p.p, sine of the least elevation"""
LANES = 16
"""places worked on at once; a fixed number, so that the compiler makes one instruction of eight"""
HULL = 9
"""of a signal in a step: value and slope (by u) at its start and at its end, slack, most, least; e.v at both ends"""

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
def coefficients(r: Floats, v: Floats, a: Floats, h: float, geodetic: bool) -> Floats:
    """The polynomials of ``orbit.table_kernels.quintics`` and, beside them, cubics of the foot: ``(n, 6, 4)``."""
    n = len(r) - 1
    c, motion = np.empty((n, 6, 4)), quintics(r, v, a, h)
    for k in range(n):
        for power in range(6):
            c[k, power, 0], c[k, power, 1] = motion[k, power, 0], motion[k, power, 1]
            c[k, power, 2], c[k, power, 3] = motion[k, power, 2], 0.0
    at = rate = 0.0
    for k in range(n + 1 if geodetic else 0):
        before, slope = at, rate
        x, y, z, vx, vy, vz = r[k, 0], r[k, 1], r[k, 2], v[k, 0], v[k, 1], v[k, 2]
        at = foot(x, y, z)
        ahead, behind = foot(x + vx, y + vy, z + vz), foot(x - vx, y - vy, z - vz)
        rate = 0.5 * (ahead - behind) * h
        if k > 0:
            way = at - before
            c[k - 1, 0, 3], c[k - 1, 1, 3] = before, slope
            c[k - 1, 2, 3], c[k - 1, 3, 3] = 3.0 * way - 2.0 * slope - rate, slope + rate - 2.0 * way
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
def signal(x: float, dx: float, square: float, d: float, s: float, squared: bool) -> tuple[float, float]:
    """Signal and rate of ``x > s |e|``, given ``|e|^2`` and ``e.v``."""
    if squared:
        return x * abs(x) - s * abs(s) * square, 2.0 * (abs(x) * dx - s * abs(s) * d)
    far = sqrt(square)
    return x - s * far, dx - s * d / far


@inner
def elevation_at(c: Floats, k: int, u: float, h: float, p: Floats, i: int, squared: bool) -> tuple[float, float]:
    """Signal of the elevation at place ``i``, and its derivative by ``u``."""
    x, y, z, vx, vy, vz, _, _ = state(c, k, u, h)
    ex, ey, ez = x - p[i, 0], y - p[i, 1], z - p[i, 2]
    above = ex * p[i, 3] + ey * p[i, 4] + ez * p[i, 5]
    rate = vx * p[i, 3] + vy * p[i, 4] + vz * p[i, 5]
    f, df = signal(above, rate, ex * ex + ey * ey + ez * ez, ex * vx + ey * vy + ez * vz, p[i, 8], squared)
    return f, df * h


@inner
def off_nadir_at(
    c: Floats, k: int, u: float, h: float, p: Floats, i: int, cosine: float, squared: bool
) -> tuple[float, float]:
    """Signal of the off-nadir angle of place ``i``, and its derivative by ``u``."""
    x, y, z, vx, vy, vz, w, vw = state(c, k, u, h)
    ex, ey, ez = x - p[i, 0], y - p[i, 1], z - p[i, 2]
    long = sqrt(x * x + y * y + (z - w) ** 2)
    qx, qy, qz = x / long, y / long, (z - w) / long
    above = ex * qx + ey * qy + ez * qz
    away = qx * vx + qy * vy + qz * (vz - vw)
    turning = (ex * vx + ey * vy + ez * (vz - vw) - above * away) / long
    rate = vx * qx + vy * qy + vz * qz + turning
    f, df = signal(above, rate, ex * ex + ey * ey + ez * ez, ex * vx + ey * vy + ez * vz, cosine, squared)
    return f, df * h


@inner
def larger(a: float, b: float) -> float:
    """The larger of two numbers, in a form that the compiler does for eight at once."""
    return a if a > b else b


@inner
def smaller(a: float, b: float) -> float:
    """The smaller of two numbers."""
    return a if a < b else b


@inner
def _hull(out: Floats, i: int, fa: float, sa: float, fb: float, sb: float, slack: float, da: float, db: float) -> None:
    """Between which values does a signal stay in a step? Bezier hull of its Hermite cubic, and the cubic's error."""
    b1, b2 = fa + sa / 3.0, fb - sb / 3.0
    out[i], out[LANES + i], out[2 * LANES + i], out[3 * LANES + i], out[4 * LANES + i] = fa, sa, fb, sb, slack
    out[5 * LANES + i] = larger(larger(fa, b1), larger(b2, fb)) + slack
    out[6 * LANES + i] = smaller(smaller(fa, b1), smaller(b2, fb)) - slack
    out[7 * LANES + i], out[8 * LANES + i] = da, db


@inner
def _slack(
    m0: float, m1: float, m2: float, m3: float, m4: float, m5: float, m6: float, m7: float, square: float, s: float,
    squared: bool,
) -> float:  # fmt: skip
    """How far may a signal stray from its Hermite cubic in a step? ``m``: see ``cap_kernels.margins``."""
    if squared:
        return m0
    near = 1.0 / larger(sqrt(square) - m5, m6)
    return float(m1 + abs(s) * (((m4 * near + m3) * near + m2) * near + m7))


@inner
def elevation_hulls(p: Floats, a: Floats, b: Floats, m: Floats, h: float, squared: bool, out: Floats) -> None:
    """The elevation's hulls (``HULL`` rows of ``LANES``) in a step between the nodes ``a`` and ``b``, for one block."""
    ax, ay, az, avx, avy, avz, a2, arv = a[0], a[1], a[2], a[3], a[4], a[5], a[12], a[13]
    bx, by, bz, bvx, bvy, bvz, b2, brv = b[0], b[1], b[2], b[3], b[4], b[5], b[12], b[13]
    m0, m1, m2, m3, m4, m5, m6, m7 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]
    for i in range(LANES):
        x, y, z, u, v = p[i], p[LANES + i], p[2 * LANES + i], p[3 * LANES + i], p[4 * LANES + i]
        w, pu, pp, s = p[5 * LANES + i], p[6 * LANES + i], p[7 * LANES + i], p[8 * LANES + i]
        qa, qb = a2 + pp - 2.0 * (ax * x + ay * y + az * z), b2 + pp - 2.0 * (bx * x + by * y + bz * z)
        da, db = arv - (avx * x + avy * y + avz * z), brv - (bvx * x + bvy * y + bvz * z)
        fa, sa = signal(ax * u + ay * v + az * w - pu, avx * u + avy * v + avz * w, qa, da, s, squared)
        fb, sb = signal(bx * u + by * v + bz * w - pu, bvx * u + bvy * v + bvz * w, qb, db, s, squared)
        slack = _slack(m0, m1, m2, m3, m4, m5, m6, m7, smaller(qa, qb), s, squared)
        _hull(out, i, fa, sa * h, fb, sb * h, slack, da, db)


@inner
def off_nadir_hulls(
    p: Floats, a: Floats, b: Floats, m: Floats, h: float, s: float, squared: bool, beyond: float, out: Floats
) -> None:
    """The same for the off-nadir angle of cosine ``s``, on this side of the Earth."""
    ax, ay, az, avx, avy, avz, a2, arv = a[0], a[1], a[2], a[3], a[4], a[5], a[12], a[13]
    bx, by, bz, bvx, bvy, bvz, b2, brv = b[0], b[1], b[2], b[3], b[4], b[5], b[12], b[13]
    aqx, aqy, aqz, atx, aty, atz, arq, arate = a[6], a[7], a[8], a[9], a[10], a[11], a[14], a[15]
    bqx, bqy, bqz, btx, bty, btz, brq, brate = b[6], b[7], b[8], b[9], b[10], b[11], b[14], b[15]
    m0, m1, m2, m3, m4, m5, m6, m7 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]
    for i in range(LANES):
        x, y, z, pp = p[i], p[LANES + i], p[2 * LANES + i], p[7 * LANES + i]
        qa, qb = a2 + pp - 2.0 * (ax * x + ay * y + az * z), b2 + pp - 2.0 * (bx * x + by * y + bz * z)
        da, db = arv - (avx * x + avy * y + avz * z), brv - (bvx * x + bvy * y + bvz * z)
        above, rate = arq - (aqx * x + aqy * y + aqz * z), arate - (atx * x + aty * y + atz * z)
        fa, sa = signal(above, rate, qa, da, s, squared)
        above, rate = brq - (bqx * x + bqy * y + bqz * z), brate - (btx * x + bty * y + btz * z)
        fb, sb = signal(above, rate, qb, db, s, squared)
        slack = _slack(m0, m1, m2, m3, m4, m5, m6, m7, smaller(qa, qb), s, squared)
        _hull(out, i, fa, sa * h, fb, sb * h, slack, da, db)
        # Beyond that range a place is on the far side of the Earth.
        most = out[5 * LANES + i]
        out[5 * LANES + i] = most if smaller(qa, qb) <= beyond else -1.0
