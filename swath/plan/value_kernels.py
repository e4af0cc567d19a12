"""Hot loops of planning: what is a plan worth?"""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.problem import BEYOND_SHARE
from swath.plan.sequence_kernels import inner

__all__ = ["beyond_shares", "bundle_value", "kept_pictures", "plan_value", "request_value"]

Floats = npt.NDArray[np.float64]


@inner
def _on_time(fleet: Fleet, state: State, q: int) -> float:
    """What is left of a picture's value when its last look is on the ground."""
    if fleet.request[q]["halves_s"] == inf:
        return 1.0
    ground = 0.0
    for k in range(fleet.look[state.look[q]]["count"]):
        ground = max(ground, state.shot[LOOKS * q + k]["ground_s"])
    waited = max(ground - fleet.request[q]["ordered_s"], 0.0)
    return float(0.5 ** (waited / fleet.request[q]["halves_s"]))


@inner
def _gain(fleet: Fleet, b: int, share: float) -> float:
    first, last = fleet.bundle[b]["gain_first"], fleet.bundle[b]["gain_last"]
    for i in range(first + 1, last):
        if share <= fleet.gain[i, 0] or i == last - 1:
            rise = (fleet.gain[i, 1] - fleet.gain[i - 1, 1]) / (fleet.gain[i, 0] - fleet.gain[i - 1, 0])
            return float(fleet.gain[i - 1, 1] + (share - fleet.gain[i - 1, 0]) * rise)
    return 0.0


@inner
def _counts(beyond: Floats, q: int) -> float:
    """What of a picture's share counts."""
    return 1.0 if len(beyond) == 0 else 1.0 - (1.0 - BEYOND_SHARE) * beyond[q]


@inner
def _worth_alone(fleet: Fleet, state: State, q: int) -> float:
    """What a picture would be worth if it were the only one."""
    look, b = fleet.look[state.look[q]], fleet.request[q]["bundle"]
    if b < 0:
        return request_value(fleet, state, q)
    cells, left = 0, fleet.request[q]["cells"]
    while left > np.uint64(0):
        cells += 1
        left &= left - np.uint64(1)
    covered = look["share"] * _on_time(fleet, state, q) * cells / fleet.bundle[b]["count"]
    return float(fleet.bundle[b]["value"] * _gain(fleet, b, covered))


@inner
def _image_s(fleet: Fleet, state: State, q: int) -> float:
    length, first = 0.0, state.look[q]
    for k in range(fleet.look[first]["count"]):
        length += fleet.look[first + k]["stop"] - fleet.look[first + k]["start"]
    return length


@njit(cache=True)
def beyond_shares(fleet: Fleet, state: State) -> Floats:
    """By request: what part of its imaging is beyond its owner's fair share; empty where nobody has more.

    The least valuable seconds first; fixed pictures are never beyond it.
    """
    found, total_s = np.empty(0), state.used[:, 1].sum()
    for owner in range(len(fleet.fair)):
        over_s = state.used[owner, 1] - fleet.fair[owner] * total_s
        if fleet.fair[owner] >= 1.0 or over_s <= 1e-6:
            continue
        if len(found) == 0:
            found = np.zeros(len(state.look))
        mine = np.empty(len(state.look), np.int64)
        a_second = np.empty(len(state.look))
        many = 0
        for q in range(len(state.look)):
            if state.look[q] >= 0 and fleet.request[q]["owner"] == owner and not fleet.request[q]["fixed"]:
                mine[many] = q
                a_second[many] = _worth_alone(fleet, state, q) / max(_image_s(fleet, state, q), 1e-9)
                many += 1
        for i in np.argsort(a_second[:many], kind="mergesort"):
            length = _image_s(fleet, state, mine[i])
            found[mine[i]] = min(over_s / max(length, 1e-9), 1.0)
            over_s -= length
            if over_s <= 1e-6:
                break
    return found


@njit(cache=True)
def bundle_value(fleet: Fleet, state: State, b: int, beyond: Floats) -> float:
    """What the pictures of a bundle are worth together; ``beyond``: see :func:`beyond_shares`."""
    bundle = fleet.bundle[b]
    miss = np.ones(bundle["count"])
    for i in range(bundle["first"], bundle["last"]):
        q = fleet.member[i]
        if state.look[q] >= 0:
            share = fleet.look[state.look[q]]["share"] * _on_time(fleet, state, q) * _counts(beyond, q)
            for c in range(bundle["count"]):
                if (fleet.request[q]["cells"] >> np.uint64(c)) & np.uint64(1):
                    miss[c] *= 1.0 - share
    return float(bundle["value"] * _gain(fleet, b, 1.0 - miss.sum() / bundle["count"]))


@njit(cache=True)
def request_value(fleet: Fleet, state: State, q: int) -> float:
    """What the picture of a request is worth by itself."""
    if state.look[q] < 0:
        return 0.0
    return float(fleet.look[state.look[q]]["value"] * _on_time(fleet, state, q))


@njit(cache=True)
def plan_value(fleet: Fleet, state: State) -> float:
    """What all pictures are worth, less what the contacts cost."""
    value, request, taken, look = 0.0, fleet.request, state.look, fleet.look
    beyond = beyond_shares(fleet, state)
    for q in range(len(taken)):
        if taken[q] >= 0 and request[q]["bundle"] < 0:
            worth = look[taken[q]]["value"] if request[q]["halves_s"] == inf else request_value(fleet, state, q)
            value += worth if len(beyond) == 0 else worth * _counts(beyond, q)
    bundle, member = fleet.bundle, fleet.member
    for b in range(len(bundle)):
        for i in range(bundle[b]["first"], bundle[b]["last"]):
            if taken[member[i]] >= 0:  # of the others nothing counts
                value += bundle_value(fleet, state, b, beyond)
                break
    for p in range(len(state.contact)):
        if state.contact[p]["loads"] > 0 or fleet.passes[p]["fixed"]:
            length = state.contact[p]["end_s"] - state.contact[p]["begin_s"]
            value -= fleet.passes[p]["cost_per_s"] * length
    return value


@njit(cache=True)
def kept_pictures(fleet: Fleet, state: State) -> int:
    """How many requests are pictured as in the plan before?"""
    kept = 0
    for q in range(len(state.look)):
        if state.look[q] >= 0 and state.look[q] == fleet.request[q]["former"]:
            kept += 1
    return kept
