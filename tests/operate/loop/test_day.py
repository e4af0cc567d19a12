"""A day of the ground segment by itself: orders, plans, what goes wrong, what arrives, and what the orders are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swath.operate.bring_in import bring_items
from swath.operate.loop.work import Shift, work
from swath.store.database import Database
from swath.store.history import history_before
from swath.store.jobs import jobs
from swath.store.locks import lock
from swath.store.moments import moment_of_text, moment_text
from swath.store.orders_book import Ordered, order_of, place_order, statuses
from swath.store.plans import current_plan
from tests.operate.loop.day import Clock, ask, begin, drop_scene, make_mission, order

S = 1_000_000
Day = tuple[Path, Clock, Database, Shift]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    folder, clock = make_mission(tmp_path / "m"), Clock()
    return folder, clock, *begin(folder, clock)


def do(shift: Shift) -> None:
    work(shift, idle=lambda: True)


def told(db: Database, id: str) -> Ordered:
    with db.reading() as connection:
        found = order_of(connection, id)
    assert found is not None
    return found


def plan(db: Database) -> dict[str, Any]:
    with db.reading() as connection:
        found = current_plan(connection)
    assert found is not None
    made: dict[str, Any] = json.loads(found[1])
    return made


def drop(folder: Path, kind: str, name: str, text: str) -> None:
    here = folder / "inbox" / kind
    here.mkdir(parents=True, exist_ok=True)
    (here / f".{name}").write_text(text, "utf-8")
    (here / f".{name}").rename(here / name)


def states(db: Database, kind: str) -> list[tuple[str, str]]:
    with db.reading() as connection:
        return [(job["state"], job["because"]) for job in jobs(connection) if job["kind"] == kind]


def test_an_order_from_received_to_completed(day: Day) -> None:
    folder, clock, db, shift = day
    ask(db, clock, "anna-1", urgent=True)
    do(shift)
    found = told(db, "anna-1")
    assert found.status.code == "scheduled" and found.opportunity["view:off_nadir"] <= 35
    first, _, last = found.opportunity["datetime"].partition("/")
    clock.us = moment_of_text(last) + S
    do(shift)
    assert told(db, "anna-1").status.code == "tasked"
    pictured = [row["id"] for row in plan(db)["acquisitions"]]
    assert found.opportunity["swath:acquisition"] in pictured  # another plan does not take it away
    time = first[:19].replace("-", ":").replace("T", " ")
    item = drop_scene(folder, "anna-picture", 1, time=time)
    assert item.is_file()
    do(shift)
    assert states(db, "scene")[0][0] == "done"
    # it does not say which satellite took it: it is not taken for the planned picture
    assert told(db, "anna-1").status.code == "tasked"
    clock.us = moment_of_text("2026-05-08T20:00:01Z") + 3600 * S
    do(shift)
    with db.reading() as connection:
        codes = [status.code for status in statuses(connection, "anna-1")]
    assert codes == ["received", "scheduled", "tasked", "failed"]


def test_the_picture_of_an_order_completes_it(day: Day) -> None:
    folder, clock, db, shift = day
    ask(db, clock, "anna-1", urgent=True)
    do(shift)
    look = told(db, "anna-1").opportunity
    first, _, last = look["datetime"].partition("/")
    clock.us = moment_of_text(last) + 600 * S
    bring(folder, db, clock, str(look["platform"]), first, "other-order")
    do(shift)
    assert told(db, "anna-1").status.code == "tasked"
    bring(folder, db, clock, str(look["platform"]), first, "anna-1")
    do(shift)
    assert told(db, "anna-1").status.code == "completed"


def bring(folder: Path, db: Database, clock: Clock, platform: str, at: str, wanted: str) -> None:
    """A scene with its item, as the archive holds it."""
    here = folder / "archive" / "scenes" / f"picture-{wanted}"
    here.mkdir(parents=True)
    ring = [[10.9, 44.9], [11.1, 44.9], [11.1, 45.1], [10.9, 45.1], [10.9, 44.9]]
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": f"picture-{wanted}",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [10.9, 44.9, 11.1, 45.1],
        "properties": {"datetime": at, "platform": platform, "swath:request": wanted, "swath:simulated": True},
        "links": [],
        "assets": {},
    }
    (here / f"picture-{wanted}.json").write_text(json.dumps(item))
    extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
    group = {
        "type": "Collection",
        "id": "scenes",
        "description": "x",
        "license": "other",
        "extent": extent,
        "links": [],
    }
    (here.parent / "collection.json").write_text(json.dumps(group))
    with db.writing(who="t", at_us=clock()) as write:
        assert bring_items(write, folder, [here / f"picture-{wanted}.json"]) == [f"picture-{wanted}"]


def test_a_lost_contact_and_a_failed_picture_change_the_plan(day: Day) -> None:
    folder, clock, db, shift = day
    ask(db, clock, "anna-1")
    do(shift)
    before = plan(db)
    lost = told(db, "anna-1").opportunity["swath:contact"]
    drop(folder, "results", "pass.json", json.dumps({"contacts": {lost: "antenna broken"}}))
    do(shift)
    after = plan(db)
    assert lost in [row["id"] for row in before["contacts"]]
    assert lost not in [row["id"] for row in after["contacts"]]
    look = told(db, "anna-1").opportunity
    clock.us = moment_of_text(look["datetime"].partition("/")[2]) + S
    do(shift)
    assert told(db, "anna-1").status.code == "tasked"
    failed = look["swath:acquisition"]
    drop(folder, "results", "night.json", json.dumps({"pictures": {failed: "clouds all over"}}))
    do(shift)
    assert failed not in [row["id"] for row in plan(db)["acquisitions"]]
    assert told(db, "anna-1").status.code in ("scheduled", "held")


def test_a_picture_that_a_planner_holds_stays_where_it_is(day: Day) -> None:
    _, clock, db, shift = day
    do(shift)
    held = plan(db)["acquisitions"][-1]
    with db.writing(who="ada", at_us=clock()) as write:
        lock(write, [held["request"]])
    ask(db, clock, "rival", value=500.0)
    do(shift)
    same = [row for row in plan(db)["acquisitions"] if row["request"] == held["request"]]
    assert [(row["satellite"], row["start"]) for row in same] == [(held["satellite"], held["start"])]


def test_a_forecast_is_planned_with(day: Day) -> None:
    folder, _, db, shift = day
    do(shift)
    before = plan(db)["value"]
    rows = [f"2026-05-08T{hour}:00:00Z,{x},{y},0.01" for hour in ("00", "23") for y in (-90, 90) for x in (-180, 180)]
    drop(folder, "forecasts", "dark.csv", "\n".join(["time,lon_deg,lat_deg,p_clear", *rows]) + "\n")
    do(shift)
    assert states(db, "forecast") == [("done", "")]
    assert plan(db)["value"] < 0.1 * before


def test_what_is_wrong_in_the_inbox_is_told_and_stops_nothing(day: Day) -> None:
    folder, _, db, shift = day
    drop(folder, "scenes", "broken.tif", "II*\0 no more")
    drop(folder, "elements", "none.tle", "no elements here")
    drop(folder, "forecasts", "half.csv", "time,lon_deg")
    drop(folder, "results", "list.json", "[1, 2")
    drop(folder, "results", "strange.json", '{"antennas": {"x": "y"}}')
    do(shift)
    for kind in ("scene", "elements", "forecast", "results"):
        assert all(state == "dead" and because for state, because in states(db, kind)), kind
    assert plan(db)["acquisitions"]


def test_elements_of_the_fleet_are_planned_with(day: Day) -> None:
    folder, _, db, shift = day
    do(shift)
    lines = [
        line for line in (folder / "mission.toml").read_text("utf-8").splitlines() if line.strip()[:2] in ("1 ", "2 ")
    ]
    first = next(line for line in lines if line.startswith("1 "))
    second = next(line for line in lines if line.startswith("2 "))
    epoch = f"{float(first[20:32]) + 0.25:012.8f}"
    moved = first[:20] + epoch + first[32:68]
    digits = sum(int(c) if c.isdigit() else c == "-" for c in moved)
    drop(folder, "elements", "new.tle", f"{moved}{digits % 10}\n{second}\n")
    do(shift)
    assert [state for state, _ in states(db, "elements")] == ["done"]
    with db.reading() as connection:
        events = history_before(connection, None, kinds=("elements",))
    assert len(events) == 1
    assert len([job for job in states(db, "plan") if job[0] == "done"]) == 2


def test_an_order_nobody_can_plan_is_rejected_with_the_reason(day: Day) -> None:
    _, clock, db, shift = day
    ask(db, clock, "anna-1", colour="red")
    do(shift)
    found = told(db, "anna-1")
    assert (found.status.code, found.status.reason_code) == ("rejected", "not_understood")
    assert "colour" in str(found.status.reason_text)


def test_without_usable_elements_orders_wait_and_are_told_why(day: Day) -> None:
    _, clock, db, shift = day
    clock.to("2026-11-26T06:00:00Z")
    with db.writing(who="anna", at_us=clock()) as write:
        late = order("late", clock())
        place_order(write, replace(late, asked={**late.asked, "datetime": f"{moment_text(clock())}/.."}))
    do(shift)
    assert (told(db, "late").status.code, told(db, "late").status.reason_code) == ("held", "no_data")
    assert "203.3 days" in str(told(db, "late").status.reason_text)
