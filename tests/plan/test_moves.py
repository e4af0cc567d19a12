"""A picture moved by hand: what the judge says of one move it says of the whole plan; levels are the judge's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.errors import Infeasible, InputError
from swath.plan.arrays import index
from swath.plan.build import with_orders
from swath.plan.levels import levels
from swath.plan.moves import insert, move
from swath.plan.orders import Order
from swath.plan.replan import lock
from swath.plan.solve import solve
from swath.plan.state import planned_state
from swath.plan.verify import verify
from swath.time import seconds
from tests.plan.fleet import START
from tests.plan.wide import box, outlook, request, wide


@pytest.fixture(scope="module")
def day():
    problem = wide(points=30).problem
    plan = solve(problem, seed=1, made=START, rounds=200)
    indexed = index(problem)
    return problem, plan, indexed, planned_state(indexed, plan)


def tried(day, row: int, rng: np.random.Generator):
    problem, plan, indexed, state = day
    id, request = str(plan.acquisitions.id[row]), str(plan.acquisitions.request[row])
    offers = problem.opportunities.take(problem.opportunities.request == request)
    to = int(rng.integers(len(offers)))
    orbits, eop = outlook()[0].ephemerides, outlook()[0].eop
    satellite, at = str(offers.satellite[to]), offers.middle[to]
    return id, move(indexed, state, plan, id, satellite=satellite, at=at, ephemerides=orbits, eop=eop), at


def test_a_move_is_valid_in_the_whole_judges_eyes_or_says_what_it_breaks(day) -> None:
    problem, plan, _, _ = day
    rng = np.random.default_rng(3)
    alone = [
        n
        for n, id in enumerate(plan.acquisitions.request)
        if next(r for r in problem.requests if r.id == id).looks == 1
    ]
    done = refused = 0
    for row in rng.choice(alone, 24, replace=False).tolist():
        id, found, at = tried(day, row, rng)
        if found.plan is None:
            refused += 1
            assert found.violations and all(violation.because for violation in found.violations)
            continue
        done += 1
        assert found.violations == ()
        assert found.look.middle[0] == at
        whole = verify(problem, found.plan, outlook()[0].ephemerides, outlook()[0].eop)
        assert whole == (), id
        others = np.isin(plan.acquisitions.id, [id], invert=True)
        kept = set(zip(plan.acquisitions.request[others], plan.acquisitions.start[others], strict=True))
        now = set(zip(found.plan.acquisitions.request, found.plan.acquisitions.start, strict=True))
        assert kept < now and len(now) == len(kept) + 1
        assert found.plan.value == pytest.approx(plan.value + found.value)
    assert done >= 3 and refused >= 3


def test_where_it_was_changes_nothing(day) -> None:
    _, plan, indexed, state = day
    row = next(plan.acquisitions.rows())
    orbits, eop = outlook()[0].ephemerides, outlook()[0].eop
    found = move(
        indexed,
        state,
        plan,
        str(row["id"]),
        satellite=str(row["satellite"]),
        at=row["middle"],
        ephemerides=orbits,
        eop=eop,
    )
    assert found.plan is not None
    assert found.value == pytest.approx(0.0, abs=1e-6)
    assert np.array_equal(found.plan.acquisitions.start, plan.acquisitions.start)


def test_what_is_locked_stays_and_what_is_unknown_is_said(day) -> None:
    problem, plan, indexed, state = day
    id, request, satellite = (str(getattr(plan.acquisitions, name)[0]) for name in ("id", "request", "satellite"))
    orbits, eop = outlook()[0].ephemerides, outlook()[0].eop
    held = lock(problem, plan, [request])
    fixed = index(held)
    told = {"at": plan.acquisitions.middle[0] + seconds(30.0), "ephemerides": orbits, "eop": eop}
    found = move(fixed, planned_state(fixed, plan), plan, id, satellite=satellite, **told)
    assert found.plan is None and [violation.rule for violation in found.violations] == ["frozen"]
    with pytest.raises(InputError, match="no picture"):
        move(indexed, state, plan, "nothing", satellite=satellite, **told)
    with pytest.raises(Infeasible, match="no look"):
        move(indexed, state, plan, id, satellite="nobody", **told)


def test_levels_stay_within_what_the_judge_allows_and_show_what_it_finds(day) -> None:
    problem, plan, _, _ = day
    orbits, eop = outlook()[0].ephemerides, outlook()[0].eop
    found = levels(problem, plan, orbits, eop)
    for satellite in problem.satellites:
        mine = found.take(found.satellite == satellite.id)
        assert len(mine) == int(np.ceil((problem.stop - problem.start) / seconds(60.0)))
        assert mine.battery_wh.min() >= satellite.power.min_wh - 0.1
        assert mine.battery_wh.max() <= satellite.power.battery_wh
        assert mine.memory_bit.max() <= satellite.memory.capacity_bit + 1.0
        taken = plan.acquisitions.take(plan.acquisitions.satellite == satellite.id)
        assert mine.memory_bit.max() >= taken.data_bit.max(initial=0.0)
    craft = problem.satellites[0]
    small = replace(
        craft, power=replace(craft.power, battery_wh=craft.power.min_wh + 1.0, initial_wh=craft.power.min_wh + 1.0)
    )
    worse = replace(problem, satellites=(small, *problem.satellites[1:]))
    broken = [v for v in verify(worse, plan, orbits, eop) if v.rule == "battery"]
    shown = levels(worse, plan, orbits, eop)
    lowest = shown.battery_wh[shown.satellite == craft.id].min()
    assert bool(broken) == bool(lowest < craft.power.min_wh - 0.1)
    assert broken


def test_an_urgent_order_takes_its_place_and_who_makes_room_is_told(day) -> None:
    problem, plan, _, _ = day
    orbits, eop = outlook()[0].ephemerides, outlook()[0].eop
    took = 0
    for lon_deg, lat_deg, value in ((9.5, 46.2, 90.0), (12.0, 44.0, 1.0), (100.0, 36.0, 40.0)):
        place = box("flood", lon_deg, lat_deg, 20e3, 15e3)
        asked = request("flood", lon_deg, lat_deg, value, place=place, urgent=True, extent_m=20e3)
        more = with_orders(problem, [Order("point", asked)], outlook()[0])
        indexed = index(more)
        state = planned_state(indexed, plan)
        found = insert(indexed, state, plan, "flood")
        took += 1
        assert verify(more, found.plan, orbits, eop) == ()
        before, after = set(plan.acquisitions.request), set(found.plan.acquisitions.request)
        assert after - before == {"flood"}
        assert before - after == set(found.dropped)
        assert set(found.moved) <= before & after
        assert found.plan.value - plan.value == pytest.approx(found.value)
        with pytest.raises(InputError, match="unknown or planned"):
            insert(indexed, planned_state(indexed, found.plan), found.plan, "flood")
    assert took == 3
