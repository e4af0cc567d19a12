"""What the plan in force was made with: the problem behind it comes again, whatever came into the book since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.operate.bring_in import bring_in, mission_file
from swath.operate.loop.known import commanded, standing
from swath.operate.loop.supposing import suppose
from swath.operate.loop.work import Shift, work
from swath.operate.plan_only import planned_mission, prepared
from swath.plan.arrays import index
from swath.plan.form import plan_from_json, plan_to_json
from swath.plan.problem import with_frozen
from swath.plan.state import planned_state
from swath.store.database import Database
from swath.store.jobs import Job
from swath.store.mission import read_mission
from swath.store.plans import current_plan
from tests.operate.loop.day import Clock, ask, begin, make_mission

Day = tuple[Path, Clock, Database, Shift]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    folder, clock = make_mission(tmp_path / "m"), Clock()
    return folder, clock, *begin(folder, clock)


def in_force(db: Database) -> tuple[str, str]:
    with db.reading() as connection:
        found = current_plan(connection)
    assert found is not None
    return found


def test_the_problem_behind_a_plan_of_the_loop_comes_again(day: Day) -> None:
    """Two plans, an order in each that the mission file does not know, the stretch moved on, a third order since."""
    folder, clock, db, shift = day
    mission = read_mission(mission_file(folder))
    ask(db, clock, "anna-1", urgent=True)
    work(shift, idle=lambda: True)
    first = in_force(db)
    clock.to("2026-05-08T13:00:00Z")
    ask(db, clock, "anna-2")
    work(shift, idle=lambda: True)
    id, text = in_force(db)
    assert id != first[0]
    ask(db, clock, "anna-3")
    ready, problem = standing(db, folder, mission, id)
    plan = plan_from_json(text)
    asked = {request.id for request in problem.requests} | set(problem.unoffered)
    assert {"anna-1", "anna-2"} <= asked and "anna-3" not in asked
    assert problem.start > mission.start, "the stretch that was planned, not the mission's own"
    now = np.datetime64(clock() * 1000, "ns")
    held = with_frozen(replace(problem, commandable=commanded(problem, ready.mission, now)), plan)
    planned_state(index(held), plan)  # raises where the plan is of another problem
    assert len(plan.acquisitions) >= len(held.frozen)


def test_a_plan_from_the_folder_comes_into_force_once(day: Day) -> None:
    folder, clock, db, shift = day
    rounds = iter(range(10**9))
    made = planned_mission(prepared(folder / "mission.toml"), stop=lambda: next(rounds) > 5)
    assert made.plan is not None
    (folder / "plan.json").write_text(plan_to_json(made.plan), "utf-8")
    bring_in(db, folder, at_us=clock())
    before = in_force(db)[0]
    ask(db, clock, "anna-1", urgent=True)
    work(shift, idle=lambda: True)
    after = in_force(db)[0]
    assert after != before
    bring_in(db, folder, at_us=clock())  # as each start of the service does
    assert in_force(db)[0] == after
    (folder / "plan.json").write_text(plan_to_json(replace(made.plan, solver="by hand")), "utf-8")
    bring_in(db, folder, at_us=clock())
    assert in_force(db)[0] not in (before, after), "a new one does"


def test_another_fleet_is_worth_something_else(day: Day) -> None:
    _, clock, db, shift = day
    ask(db, clock, "anna-1")
    work(shift, idle=lambda: True)
    kept = in_force(db)

    def supposed(**asked: list[str]) -> dict[str, dict[str, float]]:
        job = Job(1, "what-if", asked, 1, None)
        return dict(suppose(shift, job, lambda what, share: None)(None))  # type: ignore[arg-type]

    one = supposed(drop_satellites=["SW-1"])
    assert one["before"]["value"] == pytest.approx(plan_from_json(kept[1]).value, rel=1e-3)
    assert one["after"]["value"] <= one["after"]["bound"] + 1e-9
    assert one["after"]["value"] < one["before"]["value"]
    more = supposed(add_stations=["troll"])
    assert more["after"]["value"] >= more["before"]["value"] - 1e-9
    assert in_force(db) == kept, "nothing of it is kept"
