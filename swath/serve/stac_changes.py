"""The STAC API's transactions: planners put items and collections in, change them and take them out.

A change may say which state it is of (``If-Match`` with the item's tag): where that is another one meanwhile, nothing
is changed (412). Files are not sent this way: an item's assets are addresses of other places, or those it had already.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import anyio.to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from swath.serve.answers import GEOJSON, base_of, check_match, json_answer, read_json, text_answer
from swath.serve.auth import Caller, Planners
from swath.serve.problems import Problem, problems
from swath.serve.schemas import FEATURE, answers, body, obj
from swath.serve.service import Service
from swath.serve.stac import collection_answer
from swath.store.database import Writing
from swath.store.features import BASE, remove_collection
from swath.store.items import File, Item, collection_of, files_of, put_items, put_stac_collection, remove_items
from swath.store.search import Asked, Found, feature_of, find

__all__ = ["collection_router", "router"]

_ITEM = obj({"type": {"enum": ["Feature"]}, "id": "string", "properties": "object", "assets": "object"})
_MADE = {**answers(FEATURE, media=GEOJSON, status=201, description="made"), **problems(404, 409, 415)}
_CHANGED: dict[int | str, dict[str, Any]] = {204: {"description": "changed"}, **problems(404, 409, 412, 415)}
_GONE: dict[int | str, dict[str, Any]] = {204: {"description": "gone"}, **problems(404, 409, 412)}


def router(service: Service) -> APIRouter:
    """Changes of items."""
    routes = APIRouter(prefix="/stac/collections", tags=["STAC API"])

    @routes.post(
        "/{collection}/items", status_code=201, summary="Put an item in", responses=_MADE, openapi_extra=body(_ITEM)
    )
    async def add(request: Request, caller: Planners, collection: str) -> Response:
        item = _object(await read_json(request))
        return await _run(_add, service, request, caller, collection, item)

    @routes.put(
        "/{collection}/items/{id}",
        status_code=204,
        summary="Replace an item",
        responses=_CHANGED,
        openapi_extra=body(_ITEM),
    )
    async def replace(request: Request, caller: Planners, collection: str, id: str) -> Response:
        item = _object(await read_json(request))
        return await _run(_replace, service, request, caller, collection, id, lambda old: item)

    @routes.patch(
        "/{collection}/items/{id}",
        status_code=204,
        summary="Change parts of an item",
        responses=_CHANGED,
        openapi_extra=body(obj({})),
    )
    async def patch(request: Request, caller: Planners, collection: str, id: str) -> Response:
        change = _object(await read_json(request))
        return await _run(_replace, service, request, caller, collection, id, lambda old: _merged(old, change))

    @routes.delete("/{collection}/items/{id}", status_code=204, summary="Take an item out", responses=_GONE)
    def remove(request: Request, caller: Planners, collection: str, id: str) -> Response:
        _remove(service, request, caller, collection, id)
        return Response(status_code=204)

    return routes


def collection_router(service: Service) -> APIRouter:
    """Changes of collections."""
    routes = APIRouter(prefix="/stac/collections", tags=["STAC API"])
    shape = body(obj({"id": "string", "description": "string", "license": "string", "extent": "object"}))
    told = obj({"id": "string"})

    @routes.post(
        "",
        status_code=201,
        summary="Make a collection",
        responses={**answers(told, status=201, description="made"), **problems(409, 415)},
        openapi_extra=shape,
    )
    async def make(request: Request, caller: Planners) -> Response:
        given = _object(await read_json(request))
        return await _run(_make_collection, service, request, caller, given)

    @routes.delete("/{collection}", status_code=204, summary="Remove an empty collection", responses=_GONE)
    def remove(caller: Planners, collection: str) -> Response:
        with service.db.writing(who=caller.person, why="taken out") as write:
            if collection_of(write.connection, collection) is None:
                raise Problem(404, "there is no such collection")
            if find(write.connection, Asked("stac", collections=(collection,), limit=1)).found:
                raise Problem(409, "the collection has items", fix="Take them out first")
            remove_collection(write, collection, room="stac")
            write.record("collection", collection, "removed")
        return Response(status_code=204)

    return routes


def _remove(service: Service, request: Request, caller: Caller, collection: str, id: str) -> None:
    with service.db.writing(who=caller.person, why="taken out") as write:
        if collection_of(write.connection, collection) is None:
            raise Problem(404, "there is no such collection")
        found = feature_of(write.connection, "stac", collection, id)
        if found is not None:  # one that is not there is gone already
            check_match(request, found.tag)
            remove_items(write, [id], collection=collection)


async def _run(work: Any, *args: Any) -> Response:
    found: Response = await anyio.to_thread.run_sync(functools.partial(work, *args))
    return found


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem(400, "the body is no object")
    return value


def _need(write: Writing, collection: str, id: str) -> Found:
    if collection_of(write.connection, collection) is None:
        raise Problem(404, "there is no such collection")
    found = feature_of(write.connection, "stac", collection, id)
    if found is None:
        raise Problem(404, "there is no such item")
    return found


def _add(service: Service, request: Request, caller: Caller, collection: str, item: dict[str, Any]) -> Response:
    base = base_of(request, service)
    with service.db.writing(who=caller.person, why="put in") as write:
        if collection_of(write.connection, collection) is None:
            raise Problem(404, "there is no such collection")
        _check_collection(item, collection)
        if isinstance(item.get("id"), str) and feature_of(write.connection, "stac", collection, item["id"]):
            raise Problem(409, f"item {item['id'][:60]} is there already", fix="Replace it with PUT")
        put_items(write, [Item(item)], collection=collection)
        found = feature_of(write.connection, "stac", collection, item["id"])
    assert found is not None
    here = f"{base}/stac/collections/{quote(collection, safe='')}/items/{quote(found.id, safe='')}"
    text = found.body.replace(BASE, base)
    return text_answer(request, text, media=GEOJSON, status=201, tag=found.tag, headers={"Location": here})


def _replace(service: Service, request: Request, caller: Caller, collection: str, id: str, change: Any) -> Response:
    base = base_of(request, service)
    with service.db.writing(who=caller.person, why="changed") as write:
        old = _need(write, collection, id)
        check_match(request, old.tag)
        item = change(json.loads(old.body))
        _check_collection(item, collection)
        if item.get("id", id) != id:
            raise Problem(409, "the id in the body is another one", fix="Leave the id as it is")
        files = _kept(item, files_of(write.connection, collection, id), base, collection)
        put_items(write, [Item({**item, "id": id}, files, old.owner)], collection=collection)
        found = feature_of(write.connection, "stac", collection, id)
    assert found is not None
    return Response(status_code=204, headers={"etag": f'"{found.tag}"'})


def _kept(item: Mapping[str, Any], files: Mapping[str, File], base: str, collection: str) -> dict[str, File]:
    """The files of those assets that are still what they were."""
    assets = item.get("assets")
    here = f"/files/{quote(collection, safe='')}/{quote(str(item.get('id')), safe='')}/"
    if not isinstance(assets, Mapping):
        return {}
    ours = {f"{start}{here}{quote(name, safe='')}": name for name in files for start in (base, BASE)}
    return {
        name: files[name]
        for name, asset in assets.items()
        if name in files and isinstance(asset, Mapping) and ours.get(str(asset.get("href"))) == name
    }


def _check_collection(item: Mapping[str, Any], collection: str) -> None:
    if item.get("collection", collection) != collection:
        raise Problem(409, "the item names another collection", fix=f"Leave it out, or name {collection[:60]}")


def _merged(old: Any, change: Any) -> Any:
    """JSON merge patch (RFC 7396)."""
    if not isinstance(change, Mapping):
        return change
    found = dict(old) if isinstance(old, Mapping) else {}
    for name, value in change.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name), value)
    return found


def _make_collection(service: Service, request: Request, caller: Caller, given: dict[str, Any]) -> Response:
    missing = [name for name in ("id", "description", "license", "extent") if name not in given]
    if missing:
        raise Problem(400, f"it has no {', '.join(missing)}", fix="See the STAC collection specification")
    kinds = {"description": str, "license": str, "extent": dict}
    if not all(isinstance(given[name], kind) for name, kind in kinds.items()):
        raise Problem(400, "description and license are texts, extent is an object")
    with service.db.writing(who=caller.person, why="made") as write:
        if isinstance(given["id"], str) and collection_of(write.connection, given["id"]) is not None:
            raise Problem(409, "the collection is there already")
        put_stac_collection(write, given)
        write.record("collection", given["id"], "made")
        found = collection_of(write.connection, given["id"])
    assert found is not None
    return json_answer(request, collection_answer(base_of(request, service), found), status=201)
