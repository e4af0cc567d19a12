"""Pixels decoded and files put together without GDAL are what GDAL reads: bit for bit, of every common form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from swath.archive import tiff
from swath.archive.raster_file import dataset, open_raster, read_small, read_window
from swath.archive.raster_out import Layout, Piece, write_raster
from swath.errors import InputError, SwathError

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


def texture(bands: int, rows: int, columns: int, dtype: str, seed: int = 0) -> npt.NDArray[Any]:
    rng = np.random.default_rng(seed)
    values = rng.normal(40, 30, (bands, rows, columns)).cumsum(-1) % 120
    values[:, rows // 3 : rows // 2] = 7
    return values.astype(dtype)


forms = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(DTYPES),
        "compress": st.sampled_from([None, "deflate", "zstd", "lzw", "packbits"]),
        "predictor": st.sampled_from([1, 2, 3]),
        "tiled": st.booleans(),
        "interleave": st.sampled_from(["band", "pixel"]),
        "bigtiff": st.sampled_from(["YES", "NO"]),
        "count": st.integers(1, 3),
    }
)


def by_gdal(path: Path, pixels: npt.NDArray[Any], form: dict[str, Any]) -> Path:
    path.unlink(missing_ok=True)
    floats = pixels.dtype.kind == "f"
    predictor = 1 if form["compress"] in (None, "packbits") or (form["predictor"] == 3) != floats else form["predictor"]
    tiles = {"blockxsize": 64, "blockysize": 32} if form["tiled"] else {"blockysize": 7}
    packed = {"compress": form["compress"], "predictor": predictor} if form["compress"] else {}
    with rasterio.open(
        path, "w", driver="GTiff", dtype=form["dtype"], count=len(pixels), height=pixels.shape[1],
        width=pixels.shape[2], interleave=form["interleave"], bigtiff=form["bigtiff"], tiled=form["tiled"],
        crs="EPSG:32632",        transform=Affine(10, 0, 6e5, 0, -10, 5e6), **tiles, **packed,
    ) as file:  # fmt: skip
        file.write(pixels)
    return path


@settings(max_examples=60)
@given(forms, st.integers(1, 150), st.integers(1, 150), st.data())
def test_windows_are_those_of_gdal(
    tmp_path_factory: pytest.TempPathFactory, form: dict[str, Any], rows: int, columns: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.tif"
    pixels = texture(form["count"], rows, columns, form["dtype"])
    raster = open_raster(by_gdal(path, pixels, form))
    plain = form["compress"] != "packbits" and (form["interleave"] == "band" or form["count"] == 1)
    assert (raster.blocks is not None) == plain
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    high, wide = data.draw(st.integers(1, rows - top)), data.draw(st.integers(1, columns - left))
    band = data.draw(st.integers(0, form["count"] - 1))
    found = read_window(raster, top, left, high, wide, bands=[band])
    assert found.dtype == pixels.dtype
    assert np.array_equal(found[0], pixels[band, top : top + high, left : left + wide])
    assert np.array_equal(read_window(raster, 0, 0, rows, columns), pixels)
    for wrong in ((-1, 0, 1, 1), (0, 0, rows + 1, 1), (0, columns, 1, 1), (0, 0, 0, 1)):
        with pytest.raises(InputError):
            read_window(raster, *wrong)


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=6), st.floats(0, 1), st.booleans(), st.booleans())
def test_damage_is_an_error_or_what_gdal_reads(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, where: float, cut: bool, ours: bool
) -> None:
    """Never anything else: no crash, no endless memory, no pixels of our own making."""
    path = tmp_path_factory.getbasetemp() / "hurt.tif"
    pixels = texture(1, 90, 70, "uint16")
    if ours:
        write_raster(
            path, Layout(70, 90, ("a",), "uint16", Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32632"), [Piece(0, 0, pixels)]
        )
    else:
        form = {"dtype": "uint16", "compress": "deflate", "predictor": 2, "tiled": True, "interleave": "band"}
        by_gdal(path, pixels, {**form, "bigtiff": "NO"})
    whole = path.read_bytes()
    at = int(where * (len(whole) - 1))
    path.write_bytes(whole[:at] if cut else whole[:at] + junk + whole[at + len(junk) :])
    try:
        raster = open_raster(path)
        found = read_window(raster, 0, 0, min(raster.height, 500), min(raster.width, 500))
    except SwathError:
        return
    if not np.array_equal(found, pixels[:, : found.shape[1], : found.shape[2]]):  # the directory was hurt, not a block
        with dataset(path) as file:
            there = file.read(window=rasterio.windows.Window(0, 0, found.shape[2], found.shape[1]))
        assert np.array_equal(found, there, equal_nan=found.dtype.kind == "f")


def test_a_file_that_changes_meanwhile_is_read_as_it_is_now(tmp_path: Path) -> None:
    form = {"dtype": "uint16", "compress": "zstd", "predictor": 2, "tiled": True, "interleave": "band", "bigtiff": "NO"}
    raster = open_raster(by_gdal(tmp_path / "a.tif", texture(1, 90, 70, "uint16"), form))
    other = texture(1, 90, 70, "uint16", seed=5)
    by_gdal(tmp_path / "a.tif", other, {**form, "compress": "deflate"})
    assert np.array_equal(read_window(raster, 0, 0, 90, 70), other)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("big", [False, True])
def test_gdal_reads_what_is_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, big: bool
) -> None:
    """Three bands of 1300 x 700 from uneven pieces: pixels, place, names, scales and every overview; big files too."""
    if big:
        monkeypatch.setattr(tiff, "_CLASSIC_BYTES", 0)
    pixels = texture(3, 1300, 700, dtype)
    layout = Layout(
        700, 1300, ("a", "b", "c"), dtype, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32632", nodata=7,
        scales=(0.5, 1.0, 2.0), offsets=(0.0, 1.0, -1.0), tags={"WORD": "kept"},
        band_tags=({}, {"X": "1"}, {}),
    )  # fmt: skip
    pieces = [
        Piece(top, left, pixels[:, top : top + 300, left : left + 350])
        for top in range(0, 1300, 300)
        for left in (0, 350)
    ]
    path = write_raster(tmp_path / "a.tif", layout, pieces)
    assert (path.read_bytes()[2] == 43) == big
    with rasterio.open(path) as file:
        assert np.array_equal(file.read(), pixels)
        assert file.descriptions == ("a", "b", "c") and file.nodata == 7 and file.crs.to_epsg() == 32632
        assert file.scales == (0.5, 1.0, 2.0) and file.offsets == (0.0, 1.0, -1.0)
        assert file.tags()["WORD"] == "kept" and file.tags(2)["X"] == "1"
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and file.overviews(1) == [2, 4]
    half = pixels.astype(float).reshape(3, 650, 2, 350, 2)
    known = half != 7
    count = known.sum((2, 4))
    mean = (half * known).sum((2, 4)) / np.maximum(count, 1)
    mean = np.where(count > 0, np.floor(mean + 0.5) if np.dtype(dtype).kind in "iu" else mean, 7)
    with rasterio.open(path, overview_level=0) as file:
        assert np.allclose(file.read(), mean, rtol=1e-6)
    raster = open_raster(path)
    assert raster.blocks is not None
    values, seen = read_small(raster, (325, 175), bands=[1])
    assert values.shape == (1, 325, 175) and not seen[values == 7].any()


def test_pieces_that_do_not_fit_leave_nothing(tmp_path: Path) -> None:
    layout = Layout(40, 1200, ("a",), "uint8", Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32632")
    row = np.ones((1, 600, 40), np.uint8)
    for wrong in (
        [Piece(600, 0, row), Piece(0, 0, row)],
        [Piece(0, 1, row)],
        [Piece(700, 0, row)],
        [Piece(0, 0, row.astype(np.int16))],
        [Piece(0, 0, np.ones((2, 600, 40), np.uint8))],
    ):
        with pytest.raises(InputError):
            write_raster(tmp_path / "a.tif", layout, wrong)
    assert not list(tmp_path.iterdir())
    write_raster(tmp_path / "a.tif", replace(layout, nodata=9), [Piece(600, 0, row)])
    with rasterio.open(tmp_path / "a.tif") as file:
        found = file.read(1)
    assert (found[:600] == 9).all() and (found[600:] == 1).all()


def test_four_layers_of_bytes_are_no_colours_with_alpha(tmp_path: Path) -> None:
    """A fourth layer that is 0 everywhere makes nothing transparent; bands that are colours say so."""
    layout = Layout(40, 40, ("a", "b", "c", "d"), "uint8", Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32632")
    pixels = np.ones((4, 40, 40), np.uint8)
    pixels[3] = 0
    with rasterio.open(write_raster(tmp_path / "a.tif", layout, [Piece(0, 0, pixels)])) as file:
        assert (file.dataset_mask() == 255).all() and "alpha" not in [c.name for c in file.colorinterp]
    seen = replace(layout, colours=("red", "green", "blue", "alpha"))
    with rasterio.open(write_raster(tmp_path / "b.tif", seen, [Piece(0, 0, pixels)])) as file:
        assert [c.name for c in file.colorinterp] == ["red", "green", "blue", "alpha"]
        assert (file.dataset_mask() == 0).all()
