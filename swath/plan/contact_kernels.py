"""Hot loops of planning: when does a picture come down, and in which contact?

Every function that changes a :class:`State` either succeeds or leaves it as it was.
"""

from __future__ import annotations

from math import ceil, inf

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.margin_kernels import battery_margin_wh, memory_margin_bit
from swath.plan.sequence_kernels import activity, chance, delete, inner, insert, place, turn_s

__all__ = ["CONTACT_RESERVE", "MIN_CONTACT_S", "flowed_bit", "send", "unload"]

Seed = npt.NDArray[np.uint64]

MIN_CONTACT_S = 60.0
"""a contact lasts at least this long where the pass allows: what is lost on the way down is sent again"""
CONTACT_RESERVE = 0.1
"""share of a contact beyond what its pictures need, for the same purpose"""


@inner
def _flow_row(fleet: Fleet, p: int, at: float) -> int:
    """The row of a pass's flow that holds at a time."""
    low, high = fleet.passes[p]["flow_first"], fleet.passes[p]["flow_last"] - 1
    while low < high - 1:
        middle = (low + high) // 2
        if fleet.flow[middle]["at_s"] <= at:
            low = middle
        else:
            high = middle
    return int(low)


@njit(cache=True)
def flowed_bit(fleet: Fleet, p: int, at: float) -> float:
    """What could have come down in a pass by a time."""
    k = _flow_row(fleet, p, at)
    a, b = fleet.flow[k], fleet.flow[k + 1]
    return float(a["bit"] + (at - a["at_s"]) * (b["bit"] - a["bit"]) / (b["at_s"] - a["at_s"]))


@inner
def _down_s(fleet: Fleet, p: int, at: float, bit: float) -> float:
    """When has so much more come down than at a time? Endless where the pass never brings it."""
    k, last = _flow_row(fleet, p, at), fleet.passes[p]["flow_last"] - 2
    need = bit
    while True:
        a, b = fleet.flow[k], fleet.flow[k + 1]
        rate = (b["bit"] - a["bit"]) / (b["at_s"] - a["at_s"])
        if k == last or need <= rate * (b["at_s"] - at):
            return at + need / rate if rate > 0.0 else (at if need <= 0.0 else inf)
        need -= rate * (b["at_s"] - at)
        at, k = b["at_s"], k + 1


@inner
def _antenna_free(fleet: Fleet, state: State, p: int, begin: float, end: float) -> tuple[bool, float]:
    """Does no other contact hold the station? If one does, when it ends and the set-up after it is done."""
    station, setup = fleet.passes[p]["station"], fleet.passes[p]["setup_s"]
    away = setup + fleet.passes[p]["teardown_s"]
    for other in range(len(state.contact)):
        contact = state.contact[other]
        taken = contact["loads"] > 0 or fleet.passes[other]["fixed"]
        if other == p or not taken or fleet.passes[other]["station"] != station:
            continue
        if contact["begin_s"] - away < end and begin - away < contact["end_s"]:
            return False, contact["end_s"] + away
    return True, begin


@inner
def _schedule(fleet: Fleet, state: State, p: int) -> bool:
    """When does each picture of a contact come down, when does the contact end, and is all in time?"""
    contact, seen = state.contact[p], fleet.passes[p]
    at, good = contact["begin_s"], True
    for i in range(contact["loads"]):
        code = state.load[p, i]
        at = _down_s(fleet, p, at, fleet.look[state.look[code // LOOKS] + code % LOOKS]["bit"])
        state.shot[code]["ground_s"] = at
        good = good and at <= fleet.request[code // LOOKS]["due_s"]
    if at == inf:
        return False
    wanted = max(MIN_CONTACT_S, (1.0 + CONTACT_RESERVE) * (at - contact["begin_s"]))
    contact["end_s"] = min(seen["stop"], ceil((contact["begin_s"] + wanted) * 1e3) / 1e3)
    return good and at <= seen["stop"]


@inner
def _before(fleet: Fleet, state: State, code: int, other: int) -> bool:
    """Does a picture come down before another? The urgent first, then those due first, then as they were taken."""
    a, b = fleet.request[code // LOOKS], fleet.request[other // LOOKS]
    if a["urgent"] != b["urgent"]:
        return bool(a["urgent"])
    if a["due_s"] != b["due_s"]:
        return bool(a["due_s"] < b["due_s"])
    return bool(activity(fleet, state, code)[0] < activity(fleet, state, other)[0])


@inner
def _load(fleet: Fleet, state: State, p: int, code: int) -> None:
    """Put a picture in a contact's order."""
    position = state.contact[p]["loads"]
    while position > 0:
        other = state.load[p, position - 1]
        if not _before(fleet, state, code, other):
            break
        state.load[p, position] = other
        position -= 1
    state.load[p, position] = code
    state.contact[p]["loads"] += 1
    state.shot[code]["sent"] = p


@njit(cache=True)
def unload(fleet: Fleet, state: State, p: int, code: int) -> None:
    """Take a picture out of a contact; the others move up, and a contact left empty goes."""
    kept = 0
    for i in range(state.contact[p]["loads"]):
        if state.load[p, i] != code:
            state.load[p, kept] = state.load[p, i]
            kept += 1
    state.contact[p]["loads"] = kept
    state.shot[code]["sent"], state.shot[code]["ground_s"] = -1, inf
    if kept == 0:
        delete(state, fleet.passes[p]["satellite"], -1 - p)
    else:
        _schedule(fleet, state, p)


@inner
def _extend(fleet: Fleet, state: State, p: int, code: int) -> bool:
    """Send one more picture in a contact that is planned already."""
    s, contact = fleet.passes[p]["satellite"], state.contact[p]
    _load(fleet, state, p, code)
    good = _schedule(fleet, state, p)
    if good:
        delete(state, s, -1 - p)
        position, _ = place(fleet, state, s, contact["begin_s"], contact["end_s"], 0.0, 0.0, 1.0)
        free, _ = _antenna_free(fleet, state, p, contact["begin_s"], contact["end_s"])
        good = position >= 0 and free
        if position < 0:  # too long for its gap: back where it was, after what starts before it
            position = 0
            while (
                position < state.length[s] and activity(fleet, state, state.item[s, position])[0] < contact["begin_s"]
            ):
                position += 1
        insert(state, s, position, -1 - p)
    if not good:
        unload(fleet, state, p, code)
    return bool(good)


@inner
def _open(fleet: Fleet, state: State, p: int, code: int) -> bool:
    """Send a picture in a contact of its own, as early in the pass as the satellite and the antenna are free."""
    seen, contact = fleet.passes[p], state.contact[p]
    s = seen["satellite"]
    _, stop, x, y, z = activity(fleet, state, code)
    ready = stop + turn_s(fleet, s, seen["start"], x, y, z, 0.0, 0.0, 1.0)
    begin = ceil(max(seen["start"], ready) * 1e3) / 1e3
    _load(fleet, state, p, code)
    while begin < seen["stop"]:
        contact["begin_s"] = begin
        if not _schedule(fleet, state, p):
            break
        position, later = place(fleet, state, s, begin, contact["end_s"], 0.0, 0.0, 1.0)
        free = position >= 0
        if free:
            free, later = _antenna_free(fleet, state, p, begin, contact["end_s"])
        if free:
            insert(state, s, position, -1 - p)
            return True
        begin = max(ceil(later * 1e3) / 1e3, begin + 1e-3)
    unload(fleet, state, p, code)
    return False


@njit(cache=True)
def send(fleet: Fleet, state: State, code: int, rng: Seed, blink: float) -> bool:
    """Bring a picture down in the earliest contact, planned or new, with which all rules hold.

    ``blink`` is the chance to pass a contact over; an urgent picture never does.
    """
    asked = fleet.request[code // LOOKS]
    s, stop, due = fleet.look[state.look[code // LOOKS]]["satellite"], activity(fleet, state, code)[1], asked["due_s"]
    for p in range(fleet.satellite[s]["pass_first"], fleet.satellite[s]["pass_last"]):
        seen, is_open = fleet.passes[p], state.contact[p]["loads"] > 0
        if seen["fixed"] or seen["stop"] <= stop or (is_open and state.contact[p]["begin_s"] < stop):
            continue
        if seen["start"] >= due:
            break
        if blink > 0.0 and not asked["urgent"] and chance(rng) < blink:
            continue
        if not (_extend(fleet, state, p, code) if is_open else _open(fleet, state, p, code)):
            continue
        if memory_margin_bit(fleet, state, s) >= 0.0 and battery_margin_wh(fleet, state, s) >= 0.0:
            return True
        unload(fleet, state, p, code)
    return False
