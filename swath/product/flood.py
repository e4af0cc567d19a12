"""What is flooded, how likely, and what could not be seen? From an optical picture and, if there is one, an earlier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Product, Scene
from swath.product.clouds import NOT_PICTURED, SEEN, average_cells, band_of, find_unseen
from swath.product.flood_map import check_area, flood_of, shares_of
from swath.product.kind import ProductKind
from swath.product.room import new_layer, piecewise, strips
from swath.product.sight import Sight
from swath.product.water_kernels import UNSEEN, flood_mask, ndwi_histograms, open_water, sharpen_edges
from swath.product.water_swir import calibrated_swir, fit_swir_rule, swir_logits
from swath.product.wet_kernels import percent_of_logits

__all__ = [
    "FLOOD",
    "UNSEEN",
    "WaterRule",
    "fit_water_rule",
    "flood_product",
    "optical_sight",
    "optical_sights",
    "water_likelihood",
]

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
SHARPEN_HALO = 16
"""rows around a shore pixel that its share depends on"""
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


def water_likelihood(scene: Scene, unseen: Codes, rule: WaterRule) -> Codes:
    """Expected share of each pixel under open water by a rule, 0 to 100, 255 where it is not seen."""

    def of(green: Array, nir: Array, codes: Codes) -> Codes:
        wet = open_water(green, nir, codes == SEEN, rule.ndwi_threshold, rule.ndwi_slope, NIR_LIMIT * 1e4)
        for _ in range(2):  # the second time about where the first one found the shore
            wet = sharpen_edges(wet, nir, SHORE_CONTRAST * 1e4)
        return np.asarray(wet, np.uint8)

    return piecewise(of, band_of(scene, "green"), band_of(scene, "nir"), unseen, dtype=np.uint8, halo=SHARPEN_HALO)


def optical_sights(
    scene: Scene, before: Scene | None = None, *, ignore: Mask | None = None, before_ignore: Mask | None = None
) -> tuple[Sight, Sight | None]:
    """Water as a camera sees it now, and as it saw it before, if there is an earlier picture on the same grid.

    Each picture shows better beside the other what hides it (:func:`clouds.find_unseen`), and without short-wave
    infrared the surer of both rules serves both: a picture without shores shows no gap between land and water.
    ``ignore``, ``before_ignore``: pixels that are no picture of the ground.
    """
    cells = average_cells(scene, ignore)
    if before is None:
        return optical_sight(scene, find_unseen(cells)), None
    old = average_cells(before, before_ignore)
    now, then = (scene, find_unseen(cells, other=old)), (before, find_unseen(old, other=cells))
    if _short_wave(scene) and _short_wave(before):
        return optical_sight(*now), optical_sight(*then)
    fresh, past = (_rule_of(*each) for each in (now, then))
    if past.logit_sigma < fresh.logit_sigma:
        return optical_sight(*now, rule=_borrowed(past, before)), optical_sight(*then, rule=past)
    lent = _borrowed(fresh, scene) if fresh.logit_sigma < past.logit_sigma else past
    return optical_sight(*now, rule=fresh), optical_sight(*then, rule=lent)


def _short_wave(scene: Scene) -> str:
    """The band of short-wave infrared that tells water; empty without."""
    return next((name for name in ("swir22", "swir16") if name in scene.bands), "")


def _rule_of(scene: Scene, unseen: Codes) -> WaterRule:
    seen = piecewise(lambda codes: codes == SEEN, unseen, dtype=np.bool_)
    return fit_water_rule(band_of(scene, "green"), band_of(scene, "nir"), seen)


def _borrowed(rule: WaterRule, scene: Scene) -> WaterRule:
    return replace(rule, because=f"{rule.because} of {scene.id}")


def optical_sight(scene: Scene, unseen: Codes, *, rule: WaterRule | None = None) -> Sight:
    """Water as a camera sees it: by short-wave infrared where the scene has it, else by green and near infrared.

    ``unseen``: codes of what does not show the ground (:func:`clouds.find_unseen`); ``rule``: of green and near
    infrared, the picture's own (:func:`fit_water_rule`) unless given. Shore pixels hold the share of water that
    explains their near infrared. Accuracy: tests/authorities/test_flood_spain.py and
    tests/product/test_water.py (with short-wave infrared), tests/stories/test_flood_coverage.py (without).
    """
    if _short_wave(scene):
        return _by_short_wave(scene, unseen)
    rule = rule or _rule_of(scene, unseen)
    likelihood = water_likelihood(scene, unseen, rule)
    water = piecewise(lambda wet: flood_mask(shares_of(wet)), likelihood, dtype=np.bool_, halo=2)
    words = f"water above NDWI {rule.ndwi_threshold:.2f} ({rule.because})"
    return _sight(scene, likelihood, water, unseen, rule.logit_sigma, words)


def _by_short_wave(scene: Scene, unseen: Codes) -> Sight:
    band = _short_wave(scene)
    green, red, nir, swir = (band_of(scene, name) for name in ("green", "red", "nir", band))
    codes = piecewise(
        lambda old, far: np.where((old == SEEN) & (far == 0), NOT_PICTURED, old), unseen, swir, dtype=np.uint8
    )
    seen = piecewise(lambda code: code == SEEN, codes, dtype=np.bool_)
    rule = fit_swir_rule(green, swir, seen, band)
    water, likelihood = new_layer(seen.shape, np.bool_), new_layer(seen.shape, np.uint8)
    for take, keep, put in strips(seen.shape, SHARPEN_HALO):
        logits = swir_logits(green[take], red[take], nir[take], swir[take], seen[take], rule)
        with np.errstate(invalid="ignore"):
            water[put] = (logits > 0.0)[keep]
        sharp = sharpen_edges(percent_of_logits(logits), nir[take], SHORE_CONTRAST * 1e4)
        likelihood[put] = calibrated_swir(sharp)[keep]
    return _sight(scene, likelihood, water, codes, rule.logit_sigma, rule.because)


def _sight(scene: Scene, likelihood: Codes, water: Mask, unseen: Codes, logit_sigma: float, because: str) -> Sight:
    return Sight(
        grid=scene.grid,
        likelihood=likelihood,
        water=water,
        unseen=unseen,
        logit_sigma=logit_sigma,
        ce90_m=scene.ce90_m.value,
        scenes=(scene.id,),
        simulated=scene.simulated,
        because=because,
    )


def flood_product(
    scene: Scene,
    *,
    before: Scene | None = None,
    area: Mask | None = None,
    ignore: Mask | None = None,
    before_ignore: Mask | None = None,
) -> Product:
    """What is flooded now and was not before, over the area of interest, as cameras see it?

    ``before``: an earlier picture on the same grid that shows normal water, cloudy or not; without it all water counts
    as flood and the product says so. ``area``: where the answer is asked for (everywhere if not given). ``ignore``,
    ``before_ignore``: pixels that are no picture of the ground (watermarks). Masks are ``(row, column)`` bool.

    Layers and estimates are those of :func:`flood_map.flood_of`. Accuracy: tests/stories/test_flood_coverage.py.
    :class:`InputError` where shapes or grids differ, bands are missing or the area is empty.
    """
    check_area(scene.grid, area)
    if before is not None and before.grid != scene.grid:
        raise InputError(
            "the earlier picture lies on another grid", where=f"scene {before.id}", fix="Warp it to the same grid"
        )
    now, then = optical_sights(scene, before, ignore=ignore, before_ignore=before_ignore)
    return flood_of(now, before=then, area=area, id=f"{scene.id}-flood", request=scene.request)


FLOOD = ProductKind(
    name="flood",
    question="What is flooded, how likely, and what could not be seen?",
    bands=("blue, green, red, nir", "blue, green, red, nir, swir16 or swir22", "vv, vh", "camera and radar"),
    layers={
        "flood": "0 no, 1 flood",
        "likelihood": "% of water now, 255 not seen",
        "unseen": "0 seen, 1 cloud, 2 shadow, 3 not pictured, 4 radar shadow, 5 layover, 6 trees, 7 town, 8 excluded",
    },
    source="McFeeters 1996; Xu 2006; Martinis et al. 2009 (split-based thresholds); Bonafilia et al. 2020",
    make=flood_product,
    command="swath product flood --optical F --radar F --before F --water F --out DIR",
)
