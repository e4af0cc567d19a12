"""An outline held against a sharper picture: how sure, how large, how much of it is shared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import DataError
from swath.model import Estimate
from swath.watch.validation import Held, hold_against

STATED = Estimate(1600.0, "m2", 1300.0, 1900.0)


def held(contrast: float, *, shift_px: int = 0, seed: int = 1, size: int = 80) -> Held:
    """A square of 40 x 40 pixels of 1 m that stands out by so many deviations; its outline is shifted."""
    rng = np.random.default_rng(seed)
    values = rng.normal(100.0, 10.0, (3, 2 * size, 2 * size))
    values[:, size - 20 : size + 20, size - 20 : size + 20] += 10.0 * contrast
    inside = np.zeros(values.shape[1:], np.bool_)
    inside[size - 20 + shift_px : size + 20 + shift_px, size - 20 : size + 20] = True
    near = np.zeros_like(inside)
    near[20:-20, 20:-20] = True
    return hold_against(values, inside, near, alert="a", scene="s", stated_m2=STATED, pixel_m=1.0, rim_m=4.0)


def test_a_change_that_is_there_is_found_as_large_as_it_is() -> None:
    found = held(6.0)
    assert found.separable_share > 0.99 and found.agrees and found.overlap_share > 0.98
    assert found.area_m2.low is not None and found.area_m2.high is not None
    assert found.area_m2.low < 1600.0 < found.area_m2.high and found.area_m2.value == pytest.approx(1600.0, rel=0.02)
    assert "agree" in "".join(found.lines()) and found.to_json()["agrees"] is True


def test_where_nothing_is_the_outline_tells_nothing() -> None:
    found = held(0.0)
    assert found.separable_share < 0.6 and found.overlap_share < 0.5 and not found.agrees


@settings(max_examples=15)
@given(st.integers(0, 12), st.integers(0, 100))
def test_the_further_off_the_outline_the_less_is_shared(shift_px: int, seed: int) -> None:
    found = held(6.0, shift_px=shift_px, seed=seed)
    shared = (40.0 - shift_px) / (40.0 + shift_px)
    assert found.overlap_share == pytest.approx(shared, abs=0.06)
    assert found.area_m2.value == pytest.approx(1600.0, rel=0.1)


def test_a_picture_that_hardly_shows_it_is_refused() -> None:
    values = np.full((1, 20, 20), np.nan)
    inside = np.zeros((20, 20), np.bool_)
    inside[:5, :5] = True
    with pytest.raises(DataError, match="0 pixels"):
        hold_against(values, inside, ~inside, alert="a", scene="s", stated_m2=STATED, pixel_m=1.0, rim_m=1.0)
