"""Hot loops of planning: what a satellite does one after the other, and how long it turns in between.

Plain arrays in and out (``layout.py``); times in seconds since the plan's start, everything by number.
"""

from __future__ import annotations

from math import atan2, degrees, inf, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import LOOKS, Fleet, State

__all__ = ["activity", "chance", "copy_state", "delete", "in_shadow", "inner", "insert", "place", "sun_at", "turn_s"]

_BARE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner: Any = njit(cache=True, **_BARE)
"""for what only kernels call, a quarter less to compile; called from Python such a function crashes"""

Seed = npt.NDArray[np.uint64]


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
    for q in range(len(source.look)):
        to.look[q] = source.look[q]
    for code in range(len(source.shot)):
        to.shot[code] = source.shot[code]
    for p in range(len(source.contact)):
        to.contact[p] = source.contact[p]
        for i in range(source.contact[p]["loads"]):
            to.load[p, i] = source.load[p, i]
    for s in range(len(source.length)):
        to.length[s] = source.length[s]
        for i in range(source.length[s]):
            to.item[s, i] = source.item[s, i]
    for owner in range(len(source.used)):
        to.used[owner, 0], to.used[owner, 1] = source.used[owner, 0], source.used[owner, 1]


@njit(cache=True)
def in_shadow(fleet: Fleet, s: int, at: float) -> bool:
    """Is a satellite in eclipse at a time?"""
    low, high = fleet.satellite[s]["dark_first"], fleet.satellite[s]["dark_last"]
    last = high
    while low < high:
        middle = (low + high) // 2
        if fleet.dark[middle]["stop"] <= at:
            low = middle + 1
        else:
            high = middle
    return bool(low < last and fleet.dark[low]["start"] <= at)


@inner
def sun_at(fleet: Fleet, s: int, at: float) -> tuple[float, float, float]:
    """Towards the Sun in the orbital frame, linear between the times known."""
    step = min(max(at / fleet.sun_step_s, 0.0), fleet.sun.shape[1] - 1.0)
    k = min(int(step), fleet.sun.shape[1] - 2)
    f = step - k
    a, b = fleet.sun[s, k], fleet.sun[s, k + 1]
    return a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2])


@inner
def _bare_turn_s(fleet: Fleet, s: int, a0: float, a1: float, a2: float, b0: float, b1: float, b2: float) -> float:
    """Bang-coast-bang turn between two lines of sight, as ``spacecraft.agility.slew_s`` without settling."""
    x, y, z = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0
    angle = degrees(atan2(sqrt(x * x + y * y + z * z), a0 * b0 + a1 * b1 + a2 * b2))
    rate, acceleration = fleet.satellite[s]["rate_deg_s"], fleet.satellite[s]["acceleration_deg_s2"]
    if angle <= rate * rate / acceleration:
        return float(2.0 * sqrt(angle / acceleration))
    return float(angle / rate + rate / acceleration)


@inner
def _nearest_cos(
    a0: float, a1: float, a2: float, b0: float, b1: float, b2: float, u0: float, u1: float, u2: float
) -> float:
    """Cosine of the least angle between a direction and the arc from one line of sight to another."""
    nearest = max(a0 * u0 + a1 * u1 + a2 * u2, b0 * u0 + b1 * u1 + b2 * u2)
    x, y, z = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0
    size = sqrt(x * x + y * y + z * z)
    if size < 1e-12:
        return nearest
    x, y, z = x / size, y / size, z / size
    off = u0 * x + u1 * y + u2 * z
    p0, p1, p2 = u0 - off * x, u1 - off * y, u2 - off * z
    behind = (a1 * p2 - a2 * p1) * x + (a2 * p0 - a0 * p2) * y + (a0 * p1 - a1 * p0) * z
    ahead = (p1 * b2 - p2 * b1) * x + (p2 * b0 - p0 * b2) * y + (p0 * b1 - p1 * b0) * z
    return max(nearest, sqrt(p0 * p0 + p1 * p1 + p2 * p2)) if behind > 0.0 and ahead > 0.0 else nearest


@njit(cache=True)
def turn_s(fleet: Fleet, s: int, at: float, a0: float, a1: float, a2: float, b0: float, b1: float, b2: float) -> float:
    """Turn between two lines of sight that ends at ``at``, and settling; by nadir where the Sun is in the way."""
    settling, limit = fleet.satellite[s]["settling_s"], fleet.satellite[s]["keep_out_cos"]
    if limit < 1.5 and not in_shadow(fleet, s, at):
        u0, u1, u2 = sun_at(fleet, s, at)
        if _nearest_cos(a0, a1, a2, b0, b1, b2, u0, u1, u2) > limit:
            if _nearest_cos(0.0, 0.0, 1.0, b0, b1, b2, u0, u1, u2) > limit:
                return inf
            there_s = _bare_turn_s(fleet, s, a0, a1, a2, 0.0, 0.0, 1.0)
            return float(there_s + _bare_turn_s(fleet, s, 0.0, 0.0, 1.0, b0, b1, b2) + settling)
    return float(_bare_turn_s(fleet, s, a0, a1, a2, b0, b1, b2) + settling)


@njit(cache=True)
def activity(fleet: Fleet, state: State, code: int) -> tuple[float, float, float, float, float]:
    """From, to and line of sight of an activity."""
    if code < 0:
        return state.contact[-1 - code]["begin_s"], state.contact[-1 - code]["end_s"], 0.0, 0.0, 1.0
    taken = fleet.look[state.look[code // LOOKS] + code % LOOKS]
    return taken["start"], taken["stop"], taken["x"], taken["y"], taken["z"]


@inner
def place(
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
    ready = before + turn_s(fleet, s, begin, px, py, pz, x, y, z)
    if ready > begin:
        return -1, ready
    if low < state.length[s]:
        after, until, nx, ny, nz = activity(fleet, state, state.item[s, low])
        if end + turn_s(fleet, s, after, x, y, z, nx, ny, nz) > after:
            return -1, until + turn_s(fleet, s, until, nx, ny, nz, x, y, z)
    return low, begin


@inner
def insert(state: State, s: int, position: int, code: int) -> None:
    """Put an activity into a satellite's sequence."""
    for i in range(state.length[s], position, -1):
        state.item[s, i] = state.item[s, i - 1]
    state.item[s, position] = code
    state.length[s] += 1


@inner
def delete(state: State, s: int, code: int) -> None:
    """Take an activity out of a satellite's sequence, if it is there."""
    kept = 0
    for i in range(state.length[s]):
        if state.item[s, i] != code:
            state.item[s, kept] = state.item[s, i]
            kept += 1
    state.length[s] = kept
