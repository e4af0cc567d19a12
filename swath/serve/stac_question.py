"""What does a STAC search ask for? By address or by body, the same question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swath.errors import InputError
from swath.serve.questions import box_of_text, filter_of_query, interval_of, shape_of, texts_of
from swath.serve.schemas import array, obj
from swath.store.features import box_of
from swath.store.filters import parse_filter
from swath.store.search import Asked, sort_of

__all__ = ["SEARCH_BODY", "Fields", "Question", "chosen", "question_of"]

_ALWAYS = ("type", "stac_version", "id", "collection", "geometry", "bbox", "links", "assets", "properties.datetime")
_NAME = ("type", "stac_version", "id", "collection")
_NUMBER = {"type": "number"}

SEARCH_BODY = obj(
    {},
    {
        "bbox": {"type": "array", "items": _NUMBER, "minItems": 4, "maxItems": 6},
        "datetime": "string",
        "intersects": "object",
        "ids": array("string"),
        "collections": array("string"),
        "limit": {"type": "integer", "minimum": 1},
        "token": "string",
        "query": "object",
        "filter": "object",
        "filter-lang": {"enum": ["cql2-json", "cql2-text"]},
        "sortby": array(obj({"field": "string"}, {"direction": {"enum": ["asc", "desc"]}})),
        "fields": obj({}, {"include": array("string"), "exclude": array("string")}),
    },
)
"""JSON schema of the body of a search"""


@dataclass(frozen=True)
class Fields:
    """Which parts of an item are wanted."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A search, and which parts of what it finds are wanted."""

    asked: Asked
    fields: Fields | None = None


def question_of(given: Mapping[str, Any], *, viewer: str | None, most: int, posted: bool) -> Question:
    """The question of a search's parameters (texts of an address, or ``posted`` values). :class:`InputError`."""
    box, shape = given.get("bbox"), given.get("intersects")
    if box is not None and shape is not None:
        raise InputError("bbox and intersects are given both", where="bbox", fix="Give one of them")
    filters = [
        _filter(given),
        filter_of_query(given.get("query")),
    ]
    found = [one for one in filters if one is not None]
    limit = given.get("limit", 10)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InputError(f"limit {str(limit)[:20]}", where="limit", fix="Give a number from 1 on")
    datetime, token = given.get("datetime"), given.get("token") or ""
    if not isinstance(datetime, str | None) or not isinstance(token, str):
        raise InputError("datetime and token are texts", where="datetime", fix="Write START/STOP")
    asked = Asked(
        room="stac",
        collections=texts_of(given.get("collections"), "collections"),
        ids=texts_of(given.get("ids"), "ids"),
        box=None if box is None else box_of(box, where="bbox") if posted else box_of_text(box),
        shape=shape_of(shape),
        interval=interval_of(datetime),
        where=None if not found else found[0] if len(found) == 1 else {"op": "and", "args": found},
        sort=_sort(given.get("sortby")),
        limit=min(limit, most),
        after=token,
        viewer=viewer,
    )
    return Question(asked, _fields(given))


def _filter(given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    value = given.get("filter")
    crs = given.get("filter-crs")
    if crs not in (None, "http://www.opengis.net/def/crs/OGC/1.3/CRS84"):
        raise InputError(f"filter-crs {str(crs)[:60]!r}", where="filter-crs", fix="Leave it out: longitude, latitude")
    if value is None or value == "":
        return None
    language = given.get("filter-lang") or ("cql2-text" if isinstance(value, str) else "cql2-json")
    if language == "cql2-text" and not isinstance(value, str):
        raise InputError("the filter is no text", where="filter", fix="Give a text, or filter-lang cql2-json")
    return parse_filter(value, language)


def _sort(value: Any) -> tuple[tuple[str, bool], ...]:
    if value is None or value in ("", []):
        return ()
    if isinstance(value, str):
        return sort_of(value.replace(" ", "+"))  # a plus in an address may arrive as a space
    wrong = InputError(
        "sortby is no list of fields", where="sortby", fix='[{"field": "datetime", "direction": "desc"}]'
    )
    if not isinstance(value, list) or len(value) > 8:
        raise wrong
    for one in value:
        good = isinstance(one, Mapping) and isinstance(one.get("field"), str) and one["field"]
        if not good or one.get("direction", "asc") not in ("asc", "desc"):
            raise wrong
    return tuple((one["field"], one.get("direction") == "desc") for one in value)


def _fields(given: Mapping[str, Any]) -> Fields | None:
    if "fields" not in given:
        return None
    value = given["fields"]
    if isinstance(value, str):
        names = [part.strip().lstrip("+ ") for part in value.split(",") if part.strip()]
        include: tuple[str, ...] | None = tuple(name for name in names if not name.startswith("-"))
        exclude = tuple(name[1:] for name in names if name.startswith("-"))
        return Fields(include or None if exclude else include, exclude)
    if not isinstance(value, Mapping):
        raise InputError("fields is no object", where="fields", fix='{"include": ["id"], "exclude": ["links"]}')
    include = texts_of(value["include"], "fields") if "include" in value else None
    return Fields(include, texts_of(value.get("exclude"), "fields"))


def chosen(item: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """The parts of an item that are wanted.

    ``include`` alone gives these and the item's name, and wins over ``exclude``; ``exclude`` alone gives all the rest;
    with neither, what every item has.
    """
    kept: dict[str, Any] = {}
    if fields.include is None and fields.exclude:
        kept = {**item, "properties": dict(item["properties"])}
    else:
        for name in _NAME if fields.include else _ALWAYS:
            _copy(item, kept, name)
    for name in fields.exclude:
        _drop(kept, name)
    for name in fields.include or ():
        _copy(item, kept, name)
    return kept


def _path(item: Mapping[str, Any], name: str) -> list[str]:
    """``properties.gsd``, ``gsd`` (of the properties, where the item has none) and ``assets.data.href`` as steps."""
    head, dot, rest = name.partition(".")
    if name in item:
        return [name]
    if dot and head in item:
        return [head, rest] if head == "properties" else name.split(".")
    return ["properties", name]


def _copy(item: Mapping[str, Any], kept: dict[str, Any], name: str) -> None:
    *way, last = _path(item, name)
    source: Any = item
    for step in way:
        source = source.get(step) if isinstance(source, Mapping) else None
    if isinstance(source, Mapping) and last in source:
        target = kept
        for step in way:
            target = target.setdefault(step, {})
        target[last] = source[last]


def _drop(kept: dict[str, Any], name: str) -> None:
    *way, last = _path(kept, name)
    target: Any = kept
    for step in way:
        if not isinstance(target.get(step), Mapping):
            return
        target[step] = target = dict(target[step])
    target.pop(last, None)
