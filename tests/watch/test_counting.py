"""Counts against those before them: the chance that is stated is the chance that comes; what stands out is found."""

from __future__ import annotations

import numpy as np
import pytest

from swath.errors import InputError
from swath.watch.counting import FEWEST_COUNTS, against_usual
from swath.watch.pair_watch import PairPast, as_deviations, dismiss_pair, judge_pair, pair_from_arrays, pair_to_arrays
from swath.watch.rate import fit_tail, threshold_for
from swath.watch.series import Patch, crowd_of
from tests.watch.places import smooth_noise


@pytest.mark.parametrize(("mean", "order"), [(0.4, np.inf), (3.0, np.inf), (3.0, 1.5), (25.0, 4.0)])
def test_the_chance_asked_is_about_the_chance_that_comes(mean: float, order: float) -> None:
    rng = np.random.default_rng(7)
    looks, hits, tried = 30, 0, 0
    for _ in range(400):
        level = np.full(looks + 20, mean) if np.isinf(order) else rng.gamma(order, mean / order, looks + 20)
        counts = rng.poisson(level)
        for k in range(looks, looks + 20):
            test = against_usual(counts[:k], int(counts[k]))
            assert test is not None
            hits += test.chance < 0.01
            tried += 1
    # 8,000 counts: 80 expected; steps of small counts and the doubt about their spread only ever make fewer.
    assert hits / tried < 0.013


def test_a_number_that_was_never_there_stands_out() -> None:
    before = [2, 3, 1, 4, 2, 3, 2, 5, 3, 2]
    usual, more, none = (against_usual(before, n) for n in (3, 20, 0))
    assert usual is not None and more is not None and none is not None
    assert usual.chance > 0.5 and more.chance < 1e-4 and none.chance > 0.05
    assert usual.low <= 3 <= usual.high and usual.usual_count == pytest.approx(2.75)
    fewer = against_usual([30, 28, 33, 31, 29, 27, 32, 30], 4)
    assert fewer is not None and fewer.chance < 1e-3
    assert against_usual(before[: FEWEST_COUNTS - 1], 3) is None
    with pytest.raises(InputError):
        against_usual(before, -1)


def test_pairs_that_differ_by_noise_keep_the_rate_and_a_change_passes() -> None:
    rng = np.random.default_rng(3)
    side, pixel_km2, rate = 200, 1e-4, 0.01
    seen, past, alarms = np.ones((side, side), np.bool_), PairPast(), 0
    for number in range(60):
        # Clouds that no mask finds come with every tenth pair; noise hangs together over some pixels.
        z = smooth_noise((side, side), 0.8, rng)
        if number % 10 == 3:
            for _ in range(6):
                r, c = rng.integers(0, side - 8, 2)
                z[r : r + 6, c : c + 6] += rng.uniform(2.0, 4.0)
        found, past = judge_pair(z, seen, past, pixel_km2=pixel_km2, rate_per_km2_pair=rate)
        alarms += len(found)
    # 60 pairs of 4 km2 at 0.01 a km2: 2.4 expected
    assert alarms <= 6
    z = smooth_noise((side, side), 0.8, rng)
    z[40:52, 60:72] += 9.0
    found, after = judge_pair(z, seen, past, pixel_km2=pixel_km2, rate_per_km2_pair=rate)
    assert len(found) == 1 and found[0].score_ratio > found[0].threshold_ratio
    rows, columns = np.divmod(found[0].pixels, side)
    assert rows.min() >= 39 and rows.max() <= 52 and columns.min() >= 59 and columns.max() <= 72
    again = dismiss_pair(after, found[0].score_ratio)
    stricter, _ = judge_pair(z, seen, again, pixel_km2=pixel_km2, rate_per_km2_pair=rate)
    assert not stricter or stricter[0].threshold_ratio > found[0].threshold_ratio
    assert pair_from_arrays(pair_to_arrays(again)).peaks.tolist() == again.peaks.tolist()


def test_a_chi_square_becomes_deviations() -> None:
    # The normal's quantiles of the same tails: scipy 1.17, norm.isf(chi2.sf(x, k)).
    for degrees, value, wanted in ((4, 9.487729, 1.644854), (4, 18.466827, 3.090232), (2, 27.631021, 4.753424)):
        assert float(as_deviations(np.array([value]), degrees)[0]) == pytest.approx(wanted, abs=0.25)


def test_a_look_on_which_much_stands_out_asks_for_more() -> None:
    inside = np.ones((100, 100), np.bool_)

    def patch(row: int, column: int, *, scale: int = 0, before: float = 0.0) -> Patch:
        return Patch(scale, 3.0, before, row * 100 + column, np.array([row * 100 + column]))

    asked = patch(50, 50)
    near = [asked, patch(55, 45), patch(50, 58)]
    assert crowd_of(6.0, near, asked, inside) == pytest.approx(2.0 / 8.0)  # it and its surroundings tell nothing
    others = [patch(row, 5) for row in range(0, 100, 5)]
    assert crowd_of(6.0, [*near, *others], asked, inside) == pytest.approx(22.0 / 8.0)
    old, coarse = patch(90, 90, before=3.5), patch(90, 10, scale=1)
    assert crowd_of(6.0, [*near, old, coarse], asked, inside) == pytest.approx(2.0 / 8.0)


def test_patches_that_come_together_tell_less_of_the_tail() -> None:
    rng = np.random.default_rng(4)
    scores = 1.5 + rng.exponential(0.4, 60)
    apart, together = np.arange(60), np.repeat([3, 17, 40], 20)
    loose, tight = (fit_tail(scores, 60.0, level_ratio=1.5, looks=looks) for looks in (together, apart))
    plain = fit_tail(scores, 60.0, level_ratio=1.5)
    assert np.allclose(tight.weights, plain.weights)
    assert threshold_for(loose, 1e-4) > 1.2 * threshold_for(tight, 1e-4)
