"""Hot loops of smaller pictures: overviews and previews. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["block_mean", "half_mean", "half_mean_whole"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def half_mean(image: Array, nodata: float, out: Array) -> None:
    """Mean of the known real pixels among 2 x 2; ``nodata`` (or NaN) where none is."""
    rows, columns = image.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            total, known = 0.0, 0
            for a in range(2 * i, min(2 * i + 2, rows)):
                for b in range(2 * j, min(2 * j + 2, columns)):
                    value = float(image[a, b])
                    if value == value and value != nodata:
                        total += value
                        known += 1
            out[i, j] = total / known if known else nodata


@njit(cache=True, nogil=True)
def half_mean_whole(image: Array, nodata: int, has_nodata: bool, out: Array) -> None:
    """Mean of the known whole pixels among 2 x 2, halves rounded up; ``nodata`` where none is."""
    rows, columns = image.shape
    for i in range(out.shape[0]):
        upper, lower = image[2 * i], image[min(2 * i + 1, rows - 1)]
        gaps = 2 * i + 1 >= rows
        if has_nodata:
            for j in range(columns):
                gaps |= (upper[j] == nodata) | (lower[j] == nodata)
        first = 0
        if not gaps:  # without a branch four times as fast
            first = columns // 2
            for j in range(first):
                total = np.int64(upper[2 * j]) + np.int64(upper[2 * j + 1])
                out[i, j] = (total + np.int64(lower[2 * j]) + np.int64(lower[2 * j + 1]) + 2) >> 2
        for j in range(first, out.shape[1]):
            total, known = np.int64(0), np.int64(0)
            for a in range(2 * i, min(2 * i + 2, rows)):
                for b in range(2 * j, min(2 * j + 2, columns)):
                    if not (has_nodata and image[a, b] == nodata):
                        total += np.int64(image[a, b])
                        known += 1
            out[i, j] = (2 * total + known) // (2 * known) if known else nodata


@njit(cache=True, nogil=True)
def block_mean(image: Array, size: int, out: Array) -> None:
    """Mean of the pixels that are not 0 in blocks of ``size`` x ``size``, 0 where none is."""
    rows, columns = image.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            total, known = 0, 0
            for a in range(i * size, min((i + 1) * size, rows)):
                for b in range(j * size, min((j + 1) * size, columns)):
                    if image[a, b] != 0:
                        total += image[a, b]
                        known += 1
            out[i, j] = total / known if known else 0.0
