"""News and calendars under secret addresses, for programs that cannot sign in: whoever has the address reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request
from starlette.responses import Response

from swath.operate.asking import Asking
from swath.report.alert_feed import alerts_ics, atom_feed, cap_message
from swath.report.ics import plan_ics
from swath.report.looks_ahead import looks_ics
from swath.serve.answers import base_of, text_answer
from swath.serve.auth import Caller
from swath.serve.exports import day_of
from swath.serve.problems import Problem, problems
from swath.serve.service import Service
from swath.serve.stapi_opportunities import mission_now
from swath.serve.watch_next import Ahead
from swath.serve.watching import watch_of
from swath.store.features import BASE
from swath.store.moments import moment_text
from swath.store.people import person_of_feed
from swath.store.search import Asked, Found, find
from swath.store.watching import alert_page, alert_row
from swath.watch.records import Alert

__all__ = ["FEEDS", "atom", "router", "watch_router"]

FEEDS = ("plan.ics", "orders.atom", "alerts.atom", "alerts.cap", "alerts.ics", "passes.ics")
"""what lies under a secret address"""
_MOST = 100
_MOST_PLACES = 20
_AHEAD_DAYS = 14.0
_CAP = "application/cap+xml"


def router(service: Service, asking: Asking) -> APIRouter:
    """``/feeds``: the plan and the orders."""
    routes = APIRouter(prefix="/feeds/{secret}", tags=["feeds"])

    @routes.get("/plan.ics", summary="The plan as a calendar", responses=_told("text/calendar"))
    def plan(request: Request, secret: str) -> Response:
        viewer = _owner(service, secret).viewer
        return text_answer(request, plan_ics(day_of(service, asking, viewer)), media="text/calendar")

    @routes.get("/orders.atom", summary="News of orders", responses=_told("application/atom+xml"))
    def orders(request: Request, secret: str) -> Response:
        return _news(service, request, secret, "orders", "Orders")

    return routes


def watch_router(service: Service, ahead: Ahead) -> APIRouter:
    """``/feeds``: the places under watch."""
    routes = APIRouter(prefix="/feeds/{secret}", tags=["feeds"])
    _alert_feeds(routes, service)

    @routes.get("/alerts.ics", summary="Alerts as a calendar", responses=_told("text/calendar"))
    def calendar(request: Request, secret: str) -> Response:
        _owner(service, secret)
        found = _last_alerts(service)
        made = max((one.changed for one in found), default=service.mission.start)
        return text_answer(request, alerts_ics(_title(service, "Alerts"), found, made), media="text/calendar")

    @routes.get("/passes.ics", summary="Who looks at the watched places", responses=_told("text/calendar"))
    def passes(request: Request, secret: str) -> Response:
        _owner(service, secret)
        watch, start = watch_of(service), mission_now(service)
        seen = [(one.place, ahead(watch, one.place.id, start, _AHEAD_DAYS)) for one in watch.places[:_MOST_PLACES]]
        made = max((answer.start for _, answer in seen), default=start)
        text = looks_ics([(place, answer.looks) for place, answer in seen], made)
        return text_answer(request, text, media="text/calendar")

    return routes


def _alert_feeds(routes: APIRouter, service: Service) -> None:
    @routes.get("/alerts.atom", summary="News of alerts", responses=_told("application/atom+xml"))
    def alerts(request: Request, secret: str) -> Response:
        _owner(service, secret)
        base = base_of(request, service)
        text = atom_feed(
            _title(service, "Alerts"),
            _last_alerts(service),
            page_at=lambda one: f"{base}/watch/alerts/{quote(one.id)}/page",
            cap_at=lambda one: _cap_at(base, secret, one),
        )
        return text_answer(request, text, media="application/atom+xml")

    @routes.get("/alerts.cap", summary="An index of CAP 1.2 messages", responses=_told("application/atom+xml"))
    def index(request: Request, secret: str) -> Response:
        _owner(service, secret)
        base = base_of(request, service)
        text = atom_feed(
            _title(service, "CAP"), _last_alerts(service), page_at=lambda one: _cap_at(base, secret, one), kind=_CAP
        )
        return text_answer(request, text, media="application/atom+xml")

    @routes.get("/cap/{id}", summary="An alert as a CAP 1.2 message", responses=_told(_CAP))
    def cap(request: Request, secret: str, id: str) -> Response:
        _owner(service, secret)
        with service.db.reading() as connection:
            row = alert_row(connection, id)
        if row is None:
            raise Problem(404, "there is no such alert")
        return text_answer(request, cap_message(Alert.from_json(row), sender=watch_of(service).sender), media=_CAP)


def _told(media: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "the feed", "content": {media: {}}},
        304: {"description": "unchanged"},
        **problems(404),
    }


def _title(service: Service, what: str) -> str:
    return f"{'[SIMULATED] ' if service.simulated else ''}{what}: {service.mission.title}"


def _last_alerts(service: Service) -> list[Alert]:
    with service.db.reading() as connection:
        return [Alert.from_json(row) for _, row in alert_page(connection, most=_MOST)]


def _cap_at(base: str, secret: str, alert: Alert) -> str:
    return f"{base}/feeds/{secret}/cap/{quote(alert.id)}"


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
