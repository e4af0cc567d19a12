"""How many ships, or small things on open ground, does each picture show, and is that more or fewer than usual?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from swath.errors import SwathError
from swath.model import Estimate
from swath.operate.detecting_pairs import looks_per_year
from swath.operate.kept_state import Kept, Water
from swath.operate.place_looks import inside_mask
from swath.product.blobs import FINEST_M, find_spots
from swath.product.clouds import SEEN
from swath.product.radar_change import equivalent_looks
from swath.product.ships import Objects, count_of, find_ships
from swath.store.shelf import Found as Item
from swath.watch.counting import FEWEST_COUNTS, CountTest, against_usual
from swath.watch.days import LookState
from swath.watch.noticing import Noticed
from swath.watch.records import Trial, WatchedPlace, area_km2
from swath.watch.series_kernels import box_means
from swath.watch.state import Look

__all__ = ["count_objects"]

Mask = npt.NDArray[np.bool_]

_DARK_DB = {"vv": -14.0, "hh": -16.0, "vh": -21.0, "hv": -21.0}
"""land and ships are mostly brighter, water mostly darker (in light winds and moderate ones)"""
_WATER_SHARE, _FEWEST_WATER, _SHORE_PX = 0.7, 3, 2
_FALSE_PER_1000_KM2 = 10.0
_LEAST_SEEN = 0.5
_LIMITS = {
    "ships": "Rigs, buoys and rocks count as ships. Which ship it is, is not told.",
    "objects": "Spots of a size, bright or dark: vehicles, roofs and stacks are not told apart, none is followed.",
}


def count_objects(
    place: WatchedPlace, scenes: Sequence[Item], fresh: Sequence[Look], kept: Kept, *, kind: str, rate_per_unit: float
) -> tuple[Kept, list[Noticed], list[LookState]]:
    """Counts of ``ships`` on the water (radar) or of ``objects`` on the ground (cameras), against those before.

    Water is where seven in ten of the radar's pictures are dark; it takes three to know. A count that stands out is an
    alert of the whole place and is left out of what is usual.
    """
    inside = inside_mask(place.place, kept.grid)
    sensor = "radar" if kind == "ships" else "optical"
    chance = rate_per_unit / 1000.0 * area_km2(place.place) / looks_per_year(scenes)
    counts, found, states = list(kept.counts.get(kind, ())), [], []
    before: Look | None = None
    for look in (one for one in fresh if one.sensor == sensor):
        kept, objects, false, why = _ships(look, inside, kept) if kind == "ships" else _spots(look, inside, kept)
        if objects is None:
            states.append(LookState(look.at, look.id, "not seen", why, look.simulated))
            continue
        number = count_of(objects, false_alarms=false)
        test = against_usual(counts, len(objects))
        told = f"{len(objects)} {kind} ({number.low:.0f} to {number.high:.0f})"
        if test is None:
            why = f"{told}; {FEWEST_COUNTS} earlier counts are needed to know what is usual"
            states.append(LookState(look.at, look.id, "not seen", why, look.simulated))
        elif test.chance < chance:
            earlier = _scene_before(scenes, look)
            found.append(_noticed(place, look, before, earlier, kind, objects, number, test, chance))
            states.append(
                LookState(look.at, look.id, "changed", f"{told}, {test.usual_count:.1f} usual", look.simulated)
            )
        else:
            why = f"{told}, {test.low} to {test.high} usual"
            states.append(LookState(look.at, look.id, "no change", why, look.simulated))
        if test is None or test.chance >= chance:
            counts.append(len(objects))
        before = look
    return replace(kept, counts={**kept.counts, kind: tuple(counts)}), found, states


def _ships(look: Look, inside: Mask, kept: Kept) -> tuple[Kept, Objects | None, float, str]:
    """The state with this picture's dark pixels, the ships, false alarms to expect, and why there are none."""
    band = next((name for name in ("vv", "hh", "vh", "hv") if name in look.bands), look.bands[0])
    db, seen = look.values[look.bands.index(band)], look.unseen == SEEN
    known = kept.water or Water(np.zeros(inside.shape, np.int64), 0)
    with np.errstate(invalid="ignore"):
        dark = known.dark + (box_means(np.nan_to_num(db), seen, 1, 0.5) < _DARK_DB.get(band, -14.0))
    water = Water(dark, known.looks + 1)
    kept = replace(kept, water=water)
    if water.looks < _FEWEST_WATER:
        return kept, None, 0.0, f"{_FEWEST_WATER} pictures are needed to know where water is"
    everywhere = np.ones(inside.shape, np.bool_)
    often = (water.dark >= _WATER_SHARE * water.looks).astype(np.float32)
    wet = (box_means(often, everywhere, _SHORE_PX, 0.0) > 0.999) & inside & seen  # off the shores
    if wet.sum() < 100:
        return kept, None, 0.0, "there is no water in the place"
    try:
        looks = round(equivalent_looks(np.where(wet, db, np.nan)), 1)
    except SwathError:
        looks = 4.0
    objects = find_ships(db, wet, kept.grid.pixel_m, looks=looks, false_alarms_1000_km2=_FALSE_PER_1000_KM2)
    return kept, objects, _FALSE_PER_1000_KM2 / 1000.0 * float(wet.sum()) * kept.grid.pixel_area_km2, ""


def _spots(look: Look, inside: Mask, kept: Kept) -> tuple[Kept, Objects | None, float, str]:
    pixel_m = kept.grid.pixel_m
    seen = (look.unseen == SEEN) & inside
    if pixel_m < FINEST_M:
        return kept, None, 0.0, f"pixels are finer than {FINEST_M} m: people are not counted"
    if seen.sum() < _LEAST_SEEN * inside.sum():
        return kept, None, 0.0, "cloud"
    least = max(2.0 * pixel_m, 2.0)
    return kept, find_spots(look.values.mean(0), seen, pixel_m, least_m=least, most_m=4.0 * least), 0.0, ""


def _scene_before(scenes: Sequence[Item], look: Look) -> str:
    ids = [one.id for one in scenes]
    at = ids.index(look.id)
    return ids[max(at - 1, 0)]


def _noticed(
    place: WatchedPlace,
    look: Look,
    before: Look | None,
    earlier: str,
    kind: str,
    objects: Objects,
    number: Estimate,
    test: CountTest,
    chance: float,
) -> Noticed:
    ring = place.place.polygons[0][0]
    area = float((objects.length_m * objects.width_m).sum())
    sizes = f"{objects.length_m.min():.0f} to {objects.length_m.max():.0f} m long" if len(objects) else "none is there"
    tests = (
        Trial(f"number of {kind}", float(len(objects)), test.usual_count, kind, True,
              f"{test.low} to {test.high} are usual, nine times in ten"),
        Trial("chance of such a number", test.chance, chance, "", True, "if nothing is different"),
        Trial(f"{kind} counted", number.value, float(len(objects)), kind, True,
              f"{number.low:.0f} to {number.high:.0f} with 90 %; {sizes}"),
    )  # fmt: skip
    more = "more" if len(objects) > test.usual_count else "fewer"
    told = f"{len(objects)} {kind}, {more} than the usual {test.usual_count:.0f} ({test.low} to {test.high})"
    size = Estimate(area, "m2", because="lengths times widths of what was counted")
    at = look.at if before is None else before.at
    return Noticed(
        kind, told, at, look.at, (earlier, look.id), ring, size, tests, (_LIMITS[kind],), look.simulated,
        {"count": len(objects)},
    )  # fmt: skip
