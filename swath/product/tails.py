"""How likely is a value so large? Tails of the chi-square, gamma, F and K distributions, to about 1e-9 relative.

Series and continued fractions of Abramowitz and Stegun (6.5.29, 6.5.31, 26.5.8); against scipy in
tests/product/test_pair_change.py.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["chi_square_above", "gamma_above", "k_above", "k_limit", "ratio_above", "ratio_limit"]

Floats = npt.NDArray[np.float64]

_ROUNDS = 400


def gamma_above(shape: float, x: npt.ArrayLike) -> Floats:
    """Probability that a gamma variable of this shape and scale 1 exceeds ``x`` (any shape of array)."""
    value = np.maximum(np.asarray(x, np.float64), 0.0)
    front = np.exp(-value + shape * np.log(np.maximum(value, 1e-300)) - math.lgamma(shape))
    low = value < shape + 1.0
    term = np.full_like(value, 1.0 / shape)
    total = term.copy()
    for n in range(1, _ROUNDS):
        term = np.where(low, term * value / (shape + n), 0.0)
        total += term
        if not (term > 1e-16 * total).any():
            break
    far = np.maximum(value, shape + 1.0)
    b = far + 1.0 - shape
    c = np.full_like(far, 1e300)
    d = 1.0 / b
    h = d.copy()
    for n in range(1, _ROUNDS):  # Lentz's method
        a = -n * (n - shape)
        b = b + 2.0
        d = 1.0 / np.where(np.abs(a * d + b) < 1e-300, 1e-300, a * d + b)
        c = b + a / c
        h = h * d * c
        if (np.abs(d * c - 1.0) < 1e-15).all():
            break
    return np.asarray(np.where(low, np.clip(1.0 - front * total, 0.0, 1.0), front * h))


def chi_square_above(x: npt.ArrayLike, degrees: int) -> Floats:
    """Probability that the sum of so many squared normal deviates exceeds ``x``."""
    return gamma_above(0.5 * degrees, 0.5 * np.asarray(x, np.float64))


def _beta_below(a: float, b: float, x: Floats) -> Floats:
    """Regularised incomplete beta function."""
    flip = x > (a + 1.0) / (a + b + 2.0)
    p, q = np.where(flip, b, a), np.where(flip, a, b)
    y = np.where(flip, 1.0 - x, x)
    with np.errstate(divide="ignore"):
        log_front = p * np.log(y) + q * np.log1p(-y) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = np.exp(log_front) / p
    c = np.ones_like(y)
    d = 1.0 - (p + q) * y / (p + 1.0)
    d = 1.0 / np.where(np.abs(d) < 1e-300, 1e-300, d)
    h = d.copy()
    for m in range(1, _ROUNDS):
        even = m * (q - m) * y / ((p + 2 * m - 1.0) * (p + 2 * m))
        odd = -(p + m) * (p + q + m) * y / ((p + 2 * m) * (p + 2 * m + 1.0))
        for part in (even, odd):
            d = 1.0 + part * d
            d = 1.0 / np.where(np.abs(d) < 1e-300, 1e-300, d)
            c = 1.0 + part / c
            c = np.where(np.abs(c) < 1e-300, 1e-300, c)
            h = h * d * c
        if (np.abs(d * c - 1.0) < 1e-15).all():
            break
    return np.asarray(np.where(flip, 1.0 - front * h, front * h))


def ratio_above(ratio: npt.ArrayLike, looks_before: float, looks_after: float) -> Floats:
    """Probability that two averages of speckle of one brightness have a ratio after / before of this or more.

    A ratio of two gamma means with so many looks is Fisher's F with twice as many degrees (exact for fully developed
    speckle, Touzi et al. 1988, IEEE Trans. Geosci. Remote Sens. 26, 764-773).
    """
    r = np.maximum(np.asarray(ratio, np.float64), 0.0)
    share = looks_before / (looks_before + looks_after * r)
    return _beta_below(looks_before, looks_after, np.asarray(share))


@lru_cache(maxsize=256)
def ratio_limit(chance: float, looks_before: float, looks_after: float) -> float:
    """The ratio that is exceeded with this probability though nothing changed."""
    low, high = 1e-6, 1e9
    for _ in range(50):
        middle = math.sqrt(low * high)
        above = float(ratio_above(middle, looks_before, looks_after))
        low, high = (middle, high) if above > chance else (low, middle)
    return high


def k_above(x: npt.ArrayLike, looks: float, order: float) -> Floats:
    """Probability that sea clutter of mean 1 exceeds ``x``: speckle of so many looks on gamma texture of an order.

    The K distribution of multi-look intensity (Jakeman and Pusey 1976; Ward et al. 2006, Sea Clutter): the texture is
    integrated out, in logarithmic steps. An infinite order is plain speckle.
    """
    value = np.asarray(x, np.float64)
    if not math.isfinite(order) or order > 1e3:
        return gamma_above(looks, looks * value)
    texture = np.exp(np.linspace(math.log(1e-3), math.log(40.0 / min(order, 1.0) + 10.0), 600))
    density = np.exp(order * np.log(order * texture) - order * texture - math.lgamma(order))
    density /= density.sum()
    return np.asarray((gamma_above(looks, looks * value[..., None] / texture) * density).sum(-1))


def k_limit(chance: float, looks: float, order: float) -> float:
    """How many times its mean does such clutter exceed with this probability?"""
    low, high = 1.0, 1e4
    for _ in range(4):
        at = np.geomspace(low, high, 24)
        above = k_above(at, looks, order) > chance
        last = int(np.flatnonzero(above)[-1]) if above.any() else 0
        low, high = float(at[last]), float(at[min(last + 1, 23)])
    return high
