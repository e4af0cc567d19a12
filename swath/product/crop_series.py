"""What are the series of a crop like, also where they have gaps? Gaussian laws of classes, learnt and asked with gaps.

A series is values at fixed steps of a season, NaN where nothing was seen. Every law is learnt from what was seen
(expectation maximisation: Dempster, Laird and Rubin 1977; Little and Rubin, Statistical Analysis with Missing Data,
2002, 11.2), each class drawn towards what all classes share, so that ten parcels make no wild law.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["SeriesLaw", "class_laws", "complete", "log_densities", "split_classes"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_PER_KIND, _MOST_KINDS = 150, 4
"""parcels that a kind inside a class needs, and how many kinds there may be: one crop, early and late, is two"""
_START_SIGMA = 0.14
_RIDGE = 1e-5
_PRIOR_MEAN_COUNT, _PRIOR_COUNT = 2.0, 20.0
"""how many parcels the law of all classes counts for in the mean and in the covariance of one"""
_SHIFT_STEPS, _STRENGTH_SIGMA, _OFFSET_SIGMA, _LOOK_SIGMA = 1.0, 0.12, 0.03, 0.02
"""what another region or year may differ by: steps of time, share of the curve above soil, offset, noise of a look"""
SOIL = 0.12
"""NDVI of bare soil"""


@dataclass(frozen=True)
class SeriesLaw:
    """A Gaussian law of series."""

    mean: Floats
    """``(step,)``"""
    covariance: Floats


def _patterns(seen: Mask) -> Iterator[tuple[Mask, Whole]]:
    """Every pattern of gaps, and the rows that have it."""
    kinds, number = np.unique(seen, axis=0, return_inverse=True)
    number = number.ravel()
    for kind in range(len(kinds)):
        yield kinds[kind], np.flatnonzero(number == kind)


def _given(law: SeriesLaw, seen: Mask) -> tuple[Floats, Floats]:
    """How the gaps follow from what was seen: their regression on it, and their covariance then."""
    gap = ~seen
    whole = law.covariance
    inner = whole[np.ix_(seen, seen)] + 1e-6 * np.eye(int(seen.sum()))
    regression = np.linalg.solve(inner, whole[np.ix_(seen, gap)]).T
    return np.asarray(regression, np.float64), whole[np.ix_(gap, gap)] - regression @ whole[np.ix_(seen, gap)]


def _learn(values: Floats, prior: SeriesLaw | None, rounds: int) -> SeriesLaw:
    """One law by expectation maximisation; with ``prior`` drawn towards it."""
    n, steps = values.shape
    seen = np.isfinite(values)
    if prior is None:
        counts = seen.sum(axis=0)
        sums = np.where(seen, values, 0.0).sum(axis=0)
        mean = np.where(counts > 0, sums / np.maximum(counts, 1), sums.sum() / max(int(counts.sum()), 1))
        law = SeriesLaw(mean, _START_SIGMA**2 * np.eye(steps))
    else:
        law = prior
    for _ in range(rounds):
        total, squares = np.zeros(steps), np.zeros((steps, steps))
        for pattern, rows in _patterns(seen):
            gap = ~pattern
            whole, extra = np.empty((len(rows), steps)), np.zeros((steps, steps))
            regression, left = _given(law, pattern)
            known = values[np.ix_(rows, np.flatnonzero(pattern))]
            whole[:, pattern] = known
            whole[:, gap] = law.mean[gap] + (known - law.mean[pattern]) @ regression.T
            extra[np.ix_(gap, gap)] = left
            total += whole.sum(axis=0)
            squares += whole.T @ whole + len(rows) * extra
        law = _updated(n, total, squares, prior)
    return law


def _updated(n: int, total: Floats, squares: Floats, prior: SeriesLaw | None) -> SeriesLaw:
    k, m = (_PRIOR_MEAN_COUNT, _PRIOR_COUNT) if prior is not None else (0.0, 0.0)
    mean = (total + (k * prior.mean if prior is not None else 0.0)) / (n + k)
    about = squares - np.outer(total, mean) - np.outer(mean, total) + n * np.outer(mean, mean)
    covariance = (about + (m * prior.covariance if prior is not None else 0.0)) / (n + m)
    return SeriesLaw(mean, 0.5 * (covariance + covariance.T) + _RIDGE * np.eye(len(mean)))


def class_laws(values: Floats, label: Whole, classes: int) -> list[SeriesLaw]:
    """The law of every class, from series ``(parcel, step)`` with gaps and the number of each one's class."""
    every = _learn(values, None, 8)
    centred = values.copy()
    for kind in range(classes):
        own = values[label == kind]
        counts = np.isfinite(own).sum(axis=0)
        mean = np.where(counts > 0, np.nansum(own, axis=0) / np.maximum(counts, 1), every.mean)
        centred[label == kind] -= mean
    prior = SeriesLaw(every.mean, _learn(centred, None, 8).covariance)
    return [_learn(values[label == kind], prior, 10) for kind in range(classes)]


def split_classes(values: Floats, label: Whole, classes: int, chance: np.random.Generator) -> tuple[Whole, Whole]:
    """Kinds inside classes, for early and late have no one law: the kind of each parcel, the class of each kind.

    Lloyd's rounds from spread-out starts (Arthur and Vassilvitskii 2007) on series completed by the law of the class.
    """
    whole = complete(values, label, class_laws(values, label, classes), chance)
    kind = np.zeros(len(label), np.int64)
    owner: list[int] = []
    for one in range(classes):
        rows = np.flatnonzero(label == one)
        nearest = _nearest_of(whole[rows], min(_MOST_KINDS, max(1, len(rows) // _PER_KIND)), chance)
        for part in np.unique(nearest):
            kind[rows[nearest == part]] = len(owner)
            owner.append(one)
    return kind, np.array(owner, np.int64)


def _nearest_of(series: Floats, count: int, chance: np.random.Generator) -> Whole:
    centres = series[chance.integers(len(series), size=1)]
    for _ in range(count - 1):
        apart = ((series[:, None] - centres[None]) ** 2).sum(axis=2).min(axis=1)
        if not apart.sum() > 0.0:
            break
        centres = np.vstack([centres, series[chance.choice(len(series), p=apart / apart.sum())]])
    nearest = np.zeros(len(series), np.int64)
    for _ in range(15):
        nearest = ((series[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        for part in np.unique(nearest):
            centres[part] = series[nearest == part].mean(axis=0)
    return nearest


def complete(values: Floats, label: Whole, laws: list[SeriesLaw], chance: np.random.Generator) -> Floats:
    """The series with their gaps filled by a draw from their class's law, given what was seen of each."""
    whole = values.copy()
    for kind, law in enumerate(laws):
        own = np.flatnonzero(label == kind)
        for pattern, rows in _patterns(np.isfinite(values[own])):
            gap = ~pattern
            if not gap.any():
                continue
            regression, left = _given(law, pattern)
            known = values[np.ix_(own[rows], np.flatnonzero(pattern))]
            middle = law.mean[gap] + (known - law.mean[pattern]) @ regression.T
            size, turned = np.linalg.eigh(left)
            root = turned * np.sqrt(np.clip(size, 0.0, None))
            drawn = middle + chance.standard_normal((len(rows), int(gap.sum()))) @ root.T
            whole[np.ix_(own[rows], np.flatnonzero(gap))] = drawn
    return whole


def log_densities(values: Floats, laws: list[SeriesLaw]) -> Floats:
    """``(parcel, class)`` logarithm of each law's density at what was seen; 0 where nothing was.

    The laws are widened by what another region or year may differ in: time (the slope of the mean), strength (the mean
    above soil), offset, and noise of a look.
    """
    found = np.zeros((len(values), len(laws)))
    for kind, law in enumerate(laws):
        slope, above = np.gradient(law.mean), law.mean - SOIL
        wide = law.covariance + _SHIFT_STEPS**2 * np.outer(slope, slope) + _STRENGTH_SIGMA**2 * np.outer(above, above)
        wide += _OFFSET_SIGMA**2 + _LOOK_SIGMA**2 * np.eye(len(slope))
        for pattern, rows in _patterns(np.isfinite(values)):
            if not pattern.any():
                continue
            root = np.linalg.cholesky(wide[np.ix_(pattern, pattern)])
            off = np.linalg.solve(root, (values[np.ix_(rows, np.flatnonzero(pattern))] - law.mean[pattern]).T)
            found[rows, kind] = -0.5 * (off**2).sum(axis=0) - np.log(np.diag(root)).sum()
    return found
