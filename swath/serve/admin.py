"""Who may come in, what is being done, and who did what: for admins."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from swath.serve.answers import base_of, json_answer, read_json
from swath.serve.auth import Admins
from swath.serve.feeds import FEEDS
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, array, body, obj
from swath.serve.service import Service
from swath.store import jobs, people
from swath.store.history import history_before

__all__ = ["feed_router", "history_router", "job_router", "people_router", "token_router"]

_WHY = "in the console"
_DONE: dict[int | str, dict[str, Any]] = {204: {"description": "done"}}
_ROLE = {"enum": list(people.ROLES)}
_LIMITS = {"type": "object", "properties": {name: {"type": ["number", "null"]} for name in people.LIMITS}}


def _given(value: Any, **kinds: Any) -> dict[str, Any]:
    """The keys of a body that are known, each of its kind. :class:`Problem` 400 otherwise."""
    if not isinstance(value, dict):
        raise Problem(400, "the body is no object")
    for name, kind in kinds.items():
        given = value.get(name)
        if given is not None and (not isinstance(given, kind) or (isinstance(given, bool) and kind is not bool)):
            raise Problem(400, f"{name} is of another kind")
    return {name: value.get(name) for name in kinds}


def people_router(service: Service) -> APIRouter:
    """``/admin/people``."""
    routes = APIRouter(prefix="/admin/people", tags=["admin"])
    person = obj({"id": "string", "role": _ROLE}, {"subject": "string", "limits": _LIMITS})

    @routes.get("", summary="Everybody", responses={**answers(obj({"people": array(person)})), **problems()})
    def everybody(request: Request, caller: Admins) -> Response:
        with service.db.reading() as connection:
            return json_answer(request, {"people": people.people(connection)})

    @routes.post(
        "",
        status_code=201,
        summary="Make somebody known",
        responses={**answers(person, status=201, description="known"), **problems(415)},
        openapi_extra=body(person),
    )
    async def add(request: Request, caller: Admins) -> Response:
        given = _given(await read_json(request), id=str, role=str, subject=str, limits=dict)
        about = {"subject": given["subject"], "limits": given["limits"]}
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            people.add_person(write, given["id"] or "", given["role"] or "", **about)
        return json_answer(request, {"id": given["id"], "role": given["role"]}, status=201)

    @routes.patch(
        "/{id}",
        status_code=204,
        summary="Another role, other limits, stopped, or let in again",
        responses={**_DONE, **problems(415)},
        openapi_extra=body(obj({}, {"role": _ROLE, "stopped": "boolean", "limits": _LIMITS})),
    )
    async def change(request: Request, caller: Admins, id: str) -> Response:
        given = _given(await read_json(request), role=str, stopped=bool, limits=dict)
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            people.change_person(write, id, **given)
        return Response(status_code=204)

    return routes


def token_router(service: Service) -> APIRouter:
    """``/admin/tokens``: a token is told once, when it is made."""
    routes = APIRouter(prefix="/admin/tokens", tags=["admin"])
    asked = obj({"person": "string", "role": _ROLE}, {"days": "number", "note": "string"})
    made = obj({"id": "string", "token": "string"})
    known = obj({"id": "string", "person": "string", "role": _ROLE, "expires": "string"})

    @routes.get("", summary="Every token", responses={**answers(obj({"tokens": array(known)})), **problems()})
    def every(request: Request, caller: Admins) -> Response:
        with service.db.reading() as connection:
            return json_answer(request, {"tokens": people.tokens(connection)})

    @routes.post(
        "",
        status_code=201,
        summary="Make a token",
        responses={**answers(made, status=201, description="made"), **problems(415)},
        openapi_extra=body(asked),
    )
    async def make(request: Request, caller: Admins) -> Response:
        given = _given(await read_json(request), person=str, role=str, days=int | float, note=str)
        days = float(given["days"]) if given["days"] is not None and abs(given["days"]) < 1e6 else 90.0
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            id, token = people.make_token(
                write, given["person"] or "", role=given["role"] or "", days=days, note=given["note"] or ""
            )
        return json_answer(request, {"id": id, "token": token}, status=201)

    @routes.delete("/{id}", status_code=204, summary="Revoke a token", responses={**_DONE, **problems()})
    def revoke(caller: Admins, id: str) -> Response:
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            people.revoke_token(write, id)
        return Response(status_code=204)

    return routes


def feed_router(service: Service) -> APIRouter:
    """``/admin/feeds``: secret addresses, told once."""
    routes = APIRouter(prefix="/admin/feeds", tags=["admin"])
    made = obj({"id": "string", "addresses": array("string")})

    @routes.get("", summary="Every feed", responses={**answers(obj({"feeds": array("object")})), **problems()})
    def every(request: Request, caller: Admins) -> Response:
        with service.db.reading() as connection:
            return json_answer(request, {"feeds": people.feeds(connection)})

    @routes.post(
        "",
        status_code=201,
        summary="Make a secret address",
        responses={**answers(made, status=201, description="made"), **problems(415)},
        openapi_extra=body(obj({"person": "string"}, {"note": "string"})),
    )
    async def make(request: Request, caller: Admins) -> Response:
        given = _given(await read_json(request), person=str, note=str)
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            id, secret = people.make_feed(write, given["person"] or "", note=given["note"] or "")
        here = f"{base_of(request, service)}/feeds/{secret}"
        return json_answer(request, {"id": id, "addresses": [f"{here}/{name}" for name in FEEDS]}, status=201)

    @routes.delete("/{id}", status_code=204, summary="Revoke a feed", responses={**_DONE, **problems()})
    def revoke(caller: Admins, id: str) -> Response:
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            people.revoke_feed(write, id)
        return Response(status_code=204)

    return routes


def job_router(service: Service) -> APIRouter:
    """``/admin/jobs``."""
    routes = APIRouter(prefix="/admin/jobs", tags=["admin"])
    job = obj({"id": "integer", "kind": "string", "state": {"enum": list(jobs.STATES)}, "progress": "number"})

    @routes.get("", summary="Jobs", responses={**answers(obj({"jobs": array(job), "counts": "object"})), **problems()})
    def every(
        request: Request,
        caller: Admins,
        state: str = Query("", max_length=20),
        before: int | None = Query(None, ge=0, le=2**62),
        limit: int = Query(50, ge=1, le=500),
    ) -> Response:
        if state and state not in jobs.STATES:
            raise Problem(400, "there is no such state", fix=f"Give one of {', '.join(jobs.STATES)}")
        with service.db.reading() as connection:
            found = jobs.jobs(connection, state=state or None, before=before, most=limit)
            return json_answer(request, {"jobs": found, "counts": jobs.counts(connection)})

    @routes.post("/{id}/cancel", status_code=204, summary="Cancel a job", responses={**_DONE, **problems()})
    def cancel(caller: Admins, id: int) -> Response:
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            jobs.cancel(write, _small(id))
        return Response(status_code=204)

    @routes.post("/{id}/retry", status_code=204, summary="Try a job again", responses={**_DONE, **problems()})
    def retry(caller: Admins, id: int) -> Response:
        with service.db.writing(who=caller.person, why=_WHY, at_us=service.clock()) as write:
            jobs.retry(write, _small(id))
        return Response(status_code=204)

    return routes


def _small(id: int) -> int:
    if not 0 <= id < 2**62:
        raise Problem(404, "there is no such job")
    return id


def history_router(service: Service) -> APIRouter:
    """``/admin/history``: the audit log."""
    routes = APIRouter(prefix="/admin/history", tags=["admin"])
    line = obj(
        {"seq": "integer", "at": "string", "who": "string", "kind": "string", "subject": "string", "what": "string"}
    )

    @routes.get("", summary="Who did what", responses={**answers(obj({"history": array(line)})), **problems()})
    def lines(
        request: Request,
        caller: Admins,
        before: int | None = Query(None, ge=0, le=2**62),
        kinds: str = Query("", max_length=200),
        subject: str = Query("", max_length=300),
        limit: int = Query(50, ge=1, le=500),
    ) -> Response:
        wanted = tuple(kind for kind in kinds.split(",") if kind)
        with service.db.reading() as connection:
            found = history_before(connection, before, kinds=wanted, subject=subject or None, most=limit)
        told = [{**event.to_json(), "owner": event.owner, "body": dict(event.body)} for event in found]
        return json_answer(request, {"history": told})

    return routes
