"""Which threshold gives the false alarms that a user can bear? From what a place has shown when nothing happened.

Without a change, patches stand out too: thin cloud, haze, mowing, a shifted edge. Their scores above a low level are a
point process; the tail of the scores is a generalised Pareto (Pickands 1975, Ann. Statist. 3, 119-131), and what
becomes of a rate beyond what was ever seen is asked of every tail that fits, each by its weight: the mean over the
posterior is the rate to expect, so a short history gives a high threshold and not a broken promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["Tail", "fit_tail", "rate_above", "threshold_for"]

Floats = npt.NDArray[np.float64]

_SHAPES = np.linspace(-0.3, 0.6, 19)
_SHAPE_MEAN, _SHAPE_SIGMA = 0.05, 0.12
"""of the tails of least-of-several scores over places that hold still"""
_SCALES = np.geomspace(0.02, 20.0, 50)
_SCALE_MIDDLE, _SCALE_SPREAD = 0.45, 0.7
"""deviations, and in natural logarithm: before anything is seen"""
_PRIOR_PEAKS, _PRIOR_EXPOSURE_KM2 = 0.5, 0.01
"""before anything is seen, patches above the level may be as many as this"""


_TOP_PEAKS = 120
"""the highest ones tell the tail"""
_HIGHEST = 1e4


@dataclass(frozen=True)
class Tail:
    """What scores nothing-happened patches reach: weights over generalised Pareto tails above a level."""

    level_ratio: float
    """score (in deviations) above which patches are counted"""
    peaks: int
    exposure_km2: float
    """area seen, summed over looks"""
    weights: Floats
    """``(shape, scale)``, sum 1"""

    @property
    def base_rate(self) -> float:
        """Patches above the level per km2 and look."""
        return (self.peaks + _PRIOR_PEAKS) / (self.exposure_km2 + _PRIOR_EXPOSURE_KM2)


def fit_tail(
    scores: npt.ArrayLike, exposure_km2: float, *, level_ratio: float, looks: npt.ArrayLike | None = None
) -> Tail:
    """What do the scores of patches ``(n,)`` above ``level_ratio`` say, that came in so much area seen, over all looks?

    Only the highest 120 are asked where there are more. Without any, what is known beforehand stands alone. ``looks``
    ``(n,)`` says in which look each came: patches of one look (a harvest, a thin cloud) tell less than as many of many
    looks, and the likelihood is tempered by how much the number varies from look to look beyond chance (Ribatet,
    Cooley and Davison 2012, Statistica Sinica 22, 813-845).
    """
    score = np.asarray(scores, np.float64)
    order = np.argsort(-score, kind="stable")
    order = order[score[order] > level_ratio]
    if len(order) > _TOP_PEAKS:
        level_ratio, order = float(score[order[_TOP_PEAKS]]), order[:_TOP_PEAKS]
    excess = np.maximum(score[order] - level_ratio, 1e-9)
    worth = 1.0 if looks is None else 1.0 / _crowding(np.asarray(looks)[order])
    likely = -0.5 * ((_SHAPES - _SHAPE_MEAN) / _SHAPE_SIGMA)[:, None] ** 2
    likely = likely - 0.5 * (np.log(_SCALES / _SCALE_MIDDLE) / _SCALE_SPREAD)[None, :] ** 2
    for i, shape in enumerate(_SHAPES):
        likely[i] += worth * _log_density(excess, float(shape)).sum(0) if len(excess) else 0.0
    weights = np.exp(likely - likely.max())
    return Tail(level_ratio, len(excess), exposure_km2, weights / weights.sum())


def _crowding(looks: npt.NDArray[Any]) -> float:
    """By how much does the number of patches vary from look to look, in variances of chance? 1 at least."""
    if not len(looks):
        return 1.0
    counts = np.bincount((looks - looks.min()).astype(np.int64)).astype(np.float64)
    return max(float(counts.var() / counts.mean()), 1.0)


def _log_density(excess: Floats, shape: float) -> Floats:
    """``(n, scale)`` of the generalised Pareto distribution."""
    reduced = excess[:, None] / _SCALES
    if abs(shape) < 1e-6:
        return np.asarray(-np.log(_SCALES) - reduced)
    inside = 1.0 + shape * reduced
    with np.errstate(divide="ignore", invalid="ignore"):
        value = -np.log(_SCALES) - (1.0 / shape + 1.0) * np.log(inside)
    return np.where(inside > 0.0, value, -1e9)


def rate_above(tail: Tail, score: float) -> float:
    """False alarms to expect per km2 and look at a threshold: the mean over all tails that fit."""
    above = max(score - tail.level_ratio, 0.0) / _SCALES[None, :]
    shape = np.where(np.abs(_SHAPES) < 1e-6, 1e-6, _SHAPES)[:, None]
    survive = np.maximum(1.0 + shape * above, 0.0) ** (-1.0 / shape)
    return tail.base_rate * float((tail.weights * survive).sum())


def threshold_for(tail: Tail, rate_per_km2_look: float) -> float:
    """The score above which patches come this rarely (per km2 and look), not below the level that they are counted at.

    What rate comes of it on series that hold still, simulated and real: benchmarks/quality/README.md.
    """
    if not rate_per_km2_look > 0.0:
        raise InputError(f"a rate of {rate_per_km2_look} false alarms", fix="Give a rate above 0")
    low, high = tail.level_ratio, _HIGHEST
    if rate_above(tail, low) <= rate_per_km2_look:
        return low
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rate_above(tail, middle) > rate_per_km2_look else (low, middle)
    return high
