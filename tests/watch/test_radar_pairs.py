"""Two radar pictures: nothing is told of rain and speckle beyond the rate asked, what changed is found at that rate."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import ndimage

from swath.errors import InputError
from swath.model import Grid
from swath.operate.detecting_pairs import judged
from swath.operate.pair_fields import PairOf, radar_pair
from swath.product.clouds import SEEN
from swath.watch.pair_watch import PairPast, PairPatch
from swath.watch.radar_pair import RADAR_TESTS, compare_radar
from swath.watch.state import Look
from tests.watch.places import radar_looks, smooth_noise

SIDE, KM2 = 64, 0.64**2
RATE_KM2_PAIR = 0.1
BOX = np.s_[20:34, 24:38]


def pairs_of(looks: list[Look], grid: Grid, pasts: dict[str, PairPast]) -> list[tuple[str, PairPatch]]:
    told = []
    inside = np.ones(grid.shape, np.bool_)
    for before, after in itertools.pairwise(looks):
        pair = radar_pair(PairOf(before, after, (after.unseen == SEEN), inside, grid))
        assert pair is not None
        told += judged(pair, pasts, pixel_km2=grid.pixel_area_km2, rate_per_km2_pair=RATE_KM2_PAIR)
    return told


def test_the_rate_asked_is_held_where_nothing_changes_and_what_changes_is_found() -> None:
    false, pairs, found = 0, 0, {"9 dB": 0, "6 dB": 0, "pattern": 0}
    for seed in range(2):
        grid, looks = radar_looks(SIDE, 1.2, seed)
        pasts: dict[str, PairPast] = {}
        false += len(pairs_of(looks, grid, pasts))
        pairs += len(looks) - 1
        for name in found:
            change = {"row": 20, "column": 24, "size_px": 14, "day": 400}
            change |= {"pattern": True} if name == "pattern" else {"db": float(name[0])}
            _, later = radar_looks(SIDE, 1.2, seed, changes=[change])
            first = next(k for k, one in enumerate(later) if not np.array_equal(one.values, looks[k].values))
            told = pairs_of([looks[first - 1], later[first]], grid, dict(pasts))
            box = np.zeros(grid.shape, np.bool_)
            box[BOX] = True
            found[name] += any(box.ravel()[patch.pixels].mean() > 0.5 for _, patch in told)
    # 70 pairs of 0.41 km2 at 0.1 a km2: 2.9 expected; more than 7 come once in a hundred if the rate is held. More of
    # both: benchmarks/quality/watching.py.
    assert pairs * KM2 * RATE_KM2_PAIR == pytest.approx(2.87, abs=0.1)
    assert false <= 7
    assert found == {"9 dB": 2, "6 dB": 2, "pattern": 2}


def test_a_picture_that_lies_elsewhere_is_laid_over_and_tells_nothing() -> None:
    rng = np.random.default_rng(3)
    side = 160
    ground = -12.0 + 4.0 * smooth_noise((side + 40, side + 40), 2.5, rng)
    moved = ndimage.shift(ground, (1.4, -0.8), mode="nearest")
    grid, unseen = Grid(32633, 500_000.0, 5_000_000.0, 10.0, side, side), np.zeros((side, side), np.uint8)

    def look(id: str, db: np.ndarray) -> Look:
        power = 10.0 ** (db[20:-20, 20:-20] / 10.0) * rng.gamma(10.0, 0.1, (side, side))
        values = (10.0 * np.log10(power)).astype(np.float32)[None]
        return Look(id, np.datetime64("2026-03-01", "ns"), "radar", ("vv",), values, unseen, 38.0, 100.0)

    before, after = look("a", moved), look("b", ground)
    seen = np.ones(grid.shape, np.bool_)
    off = compare_radar(before.values, after.values, seen, ("vv",))
    laid = radar_pair(PairOf(before, after, seen, seen, grid))
    assert laid is not None
    core = np.s_[8:-8, 8:-8]
    for test in RADAR_TESTS:
        # Laid over, one in thirty-two is beyond 2 deviations at most; 16 m off, patterns differ everywhere.
        assert (laid.deviations[test][core] > 2.0).mean() < 0.05, test
    assert (off.deviations["pattern"][core] > 2.0).mean() > (laid.deviations["pattern"][core] > 2.0).mean()
    assert off.looks_count < 0.7 * 10.0


def test_rain_on_all_of_a_place_is_weather_and_a_flood_of_it_is_not() -> None:
    rng = np.random.default_rng(4)
    shape = (1, 60, 60)
    old = -12.0 + 10.0 * np.log10(rng.gamma(4.4, 1 / 4.4, shape))
    new = -12.0 + 10.0 * np.log10(rng.gamma(4.4, 1 / 4.4, shape))
    seen = np.ones(shape[1:], np.bool_)
    wet = compare_radar(old, new + 2.0, seen, ("vv",))
    assert wet.shared_db[0] == pytest.approx(2.0, abs=0.2) and wet.looks_count == pytest.approx(4.4, rel=0.15)
    assert np.nanmean(wet.deviations[RADAR_TESTS[1]]) < 1.0
    drowned = compare_radar(old, new - 9.0, seen, ("vv",))
    assert drowned.shared_db == (-3.0,) and np.nanmin(drowned.deviations[RADAR_TESTS[1]]) > 5.0
    with pytest.raises(InputError, match="one grid"):
        compare_radar(old, new[:, :-1], seen, ("vv",))
    with pytest.raises(InputError, match="seen in both"):
        compare_radar(old, new, np.zeros_like(seen), ("vv",))
