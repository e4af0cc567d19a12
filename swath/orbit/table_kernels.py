"""Hot loops of tabulated motion: velocities, accelerations and polynomials out of positions in equal steps.

Plain arrays in and out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["derivatives", "quintics", "turned"]

Floats = npt.NDArray[np.float64]


@njit(cache=True, fastmath={"contract"})
def derivatives(r: Floats, step: float, weights: Floats) -> tuple[Floats, Floats]:
    """First and second derivative at each row ``(n, 3)`` of the polynomial through the rows next to it.

    ``weights``: ``[row asked for, derivative, row]`` per step, of a polynomial through so many neighbouring rows.
    """
    count, points = len(r), weights.shape[2]
    rate, bend = np.empty((count, 3)), np.empty((count, 3))
    for k in range(count):
        first = min(max(k - points // 2, 0), count - points)
        w = weights[k - first]
        for i in range(3):
            v = a = 0.0
            for j in range(points):
                v += w[1, j] * r[first + j, i]
                a += w[2, j] * r[first + j, i]
            rate[k, i], bend[k, i] = v / step, a / step**2
    return rate, bend


@njit(cache=True, fastmath={"contract"})
def quintics(r: Floats, v: Floats, a: Floats, step: float) -> Floats:
    """Polynomials of the part of a step gone by, ``(n - 1, 6, 3)``, that meet positions, velocities, accelerations."""
    c = np.empty((len(r) - 1, 6, 3))
    for k in range(len(r) - 1):
        for i in range(3):
            way, d0, d1 = r[k + 1, i] - r[k, i], v[k, i] * step, v[k + 1, i] * step
            s0, s1 = 0.5 * a[k, i] * step**2, 0.5 * a[k + 1, i] * step**2
            c[k, 0, i], c[k, 1, i], c[k, 2, i] = r[k, i], d0, s0
            c[k, 3, i] = 10.0 * way - 6.0 * d0 - 4.0 * d1 - 3.0 * s0 + s1
            c[k, 4, i] = -15.0 * way + 8.0 * d0 + 7.0 * d1 + 3.0 * s0 - 2.0 * s1
            c[k, 5, i] = 6.0 * way - 3.0 * (d0 + d1) - s0 + s1
    return c


@njit(cache=True, fastmath={"contract"})
def turned(matrix: Floats, r: Floats) -> Floats:
    """Each position by the matrix of its moment: ``(n, 3, 3)`` and ``(n, 3)``."""
    out = np.empty_like(r)
    for k in range(len(r)):
        for i in range(3):
            out[k, i] = matrix[k, i, 0] * r[k, 0] + matrix[k, i, 1] * r[k, 1] + matrix[k, i, 2] * r[k, 2]
    return out
