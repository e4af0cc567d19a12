"""STAPI's opportunities: when could it be taken? Answered at once, or later for whoever prefers that."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Mapping
from typing import Any

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from swath.errors import SwathError
from swath.operate.asking import Asking, chances_for
from swath.operate.loop.work import Commit, Duty, Shift, Told
from swath.operate.offers import Offer, offer_of
from swath.serve.answers import GEOJSON, base_of, read_json, text_answer
from swath.serve.auth import Caller, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import FEATURES, LINK, answers, array, body, obj
from swath.serve.service import Service
from swath.serve.stapi import STAPI_VERSION, link, need_offer
from swath.serve.stapi_asked import Wanted, fits, wanted_of
from swath.store.database import Writing
from swath.store.features import BASE
from swath.store.jobs import Job
from swath.store.moments import moment_text
from swath.store.searches import Search, answer_search, make_search, search_of, searches
from swath.time import format_utc

__all__ = ["PAYLOAD", "answering", "mission_now", "opportunities_of", "record_router", "router"]

_MOST_PAGE = 100
PAYLOAD = obj(
    {"datetime": "string", "geometry": "object"},
    {"filter": "object", "limit": {"type": "integer", "minimum": 1, "maximum": _MOST_PAGE}, "next": "string"},
)
_RECORD = obj({"id": "string", "product_id": "string", "status": "object", "links": array(LINK)})
_PREFER = Header(None, max_length=100, description="respond-async: answer later")


def router(service: Service, asking: Asking) -> APIRouter:
    """Searches for opportunities, and their records."""
    routes = APIRouter(prefix="/stapi", tags=["STAPI"])

    @routes.post(
        "/products/{offer}/opportunities",
        summary="When could it be taken?",
        responses={
            **answers(FEATURES, media=GEOJSON),
            201: {"description": "answered later", "content": {"application/json": {"schema": _RECORD}}},
            **problems(404, 415),
        },
        openapi_extra=body(PAYLOAD),
    )
    async def search(request: Request, caller: Readers, offer: str, prefer: str | None = _PREFER) -> Response:
        found, given = need_offer(offer), await read_json(request)
        work = _later if prefer and "respond-async" in prefer else _at_once
        answer: Response = await anyio.to_thread.run_sync(
            functools.partial(work, service, asking, request, caller, found, given)
        )
        return answer

    @routes.get(
        "/products/{offer}/opportunities/{id}",
        summary="The answer of a search",
        responses={**answers(FEATURES, media=GEOJSON), **problems(404)},
    )
    def answered(request: Request, caller: Readers, offer: str, id: str) -> Response:
        need_offer(offer)
        found = _need(service, caller, id)
        if found.offer != offer or found.found is None:
            raise Problem(404, "this search has no answer (yet)", fix="See its record")
        return _text(service, request, found.found, GEOJSON)

    return routes


def record_router(service: Service) -> APIRouter:
    """The records of searches that are answered later."""
    routes = APIRouter(prefix="/stapi/searches/opportunities", tags=["STAPI"])
    many = obj({"search_records": array(_RECORD), "links": array(LINK)})

    @routes.get("", summary="Searches that were answered later", responses={**answers(many), **problems()})
    def records(
        request: Request,
        caller: Readers,
        limit: int = Query(10, ge=1, le=_MOST_PAGE),
        next: str = Query("", max_length=200),
    ) -> Response:
        with service.db.reading() as connection:
            found, more = searches(connection, viewer=caller.viewer, limit=limit, after=next)
        here = "/stapi/searches/opportunities"
        links = [link("self", here)]
        links += [link("next", f"{here}?limit={limit}&next={more}")] if more else []
        return _text(service, request, {"search_records": [_record(one) for one in found], "links": links})

    @routes.get("/{id}", summary="The record of a search", responses={**answers(_RECORD), **problems(404)})
    def record(request: Request, caller: Readers, id: str) -> Response:
        return _text(service, request, _record(_need(service, caller, id)))

    @routes.get(
        "/{id}/statuses",
        summary="What became of a search",
        responses={**answers(obj({"statuses": array("object")})), **problems(404)},
    )
    def statuses(request: Request, caller: Readers, id: str) -> Response:
        here = link("self", f"/stapi/searches/opportunities/{id}/statuses")
        status = _record(_need(service, caller, id))["status"]
        return _text(service, request, {"statuses": [status], "links": [here]})

    return routes


def mission_now(service: Service) -> np.datetime64:
    """The mission's now: the clock's, or its start where its days are over: it is being looked at again."""
    now = np.datetime64(service.clock(), "us").astype("datetime64[ns]")
    return now if now <= service.mission.stop else service.mission.start


def _need(service: Service, caller: Caller, id: str) -> Search:
    with service.db.reading() as connection:
        found = search_of(connection, id, viewer=caller.viewer)
    if found is None:
        raise Problem(404, "there is no such search")
    return found


def _text(service: Service, request: Request, told: Any, media: str = "application/json", **more: Any) -> Response:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text_answer(request, text.replace(BASE, base_of(request, service)), media=media, **more)


def _wanted(service: Service, caller: Caller, offer: Offer, given: Any) -> Wanted:
    now = mission_now(service)
    return wanted_of(given, offer, service.mission, id="new", now=now, owner=caller.person, exact=False)


def answering(service: Service, asking: Asking) -> Duty:
    """The duty that answers searches which were put off."""

    def answer(shift: Shift, job: Job, told: Told) -> Commit:
        id = str(job.asked["search"])
        with service.db.reading() as connection:
            search = search_of(connection, id)
        offer = None if search is None else offer_of(search.offer)
        found: dict[str, Any] | None = None
        because = "there is no such search"
        if search is not None and offer is not None:
            asked, now = search.asked, mission_now(service)
            try:
                wanted = wanted_of(asked, offer, service.mission, id="new", now=now, owner=search.owner, exact=False)
                found, because = opportunities_of(asking, wanted, offer, simulated=service.simulated), ""
            except SwathError as error:
                because = str(error)

        def commit(write: Writing) -> Mapping[str, Any]:
            answer_search(write, id, found, because=because)
            return {}

        return commit

    return answer


def _at_once(service: Service, asking: Asking, request: Request, caller: Caller, offer: Offer, given: Any) -> Response:
    wanted = _wanted(service, caller, offer, given)
    limit, next = given.get("limit", 10), given.get("next") or "0"
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise Problem(400, "limit is not a number from 1 on")
    if not isinstance(next, str) or not next.isascii() or not next.isdigit() or len(next) > 9:
        raise Problem(400, "this is no token of a next page")
    limit, first = min(limit, _MOST_PAGE), int(next)
    whole = opportunities_of(asking, wanted, offer, simulated=service.simulated)
    page = whole["features"][first : first + limit]
    links = [link("create-order", f"/stapi/products/{offer.id}/orders", GEOJSON, method="POST")]
    if first + limit < len(whole["features"]):
        links.append(
            link("next", f"/stapi/products/{offer.id}/opportunities", GEOJSON, method="POST")
            | {"body": {**given, "limit": limit, "next": str(first + limit)}}
        )
    return _text(service, request, {**whole, "features": page, "links": links}, GEOJSON)


def _later(service: Service, asking: Asking, request: Request, caller: Caller, offer: Offer, given: Any) -> Response:
    wanted = _wanted(service, caller, offer, given)
    id = f"s-{secrets.token_hex(8)}"
    asked = {**wanted.search_parameters, "limit": 10, "next": None}
    with service.db.writing(who=caller.person, why="asked to be answered later", at_us=service.clock()) as write:
        made = make_search(write, id, offer=offer.id, owner=caller.person, asked=asked)
    where = {"Location": f"{base_of(request, service)}/stapi/searches/opportunities/{id}"}
    where["Preference-Applied"] = "respond-async"
    return _text(service, request, _record(made), status=201, headers=where)


def _record(found: Search) -> dict[str, Any]:
    here = f"/stapi/searches/opportunities/{found.id}"
    links = [link("self", here), link("monitor", f"{here}/statuses")]
    if found.found is not None:
        links.append(link("opportunities", f"/stapi/products/{found.offer}/opportunities/{found.id}", GEOJSON))
    status = {"timestamp": moment_text(found.state_us), "status_code": found.state, "links": []}
    status |= {"reason_text": found.because} if found.because else {}
    return {
        "id": found.id,
        "product_id": found.offer,
        "opportunity_request": dict(found.asked),
        "status": status,
        "links": links,
    }


def opportunities_of(asking: Asking, wanted: Wanted, offer: Offer, *, simulated: bool) -> dict[str, Any]:
    """Every opportunity of a request as a STAPI collection, best first; where there is none, why."""
    chances = chances_for(asking, wanted.request, wanted.start, wanted.stop)
    rows = chances.found.chances.to_json()
    features = []
    for row, down in zip(rows, chances.on_ground, strict=True):
        properties: dict[str, Any] = {
            "datetime": f"{row['start']}/{row['stop']}",
            "product_id": offer.id,
            "platform": row["satellite"],
            "view:off_nadir": round(row["off_nadir_deg"], 3),
            "view:sun_elevation": round(row["sun_elevation_deg"], 3),
            "gsd": round(row["gsd_m"], 3),
            "swath:p_clear": round(row["p_clear"], 4),
            "swath:value": round(row["value"], 6),
            "swath:on_ground": None if down is None else format_utc(down),
            "swath:simulated": simulated,
        }
        if fits(wanted.filter, properties):
            features.append(_feature(wanted.geometry, properties, f"{row['satellite']}/{row['start']}"))
    refusal = chances.found.refusal
    why = {} if features else {"swath:because": "no pass fits the filter" if refusal is None else refusal.because}
    clear = round(chances.found.clear_chance, 4)
    return {"type": "FeatureCollection", "features": features, "links": [], "swath:clear_chance": clear, **why}


def _feature(geometry: Mapping[str, Any], properties: dict[str, Any], id: str) -> dict[str, Any]:
    told = {"type": "Feature", "id": id, "stapi_type": "Opportunity", "stapi_version": STAPI_VERSION}
    return {**told, "geometry": dict(geometry), "properties": properties, "links": []}
