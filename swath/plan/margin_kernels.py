"""Hot loops of planning: what is left of memory, battery, the camera's duty and its warmth."""

from __future__ import annotations

from math import exp, inf

from numba import njit

from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.sequence_kernels import activity, inner, sun_at, turn_s

__all__ = ["battery_margin_wh", "camera_holds", "duty_margin_s", "heat_margin_k", "memory_margin_bit"]


@inner
def _bit(fleet: Fleet, state: State, code: int) -> float:
    return float(fleet.look[state.look[code // LOOKS] + code % LOOKS]["bit"])


@njit(cache=True)
def memory_margin_bit(fleet: Fleet, state: State, s: int) -> float:
    """Least room in the recorder over the day; negative: it overflows."""
    total = 0.0
    for i in range(state.length[s]):
        if state.item[s, i] >= 0:
            total += _bit(fleet, state, state.item[s, i])
    if total <= fleet.satellite[s]["capacity_bit"]:
        return float(fleet.satellite[s]["capacity_bit"] - total)
    worst = fleet.satellite[s]["capacity_bit"]
    for i in range(state.length[s]):
        if state.item[s, i] >= 0:
            start = activity(fleet, state, state.item[s, i])[0]
            held = 0.0
            for j in range(i + 1):
                code = state.item[s, j]
                if code >= 0 and state.shot[code]["ground_s"] > start:
                    held += _bit(fleet, state, code)
            worst = min(worst, fleet.satellite[s]["capacity_bit"] - held)
    return float(worst)


@inner
def _given_share(fleet: Fleet, s: int, at: float, x: float, y: float, z: float) -> float:
    """What a fixed array gives of its most: it looks the other way than the camera."""
    u0, u1, u2 = sun_at(fleet, s, at)
    return float(max(0.0, -(u0 * x + u1 * y + u2 * z)))


@inner
def _spend(
    fleet: Fleet,
    s: int,
    since: float,
    until: float,
    load_w: float,
    sight: tuple[float, float, float],
    charge: tuple[float, float, int],
) -> tuple[float, float, int]:
    """Carry (stored Wh, lowest Wh yet, next eclipse) over a stretch of constant load and line of sight."""
    craft, (stored, lowest, dark) = fleet.satellite[s], charge
    at = since
    while at < until:
        while dark < craft["dark_last"] and fleet.dark[dark]["stop"] <= at:
            dark += 1
        shadow, to, given = False, until, 1.0
        if dark < craft["dark_last"]:
            shadow = fleet.dark[dark]["start"] <= at
            to = min(until, fleet.dark[dark]["stop"] if shadow else fleet.dark[dark]["start"])
        if not craft["array_follows_sun"] and not shadow:
            to = min(to, (int(at / fleet.sun_step_s + 1e-9) + 1) * fleet.sun_step_s)
            given = _given_share(fleet, s, (at + to) / 2.0, sight[0], sight[1], sight[2])
        power_w = (0.0 if shadow else craft["charge_w"] * given) - craft["idle_w"] - load_w
        stored = min(craft["battery_wh"], stored + power_w * (to - at) / 3600.0)
        lowest = min(lowest, stored)
        at = to
    return stored, lowest, dark


@inner
def _next_picture(state: State, s: int, i: int) -> int:
    """Place of the next picture in a satellite's sequence, from ``i`` on; beyond its end if there is none."""
    while i < state.length[s] and state.item[s, i] < 0:
        i += 1
    return i


@inner
def _stretch(
    fleet: Fleet,
    s: int,
    since: float,
    until: float,
    load_w: float,
    sight: tuple[float, float, float],
    warm: tuple[float, float],
    charge: tuple[float, float, int],
) -> tuple[float, float, int]:
    """A stretch of which the camera warms up for some part."""
    watt = fleet.satellite[s]["warm_up_w"]
    first, last = min(max(warm[0], since), until), min(max(warm[1], since), until)
    if watt == 0.0 or last <= first:
        left: tuple[float, float, int] = _spend(fleet, s, since, until, load_w, sight, charge)
        return left
    charge = _spend(fleet, s, since, first, load_w, sight, charge)
    charge = _spend(fleet, s, first, last, load_w + watt, sight, charge)
    rest: tuple[float, float, int] = _spend(fleet, s, last, until, load_w, sight, charge)
    return rest


@njit(cache=True)
def battery_margin_wh(fleet: Fleet, state: State, s: int) -> float:
    """Least energy above the floor over the day; negative: the battery falls too low."""
    craft = fleet.satellite[s]
    charge = (craft["initial_wh"], craft["initial_wh"], craft["dark_first"])
    at, x, y, z, imaged = 0.0, 0.0, 0.0, 1.0, -inf
    for i in range(state.length[s]):
        code = state.item[s, i]
        begin, end, bx, by, bz = activity(fleet, state, code)
        warm = (inf, inf)
        if craft["warm_up_w"] > 0.0:
            k = _next_picture(state, s, i)
            if k < state.length[s]:
                shot_s = activity(fleet, state, state.item[s, k])[0]
                warm = (max(imaged, shot_s - craft["warm_up_s"]), shot_s)
        turn = max(begin - turn_s(fleet, s, begin, x, y, z, bx, by, bz), at)
        charge = _stretch(fleet, s, at, turn, 0.0, (x, y, z), warm, charge)
        charge = _stretch(fleet, s, turn, begin, craft["slew_w"], (bx, by, bz), warm, charge)
        if code < 0:
            charge = _stretch(fleet, s, begin, end, craft["contact_w"], (bx, by, bz), warm, charge)
        else:
            charge = _spend(fleet, s, begin, end, craft["image_w"], (bx, by, bz), charge)
            imaged = end
        at, x, y, z = end, bx, by, bz
    charge = _spend(fleet, s, at, craft["horizon_s"], 0.0, (x, y, z), charge)
    return float(charge[1] - craft["min_wh"])


@inner
def _imaged_s(fleet: Fleet, state: State, s: int, since: float, until: float) -> float:
    total = 0.0
    for i in range(state.length[s]):
        if state.item[s, i] >= 0:
            begin, end, _, _, _ = activity(fleet, state, state.item[s, i])
            total += max(0.0, min(end, until) - max(begin, since))
    return total


@njit(cache=True)
def duty_margin_s(fleet: Fleet, state: State, s: int) -> float:
    """Least imaging time left in any window; negative: it images too long.

    The fullest window begins with a picture or ends with one.
    """
    craft, fullest = fleet.satellite[s], 0.0
    for i in range(state.length[s]):
        if state.item[s, i] >= 0:
            begin, end, _, _, _ = activity(fleet, state, state.item[s, i])
            fullest = max(fullest, _imaged_s(fleet, state, s, begin, begin + craft["window_s"]))
            fullest = max(fullest, _imaged_s(fleet, state, s, end - craft["window_s"], end))
    return float(craft["duty_s"] - fullest)


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
