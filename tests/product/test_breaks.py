"""Breaks in simulated histories with known truth, the watch that moves on, and its false alarms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.product.breaks import BROKEN, NO_MODEL, STABLE, BreakRule, chi_square, find_breaks, level_for, move_on


def histories(pixels: int, seed: int, looks: int = 160, noise: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Stable seasons of three bands, reflectance 0 to 1."""
    rng = np.random.default_rng(seed)
    days = 735000 + np.sort(rng.choice(3000, looks, replace=False))
    season = np.cos(2.0 * np.pi * (days[:, None] - rng.uniform(0, 365, pixels)) / 365.25)
    mean = np.array([0.05, 0.3, 0.2])[:, None]
    stack = mean + 0.3 * mean * season[:, None, :] + rng.normal(0, noise, (looks, 3, pixels))
    return days, stack.astype(np.float32)


@pytest.mark.parametrize(
    ("level", "degrees", "value"),
    [(0.99, 5, 15.0863), (0.95, 1, 3.8415), (0.999999, 6, 38.2583), (0.5, 2, 1.3863), (0.99, 10, 23.2093)],
)
def test_chi_square_is_that_of_the_tables(level: float, degrees: int, value: float) -> None:
    """Abramowitz and Stegun, table 26.8; 0.999999 by their series."""
    assert chi_square(level, degrees) == pytest.approx(value, abs=6e-4)


def test_a_step_is_found_on_its_day_and_a_new_model_begins() -> None:
    days, stack = histories(200, 1)
    stack[80:, 1] -= 0.25
    found = find_breaks(days, stack, np.ones((160, 200), bool))
    assert (found.number >= 1).mean() > 0.97
    assert (found.days[:, 0] == days[80]).mean() > 0.95
    assert (found.looks > 20).mean() > 0.9


def test_stable_seasons_give_hardly_any() -> None:
    days, stack = histories(400, 2)
    seen = np.random.default_rng(3).uniform(size=(160, 400)) < 0.7
    found = find_breaks(days, stack, seen)
    assert found.number.sum() <= 4
    assert (found.looks > 80).mean() > 0.97


def test_undetected_clouds_are_no_break() -> None:
    days, stack = histories(300, 4)
    cloud = np.random.default_rng(5).uniform(size=(160, 1, 300)) < 0.06
    found = find_breaks(days, stack + 0.4 * cloud, np.ones((160, 300), bool))
    assert (found.number > 0).mean() < 0.03


@given(st.integers(0, 2**31))
def test_order_unseen_values_and_company_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, stack = histories(5, seed)
    stack[90:, 0] += 0.2
    seen = rng.uniform(size=(160, 5)) < 0.8
    whole = find_breaks(days, stack, seen)
    order = rng.permutation(160)
    marred = np.where(seen[:, None], stack, rng.choice([np.nan, np.inf, -1e30], stack.shape)).astype(np.float32)
    again = find_breaks(days[order], marred[order], np.ones_like(seen) & (np.abs(marred) < 1e20).all(1)[order])
    np.testing.assert_array_equal(again.days, whole.days)
    alone = find_breaks(days, stack[:, :, 3:4], seen[:, 3:4])
    np.testing.assert_array_equal(alone.days[0], whole.days[3])
    np.testing.assert_array_equal(alone.watch.models[0], whole.watch.models[3])


def test_the_watch_alerts_with_the_sixth_look_and_tells_the_first() -> None:
    days, stack = histories(300, 6)
    found = find_breaks(days[:120], stack[:120], np.ones((120, 300), bool))
    watch = found.watch
    stable = watch.status == STABLE
    assert stable.mean() > 0.97
    changed = np.arange(300) < 150
    alerts = np.zeros((40, 300), bool)
    for k in range(40):
        values = stack[120 + k].copy()
        values[1, changed] -= 0.25 if k >= 10 else 0.0
        seen = np.ones(300, bool)
        seen[:20] = k != 12
        before = watch
        watch, alerts[k] = move_on(watch, int(days[120 + k]), values, seen)
        assert before.status is not watch.status
    good = stable & changed
    assert (alerts[15] & good)[20:].sum() + (alerts[16] & good)[:20].sum() > 0.9 * good.sum()
    fired = good & (watch.status == BROKEN)
    assert (watch.since[fired] == days[130]).mean() > 0.9
    assert alerts[:, ~changed].sum() <= 2
    assert alerts.sum(0).max() == 1


def test_looks_off_at_the_end_of_a_history_count_on() -> None:
    """Four looks after the fire are in the history, two come as new pictures: the alert is with the second."""
    days, stack = histories(100, 7)
    stack[120:, 1] -= 0.25
    watch = find_breaks(days[:124], stack[:124], np.ones((124, 100), bool)).watch
    assert (watch.pending == 4).mean() > 0.9
    watch, first = move_on(watch, int(days[124]), stack[124], np.ones(100, bool))
    watch, second = move_on(watch, int(days[125]), stack[125], np.ones(100, bool))
    assert first.sum() <= 3 and second.mean() > 0.85
    assert (watch.since[second] == days[120]).mean() > 0.95


@pytest.mark.parametrize(("consecutive", "chance"), [(3, 0.02), (4, 0.1), (5, 0.3)])
def test_the_false_alarm_rate_is_at_most_what_was_asked(consecutive: int, chance: float) -> None:
    """4,000 stable pixels watched for two years of 20 looks, of independent noise: alarms a pixel and year."""
    days, stack = histories(4000, 8, looks=150)
    rule = BreakRule(level_for(chance_per_year=chance, looks_per_year=18.25, consecutive=consecutive), consecutive)
    watch = find_breaks(days[:110], stack[:110], np.ones((110, 4000), bool), rule).watch
    total = 0
    for k in range(110, 150):
        watch, alert = move_on(watch, int(days[k]), stack[k], np.ones(4000, bool))
        total += int(alert.sum())
    years = (days[149] - days[110]) / 365.25
    assert total / (watch.status != NO_MODEL).sum() / years <= chance


def test_pixels_that_show_nothing_have_no_model_and_say_so() -> None:
    days, stack = histories(4, 9)
    seen = np.ones((160, 4), bool)
    seen[:, 0], seen[10:, 1], stack[:, :, 2] = False, False, np.nan
    found = find_breaks(days, stack, seen)
    assert found.looks[:3].tolist() == [0, 0, 0] and found.looks[3] > 0
    assert found.watch.status[:3].tolist() == [NO_MODEL] * 3
    assert all(np.isfinite(getattr(found.watch, n)).all() for n in ("models", "sigmas", "grams", "moments"))
    constant = find_breaks(days, np.full((160, 2, 3), 7, np.uint16), np.ones((160, 3), bool))
    assert constant.number.tolist() == [0, 0, 0]


def test_bad_input_is_told() -> None:
    days, stack = histories(3, 10)
    seen = np.ones((160, 3), bool)
    with pytest.raises(InputError, match="one date at least"):
        find_breaks(days[:5], stack, seen)
    with pytest.raises(InputError, match="one date at least"):
        find_breaks(days[:0], stack[:0], seen[:0])
    watch = find_breaks(days, stack, seen).watch
    with pytest.raises(InputError, match="before the newest look"):
        move_on(watch, int(days[0]), stack[0], seen[0])
    with pytest.raises(InputError, match="one mask"):
        move_on(watch, int(days[-1]) + 5, stack[0, :2], seen[0])
    with pytest.raises(InputError, match="Give a level"):
        BreakRule(1.0)
    with pytest.raises(InputError, match="a chance"):
        level_for(chance_per_year=0.0, looks_per_year=20)
