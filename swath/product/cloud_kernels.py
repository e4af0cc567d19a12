"""Hot loops of the cloud mask: means of cells, growth of masks, codes painted back. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["cell_means", "dilate", "find_pictured", "mean_cells", "paint_codes", "shadow_scores"]

Array = npt.NDArray[Any]


@njit(cache=True)
def find_pictured(blue: Array, green: Array, red: Array, nir: Array, blind: Array) -> Array:
    """Which pixels have data in all bands and are not blind?"""
    rows, columns = blue.shape
    pictured = np.empty((rows, columns), np.bool_)
    for i in range(rows):
        for j in range(columns):
            known = blue[i, j] > 0 and green[i, j] > 0 and red[i, j] > 0 and nir[i, j] > 0
            pictured[i, j] = known and not blind[i, j]
    return pictured


@njit(cache=True)
def cell_means(blue: Array, green: Array, red: Array, nir: Array, pictured: Array, cell: int, means: Array) -> None:
    """Mean reflectance (0 to 1) of ``cell`` x ``cell`` pixels into ``(4, row, column)``; NaN where most is missing."""
    rows, columns = blue.shape
    down, across = means.shape[1:]
    for r in range(down):
        for c in range(across):
            count, b, g, d, n, whole = 0, 0, 0, 0, 0, 0
            for i in range(r * cell, min((r + 1) * cell, rows)):
                for j in range(c * cell, min((c + 1) * cell, columns)):
                    whole += 1
                    if pictured[i, j]:
                        count += 1
                        b += blue[i, j]
                        g += green[i, j]
                        d += red[i, j]
                        n += nir[i, j]
            scale = 1e-4 / count if 2 * count > whole else np.nan
            means[0, r, c], means[1, r, c] = b * scale, g * scale
            means[2, r, c], means[3, r, c] = d * scale, n * scale


@njit(cache=True, nogil=True)
def mean_cells(image: Array, cell: int, out: Array) -> None:
    """Mean of the finite pixels in blocks of ``cell`` x ``cell``; NaN where that is less than half of them."""
    rows, columns = image.shape
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            count, whole, total = 0, 0, 0.0
            for i in range(r * cell, min((r + 1) * cell, rows)):
                for j in range(c * cell, min((c + 1) * cell, columns)):
                    whole += 1
                    value = float(image[i, j])
                    if np.isfinite(value):
                        count += 1
                        total += value
            out[r, c] = total / count if 2 * count >= whole and count > 0 else np.nan


@njit(cache=True)
def shadow_scores(darkness: Array, rows: Array, columns: Array, down: Array, across: Array, out: Array) -> None:
    """Mean darkness under a cloud's cells moved by each of some steps; NaN with fewer than 5 or a third of them known.

    ``darkness`` is NaN where it says nothing (cloud, no data).
    """
    for k in range(len(down)):
        total, count = 0.0, 0
        for n in range(len(rows)):
            i, j = rows[n] + down[k], columns[n] + across[k]
            if 0 <= i < darkness.shape[0] and 0 <= j < darkness.shape[1] and np.isfinite(darkness[i, j]):
                total += darkness[i, j]
                count += 1
        out[k] = total / count if count >= 5 and 3 * count >= len(rows) else np.nan


@njit(cache=True)
def dilate(mask: Array, reach: int) -> Array:
    """The mask grown by ``reach`` cells along rows and columns (a square)."""
    rows, columns = mask.shape
    wide = np.zeros((rows, columns), np.bool_)
    for r in range(rows):
        last = -1
        for c in range(columns + reach):
            if c < columns and mask[r, c]:
                last = c
            if c >= reach and last >= c - 2 * reach and last >= 0:
                wide[r, c - reach] = True
    grown = np.zeros((rows, columns), np.bool_)
    for c in range(columns):
        last = -1
        for r in range(rows + reach):
            if r < rows and wide[r, c]:
                last = r
            if r >= reach and last >= r - 2 * reach and last >= 0:
                grown[r - reach, c] = True
    return grown


@njit(cache=True)
def paint_codes(cells: Array, pictured: Array, first: int, cell: int, missing: int) -> Array:
    """Codes of cells in the pixels of a strip whose row is ``first``; ``missing`` where nothing is pictured."""
    rows, columns = pictured.shape
    codes = np.empty((rows, columns), np.uint8)
    for i in range(rows):
        for j in range(columns):
            codes[i, j] = cells[(first + i) // cell, j // cell] if pictured[i, j] else missing
    return codes
