"""How does a browser sign in? It gives a token once and gets a cookie that no script can read."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from swath.serve.answers import json_answer, read_json
from swath.serve.edge import COOKIE
from swath.serve.problems import Problem, problems
from swath.serve.schemas import answers, body, obj
from swath.serve.service import Service
from swath.store.people import person_of_token

__all__ = ["router"]

_LASTS_S = 12 * 3600


def router(service: Service) -> APIRouter:
    """``/sign-in`` and ``/sign-out``: the only routes, with ``/health`` and the page, that need no permission."""
    routes = APIRouter(tags=["sign in"])

    @routes.post(
        "/sign-in",
        summary="Sign in with a token",
        responses={**answers(obj({"person": "string", "role": "string"})), **problems(415)},
        openapi_extra=body(obj({"token": "string"})),
    )
    async def sign_in(request: Request) -> Response:
        given = await read_json(request)
        token = given.get("token") if isinstance(given, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or len(token) > 200:
            raise Problem(400, "a token is expected", fix='Send {"token": "swath_..."}')
        with service.db.reading() as connection:
            known = person_of_token(connection, token)
        if known is None:
            raise Problem(401, "this token opens nothing", headers={"WWW-Authenticate": 'Bearer realm="swath"'})
        answer = json_answer(request, {"person": known.person, "role": known.role})
        secure = request.url.scheme == "https" or service.settings.public_url.startswith("https:")
        answer.set_cookie(COOKIE, token, max_age=_LASTS_S, httponly=True, samesite="strict", secure=secure)
        return answer

    @routes.post("/sign-out", summary="Forget the cookie", responses={**answers(obj({})), **problems()})
    def sign_out(request: Request) -> Response:
        answer = json_answer(request, {})
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return routes
