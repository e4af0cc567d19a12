"""Zones of a field: found again under noise, none too small, stable, nothing lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import InputError
from swath.product.field_zones import field_zones, zone_outlines
from swath.product.zone_kernels import label_parts


def looks(seed: int, count: int = 8, noise: float = 0.03) -> tuple[Any, Any, Any, Any]:
    """A round field whose strength rises from west to east; seasons of any height, half of the looks cut by clouds."""
    chance = np.random.default_rng(seed)
    row, column = np.indices((44, 40))
    inside = np.hypot(row - 22, column - 20) < 18
    truth = column / 40.0
    height = chance.uniform(0.1, 0.8, count)
    values = height[:, None, None] * (0.7 + 0.3 * truth) + chance.normal(0, noise, (count, 44, 40))
    seen = np.ones(values.shape, bool)
    seen[::2, :6] = False
    return values, seen, inside, truth


def test_lasting_differences_are_found_whatever_the_season() -> None:
    values, seen, inside, truth = looks(1)
    made = field_zones(values, seen, inside, zones=4)
    rank = np.corrcoef(made.zone[inside], truth[inside])[0, 1]
    assert rank > 0.9 and made.agreement_share > 0.9 and made.looks == 8
    assert (made.zone[~inside] == 0).all() and set(np.unique(made.zone[inside])) == {1, 2, 3, 4}


@given(st.integers(0, 1000), st.integers(2, 5), st.floats(5.0, 60.0))
@settings(max_examples=20, deadline=None)
def test_no_part_is_too_small_and_nothing_is_lost(seed: int, zones: int, least: float) -> None:
    values, seen, inside, _ = looks(seed, count=3, noise=0.3)
    made = field_zones(values, seen, inside, zones=zones, least_px=least, smooth_px=1.0)
    part, count = label_parts(made.zone)
    sizes = np.bincount(part.ravel(), minlength=count + 1)[1:]
    assert count == 1 or sizes.min() >= least
    field = shapely.Point(20, -22).buffer(18.2)
    outlines = zone_outlines(made.zone, field, 0.0, 0.0, 1.0)
    assert sum(shape.area for shape in outlines.values()) == pytest.approx(field.area, rel=1e-9)
    assert all(shape.is_valid for shape in outlines.values())


def test_what_cannot_be_zoned_is_refused() -> None:
    values, seen, inside, _ = looks(2)
    with pytest.raises(InputError, match="four fifths"):
        field_zones(values, np.zeros_like(seen), inside)
    with pytest.raises(InputError, match="9 zones"):
        field_zones(values, seen, inside, zones=9)
    with pytest.raises(InputError, match="least-m2"):
        field_zones(values, seen, inside & (np.indices(inside.shape)[0] < 6), least_px=100.0)
