"""Do what is there to do: claim a job, do it, write its results and its end together.

A duty is done in two steps: it reads and computes as long as it likes, then gives back what shall be written, which
goes into the database in the same transaction as the job's end. So a job killed at any instant either never was (and
is done again by another) or is done once. What a duty writes to disk it writes so that doing it again changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swath.errors import DataError, InputError, SwathError
from swath.operate.loop.inbox import arrived
from swath.operate.loop.tick import ALONE, Rhythm, Ticked, tick
from swath.store.database import Database, Writing
from swath.store.jobs import Job, beat, claim, fail, finish
from swath.store.moments import now_us

__all__ = ["Commit", "Duty", "Shift", "Told", "do_next", "tick_now", "work"]

LOG = logging.getLogger("swath.loop")

Told = Callable[[str, float], None]
Commit = Callable[[Writing], Mapping[str, Any]]
"""writes a job's results; what it returns is kept with the job"""
_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True)
class Shift:
    """One worker's shift: for which mission, with which database, by which clock."""

    db: Database
    folder: Path
    worker: str
    duties: Mapping[str, Duty]
    clock: Callable[[], int] = now_us
    """microseconds since 1970 UTC"""
    lease_s: float = 60.0
    rhythm: Rhythm = field(default_factory=Rhythm)


Duty = Callable[[Shift, Job, Told], Commit]


class _LostError(Exception):
    """The job is no longer this worker's: nothing of it is written."""


def tick_now(shift: Shift) -> Ticked:
    """Look what is there to do, once."""
    things = arrived(shift.folder)
    with shift.db.writing(who=shift.worker, why="tick", at_us=shift.clock()) as write:
        return tick(write, things, shift.duties, shift.rhythm)


def do_next(shift: Shift) -> str | None:
    """Do the next job that is due: ``done``, ``queued`` (failed, to be tried again), ``dead`` or ``lost``.

    ``None``: there is none. Errors of the database itself are raised (:class:`DataError`); the job's lease then ends,
    and somebody does it again.
    """
    with shift.db.writing(who=shift.worker, why="at work", at_us=shift.clock()) as write:
        job = claim(write, shift.worker, list(shift.duties), lease_s=shift.lease_s, alone=ALONE)
    if job is None:
        return None
    LOG.info("job %d %s, attempt %d", job.id, job.kind, job.attempts)
    try:
        with _kept(shift, job) as told:
            commit = shift.duties[job.kind](shift, job, told)
    except InputError as error:
        return _failed(shift, job, str(error), for_good=True)
    except Exception as error:  # whatever a duty does wrong, the others go on
        LOG.warning("job %d %s: %s", job.id, job.kind, error, exc_info=not isinstance(error, SwathError | OSError))
        return _failed(shift, job, f"{type(error).__name__}: {error}", for_good=False)
    try:
        with shift.db.writing(who=shift.worker, why=f"job {job.id}", at_us=shift.clock()) as write:
            if not finish(write, job, shift.worker, commit(write)):
                raise _LostError
    except _LostError:
        return "lost"
    except InputError as error:
        return _failed(shift, job, str(error), for_good=True)
    return "done"


def _failed(shift: Shift, job: Job, because: str, *, for_good: bool) -> str:
    with shift.db.writing(who=shift.worker, why=f"job {job.id}", at_us=shift.clock()) as write:
        return fail(write, job, shift.worker, because, for_good=for_good) or "lost"


@contextmanager
def _kept(shift: Shift, job: Job) -> Iterator[Told]:
    """Keep a job while it is done: its lease is renewed, and how far it is written down, three times a lease."""
    over, said = threading.Event(), [("", 0.0)]

    def told(what: str, share: float) -> None:
        said[0] = what, min(max(share, 0.0), 1.0)

    def beating() -> None:
        while not over.wait(shift.lease_s / 3.0):
            try:
                with shift.db.writing(who=shift.worker, why=f"job {job.id}", at_us=shift.clock()) as write:
                    words, share = said[0]
                    if not beat(write, job, shift.worker, progress=share, told=words, lease_s=shift.lease_s):
                        return
            except DataError as error:
                LOG.warning("job %d is not told of: %s", job.id, error)

    beats = threading.Thread(target=beating, daemon=True)
    beats.start()
    try:
        yield told
    finally:
        over.set()
        beats.join()


def work(
    shift: Shift,
    *,
    over: Callable[[], bool] = lambda: False,
    idle: Callable[[], bool] | None = None,
    pause_s: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Tick and work until told that it is ``over``; returns how many jobs were done.

    ``idle`` is asked when nothing is left to do: true ends the shift. A database that cannot be used (disk full,
    server gone, locked) is tried again after pauses that grow to a minute; it never ends the shift.
    """
    done, trouble_s = 0, pause_s
    while not over():
        try:
            tick_now(shift)
            came = do_next(shift)
            trouble_s = pause_s
        except DataError as error:
            LOG.error("the database cannot be used, next try in %.0f s: %s", trouble_s, error)
            sleep(trouble_s)
            trouble_s = min(2.0 * trouble_s, _LONGEST_PAUSE_S)
            continue
        done += came == "done"
        if came is None:
            if idle is not None and idle():
                break
            sleep(pause_s)
    return done
