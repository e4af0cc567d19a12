"""Where do clouds, their shadows and snow lie in a picture of any sensor? Rules on reflectance, with likelihood.

No training. Cells of some 20 to 40 m are judged by ramps that all have to be climbed: haze above the clear part of the
picture (blue - red / 2; Zhang et al. 2002, Remote Sens. Environ. 82, 173-187), brightness, whiteness, near against
short-wave infrared and snow index (as in Fmask: Zhu and Woodcock 2012, ibid. 118, 83-94; Qiu et al. 2019, ibid. 231,
111205), cirrus band, cold against the ground. Each cloud throws its shadow down-sun at the height where the ground
under it is darkest. Bands that a sensor lacks take their rule with them, and what cannot be told then is said.

Limits: snow without a short-wave infrared band passes for cloud; thin cirrus is found with a cirrus band alone; dark
water is not told from shadow but by where the shadow has to lie; clouds outside the picture are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Grid
from swath.product.cloud_kernels import dilate, mean_cells, paint_codes
from swath.product.cloud_shadows import Sky, cast_shadows
from swath.product.clouds import (
    CLEAR_HAZE_LIMIT,
    CLOUD,
    GROWTH_M,
    LEAST_WIDTH_M,
    NOT_PICTURED,
    SEEN,
    SHADOW,
)

__all__ = [
    "CLOUD",
    "CODES",
    "NOT_PICTURED",
    "SEEN",
    "SHADOW",
    "SNOW",
    "CloudMask",
    "Sky",
    "cells_of",
    "find_clouds",
    "mask_clouds",
    "painted",
    "suitable_cell_px",
]

Floats32 = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SNOW = 4
CODES = {SEEN: "clear", CLOUD: "cloud", SHADOW: "cloud shadow", NOT_PICTURED: "not pictured", SNOW: "snow"}
UNKNOWN = 255
"""of a likelihood"""
CELL_M, MOST_CELLS = 20.0, 8_000_000
BUFFER_M = 60.0
_HAZE, _BRIGHT, _WHITE, _NIR = (0.04, 0.10), (0.14, 0.24), (0.4, 0.8), (0.14, 0.24)
"""from nothing to all: haze above the clear part, reflectance of blue, whiteness (falling), reflectance of nir"""
_NIR_TO_SWIR = (0.65, 0.9)
"""rock, sand and dry soil are as bright in the short-wave infrared; Fmask draws the line at 0.75"""
_CIRRUS = (0.006, 0.02)
"""above the clear part, in the cirrus band"""
_COLD_K, _COLD_HAZE_PER_K = (-2.0, 2.0), 0.01
"""below the middle of the clear ground; each of the first 3 K counts as so much haze"""
_SNOW_INDEX, _SNOW_GREEN, _SNOW_NIR, _SNOW_BLUE_TO_RED = (0.3, 0.5), (0.10, 0.20), (0.11, 0.20), (0.85, 0.95)
"""mud and flood water are redder than snow"""
_SNOW_WARMEST_K = 283.0
_WEAK_HAZE, _WEAK_BLUE, _WEAK_RISE, _WEAK_WHITE = 0.03, 0.08, 0.025, 0.8
"""of the thin margin of a cloud; the rise is above the middle of the clear ground"""


@dataclass(frozen=True)
class CloudMask:
    """What of the ground is not to be seen, and how likely cloud is."""

    codes: Codes
    """``(row, column)``: 0 clear, 1 cloud, 2 cloud shadow, 3 not pictured, 4 snow"""
    likelihood: Codes
    """of cloud, 0 to 100; 255 not pictured"""
    because: tuple[str, ...]
    """what could not be told with these bands and angles"""

    def share(self, code: int) -> float:
        """Of what is pictured, how much has this code? 0 where nothing is pictured."""
        pictured = np.count_nonzero(self.codes != NOT_PICTURED)
        return float(np.count_nonzero(self.codes == code) / pictured) if pictured else 0.0


def mask_clouds(
    bands: Mapping[str, npt.NDArray[np.floating]], grid: Grid, sky: Sky | None = None, *, buffer_m: float = BUFFER_M
) -> CloudMask:
    """Which pixels are cloud, shadow or snow?

    ``bands``: reflectance 0 to 1 by common name (``blue``, ``green``, ``red``, ``nir``, ``swir16``, ``cirrus``;
    ``temperature`` in K), ``(row, column)`` on ``grid``, NaN where unknown. Two visible bands are the least. Without
    ``sky`` no shadow is looked for. Clouds and shadows are drawn ``buffer_m`` wider than they look. Raises
    :class:`InputError` for too few bands and wrong shapes. Accuracy: tests/product/test_cloud_mask.py.
    """
    wrong = [name for name, band in bands.items() if band.shape != grid.shape]
    if wrong:
        raise InputError(f"bands {', '.join(wrong)} are not on the grid {grid.shape}", fix="Put all on one grid")
    cell_px = suitable_cell_px(grid)
    found = find_clouds(cells_of(bands, cell_px), cell_px * grid.pixel_m, sky, buffer_m=buffer_m)
    pictured = np.asarray(np.isfinite(np.stack([bands[name] for name in _visible(bands)])).all(0))
    return painted(found, pictured, cell_px)


def suitable_cell_px(grid: Grid) -> int:
    """Pixels on a side of the cells that a picture is judged in: 20 m, more where there would be above 8 million."""
    least = np.sqrt(grid.width * grid.height / MOST_CELLS)
    return max(1, round(CELL_M / grid.pixel_m), int(np.ceil(least)))


def cells_of(bands: Mapping[str, npt.NDArray[np.floating]], cell_px: int) -> dict[str, Floats32]:
    """Means of the bands in cells; NaN where more than half of one is unknown."""
    found = {}
    for name, band in bands.items():
        rows, columns = (-(-length // cell_px) for length in band.shape)
        found[name] = np.empty((rows, columns), np.float32)
        mean_cells(band, cell_px, found[name])
    return found


def painted(cells: CloudMask, pictured: Mask, cell_px: int, *, first_row: int = 0) -> CloudMask:
    """A mask of cells as pixels, of which ``pictured`` have data; ``first_row`` of a strip that begins with a cell."""
    rows = slice(first_row // cell_px, first_row // cell_px - (-pictured.shape[0] // cell_px))
    # A cell that is mostly missing was not judged: its pixels count as not pictured.
    codes = paint_codes(cells.codes[rows], pictured, 0, cell_px, NOT_PICTURED)
    return CloudMask(codes, paint_codes(cells.likelihood[rows], pictured, 0, cell_px, UNKNOWN), cells.because)


def _visible(bands: Mapping[str, npt.NDArray[np.floating]]) -> list[str]:
    visible = [name for name in ("blue", "green", "red") if name in bands]
    if len(visible) < 2:
        raise InputError(
            f"bands {', '.join(bands) or 'none'} cannot tell cloud from ground",
            fix="Give two of blue, green and red at least, better nir and swir16 too",
        )
    return visible


def find_clouds(
    cells: Mapping[str, Floats32],
    cell_m: float,
    sky: Sky | None = None,
    *,
    buffer_m: float = BUFFER_M,
    likely: Floats32 | None = None,
    shadow: Mask | None = None,
) -> CloudMask:
    """As :func:`mask_clouds`, of means of cells (:func:`cells_of`), one code a cell: for pictures read in strips.

    ``likely`` (0 to 1, NaN unknown) and ``shadow``: what another judge says of them, in place of the rules.
    """
    visible = _visible(cells)
    known = np.asarray(np.isfinite(np.stack([cells[name] for name in visible])).all(0))
    if "nir" in cells:
        known &= np.isfinite(cells["nir"])
    said = list(_untold(cells))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        snow = _snow(cells) if {"green", "swir16"} <= set(cells) else np.zeros(known.shape, np.float32)
        if likely is None:
            likely, weak = _cloud_ramps(cells, visible, known, snow)
            cloud = _grown(likely, weak, known, cell_m)
        else:
            known, said = known & np.isfinite(likely), []
            cloud = known & (likely > 0.5)
    if shadow is None:
        shadow, unsaid = cast_shadows(cells, cloud, known, cell_m, sky)
        said += unsaid
    return CloudMask(
        *_coded(cloud, shadow & ~cloud & known, snow, known, likely, round(buffer_m / cell_m)), tuple(said)
    )


def _coded(cloud: Mask, shadow: Mask, snow: Floats32, known: Mask, likely: Floats32, reach: int) -> tuple[Codes, Codes]:
    """Codes with their buffers, and likelihood in percent."""
    snowy = known & (snow > 0.5) & ~cloud
    wide_cloud = np.asarray(dilate(cloud, reach), np.bool_) if reach else cloud
    wide_shadow = np.asarray(dilate(shadow, reach), np.bool_) if reach else shadow
    codes = np.zeros(known.shape, np.uint8)
    codes[snowy], codes[(wide_shadow & ~snowy) | shadow] = SNOW, SHADOW
    codes[wide_cloud], codes[~known] = CLOUD, NOT_PICTURED
    percent = np.where(cloud, np.maximum(likely, 0.5), np.minimum(likely, 0.5)) * 100.0
    return codes, np.where(known, np.rint(np.nan_to_num(percent)), UNKNOWN).astype(np.uint8)


def _untold(cells: Mapping[str, Floats32]) -> list[str]:
    words = {
        "blue": "without blue haze is judged by green: thin cloud is missed",
        "nir": "without near infrared some roofs and sand pass for cloud",
        "swir16": "without short-wave infrared snow and bright rock pass for cloud",
        "cirrus": "without a cirrus band thin cirrus is not seen",
    }
    return [said for name, said in words.items() if name not in cells]


def _ramp(values: Floats32, ends: tuple[float, float]) -> Floats32:
    climbed: Floats32 = np.clip((values - np.float32(ends[0])) / np.float32(ends[1] - ends[0]), 0.0, 1.0)
    return climbed


def _snow(cells: Mapping[str, Floats32]) -> Floats32:
    """Hall et al. 1995, Remote Sens. Environ. 54, 127-140: bright in green, dark in the short-wave infrared."""
    green, swir = cells["green"], cells["swir16"]
    snow = np.minimum(_ramp((green - swir) / (green + swir), _SNOW_INDEX), _ramp(green, _SNOW_GREEN))
    if "red" in cells:
        snow = np.minimum(snow, _ramp(cells.get("blue", green) / cells["red"], _SNOW_BLUE_TO_RED))
    if "nir" in cells:
        snow = np.minimum(snow, _ramp(cells["nir"], _SNOW_NIR))
    if "temperature" in cells:
        snow = np.where(cells["temperature"] > _SNOW_WARMEST_K, np.float32(0.0), snow)
    return np.nan_to_num(snow).astype(np.float32)


def _cloud_ramps(
    cells: Mapping[str, Floats32], visible: list[str], known: Mask, snow: Floats32
) -> tuple[Floats32, Mask]:
    """How far up the lowest of all ramps is each cell, and which cells may be a cloud's thin margin?"""
    first, red = cells[visible[0]], cells[visible[-1]]
    mean = np.mean([cells[name] for name in visible], axis=0)
    white = np.sum([np.abs(cells[name] - mean) for name in visible], axis=0) / mean
    haze = first - np.float32(0.5) * red
    if known.any():
        haze = haze - min(float(np.quantile(haze[known], 0.1)), CLEAR_HAZE_LIMIT)
    cold = _cold(cells, known & (haze < _HAZE[0]))
    if cold is not None:
        haze = haze + np.float32(_COLD_HAZE_PER_K) * np.clip(cold, 0.0, 3.0)
    likely = np.minimum(np.minimum(_ramp(haze, _HAZE), _ramp(first, _BRIGHT)), 1.0 - _ramp(white, _WHITE))
    clear = known & (likely < 0.1)
    ground = float(np.median(first[clear])) if clear.any() else 0.0
    weak = (haze > _WEAK_HAZE) & (first > max(_WEAK_BLUE, ground + _WEAK_RISE)) & (white < _WEAK_WHITE)
    if "nir" in cells:
        likely = np.minimum(likely, _ramp(cells["nir"], _NIR))
        weak &= cells["nir"] > _WEAK_BLUE
        if "swir16" in cells:
            ratio = _ramp(cells["nir"] / cells["swir16"], _NIR_TO_SWIR)
            likely, weak = np.minimum(likely, ratio), weak & (ratio > 0.0)
    likely, weak = np.minimum(likely, 1.0 - snow), weak & (snow < 0.5)
    if cold is not None:
        likely = np.minimum(likely, _ramp(cold, _COLD_K))
    if "cirrus" in cells:
        there = known & np.isfinite(cells["cirrus"])
        if there.any():
            high = cells["cirrus"] - float(np.quantile(cells["cirrus"][there], 0.1))
            # Snow on high mountains shines through the dry air above it.
            likely = np.maximum(likely, np.minimum(_ramp(high, _CIRRUS), 1.0 - snow))
    return np.where(known, np.nan_to_num(likely), 0.0).astype(np.float32), np.asarray(weak & known, np.bool_)


def _cold(cells: Mapping[str, Floats32], ground: Mask) -> Floats32 | None:
    """How much colder than the middle of the ground (K)? None without temperatures; 0 where they are missing."""
    if "temperature" not in cells or not (ground & np.isfinite(cells["temperature"])).any():
        return None
    middle = float(np.nanmedian(cells["temperature"][ground]))
    colder: Floats32 = np.nan_to_num(np.float32(middle) - cells["temperature"])
    return colder


def _grown(likely: Floats32, weak: Mask, known: Mask, cell_m: float) -> Mask:
    """What is likely and wide enough, grown into the margin round it."""
    strong = (likely > 0.5) & known
    reach = int((LEAST_WIDTH_M / cell_m - 1.0) / 2.0 + 0.499)  # a square of 1 + 2 x reach cells has to fit in
    cloud = strong
    if reach:
        inner = ~np.asarray(dilate(~strong & known, reach), np.bool_) & strong
        cloud = np.asarray(dilate(inner, reach), np.bool_) & strong
    for _ in range(max(1, round(GROWTH_M / cell_m))):
        grown = cloud | (np.asarray(dilate(cloud, 1), np.bool_) & weak)
        if (grown == cloud).all():
            break
        cloud = grown
    return cloud
