"""Places under watch and their alerts, for the console and for programs: what is known, the evidence, the verdict.

The mission folder's ``watch.toml`` says what is watched; without one there is nothing, and every list is empty.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from swath.errors import InputError
from swath.operate.alert_evidence import evidence_page
from swath.operate.watch_book import DatabaseBook
from swath.operate.watching import WATCH_FILE, judge_alert, read_watch
from swath.report.alert_feed import cap_message
from swath.serve.answers import base_of, json_answer, page_link, read_json, text_answer
from swath.serve.auth import Planners, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import LINK, answers, array, obj
from swath.serve.service import Service
from swath.store.watching import alert_page, alert_row, message_rows
from swath.time import format_utc
from swath.watch.outbox import MOST_ATTEMPTS
from swath.watch.records import Alert, WatchFile

__all__ = ["ALERT", "PAGE_POLICY", "router", "watch_of"]

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""an evidence page holds all that it shows and has no scripts"""
_WORDS = {"confirm": "confirmed", "dismiss": "dismissed"}
_WHY = 500
_VERDICT = obj(
    {"verdict": {"enum": list(_WORDS)}}, {"why": {"type": "string", "maxLength": _WHY}, "revision": "integer"}
)
"""``revision``: of which one it is said; where the alert has become another meanwhile, nothing is changed"""
ALERT = obj(
    {
        "id": "string", "place": "string", "kind": "string", "headline": "string", "before": "string",
        "after": "string", "noticed": "string", "geometry": "object", "area_m2": "object", "scenes": "object",
        "tests": array("object"), "false_alarms_per_1000_km2_year": "number", "limits": array("string"),
        "simulated": "boolean", "status": {"enum": ["open", "confirmed", "dismissed"]}, "revision": "integer",
        "revised": array("string"), "steps": array("object"), "answer": "string", "provenance": "object",
        "links": array(LINK),
    }
)  # fmt: skip
_ONE = obj({**ALERT["properties"], "verdicts": array("object"), "messages": array("object")})
_JUDGED = obj({"alert": ALERT, "place": "string", "false_alarms": "number", "rate": "number"})
_MOST = 100


def router(service: Service) -> APIRouter:
    """``/watch/alerts``."""
    routes = APIRouter(prefix="/watch/alerts", tags=["watch"])
    _read(routes, service)
    _pages(routes, service)
    _judged(routes, service)
    return routes


def _read(routes: APIRouter, service: Service) -> None:
    @routes.get(
        "",
        summary="Alerts, the last noticed first",
        responses={**answers(obj({"alerts": array(ALERT), "links": array(LINK)})), **problems()},
    )
    def many(
        request: Request,
        caller: Readers,
        place: Annotated[str, Query(max_length=200)] = "",
        status: Annotated[str, Query(max_length=20)] = "",
        limit: Annotated[int, Query(ge=1, le=_MOST)] = 20,
        next: Annotated[str, Query(max_length=300)] = "",
    ) -> Response:
        if status not in ("", "open", "confirmed", "dismissed"):
            raise Problem(400, "there is no such status", fix="Give open, confirmed or dismissed")
        with service.db.reading() as connection:
            found = alert_page(connection, place=place, status=status, before=_before(next), most=limit + 1)
        base, links = base_of(request, service), []
        if len(found) > limit:
            at_us, last = found[limit - 1]
            query = {"place": place or None, "status": status or None, "limit": limit, "next": f"{at_us}.{last['id']}"}
            links.append(page_link(base, "/watch/alerts", query, media="application/json"))
        told = [{**row, "links": _links(base, row["id"])} for _, row in found[:limit]]
        return json_answer(request, {"alerts": told, "links": links})

    @routes.get(
        "/{id}",
        summary="An alert with all that was said of it, and where its messages stand",
        responses={**answers(_ONE), **problems(404)},
    )
    def one(request: Request, caller: Readers, id: str) -> Response:
        told = _whole(service, _need(service, id))
        return json_answer(request, {**told, "links": _links(base_of(request, service), id)})


def _whole(service: Service, alert: Alert) -> dict[str, Any]:
    """An alert with what was said of it and where its messages stand."""
    said = [one for one in DatabaseBook(service.db).verdicts(alert.place) if one.alert == alert.id]
    with service.db.reading() as connection:
        sent = message_rows(connection, alert=alert.id)
    verdicts = [{**vars(one), "at": format_utc(one.at)} for one in said]
    return {**alert.to_json(), "verdicts": verdicts, "messages": [_message(row) for row in sent]}


def _message(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in ("target", "revision", "state", "attempts", "why")}
    return {**told, "most_attempts": MOST_ATTEMPTS}


def _pages(routes: APIRouter, service: Service) -> None:
    @routes.get(
        "/{id}/page",
        summary="An alert's evidence: one page with pictures, numbers, limits, and a form for the verdict",
        responses={
            200: {"description": "the page", "content": {"text/html": {}}},
            304: {"description": "you have it already"},
            **problems(404),
        },
    )
    def page(request: Request, caller: Readers, id: str, form: bool = True) -> Response:
        alert, watch = _need(service, id), watch_of(service)
        post_to = (
            (f"{base_of(request, service)}/watch/alerts/{id}/verdict" if caller.may("plan") else "") if form else None
        )
        text = evidence_page(watch, DatabaseBook(service.db), alert, post_to=post_to, name=WATCH_FILE)
        headers = {"content-security-policy": PAGE_POLICY}
        return text_answer(request, text, media="text/html; charset=utf-8", headers=headers)

    @routes.get(
        "/{id}/cap",
        summary="An alert as a CAP 1.2 message",
        responses={
            200: {"description": "the message", "content": {"application/cap+xml": {}}},
            304: {"description": "you have it already"},
            **problems(404),
        },
    )
    def cap(request: Request, caller: Readers, id: str) -> Response:
        alert, watch = _need(service, id), watch_of(service)
        return text_answer(request, cap_message(alert, sender=watch.sender), media="application/cap+xml")


def _judged(routes: APIRouter, service: Service) -> None:
    forms = {"application/json": {"schema": _VERDICT}, "application/x-www-form-urlencoded": {"schema": _VERDICT}}

    @routes.post(
        "/{id}/verdict",
        summary="Confirm or dismiss an alert; the place's thresholds follow",
        responses={
            **{status: told for status, told in answers(_JUDGED).items() if status != 304},
            303: {"description": "to the page again, from a form"},
            **problems(404, 409, 415),
        },
        openapi_extra={"requestBody": {"required": True, "content": forms}},
    )
    async def verdict(request: Request, caller: Planners, id: str) -> Response:
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower().endswith("form-urlencoded")
        given = _form(await request.body()) if form else await read_json(request)
        word, why = _said(given)
        wanted = given.get("revision")
        if wanted is not None and str(wanted) != str((now := _need(service, id)).revision):
            raise Problem(409, f"the alert is at revision {now.revision} meanwhile", fix="Look at it again")
        judged = await anyio.to_thread.run_sync(functools.partial(_judge, service, id, word, caller.person, why))
        if form:
            return RedirectResponse(f"{base_of(request, service)}/watch/alerts/{id}/page", status_code=303)
        links = {"links": _links(base_of(request, service), id)}
        return json_answer(request, {**judged, "alert": {**judged["alert"], **links}})


def _form(raw: bytes) -> dict[str, str]:
    try:
        found = parse_qs(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=10, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise Problem(400, "the body is no form") from error
    return {name: values[-1] for name, values in found.items()}


def _said(given: Any) -> tuple[str, str]:
    if not isinstance(given, dict) or not isinstance(given.get("verdict"), str) or given["verdict"] not in _WORDS:
        raise Problem(400, "there is no such verdict", fix="Send verdict = confirm or dismiss")
    why = given.get("why", "")
    if not isinstance(why, str) or len(why) > _WHY or "\0" in why:
        raise Problem(400, f"why is no text of at most {_WHY} letters")
    return _WORDS[given["verdict"]], why.strip()


def _judge(service: Service, id: str, word: str, who: str, why: str) -> dict[str, Any]:
    watch, book = watch_of(service), DatabaseBook(service.db)
    try:
        alert, place, rate = judge_alert(watch, book, id, word, _now(service), who=who, why=why)
    except InputError as error:
        raise Problem(409, error.what, fix=error.fix) from error
    told = {"place": alert.place, "false_alarms": place.false_alarms_per_unit, "rate": rate}
    return {"alert": alert.to_json(), **told}


def _now(service: Service) -> np.datetime64:
    at: np.datetime64 = np.datetime64(service.clock() * 1000, "ns")
    return at


def watch_of(service: Service) -> WatchFile:
    """What the mission's folder watches; nothing where it has no watch file."""
    path = service.folder / WATCH_FILE
    return read_watch(path) if path.is_file() else WatchFile(service.mission.title, ())


def _need(service: Service, id: str) -> Alert:
    with service.db.reading() as connection:
        row = alert_row(connection, id)
    if row is None:
        raise Problem(404, "there is no such alert")
    return Alert.from_json(row)


def _before(token: str) -> tuple[int, str] | None:
    """The last alert of the page before, from the token that was given with it."""
    if not token:
        return None
    at_us, _, id = token.partition(".")
    if not (at_us.isascii() and at_us.isdigit() and len(at_us) < 18 and id):
        raise Problem(400, "this is no token of a page", fix="Follow the link of the page before")
    return int(at_us), id


def _links(base: str, id: str) -> list[dict[str, str]]:
    here = f"{base}/watch/alerts/{id}"
    return [
        {"rel": "self", "type": "application/json", "href": here},
        {"rel": "alternate", "type": "text/html", "href": f"{here}/page"},
        {"rel": "alternate", "type": "application/cap+xml", "href": f"{here}/cap"},
    ]
