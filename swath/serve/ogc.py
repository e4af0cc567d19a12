"""OGC API Features (17-069r4): orders, places, passes, the plan and alerts, for maps and offices that speak it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from swath.serve.answers import GEOJSON, base_of, json_answer, page_link, text_answer
from swath.serve.auth import Caller, Readers
from swath.serve.problems import Problem, problems
from swath.serve.questions import box_of_text, interval_of, numbers_of
from swath.serve.schemas import FEATURE, FEATURES, LINK, answers, array, obj
from swath.serve.service import Service
from swath.store.features import BASE
from swath.store.filters import parse_filter
from swath.store.items import collection_of, collections
from swath.store.moments import moment_text
from swath.store.search import Asked, count, feature_of, find, sort_of

__all__ = ["CONFORMANCE", "collection_router", "item_router", "router"]

_OGC = "http://www.opengis.net/spec"
CONFORMANCE = (
    *(f"{_OGC}/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "geojson", "oas30")),
    *(f"{_OGC}/ogcapi-features-3/1.0/conf/{name}" for name in ("filter", "features-filter", "queryables")),
    *(f"{_OGC}/cql2/1.0/conf/{name}" for name in ("cql2-json", "cql2-text", "basic-cql2", "basic-spatial-functions")),
)
_OPENAPI = "application/vnd.oai.openapi+json;version=3.1"
_CRS = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_COLLECTION = obj({"id": "string", "title": "string", "links": array(LINK)})
_KNOWN = ("bbox", "datetime", "limit", "token", "filter", "filter-lang", "sortby")
_QUERYABLES: Mapping[str, Mapping[str, str]] = {
    "orders": {"status": "string", "offer": "string", "owner": "string", "reason_code": "string", "created": "string"},
    "places": {"name": "string", "kind": "string"},
    "passes": {"platform": "string", "station": "string", "rate_bit_s": "number", "volume_bit": "number"},
    "plans": {"platform": "string", "request": "string", "contact": "string", "value": "number", "p_clear": "number"},
    "alerts": {"status": "string", "kind": "string", "severity": "string"},
}
Words = Annotated[str | None, Query(max_length=100_000)]


def router(service: Service) -> APIRouter:
    """What there is, and how it may be asked for."""
    routes = APIRouter(prefix="/ogc", tags=["OGC API Features"])

    @routes.get("", summary="Features of the mission", responses={**answers(obj({"links": array(LINK)})), **problems()})
    def landing(request: Request, caller: Readers) -> Response:
        here = f"{base_of(request, service)}/ogc"
        kinds = {"self": "", "conformance": "/conformance", "data": "/collections"}
        links = [{"rel": rel, "type": "application/json", "href": here + path} for rel, path in kinds.items()]
        links.append({"rel": "service-desc", "type": _OPENAPI, "href": f"{base_of(request, service)}/stac/api"})
        told = {
            "title": service.mission.title,
            "description": "Orders, places, passes, plan and alerts",
            "links": links,
        }
        return json_answer(request, told)

    @routes.get("/conformance", summary="What it conforms to", responses={**answers(obj({})), **problems()})
    def conformance(request: Request, caller: Readers) -> Response:
        return json_answer(request, {"conformsTo": list(CONFORMANCE)})

    return routes


def collection_router(service: Service) -> APIRouter:
    """The collections."""
    routes = APIRouter(prefix="/ogc", tags=["OGC API Features"])

    @routes.get(
        "/collections",
        summary="Collections",
        responses={**answers(obj({"collections": array(_COLLECTION), "links": array(LINK)})), **problems()},
    )
    def many(request: Request, caller: Readers) -> Response:
        base = base_of(request, service)
        with service.db.reading() as connection:
            found = [_collection(base, one) for one in collections(connection, room="ogc")]
        links = [{"rel": "self", "type": "application/json", "href": f"{base}/ogc/collections"}]
        return json_answer(request, {"collections": found, "links": links})

    @routes.get(
        "/collections/{collection}", summary="A collection", responses={**answers(_COLLECTION), **problems(404)}
    )
    def one(request: Request, caller: Readers, collection: str) -> Response:
        return json_answer(request, _collection(base_of(request, service), _need(service, collection)))

    @routes.get(
        "/collections/{collection}/queryables",
        summary="What can be asked for",
        responses={**answers(obj({"$id": "string"}), media="application/schema+json"), **problems(404)},
    )
    def queryables(request: Request, caller: Readers, collection: str) -> Response:
        _need(service, collection)
        own = {name: {"type": kind} for name, kind in _QUERYABLES.get(collection, {}).items()}
        told = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$id": f"{base_of(request, service)}/ogc/collections/{collection}/queryables",
            "title": collection,
            "properties": {"geometry": {"$ref": "https://geojson.org/schema/Geometry.json"}, **own},
        }
        return json_answer(request, told, media="application/schema+json")

    return routes


def item_router(service: Service) -> APIRouter:
    """The features."""
    routes = APIRouter(prefix="/ogc/collections/{collection}/items", tags=["OGC API Features"])

    @routes.get("", summary="Features", responses={**answers(FEATURES, media=GEOJSON), **problems(404)})
    def items(
        request: Request,
        caller: Readers,
        collection: str,
        bbox: Words = None,
        datetime: Words = None,
        limit: Annotated[int, Query(ge=1, le=10000)] = 10,
        token: Words = None,
        filter: Words = None,
        filter_lang: Annotated[str | None, Query(alias="filter-lang")] = None,
        sortby: Words = None,
    ) -> Response:
        _need(service, collection)
        asked = _asked(service, request, caller, collection, limit)
        return _answer(service, request, asked, collection)

    @routes.get("/{id}", summary="A feature", responses={**answers(FEATURE, media=GEOJSON), **problems(404)})
    def item(request: Request, caller: Readers, collection: str, id: str) -> Response:
        with service.db.reading() as connection:
            found = feature_of(connection, "ogc", collection, id, viewer=caller.viewer)
        if found is None:
            raise Problem(404, "there is no such feature")
        document = json.loads(found.body)
        here = f"{BASE}/ogc/collections/{collection}"
        links = [
            {"rel": "self", "type": GEOJSON, "href": f"{here}/items/{id}"},
            {"rel": "collection", "type": "application/json", "href": here},
        ]
        text = json.dumps({**document, "links": [*links, *document.get("links", [])]}, ensure_ascii=False)
        return text_answer(request, text.replace(BASE, base_of(request, service)), media=GEOJSON, tag=found.tag)

    return routes


def _need(service: Service, id: str) -> dict[str, Any]:
    with service.db.reading() as connection:
        found = collection_of(connection, id, room="ogc")
    if found is None:
        raise Problem(404, "there is no such collection")
    return found


def _collection(base: str, body: Mapping[str, Any]) -> dict[str, Any]:
    here = f"{base}/ogc/collections/{body['id']}"
    return {
        **body,
        "itemType": "feature",
        "crs": [_CRS],
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]], "crs": _CRS}},
        "links": [
            {"rel": "self", "type": "application/json", "href": here},
            {"rel": "items", "type": GEOJSON, "href": f"{here}/items"},
            {"rel": "http://www.opengis.net/def/rel/ogc/1.0/queryables", "type": "application/schema+json"}
            | {"href": f"{here}/queryables"},
        ],
    }


def _asked(service: Service, request: Request, caller: Caller, collection: str, limit: int) -> Asked:
    """The question of an address. A parameter that is not known is refused, as the standard asks."""
    given = request.query_params
    own = _QUERYABLES.get(collection, {})
    strange = [name for name in given if name not in _KNOWN and name not in own]
    if strange:
        raise Problem(400, f"there is no parameter {strange[0][:40]!r}", fix=f"Known: {', '.join((*_KNOWN, *own))}")
    equal = [{"op": "=", "args": [{"property": n}, _value(given[n], own[n])]} for n in own if n in given]
    if given.get("filter"):
        equal.append(dict(parse_filter(given["filter"], given.get("filter-lang") or "cql2-text")))
    return Asked(
        room="ogc",
        collections=(collection,),
        box=box_of_text(given.get("bbox")),
        interval=interval_of(given.get("datetime")),
        where=None if not equal else equal[0] if len(equal) == 1 else {"op": "and", "args": equal},
        sort=sort_of(given["sortby"].replace(" ", "+")) if given.get("sortby") else (),
        limit=min(limit, service.settings.limits.page),
        after=given.get("token", ""),
        viewer=caller.viewer,
    )


def _value(text: str, kind: str) -> str | float:
    return numbers_of(text, "parameter")[0] if kind == "number" else text


def _answer(service: Service, request: Request, asked: Asked, collection: str) -> Response:
    base, path = base_of(request, service), f"/ogc/collections/{collection}/items"
    with service.db.reading() as connection:
        page, matched = find(connection, asked), count(connection, asked)
    query = f"?{request.url.query}" if request.url.query else ""
    links = [
        {"rel": "self", "type": GEOJSON, "href": base + path + query},
        {"rel": "collection", "type": "application/json", "href": f"{base}/ogc/collections/{collection}"},
    ]
    if page.next:
        links.append(page_link(base, path, {**dict(request.query_params), "token": page.next}))
    head = {"type": "FeatureCollection", "numberMatched": matched, "numberReturned": len(page.found)}
    head |= {"timeStamp": moment_text(service.clock() // 1_000_000 * 1_000_000), "links": links}
    text = json.dumps(head, ensure_ascii=False)[:-1] + f', "features": [{",".join(f.body for f in page.found)}]}}'
    return text_answer(request, text.replace(BASE, base), media=GEOJSON)
