"""Which looks of a satellite exclude each other?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.kernels import turn_s
from swath.plan.layout import Fleet

__all__ = ["cliques"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@njit(cache=True)
def _band(fleet: Fleet, looks: Whole, reach_s: float) -> tuple[Whole, Flags]:
    """Which later looks exclude each look? For look i the flags of i + 1, i + 2, ... stand from ``first[i]`` on."""
    first = np.zeros(len(looks) + 1, np.int64)
    j = 0
    for i in range(len(looks)):
        while j < len(looks) and fleet.look[looks[j]]["start"] < fleet.look[looks[i]]["start"] + reach_s:
            j += 1
        first[i + 1] = first[i] + j - i - 1
    flags = np.zeros(first[-1], np.bool_)
    for i in range(len(looks)):
        a = fleet.look[looks[i]]
        for k in range(first[i + 1] - first[i]):
            b = fleet.look[looks[i + 1 + k]]
            excluded = a["request"] == b["request"] or b["start"] < a["stop"]
            if not excluded:
                turn = turn_s(fleet, a["satellite"], a["x"], a["y"], a["z"], b["x"], b["y"], b["z"])
                excluded = a["stop"] + turn > b["start"]
            flags[first[i] + k] = excluded
    return first, flags


@njit(cache=True)
def _grown(first: Whole, flags: Flags, i: int, seed: int, members: Whole) -> int:
    """A set that begins with looks ``i`` and ``seed`` and takes in, by start, what all in it exclude; its size."""
    members[0], members[1], size = i, seed, 2
    for j in range(i + 1, i + 1 + first[i + 1] - first[i]):
        fits = j != seed and flags[first[i] + j - i - 1]
        m = size - 1
        while fits and m > 0:
            a, b = min(members[m], j), max(members[m], j)
            fits = flags[first[a] + b - a - 1]
            m -= 1
        if fits:
            members[size] = j
            size += 1
    return size


@njit(cache=True)
def cliques(fleet: Fleet, looks: Whole, reach_s: float) -> tuple[Whole, Whole]:
    """Sets of looks of one satellite of which a plan can take one; any two looks that exclude each other share a set.

    ``looks`` of one satellite by start; ``reach_s`` no shorter than any look and the turn after it. Returns the members
    (places in ``looks``) and where each set begins.
    """
    first, flags = _band(fleet, looks, reach_s)
    members, begins = np.empty(1024, np.int64), np.zeros(256, np.int64)
    grown, size, sets = np.empty(len(looks) + 1, np.int64), 0, 0
    for i in range(len(looks)):
        shared = np.zeros(first[i + 1] - first[i], np.bool_)
        for k in range(len(shared)):
            same = fleet.look[looks[i]]["request"] == fleet.look[looks[i + 1 + k]]["request"]
            if shared[k] or same or not flags[first[i] + k]:
                continue
            more = _grown(first, flags, i, i + 1 + k, grown)
            if size + more > len(members):
                members = np.concatenate((members, np.empty(len(members) + more, np.int64)))
            if sets + 2 > len(begins):
                begins = np.concatenate((begins, np.zeros(len(begins), np.int64)))
            for m in range(more):
                members[size + m] = grown[m]
                if m > 0:
                    shared[grown[m] - i - 1] = True
            size, sets = size + more, sets + 1
            begins[sets] = size
    return members[:size].copy(), begins[: sets + 1].copy()
