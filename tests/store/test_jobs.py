"""A queue that loses nothing and does nothing twice: claims, back-off, dead letters, leases, on both databases."""

from __future__ import annotations

import threading

import pytest

from swath.errors import InputError
from swath.store import jobs
from swath.store.database import Database

_S = 1_000_000


def queued(db: Database, kind: str = "plan", **more: object) -> int:
    with db.writing(who="t", at_us=0) as write:
        return jobs.enqueue(write, kind, {"n": 1}, **more)  # type: ignore[arg-type]


def test_the_urgent_one_goes_first_and_none_twice(db: Database) -> None:
    first, urgent = queued(db), queued(db, priority=5)
    taken = []
    for _ in range(3):
        with db.writing(who="t", at_us=1) as write:
            taken.append(jobs.claim(write, "w", ["plan"]))
    assert [job.id if job else None for job in taken] == [urgent, first, None]
    with db.writing(who="t", at_us=1) as write:
        assert jobs.claim(write, "w", ["other"]) is None


def test_a_name_is_queued_once(db: Database) -> None:
    assert queued(db, name="today") == queued(db, name="today") != queued(db, name="tomorrow")
    with db.reading() as connection:
        assert jobs.counts(connection)["queued"] == 2


def test_what_goes_alone_is_done_by_one_at_a_time(db: Database) -> None:
    first, second, other = queued(db), queued(db), queued(db, "scene")

    def take(worker: str, at_us: int = 1) -> int | None:
        with db.writing(who="t", at_us=at_us) as write:
            job = jobs.claim(write, worker, ["plan", "scene"], alone=("plan",))
        return None if job is None else job.id

    assert [take("a"), take("b"), take("c")] == [first, other, None]
    with db.writing(who="t", at_us=61 * _S) as write:  # who had it fell silent: it is free again
        assert jobs.release(write, ["plan", "scene"]) == [first, other]
    assert take("b", 61 * _S) == second and take("c", 61 * _S) is None


def test_failing_waits_twice_as_long_each_time_and_ends_dead(db: Database) -> None:
    id = queued(db, most_attempts=3)
    at, waits = 1, []
    for attempt in (1, 2, 3):
        with db.writing(who="t", at_us=at) as write:
            job = jobs.claim(write, "w", ["plan"])
            assert job is not None and job.attempts == attempt
            state = jobs.fail(write, job, "w", "no weather")
        with db.reading() as connection:
            told = jobs.job_of(connection, id)
        assert told is not None and told["because"] == "no weather"
        if state == "queued":
            with db.writing(who="t", at_us=at + _S) as write:
                assert jobs.claim(write, "w", ["plan"]) is None
            waits.append(attempt)
            at += 3600 * _S
    assert state == "dead" and waits == [1, 2]
    with db.writing(who="t", at_us=at) as write:
        jobs.retry(write, id)
        again = jobs.claim(write, "w", ["plan"])
    assert again is not None and again.attempts == 1


def test_a_worker_that_fell_silent_loses_its_job_and_its_say(db: Database) -> None:
    queued(db)
    with db.writing(who="t", at_us=0) as write:
        job = jobs.claim(write, "silent", ["plan"], lease_s=10)
    assert job is not None
    with db.writing(who="t", at_us=9 * _S) as write:
        assert jobs.release(write, ["plan"]) == [] and jobs.beat(
            write, job, "silent", progress=0.5, told="half", lease_s=10
        )
    with db.writing(who="t", at_us=18 * _S) as write:
        assert jobs.release(write, ["plan"]) == []
    with db.writing(who="t", at_us=30 * _S) as write:
        assert jobs.release(write, ["plan"]) == [job.id]
    with db.writing(who="t", at_us=60 * _S) as write:
        other = jobs.claim(write, "other", ["plan"])
        assert other is not None and other.id == job.id
        assert not jobs.finish(write, job, "silent") and not jobs.beat(write, job, "silent", progress=1)
        assert jobs.fail(write, job, "silent", "x") is None and jobs.finish(write, other, "other", {"ok": True})
    with db.reading() as connection:
        told = jobs.job_of(connection, job.id)
    assert told is not None and (told["state"], told["result"], told["progress"]) == ("done", {"ok": True}, 1.0)


def test_many_workers_share_the_queue_without_doubling(db: Database) -> None:
    wanted = {queued(db) for _ in range(40)}
    done: list[int] = []

    def work(name: str) -> None:
        while True:
            with db.writing(who=name) as write:
                job = jobs.claim(write, name, ["plan"])
            if job is None:
                return
            with db.writing(who=name) as write:
                if jobs.finish(write, job, name):
                    done.append(job.id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(wanted)


def test_cancelled_is_over(db: Database) -> None:
    id = queued(db)
    with db.writing(who="t") as write:
        jobs.cancel(write, id)
        assert jobs.claim(write, "w", ["plan"]) is None
    with pytest.raises(InputError), db.writing(who="t") as write:
        jobs.cancel(write, id)
