"""Real texture and measured colours in a simulated land."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly.real_looks import SURFACES, with_spectra, with_texture
from swath.fly.scanner import scan
from swath.fly.world import make_world
from tests.fly.craft import place_in_view
from tests.fly.test_scanner import ORBIT, craft, shot


def test_measured_colours_are_those_of_the_land() -> None:
    wanted = shot(120, 120)
    world = make_world(place_in_view(wanted, ORBIT), extent_m=800.0, seed=5, margin_m=400.0)
    given = {"soil": (0.08, 0.12, 0.20, 0.30), "forest": (0.02, 0.05, 0.03, 0.50), "roof": (0.3, 0.3, 0.3, 0.3)}
    coloured = with_spectra(world, given)
    soil = list(SURFACES["soil"])
    assert coloured.looks.bare[soil].mean(0) == pytest.approx(given["soil"], rel=1e-5)
    assert coloured.looks.leaf[looks.FOREST] == pytest.approx(given["forest"])
    bright = world.looks.bare[soil].mean(1)
    assert np.corrcoef(coloured.looks.bare[soil].mean(1), bright)[0, 1] > 0.999
    for name, value in (("lava", given["soil"]), ("soil", (0.1, 0.2, 0.3)), ("soil", (0.1, 0.2, 0.3, 1.3))):
        with pytest.raises(InputError, match="a spectrum of"):
            with_spectra(world, {name: value})


def test_bad_textures_are_refused() -> None:
    wanted = shot(120, 120)
    world = make_world(place_in_view(wanted, ORBIT), extent_m=800.0, seed=5, margin_m=400.0)
    for values, pixel_m in ((np.ones((20, 50)), 10.0), (np.ones((50, 50)), 200.0), (np.full((50, 50), np.nan), 10.0)):
        with pytest.raises(InputError, match="a texture of"):
            with_texture(world, values, pixel_m=pixel_m)
    with pytest.raises(InputError, match="does not vary"):
        with_texture(world, np.ones((50, 50)), pixel_m=10.0)


@pytest.mark.needs_shared_data
def test_the_texture_of_a_real_picture_is_found_again_in_the_land_and_in_its_picture(shared_data: Path) -> None:
    """Landsat 8 of 18 May 2020, USGS: a window of 200 x 200 pixels of 30 m."""
    path = sorted((shared_data / "imagery" / "landsat8_20200518").glob("*B4.*"))[0]
    with rasterio.open(path) as file:
        values = file.read(1, window=((700, 900), (700, 900))).astype(float)
    values[values == 0] = np.nan
    wanted = shot(300, 300)
    world = make_world(place_in_view(wanted, ORBIT), extent_m=2600.0, seed=5, margin_m=700.0)
    textured = with_texture(world, values, pixel_m=30.0)
    assert textured.vigour.shape == world.vigour.shape and abs(float(textured.vigour.std()) - 1.0) < 0.1
    fine = np.arange(0, 100) * 16.0 / 30.0
    # The first 1.6 km lie over the picture's corner: the same pattern, less what is broad.
    corner = values[: int(fine[-1]) + 2, : int(fine[-1]) + 2]
    again = textured.vigour[np.ix_(*(np.round(np.arange(50) * 30.0 / 16.0).astype(int),) * 2)]
    assert np.corrcoef(again.ravel(), corner[:50, :50].ravel())[0, 1] > 0.6
    plain, real = (scan(w, craft(), ORBIT, wanted, seed=1).pixels[3].astype(float) for w in (world, textured))
    assert 5.0 < np.abs(plain - real).mean() < 400.0
