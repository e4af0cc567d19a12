"""Tiles of the web's map: quick from the first one on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio._env import get_gdal_config
from rasterio.transform import from_origin

from swath.archive import warp_kernels
from swath.archive.map_tile import bounds_deg, tile_grid, tile_of, warm_up
from swath.archive.raster_file import dataset


def picture(path: Path) -> Path:
    """Of 300 by 200 pixels of 10 m at 9 E, 45.15 N, its first rows not seen."""
    profile = {"driver": "GTiff", "width": 300, "height": 200, "count": 1, "dtype": "uint16", "nodata": 0}
    image = np.arange(300 * 200, dtype=np.uint16).reshape(200, 300)
    image[:20] = 0
    with rasterio.open(
        path, "w", crs="EPSG:32632", transform=from_origin(500_000, 5_000_000, 10, 10), **profile
    ) as file:
        file.write(image, 1)
    return path


def test_blocks_of_a_file_are_kept_while_it_is_read(tmp_path: Path) -> None:
    """rasterio takes the size of GDAL's cache in bytes: 64 of them meant that every row decoded its blocks again."""
    with dataset(picture(tmp_path / "a.tif")):
        assert get_gdal_config("GDAL_CACHEMAX") == 64 * 2**20


def test_what_is_made_ready_is_what_tiles_run(tmp_path: Path) -> None:
    warm_up()
    before = [list(kernel.signatures) for kernel in (warp_kernels.warp_tile, warp_kernels.worst_apart)]
    assert all(before)
    path = picture(tmp_path / "a.tif")
    west, south, east, north = bounds_deg(path)
    assert west < 9.01 < east and south < 45.14 < north
    for smooth in (True, False):
        tile = tile_of(path, tile_grid(13, 4301, 2941), bands=[0], smooth=smooth, most_px=10**6)
        assert tile is not None and tile.seen.any() and not tile.seen.all()
    assert [list(kernel.signatures) for kernel in (warp_kernels.warp_tile, warp_kernels.worst_apart)] == before
