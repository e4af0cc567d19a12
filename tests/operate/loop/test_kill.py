"""Killed at random instants under load: nothing that was acknowledged is lost, and nothing is there twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from swath.operate.bring_in import bring_in
from swath.operate.watch_book import DatabaseBook
from swath.store.database import Database, open_database
from swath.store.history import history_before
from swath.store.jobs import jobs
from swath.store.orders_book import orders, statuses
from tests.operate.loop.day import make_mission
from tests.operate.loop.killing import archived, clock, drain, kill_and_restart, reader, watch_here
from tests.store.databases import fresh_address


def all_orders(db: Database) -> list[str]:
    found, after = [], ""
    with db.reading() as connection:
        while True:
            page, after = orders(connection, limit=500, after=after)
            found += [one.id for one in page]
            if not after:
                return found


def alerts_arrived(db: Database, dropped: set[str], heard: list[list[str]]) -> None:
    """Every picture was looked at once, its one change is one alert, told at least once and under one id."""
    book = DatabaseBook(db)
    looked = [look.scene for look in book.looks("po")]
    assert dropped <= set(looked) and len(looked) == len(set(looked)) == int(book.state("po") or 0)
    alerts = book.alerts("po")
    assert sorted(alert.scenes[1] for alert in alerts) == sorted(looked)
    with db.reading() as connection:
        lines = Counter(e.subject for e in history_before(connection, None, kinds=["alert"], most=1_000_000))
    assert lines == Counter(alert.id for alert in alerts)  # each was raised in one line of the history
    messages = book.messages()
    assert {m.state for m in messages} == {"sent"} and len(messages) == len(alerts)
    assert {(m.id, m.alert) for m in messages} == {(id, alert) for id, alert, _ in heard}
    once = {alert: id for id, alert, _ in heard}
    assert len(once) == len(alerts) and {revision for _, _, revision in heard} == {"1"}


def survives(folder: Path, place: str, kills: int, seed: int) -> None:
    db = open_database(place)
    bring_in(db, folder, at_us=clock())
    db.close()  # nothing of it may be open when processes are forked
    heard = folder / "heard.txt"
    with reader(heard) as port:
        watch_here(folder, port)
        acknowledged = kill_and_restart(folder, place, kills, seed)
        assert drain(folder, place, patience_s=900.0)
    db = open_database(place)
    ordered = {line for line in acknowledged if line.startswith("order-")}
    dropped = {line for line in acknowledged if line.startswith("scene-")}
    assert len(ordered) > kills / 10 and len(dropped) > kills / 10
    book = Counter(all_orders(db))
    assert ordered <= set(book) and set(book.values()) == {1}
    with db.reading() as connection:
        for id in ordered:
            codes = [status.code for status in statuses(connection, id)]
            assert codes.count("received") == 1 and len(codes) > 1  # it was told what became of it
        events = history_before(connection, None, most=1_000_000)
        stored = Counter(event.subject for event in events if event.kind == "item")
        begun = Counter(event.subject for event in events if event.kind == "order" and event.what == "received")
        every = jobs(connection, most=100_000)
    assert set(begun.values()) == {1}  # each order was written down once
    names = {subject.rpartition("/")[2] for subject in stored}
    assert dropped <= names and set(stored.values()) == {1}
    on_disk = Counter(archived(folder))
    assert dropped <= set(on_disk) and set(on_disk.values()) == {1}
    taken = Counter(job["name"] for job in every if job["kind"] == "scene")
    assert set(taken.values()) == {1} and all(job["state"] == "done" for job in every if job["kind"] == "scene")
    assert not [job for job in every if job["state"] in ("queued", "running")]
    alerts_arrived(db, dropped, [line.split() for line in heard.read_text().splitlines()])
    seqs = [event.seq for event in events]
    assert seqs == sorted(seqs, reverse=True) and len(set(seqs)) == len(seqs)
    if db.kind == "sqlite":
        with db.reading() as connection:
            assert connection.execute(sa.text("pragma integrity_check")).scalar_one() == "ok"
    db.close()


def test_a_few_kills(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    survives(folder, str(folder), 12, seed=1)


@pytest.mark.slow
def test_two_hundred_kills(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    survives(folder, str(folder), 200, seed=2)


@pytest.mark.slow
def test_two_hundred_kills_on_postgres(tmp_path: Path) -> None:
    with fresh_address() as address:
        survives(make_mission(tmp_path / "m"), address, 200, seed=3)
