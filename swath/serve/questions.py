"""What do the parameters of STAC API and OGC API Features ask for? Texts and JSON in, an :class:`Asked` out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from swath.errors import InputError
from swath.store.features import Box, box_of, checked_geometry
from swath.store.moments import FIRST_US, LAST_US, moment_of_text

__all__ = ["box_of_text", "filter_of_query", "instant_of_text", "interval_of", "numbers_of", "shape_of", "texts_of"]

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_MOST = 500
_OPERATORS = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_NUMBERS = ("eo:cloud_cover", "gsd", "view:off_nadir", "view:sun_elevation", "view:sun_azimuth", "view:azimuth")
_AFFIXES = {"startsWith": ("", "%"), "endsWith": ("%", ""), "contains": ("%", "%")}


def instant_of_text(text: str) -> int:
    """RFC 3339 as microseconds since 1970. :class:`InputError` for any other text."""
    if not _RFC3339.fullmatch(text):
        raise InputError(f"{text[:40]!r} is not a time", where="datetime", fix="Write 2026-05-08T06:00:00Z")
    leap = text[17:19] == "60"  # shares its name with the second before it
    return moment_of_text((f"{text[:17]}59{text[19:]}" if leap else text).upper(), where="datetime")


def interval_of(text: str | None) -> tuple[int, int] | None:
    """``a/b``, ``a/..``, ``../b`` or one moment, as microseconds since 1970, ends in it."""
    if text is None:
        return None
    parts = text.split("/")
    if len(parts) == 1:
        at = instant_of_text(text)
        return at, at
    if len(parts) != 2 or all(part in ("", "..") for part in parts):
        raise InputError(f"{text[:60]!r} is no interval", where="datetime", fix="Write START/STOP; one may be ..")
    first = FIRST_US if parts[0] in ("", "..") else instant_of_text(parts[0])
    last = LAST_US if parts[1] in ("", "..") else instant_of_text(parts[1])
    if last < first:
        raise InputError("the interval ends before it begins", where="datetime", fix="Exchange its ends")
    return first, last


def numbers_of(text: str, where: str) -> list[float]:
    """Numbers with commas between them."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"{text[:40]!r} are no numbers", where=where, fix="Write west,south,east,north") from error
    if not all(map(math.isfinite, found)):
        raise InputError(f"{text[:40]!r} are no numbers", where=where, fix="Write west,south,east,north")
    return found


def box_of_text(text: str | None) -> Box | None:
    """``west,south,east,north``, or six numbers with heights."""
    return None if text is None else box_of(numbers_of(text, "bbox"), where="bbox")


def shape_of(value: Any) -> shapely.Geometry | None:
    """A GeoJSON geometry, as JSON or its text."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InputError("intersects is not JSON", where="intersects", fix="Give a GeoJSON geometry") from error
    shape = checked_geometry(value, where="intersects")
    if not shape.is_valid:
        raise InputError("the geometry crosses itself", where="intersects", fix="Give a valid GeoJSON geometry")
    return shape


def texts_of(value: Any, where: str) -> tuple[str, ...]:
    """``a,b`` or a list of texts."""
    found: Sequence[Any] = [part for part in value.split(",") if part] if isinstance(value, str) else value or ()
    if not isinstance(found, Sequence) or not all(isinstance(one, str) for one in found) or len(found) > _MOST:
        raise InputError(f"{where} is no list of texts", where=where, fix=f"Give up to {_MOST}")
    return tuple(dict.fromkeys(found))


def filter_of_query(value: Any) -> Mapping[str, Any] | None:
    """STAC's query extension as CQL2: ``{"eo:cloud_cover": {"lt": 10}}``."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InputError("query is not JSON", where="query", fix='Write {"eo:cloud_cover": {"lt": 10}}') from error
    if not isinstance(value, Mapping) or not all(isinstance(test, Mapping) for test in value.values()):
        raise InputError("query is no object of objects", where="query", fix='Write {"eo:cloud_cover": {"lt": 10}}')
    tests = [_test(name, op, against) for name, test in value.items() for op, against in test.items()]
    if len(tests) > 100:
        raise InputError(f"{len(tests)} conditions", where="query", fix="Give at most 100")
    return {"op": "and", "args": tests} if tests else None


def _as_number(value: Any) -> Any:
    """A number, also where it comes as a text: the extension's own validator sends it so."""
    try:
        found = float(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return found if not isinstance(found, float) or math.isfinite(found) else value


def _test(name: str, op: str, against: Any) -> dict[str, Any]:
    own = {"property": name.removeprefix("properties.")}
    if own["property"] in _NUMBERS:
        against = [_as_number(one) for one in against] if isinstance(against, list) else _as_number(against)
    if op in _OPERATORS and isinstance(against, str | int | float | bool):
        return {"op": _OPERATORS[op], "args": [own, against]}
    if op in _AFFIXES and isinstance(against, str):
        before, after = _AFFIXES[op]
        plain = against.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return {"op": "like", "args": [own, f"{before}{plain}{after}"]}
    if op == "in" and isinstance(against, list) and 0 < len(against) <= _MOST:
        return {"op": "in", "args": [own, against]}
    raise InputError(
        f"query {name[:40]!r} {op[:20]!r}",
        where="query",
        fix=f"Use {', '.join((*_OPERATORS, *_AFFIXES, 'in'))} with a value of its kind",
    )
