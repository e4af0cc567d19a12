"""What is flooded, how likely, and what could not be seen? From an optical picture and, if there is one, an earlier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate, Product, Scene
from swath.product.area import BlockSums, Doubts, estimate_area
from swath.product.clouds import SEEN, average_cells, band_of, find_unseen
from swath.product.kind import ProductKind
from swath.product.water_kernels import (
    NOT_SEEN_SHARE,
    UNSEEN,
    block_sums,
    blur,
    flood_mask,
    flood_shares,
    ndwi_histograms,
    open_water,
    sharpen_edges,
)

__all__ = ["FLOOD", "UNSEEN", "WaterRule", "fit_water_rule", "flood_product", "water_likelihood"]

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

TILE_PX, MOST_TILES = 32, 1500
BINS = 200
"""of NDWI, -1 to 1"""
SHORE_RANGE = (-0.30, 0.45)
SEPARATION, SMALLER_SHARE, LEAST_DEVIATION = 0.65, 0.1, 0.08
"""A tile shows a shore if two classes explain so much of its NDWI variance, the smaller has so much of it, and it is
so wide: a tile of one kind of ground with noise falls into two halves as well."""
MIDDLES = (np.arange(BINS) + 0.5) * 2.0 / BINS - 1.0
EVEN_NDWI = 0.04
"""a pixel that differs less from its neighbours is not mixed"""
VALLEY_NDWI, VALLEY_WIDTH = 0.06, 0.10
"""where the gap between land and water is looked for: from grey roads and roofs at 0 to the muddiest shallow water"""
VALLEY_DENSITY = 0.25
"""of the lower peak beside it: NDWI values rarer than this lie between the classes"""
VALLEY_SLOPE = 40.0
OTSU_RANGE = (-0.15, 0.30)
SLOPE_RANGE = (10.0, 60.0)
LOGIT_SIGMA_GAP, LOGIT_SIGMA_BLIND = 0.16, 0.6
"""with a gap between land and water, and without"""
NIR_LIMIT = 0.22
"""reflectance above which nothing is open water: roofs and roads are as grey as mud"""
SHORE_CONTRAST = 0.04
"""least difference of nir reflectance between land and water for unmixing"""
MOST_BLOCKS = 1000
"""into which the area is divided to judge what is hidden from what is seen around"""
CE90_PER_AXIS_SHIFT = 1.4142
"""The error of one picture is mostly one shift of all of it, as long as its CE90: an axis has CE90 / sqrt(2)."""


@dataclass(frozen=True)
class WaterRule:
    """Log-odds of water from one pixel: ``ndwi_slope x (NDWI - ndwi_threshold)``, and below 0 above the nir limit."""

    ndwi_threshold: float
    ndwi_slope: float
    logit_sigma: float
    """systematic error of the log-odds over the whole picture: small where land and water leave a gap between them"""
    because: str


def fit_water_rule(green: Array, nir: Array, seen: Mask) -> WaterRule:
    """Where does this picture divide water from land?

    Only tiles whose NDWI falls into two clear classes are asked (split-based thresholding: Martinis et al. 2009, Nat.
    Hazards Earth Syst. Sci. 9, 303-314). If unmixed pixels leave a gap between the classes the threshold lies in it,
    else it is Otsu's; 0 (McFeeters 1996) where no tile shows a shore.
    """
    rows, columns = green.shape
    corners = np.array([(r, c) for r in range(0, rows, TILE_PX) for c in range(0, columns, TILE_PX)])
    corners = corners[:: max(1, -(-len(corners) // MOST_TILES))]
    every, even = ndwi_histograms(green, nir, seen, corners, TILE_PX, BINS, EVEN_NDWI)
    threshold, separation, deviation, smaller = _otsu(every)
    plausible = (threshold > SHORE_RANGE[0]) & (threshold < SHORE_RANGE[1])
    shore = plausible & (separation > SEPARATION) & (smaller > SMALLER_SHARE) & (deviation > LEAST_DEVIATION)
    if not shore.any():
        return WaterRule(0.0, 20.0, LOGIT_SIGMA_BLIND, "no tile shows a shore: McFeeters' threshold")
    where = f"{int(shore.sum())} of {len(corners)} tiles show a shore"
    pooled = every[shore].sum(0)
    cut = float(_otsu(pooled[None])[0][0])
    valley = _valley(even[shore].sum(0))
    if valley is not None:
        return WaterRule(valley, VALLEY_SLOPE, LOGIT_SIGMA_GAP, f"in the gap between land and water, {where}")
    wet = cut < MIDDLES
    land, water = _spread(pooled * ~wet), _spread(pooled * wet)
    slope = 0.5 * (water[0] - land[0]) / (0.5 * (land[1] + water[1])) ** 2
    at, slope = float(np.clip(cut, *OTSU_RANGE)), float(np.clip(slope, *SLOPE_RANGE))
    return WaterRule(at, slope, LOGIT_SIGMA_BLIND, f"Otsu's threshold, {where}")


def _valley(counts: Array) -> float | None:
    """The plausible NDWI that the fewest even pixels have, if it is rare beside the peaks on both of its sides."""
    smooth = np.convolve(counts, np.ones(5) / 5.0, "same")
    offset = np.abs(MIDDLES - VALLEY_NDWI) / VALLEY_WIDTH
    least = int(np.argmin(np.where(offset < 1.5, (smooth + 1.0) * (1.0 + offset**2), np.inf)))
    peak = min(smooth[:least].max(initial=0.0), smooth[least:].max(initial=0.0))
    return float(MIDDLES[least]) if smooth[least] < VALLEY_DENSITY * peak else None


def _otsu(counts: Array) -> tuple[Array, Array, Array, Array]:
    """Threshold, share of variance explained, deviation and share of the smaller class, of histograms ``(n, BINS)``."""
    total = np.maximum(counts.sum(1, keepdims=True), 1)
    below = np.cumsum(counts, 1) / total
    moment = np.cumsum(counts * MIDDLES, 1) / total
    mean = moment[:, -1:]
    variance = np.maximum((counts * (MIDDLES - mean) ** 2).sum(1) / total[:, 0], 1e-9)
    between = (mean * below - moment) ** 2 / np.maximum(below * (1.0 - below), 1e-9)
    # Between two classes with nothing in between every threshold is as good: the middle one is taken.
    best = between >= between.max(1, keepdims=True) * (1.0 - 1e-9)
    first, last = best.argmax(1), BINS - 1 - best[:, ::-1].argmax(1)
    share = below[np.arange(len(counts)), first]
    separation = between.max(1) / variance
    return (
        0.5 * (MIDDLES[first] + MIDDLES[last]) + 1.0 / BINS,
        separation,
        np.sqrt(variance),
        np.minimum(share, 1 - share),
    )


def _spread(counts: Array) -> tuple[float, float]:
    """Median and half the central 68 % of a histogram: mixed pixels in the tails do not count."""
    low, centre, high = np.interp((0.16, 0.5, 0.84), np.cumsum(counts) / counts.sum(), MIDDLES)
    return float(centre), max(float(high - low) / 2.0, 0.01)


def water_likelihood(scene: Scene, unseen: Codes) -> tuple[Codes, WaterRule]:
    """Expected share of each pixel under open water, 0 to 100, 255 where it is not seen; and the rule it came from."""
    green, nir = band_of(scene, "green"), band_of(scene, "nir")
    seen = unseen == SEEN
    rule = fit_water_rule(green, nir, seen)
    likelihood = open_water(green, nir, seen, rule.ndwi_threshold, rule.ndwi_slope, NIR_LIMIT * 1e4)
    return sharpen_edges(likelihood, nir, SHORE_CONTRAST * 1e4), rule


def flood_product(
    scene: Scene,
    *,
    before: Scene | None = None,
    area: Mask | None = None,
    ignore: Mask | None = None,
    before_ignore: Mask | None = None,
) -> Product:
    """What is flooded now and was not before, over the area of interest?

    ``before``: an earlier picture on the same grid that shows normal water, cloudy or not; without it all water counts
    as flood and the product says so. ``area``: where the answer is asked for (everywhere if not given). ``ignore``,
    ``before_ignore``: pixels that are no picture of the ground (watermarks). Masks are ``(row, column)`` bool.

    Layers: ``flood`` uint8 0 or 1; ``likelihood`` of water now, uint8 0 to 100 (expected share of the pixel under
    water, the picture's position error allowed for), 255 not seen; ``unseen`` uint8 0 seen, 1 cloud, 2 cloud shadow,
    3 not pictured. Estimates: ``flooded_km2`` (with what is hidden, see :mod:`swath.product.area`), ``unseen_km2``,
    ``seen_share`` and, with ``before``, ``normal_water_km2``. Accuracy: tests/stories/test_flood_coverage.py.
    :class:`InputError` where shapes or grids differ, bands are missing or the area is empty.
    """
    inside = _checked_area(scene, area)
    if before is not None and before.grid != scene.grid:
        raise InputError(
            "the earlier picture lies on another grid", where=f"scene {before.id}", fix="Warp it to the same grid"
        )
    cells = average_cells(scene, ignore)
    old = None if before is None else average_cells(before, before_ignore)
    unseen = find_unseen(cells, other=old)
    now, rule = water_likelihood(scene, unseen)
    sigma_px = scene.ce90_m.value / CE90_PER_AXIS_SHIFT / scene.grid.pixel_m
    estimates = _coverage_estimates(unseen, inside, scene.grid.pixel_area_km2)
    then, normal_share = np.zeros_like(now), 0.0
    if before is not None and old is not None:
        then, old_rule = water_likelihood(before, find_unseen(old, other=cells))
        then[(then == UNSEEN) & (now < 50)] = 0  # what is dry in a flood was dry before
        normal_share = _normal_share(now, then)
        estimates["normal_water_km2"] = _normal_water(before, now, then, inside, normal_share, old_rule)
    shares = flood_shares(now, then, normal_share, int(np.clip(round(2.0 + 2.0 * sigma_px), 2, 6)))
    estimates["flooded_km2"] = _area(scene, shares, then, inside, normal_share, rule)
    return Product(
        id=f"{scene.id}-flood",
        kind="flood",
        request=scene.request,
        scenes=(scene.id,) if before is None else (scene.id, before.id),
        grid=scene.grid,
        layers={"flood": flood_mask(shares), "likelihood": blur(now, sigma_px), "unseen": unseen},
        estimates=estimates,
        simulated=scene.simulated or (before is not None and before.simulated),
        because=_because(rule, estimates, before is not None),
    )


def _checked_area(scene: Scene, area: Mask | None) -> Mask:
    if area is None:
        return np.ones(scene.grid.shape, np.bool_)
    if area.shape != scene.grid.shape:
        raise InputError(f"area is {area.shape}, the grid is {scene.grid.shape}", fix="Give a mask on the scene's grid")
    if not area.any():
        raise InputError(
            "the area of interest has no pixel", where=f"scene {scene.id}", fix="Give an area that the grid touches"
        )
    return np.asarray(area, np.bool_)


def _normal_share(now: Codes, then: Codes) -> float:
    """Which share of today's water was there before, where both pictures show the ground?"""
    both = (now != UNSEEN) & (then != UNSEEN) & (now >= 50)
    return float(then[both].mean()) / 100.0 if both.any() else 0.5


def _normal_water(
    before: Scene, now: Codes, then: Codes, inside: Mask, normal_share: float, rule: WaterRule
) -> Estimate:
    """The area of normal water; of water now whose past is unknown ``normal_share`` is taken for normal."""
    unknown = (then == UNSEEN) & (now != UNSEEN)
    shares = then.astype(np.int8)
    shares[then == UNSEEN] = NOT_SEEN_SHARE
    shares[unknown] = round(100.0 * normal_share)
    return _area(before, shares, np.where(unknown, np.uint8(UNSEEN), np.uint8(0)), inside, 0.0, rule)


def _area(scene: Scene, shares: Array, then: Codes, inside: Mask, normal_share: float, rule: WaterRule) -> Estimate:
    block = max(8, round(float(np.sqrt(shares.size / MOST_BLOCKS))))
    blocks, totals = block_sums(shares, then, inside, block, normal_share)
    pixel_m = scene.grid.pixel_m
    sums = BlockSums(blocks[..., 0], blocks[..., 1], blocks[..., 2], block * pixel_m)
    doubts = Doubts(
        threshold_px=rule.logit_sigma * float(blocks[..., 3].sum()),
        outline_m=float(totals[0]) * pixel_m * np.pi / 4.0,
        shift_px_per_px=(float(totals[1]), float(totals[2])),
        position_sigma_px=scene.ce90_m.value / CE90_PER_AXIS_SHIFT / pixel_m,
        unknown_past_px=float(totals[3]),
    )
    return estimate_area(sums, doubts, pixel_m)


def _coverage_estimates(unseen: Codes, inside: Mask, pixel_area_km2: float) -> dict[str, Estimate]:
    """How much of the area is not seen: counted in the mask, so without an interval."""
    hidden, total = int(np.count_nonzero(inside & (unseen != SEEN))), int(np.count_nonzero(inside))
    because = "counted in the mask of unseen pixels, which is drawn about 20 m wider than clouds look"
    return {
        "unseen_km2": Estimate(hidden * pixel_area_km2, "km2", because=because),
        "seen_share": Estimate(1.0 - hidden / total, "1", because=because),
    }


def _because(rule: WaterRule, estimates: dict[str, Estimate], with_before: bool) -> str:
    seen = estimates["seen_share"].value
    if seen <= 0.0:
        return "not seen: no pixel of the area shows the ground"
    past = (
        "flood is water that the earlier picture does not show"
        if with_before
        else "no earlier picture: all water counts"
    )
    return f"water above NDWI {rule.ndwi_threshold:.2f} ({rule.because}); {past}; {100.0 * seen:.0f} % of the area seen"


FLOOD = ProductKind(
    name="flood",
    question="What is flooded, how likely, and what could not be seen?",
    bands=("blue, green, red, nir",),
    layers={
        "flood": "0 no, 1 flood",
        "likelihood": "% of water now, 255 not seen",
        "unseen": "0 seen, 1 cloud, 2 shadow, 3 not pictured",
    },
    source="McFeeters 1996; Martinis et al. 2009 (split-based thresholds)",
    make=flood_product,
)
