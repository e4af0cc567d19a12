"""Ruin and recreate (Schrimpf et al. 2000; Christiaens and Vanden Berghe 2020) on the kernels of planning."""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.contact_kernels import send, unload
from swath.plan.kernels import DONE, NO_WAY_DOWN, add_look, remove_request
from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.margin_kernels import battery_margin_wh
from swath.plan.sequence_kernels import activity, activity_of, chance, copy_state, inner, sky_of, turn_under
from swath.plan.value_kernels import kept_pictures, plan_value

__all__ = ["Day", "admits", "hasten", "holds", "improve", "insert_request", "objective", "rivals"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_MOST_REMOVED = 12
_MOST_TRIED = 40
"""requests that are tried in a stretch that was emptied"""
_NEAR_S = 120.0
"""looks so near to that stretch are tried, too"""
_BLINK = 0.08
"""share of good places passed over, so that the same hole is not always filled the same way"""


class Day(NamedTuple):
    """What can be pictured, by satellite and time."""

    look: Whole
    first: Whole
    """``(satellites + 1)`` where each satellite's begin"""


@njit(cache=True)
def objective(fleet: Fleet, state: State) -> float:
    """What the search makes as large as it can: the plan's value, and something for every picture that stays."""
    return float(plan_value(fleet, state) + fleet.churn_loss * kept_pictures(fleet, state))


@njit(cache=True)
def insert_request(fleet: Fleet, state: State, q: int, rng: npt.NDArray[np.uint64], blink: float) -> bool:
    """Take the first of a request's looks that fits, the best first.

    With ``blink`` 0 every look is tried. Otherwise some are passed over, and a pass whose picture cannot be kept or
    sent is not tried again slot by slot.
    """
    full = -1
    for i in range(fleet.request[q]["first"], fleet.request[q]["last"]):
        look = fleet.choice[i]
        if blink > 0.0 and (fleet.look[look]["window"] == full or chance(rng) < blink):
            continue
        code = add_look(fleet, state, look, rng, blink)
        if code == DONE:
            return True
        if code == NO_WAY_DOWN:
            full = fleet.look[look]["window"]
    return False


@inner
def _ruin(fleet: Fleet, state: State, rng: npt.NDArray[np.uint64], q: int) -> tuple[int, float, float]:
    """Take out what lies nearest in time to a look of request ``q``, up to a random number of pictures.

    Returns the satellite and the stretch of time that was emptied.
    """
    first, last = fleet.request[q]["first"], fleet.request[q]["last"]
    look = fleet.choice[first + int(chance(rng) * (last - first))]
    s, middle = fleet.look[look]["satellite"], fleet.look[look]["start"]
    since, until = middle, middle
    if state.look[q] >= 0 and not fleet.request[q]["fixed"] and not fleet.request[q]["urgent"]:
        remove_request(fleet, state, q)
    for _ in range(1 + int(chance(rng) * _MOST_REMOVED)):
        nearest, away, at = -1, 1e18, middle
        for i in range(state.length[s]):
            code = state.item[s, i]
            other = code // LOOKS
            if code >= 0 and not fleet.request[other]["fixed"] and not fleet.request[other]["urgent"]:
                begin = activity(fleet, state, code)[0]
                distance = abs(begin - middle) * (0.5 + chance(rng))
                if distance < away:
                    nearest, away, at = other, distance, begin
        if nearest < 0:
            break
        since, until = min(since, at), max(until, at)
        remove_request(fleet, state, nearest)
    return s, since, until


@inner
def _waiting(fleet: Fleet, state: State, day: Day, s: int, since: float, until: float, seen: Whole, mark: int) -> Whole:
    """Which requests are not planned and have a look of a satellite in or near a stretch of time?"""
    found = np.empty(len(seen), np.int64)
    count = 0
    low, high = day.first[s], day.first[s + 1]
    while low < high:
        middle = (low + high) // 2
        if fleet.look[day.look[middle]]["start"] < since - _NEAR_S:
            low = middle + 1
        else:
            high = middle
    for i in range(low, day.first[s + 1]):
        look = fleet.look[day.look[i]]
        if look["start"] > until + _NEAR_S:
            break
        q = look["request"]
        if seen[q] != mark and state.look[q] < 0:
            seen[q] = mark
            found[count] = q
            count += 1
    return found[:count].copy()


@inner
def _recreate(fleet: Fleet, state: State, rng: npt.NDArray[np.uint64], blink: float, waiting: Whole) -> None:
    """Put in some of what waits: by value, by value for its data, the pickiest first, or by chance."""
    rule = int(chance(rng) * 4)
    key = np.empty(len(waiting))
    for i in range(len(waiting)):
        first, last = fleet.request[waiting[i]]["first"], fleet.request[waiting[i]]["last"]
        value = fleet.look[fleet.choice[first]]["value"]
        if rule == 0:
            key[i] = -value
        elif rule == 1:
            key[i] = -value / max(fleet.look[fleet.choice[first]]["bit"], 1.0)
        elif rule == 2:
            key[i] = (last - first) / max(value, 1e-12)
        else:
            key[i] = chance(rng) - 1.0
    for i in np.argsort(key)[:_MOST_TRIED]:
        insert_request(fleet, state, waiting[i], rng, blink)


@njit(cache=True)
def holds(fleet: Fleet, state: State) -> bool:
    """Is a plan sound after something was taken out?

    That can move a turn to a darker time, or the Sun into its way; so the whole day is looked at again.
    """
    for s in range(len(state.length)):
        if battery_margin_wh(fleet, state, s) < 0.0:
            return False
        if fleet.satellite[s]["keep_out_cos"] < 1.5:
            sky, look, taken, contact = sky_of(fleet, s), fleet.look, state.look, state.contact
            before, px, py, pz = 0.0, 0.0, 0.0, 1.0
            for i in range(state.length[s]):
                begin, end, x, y, z = activity_of(look, taken, contact, state.item[s, i])
                if before + turn_under(sky, begin, px, py, pz, x, y, z) > begin:
                    return False
                before, px, py, pz = end, x, y, z
    return True


@njit(cache=True)
def improve(
    fleet: Fleet,
    day: Day,
    state: State,
    trial: State,
    best: State,
    rng: npt.NDArray[np.uint64],
    span: Whole,
    warm: float,
) -> None:
    """Better and better plans from round ``span[0]`` to ``span[1]`` of ``span[2]``; ``best`` ends as the best one.

    ``state`` is where the search stands. Worse plans are accepted with a chance that falls to nothing, from that of
    ``warm`` on (simulated annealing). Fixed and urgent pictures stay as they are. ``trial`` is room to work in.
    """
    movable = np.empty(len(state.look), np.int64)
    many = 0
    for q in range(len(movable)):
        if fleet.request[q]["first"] < fleet.request[q]["last"]:
            movable[many] = q
            many += 1
    value, top = objective(fleet, state), objective(fleet, best)
    seen = np.full(len(state.look), -1)
    for number in range(span[0], span[1] if many > 0 else span[0]):
        copy_state(trial, state)
        q = movable[int(chance(rng) * many)]
        s, since, until = _ruin(fleet, trial, rng, q)
        _recreate(fleet, trial, rng, _BLINK, _waiting(fleet, trial, day, s, since, until, seen, number))
        found = objective(fleet, trial)
        allowed = warm * (1.0 - number / span[2]) * -log(1.0 - chance(rng))
        if found > value - allowed and holds(fleet, trial):
            copy_state(state, trial)
            value = found
            if value > top + 1e-12:
                copy_state(best, state)
                top = value


@njit(cache=True)
def hasten(fleet: Fleet, state: State, trial: State) -> None:
    """Bring down each picture in an earlier contact if one now has room; ``trial`` is room to work in."""
    rng = np.zeros(1, np.uint64)
    for code in range(len(state.shot)):
        q = code // LOOKS
        if state.look[q] < 0 or fleet.request[q]["fixed"] or code % LOOKS >= fleet.look[state.look[q]]["count"]:
            continue
        copy_state(trial, state)
        unload(fleet, trial, trial.shot[code]["sent"], code)
        sooner = send(fleet, trial, code, rng, 0.0) and trial.shot[code]["ground_s"] < state.shot[code]["ground_s"]
        if sooner and holds(fleet, trial) and objective(fleet, trial) >= objective(fleet, state):
            copy_state(state, trial)


@njit(cache=True)
def rivals(fleet: Fleet, state: State, look: int) -> Whole:
    """The items of its satellite that leave no time for a look (in stereo also for those that follow it)."""
    s = fleet.look[look]["satellite"]
    sky, looks, taken, contact = sky_of(fleet, s), fleet.look, state.look, state.contact
    found = np.empty(state.length[s], np.int64)
    count = 0
    for i in range(state.length[s]):
        begin, end, x, y, z = activity_of(looks, taken, contact, state.item[s, i])
        for k in range(fleet.look[look]["count"]):
            asked = looks[look + k]
            a, b, c = asked["x"], asked["y"], asked["z"]
            before = end + turn_under(sky, asked["start"], x, y, z, a, b, c) <= asked["start"]
            after = asked["stop"] + turn_under(sky, begin, a, b, c, x, y, z) <= begin
            if not (before or after):
                found[count] = state.item[s, i]
                count += 1
                break
    return found[:count]


@njit(cache=True)
def admits(fleet: Fleet, trial: State, state: State, without: Whole, look: int) -> bool:
    """Could a look be taken if some requests were not in the plan? ``trial`` ends as that plan."""
    copy_state(trial, state)
    for q in without:
        remove_request(fleet, trial, q)
    return add_look(fleet, trial, look, np.zeros(1, np.uint64), 0.0) == DONE
