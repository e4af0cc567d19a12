"""Two pictures from about the same angle and light: what differs in the later one, beyond what such pairs differ by?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import InputError, SwathError
from swath.model import Estimate
from swath.operate.alert_evidence import look_of
from swath.operate.kept_state import Kept
from swath.operate.place_looks import inside_mask, laid_over, place_look
from swath.product.clouds import SEEN
from swath.product.pair_change import PairChange, normalise_pair, pair_change
from swath.store.shelf import Found as Item
from swath.time import format_utc, parse_utc
from swath.watch.change_rows import outlines_of
from swath.watch.days import LookState
from swath.watch.noticing import Noticed
from swath.watch.pair_watch import PairPatch, as_deviations, judge_pair
from swath.watch.pairs import best_before
from swath.watch.records import Trial, WatchedPlace
from swath.watch.state import Look, series_key

__all__ = ["compare_pairs", "looks_per_year"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_OLDEST_DAYS, _TRIES = 400.0, 3
_LEAST_SHARE = 0.5
"""of the place that both pictures must show"""
_LIMITS = (
    "Clouds, shadows, haze and snow that a mask misses look like changes of the ground.",
    "Two dates tell that something differs, not that it stays: a harvest and a parked convoy differ too.",
)


def compare_pairs(
    place: WatchedPlace, scenes: Sequence[Item], fresh: Sequence[Look], kept: Kept, *, rate_per_unit: float
) -> tuple[Kept, list[Noticed], list[LookState]]:
    """Each new picture of a camera beside the earlier one most like it in angle, light and age."""
    inside = inside_mask(place.place, kept.grid)
    of = {one.id: one for one in scenes}
    ready = {look.id: look for look in fresh}
    rate = rate_per_unit / 1000.0 / looks_per_year([one for one in scenes if _is_camera(one)])
    past, found, states = kept.pairs, [], []
    for look in (one for one in fresh if one.sensor == "optical"):
        before = _before(look, scenes, of, ready, kept)
        pair = None if before is None else _pair(before, look, inside)
        if before is None or pair is None:
            why = "history" if before is None else "too little of the place is seen in both pictures"
            states.append(LookState(look.at, look.id, "not seen", why, look.simulated))
            continue
        change, seen = pair
        z = as_deviations(change.statistic, len(look.bands))
        pixel_km2 = kept.grid.pixel_area_km2
        patches, past = judge_pair(z, seen, past, pixel_km2=pixel_km2, rate_per_km2_pair=rate)
        found += [_noticed(kept, before, look, change, patch) for patch in patches]
        word = "changed" if patches else "no change"
        why = f"{len(patches) or 'no'} changes against {before.id}"
        states.append(LookState(look.at, look.id, word, why, look.simulated))
    return replace(kept, pairs=past), found, states


def looks_per_year(scenes: Sequence[Item]) -> float:
    """How often is a place pictured? Between 1 and 400; 40 where there is less than a third of a year."""
    at = [parse_utc(one.start) for one in scenes]
    years = float((max(at) - min(at)) / np.timedelta64(1, "s")) / (365.25 * 86400.0) if at else 0.0
    return float(np.clip(len(at) / years, 1.0, 400.0)) if years >= 0.3 else 40.0


def _is_camera(scene: Item) -> bool:
    return look_of(scene).sensor == "optical"


def _before(
    look: Look, scenes: Sequence[Item], of: Mapping[str, Item], ready: Mapping[str, Look], kept: Kept
) -> Look | None:
    """The earlier picture most like a look that shows enough of the place, of the same bands; ``None`` without any."""
    own = look_of(of[look.id])
    oldest = own.at - np.timedelta64(int(_OLDEST_DAYS * 86400.0), "s")
    left = [candidate for one in scenes if oldest <= (candidate := look_of(one)).at < own.at]
    for _ in range(_TRIES):
        best = best_before(own, left)
        if best is None:
            return None
        left.remove(best)
        try:
            earlier = ready.get(best.scene) or laid_over(
                place_look(of[best.scene], kept.grid), dict(kept.references), kept.grid
            )
        except SwathError:
            continue
        if series_key(earlier) == series_key(look) and (earlier.unseen == SEEN).mean() >= _LEAST_SHARE:
            return earlier
    return None


def _pair(before: Look, after: Look, inside: Mask) -> tuple[PairChange, Mask] | None:
    """The pair's statistic and where it may be judged; ``None`` where too little is seen."""
    seen = (before.unseen == SEEN) & (after.unseen == SEEN)
    if (seen & inside).sum() < _LEAST_SHARE * inside.sum():
        return None
    try:
        return pair_change(before.values, after.values, seen), seen & inside
    except (InputError, np.linalg.LinAlgError):
        return None


def _noticed(kept: Kept, before: Look, look: Look, change: PairChange, patch: PairPatch) -> Noticed:
    grid, pixels = kept.grid, patch.pixels
    differs = (look.values - normalise_pair(before.values, change)).reshape(len(look.bands), -1)[:, pixels]
    mean = np.nanmean(differs, axis=1)
    band = int(np.argmax(np.abs(mean)))
    spread = float(np.nanstd(differs[band])) / max(np.sqrt(len(pixels) / 9.0), 1.0)
    pixel_m2 = grid.pixel_m**2
    size = len(pixels) * pixel_m2
    rim = 2.0 * np.sqrt(np.pi * len(pixels)) * pixel_m2
    area = Estimate(size, "m2", max(patch.core, 1) * pixel_m2, size + float(rim))
    outlines = outlines_of(grid, pixels)
    ring = max(outlines, key=lambda one: abs(shapely.Polygon(one).area))
    words = f"{size / 1e4:.2g} ha differ" if size >= 5000.0 else f"{size:,.0f} m2 differ"
    told = f"{words} from {format_utc(before.at)[:10]}, {look.bands[band]} reflectance by {mean[band] / 1e4:+.3f}"
    low, high = mean[band] - 1.645 * spread, mean[band] + 1.645 * spread
    tests = (
        Trial("unlike the earlier picture", patch.score_ratio, patch.threshold_ratio, "deviations", True,
              "all bands together, the mean of 3 x 3 pixels"),
        Trial("likeness of the two pictures", float(change.correlations.max()), 0.5, "",
              bool(change.correlations.max() > 0.5), "correlation of what they have most in common"),
        Trial(f"change in {look.bands[band]}", float(mean[band]), 0.0, "reflectance x 10000",
              bool(low > 0.0 or high < 0.0), f"{low:+.4g} to {high:+.4g} with 90 %"),
    )  # fmt: skip
    return Noticed(
        "surface", told, before.at, look.at, (before.id, look.id), ring[:-1] if ring[0] == ring[-1] else ring,
        area, tests, _LIMITS, look.simulated, {"score": patch.score_ratio},
    )  # fmt: skip
