"""What does a picture show on a tile of the web's map? Warped from the file, reading no more than the tile needs.

Tiles are those of the WebMercatorQuad (OGC 17-083r4; EPSG:3857, level 0 is one tile of the world). Where a tile is
coarser than the picture, its overviews are read; places are those of :mod:`swath.archive.warp`, exact to 0.001 pixel of
what is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.raster_file import RasterFile, open_raster, read_small
from swath.archive.warp import RasterPlace, Sampling, covering, places_in, warp_pixels
from swath.errors import DataError, InputError
from swath.model import Grid

__all__ = ["MAX_ZOOM", "Tile", "bounds_deg", "tile_grid", "tile_of", "value_at", "warm_up"]

Array = npt.NDArray[Any]
_HALF_M = 20037508.342789244
"""half of the map's side: pi times the equator's radius of WGS 84"""
MAX_ZOOM = 24
_REACH_PX = 3


@dataclass(frozen=True)
class Tile:
    """A picture on a tile."""

    values: npt.NDArray[np.float64]
    """``(band, row, column)`` as stored"""
    seen: npt.NDArray[np.bool_]
    """``(row, column)``: all bands have a value there"""


def tile_grid(zoom: int, column: int, row: int, size_px: int = 256) -> Grid:
    """The grid of a tile. :class:`InputError` for one that does not exist."""
    if not 0 <= zoom <= MAX_ZOOM or not 0 <= column < 2**zoom or not 0 <= row < 2**zoom:
        raise InputError(f"there is no tile {zoom}/{column}/{row}", where="tile", fix=f"Zoom is 0 to {MAX_ZOOM}")
    side_m = 2.0 * _HALF_M / 2**zoom
    west_m, north_m = -_HALF_M + column * side_m, _HALF_M - row * side_m
    return Grid(3857, west_m, north_m, side_m / size_px, size_px, size_px)


def bounds_deg(path: Path) -> tuple[float, float, float, float]:
    """West, south, east, north of a picture, and so of its tiles."""
    grid = covering(open_raster(path), 3857)
    west, south, east, north = grid.bounds_m
    lats = [math.degrees(2.0 * math.atan(math.exp(y / _HALF_M * math.pi)) - math.pi / 2.0) for y in (south, north)]
    return west / _HALF_M * 180.0, lats[0], east / _HALF_M * 180.0, lats[1]


def tile_of(path: Path, grid: Grid, *, bands: Sequence[int], smooth: bool, most_px: int) -> Tile | None:
    """Bands (from 0) of a GeoTIFF on a tile; ``None`` where it shows nothing of it. ``smooth``: not for classes.

    Raises :class:`DataError` for a file that may not be read, or claims more than ``most_px`` pixels;
    :class:`InputError` for a band that it does not have.
    """
    raster = _checked(path, bands, most_px)
    sampling = places_in(raster, grid, (0, 0, grid.height, grid.width))
    x, y = sampling.x_px, sampling.y_px
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return None
    left, right = max(int(x[known].min()) - _REACH_PX, 0), min(int(x[known].max()) + _REACH_PX + 1, raster.width)
    top, bottom = max(int(y[known].min()) - _REACH_PX, 0), min(int(y[known].max()) + _REACH_PX + 1, raster.height)
    if right <= left or bottom <= top:
        return None
    coarser = max(
        float(x[known].max() - x[known].min()) / grid.width, float(y[known].max() - y[known].min()) / grid.height
    )
    step = max(1, int(coarser))
    rows, columns = -(-(bottom - top) // step), -(-(right - left) // step)
    pixels, seen = _read(raster, (top, left, rows, columns), step, bands, smooth)
    inner = Sampling((x - left + 0.5) / step - 0.5, (y - top + 0.5) / step - 0.5, sampling.spacing_px)
    shape = grid.height, grid.width
    method, ways = "bilinear" if smooth else "nearest", [raster.averagings[band] for band in bands]
    filled = warp_pixels(pixels, inner, shape, method=method, nodata=np.nan, seen=seen, averaging=ways)
    found = np.asarray(np.isfinite(filled).all(axis=0))
    return Tile(filled, found) if found.any() else None


def warm_up() -> None:
    """Have all ready that the first tile of a process would wait for: kernels, compiled once a machine; PROJ's tables.

    Without it the first tile takes 4.8 s of CPU on a fresh machine and 0.5 s on any (measured).
    """
    lying = RasterPlace(Path("none"), "EPSG:32632", (1000.0, 0.0, 500_000.0, 0.0, -1000.0, 5_000_000.0), 64, 64)
    grid = tile_grid(8, 134, 91)
    sampling = places_in(lying, grid, (0, 0, grid.height, grid.width))
    seen = np.eye(64, dtype=np.bool_)[None]
    warp_pixels(np.zeros((1, 64, 64)), sampling, (grid.height, grid.width), method="bilinear", nodata=np.nan, seen=seen)


def _checked(path: Path, bands: Sequence[int], most_px: int) -> RasterFile:
    raster = open_raster(path)
    if raster.width * raster.height > most_px:
        raise DataError(
            f"has {raster.width} x {raster.height} pixels", where=path.name, fix="Raise the limit for tiles"
        )
    wrong = [band for band in bands if not 0 <= band < raster.bands]
    if wrong or not bands:
        raise InputError(f"there is no band {wrong[:1]}", where=path.name, fix=f"It has {raster.bands}")
    return raster


def _read(
    raster: RasterFile, window: tuple[int, int, int, int], step: int, bands: Sequence[int], smooth: bool
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """A window, ``step`` pixels in one: the file's overviews answer where it has them."""
    top, left, rows, columns = window
    height, width = min(rows * step, raster.height - top), min(columns * step, raster.width - left)
    shape = -(-height // step), -(-width // step)
    data, seen = read_small(raster, shape, bands=bands, window=(top, left, height, width), mean=smooth and step > 1)
    values = np.where(seen, data, 0.0).astype(np.float64)
    return values, np.asarray(seen.all(axis=0, keepdims=True))


def value_at(path: Path, lon_deg: float, lat_deg: float, *, most_px: int) -> list[float | None] | None:
    """What does each band hold at a place? ``None``: the picture does not show it; a band without a value: null."""
    raster = _checked(path, [0], most_px)
    side_m = 1e-3
    x_m = lon_deg / 180.0 * _HALF_M
    if abs(lat_deg) > 85.0:
        return None
    y_m = math.log(math.tan(math.pi / 4.0 + math.radians(lat_deg) / 2.0)) / math.pi * _HALF_M
    sampling = places_in(raster, Grid(3857, x_m - side_m / 2, y_m + side_m / 2, side_m, 1, 1), (0, 0, 1, 1))
    column, row = sampling.x_px[0, 0] + 0.5, sampling.y_px[0, 0] + 0.5
    if not (0 <= column < raster.width and 0 <= row < raster.height):
        return None
    values, seen = read_small(raster, (1, 1), window=(int(row), int(column), 1, 1))
    return [float(v) if s else None for v, s in zip(values[:, 0, 0], seen[:, 0, 0], strict=True)]
