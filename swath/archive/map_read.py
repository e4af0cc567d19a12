"""What does a map picture show on another grid? One band, bilinear, for matching and looking."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from swath.archive.node_kernels import resample_nodes
from swath.archive.outside import OutsideAsset
from swath.errors import DataError
from swath.model import Grid

__all__ = ["read_on_grid"]

_SPACING_PX = 16


def read_on_grid(asset: OutsideAsset, grid: Grid, *, band: int = 0) -> npt.NDArray[Any]:
    """One band of an asset that lies by its transform, on a grid; 0 (NaN of real numbers) where it shows nothing.

    The way between the two systems is exact at each sixteenth pixel and bilinear between. Raises :class:`DataError`
    where they share no ground.
    """
    assert asset.placed.transform is not None
    east, north = np.meshgrid(
        grid.west_m + (np.arange(0, grid.width + _SPACING_PX, _SPACING_PX) + 0.5) * grid.pixel_m,
        grid.north_m - (np.arange(0, grid.height + _SPACING_PX, _SPACING_PX) + 0.5) * grid.pixel_m,
    )
    way = pyproj.Transformer.from_crs(f"EPSG:{grid.epsg}", asset.placed.crs, always_xy=True)
    x, y = way.transform(east, north)
    column, row = ~asset.placed.transform * (np.asarray(x), np.asarray(y))
    column, row = np.asarray(column) - 0.5, np.asarray(row) - 0.5
    wide = asset.frame_px
    first, last = max(int(row.min()) - 2, wide), min(int(row.max()) + 3, asset.height - wide)
    if last <= first:
        raise DataError("the pictures share no ground", where=asset.key, fix="Give one of the same place")
    image = np.ascontiguousarray(asset.strip(first, last - first)[band][:, wide : asset.width - wide])
    missing = float("nan") if image.dtype.kind == "f" else 0.0
    out = np.empty(grid.shape, image.dtype)
    nodata = asset.nodata if asset.nodata is not None else float("nan")
    resample_nodes(image, nodata, row - first, column - wide, _SPACING_PX, missing, image.dtype.kind != "f", out)
    return out
