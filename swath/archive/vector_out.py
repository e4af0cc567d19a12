"""Products as outlines: patches of a mask as polygons; layers of features as one GeoPackage, whole or not at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyogrio
import rasterio.features
import shapely
from rasterio.transform import Affine

from swath.errors import DataError
from swath.model import Grid
from swath.product.patches import find_patches
from swath.product.room import filled, piecewise

__all__ = ["Features", "burn_in", "outlines", "write_geopackage"]

Array = npt.NDArray[Any]
MOST_OUTLINES = 100_000
"""of one layer: some 2 kB each while they are made and written"""


@dataclass(frozen=True)
class Features:
    """Shapes of one kind with columns."""

    shapes: Sequence[Any]
    columns: Mapping[str, Sequence[Any]]
    kind: str
    """``MultiPolygon``, ``MultiLineString`` or ``MultiPoint``"""
    note: str = ""
    """what is not in it"""


def _transform(grid: Grid) -> Affine:
    return Affine(grid.pixel_m, 0.0, grid.west_m, 0.0, -grid.pixel_m, grid.north_m)


def outlines(mask: Array, grid: Grid, values: Mapping[str, Array] | None = None) -> Features:
    """The patches of a mask as polygons in the grid's metres, largest first, with ``area_m2``.

    ``values``: rasters whose mean over each patch becomes a column (255 does not count). Of more than
    :data:`MOST_OUTLINES` patches only the largest have outlines, and the note says so: memory does not grow with noise.
    """
    patches = find_patches(np.asarray(mask, np.bool_))
    size = patches.size_px[1:]
    order = np.argsort(-size, kind="stable")[:MOST_OUTLINES]
    chosen = np.zeros(len(size) + 1, np.bool_)
    chosen[order + 1] = True
    found: dict[int, list[Any]] = {int(k): [] for k in order}
    inside = patches.those(chosen)
    for shape, value in rasterio.features.shapes(patches.label, mask=inside, transform=_transform(grid)):
        found[int(value) - 1].append(shapely.Polygon(shape["coordinates"][0], shape["coordinates"][1:]))
    shapes = [shapely.multipolygons(found[int(k)]) for k in order]
    columns: dict[str, Any] = {"area_m2": [float(size[k]) * grid.pixel_m**2 for k in order]}
    for name, raster in (values or {}).items():
        total = patches.sums(piecewise(lambda part: np.where(part != 255, part, 0), raster, dtype=np.uint8))[1:]
        count = patches.sums(piecewise(lambda part: part != 255, raster, dtype=np.bool_))[1:]
        columns[name] = [round(float(total[k] / max(count[k], 1)), 2) for k in order]
    note = ""
    if len(order) < len(size):
        left_out, least = len(size) - len(order), int(size[order[-1]])
        note = f"{left_out:,} patches of {least} pixels and fewer have no outline: the raster has them"
    return Features(shapes, columns, "MultiPolygon", note)


def burn_in(shapes: Sequence[Any], grid: Grid, *, touched: bool = False) -> npt.NDArray[np.bool_]:
    """Which pixels have their centre in one of the shapes (the grid's metres), or are ``touched`` by one?"""
    there = [shape for shape in shapes if shape is not None and not shape.is_empty]
    mask = filled(grid.shape, 0, np.uint8)
    if there:
        rasterio.features.rasterize(there, out=mask, transform=_transform(grid), all_touched=touched)
    return mask.view(np.bool_)


def write_geopackage(path: Path, layers: Mapping[str, Features], epsg: int, *, description: str) -> Path:
    """Write layers as one GeoPackage under ``path``; the file appears when it is whole. Empty layers stay, empty."""
    scratch = path.with_name(f".part-{path.name}")
    scratch.unlink(missing_ok=True)
    try:
        for number, (name, features) in enumerate(layers.items()):
            columns = {key: np.asarray(values) for key, values in features.columns.items()}
            told = "; ".join(filter(None, (description, features.note)))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an empty layer, a date of ours
                pyogrio.raw.write(
                    scratch, np.asarray(shapely.to_wkb(_many(features)), object), list(columns.values()),
                    list(columns), driver="GPKG", layer=name, geometry_type=features.kind, crs=f"EPSG:{epsg}",
                    append=number > 0, layer_metadata={"DESCRIPTION": told},
                )  # fmt: skip
        os.replace(scratch, path)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    finally:
        scratch.unlink(missing_ok=True)
    return path


def _many(features: Features) -> Array:
    """Each shape as one of many: a GeoPackage's layer has one kind."""
    make = {
        "MultiPolygon": shapely.multipolygons,
        "MultiLineString": shapely.multilinestrings,
        "MultiPoint": shapely.multipoints,
    }[features.kind]
    out = np.empty(len(features.shapes), object)
    for number, shape in enumerate(features.shapes):
        out[number] = shape if shape.geom_type.startswith("Multi") else make(list(shapely.get_parts(shape)))
    return out
