"""Is there storm debris on the water? Wood, plants and foam float: near infrared above what water around sends back.

Floating algae index (Hu 2009, Remote Sens. Environ. 113, 2118-2129): near infrared above the straight line from red to
short-wave infrared; Biermann et al. 2020 (Sci. Rep. 10, 5364) find floating plastics and wood by the like. What stands
out from the water within some 150 m by more than its spread is likely debris. Limits: foam, boats, whitecaps and very
shallow or weedy water look alike, and patches below about a fifth of a pixel vanish: the map says where to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Product, Scene
from swath.product.clouds import SEEN, average_cells, band_of, find_unseen
from swath.product.flood_map import area_of, check_area, coverage_of, reason
from swath.product.kind import ProductKind
from swath.product.patch_kernels import local_spread
from swath.product.patches import find_patches
from swath.product.room import count_true, new_layer, piecewise, strips
from swath.product.sight import Sight
from swath.product.water_kernels import UNSEEN
from swath.product.wet_kernels import percent_of_logits

__all__ = ["DEBRIS", "debris_product"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

WAVELENGTH_NM = {"red": 665.0, "nir": 842.0, "swir16": 1610.0, "swir22": 2190.0}
REACH_M = 150.0
LEAST_RISE = 0.012
"""of the index, reflectance: what waves and noise do not reach"""
DEVIATIONS, PER_DEVIATION = 5.0, 0.8
"""above the water around, where the odds are even; log-odds for each"""
MOST_PATCH_SHARE = 0.02
"""of the water: what is larger is an island or a bank"""


def debris_product(
    scene: Scene, water: Sight, *, normal_water: npt.NDArray[np.uint8] | None = None, area: Mask | None = None
) -> Product:
    """Debris that floats on water. ``water``: where water is now (:func:`flood.optical_sight`); what is not water but
    lies wholly in it counts as floating. ``normal_water``: percent; where given, debris is sought there as well.

    Layers: ``debris`` uint8 0 or 1; ``likelihood`` percent, 255 not seen or no water; ``unseen`` (0 seen).
    Estimates: ``debris_km2``, ``unseen_km2``, ``seen_share``. Accuracy, simulated: tests/product/test_changes.py.
    """
    inside = check_area(scene.grid, area)
    if water.grid != scene.grid:
        raise InputError("water and picture lie on different grids", fix="Give both on one grid")
    unseen = find_unseen(average_cells(scene))
    wet = water.water
    if normal_water is not None:
        wet = piecewise(lambda w, n: w | (n >= 50) & (n <= 100), wet, normal_water, dtype=np.bool_)
    place = _place(wet, unseen)
    reach = int(np.clip(round(REACH_M / scene.grid.pixel_m), 4, 16))

    far, bands = _bands(scene)
    mask, likelihood = new_layer(place.shape, np.uint8), new_layer(place.shape, np.uint8)
    for take, keep, put in strips(place.shape, reach):
        logits = _stands_out(_index([band[take] for band in bands], far), place[take], reach)[keep]
        likelihood[put] = percent_of_logits(logits)
        with np.errstate(invalid="ignore"):
            mask[put] = logits > 0.0
    told = piecewise(lambda w, p: np.where(w & (p != UNSEEN), p, 0), place, likelihood, dtype=np.uint8)
    estimates = coverage_of(unseen, inside, scene.grid.pixel_area_km2)
    estimates["debris_km2"] = area_of(told, grid=scene.grid, ce90_m=scene.ce90_m.value, logit_sigma=1.0, inside=inside)
    words = f"near infrared above the water within {REACH_M:g} m; foam, boats and weeds look alike"
    return Product(
        id=f"{scene.id}-debris",
        kind="debris",
        request=scene.request,
        scenes=(scene.id,),
        grid=scene.grid,
        layers={"debris": mask, "likelihood": likelihood, "unseen": unseen},
        estimates=estimates,
        simulated=scene.simulated,
        because=reason(words, estimates),
    )


def _stands_out(index: Array, place: Mask, reach: int) -> Array:
    """Log-odds that a pixel is not of the water around it."""
    middle, spread = local_spread(index, place, reach)
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = (index - middle) / np.maximum(spread, 0.2 * LEAST_RISE)
        logits = np.minimum(PER_DEVIATION * (excess - DEVIATIONS), 500.0 * (index - middle - LEAST_RISE))
    return np.clip(logits, -6.0, 6.0).astype(np.float32)


def _bands(scene: Scene) -> tuple[str, list[Array]]:
    """Which band of short-wave infrared there is; red, near infrared and that."""
    far = next((name for name in ("swir16", "swir22") if name in scene.bands), None)
    if far is None:
        raise InputError("debris needs swir16 or swir22", where=f"scene {scene.id}", fix="Give a picture that has it")
    return far, [band_of(scene, name) for name in ("red", "nir", far)]


def _index(bands: Sequence[Array], far: str) -> Array:
    """Near infrared above the line from red to short-wave infrared, reflectance."""
    red, nir, swir = (band.astype(np.float32) * np.float32(1e-4) for band in bands)
    w = WAVELENGTH_NM
    share = np.float32((w["nir"] - w["red"]) / (w[far] - w["red"]))
    return np.asarray(nir - (red + (swir - red) * share), np.float32)


def _place(wet: Mask, unseen: npt.NDArray[np.uint8]) -> Mask:
    """Where debris is sought: water, and dry patches in it that touch no rim and are no islands."""
    patches = find_patches(piecewise(lambda w, u: ~w & (u == SEEN), wet, unseen, dtype=np.bool_))
    most = int(max(MOST_PATCH_SHARE * count_true(lambda w: w, wet), 4))
    holes = patches.those((patches.size_px <= most) & ~patches.at_rim())
    return piecewise(lambda w, hole, u: (w | hole) & (u == SEEN), wet, holes, unseen, dtype=np.bool_)


DEBRIS = ProductKind(
    name="debris",
    question="Is there storm debris on the water?",
    bands=("blue, green, red, nir, swir16 or swir22",),
    layers={"debris": "0 no, 1 yes", "likelihood": "%, 255 not seen or no water", "unseen": "0 seen"},
    source="Hu 2009; Biermann et al. 2020",
    make=debris_product,
    command="swath product debris --optical F [--water F] --out DIR",
)
