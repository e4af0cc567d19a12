"""Every reason is true: without what it names, the request could be put in."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from swath.errors import Infeasible, InputError
from swath.model import Plan, Refusal
from swath.plan.explain import can_add
from swath.plan.problem import Problem, with_frozen
from swath.plan.solve import solve
from swath.time import seconds
from tests.plan.fleet import START, case, changed
from tests.plan.toy import toy

CODES = {"no_access", "no_daylight", "too_wide", "too_late", "memory", "battery", "station", "commanding", "lost_to"}


def holds(problem: Problem, plan: Plan, refusal: Refusal) -> bool:
    """Is the reason true, and the request out without its cause?"""
    code, _, names = refusal.reason.partition(":")
    if can_add(problem, plan, refusal.request):
        return False
    if code == "lost_to":
        lost = names.split(",")
        fewer = (lost[:n] + lost[n + 1 :] for n in range(len(lost)))
        return can_add(problem, plan, refusal.request, without=lost) and not any(
            # none of them is named for nothing
            can_add_look_of(problem, plan, refusal, without=some)
            for some in fewer
        )
    if code in ("memory", "battery"):
        (named,) = [s for s in problem.satellites if f"{code} of {s.id}:" in refusal.because]
        # as much as the sentence says, rounded up to its last digit
        said = float(re.search(r"(?:hold|fall) ([0-9.]+)", refusal.because)[1])
        memory = replace(named.memory, capacity_bit=(said + 0.0005) * 1e9)
        power = replace(named.power, min_wh=named.power.min_wh - said - 0.005)
        richer = changed(problem, named.id, **({"memory": memory} if code == "memory" else {"power": power}))
        others = plan.acquisitions.request if "nothing else planned" in refusal.because else ()
        return can_add(richer, plan, refusal.request, without=others)
    if code == "station":
        return can_add(own_antennas(problem), antennas(plan), refusal.request)
    if code == "too_late":
        return not can_add(problem, plan, refusal.request, without=plan.acquisitions.request)
    return set(code.split("+")) <= {"no_access", "no_daylight", "too_wide"} or code == "commanding"


def can_add_look_of(problem: Problem, plan: Plan, refusal: Refusal, without: list[str]) -> bool:
    """The same for the one look that the refusal speaks of."""
    (row,) = [
        n
        for n, (id, satellite, start) in enumerate(
            zip(
                problem.opportunities.request,
                problem.opportunities.satellite,
                np.datetime_as_string(problem.opportunities.start + seconds(0.5), unit="s"),
                strict=True,
            )
        )
        if id == refusal.request and f"by {satellite} at {start}Z" in refusal.because
    ][:1]
    others = problem.opportunities.request != refusal.request
    others[row] = True
    return can_add(
        replace(problem, opportunities=problem.opportunities.take(others)), plan, refusal.request, without=without
    )


def own_antennas(problem: Problem) -> Problem:
    """Each satellite finds antennas of its own at every station."""
    stations = tuple(replace(s, id=f"{s.id}-{c.id}") for s in problem.stations for c in problem.satellites)
    subject = np.char.add(np.char.add(problem.passes.subject, "-"), problem.passes.satellite)
    return replace(problem, stations=stations, passes=replace(problem.passes, subject=subject))


def antennas(plan: Plan) -> Plan:
    station = np.char.add(np.char.add(plan.contacts.station, "-"), plan.contacts.satellite)
    return replace(plan, contacts=replace(plan.contacts, station=station))


def test_every_reason_is_true_when_everything_is_scarce() -> None:
    seen = set()
    for seed in range(120):
        problem = toy(seed, requests=9)
        try:
            plan = solve(problem, seed=1, made=problem.start, rounds=100)
        except Infeasible:  # a battery that cannot even idle
            continue
        for refusal in plan.refused:
            assert holds(problem, plan, refusal), f"seed {seed}: {refusal}"
            seen.add(refusal.reason.partition(":")[0])
    assert seen == {"too_late", "memory", "battery", "station", "lost_to"}


@pytest.mark.parametrize(
    "options", [{}, {"memory_bit": 0.1e9}, {"rate_bit_s": 1e6}, {"stations": ("svalbard",)}, {"satellites": ("SW-2",)}]
)
def test_every_reason_is_true_for_a_real_fleet(options: dict) -> None:
    problem = case(31, 160, **options).problem
    plan = solve(problem, seed=1, made=problem.start, rounds=300)
    assert len(plan.refused) > 5
    for refusal in plan.refused:
        assert set(refusal.reason.partition(":")[0].split("+")) <= CODES
        assert holds(problem, plan, refusal), refusal
        assert any(c.isdigit() for c in refusal.because), refusal  # numbers, not only words


def test_over_before_it_could_be_commanded() -> None:
    problem = case(31, 160).problem
    late = replace(problem, commandable={s.id: START + seconds(23 * 3600.0) for s in problem.satellites})
    plan = solve(late, seed=1, made=late.start, rounds=10)
    found = [r for r in plan.refused if r.reason == "commanding"]
    assert len(found) > 20
    assert all("commanded" in r.because for r in found)


def test_lost_to_what_was_commanded() -> None:
    problem = toy(3, requests=9, scarce=False)
    plan = solve(problem, seed=1, made=problem.start, rounds=100)
    some = with_frozen(replace(problem, commandable={s.id: START + seconds(900.0) for s in problem.satellites}), plan)
    again = solve(some, seed=1, made=some.start, rounds=100)
    assert {r.request for r in again.refused} | set(again.acquisitions.request) == {r.id for r in some.requests}


def test_an_unknown_request_is_said_so() -> None:
    problem = toy(1)
    plan = solve(problem, seed=1, made=problem.start, rounds=10)
    with pytest.raises(InputError, match="no request 'x'"):
        can_add(problem, plan, "x")
