"""Start, peak and end of seasons against simulated curves whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import InputError
from swath.product.curves import learn_law
from swath.product.season import Seasons, find_seasons, measure_curve
from tests.product.field_years import FIRST, Years, years

FINE = np.arange(0.0, 365.0, 0.1)


def true_dates(world: Years, number: int) -> Any:
    """By the definition itself on the noiseless curve, every tenth of a day."""
    curve = world.truth(number, FINE)
    top = int(np.argmax(curve))
    start = FINE[np.argmax(curve >= (curve[top] + curve[:top].min()) / 2)]
    end = FINE[top + np.argmax(curve[top:] <= (curve[top] + curve[top:].min()) / 2)]
    return np.array([start, FINE[top], end])


def days(times: Any) -> Any:
    return (times - FIRST) / np.timedelta64(86400, "s")


def found(world: Years, **settings: Any) -> Seasons:
    law = learn_law(world.time, world.values, world.seen)
    stop = FIRST + np.timedelta64(364, "D")
    return find_seasons(world.time, world.values, world.seen, start=FIRST, stop=stop, law=law, **settings)


def test_dates_are_within_days_of_the_truth_and_inside_their_intervals() -> None:
    world = years(120, seed=11)
    seasons = found(world)
    assert np.mean(np.bincount(seasons.field, minlength=120) == 1) > 0.95, "one season each"
    assert set(seasons.field) == set(range(120))
    seasons = seasons.take([int(np.argmax((seasons.field == n) * seasons.index_peak)) for n in range(120)])
    truth = np.array([true_dates(world, n) for n in seasons.field])
    for at, name in enumerate(("start", "peak", "end")):
        off = days(getattr(seasons, name)) - truth[:, at]
        low, high = days(getattr(seasons, f"{name}_low")), days(getattr(seasons, f"{name}_high"))
        inside = float(np.mean((truth[:, at] >= low) & (truth[:, at] <= high)))
        print(f"{name}: bias {off.mean():.1f} d, rms {np.sqrt((off**2).mean()):.1f} d, inside {inside:.2f}")
        rms_days = 12.0 if name == "peak" else 4.0
        assert np.sqrt((off**2).mean()) < rms_days, name
        assert inside >= 0.8, name


def test_two_crops_a_year_are_two_seasons() -> None:
    world = years(12, seed=2, cloudy=0.3)
    day = (world.time - FIRST) / np.timedelta64(86400, "s")
    for n in range(12):
        world.values[n] = 0.15 + 0.55 * (
            np.exp(-0.5 * ((day - 105) / 22) ** 2) + np.exp(-0.5 * ((day - 240) / 22) ** 2)
        )
    seasons = found(world)
    assert (np.bincount(seasons.field, minlength=12) == 2).all()
    first, second = (days(seasons.peak[seasons.season == n]) for n in (1, 2))
    assert np.abs(first - 105).max() < 6 and np.abs(second - 240).max() < 6


def test_bare_soil_has_no_season_and_an_open_one_no_end() -> None:
    world = years(12, seed=4, cloudy=0.3)
    world.values[0] = 0.15 + 0.01 * np.random.default_rng(0).normal(size=len(world.time))
    early = world.time < FIRST + np.timedelta64(190, "D")
    law = learn_law(world.time, world.values, world.seen)
    seasons = find_seasons(
        world.time, world.values, world.seen & early, start=FIRST, stop=FIRST + np.timedelta64(190, "D"), law=law
    )
    assert 0 not in seasons.field
    assert np.isnat(seasons.end).all() and (seasons.share_sure < 0.5).all()


@pytest.mark.parametrize("share", [0.0, 1.0, -3.0])
def test_nonsense_is_refused(share: float) -> None:
    world = years(6, seed=4)
    with pytest.raises(InputError):
        found(world, share=share)


@given(st.floats(20, 200), st.floats(5, 40), st.floats(0.2, 0.8))
@settings(max_examples=40, deadline=None)
def test_a_bell_is_measured_by_its_formula(middle: float, width: float, share: float) -> None:
    at = np.arange(-200.0, 500.0, 1.0)
    got = measure_curve(at, np.exp(-0.5 * ((at - middle) / width) ** 2), share)
    half = width * np.sqrt(-2 * np.log(share))
    assert got[:3] == pytest.approx([middle - half, middle, middle + half], abs=0.02 * width + 0.05)
