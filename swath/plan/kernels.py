"""Hot loops of planning: put a picture into a plan with all that goes with it, or take it out.

Every function that changes a :class:`State` either succeeds or leaves it as it was.
"""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.contact_kernels import send, unload
from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.margin_kernels import camera_holds
from swath.plan.sequence_kernels import activity, delete, inner, insert, place
from swath.plan.value_kernels import bundle_value

__all__ = ["DONE", "NO_TIME", "NO_WAY_DOWN", "NOT_ALLOWED", "add_look", "remove_request"]

Seed = npt.NDArray[np.uint64]

DONE, NO_TIME, NO_WAY_DOWN, NOT_ALLOWED = 0, 1, 2, 3
_WORTHLESS = 1e-9
"""a picture that adds no more than this to its bundle is not taken"""


@inner
def _allowed(fleet: Fleet, state: State, look: int) -> bool:
    """Is there room in the owner's quota and the bundle, and do no others need to be farther away?"""
    q, count = fleet.look[look]["request"], fleet.look[look]["count"]
    owner, b = fleet.request[q]["owner"], fleet.request[q]["bundle"]
    if owner >= 0:
        length = 0.0
        for k in range(count):
            length += fleet.look[look + k]["stop"] - fleet.look[look + k]["start"]
        if state.used[owner, 0] + count > fleet.allowed[owner, 0] + 1e-6:
            return False
        if state.used[owner, 1] + length > fleet.allowed[owner, 1] + 1e-6:
            return False
    if b >= 0 and fleet.bundle[b]["most"] > 0:
        taken = 0
        for i in range(fleet.bundle[b]["first"], fleet.bundle[b]["last"]):
            taken += state.look[fleet.member[i]] >= 0
        if taken >= fleet.bundle[b]["most"]:
            return False
    for i in range(fleet.request[q]["near_first"], fleet.request[q]["near_last"]):
        other = fleet.near[i]["request"]
        if state.look[other] < 0:
            continue
        for j in range(fleet.look[state.look[other]]["count"]):
            taken_s = activity(fleet, state, LOOKS * other + j)[0]
            for k in range(count):
                if abs(fleet.look[look + k]["start"] - taken_s) < fleet.near[i]["apart_s"]:
                    return False
    return True


@inner
def _account(fleet: Fleet, state: State, q: int, sign: float) -> None:
    """Count a picture for its owner, or no longer."""
    owner = fleet.request[q]["owner"]  # -1, nobody, is the last row
    for k in range(fleet.look[state.look[q]]["count"]):
        begin, end, _, _, _ = activity(fleet, state, LOOKS * q + k)
        state.used[owner, 0] += sign
        state.used[owner, 1] += sign * (end - begin)


@inner
def _take_out(fleet: Fleet, state: State, q: int, looks: int, sent: int) -> None:
    """Undo: of a picture's first ``looks`` looks, the first ``sent`` are sent."""
    s = fleet.look[state.look[q]]["satellite"]
    for k in range(sent):
        unload(fleet, state, state.shot[LOOKS * q + k]["sent"], LOOKS * q + k)
    for k in range(looks):
        delete(state, s, LOOKS * q + k)
    state.look[q] = -1


@njit(cache=True)
def add_look(fleet: Fleet, state: State, look: int, rng: Seed, blink: float) -> int:
    """Take a look (in stereo with those that follow it) for its request and bring the picture down.

    ``DONE``, or why not: no time for it; it cannot be kept or sent; quota, bundle or distance to others forbid it.
    """
    q, s, count = fleet.look[look]["request"], fleet.look[look]["satellite"], fleet.look[look]["count"]
    for k in range(count):
        if fleet.look[look + k]["bit"] > fleet.satellite[s]["capacity_bit"]:
            return NO_WAY_DOWN
    if not _allowed(fleet, state, look):
        return NOT_ALLOWED
    b = fleet.request[q]["bundle"]
    before = bundle_value(fleet, state, b, np.empty(0)) if b >= 0 else 0.0
    state.look[q] = look
    for k in range(count):
        begin, end, x, y, z = activity(fleet, state, LOOKS * q + k)
        position, _ = place(fleet, state, s, begin, end, x, y, z)
        if position < 0:
            _take_out(fleet, state, q, k, 0)
            return NO_TIME
        insert(state, s, position, LOOKS * q + k)
        state.shot[LOOKS * q + k]["sent"], state.shot[LOOKS * q + k]["ground_s"] = -1, inf
    if not camera_holds(fleet, state, s):
        _take_out(fleet, state, q, count, 0)
        return NO_TIME
    for k in range(count):
        if not send(fleet, state, LOOKS * q + k, rng, blink):
            _take_out(fleet, state, q, count, k)
            return NO_WAY_DOWN
    if b >= 0 and bundle_value(fleet, state, b, np.empty(0)) <= before + _WORTHLESS:
        _take_out(fleet, state, q, count, count)
        return NOT_ALLOWED
    _account(fleet, state, q, 1.0)
    return DONE


@njit(cache=True)
def remove_request(fleet: Fleet, state: State, q: int) -> None:
    """Take a request out of the plan."""
    _account(fleet, state, q, -1.0)
    count = fleet.look[state.look[q]]["count"]
    _take_out(fleet, state, q, count, count)
