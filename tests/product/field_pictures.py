"""Pictures of fields for tests: GeoTIFF files and STAC items of several dates, clouds and masks included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine

from swath.model import Grid

GRID = Grid(32632, 680_000.0, 4_930_000.0, 10.0, 240, 200)


def write_bands(
    path: Path, bands: dict[str, Any], grid: Grid = GRID, *, nodata: float | None = 0, dtype: str = "uint16"
) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", width=grid.width, height=grid.height, count=len(bands), dtype=dtype, nodata=nodata,
        crs=f"EPSG:{grid.epsg}", transform=Affine(grid.pixel_m, 0, grid.west_m, 0, -grid.pixel_m, grid.north_m),
        tiled=True, blockxsize=128, blockysize=128, compress="zstd",
    ) as file:  # fmt: skip
        for number, (name, values) in enumerate(bands.items(), 1):
            file.write(values.astype(dtype), number)
            file.set_band_description(number, name)
    return path


def item(folder: Path, id: str, time: str, assets: dict[str, Any]) -> Path:
    path = folder / f"{id}.json"
    whole = {"type": "Feature", "stac_version": "1.1.0", "id": id, "properties": {"datetime": time}, "assets": assets}
    path.write_text(json.dumps(whole), "utf-8")
    return path


def dates(folder: Path, count: int, *, seed: int = 0, grid: Grid = GRID, green: Any = None) -> list[Path]:
    """``count`` items ten days apart: one file of red and near infrared, one mask of classes at half the resolution.

    ``green(number, row, column)`` gives the share of plants; a round cloud hides another part of each date.
    """
    chance = np.random.default_rng(seed)
    row, column = np.indices(grid.shape)
    items = []
    for number in range(count):
        day = str(np.datetime64("2026-04-01") + 10 * number)
        plants = green(number, row, column) if green else 0.5 + 0.3 * np.sin(column / 40 + number)
        red, nir = (0.18 - 0.14 * plants) * 1e4, (0.22 + 0.28 * plants) * 1e4
        at = chance.uniform(0, 1, 2) * grid.shape
        cloud = np.hypot(row - at[0], column - at[1]) < 0.2 * grid.width
        bands = {"red": np.where(cloud, 6000, red), "nir": np.where(cloud, 6500, nir)}
        write_bands(folder / f"{day}.tif", {k: v + chance.normal(0, 40, grid.shape) for k, v in bands.items()}, grid)
        coarse = Grid(grid.epsg, grid.west_m, grid.north_m, 2 * grid.pixel_m, grid.width // 2, grid.height // 2)
        classes = np.where(cloud[::2, ::2] | cloud[1::2, 1::2], 9, 4)
        write_bands(folder / f"{day}-scl.tif", {"scl": classes}, coarse, dtype="uint8")
        assets = {
            "data": {
                "href": f"./{day}.tif",
                "bands": [{"name": "B04", "eo:common_name": "red"}, {"name": "B08", "eo:common_name": "nir"}],
                "raster:bands": [{"scale": 1e-4, "offset": 0}] * 2,
            },
            "scl": {"href": f"./{day}-scl.tif"},
        }
        items.append(item(folder, f"scene-{day}", f"{day}T10:00:00Z", assets))
    return items
