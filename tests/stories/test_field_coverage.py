"""From farm land to the table of fields: does the 90 % interval of a field's NDVI hold its true NDVI?"""

from __future__ import annotations

import pytest

from swath.product.vegetation import vegetation_product
from tests.product.flights import fly_fields


def held(seeds: range) -> tuple[int, int]:
    """True NDVI (as seen from space) inside the interval, of all fields seen; skies from clear to a fifth covered."""
    inside = number = 0
    for seed in seeds:
        scene, outlines, truth = fly_fields(seed, cover=(0.0, 0.05, 0.2)[seed % 3])
        for row in vegetation_product(scene, outlines).rows:
            if row["ndvi_mean"] is not None:
                inside += row["ndvi_low"] <= truth[row["field"]] <= row["ndvi_high"]
                number += 1
    print(f"{inside} of {number} fields inside the 90 % interval: {100.0 * inside / number:.1f} %")
    return inside, number


def test_ndvi_of_some_hundred_fields() -> None:
    inside, number = held(range(1000, 1006))
    assert number > 150
    assert inside > 0.85 * number


@pytest.mark.slow
def test_ndvi_of_some_thousand_fields() -> None:
    """Seeds 0 to 59, which no constant was found on. Wider than need be in the clear, where borders cannot be told."""
    inside, number = held(range(60))
    assert number > 2000
    assert inside > 0.88 * number
