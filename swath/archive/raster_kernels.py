"""Hot loops of smaller pictures: overviews and previews. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["block_mean", "half_mean"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def half_mean(image: Array, nodata: float, whole: bool, out: Array) -> None:
    """Mean of the known pixels among 2 x 2; ``nodata`` (or NaN) where none is. ``whole`` numbers are rounded."""
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
            if known == 0:
                out[i, j] = nodata
            else:
                out[i, j] = np.floor(total / known + 0.5) if whole else total / known


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
