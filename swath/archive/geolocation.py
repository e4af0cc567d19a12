"""How far off is a picture? Measured against control: a reference picture whose position is trusted.

Tiles of the picture are found in the reference by normalised cross-correlation and then least squares to a few
hundredths of a pixel; cloud and change spoil single tiles, which are told by their correlation and by standing apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.match_kernels import binomial, match_point
from swath.errors import InputError
from swath.model import Estimate, Grid

__all__ = ["CE90_PER_SIGMA", "Geolocation", "measure_geolocation"]

Floats = npt.NDArray[np.float64]

CE90_PER_SIGMA = math.sqrt(-2.0 * math.log(0.1))
"""90 % circle of a circular Gaussian, 2.146 sigma of one axis"""

_TILE_PX = 64
_REACH_PX = 16
_MOST_TILES = 144
_FEWEST_TILES = 6
_FEWEST_SHARE = 0.15
_CORRELATION = 0.6
_APART_PX = 0.5
_RESAMPLES = 400


@dataclass(frozen=True)
class Geolocation:
    """What comparison with control says about a picture's position."""

    ce90_m: Estimate
    """circle that holds 90 % of the picture's position errors, as it lies (nothing is corrected)"""
    shift_east_m: float | None
    """the picture's features lie this far east of where control has them, on average; None where not measured"""
    shift_north_m: float | None
    tiles_used: int
    tiles_tried: int
    errors_m: Floats
    """``(tiles_used, 2)`` east and north error of each tile"""


def measure_geolocation(
    pixels: npt.NDArray[np.uint16],
    reference: npt.NDArray[np.uint16],
    grid: Grid,
    *,
    expected_ce90_m: float,
    seed: int = 0,
) -> Geolocation:
    """How well is a picture placed, against a reference picture on the same grid?

    ``pixels`` and ``reference`` are one band ``(row, column)``, 0 no data; their radiometry may differ by a gain and
    offset. Up to 144 tiles of 64 pixels are tried, each within 16 pixels. A tile counts where it correlates by 0.6 and
    agrees with a plane through all tiles to half a pixel or three deviations. CE90 is the 90th percentile of the
    tiles' radial errors, which holds the errors of matching too (about 0.03 pixel), its interval a bootstrap over
    tiles (``seed``). Where fewer than 6 tiles or 15 % of those tried agree, CE90 is the expectation given
    (``expected_ce90_m``, from the attitude's knowledge) without interval, and says why. Errors of the control itself
    are not in it. Accuracy: tests/archive/test_geolocation.py.
    """
    if pixels.shape != grid.shape or reference.shape != grid.shape:
        raise InputError(
            f"pixels {pixels.shape} and reference {reference.shape} are not on the grid {grid.shape}",
            fix="Put both on one grid",
        )
    corners = _corners(pixels, reference)
    found = _match(pixels, reference, corners)
    good = _agreeing(corners, found)
    used = int(good.sum())
    if used < max(_FEWEST_TILES, _FEWEST_SHARE * len(corners)):
        because = (
            f"not measured: {used} of {len(corners)} tiles agree with control (cloud, change, no texture, or more than "
            f"{_REACH_PX * grid.pixel_m:.0f} m off); the value is what the attitude's knowledge lets expect"
        )
        return Geolocation(
            Estimate(expected_ce90_m, "m", because=because), None, None, used, len(corners), np.empty((0, 2))
        )
    # Rows run south: a feature found further down lies further south.
    errors_m = np.stack([found[good, 1], -found[good, 0]], -1) * grid.pixel_m
    shift_east_m, shift_north_m = errors_m.mean(0)
    ce90_m = _ce90(errors_m, seed)
    return Geolocation(ce90_m, float(shift_east_m), float(shift_north_m), used, len(corners), errors_m)


def _corners(pixels: npt.NDArray[np.uint16], reference: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """Upper left corners of tiles that are at least half known in both, spread evenly over the picture."""
    rows, columns = (np.arange(0, size - _TILE_PX + 1, _TILE_PX) for size in pixels.shape)
    thin = max(1, math.ceil(math.sqrt(len(rows) * len(columns) / _MOST_TILES)))
    corners = [
        (row, column)
        for row in rows[thin // 2 :: thin]
        for column in columns[thin // 2 :: thin]
        if all(
            2 * np.count_nonzero(image[row : row + _TILE_PX : 4, column : column + _TILE_PX : 4])
            >= (_TILE_PX // 4) ** 2
            for image in (pixels, reference)
        )
    ]
    return np.array(corners, np.int64).reshape(-1, 2)


def _match(pixels: npt.NDArray[np.uint16], reference: npt.NDArray[np.uint16], corners: npt.NDArray[np.int64]) -> Floats:
    """Rows (down, across, correlation) of the tiles, in neighbourhoods cut out so that memory stays small."""
    found, result = np.zeros((len(corners), 3)), np.empty(5)
    wide = _REACH_PX + 4
    for number, (row, column) in enumerate(corners):
        fixed = _smoothed(reference, row - 1, column - 1, _TILE_PX + 2)
        moving = _smoothed(pixels, row - wide, column - wide, _TILE_PX + 2 * wide)
        match_point(fixed, moving, wide, wide, _REACH_PX, False, result)
        found[number] = result[0], result[1], result[4]
    return found


def _smoothed(image: npt.NDArray[np.uint16], top: int, left: int, size: int) -> npt.NDArray[np.float32]:
    """A square of it as it is compared: smoothed, NaN beside no data and off the picture."""
    part, out = np.full((size + 2, size + 2), np.nan, np.float32), np.empty((size + 2, size + 2), np.float32)
    first_row, first_column = max(top - 1, 0), max(left - 1, 0)
    there = image[first_row : top + size + 1, first_column : left + size + 1]
    down, across = first_row - top + 1, first_column - left + 1
    part[down : down + there.shape[0], across : across + there.shape[1]] = np.where(there != 0, there, np.nan)
    binomial(part, out)
    return np.ascontiguousarray(out[1:-1, 1:-1])


def _agreeing(corners: npt.NDArray[np.int64], found: Floats) -> npt.NDArray[np.bool_]:
    """Which tiles correlate and lie on one plane of displacement (a turn or stretch of the whole picture is real)?"""
    good = found[:, 2] >= _CORRELATION
    if not good.any():
        return good
    design = np.column_stack([np.ones(len(corners)), corners - corners.mean(0)])
    middle = np.median(found[good, :2], axis=0) * np.ones((len(corners), 1))
    near = good & (np.hypot(*(found[:, :2] - middle).T) < 4.0 * _APART_PX)
    for _ in range(4):
        if near.sum() >= 2 * _FEWEST_TILES:
            middle = design @ np.linalg.lstsq(design[near], found[near, :2], rcond=None)[0]
        apart = np.hypot(*(found[:, :2] - middle).T)
        limit = max(_APART_PX, 3.0 * float(np.median(apart[near]))) if near.any() else _APART_PX
        near = good & (apart <= limit)
    return np.asarray(near)


def _ce90(errors_m: Floats, seed: int) -> Estimate:
    radial_m = np.hypot(errors_m[:, 0], errors_m[:, 1])
    picks = np.random.default_rng(seed).integers(0, len(radial_m), (_RESAMPLES, len(radial_m)))
    resampled = np.quantile(radial_m[picks], 0.9, axis=1)
    low, high = np.quantile(resampled, [0.05, 0.95])
    return Estimate(float(np.quantile(radial_m, 0.9)), "m", float(low), float(high), 0.9)
