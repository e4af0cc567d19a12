"""How does the service answer? JSON, with a tag by which a client asks whether anything has changed, and addresses."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from swath.serve.problems import Problem
from swath.serve.service import Service
from swath.store.features import BASE

__all__ = ["GEOJSON", "base_of", "check_match", "json_answer", "page_link", "read_json", "text_answer"]

GEOJSON = "application/geo+json"
_HOST = re.compile(r"^[A-Za-z0-9.\-:\[\]]{1,255}$")


def base_of(request: Request, service: Service) -> str:
    """The address under which this service was reached, without a slash at its end."""
    if service.settings.public_url:
        return service.settings.public_url.rstrip("/")
    host = request.headers.get("host", "")
    if not _HOST.match(host):
        raise Problem(400, "the Host header is wrong")
    return f"{request.url.scheme}://{host}{request.scope.get('root_path', '')}"


def json_answer(
    request: Request,
    body: Any,
    *,
    status: int = 200,
    media: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A JSON value as an answer; 304 where the client has it already."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text_answer(request, text, status=status, media=media, headers=headers)


def text_answer(
    request: Request,
    text: str | bytes,
    *,
    media: str,
    status: int = 200,
    tag: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A text as an answer, tagged; 304 where the client has it already."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    tag = f'"{tag or hashlib.md5(raw, usedforsecurity=False).hexdigest()[:20]}"'
    told = {"etag": tag, **(headers or {})}
    if status == 200 and request.method in ("GET", "HEAD") and tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=told)
    return Response(raw, status, told, media)


def _tags(header: str) -> list[str]:
    return [part.strip().removeprefix("W/") for part in header.split(",")]


def check_match(request: Request, tag: str) -> None:
    """Refuse a change (412) by a client that has another state than ``tag``, if it says which one it has."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() != "*" and f'"{tag}"' not in _tags(wanted):
        raise Problem(412, "it has changed since you read it", fix="Read it again")


def page_link(
    base: str, path: str, query: Mapping[str, Any], rel: str = "next", media: str = GEOJSON
) -> dict[str, str]:
    """A link to the next page of the same question."""
    known = {name: value for name, value in query.items() if value is not None}
    return {"rel": "next", "type": media, "method": "GET", "href": f"{base}{path}?{urlencode(known)}"}


async def read_json(request: Request) -> Any:
    """The body as JSON. :class:`Problem` 400 where it is none, 415 where it says it is something else."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, f"{kind[:60]} is not read here", fix="Send application/json")
    raw = await request.body()
    try:
        found = json.loads(raw, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()  # a lone half of a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"the body is not JSON: {str(error)[:120]}") from error
    if BASE in raw.decode("utf-8", "replace") or "\\ue000" in raw.decode("utf-8", "replace").lower():
        raise Problem(400, "the character U+E000 cannot be kept", fix="Leave it out")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")
