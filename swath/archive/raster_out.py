"""Rasters of any size into files, piece by piece, whole or not at all: the one way of pixels to disk.

Every file is a Cloud-Optimized GeoTIFF: zstd with predictor, blocks of 512 pixels, overviews by the mean of known
pixels (of the power of decibels and amplitudes: :mod:`averaging`; every second pixel where values are classes), made
of the blocks in hand. Memory: some rows of blocks, whatever
the size. The bytes depend on what is given and on versions alone.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import ColorInterp
from rasterio.rpc import RPC
from rasterio.transform import Affine

from swath import __version__
from swath.archive.averaging import PLAIN, UNITS, Averaging
from swath.archive.mark import (
    FRAME_TAG,
    SIMULATED_TAG,
    frame_rows,
    frame_width_px,
    framed_grid,
    require_marked_name,
)
from swath.archive.raster_file import RasterFile
from swath.archive.raster_kernels import half_mean, half_mean_whole
from swath.archive.tiff import Level, encode_block, put_together, read_directory
from swath.errors import DataError, InputError
from swath.model import SIMULATED, Grid

__all__ = ["BLOCK_PX", "Layout", "Piece", "require_other", "write_pieces", "write_raster"]

Array = npt.NDArray[Any]
Rows = Callable[[int, int], Array]
"""``rows(first, count)`` gives full rows of every band ``(row, column)``"""

BLOCK_PX = 512
_MOST_WAITING = 256
"""blocks that are being encoded at once"""


@dataclass(frozen=True)
class Layout:
    """What a file's pixels are and where they lie."""

    width: int
    height: int
    names: tuple[str, ...]
    """of the bands"""
    dtype: str
    transform: Affine | None = None
    crs: str = ""
    """as PROJ reads it"""
    rpc: RPC | None = None
    nodata: float | None = None
    categorical: bool = False
    """values are classes: no means of them"""
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    averaging: tuple[Averaging, ...] = ()
    """of each band, for its overviews; none named: plain"""
    colours: tuple[str, ...] = ()
    """``red``, ``alpha``, ``gray`` ... of each band"""
    tags: Mapping[str, str] = field(default_factory=dict)
    band_tags: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Piece:
    """A part of a raster to be written: pixels and the row and column of its corner."""

    top: int
    left: int
    pixels: Array
    """``(band, row, column)``"""


class _Spool:
    """Blocks of one level: the rows that have come and are not a row of blocks yet, and those that are."""

    def __init__(self, path: Path, layout: Layout, number: int) -> None:
        self.path, self.number = path, number
        self.height, self.width = layout.height, layout.width
        for _ in range(number):
            self.height, self.width = -(-self.height // 2), -(-self.width // 2)
        self.across, self.down = -(-self.width // BLOCK_PX), -(-self.height // BLOCK_PX)
        self.bands, self.dtype = len(layout.names), np.dtype(layout.dtype)
        blocks = self.bands * self.across * self.down
        self.offsets, self.sizes = np.zeros(blocks, np.int64), np.zeros(blocks, np.int64)
        self.rows, self.done, self.bytes = self._empty(), 0, 0
        self.filled = 0
        self.file: BinaryIO = path.open("wb")

    def _empty(self) -> Array:
        return np.empty((self.bands, BLOCK_PX, self.width), self.dtype)

    def take(self, image: Array) -> Array | None:
        """More rows, at most half of a row of blocks; the whole row when it is complete."""
        count = image.shape[1]
        self.rows[:, self.filled : self.filled + count] = image
        self.filled += count
        if self.filled < BLOCK_PX and self.done * BLOCK_PX + self.filled < self.height:
            return None
        whole, self.rows, self.filled = self.rows[:, : self.filled], self._empty(), 0
        return whole

    def blocks(self, strip: Array) -> Iterator[tuple[int, Array]]:
        """Number and pixels of every block of the next row."""
        for band in range(self.bands):
            for column in range(self.across):
                part = strip[band, :, column * BLOCK_PX : (column + 1) * BLOCK_PX]
                yield (band * self.down + self.done) * self.across + column, part
        self.done += 1

    def keep(self, block: int, data: bytes) -> None:
        """An encoded block, behind those that have come before."""
        self.offsets[block], self.sizes[block] = self.bytes, len(data)
        self.file.write(data)
        self.bytes += len(data)

    def level(self) -> Level:
        """What has become of it."""
        self.file.close()
        return Level(self.width, self.height, self.path, self.offsets, self.sizes)


def write_raster(
    path: Path,
    layout: Layout,
    pieces: Iterable[Piece],
    *,
    background: Rows | None = None,
    settled: Callable[[Layout], Layout] = lambda layout: layout,
    workers: int = 0,
) -> Path:
    """Write pieces as they come, from top to bottom, as one file; returns ``path``.

    Pieces of one height come side by side, each below the ones before; what none covers is ``background`` (``nodata``
    without). ``settled`` is asked when all have come: what only they tell (offsets) goes into the file. Blocks are
    encoded by so many threads (0: two, where the machine has them). The file appears under its name when it is whole.
    Raises :class:`InputError` for pieces that do not fit, :class:`DataError` where it cannot be written.
    """
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        levels = _levels(
            folder, layout, _block_rows(layout, pieces, background), workers or min(2, os.cpu_count() or 1)
        )
        face = _face(folder / "face.tif", settled(layout))
        with (folder / "whole.tif").open("wb") as file:
            put_together(file, face, levels)
        os.replace(folder / "whole.tif", path)
    except (OSError, rasterio.errors.RasterioError, MemoryError) as error:
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return path


def _block_rows(layout: Layout, pieces: Iterable[Piece], background: Rows | None) -> Iterator[Array]:
    """Rows of blocks ``(band, row, column)`` of the whole width, in order, laid together from pieces."""
    fill = layout.nodata if layout.nodata is not None else 0
    open_rows: dict[int, Array] = {}
    total, given = -(-layout.height // BLOCK_PX), 0

    def empty(number: int) -> Array:
        first = number * BLOCK_PX
        count = min(BLOCK_PX, layout.height - first)
        out = np.full((len(layout.names), count, layout.width), fill, layout.dtype)
        if background is not None:
            out[:] = background(first, count)
        return out

    for piece in pieces:
        bands, rows, columns = piece.pixels.shape
        bottom, right = piece.top + rows, piece.left + columns
        if bands != len(layout.names) or piece.pixels.dtype.name != layout.dtype:
            raise InputError(f"a piece of {bands} bands of {piece.pixels.dtype}", fix="Give what the layout says")
        if piece.top < given * BLOCK_PX or piece.left < 0 or bottom > layout.height or right > layout.width:
            raise InputError(f"a piece at row {piece.top} does not fit", fix="Give them from top to bottom, inside")
        while (given + 1) * BLOCK_PX <= piece.top:
            yield open_rows.pop(given) if given in open_rows else empty(given)
            given += 1
        if columns == layout.width and piece.top == given * BLOCK_PX and given not in open_rows:
            while (given + 1) * BLOCK_PX <= bottom:  # whole rows of blocks need not be laid together
                yield piece.pixels[:, given * BLOCK_PX - piece.top : (given + 1) * BLOCK_PX - piece.top]
                given += 1
        for number in range(max(piece.top // BLOCK_PX, given), -(-bottom // BLOCK_PX)):
            first = number * BLOCK_PX
            if number not in open_rows:
                open_rows[number] = empty(number)
            a, b = max(piece.top, first), min(bottom, first + BLOCK_PX)
            open_rows[number][:, a - first : b - first, piece.left : right] = piece.pixels[
                :, a - piece.top : b - piece.top
            ]
    for number in range(given, total):
        yield open_rows.pop(number) if number in open_rows else empty(number)


def _levels(folder: Path, layout: Layout, rows: Iterator[Array], workers: int) -> list[Level]:
    """The picture and its overviews as encoded blocks: a row of blocks makes its own part of every overview."""
    spools = [_Spool(folder / "level0", layout, 0)]
    while max(spools[-1].width, spools[-1].height) > BLOCK_PX:
        spools.append(_Spool(folder / f"level{len(spools)}", layout, len(spools)))
    waiting: deque[tuple[_Spool, int, Future[bytes]]] = deque()

    def drain(most: int) -> None:
        while len(waiting) > most:
            spool, block, coded = waiting.popleft()
            spool.keep(block, coded.result())

    with ThreadPoolExecutor(workers) as pool:
        try:
            for row in rows:
                for spool, strip in _pyramid(spools, row, layout):
                    for block, part in spool.blocks(strip):
                        waiting.append((spool, block, pool.submit(encode_block, part, BLOCK_PX)))
                drain(_MOST_WAITING)
            drain(0)
        finally:
            for _, _, coded in waiting:
                coded.cancel()
            for spool in spools:
                spool.file.close()
    return [spool.level() for spool in spools]


def _pyramid(spools: Sequence[_Spool], row: Array, layout: Layout) -> Iterator[tuple[_Spool, Array]]:
    """A row of blocks of the picture, and the rows of blocks of its overviews that it completes."""
    yield spools[0], row
    for spool in spools[1:]:
        whole = spool.take(_halved(row, layout))
        if whole is None:
            return
        row = whole
        yield spool, row


def _halved(image: Array, layout: Layout) -> Array:
    if layout.categorical:
        return np.ascontiguousarray(image[:, ::2, ::2])
    out = np.empty((len(image), -(-image.shape[1] // 2), -(-image.shape[2] // 2)), image.dtype)
    none = math.nan if layout.nodata is None else layout.nodata
    for band, half, averaging in zip(image, out, layout.averaging or (PLAIN,) * len(out), strict=True):
        if not averaging.plain:
            power = np.empty(half.shape, np.float32)
            half_mean(averaging.power(band, none), math.nan, power)
            half[:] = averaging.stored(power, half.dtype, 0 if half.dtype.kind != "f" and none != none else none)
        elif image.dtype.kind == "f":
            half_mean(band, none, half)
        else:
            half_mean_whole(band, 0 if none != none else int(none), none == none, half)
    return out


def _face(path: Path, layout: Layout) -> Mapping[int, tuple[int, int, bytes]]:
    """The directory that GDAL writes for such a file, of which no block is written.

    GDAL would take four bands of bytes for red, green, blue and alpha: bands are nothing but what ``colours`` says.
    """
    bands, kind = len(layout.names), np.dtype(layout.dtype).kind
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", dtype=layout.dtype, count=bands, height=layout.height, width=layout.width,
            crs=layout.crs or None, transform=layout.transform, nodata=layout.nodata, tiled=True, blockxsize=BLOCK_PX,
            blockysize=BLOCK_PX, compress="zstd", zstd_level=1, predictor=3 if kind == "f" else 2, interleave="band",
            sparse_ok=True, bigtiff="NO", photometric="MINISBLACK", alpha="UNSPECIFIED",
        ) as file:  # fmt: skip
            if layout.rpc is not None:
                file.rpcs = layout.rpc
            file.update_tags(**{"TIFFTAG_SOFTWARE": f"swath {__version__}", **layout.tags})
            file.descriptions = layout.names
            if layout.colours:
                file.colorinterp = [ColorInterp[colour] for colour in layout.colours]
            if any(scale != 1.0 for scale in layout.scales) or any(layout.offsets):
                file.scales, file.offsets = layout.scales, layout.offsets
            if any(not each.plain for each in layout.averaging):
                file.units = tuple(UNITS[each.form] for each in layout.averaging)
            for number, tags in enumerate(layout.band_tags, 1):
                file.update_tags(number, **tags)
    found = read_directory(path)
    if found is None:
        raise DataError("GDAL wrote no directory", where=str(path), fix="Tell the developers")
    return found


def write_pieces(
    path: Path,
    grid: Grid,
    dtype: np.dtype[Any],
    names: Sequence[str],
    pieces: Iterable[Piece],
    *,
    nodata: float,
    simulated: bool = False,
    description: str = "",
    categorical: bool = False,
    averaging: Sequence[Averaging] = (),
    like: Sequence[RasterFile] = (),
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write pieces of a grid as :func:`write_raster` does; returns ``path``.

    What is simulated, or made of simulated rasters (``like``), gets the frame of :mod:`mark` round it and must have
    SIMULATED in its name.
    """
    require_other(path, [raster.path for raster in like])
    models = [raster.path.name for raster in like if raster.simulated]
    simulated = simulated or bool(models)
    if models and not description:
        description = f"made of {', '.join(models)}"
    if simulated:
        require_marked_name(path)
    outer, wide = (framed_grid(grid), frame_width_px(grid)) if simulated else (grid, 0)
    notes = {
        SIMULATED_TAG: "true" if simulated else "false",
        FRAME_TAG: str(wide),
        "TIFFTAG_IMAGEDESCRIPTION": f"{SIMULATED}: {description}" if simulated else description,
        **(tags or {}),
    }
    layout = Layout(
        outer.width, outer.height, tuple(names), dtype.name,
        Affine(grid.pixel_m, 0.0, outer.west_m, 0.0, -grid.pixel_m, outer.north_m), f"EPSG:{grid.epsg}",
        nodata=nodata, categorical=categorical, averaging=tuple(averaging), tags=notes,
        scales=like[0].scales if len(like) == 1 else (), offsets=like[0].offsets if len(like) == 1 else (),
    )  # fmt: skip
    moved = (Piece(piece.top + wide, piece.left + wide, piece.pixels) for piece in pieces)
    return write_raster(path, layout, moved, background=frame_rows(grid, dtype.name) if simulated else None)


def require_other(path: Path, inputs: Iterable[Path]) -> None:
    """:class:`InputError` where the result would be written over one of its inputs."""
    if any(path.exists() and path.samefile(one) for one in inputs if one.exists()):
        raise InputError("would be written over its own input", where=str(path), fix="Choose another name")
