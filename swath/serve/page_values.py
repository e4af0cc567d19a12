"""How often does a layer hold which value? For the console's archive view."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from swath.archive.histogram import BandCounts, histogram
from swath.serve.answers import json_answer
from swath.serve.auth import Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, obj
from swath.serve.service import Service
from swath.store.items import file_of
from swath.store.search import feature_of

__all__ = ["router"]

_BAND = obj({"name": "string", "low": "number", "high": "number", "mean": "number", "counts": array("integer")})


def router(service: Service) -> APIRouter:
    """``/page/histogram/...``."""
    routes = APIRouter(prefix="/page", tags=["console"])

    @routes.get(
        "/histogram/{collection}/{id}/{name}",
        summary="How often each band of a layer holds which value",
        responses={
            **answers(obj({"bands": array(_BAND), "pixels": "integer", "seen": "integer"})),
            **problems(404),
        },
    )
    def counts(request: Request, caller: Readers, collection: str, id: str, name: str) -> Response:
        with service.db.reading() as connection:
            item = feature_of(connection, "stac", collection, id, viewer=caller.viewer)
            found = file_of(connection, service.folder, collection, id, name) if item else None
        if item is None or found is None or "tiff" not in found[1].media:
            raise Problem(404, "there is no such layer")
        told = histogram(found[0])
        meant = json.loads(item.body)["assets"].get(name, {}).get("bands", [])
        bands = [_told(band, *_scale(meant, number)) for number, band in enumerate(told.bands)]
        return json_answer(request, {"bands": bands, "pixels": told.pixel_count, "seen": told.seen_count})

    return routes


def _scale(bands: Sequence[Any], number: int) -> tuple[float, float]:
    """What a stored value is multiplied with, and what is added, as the item says."""
    band = bands[number] if number < len(bands) and isinstance(bands[number], Mapping) else {}
    return float(band.get("raster:scale", 1.0)), float(band.get("raster:offset", 0.0))


def _told(band: BandCounts, scale: float, offset: float) -> dict[str, Any]:
    """In the same numbers as the values under the cursor."""
    low, high, mean = (value * scale + offset for value in (band.low, band.high, band.mean))
    counts = band.counts.tolist()
    if low > high:
        low, high, counts = high, low, counts[::-1]
    return {"name": band.name, "low": low, "high": high, "mean": mean, "counts": counts}
