"""Which looks of a satellite exclude each other, and which chain of looks is worth most?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import Fleet
from swath.plan.sequence_kernels import turn_s

__all__ = ["best_chains", "exclusions"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@njit(cache=True)
def exclusions(fleet: Fleet, looks: Whole, reach_s: Floats) -> tuple[Whole, Flags]:
    """Which later looks of its satellite exclude each look?

    ``looks`` by satellite and start; ``reach_s`` by satellite, no shorter than any look and the turn after it: beyond
    it nothing excludes. The flags of look i for i + 1, i + 2, ... stand from ``first[i]`` on.
    """
    first, j = np.zeros(len(looks) + 1, np.int64), 0
    for i in range(len(looks)):
        a = fleet.look[looks[i]]
        until = a["start"] + reach_s[a["satellite"]]
        j = max(j, i + 1)
        while j < len(looks) and _same(fleet, looks, i, j) and fleet.look[looks[j]]["start"] < until:
            j += 1
        first[i + 1] = first[i] + j - i - 1
    flags = np.zeros(first[-1], np.bool_)
    for i in range(len(looks)):
        a = fleet.look[looks[i]]
        for k in range(first[i + 1] - first[i]):
            b = fleet.look[looks[i + 1 + k]]
            excluded = a["request"] == b["request"] or b["start"] < a["stop"]
            if not excluded:
                turn = turn_s(fleet, a["satellite"], b["start"], a["x"], a["y"], a["z"], b["x"], b["y"], b["z"])
                excluded = a["stop"] + turn > b["start"]
            flags[first[i] + k] = excluded
    return first, flags


@njit(cache=True)
def _same(fleet: Fleet, looks: Whole, i: int, j: int) -> bool:
    return bool(fleet.look[looks[i]]["satellite"] == fleet.look[looks[j]]["satellite"])


@njit(cache=True)
def best_chains(first: Whole, flags: Flags, block: Whole, worth: Floats) -> tuple[Floats, Whole, Whole]:
    """The chain of looks worth most in each block, no two neighbours excluding each other; worth 0 if none is worth it.

    Blocks are ``block[b]`` .. ``block[b + 1]`` - 1; nothing in one excludes anything in another. Every look is tried
    behind every other: none is left out because of its worth. Returns the blocks' worths, the looks of all chains one
    after the other, backwards in time, and where each block's begin.
    """
    total = np.zeros(len(block) - 1)
    chain, begin = np.empty(len(worth), np.int64), np.zeros(len(block), np.int64)
    gained, near, before = np.empty(len(worth)), np.zeros(len(worth)), np.full(len(worth), -1)
    size = 0
    for b in range(len(block) - 1):
        far, far_gain, far_look, last = block[b], 0.0, -1, -1
        for j in range(block[b], block[b + 1]):
            while far + first[far + 1] - first[far] < j:  # its exclusions end before j: from now on it is far
                if gained[far] > far_gain:
                    far_gain, far_look = gained[far], far
                far += 1
            if far_gain >= near[j]:
                near[j], before[j] = far_gain, far_look
            gained[j] = worth[j] + near[j]
            for k in range(first[j + 1] - first[j]):
                if not flags[first[j] + k] and gained[j] > near[j + 1 + k]:
                    near[j + 1 + k], before[j + 1 + k] = gained[j], j
            if gained[j] > total[b]:
                total[b], last = gained[j], j
        while last >= 0:
            chain[size] = last
            size, last = size + 1, before[last]
        begin[b + 1] = size
    return total, chain[:size].copy(), begin
