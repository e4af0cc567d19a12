"""Hot loops of access, middle part: where in one step one signal is positive.

The signal's Hermite cubic is split until each piece holds one crossing or, by its Bezier hull and the bound on the
cubic's error, none; the crossing is then found on the signal itself. One at a time here; ``batch_kernels`` does the
plain cases, many at once.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from swath.access.signal_kernels import elevation_at, inner, off_nadir_at

__all__ = ["Ask", "EDGE_S", "PIECES", "crossing", "single", "split", "stretches"]

Floats = npt.NDArray[np.float64]

PIECES = 64
"""rows of the work array"""
_SHORTEST_S = 0.01
"""pieces are not split below this: a stretch that short can be missed"""
EDGE_S = 1e-5
"""crossings are found to this, 7 cm of a low orbit"""


class Ask(NamedTuple):
    """What is searched: the motion, the places (``PLACE`` numbers a row) and the limits."""

    c: Floats
    h: float
    places: Floats
    cosine: float
    """of the most off-nadir angle; below -1 for none"""
    high_squared: bool
    """is the signal of the elevation the difference of squares?"""
    near_squared: bool
    """and that of the off-nadir angle?"""


@inner
def _at(ask: Ask, k: int, u: float, i: int, nadir: bool) -> tuple[float, float]:
    if nadir:
        f, df = off_nadir_at(ask.c, k, u, ask.h, ask.places, i, ask.cosine, ask.near_squared)
    else:
        f, df = elevation_at(ask.c, k, u, ask.h, ask.places, i, ask.high_squared)
    return f, df


@inner
def _cubic_root(fa: float, sa: float, fb: float, sb: float) -> tuple[float, float, float]:
    """The one zero of a Hermite cubic between 0 and 1, with the first and second derivative there."""
    way = fb - fa
    c2, c3 = 3.0 * way - 2.0 * sa - sb, sa + sb - 2.0 * way
    low, high = 0.0, 1.0
    x = fa / (fa - fb)
    slope = way
    for _ in range(20):
        f = fa + x * (sa + x * (c2 + x * c3))
        slope = sa + x * (2.0 * c2 + x * 3.0 * c3)
        if (f > 0.0) == (fb > 0.0):
            high = x
        else:
            low = x
        step = -f / slope if slope != 0.0 else 2.0
        new = x + step
        if not low <= new <= high:
            new = 0.5 * (low + high)
        x, step = new, abs(new - x)
        if step < 1e-6:
            break
    return x, sa + x * (2.0 * c2 + x * 3.0 * c3), 2.0 * c2 + 6.0 * c3 * x


@inner
def crossing(ask: Ask, k: int, i: int, nadir: bool, piece: Floats) -> float:
    """Where in a piece that holds one crossing is the signal zero? Newton from the cubic's root, in a bracket."""
    low, high, rises = piece[0], piece[3], piece[4] > 0.0
    wide = high - low
    x, slope, bend = _cubic_root(piece[1], piece[2] * wide, piece[4], piece[5] * wide)
    curve = abs(bend / slope) / wide if slope != 0.0 else 1e9
    u = low + x * wide
    for _ in range(60):
        f, df = _at(ask, k, u, i, nadir)
        if (f > 0.0) == rises:
            high = u
        else:
            low = u
        new = u - f / df if df != 0.0 else -1.0
        held = low <= new <= high
        step, u = (new - u, new) if held else (high - low, 0.5 * (low + high))
        # Newton's error after a step is the step squared times half the bend over the slope.
        if (held and (curve + 1.0) * step * step * ask.h < EDGE_S) or abs(step) * ask.h < EDGE_S:
            break
    return float(u)


@inner
def split(fa: float, sa: float, fb: float, sb: float) -> float:
    """Where to cut a piece: at the extremum of its cubic towards zero, or in the middle."""
    if (fa > 0.0) == (fb > 0.0):
        way = fb - fa
        c1, c2, c3 = sa, 3.0 * way - 2.0 * sa - sb, sa + sb - 2.0 * way
        inside = c2 * c2 - 3.0 * c3 * c1
        if inside > 0.0:
            # The maximum (below zero) or minimum (above) of c1 + 2 c2 x + 3 c3 x^2 = 0.
            root = sqrt(inside) if fa > 0.0 else -sqrt(inside)
            x = (-c2 + root) / (3.0 * c3) if abs(c3) > 1e-9 * abs(c2) else -0.5 * c1 / c2
            if 0.02 < x < 0.98:
                return x
    return 0.5


@inner
def single(fa: float, b1: float, b2: float, fb: float) -> bool:
    """Does the sign change just once along the Bezier points, and so along the cubic?"""
    if fb > 0.0:
        return fa <= 0.0 and (b1 <= 0.0 or b2 > 0.0)
    return fa > 0.0 and (b1 > 0.0 or b2 <= 0.0)


@inner
def stretches(ask: Ask, k: int, i: int, nadir: bool, s: Floats, work: Floats, out: Floats) -> int:
    """Where in step ``k`` is the signal of place ``i`` positive? Pieces ``(from, to)`` in u, in order; how many.

    ``s``: its signal and slope at both ends, and its slack.
    """
    found = 0
    open_at = 0.0 if s[0] > 0.0 else -1.0
    work[0, 0], work[0, 1], work[0, 2], work[0, 3], work[0, 4], work[0, 5] = 0.0, s[0], s[1], 1.0, s[2], s[3]
    left = 1
    while left > 0:
        left -= 1
        piece = work[left]
        wide = piece[3] - piece[0]
        fa, sa, fb, sb = piece[1], piece[2] * wide, piece[4], piece[5] * wide
        b1, b2, slack = fa + sa / 3.0, fb - sb / 3.0, s[4] * wide**4
        if max(fa, b1, b2, fb) + slack <= 0.0 or min(fa, b1, b2, fb) - slack > 0.0:
            continue
        short = wide * ask.h < _SHORTEST_S or left > PIECES - 3
        differ = (fa > 0.0) != (fb > 0.0)
        # With one change of sign along the Bezier points, and more way between the ends than the cubic's slope can be
        # wrong by, there is one crossing.
        if differ and (short or (single(fa, b1, b2, fb) and abs(fb - fa) > 8.0 * slack)):
            u = crossing(ask, k, i, nadir, piece)
            if fb > 0.0:
                open_at = u
            else:
                out[found, 0], out[found, 1] = open_at, u
                found, open_at = found + 1, -1.0
        elif not short:
            middle = piece[0] + wide * split(fa, sa, fb, sb)
            fm, sm = _at(ask, k, middle, i, nadir)
            work[left + 1, 0], work[left + 1, 1], work[left + 1, 2] = piece[0], fa, piece[2]
            work[left + 1, 3], work[left + 1, 4], work[left + 1, 5] = middle, fm, sm
            piece[0], piece[1], piece[2] = middle, fm, sm
            left += 2
    if open_at >= 0.0:
        out[found, 0], out[found, 1] = open_at, 1.0
        found += 1
    return found
