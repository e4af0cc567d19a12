"""What is there to do? One look at what happened, what arrived and the clock; jobs for it, and the look remembered.

A tick is one transaction: the jobs are queued and the place in the history moves on, or neither. Whoever ticks is
welcome to: what one has seen, the next does not see again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from swath.operate.loop.inbox import Arrived
from swath.store.database import Writing
from swath.store.history import Event, history_since
from swath.store.jobs import enqueue, release
from swath.store.notes import note, recall
from swath.store.orders_book import OPEN, count_orders
from swath.store.schema import JOB
from swath.store.watching import message_rows

__all__ = ["ALONE", "Rhythm", "Ticked", "Wanted", "tick", "wanted"]

_SEEN, _CLOCK = "loop.seen", "loop.clock_us"
_S = 1_000_000
_JITTER_US = 5 * _S
"""a clock that is corrected by less is not told of"""
_TRIGGERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "order": {"received": ("plan",), "accepted": ("plan",), "cancelled": ("plan",), "user_cancelled": ("plan",)},
    "elements": {"new": ("plan",)},
    "forecast": {"new": ("plan",)},
    "contact": {"lost": ("plan",)},
    "picture": {"failed": ("plan",)},
    "plan": {"in force": ("follow",)},
    "item": {"stored": ("follow", "watch")},
    "alert": {"open": ("deliver",), "confirmed": ("deliver",), "dismissed": ("deliver",)},
}
"""what follows from a line of the history: kind, what happened, which duties"""
ALONE = ("plan", "follow", "watch", "deliver")
"""duties that look at everything there is: one of a kind at a time, and one more in the queue sees what came since"""
_PRIORITY = {"plan": 5, "results": 9, "deliver": 8, "follow": 6, "elements": 7, "forecast": 7, "scene": 4, "watch": 3}


_FEW, _MANY = 5, 12
"""attempts: of what comes again by itself, and of what came once"""


@dataclass(frozen=True)
class Rhythm:
    """How often duties are done though nothing happened, in seconds; one that is not named waits for a cause."""

    every_s: Mapping[str, float] = field(default_factory=lambda: {"plan": 3600.0, "follow": 300.0, "deliver": 60.0})


@dataclass(frozen=True)
class Wanted:
    """A job that is to be done."""

    kind: str
    name: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False
    """one that waits already does for it: it will see the newest state when it begins"""


@dataclass(frozen=True)
class Ticked:
    """What a tick did."""

    queued: tuple[int, ...]
    released: tuple[int, ...]
    """jobs whose worker fell silent"""
    clock_back_s: float = 0.0
    """by how much the clock was set back since the last tick"""


def wanted(
    events: Sequence[Event],
    things: Iterable[Arrived],
    last_us: Mapping[str, int],
    now_us: int,
    rhythm: Rhythm,
    idle: Collection[str] = (),
) -> list[Wanted]:
    """The jobs that follow from lines of the history, from what lies in the inbox, and from the clock.

    ``idle`` duties have nothing to do: the clock alone does not call them.
    """
    found = [Wanted(one.kind, one.name, {"path": one.path, "tag": one.tag}) for one in things]
    because: dict[str, str] = {}
    for event in events:
        for kind in _TRIGGERS.get(event.kind, {}).get(event.what, ()):
            because[kind] = f"{event.kind} {event.subject} {event.what}"
    for kind, every_s in rhythm.every_s.items():
        if kind not in because and kind not in idle and now_us - last_us.get(kind, 0) >= every_s * _S:
            because[kind] = "its time has come"
    newest = events[-1].seq if events else 0
    return found + [Wanted(kind, f"{newest}@{now_us}", {"why": why}, alone=True) for kind, why in because.items()]


def tick(write: Writing, things: Iterable[Arrived], duties: Collection[str], rhythm: Rhythm | None = None) -> Ticked:
    """Look once, inside the caller's transaction. Only jobs of these ``duties`` are queued, and given back."""
    connection, now_us = write.connection, write.at_us
    back_us = _minded(write, int(recall(connection, _CLOCK, now_us)), duties)
    note(write, _CLOCK, now_us)
    seen = int(recall(connection, _SEEN, 0))
    events = history_since(connection, seen, most=5000)
    last: dict[str, int] = recall(connection, "loop.last_us", {})
    known = _names(write)
    waiting = {row[0] for row in connection.execute(select(JOB.c.kind).where(JOB.c.state == "queued"))}
    queued = []
    for one in wanted(events, things, last, now_us, rhythm or Rhythm(), _idle(write)):
        if one.kind not in duties or (one.kind, one.name) in known:
            continue
        if one.alone:
            last[one.kind] = now_us
            if one.kind in waiting:
                continue
            waiting.add(one.kind)
        most = _FEW if one.alone else _MANY
        rank = _PRIORITY.get(one.kind, 0)
        queued.append(enqueue(write, one.kind, one.asked, name=one.name, priority=rank, most_attempts=most))
    if events:
        note(write, _SEEN, events[-1].seq)
    note(write, "loop.last_us", last)
    return Ticked(tuple(queued), tuple(release(write, list(duties))), back_us / _S)


def _idle(write: Writing) -> set[str]:
    """Duties that the clock need not call: no order is open, no message waits."""
    found = set() if any(count_orders(write.connection).get(code) for code in OPEN) else {"plan", "follow"}
    return found if message_rows(write.connection, ["waiting"]) else found | {"deliver"}


def _names(write: Writing) -> set[tuple[str, str]]:
    """What was taken in or is waiting to be: jobs that bear the name of a thing."""
    rows = write.connection.execute(select(JOB.c.kind, JOB.c.name).where(JOB.c.name.like("inbox/%")))
    return {(row[0], row[1]) for row in rows}


def _minded(write: Writing, last_us: int, duties: Collection[str]) -> int:
    """A clock that was set back moves what waits with it; else jobs would wait for a time that comes twice."""
    back_us = last_us - write.at_us
    if back_us <= _JITTER_US:
        return 0
    open_ = JOB.c.state.in_(("queued", "running")) & JOB.c.kind.in_(list(duties))
    moved = {"due_us": JOB.c.due_us - back_us, "lease_us": JOB.c.lease_us - back_us}
    write.connection.execute(update(JOB).where(open_).values(**moved))
    last = {kind: at_us - back_us for kind, at_us in recall(write.connection, "loop.last_us", {}).items()}
    note(write, "loop.last_us", last)
    write.record("clock", "service", "set back", {"by_s": back_us / _S})
    return back_us
