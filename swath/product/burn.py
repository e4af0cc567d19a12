"""What has burned, how severely, and which islands were left? From a picture before and one after.

Fire takes near infrared away and adds short-wave infrared: the normalised burn ratio falls (Key and Benson 2006, USDA
RMRS-GTR-164). dNBR is freed of what the two pictures differ in anyway (its most frequent value), burned is what lies
above a limit sought in the tiles that show both, about Key and Benson's 0.10 to 0.27, had plants before and is no water
now; severity by their classes of dNBR, or of RBR (Parks et al. 2014, Remote Sens. 6, 1827-1844).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Product, Scene
from swath.product.clouds import CLOUD, NOT_PICTURED, SEEN, average_cells, band_of, find_unseen
from swath.product.flood_map import area_of, check_area, coverage_of
from swath.product.kind import ProductKind
from swath.product.patch_kernels import label_patches
from swath.product.split import Known, split_threshold, tile_corners
from swath.product.wet_kernels import mean_field, percent_of_logits, short_wave_index, tile_histograms

__all__ = ["BURN", "SEVERITY", "burn_product", "either_unseen"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

SEVERITY = {
    "dnbr": (0.10, 0.27, 0.44, 0.66),
    "rbr": (0.06, 0.18, 0.28, 0.36),
}
"""lower limits of low, moderate-low, moderate-high and high severity: Key and Benson 2006 (dNBR); for RBR the same
burns by Parks et al. 2014, in fractions"""
KNOWN = Known(0.12, 0.04, 0.07, 0.45, 0.15)
SLOPE = 25.0
"""of the log-odds with dNBR"""
PLANTS_NBR, PLANTS_SLOPE = 0.05, 25.0
"""least NBR of what can burn"""
WATER_INDEX, WATER_SLOPE = 0.30, 45.0
COUPLING, ROUNDS = 0.25, 4
LOGIT_SIGMA = 1.5
MOST_OFFSET = 0.15
LEAST_ISLAND_PX, MOST_ISLAND_SHARE = 4, 0.2
TILE_PX, BINS = 32, 300


def burn_product(
    scene: Scene, before: Scene, *, area: Mask | None = None, by: str = "dnbr", blind: Mask | None = None
) -> Product:
    """Burned area, severity and unburned islands.

    Both scenes on one grid with ``nir``, ``swir22`` (or ``swir16``) and ``green``. ``by``: ``dnbr`` or ``rbr``, whose
    classes are used. ``blind``: true where nothing can be said (a mask of the user).

    Layers: ``burn`` uint8 0 or 1; ``likelihood`` percent, 255 not seen; ``severity`` uint8 0 not burned, 1 low,
    2 moderate-low, 3 moderate-high, 4 high, 255 not seen; ``island`` uint8 1 where not burned inside a burn;
    ``unseen``. Estimates: ``burned_km2``, ``island_km2``, ``unseen_km2``, ``seen_share`` and one an area of severity.
    Accuracy, on simulated burns (no labelled real one with a free licence was at hand): tests/product/test_changes.py.
    Limits: harvest and ploughing look like low severity; ash washes away in weeks. :class:`InputError` where grids
    differ, bands are missing or the pictures are in the wrong order.
    """
    if by not in SEVERITY:
        raise InputError(f"no severity goes by {by!r}", fix=f"Known: {', '.join(SEVERITY)}")
    inside = check_area(scene.grid, area)
    unseen = either_unseen(scene, before, blind)
    seen = unseen == SEEN
    found = _evidence(scene, before, seen)
    likelihood = percent_of_logits(found.logits)
    with np.errstate(invalid="ignore"):
        burn = found.logits > 0.0
        measure = found.fall if by == "dnbr" else found.fall / (found.old + 1.001)
    severity = np.where(burn, np.clip(np.digitize(np.nan_to_num(measure), SEVERITY[by]), 1, 4), 0)
    island = _islands(burn, seen)
    place_m = float(np.hypot(scene.ce90_m.value, before.ce90_m.value))
    area_with = partial(area_of, grid=scene.grid, ce90_m=place_m, logit_sigma=found.logit_sigma, inside=inside)
    estimates = coverage_of(unseen, inside, scene.grid.pixel_area_km2) | {"burned_km2": area_with(likelihood)}
    for name, mask in (("island", island), *((f"severity_{k}", severity == k) for k in range(1, 5))):
        part = np.where(mask, np.where(burn, likelihood, 100 - likelihood.astype(np.int16)), 0)
        estimates[f"{name}_km2"] = area_with(np.where(seen, part, 255).astype(np.uint8))
    layers = {
        "burn": burn.astype(np.uint8),
        "likelihood": likelihood,
        "severity": np.where(seen, severity, 255).astype(np.uint8),
        "island": island.astype(np.uint8),
        "unseen": unseen,
    }
    return Product(
        id=f"{scene.id}-burn",
        kind="burn",
        request=scene.request,
        scenes=(scene.id, before.id),
        grid=scene.grid,
        layers=layers,
        estimates=estimates,
        simulated=scene.simulated or before.simulated,
        because=f"{found.because}; severity by {by}",
    )


@dataclass(frozen=True)
class _Evidence:
    """Log-odds of burned, NBR before, and its fall."""

    logits: Array
    old: Array
    fall: Array
    logit_sigma: float
    because: str


def _evidence(scene: Scene, before: Scene, seen: Mask) -> _Evidence:
    band = _short_wave(scene, before)
    old, new = (short_wave_index(band_of(s, "nir"), band_of(s, band), seen) for s in (before, scene))
    fall = old - new
    offset = _most_frequent(fall)
    fall = fall - np.float32(offset)
    wet = short_wave_index(band_of(scene, "green"), band_of(scene, band), seen)
    counts = tile_histograms(fall, tile_corners(fall.shape, TILE_PX), TILE_PX, -1.0, 1.5, BINS)
    split = split_threshold(counts, -1.0 + (np.arange(BINS) + 0.5) * 2.5 / BINS, KNOWN, "dNBR")
    logits = np.minimum(SLOPE * (fall - split.value), PLANTS_SLOPE * (old - PLANTS_NBR))
    logits = np.minimum(logits, WATER_SLOPE * (WATER_INDEX - wet))
    logits = mean_field(np.clip(logits, -6.0, 6.0).astype(np.float32), COUPLING, ROUNDS)
    sigma = float(np.hypot(0.5 * SLOPE * split.sigma, LOGIT_SIGMA))
    words = f"burned above {split.because}; the pictures differ by {offset:.3f} anyway"
    return _Evidence(np.clip(logits, -6.0, 6.0), old, fall, sigma, words)


def _short_wave(scene: Scene, before: Scene) -> str:
    for band in ("swir22", "swir16"):
        if band in scene.bands and band in before.bands:
            return band
    raise InputError("both pictures need swir22 or swir16", where=f"scene {scene.id}", fix="Give pictures that have it")


def either_unseen(scene: Scene, before: Scene, blind: Mask | None) -> npt.NDArray[np.uint8]:
    """What either picture does not show; each is held against the other only for what is hazier."""
    if before.grid != scene.grid:
        raise InputError("the pictures lie on different grids", where=f"scene {before.id}", fix="Warp them to one")
    if not (np.isnat(before.start) or np.isnat(scene.start)) and before.start > scene.start:
        raise InputError(
            f"the picture from before is the later one ({before.start} after {scene.start})",
            where=f"scene {before.id}",
            fix="Swap them",
        )
    now, then = find_unseen(average_cells(scene)), find_unseen(average_cells(before))
    unseen = np.where(now == SEEN, then, now).astype(np.uint8)
    # A burn is darker than what was there: only clouds of the later picture count, not its dark ground.
    unseen[(now != CLOUD) & (now != NOT_PICTURED) & (then == SEEN)] = SEEN
    if blind is not None:
        unseen[np.asarray(blind, np.bool_)] = 8
    return unseen


def _most_frequent(fall: Array) -> float:
    """Where most of the picture lies: the half-sample mode of small changes, 0 where there is no such place."""
    small = np.sort(fall[np.abs(fall) < MOST_OFFSET].ravel())
    if len(small) < 0.05 * fall.size or len(small) < 20:
        return 0.0
    while len(small) > 20:
        half = len(small) // 2
        width = small[half:] - small[: len(small) - half]
        start = int(np.argmin(width))
        small = small[start : start + half]
    return float(np.median(small))


def _islands(burn: Mask, seen: Mask) -> Mask:
    """Patches that did not burn, do not touch the picture's rim, and have nothing but burn around."""
    label = label_patches(~burn & seen)
    if label.max(initial=0) == 0:
        return np.zeros(burn.shape, np.bool_)
    sizes = np.bincount(label.ravel())
    rim = np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]]))
    good = (sizes >= LEAST_ISLAND_PX) & (sizes < MOST_ISLAND_SHARE * max(int(burn.sum()), 1))
    good[rim] = False
    good[0] = False
    return np.asarray(good[label], np.bool_)


BURN = ProductKind(
    name="burn",
    question="What has burned, how severely, and which islands were left?",
    bands=("blue, green, red, nir, swir22 or swir16, before and after",),
    layers={
        "burn": "0 no, 1 burned",
        "likelihood": "%, 255 not seen",
        "severity": "0 none, 1 low, 2 moderate-low, 3 moderate-high, 4 high, 255 not seen",
        "island": "1 unburned inside a burn",
        "unseen": "0 seen, else why not",
    },
    source="Key and Benson 2006; Parks et al. 2014; Martinis et al. 2009",
    make=burn_product,
    command="swath product burn --optical F --before F --out DIR",
)
