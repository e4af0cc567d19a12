"""Products and scenes as map tiles (PNG, WebP), described by TileJSON, and the values under a cursor."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from swath.archive.histogram import histogram
from swath.archive.map_tile import MAX_ZOOM, bounds_deg, tile_grid, tile_of, value_at
from swath.errors import DataError
from swath.report.tile_style import FORMS, STYLES, coloured, encoded, transparent
from swath.serve.answers import base_of, json_answer, text_answer
from swath.serve.auth import Caller, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, obj
from swath.serve.service import Service
from swath.store.items import file_of
from swath.store.search import feature_of

__all__ = ["router", "tilejson_router", "value_router"]

_AGE = {"cache-control": "private, max-age=3600"}
_JSON = obj({"tilejson": "string", "tiles": array("string"), "bounds": array("number"), "minzoom": "integer"})
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "a tile", "content": {media: {} for media in FORMS.values()}},
    304: {"description": "you have it already"},
}


@dataclass(frozen=True)
class _Asset:
    path: Path
    tag: str
    bands: tuple[Mapping[str, Any], ...]
    simulated: bool


def router(service: Service) -> APIRouter:
    """Tiles."""
    routes = APIRouter(prefix="/tiles", tags=["tiles"])

    @routes.get(
        "/{collection}/{id}/{asset}/{z}/{x}/{y}.{form}",
        summary="A tile",
        response_class=Response,
        responses={**_PICTURE, **problems(404)},
    )
    def tile(
        request: Request,
        caller: Readers,
        collection: str,
        id: str,
        asset: str,
        z: int,
        x: int,
        y: int,
        form: Literal["png", "webp"],
        bands: str = Query("", max_length=200, description="names with commas; otherwise those of the style"),
        style: str = Query("", max_length=30),
        low: float | None = Query(None, ge=-1e12, le=1e12),
        high: float | None = Query(None, ge=-1e12, le=1e12),
        size: int = Query(256, ge=64, le=512),
    ) -> Response:
        found = _need(service, caller, (collection, id, asset))
        told = f"{found.tag}/{z}/{x}/{y}/{form}/{bands}/{style}/{low}/{high}/{size}"
        tag = hashlib.sha1(told.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:20]
        if f'"{tag}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"etag": f'"{tag}"', **_AGE})
        picture = _tile(service, found, (z, x, y), form, bands, style, (low, high), size)
        return text_answer(request, picture, media=FORMS[form], tag=tag, headers=_AGE)

    return routes


def tilejson_router(service: Service) -> APIRouter:
    """Styles, and TileJSON."""
    routes = APIRouter(prefix="/tiles", tags=["tiles"])

    @routes.get("/styles", summary="Styles", responses={**answers(obj({"styles": "object"})), **problems()})
    def styles(request: Request, caller: Readers) -> Response:
        return json_answer(request, {"styles": {name: style.__dict__ for name, style in STYLES.items()}})

    @routes.get(
        "/{collection}/{id}/{asset}/tilejson.json", summary="TileJSON", responses={**answers(_JSON), **problems(404)}
    )
    def tilejson(request: Request, caller: Readers, collection: str, id: str, asset: str) -> Response:
        return json_answer(request, _tilejson(service, request, caller, (collection, id, asset)))

    return routes


def value_router(service: Service) -> APIRouter:
    """The values under a cursor."""
    routes = APIRouter(prefix="/values", tags=["tiles"])
    told = obj({"lon_deg": "number", "lat_deg": "number", "bands": "object"})

    @routes.get("/{collection}/{id}/{asset}", summary="Values", responses={**answers(told), **problems(404)})
    def values(
        request: Request,
        caller: Readers,
        collection: str,
        id: str,
        asset: str,
        lon: float = Query(ge=-180, le=180),
        lat: float = Query(ge=-90, le=90),
    ) -> Response:
        found = _need(service, caller, (collection, id, asset))
        row = value_at(found.path, lon, lat, most_px=service.settings.limits.raster_px)
        if row is None:
            raise Problem(404, "the picture does not show this place")
        named = {_name(found, n): _scaled(found, n, value) for n, value in enumerate(row)}
        return json_answer(request, {"lon_deg": lon, "lat_deg": lat, "bands": named, "simulated": found.simulated})

    return routes


def _need(service: Service, caller: Caller, name: tuple[str, str, str]) -> _Asset:
    collection, id, asset = name
    with service.db.reading() as connection:
        item = feature_of(connection, "stac", collection, id, viewer=caller.viewer)
        found = file_of(connection, service.folder, collection, id, asset) if item else None
    if item is None or found is None:
        raise Problem(404, "there is no such picture")
    path, known = found
    if not known.media.startswith(("image/tiff", "image/jp2")):
        raise Problem(404, "this is no picture on the map", fix="Choose an asset with the role data")
    document = json.loads(item.body)
    bands = document["assets"].get(asset, {}).get("bands", [])
    simulated = bool(document["properties"].get("swath:simulated", False))
    return _Asset(path, known.tag, tuple(b for b in bands if isinstance(b, Mapping)), simulated)


def _name(found: _Asset, number: int) -> str:
    return str(found.bands[number].get("name", number + 1)) if number < len(found.bands) else str(number + 1)


def _scaled(found: _Asset, number: int, value: float | None) -> float | None:
    if value is None or number >= len(found.bands):
        return value
    band = found.bands[number]
    scaled = value * float(band.get("raster:scale", 1.0)) + float(band.get("raster:offset", 0.0))
    return scaled if math.isfinite(scaled) else None


def _chosen(found: _Asset, bands: str) -> list[int]:
    """Numbers of the bands that are asked for, or the natural ones."""
    names = [_name(found, n) for n in range(len(found.bands))]
    if bands:
        wanted = [part.strip() for part in bands.split(",") if part.strip()][:3]
        strange = [part for part in wanted if part not in names and not (part.isascii() and part.isdigit())]
        if strange or not wanted:
            raise Problem(
                400, f"there is no band {strange[:1]}", fix=f"There are {', '.join(names) or 'numbered ones'}"
            )
        return [names.index(part) if part in names else int(part[:6]) - 1 for part in wanted]
    common = {str(band.get("eo:common_name") or _name(found, n)): n for n, band in enumerate(found.bands)}
    if {"red", "green", "blue"} <= set(common):
        return [common[name] for name in ("red", "green", "blue")]
    return [0]


def _style(found: _Asset, chosen: list[int], asked: str) -> str:
    if asked:
        if asked not in STYLES:
            raise Problem(400, "there is no such style", fix=f"Give one of {', '.join(STYLES)}")
        return asked
    if len(chosen) == 3:
        return "natural"
    name = _name(found, chosen[0]).lower()
    words = {"ndvi": "vegetation", "likelihood": "likelihood", "flood": "water", "water": "water", "unseen": "unseen"}
    known = next((style for word, style in words.items() if word in name), "")
    band = found.bands[chosen[0]] if chosen[0] < len(found.bands) else {}
    told = str(band.get("description", "")).lower()
    lit = "eo:common_name" in band or "reflectance" in told or "amplitude" in told
    return known or ("grey" if lit else "values")


@lru_cache(maxsize=256)
def _usual(path: Path, tag: str, number: int) -> tuple[float, float]:
    """Between which stored values do 96 % of a band's pixels lie? For layers that no style is made for."""
    band = histogram(path).bands[number]
    below = np.cumsum(band.counts) / max(int(band.counts.sum()), 1)
    step = (band.high - band.low) / len(band.counts)
    first, last = np.searchsorted(below, [0.02, 0.98])
    return band.low + step * float(first), band.low + step * float(last + 1)


def _tile(
    service: Service,
    found: _Asset,
    at: tuple[int, int, int],
    form: str,
    bands: str,
    asked: str,
    ends: tuple[float | None, float | None],
    size: int,
) -> bytes:
    chosen = _chosen(found, bands)
    name = _style(found, chosen, asked)
    style = STYLES[name]
    smooth = name not in ("water", "unseen")
    grid = tile_grid(*at, size)
    tile = tile_of(found.path, grid, bands=chosen, smooth=smooth, most_px=service.settings.limits.raster_px)
    if tile is None:
        return transparent(size, form)
    values = tile.values.copy()
    for row, number in enumerate(chosen):
        if number < len(found.bands):
            band = found.bands[number]
            values[row] = values[row] * float(band.get("raster:scale", 1.0)) + float(band.get("raster:offset", 0.0))
    low, high = _ends(found, chosen[0], name, ends)
    return encoded(coloured(values, tile.seen, style, low=low, high=high), form)


def _ends(found: _Asset, number: int, name: str, asked: tuple[float | None, float | None]) -> tuple[float, float]:
    """What is drawn in the first and in the last colour: as asked, the style's, or, of ``values``, the layer's own."""
    low, high = STYLES[name].low, STYLES[name].high
    if name == "values" and None in asked:
        low, high = (_scaled(found, number, end) or 0.0 for end in _usual(found.path, found.tag, number))
    return low if asked[0] is None else asked[0], high if asked[1] is None else asked[1]


def _tilejson(service: Service, request: Request, caller: Caller, name: tuple[str, str, str]) -> dict[str, Any]:
    found = _need(service, caller, name)
    try:
        west, south, east, north = bounds_deg(found.path)
    except DataError as error:
        raise Problem(404, "this picture cannot be shown on the map", fix=error.fix) from error
    here = f"{base_of(request, service)}/tiles/{'/'.join(name)}"
    query = f"?{request.url.query}" if request.url.query else ""
    span_deg = max(east - west, 1e-6)
    closest = min(MAX_ZOOM, max(0, math.ceil(math.log2(360.0 / span_deg)) + 4))
    marked = " (simulated)" if found.simulated else ""
    return {
        "tilejson": "3.0.0",
        "name": f"{name[1]}: {name[2]}{marked}",
        "scheme": "xyz",
        "tiles": [f"{here}/{{z}}/{{x}}/{{y}}.png{query}"],
        "bounds": [west, south, east, north],
        "minzoom": 0,
        "maxzoom": closest,
        "center": [(west + east) / 2.0, (south + north) / 2.0, max(closest - 4, 0)],
        "bands": [_name(found, number) for number in range(len(found.bands))],
        "simulated": found.simulated,
    }
