"""How often does a picture hold which value? For people who look at it: counted on a coarse reading, never on all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swath.archive.raster_file import open_raster, read_small
from swath.errors import InputError

__all__ = ["BandCounts", "Histogram", "histogram"]

_MOST_BINS = 256
_MOST_PX = 512


@dataclass(frozen=True)
class BandCounts:
    """Of one band: how many pixels lie in each of equal steps from its least to its greatest value."""

    name: str
    counts: npt.NDArray[np.int64]
    low: float
    """least value, in the band's own unit"""
    high: float
    mean: float


@dataclass(frozen=True)
class Histogram:
    """Of all bands of a raster file."""

    bands: tuple[BandCounts, ...]
    pixel_count: int
    """of the file"""
    seen_count: int
    """that were looked at"""


def histogram(path: Path, *, bins: int = 48) -> Histogram:
    """Counts of every band of a GeoTIFF or JPEG 2000 file, without the pixels that hold nothing and a mark's frame.

    At most 512 by 512 pixels are looked at, evenly spread, from the file's overviews where it has some: a picture of
    any size takes the same time. Raises :class:`DataError` for a file that is none, :class:`InputError` for impossible
    bins.
    """
    if not 1 <= bins <= _MOST_BINS:
        raise InputError(f"{bins} bins", where="bins", fix=f"Give 1 to {_MOST_BINS}")
    raster = open_raster(path)
    shape = min(raster.height, _MOST_PX), min(raster.width, _MOST_PX)
    pixels, known = read_small(raster, shape)
    bands = tuple(
        _counted(name, band[seen], bins) for name, band, seen in zip(raster.names, pixels, known, strict=True)
    )
    return Histogram(bands, raster.width * raster.height, shape[0] * shape[1])


def _counted(name: str, known: npt.NDArray[np.generic], bins: int) -> BandCounts:
    values = known.astype(np.float64)
    if not len(values):
        return BandCounts(name, np.zeros(bins, np.int64), 0.0, 0.0, 0.0)
    low, high = float(values.min()), float(values.max())
    counts, _ = np.histogram(values, bins, (low, high if high > low else low + 1.0))
    return BandCounts(name, counts.astype(np.int64), low, high, float(values.mean()))
