"""Jobs are done whole or not at all, whatever becomes of their worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from swath.errors import DataError, InputError
from swath.operate.loop.tick import Rhythm
from swath.operate.loop.work import Commit, Duty, Shift, Told, do_next, work
from swath.store.database import Database, Writing, open_database
from swath.store.history import history_before
from swath.store.jobs import Job, counts, enqueue, jobs, release
from swath.store.moments import moment_of_text
from tests.store.databases import fresh_database

S = 1_000_000


class Clock:
    us = 1_778_000_000 * S

    def __call__(self) -> int:
        return self.us


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_database(tmp_path / "t.sqlite")


def shift(db: Database, folder: Path, duty: Callable[[Job], Mapping[str, Any] | None], clock: Clock) -> Shift:
    def doing(shift: Shift, job: Job, told: Told) -> Commit:
        result = duty(job)

        def commit(write: Writing) -> Mapping[str, Any]:
            write.record("thing", str(job.id), "made")
            return result or {}

        return commit

    duties: Mapping[str, Duty] = {"thing": doing}
    return Shift(db, folder, "w1", duties, clock, rhythm=Rhythm({}))


def queue(db: Database, clock: Clock, **more: Any) -> int:
    with db.writing(who="t", at_us=clock()) as write:
        return enqueue(write, "thing", {}, **more)


def made(db: Database) -> int:
    with db.reading() as connection:
        return sum(event.kind == "thing" for event in history_before(connection, None, most=1000))


def test_a_job_is_done_with_its_results(db: Database, tmp_path: Path) -> None:
    clock = Clock()
    queue(db, clock)
    mine = shift(db, tmp_path, lambda job: {"n": 3}, clock)
    assert (do_next(mine), do_next(mine), made(db)) == ("done", None, 1)
    with db.reading() as connection:
        assert jobs(connection)[0]["result"] == {"n": 3}


def test_a_job_that_fails_is_tried_again_later_and_later_then_dead(db: Database, tmp_path: Path) -> None:
    clock = Clock()
    queue(db, clock, most_attempts=3)

    def fails(job: Job) -> None:
        raise DataError("the server is down")

    mine = shift(db, tmp_path, fails, clock)
    waits = []
    for expected in ("queued", "queued", "dead"):
        assert do_next(mine) == expected
        begun = clock.us
        while expected == "queued" and do_next(replace(mine, duties={})) is None and clock.us < begun + 100 * S:
            with db.reading() as connection:
                due = jobs(connection)[0]["due"]
            clock.us += S
            if moment_of_text(due) <= clock.us:
                waits.append((clock.us - begun) // S)
                break
    assert waits == sorted(waits) and waits[-1] > waits[0]
    assert made(db) == 0
    with db.reading() as connection:
        assert counts(connection)["dead"] == 1 and "server is down" in jobs(connection)[0]["because"]


def test_what_can_never_be_done_is_dead_at_once(db: Database, tmp_path: Path) -> None:
    clock = Clock()
    queue(db, clock)

    def strange(job: Job) -> None:
        raise InputError("this is no scene")

    assert do_next(shift(db, tmp_path, strange, clock)) == "dead"


def test_a_duty_with_a_fault_in_it_stops_nobody(db: Database, tmp_path: Path) -> None:
    clock = Clock()
    queue(db, clock)
    queue(db, clock)
    seen: list[int] = []

    def faulty(job: Job) -> None:
        seen.append(job.id)
        if len(seen) == 1:
            raise ZeroDivisionError

    mine = shift(db, tmp_path, faulty, clock)
    assert [do_next(mine), do_next(mine)] == ["queued", "done"]


def test_nothing_is_kept_of_results_that_end_half_way(db: Database, tmp_path: Path) -> None:
    clock = Clock()
    queue(db, clock)

    def doing(shift: Shift, job: Job, told: Told) -> Commit:
        def commit(write: Writing) -> Mapping[str, Any]:
            write.record("thing", "half", "made")
            raise InputError("no more")

        return commit

    assert do_next(Shift(db, tmp_path, "w1", {"thing": doing}, clock)) == "dead"
    assert made(db) == 0


def test_a_worker_that_lost_its_job_writes_nothing(db: Database, tmp_path: Path) -> None:
    clock = Clock()
    queue(db, clock)

    def slow(job: Job) -> None:
        with db.writing(who="other", at_us=clock.us + 3600 * S) as write:
            release(write, ["thing"])

    assert do_next(shift(db, tmp_path, slow, clock)) == "lost"
    assert made(db) == 0
    clock.us += 7200 * S
    assert do_next(shift(db, tmp_path, lambda job: None, clock)) == "done"
    assert made(db) == 1


def test_a_long_job_keeps_its_lease(db: Database, tmp_path: Path) -> None:
    start = time.monotonic()

    def clock() -> int:
        return Clock.us + int((time.monotonic() - start) * S)

    with db.writing(who="t", at_us=clock()) as write:
        enqueue(write, "thing", {})

    def doing(shift: Shift, job: Job, told: Told) -> Commit:
        told("half of it", 0.5)
        for _ in range(200):
            time.sleep(0.02)
            with db.writing(who="other", at_us=clock()) as write:
                assert release(write, ["thing"]) == []
            with db.reading() as connection:
                if jobs(connection)[0]["told"]:
                    break
        with db.reading() as connection:
            assert (jobs(connection)[0]["told"], jobs(connection)[0]["progress"]) == ("half of it", 0.5)
        return lambda write: {}

    assert do_next(Shift(db, tmp_path, "w1", {"thing": doing}, clock, lease_s=1.0)) == "done"


def test_two_workers_never_do_the_same_job(db: Database, tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(40):
        queue(db, clock)
    seen: list[int] = []
    mine = [replace(shift(db, tmp_path, lambda job: seen.append(job.id), clock), worker=f"w{n}") for n in range(4)]
    threads = [threading.Thread(target=work, args=(one,), kwargs={"idle": lambda: True}) for one in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 41)) and made(db) == 40


def test_a_full_disk_ends_nothing(db: Database, tmp_path: Path) -> None:
    """SQLite is told that it may not grow: every write fails as on a full disk."""
    clock = Clock()
    for _ in range(30):
        queue(db, clock)
    full = {"now": False}

    @sa.event.listens_for(db.engine, "begin")
    def limit(connection: sa.Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        pages = raw.execute("pragma page_count").fetchone()[0]  # type: ignore[attr-defined]
        raw.execute(f"pragma max_page_count = {pages if full['now'] else 1_000_000}")  # type: ignore[attr-defined]

    def big(job: Job) -> Mapping[str, Any]:
        return {"much": "x" * 20_000}

    mine = shift(db, tmp_path, big, clock)
    assert do_next(mine) == "done"
    full["now"] = True
    pauses: list[float] = []

    def sleep(pause_s: float) -> None:
        pauses.append(pause_s)
        clock.us += int(120 * S)
        if len(pauses) == 4:
            full["now"] = False

    def idle() -> bool:
        clock.us += 10 * S  # a job whose worker fell silent waits a little before it is done again
        with db.reading() as connection:
            return counts(connection)["queued"] == 0

    work(mine, idle=idle, sleep=sleep)
    assert len(pauses) >= 4 and pauses[:4] == sorted(pauses[:4])
    with db.reading() as connection:
        assert counts(connection)["done"] == 30
    assert made(db) == 30
    with db.reading() as connection:
        assert connection.exec_driver_sql("pragma integrity_check").scalar_one() == "ok"


def test_a_lost_server_ends_nothing(tmp_path: Path) -> None:
    """PostgreSQL ends every connection, again and again, in the middle of jobs: each is done once, in the end."""
    with fresh_database("postgresql", tmp_path) as db:
        clock = Clock()
        for _ in range(12):
            queue(db, clock)
        cut, pauses = [0], list[float]()

        def cut_off(job: Job) -> Mapping[str, Any] | None:
            if cut[0] < 5 and job.id % 2:
                cut[0] += 1
                server = sa.create_engine(db.engine.url, poolclass=sa.NullPool)
                with server.connect() as other:
                    other.execute(
                        sa.text(
                            "select pg_terminate_backend(pid) from pg_stat_activity"
                            " where datname = current_database() and pid <> pg_backend_pid()"
                        )
                    )
                server.dispose()
            return {"n": job.id}

        def sleep(pause_s: float) -> None:
            pauses.append(pause_s)
            clock.us += int(120 * S)

        def idle() -> bool:
            clock.us += 10 * S
            with db.reading() as connection:
                left = counts(connection)
            return left["queued"] == 0 and left["running"] == 0

        assert work(shift(db, tmp_path, cut_off, clock), idle=idle, sleep=sleep) == 12
        assert cut[0] == 5
        with db.reading() as connection:
            every = jobs(connection, most=100)
            events = history_before(connection, None, kinds=["job"], most=1000)
        assert {job["state"] for job in every} == {"done"} and len(every) == 12
        done = [event.subject for event in events if event.what == "done"]
        assert len(done) == len(set(done)) == 12
