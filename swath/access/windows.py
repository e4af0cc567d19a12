"""Windows as sets: stretches of time that meet, join and are taken away from each other.

A set of windows is a pair of equal-length arrays ``(start, stop)``, of ``datetime64`` or of seconds, in any order and
overlapping at will; results are sorted and apart. A stretch without length is none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Stretches", "clip", "intersect", "subtract", "unite"]

Stretches = tuple[npt.NDArray[Any], npt.NDArray[Any]]


def unite(*sets: Stretches) -> Stretches:
    """When does at least one of them hold? Stretches that overlap or touch become one."""
    start = np.concatenate([s[0] for s in sets])
    stop = np.concatenate([s[1] for s in sets])
    real = stop > start
    start, stop = start[real], stop[real]
    order = np.argsort(start, kind="stable")
    start, stop = start[order], np.maximum.accumulate(stop[order])
    first = np.ones(len(start), bool)
    first[1:] = start[1:] > stop[:-1]
    return start[first], stop[np.flatnonzero(np.append(first[1:], True))] if len(start) else stop


def intersect(a: Stretches, b: Stretches) -> Stretches:
    """When do both hold?"""
    (a_start, a_stop), (b_start, b_stop) = unite(a), unite(b)
    low = np.searchsorted(b_stop, a_start, side="right")
    high = np.maximum(np.searchsorted(b_start, a_stop, side="left"), low)
    count = high - low
    mine = np.repeat(np.arange(len(a_start)), count)
    other = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    return np.maximum(a_start[mine], b_start[other]), np.minimum(a_stop[mine], b_stop[other])


def subtract(a: Stretches, b: Stretches) -> Stretches:
    """When does ``a`` hold without ``b``?"""
    (a_start, a_stop), (b_start, b_stop) = unite(a), unite(b)
    if not len(a_start) or not len(b_start):
        return a_start, a_stop
    first, last = min(a_start[0], b_start[0]), max(a_stop[-1], b_stop[-1])
    gaps = np.concatenate([[first], b_stop]), np.concatenate([b_start, [last]])
    return intersect((a_start, a_stop), gaps)


def clip(a: Stretches, start: Any, stop: Any) -> Stretches:
    """What of it lies between two moments?"""
    return intersect(a, (np.array([start]), np.array([stop])))
