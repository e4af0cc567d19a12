"""STAPI: what can be ordered, and when could it be? Root, products, queryables, opportunities at once and later.

Where STAPI's text and its reference code differ, this follows the code (``stapi-pydantic`` reads every answer in
``tests/authorities/test_stapi.py``) and adds the text's fields: ``stapi_type`` and ``stapi_version`` of opportunities,
``request`` of orders, ``orders`` beside ``features``. STAPI's "Product" is called an offer inside.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from swath.operate.offers import OFFERS, Offer, offer_of
from swath.serve.answers import base_of, json_answer
from swath.serve.auth import Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import LINK, answers, array, obj
from swath.serve.service import Service
from swath.serve.stapi_asked import Parameters
from swath.store.features import BASE

__all__ = ["STAPI_VERSION", "link", "need_offer", "offer_router", "router"]

STAPI_VERSION = "0.1.0"
_HOST = "https://stapi.example.com/v0.1.0"
_ROOT = tuple(f"{_HOST}/{name}" for name in ("core", "order-statuses", "searches-opportunity"))
_ROOT += (f"{_HOST}/searches-opportunity-statuses",)
_PRODUCT = tuple(f"{_HOST}/{name}" for name in ("opportunities", "opportunities-async"))
_PRODUCT += tuple(f"https://geojson.org/schema/{name}.json" for name in ("Point", "Polygon"))
_OFFER = obj({"type": {"const": "Collection"}, "id": "string", "links": array(LINK), "conformsTo": array("string")})

_QUERYABLES: dict[str, Any] = {
    "view:off_nadir": {"title": "Off-nadir angle (deg)", "type": "number", "minimum": 0, "maximum": 60},
    "view:sun_elevation": {"title": "Sun elevation (deg)", "type": "number", "minimum": -90, "maximum": 90},
    "gsd": {"title": "Ground sample distance (m)", "type": "number", "exclusiveMinimum": 0},
    "swath:p_clear": {"title": "Chance of a clear sky", "type": "number", "minimum": 0, "maximum": 1},
    "platform": {"title": "Satellite", "type": "string"},
}


def link(rel: str, path: str, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    """A link within the service; its address is put in when it is served."""
    return {"rel": rel, "href": f"{BASE}{path}", "type": kind, **more}


def need_offer(id: str) -> Offer:
    """The offer of an id. :class:`Problem` 404 where there is none."""
    found = offer_of(id)
    if found is None:
        raise Problem(404, "there is no such product", fix="See /stapi/products")
    return found


def router(service: Service) -> APIRouter:
    """What is on offer: everything of STAPI but opportunities and orders."""
    routes = APIRouter(prefix="/stapi", tags=["STAPI"])

    @routes.get(
        "", summary="What can be ordered here", responses={**answers(obj({"links": array(LINK)})), **problems()}
    )
    def root(request: Request, caller: Readers) -> Response:
        return _answer(service, request, _root(service))

    @routes.get("/conformance", summary="What it conforms to", responses={**answers(obj({})), **problems()})
    def conformance(request: Request, caller: Readers) -> Response:
        return json_answer(request, {"conformsTo": [*_ROOT, *_PRODUCT]})

    @routes.get(
        "/products",
        summary="The products",
        responses={**answers(obj({"products": array(_OFFER), "links": array(LINK)})), **problems()},
    )
    def products(
        request: Request, caller: Readers, limit: int = Query(10, ge=1, le=100), next: str = Query("", max_length=20)
    ) -> Response:
        first = int(next) if next.isascii() and next.isdigit() else -1 if next else 0
        if first < 0 or first > len(OFFERS):
            raise Problem(400, "this is no token of a next page")
        page = OFFERS[first : first + limit]
        links = [link("self", "/stapi/products")]
        if first + limit < len(OFFERS):
            links.append(link("next", f"/stapi/products?limit={limit}&next={first + limit}"))
        told = {"type": "ProductCollection", "products": [_product(service, offer) for offer in page], "links": links}
        return _answer(service, request, told)

    return routes


def offer_router(service: Service) -> APIRouter:
    """One product: what it is, what it can be asked, what an order must say."""
    routes = APIRouter(prefix="/stapi/products/{offer}", tags=["STAPI"])
    schema = {"description": "JSON schema", "content": {"application/json": {"schema": obj({})}}}

    @routes.get("", summary="A product", responses={**answers(_OFFER), **problems(404)})
    def product(request: Request, caller: Readers, offer: str) -> Response:
        return _answer(service, request, _product(service, need_offer(offer)))

    @routes.get("/conformance", summary="What a product conforms to", responses={**answers(obj({})), **problems(404)})
    def conformance(request: Request, caller: Readers, offer: str) -> Response:
        need_offer(offer)
        return json_answer(request, {"conformsTo": list(_PRODUCT)})

    @routes.get("/queryables", summary="What a filter may hold", responses={200: schema, 304: schema, **problems(404)})
    def queryables(request: Request, caller: Readers, offer: str) -> Response:
        found = need_offer(offer)
        return json_answer(
            request,
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "$id": f"{base_of(request, service)}/stapi/products/{found.id}/queryables",
                "title": f"What {found.title.lower()} can be asked for",
                "properties": _QUERYABLES,
            },
        )

    @routes.get(
        "/order-parameters", summary="What an order says", responses={200: schema, 304: schema, **problems(404)}
    )
    def parameters(request: Request, caller: Readers, offer: str) -> Response:
        need_offer(offer)
        return json_answer(request, Parameters.model_json_schema())

    return routes


def _answer(service: Service, request: Request, told: Any) -> Response:
    import json

    from swath.serve.answers import text_answer

    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return text_answer(request, text.replace(BASE, base_of(request, service)), media="application/json")


def _root(service: Service) -> dict[str, Any]:
    notice = " Simulated." if service.simulated else ""
    return {
        "id": service.mission.name,
        "title": service.mission.title,
        "conformsTo": [*_ROOT, *_PRODUCT],
        "description": f"Pictures and what is made of them, by the satellites of {service.mission.title}.{notice}",
        "links": [
            *(link("self", "/stapi"), link("conformance", "/stapi/conformance")),
            link("service-desc", "/stac/api", "application/vnd.oai.openapi+json;version=3.1"),
            *(link("products", "/stapi/products"), link("orders", "/stapi/orders", "application/geo+json")),
            link("opportunity-search-records", "/stapi/searches/opportunities"),
        ],
    }


def _product(service: Service, offer: Offer) -> dict[str, Any]:
    here = f"/stapi/products/{offer.id}"
    return {
        "type": "Collection",
        "stapi_type": "Product",
        "stapi_version": STAPI_VERSION,
        "conformsTo": list(_PRODUCT),
        "id": offer.id,
        "title": offer.title,
        "description": offer.description,
        "keywords": list(offer.keywords),
        "license": "other",
        "providers": [{"name": service.mission.title, "roles": ["producer", "host"], "url": f"{BASE}/"}],
        "links": [
            *(link("self", here), link("conformance", f"{here}/conformance")),
            *(link("queryables", f"{here}/queryables"), link("order-parameters", f"{here}/order-parameters")),
            link("opportunities", f"{here}/opportunities", "application/geo+json", method="POST"),
            link("create-order", f"{here}/orders", "application/geo+json", method="POST"),
        ],
    }
