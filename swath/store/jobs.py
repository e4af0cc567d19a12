"""What is there to do, who is at it, and what went wrong? A queue in a table.

Workers claim jobs, tell how far they are, and finish or fail them. A job that fails is tried again, each time after
twice as long, and is put aside (``dead``) when it has had its attempts. A worker that no longer tells anything loses
its job when its lease ends, so a crash delays work and loses none. Time is an argument: a test can turn the clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from swath.errors import InputError
from swath.store.database import Writing
from swath.store.moments import moment_text
from swath.store.schema import JOB

__all__ = [
    "STATES",
    "Job",
    "beat",
    "cancel",
    "claim",
    "counts",
    "enqueue",
    "fail",
    "finish",
    "job_of",
    "jobs",
    "release",
    "retry",
]

STATES = ("queued", "running", "done", "dead", "cancelled")
_BACK_OFF_S = 2.0
_LONGEST_BACK_OFF_S = 3600.0
_S = 1_000_000


@dataclass(frozen=True)
class Job:
    """A job as its worker sees it."""

    id: int
    kind: str
    asked: Mapping[str, Any]
    attempts: int
    """this one in it"""
    owner: str | None


def enqueue(
    write: Writing,
    kind: str,
    asked: Mapping[str, Any],
    *,
    name: str | None = None,
    owner: str | None = None,
    priority: int = 0,
    due_us: int | None = None,
    most_attempts: int = 5,
) -> int:
    """Put a job in the queue; returns its id. With a ``name``, the job of that kind and name that is there already.

    Higher ``priority`` goes first.
    """
    if name is not None:
        there = select(JOB.c.id).where(JOB.c.kind == kind, JOB.c.name == name)
        if (row := write.connection.execute(there).first()) is not None:
            return int(row[0])
    values: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "state": "queued",
        "priority": priority,
        "attempts": 0,
        "owner": owner,
    }
    values |= {"most_attempts": most_attempts, "made_us": write.at_us, "due_us": due_us or write.at_us}
    values |= {"progress": 0.0, "told": "", "because": "", "asked": dict(asked)}
    result = write.connection.execute(insert(JOB).values(values))
    assert result.inserted_primary_key is not None
    id = int(result.inserted_primary_key[0])
    write.record("job", str(id), "queued", {"kind": kind}, owner=owner)
    return id


def claim(
    write: Writing, worker: str, kinds: Sequence[str], *, lease_s: float = 60.0, alone: Collection[str] = ()
) -> Job | None:
    """The next job that is due, now this worker's until its lease ends; ``None`` where there is none.

    Of kinds that go ``alone``, none is given out while another of that kind is being done.
    """
    at_work = select(JOB.c.kind).where(JOB.c.state == "running", JOB.c.kind.in_(list(alone)))
    busy = {row[0] for row in write.connection.execute(at_work)} if alone else set()
    free = [kind for kind in kinds if kind not in busy]
    due = (JOB.c.state == "queued") & (JOB.c.due_us <= write.at_us) & JOB.c.kind.in_(free)
    order = JOB.c.priority.desc(), JOB.c.due_us, JOB.c.id
    row = write.connection.execute(select(JOB).where(due).order_by(*order).limit(1)).first()
    if row is None:
        return None
    taken = {"state": "running", "worker": worker, "lease_us": write.at_us + int(lease_s * _S), "progress": 0.0}
    write.connection.execute(update(JOB).where(JOB.c.id == row.id).values(**taken, attempts=row.attempts + 1))
    write.record("job", str(row.id), "running", {"worker": worker, "attempt": row.attempts + 1}, owner=row.owner)
    return Job(row.id, row.kind, row.asked, row.attempts + 1, row.owner)


def _mine(job: Job, worker: str) -> Any:
    """Still this worker's, at this attempt: one that lost its lease may not speak for the job."""
    return (
        (JOB.c.id == job.id) & (JOB.c.worker == worker) & (JOB.c.state == "running") & (JOB.c.attempts == job.attempts)
    )


def beat(write: Writing, job: Job, worker: str, *, progress: float, told: str = "", lease_s: float = 60.0) -> bool:
    """Tell how far a job is (0 to 1) and keep it. False: it is no longer this worker's; drop it."""
    values = {"progress": progress, "told": told[:200], "lease_us": write.at_us + int(lease_s * _S)}
    return write.connection.execute(update(JOB).where(_mine(job, worker)).values(values)).rowcount == 1


def finish(write: Writing, job: Job, worker: str, result: Mapping[str, Any] | None = None) -> bool:
    """A job is done. Call it in the transaction that writes its results: both are kept, or neither.

    False: it is no longer this worker's; write nothing then.
    """
    values = {"state": "done", "progress": 1.0, "ended_us": write.at_us, "lease_us": None, "result": result}
    if write.connection.execute(update(JOB).where(_mine(job, worker)).values(values)).rowcount != 1:
        return False
    write.record("job", str(job.id), "done", {"kind": job.kind}, owner=job.owner)
    return True


def fail(write: Writing, job: Job, worker: str, because: str, *, for_good: bool = False) -> str | None:
    """A job went wrong: ``queued`` to be tried again later, or ``dead``; ``None`` where it is not this worker's."""
    row = write.connection.execute(select(JOB).where(_mine(job, worker))).first()
    return None if row is None else _failed(write, row, because, for_good)


def _failed(write: Writing, row: Any, because: str, for_good: bool) -> str:
    dead = for_good or row.attempts >= row.most_attempts
    wait_s = min(_BACK_OFF_S * 2.0 ** (row.attempts - 1), _LONGEST_BACK_OFF_S)
    values: dict[str, Any] = {
        "state": "dead" if dead else "queued",
        "because": because[:2000],
        "worker": None,
        "lease_us": None,
    }
    values |= {"ended_us": write.at_us} if dead else {"due_us": write.at_us + int(wait_s * _S)}
    write.connection.execute(update(JOB).where(JOB.c.id == row.id).values(values))
    state = str(values["state"])
    write.record("job", str(row.id), state, {"because": because[:200], "attempt": row.attempts}, owner=row.owner)
    return state


def release(write: Writing, kinds: Sequence[str]) -> list[int]:
    """Jobs whose worker fell silent go back into the queue (or are dead, after their last attempt); their ids.

    Only of the ``kinds`` that the caller does itself: others may go by another clock (a rehearsal).
    """
    silent = (JOB.c.state == "running") & (JOB.c.lease_us < write.at_us)
    lost = select(JOB).where(silent, JOB.c.kind.in_(list(kinds)))
    rows = write.connection.execute(lost).all()
    for row in rows:
        _failed(write, row, f"worker {row.worker} fell silent", False)
    return [row.id for row in rows]


def cancel(write: Writing, id: int) -> None:
    """A job that nobody shall do any more. :class:`InputError` where it is over already."""
    open_ = (JOB.c.id == id) & JOB.c.state.in_(("queued", "running"))
    values = {"state": "cancelled", "ended_us": write.at_us, "lease_us": None}
    if write.connection.execute(update(JOB).where(open_).values(values)).rowcount != 1:
        raise InputError(f"job {id} is not to be cancelled", where="job", fix="See /admin/jobs: it may be over")
    write.record("job", str(id), "cancelled")


def retry(write: Writing, id: int) -> None:
    """Try a dead or cancelled job again, with all its attempts. :class:`InputError` where it is neither."""
    over = (JOB.c.id == id) & JOB.c.state.in_(("dead", "cancelled"))
    values = {"state": "queued", "attempts": 0, "due_us": write.at_us, "ended_us": None, "worker": None}
    if write.connection.execute(update(JOB).where(over).values(values)).rowcount != 1:
        raise InputError(f"job {id} is neither dead nor cancelled", where="job", fix="See /admin/jobs")
    write.record("job", str(id), "queued", {"again": True})


def counts(connection: Connection) -> dict[str, int]:
    """How many jobs are in which state."""
    rows = connection.execute(select(JOB.c.state, func.count()).group_by(JOB.c.state))
    return {**dict.fromkeys(STATES, 0), **{state: int(number) for state, number in rows}}


def jobs(
    connection: Connection, *, state: str | None = None, before: int | None = None, most: int = 50
) -> list[dict[str, Any]]:
    """Jobs as people see them, the newest first."""
    clauses = [JOB.c.state == state] if state else []
    clauses += [JOB.c.id < before] if before is not None else []
    return [_told(row) for row in connection.execute(select(JOB).where(*clauses).order_by(JOB.c.id.desc()).limit(most))]


def job_of(connection: Connection, id: int) -> dict[str, Any] | None:
    """One job as people see it."""
    row = connection.execute(select(JOB).where(JOB.c.id == id)).first()
    return None if row is None else _told(row)


def _told(row: Any) -> dict[str, Any]:
    times = {name: getattr(row, f"{name}_us") for name in ("made", "due", "lease", "ended")}
    plain = ("id", "kind", "name", "state", "priority", "attempts", "most_attempts", "worker", "progress", "told")
    return {
        **{name: getattr(row, name) for name in (*plain, "because", "owner", "asked", "result")},
        **{name: None if us is None else moment_text(us) for name, us in times.items()},
    }
