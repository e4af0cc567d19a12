"""Hot loops of planning: does an activity fit, where does a picture come down, do memory and battery hold?

Plain arrays in and out; times in seconds since the plan's start, satellites, requests, looks and passes by number
(``arrays.py`` makes them). Every function that changes a :class:`State` either succeeds or leaves it as it was.
"""

from __future__ import annotations

from math import atan2, ceil, degrees, inf, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import Fleet, State

__all__ = [
    "CONTACT_RESERVE",
    "MIN_CONTACT_S",
    "activity",
    "add_look",
    "battery_margin_wh",
    "chance",
    "copy_state",
    "inner",
    "memory_margin_bit",
    "remove_request",
    "send",
    "turn_s",
    "unload",
]

_BARE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner: Any = njit(cache=True, **_BARE)
"""for what only kernels call, a quarter less to compile; called from Python such a function crashes"""

Seed = npt.NDArray[np.uint64]

MIN_CONTACT_S = 60.0
"""a contact lasts at least this long where the pass allows: what is lost on the way down is sent again"""
CONTACT_RESERVE = 0.1
"""share of a contact beyond what its pictures need, for the same purpose"""


@njit(cache=True)
def chance(rng: Seed) -> float:
    """Next number in [0, 1) of SplitMix64 (Steele, Lea and Flood 2014); the state is the caller's."""
    rng[0] += np.uint64(0x9E3779B97F4A7C15)
    z = rng[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True)
def copy_state(to: State, source: State) -> None:
    """Overwrite one state with another of the same size."""
    for q in range(len(source.request)):
        to.request[q] = source.request[q]
    for p in range(len(source.contact)):
        to.contact[p] = source.contact[p]
        for i in range(source.contact[p]["loads"]):
            to.load[p, i] = source.load[p, i]
    for s in range(len(source.length)):
        to.length[s] = source.length[s]
        for i in range(source.length[s]):
            to.item[s, i] = source.item[s, i]


@njit(cache=True)
def turn_s(fleet: Fleet, s: int, a0: float, a1: float, a2: float, b0: float, b1: float, b2: float) -> float:
    """Bang-coast-bang turn between two lines of sight, and settling; as ``spacecraft.agility.slew_s``."""
    x, y, z = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0
    angle = degrees(atan2(sqrt(x * x + y * y + z * z), a0 * b0 + a1 * b1 + a2 * b2))
    rate, acceleration = fleet.satellite[s]["rate_deg_s"], fleet.satellite[s]["acceleration_deg_s2"]
    if angle <= rate * rate / acceleration:
        return float(2.0 * sqrt(angle / acceleration) + fleet.satellite[s]["settling_s"])
    return float(angle / rate + rate / acceleration + fleet.satellite[s]["settling_s"])


@njit(cache=True)
def activity(fleet: Fleet, state: State, code: int) -> tuple[float, float, float, float, float]:
    """From, to and line of sight of an activity."""
    if code < 0:
        return state.contact[-1 - code]["begin_s"], state.contact[-1 - code]["end_s"], 0.0, 0.0, 1.0
    look = state.request[code]["look"]
    taken = fleet.look[look]
    return taken["start"], taken["stop"], taken["x"], taken["y"], taken["z"]


@inner
def _place(
    fleet: Fleet, state: State, s: int, begin: float, end: float, x: float, y: float, z: float
) -> tuple[int, float]:
    """Where in a satellite's sequence does an activity fit? Its position, or -1 and the end of what it meets."""
    low, high = 0, state.length[s]
    while low < high:
        middle = (low + high) // 2
        if activity(fleet, state, state.item[s, middle])[0] < begin:
            low = middle + 1
        else:
            high = middle
    before, px, py, pz = 0.0, 0.0, 0.0, 1.0
    if low > 0:
        _, before, px, py, pz = activity(fleet, state, state.item[s, low - 1])
    ready = before + turn_s(fleet, s, px, py, pz, x, y, z)
    if ready > begin:
        return -1, ready
    if low < state.length[s]:
        after, until, nx, ny, nz = activity(fleet, state, state.item[s, low])
        if end + turn_s(fleet, s, x, y, z, nx, ny, nz) > after:
            return -1, until + turn_s(fleet, s, nx, ny, nz, x, y, z)
    return low, begin


@inner
def _insert(state: State, s: int, position: int, code: int) -> None:
    for i in range(state.length[s], position, -1):
        state.item[s, i] = state.item[s, i - 1]
    state.item[s, position] = code
    state.length[s] += 1


@inner
def _delete(state: State, s: int, code: int) -> None:
    kept = 0
    for i in range(state.length[s]):
        if state.item[s, i] != code:
            state.item[s, kept] = state.item[s, i]
            kept += 1
    state.length[s] = kept


@inner
def _antenna_free(fleet: Fleet, state: State, p: int, begin: float, end: float) -> tuple[bool, float]:
    """Does no other contact hold the station? If one does, when it ends and the set-up after it is done."""
    station, setup = fleet.passes[p]["station"], fleet.passes[p]["setup_s"]
    for other in range(len(state.contact)):
        contact = state.contact[other]
        taken = contact["loads"] > 0 or fleet.passes[other]["fixed"]
        if other == p or not taken or fleet.passes[other]["station"] != station:
            continue
        if contact["begin_s"] - setup < end and begin - setup < contact["end_s"]:
            return False, contact["end_s"] + setup
    return True, begin


@inner
def _schedule(fleet: Fleet, state: State, p: int) -> bool:
    """When does each picture of a contact come down, when does the contact end, and is all in time?"""
    contact, seen = state.contact[p], fleet.passes[p]
    at, good = contact["begin_s"], True
    for i in range(contact["loads"]):
        q = state.load[p, i]
        at += fleet.look[state.request[q]["look"]]["bit"] / seen["rate_bit_s"]
        state.request[q]["ground_s"] = at
        good = good and at <= fleet.request[q]["due_s"]
    wanted = max(MIN_CONTACT_S, (1.0 + CONTACT_RESERVE) * (at - contact["begin_s"]))
    contact["end_s"] = min(seen["stop"], ceil((contact["begin_s"] + wanted) * 1e3) / 1e3)
    return good and at <= seen["stop"]


@inner
def _before(fleet: Fleet, state: State, q: int, other: int) -> bool:
    """Does a picture come down before another? The urgent first, then those due first, then as they were taken."""
    a, b = fleet.request[q], fleet.request[other]
    if a["urgent"] != b["urgent"]:
        return bool(a["urgent"])
    if a["due_s"] != b["due_s"]:
        return bool(a["due_s"] < b["due_s"])
    first, second = fleet.look[state.request[q]["look"]], fleet.look[state.request[other]["look"]]
    return bool(first["start"] < second["start"])


@inner
def _load(fleet: Fleet, state: State, p: int, q: int) -> None:
    """Put a picture in a contact's order."""
    position = state.contact[p]["loads"]
    while position > 0:
        other = state.load[p, position - 1]
        if not _before(fleet, state, q, other):
            break
        state.load[p, position] = other
        position -= 1
    state.load[p, position] = q
    state.contact[p]["loads"] += 1
    state.request[q]["sent"] = p


@njit(cache=True)
def unload(fleet: Fleet, state: State, p: int, q: int) -> None:
    """Take a picture out of a contact; the others move up, and a contact left empty goes."""
    kept = 0
    for i in range(state.contact[p]["loads"]):
        if state.load[p, i] != q:
            state.load[p, kept] = state.load[p, i]
            kept += 1
    state.contact[p]["loads"] = kept
    state.request[q]["sent"], state.request[q]["ground_s"] = -1, inf
    if kept == 0:
        _delete(state, fleet.passes[p]["satellite"], -1 - p)
    else:
        _schedule(fleet, state, p)


@inner
def _extend(fleet: Fleet, state: State, p: int, q: int) -> bool:
    """Send one more picture in a contact that is planned already."""
    s, contact = fleet.passes[p]["satellite"], state.contact[p]
    _load(fleet, state, p, q)
    good = _schedule(fleet, state, p)
    if good:
        _delete(state, s, -1 - p)
        position, _ = _place(fleet, state, s, contact["begin_s"], contact["end_s"], 0.0, 0.0, 1.0)
        free, _ = _antenna_free(fleet, state, p, contact["begin_s"], contact["end_s"])
        good = position >= 0 and free
        if position < 0:  # too long for its gap: back where it was, after what starts before it
            position = 0
            while (
                position < state.length[s] and activity(fleet, state, state.item[s, position])[0] < contact["begin_s"]
            ):
                position += 1
        _insert(state, s, position, -1 - p)
    if not good:
        unload(fleet, state, p, q)
    return bool(good)


@inner
def _open(fleet: Fleet, state: State, p: int, q: int) -> bool:
    """Send a picture in a contact of its own, as early in the pass as the satellite and the antenna are free."""
    seen, contact = fleet.passes[p], state.contact[p]
    s, look = seen["satellite"], fleet.look[state.request[q]["look"]]
    ready = look["stop"] + turn_s(fleet, s, look["x"], look["y"], look["z"], 0.0, 0.0, 1.0)
    begin = ceil(max(seen["start"], ready) * 1e3) / 1e3
    _load(fleet, state, p, q)
    while begin < seen["stop"]:
        contact["begin_s"] = begin
        if not _schedule(fleet, state, p):
            break
        position, later = _place(fleet, state, s, begin, contact["end_s"], 0.0, 0.0, 1.0)
        free = position >= 0
        if free:
            free, later = _antenna_free(fleet, state, p, begin, contact["end_s"])
        if free:
            _insert(state, s, position, -1 - p)
            return True
        begin = max(ceil(later * 1e3) / 1e3, begin + 1e-3)
    unload(fleet, state, p, q)
    return False


@njit(cache=True)
def memory_margin_bit(fleet: Fleet, state: State, s: int) -> float:
    """Least room in the recorder over the day; negative: it overflows."""
    total = 0.0
    for i in range(state.length[s]):
        if state.item[s, i] >= 0:
            total += fleet.look[state.request[state.item[s, i]]["look"]]["bit"]
    if total <= fleet.satellite[s]["capacity_bit"]:
        return float(fleet.satellite[s]["capacity_bit"] - total)
    worst = fleet.satellite[s]["capacity_bit"]
    for i in range(state.length[s]):
        if state.item[s, i] >= 0:
            start = fleet.look[state.request[state.item[s, i]]["look"]]["start"]
            held = 0.0
            for j in range(i + 1):
                q = state.item[s, j]
                if q >= 0 and state.request[q]["ground_s"] > start:
                    held += fleet.look[state.request[q]["look"]]["bit"]
            worst = min(worst, fleet.satellite[s]["capacity_bit"] - held)
    return float(worst)


@inner
def _spend(
    fleet: Fleet, s: int, since: float, until: float, load_w: float, charge: tuple[float, float, int]
) -> tuple[float, float, int]:
    """Carry (stored Wh, lowest Wh yet, next eclipse) over a stretch of constant load."""
    craft, (stored, lowest, dark) = fleet.satellite[s], charge
    at = since
    while at < until:
        while dark < craft["dark_last"] and fleet.dark[dark]["stop"] <= at:
            dark += 1
        shadow, to = False, until
        if dark < craft["dark_last"]:
            shadow = fleet.dark[dark]["start"] <= at
            to = min(until, fleet.dark[dark]["stop"] if shadow else fleet.dark[dark]["start"])
        power_w = (0.0 if shadow else craft["charge_w"]) - craft["idle_w"] - load_w
        stored = min(craft["battery_wh"], stored + power_w * (to - at) / 3600.0)
        lowest = min(lowest, stored)
        at = to
    return stored, lowest, dark


@njit(cache=True)
def battery_margin_wh(fleet: Fleet, state: State, s: int) -> float:
    """Least energy above the floor over the day; negative: the battery falls too low."""
    craft = fleet.satellite[s]
    charge = (craft["initial_wh"], craft["initial_wh"], craft["dark_first"])
    at, x, y, z = 0.0, 0.0, 0.0, 1.0
    for i in range(state.length[s]):
        code = state.item[s, i]
        begin, end, bx, by, bz = activity(fleet, state, code)
        turn = max(begin - turn_s(fleet, s, x, y, z, bx, by, bz), at)
        charge = _spend(fleet, s, at, turn, 0.0, charge)
        charge = _spend(fleet, s, turn, begin, craft["slew_w"], charge)
        charge = _spend(fleet, s, begin, end, craft["contact_w"] if code < 0 else craft["image_w"], charge)
        at, x, y, z = end, bx, by, bz
    charge = _spend(fleet, s, at, craft["horizon_s"], 0.0, charge)
    return float(charge[1] - craft["min_wh"])


@njit(cache=True)
def send(fleet: Fleet, state: State, q: int, rng: Seed, blink: float) -> bool:
    """Bring a picture down in the earliest contact, planned or new, with which all rules hold.

    ``blink`` is the chance to pass a contact over; an urgent picture never does.
    """
    look, due = fleet.look[state.request[q]["look"]], fleet.request[q]["due_s"]
    s, stop = look["satellite"], look["stop"]
    for p in range(fleet.satellite[s]["pass_first"], fleet.satellite[s]["pass_last"]):
        seen, is_open = fleet.passes[p], state.contact[p]["loads"] > 0
        if seen["fixed"] or seen["stop"] <= stop or (is_open and state.contact[p]["begin_s"] < stop):
            continue
        if seen["start"] >= due:
            break
        if blink > 0.0 and not fleet.request[q]["urgent"] and chance(rng) < blink:
            continue
        if not (_extend(fleet, state, p, q) if is_open else _open(fleet, state, p, q)):
            continue
        if memory_margin_bit(fleet, state, s) >= 0.0 and battery_margin_wh(fleet, state, s) >= 0.0:
            return True
        unload(fleet, state, p, q)
    return False


@njit(cache=True)
def add_look(fleet: Fleet, state: State, look: int, rng: Seed, blink: float) -> int:
    """Take a look for its request and bring the picture down. 0: done; 1: no time for it; 2: cannot be kept or sent."""
    asked = fleet.look[look]
    q, s = asked["request"], asked["satellite"]
    if asked["bit"] > fleet.satellite[s]["capacity_bit"]:
        return 2
    position, _ = _place(fleet, state, s, asked["start"], asked["stop"], asked["x"], asked["y"], asked["z"])
    if position < 0:
        return 1
    state.request[q]["look"] = look
    _insert(state, s, position, q)
    if send(fleet, state, q, rng, blink):
        return 0
    _delete(state, s, q)
    state.request[q]["look"] = -1
    return 2


@njit(cache=True)
def remove_request(fleet: Fleet, state: State, q: int) -> None:
    """Take a request out of the plan."""
    unload(fleet, state, state.request[q]["sent"], q)
    _delete(state, fleet.look[state.request[q]["look"]]["satellite"], q)
    state.request[q]["look"] = -1
