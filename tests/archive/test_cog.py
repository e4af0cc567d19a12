"""Rasters on disk: a valid Cloud-Optimized GeoTIFF, whole or absent, marked in every band; and previews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from PIL import Image

from swath.archive.cog import read_cog, write_cog
from swath.archive.mark import frame_mask, frame_width_px, framed_grid, is_marked
from swath.archive.quicklook import natural_colour, radar_grey, write_quicklook
from swath.errors import DataError, InputError
from swath.model import Grid

GRID = Grid(32632, 600_000.0, 4_980_000.0, 5.0, 1300, 1100)
SMALL = Grid(32632, 600_000.0, 4_980_000.0, 5.0, 40, 30)


def some(grid: Grid, dtype: str, seed: int = 0) -> npt.NDArray[Any]:
    rows, columns = np.mgrid[: grid.height, : grid.width]
    value = 100 + 80 * np.sin(rows / 40.0 + seed) * np.cos(columns / 60.0)
    layer = value.astype(dtype)
    layer[:5, :7] = 0
    return layer


def layers(grid: Grid, dtype: str = "uint16") -> dict[str, npt.NDArray[Any]]:
    return {name: some(grid, dtype, seed) for seed, name in enumerate(("blue", "green", "red", "nir"))}


def written(folder: Path, grid: Grid = SMALL, dtype: str = "uint16", **options: Any) -> Path:
    given = {"nodata": 0, "simulated": True, "description": "a test"} | options
    name = "scene_SIMULATED.tif" if given["simulated"] else "scene.tif"
    return write_cog(folder / name, layers(grid, dtype), grid, **given)


@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32"])
def test_what_is_written_is_read_back(tmp_path: Path, dtype: str, simulated: bool) -> None:
    nodata = float("nan") if dtype == "float32" else 0
    path = written(tmp_path, GRID, dtype, simulated=simulated, nodata=nodata, tags={"SWATH_SCENE": "a-1 <&>"})
    back = read_cog(path)
    assert back.grid == GRID and back.simulated is simulated and back.tags["SWATH_SCENE"] == "a-1 <&>"
    assert list(back.layers) == ["blue", "green", "red", "nir"]
    assert back.nodata == nodata or (np.isnan(back.nodata) and np.isnan(nodata))
    for name, layer in layers(GRID, dtype).items():
        assert back.layers[name].dtype == layer.dtype and np.array_equal(back.layers[name], layer)


def directories(content: bytes) -> list[tuple[int, int, int]]:
    """Of each picture in a little-endian TIFF 6.0: where its directory is, where its first tile is, its width."""

    def number(at: int, size: int = 4) -> int:
        return int.from_bytes(content[at : at + size], "little")

    assert content[:4] == b"II*\0"
    found, at = [], number(4)
    while at:
        entries = number(at, 2)
        fields = {number(k, 2): k for k in range(at + 2, at + 2 + 12 * entries, 12)}
        offsets, width = fields[324], fields[256]
        first_tile = number(offsets + 8) if number(offsets + 4) == 1 else number(number(offsets + 8))
        found.append((at, first_tile, number(width + 8, 2 if number(width + 2, 2) == 3 else 4)))
        at = number(at + 2 + 12 * entries)
    return found


def test_the_layout_is_that_of_a_cog(tmp_path: Path) -> None:
    """GDAL's own word (LAYOUT=COG), and what it promises read byte by byte: directories first, small pixels first."""
    path = written(tmp_path, GRID)
    with rasterio.open(path) as file:
        structure = file.tags(ns="IMAGE_STRUCTURE")
        assert (structure["LAYOUT"], structure["COMPRESSION"], structure["PREDICTOR"]) == ("COG", "ZSTD", "2")
        assert file.block_shapes == [(512, 512)] * 4
        assert file.overviews(1) == [2, 4]
        assert file.descriptions == ("blue", "green", "red", "nir") and file.nodata == 0
        assert file.crs.to_epsg() == 32632
    positions, first_tiles, widths = zip(*directories(path.read_bytes()), strict=True)
    wide = framed_grid(GRID).width
    assert widths == (wide, -(-wide // 2), -(-wide // 4))
    assert list(positions) == sorted(positions) and max(positions) < min(first_tiles)
    assert list(first_tiles) == sorted(first_tiles, reverse=True)


def test_overviews_are_means_of_what_is_known_or_every_second_class(tmp_path: Path) -> None:
    layer = some(GRID, "uint8")
    layer[100:200, 300:500:2] = 0
    for categorical in (False, True):
        path = tmp_path / f"o{categorical}.tif"
        write_cog(path, {"x": layer}, GRID, nodata=0, simulated=False, description="", categorical=categorical)
        with rasterio.open(path, overview_level=0) as file:
            half = file.read(1)
        if categorical:
            assert np.array_equal(half, layer[::2, ::2])
            continue
        four = layer.reshape(550, 2, 650, 2).astype(float)
        known = (four > 0).sum((1, 3))
        mean = np.floor(four.sum((1, 3)) / np.maximum(known, 1) + 0.5)
        assert np.array_equal(half, np.where(known, mean, 0))


def test_same_data_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    assert written(tmp_path / "a").read_bytes() == written(tmp_path / "b").read_bytes()


def test_it_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    before = path.read_bytes()

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "no space left on the device")

    monkeypatch.setattr("swath.archive.raster_out.put_together", fail)
    with pytest.raises(DataError, match="no space"):
        written(tmp_path, description="another")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # no scrap left
    assert path.read_bytes() == before


def test_refusals(tmp_path: Path) -> None:
    wrong = {"a": np.zeros((30, 41), np.uint16)}
    mixed = {"a": np.zeros((30, 40), np.uint16), "b": np.zeros((30, 40), np.uint8)}
    for bad in (wrong, mixed, {}, {"a": np.zeros((30, 40), np.complex64)}):
        with pytest.raises(InputError, match="share a file"):
            write_cog(tmp_path / "x.tif", bad, SMALL, nodata=0, simulated=False, description="")
    with pytest.raises(InputError, match="must be named so"):
        write_cog(tmp_path / "x.tif", layers(SMALL), SMALL, nodata=0, simulated=True, description="")
    for content in (b"", b"II*\0", b'<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>'):
        (tmp_path / "y.tif").write_bytes(content)
        with pytest.raises(DataError, match="no raster of ours"):
            read_cog(tmp_path / "y.tif")
    with pytest.raises(DataError):
        read_cog(tmp_path / "absent.tif")


@pytest.mark.parametrize("grid", [SMALL, GRID, Grid(32632, 0.0, 0.0, 5.0, 1, 1), Grid(32632, 0.0, 0.0, 5.0, 2500, 7)])
def test_every_band_of_a_simulated_raster_is_marked(tmp_path: Path, grid: Grid) -> None:
    path = written(tmp_path, grid)
    assert is_marked(path)
    with rasterio.open(path) as file:
        pixels = file.read()
        assert file.transform.c == grid.west_m - frame_width_px(grid) * 5 == framed_grid(grid).west_m
        assert file.tags()["TIFFTAG_IMAGEDESCRIPTION"] == "SIMULATED: a test"
        assert file.tags()["TIFFTAG_SOFTWARE"].startswith("swath ")
    mask = frame_mask(grid)
    assert pixels.shape[1:] == mask.shape == framed_grid(grid).shape
    assert (~mask).sum() == grid.width * grid.height
    for band in pixels:
        assert set(np.unique(band[mask])) == {1, 10_000}


def test_a_mark_that_is_missing_anywhere_is_missed(tmp_path: Path) -> None:
    path = written(tmp_path)
    with rasterio.open(path) as file:
        profile, pixels, tags = file.profile, file.read(), file.tags()

    def copy(name: str, image: npt.NDArray[Any], said: dict[str, str]) -> Path:
        profile.update(driver="GTiff", width=image.shape[2], height=image.shape[1])
        with rasterio.open(tmp_path / name, "w", **profile) as file:
            file.write(image)
            file.update_tags(**said)
        return tmp_path / name

    assert is_marked(copy("a_SIMULATED.tif", pixels, tags))
    assert not is_marked(copy("a.tif", pixels, tags))
    assert not is_marked(copy("b_SIMULATED.tif", pixels, {**tags, "SWATH_SIMULATED": "false"}))
    assert not is_marked(copy("c_SIMULATED.tif", pixels, {**tags, "TIFFTAG_IMAGEDESCRIPTION": "Po, 2026"}))
    assert not is_marked(copy("d_SIMULATED.tif", pixels, {**tags, "SWATH_FRAME_PX": "0"}))
    assert not is_marked(copy("e_SIMULATED.tif", pixels, {**tags, "SWATH_FRAME_PX": "999"}))
    for band in range(4):
        for row, column in ((0, 0), (-1, -1), (25, 0), (25, -1)):
            spoiled = pixels.copy()
            spoiled[band, row, column] = 1234
            assert not is_marked(copy("f_SIMULATED.tif", spoiled, tags))
    wide = frame_width_px(SMALL)
    assert not is_marked(copy("g_SIMULATED.tif", pixels[:, wide:-wide, wide:-wide], tags))
    unmarked = write_cog(tmp_path / "h_SIMULATED.tif", layers(SMALL), SMALL, nodata=0, simulated=False, description="")
    assert not is_marked(unmarked)


def test_previews_are_small_and_marked(tmp_path: Path) -> None:
    pixels = np.stack([some(GRID, "uint16", k) for k in range(4)])
    image = natural_colour(pixels, ("blue", "green", "red", "nir"))
    assert image.shape == (550, 650, 3) and image.dtype == np.uint8
    assert (image[:2, :3] == 32).all()  # no data is grey
    path = write_quicklook(tmp_path / "q_SIMULATED.png", image, simulated=True, description="a test")
    assert is_marked(path)
    with Image.open(path) as file:
        assert file.info["Description"] == "SIMULATED: a test"
        changed = (np.asarray(file) != image).any(-1)
    assert 0.04 < changed.mean() < 0.35
    assert changed[:275].any() and changed[275:].any() and changed[:, :325].any() and changed[:, 325:].any()
    with pytest.raises(InputError, match="must be named so"):
        write_quicklook(tmp_path / "q.png", image, simulated=True, description="")
    plain = write_quicklook(tmp_path / "r_SIMULATED.png", image, simulated=False, description="SIMULATED")
    assert not is_marked(plain)
    Image.fromarray(np.full((9, 9, 3), 255, np.uint8)).save(tmp_path / "t_SIMULATED.png")
    assert not is_marked(tmp_path / "t_SIMULATED.png")


def test_colours_are_natural(tmp_path: Path) -> None:
    """Bright red ground is red, black and white are, one band is grey, nothing seen is grey."""
    pixels = np.full((3, 60, 60), 500, np.uint16)
    pixels[2, :30] = 3000
    pixels[:, 40:50] = 3000
    image = natural_colour(pixels, ("blue", "green", "red"))
    assert image[10, 10, 0] > 200 and image[10, 10, 1] < 30
    assert (image[45, 10] > 200).all() and (image[55, 10] < 30).all()
    grey = natural_colour(pixels[2:], ("pan",))
    assert (grey[..., 0] == grey[..., 1]).all()
    assert (natural_colour(np.zeros((3, 8, 8), np.uint16), ("blue", "green", "red")) == 32).all()


def test_a_radars_picture_is_stretched_in_decibels() -> None:
    """Water at -22 dB, land at -10 dB and a village 20 dB above: all three are told apart, speckle stays speckle."""
    rng = np.random.default_rng(1)
    power_db = np.full((300, 400), -10.0)
    power_db[:, 150:250] = -22.0
    power_db[100:110, 20:40] = 10.0
    amplitude = np.round(3000.0 * np.sqrt(10.0 ** (power_db / 10.0) * rng.gamma(6.0, 1.0 / 6.0, power_db.shape)))
    pixels = np.clip(amplitude, 1, 65535).astype(np.uint16)
    pixels[:20] = 0
    image = radar_grey(pixels)
    assert image.shape == (300, 400, 3) and (np.ptp(image, -1) == 0).all() and (image[:20] == 32).all()
    assert image[40:, 160:240].mean() < 60 and 110 < image[40:, 270:].mean() < 235
    assert image[102:108, 22:38].mean() > 250
    linear = natural_colour(pixels[None], ("vv",))
    assert np.ptp([image[40:, 270:].mean(), image[40:, 160:240].mean()]) > np.ptp(
        [linear[40:, 270:].mean(), linear[40:, 160:240].mean()]
    )
    level = np.full((64, 64), 900, np.uint16)
    assert np.ptp(radar_grey(level)) == 0 and radar_grey(pixels, most_px=100).shape == (75, 100, 3)
    assert (radar_grey(np.zeros((8, 8), np.uint16)) == 32).all()


def test_marks_of_unknown_files_are_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no mark is known"):
        is_marked(tmp_path / "x_SIMULATED.csv")
    (tmp_path / "x_SIMULATED.tif").write_bytes(b"no picture")
    with pytest.raises(DataError, match="cannot be read"):
        is_marked(tmp_path / "x_SIMULATED.tif")
    with pytest.raises(DataError, match="cannot be read"):
        is_marked(tmp_path / "absent_SIMULATED.png")
