"""How does the service say that something is wrong? One form for every error: problem details (RFC 9457)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from swath.errors import DataError, Infeasible, InputError, SwathError

__all__ = ["PROBLEM_SCHEMA", "Problem", "add_problems", "problem_response", "problems"]

_LOG = logging.getLogger("swath.serve")
_MEDIA = "application/problem+json"
_TITLES = {
    400: "The question is wrong",
    401: "Sign in first",
    403: "You may not do this",
    404: "There is no such thing",
    405: "This cannot be done here",
    406: "This form is not to be had",
    409: "It has changed, or is in the way",
    412: "It has changed meanwhile",
    413: "This is too much",
    415: "This form is not understood",
    422: "The question is wrong",
    429: "Too many requests",
    500: "The service made a mistake",
    503: "The service cannot do this now",
}

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "number of the request, as in the service's log"},
        "where": {"type": "string"},
        "fix": {"type": "string", "description": "what to do about it"},
    },
}
"""JSON schema of every error"""


class Problem(Exception):
    """An answer other than the one that was asked for."""

    def __init__(self, status: int, detail: str, *, fix: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.fix = status, detail, fix
        self.headers = dict(headers or {})


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for its description: those that every route may give, and ``statuses``."""
    content = {_MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    always = {400, 401, 403, 404, 405, 413, 415, 429, 503}
    return {status: {"description": _TITLES[status], "content": content} for status in sorted({*always, *statuses})}


def problem_response(
    status: int, detail: str, request_id: str, *, headers: Mapping[str, str] | None = None, **more: str
) -> Response:
    """An error as a response."""
    told = {"type": "about:blank", "title": _TITLES.get(status, "Error"), "status": status, "detail": detail}
    told |= {"instance": f"urn:swath:request:{request_id}"} | {k: v for k, v in more.items() if v}
    text = json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(text, status, dict(headers or {}), _MEDIA)


def _id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", "-"))


_STATUS: Sequence[tuple[type[SwathError], int]] = ((InputError, 400), (Infeasible, 409), (DataError, 503))


def add_problems(app: FastAPI) -> None:
    """Let every error of the library, of the framework and of ours be told in the one form."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(error.status, error.detail, _id(request), headers=error.headers, fix=error.fix)

    async def library(request: Request, error: Exception) -> Response:
        assert isinstance(error, SwathError)
        status = next((number for kind, number in _STATUS if isinstance(error, kind)), 500)
        if status >= 500:
            _LOG.error("data", extra={"request_id": _id(request), "what": str(error)})
        where = error.where if status < 500 else ""  # paths and addresses of the machine are nobody's business
        return problem_response(status, error.what, _id(request), where=where, fix=error.fix)

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem_response(error.status_code, str(error.detail), _id(request), headers=error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0] if error.errors() else {"loc": (), "msg": "it is not valid"}
        place = ".".join(str(part) for part in first["loc"])
        return problem_response(400, f"{place}: {first['msg']}"[:500], _id(request), where=place)

    app.add_exception_handler(Problem, ours)
    app.add_exception_handler(SwathError, library)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, invalid)
