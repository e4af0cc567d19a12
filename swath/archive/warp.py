"""What does a picture look like on another map? Warping within 0.001 pixel of exact, between any two projections.

Places in the source are found exactly (PROJ) at nodes 128 pixels apart, and closer where bilinear places between the
nodes would be off by more than half of the bound; every pixel lies between such nodes. A picture is worked through in
tiles, so that files of any size do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyproj
from rasterio.transform import Affine

from swath.archive.averaging import PLAIN, Averaging, value_range
from swath.archive.displacement import Displacement
from swath.archive.raster_file import RasterFile, in_order, open_raster, read_window
from swath.archive.raster_out import Piece, write_pieces
from swath.archive.warp_kernels import average_tile, warp_tile, worst_apart
from swath.errors import InputError
from swath.model import Grid

__all__ = [
    "METHODS",
    "Lying",
    "RasterPlace",
    "Sampling",
    "covering",
    "displaced_places",
    "grid_place",
    "looked_at",
    "places_in",
    "warp_file",
    "warp_pixels",
]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

METHODS = ("nearest", "bilinear", "cubic", "average")
TOLERANCE_PX = 0.001
FIELD_NODES_PX = 8
"""between which a smooth field of displacements is bilinear, to some thousandths of a pixel"""
_TILE_PX = 2048
_WIDEST_PX = 128
_OUTLINE_POINTS = 65
_MOST_TILE_SOURCE_PX = 2**28


class Lying(Protocol):
    """What has to be known of a raster to place it: a :class:`raster_file.RasterFile`, or an asset's place."""

    @property
    def path(self) -> Path:
        """For messages."""

    @property
    def crs(self) -> str:
        """``EPSG:32633`` or WKT; empty where it is not known."""

    @property
    def affine(self) -> tuple[float, float, float, float, float, float]:
        """Of pixel corners."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""


@dataclass(frozen=True)
class RasterPlace:
    """Where something lies that is no file: a part of an asset, a grid."""

    path: Path
    """what messages call it"""
    crs: str
    affine: tuple[float, float, float, float, float, float]
    width: int
    height: int


def grid_place(grid: Grid) -> RasterPlace:
    """A grid as a raster that could lie on it."""
    affine = (grid.pixel_m, 0.0, grid.west_m, 0.0, -grid.pixel_m, grid.north_m)
    return RasterPlace(Path("grid"), f"EPSG:{grid.epsg}", affine, grid.width, grid.height)


@dataclass(frozen=True)
class Sampling:
    """Where a tile of a grid looks in a source: exact places at nodes, and how far these are apart."""

    x_px: Floats
    """``(row, column)`` of nodes: source column, whole at pixel centres (corners where of corners)"""
    y_px: Floats
    spacing_px: int


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    try:
        return pyproj.Transformer.from_crs(target, source, always_xy=True)
    except pyproj.exceptions.CRSError as error:
        raise InputError(f"no projection is called that: {error}", fix="Give an EPSG code") from error


def places_in(raster: Lying, grid: Grid, tile: tuple[int, int, int, int], *, corners: bool = False) -> Sampling:
    """Where in a raster do the pixels of a tile (top, left, rows, columns) of a grid lie?

    Nodes are as far apart as bilinear places between them stay within half of 0.001 source pixel of exact ones where
    that is largest, in the middles of cells and sides. Not a number where the projections do not meet.
    ``corners``: of every pixel's upper left corner, for areas, instead of centres.
    """
    _require_crs(raster)
    top, left, rows, columns = tile
    spacing = 1 if corners else _WIDEST_PX
    while spacing > 1:
        step = spacing // 2
        fine_rows = np.arange(0, 2 * -(-rows // spacing) + 1) * step
        fine_columns = np.arange(0, 2 * -(-columns // spacing) + 1) * step
        x, y = _exact(raster, grid, fine_columns + left + 0.5, fine_rows + top + 0.5)
        if worst_apart(x, y) <= TOLERANCE_PX / 2.0:
            return Sampling(np.ascontiguousarray(x[::2, ::2]) - 0.5, np.ascontiguousarray(y[::2, ::2]) - 0.5, spacing)
        spacing //= 2
    half = 0.0 if corners else 0.5
    x, y = _exact(raster, grid, np.arange(columns + 1) + left + half, np.arange(rows + 1) + top + half)
    return Sampling(x - half, y - half, 1)


def looked_at(sampling: Sampling, raster: Lying, most_px: int) -> tuple[int, int, int, int] | None:
    """Which part of a raster (top, left, rows, columns) does a sampling look at, with what it mixes in? None for none.

    :class:`InputError` where that is more than ``most_px`` pixels.
    """
    known = np.isfinite(sampling.x_px)
    if not known.any():
        return None
    x, y = sampling.x_px[known], sampling.y_px[known]
    top, left = max(int(y.min()) - 3, 0), max(int(x.min()) - 3, 0)
    rows, columns = min(int(y.max()) + 4, raster.height) - top, min(int(x.max()) + 4, raster.width) - left
    if rows <= 0 or columns <= 0:
        return None
    if rows * columns > most_px:
        raise InputError(
            f"a part of the new grid looks at {columns} x {rows} pixels of it",
            where=str(raster.path),
            fix="Choose smaller pixels, or warp an overview",
        )
    return top, left, rows, columns


def displaced_places(
    raster: Lying, grid: Grid, tile: tuple[int, int, int, int], displacement: Displacement
) -> Sampling:
    """As :func:`places_in`, where the raster shows at (row, column) + displacement what belongs at (row, column)."""
    _require_crs(raster)
    top, left, rows, columns = tile
    spacing = places_in(raster, grid, tile).spacing_px
    if displacement.model == "field":
        spacing = min(spacing, FIELD_NODES_PX)
    down, across = np.meshgrid(
        top + spacing * np.arange(-(-rows // spacing) + 1.0),
        left + spacing * np.arange(-(-columns // spacing) + 1.0),
        indexing="ij",
    )
    moved = displacement.at(down, across)
    x, y = _exact_points(raster, grid, across + moved[..., 1] + 0.5, down + moved[..., 0] + 0.5)
    return Sampling(np.ascontiguousarray(x) - 0.5, np.ascontiguousarray(y) - 0.5, spacing)


def _exact(raster: Lying, grid: Grid, columns: Array, rows: Array) -> tuple[Floats, Floats]:
    """Source places (pixels from the upper left corner) of a grid of map points, by PROJ."""
    across, down = np.meshgrid(columns, rows)
    return _exact_points(raster, grid, across, down)


def _exact_points(raster: Lying, grid: Grid, columns: Array, rows: Array) -> tuple[Floats, Floats]:
    east, north = grid.west_m + columns * grid.pixel_m, grid.north_m - rows * grid.pixel_m
    same = raster.crs == f"EPSG:{grid.epsg}"
    x, y = (east, north) if same else _transformer(raster.crs, f"EPSG:{grid.epsg}").transform(east, north)
    inverse = ~Affine(*raster.affine)
    with np.errstate(invalid="ignore"):
        u = inverse.a * x + inverse.b * y + inverse.c
        v = inverse.d * x + inverse.e * y + inverse.f
    lost = ~(np.isfinite(u) & np.isfinite(v))
    u[lost], v[lost] = np.nan, np.nan
    return u, v


def covering(raster: Lying, epsg: int, *, pixel_m: float | None = None) -> Grid:
    """The smallest grid in a projection that holds a raster, its edges at whole multiples of its pixels.

    Without ``pixel_m`` pixels are as large as the source's on its diagonal (as GDAL has it). :class:`InputError`
    where the projection cannot show the raster, or for a grid of more than 2^36 pixels.
    """
    _require_crs(raster)
    along = np.linspace(0.0, 1.0, _OUTLINE_POINTS)
    u, v = np.meshgrid(along * raster.width, along * raster.height)
    affine = Affine(*raster.affine)
    x, y = affine.a * u + affine.b * v + affine.c, affine.d * u + affine.e * v + affine.f
    east, north = _transformer(f"EPSG:{epsg}", raster.crs).transform(x, y)
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise InputError(
            f"EPSG:{epsg} cannot show all of it", where=str(raster.path), fix="Choose the projection of its own area"
        )
    diagonal_px = float(np.hypot(raster.width, raster.height))
    size = pixel_m or float(np.hypot(east[-1, -1] - east[0, 0], north[-1, -1] - north[0, 0])) / diagonal_px
    if not (np.isfinite(size) and size > 0.0):
        raise InputError(f"pixels of {size} m", where=str(raster.path), fix="Give a size above 0")
    west, top = np.floor(east.min() / size) * size, np.ceil(north.max() / size) * size
    width, height = np.ceil((east.max() - west) / size - 1e-6), np.ceil((top - north.min()) / size - 1e-6)
    if width * height > 2**36:
        raise InputError(f"a grid of {width:.0f} x {height:.0f} pixels", fix="Choose larger pixels")
    return Grid(epsg, float(west), float(top), size, max(int(width), 1), max(int(height), 1))


def warp_pixels(
    pixels: Array, sampling: Sampling, shape: tuple[int, int], *, method: str, nodata: float, seen: Array | None = None,
    averaging: Sequence[Averaging] = (),
) -> Array:  # fmt: skip
    """Bands ``(band, row, column)`` at places between nodes, as ``(band, *shape)`` of the same type.

    ``seen`` ``(band or 1, row, column)`` says what of the source is known; a result is known where the source pixel
    that holds its centre is (``average``: where over half of its area is). Whole numbers are rounded; a value that
    would be ``nodata`` by chance moves to the next. ``averaging``, of each band, says what of their numbers is mixed
    (decibels and amplitudes: their power); none named: the numbers themselves.
    """
    if method not in METHODS:
        raise InputError(f"no method is called {method!r}", fix=f"Known: {', '.join(METHODS)}")
    out = np.empty((len(pixels), *shape), pixels.dtype)
    masked = seen is not None and not seen.all()
    masks = np.ones((1, 1, 1), np.bool_) if seen is None or not masked else seen
    for band, image in enumerate(pixels):
        mask = masks[min(band, len(masks) - 1)]
        of = averaging[band] if averaging and method != "nearest" else PLAIN
        if of.plain:
            _warp_band(np.ascontiguousarray(image), mask, masked, sampling, method, nodata, out[band])
        else:
            power, mixed = of.power(image), np.empty(shape, np.float32)
            _warp_band(power, mask, masked, sampling, method, np.nan, mixed)
            if method == "cubic":  # which swings below what is there: beside a ship to less than no power
                least = _least_around(np.where(mask, power, np.float32(np.nan)))
                floor = np.empty_like(mixed)
                _warp_band(least, mask, masked, sampling, "nearest", np.nan, floor)
                np.maximum(mixed, floor, out=mixed)
            out[band] = of.stored(mixed, out.dtype, nodata)
    return out


def _least_around(image: Array) -> Array:
    """The least that is known of each pixel and its eight neighbours: the same in every tile."""
    (rows, columns), wide = image.shape, np.pad(image, 1, constant_values=np.nan)
    around = [wide[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.ascontiguousarray(np.fmin.reduce(around))


def _warp_band(
    image: Array, mask: Array, masked: bool, sampling: Sampling, method: str, nodata: float, out: Array
) -> None:
    low, high = value_range(image.dtype, nodata)
    whole, (x, y) = image.dtype.kind in "iu", (sampling.x_px, sampling.y_px)
    if method == "average":
        average_tile(image, mask, masked, x, y, low, high, nodata, whole, out)
    else:
        reach = METHODS.index(method)
        warp_tile(image, mask, masked, x, y, sampling.spacing_px, reach, low, high, nodata, whole, out)


def warp_file(path: Path, out: Path, grid: Grid, *, method: str = "bilinear", workers: int = 1) -> Path:
    """Warp all bands of a GeoTIFF (any projection, affine, size) to a grid, into a GeoTIFF of the same type.

    Within 0.001 source pixel of exact (tests/archive/test_warp.py). ``nearest`` for classes, ``bilinear`` and
    ``cubic`` for values at about the same resolution, ``average`` (exact shares of area) for much coarser pixels.
    Unknown is the source's nodata value, 0 where it names none. Bands whose unit is dB are mixed as power
    (:mod:`averaging`). Memory: two tiles a worker, and what they look at.
    """
    if method not in METHODS:
        raise InputError(f"no method is called {method!r}", fix=f"Known: {', '.join(METHODS)}")
    raster = open_raster(path)
    nodata = 0.0 if raster.nodata is None else raster.nodata
    work = partial(_warped, raster, method=method, nodata=nodata)
    pieces = in_order(work, _looks(raster, grid, method == "average"), workers=workers)
    return write_pieces(
        out, grid, raster.dtype, raster.names, pieces, nodata=nodata, averaging=raster.averagings, like=(raster,)
    )


def _looks(raster: RasterFile, grid: Grid, corners: bool) -> Iterator[tuple[tuple[int, int, int, int], Sampling]]:
    for top in range(0, grid.height, _TILE_PX):
        for left in range(0, grid.width, _TILE_PX):
            tile = (top, left, min(_TILE_PX, grid.height - top), min(_TILE_PX, grid.width - left))
            yield tile, places_in(raster, grid, tile, corners=corners)


def _warped(
    raster: RasterFile, look: tuple[tuple[int, int, int, int], Sampling], *, method: str, nodata: float
) -> Piece:
    (top, left, rows, columns), sampling = look
    window = looked_at(sampling, raster, _MOST_TILE_SOURCE_PX)
    if window is None:
        return Piece(top, left, np.full((raster.bands, rows, columns), nodata, raster.dtype))
    pixels = read_window(raster, *window)
    seen = _seen(pixels, raster.nodata)
    moved = Sampling(sampling.x_px - window[1], sampling.y_px - window[0], sampling.spacing_px)
    warped = warp_pixels(
        pixels, moved, (rows, columns), method=method, nodata=nodata, seen=seen, averaging=raster.averagings
    )
    return Piece(top, left, warped)


def _seen(pixels: Array, nodata: float | None) -> Array | None:
    """What is known of the source: no nodata, no NaN or infinity."""
    seen = None if nodata is None or nodata != nodata else pixels != pixels.dtype.type(nodata)
    if pixels.dtype.kind == "f":
        finite = np.isfinite(pixels)
        seen = finite if seen is None else seen & finite
    return seen


def _require_crs(raster: Lying) -> None:
    a, b, _, d, e, _ = raster.affine
    if not raster.crs or abs(a * e - b * d) == 0.0:
        raise InputError(
            "does not say where it lies", where=str(raster.path), fix="Orthorectify it, or write its CRS and transform"
        )
