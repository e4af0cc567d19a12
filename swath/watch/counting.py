"""Are there more or fewer of something than usual? Counts of earlier pictures in, a chance and an interval out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["FEWEST_COUNTS", "CountTest", "against_usual"]

FEWEST_COUNTS = 8
"""earlier pictures from which a number is usual"""
_LAST = 60
_PRIOR_LOOKS = 4.0
"""that many looks' worth of a number that varies as chance alone has it"""


@dataclass(frozen=True)
class CountTest:
    """A count against those before it."""

    usual_count: float
    low: int
    high: int
    """where nine in ten counts lie"""
    chance: float
    """of a count so far from the usual one, on either side, if nothing is different"""


def against_usual(before: npt.ArrayLike, count: int) -> CountTest | None:
    """Does a count stand out from those ``before`` ``(n,)``, in the order of time? ``None`` where these are under 8.

    Negative binomial about their mean (the last 60): they vary more than chance has it (a feast day, a strike), as much
    more as they did before, and the mean is known to their number only. Held to the chance it states on counts of
    that kind: tests/watch/test_counting.py.
    """
    counts = np.asarray(before, np.float64)[-_LAST:]
    if count < 0 or (counts < 0).any():
        raise InputError("a count is 0 or more", fix="Give numbers of objects")
    n = len(counts)
    if n < FEWEST_COUNTS:
        return None
    mean = (float(counts.sum()) + 0.5) / n
    spread = float(counts.var(ddof=1)) / mean
    # The estimate of how much they vary is itself uncertain, by about the square root of 2 / n of it.
    crowding = max((_PRIOR_LOOKS + n * max(spread, 1.0) * (1.0 + math.sqrt(2.0 / n))) / (_PRIOR_LOOKS + n), 1.0)
    variance = mean * crowding * (1.0 + 1.0 / n)
    below, above = _tails(mean, variance, count)
    low, high = _span(mean, variance)
    return CountTest(mean, low, high, min(2.0 * min(below, above), 1.0))


def _mass(mean: float, variance: float, most: int) -> npt.NDArray[np.float64]:
    """Chances of 0 to ``most`` under a negative binomial (Poisson where it varies no more than chance has it)."""
    k = np.arange(most + 1)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])
    if variance <= mean * (1.0 + 1e-9):
        return np.asarray(np.exp(k * math.log(mean) - mean - log_factorial))
    r = mean * mean / (variance - mean)
    p = mean / variance
    rising = np.concatenate([[0.0], np.cumsum(np.log(r + np.arange(most)))])
    return np.asarray(np.exp(rising - log_factorial + r * math.log(p) + k * math.log1p(-p)))


def _tails(mean: float, variance: float, count: int) -> tuple[float, float]:
    """Chances of ``count`` or fewer, and of ``count`` or more."""
    most = max(count, int(mean + 60.0 * math.sqrt(variance))) + 10
    mass = _mass(mean, variance, most)
    return float(mass[: count + 1].sum()), float(mass[count:].sum())


def _span(mean: float, variance: float) -> tuple[int, int]:
    mass = np.cumsum(_mass(mean, variance, int(mean + 20.0 * math.sqrt(variance)) + 10))
    return int(np.searchsorted(mass, 0.05)), int(np.searchsorted(mass, 0.95))
