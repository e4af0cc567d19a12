"""The STAC API: what is in the archive, and where does it lie? Core, collections, items, children, queryables.

Items are kept as they are served (``store/items.py``): an answer is put together from their texts, and nothing is
parsed on the way. Conformance is held by ``stac-api-validator`` in ``tests/authorities/test_stac_api.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from swath.serve.answers import GEOJSON, base_of, json_answer, text_answer
from swath.serve.auth import Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import FEATURE, LINK, answers, array, obj
from swath.serve.service import Service
from swath.store.features import BASE
from swath.store.items import STAC_VERSION, collection_of, collections
from swath.store.search import feature_of

__all__ = ["CONFORMANCE", "collection_answer", "item_router", "router"]

_V1 = "https://api.stacspec.org/v1.0.0"
_OGC = "http://www.opengis.net/spec"
CONFORMANCE = (
    *(f"{_V1}/{name}" for name in ("core", "collections", "ogcapi-features", "item-search", "browseable")),
    *(f"{_V1}/{where}#{what}" for where in ("item-search", "ogcapi-features") for what in ("sort", "fields", "query")),
    *(f"https://api.stacspec.org/v1.0.0-rc.2/{name}" for name in ("children", "item-search#filter")),
    f"{_V1}/item-search#filter",
    f"{_V1}/ogcapi-features/extensions/transaction",
    *(f"{_OGC}/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "geojson", "oas30")),
    *(f"{_OGC}/ogcapi-features-3/1.0/conf/{name}" for name in ("filter", "features-filter", "queryables")),
    *(
        f"{_OGC}/cql2/1.0/conf/{name}"
        for name in ("cql2-json", "cql2-text", "basic-cql2", "case-insensitive-comparison")
    ),
    *(f"{_OGC}/cql2/1.0/conf/{name}" for name in ("advanced-comparison-operators", "basic-spatial-functions")),
    *(f"{_OGC}/cql2/1.0/conf/{name}" for name in ("spatial-functions", "temporal-functions", "property-property")),
)
_OPENAPI = "application/vnd.oai.openapi+json;version=3.1"
_CATALOG = obj({"type": {"const": "Catalog"}, "id": "string", "links": array(LINK), "conformsTo": array("string")})
_COLLECTION = obj({"type": {"const": "Collection"}, "id": "string", "links": array(LINK), "license": "string"})
_QUERYABLES: Mapping[str, Any] = {
    "id": {"title": "Id", "type": "string"},
    "collection": {"title": "Collection", "type": "string"},
    "geometry": {"title": "Outline", "$ref": "https://geojson.org/schema/Geometry.json"},
    "datetime": {"title": "Time", "type": "string", "format": "date-time"},
    "start_datetime": {"title": "Start", "type": "string", "format": "date-time"},
    "end_datetime": {"title": "End", "type": "string", "format": "date-time"},
    "created": {"title": "Made", "type": "string", "format": "date-time"},
    "platform": {"title": "Satellite", "type": "string"},
    "gsd": {"title": "Ground sample distance (m)", "type": "number"},
    "eo:cloud_cover": {"title": "Cloud cover (%)", "type": "number", "minimum": 0, "maximum": 100},
    "view:off_nadir": {"title": "Off-nadir angle (deg)", "type": "number"},
    "view:sun_elevation": {"title": "Sun elevation (deg)", "type": "number"},
    "swath:request": {"title": "Order", "type": "string"},
    "swath:kind": {"title": "Kind of product", "type": "string"},
    "swath:simulated": {"title": "Simulated", "type": "boolean"},
}


def router(service: Service) -> APIRouter:
    """The catalogue: everything under ``/stac`` but searches and changes."""
    routes = APIRouter(prefix="/stac", tags=["STAC API"])

    @routes.get("", summary="The archive", responses={**answers(_CATALOG), **problems()})
    def landing(request: Request, caller: Readers) -> Response:
        return json_answer(request, _landing(service, base_of(request, service)))

    @routes.get("/conformance", summary="What it conforms to", responses={**answers(obj({})), **problems()})
    def conformance(request: Request, caller: Readers) -> Response:
        return json_answer(request, {"conformsTo": list(CONFORMANCE)})

    @routes.get(
        "/children", summary="Its parts", responses={**answers(obj({"children": array(_COLLECTION)})), **problems()}
    )
    def children(request: Request, caller: Readers) -> Response:
        base = base_of(request, service)
        links = [_link("self", f"{base}/stac/children"), _link("root", f"{base}/stac")]
        with service.db.reading() as connection:
            found = [collection_answer(base, one) for one in collections(connection)]
        return json_answer(request, {"children": found, "links": links})

    @routes.get(
        "/collections",
        summary="Its collections",
        responses={**answers(obj({"collections": array(_COLLECTION), "links": array(LINK)})), **problems()},
    )
    def all_collections(request: Request, caller: Readers) -> Response:
        base = base_of(request, service)
        links = [_link("self", f"{base}/stac/collections"), _link("root", f"{base}/stac")]
        with service.db.reading() as connection:
            found = [collection_answer(base, one) for one in collections(connection)]
        return json_answer(request, {"collections": found, "links": links})

    @routes.get(
        "/collections/{collection}", summary="One collection", responses={**answers(_COLLECTION), **problems(404)}
    )
    def one_collection(request: Request, caller: Readers, collection: str) -> Response:
        return json_answer(request, collection_answer(base_of(request, service), _need(service, collection)))

    return routes


def item_router(service: Service) -> APIRouter:
    """Single items, queryables and the description of the interface."""
    routes = APIRouter(prefix="/stac", tags=["STAC API"])

    @routes.get(
        "/collections/{collection}/items/{id}",
        summary="One item",
        responses={**answers(FEATURE, media=GEOJSON), **problems(404)},
    )
    def item(request: Request, caller: Readers, collection: str, id: str) -> Response:
        with service.db.reading() as connection:
            found = feature_of(connection, "stac", collection, id, viewer=caller.viewer)
        if found is None:
            raise Problem(404, "there is no such item")
        return text_answer(request, found.body.replace(BASE, base_of(request, service)), media=GEOJSON, tag=found.tag)

    schema = {"description": "JSON schema", "content": {"application/schema+json": {"schema": obj({"$id": "string"})}}}

    @routes.get("/queryables", summary="What can be asked for", responses={200: schema, 304: schema, **problems()})
    def queryables(request: Request, caller: Readers) -> Response:
        return _queryables(request, f"{base_of(request, service)}/stac/queryables")

    @routes.get(
        "/collections/{collection}/queryables",
        summary="What can be asked of a collection",
        responses={200: schema, 304: schema, **problems(404)},
    )
    def own_queryables(request: Request, caller: Readers, collection: str) -> Response:
        _need(service, collection)
        here = f"{base_of(request, service)}/stac/collections/{quote(collection, safe='')}/queryables"
        return _queryables(request, here)

    @routes.get("/api", include_in_schema=False)
    def api(request: Request, caller: Readers) -> Response:
        return json_answer(request, request.app.openapi(), media=_OPENAPI)

    @routes.get("/api.html", include_in_schema=False)
    def described(request: Request, caller: Readers) -> Response:
        return HTMLResponse(_DESCRIBED)

    return routes


_DESCRIBED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>STAC API of swath</title>
<h1>STAC API</h1><p>Search with GET or POST at <code>/stac/search</code>: <code>bbox</code>, <code>intersects</code>,
<code>datetime</code>, <code>ids</code>, <code>collections</code>, <code>limit</code>, <code>query</code>,
<code>filter</code> (CQL2 text or JSON), <code>sortby</code>, <code>fields</code>.</p>
<p>All operations: <a href="/openapi.json">OpenAPI</a>. Collections: <a href="/stac/collections">JSON</a>.</p></html>
"""


def _need(service: Service, id: str) -> dict[str, Any]:
    with service.db.reading() as connection:
        found = collection_of(connection, id)
    if found is None:
        raise Problem(404, "there is no such collection")
    return found


def _link(rel: str, href: str, kind: str = "application/json", **more: str) -> dict[str, Any]:
    return {"rel": rel, "type": kind, "href": href, **more}


def collection_answer(base: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A collection with the service's links."""
    here = f"{base}/stac/collections/{quote(body['id'], safe='')}"
    links = [
        _link("self", here),
        _link("root", f"{base}/stac"),
        _link("parent", f"{base}/stac"),
        _link("items", f"{here}/items", GEOJSON),
        _link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{here}/queryables", "application/schema+json"),
    ]
    return {**body, "links": [*links, *body.get("links", [])]}


def _landing(service: Service, base: str) -> dict[str, Any]:
    with service.db.reading() as connection:
        found = collections(connection)
    here = f"{base}/stac"
    children = [
        _link("child", f"{here}/collections/{quote(c['id'], safe='')}", title=c.get("title", c["id"])) for c in found
    ]
    notice = " Simulated: nothing here was observed." if service.simulated else ""
    return {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": service.mission.name,
        "title": service.mission.title,
        "description": f"The archive of {service.mission.title}.{notice}",
        "conformsTo": list(CONFORMANCE),
        "links": [
            *(_link("self", here), _link("root", here), _link("conformance", f"{here}/conformance")),
            *(_link("service-desc", f"{here}/api", _OPENAPI), _link("service-doc", f"{here}/api.html", "text/html")),
            *(_link("data", f"{here}/collections"), _link("children", f"{here}/children")),
            *(_link("search", f"{here}/search", GEOJSON, method=method) for method in ("GET", "POST")),
            _link("http://www.opengis.net/def/rel/ogc/1.0/queryables", f"{here}/queryables", "application/schema+json"),
            *children,
        ],
    }


def _queryables(request: Request, here: str) -> Response:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": here,
        "type": "object",
        "title": "What items can be searched by",
        "properties": dict(_QUERYABLES),
        "additionalProperties": True,
    }
    return json_answer(request, schema, media="application/schema+json")
