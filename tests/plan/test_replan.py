"""What happens to a plan in its life: what is commanded stays, changes are told, churn has a price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import InputError
from swath.model import Opportunities, Plan
from swath.plan.build import with_orders
from swath.plan.orders import Order
from swath.plan.problem import Problem
from swath.plan.replan import forbid, lock, lost_contact, picture_failed, replan, with_forecast
from swath.plan.solve import solve
from swath.plan.verify import verify
from swath.time import seconds
from tests.plan.fleet import START
from tests.plan.wide import box, outlook, request, wide

NOON = START + seconds(6 * 3600.0)


def at_noon(problem: Problem) -> Problem:
    return replace(problem, commandable={s.id: NOON for s in problem.satellites})


@pytest.fixture(scope="module")
def day() -> tuple[Problem, Plan]:
    problem = wide(points=30).problem
    return problem, solve(problem, seed=1, made=START, rounds=300)


def valid(problem: Problem, plan: Plan) -> bool:
    _, eop, exact = outlook()
    assert verify(problem, plan, exact, eop) == ()
    return True


def test_nothing_new_changes_little_and_churn_less(day) -> None:
    problem, plan = day
    _, _, moved = replan(at_noon(problem), plan, seed=2, made=NOON, rounds=300)
    fixed, after, stayed = replan(at_noon(problem), plan, seed=2, made=NOON, churn_loss=5.0, rounds=300)
    assert valid(fixed, after)
    assert len(stayed) <= len(moved)
    assert len([c for c in stayed if c.what != "new"]) <= 1
    assert after.value >= plan.value - 5.0


def test_an_urgent_order_gets_in_and_who_is_bumped_is_told(day) -> None:
    problem, plan = day
    place = box("flood", 9.5, 46.2, 20e3, 15e3)
    flood = request("flood", 9.5, 46.2, 60.0, place=place, start=NOON, ordered=NOON, urgent=True, extent_m=20e3)
    more = with_orders(at_noon(problem), [Order("point", flood)], outlook()[0])
    fixed, after, changes = replan(more, plan, seed=1, made=NOON, churn_loss=0.5, rounds=300)
    assert valid(fixed, after)
    assert "flood" in after.acquisitions.request
    assert changes
    told = {change.request for change in changes}
    old, new = set(plan.acquisitions.request), set(after.acquisitions.request)
    assert told >= (old ^ new)
    for change in changes:
        assert change.what in ("new", "moved", "dropped")
        assert len(change.because) > 20
    early = plan.acquisitions.take(plan.acquisitions.start < NOON)
    assert set(early.id) <= set(after.acquisitions.id)


def test_a_lost_contact_sends_its_pictures_another_way(day) -> None:
    problem, plan = day
    lost = str(plan.contacts.id[plan.contacts.start > NOON + seconds(600.0)][0])
    without = lost_contact(at_noon(problem), plan, lost)
    fixed, after, _ = replan(without, plan, seed=1, made=NOON, rounds=200)
    assert valid(fixed, after)
    row = next(plan.contacts.take(plan.contacts.id == lost).rows())
    same = (after.contacts.satellite == row["satellite"]) & (after.contacts.station == row["station"])
    assert not (same & (after.contacts.start < row["stop"]) & (after.contacts.stop > row["start"])).any()
    with pytest.raises(InputError, match="no contact"):
        lost_contact(problem, plan, "nothing")


def test_a_commanded_picture_that_comes_down_later_is_worth_less_and_the_plan_valid(day) -> None:
    problem, plan = day
    waits = plan.acquisitions.on_ground - plan.acquisitions.stop > seconds(1800.0)
    row = next(r for r in plan.acquisitions.take(waits).rows() if str(r["request"]).startswith("p-"))
    fading = tuple(replace(r, halves_s=7200.0) if r.id == row["request"] else r for r in problem.requests)
    decaying = replace(problem, requests=fading)
    before = solve(replace(decaying, former=plan.acquisitions), seed=1, made=START, rounds=0)
    mine = before.acquisitions.take(before.acquisitions.request == row["request"])
    moment = mine.start[0] + seconds(60.0)
    told = replace(decaying, commandable={s.id: moment for s in problem.satellites})
    without = lost_contact(told, before, str(mine.contact[0]))
    fixed, after, _ = replan(without, before, seed=1, made=moment, rounds=50)
    later = after.acquisitions.take(after.acquisitions.request == row["request"])
    assert valid(fixed, after)
    assert later.id[0] == mine.id[0] and later.on_ground[0] != mine.on_ground[0]
    assert (later.value[0] < mine.value[0]) == (later.on_ground[0] > mine.on_ground[0])


def test_a_failed_picture_is_tried_again_elsewhere(day) -> None:
    problem, plan = day
    early = plan.acquisitions.take(plan.acquisitions.start < NOON)
    opened = 0
    for row in early.rows():
        again = picture_failed(at_noon(problem), plan, str(row["id"]))
        left = again.opportunities.take(again.opportunities.request == row["request"])
        assert not ((left.satellite == row["satellite"]) & (left.start <= row["start"])).any()
        opened += len(left) > 0
    with pytest.raises(InputError, match="no picture"):
        picture_failed(problem, plan, "nothing")
    assert opened > 0


def test_a_failed_picture_may_be_planned_anew(day) -> None:
    problem, plan = day
    last = plan.acquisitions.take(plan.acquisitions.start > NOON + seconds(60.0))
    simple = [row for row in last.rows() if str(row["request"]).startswith("p-")]
    again = picture_failed(at_noon(problem), plan, str(simple[0]["id"]))
    kept = plan.acquisitions.take(plan.acquisitions.request != simple[0]["request"])
    fixed, after, _ = replan(again, replace(plan, acquisitions=kept), seed=1, made=NOON, rounds=100)
    assert valid(fixed, after)


def test_a_new_forecast_moves_value_not_rules(day) -> None:
    problem, plan = day
    dark = with_forecast(at_noon(problem), lambda *, lon_deg, lat_deg, at: np.where(lon_deg < -50.0, 0.05, 0.95))
    assert set(np.unique(dark.opportunities.p_clear)) <= {0.05, 0.95}
    assert "left-1" in {r.id for r in dark.requests}
    fixed, after, changes = replan(dark, plan, seed=1, made=NOON, rounds=300)
    free = replace(fixed, frozen=fixed.frozen.take(slice(0)), frozen_contacts=fixed.frozen_contacts.take(slice(0)))
    new = after.acquisitions.take(~np.isin(after.acquisitions.id, fixed.frozen.id))
    assert set(np.round(new.p_clear, 9)) <= {0.05, 0.95}
    assert free is not None and changes is not None


def test_locked_stays_and_forbidden_goes(day) -> None:
    problem, plan = day
    some = [str(id) for id in plan.acquisitions.request if str(id).startswith("p-")][:3]
    held = lock(problem, plan, some)
    after = solve(held, seed=9, made=START, rounds=200)
    before = {row["id"]: row for row in plan.acquisitions.rows()}
    for row in after.acquisitions.rows():
        if row["request"] in some:
            assert row["start"] == before[row["id"]]["start"]
    assert set(some) <= set(after.acquisitions.request)
    banned = forbid(problem, some[0])
    refused = {r.request: r for r in solve(banned, seed=1, made=START, rounds=50).refused}
    assert refused[some[0]].reason == "forbidden"
    by = str(plan.acquisitions.satellite[plan.acquisitions.request == some[1]][0])
    other = solve(forbid(problem, some[1], by), seed=1, made=START, rounds=50)
    mine = other.acquisitions.take(other.acquisitions.request == some[1])
    assert by not in mine.satellite
    with pytest.raises(InputError, match="not in the plan"):
        lock(problem, plan, ["nobody"])
    with pytest.raises(InputError, match="no order"):
        forbid(problem, "nobody")


def test_who_is_bumped_is_told_why_even_when_the_time_is_over(day) -> None:
    problem, plan = day
    looks = problem.opportunities
    lost = plan.acquisitions.take(plan.acquisitions.start > NOON + seconds(600.0))
    some = str(next(id for id in lost.request if str(id).startswith("p-")))
    taken = {r.id: r for r in problem.requests}[some]
    rival = replace(taken, id="rival", value=100.0, urgent=True, ordered=NOON)
    at = lost.start[lost.request == some][0]
    same = looks.take((looks.request == some) & (looks.start == at))
    twin = replace(same, request=np.full(len(same), "rival"), value=same.value * 100.0 / taken.value)
    only = looks.take((looks.request != some) | (looks.start == at))
    crowded = replace(
        at_noon(problem), requests=(*problem.requests, rival), opportunities=Opportunities.join([only, twin])
    )
    fixed, after, changes = replan(crowded, plan, seed=1, made=NOON, stop=lambda: True)
    assert valid(fixed, after)
    (bumped,) = (change for change in changes if change.request == some)
    assert bumped.what == "dropped"
    assert "rival" in bumped.because and "stopped before" not in bumped.because


def test_stopped_at_once_it_still_gives_a_plan_with_a_bound(day) -> None:
    problem, _ = day
    plan = solve(problem, seed=1, made=START, stop=lambda: True)
    assert valid(problem, plan)
    assert 0.0 < plan.value <= plan.bound
    offered = {str(id) for id in problem.opportunities.request}
    assert {r.reason for r in plan.refused if r.request in offered} == {"stopped"}
    known = [r for r in plan.refused if r.request in problem.unoffered]
    assert known and all(r == problem.unoffered[r.request] for r in known)
