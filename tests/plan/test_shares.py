"""What owners have of the fleet is told as it is, and nobody takes more than a fair share from those who wait."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.model import Opportunities, Plan, Refusal, Share
from swath.plan.explain import can_add
from swath.plan.form import plan_from_json, plan_to_json
from swath.plan.problem import Problem
from swath.plan.shares import _even
from swath.plan.solve import solve
from swath.plan.verify import verify
from tests.plan.fleet import Case
from tests.plan.wide import wide


def held_to(case: Case, **fair: float) -> Problem:
    """Owners without quotas, some of them with fair shares."""
    owners = case.problem.owners
    free = (replace(o, max_pictures=10**9, max_image_s=np.inf, fair_share=fair.get(o.id, 1.0)) for o in owners)
    return replace(case.problem, owners=tuple(free))


def words(case: Case, problem: Problem, plan: Plan) -> list[str]:
    return [violation.because for violation in verify(problem, plan, case.ephemerides, case.eop)]


def test_shares_are_told_as_they_are_and_a_small_one_leaves_more_to_others() -> None:
    case = wide(3, points=30)
    open_to_all, held = held_to(case), held_to(case, b=0.02)
    before, after = (solve(problem, seed=1, made=problem.start, rounds=200) for problem in (open_to_all, held))
    owner = {request.id: request.owner for request in held.requests}
    for problem, plan in ((open_to_all, before), (held, after)):
        assert verify(problem, plan, case.ephemerides, case.eop) == ()
        length_s = (plan.acquisitions.stop - plan.acquisitions.start) / np.timedelta64(1, "s")
        assert [share.owner for share in plan.shares] == ["a", "b", "c"]
        for share in plan.shares:
            mine = np.array([owner[str(id)] == share.owner for id in plan.acquisitions.request])
            assert (share.pictures, share.image_s) == (mine.sum(), pytest.approx(length_s[mine].sum(), abs=0.01))
            assert share.image_s <= share.asked_s + 1e-6
        assert plan_from_json(plan_to_json(plan)).shares == plan.shares
    (share,) = (share for share in after.shares if share.owner == "b")
    (without,) = (share for share in before.shares if share.owner == "b")
    assert share.image_s <= without.image_s + 1e-6
    for id in share.left_over:  # no order of anybody else could have had its place
        waiting = [r.request for r in after.refused if owner.get(r.request, "b") != "b"]
        assert owner[id] == "b" and not any(can_add(held, after, other) for other in waiting)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_every_plan_is_fair_to_the_judge_even_one_that_was_stopped(seed: int) -> None:
    case = wide(seed, points=60)
    held = held_to(case, a=0.25, c=0.4)
    for rounds, stop in ((100, lambda: False), (0, lambda: True)):
        plan = solve(held, seed=1, made=held.start, rounds=rounds, stop=stop)
        assert words(case, held, plan) == []
        assert 0.0 < plan.fairness <= 1.0


def test_the_judge_finds_a_picture_in_the_place_of_somebody_who_waits() -> None:
    """Each picture that is left over gets a twin of somebody below a fair share, who wants the very same look."""
    case = wide(1, points=60)
    held = held_to(case, a=0.1)
    plan = solve(held, seed=1, made=held.start, rounds=50)
    (share,) = (share for share in plan.shares if share.owner == "a")
    assert share.left_over and words(case, held, plan) == []
    requests = {request.id: request for request in held.requests}
    bundled = {id for bundle in held.bundles for id in bundle.requests}
    found = 0
    for id in share.left_over:
        asked, looks = requests[id], held.opportunities
        if asked.looks > 1 or asked.apart or id in bundled:
            continue
        twin = replace(asked, id="twin", owner="c")
        at = plan.acquisitions.start[plan.acquisitions.request == id][0]
        same = looks.take((looks.request == id) & (looks.start == at))
        offered = Opportunities.join([looks, replace(same, request=np.full(len(same), "twin"))])
        unfair = replace(held, requests=(*held.requests, twin), opportunities=offered)
        refused = (*plan.refused, Refusal("twin", "stopped", "somebody else came first"))
        said = words(case, unfair, replace(plan, refused=refused))
        found += any(f"twin waits below its share and could have the place of {id}" in text for text in said)
        again = solve(unfair, seed=1, made=held.start, rounds=50)
        assert words(case, unfair, again) == []
    assert found > 0


def test_what_is_beyond_a_share_and_not_told_is_found() -> None:
    case = wide(1, points=60)
    held = held_to(case, a=0.1)
    plan = solve(held, seed=1, made=held.start, rounds=20)
    silent = replace(plan, shares=tuple(replace(share, left_over=()) for share in plan.shares))
    assert any("beside what is told to be left over" in text for text in words(case, held, silent))


weights = st.lists(st.tuples(st.floats(0.0, 500.0), st.floats(0.01, 1.0)), min_size=1, max_size=6)


@given(weights, st.floats(0.0, 1.0))
def test_an_even_division_gives_all_away_and_nobody_could_have_more_without_taking(
    asked: list[tuple[float, float]], part: float
) -> None:
    asked_s, fair = (np.array(column) for column in zip(*asked, strict=True))
    total_s = part * asked_s.sum()
    due_s = _even(total_s, asked_s, fair)
    assert due_s.sum() == pytest.approx(total_s, abs=1e-6)
    assert (due_s <= asked_s + 1e-9).all() and (due_s >= 0.0).all()
    short = due_s < asked_s - 1e-6  # who wants more has the highest level of all
    assert (due_s[short] / fair[short] >= (due_s / fair).max() - 1e-6).all() if short.any() else True


def test_fairness_is_what_the_worst_served_has_of_its_due() -> None:
    case = wide(1, points=10)
    plan = solve(case.problem, seed=1, made=case.problem.start, rounds=0)
    told = (Share("a", 1, 30.0, 90.0, 0.3, 1.0, 50.0), Share("b", 3, 70.0, 70.0, 0.7, 1.0, 50.0))
    assert replace(plan, shares=told).fairness == pytest.approx(0.6)
    assert replace(plan, shares=()).fairness == 1.0
