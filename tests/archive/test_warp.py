"""Warping within 0.001 pixel of exact, between any projections, with unknown pixels kept apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT

from swath.archive.mark import is_marked
from swath.archive.raster_file import open_raster, read_window
from swath.archive.warp import covering, places_in, warp_file, warp_pixels
from swath.errors import DataError, InputError
from swath.model import Grid


def write(path: Path, pixels: np.ndarray, crs: str, affine: Affine, **options: object) -> Path:
    profile = {"driver": "GTiff", "dtype": pixels.dtype, "count": len(pixels), "crs": crs, "transform": affine}
    profile |= {"height": pixels.shape[1], "width": pixels.shape[2]} | options
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels)
    return path


def ramp(rows: int, columns: int) -> np.ndarray:
    """Each pixel holds its own column and row: bilinear warping gives back where it looked."""
    row, column = np.mgrid[0:rows, 0:columns]
    return np.stack([column, row]).astype(np.float64)


CASES = {
    "zone to zone": ("EPSG:32633", Affine(10, 0, 380000, 0, -10, 5300000), 32632, None),
    "far from the zone": ("EPSG:32633", Affine(10, 0, 100000, 0, -10, 7300000), 32631, None),
    "turned source": ("EPSG:32633", Affine(7, 5, 380000, 5, -7, 5300000), 32633, None),
    "degrees to metres": ("EPSG:4326", Affine(1e-4, 0, 12.0, 0, -1e-4, 48.0), 32633, 9.0),
    "metres to degrees": ("EPSG:32633", Affine(10, 0, 380000, 0, -10, 5300000), 4326, 1e-4),
    "beside the pole": ("EPSG:4326", Affine(0.05, 0, -179.0, 0, -0.01, 88.8), 5041, 4000.0),
    "web mercator": ("EPSG:3857", Affine(20, 0, 1500000, 0, -20, 7000000), 25832, 12.0),
}


@pytest.mark.parametrize("case", CASES)
def test_every_pixel_looks_within_a_thousandth_of_where_it_should(case: str, tmp_path: Path) -> None:
    """The exact place of every pixel is asked of PROJ again, here by another road: pixel by pixel, no grid."""
    crs, affine, epsg, pixel = CASES[case]
    source = ramp(500, 600)
    raster = open_raster(write(tmp_path / "a.tif", source, crs, affine))
    grid = covering(raster, epsg, pixel_m=pixel)
    grid = Grid(epsg, grid.west_m, grid.north_m, grid.pixel_m, min(grid.width, 700), min(grid.height, 700))
    sampling = places_in(raster, grid, (0, 0, *grid.shape))
    found = warp_pixels(source, sampling, grid.shape, method="bilinear", nodata=np.nan)
    east, north = np.meshgrid(*grid.centres_m())
    x, y = pyproj.Transformer.from_crs(epsg, crs, always_xy=True).transform(east, north)
    u, v = ~affine * np.array([x, y])
    known = np.isfinite(found[0]) & (u > 0.5) & (v > 0.5) & (u < 599.5) & (v < 499.5)
    assert known.sum() > 5000
    apart = np.hypot(found[0] - (u - 0.5), found[1] - (v - 0.5))[known]
    assert apart.max() < 0.001
    inside = (u > 0.01) & (v > 0.01) & (u < 599.99) & (v < 499.99)
    outside = (u < -0.01) | (v < -0.01) | (u > 600.01) | (v > 500.01)
    assert np.isfinite(found[0][inside]).all()
    assert not np.isfinite(found[0][outside & np.isfinite(u)]).any()


@pytest.mark.parametrize(("method", "differ"), [("nearest", 0.005), ("bilinear", 0.2), ("cubic", 0.3)])
def test_gdal_at_a_thousandth_of_a_pixel_gives_the_same(tmp_path: Path, method: str, differ: float) -> None:
    """GDAL (rasterio's WarpedVRT, tolerance 0.001) on noise of 300 counts: some pixels round otherwise, by few counts.

    ``reproject`` ignores its tolerance in rasterio 1.4 and is off by 0.05 pixel.
    """
    pixels = np.random.default_rng(1).normal(2000, 300, (1, 700, 700)).clip(1, 9999).astype(np.uint16)
    path = write(tmp_path / "a.tif", pixels, "EPSG:32633", Affine(10, 0, 380000, 0, -10, 5300000), nodata=0)
    raster = open_raster(path)
    grid = covering(raster, 32632, pixel_m=10.0)
    warp_file(path, tmp_path / "b.tif", grid, method=method)
    mine = rasterio.open(tmp_path / "b.tif").read(1).astype(int)
    with (
        rasterio.open(path) as file,
        WarpedVRT(
            file, crs="EPSG:32632", transform=Affine(10, 0, grid.west_m, 0, -10, grid.north_m), width=grid.width,
            height=grid.height, resampling=rasterio.enums.Resampling[method], tolerance=0.001, nodata=0,
        ) as view,
    ):  # fmt: skip
        theirs = view.read(1).astype(int)
    both = (mine > 0) & (theirs > 0)
    both[:5], both[-5:], both[:, :5], both[:, -5:] = False, False, False, False
    x, y = np.meshgrid(*grid.centres_m())
    u, v = ~Affine(*raster.affine) * np.array(pyproj.Transformer.from_crs(32632, 32633, always_xy=True).transform(x, y))
    both &= (u > 3) & (v > 3) & (u < 697) & (v < 697)
    assert both.sum() > 400_000
    assert ((mine != theirs) & both).sum() < differ * both.sum()
    if method != "nearest":
        assert abs(mine - theirs)[both].max() <= 3


@given(st.integers(0, 2**31), st.sampled_from(["nearest", "bilinear", "cubic", "average"]))
@settings(max_examples=20)
def test_unknown_pixels_never_leak_and_known_ones_never_vanish(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(100, 200, (1, 40, 50)).astype(np.int16)
    seen = rng.uniform(size=pixels.shape) < 0.8
    pixels[~seen] = -9999
    x, y = np.meshgrid(np.linspace(-2.0, 52.0, 31), np.linspace(-3.0, 44.0, 31))
    from swath.archive.warp import Sampling

    found = warp_pixels(pixels, Sampling(x, y, 1), (30, 30), method=method, nodata=-9999.0, seen=seen)[0]
    known = found != -9999
    assert (found[known] >= (90 if method == "cubic" else 100)).all() and (found[known] <= 210).all()
    if method != "average":
        i, j = np.floor(y[:30, :30] + 0.5).astype(int), np.floor(x[:30, :30] + 0.5).astype(int)
        inside = (i >= 0) & (j >= 0) & (i < 40) & (j < 50)
        expected = np.zeros((30, 30), bool)
        expected[inside] = seen[0][i[inside], j[inside]]
        np.testing.assert_array_equal(known, expected)


def test_an_average_is_weighted_by_exact_shares() -> None:
    """2.5 x 2.5 source pixels by hand."""
    from swath.archive.warp import Sampling

    pixels = np.arange(25.0).reshape(1, 5, 5)
    x, y = np.meshgrid([0.0, 2.5, 5.0], [0.0, 2.5, 5.0])
    found = warp_pixels(pixels, Sampling(x, y, 1), (2, 2), method="average", nodata=-1.0)[0]
    weight = np.array([1.0, 1.0, 0.5])
    assert found[0, 0] == pytest.approx((np.outer(weight, weight) * pixels[0, :3, :3]).sum() / 6.25)
    assert found.mean() == pytest.approx(pixels.mean())
    whole = warp_pixels(pixels.astype(np.uint8), Sampling(x, y, 1), (2, 2), method="average", nodata=255.0)[0]
    np.testing.assert_array_equal(whole, np.floor(found + 0.5))


@pytest.mark.parametrize("workers", [1, 2])
def test_files_are_warped_tile_by_tile(tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from swath.archive import warp

    pixels = np.random.default_rng(2).integers(0, 250, (2, 600, 700)).astype(np.uint8)
    path = write(tmp_path / "a.tif", pixels, "EPSG:32633", Affine(10, 0, 380000, 0, -10, 5300000), nodata=0)
    grid = covering(open_raster(path), 32632)
    whole = rasterio.open(warp_file(path, tmp_path / "whole.tif", grid, method="cubic")).read()
    monkeypatch.setattr(warp, "_TILE_PX", 512)
    parts = rasterio.open(warp_file(path, tmp_path / "parts.tif", grid, method="cubic", workers=workers)).read()
    # nodes of a tile begin at its corner: places differ by less than the bound, values by at most one
    assert np.abs(whole.astype(int) - parts).max() <= 1
    assert (whole == 0).mean() == pytest.approx((parts == 0).mean(), abs=1e-4)


def test_what_is_made_of_simulated_pixels_is_marked(tmp_path: Path) -> None:
    from swath.archive.cog import read_cog, write_cog

    grid = Grid(32633, 380000.0, 5300000.0, 10.0, 300, 280)
    layers = {"red": np.full(grid.shape, 700, np.uint16)}
    path = write_cog(tmp_path / "SIMULATED-a.tif", layers, grid, nodata=0, simulated=True, description="land")
    target = covering(open_raster(path), 32632)
    with pytest.raises(InputError, match="must be named so"):
        warp_file(path, tmp_path / "b.tif", target)
    out = warp_file(path, tmp_path / "SIMULATED-b.tif", target)
    assert is_marked(out)
    back = read_cog(out)
    assert back.simulated and set(np.unique(back.pixels)) == {0, 700}
    np.testing.assert_array_equal(read_window(open_raster(path), 0, 0, 280, 300)[0], 700)


def test_bad_input_is_told(tmp_path: Path) -> None:
    pixels = np.ones((1, 20, 20), np.uint8)
    path = write(tmp_path / "a.tif", pixels, "EPSG:32633", Affine(10, 0, 380000, 0, -10, 5300000))
    grid = covering(open_raster(path), 32632)
    nowhere = write(tmp_path / "n.tif", pixels, "", Affine(10, 0, 380000, 0, -10, 5300000))
    with pytest.raises(InputError, match="does not say where it lies"):
        warp_file(nowhere, tmp_path / "b.tif", grid)
    with pytest.raises(InputError, match="no method is called"):
        warp_file(path, tmp_path / "b.tif", grid, method="lanczos")
    with pytest.raises(InputError, match="its own input"):
        warp_file(path, path, grid)
    with pytest.raises(InputError, match="no projection"):
        covering(open_raster(path), 99999)
    with pytest.raises(InputError, match="pixels of"):
        covering(open_raster(path), 32632, pixel_m=-3.0)
    with pytest.raises(InputError, match="Choose larger pixels"):
        covering(open_raster(path), 32632, pixel_m=1e-5)
    far = Grid(32701, 500000.0, 5000000.0, 10.0, 30, 20)
    assert (rasterio.open(warp_file(path, tmp_path / "far.tif", far)).read() == 0).all()
    cut = tmp_path / "cut.tif"
    big = write(
        tmp_path / "big.tif", np.ones((1, 900, 900), np.uint8), "EPSG:32633", Affine(10, 0, 380000, 0, -10, 5300000)
    )
    cut.write_bytes(big.read_bytes()[:400_000])
    with pytest.raises(DataError, match="cannot be read"):
        warp_file(cut, tmp_path / "c.tif", covering(open_raster(cut), 32632))
    assert not list(tmp_path.glob("*c.tif*"))


def test_one_pixel_and_one_row_are_pictures_too(tmp_path: Path) -> None:
    for shape in ((1, 1, 1), (1, 1, 30), (1, 30, 1)):
        path = write(
            tmp_path / "one.tif", np.full(shape, 7, np.uint8), "EPSG:32633", Affine(10, 0, 380000, 0, -10, 5.3e6)
        )
        grid = covering(open_raster(path), 32632, pixel_m=5.0)
        for method in ("nearest", "bilinear", "cubic", "average"):
            found = rasterio.open(warp_file(path, tmp_path / "o.tif", grid, method=method)).read()
            assert set(np.unique(found)) <= {0, 7}
            assert 7 in found
