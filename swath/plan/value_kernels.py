"""Hot loops of planning: what is a plan worth?"""

from __future__ import annotations

from math import inf

import numpy as np
from numba import njit

from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.sequence_kernels import inner

__all__ = ["bundle_value", "kept_pictures", "plan_value", "request_value"]


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


@njit(cache=True)
def bundle_value(fleet: Fleet, state: State, b: int) -> float:
    """What the pictures of a bundle are worth together."""
    bundle = fleet.bundle[b]
    miss = np.ones(bundle["count"])
    for i in range(bundle["first"], bundle["last"]):
        q = fleet.member[i]
        if state.look[q] >= 0:
            share = fleet.look[state.look[q]]["share"] * _on_time(fleet, state, q)
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
    for q in range(len(taken)):
        if taken[q] >= 0 and request[q]["bundle"] < 0:
            value += look[taken[q]]["value"] if request[q]["halves_s"] == inf else request_value(fleet, state, q)
    bundle, member = fleet.bundle, fleet.member
    for b in range(len(bundle)):
        for i in range(bundle[b]["first"], bundle[b]["last"]):
            if taken[member[i]] >= 0:  # of the others nothing counts
                value += bundle_value(fleet, state, b)
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
