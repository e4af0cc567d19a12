"""A pair of pictures as fields of deviations to judge, and a patch of them as a change to tell: cameras and radars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.archive.averaging import DECIBEL
from swath.archive.coregister import align, coregister
from swath.errors import InputError, SwathError
from swath.model import Estimate, Grid
from swath.operate.place_looks import LEAST_SHIFT_PX
from swath.product.pair_change import PairChange, normalise_pair, pair_change
from swath.time import format_utc
from swath.watch.change_rows import outlines_of
from swath.watch.noticing import Noticed
from swath.watch.pair_watch import PairPatch, as_deviations
from swath.watch.pairs import SAME_VIEW_DEG
from swath.watch.radar_pair import RADAR_TESTS, RadarPair, compare_radar
from swath.watch.records import Trial
from swath.watch.state import Look

__all__ = ["Compared", "PairOf", "camera_pair", "radar_pair"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_LIMITS = {
    "optical": "Clouds, shadows, haze and snow that a mask misses look like changes of the ground.",
    "radar": "Wet ground, wind on water and frost change a radar's picture without a change of the ground.",
}
_TWO_DATES = "Two dates tell that something differs, not that it stays: a harvest and a parked convoy differ too."
_BLUR_PX = 9.0
"""pixels that share their noise after a mean over 3 x 3"""


@dataclass(frozen=True)
class PairOf:
    """Two looks of a place on its grid."""

    before: Look
    after: Look
    seen: Mask
    """in both"""
    inside: Mask
    grid: Grid


@dataclass(frozen=True)
class Compared:
    """A pair, ready to be judged."""

    deviations: Mapping[str, Array]
    """``(row, column)`` by test, the finest first"""
    seen: Mask
    noticed: Callable[[str, PairPatch, float | None], Noticed]
    """a patch of a test as a change, the two directions of view being so many degrees apart, where that is known"""


def camera_pair(pair: PairOf) -> Compared | None:
    """All bands together, whatever the light and gain of either picture."""
    try:
        change = pair_change(pair.before.values, pair.after.values, pair.seen)
    except (InputError, np.linalg.LinAlgError):
        return None
    z = as_deviations(change.statistic, len(pair.after.bands))

    def noticed(test: str, patch: PairPatch, apart_deg: float | None) -> Noticed:
        return _by_camera(pair, change, test, patch)

    return Compared({"optical": z}, pair.seen & pair.inside, noticed)


def radar_pair(pair: PairOf) -> Compared | None:
    """Ratios of intensity at two sizes, and the likeness of the pattern, once the earlier picture is laid over."""
    before = _laid_on(pair)
    seen = pair.seen & np.isfinite(before).all(0)
    try:
        change = compare_radar(before, pair.after.values, seen, pair.after.bands)
    except InputError:
        return None

    def noticed(test: str, patch: PairPatch, apart_deg: float | None) -> Noticed:
        return _by_radar(pair, change, test, patch, apart_deg)

    return Compared(change.deviations, seen & pair.inside, noticed)


def _laid_on(pair: PairOf) -> Array:
    """The earlier radar picture in dB, moved onto the later one; as it is where it lies within a tenth of a pixel, or
    where speckle is all there is and nothing tells how the two lie.
    """
    before, after = pair.before.values, pair.after.values
    try:
        found = coregister(
            before.mean(0), after.mean(0), pair.grid, seen=pair.seen, reference_seen=pair.seen, nodata=None,
            model="shift",
        )  # fmt: skip
    except SwathError:
        return before
    if np.hypot(found.shift_east_m, found.shift_north_m) < LEAST_SHIFT_PX * pair.grid.pixel_m:
        return before
    return align(before.astype(np.float32), found, nodata=float("nan"), method="bilinear", averaging=DECIBEL)


def _by_camera(pair: PairOf, change: PairChange, test: str, patch: PairPatch) -> Noticed:
    look, pixels = pair.after, patch.pixels
    differs = (look.values - normalise_pair(pair.before.values, change)).reshape(len(look.bands), -1)[:, pixels]
    mean = np.nanmean(differs, axis=1)
    band = int(np.argmax(np.abs(mean)))
    trial = _change_of(look.bands[band], differs[band], "reflectance x 10000")
    tests = (
        Trial("unlike the earlier picture", patch.score_ratio, patch.threshold_ratio, "deviations", True,
              "all bands together, the mean of 3 x 3 pixels"),
        Trial("likeness of the two pictures", float(change.correlations.max()), 0.5, "",
              bool(change.correlations.max() > 0.5), "correlation of what they have most in common"),
        trial,
    )  # fmt: skip
    told = f"{look.bands[band]} reflectance by {mean[band] / 1e4:+.3f}"
    return _noticed(pair, test, patch, told, tests, (_LIMITS["optical"], _TWO_DATES))


def _by_radar(pair: PairOf, change: RadarPair, test: str, patch: PairPatch, apart_deg: float | None) -> Noticed:
    look, pixels = pair.after, patch.pixels
    differs = change.change_db.reshape(len(look.bands), -1)[:, pixels]
    mean = np.nanmean(differs, axis=1)
    band = int(np.argmax(np.abs(mean)))
    like = float(np.nanmean(change.likeness.ravel()[pixels]))
    everywhere = float(np.nanmedian(change.likeness[pair.seen]))
    name = look.bands[band].upper()
    pattern = test == RADAR_TESTS[-1]
    told = f"their pattern is another ({like:.2f} alike)" if pattern else f"{name} by {mean[band]:+.1f} dB"
    what = (
        "likeness lost against the ground's own texture" if pattern else f"ratio of intensities, {test.split(', ')[1]}"
    )
    shared = ", ".join(f"{b.upper()} {x:+.1f} dB" for b, x in zip(look.bands, change.shared_db, strict=True))
    tests = (
        Trial("unlike the earlier picture", patch.score_ratio, patch.threshold_ratio, "deviations", True, what),
        _change_of(name, differs[band], "dB"),
        Trial("likeness of the pattern", like, everywhere, "", like < everywhere,
              "correlation over 7 x 7 pixels; the bound is the place's middle"),
        *([] if apart_deg is None else [Trial("directions of view apart", apart_deg, SAME_VIEW_DEG, "°", True,
              "from another angle walls and slopes lie elsewhere in a radar's picture")]),
    )  # fmt: skip
    unknown = (
        "From which angles the two pictures were taken is not stated: what stands may lie elsewhere in one of them."
    )
    limits = (
        *([unknown] if apart_deg is None else []),
        f"What the whole place shares ({shared}) is taken for weather and left out.",
        f"One pixel shows {change.looks_count:.1f} looks.",
    )
    return _noticed(pair, test, patch, told, tests, (_LIMITS["radar"], _TWO_DATES, *limits))


def _change_of(band: str, differs: Array, unit: str) -> Trial:
    """The mean change of a band with its 90 %; pixels share their noise with their neighbours."""
    mean = float(np.nanmean(differs))
    spread = float(np.nanstd(differs)) / max(np.sqrt(len(differs) / _BLUR_PX), 1.0)
    low, high = mean - 1.645 * spread, mean + 1.645 * spread
    told = f"{low:+.4g} to {high:+.4g} with 90 %"
    return Trial(f"change in {band}", mean, 0.0, unit, bool(low > 0.0 or high < 0.0), told)


def _noticed(
    pair: PairOf, test: str, patch: PairPatch, told: str, tests: tuple[Trial, ...], limits: tuple[str, ...]
) -> Noticed:
    grid, pixel_m2 = pair.grid, pair.grid.pixel_m**2
    size = len(patch.pixels) * pixel_m2
    rim = 2.0 * np.sqrt(np.pi * len(patch.pixels)) * pixel_m2
    area = Estimate(size, "m2", max(patch.core, 1) * pixel_m2, size + float(rim))
    ring = max(outlines_of(grid, patch.pixels), key=lambda one: abs(shapely.Polygon(one).area))
    words = f"{size / 1e4:.2g} ha differ" if size >= 5000.0 else f"{size:,.0f} m2 differ"
    return Noticed(
        "surface", f"{words} from {format_utc(pair.before.at)[:10]}, {told}", pair.before.at, pair.after.at,
        (pair.before.id, pair.after.id), ring[:-1] if ring[0] == ring[-1] else ring, area, tests, limits,
        pair.after.simulated, {"score": patch.score_ratio, "test": test},
    )  # fmt: skip
