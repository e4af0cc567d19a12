"""The hot loops do what plain code does, and leave nothing behind when they fail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import Infeasible
from swath.plan.arrays import index
from swath.plan.kernels import add_look, remove_request
from swath.plan.layout import LOOKS, State
from swath.plan.margin_kernels import battery_margin_wh, memory_margin_bit
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
