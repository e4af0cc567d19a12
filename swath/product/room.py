"""Where do layers as large as a picture lie, and how are they made piece by piece?

Whatever is as large as a picture is made by :func:`piecewise`: strips of rows with the rows around that a result
depends on, put together to what the whole would give, bit for bit (tests/product/test_room.py). Strips hold
:data:`STRIP_PX` pixels, so that memory does not grow with the picture. Where the layers themselves lie is said by
whoever calls, with :func:`layers_in`: in memory, or in files for pictures larger than that; no number depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "MOST_ASKED",
    "STRIP_PX",
    "Room",
    "count_true",
    "every_nth",
    "filled",
    "layers_in",
    "new_layer",
    "piecewise",
    "strips",
]

Array = npt.NDArray[Any]
Room = Callable[[tuple[int, ...], np.dtype[Any]], Array]
"""what gives an array of a shape and type, whatever is in it"""

MOST_ASKED = 4_000_000
"""values whose median or quantile stands for all: every one up to here"""
STRIP_PX = 4_000_000
"""gone through at once"""
_MULTIPLE, _MOST_ROWS = 64, 2048
"""rows of a strip: a multiple of every tile; and the most"""
_ROOM: ContextVar[Room] = ContextVar("room", default=np.empty)


@contextmanager
def layers_in(room: Room) -> Iterator[None]:
    """New layers are taken from ``room`` meanwhile, in this thread."""
    token = _ROOM.set(room)
    try:
        yield
    finally:
        _ROOM.reset(token)


def new_layer(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Room for a layer ``(row, column)``, or for several; what is in it is not said."""
    return _ROOM.get()(shape, np.dtype(dtype))


def filled(shape: tuple[int, ...], value: float, dtype: npt.DTypeLike) -> Array:
    """A layer of one value."""
    layer = new_layer(shape, dtype)
    layer[...] = value
    return layer


def strips(shape: tuple[int, ...], halo: int) -> Iterator[tuple[slice, slice, slice]]:
    """Pieces of a picture ``(..., row, column)``: rows to read, which of those to keep, and where they belong.

    ``halo``: rows on either side that a result depends on. Pieces begin at multiples of 64 rows.
    """
    rows, columns = shape[-2:]
    step = min(max(STRIP_PX // max(columns, 1) // _MULTIPLE, 1) * _MULTIPLE, _MOST_ROWS)
    for top in range(0, max(rows, 1), step):
        stop = min(top + step, rows)
        first, last = max(top - halo, 0), min(stop + halo, rows)
        yield slice(first, last), slice(top - first, stop - first), slice(top, stop)


def piecewise(work: Callable[..., Array], *layers: Array, dtype: npt.DTypeLike, halo: int = 0) -> Array:
    """``work`` of whole layers ``(..., row, column)``, made strip by strip: one layer ``(row, column)``.

    ``work`` gets the same rows of each layer and gives as many; a result depends on ``halo`` rows on either side.
    """
    out = new_layer(layers[0].shape[-2:], dtype)
    for take, keep, put in strips(out.shape, halo):
        out[put] = work(*(layer[..., take, :] for layer in layers))[keep]
    return out


def count_true(work: Callable[..., Array], *layers: Array) -> int:
    """For how many pixels does ``work`` of the layers' strips say yes?"""
    return sum(
        int(np.count_nonzero(work(*(layer[..., put, :] for layer in layers))))
        for _, _, put in strips(layers[0].shape, 0)
    )


def every_nth(work: Callable[..., Array], *layers: Array, most: int = MOST_ASKED) -> Array:
    """What ``work`` of each strip picks (values ``(n, ...)`` in reading order), evenly thinned to some ``most``.

    All of it below twice that. ``work`` is asked twice a strip: how many there are is known after the first time.
    """

    def picked() -> Iterator[Array]:
        for _, _, put in strips(layers[0].shape, 0):
            yield work(*(layer[..., put, :] for layer in layers))

    step = max(sum(len(part) for part in picked()) // most, 1)
    found, first = [], 0
    for part in picked():
        found.append(part[(-first) % step :: step])
        first += len(part)
    return np.concatenate(found)
