"""A product's raster held against truth in a file: rasters and shapes on the truth's grid, scored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import rasterio
import rasterio.features
import shapely
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from swath.archive.raster_file import dataset, open_raster, read_window
from swath.errors import DataError, InputError
from swath.operate.disaster_inputs import is_raster
from swath.product.score import Score, score_maps
from swath.sources.field_files import read_shapes

__all__ = ["score_files"]

Array = npt.NDArray[Any]
_NOT_A_MAP = ("unseen", "likelihood", "normal")


def score_files(
    products: Sequence[Path], truths: Sequence[Path], *, layer: str | None, yes: Sequence[float],
    unknown: Sequence[float],
) -> tuple[Score, list[dict[str, Any]]]:  # fmt: skip
    """The score over all pairs of product and truth, and what each pair was.

    The truth's grid is kept where it is a raster (the product is brought to it, nearest pixel), else the product's.
    """
    if len(products) != len(truths):
        raise InputError(f"{len(products)} products and {len(truths)} truths", fix="Give one truth for each product")
    called, true, known, likely, units = [], [], [], [], []
    for product, truth in zip(products, truths, strict=True):
        path = _raster_of(product)
        names = open_raster(path).names
        name = layer or next((n for n in names if n not in _NOT_A_MAP), names[0])
        if name not in names:
            raise InputError(f"no layer is called {name}", where=str(path), fix=f"It has {', '.join(names)}")
        wanted = [names.index(name)] + ([names.index("likelihood")] if "likelihood" in names else [])
        layers, label = _together(path, wanted, truth)
        is_known = np.isfinite(label) & ~np.isin(label, list(unknown)) & np.isfinite(layers[0])
        called.append(layers[0] == 1)
        true.append(np.isin(label, list(yes)))
        known.append(is_known)
        if len(layers) > 1:
            likely.append(np.nan_to_num(layers[1], nan=255.0).astype(np.uint8))
        units.append({"product": str(product), "truth": str(truth), "layer": name})
    whole = likely if len(likely) == len(called) else None
    return score_maps(called, true, known, likelihood=whole), units


def _raster_of(product: Path) -> Path:
    if not product.is_dir():
        return product
    found = sorted(product.glob("*.tif"))
    if not found:
        raise DataError("no raster of a product here", where=str(product), fix="Name a .tif")
    return found[0]


def _together(path: Path, bands: Sequence[int], truth: Path) -> tuple[list[Array], Array]:
    """Layers of the product and the truth, float32, on one grid; NaN off either."""
    if is_raster(truth):
        raster = open_raster(truth)
        label = read_window(raster, 0, 0, raster.height, raster.width, bands=[0])[0].astype(np.float32)
        if raster.nodata is not None and np.isfinite(raster.nodata):
            label = np.where(label == raster.nodata, np.nan, label)
        a, b, c, d, e, f = raster.affine
        transform = rasterio.Affine(a, b, c, d, e, f)
        return _warped(path, bands, raster.crs, transform, raster.width, raster.height), label
    frame = open_raster(path)
    transform = rasterio.Affine(*frame.affine)
    shapes = np.array([s if s is not None else shapely.Point() for s in read_shapes(truth).shapes], object)
    turn = pyproj.Transformer.from_crs("OGC:CRS84", frame.crs, always_xy=True)
    placed = shapely.transform(shapely.force_2d(shapes), lambda at: np.column_stack(turn.transform(at[:, 0], at[:, 1])))
    there = [s for s in placed if not s.is_empty]
    size = (frame.height, frame.width)
    label = np.zeros(size, np.uint8)
    if there:
        label = rasterio.features.rasterize(there, out_shape=size, transform=transform, dtype="uint8")
    return _warped(path, bands, frame.crs, transform, frame.width, frame.height), label.astype(np.float32)


def _warped(path: Path, bands: Sequence[int], crs: str, transform: Any, width: int, height: int) -> list[Array]:
    """Layers on a grid by the nearest pixel; NaN off the product, and on the frame that marks a simulated one."""
    wide = open_raster(path).frame_px
    try:
        with dataset(path) as file:
            with WarpedVRT(
                file, crs=crs, transform=transform, width=width, height=height, resampling=Resampling.nearest,
                add_alpha=False, nodata=254, src_nodata=None, tolerance=0.001,
            ) as warped:  # fmt: skip
                out = [warped.read(band + 1).astype(np.float32) for band in bands]
            corners = rasterio.transform.xy(
                file.transform, [wide, file.height - wide], [wide, file.width - wide], offset="ul"
            )
            source = file.crs
    except (rasterio.errors.RasterioError, ValueError) as error:
        raise DataError(f"cannot be held against the truth: {error}", where=str(path), fix="Check its CRS") from error
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    x, y = transform @ (columns, rows) if hasattr(transform, "__matmul__") else transform * (columns, rows)
    turn = pyproj.Transformer.from_crs(crs, source, always_xy=True)
    x, y = turn.transform(x, y)
    (west, east), (north, south) = corners
    off = (x < west) | (x > east) | (y > north) | (y < south)
    return [np.where(off, np.float32(np.nan), layer) for layer in out]
