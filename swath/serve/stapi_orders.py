"""STAPI's orders: place one, see what became of it, cancel it.

An order is looked at when it is placed: where no satellite could serve it, it is rejected at once with the reason and
the cheapest change that would help (``swath:help``); otherwise it is accepted, and the plan decides when.
"""

from __future__ import annotations

import functools
import json
import secrets
from dataclasses import replace
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from swath.operate.asking import Asking, chances_for, change_for
from swath.operate.offers import Offer
from swath.serve.answers import GEOJSON, base_of, page_link, read_json, text_answer
from swath.serve.auth import Caller, Orderers, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import FEATURE, FEATURES, answers, array, body, obj
from swath.serve.service import Service
from swath.serve.stapi import STAPI_VERSION, link, need_offer
from swath.serve.stapi_asked import Wanted, wanted_of
from swath.serve.stapi_opportunities import mission_now
from swath.store.database import Writing
from swath.store.features import BASE
from swath.store.moments import moment_text
from swath.store.orders_book import (
    OPEN,
    STATUS_CODES,
    Ordered,
    Status,
    count_placed,
    order_of,
    orders,
    place_order,
    set_status,
    statuses,
)
from swath.store.people import LIMITS
from swath.time import format_utc

__all__ = ["book_router", "order_feature", "router", "status_of"]

_DAY_US = 86_400_000_000
_PAYLOAD = obj(
    {"datetime": "string", "geometry": "object", "order_parameters": "object"}, {"filter": {"type": ["object", "null"]}}
)
_STATUSES = obj({"statuses": array(obj({"status_code": {"enum": list(STATUS_CODES)}, "timestamp": "string"}))})


def router(service: Service, asking: Asking) -> APIRouter:
    """Placing and cancelling."""
    routes = APIRouter(prefix="/stapi", tags=["STAPI"])

    @routes.post(
        "/products/{offer}/orders",
        status_code=201,
        summary="Order",
        responses={**answers(FEATURE, media=GEOJSON, status=201, description="ordered"), **problems(404, 415)},
        openapi_extra=body(_PAYLOAD),
    )
    async def order(request: Request, caller: Orderers, offer: str) -> Response:
        found, given = need_offer(offer), await read_json(request)
        answer: Response = await anyio.to_thread.run_sync(
            functools.partial(_place, service, asking, request, caller, found, given)
        )
        return answer

    @routes.post(
        "/orders/{id}/cancel",
        summary="Cancel an order (an extension of swath)",
        responses={**answers(FEATURE, media=GEOJSON), **problems(404, 409)},
    )
    def cancel(request: Request, caller: Orderers, id: str) -> Response:
        with service.db.writing(who=caller.person, why="cancelled", at_us=service.clock()) as write:
            found = order_of(write.connection, id, viewer=caller.viewer)
            if found is None:
                raise Problem(404, "there is no such order")
            if found.status.code not in OPEN:
                raise Problem(409, f"the order is {found.status.code}")
            code = "user_cancelled" if found.owner == caller.person else "cancelled"
            set_status(write, id, Status(code, write.at_us, None, f"by {caller.person}", who=caller.person))
            changed = order_of(write.connection, id)
        assert changed is not None
        return _text(service, request, order_feature(changed), GEOJSON)

    return routes


def book_router(service: Service) -> APIRouter:
    """Reading the book of orders."""
    routes = APIRouter(prefix="/stapi/orders", tags=["STAPI"])

    @routes.get("", summary="Orders", responses={**answers(FEATURES, media=GEOJSON), **problems()})
    def many(
        request: Request,
        caller: Readers,
        limit: int = Query(10, ge=1, le=100),
        next: str = Query("", max_length=500),
        status: str = Query("", max_length=200, description="Only these status codes, with commas"),
        product: str = Query("", max_length=50, description="Only of this product"),
    ) -> Response:
        codes = tuple(code for code in status.split(",") if code)
        if not set(codes) <= set(STATUS_CODES):
            raise Problem(400, "there is no such status", fix=f"Give some of {', '.join(STATUS_CODES)}")
        with service.db.reading() as connection:
            found, more = orders(
                connection, viewer=caller.viewer, offer=product or None, codes=codes, limit=limit, after=next
            )
        features = [order_feature(one) for one in found]
        links = [link("self", "/stapi/orders", GEOJSON)]
        if more:
            links.append(page_link(BASE, "/stapi/orders", {**request.query_params, "limit": limit, "next": more}))
        told = {"type": "FeatureCollection", "features": features, "links": links, "orders": features}
        return _text(service, request, told, GEOJSON)

    @routes.get("/{id}", summary="An order", responses={**answers(FEATURE, media=GEOJSON), **problems(404)})
    def one(request: Request, caller: Readers, id: str) -> Response:
        return _text(service, request, order_feature(_need(service, caller, id)), GEOJSON)

    @routes.get("/{id}/statuses", summary="What became of an order", responses={**answers(_STATUSES), **problems(404)})
    def history(request: Request, caller: Readers, id: str) -> Response:
        _need(service, caller, id)
        with service.db.reading() as connection:
            told = [status_of(status) for status in reversed(statuses(connection, id))]
        return _text(service, request, {"statuses": told, "links": [link("self", f"/stapi/orders/{id}/statuses")]})

    return routes


def _need(service: Service, caller: Caller, id: str) -> Ordered:
    with service.db.reading() as connection:
        found = order_of(connection, id, viewer=caller.viewer)
    if found is None:
        raise Problem(404, "there is no such order")
    return found


def _text(service: Service, request: Request, told: Any, media: str = "application/json", **more: Any) -> Response:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text_answer(request, text.replace(BASE, base_of(request, service)), media=media, **more)


def _place(service: Service, asking: Asking, request: Request, caller: Caller, offer: Offer, given: Any) -> Response:
    id = f"o-{secrets.token_hex(6)}"
    now = mission_now(service)
    wanted = wanted_of(given, offer, service.mission, id=id, now=now, owner=caller.person, exact=True)
    status, opportunity = _looked_at(service, asking, wanted)
    with service.db.writing(who=caller.person, why="ordered", at_us=service.clock()) as write:
        _check_quota(write, caller)
        placed = Ordered(
            id=id,
            offer=offer.id,
            owner=caller.person,
            created_us=write.at_us,
            geometry=wanted.geometry,
            asked=wanted.search_parameters,
            parameters=wanted.parameters,
            status=Status("received", write.at_us, who=caller.person),
            simulated=service.simulated,
        )
        place_order(write, placed)
        set_status(write, id, replace(status, at_us=write.at_us), opportunity=opportunity)
        found = order_of(write.connection, id)
    assert found is not None
    where = {"Location": f"{base_of(request, service)}/stapi/orders/{id}"}
    return _text(service, request, order_feature(found), GEOJSON, status=201, headers=where)


def _check_quota(write: Writing, caller: Caller) -> None:
    """:class:`Problem` 429 where the caller has ordered as much as they may."""
    lately, waiting = count_placed(write.connection, caller.person, write.at_us - _DAY_US)
    for name, number in (("orders_per_day", lately), ("open_orders", waiting)):
        most = caller.limits.get(name)
        if most is not None and number + 1 > most:
            what = LIMITS[name][1]
            raise Problem(429, f"{caller.person} may have {most:g} {what}", fix="Cancel one, or ask an admin for more")


def _looked_at(service: Service, asking: Asking, wanted: Wanted) -> tuple[Status, dict[str, Any]]:
    """Whether the fleet could serve it at all, and by which look at best."""
    chances = chances_for(asking, wanted.request, wanted.start, wanted.stop)
    now_us = service.clock()
    if chances.found.refusal is not None:
        refusal = chances.found.refusal
        help = change_for(asking, wanted.request, refusal, wanted.start, wanted.stop)
        reason = refusal.reason.partition(":")[0]
        return Status("rejected", now_us, reason, refusal.because, help), {}
    row = chances.found.chances.to_json()[0]
    number, down = len(chances.found.chances), chances.on_ground[0]
    passes = "1 pass" if number == 1 else f"{number} passes"
    text = f"{passes} could serve it, clear with {chances.found.clear_chance:.0%} in at least one; the plan decides"
    best = {
        "datetime": f"{row['start']}/{row['stop']}",
        "platform": row["satellite"],
        "view:off_nadir": round(row["off_nadir_deg"], 3),
        "view:sun_elevation": round(row["sun_elevation_deg"], 3),
        "gsd": round(row["gsd_m"], 3),
        "swath:p_clear": round(row["p_clear"], 4),
        **({} if down is None else {"swath:on_ground": format_utc(down)}),
    }
    return Status("accepted", now_us, None, text), best


def status_of(status: Status) -> dict[str, Any]:
    """A status as STAPI tells it; ``swath:help`` is the cheapest change that would get the order in."""
    told: dict[str, Any] = {"timestamp": moment_text(status.at_us), "status_code": status.code}
    told |= {} if status.reason_code is None else {"reason_code": status.reason_code}
    told |= {} if status.reason_text is None else {"reason_text": status.reason_text}
    told |= {} if status.help is None else {"swath:help": dict(status.help)}
    return {**told, "links": []}


def order_feature(order: Ordered) -> dict[str, Any]:
    """An order as STAPI tells it."""
    here = f"/stapi/orders/{order.id}"
    return {
        "type": "Feature",
        "stapi_type": "Order",
        "stapi_version": STAPI_VERSION,
        "id": order.id,
        "geometry": dict(order.geometry),
        "properties": {
            "product_id": order.offer,
            "created": moment_text(order.created_us),
            "status": status_of(order.status),
            "search_parameters": dict(order.asked),
            "opportunity_properties": dict(order.opportunity),
            "order_parameters": dict(order.parameters),
            "swath:owner": order.owner,
            "swath:simulated": order.simulated,
        },
        "request": {**order.asked, "product_id": order.offer, "order_parameters": dict(order.parameters)},
        "links": [link("self", here, GEOJSON), link("monitor", f"{here}/statuses")],
    }
