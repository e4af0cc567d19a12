"""Hot loops of planning: does an activity fit, where does a picture come down, do memory and battery hold?

Plain arrays in and out; times in seconds since the plan's start, satellites, requests, looks and passes by number
(``arrays.py`` makes them). Every function that changes a :class:`State` either succeeds or leaves it as it was.
"""

from __future__ import annotations

from math import atan2, ceil, degrees, inf, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "CONTACT",
    "CONTACT_RESERVE",
    "DARK",
    "Fleet",
    "LOOK",
    "MIN_CONTACT_S",
    "PASS",
    "REQUEST",
    "SATELLITE",
    "State",
    "TAKEN",
    "activity",
    "add_look",
    "battery_margin_wh",
    "copy_state",
    "inner",
    "memory_margin_bit",
    "remove_request",
    "send",
    "turn_s",
]

Whole = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]

inner = njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""for what only other kernels call: a quarter less to compile"""

MIN_CONTACT_S = 60.0
"""a contact lasts at least this long where the pass allows: what is lost on the way down is sent again"""
CONTACT_RESERVE = 0.1
"""share of a contact beyond what its pictures need, for the same purpose"""


SATELLITE = np.dtype(
    [
        *((name, "f8") for name in ("horizon_s", "rate_deg_s", "acceleration_deg_s2", "settling_s", "capacity_bit")),
        *((name, "f8") for name in ("battery_wh", "initial_wh", "min_wh")),
        *((name, "f8") for name in ("charge_w", "idle_w", "slew_w", "image_w", "contact_w")),
        *((name, "i8") for name in ("dark_first", "dark_last", "pass_first", "pass_last")),
    ]
)
"""``first`` .. ``last`` - 1: its rows of ``Fleet.dark`` and ``Fleet.passes``; ``horizon_s`` is the plan's length"""
DARK = np.dtype([("start", "f8"), ("stop", "f8")])
PASS = np.dtype(
    [
        *((name, "i8") for name in ("satellite", "station")),
        *((name, "f8") for name in ("start", "stop", "rate_bit_s", "setup_s")),
        ("fixed", "?"),
    ]
)
LOOK = np.dtype(
    [
        *((name, "i8") for name in ("request", "satellite", "window")),
        *((name, "f8") for name in ("start", "stop", "x", "y", "z", "value", "bit")),
    ]
)
"""x, y, z: line of sight in the orbital frame"""
REQUEST = np.dtype([("due_s", "f8"), ("urgent", "?"), ("fixed", "?"), ("first", "i8"), ("last", "i8")])
"""``first`` .. ``last`` - 1: its rows of ``Fleet.choice``; ``fixed``: pictured or commanded already, never moved"""
TAKEN = np.dtype([("look", "i8"), ("sent", "i8"), ("ground_s", "f8")])
CONTACT = np.dtype([("begin_s", "f8"), ("end_s", "f8"), ("loads", "i8")])


class Fleet(NamedTuple):
    """What does not change while planning; rows by satellite and time where they belong to one."""

    satellite: Records
    dark: Records
    passes: Records
    """those of fixed contacts take nothing new"""
    look: Records
    request: Records
    choice: Whole
    """looks of each request, the best first"""


class State(NamedTuple):
    """A plan in the making."""

    count: Whole
    """activities of each satellite"""
    item: Whole
    """``(satellites, most)`` in order of time: a request's number, or -1 - pass for a contact"""
    request: Records
    """chosen look or -1, the pass it comes down in or -1, and when"""
    contact: Records
    """by pass: from when to when, if ``loads`` > 0"""
    load: Whole
    """``(passes, most)`` requests in the order they are sent"""


@njit(cache=True)
def copy_state(to: State, source: State) -> None:
    """Overwrite one state with another of the same size."""
    for q in range(len(source.request)):
        to.request[q] = source.request[q]
    for p in range(len(source.contact)):
        to.contact[p] = source.contact[p]
        for i in range(source.contact[p]["loads"]):
            to.load[p, i] = source.load[p, i]
    for s in range(len(source.count)):
        to.count[s] = source.count[s]
        for i in range(source.count[s]):
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


@inner
def activity(fleet: Fleet, state: State, code: int) -> tuple[float, float, float, float, float]:
    """From, to and line of sight of an activity."""
    if code < 0:
        return state.contact[-1 - code]["begin_s"], state.contact[-1 - code]["end_s"], 0.0, 0.0, 1.0
    look = state.request[code]["look"]
    taken = fleet.look[look]
    return taken["start"], taken["stop"], taken["x"], taken["y"], taken["z"]


@inner
def _place(fleet: Fleet, state: State, s: int, begin: float, end: float, x: float, y: float, z: float) -> tuple[int, float]:
    """Where in a satellite's sequence does an activity fit? Its position, or -1 and the end of what it meets."""
    low, high = 0, state.count[s]
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
    if low < state.count[s]:
        after, until, nx, ny, nz = activity(fleet, state, state.item[s, low])
        if end + turn_s(fleet, s, x, y, z, nx, ny, nz) > after:
            return -1, until + turn_s(fleet, s, nx, ny, nz, x, y, z)
    return low, begin


@inner
def _insert(state: State, s: int, position: int, code: int) -> None:
    for i in range(state.count[s], position, -1):
        state.item[s, i] = state.item[s, i - 1]
    state.item[s, position] = code
    state.count[s] += 1


@inner
def _delete(state: State, s: int, code: int) -> None:
    kept = 0
    for i in range(state.count[s]):
        if state.item[s, i] != code:
            state.item[s, kept] = state.item[s, i]
            kept += 1
    state.count[s] = kept


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
def _load(fleet: Fleet, state: State, p: int, q: int) -> None:
    """Put a picture in a contact's order: the urgent first, then as they were taken."""
    position = state.contact[p]["loads"]
    start = fleet.look[state.request[q]["look"]]["start"]
    while position > 0:
        other = state.load[p, position - 1]
        first = fleet.request[q]["urgent"] and not fleet.request[other]["urgent"]
        same = fleet.request[q]["urgent"] == fleet.request[other]["urgent"]
        if not first and not (same and start < fleet.look[state.request[other]["look"]]["start"]):
            break
        state.load[p, position] = other
        position -= 1
    state.load[p, position] = q
    state.contact[p]["loads"] += 1
    state.request[q]["sent"] = p


@inner
def _unload(fleet: Fleet, state: State, p: int, q: int) -> None:
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
        good = position >= 0 and _antenna_free(fleet, state, p, contact["begin_s"], contact["end_s"])[0]
        if position < 0:  # too long for its gap: back where it was, after what starts before it
            position = 0
            while position < state.count[s] and activity(fleet, state, state.item[s, position])[0] < contact["begin_s"]:
                position += 1
        _insert(state, s, position, -1 - p)
    if not good:
        _unload(fleet, state, p, q)
    return good


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
    _unload(fleet, state, p, q)
    return False


@njit(cache=True)
def memory_margin_bit(fleet: Fleet, state: State, s: int) -> float:
    """Least room in the recorder over the day; negative: it overflows."""
    total = 0.0
    for i in range(state.count[s]):
        if state.item[s, i] >= 0:
            total += fleet.look[state.request[state.item[s, i]]["look"]]["bit"]
    if total <= fleet.satellite[s]["capacity_bit"]:
        return float(fleet.satellite[s]["capacity_bit"] - total)
    worst = fleet.satellite[s]["capacity_bit"]
    for i in range(state.count[s]):
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
    for i in range(state.count[s]):
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
def send(fleet: Fleet, state: State, q: int) -> bool:
    """Bring a picture down in the earliest contact, planned or new, with which all rules hold."""
    look, due = fleet.look[state.request[q]["look"]], fleet.request[q]["due_s"]
    s, stop = look["satellite"], look["stop"]
    for p in range(fleet.satellite[s]["pass_first"], fleet.satellite[s]["pass_last"]):
        seen, is_open = fleet.passes[p], state.contact[p]["loads"] > 0
        if seen["fixed"] or seen["stop"] <= stop or (is_open and state.contact[p]["begin_s"] < stop):
            continue
        if seen["start"] >= due:
            break
        if not (_extend(fleet, state, p, q) if is_open else _open(fleet, state, p, q)):
            continue
        if memory_margin_bit(fleet, state, s) >= 0.0 and battery_margin_wh(fleet, state, s) >= 0.0:
            return True
        _unload(fleet, state, p, q)
    return False


@njit(cache=True)
def add_look(fleet: Fleet, state: State, look: int) -> int:
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
    if send(fleet, state, q):
        return 0
    _delete(state, s, q)
    state.request[q]["look"] = -1
    return 2


@njit(cache=True)
def remove_request(fleet: Fleet, state: State, q: int) -> None:
    """Take a request out of the plan."""
    _unload(fleet, state, state.request[q]["sent"], q)
    _delete(state, fleet.look[state.request[q]["look"]]["satellite"], q)
    state.request[q]["look"] = -1
