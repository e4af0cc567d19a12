"""Any picture with a place: by transform or RPC, with what the user says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import Affine

from swath.archive.readers.geotiff import time_in
from swath.archive.rpc import Rpc, rpc_image, rpc_text
from swath.archive.rpc_in import read_rpc_file, rpc_of_tags
from swath.archive.sensor_picture import gdal_rpc
from swath.errors import DataError
from swath.time import format_utc
from tests.ingest.conftest import Add, read_asset, try_add
from tests.ingest.made import write_raster

GRID = Affine(0.5, 0.0, 500_000.0, 0.0, -0.5, 4_500_000.0)


def rpc(lines: int = 60, samples: int = 80) -> Rpc:
    """A picture of 1 m pixels near 12 E 45 N, as a plain linear RPC with a little height in it."""
    empty = [0.0] * 20
    line, sample, one = empty.copy(), empty.copy(), empty.copy()
    one[0] = 1.0
    line[2], line[3], sample[1], sample[3] = -1.0, 0.02, 1.0, 0.05
    return Rpc(
        lines / 2, samples / 2, 45.0, 12.0, 100.0,
        lines / 2, samples / 2, lines / 2 * 9e-6, samples / 2 * 1.27e-5, 500.0,
        tuple(line), tuple(one), tuple(sample), tuple(one),
    )  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"])
def test_every_type_is_kept_bit_for_bit(tmp_path: Path, add: Add, dtype: str) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 100, (3, 700, 530)).astype(dtype)
    item = add(write_raster(tmp_path / "ortho_20240310T101500.tif", pixels, GRID, 32633))
    with rasterio.open(item["folder"] / item["assets"]["data"]["href"]) as file:
        assert np.array_equal(file.read(), pixels) and file.dtypes == (dtype,) * 3 and file.transform == GRID
        assert file.overviews(1) == [2]
    assert item["properties"]["datetime"] == "2024-03-10T10:15:00.000000Z"


def test_an_alpha_band_says_where_there_is_data(tmp_path: Path, add: Add) -> None:
    pixels = np.full((4, 300, 300), 90, np.uint8)
    pixels[3] = 255
    pixels[3, :, :150] = 0
    path = write_raster(tmp_path / "drone_20240310.tif", pixels, GRID, 32633, photometric="RGB", alpha="YES")
    item = add(path)
    bands = item["assets"]["data"]["bands"]
    assert [band["name"] for band in bands] == ["red", "green", "blue", "alpha"]
    assert bands[0]["swath:quality"]["valid_share"] == 0.5
    west = min(point[0] for point in item["geometry"]["coordinates"][0])
    assert west > item["bbox"][0] - 1e-9 and item["bbox"][2] - item["bbox"][0] < 300 * 0.5 / 80_000


def test_what_the_user_says_counts(tmp_path: Path, add: Add) -> None:
    pixels = np.full((2, 40, 40), 2000, np.int16)
    pixels[:, 0] = -999
    item = add(
        write_raster(tmp_path / "x.tif", pixels, GRID, 32633), id="field day",
        time="2024-03-10T10:15:00Z/2024-03-10T10:45:00Z",
        bands=("red", "nir"), quantity="surface reflectance", scale=1e-4, nodata=-999.0, platform="drone",
    )  # fmt: skip
    _, values, _ = read_asset(item, "data")
    assert item["id"] == "field-day" and np.isnan(values[0]).all() and values[1, 1] == pytest.approx(0.2)
    assert item["properties"]["end_datetime"] == "2024-03-10T10:45:00.000000Z"
    assert [b["eo:common_name"] for b in item["assets"]["data"]["bands"]] == ["red", "nir"]


def test_rotated_and_unnamed_systems_keep_their_place(tmp_path: Path, add: Add) -> None:
    turned = Affine.translation(500_000, 4_500_000) @ Affine.rotation(30) @ Affine.scale(2, -2)
    item = add(write_raster(tmp_path / "turned_20240310.tif", np.ones((90, 50), np.uint8), turned, 32633))
    assert item["assets"]["data"]["gsd"] == pytest.approx(2.0, rel=1e-3)
    wkt = rasterio.crs.CRS.from_proj4("+proj=sinu +lon_0=0 +R=6371007.181 +units=m")
    with rasterio.open(
        tmp_path / "sinus_20240310.tif", "w", driver="GTiff", width=30, height=20, count=1, dtype="int16", crs=wkt,
        transform=Affine(231.656, 0, -6e6, 0, -231.656, -1.27e6),
    ) as file:  # fmt: skip
        file.write(np.ones((1, 20, 30), np.int16))
    asset = add(tmp_path / "sinus_20240310.tif")["assets"]["data"]
    assert asset["proj:code"] is None and "sinusoidal" in asset["proj:wkt2"].lower()


@pytest.mark.parametrize("form", ["tags", "_RPC.TXT", ".RPB"])
def test_rpc_are_read_in_three_forms_and_kept(tmp_path: Path, add: Add, form: str) -> None:
    path, coefficients = tmp_path / "strip_20240310T101500.tif", rpc()
    pixels = np.arange(60 * 80, dtype=np.uint16).reshape(60, 80)
    write_raster(path, pixels, None, rpcs=gdal_rpc(coefficients) if form == "tags" else None)
    if form == "_RPC.TXT":
        (tmp_path / "strip_20240310T101500_RPC.TXT").write_text(rpc_text(coefficients))
    elif form == ".RPB":
        (tmp_path / "strip_20240310T101500.RPB").write_text(rpb(coefficients))
    item = add(path)
    with rasterio.open(item["folder"] / item["assets"]["data"]["href"]) as file:
        kept = rpc_of_tags(file.rpcs, where="")
        assert np.array_equal(file.read(1), pixels)
    places = {
        "lon_deg": np.array([11.9999, 12.0003]),
        "lat_deg": np.array([45.0001, 44.9999]),
        "height_m": np.array([0.0, 300.0]),
    }
    assert np.allclose(rpc_image(kept, **places), rpc_image(coefficients, **places), atol=1e-9)
    assert item["bbox"][0] < 12.0 < item["bbox"][2] and item["bbox"][1] < 45.0 < item["bbox"][3]
    assert item["assets"]["data"]["gsd"] == pytest.approx(1.0, rel=0.01)
    assert len(item_inputs(item)) == (1 if form == "tags" else 2)


def item_inputs(item: dict) -> list:
    import json

    return json.loads((item["folder"] / "lineage.json").read_text())["inputs"]["scene"]


def rpb(c: Rpc) -> str:
    def many(name: str, values: tuple[float, ...]) -> str:
        inside = ",\n\t\t\t".join(f"{v:.12E}" for v in values)
        return f"\t{name} = (\n\t\t\t{inside});\n"

    return (
        'satId = "QB02";\nSpecId = "RPC00B";\nBEGIN_GROUP = IMAGE\n\terrBias = 0.0;\n'
        f"\tlineOffset = {c.line_offset_px};\n\tsampOffset = {c.sample_offset_px};\n\tlatOffset = {c.lat_offset_deg};\n"
        f"\tlongOffset = {c.lon_offset_deg};\n\theightOffset = {c.height_offset_m};\n\tlineScale = {c.line_scale_px};\n"
        f"\tsampScale = {c.sample_scale_px};\n\tlatScale = {c.lat_scale_deg!r};\n\tlongScale = {c.lon_scale_deg!r};\n"
        f"\theightScale = {c.height_scale_m};\n"
        + many("lineNumCoef", c.line_numerator) + many("lineDenCoef", c.line_denominator)
        + many("sampNumCoef", c.sample_numerator) + many("sampDenCoef", c.sample_denominator)
        + "END_GROUP = IMAGE\nEND;\n"
    )  # fmt: skip


def test_wrong_rpc_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a_RPC.TXT"
    path.write_text(rpc_text(replace(rpc(), line_scale_px=0.0)))
    with pytest.raises(DataError, match="scale"):
        read_rpc_file(path)
    path.write_text(rpc_text(rpc()).replace("LINE_NUM_COEFF_7", "LINE_NUM_COEFF_X"))
    with pytest.raises(DataError, match="20 belong"):
        read_rpc_file(path)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("S2A_MSIL1C_20200518T134211_N0209", "2020-05-18T13:42:11Z"),
        ("2024-03-10_field", "2024-03-10T00:00:00Z"),
        ("TERRA_MODIS_012010_NDVI_2014-07-28", "2014-07-28T00:00:00Z"),
        ("img_20241310_20240310", "2024-03-10T00:00:00Z"),
        ("scene_20240310_1015", "2024-03-10T10:15:00Z"),
        ("20230230", None),
        ("no_time_at_all_123456789", None),
    ],
)
def test_times_in_names(name: str, start: str | None) -> None:
    found = time_in(name)
    assert (found and format_utc(found[0])) == start


@given(st.text(max_size=40))
def test_no_name_makes_it_stumble(name: str) -> None:
    found = time_in(name)
    assert found is None or found[0] <= found[1]


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    here = tmp_path / "archive"
    assert "--time" in try_add(write_raster(tmp_path / "x.tif", np.ones((9, 9), np.uint8), GRID, 32633), here).because
    assert (
        "no place" in try_add(write_raster(tmp_path / "y_20240310.tif", np.ones((9, 9), np.uint8), None), here).because
    )
    named = write_raster(tmp_path / "z_20240310.tif", np.ones((2, 9, 9), np.uint8), GRID, 32633)
    assert "3 names for 2" in try_add(named, here, bands=("a", "b", "c")).because
    assert "one name" in try_add(named, here, bands=("a", "a")).because
