"""Two pictures from about the same angle and light: what differs in the later one, beyond what such pairs differ by?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from swath.errors import SwathError
from swath.operate.alert_evidence import look_of
from swath.operate.kept_state import Kept
from swath.operate.pair_fields import Compared, PairOf, camera_pair, radar_pair
from swath.operate.place_looks import inside_mask, laid_over, place_look
from swath.product.clouds import SEEN
from swath.store.shelf import Found as Item
from swath.time import parse_utc
from swath.watch.days import LookState
from swath.watch.noticing import Noticed
from swath.watch.pair_watch import PairPast, PairPatch, judge_pair
from swath.watch.pairs import SAME_VIEW_DEG, best_before, view_apart_deg
from swath.watch.records import WatchedPlace
from swath.watch.state import Look, series_key

__all__ = ["compare_pairs", "judged", "looks_per_year"]

Mask = npt.NDArray[np.bool_]

_OLDEST_DAYS, _TRIES = 400.0, 3
_LEAST_SHARE = 0.5
"""of the place that both pictures must show"""


def compare_pairs(
    place: WatchedPlace, scenes: Sequence[Item], fresh: Sequence[Look], kept: Kept, *, rate_per_unit: float
) -> tuple[Kept, list[Noticed], list[LookState]]:
    """Each new picture beside the earlier one most like it: a camera's in angle, light and age, a radar's in angle and
    age. All pairs of a year share the rate of false alarms, and so do the tests of one pair.
    """
    inside = inside_mask(place.place, kept.grid)
    of = {one.id: one for one in scenes}
    ready = {look.id: look for look in fresh}
    rate = rate_per_unit / 1000.0 / looks_per_year(scenes)
    pasts, found, states = dict(kept.pairs), [], []
    for look in fresh:
        before, why = _before(look, scenes, of, ready, kept)
        pair = None if before is None else _pair(before, look, inside, kept)
        if before is None or pair is None:
            why = why if before is None else "too little of the place is seen in both pictures"
            states.append(LookState(look.at, look.id, "not seen", why, look.simulated))
            continue
        mine = judged(pair, pasts, pixel_km2=kept.grid.pixel_area_km2, rate_per_km2_pair=rate)
        apart = view_apart_deg(look_of(of[before.id]), look_of(of[look.id]))
        found += [pair.noticed(test, patch, apart) for test, patch in mine]
        word = "changed" if mine else "no change"
        states.append(
            LookState(look.at, look.id, word, f"{len(mine) or 'no'} changes against {before.id}", look.simulated)
        )
    return replace(kept, pairs=pasts), found, states


def judged(
    pair: Compared, pasts: dict[str, PairPast], *, pixel_km2: float, rate_per_km2_pair: float
) -> list[tuple[str, PairPatch]]:
    """What passes, test by test; what lies on a patch that is told already is that patch."""
    told: list[tuple[str, PairPatch]] = []
    taken = np.zeros(pair.seen.size, np.bool_)
    for test, deviations in pair.deviations.items():
        rate = rate_per_km2_pair / len(pair.deviations)
        patches, pasts[test] = judge_pair(
            deviations, pair.seen, pasts.get(test, PairPast()), pixel_km2=pixel_km2, rate_per_km2_pair=rate
        )
        told += [(test, patch) for patch in patches if not taken[patch.pixels].any()]
        for patch in patches:
            taken[patch.pixels] = True
    return told


def looks_per_year(scenes: Sequence[Item]) -> float:
    """How often is a place pictured? Between 1 and 400; 40 where there is less than a third of a year."""
    at = [parse_utc(one.start) for one in scenes]
    years = float((max(at) - min(at)) / np.timedelta64(1, "s")) / (365.25 * 86400.0) if at else 0.0
    return float(np.clip(len(at) / years, 1.0, 400.0)) if years >= 0.3 else 40.0


def _before(
    look: Look, scenes: Sequence[Item], of: Mapping[str, Item], ready: Mapping[str, Look], kept: Kept
) -> tuple[Look | None, str]:
    """The earlier picture most like a look that shows enough of the place, of the same bands, and why there is none.

    Of radars only such as look from the same side and angle: what stands lies over elsewhere from another.
    """
    own = look_of(of[look.id])
    oldest = own.at - np.timedelta64(int(_OLDEST_DAYS * 86400.0), "s")
    earlier = [candidate for one in scenes if oldest <= (candidate := look_of(one)).at < own.at]
    left = [one for one in earlier if look.sensor != "radar" or (view_apart_deg(one, own) or 0.0) <= SAME_VIEW_DEG]
    why = "angle" if not left and any(one.sensor == own.sensor for one in earlier) else "history"
    for _ in range(_TRIES):
        best = best_before(own, left)
        if best is None:
            return None, why
        left.remove(best)
        try:
            before = ready.get(best.scene) or laid_over(
                place_look(of[best.scene], kept.grid), dict(kept.references), kept.grid
            )
        except SwathError:
            continue
        alike = before.bands == look.bands and (look.sensor == "radar" or series_key(before) == series_key(look))
        if alike and (before.unseen == SEEN).mean() >= _LEAST_SHARE:
            return before, ""
    return None, why


_BY_SENSOR: Mapping[str, Callable[[PairOf], Compared | None]] = {"optical": camera_pair, "radar": radar_pair}


def _pair(before: Look, after: Look, inside: Mask, kept: Kept) -> Compared | None:
    """What the pair shows and where it may be judged; ``None`` where too little is seen."""
    seen = (before.unseen == SEEN) & (after.unseen == SEEN)
    if (seen & inside).sum() < _LEAST_SHARE * inside.sum():
        return None
    return _BY_SENSOR[after.sensor](PairOf(before, after, seen, inside, kept.grid))
