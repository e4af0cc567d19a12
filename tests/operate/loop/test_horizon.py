"""Which stretch is planned, and that nothing of the plan in force is lost when it moves on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.operate.loop.horizon import carried, charged, charges, rolled
from swath.operate.plan_only import planned_mission, prepared
from swath.plan.levels import levels
from swath.plan.orders import Order
from swath.plan.replan import replan
from swath.plan.verify import verify
from swath.store.mission import Mission, read_mission
from swath.time import seconds
from tests.operate.loop.day import make_mission

HOUR = np.timedelta64(3600 * 10**9, "ns")


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Mission:
    return read_mission(make_mission(tmp_path_factory.mktemp("day") / "m") / "mission.toml")


@settings(max_examples=200, deadline=None)
@given(hours=st.floats(-100.0, 5000.0))
def test_the_stretch_holds_now_and_half_of_it_lies_ahead(mission: Mission, hours: float) -> None:
    now = mission.start + seconds(3600.0 * hours)
    at = rolled(mission, now)
    length = mission.stop - mission.start
    assert at.stop - at.start == length
    assert at.start >= mission.start
    if now >= mission.start + length // 4:
        behind = now - at.start
        assert length // 4 <= behind < length // 2 + np.timedelta64(1, "s")
    else:
        assert at == mission


def test_a_series_over_a_moved_stretch_keeps_what_was_commanded(mission: Mission) -> None:
    """An area and a repeated point number their requests by pass: pictures keep their order, not their number."""
    first = mission.orders[0]
    several = Order("point", replace(first.request, id="again", value=9.0), most=3)
    asked = replace(mission, orders=(*mission.orders, several), urgent=())
    planned = planned_mission(prepared(asked))
    assert planned.plan is not None
    now = mission.start + 13 * HOUR
    moved = prepared(rolled(asked, now))
    before = carried(planned.plan, moved.problem)
    inside = planned.plan.acquisitions.start >= moved.problem.start
    assert len(before.acquisitions) == int(inside.sum()) > 0
    orders = [str(id).partition(".")[0] for id in planned.plan.acquisitions.request[inside]]
    assert [str(id).partition(".")[0] for id in before.acquisitions.request] == orders
    problem = replace(moved.problem, commandable={s.id: now for s in moved.mission.satellites})
    fixed, plan, _ = replan(problem, before, seed=1, made=now)
    commanded = before.acquisitions.start < now
    kept = {(row["satellite"], row["start"]) for row in plan.acquisitions.rows()}
    assert {(row["satellite"], row["start"]) for row in before.acquisitions.take(commanded).rows()} <= kept
    assert verify(fixed, plan, moved.outlook.ephemerides, moved.outlook.eop) == ()


def test_a_stretch_begins_with_the_batteries_that_the_one_before_left(mission: Mission) -> None:
    ready = planned_mission(prepared(mission))
    assert ready.plan is not None
    at = levels(ready.problem, ready.plan, ready.outlook.ephemerides, ready.outlook.eop)
    known = charges(mission, at)
    moved = rolled(mission, mission.start + 13 * HOUR)
    begun = charged(moved, known)
    for before, after in zip(mission.satellites, begun.satellites, strict=True):
        own = at.take((at.satellite == before.id) & (at.time == moved.start))
        assert len(own) == 1 and after.power.initial_wh == pytest.approx(float(own.battery_wh[0]))
        assert before.power.min_wh <= after.power.initial_wh <= before.power.battery_wh
    assert charged(moved, {}) == moved
