"""What does a band of a file show on a grid, part by part? Within 0.001 pixel of exact, or totals over each pixel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from swath.archive.averaging import Averaging
from swath.archive.raster_file import RasterFile, dataset, read_mask, read_window
from swath.archive.warp import Sampling, looked_at, places_in, warp_pixels
from swath.errors import DataError
from swath.model import Grid

__all__ = ["place_of", "sampled", "tiles", "total_of"]

Array = npt.NDArray[Any]

_TILE_PX = 2048
_MOST_TILE_SOURCE_PX = 2**26
_FINER = 2.0
"""pixels of a picture across one of the grid, beyond which their mean is taken"""


def tiles(raster: RasterFile, grid: Grid) -> Iterator[tuple[int, int, int, int]]:
    """Top, left, rows and columns of parts of a grid, the smaller the finer the picture that they look at is."""
    middle = (max(grid.height // 2 - 1, 0), max(grid.width // 2 - 1, 0), 2, 2)
    size = int(np.clip(_TILE_PX / max(_pixels_apart(places_in(raster, grid, middle)), 1.0), 64, _TILE_PX))
    for top in range(0, grid.height, size):
        for left in range(0, grid.width, size):
            yield top, left, min(size, grid.height - top), min(size, grid.width - left)


def _pixels_apart(sampling: Sampling) -> float:
    """How many pixels of the picture neighbours on the grid are apart, at the first of them; 1 where nothing is."""
    x, y = sampling.x_px, sampling.y_px
    apart = np.hypot(x[1:, 1:] - x[:-1, :-1], y[1:, 1:] - y[:-1, :-1]) / sampling.spacing_px / np.sqrt(2.0)
    return float(np.nan_to_num(apart, nan=1.0).max(initial=0.0)) or 1.0


def place_of(tile: tuple[int, int, int, int]) -> tuple[slice, slice]:
    """Rows and columns of a part."""
    top, left, rows, columns = tile
    return slice(top, top + rows), slice(left, left + columns)


def sampled(
    raster: RasterFile, grid: Grid, tile: tuple[int, int, int, int], band: int, nearest: bool,
    averaging: Averaging | None = None,
) -> Array:  # fmt: skip
    """A part of a grid as a band shows it, within 0.001 pixel of exact (:mod:`warp`); means of much finer pixels.

    ``averaging``, where it is better known than the file says it.
    """
    shape = (tile[2], tile[3])
    sampling, method = places_in(raster, grid, tile), "nearest" if nearest else "bilinear"
    if not nearest and _pixels_apart(sampling) > _FINER:
        sampling, method = places_in(raster, grid, tile, corners=True), "average"
    window = looked_at(sampling, raster, _MOST_TILE_SOURCE_PX)
    if window is None:
        return np.full(shape, np.nan, np.float32)
    pixels = read_window(raster, *window, bands=(band,))
    known = np.isfinite(pixels) if pixels.dtype.kind == "f" else np.ones(pixels.shape, np.bool_)
    if raster.nodata is not None and raster.nodata == raster.nodata:
        known &= pixels != pixels.dtype.type(raster.nodata)
    if raster.masked:
        known &= read_mask(raster, *window)
    moved = Sampling(sampling.x_px - window[1], sampling.y_px - window[0], sampling.spacing_px)
    of = raster.averagings[band] if averaging is None else averaging
    stored = pixels.astype(np.float32)
    values = warp_pixels(stored, moved, shape, method=method, nodata=np.nan, seen=known, averaging=[of])[0]
    return np.asarray(np.where(np.isfinite(values), values, np.nan), np.float32)


def total_of(raster: RasterFile, grid: Grid, tile: tuple[int, int, int, int], band: int) -> Array:
    """The sum of a band over the ground of each pixel of a part of a grid, by GDAL's own rule."""
    transform = Affine(grid.pixel_m, 0.0, grid.west_m, 0.0, -grid.pixel_m, grid.north_m)
    try:
        with (
            dataset(raster.path) as file,
            WarpedVRT(
                file, crs=f"EPSG:{grid.epsg}", transform=transform, width=grid.width, height=grid.height,
                resampling=Resampling.sum, tolerance=0.001, nodata=np.nan if file.nodata is None else file.nodata,
                src_nodata=file.nodata, dtype="float32",
            ) as warped,
        ):  # fmt: skip
            data = warped.read(band + 1, masked=True, window=Window(tile[1], tile[0], tile[3], tile[2]))
    except ValueError as error:
        raise DataError(f"cannot be read: {error}", where=str(raster.path), fix="Get the file again") from error
    values = np.asarray(data.filled(np.nan), np.float32)
    values[~np.isfinite(values)] = np.nan
    return values
