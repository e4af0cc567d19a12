"""What is in a raster file, may it be read, and how is it read piece by piece? The one way to pixels on disk.

The content decides, not the name: only TIFF and JPEG 2000, each by its own driver of GDAL and no other. A virtual
raster, whose text can name any file or address, is refused under whatever name it comes; so are files beside the
picture that GDAL would read by itself. How many pixels there are is checked before any is read. Windows of common
TIFF files are decoded here (:mod:`tiff`), bit for bit as GDAL does, all others by GDAL.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.windows
from rasterio._err import CPLE_BaseError
from rasterio.enums import MaskFlags, Resampling
from rasterio.rpc import RPC
from rasterio.transform import Affine

from swath.archive.averaging import Averaging, averaging_of
from swath.archive.mark import FRAME_TAG, SIMULATED_TAG
from swath.archive.tiff import Blocks, blocks_of, read_blocks
from swath.errors import DataError, InputError
from swath.model import Grid

__all__ = [
    "MAX_PIXELS",
    "RasterFile",
    "dataset",
    "in_order",
    "open_raster",
    "raster_driver",
    "read_mask",
    "read_small",
    "read_window",
    "require_plausible",
    "strips",
]

Array = npt.NDArray[Any]
Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_PIXELS = 2**36
"""of one band; a file's header can claim any number"""
_MOST_BANDS = 512
_MOST_GROWTH, _SMALL_BYTES = 20_000, 1_000_000_000
"""Decoded, a file grows at most so many times, unless it is small even then."""
_STRIP_ROWS = 512
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
    "GDAL_CACHEMAX": 64 * 2**20,  # bytes: rasterio hands the number on as it is
    "GTIFF_IGNORE_READ_ERRORS": "NO",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
}
_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


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
    """the one type that holds all bands"""
    nodata: float | None
    """as the file says it; none where no pixel of its type can hold it"""
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
    rpc: RPC | None = None
    has_control_points: bool = False
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    named: tuple[bool, ...] = ()
    """which bands the file itself has names for"""
    colours: tuple[str, ...] = ()
    """``red``, ``alpha``, ``gray``, ``undefined`` ... as the file says"""
    units: tuple[str, ...] = ()
    """of the values of each band, as the file says"""
    masked: bool = False
    """a mask of its own lies in the file"""
    tags: dict[str, str] = field(default_factory=dict)
    blocks: Blocks | None = field(default=None, repr=False)
    """where its pixels lie, if they can be had without GDAL"""

    @property
    def transform(self) -> Affine | None:
        """As :attr:`affine`; None where the file has no place on a map."""
        return Affine(*self.affine) if self.crs and Affine(*self.affine) != Affine.identity() else None

    @property
    def averagings(self) -> tuple[Averaging, ...]:
        """Of what the pixels of each band are averaged, by the unit that the file says."""
        return tuple(
            averaging_of(unit, scale=scale, offset=offset)
            for unit, scale, offset in zip(self.units, self.scales, self.offsets, strict=True)
        )

    @property
    def framed(self) -> RasterFile:
        """The whole file: the mark's frame, if it has one, is a part of it."""
        wide = self.frame_px
        outer = Affine(*self.affine) @ Affine.translation(-wide, -wide)
        width, height = self.width + 2 * wide, self.height + 2 * wide
        return replace(self, frame_px=0, width=width, height=height, affine=tuple(outer)[:6])

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


def raster_driver(path: Path) -> str:
    """Which of GDAL's drivers reads this content? :class:`DataError` for anything but TIFF and JPEG 2000."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path), fix="Look where it is") from error
    for magic, driver in _MAGIC.items():
        if head.startswith(magic):
            return driver
    kind = "is empty: neither GeoTIFF nor JPEG 2000" if not head else "is neither GeoTIFF nor JPEG 2000"
    if head.lstrip()[:1] == b"<":
        kind = "is a virtual raster or other text, neither GeoTIFF nor JPEG 2000"
    raise DataError(kind, where=str(path), fix="Give the GeoTIFF or JPEG 2000 file itself")


@contextmanager
def dataset(path: Path) -> Iterator[rasterio.io.DatasetReader]:
    """A raster opened by the driver of its content and read with nothing beside it, for what only GDAL does.

    Raises :class:`DataError` for a file that may not be read (see the module), and where GDAL fails meanwhile.
    """
    path = Path(path)
    driver = raster_driver(path)
    with rasterio.Env(**_QUIET), warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # its place may stand elsewhere
        try:
            with rasterio.open(path.absolute(), driver=driver, sharing=False) as file:
                _check_size(file, path)
                yield file
        except (OSError, rasterio.errors.RasterioError, CPLE_BaseError, MemoryError) as error:
            raise DataError(f"cannot be read: {error}", where=str(path), fix="Get the file again") from error


def _check_size(file: rasterio.io.DatasetReader, path: Path) -> None:
    pixels = file.width * file.height
    if pixels > MAX_PIXELS or not 1 <= file.count <= _MOST_BANDS:
        raise DataError(
            f"claims {file.count} bands of {file.width} x {file.height} pixels, more than is read "
            f"(1 to {_MOST_BANDS} bands of {MAX_PIXELS / 1e9:.0f} thousand million)",
            where=str(path),
            fix="Cut it into parts",
        )
    if any(name not in _TYPES for name in file.dtypes):
        raise DataError(f"pixels of type {file.dtypes[0]} are not read", where=str(path), fix="Convert it to float32")


def require_plausible(raster: RasterFile) -> None:
    """:class:`DataError` for a file that is to be read whole and claims to grow more than pictures do."""
    size = raster.path.stat().st_size
    decoded = raster.width * raster.height * raster.bands * raster.dtype.itemsize
    if decoded > max(_SMALL_BYTES, _MOST_GROWTH * size):
        raise DataError(
            f"{size} bytes claim to hold {decoded / 1e9:.0f} GB of pixels",
            where=str(raster.path),
            fix="It is empty or a trap: look what it is",
        )


def open_raster(path: Path) -> RasterFile:
    """What does a GeoTIFF or JPEG 2000 file hold? Only the header is read, by the driver of its first bytes.

    Raises :class:`DataError` for what is missing, damaged, of another kind (a virtual raster that is called ``.tif``
    too), without bands, of complex numbers, or claims more than 2^36 pixels a band.
    """
    try:
        with dataset(path) as file:
            return _described(Path(path), file)
    except ValueError as error:  # names that are no text, a place that is no number
        raise DataError(f"cannot be read: {error}", where=str(path), fix="Get the file again") from error


def _described(path: Path, file: Any) -> RasterFile:
    rows, columns = file.block_shapes[0]
    tags = {str(key): str(value) for key, value in file.tags().items()}
    wide = int(tags.get(FRAME_TAG, "0")) if tags.get(FRAME_TAG, "0").isdigit() else 0
    wide = wide if 2 * wide < min(file.width, file.height) else 0
    dtype, one = np.result_type(*file.dtypes), len(set(file.dtypes)) == 1
    size = {"width": file.width, "height": file.height, "bands": file.count}
    flags = file.mask_flag_enums
    return RasterFile(
        path=path,
        driver=file.driver,
        width=file.width - 2 * wide,
        height=file.height - 2 * wide,
        bands=file.count,
        names=tuple(name or str(k) for k, name in enumerate(file.descriptions, 1)),
        dtype=dtype,
        nodata=_nodata(file.nodata, dtype),
        crs=_spoken(file.crs),
        affine=tuple(file.transform @ Affine.translation(wide, wide))[:6],
        block_rows=rows,
        block_columns=columns,
        simulated=tags.get(SIMULATED_TAG) == "true",
        frame_px=wide,
        rpc=file.rpcs,
        has_control_points=bool(file.gcps[0]),
        scales=tuple(map(float, file.scales)),
        offsets=tuple(map(float, file.offsets)),
        named=tuple(bool(name) for name in file.descriptions),
        colours=tuple(interpretation.name for interpretation in file.colorinterp),
        units=tuple(unit or "" for unit in file.units),
        masked=any(MaskFlags.per_dataset in each and MaskFlags.alpha not in each for each in flags),
        tags=tags,
        blocks=blocks_of(path, dtype=dtype, **size) if one and file.driver == "GTiff" else None,
    )


def _nodata(value: float | None, dtype: np.dtype[Any]) -> float | None:
    """The nodata value, none where no pixel of this type can hold it (-9999 of whole numbers above 0)."""
    if value is None or dtype.kind not in "iu":
        return None if value is None else float(value)
    info = np.iinfo(dtype)
    return float(value) if float(value).is_integer() and info.min <= value <= info.max else None


def _spoken(crs: Any) -> str:
    if crs is None:
        return ""
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.to_wkt())


def _window(raster: RasterFile, top: int, left: int, rows: int, columns: int) -> rasterio.windows.Window:
    inside = top >= 0 and left >= 0 and rows > 0 and columns > 0
    if not inside or top + rows > raster.height or left + columns > raster.width:
        raise InputError(
            "a part outside the picture was asked for", where=str(raster.path), fix="Ask within its borders"
        )
    return rasterio.windows.Window(left + raster.frame_px, top + raster.frame_px, columns, rows)


def read_window(
    raster: RasterFile, top: int, left: int, rows: int, columns: int, *, bands: Sequence[int] = ()
) -> Array:
    """Pixels ``(band, row, column)`` of a window that lies inside; ``bands`` count from 0, none named: all.

    Safe in threads. Raises :class:`InputError` outside the borders, :class:`DataError` where the file is damaged.
    """
    window = _window(raster, top, left, rows, columns)
    chosen = list(bands) or list(range(raster.bands))
    if not all(0 <= band < raster.bands for band in chosen):
        raise InputError(f"there is no band {max(chosen)}", where=str(raster.path), fix=f"It has {raster.bands}")
    if raster.blocks is not None:
        wide = raster.frame_px
        try:
            pixels = read_blocks(raster.path, raster.blocks, (top + wide, left + wide, rows, columns), chosen)
        except (OSError, DataError) as error:
            raise DataError(f"cannot be read: {error}", where=str(raster.path), fix="Get the file again") from error
        if pixels is not None:
            return pixels
    with dataset(raster.path) as file:
        return np.asarray(file.read([band + 1 for band in chosen], window=window)).astype(raster.dtype, copy=False)


def read_mask(raster: RasterFile, top: int, left: int, rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """Where does the mask in the file say that there is data? ``(row, column)`` of a window."""
    window = _window(raster, top, left, rows, columns)
    with dataset(raster.path) as file:
        return np.asarray(file.dataset_mask(window=window) > 0)


def read_small(
    raster: RasterFile,
    shape: tuple[int, int],
    *,
    bands: Sequence[int] = (),
    window: tuple[int, int, int, int] | None = None,
    mean: bool = False,
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """A window (top, left, rows, columns; all without one) in fewer pixels, and where they have data.

    Both ``(band, row, column)``. The file's overviews answer where it has them; the nearest pixel, or the ``mean``.
    """
    at = _window(raster, *(window or (0, 0, raster.height, raster.width)))
    chosen = list(bands) or list(range(raster.bands))
    how = Resampling.average if mean else Resampling.nearest
    with dataset(raster.path) as file:
        numbers = [band + 1 for band in chosen]
        data = file.read(numbers, window=at, out_shape=(len(chosen), *shape), masked=True, resampling=how)
    known = ~np.ma.getmaskarray(data)
    values = np.asarray(data.data)
    return values, known & np.isfinite(values) if values.dtype.kind == "f" else known


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
