"""What happens right now? Live updates for everybody who listens (server-sent events), from one look at the history.

One task looks for new lines of the history and hands them to all listeners, so that fifty cost the database no more
than one. A listener that comes back says which line it saw last and misses nothing; one that cannot keep up is cut off,
and comes back.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio.to_thread
from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from swath.errors import SwathError
from swath.serve.auth import Caller, Readers
from swath.serve.problems import Problem, problems
from swath.serve.service import Service
from swath.store.history import Event, history_since, last_seq

__all__ = ["Wire", "router"]

_LOG = logging.getLogger("swath.serve")
_LOOK_S = 0.5
_PING_S = 15.0
_MOST_WAITING = 1000
_ADMINS_ONLY = ("person", "token", "feed", "schema")
_PRIVATE = ("order", "job")


@dataclass(frozen=True)
class Wire:
    """The one that looks, and those who listen."""

    service: Service
    listeners: set[asyncio.Queue[Event | None]] = field(default_factory=set)

    async def run(self) -> None:
        """Look for new lines until it is cancelled. A database that is away is asked again."""
        seq: int | None = None
        while True:
            try:
                found, seq = await anyio.to_thread.run_sync(self._look, seq)
                for event in found:
                    self._hand(event)
            except SwathError as error:
                _LOG.warning("events", extra={"what": str(error)})
            await asyncio.sleep(_LOOK_S)

    def _look(self, seq: int | None) -> tuple[list[Event], int]:
        with self.service.db.reading() as connection:
            if seq is None:
                return [], last_seq(connection)
            found = history_since(connection, seq)
        return found, found[-1].seq if found else seq

    def _hand(self, event: Event) -> None:
        for queue in list(self.listeners):
            if queue.qsize() >= _MOST_WAITING:
                self.listeners.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(event)

    async def listen(self, caller: Caller, kinds: frozenset[str], after: int | None) -> AsyncIterator[str]:
        """The stream of one listener."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self.listeners.add(queue)
        try:
            yield "retry: 3000\n\n"
            seen = after or 0
            while after is not None and (missed := await anyio.to_thread.run_sync(self._missed, seen)):
                for event in missed:
                    seen = event.seq
                    if _for(event, caller, kinds):
                        yield _told(event)
            while True:
                try:
                    event_or_end = await asyncio.wait_for(queue.get(), _PING_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event_or_end is None:
                    return
                if event_or_end.seq > seen and _for(event_or_end, caller, kinds):
                    yield _told(event_or_end)
        finally:
            self.listeners.discard(queue)

    def _missed(self, seq: int) -> list[Event]:
        with self.service.db.reading() as connection:
            return history_since(connection, seq)


def _for(event: Event, caller: Caller, kinds: frozenset[str]) -> bool:
    """May they hear of it, and do they want to?"""
    if kinds and event.kind not in kinds:
        return False
    if event.kind in _ADMINS_ONLY:
        return caller.may("admin")
    if caller.viewer is not None and (event.kind in _PRIVATE or event.owner is not None):
        return event.owner == caller.viewer
    return True


def _told(event: Event) -> str:
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {json.dumps(event.to_json(), ensure_ascii=False)}\n\n"


def router(service: Service, wire: Wire) -> APIRouter:
    """``GET /events``."""
    routes = APIRouter(tags=["live"])

    @routes.get(
        "/events",
        summary="Live updates",
        response_class=StreamingResponse,
        responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}, **problems()},
    )
    async def events(
        caller: Readers,
        kinds: str = Query("", max_length=200, description="Only these kinds, with commas: order,plan,item,alert,job"),
        last_event_id: str | None = Header(None, max_length=20, description="The last line you saw"),
    ) -> StreamingResponse:
        if len(wire.listeners) >= service.settings.limits.listeners:
            raise Problem(503, "too many listen already", fix="Try again later")
        known = last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit()
        after = min(int(last_event_id or 0), 2**62) if known else None
        wanted = frozenset(part for part in kinds.split(",") if part)
        headers = {"x-accel-buffering": "no", "cache-control": "no-store"}
        return StreamingResponse(wire.listen(caller, wanted, after), media_type="text/event-stream", headers=headers)

    return routes
