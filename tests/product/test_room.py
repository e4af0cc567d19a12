"""Products piece by piece, their layers in files, are those of the whole in memory: bit for bit, reasons included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from swath.archive import scratch
from swath.model import Product
from swath.product import room
from swath.product.burn import burn_product
from swath.product.damage import damage_product
from swath.product.debris import debris_product
from swath.product.flood import flood_product, optical_sight, optical_sights
from swath.product.flood_map import flood_of
from swath.product.landslide import landslide_product
from swath.product.patches import find_patches
from swath.product.radar_view import terrain_codes
from swath.product.sight import hide, join_sights
from swath.product.vegetation import vegetation_product
from swath.product.water_radar import RadarLook, radar_sight
from tests.product.simulated import Flood, make_flood
from tests.product.simulated_changes import make_burn, make_debris, make_slides, make_town
from tests.product.simulated_disasters import make_seen, scene_of_seen


@cache
def cloudy() -> Flood:
    return make_flood(7)


def flood_with_clouds() -> Product:
    flood = cloudy()
    return flood_product(flood.now, before=flood.before, ignore=flood.now.pixels[0] < 300)


def flood_by_both() -> Product:
    seen, dry = make_seen(3402, size=200), make_seen(3402, size=200, share=0.0)
    heights = np.add.outer(np.linspace(0.0, 400.0, 200) ** 1.1, np.zeros(200)).astype(np.float32)
    blind = terrain_codes(heights, 10.0, incidence_deg=40.0, look_azimuth_deg=80.0)
    look = RadarLook("radar", seen.grid, {"vv": seen.vv_db, "vh": seen.vh_db}, 3.0, True)
    now, before = optical_sights(scene_of_seen(seen), scene_of_seen(dry))
    excluded = np.zeros(seen.grid.shape, np.uint8)
    excluded[30:60, 20:90] = 8
    joined = hide(join_sights(now, radar_sight(look, blind=blind)), excluded)
    return flood_of(joined, before=before, normal_water=np.full(seen.grid.shape, 7, np.uint8), id="both")


def burn_of_two() -> Product:
    pair = make_burn(3)
    return burn_product(pair.after, pair.before, by="rbr", blind=np.eye(*pair.after.grid.shape, dtype=bool))


def slides_on_slopes() -> Product:
    pair, height = make_slides(1)
    return landslide_product(pair.after, pair.before, height_m=height)


def debris_afloat() -> Product:
    pair = make_debris(2, size=240)
    water = optical_sight(pair.after, np.zeros(pair.after.grid.shape, np.uint8))
    return debris_product(pair.after, water, normal_water=np.zeros(pair.after.grid.shape, np.uint8))


def plants_alone() -> Product:
    scene = cloudy().now
    west, south, east, north = scene.grid.bounds_m
    ring = np.array([(west + 50, south + 50), (east - 50, south + 60), (east - 70, north - 50)])
    return vegetation_product(replace(scene, request="one"), {"field": ring})


def damage_to_homes() -> Product:
    before, after, homes, _, grid = make_town(1)
    pictures = [room.piecewise(lambda part: part, one, dtype=np.float32) for one in (before, after)]
    return damage_product(*pictures, homes, grid, scenes=("before", "after"))


@pytest.mark.parametrize(
    "make",
    [flood_with_clouds, flood_by_both, burn_of_two, slides_on_slopes, debris_afloat, damage_to_homes, plants_alone],
)
def test_piece_by_piece_in_files_is_the_whole_in_memory(
    make: Callable[[], Product], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make()
    assert any(layer.any() for layer in whole.layers.values()) and whole.grid.height > 3 * 64
    monkeypatch.setattr(room, "STRIP_PX", 1)
    monkeypatch.setattr(scratch, "IN_MEMORY_BYTES", 0)
    with room.layers_in(scratch.room_in(tmp_path)):
        parts = make()
    assert isinstance(next(iter(parts.layers.values())), np.memmap) and not list(tmp_path.iterdir())
    assert parts.layers.keys() == whole.layers.keys()
    for name, layer in whole.layers.items():
        np.testing.assert_array_equal(parts.layers[name], layer, err_msg=name)
    assert (parts.estimates, parts.because, parts.rows) == (whole.estimates, whole.because, whole.rows)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 300), columns=st.integers(1, 40), halo=st.integers(0, 70), seed=st.integers(0, 99),
    most=st.integers(1, 500),
)  # fmt: skip
def test_strips_cover_and_samples_are_even(rows: int, columns: int, halo: int, seed: int, most: int) -> None:
    layer = np.random.default_rng(seed).normal(size=(2, rows, columns))

    def highest_around(part: np.ndarray) -> np.ndarray:
        return ndimage.maximum_filter(part[0] + part[1], (2 * halo + 1, 1))

    whole, large = highest_around(layer), layer[0][layer[0] > 0.3]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "STRIP_PX", 64 * columns)
        made = room.piecewise(highest_around, layer, dtype=np.float64, halo=halo)
        some = room.every_nth(lambda part: part[part > 0.3], layer[0], most=most)
        count = room.count_true(lambda part: part > 0.3, layer[0])
    np.testing.assert_array_equal(made, whole)
    assert count == len(large)
    np.testing.assert_array_equal(some, large[:: max(len(large) // most, 1)])


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 40), columns=st.integers(1, 40), share=st.floats(0.0, 1.0), seed=st.integers(0, 999))
def test_patches_are_those_of_scipy(rows: int, columns: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask, values = rng.uniform(size=(rows, columns)) < share, rng.integers(0, 9, (rows, columns))
    label, count = ndimage.label(mask)
    found = find_patches(mask)
    np.testing.assert_array_equal(found.label, label)  # both number in order of reading
    np.testing.assert_array_equal(found.size_px, np.bincount(label.ravel(), minlength=count + 1))
    np.testing.assert_array_equal(found.sums(values)[1:], ndimage.sum(values, label, np.arange(1, count + 1)))
    inner = ndimage.label(np.pad(mask, 1, constant_values=False))[0].max() == count
    rim = {int(n) for n in np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]]))} | {0}
    assert inner and set(np.flatnonzero(found.at_rim())) == rim
    chosen = np.arange(count + 1) % 2 == 1
    np.testing.assert_array_equal(found.those(chosen), chosen[label])
