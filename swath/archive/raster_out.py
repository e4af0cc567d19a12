"""Rasters of any size into files, piece by piece, whole or not at all, and marked where what they are made of is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.windows
from rasterio.transform import Affine

from swath import __version__
from swath.archive.cog import write_cog
from swath.archive.raster_file import RasterFile
from swath.errors import DataError, InputError
from swath.model import Grid

__all__ = ["Piece", "require_other", "value_range", "write_pieces"]

_BLOCK_PX = 512


@dataclass(frozen=True)
class Piece:
    """A part of a raster to be written: pixels and the row and column of its corner."""

    top: int
    left: int
    pixels: npt.NDArray[Any]
    """``(band, row, column)``"""


def value_range(dtype: np.dtype[Any], nodata: float) -> tuple[float, float]:
    """Least and largest value of a type that is not ``nodata`` where that is its least or largest one."""
    if dtype.kind not in "iu":
        return -np.inf, np.inf
    info = np.iinfo(dtype)
    return float(info.min + (nodata == info.min)), float(info.max - (nodata == info.max))


def write_pieces(
    path: Path,
    grid: Grid,
    dtype: np.dtype[Any],
    names: Sequence[str],
    pieces: Iterable[Piece],
    *,
    nodata: float,
    like: Sequence[RasterFile] = (),
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write a GeoTIFF from pieces as they come: zstd, blocks of 512 pixels, a name for each band; returns ``path``.

    Pieces should be whole blocks where possible; each pixel comes once. What is made of simulated rasters (``like``)
    is simulated: it is then held in memory and written by ``archive.cog.write_cog``, which burns the mark in. The file
    appears under its name when it is whole. Raises :class:`DataError` where it cannot be written.
    """
    require_other(path, [raster.path for raster in like])
    notes = {"TIFFTAG_SOFTWARE": f"swath {__version__}", **(tags or {})}
    simulated = [raster.path for raster in like if raster.simulated]
    if simulated:
        whole = np.full((len(names), *grid.shape), nodata, dtype)
        for piece in pieces:
            rows, columns = piece.pixels.shape[1:]
            whole[:, piece.top : piece.top + rows, piece.left : piece.left + columns] = piece.pixels
        layers = dict(zip(names, whole, strict=True))
        words = f"made of {', '.join(path.name for path in simulated)}"
        return write_cog(path, layers, grid, nodata=nodata, simulated=True, description=words, tags=tags)
    part = path.with_name(f".{path.name}.part")
    try:
        with rasterio.open(part, "w", **_profile(grid, dtype, len(names), nodata)) as file:
            file.update_tags(**notes)
            file.descriptions = tuple(names)
            for piece in pieces:
                rows, columns = piece.pixels.shape[1:]
                file.write(piece.pixels, window=rasterio.windows.Window(piece.left, piece.top, columns, rows))
        os.replace(part, path)
    except (OSError, rasterio.errors.RasterioError) as error:
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return path


def _profile(grid: Grid, dtype: np.dtype[Any], bands: int, nodata: float) -> dict[str, Any]:
    transform = Affine(grid.pixel_m, 0.0, grid.west_m, 0.0, -grid.pixel_m, grid.north_m)
    return {
        "driver": "GTiff", "dtype": dtype.name, "count": bands, "height": grid.height, "width": grid.width,
        "crs": f"EPSG:{grid.epsg}", "transform": transform, "nodata": nodata, "tiled": True,
        "blockxsize": _BLOCK_PX, "blockysize": _BLOCK_PX, "compress": "zstd", "zstd_level": 1,
        "predictor": 3 if dtype.kind == "f" else 2, "interleave": "band", "bigtiff": "IF_SAFER",
    }  # fmt: skip


def require_other(path: Path, inputs: Iterable[Path]) -> None:
    """:class:`InputError` where the result would be written over one of its inputs."""
    if any(path.exists() and path.samefile(one) for one in inputs if one.exists()):
        raise InputError("would be written over its own input", where=str(path), fix="Choose another name")
