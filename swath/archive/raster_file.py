"""What is in a raster file, and how is it read piece by piece? Rasters larger than memory, two pieces at a time."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.windows
from rasterio.transform import Affine

from swath.archive.mark import FRAME_TAG, SIMULATED_TAG
from swath.errors import DataError, InputError
from swath.model import Grid

__all__ = ["MAX_PIXELS", "RasterFile", "in_order", "open_raster", "read_window", "strips"]

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_PIXELS = 2**36
"""of one band; a file's header can claim any number"""
_DRIVERS = {b"II*\0": "GTiff", b"MM\0*": "GTiff", b"II+\0": "GTiff", b"MM\0+": "GTiff", b"\0\0\0\x0c": "JP2OpenJPEG"}
"""by how a file begins. No virtual rasters: they can name any file or address."""
_STRIP_ROWS = 512


@dataclass(frozen=True)
class RasterFile:
    """A raster file as its header describes it; no pixel has been read."""

    path: Path
    driver: str
    width: int
    height: int
    bands: int
    names: tuple[str, ...]
    """descriptions of the bands, ``1``, ``2``, ... where the file has none"""
    dtype: np.dtype[Any]
    nodata: float | None
    crs: str
    """as PROJ reads it: ``EPSG:32633`` or WKT; empty where the file does not say"""
    affine: tuple[float, float, float, float, float, float]
    """a, b, c, d, e, f: x = a column + b row + c, y = d column + e row + f, of pixel corners"""
    block_rows: int
    """rows of the file's own blocks"""
    block_columns: int
    simulated: bool
    """as its own tags say"""
    frame_px: int
    """width of the mark's frame round the data, which is no part of what this record describes"""

    @property
    def grid(self) -> Grid:
        """The grid of a north-up raster with square pixels in metres; :class:`InputError` for any other."""
        a, b, c, d, e, f = self.affine
        epsg = self.crs.removeprefix("EPSG:")
        if not epsg.isdigit() or b != 0.0 or d != 0.0 or a <= 0.0 or abs(a + e) > 1e-9 * a:
            raise InputError(
                f"is no north-up raster with square pixels and an EPSG code ({self.crs[:60] or 'no CRS'})",
                where=str(self.path),
                fix="Warp it first: swath archive warp",
            )
        return Grid(int(epsg), c, f, a, self.width, self.height)


def open_raster(path: Path) -> RasterFile:
    """What does a GeoTIFF or JPEG 2000 file hold? Only the header is read, by the driver of its first bytes.

    Raises :class:`DataError` for what is missing, damaged, of another kind (a virtual raster that is called ``.tif``
    too), without bands, or claims more than 2^36 pixels a band.
    """
    driver = _driver(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # the record says so itself
            with rasterio.open(path, driver=driver) as file:
                found = _described(Path(path), driver, file)
    except (OSError, rasterio.errors.RasterioError, ValueError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix="Get the file again") from error
    if not found.bands or found.width * found.height > MAX_PIXELS:
        raise DataError(
            f"claims {found.bands} bands of {found.width} x {found.height} pixels", where=str(path), fix="Cut it first"
        )
    return found


def _described(path: Path, driver: str, file: Any) -> RasterFile:
    rows, columns = file.block_shapes[0] if file.count else (1, 1)
    tags = file.tags()
    wide = int(tags.get(FRAME_TAG, "0")) if tags.get(FRAME_TAG, "0").isdigit() else 0
    wide = wide if 2 * wide < min(file.width, file.height) else 0
    return RasterFile(
        path=path,
        driver=driver,
        width=file.width - 2 * wide,
        height=file.height - 2 * wide,
        bands=file.count,
        names=tuple(name or str(k) for k, name in enumerate(file.descriptions, 1)),
        dtype=np.dtype(file.dtypes[0]) if file.count else np.dtype("uint8"),
        nodata=_nodata(file.nodata, np.dtype(file.dtypes[0]) if file.count else np.dtype("uint8")),
        crs=_spoken(file.crs),
        affine=tuple(file.transform @ Affine.translation(wide, wide))[:6],
        block_rows=rows,
        block_columns=columns,
        simulated=tags.get(SIMULATED_TAG) == "true",
        frame_px=wide,
    )


def _nodata(value: float | None, dtype: np.dtype[Any]) -> float | None:
    """The nodata value, none where no pixel of this type can hold it (-9999 of whole numbers above 0)."""
    if value is None or dtype.kind not in "iu":
        return None if value is None else float(value)
    info = np.iinfo(dtype)
    return float(value) if float(value).is_integer() and info.min <= value <= info.max else None


def _driver(path: Path) -> str:
    try:
        with Path(path).open("rb") as file:
            begin = file.read(4)
    except OSError as error:
        raise DataError(
            f"cannot be read: {error.strerror}", where=str(path), fix="Give a file that is there"
        ) from error
    if begin not in _DRIVERS:
        raise DataError("is neither GeoTIFF nor JPEG 2000", where=str(path), fix="Turn it into a GeoTIFF first")
    return _DRIVERS[begin]


def _spoken(crs: Any) -> str:
    if crs is None:
        return ""
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.to_wkt())


def read_window(
    raster: RasterFile, top: int, left: int, rows: int, columns: int, *, bands: Sequence[int] = ()
) -> npt.NDArray[Any]:
    """Pixels ``(band, row, column)`` of a window that lies inside; ``bands`` count from 0, none named: all.

    Safe in threads: each call opens the file for itself, which takes about 0.3 ms.
    """
    window = rasterio.windows.Window(left + raster.frame_px, top + raster.frame_px, columns, rows)
    try:
        with rasterio.open(raster.path, driver=raster.driver) as file:
            chosen = [band + 1 for band in bands] or list(range(1, raster.bands + 1))
            pixels: npt.NDArray[Any] = file.read(chosen, window=window)
    except (OSError, rasterio.errors.RasterioError, IndexError) as error:
        raise DataError(
            f"rows {top} to {top + rows} cannot be read: {error}", where=str(raster.path), fix="Get the file again"
        ) from error
    return pixels


def strips(raster: RasterFile, *, rows: int = _STRIP_ROWS) -> Iterator[tuple[int, int]]:
    """First row and number of rows of pieces of full width that begin with the file's own blocks."""
    step = max(rows // raster.block_rows, 1) * raster.block_rows
    if raster.block_rows > 4 * rows:  # a file in one piece, or in tall strips: its blocks do not bound memory
        step = rows
    for top in range(0, raster.height, step):
        yield top, min(step, raster.height - top)


def in_order(work: Callable[[Item], Result], items: Iterable[Item], *, workers: int = 1) -> Iterator[Result]:
    """Results of ``work`` on items, in their order, made by threads that run at most one item each ahead.

    Reading and writing of rasters and all our kernels leave the interpreter to others meanwhile. One worker: no thread.
    """
    if workers <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Any] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
