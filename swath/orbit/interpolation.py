"""Between the rows of a table of states: as the one who made it asks, for steps of any length.

Lagrange's polynomial through the nearest rows, position and velocity each by itself; or Hermite's, whose slope at the
rows is the velocity (de Boor, "A Practical Guide to Splines", 2001, chapter 2). Both in the barycentric view: weights
for every row of the stencil, the same for x, y and z.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "interpolate", "rows_needed"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

KINDS = ("LINEAR", "LAGRANGE", "HERMITE")
_AT_ONCE = 50_000


def rows_needed(kind: str, degree: int) -> int:
    """How many rows does the polynomial go through? Hermite's takes two conditions from each."""
    return {"LINEAR": 2, "LAGRANGE": degree + 1, "HERMITE": (degree + 2) // 2}[kind]


def interpolate(
    kind: str, degree: int, t_s: Floats, r_m: Floats, v_m_s: Floats, asked_s: Floats
) -> tuple[Floats, Floats]:
    """Positions (m) and velocities (m/s) ``(m, 3)`` at ``asked_s`` ``(m,)``, from rows ``(n, 3)`` at rising ``t_s``.

    The stencil lies evenly about each time as far as the ends of the table allow. ``asked_s`` must lie in the table.
    """
    width = rows_needed(kind, degree)
    position, velocity = np.empty((asked_s.size, 3)), np.empty((asked_s.size, 3))
    for begin in range(0, asked_s.size, _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        rows, u, scale_s = _stencil(t_s, asked_s[part], width)
        weights, slopes = _lagrange(u)
        r, v = r_m[rows], v_m_s[rows]
        if kind == "HERMITE":
            position[part], velocity[part] = _hermite(u, weights, slopes, r, v * scale_s[:, None, None])
            velocity[part] /= scale_s[:, None]
        else:
            position[part] = np.einsum("mk,mkc->mc", weights, r)
            velocity[part] = np.einsum("mk,mkc->mc", weights, v)
    return position, velocity


def _stencil(t_s: Floats, asked_s: Floats, width: int) -> tuple[Ints, Floats, Floats]:
    """The rows about each time ``(m, width)``, where they lie from it, in units of the stencil's mean step."""
    after = np.searchsorted(t_s, asked_s, side="right")
    # of an odd number of rows the nearer side gets one more
    nearer = np.clip(after, 1, len(t_s) - 1)
    low_side = (asked_s - t_s[nearer - 1]) < (t_s[nearer] - asked_s)
    first = after - width // 2 - np.where(width % 2 == 1, low_side, 0)
    rows = np.clip(first, 0, len(t_s) - width)[:, None] + np.arange(width)
    scale_s = (t_s[rows[:, -1]] - t_s[rows[:, 0]]) / (width - 1)
    return rows, (t_s[rows] - asked_s[:, None]) / scale_s[:, None], scale_s


def _lagrange(u: Floats) -> tuple[Floats, Floats]:
    """Lagrange's polynomials at 0 ``(m, k)`` for nodes ``u``, and their slopes at 0."""
    width = u.shape[1]
    weights, slopes = np.ones_like(u), np.zeros_like(u)
    for j in range(width):
        for i in range(width):
            if i != j:
                gap = u[:, j] - u[:, i]
                slopes[:, j] = (slopes[:, j] * -u[:, i] + weights[:, j]) / gap
                weights[:, j] *= -u[:, i] / gap
    return weights, slopes


def _hermite(u: Floats, weights: Floats, slopes: Floats, r: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Value and slope at 0 of the polynomial with values ``r`` and slopes ``d`` (per unit of ``u``) at the nodes."""
    width = u.shape[1]
    at_node = np.zeros_like(u)  # slope of each of Lagrange's polynomials at its own node
    for j in range(width):
        for i in range(width):
            if i != j:
                at_node[:, j] += 1.0 / (u[:, j] - u[:, i])
    square, rise = weights**2, 2.0 * weights * slopes
    value_r = (1.0 + 2.0 * u * at_node) * square
    slope_r = -2.0 * at_node * square + (1.0 + 2.0 * u * at_node) * rise
    value_d = -u * square
    slope_d = square - u * rise
    value = np.einsum("mk,mkc->mc", value_r, r) + np.einsum("mk,mkc->mc", value_d, d)
    slope = np.einsum("mk,mkc->mc", slope_r, r) + np.einsum("mk,mkc->mc", slope_d, d)
    return value, slope
