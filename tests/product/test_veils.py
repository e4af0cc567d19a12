"""Thin veils and shade over fields: what is veiled is found, what only looks unusual is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from swath.model import Grid, Scene
from swath.product.clouds import SEEN, average_cells, find_unseen
from swath.product.veils import find_veiled
from tests.product.simulated import scene_of

GRID = Grid(32632, 6e5, 5e6, 5.0, 300, 300)
PLANTS, SOIL, RED_EARTH, ROOFS = (
    (0.03, 0.06, 0.03, 0.45),
    (0.06, 0.09, 0.13, 0.22),
    (0.04, 0.09, 0.24, 0.33),
    (0.2,) * 4,
)
MUD = (0.06, 0.10, 0.10, 0.05)
AIR, PASSES = np.array([0.075, 0.045, 0.022, 0.009]), np.array([0.85, 0.88, 0.92, 0.95])


def land(*looks: tuple[float, ...], air: float = 1.0, seed: int = 0) -> np.ndarray:
    """Fields of 60 m, each of one of the looks, a tenth brighter or darker, under air: ``(4, row, column)``."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(looks), (25, 25))
    ground = np.array(looks)[kind] * rng.normal(1.0, 0.1, (25, 25, 1))
    ground = np.kron(ground, np.ones((12, 12, 1))) * rng.normal(1.0, 0.03, (*GRID.shape, 1))
    return np.moveaxis(air * AIR + PASSES * ground, -1, 0)


def pictured(light: np.ndarray) -> Scene:
    return scene_of((1e4 * light).astype(np.uint16), GRID, "v")


def veiled(light: np.ndarray) -> np.ndarray:
    """Of the pixels that the cloud mask lets by; nothing it hides counts."""
    cells = average_cells(pictured(light))
    unseen = find_unseen(cells, keep_dark_water=False)
    found = find_veiled(cells, unseen)
    assert found.shape == GRID.shape and not found[unseen != SEEN].any()
    return np.where(unseen == SEEN, found, False)


@pytest.mark.parametrize(
    "looks", [(PLANTS, SOIL), (PLANTS, RED_EARTH), (RED_EARTH, SOIL), (RED_EARTH,) * 9 + (PLANTS,)]
)
def test_a_veil_of_a_tenth_is_found(looks: tuple[tuple[float, ...], ...]) -> None:
    """400 m of white light, opaque by 0.12 in its midst, over plants; and not the same land without it."""
    clear = land(*looks)
    assert veiled(clear).mean() < 0.02
    y, x = np.indices(GRID.shape)
    thick = 0.12 * np.clip(2.0 - np.hypot(y - 150, x - 150) / 40.0, 0.0, 1.0)
    found = veiled(clear + thick * (0.5 - clear))
    if looks == (PLANTS, SOIL):
        assert found[thick > 0.1].mean() > 0.95
    assert found[np.hypot(y - 150, x - 150) > 120].mean() < 0.02


@pytest.mark.parametrize("air", [0.6, 1.0, 2.5])
def test_haze_that_lies_evenly_is_no_veil(air: float) -> None:
    assert veiled(land(PLANTS, SOIL, SOIL, air=air)).mean() < 0.02


def test_shade_beside_clouds_is_found_and_muddy_water_is_none() -> None:
    light = land(PLANTS, SOIL)
    light[:, 20:80, 20:80] = 0.6  # a cloud
    light[:, 150:250, 150:250] = (AIR + 0.12 * (light[:, 150:250, 150:250].T - AIR)).T
    light[:, 150:250, 20:120] = (AIR + PASSES * MUD)[:, None, None]
    cells = average_cells(pictured(light))
    unseen = find_unseen(cells, keep_dark_water=True)
    found = find_veiled(cells, unseen)
    hidden = found | (unseen != SEEN)
    assert hidden[160:240, 160:240].all()
    assert not found[160:240, 30:110].any()


def test_of_what_is_left_of_an_overcast_sky_the_air_says_what_is_clear() -> None:
    """A quarter of the land under a veil of a fifth, all else cloud: nothing is as hazy as that on a usual day."""
    light = land(PLANTS, SOIL, air=0.8)  # blue less half of red, 0.05, is nearly that of a usual day at this Sun
    clear = light.copy()
    for one in (light, clear):
        one[:, :, 75:] = 0.6
    light[:, :, :75] += 0.2 * (0.5 - light[:, :, :75])
    seen = [find_unseen(average_cells(pictured(one)), keep_dark_water=False) == SEEN for one in (light, clear)]
    assert (veiled(light) | ~seen[0]).mean() > 0.98
    assert veiled(clear)[:, :50].mean() < 0.1


def test_nothing_pictured_and_one_pixel() -> None:
    assert not veiled(np.zeros((4, *GRID.shape))).any()
    one = Grid(32632, 6e5, 5e6, 5.0, 1, 1)
    scene = scene_of(np.array([600, 800, 500, 4500], np.uint16).reshape(4, 1, 1), one, "v")
    cells = average_cells(scene)
    assert find_veiled(cells, find_unseen(cells)).shape == (1, 1)
