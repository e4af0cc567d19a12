"""Under the loop a new picture is looked at, an alert orders a further one once, and messages go on their way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from swath.operate.delivering import messages_of
from swath.operate.loop import tick, watchful
from swath.operate.loop.duties import DUTIES
from swath.operate.loop.work import Shift, work
from swath.operate.watch_book import DatabaseBook
from swath.operate.watching import Turn, read_watch
from swath.store.database import Database
from swath.store.history import history_before
from swath.store.jobs import jobs
from swath.store.orders_book import order_of, orders
from swath.store.search import Asked, find
from swath.watch.records import revise
from tests.operate.loop.day import Clock, begin, make_mission
from tests.watch.made_alerts import made_alert

RING = ((10.999, 44.999), (11.001, 44.999), (11.001, 45.001), (10.999, 45.001))
Day = tuple[Path, Clock, Database, Shift]
WATCH = """title = "places"
archive = "archive"

[[places]]
id = "dam"
lon_deg = 11.0
lat_deg = 45.0
radius_m = 900.0
follow_up = {follow_up}
deliver = ["feed"]

[[deliveries]]
id = "feed"
kind = "atom"
address = "alerts.atom"
"""


@pytest.fixture
def day(tmp_path: Path) -> Day:
    folder, clock = make_mission(tmp_path / "m"), Clock()
    return folder, clock, *begin(folder, clock)


def watched(folder: Path, *, follow_up: bool = True) -> None:
    (folder / "archive").mkdir(exist_ok=True)
    (folder / "watch.toml").write_text(WATCH.format(follow_up=str(follow_up).lower()), "utf-8")


def raise_alert(db: Database, clock: Clock) -> None:
    """As ``run_watch`` does: the alert and the message of it in one transaction."""
    at = np.datetime64(clock() * 1000, "ns")
    alert = made_alert(noticed=at, ring=RING)
    watch = read_watch(Path(db.place).parents[1] / "watch.toml")
    DatabaseBook(db).keep(alerts=[alert], messages=messages_of(watch, alert), who="swath", why="test")


def do(shift: Shift) -> None:
    work(shift, idle=lambda: True)


def follow_ups(db: Database) -> list[str]:
    with db.reading() as connection:
        return [one.id for one in orders(connection, limit=100)[0] if one.id.startswith("follow-")]


def run_duty(shift: Shift) -> None:
    """The duty, as a new picture calls it."""
    with shift.db.writing(who="t", at_us=shift.clock()) as write:
        write.record("item", "scenes/x", "stored")
    do(shift)


def test_an_alert_orders_a_further_picture_once_and_the_plan_takes_it(day: Day) -> None:
    folder, clock, db, shift = day
    watched(folder)
    raise_alert(db, clock)
    run_duty(shift)
    (id,) = follow_ups(db)
    with db.reading() as connection:
        order = order_of(connection, id)
    assert order is not None and order.status.code == "scheduled" and order.parameters["urgent"]
    assert order.simulated == made_alert().simulated
    (kept,) = DatabaseBook(db).alerts()
    step = kept.step("ordered")
    assert step is not None and step.told == id
    run_duty(shift)
    assert follow_ups(db) == [id]


def test_nothing_is_ordered_where_nobody_asked_for_it_or_the_alert_was_dismissed(day: Day) -> None:
    folder, clock, db, shift = day
    watched(folder, follow_up=False)
    raise_alert(db, clock)
    run_duty(shift)
    assert follow_ups(db) == []
    watched(folder)
    book = DatabaseBook(db)
    (alert,) = book.alerts()
    book.keep(
        alerts=[revise(alert, np.datetime64(clock() * 1000, "ns"), status="dismissed")], who="ada", why="a shadow"
    )
    run_duty(shift)
    assert follow_ups(db) == []


def test_those_who_want_to_know_are_told(day: Day) -> None:
    folder, clock, db, shift = day
    watched(folder, follow_up=False)
    raise_alert(db, clock)
    do(shift)
    assert "dam-0123456789" in (folder / "alerts.atom").read_text("utf-8")
    assert [message.state for message in DatabaseBook(db).messages()] == ["sent"]
    with db.reading() as connection:
        done = [job for job in jobs(connection) if job["kind"] == "deliver"]
    assert [job["result"]["sent"] for job in done] == [1]
    clock.us += 3600 * 1_000_000
    do(shift)
    with db.reading() as connection:
        assert len([job for job in jobs(connection) if job["kind"] == "deliver"]) == len(done)  # nothing waits


def test_an_alert_is_a_feature_for_maps_and_feeds(day: Day) -> None:
    folder, clock, db, _ = day
    watched(folder)
    raise_alert(db, clock)
    with db.reading() as connection:
        (found,) = find(connection, Asked("ogc", collections=("alerts",))).found
        events = history_before(connection, None, kinds=("alert",))
    document = json.loads(found.body)
    assert document["properties"]["status"] == "open" and document["geometry"]["type"] == "Polygon"
    assert document["properties"]["swath:simulated"] == made_alert().simulated
    assert [event.what for event in events] == ["open"]


def test_a_folder_without_a_watch_file_has_nothing_to_watch(day: Day) -> None:
    _, _, db, shift = day
    run_duty(shift)
    with db.reading() as connection:
        results = [job["result"] for job in jobs(connection) if job["kind"] == "watch"]
    assert results == [{"places": 0}]


def test_a_place_that_cannot_be_looked_at_is_told_and_tried_again(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, _, db, shift = day
    watched(folder)
    monkeypatch.setattr(watchful, "run_watch", lambda *a, **k: [Turn("dam", 0, (), 1.0, "no bands")])
    run_duty(shift)
    with db.reading() as connection:
        (job,) = [job for job in jobs(connection) if job["kind"] == "watch"]
    assert job["state"] == "queued" and "dam: no bands" in job["because"]


def test_every_duty_that_a_tick_may_call_is_there() -> None:
    called = {kind for words in tick._TRIGGERS.values() for kinds in words.values() for kind in kinds}
    assert called | set(tick.Rhythm().every_s) <= set(DUTIES)
