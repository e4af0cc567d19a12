"""What does the console start from? Health, the mission, the plan in force, the files of the archive, the counts."""

from __future__ import annotations

import json
import mimetypes
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from starlette.responses import FileResponse, Response

from swath import __version__
from swath.serve.answers import json_answer, text_answer
from swath.serve.auth import Readers
from swath.serve.edge import Counts
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, obj
from swath.serve.service import Service
from swath.store import jobs
from swath.store.items import file_of
from swath.store.migrations import schema_number
from swath.store.moments import moment_text
from swath.store.moments import now_us as this_machines_us
from swath.store.orders_book import count_orders
from swath.store.plans import current_plan
from swath.store.search import feature_of
from swath.time import format_utc

__all__ = ["files_router", "metrics_router", "router"]

_REHEARSAL_US = 60_000_000
"""a mission whose clock is further from this machine's is rehearsed"""

_HEALTH = obj(
    {
        "status": {"enum": ["ok"]},
        "version": "string",
        "schema": "integer",
        "simulated": "boolean",
        "database": {"enum": ["sqlite", "postgresql"]},
        "mission": obj({"name": "string", "title": "string"}),
        "jobs": obj({}),
        "time": "string",
    }
)
_MISSION = obj(
    {
        "name": "string",
        "title": "string",
        "start": "string",
        "stop": "string",
        "simulated": "boolean",
        "notice": "string",
        "satellites": array(obj({"id": "string"})),
        "stations": array(obj({"id": "string"})),
    }
)


_ME = obj({"person": "string", "role": "string", "time": "string", "rehearsal": "boolean", "may": array("string")})


def router(service: Service) -> APIRouter:
    """``/health``, ``/me``, ``/mission``, ``/plan``."""
    routes = APIRouter(tags=["console"])

    @routes.get("/health", summary="Is it alive?", responses={**answers(_HEALTH), **problems()})
    def health(request: Request) -> Response:
        return json_answer(request, _health(service))

    @routes.get("/me", summary="Who am I here, and what time is it?", responses={**answers(_ME), **problems()})
    def me(request: Request, caller: Readers) -> Response:
        may = [name for name in ("read", "order", "plan", "admin") if caller.may(name)]
        now_us = service.clock()
        told = {"person": caller.person, "role": caller.role, "loopback": caller.local, "may": may}
        told |= {"time": moment_text(now_us), "rehearsal": abs(now_us - this_machines_us()) > _REHEARSAL_US}
        told |= {"limits": dict(caller.limits)} if caller.limits else {}
        return json_answer(request, told)

    @routes.get("/mission", summary="Satellites, stations, period", responses={**answers(_MISSION), **problems()})
    def mission(request: Request, caller: Readers) -> Response:
        return json_answer(request, _mission(service))

    @routes.get("/plan", summary="The plan in force", responses={**answers(obj({"id": "string"})), **problems(404)})
    def plan(request: Request, caller: Readers) -> Response:
        with service.db.reading() as connection:
            found = current_plan(connection)
        if found is None:
            raise Problem(404, "there is no plan yet")
        id, text = found
        if caller.viewer is None:
            return text_answer(request, f'{{"id":"{id}",{text.lstrip()[1:]}', media="application/json", tag=id)
        return json_answer(request, {"id": id, **_own_part(service, json.loads(text), caller.viewer)})

    return routes


def files_router(service: Service) -> APIRouter:
    """``/files``: the files of items, whole or in parts."""
    routes = APIRouter(tags=["console"])

    @routes.get(
        "/files/{collection}/{id}/{name}",
        summary="A file of an item",
        response_class=FileResponse,
        responses={200: {"description": "the file", "content": {"*/*": {}}}, **problems(404)},
    )
    def file(request: Request, caller: Readers, collection: str, id: str, name: str) -> Response:
        with service.db.reading() as connection:
            seen = feature_of(connection, "stac", collection, id, viewer=caller.viewer)
            found = file_of(connection, service.folder, collection, id, name) if seen else None
        if found is None:
            raise Problem(404, "there is no such file")
        path, known = found
        media = known.media if "/" in known.media else mimetypes.guess_type(path.name)[0]
        shown = "inline" if str(media).startswith(("image/png", "image/jpeg", "image/webp")) else "attachment"
        return FileResponse(
            path,
            media_type=media,
            filename=path.name,
            content_disposition_type=shown,
            headers={"etag": f'"{known.tag}"'},
        )

    return routes


def metrics_router(service: Service, counts: Counts) -> APIRouter:
    """``/metrics``."""
    routes = APIRouter(tags=["console"])
    jobs_gauge = Gauge("swath_jobs", "Jobs by state", ("state",), registry=counts.registry)
    orders_gauge = Gauge("swath_orders", "Orders by status", ("status",), registry=counts.registry)

    @routes.get(
        "/metrics",
        summary="For Prometheus",
        responses={200: {"description": "counts", "content": {"text/plain": {}}}, **problems()},
    )
    def metrics(caller: Readers) -> Response:
        with service.db.reading() as connection:
            states, codes = jobs.counts(connection), count_orders(connection, viewer=caller.viewer)
        for state, number in states.items():
            jobs_gauge.labels(state).set(number)
        orders_gauge.clear()
        for code, number in codes.items():
            orders_gauge.labels(code).set(number)
        return Response(generate_latest(counts.registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return routes


def _health(service: Service) -> dict[str, Any]:
    with service.db.reading() as connection:
        number, states = schema_number(connection), jobs.counts(connection)
    mission = service.mission
    return {
        "status": "ok",
        "version": __version__,
        "schema": number,
        "database": service.db.kind,
        "simulated": service.simulated,
        "mission": {
            "name": mission.name,
            "title": mission.title,
            "start": format_utc(mission.start),
            "stop": format_utc(mission.stop),
        },
        "jobs": {name: states[name] for name in ("queued", "running", "dead")},
        "time": moment_text(service.clock()),
    }


def _mission(service: Service) -> dict[str, Any]:
    mission = service.mission
    return {
        "name": mission.name,
        "title": mission.title,
        "simulated": service.simulated,
        "start": format_utc(mission.start),
        "stop": format_utc(mission.stop),
        "notice": "SIMULATED FLIGHT AND IMAGERY" if service.simulated else "",
        "satellites": [
            {
                "id": s.id,
                "name": s.elements.name,
                "norad_id": s.elements.norad_id,
                "sensor": s.sensor,
                "epoch": format_utc(s.elements.epoch, decimals=3),
                "source": s.elements.source,
            }
            for s in mission.satellites
        ],
        "stations": [
            {"id": s.id, "lon_deg": s.lon_deg, "lat_deg": s.lat_deg, "altitude_m": s.altitude_m}
            for s in mission.stations
        ],
    }


def _own_part(service: Service, plan: dict[str, Any], viewer: str) -> dict[str, Any]:
    """The plan without what is other people's."""
    from swath.store.orders_book import order_of

    with service.db.reading() as connection:
        mine = {
            row["request"]
            for table in ("acquisitions", "refused")
            for row in plan[table]
            if order_of(connection, row["request"], viewer=viewer)
        }
    kept = {table: [row for row in plan[table] if row["request"] in mine] for table in ("acquisitions", "refused")}
    return {**plan, **kept, "contacts": [], "shares": [], "multipliers": []}
