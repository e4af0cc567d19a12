"""What the plan in force was made with: the problem behind it comes again, whatever came into the book since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.errors import InputError
from swath.operate.bring_in import bring_in, mission_file
from swath.operate.loop.arriving import ELEMENTS, take_elements
from swath.operate.loop.known import commanded, standing
from swath.operate.loop.supposing import suppose
from swath.operate.loop.work import Shift, work
from swath.operate.plan_only import changed_fleet, planned_mission, prepared
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.omm import to_omm_json
from swath.plan.arrays import index
from swath.plan.form import plan_from_json, plan_to_json
from swath.plan.problem import with_frozen
from swath.plan.state import planned_state
from swath.sources.eop import packaged_eop
from swath.store.database import Database
from swath.store.jobs import Job
from swath.store.mission import read_mission
from swath.store.notes import recall
from swath.store.plans import current_plan
from swath.time import seconds
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
    for wrong, why in (("SW-9+180", "no satellite"), ("SW-1", "no satellite"), ("SW-1+", "element sets")):
        with pytest.raises(InputError, match=why):
            supposed(add_satellites=[wrong])


def test_a_twin_flies_half_an_orbit_ahead(day: Day) -> None:
    mission = read_mission(day[0] / "mission.toml")
    first = mission.satellites[0]
    other = changed_fleet(mission, add_satellites=[f"{first.id}+180"]).satellites[-1]
    assert other.id == f"{first.id}+180" and other.radio.spacecraft_id != first.radio.spacecraft_id
    at = np.array([mission.start, mission.start + seconds(300.0)])
    one, two = (sgp4_ephemeris(s.elements, packaged_eop()).states(at)[0] for s in (first, other))
    away = np.degrees(np.arccos((one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)))
    assert (away > 177.0).all()  # half an orbit, but for the drift of a mean into a true anomaly


def test_element_sets_that_are_overtaken_are_let_go(day: Day) -> None:
    folder, clock, db, shift = day
    own = read_mission(folder / "mission.toml").satellites
    now = np.datetime64(clock() * 1000, "ns")

    def arrives(name: str, hours: float, which: int) -> None:
        moved = replace(own[which].elements, epoch=now + seconds(3600.0 * hours))
        (folder / "inbox").mkdir(exist_ok=True)
        (folder / "inbox" / name).write_text(to_omm_json([moved]), "utf-8")
        job = Job(1, "elements", {"path": f"inbox/{name}"}, 1, None)
        commit = take_elements(shift, job, lambda what, share: None)
        with db.writing(who="t") as write:
            commit(write)

    def kept() -> list[str]:
        with db.reading() as connection:
            return [one["name"] for one in recall(connection, ELEMENTS, [])]

    for number in range(6):
        arrives(f"{number}.json", -20.3 + number, 0)
    assert kept() == ["5.json"]
    arrives("other.json", -30.3, 1)
    arrives("future.json", 72.3, 0)  # not to be planned with for two days
    assert kept() == ["5.json", "other.json", "future.json"]
    arrives("newer.json", 1.3, 0)
    assert kept() == ["other.json", "future.json", "newer.json"]
