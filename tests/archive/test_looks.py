"""Pictures as users have them: what their headers claim is held against limits before a pixel is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from swath.archive import scratch
from swath.archive.given import open_given
from swath.archive.looks import footprint_mask, read_radar, read_scene, touches, work_grid
from swath.errors import DataError, InputError, SwathError
from swath.product.room import layers_in


def write(path: Path, pixels: np.ndarray, **more: object) -> Path:
    profile = {"driver": "GTiff", "dtype": pixels.dtype.name, "count": len(pixels), "crs": "EPSG:32632"}
    profile |= {"height": pixels.shape[1], "width": pixels.shape[2], "transform": from_origin(5e5, 5e6, 10, 10), **more}
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels)
    return path


def test_an_absurdly_large_raster_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A sparse file of 90,000 x 90,000 pixels: 8.1 thousand million claimed, a few kilobytes on disk."""
    path = tmp_path / "large.tif"
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 4, "height": 90_000, "width": 90_000, "crs": "EPSG:32632"}
    more = {"transform": from_origin(5e5, 5e6, 10, 10), "tiled": True, "sparse_ok": True, "compress": "deflate"}
    with rasterio.open(path, "w", **profile, **more):
        pass
    with pytest.raises(InputError, match="pixels at once"):
        work_grid(open_given(path))
    lon, lat = 9.02, 45.1
    cut = work_grid(open_given(path), bounds_deg=(lon, lat, lon + 0.01, lat + 0.01))
    assert cut.width < 200 and cut.height < 200
    with pytest.raises(InputError, match="does not touch"):
        work_grid(open_given(path), bounds_deg=(50.0, 10.0, 51.0, 11.0))


def item_of(folder: Path, assets: dict[str, dict[str, object]], **properties: object) -> Path:
    path = folder / "item.json"
    path.write_text(json.dumps({
        "type": "Feature", "stac_version": "1.1.0", "id": "one-each", "assets": assets,
        "properties": {"datetime": "2026-05-08T10:30:00Z", **properties},
    }))  # fmt: skip
    return path


def test_an_item_with_a_file_for_each_band_is_one_picture(tmp_path: Path) -> None:
    """As the archive keeps Sentinel-2 and Landsat: sizes, scales and names differ from file to file."""
    fine, coarse = np.full((1, 8, 8), 2000, np.uint16), np.full((1, 4, 4), 3000, np.uint16)
    coarse_at = {"transform": from_origin(5e5, 5e6, 20, 20)}
    assets: dict[str, dict[str, object]] = {}
    for key, pixels, place in (
        ("coastal", coarse, coarse_at), ("blue", fine, {}), ("green", fine, {}), ("red", fine, {}), ("nir", fine, {}),
        ("swir16", coarse, coarse_at), ("scl", coarse, coarse_at),
    ):  # fmt: skip
        write(tmp_path / f"{key}.tif", pixels, nodata=0, **place)
        band = {"name": key, "eo:common_name": key, "raster:scale": 1e-4, "raster:offset": -0.1}
        assets[key] = {"href": f"./{key}.tif", "bands": [band]}
    assets["far"] = {"href": "https://example.org/swir22.tif", "bands": [{"name": "swir22"}]}
    assets["preview"] = {"href": "./preview.png"}
    found = open_given(item_of(tmp_path, assets))
    assert [name for name in found.bands if name] == ["blue", "green", "red", "nir", "swir16"]
    assert found.raster.width == 8 and found.scaled and found.id == "one-each"
    scene = read_scene(found, work_grid(found))
    assert scene.bands == ("blue", "green", "red", "nir", "swir16") and scene.grid.pixel_m == 10.0
    assert [int(band[4, 4]) for band in scene.pixels] == [1000, 1000, 1000, 1000, 2000]
    # the older words, and no words but the key
    for asset in assets.values():
        (band,) = asset.pop("bands", [{}])  # type: ignore[misc]
        if "eo:common_name" in band:
            asset["eo:bands"] = [{"name": "B", "common_name": band["eo:common_name"]}]
            asset["raster:bands"] = [{"scale": 1e-4, "offset": -0.1}]
    older = open_given(item_of(tmp_path, assets))
    assert np.array_equal(read_scene(older, work_grid(older)).pixels, scene.pixels)
    bare = open_given(item_of(tmp_path, {key: {"href": f"./{key}.tif"} for key in ("vv", "blue", "red")} | {
        "vv": {"href": "./red.tif"}}))  # fmt: skip
    assert set(bare.bands) == {"vv", "blue", "red"} and not bare.scaled
    with pytest.raises(DataError, match="lies elsewhere"):
        open_given(item_of(tmp_path, {"far": assets["far"]}))
    with pytest.raises(DataError, match="no GeoTIFF"):
        open_given(item_of(tmp_path, {"preview": assets["preview"]}))


def test_both_polarisations_of_an_item_are_read(tmp_path: Path) -> None:
    for name, level in (("vv", -1000), ("vh", -1700)):
        write(tmp_path / f"{name}.tif", np.full((1, 8, 8), level, np.int16), nodata=-32768)
    bands = {n: {"href": f"./{n}.tif", "bands": [{"name": n.upper(), "unit": "dB", "raster:scale": 0.01}]}
             for n in ("vh", "vv")}  # fmt: skip
    found = open_given(item_of(tmp_path, bands))
    look = read_radar(found, work_grid(found))
    assert {name: float(db[4, 4]) for name, db in look.db.items()} == pytest.approx({"vv": -10.0, "vh": -17.0})


def test_water_that_reflects_nothing_is_seen(tmp_path: Path) -> None:
    """With the air taken off, dark water comes out at nothing or less: no hole in the picture."""
    pixels = np.full((6, 8, 8), 1500, np.int16)
    pixels[5, 2], pixels[5, 3], pixels[:, 5] = 1000, 900, -9999
    path = write(tmp_path / "l1.tif", pixels, nodata=-9999)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (1e-4,) * 6, (-0.1,) * 6
    scene = read_scene(open_given(path), work_grid(open_given(path)))
    assert scene.pixels[5, :, 4].tolist() == [500, 500, 1, 1, 500, 0, 500, 500]
    bare = write(
        tmp_path / "bare.tif", np.where(np.arange(8) == 3, 0, 700).astype(np.uint16) * np.ones((6, 8, 1), np.uint16)
    )
    assert (read_scene(open_given(bare), work_grid(open_given(bare))).pixels[:, :, 3] == 0).all()


@settings(max_examples=40, deadline=None)
@given(east=st.floats(-3000, 3000), north=st.floats(-3000, 3000), epsg=st.sampled_from([32632, 32633, 4326]))
def test_a_picture_that_shows_something_of_a_grid_touches_it(
    tmp_path_factory: pytest.TempPathFactory, east: float, north: float, epsg: int
) -> None:
    folder = tmp_path_factory.mktemp("touch")
    first = open_given(write(folder / "a.tif", np.ones((1, 60, 90), np.uint8)))
    x, y = pyproj.Transformer.from_crs(32632, epsg, always_xy=True).transform(5e5 + east, 5e6 + north)
    size = 1e-4 if epsg == 4326 else 10.0
    there = write(
        folder / "b.tif", np.ones((1, 70, 50), np.uint8), crs=f"EPSG:{epsg}", transform=from_origin(x, y, size, size)
    )
    grid = work_grid(first)
    if footprint_mask(open_given(there), grid).any():
        assert touches(open_given(there), grid)
    far = write(folder / "c.tif", np.ones((1, 9, 9), np.uint8), crs="EPSG:32601")
    assert not touches(open_given(far), grid)


def test_bands_are_known_by_name_by_number_and_by_word(tmp_path: Path) -> None:
    pixels = np.arange(13, dtype=np.uint16)[:, None, None] * 100 + np.zeros((13, 8, 8), np.uint16) + 50
    given = open_given(write(tmp_path / "s2.tif", pixels))
    scene = read_scene(given, work_grid(given))
    assert scene.bands == ("blue", "green", "red", "nir", "swir16", "swir22")
    assert [int(b[4, 4]) for b in scene.pixels] == [150, 250, 350, 750, 1150, 1250]
    said = open_given(tmp_path / "s2.tif", bands=["nir", "red", "green", "blue", *["-"] * 9])
    assert int(read_scene(said, work_grid(said)).pixels[0, 4, 4]) == 350
    with pytest.raises(InputError, match="names for 13 bands"):
        open_given(tmp_path / "s2.tif", bands=["red"])
    bare = open_given(tmp_path / "s2.tif", bands=["red", *["-"] * 12])
    with pytest.raises(InputError, match="--bands"):
        read_scene(bare, work_grid(bare))


def test_reflectance_power_and_scratch_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fraction = write(tmp_path / "f.tif", np.full((4, 8, 8), 0.25, np.float32))
    given = open_given(fraction)
    assert (read_scene(given, work_grid(given)).pixels == 2500).all()
    monkeypatch.setattr(scratch, "IN_MEMORY_BYTES", 10)
    with layers_in(scratch.room_in(tmp_path)):
        kept = read_scene(given, work_grid(given))
    assert isinstance(kept.pixels, np.memmap) and (kept.pixels == 2500).all()
    power = open_given(write(tmp_path / "p.tif", np.full((2, 8, 8), 0.01, np.float32)))
    assert read_radar(power, work_grid(power)).db["vv"][4, 4] == pytest.approx(-20.0)


def test_what_one_band_is_counted_in_says_nothing_of_the_next(tmp_path: Path) -> None:
    pixels = np.stack([np.full((8, 8), value, np.float32) for value in (0.1, 0.2, 1500.0, 0.4)])
    given = open_given(write(tmp_path / "mixed.tif", pixels))
    assert [int(band[4, 4]) for band in read_scene(given, work_grid(given)).pixels] == [1000, 2000, 1500, 4000]


def test_a_turned_picture_leaves_its_corners_out(tmp_path: Path) -> None:
    path = write(
        tmp_path / "d.tif", np.ones((4, 60, 60), np.uint16), crs="EPSG:4326", transform=from_origin(5, 45, 1e-4, 1e-4)
    )
    given = open_given(path)
    grid = work_grid(given)
    inside = footprint_mask(given, grid)
    assert grid.epsg == 32631 and 0.9 < inside.mean() < 1.0 and not inside[0, -1]
    assert (read_scene(given, grid).pixels[0] > 0)[inside].mean() > 0.98


@settings(max_examples=25)
@given(content=st.binary(max_size=300), ending=st.sampled_from([".tif", ".json", ".jp2"]))
def test_any_bytes_are_refused_in_words(content: bytes, ending: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / f"x{ending}"
    path.write_bytes((b"II*\0" if ending == ".tif" else b"") + content)
    with pytest.raises(SwathError):
        open_given(path)


@pytest.mark.parametrize("href", ["https://example.com/a.tif", "/vsicurl/a.tif", "s3://b/a.tif"])
def test_an_item_names_only_files_here(href: str, tmp_path: Path) -> None:
    item = {"id": "i", "properties": {}, "assets": {"a": {"href": href, "bands": [{"name": "vv"}]}}}
    (tmp_path / "i.json").write_text(json.dumps(item))
    with pytest.raises(SwathError, match="elsewhere"):
        open_given(tmp_path / "i.json")
