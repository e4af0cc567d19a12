"""How many ships are on the water, and how long? Bright points that sea clutter does not explain (CFAR).

Clutter about a pixel is K-distributed: speckle on a sea whose brightness itself varies (Ward et al. 2006); its order
comes from the mean and the variance of the water around, without what is bright already (twice), so that a threshold
has the false alarm rate asked in a rough sea too. Counts of objects and their sizes, with intervals: no identity, no
track of a single vessel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate
from swath.product.patches import find_patches
from swath.product.radar_change_kernels import ring_moments
from swath.product.tails import k_limit
from swath.table import Table, column

__all__ = ["Objects", "count_of", "find_ships"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

GUARD_M, RING_M = 150.0, 450.0
"""what may be the ship itself, and how far the water around is asked"""
_LEAST_RING_PX = 60
_ORDERS = np.geomspace(0.1, 1000.0, 24)
_SURELY_SHIPS = 50.0
"""times the water's median: left out from the first, so that a crowded roadstead does not hide its own ships"""
_KERNEL = 1.35
"""pixels that a point spreads over, taken off a length (full width at half of the peak)"""


@dataclass(frozen=True)
class Objects(Table):
    """One row an object."""

    row_px: npt.NDArray[np.float64] = column("f8", "px", "middle, weighted by brightness")
    column_px: npt.NDArray[np.float64] = column("f8", "px", "middle, weighted by brightness")
    length_m: npt.NDArray[np.float64] = column("f8", "m", "longest extent")
    length_low_m: npt.NDArray[np.float64] = column("f8", "m", "90 % interval")
    length_high_m: npt.NDArray[np.float64] = column("f8", "m", "90 % interval")
    width_m: npt.NDArray[np.float64] = column("f8", "m", "across it")
    contrast_ratio: npt.NDArray[np.float64] = column("f8", "-", "peak in thresholds: 1 is just found")


def find_ships(
    intensity_db: Array, water: Mask, pixel_m: float, *, looks: float, false_alarms_1000_km2: float = 1.0
) -> Objects:
    """Ships in a radar picture: sigma nought in dB and where water is, ``(row, column)`` each.

    ``false_alarms_1000_km2``: bright points that the sea alone may give in 1,000 km2 of water. Keep shores out of
    ``water`` by two pixels. False alarms on simulated K clutter, share of ships found by length and contrast:
    tests/product/test_ships.py. :class:`InputError` for shapes and numbers that do not fit.
    """
    if intensity_db.shape != water.shape or not looks > 0.0 or not false_alarms_1000_km2 > 0.0 or not pixel_m > 0.0:
        raise InputError(
            f"a picture of {intensity_db.shape}, water {water.shape}, {looks} looks, {false_alarms_1000_km2} alarms",
            fix="Give both on one grid, looks and a rate above 0",
        )
    known = water & np.isfinite(intensity_db)
    intensity = np.where(known, 10.0 ** (np.nan_to_num(intensity_db).astype(np.float64) / 10.0), 0.0)
    chance = min(false_alarms_1000_km2 * pixel_m**2 / 1e9, 0.1)
    ratio = _over_clutter(intensity, known, pixel_m, looks, chance)
    label = find_patches(_joined(ratio > 1.0, ratio > 0.35)).label
    keep = np.unique(label[ratio > 1.0])
    rows = [_object(label == n, ratio, pixel_m) for n in keep if n > 0]
    return Objects.from_rows(rows)


def _over_clutter(intensity: Array, known: Mask, pixel_m: float, looks: float, chance: float) -> Array:
    """Intensity over the threshold of its own surroundings; 0 off the water."""
    guard, reach = math.ceil(GUARD_M / pixel_m), math.ceil(RING_M / pixel_m)
    ratio = np.zeros(intensity.shape)
    limits = _limits(chance, looks)
    middle = float(np.median(intensity[known])) if known.any() else 1.0
    quiet = known & (intensity < _SURELY_SHIPS * middle)
    whole = float(intensity[quiet].mean()) if quiet.any() else 1.0
    for _ in range(3):
        mean, square, count = ring_moments(intensity, quiet, guard, reach)
        enough = count >= _LEAST_RING_PX
        mean = np.where(enough, mean, whole)
        spread = np.where(enough, square / np.maximum(mean, 1e-30) ** 2, 1.0 + 1.0 / looks)
        # (1 + 1/order)(1 + 1/looks) is the second moment over the squared mean of K clutter
        texture = spread / (1.0 + 1.0 / looks) - 1.0
        order = np.where(texture > 1e-3, 1.0 / np.maximum(texture, 1e-3), 1000.0)
        limit = np.interp(np.log(np.clip(order, _ORDERS[0], _ORDERS[-1])), np.log(_ORDERS), limits)
        ratio = np.where(known, intensity / np.maximum(mean * limit, 1e-30), 0.0)
        quiet = known & (ratio < 1.0)
    return ratio


@lru_cache(maxsize=64)
def _limits(chance: float, looks: float) -> npt.NDArray[np.float64]:
    """Thresholds over the mean, by order of the clutter."""
    return np.array([k_limit(chance, looks, float(order)) for order in _ORDERS])


def _joined(sure: Mask, likely: Mask) -> Mask:
    """What is sure, and what is likely within two pixels of it."""
    near = sure.copy()
    for _ in range(2):
        wide = np.zeros(np.array(near.shape) + 2, np.bool_)
        for i in range(3):
            for j in range(3):
                wide[i : i + near.shape[0], j : j + near.shape[1]] |= near
        near = wide[1:-1, 1:-1] & (likely | sure)
    return np.asarray(near | sure)


def _object(inside: Mask, ratio: Array, pixel_m: float) -> dict[str, float]:
    """Extent of an object by where it falls to half of its peak along its own axes."""
    rows, columns = np.nonzero(inside)
    value = ratio[rows, columns]
    peak = float(value.max())
    row, col = float(np.average(rows, weights=value)), float(np.average(columns, weights=value))
    points = np.stack([rows - row, columns - col])
    axes = np.linalg.eigh(np.cov(points, aweights=value) if len(rows) > 2 else np.eye(2))[1]
    along = axes.T @ points
    extent = along.max(1) - along.min(1) + 1.0
    length, width = max(extent[1] - (_KERNEL - 1.0), 1.0) * pixel_m, max(extent[0] - (_KERNEL - 1.0), 1.0) * pixel_m
    doubt = 1.645 * pixel_m * math.hypot(0.6, 0.12 * extent[1])
    return {
        "row_px": row, "column_px": col, "length_m": length, "length_low_m": max(length - doubt, 0.0),
        "length_high_m": length + doubt, "width_m": min(width, length), "contrast_ratio": peak,
    }  # fmt: skip


def count_of(objects: Objects, *, false_alarms: float, found_share: float = 1.0) -> Estimate:
    """How many objects are there, if so many of those found may be false and such a share of the real ones is found?

    ``found_share`` from a trial with seeded objects (1: only what is large enough counts). 90 % interval: Poisson
    false alarms and binomial misses.
    """
    if not false_alarms >= 0.0 or not 0.0 < found_share <= 1.0:
        raise InputError(f"{false_alarms} false alarms, a share of {found_share} found", fix="Give 0 or more, 0 to 1")
    number = len(objects)
    real = max(number - false_alarms, 0.0)
    sigma = math.sqrt(false_alarms + real * (1.0 - found_share)) / found_share
    low = max(real / found_share - 1.645 * sigma, 0.0)
    return Estimate(real / found_share, "objects", math.floor(low), math.ceil(real / found_share + 1.645 * sigma))
