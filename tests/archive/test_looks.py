"""Pictures as users have them: what their headers claim is held against limits before a pixel is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from swath.archive import scratch
from swath.archive.looks import footprint_mask, open_given, read_radar, read_scene, work_grid
from swath.errors import InputError, SwathError
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
