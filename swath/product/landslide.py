"""Where has ground slid? Plants gone and bare ground bright between two pictures, on slopes where there are heights.

A slide strips its slope: NDVI falls and red rises together. Limits: a felled wood or a ploughed field on a slope looks
the same at 10 m, so that without heights the product says only "bare now"; slides under cloud, in shade or on ground
that was bare before are not seen.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Product, Scene
from swath.product.burn import either_unseen
from swath.product.clouds import SEEN, band_of
from swath.product.flood_map import area_of, check_area, coverage_of
from swath.product.kind import ProductKind
from swath.product.patch_kernels import label_patches
from swath.product.split import Known, split_threshold, tile_corners
from swath.product.wet_kernels import mean_field, percent_of_logits, tile_histograms, vegetation_index

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
    logits, sigma, words = _evidence(scene, before, unseen == SEEN, height_m)
    with np.errstate(invalid="ignore"):
        mask = logits > 0.0
    label = label_patches(mask)
    small = np.bincount(label.ravel()) < LEAST_PATCH_M2 / scene.grid.pixel_m**2
    small[0] = False
    logits = np.where(small[label], np.minimum(logits, -1.0), logits).astype(np.float32)
    mask = mask & ~small[label]
    likelihood = percent_of_logits(logits)
    place_m = float(np.hypot(scene.ce90_m.value, before.ce90_m.value))
    area_with = partial(area_of, grid=scene.grid, ce90_m=place_m, logit_sigma=sigma, inside=inside)
    return Product(
        id=f"{scene.id}-landslide",
        kind="landslide",
        request=scene.request,
        scenes=(scene.id, before.id),
        grid=scene.grid,
        layers={"landslide": mask.astype(np.uint8), "likelihood": likelihood, "unseen": unseen},
        estimates={
            **coverage_of(unseen, inside, scene.grid.pixel_area_km2),
            "landslide_km2": area_with(likelihood),
        },
        simulated=scene.simulated or before.simulated,
        because=words,
    )


def _evidence(scene: Scene, before: Scene, seen: Mask, height_m: Array | None) -> tuple[Array, float, str]:
    old, new = (vegetation_index(band_of(s, "red"), band_of(s, "nir"), seen) for s in (before, scene))
    fall = old - new
    rise = (band_of(scene, "red").astype(np.float32) - band_of(before, "red")) * np.float32(1e-4)
    if seen.any():
        fall, rise = fall - max(float(np.median(fall[seen])), 0.0), rise - float(np.median(rise[seen]))
    counts = tile_histograms(fall, tile_corners(fall.shape, 32), 32, -1.0, 1.5, 250)
    split = split_threshold(counts, -1.0 + (np.arange(250) + 0.5) * 0.01, KNOWN, "a fall of NDVI of")
    logits = np.minimum(SLOPE * (fall - split.value), PLANTS_SLOPE * (old - PLANTS_NDVI))
    logits = np.minimum(logits, RED_SLOPE * (rise - RED_RISE))
    words = f"bare above {split.because}"
    if height_m is None:
        words += "; no heights given: a cleared field cannot be told from a slide"
    else:
        down, right = np.gradient(np.asarray(height_m, np.float64), scene.grid.pixel_m)
        steep_deg = np.degrees(np.arctan(np.hypot(down, right)))
        logits = np.minimum(logits, np.where(np.isfinite(steep_deg), STEEP_SLOPE * (steep_deg - GENTLE_DEG), 6.0))
        words += f", on slopes above about {GENTLE_DEG:g} degrees"
    logits = mean_field(np.clip(logits, -6.0, 6.0).astype(np.float32), COUPLING, ROUNDS)
    sigma = float(np.hypot(0.5 * SLOPE * split.sigma, LOGIT_SIGMA))
    return np.clip(logits, -6.0, 6.0), sigma, words


LANDSLIDE = ProductKind(
    name="landslide",
    question="Where has ground slid?",
    bands=("blue, green, red, nir, before and after; heights if there are any",),
    layers={"landslide": "0 no, 1 yes", "likelihood": "%, 255 not seen", "unseen": "0 seen, else why not"},
    source="Mondini et al. 2011 (change of NDVI); Martinis et al. 2009 (thresholds)",
    make=landslide_product,
    command="swath product landslide --optical F --before F [--dem F] --out DIR",
)
