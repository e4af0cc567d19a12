"""Which single picture do many dates make? Masked median, medoid and best pixel of a stack of pictures on one grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.composite_kernels import best_rows, median_rows, medoid_rows, take_rows

__all__ = ["Composite", "best_pixel_composite", "median_composite", "medoid_composite", "sorting_network"]

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Composite:
    """One picture made of many."""

    pixels: Array
    """``(band, row, column)``; the nodata value where no date shows the ground"""
    count: npt.NDArray[np.uint16]
    """``(row, column)`` dates that show it"""
    chosen: npt.NDArray[np.int16]
    """``(row, column)`` number of the date that was taken, -1 none; empty for the median, which is of no one date"""


@lru_cache(maxsize=64)
def sorting_network(size: int) -> npt.NDArray[np.int32]:
    """Pairs to put in order, one after the other, that sort any ``size`` values: Batcher's odd-even merge sort.

    Batcher 1968, AFIPS Spring Joint Computing Conference, 307-314; 12 values take 41 pairs (39 is the best known).
    """
    pairs, p = [], 1
    while p < size:
        k = p
        while k >= 1:
            for j in range(k % p, size - k, 2 * k):
                for i in range(min(k, size - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p):
                        pairs.append((i + j, i + j + k))
            k //= 2
        p *= 2
    return np.array(pairs, np.int32).reshape(-1, 2)


def median_composite(stack: Array, seen: Mask, *, nodata: float | None = None) -> Composite:
    """The median of the seen values of each pixel and band.

    ``stack`` ``(date, band, row, column)``, ``seen`` ``(date, row, column)``; NaN and infinite values are not seen.
    Without ``nodata`` the result is float (float32 of up to 16 bits, else float64) and NaN where nothing is seen: to
    the bit what ``numpy.nanmedian`` of the masked stack gives (tests/product/test_composites.py). With ``nodata`` it
    keeps the type of the stack, two middle whole numbers' mean rounded up.
    """
    _check(stack, seen)
    dates, bands, rows, columns = stack.shape
    small = stack.dtype.kind in "iu" and stack.dtype.itemsize <= 2
    reckoned = np.dtype(np.float32 if small or stack.dtype == np.float32 else np.float64)
    out = np.empty((bands, rows, columns), reckoned if nodata is None else stack.dtype)
    count = np.zeros((rows, columns), np.uint16)
    most = np.zeros_like(count)
    beyond = stack.dtype.type(np.inf) if stack.dtype.kind == "f" else stack.dtype.type(np.iinfo(stack.dtype).max)
    whole = nodata is not None and stack.dtype.kind in "iu"
    missing = out.dtype.type(np.nan if nodata is None else nodata)
    for band in range(bands):
        known = _known(stack[:, band], seen)
        half = reckoned.type(0.5)
        median_rows(stack[:, band], known, sorting_network(dates), beyond, half, whole, missing, out[band], count)
        np.maximum(most, count, out=most)
    return Composite(out, most, np.empty((0, 0), np.int16))


def medoid_composite(stack: Array, seen: Mask, *, nodata: float) -> Composite:
    """The values of the one date that lies nearest to all others, all bands together: real spectra, no mixtures.

    Sum of Euclidean distances; of equals the earlier (Flood 2013, Remote Sens. 5, 6481-6500). Of two dates it takes
    the first. A date with a NaN or infinite band is not seen.
    """
    _check(stack, seen)
    known = _known_all(stack, seen)
    chosen = np.empty(seen.shape[1:], np.int16)
    medoid_rows(stack, known, chosen)
    return _taken(stack, known, chosen, nodata)


def best_pixel_composite(stack: Array, seen: Mask, scores: Array, *, nodata: float) -> Composite:
    """The values of the seen date with the highest score (the earlier of equals).

    ``scores`` ``(date, row, column)`` or ``(date,)``: distance from cloud, nearness to a day, height of the sun, ...
    White, Wulder et al. 2014, Can. J. Remote Sens. 40, 192-212.
    """
    _check(stack, seen)
    full = np.broadcast_to(scores.reshape(scores.shape + (1,) * (3 - scores.ndim)), seen.shape)
    known = _known_all(stack, seen) & np.isfinite(full)
    chosen = np.empty(seen.shape[1:], np.int16)
    best_rows(np.ascontiguousarray(full), known, chosen)
    return _taken(stack, known, chosen, nodata)


def _taken(stack: Array, known: Mask, chosen: npt.NDArray[np.int16], nodata: float) -> Composite:
    out = np.empty(stack.shape[1:], stack.dtype)
    take_rows(stack, chosen, stack.dtype.type(nodata), out)
    return Composite(out, known.sum(0, dtype=np.uint16), chosen)


def _known(values: Array, seen: Mask) -> Mask:
    return seen if values.dtype.kind != "f" else seen & np.isfinite(values)


def _known_all(stack: Array, seen: Mask) -> Mask:
    return seen if stack.dtype.kind != "f" else seen & np.isfinite(stack).all(1)


def _check(stack: Array, seen: Mask) -> None:
    if stack.ndim != 4 or seen.shape != (len(stack), *stack.shape[2:]) or not len(stack) or not stack.shape[1]:
        raise InputError(
            f"the stack is {stack.shape}, what is seen {seen.shape}",
            fix="Give (date, band, row, column) and (date, row, column), one date at least",
        )
