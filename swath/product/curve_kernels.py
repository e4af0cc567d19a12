"""Hot loops of curves: Gaussian processes of many series with gaps. Plain arrays in and out.

A law is seven numbers, in the unit of the values and in days: sigma of the level, sigma of the season, roughness of the
season (in radians of the year), days over which one year's season forgets another's, sigma and days of what is short,
sigma of a single look.
"""

from __future__ import annotations

from math import exp, log, pi, sin, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["curve_draws", "fit_series", "law_score", "predict_series"]

Floats = npt.NDArray[np.float64]

YEAR_DAYS = 365.2425
JITTER = 1e-6
"""of the unit variance: twin looks of one minute"""
PRIOR_LOOKS = 4.0
"""how many looks the scale that all series share counts for in that of one series"""


@njit(cache=True)
def _covariance(apart: float, law: Floats) -> float:
    """Of two moments: the same level; a season that repeats and slowly changes; Matern 3/2 for the short."""
    turn = sin(pi * apart / YEAR_DAYS) / law[2]
    season = law[1] ** 2 * exp(-2.0 * turn * turn - 0.5 * (apart / law[3]) ** 2)
    short = sqrt(3.0) * abs(apart) / law[5]
    return float(law[0] ** 2 + season + law[4] ** 2 * (1.0 + short) * exp(-short))


@njit(cache=True)
def fit_series(
    days: Floats, values: Floats, law: Floats, rounds: int, bound: float
) -> tuple[Floats, Floats, Floats, Floats, Floats, float]:
    """One series, its median taken off: what each look would be by all the others, and what is needed to go on.

    Looks farther than ``bound`` sigmas from what the others say are believed less (Huber's weights), in ``rounds``.
    Gives mean and sigma of every look left out, its weight, the inverse covariance and its product with the values,
    and the variance by which this series is scaled.
    """
    n = len(days)
    covariance = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            covariance[i, j] = covariance[j, i] = _covariance(days[i] - days[j], law)
    noise = law[6] ** 2
    weight, mean, sigma = np.ones(n), np.zeros(n), np.ones(n)
    inverse: Any = covariance
    alpha, scale = values, 1.0
    for turn in range(rounds + 1):
        whole = covariance.copy()
        for i in range(n):
            whole[i, i] += noise / weight[i] + JITTER
        inverse = np.linalg.inv(whole)
        alpha = inverse @ values
        squares = 0.0
        for i in range(n):
            squares += alpha[i] * alpha[i] / inverse[i, i] * weight[i]
        scale = (squares + PRIOR_LOOKS) / (n + PRIOR_LOOKS)
        for i in range(n):
            alone = 1.0 / inverse[i, i]
            mean[i] = values[i] - alpha[i] * alone
            sigma[i] = sqrt(scale * max(alone - noise / weight[i] + noise, JITTER))
        if turn < rounds:
            for i in range(n):
                off = abs(values[i] - mean[i]) / sigma[i]
                weight[i] = 1.0 if off <= bound else max((bound / off) ** 2, 1e-3)
    return mean, sigma, weight, inverse, alpha, scale


@njit(cache=True)
def law_score(
    days: Floats, values: Floats, starts: npt.NDArray[np.int64], law: Floats, rounds: int, bound: float
) -> float:
    """How well a law foretells looks left out, as the mean logarithm of Student's density with 4 degrees of freedom.

    Series one after the other, ``starts`` the first look of each and the total.
    """
    total, count = 0.0, 0
    for series in range(len(starts) - 1):
        part = slice(starts[series], starts[series + 1])
        mean, sigma, _, _, _, _ = fit_series(days[part], values[part], law, rounds, bound)
        for i in range(len(mean)):
            off = (values[starts[series] + i] - mean[i]) / sigma[i]
            total += -log(sigma[i]) - 2.5 * log(1.0 + off * off / 4.0)
            count += 1
    return total / max(count, 1)


@njit(cache=True)
def _cross(at: Floats, days: Floats, law: Floats) -> Floats:
    cross = np.empty((len(at), len(days)))
    for q in range(len(at)):
        for i in range(len(days)):
            cross[q, i] = _covariance(at[q] - days[i], law)
    return cross


@njit(cache=True)
def predict_series(
    at: Floats, days: Floats, law: Floats, inverse: Floats, alpha: Floats, scale: float
) -> tuple[Floats, Floats]:
    """Mean and sigma of the curve itself (a look adds its noise) at moments of a fitted series."""
    cross = _cross(at, days, law)
    solved = cross @ inverse
    mean, sigma, own = cross @ alpha, np.empty(len(at)), _covariance(0.0, law)
    for q in range(len(at)):
        left = own
        for i in range(len(days)):
            left -= solved[q, i] * cross[q, i]
        sigma[q] = sqrt(scale * max(left, 0.0))
    return mean, sigma


@njit(cache=True)
def curve_draws(
    at: Floats, days: Floats, law: Floats, inverse: Floats, alpha: Floats, scale: float, chance: Floats
) -> Floats:
    """Whole curves that are as likely as each other, ``(draw, moment)``; ``chance`` holds standard normal numbers."""
    cross = _cross(at, days, law)
    left = -(cross @ inverse) @ cross.T
    for i in range(len(at)):
        for j in range(len(at)):
            left[i, j] += _covariance(at[i] - at[j], law)
        left[i, i] += 1e-4 * law[4] ** 2 + JITTER
    root = np.linalg.cholesky(left)
    draws = sqrt(scale) * (chance @ root.T)
    mean = cross @ alpha
    for i in range(len(draws)):
        draws[i] += mean
    return draws
