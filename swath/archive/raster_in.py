"""Is this file a picture, and may it be read? Outside rasters opened by what is in them, within limits.

The content decides, not the name: only TIFF and JPEG 2000, each by its own driver of GDAL and no other. A virtual
raster, whose text can name any file or address, is refused under whatever name it comes; so are files beside the
picture that GDAL would read by itself. How many pixels there are is checked before any is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.rpc import RPC
from rasterio.transform import Affine
from rasterio.windows import Window

from swath.errors import DataError, InputError

__all__ = ["MAX_PIXELS", "RasterFile", "inspect_raster", "open_raster", "raster_driver"]

Array = npt.NDArray[Any]

MAX_PIXELS = 4_000_000_000
"""of one band; a full Sentinel-2 band has 0.12 and a WorldView strip some 2 thousand million"""
_MOST_BANDS = 512
_MOST_GROWTH, _SMALL_BYTES = 20_000, 1_000_000_000
"""Decoded, a file grows at most so many times, unless it is small even then."""

_MAGIC = {
    b"II*\0": "GTiff",
    b"MM\0*": "GTiff",
    b"II+\0": "GTiff",
    b"MM\0+": "GTiff",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JP2OpenJPEG",
    b"\xff\x4f\xff\x51": "JP2OpenJPEG",
}
_QUIET = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_GEOREF_SOURCES": "INTERNAL",
    "GDAL_CACHEMAX": 64,
    "GTIFF_IGNORE_READ_ERRORS": "NO",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
}
_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


@dataclass(frozen=True)
class RasterFile:
    """What there is to know of a raster before its pixels are read."""

    path: Path
    driver: str
    width: int
    height: int
    count: int
    dtype: str
    """the one type that holds all bands"""
    transform: Affine | None
    crs_wkt: str
    rpc: RPC | None
    has_control_points: bool
    nodata: float | None
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    names: tuple[str, ...]
    """band descriptions, empty where there are none"""
    colours: tuple[str, ...]
    """``red``, ``alpha``, ``gray``, ``undefined`` ... as the file says"""
    masked: bool
    """a mask of its own lies in the file"""
    tags: dict[str, str]

    def read(self, first: int, rows: int, bands: tuple[int, ...] | None = None) -> Array:
        """Rows from ``first`` on, ``(band, row, column)``; bands count from 1. :class:`DataError` where damaged."""
        with open_raster(self.path) as file:
            return _read(file, self.path, Window(0, first, self.width, rows), bands)

    def window(self, column: int, first: int, columns: int, rows: int, bands: tuple[int, ...] | None = None) -> Array:
        """A part of it, inside its borders, ``(band, row, column)``."""
        with open_raster(self.path) as file:
            return _read(file, self.path, Window(column, first, columns, rows), bands)

    def mask(self, first: int, rows: int) -> npt.NDArray[np.bool_]:
        """Where does the mask in the file say that there is data? ``(row, column)``."""
        with open_raster(self.path) as file:
            return np.asarray(file.dataset_mask(window=Window(0, first, self.width, rows)) > 0)


def raster_driver(path: Path) -> str:
    """Which of GDAL's drivers reads this content? :class:`DataError` for anything but TIFF and JPEG 2000."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Look where it is") from error
    for magic, driver in _MAGIC.items():
        if head.startswith(magic):
            return driver
    kind = "is empty" if not head else "is neither a TIFF nor a JPEG 2000 picture"
    if b"<VRTDataset" in head or head.lstrip()[:1] == b"<":
        kind = "is a virtual raster or other text, not a picture"
    raise DataError(kind, where=str(path), fix="Give the GeoTIFF or JPEG 2000 file itself")


@contextmanager
def open_raster(path: Path) -> Iterator[rasterio.io.DatasetReader]:
    """An outside raster, opened by the driver of its content and read with nothing beside it."""
    driver = raster_driver(path)
    with rasterio.Env(**_QUIET), warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # its place may stand elsewhere
        try:
            file = rasterio.open(path.absolute(), driver=driver, sharing=False)
        except (OSError, rasterio.errors.RasterioError) as error:
            raise DataError(f"is no whole picture: {error}", where=str(path), fix="Get it again") from error
        with file:
            _check_size(file, path)
            yield file


def _check_size(file: rasterio.io.DatasetReader, path: Path) -> None:
    pixels = file.width * file.height
    if pixels > MAX_PIXELS or file.count > _MOST_BANDS:
        raise DataError(
            f"{file.width} x {file.height} pixels in {file.count} bands are more than is read "
            f"({MAX_PIXELS / 1e9:.0f} thousand million, {_MOST_BANDS} bands)",
            where=str(path),
            fix="Cut it into parts",
        )
    if any(name not in _TYPES for name in file.dtypes):
        raise DataError(f"pixels of type {file.dtypes[0]} are not read", where=str(path), fix="Convert it to float32")
    decoded = sum(pixels * np.dtype(name).itemsize for name in file.dtypes)
    if decoded > max(_SMALL_BYTES, _MOST_GROWTH * path.stat().st_size):
        raise DataError(
            f"{path.stat().st_size} bytes claim to hold {decoded / 1e9:.0f} GB of pixels",
            where=str(path),
            fix="It is empty or a trap: look what it is",
        )


def inspect_raster(path: Path) -> RasterFile:
    """What is this raster? Raises :class:`DataError` where it is none that may be read, see the module."""
    with open_raster(path) as file:
        dtypes = {np.dtype(name) for name in file.dtypes}
        crs = file.crs.to_wkt() if file.crs else ""
        placed = bool(crs) and file.transform != Affine.identity()
        return RasterFile(
            path=path,
            driver=file.driver,
            width=file.width,
            height=file.height,
            count=file.count,
            dtype=np.result_type(*dtypes).name,
            transform=file.transform if placed else None,
            crs_wkt=crs if placed else "",
            rpc=file.rpcs,
            has_control_points=bool(file.gcps[0]),
            nodata=None if file.nodata is None else float(file.nodata),
            scales=tuple(map(float, file.scales)),
            offsets=tuple(map(float, file.offsets)),
            names=tuple(name or "" for name in file.descriptions),
            colours=tuple(interpretation.name for interpretation in file.colorinterp),
            masked=any(
                rasterio.enums.MaskFlags.per_dataset in flags and rasterio.enums.MaskFlags.alpha not in flags
                for flags in file.mask_flag_enums
            ),
            tags={str(key): str(value) for key, value in file.tags().items()},
        )


def _read(file: rasterio.io.DatasetReader, path: Path, window: Window, bands: tuple[int, ...] | None) -> Array:
    inside = window.col_off >= 0 and window.row_off >= 0 and window.width > 0 and window.height > 0
    if not inside or window.col_off + window.width > file.width or window.row_off + window.height > file.height:
        raise InputError("a part outside the picture was asked for", where=str(path), fix="Ask within its borders")
    try:
        return np.asarray(file.read(list(bands) if bands else None, window=window))
    except (OSError, rasterio.errors.RasterioError, MemoryError) as error:
        raise DataError(f"its pixels cannot be read: {error}", where=str(path), fix="Get it again") from error
