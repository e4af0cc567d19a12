"""Hot loops of planning: what a satellite does one after the other, and how long it turns in between.

Plain arrays in and out (``layout.py``); times in seconds since the plan's start, everything by number.
"""

from __future__ import annotations

from math import atan2, degrees, inf, sqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import LOOKS, Fleet, State

__all__ = [
    "Sky",
    "activity",
    "activity_of",
    "chance",
    "copy_state",
    "delete",
    "inner",
    "insert",
    "place",
    "sky_of",
    "sun_at",
    "turn_s",
    "turn_under",
]

_BARE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner: Any = njit(cache=True, **_BARE)
"""for what only kernels call, a quarter less to compile; called from Python such a function crashes"""

Seed = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]


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


class Sky(NamedTuple):
    """What turns and the battery of one satellite depend on: its own numbers, all eclipses, the way to the Sun.

    Loops hand it down instead of the fleet: numba counts references to every array of a tuple at every call.
    """

    craft: Records
    """(1)"""
    dark: Records
    sun: Floats
    sun_step_s: float


@inner
def sky_of(fleet: Fleet, s: int) -> Sky:
    """For one satellite."""
    return Sky(fleet.satellite[s : s + 1], fleet.dark, fleet.sun[s], fleet.sun_step_s)


@inner
def _in_shadow(sky: Sky, at: float) -> bool:
    """Is the satellite in eclipse at a time?"""
    low, high = sky.craft[0]["dark_first"], sky.craft[0]["dark_last"]
    last = high
    while low < high:
        middle = (low + high) // 2
        if sky.dark[middle]["stop"] <= at:
            low = middle + 1
        else:
            high = middle
    return bool(low < last and sky.dark[low]["start"] <= at)


@inner
def sun_at(sky: Sky, at: float) -> tuple[float, float, float]:
    """Towards the Sun in the orbital frame, linear between the times known."""
    sun = sky.sun
    step = min(max(at / sky.sun_step_s, 0.0), sun.shape[0] - 1.0)
    k = min(int(step), sun.shape[0] - 2)
    f = step - k
    return (
        sun[k, 0] + f * (sun[k + 1, 0] - sun[k, 0]),
        sun[k, 1] + f * (sun[k + 1, 1] - sun[k, 1]),
        sun[k, 2] + f * (sun[k + 1, 2] - sun[k, 2]),
    )


@inner
def _bare_turn_s(craft: np.void, a0: float, a1: float, a2: float, b0: float, b1: float, b2: float) -> float:
    """Bang-coast-bang turn between two lines of sight, as ``spacecraft.agility.slew_s`` without settling."""
    x, y, z = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0
    angle = degrees(atan2(sqrt(x * x + y * y + z * z), a0 * b0 + a1 * b1 + a2 * b2))
    rate, acceleration = craft["rate_deg_s"], craft["acceleration_deg_s2"]
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


@inner
def turn_under(sky: Sky, at: float, a0: float, a1: float, a2: float, b0: float, b1: float, b2: float) -> float:
    """:func:`turn_s` of one satellite."""
    settling, limit = sky.craft[0]["settling_s"], sky.craft[0]["keep_out_cos"]
    if limit < 1.5 and not _in_shadow(sky, at):
        u0, u1, u2 = sun_at(sky, at)
        if _nearest_cos(a0, a1, a2, b0, b1, b2, u0, u1, u2) > limit:
            if _nearest_cos(0.0, 0.0, 1.0, b0, b1, b2, u0, u1, u2) > limit:
                return inf
            there_s = _bare_turn_s(sky.craft[0], a0, a1, a2, 0.0, 0.0, 1.0)
            return float(there_s + _bare_turn_s(sky.craft[0], 0.0, 0.0, 1.0, b0, b1, b2) + settling)
    return float(_bare_turn_s(sky.craft[0], a0, a1, a2, b0, b1, b2) + settling)


@njit(cache=True)
def turn_s(fleet: Fleet, s: int, at: float, a0: float, a1: float, a2: float, b0: float, b1: float, b2: float) -> float:
    """Turn between two lines of sight that ends at ``at``, and settling; by nadir where the Sun is in the way."""
    return float(turn_under(sky_of(fleet, s), at, a0, a1, a2, b0, b1, b2))


@inner
def activity_of(look: Records, taken: Whole, contact: Records, code: int) -> tuple[float, float, float, float, float]:
    """:func:`activity` for loops: ``Fleet.look``, ``State.look`` and ``State.contact`` instead of all there is."""
    if code < 0:
        return contact[-1 - code]["begin_s"], contact[-1 - code]["end_s"], 0.0, 0.0, 1.0
    row = look[taken[code // LOOKS] + code % LOOKS]
    return row["start"], row["stop"], row["x"], row["y"], row["z"]


@njit(cache=True)
def activity(fleet: Fleet, state: State, code: int) -> tuple[float, float, float, float, float]:
    """From, to and line of sight of an activity."""
    begin, end, x, y, z = activity_of(fleet.look, state.look, state.contact, code)
    return begin, end, x, y, z


@inner
def place(
    fleet: Fleet, state: State, s: int, begin: float, end: float, x: float, y: float, z: float
) -> tuple[int, float]:
    """Where in a satellite's sequence does an activity fit? Its position, or -1 and the end of what it meets."""
    item, look, taken, contact = state.item[s], fleet.look, state.look, state.contact
    sky, last = sky_of(fleet, s), state.length[s]
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        if activity_of(look, taken, contact, item[middle])[0] < begin:
            low = middle + 1
        else:
            high = middle
    before, px, py, pz = 0.0, 0.0, 0.0, 1.0
    if low > 0:
        _, before, px, py, pz = activity_of(look, taken, contact, item[low - 1])
    ready = before + turn_under(sky, begin, px, py, pz, x, y, z)
    if ready > begin:
        return -1, ready
    if low < last:
        after, until, nx, ny, nz = activity_of(look, taken, contact, item[low])
        if end + turn_under(sky, after, x, y, z, nx, ny, nz) > after:
            return -1, until + turn_under(sky, until, nx, ny, nz, x, y, z)
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
