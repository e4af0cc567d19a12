"""Clouds, shadows and snow where they are, in as many bands as there are; nothing made up on clear ground."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swath.errors import InputError
from swath.model import Grid
from swath.product.cloud_mask import (
    CLOUD,
    NOT_PICTURED,
    SEEN,
    SHADOW,
    SNOW,
    Sky,
    cells_of,
    find_clouds,
    mask_clouds,
    painted,
    suitable_cell_px,
)
from tests.product.simulated import smooth_noise

Bands = dict[str, npt.NDArray[np.float32]]
NAMES = ("blue", "green", "red", "nir", "swir16", "cirrus")
CLOUD_SPECTRUM = np.array([0.52, 0.51, 0.51, 0.55, 0.40, 0.012])
SNOW_SPECTRUM = np.array([0.72, 0.72, 0.70, 0.65, 0.10, 0.001])
GROUND = {
    "grass": np.array([0.08, 0.09, 0.06, 0.38, 0.20, 0.001]),
    "wood": np.array([0.07, 0.06, 0.04, 0.26, 0.11, 0.001]),
    "soil": np.array([0.11, 0.13, 0.16, 0.24, 0.32, 0.001]),
    "sand": np.array([0.17, 0.24, 0.32, 0.38, 0.46, 0.001]),
    "water": np.array([0.08, 0.06, 0.04, 0.02, 0.01, 0.001]),
    "town": np.array([0.14, 0.14, 0.14, 0.20, 0.22, 0.001]),
}
SKYLIGHT = np.array([0.55, 0.42, 0.35, 0.22, 0.15, 0.5])
"""of full light, in the shade of a cloud"""
SKY = Sky(sun_elevation_deg=40.0, sun_azimuth_deg=150.0)
GRID = Grid(32632, 6e5, 5e6, 20.0, 400, 400)


def made(seed: int, *, share: float = 0.2, height_m: float = 1800.0, snow: float = 0.0, cirrus: float = 0.0):
    """A picture of patchy ground with clouds of soft edges, their shadows, snow; and what is true of it."""
    rng = np.random.default_rng(seed)
    size = GRID.width
    kinds = list(GROUND)
    patches = np.floor((smooth_noise((size, size), 60.0, rng) * 0.35 + 0.5).clip(0, 0.999) * len(kinds)).astype(int)
    ground = np.stack([GROUND[kind] for kind in kinds])[patches].transpose(2, 0, 1)
    ground = ground * (1.0 + 0.06 * rng.standard_normal((1, size, size)) + 0.03 * rng.standard_normal(ground.shape))
    white = smooth_noise((size, size), 120.0, rng)
    is_snow = white > np.quantile(white, 1.0 - snow) if snow else np.zeros((size, size), bool)
    ground = np.where(is_snow, SNOW_SPECTRUM[:, None, None] * (1.0 + 0.05 * rng.standard_normal((size, size))), ground)
    field = smooth_noise((size, size), 45.0, rng, 3.5)
    limit = np.quantile(field, 1.0 - share) if share else np.inf
    depth = ((field - limit) / 0.15).clip(0.0, 1.0)  # 1 in the midst of a cloud
    away = height_m / np.tan(np.radians(SKY.sun_elevation_deg)) / GRID.pixel_m
    down = round(away * np.cos(np.radians(SKY.sun_azimuth_deg)))
    right = round(-away * np.sin(np.radians(SKY.sun_azimuth_deg)))
    shade = np.zeros_like(depth)
    rows, columns = np.nonzero(depth > 0)
    inside = (rows + down >= 0) & (rows + down < size) & (columns + right >= 0) & (columns + right < size)
    rows, columns = rows[inside], columns[inside]
    shade[rows + down, columns + right] = depth[rows, columns]
    lit = ground * (1.0 - shade * (1.0 - SKYLIGHT[:, None, None]))
    pixels = lit * (1.0 - depth) + CLOUD_SPECTRUM[:, None, None] * depth
    thin = smooth_noise((size, size), 90.0, rng) > 1.0 if cirrus else np.zeros((size, size), bool)
    pixels = pixels + cirrus * thin * np.array([1.0, 1.0, 1.0, 1.0, 0.7, 1.0])[:, None, None]
    pixels = pixels + 0.002 * rng.standard_normal(pixels.shape)
    truth = {"cloud": depth > 0.5, "any": depth > 0.05, "shadow": (shade > 0.5) & (depth < 0.05), "snow": is_snow,
             "clear": (depth == 0) & (shade == 0) & ~thin, "thin": thin}  # fmt: skip
    return {name: pixels[k].astype(np.float32) for k, name in enumerate(NAMES)}, truth


def share(codes: npt.NDArray[np.uint8], code: int, where: npt.NDArray[np.bool_]) -> float:
    return float((codes[where] == code).mean())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("without", [(), ("cirrus",), ("cirrus", "swir16")])
def test_clouds_and_their_shadows_are_found(seed: int, without: tuple[str, ...]) -> None:
    bands, truth = made(seed)
    found = mask_clouds({name: band for name, band in bands.items() if name not in without}, GRID, SKY)
    assert share(found.codes, CLOUD, truth["cloud"]) > 0.97
    hidden = np.isin(found.codes, (CLOUD, SHADOW))
    assert hidden[truth["shadow"]].mean() > 0.7
    # The buffer of 60 m takes some clear ground with it; without it little is left.
    bare = mask_clouds({name: band for name, band in bands.items() if name not in without}, GRID, SKY, buffer_m=0.0)
    assert np.isin(bare.codes, (CLOUD, SHADOW))[truth["clear"]].mean() < 0.15
    assert len(found.because) == len(without)


@pytest.mark.parametrize("height_m", [500.0, 1200.0, 4000.0])
def test_shadows_lie_where_the_height_puts_them(height_m: float) -> None:
    bands, truth = made(11, share=0.1, height_m=height_m)
    found = mask_clouds(bands, GRID, SKY)
    assert np.isin(found.codes, (CLOUD, SHADOW))[truth["shadow"]].mean() > 0.85


def test_snow_is_snow_and_not_cloud() -> None:
    bands, truth = made(5, share=0.12, snow=0.3)
    found = mask_clouds(bands, GRID, SKY, buffer_m=0.0)
    lying = truth["snow"] & truth["clear"]
    assert share(found.codes, SNOW, lying) > 0.95 and share(found.codes, CLOUD, lying) < 0.03
    assert share(found.codes, SNOW, truth["clear"] & ~truth["snow"]) < 0.01
    assert share(found.codes, CLOUD, truth["cloud"]) > 0.95
    blind = mask_clouds({name: bands[name] for name in ("blue", "green", "red", "nir")}, GRID, SKY)
    assert any("snow" in said for said in blind.because)


def test_thin_cirrus_needs_its_band() -> None:
    bands, truth = made(6, share=0.0, cirrus=0.03)
    found = mask_clouds(bands, GRID, SKY, buffer_m=0.0)
    assert share(found.codes, CLOUD, truth["thin"]) > 0.9 and share(found.codes, CLOUD, truth["clear"]) < 0.05
    blind = mask_clouds({name: band for name, band in bands.items() if name != "cirrus"}, GRID, SKY)
    assert any("cirrus" in said for said in blind.because)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("names", [NAMES, NAMES[:5], NAMES[:4], ("green", "red", "nir")])
def test_clear_ground_is_clear(seed: int, names: tuple[str, ...]) -> None:
    bands, _ = made(20 + seed, share=0.0)
    found = mask_clouds({name: bands[name] for name in names}, GRID, SKY)
    assert found.share(SEEN) > 0.995


def test_likelihood_is_high_in_clouds_and_low_on_the_ground() -> None:
    bands, truth = made(3)
    found = mask_clouds(bands, GRID, SKY)
    assert np.median(found.likelihood[truth["cloud"]]) > 90 and np.median(found.likelihood[truth["clear"]]) == 0
    assert found.likelihood[truth["cloud"]].min() >= 0 and found.likelihood.max() <= 100


def test_all_cloud_and_all_missing() -> None:
    white = {name: np.full(GRID.shape, CLOUD_SPECTRUM[k], np.float32) for k, name in enumerate(NAMES)}
    assert mask_clouds(white, GRID, SKY).share(CLOUD) == 1.0
    empty = {name: np.full(GRID.shape, np.nan, np.float32) for name in NAMES}
    found = mask_clouds(empty, GRID, SKY)
    assert (found.codes == NOT_PICTURED).all() and (found.likelihood == 255).all() and found.share(CLOUD) == 0.0


def test_without_the_suns_place_no_shadow_is_claimed() -> None:
    bands, _ = made(1)
    for sky in (None, Sky(3.0, 150.0)):
        found = mask_clouds(bands, GRID, sky)
        assert found.share(SHADOW) == 0.0 and found.share(CLOUD) > 0.1
        assert any("shadow" in said for said in found.because)


@settings(max_examples=25)
@given(
    arrays(np.float32, (3, 7, 9), elements=st.floats(-2, 3, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])),
    st.floats(-90, 90),
    st.floats(0, 360),
)
def test_any_numbers_give_codes(pixels: npt.NDArray[np.float32], elevation: float, azimuth: float) -> None:
    grid = Grid(32632, 0.0, 0.0, 30.0, 9, 7)
    found = mask_clouds(dict(zip(("blue", "red", "nir"), pixels, strict=True)), grid, Sky(elevation, azimuth))
    unknown = ~np.isfinite(pixels[:2]).all(0)
    assert set(np.unique(found.codes)) <= {0, 1, 2, 3, 4} and (found.codes[unknown] == NOT_PICTURED).all()
    assert ((found.likelihood <= 100) | (found.codes == NOT_PICTURED)).all()


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 50), (50, 1)])
def test_small_pictures(rows: int, columns: int) -> None:
    bands = {name: np.full((rows, columns), 0.1, np.float32) for name in NAMES}
    assert mask_clouds(bands, Grid(32632, 0, 0, 10.0, columns, rows), SKY).share(SEEN) == 1.0


def test_strips_give_what_the_whole_gives() -> None:
    bands, _ = made(2)
    cell = suitable_cell_px(GRID) * 3
    cells = find_clouds(cells_of(bands, cell), cell * GRID.pixel_m, SKY)
    pictured = np.isfinite(bands["red"])
    whole = painted(cells, pictured, cell).codes
    parts = [painted(cells, pictured[top : top + 150], cell, first_row=top).codes for top in range(0, 400, 150)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_too_few_bands_and_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="cannot tell"):
        mask_clouds({"red": np.zeros(GRID.shape, np.float32)}, GRID, SKY)
    with pytest.raises(InputError, match="grid"):
        mask_clouds({"red": np.zeros((4, 4), np.float32), "blue": np.zeros((4, 4), np.float32)}, GRID, SKY)


@pytest.mark.needs_shared_data
def test_a_real_clear_picture_with_white_roofs_and_floods_is_clear(shared_data: Path) -> None:
    """Sentinel-2 over Spain, level 1C: greenhouses, halls, mud, flood water; no cloud in it to be seen."""
    with rasterio.open(shared_data / "imagery" / "flood_spain" / "s2_l1c_13bands.tif") as file:
        pixels = file.read().astype(np.float32) / 1e4
    names = {1: "blue", 2: "green", 3: "red", 7: "nir", 10: "cirrus", 11: "swir16"}
    grid = Grid(32630, 0.0, 0.0, 10.0, pixels.shape[2], pixels.shape[1])
    for kept in (names, {k: n for k, n in names.items() if k < 10}):
        found = mask_clouds({name: pixels[k] for k, name in kept.items()}, grid, Sky(30.0, 160.0))
        assert found.share(SEEN) > 0.995


@pytest.mark.needs_shared_data
def test_two_real_clouds_and_their_shadows(shared_data: Path) -> None:
    """Landsat 5 over Para, 1988: by eye two clouds over an arm of a reservoir, and where their shadows lie (row, column
    of pixels); much bright pasture and bare ground that is none."""
    folder = shared_data / "imagery" / "landsat5_para_1988"
    text = (folder / "LT52240631988227CUB02_MTL.txt").read_text("ascii", errors="ignore")
    sun = [float(re.search(rf"SUN_{word} = ([-\d.]+)", text)[1]) for word in ("ELEVATION", "AZIMUTH")]  # type: ignore[index]
    number = {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir16": 5}
    bands = {}
    esun = {"blue": 1983.0, "green": 1796.0, "red": 1536.0, "nir": 1031.0, "swir16": 220.0}
    for name, k in number.items():
        gain, bias = (
            float(re.search(rf"RADIANCE_{word}_BAND_{k} = ([-\d.E+]+)", text)[1])  # type: ignore[index]
            for word in ("MULT", "ADD")
        )
        with rasterio.open(folder / f"LT52240631988227CUB02_B{k}.TIF") as file:
            radiance = file.read(1).astype(np.float32) * gain + bias
        bands[name] = (np.pi * radiance * 1.012**2 / (esun[name] * np.sin(np.radians(sun[0])))).astype(np.float32)
    grid = Grid(32622, 0.0, 0.0, 30.0, bands["red"].shape[1], bands["red"].shape[0])
    found = mask_clouds(bands, grid, Sky(*sun))
    assert share(found.codes, CLOUD, np.s_[104:109, 201:206]) > 0.9  # type: ignore[arg-type]
    hidden = np.isin(found.codes, (CLOUD, SHADOW))
    assert hidden[113:118, 184:192].mean() > 0.8
    assert found.share(CLOUD) + found.share(SHADOW) < 0.02
