"""Hot loops of the cloud mask: means of cells, growth of masks, codes painted back. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["cell_means", "dilate", "find_pictured", "paint_codes"]

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
def cell_means(blue: Array, green: Array, red: Array, nir: Array, pictured: Array, cell: int) -> Array:
    """Mean reflectance (0 to 1) of ``cell`` x ``cell`` pixels, ``(4, rows, columns)``; NaN where most is missing."""
    rows, columns = blue.shape
    down, across = (rows + cell - 1) // cell, (columns + cell - 1) // cell
    means = np.zeros((4, down, across), np.float32)
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
    return means


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
def paint_codes(cells: Array, pictured: Array, cell: int, missing: int) -> Array:
    """Codes of cells, pixel by pixel; ``missing`` where nothing is pictured."""
    rows, columns = pictured.shape
    codes = np.empty((rows, columns), np.uint8)
    for i in range(rows):
        for j in range(columns):
            codes[i, j] = cells[i // cell, j // cell] if pictured[i, j] else missing
    return codes
