"""How often does a layer hold which value? For the console's archive view."""

from __future__ import annotations

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
            seen = feature_of(connection, "stac", collection, id, viewer=caller.viewer)
            found = file_of(connection, service.folder, collection, id, name) if seen else None
        if found is None or "tiff" not in found[1].media:
            raise Problem(404, "there is no such layer")
        told = histogram(found[0])
        bands = [_told(band) for band in told.bands]
        return json_answer(request, {"bands": bands, "pixels": told.pixel_count, "seen": told.seen_count})

    return routes


def _told(band: BandCounts) -> dict[str, Any]:
    return {
        "name": band.name,
        "low": band.low,
        "high": band.high,
        "mean": band.mean,
        "counts": band.counts.tolist(),
    }
