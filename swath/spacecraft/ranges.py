"""Which bytes of a file are there, and which are not? Sets of half-open ranges as sorted arrays ``(n, 2)``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Ranges", "byte_count", "clipped", "gaps", "no_ranges", "subtract", "union"]

Ranges = npt.NDArray[np.int64]
"""``(n, 2)`` start and stop, rising, neither touching nor overlapping nor empty"""


def no_ranges() -> Ranges:
    """The empty set."""
    return np.empty((0, 2), np.int64)


def union(*parts: npt.ArrayLike) -> Ranges:
    """Everything that lies in any of the parts, which may overlap and be in any order; empty ranges vanish."""
    rows = np.concatenate([no_ranges(), *(np.asarray(part, np.int64).reshape(-1, 2) for part in parts)])
    rows = rows[rows[:, 1] > rows[:, 0]]
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    if not len(rows):
        return no_ranges()
    reach = np.maximum.accumulate(rows[:, 1])
    first = np.append(True, rows[1:, 0] > reach[:-1])
    last = np.append(first[1:], True)
    return np.stack([rows[first, 0], reach[last]], -1)


def gaps(held: Ranges, stop: int) -> Ranges:
    """What of 0 .. ``stop`` is not held?"""
    inside = clipped(held, 0, stop)
    edges = np.concatenate([[0], inside.reshape(-1), [stop]]).reshape(-1, 2)
    return edges[edges[:, 1] > edges[:, 0]]


def clipped(ranges: Ranges, start: int, stop: int) -> Ranges:
    """The part of the ranges inside ``start`` .. ``stop``."""
    cut = np.clip(ranges, start, max(start, stop))
    return cut[cut[:, 1] > cut[:, 0]]


def subtract(ranges: Ranges, taken: Ranges) -> Ranges:
    """What lies in ``ranges`` and not in ``taken``."""
    if not len(ranges):
        return no_ranges()
    end = int(ranges[-1, 1])
    return gaps(union(gaps(ranges, end), taken), end)


def byte_count(ranges: Ranges) -> int:
    """How many bytes are that?"""
    return int((ranges[:, 1] - ranges[:, 0]).sum())
