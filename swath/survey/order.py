"""In what order, and from which corner, are the cells of a survey flown? A shortest way through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["order_cells"]

_EXACT = 9
"""up to so many cells the best order is found (dynamic programming over subsets), beyond it the nearest comes next"""


class _Segment(Protocol):
    @property
    def offset(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


S = TypeVar("S", bound=_Segment)


def order_cells(cells: Sequence[list[S]], start: tuple[float, float]) -> list[tuple[list[S], bool, bool]]:
    """Cells with how each is flown: mirrored (from the right) and reverse (from the last line)."""
    ends = np.array([[_ends(cell, bool(way & 1), bool(way & 2)) for way in range(4)] for cell in cells])
    chosen = _best(ends, start) if len(cells) <= _EXACT else _nearest(ends, start)
    return [(cells[i], bool(way & 1), bool(way & 2)) for i, way in chosen]


def _ends(cell: list[S], mirrored: bool, reverse: bool) -> list[list[float]]:
    """Where it begins and ends."""
    order = cell[::-1] if reverse else cell
    first, last = order[0], order[-1]
    ends_right = (len(order) % 2 == 1) != mirrored
    return [
        [first.high if mirrored else first.low, first.offset],
        [last.high if ends_right else last.low, last.offset],
    ]


def _nearest(ends: npt.NDArray[np.float64], start: tuple[float, float]) -> list[tuple[int, int]]:
    here, left, found = np.array(start), set(range(len(ends))), []
    while left:
        i, way = min(((i, w) for i in sorted(left) for w in range(4)), key=lambda c: np.hypot(*(ends[c][0] - here)))
        left.remove(i)
        found.append((i, way))
        here = ends[i, way, 1]
    return found


def _best(ends: npt.NDArray[np.float64], start: tuple[float, float]) -> list[tuple[int, int]]:
    """Held and Karp: the shortest way from the start through every cell and back."""
    n = len(ends)
    stops = ends.reshape(n * 4, 2, 2)
    gap = np.hypot(*np.moveaxis(stops[:, None, 1] - stops[None, :, 0], -1, 0))
    best = {(1 << i, i * 4 + w): (float(np.hypot(*(ends[i, w, 0] - start))), -1) for i in range(n) for w in range(4)}
    for size in range(1, n):
        for (seen, last), (length, _) in [item for item in best.items() if item[0][0].bit_count() == size]:
            for i in range(n):
                for to in range(i * 4, i * 4 + 4) if not seen >> i & 1 else ():
                    key, so_far = (seen | 1 << i, to), length + float(gap[last, to])
                    if so_far < best.get(key, (np.inf, 0))[0]:
                        best[key] = (so_far, last)
    full = (1 << n) - 1
    last = min(range(n * 4), key=lambda s: best[full, s][0] + float(np.hypot(*(stops[s, 1] - start))))
    found, seen = [], full
    while last >= 0:
        found.append((last // 4, last % 4))
        before = best[seen, last][1]
        seen, last = seen & ~(1 << last // 4), before
    return found[::-1]
