"""Breaks of histories larger than memory: rows by rows, from anything that can be sliced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.breaks import BreakRule, Breaks, find_breaks

__all__ = ["breaks_by_rows"]

_MOST_BYTES = 256_000_000


def breaks_by_rows(
    days: npt.ArrayLike, stack: Any, seen: Any, rule: BreakRule | None = None, *, most_bytes: int = _MOST_BYTES,
    workers: int = 1,
) -> Iterator[tuple[slice, Breaks]]:  # fmt: skip
    """Breaks of a stack ``(date, band, row, column)`` with ``seen`` ``(date, row, column)``, so many rows at a time.

    Anything with a shape that ``numpy.asarray(stack[:, :, rows, :])`` makes an array of: a memory map, an xarray or
    dask array, Zarr, HDF5. Only ``most_bytes`` of it (one row at least) are in memory at once. Yields the rows and
    their :class:`Breaks`, pixels in order of reading, the same as of the whole (tests/product/test_breaks_windows.py).
    """
    if len(stack.shape) != 4 or tuple(seen.shape) != (stack.shape[0], *stack.shape[2:]):
        raise InputError(
            f"a stack of {tuple(stack.shape)}, seen {tuple(seen.shape)}",
            fix="Give (date, band, row, column) and (date, row, column)",
        )
    dates, bands, height, width = (int(n) for n in stack.shape)
    row_bytes = dates * width * (bands * np.dtype(stack.dtype).itemsize + 1)
    rows = max(1, min(height, most_bytes // max(row_bytes, 1)))
    for top in range(0, height, rows):
        part = slice(top, min(top + rows, height))
        values = np.asarray(stack[:, :, part, :]).reshape(dates, bands, -1)
        known = np.asarray(seen[:, part, :], np.bool_).reshape(dates, -1)
        yield part, find_breaks(days, values, known, rule, workers=workers)
