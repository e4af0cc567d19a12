"""A scene that somebody else made (or we ourselves, elsewhere): what a reader finds out before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from rasterio.rpc import RPC
from rasterio.transform import Affine

from swath.archive.averaging import Averaging, averaging_of
from swath.archive.raster_file import RasterFile, read_mask, read_window, require_plausible
from swath.errors import InputError

__all__ = [
    "COMMON_NAMES",
    "SURFACE",
    "TOA",
    "Hints",
    "OutsideAsset",
    "OutsideBand",
    "OutsideScene",
    "Placed",
    "Reader",
    "Window",
    "file_parts",
    "file_strips",
]

Array = npt.NDArray[Any]

COMMON_NAMES = {
    *("pan", "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071", "rededge075"),
    *("rededge078", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12"),
}
"""the common names of the eo extension that are used here"""


TOA, SURFACE = "toa reflectance", "surface reflectance"
"""quantities that one may become the other"""


class Window(Protocol):
    """What reads a part of a raster."""

    def __call__(self, top: int, left: int, rows: int, columns: int, bands: Sequence[int] | None = None) -> Array:
        """Stored values ``(band, row, column)``; of ``bands`` (from 0) alone where they are named."""


@dataclass(frozen=True)
class OutsideBand:
    """One band: what its numbers mean. Value = stored x scale + offset, in ``unit``."""

    name: str
    """as the mission calls it: ``B04``, ``VV``"""
    quantity: str
    """``toa reflectance``, ``surface reflectance``, ``sigma nought``, ``brightness temperature``, ``class`` ..."""
    unit: str = "1"
    scale: float = 1.0
    offset: float = 0.0
    common_name: str = ""
    centre_wavelength_m: float | None = None
    width_m: float | None = None
    saturated: float | None = None
    """stored value that means: brighter than could be measured"""
    more: Mapping[str, Any] = field(default_factory=dict)
    """further fields of the item's band"""

    @property
    def averaging(self) -> Averaging:
        """Of what its pixels are averaged: decibels and amplitudes as power."""
        unit = "amplitude" if self.quantity.startswith("amplitude") else self.unit
        return averaging_of(unit, scale=self.scale, offset=self.offset)


@dataclass(frozen=True)
class Placed:
    """Where a raster lies: by its transform in a reference system, or by rational polynomials alone."""

    transform: Affine | None = None
    crs: str = ""
    rpc: RPC | None = None


@dataclass(frozen=True)
class OutsideAsset:
    """One raster that is to be kept: one type, one size, one place, one or more bands."""

    key: str
    title: str
    bands: tuple[OutsideBand, ...]
    width: int
    height: int
    dtype: str
    placed: Placed
    strip: Callable[[int, int], Array]
    """``strip(first, rows)`` gives the stored values ``(band, row, column)``"""
    window: Window | None = None
    """a part of it, where that costs less than a strip"""
    nodata: float | None = None
    roles: tuple[str, ...] = ("data",)
    categorical: bool = False
    alpha: bool = False
    """the last band says where there is data: 0 is none"""
    frame_px: int = 0
    """width of the frame that says SIMULATED"""
    tags: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    """further fields of the item's asset"""


@dataclass(frozen=True)
class OutsideScene:
    """All that a reader found out about a scene."""

    id: str
    collection: str
    """what is searched for as product: ``sentinel-2-l2a``"""
    start: np.datetime64
    stop: np.datetime64
    assets: tuple[OutsideAsset, ...]
    platform: str = "unknown"
    instruments: tuple[str, ...] = ()
    constellation: str = ""
    geometry: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    """longitudes and latitudes of the outline, where the product says it better than its pixels do"""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """further properties of the item, by their names there: ``view:sun_elevation``, ``eo:cloud_cover``"""
    simulated: bool = False
    notes: tuple[str, ...] = ()
    """what could not be found out, and what was taken instead"""


@dataclass(frozen=True)
class Hints:
    """What the user says of files that do not say it themselves; empty where nothing was said."""

    id: str = ""
    collection: str = ""
    time: str = ""
    platform: str = ""
    bands: tuple[str, ...] = ()
    quantity: str = ""
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    speckle: str = "none"
    """``none`` or ``refined-lee``: radar scenes with their raw counts only"""
    surface: str = "none"
    """``none``, or ``dark-object``: reflectance at the top of the atmosphere becomes that of the ground, roughly"""
    url: str = ""
    """where the item was fetched from"""
    dem: Path | None = None
    """heights for radar scenes, metres above the ellipsoid"""


class Reader(Protocol):
    """What an entry point of ``swath.readers`` names: one family of products."""

    @property
    def name(self) -> str:
        """As messages call it."""

    @property
    def rank(self) -> int:
        """Readers are asked in this order: those that know more come first."""

    def claims(self, path: Path) -> bool:
        """Is this file or folder where a product of the family begins? Looks at names alone, or at a first line."""

    def files(self, path: Path) -> tuple[Path, ...]:
        """Everything on disk that belongs to the product, ``path`` first: the inputs of its lineage."""

    def identify(self, path: Path, hints: Hints) -> tuple[str, str]:
        """Id and collection of the product, found without unpacking it."""

    def read(self, path: Path, scratch: Path, hints: Hints) -> OutsideScene:
        """Read the metadata. Pixels are read later, by the strips; ``scratch`` stays until then."""


def file_parts(file: RasterFile, bands: Sequence[int] | None = None) -> Window:
    """Parts of bands (from 1; all without) of a file as they are; a mask in the file comes as a last band."""
    require_plausible(file)
    chosen = tuple(bands) if bands else tuple(range(1, file.bands + 1))
    if any(not 1 <= band <= file.bands for band in chosen):
        raise InputError(f"bands {chosen} of {file.bands}", where=str(file.path), fix="Bands count from 1")

    def window(top: int, left: int, rows: int, columns: int, bands: Sequence[int] | None = None) -> Array:
        if bands is not None and max(bands) < len(chosen):
            wanted = [chosen[band] - 1 for band in bands]
            return read_window(file, top, left, rows, columns, bands=wanted)
        pixels = read_window(file, top, left, rows, columns, bands=[band - 1 for band in chosen])
        if file.masked:
            full = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else 1
            mask = read_mask(file, top, left, rows, columns)
            pixels = np.concatenate([pixels, np.where(mask, full, 0)[None].astype(pixels.dtype)])
        return pixels if bands is None else pixels[list(bands)]

    return window


def file_strips(file: RasterFile, bands: Sequence[int] | None = None) -> Callable[[int, int], Array]:
    """As :func:`file_parts`, in strips of full width."""
    part = file_parts(file, bands)
    return lambda first, rows: part(first, 0, rows, file.width)
