"""Who did what, when and why? The history as it was written; it is what listeners of live updates follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from swath.store.moments import moment_text
from swath.store.schema import HISTORY

__all__ = ["Event", "history_before", "history_since", "last_seq"]


@dataclass(frozen=True)
class Event:
    """One line of the history."""

    seq: int
    at: str
    who: str
    kind: str
    subject: str
    what: str
    why: str
    owner: str | None
    """sees it besides the people of the mission"""
    body: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the body."""
        return {k: v for k, v in self.__dict__.items() if k not in ("body", "owner")}


def last_seq(connection: Connection) -> int:
    """The number of the last line; 0 where there is none."""
    return int(connection.execute(select(func.coalesce(func.max(HISTORY.c.seq), 0))).scalar_one())


def history_since(connection: Connection, seq: int, *, most: int = 500) -> list[Event]:
    """The lines after a number, the oldest first."""
    rows = connection.execute(select(HISTORY).where(HISTORY.c.seq > seq).order_by(HISTORY.c.seq).limit(most))
    return [_event(row) for row in rows]


def history_before(
    connection: Connection,
    seq: int | None,
    *,
    kinds: Sequence[str] = (),
    subject: str | None = None,
    viewer: str | None = None,
    most: int = 50,
) -> list[Event]:
    """The lines before a number (``None``: the last ones), the newest first."""
    clauses = [HISTORY.c.seq < seq] if seq is not None else []
    clauses += [HISTORY.c.kind.in_(list(kinds))] if kinds else []
    clauses += [HISTORY.c.subject == subject] if subject is not None else []
    clauses += [HISTORY.c.owner == viewer] if viewer is not None else []
    rows = connection.execute(select(HISTORY).where(*clauses).order_by(HISTORY.c.seq.desc()).limit(most))
    return [_event(row) for row in rows]


def _event(row: Any) -> Event:
    at = moment_text(row.at_us)
    return Event(row.seq, at, row.who, row.kind, row.subject, row.what, row.why, row.owner, row.body)
