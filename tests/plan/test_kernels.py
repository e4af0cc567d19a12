"""The hot loops do what plain code does, and leave nothing behind when they fail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import Infeasible
from swath.plan.arrays import index
from swath.plan.kernels import add_look, remove_request
from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.margin_kernels import battery_margin_wh, duty_margin_s, memory_margin_bit
from swath.plan.sequence_kernels import turn_s
from swath.plan.solve import solve
from swath.plan.state import copy_of, fixed_state, planned_state
from swath.plan.value_kernels import plan_value
from swath.spacecraft import boresight, slew_s
from swath.spacecraft.agility import slew_angle_deg
from tests.plan.fleet import case
from tests.plan.toy import toy

ANGLE = st.floats(-45.0, 45.0)
RNG = np.zeros(1, np.uint64)


@given(ANGLE, ANGLE, ANGLE, ANGLE, st.integers(0, 30))
def test_a_turn_takes_as_long_as_the_spacecraft_model_says(
    ra: float, pa: float, rb: float, pb: float, seed: int
) -> None:
    problem = toy(seed)
    kernel = turn_s(index(problem).fleet, 0, 0.0, *boresight(ra, pa), *boresight(rb, pb))
    model = slew_s(problem.satellites[0].agility, slew_angle_deg(ra, pa, rb, pb))
    assert kernel == pytest.approx(float(model), abs=1e-9)


def same(a: State, b: State) -> bool:
    """Do two states hold the same plan? Room that is not in use does not count."""
    return (
        np.array_equal(a.length, b.length)
        and np.array_equal(a.look, b.look)
        and np.array_equal(a.used, b.used)
        and np.array_equal(a.contact["loads"], b.contact["loads"])
        and all(np.array_equal(a.item[s, :n], b.item[s, :n]) for s, n in enumerate(a.length))
        and all(
            np.array_equal(a.load[p, :n], b.load[p, :n]) and a.contact[p] == b.contact[p]
            for p, n in enumerate(a.contact["loads"])
            if n
        )
    )


def sound(indexed, state: State) -> None:
    """Everything in a state fits together."""
    fleet = indexed.fleet
    for s, length in enumerate(state.length):
        before = (0.0, (0.0, 0.0, 1.0))
        for code in state.item[s, :length]:
            if code >= 0:
                look = fleet.look[state.look[code // LOOKS] + code % LOOKS]
                begin, end, axis = look["start"], look["stop"], (look["x"], look["y"], look["z"])
                assert state.contact[state.shot[code]["sent"]]["begin_s"] >= end
                assert state.shot[code]["ground_s"] <= fleet.request[code // LOOKS]["due_s"]
            else:
                contact, seen = state.contact[-1 - code], fleet.passes[-1 - code]
                begin, end, axis = contact["begin_s"], contact["end_s"], (0.0, 0.0, 1.0)
                assert seen["start"] <= begin < end <= seen["stop"]
                assert contact["loads"] > 0
            assert before[0] + turn_s(fleet, s, begin, *before[1], *axis) <= begin
            before = end, axis
        assert memory_margin_bit(fleet, state, s) >= 0.0
        assert battery_margin_wh(fleet, state, s) >= -0.01  # taking a picture out may move a turn to a darker time


def least_room_bit(fleet: Fleet, state: State, s: int) -> float:
    """What is left of the recorder when each picture begins, every picture asked when it is on the ground."""
    codes = [code for code in state.item[s, : state.length[s]].tolist() if code >= 0]
    look = {code: fleet.look[state.look[code // LOOKS] + code % LOOKS] for code in codes}
    held = [
        sum(
            look[other]["bit"]
            for other in codes
            if look[other]["start"] <= look[code]["start"] < state.shot[other]["ground_s"]
        )
        for code in codes
    ]
    return float(fleet.satellite[s]["capacity_bit"] - max(held, default=0.0))


def fullest_s(fleet: Fleet, state: State, s: int, window_s: float) -> float:
    """The most that is imaged in any window, of windows that begin or end where a picture begins or ends."""
    codes = [code for code in state.item[s, : state.length[s]].tolist() if code >= 0]
    looks = [fleet.look[state.look[code // LOOKS] + code % LOOKS] for code in codes]
    edges = [float(look[name]) for look in looks for name in ("start", "stop")]
    begins = [*edges, *(edge - window_s for edge in edges)]
    total = [
        sum(max(0.0, min(look["stop"], begin + window_s) - max(look["start"], begin)) for look in looks)
        for begin in begins
    ]
    return float(max(total, default=0.0))


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([1.0, 30.0, 400.0, 5700.0, 90_000.0]))
def test_memory_and_duty_are_what_plain_sums_say(seed: int, scarce: bool, window_s: float) -> None:
    problem = toy(seed % 50, requests=10, slots=4, scarce=scarce)
    indexed = index(problem)
    fleet = indexed.fleet
    fleet.satellite["window_s"], fleet.satellite["duty_s"] = window_s, 1e6
    try:
        state = fixed_state(indexed)
    except Infeasible:
        return
    for look in np.random.default_rng(seed).permutation(len(fleet.look)).tolist():
        if state.look[fleet.look[look]["request"]] < 0:
            add_look(fleet, state, look, RNG, 0.0)
    for s in range(len(fleet.satellite)):
        assert memory_margin_bit(fleet, state, s) == pytest.approx(least_room_bit(fleet, state, s), abs=1e-3)
        used_s = 1e6 - duty_margin_s(fleet, state, s)
        assert used_s == pytest.approx(fullest_s(fleet, state, s, window_s), abs=1e-6)


@given(st.integers(0, 10_000), st.booleans())
def test_adding_and_taking_out_keeps_everything_sound(seed: int, scarce: bool) -> None:
    problem = toy(seed % 50, requests=10, slots=4, scarce=scarce)
    indexed = index(problem)
    rng = np.random.default_rng(seed)
    try:
        state = fixed_state(indexed)
    except Infeasible:  # its battery cannot even idle
        return
    for _ in range(60):
        look = int(rng.integers(len(indexed.fleet.look)))
        q = int(indexed.fleet.look[look]["request"])
        if state.look[q] >= 0:
            remove_request(indexed.fleet, state, q)
        else:
            before = copy_of(indexed.fleet, state)
            if add_look(indexed.fleet, state, look, RNG, 0.0) != 0:
                assert same(before, state)
        sound(indexed, state)


def test_a_plan_read_back_is_the_plan() -> None:
    problem = case(21).problem
    plan = solve(problem, seed=1, made=problem.start, rounds=100)
    indexed = index(problem)
    state = planned_state(indexed, plan)
    assert plan_value(indexed.fleet, state) == pytest.approx(plan.value, rel=1e-12)
    sound(indexed, state)
