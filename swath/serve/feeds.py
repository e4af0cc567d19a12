"""News and calendars under secret addresses, for programs that cannot sign in: whoever has the address reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request
from starlette.responses import Response

from swath.operate.asking import Asking
from swath.report.ics import plan_ics
from swath.serve.answers import base_of, text_answer
from swath.serve.auth import Caller
from swath.serve.exports import day_of
from swath.serve.problems import Problem, problems
from swath.serve.service import Service
from swath.store.features import BASE
from swath.store.moments import moment_text
from swath.store.people import person_of_feed
from swath.store.search import Asked, Found, find

__all__ = ["atom", "router"]

_MOST = 100


def router(service: Service, asking: Asking) -> APIRouter:
    """``/feeds``."""
    routes = APIRouter(prefix="/feeds/{secret}", tags=["feeds"])

    def told(media: str) -> dict[int | str, dict[str, Any]]:
        return {
            200: {"description": "the feed", "content": {media: {}}},
            304: {"description": "unchanged"},
            **problems(404),
        }

    @routes.get("/plan.ics", summary="The plan as a calendar", responses=told("text/calendar"))
    def plan(request: Request, secret: str) -> Response:
        viewer = _owner(service, secret).viewer
        return text_answer(request, plan_ics(day_of(service, asking, viewer)), media="text/calendar")

    @routes.get("/orders.atom", summary="News of orders", responses=told("application/atom+xml"))
    def orders(request: Request, secret: str) -> Response:
        return _news(service, request, secret, "orders", "Orders")

    @routes.get("/alerts.atom", summary="News of alerts", responses=told("application/atom+xml"))
    def alerts(request: Request, secret: str) -> Response:
        return _news(service, request, secret, "alerts", "Alerts")

    return routes


def _owner(service: Service, secret: str) -> Caller:
    with service.db.reading() as connection:
        known = person_of_feed(connection, secret)
    if known is None:
        raise Problem(404, "there is no such feed")
    return Caller(known.person, known.role)


def _news(service: Service, request: Request, secret: str, collection: str, title: str) -> Response:
    owner = _owner(service, secret)
    asked = Asked("ogc", collections=(collection,), sort=(("updated", True),), limit=_MOST, viewer=owner.viewer)
    with service.db.reading() as connection:
        found = find(connection, asked).found
    base = base_of(request, service)
    text = atom(f"{title}: {service.mission.title}", base, collection, found, simulated=service.simulated)
    return text_answer(request, text, media="application/atom+xml")


def atom(title: str, base: str, collection: str, found: tuple[Found, ...], *, simulated: bool) -> str:
    """Features as an Atom feed (RFC 4287), the one changed last first."""
    marked = f"[SIMULATED] {title}" if simulated else title
    changed = max((one.changed_us for one in found), default=0)
    entries = [_entry(base, collection, one, json.loads(one.body)) for one in found]
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(marked)}</title><id>urn:swath:{collection}</id><updated>{moment_text(changed)}</updated>"
        f"<author><name>swath</name></author>{''.join(entries)}</feed>\n"
    )


def _entry(base: str, collection: str, one: Found, document: Mapping[str, Any]) -> str:
    told = document["properties"]
    status = str(told.get("status", ""))
    words = str(told.get("reason_text") or told.get("because") or told.get("title") or "")
    here = f"{base}/ogc/collections/{collection}/items/{one.id}"
    href = next((str(link["href"]).replace(BASE, base) for link in document.get("links", [])), here)
    simulated = "[SIMULATED] " if told.get("swath:simulated") else ""
    name = escape(f"{simulated}{one.id}: {status}")
    return (
        f"<entry><id>urn:swath:{collection}:{escape(one.id)}</id><title>{name}</title>"
        f"<updated>{moment_text(one.changed_us)}</updated><link href={quoteattr(href)}/>"
        f"<summary>{escape(words)}</summary></entry>"
    )
