"""Hot loops of planning: what is left of memory, battery, the camera's duty and its warmth."""

from __future__ import annotations

from math import exp, inf

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.sequence_kernels import Sky, activity, activity_of, inner, sky_of, sun_at, turn_under

__all__ = ["battery_margin_wh", "camera_holds", "duty_margin_s", "heat_margin_k", "memory_margin_bit"]


Whole = npt.NDArray[np.int64]


@inner
def _bit(fleet: Fleet, state: State, code: int) -> float:
    return float(fleet.look[state.look[code // LOOKS] + code % LOOKS]["bit"])


@njit(cache=True)
def memory_margin_bit(fleet: Fleet, state: State, s: int) -> float:
    """Least room in the recorder over the day; negative: it overflows."""
    held = most = 0.0
    for i in range(state.length[s]):
        code = state.item[s, i]
        if code >= 0:
            held += _bit(fleet, state, code)
            most = max(most, held)
        else:  # no picture is taken during a contact, so what it brings is down before the next one
            for k in range(state.contact[-1 - code]["loads"]):
                held -= _bit(fleet, state, state.load[-1 - code, k])
    return float(fleet.satellite[s]["capacity_bit"] - most)


@inner
def _given_share(sky: Sky, at: float, x: float, y: float, z: float) -> float:
    """What a fixed array gives of its most: it looks the other way than the camera."""
    u0, u1, u2 = sun_at(sky, at)
    return float(max(0.0, -(u0 * x + u1 * y + u2 * z)))


@inner
def _spend(
    sky: Sky,
    since: float,
    until: float,
    load_w: float,
    sight: tuple[float, float, float],
    charge: tuple[float, float, int],
) -> tuple[float, float, int]:
    """Carry (stored Wh, lowest Wh yet, next eclipse) over a stretch of constant load and line of sight."""
    craft, (stored, lowest, dark) = sky.craft[0], charge
    at = since
    while at < until:
        while dark < craft["dark_last"] and sky.dark[dark]["stop"] <= at:
            dark += 1
        shadow, to, given = False, until, 1.0
        if dark < craft["dark_last"]:
            shadow = sky.dark[dark]["start"] <= at
            to = min(until, sky.dark[dark]["stop"] if shadow else sky.dark[dark]["start"])
        if not craft["array_follows_sun"] and not shadow:
            to = min(to, (int(at / sky.sun_step_s + 1e-9) + 1) * sky.sun_step_s)
            given = _given_share(sky, (at + to) / 2.0, sight[0], sight[1], sight[2])
        power_w = (0.0 if shadow else craft["charge_w"] * given) - craft["idle_w"] - load_w
        stored = min(craft["battery_wh"], stored + power_w * (to - at) / 3600.0)
        lowest = min(lowest, stored)
        at = to
    return stored, lowest, dark


@inner
def _next_picture(item: Whole, last: int, i: int, step: int) -> int:
    """Place of the first picture at ``i`` or beyond it in a direction; -1 or ``last`` if there is none."""
    while 0 <= i < last and item[i] < 0:
        i += step
    return i


@inner
def _stretch(
    sky: Sky,
    since: float,
    until: float,
    load_w: float,
    sight: tuple[float, float, float],
    warm: tuple[float, float],
    charge: tuple[float, float, int],
) -> tuple[float, float, int]:
    """A stretch of which the camera warms up for some part."""
    watt = sky.craft[0]["warm_up_w"]
    first, last = min(max(warm[0], since), until), min(max(warm[1], since), until)
    if watt == 0.0 or last <= first:
        left: tuple[float, float, int] = _spend(sky, since, until, load_w, sight, charge)
        return left
    charge = _spend(sky, since, first, load_w, sight, charge)
    charge = _spend(sky, first, last, load_w + watt, sight, charge)
    rest: tuple[float, float, int] = _spend(sky, last, until, load_w, sight, charge)
    return rest


@njit(cache=True)
def battery_margin_wh(fleet: Fleet, state: State, s: int) -> float:
    """Least energy above the floor over the day; negative: the battery falls too low."""
    sky = sky_of(fleet, s)
    craft = sky.craft[0]
    charge = (craft["initial_wh"], craft["initial_wh"], craft["dark_first"])
    item, last, look, taken, contact = state.item[s], state.length[s], fleet.look, state.look, state.contact
    at, x, y, z, imaged = 0.0, 0.0, 0.0, 1.0, -inf
    for i in range(last):
        code = item[i]
        begin, end, bx, by, bz = activity_of(look, taken, contact, code)
        warm = (inf, inf)
        if craft["warm_up_w"] > 0.0:
            k = _next_picture(item, last, i, 1)
            if k < last:
                shot_s = activity_of(look, taken, contact, item[k])[0]
                warm = (max(imaged, shot_s - craft["warm_up_s"]), shot_s)
        turn = max(begin - turn_under(sky, begin, x, y, z, bx, by, bz), at)
        charge = _stretch(sky, at, turn, 0.0, (x, y, z), warm, charge)
        charge = _stretch(sky, turn, begin, craft["slew_w"], (bx, by, bz), warm, charge)
        if code < 0:
            charge = _stretch(sky, begin, end, craft["contact_w"], (bx, by, bz), warm, charge)
        else:
            charge = _spend(sky, begin, end, craft["image_w"], (bx, by, bz), charge)
            imaged = end
        at, x, y, z = end, bx, by, bz
    charge = _spend(sky, at, craft["horizon_s"], 0.0, (x, y, z), charge)
    return float(charge[1] - craft["min_wh"])


@inner
def _fullest_s(fleet: Fleet, state: State, s: int, step: int) -> float:
    """The most that is imaged in a window that begins with a picture (``step`` 1) or ends with one (-1).

    ``full_s`` is the length of the pictures from ``i`` on that lie in its window with all they have; ``j`` is the next.
    """
    window_s, most, full_s = fleet.satellite[s]["window_s"], 0.0, 0.0
    item, count, look, taken, contact = state.item[s], state.length[s], fleet.look, state.look, state.contact
    i = _next_picture(item, count, 0 if step > 0 else count - 1, step)
    j = i
    while 0 <= i < count:
        begin, end, _, _, _ = activity_of(look, taken, contact, item[i])
        partly_s = 0.0
        while 0 <= j < count:
            first, last, _, _, _ = activity_of(look, taken, contact, item[j])
            room_s = window_s - ((first - begin) if step > 0 else (end - last))
            if room_s < last - first:
                partly_s = max(room_s, 0.0)
                break
            full_s += last - first
            j = _next_picture(item, count, j + step, step)
        most = max(most, full_s + partly_s)
        if i == j:  # longer than the window
            j = _next_picture(item, count, j + step, step)
        else:
            full_s -= end - begin
        i = _next_picture(item, count, i + step, step)
    return most


@njit(cache=True)
def duty_margin_s(fleet: Fleet, state: State, s: int) -> float:
    """Least imaging time left in any window; negative: it images too long.

    The fullest window begins with a picture or ends with one.
    """
    fullest_s = max(_fullest_s(fleet, state, s, 1), _fullest_s(fleet, state, s, -1))
    return float(fleet.satellite[s]["duty_s"] - fullest_s)


@njit(cache=True)
def heat_margin_k(fleet: Fleet, state: State, s: int) -> float:
    """How far the camera stays below the hottest it may get; negative: too hot."""
    craft, above, at, hottest = fleet.satellite[s], 0.0, 0.0, 0.0
    for i in range(state.length[s]):
        if state.item[s, i] >= 0:
            begin, end, _, _, _ = activity(fleet, state, state.item[s, i])
            above *= exp(-(begin - at) / craft["settles_s"])
            above = craft["rise_k"] + (above - craft["rise_k"]) * exp(-(end - begin) / craft["settles_s"])
            at, hottest = end, max(hottest, above)
    return float(craft["room_k"] - hottest)


@inner
def camera_holds(fleet: Fleet, state: State, s: int) -> bool:
    """Do duty and warmth allow the pictures of a satellite?"""
    if fleet.satellite[s]["duty_s"] < inf and duty_margin_s(fleet, state, s) < 0.0:
        return False
    return not (fleet.satellite[s]["room_k"] < inf and heat_margin_k(fleet, state, s) < 0.0)
