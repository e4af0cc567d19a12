"""An asset of an outside scene as a file of ours, strip by strip, looked at on the way. The pixels stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.archive.outside import OutsideAsset
from swath.archive.quality import Inspector
from swath.archive.raster_out import Layout, Piece, write_raster
from swath.errors import DataError

__all__ = ["STRIP_ROWS", "Written", "write_asset"]

STRIP_ROWS = 1024


@dataclass(frozen=True)
class Written:
    """A file that was written, and what was seen in it."""

    path: Path
    asset: OutsideAsset
    """as it was written"""
    quality: tuple[Mapping[str, Any], ...]
    """one a band, see :mod:`quality`"""
    outline: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None
    """columns and rows (pixel edges) of the convex outline of what has data; None where all has, or nothing"""


def write_asset(
    path: Path,
    asset: OutsideAsset,
    *,
    clear_haze: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> Written:
    """Write an asset as one file (:func:`raster_out.write_raster`); ``progress`` hears shares from 0 to 1.

    With ``clear_haze`` reflectance at the top of the atmosphere becomes that of the ground (dark objects). Raises
    :class:`DataError` where pixels cannot be read, or the file cannot be written.
    """
    inspector = Inspector(asset, find_haze=clear_haze)
    seen = [asset]

    def settled(layout: Layout) -> Layout:
        seen[0] = inspector.clear_of_haze()
        return replace(layout, offsets=tuple(band.offset for band in seen[0].bands))

    write_raster(path, _layout(asset), _pieces(asset, inspector, progress), settled=settled)
    progress(1.0)
    return Written(path, seen[0], inspector.quality(), inspector.outline())


def _pieces(asset: OutsideAsset, inspector: Inspector, progress: Callable[[float], None]) -> Iterator[Piece]:
    for first in range(0, asset.height, STRIP_ROWS):
        rows = min(STRIP_ROWS, asset.height - first)
        image = np.ascontiguousarray(asset.strip(first, rows))
        if image.shape != (len(asset.bands), rows, asset.width) or image.dtype.name != asset.dtype:
            raise DataError(f"a strip of {image.dtype} {image.shape}", where=asset.key, fix="Get the scene again")
        inspector.look(first, image)
        yield Piece(first, 0, image)
        progress(0.95 * (first + rows) / asset.height)


def _layout(asset: OutsideAsset) -> Layout:
    placed, bands = asset.placed, asset.bands
    return Layout(
        asset.width, asset.height, tuple(band.name for band in bands), asset.dtype, placed.transform, placed.crs,
        placed.rpc, asset.nodata, asset.categorical, tuple(band.scale for band in bands),
        tuple(band.offset for band in bands), tuple(band.averaging for band in bands),
        tuple(_colour(band.name, asset, k) for k, band in enumerate(bands, 1)),
        asset.tags,
    )  # fmt: skip


def _colour(name: str, asset: OutsideAsset, number: int) -> str:
    if asset.alpha and number == len(asset.bands):
        return "alpha"
    if len(asset.bands) == 1:
        return "gray"
    return name if name in ("red", "green", "blue") else "undefined"
