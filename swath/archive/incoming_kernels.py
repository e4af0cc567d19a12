"""Hot loops of file reception: what of the pieces is new, and gathering it. Plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["fresh_pieces", "gather"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def fresh_pieces(pieces: Array, held: Array, out: Array) -> int:
    """Cut what is already held, or was in a piece before, out of pieces sorted by start.

    ``pieces`` (start, stop) by rising start, ``held`` sorted and disjoint; rows (piece, start, stop) of what is new to
    ``out``, which has room for len(pieces) + len(held) rows. Returns how many.
    """
    found = 0
    reach = np.int64(-1)
    near = 0
    for row in range(len(pieces)):
        begin, stop = max(pieces[row, 0], reach), pieces[row, 1]
        if stop <= begin:
            continue
        reach = stop
        while near < len(held) and held[near, 1] <= begin:
            near += 1
        k = near
        while begin < stop:
            if k < len(held) and held[k, 0] <= begin:
                begin = held[k, 1]
                k += 1
                continue
            end = min(stop, held[k, 0]) if k < len(held) else stop
            out[found, 0] = row
            out[found, 1] = begin
            out[found, 2] = end
            found += 1
            begin = end
    return found


@njit(cache=True, nogil=True)
def gather(stream: Array, starts: Array, sizes: Array, out: Array) -> None:
    """Copy stretches of ``stream`` back to back into ``out``."""
    at = 0
    for k in range(len(starts)):
        out[at : at + sizes[k]] = stream[starts[k] : starts[k] + sizes[k]]
        at += sizes[k]
