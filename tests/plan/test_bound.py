"""The bound is a certificate: never below the best plan there is, and more of anything never lowers it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import highspy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import Infeasible
from swath.model import Windows
from swath.plan.bound import upper_bound
from swath.plan.bound.bundles import on_line
from swath.plan.problem import Problem
from swath.plan.solve import solve
from swath.spacecraft import Memory
from swath.spacecraft.agility import slew_angle_deg, slew_s
from tests.plan.fleet import case, changed
from tests.plan.toy import optimum, toy


def best_of_each(problem: Problem) -> float:
    """Every request at its best look, no rule kept."""
    looks = problem.opportunities
    return sum(looks.value[looks.request == r.id].max(initial=0.0) for r in problem.requests)


def test_never_below_the_exact_optimum_when_everything_is_scarce() -> None:
    binding = 0
    for seed in range(150):
        problem = toy(seed)
        best = optimum(problem)
        bound, _ = upper_bound(problem)
        assert bound >= best - 1e-9, f"seed {seed}: bound {bound}, optimum {best}"
        binding += best < best_of_each(problem) - 1e-6
    assert binding > 120  # else the instances would test nothing


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8), st.floats(0.0, 1.0))
def test_lines_lie_above_what_pictures_of_a_cell_are_worth_together(shares: list[float], r: float) -> None:
    share = np.array(shares)
    assert r * r + on_line(share, r).sum() >= 1.0 - np.prod(1.0 - share) - 1e-12


def test_whole_pictures_of_a_recorder() -> None:
    # Three pictures of 60 % of a recorder of which one fits, whatever fractions might say: 1.67 of them would.
    problem = toy(5, requests=3, slots=1, scarce=False)
    looks = problem.opportunities
    one = replace(looks, satellite=np.full(len(looks), problem.satellites[0].id), data_bit=np.full(len(looks), 6e8))
    begins = problem.start + np.arange(1, len(looks) + 1) * np.timedelta64(200, "s")
    one = replace(one, start=begins, middle=begins + np.timedelta64(1, "s"), stop=begins + np.timedelta64(2, "s"))
    small = changed(problem, problem.satellites[0].id, memory=Memory(1e9))
    for capacity, fit in ((small, 1), (problem, 3)):
        bound, _ = upper_bound(replace(capacity, opportunities=one))
        assert bound == pytest.approx(np.sort(one.value)[::-1][:fit].sum(), rel=1e-6)


def exact_by_mip(problem: Problem) -> float:
    """Optimum where only turning and one look a request bind: a row for every two looks that exclude each other."""
    looks = problem.opportunities.sort_by("start")
    rows = [np.flatnonzero(looks.request == r.id) for r in problem.requests]
    for satellite in problem.satellites:
        mine = np.flatnonzero(looks.satellite == satellite.id)
        roll, pitch = looks.roll_deg[mine], looks.pitch_deg[mine]
        turn = slew_s(satellite.agility, slew_angle_deg(roll[:, None], pitch[:, None], roll, pitch))
        gap = (looks.start[mine] - looks.stop[mine][:, None]) / np.timedelta64(1, "s")
        rows += [mine[pair] for pair in np.argwhere(np.triu(gap < turn, 1))]
    solver = highspy.Highs.__mro__[1]()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    count = len(looks)
    solver.addVars(count, np.zeros(count), np.ones(count))
    solver.changeColsCost(count, np.arange(count, dtype=np.int32), -looks.value)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.full(count, 1, np.uint8))
    for row in rows:
        solver.addRow(-highspy.kHighsInf, 1.0, len(row), row.astype(np.int32), np.ones(len(row)))
    solver.run()
    return -float(solver.getInfo().objective_function_value)


def test_never_below_the_exact_optimum_of_crowded_turning() -> None:
    gaps = []
    for seed in range(150):
        problem = toy(1000 + seed, requests=14, slots=5, scarce=False)
        best = exact_by_mip(problem)
        bound, _ = upper_bound(problem)
        assert bound >= best - 1e-6, f"seed {seed}: bound {bound}, optimum {best}"
        gaps.append((bound - best) / best)
        if seed % 5:
            continue
        plan = solve(problem, seed=1, made=problem.start, rounds=100)
        assert plan.value <= best + 1e-6, f"seed {seed}: a plan of {plan.value} beats the optimum {best}"
    assert np.mean(gaps) < 0.02  # and it is no empty certificate


def test_no_plan_of_a_real_fleet_exceeds_it() -> None:
    for seed in (1, 2):
        problem = case(seed).problem
        plan = solve(problem, seed=seed, made=problem.start, rounds=500)
        assert plan.value <= plan.bound <= best_of_each(problem) * (1 + 1e-8)
        assert plan.gap < 0.1
        assert "looks" in plan.bound_because


@pytest.mark.parametrize("seed", range(40))
def test_more_memory_energy_passes_or_time_never_lowers_it(seed: int) -> None:
    problem = toy(seed)
    bound, _ = upper_bound(problem)
    first = problem.satellites[0]
    for richer in (
        changed(problem, first.id, memory=replace(first.memory, capacity_bit=2 * first.memory.capacity_bit)),
        changed(problem, first.id, power=replace(first.power, charge_w=2 * first.power.charge_w)),
        changed(problem, first.id, power=replace(first.power, initial_wh=first.power.battery_wh)),
        changed(problem, first.id, power=replace(first.power, battery_wh=2 * first.power.battery_wh)),
        replace(problem, passes=Windows.join([problem.passes, more_passes(problem)])),
        replace(problem, requests=tuple(replace(r, deadline=problem.stop) for r in problem.requests)),
    ):
        assert upper_bound(richer)[0] >= bound * (1 - 1e-7)


def more_passes(problem: Problem) -> Windows:
    """Another pass for each satellite in the middle of the day."""
    shift = np.timedelta64(900, "s")
    return replace(problem.passes, start=problem.passes.start + shift, stop=problem.passes.stop + shift)


def test_another_satellite_never_lowers_it() -> None:
    fleet = ("SW-1", "SW-2", "SW-3", "SW-4")
    bounds = [upper_bound(case(3, 120, satellites=fleet[:count]).problem)[0] for count in (1, 2, 3, 4)]
    assert all(more >= less * (1 - 1e-7) for less, more in itertools.pairwise(bounds))
    assert bounds[-1] > bounds[0]


def test_what_urgency_costs_is_told_beside_the_bound() -> None:
    told = 0
    for seed in range(30):
        problem = toy(seed, scarce=False)
        urgent = replace(problem, requests=tuple(replace(r, urgent=n < 2) for n, r in enumerate(problem.requests)))
        plan = solve(urgent, seed=1, made=problem.start, rounds=50)
        if held := re.search(r"no plan exceeds (\d+\.\d\d)$", plan.bound_because):
            assert plan.value - 0.005 <= float(held[1]) <= plan.bound + 0.005
            told += 1
    assert told > 3


def test_a_fixed_picture_counts_and_excludes() -> None:
    problem = toy(5, scarce=False)
    plan = solve(problem, seed=1, made=problem.start)
    fixed = replace(problem, frozen=plan.acquisitions, frozen_contacts=plan.contacts)
    bound, _ = upper_bound(fixed)
    assert plan.value <= bound <= upper_bound(problem)[0] * (1 + 1e-9)


def test_nothing_to_gain_is_zero() -> None:
    problem = toy(1)
    empty = replace(problem, opportunities=problem.opportunities.take(slice(0)))
    bound, because = upper_bound(empty)
    assert bound == 0.0
    assert "no look" in because


def test_a_hopeless_battery_is_no_error_for_the_bound() -> None:
    problem = toy(2)
    first = problem.satellites[0]
    dead = changed(problem, first.id, power=replace(first.power, idle_w=5000.0))
    assert upper_bound(dead)[0] >= 0.0
    with pytest.raises(Infeasible, match="battery"):
        solve(dead, seed=1, made=problem.start)
