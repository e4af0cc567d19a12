"""Multipliers of the last plan: found again whatever happened, of help, and never part of what a bound holds for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.model import Multipliers, Plan
from swath.plan.arrays import index
from swath.plan.bound import relaxation, upper_bound
from swath.plan.bound.bundles import worths
from swath.plan.bound.multipliers import begin_at
from swath.plan.bound.offered import offered
from swath.plan.engine.budget import Rounds
from swath.plan.engine.pricing import Pricer
from swath.plan.form import plan_from_json, plan_to_json
from swath.plan.problem import Problem
from swath.plan.replan import lost_contact, replan, with_forecast
from swath.plan.solve import solve
from tests.plan.fleet import cloudy
from tests.plan.toy import optimum, toy
from tests.plan.wide import wide


@pytest.fixture(scope="module")
def day() -> tuple[Problem, Plan]:
    problem = wide().problem
    return problem, solve(problem, seed=1, made=problem.start, rounds=100)


@given(seed=st.integers(0, 40), data=st.data())
@settings(max_examples=15)
def test_from_whatever_prices_the_bound_is_one_and_the_same(seed: int, data: st.DataObject) -> None:
    problem = toy(seed)
    plan = solve(problem, seed=1, made=problem.start, rounds=10)
    known = plan.multipliers
    prices = data.draw(st.lists(st.floats(-1e3, 1e300), min_size=len(known), max_size=len(known)))
    strange = replace(problem, multipliers=replace(known, value=np.array(prices, np.float64)))
    bound, _ = upper_bound(strange)
    assert bound >= optimum(problem) - 1e-9
    assert bound == pytest.approx(upper_bound(problem)[0], rel=1e-5)


def begun(problem: Problem, known: Multipliers) -> tuple[np.ndarray, list[str], Pricer]:
    """Where prices begin, the names of the rows, and what proves a bound of them."""
    indexed = index(problem)
    nodes = offered(indexed)
    task, names = relaxation._task(indexed, nodes, worths(indexed, nodes), Rounds(10**9))
    rules = [f"{name.rule} {name.at_s:.3f}" for name in names]
    return begin_at(indexed, names, task, known), rules, Pricer(task, task.net)


def test_rows_are_found_again_by_what_they_are_about(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    read = plan_from_json(plan_to_json(plan)).multipliers
    price, rules, pricer = begun(problem, read)
    assert len(set(rules)) == len(rules)
    assert pricer.sweep(price) == pytest.approx(plan.bound, rel=1e-6)  # nothing is fixed: all of it lies in prices
    kinds = {rule.split(" of ")[0] for rule in read.rule.tolist()}
    assert {"picture", "recorder"} <= kinds
    assert (read.value >= 0.0).all()


def test_what_holds_always_is_found_again_in_a_plan_that_starts_later(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    later = plan.multipliers.at + np.timedelta64(1, "h")  # as if the plan before had started then
    moved = replace(plan.multipliers, at=later)
    price, rules, _ = begun(problem, moved)
    before, _, _ = begun(problem, plan.multipliers)
    pictures = np.array([rule.startswith("picture of ") for rule in rules])
    assert pictures.any() and (price[pictures] == before[pictures]).all()


@pytest.mark.parametrize("what", ["forecast", "lost contact"])
def test_they_begin_near_the_end(day: tuple[Problem, Plan], what: str) -> None:
    problem, plan = day
    if what == "forecast":
        wave = lambda **where: np.clip(cloudy(**where) * 0.9, 0.0, 1.0)  # noqa: E731
        changed = with_forecast(problem, wave)
    else:
        changed = lost_contact(problem, plan, str(plan.contacts.id[1]))
    best, _ = upper_bound(changed)
    warm, _, pricer = begun(changed, plan.multipliers)
    at_once = pricer.sweep(warm)
    nothing = pricer.sweep(np.zeros(len(warm)))
    assert best * (1.0 - 1e-9) <= at_once < best + 0.2 * (nothing - best)


def test_a_new_plan_takes_them_and_gives_its_own(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    fixed_part, after, _ = replan(problem, plan, seed=2, made=problem.start, rounds=10)
    assert fixed_part.multipliers is plan.multipliers
    assert len(after.multipliers) > 0
    assert after.bound == pytest.approx(plan.bound, rel=1e-4)
