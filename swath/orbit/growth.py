"""How do the element sets of one satellite go wrong? Learned from its own history.

At each of the ages of ``ANCHOR_DAYS``, forwards and backwards, the errors of the history's own pairs are set against
what is expected of a satellite with such drag. Their 90 % quantile, as a logarithm, is an observation of this
satellite's factor. Pairs overlap and share their sets, so an age counts only as often as it fits into the history
end to end. Factors of neighbouring ages, and of both directions, are alike: the prior is a Gaussian process over the
logarithm of age (Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, eq. 2.23-2.24), whose constants
were found on Earth-observation satellites (see docs/explanation/doubt.md). Few sets thus change little, many decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from swath.model import Elements
from swath.orbit.history import Comparisons, compare
from swath.orbit.uncertainty import ANCHOR_DAYS, EXPECTED, Growth, age_days, expected_90
from swath.time import format_utc

__all__ = ["learned_growth"]

Floats = npt.NDArray[np.float64]

_REACH = 1.6
"""a pair speaks for an anchor whose age is within this factor of its own"""
_LEAST_PAIRS = 3
_LEAST_S, _LEAST_M = 1e-3, 1.0
"""what an element line's last digits are worth"""

_SPREAD = {"along": 1.6, "cross": 0.45}
"""standard deviation, between satellites, of the logarithm of the factor"""
_ALIKE_AGES = 0.85
"""correlation of the factors of neighbouring anchors"""
_ALIKE_WAYS = 0.8
"""correlation of the factors forwards and backwards"""
_NOISE = {"along": 1.3, "cross": 1.0}
"""standard deviation of the logarithm of one independent error's size about the 90 % quantile"""
_CAUTION = 0.4
"""how many of its own standard deviations a learned factor is widened by"""


def learned_growth(history: Sequence[Elements]) -> Growth:
    """How fast does this satellite's own history say that its sets go wrong?

    ``history``: its sets in the order of their epochs (``history.histories``), better without those whose use is to be
    judged. A manoeuvre in the history counts as an error of the sets before it, as it will again. Fewer than three
    sets teach nothing and give ``EXPECTED``. Raises what ``compare`` raises.
    """
    pairs = compare(history)
    if len(history) < _LEAST_PAIRS or len(pairs) < _LEAST_PAIRS:
        return EXPECTED
    along, cross = (_factors(kind, history, pairs) for kind in ("along", "cross"))
    days = float(np.ptp(np.array([one.epoch for one in history], "datetime64[ns]")) / np.timedelta64(1, "D"))
    because = (
        f"from its own {len(history)} element sets of {days:.0f} days up to {format_utc(history[-1].epoch)}, "
        "manoeuvres among them included"
    )
    return Growth(along[0], along[1], cross[0], cross[1], because)


def _factors(kind: str, history: Sequence[Elements], pairs: Comparisons) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Factors at the anchors, forwards and backwards."""
    error = np.abs(pairs.along_track_s) + _LEAST_S if kind == "along" else np.abs(pairs.cross_track_m) + _LEAST_M
    expected = np.empty(len(pairs))
    for number in np.unique(pairs.held):
        rows = pairs.held == number
        expected[rows] = expected_90(kind, history[int(number)], pairs.age_days[rows])
    surprise = np.log(error / expected)
    starts_days = np.array([-float(age_days(one, history[0].epoch)) for one in history])
    seen, times, where = [], [], []
    for place, anchor_days in enumerate([*ANCHOR_DAYS.tolist(), *(-ANCHOR_DAYS).tolist()]):
        rows = np.flatnonzero(_near(pairs.age_days, anchor_days))
        if len(rows) >= _LEAST_PAIRS:
            apart = _disjoint(starts_days[np.unique(pairs.held[rows])], abs(anchor_days))
            seen.append(float(np.quantile(surprise[rows], 0.9)))
            times.append(apart)
            where.append(place)
    mean, sd = _smoothed(kind, np.array(seen), np.array(times, np.float64), np.array(where, np.intp))
    after, before = np.split(np.exp(mean + _CAUTION * sd), 2)
    return tuple(after.tolist()), tuple(before.tolist())


def _near(ages_days: Floats, anchor_days: float) -> npt.NDArray[np.bool_]:
    ratio = ages_days / anchor_days
    return (ratio > 1.0 / _REACH) & (ratio < _REACH)


def _disjoint(starts_days: Floats, length_days: float) -> int:
    """How many stretches of a length, begun at the given times, fit in without overlap?"""
    count, free_from = 0, -np.inf
    for start in starts_days:
        if start >= free_from:
            count, free_from = count + 1, start + length_days
    return count


def _smoothed(kind: str, seen: Floats, times: Floats, where: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of the logarithm of the factors, forwards then backwards, given what was seen."""
    number = np.arange(2 * len(ANCHOR_DAYS))
    place, way = number % len(ANCHOR_DAYS), number // len(ANCHOR_DAYS)
    alike = _ALIKE_AGES ** np.abs(place[:, None] - place) * np.where(way[:, None] == way, 1.0, _ALIKE_WAYS)
    prior = _SPREAD[kind] ** 2 * alike
    gain = prior[:, where] @ np.linalg.inv(prior[np.ix_(where, where)] + np.diag(_NOISE[kind] ** 2 / times))
    left = np.diag(prior - gain @ prior[where])
    return gain @ seen, np.sqrt(np.maximum(left, 0.0))
