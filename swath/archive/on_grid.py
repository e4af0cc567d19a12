"""What does a picture show on another grid, and how does what is made there become a file? Part by part, any size.

A *view* reads a part of an asset (whatever its system, transform and pixel size) as it looks on a grid: bit for bit
where the pixels coincide, else warped once (:mod:`warp`), laid over a reference by a displacement if one is given.
:func:`asset_on_grid` turns a function that makes parts of a grid into an asset to be written, marked where simulated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
from rasterio.transform import Affine

from swath.archive.displacement import Displacement
from swath.archive.mark import FRAME_TAG, SIMULATED_TAG, frame_rows, frame_width_px, framed_grid
from swath.archive.outside import OutsideAsset, OutsideBand, Placed
from swath.archive.raster_file import in_order
from swath.archive.warp import RasterPlace, Sampling, covering, displaced_places, looked_at, places_in, warp_pixels
from swath.errors import InputError
from swath.model import SIMULATED, Grid

__all__ = [
    "Part",
    "View",
    "asset_grid",
    "asset_on_grid",
    "asset_place",
    "common_grid",
    "known_pixels",
    "missing_value",
    "read_part",
]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Part = Callable[[int, int, int, int], Array]
"""``part(top, left, rows, columns)`` gives ``(band, row, column)``"""

_TILE_PX = 1024
_MOST_SOURCE_PX = 2**28
_NEAR_PX = 1e-6


def asset_place(asset: OutsideAsset) -> RasterPlace:
    """Where an asset lies. :class:`InputError` for one that is placed by RPC alone."""
    if asset.placed.transform is None:
        raise InputError("is not on the map", where=asset.key, fix="Put it there first: swath archive ortho")
    wide = asset.frame_px
    a, b, c, d, e, f = tuple(asset.placed.transform @ Affine.translation(wide, wide))[:6]
    width, height = asset.width - 2 * wide, asset.height - 2 * wide
    return RasterPlace(Path(asset.key), _spoken(asset.placed.crs), (a, b, c, d, e, f), width, height)


@lru_cache(maxsize=64)
def _spoken(wkt: str) -> str:
    try:
        epsg = pyproj.CRS.from_user_input(wkt).to_epsg()
    except pyproj.exceptions.CRSError as error:
        raise InputError(f"its system is not understood: {error}", fix="Warp it to a common one") from error
    return f"EPSG:{epsg}" if epsg else wkt


def asset_grid(asset: OutsideAsset) -> Grid | None:
    """The grid of an asset that lies north-up with square pixels in metres; None for any other."""
    place = asset_place(asset)
    a, b, c, d, e, f = place.affine
    epsg = place.crs.removeprefix("EPSG:")
    if not epsg.isdigit() or b != 0.0 or d != 0.0 or a <= 0.0 or abs(a + e) > 1e-9 * a:
        return None
    crs = pyproj.CRS.from_epsg(int(epsg))
    if not crs.is_projected or abs(crs.axis_info[0].unit_conversion_factor - 1.0) > 1e-9:
        return None
    return Grid(int(epsg), c, f, a, place.width, place.height)


def common_grid(assets: Sequence[OutsideAsset], *, epsg: int | None = None, pixel_m: float | None = None) -> Grid:
    """The grid that holds all assets: of the first one's system and pixels, unless said otherwise.

    Where the first is no north-up grid in metres, in the UTM zone of its middle. Its pixels coincide with those of the
    first where system and size are the same. Raises what :func:`warp.covering` raises.
    """
    first = asset_grid(assets[0])
    epsg = epsg or (first.epsg if first else _utm_of(asset_place(assets[0])))
    kept = first if first is not None and first.epsg == epsg and pixel_m in (None, first.pixel_m) else None
    grids = [kept or covering(asset_place(assets[0]), epsg, pixel_m=pixel_m)]
    size = grids[0].pixel_m
    for asset in assets[1:]:
        own = asset_grid(asset)
        grids.append(own if own is not None and own.epsg == epsg else covering(asset_place(asset), epsg, pixel_m=size))
    bounds = np.array([grid.bounds_m for grid in grids])
    (west, south), (east, north) = map(float, bounds[:, :2].min(0)), map(float, bounds[:, 2:].max(0))
    if kept is not None:  # whole pixels of the first, outwards
        west = kept.west_m + np.floor((west - kept.west_m) / size + 1e-6) * size
        north = kept.north_m - np.floor((kept.north_m - north) / size + 1e-6) * size
    width, height = int(np.ceil((east - west) / size - 1e-6)), int(np.ceil((north - south) / size - 1e-6))
    return Grid(epsg, float(west), float(north), float(size), max(width, 1), max(height, 1))


def _utm_of(place: RasterPlace) -> int:
    from swath.archive.grids import map_epsg

    x, y = Affine(*place.affine) * (place.width / 2.0, place.height / 2.0)
    lon, lat = pyproj.Transformer.from_crs(place.crs, "OGC:CRS84", always_xy=True).transform(x, y)
    if not (np.isfinite(lon) and np.isfinite(lat)):
        raise InputError("its place is not on Earth", where=str(place.path), fix="Check its system")
    return map_epsg(lon_deg=float(lon), lat_deg=float(lat))


def missing_value(asset: OutsideAsset) -> float:
    """The asset's own no data, or what stands for it: 0, with a sign the lowest number, of real ones NaN."""
    if asset.nodata is not None:
        return asset.nodata
    dtype = np.dtype(asset.dtype)
    return float("nan") if dtype.kind == "f" else 0.0 if dtype.kind == "u" else float(np.iinfo(dtype).min)


def read_part(
    asset: OutsideAsset, top: int, left: int, rows: int, columns: int, *, bands: Sequence[int] | None = None
) -> Array:
    """Stored values of a part inside an asset's data, ``(band, row, column)``; of ``bands`` (from 0) alone if named."""
    wide = asset.frame_px
    if asset.window is not None:
        return asset.window(top + wide, left + wide, rows, columns, bands)
    pixels = asset.strip(top + wide, rows)[:, :, left + wide : left + wide + columns]
    return pixels if bands is None else pixels[list(bands)]


def known_pixels(asset: OutsideAsset, pixels: Array) -> Mask:
    """Which pixels of a part have data in every band, ``(row, column)``?

    Where an asset names no value for no data and no band says it, whole numbers that are 0 (:func:`missing_value`) in
    every band are none.
    """
    data = pixels[:-1] if asset.alpha else pixels
    known = np.ones(pixels.shape[1:], np.bool_)
    if asset.nodata is None and not asset.alpha and pixels.dtype.kind in "iu":
        known = np.asarray((data != data.dtype.type(missing_value(asset))).any(0))
    for band in data:
        if asset.nodata is not None and asset.nodata == asset.nodata:
            known &= band != band.dtype.type(asset.nodata)
        if band.dtype.kind == "f":
            known &= np.isfinite(band)
    return known & (pixels[-1] != 0) if asset.alpha else known


@dataclass(frozen=True)
class View:
    """An asset as it looks on a grid; its alpha band has become no data."""

    asset: OutsideAsset
    grid: Grid
    method: str
    """of :func:`warp.warp_pixels`; ``nearest`` is taken for classes whatever it says"""
    displacement: Displacement | None = None
    """the asset shows at (row, column) + it, on the grid, what belongs at (row, column)"""

    @property
    def bands(self) -> tuple[OutsideBand, ...]:
        """Of its parts."""
        return self.asset.bands[:-1] if self.asset.alpha else self.asset.bands

    @property
    def nodata(self) -> float:
        """Of its parts."""
        return missing_value(self.asset)

    def part(self, top: int, left: int, rows: int, columns: int) -> tuple[Array, Mask]:
        """Values ``(band, row, column)`` and where they are known ``(row, column)``; what is not is ``nodata``."""
        tile = (top, left, rows, columns)
        offset = self._offset()
        out = self._copied(offset, tile) if offset is not None else self._warped(tile)
        return out, known_pixels(replace(self.asset, alpha=False), out)

    def _offset(self) -> tuple[int, int] | None:
        """Row and column of the asset at the grid's first pixel, where the pixels of the two coincide."""
        own = asset_grid(self.asset)
        if own is None or self.displacement is not None or own.epsg != self.grid.epsg:
            return None
        down, across = (own.north_m - self.grid.north_m) / own.pixel_m, (self.grid.west_m - own.west_m) / own.pixel_m
        apart = max(abs(down - round(down)), abs(across - round(across)))
        apart = max(apart, abs(own.pixel_m / self.grid.pixel_m - 1.0) * max(self.grid.shape))
        return (round(down), round(across)) if apart < _NEAR_PX * 1e3 else None

    def _copied(self, offset: tuple[int, int], tile: tuple[int, int, int, int]) -> Array:
        top, left, rows, columns = tile
        place = asset_place(self.asset)
        first_row, first_column = top + offset[0], left + offset[1]
        a, b = max(first_row, 0), min(first_row + rows, place.height)
        c, d = max(first_column, 0), min(first_column + columns, place.width)
        out = np.full((len(self.bands), rows, columns), self.nodata, self.asset.dtype)
        if b > a and d > c:
            pixels = read_part(self.asset, a, c, b - a, d - c)
            there = np.s_[:, a - first_row : b - first_row, c - first_column : d - first_column]
            known = known_pixels(self.asset, pixels)
            out[there] = np.where(known, pixels[: len(self.bands)], out.dtype.type(self.nodata))
        return out

    def _warped(self, tile: tuple[int, int, int, int]) -> Array:
        place, (_, _, rows, columns) = asset_place(self.asset), tile
        method = "nearest" if self.asset.categorical else self.method
        empty = np.full((len(self.bands), rows, columns), self.nodata, self.asset.dtype)
        if self.displacement is None:
            sampling = places_in(place, self.grid, tile, corners=method == "average")
        else:
            sampling = displaced_places(place, self.grid, tile, self.displacement)
        window = looked_at(sampling, place, _MOST_SOURCE_PX)
        if window is None:
            return empty
        pixels = read_part(self.asset, *window)
        seen = known_pixels(self.asset, pixels)[None]
        moved = Sampling(sampling.x_px - window[1], sampling.y_px - window[0], sampling.spacing_px)
        kept = np.ascontiguousarray(pixels[: len(self.bands)])
        averaging = [band.averaging for band in self.bands]
        return warp_pixels(
            kept, moved, (rows, columns), method=method, nodata=self.nodata, seen=seen, averaging=averaging
        )


def asset_on_grid(
    part: Part,
    grid: Grid,
    *,
    key: str,
    title: str,
    bands: Sequence[OutsideBand],
    dtype: str,
    nodata: float | None,
    simulated: bool,
    categorical: bool = False,
    roles: tuple[str, ...] = ("data",),
    more: dict[str, Any] | None = None,
    workers: int = 0,
) -> OutsideAsset:
    """What makes parts of a grid, as an asset to be written strip by strip; what is simulated gets its frame.

    Parts are asked for in tiles of 1024 columns, by so many threads at once (0: two, where the machine has them).
    """
    outer, wide = (framed_grid(grid), frame_width_px(grid)) if simulated else (grid, 0)
    return OutsideAsset(
        key=key,
        title=title,
        bands=tuple(bands),
        width=outer.width,
        height=outer.height,
        dtype=dtype,
        placed=Placed(
            Affine(grid.pixel_m, 0.0, outer.west_m, 0.0, -grid.pixel_m, outer.north_m),
            rasterio.crs.CRS.from_epsg(grid.epsg).to_wkt(),
        ),
        strip=_strips(part, grid, outer, wide, len(bands), dtype, workers or min(2, os.cpu_count() or 1)),
        nodata=nodata,
        roles=roles,
        categorical=categorical,
        frame_px=wide,
        tags=_tags(title, wide) if simulated else {},
        more={**(more or {}), **({"swath:frame_px": wide} if simulated else {})},
    )


def _strips(
    part: Part, grid: Grid, outer: Grid, wide: int, bands: int, dtype: str, workers: int
) -> Callable[[int, int], Array]:
    """Strips of full width of the file's grid, made of parts of the data's."""
    frame = frame_rows(grid, dtype) if wide else None

    def made(top: int, rows: int, out: Array) -> None:
        tiles = [(left, min(_TILE_PX, grid.width - left)) for left in range(0, grid.width, _TILE_PX)]
        found = in_order(lambda tile: part(top, tile[0], rows, tile[1]), tiles, workers=workers)
        for (left, columns), pixels in zip(tiles, found, strict=True):
            out[:, :, left : left + columns] = pixels

    def strip(first: int, rows: int) -> Array:
        out = np.empty((bands, rows, outer.width), dtype)
        if frame is not None:
            out[:] = frame(first, rows)
        top, bottom = max(first, wide), min(first + rows, outer.height - wide)
        if bottom > top:
            made(top - wide, bottom - top, out[:, top - first : bottom - first, wide : wide + grid.width])
        return out

    return strip


def _tags(title: str, frame_px: int) -> dict[str, str]:
    return {SIMULATED_TAG: "true", FRAME_TAG: str(frame_px), "TIFFTAG_IMAGEDESCRIPTION": f"{SIMULATED}: {title}"}
