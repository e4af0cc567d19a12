"""Searches for opportunities that are answered later: who asked for what, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from swath.errors import InputError
from swath.store.database import Writing
from swath.store.jobs import enqueue
from swath.store.schema import SEARCH

__all__ = ["JOB_KIND", "Search", "answer_search", "make_search", "search_of", "searches"]

JOB_KIND = "opportunities"


@dataclass(frozen=True)
class Search:
    """A search."""

    id: str
    offer: str
    owner: str
    made_us: int
    state: str
    """``received``, ``in_progress``, ``failed``, ``cancelled`` or ``completed``"""
    state_us: int
    because: str | None
    asked: Mapping[str, Any]
    found: Mapping[str, Any] | None


def make_search(write: Writing, id: str, *, offer: str, owner: str, asked: Mapping[str, Any]) -> Search:
    """Write a search down, and the job that answers it."""
    values = {"id": id, "offer": offer, "owner": owner, "made_us": write.at_us, "state": "received"}
    write.connection.execute(insert(SEARCH).values(**values, state_us=write.at_us, because=None, asked=dict(asked)))
    enqueue(write, JOB_KIND, {"search": id}, name=id, owner=owner, priority=5, most_attempts=3)
    write.record("search", id, "received", {"offer": offer}, owner=owner)
    return Search(id, offer, owner, write.at_us, "received", write.at_us, None, asked, None)


def answer_search(write: Writing, id: str, found: Mapping[str, Any] | None, *, because: str = "") -> None:
    """What a search found, or why it failed."""
    state = "failed" if found is None else "completed"
    values = {"state": state, "state_us": write.at_us, "because": because or None, "found": found}
    write.connection.execute(update(SEARCH).where(SEARCH.c.id == id).values(values))
    write.record("search", id, state)


def search_of(connection: Connection, id: str, *, viewer: str | None = None) -> Search | None:
    """One search, if there is one that the viewer may see."""
    mine = [] if viewer is None else [SEARCH.c.owner == viewer]
    row = connection.execute(select(SEARCH).where(SEARCH.c.id == id, *mine)).first()
    return Search(**row._mapping) if row else None


def searches(
    connection: Connection, *, viewer: str | None = None, limit: int = 10, after: str = ""
) -> tuple[list[Search], str]:
    """A page of searches, the newest first, and the token of the next."""
    clauses = [] if viewer is None else [SEARCH.c.owner == viewer]
    if after:
        made, dot, id = after.partition(".")
        if not dot or not made.isascii() or not made.isdigit() or len(made) > 18:
            raise InputError("this is no token of a next page", where="next", fix="Follow the link of the page before")
        same = and_(SEARCH.c.made_us == int(made), SEARCH.c.id > id)
        clauses.append(or_(SEARCH.c.made_us < int(made), same))
    order = SEARCH.c.made_us.desc(), SEARCH.c.id
    rows = [
        Search(**row._mapping)
        for row in connection.execute(select(SEARCH).where(*clauses).order_by(*order).limit(limit + 1))
    ]
    more = f"{rows[limit - 1].made_us}.{rows[limit - 1].id}" if len(rows) > limit else ""
    return rows[:limit], more
