"""Ruin and recreate (Schrimpf et al. 2000; Christiaens and Vanden Berghe 2020) on the kernels of planning."""

from __future__ import annotations

from math import inf, log

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.kernels import (
    activity,
    add_look,
    battery_margin_wh,
    chance,
    copy_state,
    inner,
    remove_request,
    send,
    turn_s,
    unload,
)
from swath.plan.layout import Fleet, State

__all__ = ["admits", "hasten", "improve", "insert_request", "plan_value", "rivals"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_MOST_REMOVED = 12
_BLINK = 0.08
"""share of good places passed over, so that the same hole is not always filled the same way"""


@njit(cache=True)
def plan_value(fleet: Fleet, state: State) -> float:
    """Sum of the values of the looks taken."""
    value = 0.0
    for q in range(len(state.request)):
        if state.request[q]["look"] >= 0:
            value += fleet.look[state.request[q]["look"]]["value"]
    return value


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
        if code == 0:
            return True
        if code == 2:
            full = fleet.look[look]["window"]
    return False


@inner
def _ruin(fleet: Fleet, state: State, rng: npt.NDArray[np.uint64], q: int) -> None:
    """Take out what lies nearest in time to a look of request ``q``, up to a random number of pictures."""
    first, last = fleet.request[q]["first"], fleet.request[q]["last"]
    look = fleet.choice[first + int(chance(rng) * (last - first))]
    s, middle = fleet.look[look]["satellite"], fleet.look[look]["start"]
    if state.request[q]["look"] >= 0 and not fleet.request[q]["fixed"] and not fleet.request[q]["urgent"]:
        remove_request(fleet, state, q)
    for _ in range(1 + int(chance(rng) * _MOST_REMOVED)):
        nearest, away = -1, 1e18
        for i in range(state.length[s]):
            other = state.item[s, i]
            if other >= 0 and not fleet.request[other]["fixed"] and not fleet.request[other]["urgent"]:
                distance = abs(fleet.look[state.request[other]["look"]]["start"] - middle) * (0.5 + chance(rng))
                if distance < away:
                    nearest, away = other, distance
        if nearest < 0:
            break
        remove_request(fleet, state, nearest)


@inner
def _recreate(fleet: Fleet, state: State, rng: npt.NDArray[np.uint64], blink: float) -> None:
    """Put in what is not planned: by value, by value for its data, the pickiest first, or by chance."""
    rule = int(chance(rng) * 4)
    key = np.empty(len(state.request))
    waiting = 0
    for q in range(len(key)):
        key[q] = inf
        first, last = fleet.request[q]["first"], fleet.request[q]["last"]
        if state.request[q]["look"] >= 0 or first == last:
            continue
        waiting += 1
        value = fleet.look[fleet.choice[first]]["value"]
        if rule == 0:
            key[q] = -value
        elif rule == 1:
            key[q] = -value / max(fleet.look[fleet.choice[first]]["bit"], 1.0)
        elif rule == 2:
            key[q] = (last - first) / max(value, 1e-12)
        else:
            key[q] = chance(rng) - 1.0
    for _ in range(waiting):
        next_one = 0
        for q in range(len(key)):
            if key[q] < key[next_one]:
                next_one = q
        insert_request(fleet, state, next_one, rng, blink)
        key[next_one] = inf


@inner
def _power_holds(fleet: Fleet, state: State) -> bool:
    """Taking a picture out can move a turn to a darker time; so the whole day is looked at again."""
    lowest_wh = 0.0
    for s in range(len(state.length)):
        lowest_wh = min(lowest_wh, battery_margin_wh(fleet, state, s))
    return lowest_wh >= 0.0


@njit(cache=True)
def improve(fleet: Fleet, state: State, trial: State, best: State, seed: int, rounds: int) -> float:
    """Better and better plans in a fixed number of rounds; ``state`` ends as the best one, its value is returned.

    Worse plans are accepted with a probability that falls to nothing (simulated annealing). The fixed and the urgent
    pictures stay as they are. ``trial`` and ``best`` are room to work in.
    """
    rng = np.array([seed], np.uint64)
    movable = np.empty(len(state.request), np.int64)
    many = 0
    for q in range(len(movable)):
        if fleet.request[q]["first"] < fleet.request[q]["last"]:
            movable[many] = q
            many += 1
    value = plan_value(fleet, state)
    copy_state(best, state)
    top = value
    warm = 0.2 * max(value, 1e-9) / max(many, 1)
    for number in range(rounds if many > 0 else 0):
        copy_state(trial, state)
        q = movable[int(chance(rng) * many)]
        _ruin(fleet, trial, rng, q)
        _recreate(fleet, trial, rng, _BLINK)
        found = plan_value(fleet, trial)
        allowed = warm * (1.0 - number / rounds) * -log(1.0 - chance(rng))
        if found > value - allowed and _power_holds(fleet, trial):
            copy_state(state, trial)
            value = found
            if value > top + 1e-12:
                copy_state(best, state)
                top = value
    copy_state(state, best)
    return float(top)


@njit(cache=True)
def hasten(fleet: Fleet, state: State, trial: State) -> None:
    """Bring down each picture in an earlier contact if one now has room; ``trial`` is room to work in."""
    rng = np.zeros(1, np.uint64)
    for q in range(len(state.request)):
        if state.request[q]["look"] < 0 or fleet.request[q]["fixed"]:
            continue
        copy_state(trial, state)
        unload(fleet, trial, trial.request[q]["sent"], q)
        sooner = send(fleet, trial, q, rng, 0.0) and trial.request[q]["ground_s"] < state.request[q]["ground_s"]
        if sooner and _power_holds(fleet, trial):
            copy_state(state, trial)


@njit(cache=True)
def rivals(fleet: Fleet, state: State, look: int) -> Whole:
    """The activities of its satellite that leave no time for a look: request numbers, or -1 - pass for contacts."""
    asked = fleet.look[look]
    s = asked["satellite"]
    found = np.empty(state.length[s], np.int64)
    count = 0
    for i in range(state.length[s]):
        begin, end, x, y, z = activity(fleet, state, state.item[s, i])
        before = end + turn_s(fleet, s, x, y, z, asked["x"], asked["y"], asked["z"]) <= asked["start"]
        after = asked["stop"] + turn_s(fleet, s, asked["x"], asked["y"], asked["z"], x, y, z) <= begin
        if not (before or after):
            found[count] = state.item[s, i]
            count += 1
    return found[:count]


@njit(cache=True)
def admits(fleet: Fleet, trial: State, state: State, without: Whole, look: int) -> bool:
    """Could a look be taken if some requests were not in the plan? ``trial`` ends as that plan."""
    copy_state(trial, state)
    for q in without:
        remove_request(fleet, trial, q)
    return add_look(fleet, trial, look, np.zeros(1, np.uint64), 0.0) == 0
