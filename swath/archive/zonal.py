"""What do the pixels of raster files say under many polygons? Only blocks that a polygon touches are read, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.raster_file import RasterFile, in_order, open_raster, read_window, strips
from swath.errors import DataError, InputError
from swath.model import Grid
from swath.product.fields import Block, Coverages, ZonalStatistics, stream_statistics

__all__ = ["block_reader", "read_coverages", "write_coverages", "zonal_files"]

Array = npt.NDArray[Any]
Change = Callable[[Array, npt.NDArray[np.bool_]], tuple[Array, npt.NDArray[np.bool_]]]
_ARRAYS = ("area_px", "runs", "first_run", "edges", "shares", "first_edge")


def block_reader(
    paths: Sequence[Path], *, bands: Sequence[int] = (), change: Change | None = None, workers: int = 1
) -> Callable[[Coverages], Iterator[Block]]:
    """A reader for ``product.fields.stream_statistics`` of files on one grid, their bands one after the other.

    ``bands`` (from 0; none named: all) are read of every file. Bands whose unit the file says to be dB come as power
    (:mod:`averaging`), for that is what adds up: ``10 log10`` of the mean is the mean. Not seen is where any of these
    bands has its file's nodata value. ``change(values, seen)`` turns what was read, ``(band, row, column)`` and
    ``(row, column)``, into what is to be summed: an index, a mask taken off. Raises :class:`InputError` where a file
    lies on another grid than the polygons or the first file.
    """
    rasters = [open_raster(path) for path in paths]
    if not rasters:
        raise InputError("no file is given", fix="Give at least one raster")

    def read(coverages: Coverages) -> Iterator[Block]:
        for raster in rasters:
            _require_grid(raster, coverages.grid)
        first = rasters[0]
        spans = list(_spans(first, coverages))

        def block(span: tuple[int, int, int, int]) -> Block:
            top, left, rows, columns = span
            parts = [read_window(raster, top, left, rows, columns, bands=bands) for raster in rasters]
            layers = [(raster, layer) for raster, part in zip(rasters, parts, strict=True) for layer in part]
            known = [layer != layer.dtype.type(raster.nodata or 0) for raster, layer in layers if _has_nodata(raster)]
            for mask in known[1:]:
                known[0] &= mask
            seen = known[0] if known else np.ones((rows, columns), np.bool_)
            parts = [_added(raster, part, bands) for raster, part in zip(rasters, parts, strict=True)]
            values = parts[0] if len(parts) == 1 else np.concatenate(parts)
            return Block(top, left, *(change(values, seen) if change else (values, seen)))

        yield from in_order(block, spans, workers=workers)

    return read


def zonal_files(
    paths: Sequence[Path],
    coverages: Coverages,
    *,
    bands: Sequence[int] = (),
    quantiles: Sequence[float] = (),
    change: Change | None = None,
    workers: int = 1,
) -> ZonalStatistics:
    """Statistics of the bands of files on the polygons' grid, each block that a polygon touches read once.

    As :func:`block_reader` and ``product.fields.stream_statistics``; the first axis of the answer counts the bands of
    the first file, then those of the next (or what ``change`` makes of them). 10,000 fields on a band of 10,980 x
    10,980: see benchmarks/README.md.
    """
    reader = block_reader(paths, bands=bands, change=change, workers=workers)
    if change is None:
        count = sum(len(bands) or open_raster(path).bands for path in paths)
    else:
        probe = np.zeros((sum(len(bands) or open_raster(path).bands for path in paths), 1, 1), np.float32)
        count = len(change(probe, np.ones((1, 1), np.bool_))[0])
    return stream_statistics(reader, coverages, bands=count, quantiles=quantiles)


def write_coverages(path: Path, coverages: Coverages) -> Path:
    """Keep coverages for the next date: an ``.npz`` file of plain arrays (about 5 kB a field of 3,600 pixels)."""
    grid = coverages.grid
    numbers = np.array([grid.epsg, grid.west_m, grid.north_m, grid.pixel_m, grid.width, grid.height])
    part = path.with_name(f".{path.name}.part.npz")
    try:
        np.savez(part, grid=numbers, **{name: getattr(coverages, name) for name in _ARRAYS})
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    return path


def read_coverages(path: Path) -> Coverages:
    """Coverages that :func:`write_coverages` kept. :class:`DataError` where the file is missing, damaged or another."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            epsg, west_m, north_m, pixel_m, width, height = kept["grid"].tolist()
            parts = [np.ascontiguousarray(kept[name]) for name in _ARRAYS]
    except Exception as error:  # a damaged archive raises a dozen kinds, down to the tokens of its headers
        raise DataError(f"is no file of coverages: {error}", where=str(path), fix="Cover the polygons again") from error
    area, runs, first_run, edges, shares, first_edge = parts
    grid = Grid(int(epsg), west_m, north_m, pixel_m, int(width), int(height))
    found = Coverages(grid, area, runs, first_run, edges, shares, first_edge)
    sound = (
        [part.dtype.str[1:] for part in parts] == ["f8", "i4", "i8", "i4", "f8", "i8"]
        and [part.ndim for part in parts] == [1, 2, 1, 2, 1, 1]
        and (runs.shape[1], edges.shape[1]) == (3, 2)
        and len(first_run) == len(first_edge) == len(area) + 1
        and len(shares) == len(edges)
        and all(_counts(first, len(of)) for first, of in ((first_run, runs), (first_edge, edges)))
    )
    if not sound:
        raise DataError("is no file of coverages", where=str(path), fix="Cover the polygons again")
    return found


def _added(raster: RasterFile, stored: Array, bands: Sequence[int]) -> Array:
    """Bands as they were read, those that do not add up as power."""
    ways = [raster.averagings[band] for band in bands or range(raster.bands)]
    if all(of.plain for of in ways):
        return stored
    return np.stack([layer if of.plain else of.power(layer) for layer, of in zip(stored, ways, strict=True)])


def _has_nodata(raster: RasterFile) -> bool:
    return raster.nodata is not None and raster.nodata == raster.nodata


def _counts(first: Array, total: int) -> bool:
    return bool(len(first) and first[0] == 0 and first[-1] == total and (np.diff(first) >= 0).all())


def _spans(raster: RasterFile, coverages: Coverages) -> Iterator[tuple[int, int, int, int]]:
    """Top, left, rows and columns of runs of needed blocks, strip by strip."""
    pieces = list(strips(raster))
    rows_px, columns_px = pieces[0][1], min(max(raster.block_columns, 64), raster.width)
    for row, (top, rows) in zip(coverages.blocks(rows_px, columns_px), pieces, strict=True):
        marked = np.diff(np.concatenate([[False], row, [False]]).astype(np.int8))
        for begin, end in zip(np.flatnonzero(marked == 1), np.flatnonzero(marked == -1), strict=True):
            left, right = int(begin) * columns_px, min(int(end) * columns_px, raster.width)
            yield top, left, rows, right - left


def _require_grid(raster: RasterFile, grid: Grid) -> None:
    own = raster.grid
    near = max(abs(own.west_m - grid.west_m), abs(own.north_m - grid.north_m), abs(own.pixel_m - grid.pixel_m))
    if own.shape != grid.shape or own.epsg != grid.epsg or near > 1e-6 * grid.pixel_m:
        raise InputError(
            f"lies on another grid than the polygons: EPSG:{own.epsg}, {own.width} x {own.height} of {own.pixel_m:g} m",
            where=str(raster.path),
            fix=f"Warp it to EPSG:{grid.epsg}, {grid.width} x {grid.height} pixels of {grid.pixel_m:g} m",
        )
