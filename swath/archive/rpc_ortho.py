"""Any picture with rational polynomials on the map: over a terrain model and the geoid, refined on another picture.

The RPC says at which line and column a place at a height is seen. Heights and polynomials are found at each fourth
pixel (each sixteenth over flat ground) and are bilinear between, as are counts between four samples. How exactly:
tests/archive/test_rpc_ortho.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.geolocation import Geolocation, measure_geolocation
from swath.archive.grids import covering_grid, map_to_geodetic
from swath.archive.heights import Terrain
from swath.archive.node_kernels import resample_nodes
from swath.archive.on_grid import asset_on_grid, missing_value
from swath.archive.outside import OutsideAsset
from swath.archive.rpc import Rpc, rpc_ground, rpc_image
from swath.errors import DataError, InputError
from swath.model import Grid

__all__ = ["Refinement", "RpcPicture", "map_block", "on_map", "refine_bias", "rpc_grid"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

_SPACING_PX, _RELIEF_SPACING_PX = 16, 4
_MARGIN_PX = 2
_MOST_SOURCE_PX = 400_000_000
_MOST_MATCH_PX = 4_000_000
_ROUNDS = 2


@dataclass(frozen=True)
class RpcPicture:
    """A picture as the camera saw it, its polynomials, and the ground under it."""

    asset: OutsideAsset
    rpc: Rpc
    """counted from the middle of the asset's first pixel, its frame's where it has one"""
    terrain: Terrain | None
    height_m: float
    """of the ground above the ellipsoid, where there is no terrain model"""

    def height_at(self, lon_deg: Floats, lat_deg: Floats) -> Floats:
        """Heights above the ellipsoid at places."""
        if self.terrain is None:
            return np.full(np.shape(lon_deg), self.height_m)
        return self.terrain.at(lon_deg, lat_deg)


def rpc_grid(picture: RpcPicture, *, pixel_m: float) -> Grid:
    """The grid over all that a picture saw, in the UTM zone of its middle, snapped to whole pixels.

    Raises :class:`DataError` where the polynomials cannot be turned round, or the terrain model lies elsewhere.
    """
    wide, asset = picture.asset.frame_px, picture.asset
    ends = np.linspace(0.0, 1.0, 9)
    line, column = np.meshgrid(
        wide - 0.5 + ends * (asset.height - 2 * wide), wide - 0.5 + ends * (asset.width - 2 * wide), indexing="ij"
    )
    height: Floats = np.full(line.shape, picture.height_m)
    for _ in range(4):
        lon, lat = rpc_ground(picture.rpc, line, column, height_m=height)
        if picture.terrain is None:
            break
        height = picture.terrain.at(lon, lat, require=True)
    return covering_grid(lon, lat, pixel_m=pixel_m)


def map_block(picture: RpcPicture, grid: Grid, top: int, left: int, rows: int, columns: int) -> Array | None:
    """All bands ``(band, row, column)`` on a part of a grid; None where the picture shows nothing of it."""
    asset, spacing = picture.asset, _RELIEF_SPACING_PX if picture.terrain else _SPACING_PX
    east, north = np.meshgrid(
        grid.west_m + (left + np.arange(0, columns + spacing, spacing) + 0.5) * grid.pixel_m,
        grid.north_m - (top + np.arange(0, rows + spacing, spacing) + 0.5) * grid.pixel_m,
    )
    lon, lat = map_to_geodetic(grid.epsg, east, north)
    with np.errstate(all="ignore"):  # far outside a picture its polynomials may have poles
        line, column = rpc_image(picture.rpc, lon_deg=lon, lat_deg=lat, height_m=picture.height_at(lon, lat))
    line, column = np.nan_to_num(line, nan=-1e9), np.nan_to_num(column, nan=-1e9)
    wide = asset.frame_px
    first = max(int(np.clip(line.min(), -1e9, 1e9)) - _MARGIN_PX, wide)
    last = min(int(np.clip(line.max(), -1e9, 1e9)) + _MARGIN_PX + 2, asset.height - wide)
    beside = max(int(np.clip(column.min(), -1e9, 1e9)) - _MARGIN_PX, wide)
    beyond = min(int(np.clip(column.max(), -1e9, 1e9)) + _MARGIN_PX + 2, asset.width - wide)
    if last <= first or beyond <= beside:
        return None
    if (last - first) * asset.width > _MOST_SOURCE_PX:
        raise DataError(
            "a small part of the map shows too much of the picture", where=asset.key, fix="Give finer pixels"
        )
    source = asset.strip(first, last - first)[:, :, beside:beyond]
    out = np.empty((len(source), rows, columns), source.dtype)
    nodata, whole = missing_value(asset), source.dtype.kind != "f"
    place = line - first, column - beside, spacing
    for band, image, of in zip(source, out, (band.averaging for band in asset.bands), strict=True):
        if of.plain or asset.categorical:
            resample_nodes(np.ascontiguousarray(band), nodata, *place, nodata, whole, image)
        else:
            mixed = np.empty(image.shape, np.float32)
            resample_nodes(of.power(band, nodata), np.nan, *place, np.nan, False, mixed)
            image[:] = of.stored(mixed, image.dtype, nodata)
    return out


def on_map(picture: RpcPicture, grid: Grid) -> OutsideAsset:
    """The asset on the map, ready to be written strip by strip; what is simulated gets its frame again."""
    asset, nodata = picture.asset, missing_value(picture.asset)

    def part(top: int, left: int, rows: int, columns: int) -> Array:
        found = map_block(picture, grid, top, left, rows, columns)
        shape = (len(asset.bands), rows, columns)
        return np.full(shape, nodata, asset.dtype) if found is None else found

    made = asset_on_grid(
        part, grid, key=asset.key, title=asset.title, bands=asset.bands, dtype=asset.dtype, nodata=nodata,
        simulated=asset.frame_px > 0, categorical=asset.categorical, roles=asset.roles, workers=1,
    )  # fmt: skip
    return replace(made, alpha=asset.alpha, tags={**asset.tags, **made.tags})


@dataclass(frozen=True)
class Refinement:
    """What another picture says about a picture's pointing."""

    line_px: float
    sample_px: float
    """to be added to the line and sample that the polynomials give"""
    before: Geolocation
    after: Geolocation
    """against the other picture, not the truth"""


def refine_bias(
    picture: RpcPicture, other: Callable[[Grid], Array], grid: Grid, *, band: int = 0
) -> tuple[RpcPicture, Refinement]:
    """The picture with the two biases (line and sample) that lay it best over another picture.

    ``other(grid)`` gives that picture on a grid over what they share, one band, 0 no data. Tiles are matched
    (:func:`geolocation.measure_geolocation`); the mean shift on the ground becomes a shift in the picture through the
    polynomials, twice. Pictures of one pass share their errors: the other is believed. Raises :class:`InputError` for a
    grid of more than 4 million pixels, :class:`DataError` where too few tiles agree.
    """
    if grid.width * grid.height > _MOST_MATCH_PX:
        raise InputError(
            f"{grid.width} x {grid.height} pixels to match", where="refine_bias", fix="Give a smaller grid"
        )
    reference = _as_counts(other(grid))
    line_px = sample_px = 0.0
    found = before = _matched(picture, reference, grid, band)
    for _ in range(_ROUNDS):
        line, sample = _in_picture(picture, grid, found)
        line_px, sample_px = line_px + line, sample_px + sample
        rpc = picture.rpc
        moved = replace(rpc, line_offset_px=rpc.line_offset_px + line, sample_offset_px=rpc.sample_offset_px + sample)
        picture = replace(picture, rpc=moved)
        found = _matched(picture, reference, grid, band)
    return picture, Refinement(line_px, sample_px, before, found)


def _matched(picture: RpcPicture, reference: npt.NDArray[np.uint16], grid: Grid, band: int) -> Geolocation:
    mine = map_block(picture, grid, 0, 0, grid.height, grid.width)
    if mine is None:
        raise DataError("the pictures share no ground", where=picture.asset.key, fix="Give one of the same place")
    found = measure_geolocation(_as_counts(mine[band]), reference, grid, expected_ce90_m=0.0)
    if found.shift_east_m is None:
        raise DataError(
            f"too few tiles agree ({found.tiles_used} of {found.tiles_tried})",
            where=picture.asset.key,
            fix="Give a picture of the same season, of like pixels",
        )
    return found


def _in_picture(picture: RpcPicture, grid: Grid, found: Geolocation) -> tuple[float, float]:
    """What the shift that was found is, in the middle of the grid, in lines and samples."""
    east_m, north_m = found.shift_east_m or 0.0, found.shift_north_m or 0.0
    x = grid.west_m + grid.width * grid.pixel_m / 2.0 + np.array([0.0, east_m])
    y = grid.north_m - grid.height * grid.pixel_m / 2.0 + np.array([0.0, north_m])
    lon, lat = map_to_geodetic(grid.epsg, x, y)
    height = picture.height_at(lon, lat)
    line, sample = rpc_image(picture.rpc, lon_deg=lon, lat_deg=lat, height_m=np.full(2, height[0]))
    return float(line[1] - line[0]), float(sample[1] - sample[0])


def _as_counts(image: Array) -> npt.NDArray[np.uint16]:
    """Any values between 1 and 65535, 0 where there is none: matching does not mind a gain and an offset."""
    known = np.isfinite(image) & (image != 0) if image.dtype.kind == "f" else image != 0
    if not known.any():
        return np.zeros(image.shape, np.uint16)
    low, high = np.quantile(image[known], [0.001, 0.999])
    scaled = 1.0 + (image.astype(np.float64) - low) * (60_000.0 / (high - low if high > low else 1.0))
    return np.where(known, np.clip(np.nan_to_num(scaled), 1, 65535), 0).astype(np.uint16)
