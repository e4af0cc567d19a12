"""Whole layers as a file of ours and back: :mod:`raster_out` and :mod:`raster_file` for what lies in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.averaging import PLAIN, Averaging
from swath.archive.mark import FRAME_TAG, SIMULATED_TAG
from swath.archive.raster_file import open_raster, read_window
from swath.archive.raster_out import BLOCK_PX, Piece, write_pieces
from swath.errors import DataError, InputError
from swath.model import Grid

__all__ = ["Raster", "read_cog", "write_cog"]

Array = npt.NDArray[Any]

_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


@dataclass(frozen=True)
class Raster:
    """What a file of ours holds: layers on the data's grid, the frame of the mark taken off."""

    names: tuple[str, ...]
    pixels: Array
    """``(layer, row, column)``, layers in the order of ``names``"""
    grid: Grid
    nodata: float
    simulated: bool
    tags: Mapping[str, str]

    @property
    def layers(self) -> dict[str, Array]:
        """The layers by name, views of ``pixels``."""
        return dict(zip(self.names, self.pixels, strict=True))


def write_cog(
    path: Path,
    layers: Mapping[str, Array],
    grid: Grid,
    *,
    nodata: float,
    simulated: bool,
    description: str,
    categorical: bool = False,
    averaging: Averaging = PLAIN,
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write layers (one dtype, each ``(row, column)`` on ``grid``) as one Cloud-Optimized GeoTIFF; returns ``path``.

    As :func:`raster_out.write_pieces` does: a name for each band, tags that say what made it, overviews by the mean of
    known pixels (of their power where ``averaging`` says so; every second pixel where the values are
    ``categorical``), the frame of :mod:`mark` round simulated data. Raises :class:`InputError` for wrong shapes,
    dtypes or names, :class:`DataError` where it cannot be written.
    """
    dtype = _checked(layers, grid)
    pieces = (
        Piece(top, 0, np.stack([layer[top : top + BLOCK_PX] for layer in layers.values()]))
        for top in range(0, grid.height, BLOCK_PX)
    )
    return write_pieces(
        path, grid, dtype, list(layers), pieces, nodata=nodata, simulated=simulated, description=description,
        categorical=categorical, averaging=() if averaging.plain else (averaging,) * len(layers), tags=tags,
    )  # fmt: skip


def _checked(layers: Mapping[str, Array], grid: Grid) -> np.dtype[Any]:
    dtypes = {layer.dtype for layer in layers.values()}
    wrong = [name for name, layer in layers.items() if layer.shape != grid.shape]
    if len(dtypes) != 1 or wrong or dtypes.copy().pop().name not in _TYPES:
        raise InputError(
            f"layers {', '.join(wrong) or 'of ' + ', '.join(sorted(d.name for d in dtypes))} cannot share a file",
            fix=f"Give at least one, all of shape {grid.shape} and one of the types {', '.join(_TYPES)}",
        )
    return dtypes.pop()


def read_cog(path: Path) -> Raster:
    """Read a file that :func:`write_cog` wrote: its layers by name, without the frame.

    Raises :class:`DataError` where it is missing, damaged, or no such file.
    """
    try:
        file = open_raster(path)
        if file.nodata is None or FRAME_TAG not in file.tags:
            raise DataError("without our tags")
        pixels = read_window(file, 0, 0, file.height, file.width)
        grid = file.grid
    except (DataError, InputError) as error:
        raise DataError(f"is no raster of ours: {error}", where=str(path), fix="Make it again") from error
    return Raster(file.names, pixels, grid, file.nodata, file.tags.get(SIMULATED_TAG) == "true", file.tags)
