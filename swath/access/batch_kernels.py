"""Hot loops of access, the plain cases: crossings and closest approaches in one step, ``LANES`` at a time.

A batch is a flat array of rows of ``LANES`` numbers. All in it lie in the same step, so the polynomial is shared and
the compiler makes one instruction of eight. What does not settle in the fixed number of rounds says so.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from swath.access.signal_kernels import LANES, inner, larger, signal, smaller

__all__ = ["BATCH", "refine_crossings", "refine_nearest"]

Floats = npt.NDArray[np.float64]

BATCH = 16
"""rows: cubic of the signal (four), bracket (two), crossing, p (three), up (three), sine of the least elevation, bend
over slope, doubt (s)"""
_ROUNDS = 5


@inner
def _cubic_roots(b: Floats) -> None:
    """The zero of each cubic in its bracket, by Newton from the guess, and the bend over the slope there."""
    for i in range(LANES):
        c0, c1, c2, c3 = b[i], b[LANES + i], b[2 * LANES + i], b[3 * LANES + i]
        low, high, x = b[4 * LANES + i], b[5 * LANES + i], b[6 * LANES + i]
        for _ in range(_ROUNDS):
            x -= (c0 + x * (c1 + x * (c2 + x * c3))) / (c1 + x * (2.0 * c2 + x * 3.0 * c3))
            x = smaller(larger(x, low), high)
        b[6 * LANES + i] = x
        b[14 * LANES + i] = abs((2.0 * c2 + 6.0 * c3 * x) / (c1 + x * (2.0 * c2 + x * 3.0 * c3)))


@inner
def _step(b: Floats, i: int, x: float, f: float, df: float, h: float) -> None:
    """One step of Newton; its error is the square of the step times half of the bend over the slope."""
    new = x - f / df
    inside = (new >= b[4 * LANES + i]) & (new <= b[5 * LANES + i])
    b[6 * LANES + i] = new
    b[15 * LANES + i] = (b[14 * LANES + i] + 1.0) * (new - x) * (new - x) * h if inside else 1e9


@inner
def _polynomial(c: Floats) -> tuple[float, ...]:
    return (
        c[0, 0], c[1, 0], c[2, 0], c[3, 0], c[4, 0], c[5, 0], c[0, 1], c[1, 1], c[2, 1], c[3, 1], c[4, 1], c[5, 1],
        c[0, 2], c[1, 2], c[2, 2], c[3, 2], c[4, 2], c[5, 2],
    )  # fmt: skip


@inner
def _elevations(b: Floats, c: Floats, h: float, squared: bool) -> None:
    x0, x1, x2, x3, x4, x5, y0, y1, y2, y3, y4, y5, z0, z1, z2, z3, z4, z5 = _polynomial(c)
    for i in range(LANES):
        u = b[6 * LANES + i]
        x = x0 + u * (x1 + u * (x2 + u * (x3 + u * (x4 + u * x5)))) - b[7 * LANES + i]
        y = y0 + u * (y1 + u * (y2 + u * (y3 + u * (y4 + u * y5)))) - b[8 * LANES + i]
        z = z0 + u * (z1 + u * (z2 + u * (z3 + u * (z4 + u * z5)))) - b[9 * LANES + i]
        vx = x1 + u * (2.0 * x2 + u * (3.0 * x3 + u * (4.0 * x4 + u * 5.0 * x5)))
        vy = y1 + u * (2.0 * y2 + u * (3.0 * y3 + u * (4.0 * y4 + u * 5.0 * y5)))
        vz = z1 + u * (2.0 * z2 + u * (3.0 * z3 + u * (4.0 * z4 + u * 5.0 * z5)))
        ux, uy, uz, s = b[10 * LANES + i], b[11 * LANES + i], b[12 * LANES + i], b[13 * LANES + i]
        square, d = x * x + y * y + z * z, x * vx + y * vy + z * vz
        f, df = signal(x * ux + y * uy + z * uz, vx * ux + vy * uy + vz * uz, square, d, s, squared)
        _step(b, i, u, f, df, h)


@inner
def _off_nadirs(b: Floats, c: Floats, h: float, s: float, squared: bool) -> None:
    x0, x1, x2, x3, x4, x5, y0, y1, y2, y3, y4, y5, z0, z1, z2, z3, z4, z5 = _polynomial(c)
    w0, w1, w2, w3 = c[0, 3], c[1, 3], c[2, 3], c[3, 3]
    for i in range(LANES):
        u = b[6 * LANES + i]
        qx = x0 + u * (x1 + u * (x2 + u * (x3 + u * (x4 + u * x5))))
        qy = y0 + u * (y1 + u * (y2 + u * (y3 + u * (y4 + u * y5))))
        z = z0 + u * (z1 + u * (z2 + u * (z3 + u * (z4 + u * z5))))
        vx = x1 + u * (2.0 * x2 + u * (3.0 * x3 + u * (4.0 * x4 + u * 5.0 * x5)))
        vy = y1 + u * (2.0 * y2 + u * (3.0 * y3 + u * (4.0 * y4 + u * 5.0 * y5)))
        vz = z1 + u * (2.0 * z2 + u * (3.0 * z3 + u * (4.0 * z4 + u * 5.0 * z5)))
        qz = z - (w0 + u * (w1 + u * (w2 + u * w3)))
        tz = vz - (w1 + u * (2.0 * w2 + u * 3.0 * w3))
        ex, ey, ez = qx - b[7 * LANES + i], qy - b[8 * LANES + i], z - b[9 * LANES + i]
        shrink = 1.0 / sqrt(qx * qx + qy * qy + qz * qz)
        qx, qy, qz = qx * shrink, qy * shrink, qz * shrink
        above, away = ex * qx + ey * qy + ez * qz, vx * qx + vy * qy + tz * qz
        rate = vx * qx + vy * qy + vz * qz + (ex * vx + ey * vy + ez * tz - above * away) * shrink
        f, df = signal(above, rate, ex * ex + ey * ey + ez * ez, ex * vx + ey * vy + ez * vz, s, squared)
        _step(b, i, u, f, df, h)


@inner
def refine_crossings(b: Floats, c: Floats, h: float, nadir: bool, cosine: float, squared: bool) -> None:
    """Where does each signal cross zero? By its cubic, then one step of Newton on the signal itself.

    ``c``: the polynomial of the step. Afterwards row 6 holds the crossing (u), row 15 by how much it may be wrong (s).
    """
    _cubic_roots(b)
    for _ in range(2):
        if nadir:
            _off_nadirs(b, c, h, cosine, squared)
        else:
            _elevations(b, c, h, squared)


@inner
def refine_nearest(b: Floats, c: Floats, h: float) -> None:
    """When is each range least? Rows 0, 1: e.v at both ends (m2/s), below and above zero; rows 7 to 9: the place.

    Afterwards row 6 holds the moment (u), row 5 the range squared, row 15 by how much the moment may be wrong (s).
    """
    x0, x1, x2, x3, x4, x5, y0, y1, y2, y3, y4, y5, z0, z1, z2, z3, z4, z5 = _polynomial(c)
    for i in range(LANES):
        px, py, pz = b[7 * LANES + i], b[8 * LANES + i], b[9 * LANES + i]
        u = b[i] / (b[i] - b[LANES + i])
        square = doubt = 0.0
        for _ in range(2):
            x = x0 + u * (x1 + u * (x2 + u * (x3 + u * (x4 + u * x5)))) - px
            y = y0 + u * (y1 + u * (y2 + u * (y3 + u * (y4 + u * y5)))) - py
            z = z0 + u * (z1 + u * (z2 + u * (z3 + u * (z4 + u * z5)))) - pz
            vx = x1 + u * (2.0 * x2 + u * (3.0 * x3 + u * (4.0 * x4 + u * 5.0 * x5)))
            vy = y1 + u * (2.0 * y2 + u * (3.0 * y3 + u * (4.0 * y4 + u * 5.0 * y5)))
            vz = z1 + u * (2.0 * z2 + u * (3.0 * z3 + u * (4.0 * z4 + u * 5.0 * z5)))
            ax = 2.0 * x2 + u * (6.0 * x3 + u * (12.0 * x4 + u * 20.0 * x5))
            ay = 2.0 * y2 + u * (6.0 * y3 + u * (12.0 * y4 + u * 20.0 * y5))
            az = 2.0 * z2 + u * (6.0 * z3 + u * (12.0 * z4 + u * 20.0 * z5))
            square = x * x + y * y + z * z
            step = (x * vx + y * vy + z * vz) / (vx * vx + vy * vy + vz * vz + x * ax + y * ay + z * az)
            u, doubt = u - step, step * step
        b[5 * LANES + i], b[6 * LANES + i], b[15 * LANES + i] = square, u, doubt * h
