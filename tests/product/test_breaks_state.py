"""A history given whole and given look by look to a kept state: the same breaks, the same state."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import InputError
from swath.product.breaks import BROKEN, NO_MODEL, STABLE, BreakRule, Watch, begin_again, find_breaks, foretell, move_on


def rough(seed: int, pixels: int = 40, looks: int = 130) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seasons with gaps, missed clouds, steps on some days in half the pixels, as uint16."""
    rng = np.random.default_rng(seed)
    days = 735000 + np.sort(rng.choice(2600, looks, replace=False))
    season = np.cos(2.0 * np.pi * (days[:, None] - rng.uniform(0, 365, pixels)) / 365.25)
    stack = np.array([500.0, 3000.0, 1500.0])[:, None] * (1.0 + 0.25 * season[:, None, :])
    stack = stack + rng.normal(0, 60, stack.shape)
    step = rng.integers(30, looks, pixels) + np.where(np.arange(pixels) % 2, 0, looks)
    stack[:, 1] -= 1200.0 * (np.arange(looks)[:, None] >= step)
    stack += 3000.0 * (rng.uniform(size=(looks, 1, pixels)) < 0.04)
    return days, stack.clip(1, 9999).astype(np.uint16), rng.uniform(size=(looks, pixels)) < 0.8


def assert_same(one: Watch, other: Watch) -> None:
    for field in fields(Watch):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("waiting", "waiting_days"):
            filled = np.arange(a.shape[1]) < one.pending[:, None]
            a, b = a[filled], b[filled]
        if isinstance(a, np.ndarray) and a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-3 * max(float(np.abs(b).max(initial=0.0)), 1e-9))
        else:
            np.testing.assert_array_equal(a, b, err_msg=field.name)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.integers(40, 110), st.sampled_from([1, 2, 4, 6]))
def test_look_by_look_ends_as_the_whole_history_does(seed: int, known: int, consecutive: int) -> None:
    """Broken pixels get their new model from the history, as they would have had it in the whole."""
    days, stack, seen = rough(seed)
    rule = BreakRule(0.995, consecutive)
    watch = find_breaks(days[:known], stack[:known], seen[:known], rule).watch
    alerts = np.zeros(stack.shape[2], np.int64)
    for k in range(known, len(days)):
        watch, broke = move_on(watch, int(days[k]), stack[k], seen[k])
        alerts += broke
        upto = slice(0, k + 1)
        watch, _ = begin_again(watch, days[upto], stack[upto], seen[upto])
    whole = find_breaks(days, stack, seen, rule)
    assert_same(watch, whole.watch)
    before = find_breaks(days[:known], stack[:known], seen[:known], rule).number
    later = whole.number - before
    assert (alerts <= later).all()  # a break that a renewed model finds in looks it had not yet is no new alert
    assert (alerts == later).mean() > 0.9


def test_without_renewal_the_day_of_the_break_is_the_same_too() -> None:
    days, stack, seen = rough(7, pixels=400)
    before = find_breaks(days[:60], stack[:60], seen[:60])
    watch = before.watch
    stable = watch.status == STABLE
    for k in range(60, len(days)):
        watch, _ = move_on(watch, int(days[k]), stack[k], seen[k])
    whole = find_breaks(days, stack, seen)
    first = whole.days[np.arange(400), before.number]
    broke = stable & (watch.status == BROKEN)
    assert broke.sum() > 20
    np.testing.assert_array_equal(watch.since[broke], first[broke])
    assert (first[stable & (watch.status == STABLE)] == 0).all()


def test_workers_and_number_types_change_nothing() -> None:
    days, stack, seen = rough(8, pixels=301)
    one = find_breaks(days, stack, seen)
    two = find_breaks(days, stack.astype(np.float64), seen, workers=3)
    np.testing.assert_array_equal(one.days, two.days)
    assert_same(one.watch, two.watch)
    a, alerts = move_on(one.watch, int(days[-1]) + 9, stack[-1], seen[-1])
    b, again = move_on(two.watch, int(days[-1]) + 9, stack[-1].astype(np.float32), seen[-1], workers=3)
    np.testing.assert_array_equal(alerts, again)
    assert_same(a, b)


def test_what_is_foretold_is_what_comes() -> None:
    """Half of the errors of foretold looks lie within 0.67 deviations, nine in ten within 1.64, of normal noise."""
    rng = np.random.default_rng(9)
    days = 735000 + np.arange(0, 2400, 15)
    level = 2000.0 + 20.0 * np.cos(2.0 * np.pi * days / 365.25)[:, None, None] + rng.normal(0, 50, (160, 2, 500))
    watch = find_breaks(days[:120], level[:120], np.ones((120, 500), bool)).watch
    told = foretell(watch, int(days[125]))
    far = np.abs(level[125] - told.value) / told.sigma
    assert 0.45 < (far < 0.67).mean() < 0.58 and (far < 1.64).mean() == pytest.approx(0.9, abs=0.05)
    none = find_breaks(days[:5], level[:5], np.ones((5, 500), bool)).watch
    assert (none.status == NO_MODEL).all() and np.isnan(foretell(none, int(days[6])).value).all()


def test_wrong_histories_are_told() -> None:
    days, stack, seen = rough(10)
    watch = find_breaks(days, stack, seen).watch
    with pytest.raises(InputError, match="history of these pixels"):
        begin_again(watch, days, stack[:, :, 1:], seen[:, 1:])
    with pytest.raises(InputError, match="one mask"):
        move_on(replace(watch), int(days[-1]), stack[-1, :1], seen[-1])


def test_a_state_that_is_moved_on_stays_as_it_was_unless_it_is_used_up() -> None:
    days, stack, seen = rough(7)
    watch = find_breaks(days[:-1], stack[:-1], seen[:-1]).watch
    kept = {name: getattr(watch, name).copy() for name in ("status", "models", "grams", "tally")}
    after, _ = move_on(watch, int(days[-1]), stack[-1], seen[-1])
    for name, array in kept.items():
        np.testing.assert_array_equal(getattr(watch, name), array)
    used, _ = move_on(watch, int(days[-1]), stack[-1], seen[-1], in_place=True)
    np.testing.assert_array_equal(used.tally, after.tally)
    assert used.tally is watch.tally
