"""Means of echoes are means of power: whatever mixes pixels of decibels must equal 10 log10 of the mean of 10^(x/10).

The truth is that formula (Oliver and Quegan 1998, chapter 4), in double precision, beside what each mixer does: warping
by every method, overviews, composites, means under polygons, the quality numbers.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from swath.archive.averaging import AMPLITUDE, DECIBEL, PLAIN, Averaging, averaging_of
from swath.archive.cog import write_cog
from swath.archive.composite_maker import _median as radar_median
from swath.archive.given import open_given
from swath.archive.looks import read_radar
from swath.archive.outside import OutsideBand
from swath.archive.raster_file import open_raster, read_window
from swath.archive.stack import Layer
from swath.archive.warp import Sampling, warp_file, warp_pixels
from swath.archive.zonal import zonal_files
from swath.model import Grid
from swath.product.fields import cover_polygons

STEP = Averaging("decibel", 0.01, 0.0)
NODATA = -32768


def speckle(seed: int, shape: tuple[int, int], step: float = 0.01) -> np.ndarray:
    """Two kinds of ground, 15 dB apart, with single-look speckle: stored steps of dB."""
    rng = np.random.default_rng(seed)
    ground = np.where(rng.random(shape) < 0.5, -8.0, -23.0)
    return np.rint((ground + 10.0 * np.log10(rng.exponential(size=shape))) / step).astype(np.int16)


def power(db: np.ndarray) -> np.ndarray:
    return 10.0 ** (np.asarray(db, np.float64) / 10.0)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["int16", "uint8", "float32", "float64", "int32"]),
    st.sampled_from([0.01, 0.5, 1.0]),
    st.floats(-20.0, 5.0),
    st.integers(0, 2**32 - 1),
)
def test_there_and_back(dtype: str, scale: float, offset: float, seed: int) -> None:
    of = Averaging("decibel", scale, offset)
    kind = np.dtype(dtype)
    low, high = (0, 120) if dtype == "uint8" else (-50.0 / scale, 30.0 / scale)
    stored = np.random.default_rng(seed).uniform(low, high, 200).astype(kind)
    found = of.power(stored)
    np.testing.assert_allclose(found, power(stored.astype(np.float64) * scale + offset), rtol=1e-5)
    back = of.stored(found, kind, 255.0)
    np.testing.assert_allclose(back.astype(float), stored.astype(float), atol=0 if kind.kind in "iu" else 1e-4 / scale)


def test_what_is_no_number_has_no_power_and_no_power_is_the_least_number() -> None:
    assert np.isnan(STEP.power(np.array([NODATA, -1500], np.int16), NODATA)).tolist() == [True, False]
    assert np.isnan(DECIBEL.power(np.array([np.nan, np.inf, -np.inf, -9999.0, 1.0], np.float32), -9999.0)).tolist() == [
        True, True, True, True, False,
    ]  # fmt: skip
    assert STEP.stored(np.array([0.0, np.nan]), np.int16, NODATA).tolist() == [-30000, NODATA]
    assert AMPLITUDE.power(np.array([3, 4], np.uint16), 0).tolist() == [9.0, 16.0]
    assert AMPLITUDE.stored(np.array([12.5], np.float32), np.uint16, 0).tolist() == [4]  # 3.54
    assert averaging_of("dB", scale=0.01) == STEP and averaging_of("1") is PLAIN and averaging_of("") is PLAIN
    assert OutsideBand("vv", "amplitude", "1", 0.001).averaging == Averaging("amplitude", 0.001, 0.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.99), st.floats(0.0, 0.99), st.booleans())
def test_warping_mixes_power(seed: int, right: float, down: float, gaps: bool) -> None:
    """A shift by part of a pixel: the four neighbours' power by their shares of area."""
    stored = speckle(seed, (12, 12))
    seen = np.random.default_rng(seed).random((1, 12, 12)) > (0.1 if gaps else -1.0)
    x, y = np.meshgrid(np.arange(12.0) + right, np.arange(12.0) + down)
    out = warp_pixels(
        stored[None], Sampling(x, y, 1), (11, 11), method="bilinear", nodata=NODATA, seen=seen, averaging=[STEP]
    )[0]
    linear, known = power(stored * 0.01), seen[0]
    corners = [
        ((1 - down) * (1 - right), 0, 0),
        ((1 - down) * right, 0, 1),
        (down * (1 - right), 1, 0),
        (down * right, 1, 1),
    ]
    parts = [(w, linear[i : i + 11, j : j + 11], known[i : i + 11, j : j + 11]) for w, i, j in corners]
    weight = sum(w * k for w, _, k in parts)
    nearest = known[int(down + 0.5) : int(down + 0.5) + 11, int(right + 0.5) : int(right + 0.5) + 11]
    assert np.array_equal(out != NODATA, nearest)
    with np.errstate(invalid="ignore", divide="ignore"):
        truth = 10.0 * np.log10(sum(w * v * k for w, v, k in parts) / weight)
    # half of a stored step, and what float32 leaves of it
    np.testing.assert_allclose(out[nearest] * 0.01, truth[nearest], atol=0.0051)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_cubic_leaves_nothing_darker_than_the_darkest_and_classes_are_not_touched(seed: int) -> None:
    stored = speckle(seed, (16, 16))
    stored[8, 8] = 3000  # a ship, 30 dB
    x, y = np.meshgrid(np.arange(14.0) + 0.6, np.arange(14.0) + 0.3)
    cubic, near = (
        warp_pixels(stored[None], Sampling(x, y, 1), (13, 13), method=how, nodata=NODATA, averaging=[STEP])[0]
        for how in ("cubic", "nearest")
    )
    assert (cubic != NODATA).all() and cubic.min() >= stored.min()
    assert np.array_equal(near, stored[:13, 1:14])


def test_cubic_is_the_same_in_every_tile_and_knows_of_nothing() -> None:
    stored = speckle(5, (24, 24))
    stored[12, 12], stored[2, 2] = 3000, stored.min() - 2000
    x, y = np.meshgrid(np.arange(20.0) + 1.6, np.arange(20.0) + 1.3)

    def cubic(pixels: np.ndarray, down: float, first: int, stop: int, seen: np.ndarray | None = None) -> np.ndarray:
        at = Sampling(x[first : stop + 1], y[first : stop + 1] - down, 1)
        shape = (stop - first, 19)
        return warp_pixels(pixels[None], at, shape, method="cubic", nodata=NODATA, seen=seen, averaging=[STEP])[0]

    whole = cubic(stored, 0.0, 0, 19)
    assert np.array_equal(cubic(stored[6:], 6.0, 9, 19), whole[9:])  # the darkest pixel is in the other part
    assert (cubic(stored, 0.0, 0, 19, np.zeros((1, 24, 24), np.bool_)) == NODATA).all()


def test_a_file_in_decibels_is_warped_by_power_and_keeps_unit_and_scale(tmp_path: Path) -> None:
    grid = Grid(32633, 500_000.0, 5_000_000.0, 10.0, 64, 48)
    stored = speckle(3, grid.shape)
    path = tmp_path / "vv.tif"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="int16", count=1, height=48, width=64, crs="EPSG:32633", nodata=NODATA,
        transform=Affine(10, 0, 500_000, 0, -10, 5_000_000),
    ) as file:  # fmt: skip
        file.write(stored, 1)
        file.units, file.scales, file.descriptions = ("dB",), (0.01,), ("vv",)
    coarse = Grid(32633, 500_000.0, 5_000_000.0, 40.0, 16, 12)
    warp_file(path, tmp_path / "coarse.tif", coarse, method="average")
    made = open_raster(tmp_path / "coarse.tif")
    assert made.units == ("dB",) and made.scales == (0.01,) and made.averagings == (STEP,)
    truth = 10.0 * np.log10(power(stored * 0.01).reshape(12, 4, 16, 4).mean((1, 3)))
    np.testing.assert_allclose(read_window(made, 0, 0, 12, 16)[0] * 0.01, truth, atol=0.0051)
    wrong = stored.reshape(12, 4, 16, 4).mean((1, 3)) * 0.01
    assert np.median(truth - wrong) > 3.0  # what a mean of decibels would lie below
    # the same as a radar picture of a disaster product, with and without the unit in the file
    look = read_radar(open_given(path), coarse).db["vv"]
    np.testing.assert_allclose(look, truth, atol=1e-3)


@pytest.mark.parametrize(("form", "unit"), [("decibel", "dB"), ("decibel", ""), ("power", ""), ("amplitude", "")])
def test_a_radar_picture_is_read_as_the_power_it_is(tmp_path: Path, form: str, unit: str) -> None:
    """Whether the file says so or its numbers alone do."""
    stored = speckle(5, (48, 64)).astype(np.float32) * np.float32(0.01)
    linear = power(stored)
    values = {"decibel": stored, "power": linear, "amplitude": 300.0 * np.sqrt(linear)}[form]
    with rasterio.open(
        tmp_path / "vv.tif", "w", driver="GTiff", dtype="float32", count=1, height=48, width=64, crs="EPSG:32633",
        transform=Affine(10, 0, 500_000, 0, -10, 5_000_000),
    ) as file:  # fmt: skip
        file.write(values.astype(np.float32), 1)
        file.units, file.descriptions = (unit,), ("vv",)
    coarse = Grid(32633, 500_000.0, 5_000_000.0, 40.0, 16, 12)
    look = read_radar(open_given(tmp_path / "vv.tif"), coarse).db["vv"]
    gain = 20.0 * math.log10(300.0) if form == "amplitude" else 0.0
    np.testing.assert_allclose(look, 10.0 * np.log10(linear.reshape(12, 4, 16, 4).mean((1, 3))) + gain, atol=2e-3)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), form=st.sampled_from(["decibel", "amplitude"]))
def test_overviews_are_of_power(tmp_path_factory: pytest.TempPathFactory, seed: int, form: str) -> None:
    """Each level is the mean power of the four pixels (of which some have no data) of the level below."""
    size = 640
    grid = Grid(32633, 500_000.0, 5_000_000.0, 10.0, size, size)
    rng = np.random.default_rng(seed)
    db = speckle(seed, grid.shape)
    if form == "decibel":
        of, nodata, layer = Averaging("decibel", 1.0, 0.0), -9999.0, db.astype(np.float32) * np.float32(0.01)
        linear = power(layer)
    else:
        of, nodata, layer = AMPLITUDE, 0.0, np.rint(3000.0 * np.sqrt(power(db * 0.01))).astype(np.uint16) + np.uint16(1)
        linear = layer.astype(np.float64) ** 2
    gone = rng.random(grid.shape) < 0.2
    layer[gone], linear[gone] = nodata, np.nan
    path = tmp_path_factory.mktemp("overviews") / "radar.tif"
    write_cog(path, {"vv": layer}, grid, nodata=nodata, simulated=False, description="test", averaging=of)
    with rasterio.open(path, overview_level=0) as file:
        found = file.read(1).astype(np.float64)
    four = linear.reshape(320, 2, 320, 2)
    count = (~np.isnan(four)).sum((1, 3))
    mean = np.where(count > 0, np.nansum(four, axis=(1, 3)) / np.maximum(count, 1), np.nan)
    assert np.array_equal(found == nodata, np.isnan(mean))
    known = ~np.isnan(mean)
    truth = 10.0 * np.log10(mean) if form == "decibel" else np.sqrt(mean)
    np.testing.assert_allclose(found[known], truth[known], atol=2e-4 if form == "decibel" else 0.501)
    assert np.array_equal(read_window(open_raster(path), 0, 0, size, size)[0], layer)  # itself it stays as it is


def test_means_under_polygons_are_of_power(tmp_path: Path) -> None:
    grid = Grid(32633, 500_000.0, 5_000_000.0, 10.0, 64, 48)
    stored = speckle(9, grid.shape).astype(np.float32) * np.float32(0.01)
    write_cog(
        tmp_path / "vv.tif", {"vv": stored}, grid, nodata=-9999.0, simulated=False, description="", averaging=DECIBEL
    )
    square = np.array([[500_100, 4_999_900], [500_400, 4_999_900], [500_400, 4_999_700], [500_100, 4_999_700]], float)
    found = zonal_files([tmp_path / "vv.tif"], cover_polygons([square], grid))
    assert found.mean[0, 0] == pytest.approx(power(stored[10:30, 10:40]).mean(), rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), dates=st.integers(1, 6))
def test_the_median_of_an_even_number_of_dates_is_a_mean_of_power(seed: int, dates: int) -> None:
    stack = np.stack([speckle(seed + n, (5, 7)) for n in range(dates)])[:, None]
    seen = np.random.default_rng(seed).random((dates, 5, 7)) > 0.3
    band = OutsideBand("vv", "sigma nought", "dB", 0.01)
    layer = Layer("vv", "", Grid(32633, 0.0, 0.0, 10.0, 7, 5), (), (), (band,), "int16", float(NODATA))
    found = radar_median(layer, stack, seen)
    assert np.array_equal(found.count, seen.sum(0))
    linear = np.ma.masked_array(power(stack[:, 0] * 0.01), ~seen)
    truth = 10.0 * np.log10(np.ma.median(linear, axis=0).filled(np.nan))
    assert np.array_equal(found.pixels[0] == NODATA, np.isnan(truth))
    known = ~np.isnan(truth)
    np.testing.assert_allclose(found.pixels[0][known] * 0.01, truth[known], atol=0.0051)


def test_plain_bands_are_as_before() -> None:
    """What adds up as it is goes through no table: the same bits with and without a word on averaging."""
    pixels = np.random.default_rng(1).integers(0, 10_000, (2, 20, 20)).astype(np.uint16)
    x, y = np.meshgrid(np.arange(19.0) + 0.3, np.arange(19.0) + 0.7)
    for method in ("nearest", "bilinear", "cubic"):
        plain, said = (
            warp_pixels(pixels, Sampling(x, y, 1), (18, 18), method=method, nodata=0, averaging=ways)
            for ways in ((), (PLAIN, PLAIN))
        )
        assert np.array_equal(plain, said)
    assert replace(PLAIN, form="decibel").plain is False
