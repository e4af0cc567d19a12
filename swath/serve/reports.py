"""Reports of the mission: claims that were checked, constellations that were designed. Shown, and claims checked."""

from __future__ import annotations

import mimetypes
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from swath.operate.loop.checking import CHECK, FORMS, checked_question
from swath.operate.loop.supposing import WHAT_IF
from swath.serve.answers import base_of, json_answer, read_json
from swath.serve.auth import Planners, Readers
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, body, nullable, obj
from swath.serve.service import Service
from swath.store.jobs import enqueue, job_of
from swath.store.moments import moment_text
from swath.store.reports import ROOMS, Report, report_file, reports

__all__ = ["check_router", "job_router", "job_told", "router"]

_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""a report holds all that it shows; whatever else is in it does nothing"""
_INLINE = (".html", ".png")
_FILE = obj({"name": "string", "bytes": "integer", "href": "string"})
_REPORT = obj(
    {
        "id": "string",
        "title": "string",
        "page": nullable("string"),
        "changed": "string",
        "simulated": "boolean",
        "files": array(_FILE),
        "verdicts": array("object"),
    }
)
_ASKED = obj({"name": "string", "form": {"enum": list(FORMS)}, "text": "string"}, {"elements": "string"})
_JOB = obj({"id": "integer", "kind": "string", "state": "string", "progress": "number", "because": "string"})
_MOST_ELEMENTS = 1_000_000


def router(service: Service) -> APIRouter:
    """``/reports``."""
    routes = APIRouter(prefix="/reports", tags=["console"])

    @routes.get(
        "/{room}",
        summary="The reports of a room: claims or design, the newest first",
        responses={**answers(obj({"reports": array(_REPORT)})), **problems(404)},
    )
    def many(request: Request, caller: Readers, room: str) -> Response:
        if room not in ROOMS:
            raise Problem(404, "there is no such room", fix=f"There are {', '.join(ROOMS)}")
        here = f"{base_of(request, service)}/reports/{room}"
        found = reports(service.folder, room)
        return json_answer(request, {"reports": [_told(one, here) for one in found]})

    @routes.get(
        "/{room}/{name:path}",
        summary="A file of a report",
        response_class=FileResponse,
        responses={200: {"description": "the file", "content": {"*/*": {}}}, **problems(404)},
    )
    def file(request: Request, caller: Readers, room: str, name: str) -> Response:
        path = report_file(service.folder, room, name)
        if path is None:
            raise Problem(404, "there is no such file")
        inline = path.suffix.lower() in _INLINE
        return FileResponse(
            path,
            media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            filename=path.name,
            content_disposition_type="inline" if inline else "attachment",
            headers={"content-security-policy": _POLICY, "cache-control": "no-cache"},
        )

    return routes


def check_router(service: Service) -> APIRouter:
    """Claims that are sent to be checked."""
    routes = APIRouter(prefix="/reports", tags=["console"])

    @routes.post(
        f"/{CHECK}",
        status_code=202,
        summary="Check claims: a worker does it, the report is among the others then",
        responses={**answers(_JOB, status=202, description="it will be done"), **problems(409, 415)},
        openapi_extra=body(_ASKED),
    )
    async def check(request: Request, caller: Planners) -> Response:
        given = await read_json(request)
        return await run_in_threadpool(_check, service, request, caller.person, given)

    return routes


def job_router(service: Service) -> APIRouter:
    """``/page/jobs``: how far is what a planner asked for?"""
    routes = APIRouter(prefix="/page/jobs", tags=["console"])

    @routes.get("/{id}", summary="A question that a worker answers", responses={**answers(_JOB), **problems(404)})
    def one(request: Request, caller: Planners, id: int) -> Response:
        found = job_told(service, id) if 0 < id < 2**53 else None
        if found is None:
            raise Problem(404, "there is no such question")
        return json_answer(request, found)

    return routes


def job_told(service: Service, id: int) -> dict[str, Any] | None:
    """Where a planner's question stands, and its answer; ``None`` for other jobs."""
    with service.db.reading() as connection:
        found = job_of(connection, id)
    if found is None or found["kind"] not in (CHECK, WHAT_IF):
        return None
    names = "id", "kind", "state", "progress", "told", "because", "result", "made", "ended"
    return {name: found[name] for name in names}


def _told(one: Report, here: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "page": f"{here}/{one.page}" if one.page else None,
        "changed": moment_text(int(one.changed_s) * 1_000_000),
        "simulated": one.simulated,
        "files": [{"name": name, "bytes": size, "href": f"{here}/{name}"} for name, size in one.files],
        "verdicts": list(one.verdicts),
    }


def _check(service: Service, request: Request, who: str, given: Any) -> Response:
    if not isinstance(given, dict) or not all(isinstance(given.get(key), str) for key in ("name", "form", "text")):
        raise Problem(400, "name, form and text are expected", fix="See docs/how-to/console.md")
    sets = given.get("elements", "")
    if not isinstance(sets, str) or len(sets) > _MOST_ELEMENTS:
        raise Problem(400, "elements are no text, or too long", fix=f"At most {_MOST_ELEMENTS} letters")
    name = given["name"]
    checked_question(service.folder, name, given["form"], given["text"])
    if any(one.id == name for one in reports(service.folder, CHECK)):
        raise Problem(409, f"there is a report {name} already", fix="Give another name")
    asked = {"name": name, "form": given["form"], "text": given["text"], "elements": sets}
    with service.db.writing(who=who, why="claims to check") as write:
        id = enqueue(write, CHECK, asked, owner=who, priority=2, most_attempts=1)
    return json_answer(request, job_told(service, id), status=202)
