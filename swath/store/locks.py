"""Which planned pictures did a planner fix by hand? As the history tells it: what was locked and not freed since."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from swath.store.database import Writing
from swath.store.schema import HISTORY

__all__ = ["free", "lock", "locked"]

_KIND, _LOCKED, _FREED = "lock", "locked", "freed"


def locked(connection: Connection) -> tuple[str, ...]:
    """The requests whose pictures stay where they are, in the order in which they were locked."""
    rows = connection.execute(
        select(HISTORY.c.subject, HISTORY.c.what).where(HISTORY.c.kind == _KIND).order_by(HISTORY.c.seq)
    )
    held: dict[str, None] = {}
    for subject, what in rows:
        held.pop(subject, None)
        if what == _LOCKED:
            held[subject] = None
    return tuple(held)


def lock(write: Writing, requests: Iterable[str]) -> None:
    """Requests whose pictures stay as they are planned, from now on."""
    _tell(write, requests, _LOCKED)


def free(write: Writing, requests: Iterable[str]) -> None:
    """Requests that a planner no longer holds."""
    _tell(write, requests, _FREED)


def _tell(write: Writing, requests: Iterable[str], what: str) -> None:
    held = set(locked(write.connection))
    for id in requests:
        if (id in held) != (what == _LOCKED):
            write.record(_KIND, id, what)
