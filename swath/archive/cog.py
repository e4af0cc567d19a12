"""Rasters as Cloud-Optimized GeoTIFF files, written whole or not at all, marked where they are simulated."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.transform import Affine

from swath import __version__
from swath.archive.mark import (
    FRAME_TAG,
    SIMULATED_TAG,
    burn_frame,
    frame_width_px,
    framed_grid,
    require_marked_name,
)
from swath.archive.raster_kernels import half_mean
from swath.errors import DataError, InputError
from swath.model import SIMULATED, Grid

__all__ = ["MARK_VALUES", "Raster", "read_cog", "write_cog"]

Array = npt.NDArray[Any]

_GDAL_NAMES = {"uint8": "Byte", "int16": "Int16", "uint16": "UInt16", "int32": "Int32", "float32": "Float32"}
MARK_VALUES = {
    "uint8": (0, 254),
    "int8": (1, 100),
    "int16": (1, 10_000),
    "uint16": (1, 10_000),
    "int32": (1, 10_000),
    "uint32": (1, 10_000),
    "float32": (-1, 1),
    "float64": (-1, 1),
}
"""dark and light of the frame's letters, by type"""
_BLOCK_PX = 512
_CACHE_MB = 16


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
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Write layers (one dtype, each ``(row, column)`` on ``grid``) as one Cloud-Optimized GeoTIFF; returns ``path``.

    zstd with predictor, 512-pixel blocks, overviews by the mean of known pixels (every second pixel where the values
    are ``categorical``), a name for each band, and tags that say what made it. Simulated data gets the frame of
    :mod:`mark` round it and must have SIMULATED in its file name. The bytes depend on the arguments and the versions
    alone. The file appears under its name when it is whole. Raises :class:`InputError` for wrong shapes, dtypes or
    names, :class:`DataError` where it cannot be written.
    """
    dtype = _checked(layers, grid)
    if simulated:
        require_marked_name(path)
    outer = framed_grid(grid) if simulated else grid
    wide = frame_width_px(grid) if simulated else 0
    all_tags = {
        "TIFFTAG_SOFTWARE": f"swath {__version__}",
        "TIFFTAG_IMAGEDESCRIPTION": f"{SIMULATED}: {description}" if simulated else description,
        SIMULATED_TAG: "true" if simulated else "false",
        FRAME_TAG: str(wide),
        **(tags or {}),
    }
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
            sources = _write_levels(folder, layers, grid, outer, wide, dtype, nodata, categorical)
            source = folder / "source.vrt"
            source.write_text(_virtual(sources, list(layers), outer, dtype, nodata, all_tags), "utf-8")
            whole = folder / "whole.tif"
            rasterio.shutil.copy(
                source, whole, driver="COG", COMPRESS="ZSTD", LEVEL="1", PREDICTOR="YES", BLOCKSIZE=str(_BLOCK_PX),
                OVERVIEWS="AUTO", BIGTIFF="IF_SAFER",
            )  # fmt: skip
        os.replace(whole, path)
    except (OSError, rasterio.errors.RasterioError) as error:
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return path


def _checked(layers: Mapping[str, Array], grid: Grid) -> np.dtype[Any]:
    dtypes = {layer.dtype for layer in layers.values()}
    wrong = [name for name, layer in layers.items() if layer.shape != grid.shape]
    if len(dtypes) != 1 or wrong or dtypes.copy().pop().name not in _GDAL_NAMES:
        raise InputError(
            f"layers {', '.join(wrong) or 'of ' + ', '.join(sorted(d.name for d in dtypes))} cannot share a file",
            fix=f"Give at least one, all of shape {grid.shape} and one of the types {', '.join(_GDAL_NAMES)}",
        )
    return dtypes.pop()


def _write_levels(
    folder: Path,
    layers: Mapping[str, Array],
    grid: Grid,
    outer: Grid,
    wide: int,
    dtype: np.dtype[Any],
    nodata: float,
    categorical: bool,
) -> list[Path]:
    """The raster and its overviews as plain files, band by band so that one band at a time is copied."""
    shapes = [outer.shape]
    while max(shapes[-1]) > _BLOCK_PX:
        shapes.append((-(-shapes[-1][0] // 2), -(-shapes[-1][1] // 2)))
    paths = [folder / f"level{k}.tif" for k in range(len(shapes))]
    low, high = MARK_VALUES[dtype.name]
    files = [
        rasterio.open(
            path, "w", driver="GTiff", dtype=dtype.name, count=len(layers), height=shape[0], width=shape[1],
            tiled=True, blockxsize=_BLOCK_PX, blockysize=_BLOCK_PX, interleave="band",
            transform=_transform(outer, shape),
        )
        for path, shape in zip(paths, shapes, strict=True)
    ]  # fmt: skip
    try:
        for number, layer in enumerate(layers.values(), 1):
            image = layer
            if wide:
                image = np.empty(outer.shape, dtype)
                image[wide:-wide, wide:-wide] = layer
                burn_frame(image, grid, low=low, high=high)
            for file, shape in zip(files, shapes, strict=True):
                if file is not files[0]:
                    image = _halved(image, shape, nodata, categorical)
                file.write(image, number)
    finally:
        for file in files:
            file.close()
    return paths


def _halved(image: Array, shape: tuple[int, int], nodata: float, categorical: bool) -> Array:
    if categorical:
        return np.ascontiguousarray(image[::2, ::2])
    out = np.empty(shape, image.dtype)
    half_mean(image, float(nodata), image.dtype.kind in "iu", out)
    return out


def _transform(grid: Grid, shape: tuple[int, int]) -> Affine:
    across, down = grid.width / shape[1] * grid.pixel_m, grid.height / shape[0] * grid.pixel_m
    return Affine(across, 0.0, grid.west_m, 0.0, -down, grid.north_m)


def _virtual(
    sources: list[Path], names: list[str], grid: Grid, dtype: np.dtype[Any], nodata: float, tags: Mapping[str, str]
) -> str:
    """A virtual raster (GDAL's VRT) that gives the plain files one face: the COG driver takes overviews from it."""

    def file(path: Path) -> str:
        return f'<SourceFilename relativeToVRT="1">{escape(path.name)}</SourceFilename>'

    lines = [
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}">',
        f"<SRS>EPSG:{grid.epsg}</SRS>",
        f"<GeoTransform>{', '.join(map(repr, _transform(grid, grid.shape).to_gdal()))}</GeoTransform>",
        "<Metadata>",
        *(f"<MDI key={quoteattr(key)}>{escape(value)}</MDI>" for key, value in tags.items()),
        "</Metadata>",
    ]
    for number, name in enumerate(names, 1):
        band = f"<SourceBand>{number}</SourceBand>"
        lines += [
            f'<VRTRasterBand dataType="{_GDAL_NAMES[dtype.name]}" band="{number}">',
            f"<Description>{escape(name)}</Description><NoDataValue>{nodata!r}</NoDataValue>",
            f"<SimpleSource>{file(sources[0])}{band}</SimpleSource>",
            *(f"<Overview>{file(source)}{band}</Overview>" for source in sources[1:]),
            "</VRTRasterBand>",
        ]
    return "\n".join([*lines, "</VRTDataset>"])


def read_cog(path: Path) -> Raster:
    """Read a file that :func:`write_cog` wrote: its layers by name, without the frame.

    Raises :class:`DataError` where it is missing, damaged, or no such file.
    """
    try:
        with rasterio.open(path, driver="GTiff") as file:
            tags = file.tags()
            wide = int(tags[FRAME_TAG])
            inner = rasterio.windows.Window(wide, wide, file.width - 2 * wide, file.height - 2 * wide)
            pixels, names, epsg = file.read(window=inner), file.descriptions, file.crs.to_epsg()
            affine, nodata = file.transform, float(file.nodata)
    except (OSError, rasterio.errors.RasterioError, KeyError, ValueError) as error:
        raise DataError(f"is no raster of ours: {error}", where=str(path), fix="Make it again") from error
    west_m, north_m = affine.c + wide * affine.a, affine.f + wide * affine.e
    grid = Grid(int(epsg), west_m, north_m, affine.a, pixels.shape[2], pixels.shape[1])
    return Raster(tuple(str(name) for name in names), pixels, grid, nodata, tags[SIMULATED_TAG] == "true", tags)
