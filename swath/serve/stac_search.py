"""The STAC API's searches: items of one collection, and of all of them, by address or by body."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import anyio
import anyio.to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from swath.serve.answers import GEOJSON, base_of, page_link, read_json, text_answer
from swath.serve.auth import Caller, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import LINK, answers, array, body, obj
from swath.serve.service import Service
from swath.serve.stac_question import SEARCH_BODY, Fields, chosen, question_of
from swath.store.features import BASE
from swath.store.items import collection_of
from swath.store.search import Page, find

__all__ = ["items_router", "router"]

_PARTS = obj(
    {"type": {"const": "FeatureCollection"}, "links": array(LINK), "features": array(obj({"id": "string"}))},
    {"numberReturned": "integer", "numberMatched": "integer"},
)
"""items may be asked for in part"""
T = TypeVar("T")
_SEARCHES = anyio.CapacityLimiter(2)
Limit = Annotated[int, Query(ge=1, le=2**31 - 1, description="Most items in one answer; 1000 at most are given")]
Words = Annotated[str | None, Query(max_length=100_000)]
_FOUND = {**answers(_PARTS, media=GEOJSON), **problems()}


def router(service: Service) -> APIRouter:
    """``/stac/search``."""
    routes = APIRouter(prefix="/stac", tags=["STAC API"])

    @routes.get("/search", summary="Search the archive", responses=_FOUND)
    async def search(
        request: Request,
        caller: Readers,
        bbox: Words = None,
        intersects: Words = None,
        datetime: Words = None,
        ids: Words = None,
        collections: Words = None,
        limit: Limit = 10,
        token: Words = None,
        query: Words = None,
        filter: Words = None,
        filter_lang: Annotated[str | None, Query(alias="filter-lang")] = None,
        filter_crs: Annotated[str | None, Query(alias="filter-crs")] = None,
        sortby: Words = None,
        fields: Words = None,
    ) -> Response:
        given = {**request.query_params, "limit": limit}
        return await _in_thread(_answer, service, request, caller, given, "/stac/search", posted=False)

    @routes.post(
        "/search", summary="Search the archive", responses={**_FOUND, **problems(415)}, openapi_extra=body(SEARCH_BODY)
    )
    async def posted(request: Request, caller: Readers) -> Response:
        given = await read_json(request)
        if not isinstance(given, Mapping):
            raise Problem(400, "the body is no object")
        return await _in_thread(_answer, service, request, caller, given, "/stac/search", posted=True)

    return routes


def items_router(service: Service) -> APIRouter:
    """The items of a collection."""
    routes = APIRouter(prefix="/stac", tags=["STAC API"])

    @routes.get(
        "/collections/{collection}/items", summary="Items of a collection", responses={**_FOUND, **problems(404)}
    )
    async def items(
        request: Request,
        caller: Readers,
        collection: str,
        bbox: Words = None,
        datetime: Words = None,
        limit: Limit = 10,
        token: Words = None,
        query: Words = None,
        filter: Words = None,
        filter_lang: Annotated[str | None, Query(alias="filter-lang")] = None,
        filter_crs: Annotated[str | None, Query(alias="filter-crs")] = None,
        sortby: Words = None,
        fields: Words = None,
    ) -> Response:
        await _in_thread(_need, service, collection)
        given: dict[str, Any] = {
            k: v for k, v in request.query_params.items() if k not in ("ids", "collections", "intersects")
        }
        given |= {"limit": limit, "collections": [collection]}
        here = f"/stac/collections/{quote(collection, safe='')}"
        return await _in_thread(_answer, service, request, caller, given, f"{here}/items", posted=False, parent=here)

    return routes


def _need(service: Service, collection: str) -> None:
    with service.db.reading() as connection:
        if collection_of(connection, collection) is None:
            raise Problem(404, "there is no such collection")


async def _in_thread(work: Callable[..., T], *args: Any, **more: Any) -> T:
    """Do it in a thread: few at a time, since more would only wait for each other's turn with the interpreter."""
    return await anyio.to_thread.run_sync(functools.partial(work, *args, **more), limiter=_SEARCHES)


def _answer(
    service: Service,
    request: Request,
    caller: Caller,
    given: Mapping[str, Any],
    path: str,
    *,
    posted: bool,
    parent: str = "",
) -> Response:
    question = question_of(given, viewer=caller.viewer, most=service.settings.limits.page, posted=posted)
    base = base_of(request, service)
    with service.db.reading() as connection:
        page = find(connection, question.asked)
    links: list[dict[str, Any]] = [
        {"rel": "root", "type": "application/json", "href": f"{base}/stac"},
        {"rel": "self", "type": GEOJSON, "href": _own(request, base, path)},
        *([{"rel": "collection", "type": "application/json", "href": base + parent}] if parent else []),
        *([{"rel": "parent", "type": "application/json", "href": base + parent}] if parent else []),
    ]
    if page.next and posted:
        links.append({"rel": "next", "type": GEOJSON, "method": "POST", "href": base + path})
        links[-1] |= {"body": {**given, "token": page.next}}
    elif page.next:
        links.append(page_link(base, path, {**_texts(request), "token": page.next}))
    whole = not page.next and not question.asked.after
    text = _collection(page, question.fields, links, matched=len(page.found) if whole else None)
    return text_answer(request, text.replace(BASE, base), media=GEOJSON)


def _texts(request: Request) -> dict[str, str]:
    return dict(request.query_params.items())


def _own(request: Request, base: str, path: str) -> str:
    return base + path + (f"?{request.url.query}" if request.url.query else "")


def _collection(page: Page, fields: Fields | None, links: list[Any], matched: int | None) -> str:
    """The answer's text: items are texts already, only those of which parts are wanted are taken apart."""
    if fields is None:
        features = ",".join(found.body for found in page.found)
    else:
        wanted = (chosen(json.loads(found.body), fields) for found in page.found)
        features = ",".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in wanted)
    counts = f'"numberMatched":{matched},' if matched is not None else ""
    told = json.dumps(links, ensure_ascii=False, separators=(",", ":"))
    counts += f'"numberReturned":{len(page.found)}'
    return f'{{"type":"FeatureCollection",{counts},"links":{told},"features":[{features}]}}'
