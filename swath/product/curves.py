"""How does a field go through the seasons, also when clouds hide it? Curves from series with gaps, and their doubt.

Every series is a Gaussian process (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, ch. 2 and 5):
a level, a season that repeats and slowly changes, short swings, and looks with noise. What such a process is like
(:class:`CurveLaw`) is learnt from many series together; each one has a scale of its own. A look far from what all the
others say (a cloud that no mask found) is believed less. Intervals are as wide as dates hidden a fifth at a time
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.curve_kernels import fit_series, law_score, predict_series

__all__ = ["CurveLaw", "Curves", "FittedSeries", "fit_curves", "fitted", "in_units", "learn_law"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Days = npt.NDArray[Any]

LEAST_LOOKS = 5
"""of a series, to say anything of a time between them"""
_ROUNDS, _BOUND = 3, 2.5
_START = np.array([1.5, 1.0, 1.4, 1500.0, 0.35, 40.0, 0.3])
"""in units of the spread of all series about their medians; days as they are"""
_LOOSE = 0.02
"""what leaving the start by a factor e costs, of the score: keeps a law of few series within reason"""
_SAMPLE = 64
_HANDS = 5
"""the widening is that of dates hidden a fifth at a time: real gaps are wider than one look left out"""


@dataclass(frozen=True)
class CurveLaw:
    """What series of one kind are like. In the unit of the values; learnt by :func:`learn_law`."""

    index_level_sigma: float
    index_season_sigma: float
    season_share: float
    """roughness: the share of a radian of the year over which the season is alike"""
    season_days: float
    """over which one year's season forgets another's"""
    index_short_sigma: float
    short_days: float
    index_look_sigma: float
    """noise of one look"""
    widening_ratio: float
    """half of the 90 % interval, in sigmas, as hidden dates asked for (1.645 if all were as it should be)"""

    def numbers(self) -> Floats:
        """In the order of ``curve_kernels``."""
        return np.array(
            [
                *(self.index_level_sigma, self.index_season_sigma, self.season_share, self.season_days),
                *(self.index_short_sigma, self.short_days, self.index_look_sigma),
            ]
        )


@dataclass(frozen=True)
class FittedSeries:
    """One series made ready for questions."""

    number: int
    days: Floats
    """of its looks, since the first time of all"""
    index_median: float
    left_out: Floats
    """what each look would be by the others"""
    left_out_sigma: Floats
    weights: Floats
    """how far each look was believed, 0 to 1"""
    inverse: Floats
    alpha: Floats
    scale_ratio: float
    """variance of this series over that of the law"""


@dataclass(frozen=True)
class Curves:
    """Curves of many series at asked times. Arrays are ``(series, time)``, NaN for series with too few looks."""

    time: npt.NDArray[np.datetime64]
    mean: Floats
    sigma: Floats
    """of the curve itself"""
    low: Floats
    """between these a clear look would be, 9 times in 10"""
    high: Floats
    weights: Floats
    """``(series, look)`` how far each look was believed; NaN where none was"""
    looks: npt.NDArray[np.int64]
    """how many each series has"""


def _since(time: Days, first: np.datetime64) -> Floats:
    return np.asarray((time - first) / np.timedelta64(1, "s"), np.float64) / 86400.0


def _checked(time: Days, values: Floats, seen: Mask) -> tuple[Days, Floats, Mask]:
    time, values, seen = np.asarray(time, "datetime64[s]"), np.asarray(values, np.float64), np.asarray(seen, np.bool_)
    if values.ndim != 2 or values.shape != seen.shape or time.shape != values.shape[1:]:
        raise InputError(
            f"times, values and seen have shapes {time.shape}, {values.shape}, {seen.shape}",
            fix="Give (looks,), (series, looks), (series, looks)",
        )
    if not len(time) or np.isnat(time).any():
        raise InputError("there are no looks, or a time is missing", fix="Give a time for every look")
    return time, values, seen & np.isfinite(values)


def learn_law(time: Days, values: Floats, seen: Mask, *, seed: int = 0) -> CurveLaw:
    """What are these series like? The law that foretells looks left out best, over up to 64 of the series.

    ``time`` ``(look,)`` in any order; ``values``, ``seen`` ``(series, look)``; what is not finite counts as not seen.
    Found by a search along the logarithm of each number, drawn to what vegetation is like where series are few or
    short. :class:`InputError` where no series has five looks.
    """
    time, values, seen = _checked(time, values, seen)
    days = _since(time, time.min())
    enough = np.flatnonzero(seen.sum(axis=1) >= LEAST_LOOKS)
    if not len(enough):
        raise InputError("no series has five looks", fix="Give more dates, or a milder mask of clouds")
    chosen = np.sort(np.random.default_rng(seed).permutation(enough)[:_SAMPLE])
    medians = [float(np.median(values[n, seen[n]])) for n in chosen]
    parts = [values[n, seen[n]] - median for n, median in zip(chosen, medians, strict=True)]
    flat, when = np.concatenate(parts), np.concatenate([days[seen[n]] for n in chosen])
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    spread = max(1.4826 * float(np.median(np.abs(flat))), 1e-3 * float(np.abs(flat).max(initial=0.0)), 1e-9)
    law = _search(when, flat / spread, starts)
    hand = np.random.default_rng(seed + 1).permutation(len(days)) % _HANDS
    hands = np.concatenate([hand[seen[n]] for n in chosen])
    off = [_hidden(when[a:b], flat[a:b] / spread, hands[a:b], law) for a, b in pairwise(starts)]
    law[[0, 1, 4, 6]] *= spread
    level, season, rough, far, short, near, look = law.tolist()
    return CurveLaw(level, season, rough, far, short, near, look, _quantile(np.concatenate(off)))


def _quantile(off: Floats) -> float:
    """The 90 % point of what is to come, from ``n`` that came: the (0.9 (n + 1))-th (Vovk et al. 2005)."""
    share = min(0.9 * (len(off) + 1) / max(len(off), 1), 1.0)
    return float(np.quantile(off, share)) if len(off) else 1.645


def _hidden(days: Floats, values: Floats, hands: npt.NDArray[np.int64], law: Floats) -> Floats:
    """How many sigmas off were looks of a series whose date was hidden, with a fifth of all dates at a time?"""
    off = np.full(len(days), np.nan)
    for hand in range(_HANDS):
        away = hands == hand
        if away.any() and (~away).sum() >= LEAST_LOOKS:
            median = float(np.median(values[~away]))
            _, _, _, inverse, alpha, scale = fit_series(days[~away], values[~away] - median, law, _ROUNDS, _BOUND)
            mean, sigma = predict_series(days[away], days[~away], law, inverse, alpha, scale)
            off[away] = np.abs(values[away] - median - mean) / np.sqrt(sigma**2 + scale * law[6] ** 2)
    return np.asarray(off[np.isfinite(off)])


def _search(days: Floats, values: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    def score(law: Floats) -> float:
        apart = np.log(law / _START)
        return float(law_score(days, values, starts, law, 1, _BOUND)) - _LOOSE * float(apart @ apart)

    law, best, step = _START.copy(), score(_START), 1.6
    for _ in range(3):
        for key in range(len(law)):
            for factor in (step, 1.0 / step):
                while True:
                    other = law.copy()
                    other[key] *= factor
                    found = score(other)
                    if found <= best + 1e-4:
                        break
                    law, best = other, found
        step **= 0.6
    return law


def fitted(time: Days, values: Floats, seen: Mask, law: CurveLaw) -> Iterator[FittedSeries]:
    """Every series that has five looks, one after the other, fitted by the law."""
    time, values, seen = _checked(time, values, seen)
    days, (unit, spread) = _since(time, time.min()), in_units(law)
    for number in np.flatnonzero(seen.sum(axis=1) >= LEAST_LOOKS).tolist():
        here = seen[number]
        median = float(np.median(values[number, here]))
        own = values[number, here] - median
        mean, sigma, weights, inverse, alpha, scale = fit_series(days[here], own / spread, unit, _ROUNDS, _BOUND)
        yield FittedSeries(
            number, days[here], median, median + spread * mean, spread * sigma, weights, inverse, spread * alpha, scale
        )  # fmt: skip


def in_units(law: CurveLaw) -> tuple[Floats, float]:
    """The law's numbers for values divided by a spread, as the kernels want them (near 1), and that spread."""
    spread, scaled = law.index_season_sigma + law.index_short_sigma, law.numbers()
    scaled[[0, 1, 4, 6]] /= spread
    return scaled, spread


def fit_curves(
    time: Days, values: Floats, seen: Mask, *, at: Days, law: CurveLaw | None = None, seed: int = 0
) -> Curves:
    """The curves of many series at the times ``at``, with the interval in which a clear look would lie.

    ``time`` ``(look,)``, ``values`` and ``seen`` ``(series, look)``; without ``law`` it is learnt from these series.
    Of 68 Sentinel-2 dates over Slovenia, each hidden in turn with a fifth of the others, 85 to 95 % of the clear looks
    fall in the 90 % interval, in every class of land use (tests/authorities/test_curves_slovenia.py).
    """
    time, values, seen = _checked(time, values, seen)
    law = law or learn_law(time, values, seen, seed=seed)
    when = np.asarray(at, "datetime64[s]")
    days = _since(when, time.min())
    shape = (len(values), len(days))
    mean, sigma, low, high = (np.full(shape, np.nan) for _ in range(4))
    weights = np.full(values.shape, np.nan)
    unit, spread = in_units(law)
    for series in fitted(time, values, seen, law):
        n = series.number
        middle, doubt = predict_series(
            days, series.days, unit, series.inverse, series.alpha / spread, series.scale_ratio
        )
        mean[n], sigma[n] = series.index_median + spread * middle, spread * doubt
        half = law.widening_ratio * np.sqrt(sigma[n] ** 2 + series.scale_ratio * law.index_look_sigma**2)
        low[n], high[n] = mean[n] - half, mean[n] + half
        weights[n, seen[n]] = series.weights
    return Curves(when, mean, sigma, low, high, weights, seen.sum(axis=1))
