"""Which looks of a satellite exclude each other, and which chain of looks is worth most?"""

from __future__ import annotations

from math import cos, radians

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import Fleet

__all__ = ["best_chains", "exclusions"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_SLACK_DEG = 1e-6
"""a turn this much too far counts as possible: the cosine of a small angle has no more digits"""


@njit(cache=True)
def exclusions(fleet: Fleet, looks: Whole, reach_s: Floats) -> tuple[Whole, Flags]:
    """Which later looks of its satellite exclude each look?

    ``looks`` by satellite and start; ``reach_s`` by satellite, no shorter than any look and the turn after it: beyond
    it nothing excludes. The flags of look i for i + 1, i + 2, ... stand from ``first[i]`` on. Two looks that a turn
    just fits between never exclude each other, whatever rounding does (``_SLACK_DEG``).
    """
    count = len(looks)
    who, satellite = np.empty(count, np.int64), np.empty(count, np.int64)
    when, sight = np.empty((count, 2)), np.empty((count, 3))
    for i in range(count):
        a = fleet.look[looks[i]]
        who[i], satellite[i], when[i, 0], when[i, 1] = a["request"], a["satellite"], a["start"], a["stop"]
        sight[i, 0], sight[i, 1], sight[i, 2] = a["x"], a["y"], a["z"]
    first, j = np.zeros(count + 1, np.int64), 0
    for i in range(count):
        until = when[i, 0] + reach_s[satellite[i]]
        j = max(j, i + 1)
        while j < count and satellite[j] == satellite[i] and when[j, 0] < until:
            j += 1
        first[i + 1] = first[i] + j - i - 1
    flags = np.zeros(first[-1], np.bool_)
    for i in range(count):
        craft = fleet.satellite[satellite[i]]
        rate, acceleration, settling = craft["rate_deg_s"], craft["acceleration_deg_s2"], craft["settling_s"]
        for k in range(first[i + 1] - first[i]):
            j = i + 1 + k
            time = when[j, 0] - when[i, 1] - settling
            excluded = who[i] == who[j] or time < -1e-9
            if not excluded:
                # as far as it can turn in the time: bang-bang, or with a coast
                half = max(time, 0.0) / 2.0
                far = acceleration * half * half if half * acceleration <= rate else rate * (time - rate / acceleration)
                near = sight[i, 0] * sight[j, 0] + sight[i, 1] * sight[j, 1] + sight[i, 2] * sight[j, 2]
                excluded = far < 180.0 and near < cos(radians(far + _SLACK_DEG))
            flags[first[i] + k] = excluded
    return first, flags


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
