"""Where has ground slid? Plants gone and bare ground bright between two pictures, on slopes where there are heights.

A slide strips its slope: NDVI falls and red rises together. Limits: a felled wood or a ploughed field on a slope looks
the same at 10 m, so that without heights the product says only "bare now"; slides under cloud, in shade or on ground
that was bare before are not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Product, Scene
from swath.product.burn import either_unseen
from swath.product.clouds import SEEN, band_of
from swath.product.flood_map import area_of, check_area, coverage_of, reason
from swath.product.kind import ProductKind
from swath.product.patches import find_patches
from swath.product.room import every_nth, piecewise
from swath.product.split import Known, histograms, split_threshold
from swath.product.wet_kernels import mean_field, percent_of_logits, vegetation_index

__all__ = ["LANDSLIDE", "landslide_product"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

KNOWN = Known(0.22, 0.05, 0.10, 0.50, 0.20)
"""fall of NDVI"""
SLOPE = 30.0
PLANTS_NDVI, PLANTS_SLOPE = 0.30, 25.0
RED_RISE, RED_SLOPE = 0.015, 150.0
"""of reflectance: bare ground is brighter in red than plants; a shadow is darker"""
GENTLE_DEG, STEEP_SLOPE = 12.0, 0.6
"""where slides begin to be likely, and how fast the log-odds rise with the slope"""
COUPLING, ROUNDS, LOGIT_SIGMA = 0.25, 4, 0.6
LEAST_PATCH_M2 = 900.0
"""smaller patches are noise of the two pictures' position"""


def landslide_product(
    scene: Scene,
    before: Scene,
    *,
    height_m: Array | None = None,
    area: Mask | None = None,
    blind: Mask | None = None,
) -> Product:
    """Ground that lost its plants and lies bare, on slopes if ``height_m`` ``(row, column)`` is given.

    Layers: ``landslide`` uint8 0 or 1; ``likelihood`` percent, 255 not seen; ``unseen``. Estimates: ``landslide_km2``,
    ``patches``, ``unseen_km2``, ``seen_share``. Accuracy, on simulated slides: tests/product/test_changes.py.
    :class:`InputError` where grids differ, bands are missing or the pictures are in the wrong order.
    """
    inside = check_area(scene.grid, area)
    if height_m is not None and height_m.shape != scene.grid.shape:
        raise InputError(f"heights {height_m.shape}, grid {scene.grid.shape}", fix="Give heights on the grid")
    unseen = either_unseen(scene, before, blind)
    bands, rule = _bands(scene, before), _fit(scene, before, unseen, height_m is not None)
    given = [*bands, unseen] if height_m is None else [*bands, unseen, height_m]

    def of(*parts: Array) -> Array:
        return _evidence(parts, rule, scene.grid.pixel_m)

    logits = piecewise(of, *given, dtype=np.float32, halo=ROUNDS + 2)
    mask, likelihood = _large_ones(logits, LEAST_PATCH_M2 / scene.grid.pixel_m**2)
    place_m = float(np.hypot(scene.ce90_m.value, before.ce90_m.value))
    area_with = partial(area_of, grid=scene.grid, ce90_m=place_m, logit_sigma=rule.logit_sigma, inside=inside)
    estimates = coverage_of(unseen, inside, scene.grid.pixel_area_km2) | {"landslide_km2": area_with(likelihood)}
    return Product(
        id=f"{scene.id}-landslide",
        kind="landslide",
        request=scene.request,
        scenes=(scene.id, before.id),
        grid=scene.grid,
        layers={"landslide": mask, "likelihood": likelihood, "unseen": unseen},
        estimates=estimates,
        simulated=scene.simulated or before.simulated,
        because=reason(rule.because, estimates),
    )


def _large_ones(logits: Array, least_px: float) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Patches of even odds and more that are large enough, and the likelihood, low where they are not."""
    patches = find_patches(piecewise(lambda part: part > 0.0, logits, dtype=np.bool_))
    large = patches.size_px >= least_px
    large[0] = False
    mask = patches.those(large, np.uint8)

    def told(part: Array, kept: Array) -> Array:
        small = (part > 0.0) & (kept == 0)
        return np.asarray(percent_of_logits(np.where(small, np.minimum(part, -1.0), part).astype(np.float32)))

    return mask, piecewise(told, logits, mask, dtype=np.uint8)


@dataclass(frozen=True)
class _Rule:
    """Where this pair divides bare from not, after what the two differ in anyway."""

    fall: float
    """of NDVI, and the rise of red (reflectance): the picture's own"""
    rise: float
    at: float
    logit_sigma: float
    because: str


def _bands(scene: Scene, before: Scene) -> list[Array]:
    """Red and near infrared, before and now."""
    return [band_of(one, name) for one in (before, scene) for name in ("red", "nir")]


def _changes(bands: Sequence[Array], seen: Mask) -> tuple[Array, Array, Array]:
    """NDVI before, its fall, and the rise of red."""
    old, new = vegetation_index(bands[0], bands[1], seen), vegetation_index(bands[2], bands[3], seen)
    return old, old - new, (bands[2].astype(np.float32) - bands[0]) * np.float32(1e-4)


def _fit(scene: Scene, before: Scene, unseen: npt.NDArray[np.uint8], on_slopes: bool) -> _Rule:
    bands = _bands(scene, before)

    def usual(codes: Array, *parts: Array) -> Array:
        seen = codes == SEEN
        return np.column_stack([each[seen] for each in _changes(parts, seen)[1:]])

    known = every_nth(usual, unseen, *bands)
    fall, rise = (max(float(np.median(known[:, 0])), 0.0), float(np.median(known[:, 1]))) if len(known) else (0.0, 0.0)

    def fallen(codes: Array, *parts: Array) -> Array:
        return _changes(parts, codes == SEEN)[1] - np.float32(fall)

    counts = histograms(fallen, unseen, *bands, size_px=32, low=-1.0, high=1.5, bins=250)
    split = split_threshold(counts, -1.0 + (np.arange(250) + 0.5) * 0.01, KNOWN, "a fall of NDVI of")
    words = f"bare above {split.because}"
    if on_slopes:
        words += f", on slopes above about {GENTLE_DEG:g} degrees"
    else:
        words += "; no heights given: a cleared field cannot be told from a slide"
    return _Rule(fall, rise, split.value, float(np.hypot(0.5 * SLOPE * split.sigma, LOGIT_SIGMA)), words)


def _evidence(parts: Sequence[Array], rule: _Rule, pixel_m: float) -> Array:
    """Log-odds of a strip: four bands, codes of what is not seen, and heights if there are any."""
    old, fall, rise = _changes(parts[:4], parts[4] == SEEN)
    fall, rise = fall - np.float32(rule.fall), rise - np.float32(rule.rise)
    logits = np.minimum(SLOPE * (fall - rule.at), PLANTS_SLOPE * (old - PLANTS_NDVI))
    logits = np.minimum(logits, RED_SLOPE * (rise - RED_RISE))
    if len(parts) > 5:
        down, right = np.gradient(np.asarray(parts[5], np.float64), pixel_m)
        steep_deg = np.degrees(np.arctan(np.hypot(down, right)))
        logits = np.minimum(logits, np.where(np.isfinite(steep_deg), STEEP_SLOPE * (steep_deg - GENTLE_DEG), 6.0))
    logits = mean_field(np.clip(logits, -6.0, 6.0).astype(np.float32), COUPLING, ROUNDS)
    return np.clip(logits, -6.0, 6.0)


LANDSLIDE = ProductKind(
    name="landslide",
    question="Where has ground slid?",
    bands=("blue, green, red, nir, before and after; heights if there are any",),
    layers={"landslide": "0 no, 1 yes", "likelihood": "%, 255 not seen", "unseen": "0 seen, else why not"},
    source="Mondini et al. 2011 (change of NDVI); Martinis et al. 2009 (thresholds)",
    make=landslide_product,
    command="swath product landslide --optical F --before F [--dem F] --out DIR",
)
