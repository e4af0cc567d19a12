"""What differs between two radar pictures of a place, in deviations of what speckle and weather leave of such pairs?

Three fields from one pair: the ratio of intensities averaged over 3 x 3 and over 7 x 7 pixels (something small and
strong, something large and faint), and the loss of likeness of the pattern (:mod:`swath.product.radar_change`). Each is
judged against what it showed in the place's own earlier pairs (:mod:`swath.watch.pair_watch`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.radar_change import amplitude_likeness, looks_of_pair, radar_change
from swath.watch.pair_watch import as_deviations
from swath.watch.series_kernels import box_means

__all__ = ["RADAR_TESTS", "RadarPair", "compare_radar"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Float32s = npt.NDArray[np.float32]

RADAR_TESTS = ("brightness, 3 px", "brightness, 7 px", "pattern")
"""what is tested of each pair, finest first"""
_REACHES_PX = (1, 3)
_LEAST_SHARE = 0.5
_MOST_WEATHER_DB = 3.0
"""wet soil, wind on water and calibration move all of a place together by up to this; more is a change of the place"""


@dataclass(frozen=True)
class RadarPair:
    """Two dates of one geometry beside each other."""

    deviations: dict[str, Float32s]
    """by :data:`RADAR_TESTS`, ``(row, column)``; NaN where too little is seen"""
    change_db: Float32s
    """``(polarisation, row, column)`` after less before, of 3 x 3 pixels, without what the whole place shares"""
    likeness: Float32s
    """``(row, column)`` correlation of the patterns"""
    shared_db: tuple[float, ...]
    """what the whole place shares, by polarisation: taken for weather"""
    looks_count: float
    """of one pixel, as the pair shows it"""


def compare_radar(before_db: Array, after_db: Array, seen: Mask, bands: Sequence[str]) -> RadarPair:
    """Two pictures ``(polarisation, row, column)`` in dB, laid over each other, of one direction of view.

    ``seen`` ``(row, column)`` in both. :class:`InputError` where they do not fit or fewer than 20 pixels are seen.
    False alarms and what is found of seeded changes: tests/watch/test_radar_pairs.py, benchmarks/quality/watching.py.
    """
    if before_db.shape != after_db.shape or len(before_db) != len(bands) or seen.shape != before_db.shape[1:]:
        raise InputError(
            f"pictures of {before_db.shape} and {after_db.shape}, seen {seen.shape}, {len(bands)} polarisations",
            fix="Give one grid and one name a polarisation",
        )
    looks = float(np.mean([looks_of_pair((b - a)[seen]) for a, b in zip(before_db, after_db, strict=True)]))
    fields: dict[str, Float32s] = {}
    shared = np.zeros(len(bands))
    change = np.full(before_db.shape, np.nan, np.float32)
    for name, reach in zip(RADAR_TESTS, _REACHES_PX, strict=False):
        one, two = (_averaged(picture, seen, reach) for picture in (before_db, after_db))
        if reach == _REACHES_PX[0]:
            middle = np.nanmedian((two - one)[:, seen], axis=1)
            shared = np.clip(middle, -_MOST_WEATHER_DB, _MOST_WEATHER_DB)
            change = two - one - shared[:, None, None].astype(np.float32)
        fields[name] = _ratio_deviations(one, two - shared[:, None, None], bands)
    pattern = [amplitude_likeness(a, b) for a, b in zip(before_db, after_db, strict=True)]
    likeness = np.mean([like for like, _ in pattern], axis=0)
    # Deviations of independent polarisations add up like steps of a walk.
    fewer = np.sum([short for _, short in pattern], axis=0) / np.sqrt(len(bands))
    fields[RADAR_TESTS[-1]] = np.where(seen, fewer, np.nan).astype(np.float32)
    return RadarPair(fields, change, likeness.astype(np.float32), tuple(float(x) for x in shared), looks)


def _averaged(picture_db: Array, seen: Mask, reach_px: int) -> Float32s:
    power = 10.0 ** (np.nan_to_num(picture_db, nan=0.0) / 10.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([10.0 * np.log10(box_means(one, seen, reach_px, _LEAST_SHARE)) for one in power])


def _ratio_deviations(before_db: Array, after_db: Array, bands: Sequence[str]) -> Float32s:
    """The ratio of averages in deviations of speckle: how many looks they have, neighbours being alike as they are, the
    pair itself shows.
    """
    looks = [looks_of_pair(b - a) for a, b in zip(before_db, after_db, strict=True)]
    pair = radar_change(
        dict(zip(bands, before_db, strict=True)), dict(zip(bands, after_db, strict=True)),
        looks_before=float(np.mean(looks)), looks_after=float(np.mean(looks)),
    )  # fmt: skip
    return as_deviations(pair.statistic, 2 * len(bands))
