"""What time is it for a mission whose days are over, or that is played through ahead of them? One clock, kept.

The clock of a rehearsal is this machine's, moved by an offset that is noted in the database: service and workers that
are started one after the other go by the same. After a longer pause it goes on where it stood, at the last thing that
happened.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from swath.store.database import Database
from swath.store.mission import Mission
from swath.store.moments import moment, moment_of_text, now_us
from swath.store.notes import note, recall
from swath.store.schema import HISTORY, JOB

__all__ = ["Rehearsal", "rehearsal_of"]

_OFFSET = "clock.offset_us"
_PAUSE_US = 600_000_000
"""shorter than this a rehearsal was not paused: others may be at work by its clock"""


@dataclass(frozen=True)
class Rehearsal:
    """How far the clock is moved, and why."""

    offset_us: int
    told: str
    """for people; empty where the clock is this machine's"""


def rehearsal_of(db: Database, mission: Mission, *, at: str | None = None) -> Rehearsal:
    """The clock to go by: ``at`` where it is given; for a mission that is over that of its rehearsal so far, or its
    start; else this machine's. It is noted for whoever starts next.
    """
    with db.reading() as connection:
        before = recall(connection, _OFFSET)
        seen_us = None if before is None else _last_us(connection, now_us() + int(before))
    if at is not None:
        found = Rehearsal(moment_of_text(at, where="--at") - now_us(), f"the clock is set to {at}")
    elif now_us() <= moment(mission.stop):
        found = Rehearsal(0, "")
    elif before is None or seen_us is None:
        found = Rehearsal(moment(mission.start) - now_us(), "the mission's days are over: they begin again")
    elif now_us() + int(before) - seen_us < _PAUSE_US:
        found = Rehearsal(int(before), "the rehearsal goes on")
    else:
        found = Rehearsal(seen_us - now_us(), "the rehearsal goes on where it stood")
    if found.offset_us != int(before or 0):
        why = found.told or "this machine's clock"
        with db.writing(who="swath", why=why, at_us=now_us() + found.offset_us) as write:
            note(write, _OFFSET, found.offset_us)
            write.record("clock", "rehearsal", "set")
    return found


def _last_us(connection: Connection, until_us: int) -> int | None:
    """When did something happen last by the rehearsal's clock? What is later was written by another."""
    columns = HISTORY.c.at_us, JOB.c.made_us, JOB.c.ended_us
    last = [connection.execute(select(func.max(c)).where(c <= until_us)).scalar_one() for c in columns]
    return max((int(one) for one in last if one is not None), default=None)
