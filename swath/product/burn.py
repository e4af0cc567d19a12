"""What has burned, how severely, and which islands were left? From a picture before and one after.

Fire takes near infrared away and adds short-wave infrared: the normalised burn ratio falls (Key and Benson 2006, USDA
RMRS-GTR-164). dNBR is freed of what the two pictures differ in anyway (its most frequent value), burned is what lies
above a limit sought in the tiles that show both, about Key and Benson's 0.10 to 0.27, had plants before and is no water
now; severity by their classes of dNBR, or of RBR (Parks et al. 2014, Remote Sens. 6, 1827-1844).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate, Product, Scene
from swath.product.clouds import CLOUD, NOT_PICTURED, SEEN, average_cells, band_of, find_unseen
from swath.product.flood_map import area_of, check_area, coverage_of, reason
from swath.product.kind import ProductKind
from swath.product.patches import find_patches
from swath.product.room import MOST_ASKED, count_true, every_nth, new_layer, piecewise, strips
from swath.product.sight import EXCLUDED
from swath.product.split import Known, histograms, split_threshold
from swath.product.water_kernels import UNSEEN
from swath.product.wet_kernels import mean_field, percent_of_logits, short_wave_index

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
    rule = _fit(scene, before, unseen)
    burn, likelihood, severity = (new_layer(scene.grid.shape, kind) for kind in (np.bool_, np.uint8, np.uint8))
    bands = _bands(scene, before)
    for take, keep, put in strips(scene.grid.shape, ROUNDS + 1):
        found = _evidence([band[take] for band in bands], unseen[take] == SEEN, rule)
        with np.errstate(invalid="ignore"):
            burnt = (found.logits > 0.0)[keep]
            measure = (found.fall if by == "dnbr" else found.fall / (found.old + 1.001))[keep]
        grade = np.where(burnt, np.clip(np.digitize(np.nan_to_num(measure), SEVERITY[by]), 1, 4), 0)
        burn[put], likelihood[put] = burnt, percent_of_logits(found.logits)[keep]
        severity[put] = np.where(unseen[put] == SEEN, grade, UNSEEN)
    layers = {
        "burn": burn.view(np.uint8),
        "likelihood": likelihood,
        "severity": severity,
        "island": _islands(burn, unseen),
        "unseen": unseen,
    }
    estimates = _areas(layers, scene, before, rule.logit_sigma, inside)
    return Product(
        id=f"{scene.id}-burn",
        kind="burn",
        request=scene.request,
        scenes=(scene.id, before.id),
        grid=scene.grid,
        layers=layers,
        estimates=estimates,
        simulated=scene.simulated or before.simulated,
        because=reason(f"{rule.because}; severity by {by}", estimates),
    )


def _areas(
    layers: Mapping[str, Array], scene: Scene, before: Scene, logit_sigma: float, inside: Mask
) -> dict[str, Estimate]:
    """Burned, in islands, and of each severity, by the likelihood of being so."""
    place_m = float(np.hypot(scene.ce90_m.value, before.ce90_m.value))
    area_with = partial(area_of, grid=scene.grid, ce90_m=place_m, logit_sigma=logit_sigma, inside=inside)
    estimates = coverage_of(layers["unseen"], inside, scene.grid.pixel_area_km2)
    estimates["burned_km2"] = area_with(layers["likelihood"])
    parts = [("island", "island", 1), *((f"severity_{k}", "severity", k) for k in range(1, 5))]
    for name, layer, code in parts:

        def of(kind: Array, unseen: Array, burnt: Array, percent: Array, code: int = code) -> Array:
            share = np.where(kind == code, np.where(burnt == 1, percent, 100 - percent.astype(np.int16)), 0)
            return np.where(unseen == SEEN, share, UNSEEN)

        given = layers[layer], layers["unseen"], layers["burn"], layers["likelihood"]
        estimates[f"{name}_km2"] = area_with(piecewise(of, *given, dtype=np.uint8))
    return estimates


@dataclass(frozen=True)
class _Rule:
    """Where this pair divides burned from not, after what the two differ in anyway."""

    offset: float
    at: float
    logit_sigma: float
    because: str


@dataclass(frozen=True)
class _Evidence:
    """Log-odds of burned, NBR before, and its fall."""

    logits: Array
    old: Array
    fall: Array


def _bands(scene: Scene, before: Scene) -> list[Array]:
    """Before: nir and short-wave infrared; now: those and green."""
    band = _short_wave(scene, before)
    return [band_of(before, "nir"), band_of(before, band), *(band_of(scene, name) for name in ("nir", band, "green"))]


def _falls(bands: Sequence[Array], seen: Mask) -> tuple[Array, Array]:
    """NBR before, and by how much it is less now."""
    old, new = short_wave_index(bands[0], bands[1], seen), short_wave_index(bands[2], bands[3], seen)
    return old, old - new


def _fit(scene: Scene, before: Scene, unseen: npt.NDArray[np.uint8]) -> _Rule:
    bands, shape = _bands(scene, before), scene.grid.shape

    def small(codes: Array, *parts: Array) -> Array:
        fall = _falls(parts, codes == SEEN)[1]
        return fall[np.abs(fall) < MOST_OFFSET]

    known = every_nth(small, unseen, *bands)
    offset = _most_frequent(known, shape[0] * shape[1])

    def fallen(codes: Array, *parts: Array) -> Array:
        return _falls(parts, codes == SEEN)[1] - np.float32(offset)

    counts = histograms(fallen, unseen, *bands, size_px=TILE_PX, low=-1.0, high=1.5, bins=BINS)
    split = split_threshold(counts, -1.0 + (np.arange(BINS) + 0.5) * 2.5 / BINS, KNOWN, "dNBR")
    words = f"burned above {split.because}; the pictures differ by {offset:.3f} anyway"
    return _Rule(offset, split.value, float(np.hypot(0.5 * SLOPE * split.sigma, LOGIT_SIGMA)), words)


def _evidence(bands: Sequence[Array], seen: Mask, rule: _Rule) -> _Evidence:
    old, fall = _falls(bands, seen)
    fall = fall - np.float32(rule.offset)
    wet = short_wave_index(bands[4], bands[3], seen)
    logits = np.minimum(SLOPE * (fall - rule.at), PLANTS_SLOPE * (old - PLANTS_NBR))
    logits = np.minimum(logits, WATER_SLOPE * (WATER_INDEX - wet))
    logits = mean_field(np.clip(logits, -6.0, 6.0).astype(np.float32), COUPLING, ROUNDS)
    return _Evidence(np.clip(logits, -6.0, 6.0), old, fall)


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

    def of(now: Array, then: Array, *more: Array) -> Array:
        # A burn is darker than what was there: only clouds of the later picture count, not its dark ground.
        codes = np.where(now == SEEN, then, now)
        codes[(now != CLOUD) & (now != NOT_PICTURED) & (then == SEEN)] = SEEN
        return np.where(more[0], EXCLUDED, codes) if more else codes

    more = [] if blind is None else [np.asarray(blind, np.bool_)]
    return piecewise(of, now, then, *more, dtype=np.uint8)


def _most_frequent(small: Array, pixels: int) -> float:
    """Where most of the picture lies: the half-sample mode of small changes, 0 where there is no such place."""
    if len(small) < 0.05 * min(pixels, MOST_ASKED) or len(small) < 20:
        return 0.0
    small = np.sort(small)
    while len(small) > 20:
        half = len(small) // 2
        width = small[half:] - small[: len(small) - half]
        start = int(np.argmin(width))
        small = small[start : start + half]
    return float(np.median(small))


def _islands(burn: Mask, unseen: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Patches that did not burn, do not touch the picture's rim, and have nothing but burn around."""
    patches = find_patches(piecewise(lambda b, u: ~b & (u == SEEN), burn, unseen, dtype=np.bool_))
    most = MOST_ISLAND_SHARE * max(count_true(lambda b: b, burn), 1)
    good = (patches.size_px >= LEAST_ISLAND_PX) & (patches.size_px < most) & ~patches.at_rim()
    return patches.those(good, np.uint8)


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
