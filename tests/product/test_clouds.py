"""What a picture does not show: clouds, shadows, places without data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swath.errors import InputError
from swath.model import Grid
from swath.product.cloud_kernels import dilate
from swath.product.clouds import CLOUD, NOT_PICTURED, SEEN, SHADOW, average_cells, find_unseen
from tests.product.simulated import SUN_AZIMUTH_DEG, SUN_ELEVATION_DEG, make_flood, scene_of

GRASS, HAZE = np.array([600, 900, 600, 4200]), np.array([6200, 6300, 6400, 6500])


def meadow(rows: int = 240, columns: int = 240) -> np.ndarray:
    texture = np.random.default_rng(2).normal(1.0, 0.03, (4, rows, columns))
    return np.asarray(GRASS[:, None, None] * texture)


def as_scene(pixels: np.ndarray):
    rows, columns = pixels.shape[1:]
    return scene_of(pixels.astype(np.uint16), Grid(32632, 6e5, 5e6, 5.0, columns, rows), "s")


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.integers(1, 4))
def test_growing_a_mask_marks_all_cells_within_reach(mask: np.ndarray, reach: int) -> None:
    expected = np.zeros_like(mask)
    for row, column in np.argwhere(mask):
        expected[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1] = True
    np.testing.assert_array_equal(dilate(mask, reach), expected)


def test_a_cloud_and_its_shadow_are_found_where_the_sun_puts_it() -> None:
    """A cloud 300 m wide, 700 m up; the sun from the south-east at 45 deg throws its shadow 700 m to the north-west."""
    pixels = meadow()
    pixels[:, 150:210, 150:210] = HAZE[:, None, None]
    away = np.radians(SUN_AZIMUTH_DEG + 180.0)
    reach = 700.0 / np.tan(np.radians(SUN_ELEVATION_DEG)) / 5.0
    down, right = round(-np.cos(away) * reach), round(np.sin(away) * reach)
    shaded = np.s_[:, 150 + down : 210 + down, 150 + right : 210 + right]
    pixels[shaded] *= np.array([0.5, 0.45, 0.4, 0.35])[:, None, None]
    codes = find_unseen(average_cells(as_scene(pixels)))
    assert (codes[150:210, 150:210] == CLOUD).all()
    assert (codes[shaded[1:]] == SHADOW).all()
    assert np.mean(codes == SEEN) > 0.75


def test_roofs_sand_and_water_are_no_clouds() -> None:
    """Bright but small, bright but red, dark: all seen."""
    pixels = meadow()
    for row in range(20, 200, 40):
        pixels[:, row : row + 9, 30:39] = np.array([3600, 3600, 3500, 3600])[:, None, None]
    pixels[:, 20:120, 100:160] = np.array([2400, 2700, 3000, 3500])[:, None, None]
    pixels[:, 140:220, 100:200] = np.array([1200, 1250, 1150, 600])[:, None, None]
    assert (find_unseen(average_cells(as_scene(pixels))) == SEEN).all()


def test_another_picture_shows_small_and_thin_clouds() -> None:
    ground = meadow()
    now = ground.copy()
    now[:, 170:178, 40:48] = HAZE[:, None, None]
    now[:, 180:230, 150:200] = 0.85 * now[:, 180:230, 150:200] + 0.15 * HAZE[:, None, None]
    cells, clear = average_cells(as_scene(now)), average_cells(as_scene(ground))
    alone, beside = find_unseen(cells), find_unseen(cells, other=clear)
    assert (alone == SEEN).all()
    assert (beside[170:178, 40:48] == CLOUD).all()
    assert (beside[184:226, 154:196] == CLOUD).all()


def test_shade_of_a_cloud_beyond_the_edge_hides_land_and_water_alike() -> None:
    """Skylight alone: a half of the green, less of the red and nir. Flood water in the sun, clear or muddy, is seen."""
    ground = meadow()
    now = ground.copy()
    now[:, 20:120, 20:60] = np.array([560, 700, 420, 250])[:, None, None]
    now[:, 20:120, 60:120] = np.array([900, 1250, 1150, 600])[:, None, None]
    now[:, :16, :40] = HAZE[:, None, None]  # its own shadow falls beyond the picture
    now[:, 60:120, 180:] = np.array([900, 1250, 1150, 600])[:, None, None]
    now[:, 20:120, 160:] *= np.array([0.75, 0.5, 0.4, 0.2])[:, None, None]
    codes = find_unseen(average_cells(as_scene(now)), other=average_cells(as_scene(ground)))
    assert (codes[20:120, 160:] == SHADOW).all()
    assert (codes[20:120, 20:112] == SEEN).all()


def test_no_data_and_ignored_pixels_are_not_pictured() -> None:
    pixels, ignore = meadow(), np.zeros((240, 240), bool)
    pixels[2, :, :7] = 0
    ignore[200:, :] = True
    codes = find_unseen(average_cells(as_scene(pixels), ignore))
    expected = ignore.copy()
    expected[:, :7] = True
    np.testing.assert_array_equal(codes == NOT_PICTURED, expected)


@pytest.mark.parametrize("value", [0, 1, 6000, 65535])
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (64, 64)])
def test_pictures_of_one_value_get_a_code_everywhere(value: int, size: tuple[int, int]) -> None:
    codes = find_unseen(average_cells(as_scene(np.full((4, *size), value))))
    assert np.isin(codes, (SEEN, CLOUD, SHADOW, NOT_PICTURED)).all()
    assert (codes == NOT_PICTURED).all() == (value == 0)


def test_a_sky_of_nothing_but_cloud_hides_everything() -> None:
    clouds = np.broadcast_to(HAZE[:, None, None], (4, 100, 100)) * np.random.default_rng(1).normal(
        1, 0.01, (4, 100, 100)
    )
    assert (find_unseen(average_cells(as_scene(clouds))) == CLOUD).all()


def test_shapes_and_bands_that_do_not_fit_are_refused() -> None:
    scene = as_scene(meadow())
    with pytest.raises(InputError, match="ignore is"):
        average_cells(scene, np.zeros((3, 3), bool))
    with pytest.raises(InputError, match="no band is called nir"):
        average_cells(replace(scene, bands=("blue", "green", "red", "swir")))
    with pytest.raises(InputError, match="Give pixels"):
        average_cells(replace(scene, pixels=scene.pixels[:, 1:]))


def test_most_cloud_and_shadow_is_found_on_simulated_floods() -> None:
    """Beside the picture from before: at least 97 % of clouds and, of shadows whose cloud is in the picture, 80 %."""
    hit = cloud = shaded = shadow = vain = marked = 0
    reach = 900.0 / np.tan(np.radians(SUN_ELEVATION_DEG)) / 5.0
    away = np.radians(SUN_AZIMUTH_DEG + 180.0)
    down, right = round(-np.cos(away) * reach), round(np.sin(away) * reach)
    assert down < 0 > right
    for seed in range(1000, 1003):
        flood = make_flood(seed, 400, cover=0.12)
        codes = find_unseen(average_cells(flood.now), other=average_cells(flood.before))
        hit += np.count_nonzero(flood.cloud & (codes != SEEN))
        cloud += np.count_nonzero(flood.cloud)
        inside = np.s_[:down, :right]
        shaded += np.count_nonzero((flood.shadow & ~flood.cloud & (codes != SEEN))[inside])
        shadow += np.count_nonzero((flood.shadow & ~flood.cloud)[inside])
        vain += np.count_nonzero((codes != SEEN) & ~flood.cloud & ~flood.shadow)
        marked += np.count_nonzero(codes != SEEN)
    assert hit / cloud > 0.97
    assert shaded / shadow > 0.8
    assert vain / marked < 0.45  # margins of 20 to 40 m around clouds of some hundred
