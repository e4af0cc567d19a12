"""The judge finds every fault and lets every valid plan pass."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from swath.model import Acquisitions, Contacts, Plan
from swath.plan.solve import solve
from swath.plan.verify import RULES, verify
from tests.plan.faults import FAULTS
from tests.plan.fleet import Case, case
from tests.plan.wide import wide
from tests.plan.wide_faults import WIDE_FAULTS


@cache
def judged() -> tuple[Case, Plan]:
    """A small valid plan."""
    small = case(4, 60, satellites=("SW-1", "SW-4"), hours=14.0)
    return small, solve(small.problem, seed=1, made=small.problem.start, rounds=300)


def test_the_plan_to_spoil_is_valid_and_worth_spoiling() -> None:
    small, plan = judged()
    assert verify(small.problem, plan, small.ephemerides, small.eop) == ()
    assert len(plan.acquisitions) > 20
    assert len(plan.contacts) > 4
    assert len(plan.refused) > 2


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", FAULTS)
def test_every_seeded_fault_is_found(name: str, seed: int) -> None:
    small, plan = judged()
    rule, fault = FAULTS[name]
    problem, spoiled = fault(small.problem, plan, np.random.default_rng(seed))
    found = verify(problem, spoiled, small.ephemerides, small.eop)
    assert rule in {violation.rule for violation in found}, [f"{v.rule} {v.subject}: {v.because}" for v in found]
    assert all(violation.subject and violation.because for violation in found)


@cache
def wide_plan() -> tuple[Case, Plan]:
    """A valid plan with orders of every kind."""
    day = wide()
    return day, solve(day.problem, seed=1, made=day.problem.start, rounds=500)


def test_a_plan_of_every_kind_of_order_is_valid() -> None:
    day, plan = wide_plan()
    assert verify(day.problem, plan, day.ephemerides, day.eop) == ()
    planned = {str(id).split("-")[0] for id in plan.acquisitions.request}
    assert {"area", "stereo", "tri", "series", "any", "left", "sharp", "p"} <= planned
    assert plan.value <= plan.bound
    assert plan.gap < 0.04


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", WIDE_FAULTS)
def test_every_seeded_fault_of_every_kind_of_order_is_found(name: str, seed: int) -> None:
    day, plan = wide_plan()
    rule, fault = WIDE_FAULTS[name]
    problem, spoiled = fault(day.problem, plan, np.random.default_rng(seed))
    found = verify(problem, spoiled, day.ephemerides, day.eop)
    assert rule in {violation.rule for violation in found}, [f"{v.rule} {v.subject}: {v.because}" for v in found]
    assert all(violation.subject and violation.because for violation in found)


def test_every_rule_has_a_fault_that_breaks_it() -> None:
    assert {rule for rule, _ in (*FAULTS.values(), *WIDE_FAULTS.values())} == set(RULES)
    assert len(FAULTS) + len(WIDE_FAULTS) >= 95  # each with two seeds


def test_the_judge_knows_no_solver() -> None:
    allowed = {"swath.plan", "swath.plan.problem", "swath.plan.verify"}
    script = "import sys, swath.plan.verify; print('\\n'.join(n for n in sys.modules if n.startswith('swath.plan')))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    known = set(ran.stdout.split())
    assert known <= allowed | {name for name in known if name.startswith("swath.plan.judge")}


def test_an_empty_plan_with_everything_refused_is_valid() -> None:
    small, plan = judged()
    reasons = {r.request: r for r in plan.refused}
    refused = tuple(reasons.get(r.id, replace(plan.refused[0], request=r.id)) for r in small.problem.requests)
    empty = replace(plan, acquisitions=Acquisitions.empty(), contacts=Contacts.empty(), refused=refused, value=0.0)
    assert verify(small.problem, empty, small.ephemerides, small.eop) == ()


@pytest.mark.parametrize(
    ("seed", "options"),
    [
        (11, {}),
        (12, {"memory_bit": 0.1e9}),
        (13, {"rate_bit_s": 1e6}),
        (14, {"stations": ("svalbard",)}),
        (15, {"satellites": ("SW-2",)}),
    ],
)
def test_valid_plans_pass(seed: int, options: dict) -> None:
    day = case(seed, 100, **options)
    plan = solve(day.problem, seed=seed, made=day.problem.start, rounds=300)
    assert len(plan.acquisitions) > 5
    assert verify(day.problem, plan, day.ephemerides, day.eop) == ()
