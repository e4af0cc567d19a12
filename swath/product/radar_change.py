"""What changed between two radar pictures? More or less backscatter than speckle explains, or another pattern of it.

The ratio of two multi-look intensities of unchanged ground follows Fisher's distribution exactly, so a threshold has
the false alarm rate that it is given. What changed without becoming brighter or darker (a field ploughed, debris, a new
layout) loses the likeness of its pattern: the correlation of amplitudes over a window, which is what is left of
coherence when phases are not kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.radar_change_kernels import box_correlation, box_looks
from swath.product.tails import chi_square_above, ratio_above, ratio_limit

__all__ = ["RadarChange", "amplitude_likeness", "equivalent_looks", "radar_change"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Float32s = npt.NDArray[np.float32]

_TABLE = 4000
_DB = 10.0 / math.log(10.0)


@dataclass(frozen=True)
class RadarChange:
    """Two dates of one geometry beside each other."""

    change_db: dict[str, Float32s]
    """by polarisation: after less before; NaN not seen"""
    half_width_db: dict[str, float]
    """half of the 90 % interval that speckle leaves about a change of one pixel"""
    chance: Float32s
    """of ratios so far from 1 if nothing changed, all polarisations together (Fisher's method); NaN not seen"""
    changed: Mask
    """where that is below what was asked"""


def radar_change(
    before_db: Mapping[str, Array], after_db: Mapping[str, Array], *, looks_before: float, looks_after: float,
    false_alarm_chance: float = 1e-4,
) -> RadarChange:  # fmt: skip
    """Where did backscatter change? Sigma nought in dB ``(row, column)`` by polarisation, of the same orbit and grid.

    ``looks_before``, ``looks_after``: equivalent numbers of looks (:func:`equivalent_looks`; average first, over time
    or space, to have more). The polarisations' speckle is taken as independent. Exact for fully developed speckle:
    tests/product/test_pair_change.py holds the rate asked. :class:`InputError` for shapes and looks that do not fit.
    """
    names = [n for n in before_db if n in after_db]
    if not names or not looks_before > 0.0 or not looks_after > 0.0 or not 0.0 < false_alarm_chance < 1.0:
        raise InputError(
            f"polarisations {', '.join(before_db)} and {', '.join(after_db)}, {looks_before} and {looks_after} looks",
            fix="Give one polarisation of both dates, looks above 0 and a chance between 0 and 1",
        )
    shape = np.shape(before_db[names[0]])
    if any(np.shape(d[n]) != shape for d in (before_db, after_db) for n in names):
        raise InputError("the pictures differ in shape", fix="Warp both to one grid")
    change = {n: np.asarray(after_db[n] - before_db[n], np.float32) for n in names}
    total, known = np.zeros(shape), np.ones(shape, np.bool_)
    for values in change.values():
        good = np.isfinite(values)
        total += np.where(good, -2.0 * np.log(_two_sided(values, looks_before, looks_after)), 0.0)
        known &= good
    chance = np.where(known, chi_square_above(total, 2 * len(names)), np.nan).astype(np.float32)
    wide = (
        0.5
        * _DB
        * math.log(ratio_limit(0.05, looks_before, looks_after) * ratio_limit(0.05, looks_after, looks_before))
    )
    with np.errstate(invalid="ignore"):
        changed = chance < false_alarm_chance
    return RadarChange(change, dict.fromkeys(names, wide), chance, changed)


def _two_sided(change_db: Float32s, looks_before: float, looks_after: float) -> Array:
    """Twice the smaller tail of a change, from a table."""
    at = np.linspace(-60.0, 60.0, _TABLE)
    above = ratio_above(10.0 ** (at / 10.0), looks_before, looks_after)
    below = ratio_above(10.0 ** (-at / 10.0), looks_after, looks_before)
    logs = np.log(np.maximum(2.0 * np.minimum(above, below), 1e-300))
    return np.minimum(np.exp(np.interp(np.nan_to_num(np.clip(change_db, -60.0, 60.0)), at, logs)), 1.0)


def equivalent_looks(db: Array, *, reach_px: int = 5) -> float:
    """How many looks does a picture show? From the most even windows: mean squared over variance of the intensity.

    Windows of ``2 reach + 1`` pixels; the mode of their numbers, since texture only ever lowers it.
    """
    looks = box_looks((10.0 ** (np.asarray(db, np.float64) / 10.0)), reach_px)
    good = np.sort(looks[np.isfinite(looks)])
    if len(good) < 20:
        raise InputError(
            f"{len(good)} windows have data", fix="Give a picture of some hundred pixels, or say the looks"
        )
    # the shortest stretch that holds a third of them stands about the mode (half-sample mode)
    third = max(len(good) // 3, 2)
    width = np.log(good[third - 1 :]) - np.log(good[: len(good) - third + 1])
    start = int(np.argmin(width))
    return float(np.median(good[start : start + third]))


def amplitude_likeness(before_db: Array, after_db: Array, *, reach_px: int = 3) -> tuple[Float32s, Float32s]:
    """How alike are the patterns? Correlation of log amplitudes over windows, and the chance of so little if unchanged.

    Both ``(row, column)``, NaN where less than half of a window is seen. What unchanged ground correlates by is taken
    from the picture (the upper half of its windows); the chance is by Fisher's transform with a window's pixels as
    independent, so average speckle no wider than the windows.
    """
    if np.shape(before_db) != np.shape(after_db):
        raise InputError(f"{np.shape(before_db)} and {np.shape(after_db)}", fix="Warp both to one grid")
    like = box_correlation(np.asarray(before_db, np.float64), np.asarray(after_db, np.float64), reach_px)
    count = (2 * reach_px + 1) ** 2
    z = np.arctanh(np.clip(like, -0.9999, 0.9999))
    known = z[np.isfinite(z)]
    if len(known) == 0:
        return like.astype(np.float32), like.astype(np.float32)
    usual, own = float(np.median(known)), float(np.quantile(known, 0.84) - np.median(known))
    sigma = max(1.0 / math.sqrt(max(count - 3, 1)), own)
    less = (usual - z) / sigma
    chance = 0.5 * np.where(less > 0, chi_square_above(less**2, 1), 2.0 - chi_square_above(less**2, 1))
    return like.astype(np.float32), np.where(np.isfinite(like), chance, np.nan).astype(np.float32)
