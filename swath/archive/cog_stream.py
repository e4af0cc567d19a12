"""Rasters of any size, system and band count as Cloud-Optimized GeoTIFF, strip by strip, looked at on the way.

The pixels stay as they are. zstd with predictor, blocks of 512, overviews by the mean of known pixels (every second
pixel where values are classes). Memory: a strip of 1024 rows and what GDAL keeps, whatever the size.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
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
from swath.archive.outside import OutsideAsset
from swath.archive.quality import Inspector
from swath.archive.raster_kernels import half_mean
from swath.errors import DataError

__all__ = ["BLOCK_PX", "STRIP_ROWS", "Written", "write_asset"]

Array = npt.NDArray[Any]

BLOCK_PX = 512
STRIP_ROWS = 1024
"""a power of two: so many overviews are made of one strip alone"""
_CACHE_MB = 32
_GDAL_NAMES = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
    "float32": "Float32",
    "float64": "Float64",
}
_NEVER = -1e300
"""no value of a raster: stands for `no data` where there is none"""


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
    """Write an asset as one file; it appears under its name when it is whole. ``progress`` hears shares from 0 to 1.

    With ``clear_haze`` reflectance at the top of the atmosphere becomes that of the ground (dark objects).

    The bytes depend on the pixels and versions alone. Raises :class:`DataError` where pixels cannot be read, or the
    file cannot be written.
    """
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    inspector = Inspector(asset, find_haze=clear_haze)
    shapes = [(asset.height, asset.width)]
    while max(shapes[-1]) > BLOCK_PX:
        shapes.append((-(-shapes[-1][0] // 2), -(-shapes[-1][1] // 2)))
    try:
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
            levels = _write_levels(folder, asset, shapes, inspector, progress)
            asset = inspector.clear_of_haze()
            source, whole = folder / "source.vrt", folder / "whole.tif"
            source.write_text(_virtual(levels, asset), "utf-8")
            rasterio.shutil.copy(
                source, whole, driver="COG", COMPRESS="ZSTD", LEVEL="1", PREDICTOR="YES", BLOCKSIZE=str(BLOCK_PX),
                OVERVIEWS="AUTO" if len(levels) > 1 else "NONE", BIGTIFF="IF_SAFER", NUM_THREADS="2",
            )  # fmt: skip
        os.replace(whole, path)
    except (OSError, rasterio.errors.RasterioError, MemoryError) as error:
        raise DataError(f"cannot be written: {error}", where=str(path), fix="Look at space and rights") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    progress(1.0)
    return Written(path, asset, inspector.quality(), inspector.outline())


def _write_levels(
    folder: Path,
    asset: OutsideAsset,
    shapes: list[tuple[int, int]],
    inspector: Inspector,
    progress: Callable[[float], None],
) -> list[Path]:
    """The raster and its overviews as plain files, a strip at a time: a strip's overviews are its own."""
    paths = [folder / f"level{k}.tif" for k in range(len(shapes))]
    files = [
        rasterio.open(
            path, "w", driver="GTiff", dtype=asset.dtype, count=len(asset.bands), height=shape[0], width=shape[1],
            tiled=True, blockxsize=BLOCK_PX, blockysize=BLOCK_PX, interleave="band", bigtiff="IF_SAFER",
            transform=Affine.scale(2.0, -2.0),
        )
        for path, shape in zip(paths, shapes, strict=True)
    ]  # fmt: skip
    try:
        for first in range(0, asset.height, STRIP_ROWS):
            rows = min(STRIP_ROWS, asset.height - first)
            image = np.ascontiguousarray(asset.strip(first, rows))
            if image.shape != (len(asset.bands), rows, asset.width) or image.dtype.name != asset.dtype:
                raise DataError(f"a strip of {image.dtype} {image.shape}", where=asset.key, fix="Get the scene again")
            inspector.look(first, image)
            for level, file in enumerate(files):
                if level:
                    image = _halved(image, asset)
                window = rasterio.windows.Window(0, first >> level, shapes[level][1], image.shape[1])
                file.write(image, window=window)
            progress(0.6 * (first + rows) / asset.height)
    finally:
        for file in files:
            file.close()
    return paths


def _halved(image: Array, asset: OutsideAsset) -> Array:
    if asset.categorical:
        return np.ascontiguousarray(image[:, ::2, ::2])
    shape = -(-image.shape[1] // 2), -(-image.shape[2] // 2)
    out = np.empty((len(image), *shape), image.dtype)
    nodata = _NEVER if asset.nodata is None or math.isnan(asset.nodata) else asset.nodata
    whole = image.dtype.kind in "iu"
    for band, half in zip(image, out, strict=True):
        half_mean(band, nodata if whole or nodata != _NEVER else math.nan, whole, half)
    return out


def _virtual(levels: list[Path], asset: OutsideAsset) -> str:
    """A virtual raster of our own making that gives the plain files one face, with place, names and tags."""
    placed, tags = asset.placed, {"TIFFTAG_SOFTWARE": f"swath {__version__}", **asset.tags}
    lines = [f'<VRTDataset rasterXSize="{asset.width}" rasterYSize="{asset.height}">']
    if placed.transform is not None:
        lines.append(f"<SRS>{escape(placed.crs_wkt)}</SRS>")
        lines.append(f"<GeoTransform>{', '.join(map(repr, placed.transform.to_gdal()))}</GeoTransform>")
    lines += ["<Metadata>", *(f"<MDI key={quoteattr(k)}>{escape(v)}</MDI>" for k, v in tags.items()), "</Metadata>"]
    if placed.rpc is not None:
        rpc = placed.rpc.to_gdal()
        lines += ['<Metadata domain="RPC">']
        lines += [f"<MDI key={quoteattr(k)}>{escape(v)}</MDI>" for k, v in rpc.items() if v and "ERR" not in k]
        lines.append("</Metadata>")
    for number, band in enumerate(asset.bands, 1):
        part = f"<SourceBand>{number}</SourceBand>"
        lines += [
            f'<VRTRasterBand dataType="{_GDAL_NAMES[asset.dtype]}" band="{number}">',
            f"<Description>{escape(band.name)}</Description>",
            *([f"<NoDataValue>{_text(asset.nodata)}</NoDataValue>"] if asset.nodata is not None else []),
            *([f"<Scale>{band.scale!r}</Scale>"] if band.scale != 1.0 else []),
            *([f"<Offset>{band.offset!r}</Offset>"] if band.offset != 0.0 else []),
            f"<ColorInterp>{_colour(band.name, asset, number)}</ColorInterp>",
            f"<SimpleSource>{_file(levels[0])}{part}</SimpleSource>",
            *(f"<Overview>{_file(level)}{part}</Overview>" for level in levels[1:]),
            "</VRTRasterBand>",
        ]
    return "\n".join([*lines, "</VRTDataset>"])


def _colour(name: str, asset: OutsideAsset, number: int) -> str:
    if asset.alpha and number == len(asset.bands):
        return "Alpha"
    if len(asset.bands) == 1:
        return "Gray"
    return name.capitalize() if name in ("red", "green", "blue") else "Undefined"


def _text(value: float) -> str:
    return "nan" if math.isnan(value) else repr(value)


def _file(path: Path) -> str:
    return f'<SourceFilename relativeToVRT="1">{escape(path.name)}</SourceFilename>'
