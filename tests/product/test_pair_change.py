"""Two dates beside each other: tails against scipy's, false alarms at the rate asked, seeded changes found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from swath.errors import InputError
from swath.product.pair_change import normalise_pair, pair_change
from swath.product.radar_change import (
    _trigamma,
    amplitude_likeness,
    equivalent_looks,
    looks_of_pair,
    radar_change,
)
from swath.product.tails import gamma_above, k_above, k_limit, ratio_above, ratio_limit


@settings(deadline=None, max_examples=40)
@given(st.floats(0.3, 60.0), st.floats(0.0, 200.0), st.floats(0.5, 60.0))
def test_tails_are_scipys(shape: float, x: float, other: float) -> None:
    assert float(gamma_above(shape, x)) == pytest.approx(stats.gamma.sf(x, shape), rel=1e-7, abs=1e-15)
    ratio = 0.02 + x / 20.0
    assert float(ratio_above(ratio, shape, other)) == pytest.approx(
        stats.f.sf(ratio, 2 * other, 2 * shape), rel=1e-6, abs=1e-13
    )


def test_the_k_distribution_is_gamma_on_gamma() -> None:
    """Against two million draws; an infinite order is speckle alone."""
    rng = np.random.default_rng(1)
    draw = rng.gamma(1.5, 1 / 1.5, 2_000_000) * rng.gamma(4.0, 0.25, 2_000_000)
    for x in (1.0, 3.0, 6.0, 9.0):
        assert float(k_above(x, 4.0, 1.5)) == pytest.approx((draw > x).mean(), rel=0.05)
    assert float(k_above(2.0, 4.0, np.inf)) == pytest.approx(stats.gamma.sf(8.0, 4.0), rel=1e-9)
    assert float(k_above(k_limit(1e-6, 4.4, 2.0), 4.4, 2.0)) == pytest.approx(1e-6, rel=1e-3)


def pictures(seed: int, side: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Textured ground in four bands, and the same under other light, gain and noise."""
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 1, (3, side, side)).cumsum(1).cumsum(2) / 60.0
    before = np.einsum("bk,kij->bij", rng.uniform(0.3, 1.0, (4, 3)), base) * 200 + 2000
    after = before * np.array([1.2, 0.9, 1.1, 0.8])[:, None, None] + np.array([50, -80, 20, 300])[:, None, None]
    return before + rng.normal(0, 20, before.shape), after + rng.normal(0, 20, after.shape)


def test_nothing_changed_is_chi_square_and_the_relation_is_found() -> None:
    before, after = pictures(1)
    found = pair_change(before, after, np.ones(before.shape[1:], bool))
    for level in (0.1, 0.01):
        assert (found.chance < level).mean() == pytest.approx(level, rel=0.35)
    np.testing.assert_allclose(found.gain, [1.2, 0.9, 1.1, 0.8], rtol=0.03)
    apart = (normalise_pair(before, found) - after).std((1, 2))
    assert (apart < 45).all()


def test_a_fifth_of_the_picture_changed_and_is_told() -> None:
    before, after = pictures(2)
    truth = np.zeros(before.shape[1:], bool)
    truth[:, :24] = True
    after = after + np.where(truth, np.array([150, -200, 150, 250])[:, None, None], 0.0)
    seen = np.ones(truth.shape, bool)
    seen[:10] = False
    before[0, 20, 20] = np.nan
    found = pair_change(before, after, seen)
    assert np.isnan(found.chance[~seen]).all() and np.isnan(found.chance[20, 20])
    known = np.isfinite(found.chance)
    assert (found.chance[truth & known] < 1e-3).mean() > 0.95
    assert (found.chance[~truth & known] < 1e-3).mean() < 0.005
    np.testing.assert_allclose(found.gain, [1.2, 0.9, 1.1, 0.8], rtol=0.05)


def test_units_do_not_matter() -> None:
    before, after = pictures(3, 60)
    seen = np.ones(before.shape[1:], bool)
    one = pair_change(before, after, seen)
    other = pair_change(before * 1e-4, after * 7.0 - 3000.0, seen)
    np.testing.assert_allclose(one.statistic, other.statistic, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("looks", [(4.4, 4.4), (10.0, 3.0)])
def test_speckle_alone_gives_the_false_alarms_asked(looks: tuple[float, float]) -> None:
    rng = np.random.default_rng(4)
    mean = 10 ** rng.uniform(-2.5, -0.5, (2, 500, 500))
    old = {
        n: 10 * np.log10(mean[k] * rng.gamma(looks[0], 1 / looks[0], (500, 500))) for k, n in enumerate(("vv", "vh"))
    }
    new = {
        n: 10 * np.log10(mean[k] * rng.gamma(looks[1], 1 / looks[1], (500, 500))) for k, n in enumerate(("vv", "vh"))
    }
    for chance in (1e-2, 1e-3):
        found = radar_change(old, new, looks_before=looks[0], looks_after=looks[1], false_alarm_chance=chance)
        assert found.changed.mean() == pytest.approx(chance, rel=0.25)
    new["vv"] = new["vv"] + 18.0
    assert (
        radar_change(old, new, looks_before=looks[0], looks_after=looks[1], false_alarm_chance=1e-3).changed.mean()
        > 0.5
    )
    inside = np.abs(found.change_db["vh"]) < found.half_width_db["vh"]
    assert inside.mean() == pytest.approx(0.9, abs=0.02)
    assert ratio_limit(0.5, 5.0, 5.0) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("looks", [1.0, 4.4, 12.0])
def test_looks_are_told_from_the_picture(looks: float) -> None:
    rng = np.random.default_rng(5)
    mean = np.where(np.arange(300)[:, None] < 200, 0.1, 0.1 * rng.gamma(2.0, 0.5, (300, 300)))
    db = 10 * np.log10(mean * rng.gamma(looks, 1 / looks, (300, 300)))
    assert equivalent_looks(db) == pytest.approx(looks, rel=0.12)


@pytest.mark.parametrize("looks", [1.0, 4.4, 40.0])
def test_looks_are_told_from_how_two_pictures_differ(looks: float) -> None:
    rng = np.random.default_rng(8)
    mean = 0.1 * rng.gamma(2.0, 0.5, (200, 200))
    old, new = (10 * np.log10(mean * rng.gamma(looks, 1 / looks, mean.shape)) for _ in range(2))
    new[:30] += 6.0
    assert 0.55 * looks < looks_of_pair(new - old) < 1.05 * looks  # a seventh of it changed
    assert looks_of_pair((new - old)[30:]) == pytest.approx(looks, rel=0.05)
    # pi^2 / 6 and pi^2 / 6 - 1 are the trigamma function at 1 and 2 (Abramowitz and Stegun 6.4.2).
    assert _trigamma(1.0) == pytest.approx(np.pi**2 / 6, abs=1e-9)
    assert _trigamma(2.0) == pytest.approx(np.pi**2 / 6 - 1, abs=1e-9)


def test_a_pattern_that_went_is_told_though_brightness_did_not() -> None:
    rng = np.random.default_rng(6)
    pattern = rng.normal(0, 3, (100, 100))
    old = pattern + rng.normal(0, 1, pattern.shape)
    new = pattern + rng.normal(0, 1, pattern.shape)
    new[40:60, 40:60] = rng.normal(0, 3.1, (20, 20))
    like, short = amplitude_likeness(old, new)
    assert np.median(like[44:56, 44:56]) < 0.3 < np.nanmedian(like[:30])
    assert np.median(short[44:56, 44:56]) > 4.75 and (short[:30] > 3.09).mean() < 0.02


@pytest.mark.parametrize("texture_db", [0.0, 1.0, 4.0])
def test_ground_beside_a_town_is_not_told_for_having_no_pattern(texture_db: float) -> None:
    rng = np.random.default_rng(9)
    deep = np.where(np.arange(160) < 80, 6.0, texture_db)
    ground = rng.normal(0, 1, (160, 160)) * deep
    old, new = (ground + 10 * np.log10(rng.gamma(4.4, 1 / 4.4, ground.shape)) for _ in range(2))
    _, short = amplitude_likeness(old, new)
    for side in (short[:, :76], short[:, 84:]):
        assert (side > 3.09).mean() < 0.005


def test_wrong_pairs_are_told() -> None:
    before, after = pictures(7, 30)
    seen = np.ones(before.shape[1:], bool)
    with pytest.raises(InputError, match="one grid"):
        pair_change(before, after[:, :-1], seen)
    with pytest.raises(InputError, match="are seen in both"):
        pair_change(before, after, np.zeros_like(seen))
    with pytest.raises(InputError, match="one polarisation of both"):
        radar_change({"vv": before[0]}, {"vh": after[0]}, looks_before=4, looks_after=4)
    with pytest.raises(InputError, match="one grid"):
        radar_change({"vv": before[0]}, {"vv": after[0, :5]}, looks_before=4, looks_after=4)
    with pytest.raises(InputError, match="windows have data"):
        equivalent_looks(np.full((50, 50), np.nan))
    with pytest.raises(InputError, match="one grid"):
        amplitude_likeness(before[0], after[0, :5])
    with pytest.raises(InputError, match="seen in both"):
        looks_of_pair(np.full((5, 5), np.nan))
