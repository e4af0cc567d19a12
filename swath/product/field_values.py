"""Which value does a field have, where its border is mixed with what lies beside, and how sure is that?

The mean of all pixels that a field touches is not the field's: light of the neighbours reaches in by the blur of the
camera and by the error of the picture's position, 0.02 of NDVI and more in fields of a hectare. The value is that of
the core, pixels with a whole pixel of the field all round, and what of the neighbours reaches even there is taken out:
blur adds to a mean half its variance times the second difference, and moving the field by one pixel to four sides
shows that difference. A field without a core is treated alike with more doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.fields import Coverages, ZonalStatistics, zonal_statistics

__all__ = ["FieldValues", "field_values"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NORMAL_90 = 1.6449
"""two-sided 90 % of a normal distribution"""
SHARPEN_CORE, SHARPEN_ALL = 0.4, 1.0
"""of the sum of four moved differences, what blur adds to the mean of core or whole where a pixel of the camera is one
of the map; it grows with the square of their ratio. These and all below: see benchmarks/calibrate_products.py"""
CORE_SIGMA, ALL_SIGMA = 0.002, 0.0075
"""What remains in large fields: curvature of the index, rounding, air; gains of columns, the same in every picture by a
camera, are a tenth of it in a field ten columns wide (0.1 % each)."""
SHARPEN_DOUBT = 0.5
"""of what is taken out, one sigma: the blur of any camera is known to a half"""
NOISE_PATCHES_PX = 4.0
"""pixels of a field nearer than this many are alike: rows, grain, resampling"""
PATCH_M = 40.0
"""parts of a field nearer than this are alike: soil, vigour; the hidden part differs as such patches differ"""
LEAST_SPREAD = 0.012
"""of NDVI among the pixels of a field: few pixels do not show it"""
BETWEEN_FIELDS = 0.25
"""spread of NDVI from field to field: what a sliver without a core may be mixed with"""
SLIVER_PX = 5.0
FRINGE_UP, CLOUDY_UP = 0.038, 0.008
"""Doubt upwards alone, by the hidden share of the field and of the picture: clouds and shadows fade out over what is
seen of it, and both take from the index of plants."""


@dataclass(frozen=True)
class FieldValues:
    """One value a field; where nothing of it is seen all are 0 and mean nothing."""

    value: Floats
    down: Floats
    """half of the 90 % interval below the value"""
    up: Floats
    """half above"""


def field_values(
    layer: npt.NDArray[np.floating[Any] | np.integer[Any]],
    seen: Mask,
    covered: Coverages,
    *,
    scale: float,
    blur_px2: float,
    position_px: float,
    cloudy_share: float,
) -> FieldValues:
    """What is the index of each field as a whole, and in which 90 % interval does it lie?

    ``layer`` holds ``scale`` times an index of plants such as NDVI; ``covered`` the fields where the picture shows
    them. ``blur_px2``: (pixel of the camera / pixel of the map) squared; ``position_px``: standard deviation of the
    picture's position along one axis; ``cloudy_share``: of the picture. Coverage over flights that no constant was
    found on: tests/stories/test_field_coverage.py.
    """
    core, area_px = covered.core(), PATCH_M**2 / covered.grid.pixel_m**2
    whole, inner = (zonal_statistics(layer, seen, part) for part in (covered, core))
    hidden = 1.0 - whole.seen_share[0]

    def sharpened(part: Coverages, of: ZonalStatistics, most: float) -> tuple[Floats, Floats]:
        """The value without what blur brings in, and the variance by blur and by position."""
        bend, slope2 = _moved(layer, seen, part, of.mean[0], scale)
        brought = most * blur_px2 * bend
        return of.mean[0] / scale - brought, (SHARPEN_DOUBT * brought) ** 2 + 2.0 * slope2 * position_px**2

    value, variance = sharpened(core, inner, SHARPEN_CORE)
    spread = inner.sd[0] / scale
    alike = NOISE_PATCHES_PX * spread**2 + hidden * np.maximum(spread, LEAST_SPREAD) ** 2 * area_px
    variance += CORE_SIGMA**2 + alike / np.maximum(inner.count_px[0], 1.0)
    other, doubt = sharpened(covered, whole, SHARPEN_ALL)
    doubt += ALL_SIGMA**2 + (BETWEEN_FIELDS * hidden) ** 2 / (1.0 + whole.count_px[0] / SLIVER_PX)
    mixed = ~inner.seen[0] | (doubt < variance)
    value, variance = np.where(mixed, other, value), np.where(mixed, doubt, variance)
    above = (FRINGE_UP * hidden) ** 2 + (CLOUDY_UP * cloudy_share) ** 2
    half = (NORMAL_90 * np.sqrt(part) for part in (variance, variance + above))
    return FieldValues(np.where(whole.seen[0], np.clip(value, -1.0, 1.0), 0.0), *half)


def _moved(
    layer: npt.NDArray[Any], seen: Mask, covered: Coverages, mean: Floats, scale: float
) -> tuple[Floats, Floats]:
    """The sum and the mean square of what fields would hold more a pixel further on, to four sides."""
    sides = [zonal_statistics(layer, seen, covered.shift(*by)) for by in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    more = np.stack([np.where(side.seen[0], (side.mean[0] - mean) / scale, 0.0) for side in sides])
    return more.sum(0), np.square(more).mean(0)
