"""What is flooded, how likely, and what could not be seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Grid, Product, Scene
from swath.product.flood import (
    UNSEEN,
    fit_water_rule,
    flood_product,
    optical_sight,
    optical_sights,
    water_likelihood,
)
from tests.product.simulated import make_flood, scene_of

MEADOW, WATER = np.array([700.0, 950.0, 650.0, 3800.0]), np.array([1100.0, 1150.0, 950.0, 450.0])
GRID = Grid(32632, 6e5, 5e6, 5.0, 200, 160)


def painted(water: np.ndarray, grid: Grid = GRID, ce90_m: float = 0.1, seed: int = 1) -> Scene:
    """A meadow with water on it; ``water`` is the share of each pixel."""
    rng = np.random.default_rng(seed)
    colour = MEADOW[:, None, None] * (1.0 - water) + WATER[:, None, None] * water
    pixels = colour * rng.normal(1.0, 0.015, (4, *water.shape))
    return scene_of(pixels.astype(np.uint16), grid, f"s{seed}", ce90_m)


def rectangle(top: float, left: float, bottom: float, right: float, shape: tuple[int, int] = GRID.shape) -> np.ndarray:
    """Share of each pixel inside a rectangle of any fraction of pixels."""
    rows = np.clip(np.minimum(np.arange(shape[0]) + 1, bottom) - np.maximum(np.arange(shape[0]), top), 0, 1)
    columns = np.clip(np.minimum(np.arange(shape[1]) + 1, right) - np.maximum(np.arange(shape[1]), left), 0, 1)
    return np.asarray(rows[:, None] * columns[None])


def sound(product: Product) -> None:
    """What holds of every flood product."""
    flood, likelihood, unseen = (product.layers[name] for name in ("flood", "likelihood", "unseen"))
    assert flood.dtype == likelihood.dtype == unseen.dtype == np.uint8
    assert flood.shape == likelihood.shape == unseen.shape == product.grid.shape
    assert set(np.unique(flood)) <= {0, 1}
    assert set(np.unique(unseen)) <= {0, 1, 2, 3}
    np.testing.assert_array_equal(likelihood == UNSEEN, unseen > 0)
    assert likelihood[unseen == 0].max(initial=0) <= 100
    assert not (flood.astype(bool) & (unseen > 0)).any()
    for estimate in product.estimates.values():
        assert np.isfinite(estimate.value)
        if estimate.low is not None and estimate.high is not None:
            assert 0.0 <= estimate.low <= estimate.value <= estimate.high
    assert 0.0 <= product.estimates["seen_share"].value <= 1.0
    assert product.because


def test_a_lake_that_was_not_there_is_measured_to_a_part_of_a_pixel() -> None:
    """A rectangle whose sides cut pixels: the sum of shares is its area to 0.5 %, though its edge is 4 % of it."""
    water = rectangle(30.3, 40.6, 120.4, 150.2)
    product = flood_product(painted(water), before=painted(np.zeros(GRID.shape), seed=2))
    sound(product)
    found = product.estimates["flooded_km2"]
    assert found.low <= water.sum() * 25e-6 <= found.high
    assert (found.high - found.low) / found.value < 0.02
    assert product.layers["likelihood"][32:118, 43:148].min() >= 99
    assert product.layers["likelihood"][:28].max() <= 1
    np.testing.assert_array_equal(product.layers["flood"][40:110, 50:140], 1)
    edge = product.layers["likelihood"][50:100, 40].astype(float)
    assert edge.mean() == pytest.approx(40.0, abs=5.0)
    assert product.estimates["normal_water_km2"].value == pytest.approx(0.0, abs=1e-3)


def test_water_that_was_there_before_is_no_flood() -> None:
    lake = rectangle(30.0, 40.0, 120.0, 150.0)
    product = flood_product(painted(lake), before=painted(lake, seed=2))
    sound(product)
    assert product.layers["flood"].sum() == 0
    assert product.estimates["flooded_km2"].value < 0.01 * lake.sum() * 25e-6
    assert product.estimates["normal_water_km2"].value == pytest.approx(lake.sum() * 25e-6, rel=0.01)
    alone = flood_product(painted(lake))
    sound(alone)
    assert alone.estimates["flooded_km2"].value == pytest.approx(lake.sum() * 25e-6, rel=0.02)
    assert "no earlier picture" in alone.because
    assert "normal_water_km2" not in alone.estimates


@pytest.mark.parametrize("shift_px", [0.4, 1.0, 1.8])
def test_a_shift_between_the_pictures_makes_no_flood(shift_px: float) -> None:
    """A river shifted against its former self: what one bank gains the other loses; the flood stays what it is."""
    river, flood = rectangle(0.0, 60.0, 160.0, 75.0), rectangle(40.0, 75.0, 100.0, 170.0)
    moved = rectangle(0.0, 60.0 + shift_px, 160.0, 75.0 + shift_px)
    now = painted(river + flood, ce90_m=5.0 * shift_px)
    product = flood_product(now, before=painted(moved, seed=2))
    found = product.estimates["flooded_km2"]
    assert found.value == pytest.approx(flood.sum() * 25e-6, rel=0.02)
    assert product.layers["flood"][120:, 50:90].sum() == 0, "no sliver along the banks"


def test_only_the_area_of_interest_counts() -> None:
    water, area = rectangle(30.0, 40.0, 120.0, 150.0), np.zeros(GRID.shape, bool)
    area[:, :100] = True
    product = flood_product(painted(water), area=area)
    assert product.estimates["flooded_km2"].value == pytest.approx((water * area).sum() * 25e-6, rel=0.02)
    np.testing.assert_array_equal(product.layers["flood"][40:110, 110:140], 1)


def test_a_worse_position_gives_a_wider_interval_and_softer_edges() -> None:
    water, area = rectangle(30.0, 40.0, 120.0, 150.0), np.zeros(GRID.shape, bool)
    area[:, :100] = True
    good, bad = (flood_product(painted(water, ce90_m=ce90_m), area=area) for ce90_m in (0.5, 12.0))
    widths = [p.estimates["flooded_km2"].high - p.estimates["flooded_km2"].low for p in (good, bad)]
    assert widths[1] > 2.0 * widths[0]
    soft = [np.count_nonzero((p.layers["likelihood"] > 5) & (p.layers["likelihood"] < 95)) for p in (good, bad)]
    assert soft[1] > 2 * soft[0]


def test_a_watermark_is_not_pictured_and_is_estimated_from_around() -> None:
    water, ignore = np.ones(GRID.shape), np.zeros(GRID.shape, bool)
    water[:, :20] = 0.0
    ignore[70:90] = True
    product = flood_product(painted(water), ignore=ignore)
    sound(product)
    np.testing.assert_array_equal(product.layers["unseen"] == 3, ignore)
    assert product.estimates["unseen_km2"].value == pytest.approx(ignore.sum() * 25e-6)
    assert product.estimates["flooded_km2"].value == pytest.approx(water.sum() * 25e-6, rel=0.03)


@pytest.mark.parametrize("colour", [0, 6500])
def test_where_nothing_is_seen_anything_is_possible(colour: int) -> None:
    """No data, or cloud from edge to edge."""
    rng = np.random.default_rng(4)
    pixels = (np.full((4, *GRID.shape), colour) * rng.normal(1.0, 0.01, (4, *GRID.shape))).astype(np.uint16)
    product = flood_product(scene_of(pixels, GRID, "blind"), before=painted(np.zeros(GRID.shape)))
    sound(product)
    assert product.estimates["seen_share"].value == 0.0
    assert product.because.startswith("not seen")
    whole = 160 * 200 * 25e-6
    found = product.estimates["flooded_km2"]
    assert found.low < 0.01 * whole < 0.98 * whole < found.high
    assert product.estimates["unseen_km2"].value == pytest.approx(whole)


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (5, 5), (33, 3)])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_pictures_of_a_few_pixels(size: tuple[int, int], share: float) -> None:
    grid = replace(GRID, width=size[1], height=size[0])
    scene = painted(np.full(size, share), grid)
    product = flood_product(scene, before=painted(np.zeros(size), grid, seed=3))
    sound(product)
    assert product.layers["likelihood"].mean() == pytest.approx(100.0 * share, abs=2.0)


def test_all_dry_and_all_flooded() -> None:
    before = painted(np.zeros(GRID.shape), seed=2)
    dry = flood_product(painted(np.zeros(GRID.shape)), before=before)
    wet = flood_product(painted(np.ones(GRID.shape)), before=before)
    sound(dry)
    sound(wet)
    assert dry.layers["flood"].sum() == 0
    assert dry.estimates["flooded_km2"].high < 0.01 * 160 * 200 * 25e-6
    assert wet.estimates["flooded_km2"].value == pytest.approx(160 * 200 * 25e-6, rel=0.01)


def test_the_threshold_lies_in_the_gap_and_falls_back_to_mcfeeters() -> None:
    water = rectangle(30.0, 40.0, 120.0, 150.0)
    scene = painted(water)
    seen = np.ones(GRID.shape, bool)
    rule = fit_water_rule(scene.pixels[1], scene.pixels[3], seen)
    ndwi = {name: (c[1] - c[3]) / (c[1] + c[3]) for name, c in (("land", MEADOW), ("water", WATER))}
    assert ndwi["land"] + 0.2 < rule.ndwi_threshold < ndwi["water"] - 0.2
    assert "gap" in rule.because
    dry = painted(np.zeros(GRID.shape))
    rule = fit_water_rule(dry.pixels[1], dry.pixels[3], seen)
    assert rule.ndwi_threshold == 0.0
    assert "McFeeters" in rule.because


def test_what_does_not_fit_is_refused() -> None:
    scene = painted(np.zeros(GRID.shape))
    other = painted(np.zeros(GRID.shape), replace(GRID, west_m=GRID.west_m + 5.0))
    with pytest.raises(InputError, match="another grid"):
        flood_product(scene, before=other)
    with pytest.raises(InputError, match="area is"):
        flood_product(scene, area=np.ones((3, 3), bool))
    with pytest.raises(InputError, match="no pixel"):
        flood_product(scene, area=np.zeros(GRID.shape, bool))
    with pytest.raises(InputError, match="no band is called nir"):
        flood_product(replace(scene, bands=("blue", "green", "red", "thermal")))
    with pytest.raises(InputError, match="Give pixels"):
        flood_product(replace(scene, pixels=scene.pixels[:3]))


def test_the_product_says_what_it_was_made_of_and_is_the_same_again() -> None:
    flood = make_flood(1010, 200)
    first, second = (flood_product(flood.now, before=flood.before) for _ in range(2))
    assert (first.kind, first.request, first.scenes) == ("flood", "flood-01", ("now", "before"))
    assert first.simulated
    assert first.grid == flood.now.grid
    assert first.estimates == second.estimates
    for name, layer in first.layers.items():
        np.testing.assert_array_equal(layer, second.layers[name])


def test_an_independent_flood_generator_agrees() -> None:
    """12 floods of another kind than those of ``swath.fly``, clear and cloudy, some with a cloudy past.

    At least 9 true areas lie in the 90 % interval, seen floods are outlined with an intersection over union of 0.95,
    and of places called x % likely x % are water, to 15 points in every tenth and 1 point on average (its shores are
    wet mud).
    """
    inside, hit, either = 0, 0, 0
    wet, called, number = np.zeros(11), np.zeros(11), np.zeros(11)
    for seed in range(1000, 1012):
        flood = make_flood(seed, 300, cover=(0.0, 0.05, 0.2, 0.3)[seed % 4], before_cover=0.1 * (seed % 8 > 3))
        product = flood_product(flood.now, before=flood.before)
        sound(product)
        found = product.estimates["flooded_km2"]
        inside += found.low <= flood.flood.sum() * 25e-6 <= found.high
        seen = product.layers["unseen"] == 0
        drawn, true = product.layers["flood"].astype(bool) & seen, (flood.flood >= 0.5) & seen
        if seed % 8 <= 3:
            hit, either = hit + np.count_nonzero(drawn & true), either + np.count_nonzero(drawn | true)
        likelihood = product.layers["likelihood"][seen].astype(float)
        tenth = np.rint(likelihood / 10.0).astype(int)
        wet += np.bincount(tenth, flood.water[seen], 11)
        called += np.bincount(tenth, likelihood / 100.0, 11)
        number += np.bincount(tenth, minlength=11)
    print(f"{inside} of 12 inside; IoU {hit / either:.3f}; reliability {np.round(wet / number, 2)}")
    assert inside >= 9
    assert hit / either > 0.95
    assert np.abs(wet - called).sum() / number.sum() < 0.01
    assert (np.abs(wet - called) / number).max() < 0.15


def test_likelihood_of_one_picture_is_that_of_its_water() -> None:
    water = rectangle(30.0, 40.0, 120.0, 150.0)
    scene, clear = painted(water), np.zeros(GRID.shape, np.uint8)
    rule = fit_water_rule(scene.pixels[1], scene.pixels[3], clear == 0)
    likelihood = water_likelihood(scene, clear, rule)
    assert likelihood.sum() / 100.0 == pytest.approx(water.sum(), rel=0.005)
    assert rule.ndwi_slope > 0.0


def test_a_picture_without_shores_takes_the_rule_of_the_one_with_them() -> None:
    """Bare soil beside crops falls into two classes as water and land do; a picture that shows both knows better."""
    land = painted(np.zeros(GRID.shape), seed=2)
    soil, water = np.array([1100.0, 1300.0, 1250.0, 1300.0]), rectangle(30.0, 40.0, 120.0, 150.0)
    land.pixels[:, :, 100:] = soil[:, None, None] * np.random.default_rng(3).normal(1.0, 0.015, (4, 160, 100))
    flooded = land.pixels * (1.0 - water) + WATER[:, None, None] * water
    now = replace(land, id="now", pixels=flooded.astype(np.uint16))
    clear = np.zeros(GRID.shape, np.uint8)
    alone = optical_sight(land, clear).likelihood
    beside = optical_sights(now, land)[1]
    assert beside is not None and beside.likelihood[beside.unseen == 0].sum() < 0.1 * alone.sum()
    assert "of now" in beside.because
    product = flood_product(now, before=land)
    assert product.estimates["flooded_km2"].value == pytest.approx(water.sum() * 25e-6, rel=0.01)
