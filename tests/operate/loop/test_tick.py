"""What is there to do: from the history, the inbox and the clock, once and never twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from swath.operate.loop.duties import DUTIES
from swath.operate.loop.inbox import arrived
from swath.operate.loop.tick import Rhythm, Ticked, tick
from swath.store.database import Database, open_database
from swath.store.history import history_before
from swath.store.jobs import Job, claim, enqueue, fail, finish, jobs
from swath.store.orders_book import place_order
from tests.operate.loop.day import order

S = 1_000_000
QUIET = Rhythm({})
START = 1_778_000_000 * S


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_database(tmp_path / "t.sqlite")


def look(db: Database, at_us: int, folder: Path | None = None, rhythm: Rhythm = QUIET) -> Ticked:
    with db.writing(who="w", at_us=at_us) as write:
        return tick(write, arrived(folder) if folder else [], DUTIES, rhythm)


def say(db: Database, at_us: int, kind: str, what: str, subject: str = "x") -> None:
    with db.writing(who="anna", at_us=at_us) as write:
        write.record(kind, subject, what)


def take(db: Database, at_us: int, *kinds: str, lease_s: float = 60.0) -> Job | None:
    with db.writing(who="w", at_us=at_us) as write:
        return claim(write, "w", kinds, lease_s=lease_s)


def kinds(db: Database, state: str) -> list[str]:
    with db.reading() as connection:
        return sorted(job["kind"] for job in jobs(connection, state=state))


def test_an_order_is_planned_for_once(db: Database) -> None:
    say(db, START, "order", "received")
    assert len(look(db, START + S).queued) == 1
    assert look(db, START + 2 * S).queued == ()
    assert kinds(db, "queued") == ["plan"]


def test_orders_while_a_plan_waits_need_no_other_but_while_one_is_made_they_do(db: Database) -> None:
    say(db, START, "order", "received", "a")
    look(db, START)
    say(db, START, "order", "received", "b")
    assert look(db, START + S).queued == ()
    assert take(db, START + 2 * S, "plan") is not None
    say(db, START + 3 * S, "order", "received", "c")
    look(db, START + 4 * S)
    assert (kinds(db, "queued"), kinds(db, "running")) == (["plan"], ["plan"])


def test_what_the_loop_itself_says_of_orders_starts_nothing(db: Database) -> None:
    for code in ("scheduled", "held", "tasked", "completed", "expired", "rejected"):
        say(db, START, "order", code)
    look(db, START)
    assert kinds(db, "queued") == []


def test_a_tick_that_is_broken_off_is_as_if_it_had_not_been(db: Database) -> None:
    say(db, START, "order", "received")

    def broken() -> None:
        with db.writing(who="w", at_us=START) as write:
            tick(write, [], DUTIES, QUIET)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert kinds(db, "queued") == []
    look(db, START)
    assert kinds(db, "queued") == ["plan"]


def test_a_file_is_taken_in_once_and_again_when_it_changed(db: Database, tmp_path: Path) -> None:
    here = tmp_path / "inbox" / "forecasts"
    here.mkdir(parents=True)
    (here / ".new.csv").write_text("half")
    (here / "new.csv.part").write_text("half")
    assert look(db, START, tmp_path).queued == ()
    (here / ".new.csv").rename(here / "new.csv")
    assert len(look(db, START, tmp_path).queued) == 1
    job = take(db, START, "forecast")
    assert job is not None and job.asked["path"] == "inbox/forecasts/new.csv"
    with db.writing(who="w", at_us=START) as write:
        assert finish(write, job, "w")
    assert look(db, START + S, tmp_path).queued == ()
    (here / "new.csv").write_text("something else")
    assert len(look(db, START + 2 * S, tmp_path).queued) == 1


def test_a_folder_in_the_inbox_is_one_thing_and_a_link_none(db: Database, tmp_path: Path) -> None:
    safe = tmp_path / "inbox" / "scenes" / "S2A.SAFE" / "GRANULE"
    safe.mkdir(parents=True)
    (safe / "a.jp2").write_text("a")
    (tmp_path / "inbox" / "scenes" / "out").symlink_to("/etc")
    assert [one.path for one in arrived(tmp_path)] == ["inbox/scenes/S2A.SAFE"]
    before = arrived(tmp_path)[0].tag
    (safe / "b.jp2").write_text("b")
    assert arrived(tmp_path)[0].tag != before


def test_duties_come_again_by_the_clock(db: Database) -> None:
    rhythm = Rhythm({"follow": 300.0})
    assert look(db, START - S, rhythm=rhythm).queued == ()  # nothing is open: the clock alone calls nobody
    with db.writing(who="anna", at_us=START) as write:
        place_order(write, order("anna-1", START))
    look(db, START)
    assert len(look(db, START, rhythm=rhythm).queued) == 1
    job = take(db, START, "follow")
    assert job is not None
    with db.writing(who="w", at_us=START) as write:
        finish(write, job, "w")
    assert look(db, START + 299 * S, rhythm=rhythm).queued == ()
    assert len(look(db, START + 301 * S, rhythm=rhythm).queued) == 1


def test_a_silent_worker_loses_its_job(db: Database) -> None:
    say(db, START, "order", "received")
    look(db, START)
    job = take(db, START, "plan", lease_s=60.0)
    assert job is not None
    assert look(db, START + 59 * S).released == ()
    assert look(db, START + 61 * S).released == (job.id,)
    with db.writing(who="w", at_us=START + 62 * S) as write:
        assert not finish(write, job, "w")  # it may not speak for the job any more


def test_a_clock_that_is_set_back_makes_nothing_wait_for_it(db: Database) -> None:
    say(db, START, "order", "received")
    look(db, START)
    job = take(db, START, "plan")
    assert job is not None
    with db.writing(who="w", at_us=START + 10 * S) as write:
        assert fail(write, job, "w", "no luck") == "queued"  # due two seconds later
    look(db, START + 10 * S)
    day = 86_400 * S
    assert look(db, START + 10 * S - day).clock_back_s == pytest.approx(86_400)
    assert take(db, START + 13 * S - day, "plan") is not None
    with db.reading() as connection:
        assert any(event.kind == "clock" for event in history_before(connection, None, most=50))


def test_a_clock_that_is_set_forward_and_back_loses_no_job(db: Database) -> None:
    say(db, START, "order", "received")
    look(db, START)
    assert take(db, START, "plan") is not None
    year = 365 * 86_400 * S
    assert len(look(db, START + year).released) == 1
    look(db, START + S)
    assert take(db, START + 10 * S, "plan") is not None


def test_a_job_that_goes_by_another_clock_is_left_alone(db: Database) -> None:
    with db.writing(who="service", at_us=START + 86_400 * S) as write:
        enqueue(write, "opportunities", {})
    look(db, START + 86_400 * S)
    look(db, START)
    with db.writing(who="service", at_us=START + 86_400 * S) as write:
        job = claim(write, "service", ["opportunities"], lease_s=60.0)
    assert job is not None
    assert look(db, START + 2 * 86_400 * S).released == ()
