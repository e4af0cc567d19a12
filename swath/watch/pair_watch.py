"""Do two pictures of a place differ by more than such pairs have differed before? Patches in, changes out, at a rate.

A statistic of two dates says how far apart they are if noise were all there is; on real ground there is also weather,
season and a missed cloud. So, as with series, what stands out in the place's own earlier pairs makes the tail from
which the threshold comes (:mod:`swath.watch.rate`), and a pair in which much stands out witnesses for little of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.patches import find_patches
from swath.watch.rate import fit_tail, threshold_for
from swath.watch.series_kernels import box_means, patch_peaks

__all__ = ["PairPast", "PairPatch", "as_deviations", "dismiss_pair", "judge_pair", "pair_from_arrays", "pair_to_arrays"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_FLOOR = 2.5
"""deviations of the mean over 3 x 3 pixels above which a patch is counted"""
_REACH_PX, _LEAST_SHARE = 1, 0.5
_ALIKE_PAIRS = 2.0
_MOST_PEAKS = 2000


@dataclass(frozen=True)
class PairPast:
    """What pairs of a place showed when nothing happened."""

    peaks: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    """``(n, 2)`` score, and the pair it was in"""
    exposure_km2: float = 0.0
    pairs: int = 0


@dataclass(frozen=True)
class PairPatch:
    """Pixels that differ together."""

    pixels: npt.NDArray[np.int64]
    """flat indices into the grid"""
    core: int
    """of them, above the threshold"""
    score_ratio: float
    threshold_ratio: float


def as_deviations(statistic: Array, degrees: int) -> npt.NDArray[np.float32]:
    """A chi-square as deviations of a normal distribution (Wilson and Hilferty 1931): within 0.25 up to 5."""
    part = 2.0 / (9.0 * degrees)
    return np.asarray((np.cbrt(statistic / degrees) - (1.0 - part)) / np.sqrt(part), np.float32)


def judge_pair(
    deviations: Array, seen: Mask, past: PairPast, *, pixel_km2: float, rate_per_km2_pair: float
) -> tuple[list[PairPatch], PairPast]:
    """The patches of a pair that pass at a rate of false alarms per km2 and pair, and the past with this pair.

    ``deviations`` and ``seen`` ``(row, column)``: how far each pixel is off what is foretold of it, and where it may be
    judged.
    """
    field_ = np.where(seen, np.nan_to_num(deviations), 0.0).astype(np.float32)
    mean = np.nan_to_num(box_means(field_, seen, _REACH_PX, _LEAST_SHARE))
    label = find_patches(mean > _FLOOR).label
    peak, _, _ = patch_peaks(label, mean, int(label.max(initial=0)))
    area_km2 = float(seen.sum()) * pixel_km2
    tail = fit_tail(past.peaks[:, 0], past.exposure_km2, level_ratio=_FLOOR, looks=past.peaks[:, 1])
    usual = len(past.peaks) / max(past.exposure_km2, 1e-9) * area_km2
    crowd = (_ALIKE_PAIRS + max(len(peak) - 1, 0)) / (_ALIKE_PAIRS + usual) if past.pairs else 1.0
    limit = threshold_for(tail, rate_per_km2_pair / crowd)
    found = []
    for number in np.flatnonzero(peak >= limit) + 1:
        # Means over a window reach beyond an edge: half of the peak is where it is.
        half = (label == number) & (mean >= max(0.5 * float(peak[number - 1]), _FLOOR))
        pixels = np.flatnonzero(half)
        core = int((mean.ravel()[pixels] >= limit).sum())
        found.append(PairPatch(pixels, core, float(peak[number - 1]), limit))
    # What passes may be a change or not: until somebody says so, it tells that patches come as high as the threshold.
    kept = np.column_stack([np.minimum(peak, limit), np.full(len(peak), past.pairs)])
    peaks = np.vstack([past.peaks, kept])[-_MOST_PEAKS:]
    return found, PairPast(peaks, past.exposure_km2 + area_km2, past.pairs + 1)


def dismiss_pair(past: PairPast, score_ratio: float) -> PairPast:
    """The past, once a person says that a patch of that score was no change."""
    return replace(past, peaks=np.vstack([past.peaks, [[score_ratio, past.pairs]]]))


def pair_to_arrays(past: PairPast) -> dict[str, Array]:
    """The past as named arrays; :func:`pair_from_arrays` takes them back."""
    return {"peaks": past.peaks, "seen": np.array([past.exposure_km2, past.pairs])}


def pair_from_arrays(arrays: Mapping[str, Array]) -> PairPast:
    """The past that :func:`pair_to_arrays` made arrays of."""
    return PairPast(np.asarray(arrays["peaks"], np.float64), float(arrays["seen"][0]), int(arrays["seen"][1]))
