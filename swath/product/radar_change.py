"""What changed between two radar pictures? More or less backscatter than speckle explains, or another pattern of it.

The ratio of two multi-look intensities of unchanged ground follows Fisher's distribution exactly, so a threshold has
the false alarm rate that it is given. What changed without becoming brighter or darker (a field ploughed, debris, a new
layout) loses the likeness of its pattern: the correlation of amplitudes over a window, which is what is left of
coherence when phases are not kept, against what the ground's own texture and the speckle would leave of it.
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

__all__ = ["RadarChange", "amplitude_likeness", "equivalent_looks", "looks_of_pair", "radar_change"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Float32s = npt.NDArray[np.float32]

_TABLE = 4000
_DB = 10.0 / math.log(10.0)
_QUARTILE, _SECANTS = 0.67449, 8
"""deviations below which three quarters of a normal distribution lie"""


@dataclass(frozen=True)
class RadarChange:
    """Two dates of one geometry beside each other."""

    change_db: dict[str, Float32s]
    """by polarisation: after less before; NaN not seen"""
    half_width_db: dict[str, float]
    """half of the 90 % interval that speckle leaves about a change of one pixel"""
    statistic: Float32s
    """``(row, column)`` chi-square with two degrees for each polarisation where nothing changed; NaN not seen"""
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
    total[~known] = np.nan
    chance = np.where(known, chi_square_above(np.nan_to_num(total), 2 * len(names)), np.nan).astype(np.float32)
    wide = (
        0.5
        * _DB
        * math.log(ratio_limit(0.05, looks_before, looks_after) * ratio_limit(0.05, looks_after, looks_before))
    )
    with np.errstate(invalid="ignore"):
        changed = chance < false_alarm_chance
    return RadarChange(change, dict.fromkeys(names, wide), total.astype(np.float32), chance, changed)


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


def looks_of_pair(change_db: Array) -> float:
    """How many looks does each of two pictures of a place show? From how far they differ, in dB, where most is still.

    Half of the ratios of speckle lie within the quartiles of Fisher's distribution, which narrows with the looks; what
    changed counts little there (a seventh of the picture makes up to 45 % fewer looks of it), and whatever else moves
    the ground's echo from day to day makes fewer looks, too. :class:`InputError` below 20 pixels.
    """
    known = np.asarray(change_db, np.float64)
    known = known[np.isfinite(known)] / _DB
    if len(known) < 20:
        raise InputError(f"{len(known)} pixels are seen in both", fix="Give pictures of some hundred pixels")
    low, high = np.quantile(known, [0.25, 0.75])
    upper = max(0.5 * float(high - low), 1e-3)
    # Nearly normal with many looks, trigamma being 1 / looks + 1 / (2 looks^2); from there by secants.
    variance = 0.5 * (upper / _QUARTILE) ** 2
    at = math.log(0.5 * (1.0 + math.sqrt(1.0 + 2.0 * variance)) / variance)
    before, past = at + 0.05, _quarter_off(at + 0.05, upper)
    for _ in range(_SECANTS):
        now = _quarter_off(at, upper)
        if abs(now - past) < 1e-12:
            break
        before, past, at = at, now, at - float(np.clip(now * (at - before) / (now - past), -1.0, 1.0))
    return math.exp(at)


def _quarter_off(log_looks: float, upper: float) -> float:
    looks = math.exp(log_looks)
    return float(ratio_above(math.exp(upper), looks, looks)) - 0.25


def _trigamma(x: float) -> float:
    """Abramowitz and Stegun 6.4.12, after stepping up to 8 or more: to 1e-9."""
    total = 0.0
    while x < 8.0:
        total, x = total + 1.0 / x**2, x + 1.0
    y = 1.0 / x**2
    return total + 1.0 / x + y / 2.0 + y / x * (1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y / 30.0)))


def amplitude_likeness(before_db: Array, after_db: Array, *, reach_px: int = 3) -> tuple[Float32s, Float32s]:
    """How alike are the patterns? Correlation of amplitudes in dB over windows, and by how many deviations it falls
    short of what unchanged ground would keep.

    Both ``(row, column)``, NaN where less than half of a window is seen. Ground of variance v before, of which speckle
    is n (half of how far the two pictures differ, :func:`looks_of_pair`), keeps a correlation of 1 - n / v; even ground
    has none to lose. Deviations are of Fisher's transform with a window's pixels as independent, so average speckle no
    wider than the windows. tests/product/test_pair_change.py holds what is told of noise alone.
    """
    one, two = np.asarray(before_db, np.float64), np.asarray(after_db, np.float64)
    if one.shape != two.shape:
        raise InputError(f"{np.shape(before_db)} and {np.shape(after_db)}", fix="Warp both to one grid")
    like, spread = box_correlation(one, two, reach_px)
    noise = _DB**2 * _trigamma(looks_of_pair(two - one))
    count = (2 * reach_px + 1) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.clip(1.0 - noise / spread, 0.0, 0.99)
        # The texture is known from as many pixels as the correlation: both have their doubt.
        doubt = (1.0 - kept) * math.sqrt(2.0 / (count - 1.0)) / (1.0 - kept**2)
        short = np.arctanh(kept) - np.arctanh(np.clip(like, -0.9999, 0.9999))
        fewer = short / np.sqrt(1.0 / max(count - 3, 1) + doubt**2)
    return like.astype(np.float32), fewer.astype(np.float32)
