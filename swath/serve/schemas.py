"""Short ways to write the JSON schemas that describe the service's answers (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["FEATURE", "FEATURES", "LINK", "answers", "array", "body", "nullable", "obj"]

Json = dict[str, Any]


def _schema(value: str | Mapping[str, Any]) -> Json:
    return {"type": value} if isinstance(value, str) else dict(value)


def obj(
    required: Mapping[str, str | Mapping[str, Any]], optional: Mapping[str, str | Mapping[str, Any]] | None = None
) -> Json:
    """An object with these keys; others may be there too."""
    properties = {name: _schema(value) for name, value in {**required, **(optional or {})}.items()}
    return {"type": "object", "required": sorted(required), "properties": properties}


def array(items: str | Mapping[str, Any]) -> Json:
    """A list of such values."""
    return {"type": "array", "items": _schema(items)}


def nullable(value: str) -> Json:
    """Of this type, or null."""
    return {"type": [value, "null"]}


def answers(
    schema: Mapping[str, Any], *, media: str = "application/json", status: int = 200, description: str = "as asked"
) -> dict[int | str, Json]:
    """The good answer of a route."""
    found: dict[int | str, Json] = {status: {"description": description, "content": {media: {"schema": dict(schema)}}}}
    if status == 200:
        found[304] = {"description": "you have it already"}
    return found


def body(schema: Mapping[str, Any], media: str = "application/json") -> Json:
    """The body that a route reads, for ``openapi_extra``."""
    return {"requestBody": {"required": True, "content": {media: {"schema": dict(schema)}}}}


LINK = obj({"rel": "string", "href": "string"})
FEATURE = obj(
    {
        "type": {"const": "Feature"},
        "id": "string",
        "properties": "object",
        "links": array(LINK),
        "geometry": nullable("object"),
    }
)
FEATURES = obj({"type": {"const": "FeatureCollection"}, "features": array(FEATURE), "links": array(LINK)})
