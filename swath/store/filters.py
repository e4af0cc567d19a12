"""Which features fit a CQL2 filter? CQL2 (OGC 21-065) as an SQL condition, the same on SQLite and PostgreSQL.

The ``cql2`` package parses and checks; this translates its JSON form. A property is the column of that name where there
is one, else a value of the document: it counts only where it is of the kind it is compared with (a text is never
greater than a number), and a property that is not there makes a comparison unknown, as in SQL.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cql2
import shapely
from sqlalchemy import Boolean as Truth
from sqlalchemy import ColumnElement, Float, and_, case, cast, func, literal, not_, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB

from swath.errors import InputError
from swath.store.features import box_of, checked_geometry
from swath.store.filter_relations import SPATIAL, between_moments, meets
from swath.store.moments import FIRST_US, LAST_US, moment_of_text
from swath.store.schema import FEATURE

__all__ = ["condition", "parse_filter", "property_value"]

Clause = ColumnElement[Any]
_FIX = "See OGC 21-065 for CQL2; /queryables names the properties"
_KINDS = {"number": ("integer", "real"), "truth": ("true", "false"), "text": ("text",)}
_MOST_DEPTH = 40
_MOST_TEXT = 100_000
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "id": ("id", "text"),
    "collection": ("collection", "text"),
    "datetime": ("time_us", "moment"),
    "start_datetime": ("start_us", "moment"),
    "end_datetime": ("stop_us", "moment"),
    "platform": ("platform", "text"),
    "eo:cloud_cover": ("cloud", "number"),
}
_TIMES = {"created", "updated", "published", "expires", "unpublished"}
_SHAPES = ("geometry", "footprint")
_COMPARED: Mapping[str, Callable[[Clause, Any], Clause]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def parse_filter(value: Any, language: str = "cql2-json") -> Mapping[str, Any]:
    """A filter in CQL2 text or JSON, as JSON. :class:`InputError` where it is neither."""
    wrong = InputError("the filter is not CQL2", where="filter", fix=_FIX)
    if language not in ("cql2-json", "cql2-text"):
        raise InputError(f"filter-lang {str(language)[:30]!r}", where="filter-lang", fix="cql2-text or cql2-json")
    if isinstance(value, str) and len(value) > _MOST_TEXT:
        raise InputError("the filter is too long", where="filter", fix=f"At most {_MOST_TEXT} characters")
    try:
        if language == "cql2-json":
            found = json.loads(value) if isinstance(value, str) else value
            if not isinstance(found, Mapping) or _depth(found) > _MOST_DEPTH:
                raise wrong
            found = _unnested(found)
            expression = cql2.Expr(dict(found))
        else:
            if _nesting(value) > _MOST_DEPTH:
                raise wrong
            expression = cql2.parse_text(value)
            found = expression.to_json()
        expression.validate()
    except InputError:
        raise
    except Exception as error:  # the parser is another language's: whatever it meets, the filter is at fault
        raise wrong from error
    if not isinstance(found, Mapping) or _depth(found) > _MOST_DEPTH:
        raise wrong
    return found


def _unnested(filter: Mapping[str, Any]) -> dict[str, Any]:
    """``between`` with its ends in a list of their own, as drafts of CQL2 wrote it, in today's form."""
    args = filter.get("args")
    if not isinstance(args, list):
        return dict(filter)
    if filter.get("op") == "between" and len(args) == 2 and isinstance(args[1], list):
        args = [args[0], *args[1]]
    return {**filter, "args": [_unnested(one) if isinstance(one, Mapping) else one for one in args]}


def _depth(value: Any, most: int = _MOST_DEPTH + 2) -> int:
    if most <= 0:
        return 1
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return 1 + max((_depth(one, most - 1) for one in inner), default=0)


def _nesting(text: str) -> int:
    deep = most = 0
    for character in text:
        deep += (character == "(") - (character == ")")
        most = max(most, deep)
    return most + text.lower().count("not ") // 2


def condition(filter: Mapping[str, Any], dialect: str) -> Clause:
    """The filter as a condition on ``feature``. :class:`InputError` for what cannot be asked of it."""
    op, args = filter.get("op"), filter.get("args")
    if not isinstance(op, str) or not isinstance(args, list):
        if isinstance(filter.get("property"), str):
            return property_value(filter["property"], "truth", dialect)
        raise InputError("a condition is expected", where="filter", fix=_FIX)
    op = op.lower()
    if op in ("and", "or"):
        return (and_ if op == "and" else or_)(*(_condition(one, dialect) for one in args)) if args else true()
    if op == "not":
        return not_(_condition(_one(args), dialect))
    if op in _COMPARED:
        return _comparison(op, *_two(args), dialect)
    if op.removeprefix("s_") in SPATIAL and op.startswith("s_"):
        return _spatial(op[2:], *_two(args), dialect)
    if op.startswith("t_"):
        return _temporal(op[2:], *_two(args), dialect)
    found = {"isnull": _is_null, "like": _like, "between": _between, "in": _in}.get(op)
    if found is None:
        raise InputError(f"operator {op[:30]!r}", where="filter", fix=_FIX)
    return found(args, dialect)


def _condition(value: Any, dialect: str) -> Clause:
    if isinstance(value, bool):
        return literal(value, Truth)
    if not isinstance(value, Mapping):
        raise InputError("a condition is expected", where="filter", fix=_FIX)
    return condition(value, dialect)


def _one(args: Sequence[Any]) -> Any:
    if len(args) != 1:
        raise InputError("one argument is expected", where="filter", fix=_FIX)
    return args[0]


def _two(args: Sequence[Any]) -> tuple[Any, Any]:
    if len(args) != 2:
        raise InputError("two arguments are expected", where="filter", fix=_FIX)
    return args[0], args[1]


def property_value(name: str, kind: str, dialect: str) -> Clause:
    """A property as a value of a kind (``text``, ``number``, ``truth``, ``moment``), null where it is of another."""
    if name in _COLUMNS:
        column, own = _COLUMNS[name]
        if own != kind:
            raise InputError(f"{name} is a {own}", where="filter", fix=f"Compare it with a {own}")
        return FEATURE.c[column]
    name = name.removeprefix("properties.")
    if dialect == "postgresql":
        value = func.jsonb_extract_path(FEATURE.c.properties, name)
        text = func.jsonb_extract_path_text(FEATURE.c.properties, name)
        is_kind = func.jsonb_typeof(value) == {"number": "number", "truth": "boolean"}.get(kind, "string")
        if kind == "moment":
            return func.swath_instant(text)
        return case(
            (is_kind, cast(text, Float if kind == "number" else Truth) if kind in ("number", "truth") else text)
        )
    path = _path(name)
    value = func.json_extract(FEATURE.c.properties, path)
    if kind == "moment":
        return func.swath_instant(value)
    return case((func.json_type(FEATURE.c.properties, path).in_(_KINDS[kind]), value))


def _path(name: str) -> str:
    """A property's path in SQLite's JSON."""
    if '"' in name or "\\" in name:
        raise InputError(f"property {name[:40]!r}", where="filter", fix="Name a property without quotes")
    return f'$."{name}"'


def _is_moment(name: str) -> bool:
    return name in _TIMES or _COLUMNS.get(name, ("", ""))[1] == "moment"


def _literal(value: Any, name: str = "") -> tuple[Any, str]:
    """A value with its kind."""
    if isinstance(value, bool):
        return value, "truth"
    if isinstance(value, int | float):
        if isinstance(value, int) and abs(value) >= 2**53:
            value = float(value) if abs(value) < 10**300 else float("inf")
        return value, "number"
    if isinstance(value, str):
        return (moment_of_text(value, where="filter"), "moment") if _is_moment(name) else (value, "text")
    if isinstance(value, Mapping):
        for key in ("timestamp", "date"):
            if isinstance(value.get(key), str):
                return moment_of_text(value[key] + ("T00:00:00Z" if key == "date" else ""), where="filter"), "moment"
    raise InputError("a value is expected", where="filter", fix="Numbers, texts, true, false, TIMESTAMP('...'), DATE")


def _name(value: Any) -> str | None:
    return value["property"] if isinstance(value, Mapping) and isinstance(value.get("property"), str) else None


def _need(value: Any) -> str:
    name = _name(value)
    if name is None:
        raise InputError("a property is expected", where="filter", fix=_FIX)
    return name


def _function(value: Any) -> tuple[str, Any] | None:
    """``casei`` or ``accenti`` with what it is of."""
    if isinstance(value, Mapping) and value.get("op") in ("casei", "accenti") and isinstance(value.get("args"), list):
        if value["op"] == "accenti":
            raise InputError("accenti is not supported", where="filter", fix="Compare with casei")
        return value["op"], _one(value["args"])
    return None


def _comparison(op: str, left: Any, right: Any, dialect: str) -> Clause:
    if _name(left) is None and _function(left) is None:
        left, right, op = right, left, _TURNED[op]
    if (folded := _function(left)) is not None:
        other = _function(right)
        text = _literal(other[1] if other else right)[0]
        if not isinstance(text, str):
            raise InputError("casei is of texts", where="filter", fix=_FIX)
        return _COMPARED[op](func.lower(property_value(_need(folded[1]), "text", dialect)), text.lower())
    name = _need(left)
    if (other_name := _name(right)) is not None:
        kind = _COLUMNS.get(name, _COLUMNS.get(other_name, ("", "number")))[1]
        return _COMPARED[op](property_value(name, kind, dialect), property_value(other_name, kind, dialect))
    value, kind = _literal(right, name)
    return _COMPARED[op](property_value(name, kind, dialect), value)


def _is_null(args: Sequence[Any], dialect: str) -> Clause:
    name = _need(_one(args))
    if name in _COLUMNS:
        return FEATURE.c[_COLUMNS[name][0]].is_(None)
    if name in _SHAPES:
        return FEATURE.c.shape.is_(None)
    name = name.removeprefix("properties.")
    if dialect == "postgresql":
        return func.coalesce(func.jsonb_typeof(func.jsonb_extract_path(FEATURE.c.properties, name)), "null") == "null"
    return func.coalesce(func.json_type(FEATURE.c.properties, _path(name)), "null") == "null"


def _like(args: Sequence[Any], dialect: str) -> Clause:
    left, pattern = _two(args)
    folded = _function(left)
    if (other := _function(pattern)) is not None:
        pattern = other[1]
    if not isinstance(pattern, str):
        raise InputError("like takes a text", where="filter", fix=_FIX)
    value = property_value(_need(folded[1] if folded else left), "text", dialect)
    if folded:
        value, pattern = func.lower(value), pattern.lower()
    if pattern.replace("\\\\", "").endswith("\\"):
        raise InputError("the pattern ends in an escape", where="filter", fix="Double the backslash")
    if dialect == "postgresql":
        return value.like(pattern, escape="\\")
    return value.op("glob")(_glob(pattern))  # SQLite's own LIKE does not tell A from a


def _glob(pattern: str) -> str:
    found, escaped = [], False
    for character in pattern:
        if escaped or character not in "\\%_":
            found.append(f"[{character}]" if character in "*?[" else character)
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            found.append("*" if character == "%" else "?")
    return "".join(found)


def _between(args: Sequence[Any], dialect: str) -> Clause:
    if len(args) != 3:
        raise InputError("between takes three arguments", where="filter", fix=_FIX)
    name = _need(args[0])
    (low, kind), (high, other) = _literal(args[1], name), _literal(args[2], name)
    if kind != other:
        raise InputError("the ends of between are of two kinds", where="filter", fix=_FIX)
    return property_value(name, kind, dialect).between(low, high)


def _in(args: Sequence[Any], dialect: str) -> Clause:
    left, values = _two(args)
    if not isinstance(values, list) or not values:
        raise InputError("in takes a list", where="filter", fix=_FIX)
    name = _need(left)
    kinds: dict[str, list[Any]] = {}
    for one in values:
        value, kind = _literal(one, name)
        kinds.setdefault(kind, []).append(value)
    return or_(*(_among(name, kind, some, dialect) for kind, some in kinds.items()))


def _among(name: str, kind: str, values: list[Any], dialect: str) -> Clause:
    """One of some values; of a property that is a list, one of its parts is."""
    if name in _COLUMNS or kind == "moment":
        return property_value(name, kind, dialect).in_(values)
    name = name.removeprefix("properties.")
    if dialect == "postgresql":
        whole = func.jsonb_extract_path(FEATURE.c.properties, name)
        return or_(*(whole.op("@>")(cast(literal(json.dumps(value)), JSONB)) for value in values))
    parts = func.json_each(FEATURE.c.properties, _path(name)).table_valued("value", "type", name="part")
    return (
        select(literal(1)).select_from(parts).where(parts.c.type.in_(_KINDS[kind]), parts.c.value.in_(values)).exists()
    )


def _spatial(relation: str, left: Any, right: Any, dialect: str) -> Clause:
    turned = {"within": "contains", "contains": "within"}
    if _name(left) is None:
        left, right, relation = right, left, turned.get(relation, relation)
    if _need(left).removeprefix("properties.") not in _SHAPES:
        raise InputError("the geometry is the only place to compare", where="filter", fix="Name the property geometry")
    if isinstance(right, Mapping) and isinstance(right.get("bbox"), list):
        west, south, east, north = box_of(right["bbox"], where="filter")
        parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        shape = shapely.union_all([shapely.box(a, south, b, north) for a, b in parts])
    else:
        shape = checked_geometry(right, where="filter")
    return meets(relation, shape, dialect)


def _interval(value: Any, name: str) -> tuple[int, int]:
    if isinstance(value, Mapping) and isinstance(value.get("interval"), list):
        ends = value["interval"]
        if len(ends) != 2:
            raise InputError("an interval has two ends", where="filter", fix=_FIX)
        first, last = (
            open_end
            if end == ".."
            else _literal(
                {"timestamp": end}
                if isinstance(end, str) and "T" in end
                else {"date": end}
                if isinstance(end, str)
                else end
            )[0]
            for end, open_end in zip(ends, (FIRST_US, LAST_US), strict=True)
        )
        return first, last
    at, kind = _literal(value, "datetime")
    if kind != "moment":
        raise InputError("a time is expected", where="filter", fix="TIMESTAMP('2026-05-08T06:00:00Z')")
    if isinstance(value, Mapping) and isinstance(value.get("date"), str):
        return at, at + 86_400_000_000 - 1
    return at, at


def _temporal(relation: str, left: Any, right: Any, dialect: str) -> Clause:
    turned = {
        "before": "after",
        "after": "before",
        "during": "contains",
        "contains": "during",
        "meets": "metby",
        "metby": "meets",
        "overlaps": "overlappedby",
        "overlappedby": "overlaps",
        "starts": "startedby",
        "startedby": "starts",
        "finishes": "finishedby",
        "finishedby": "finishes",
    }
    if _name(left) is None:
        left, right, relation = right, left, turned.get(relation, relation)
    name = _need(left)
    first, last = _interval(right, name)
    # a feature's own time is from its start to its stop; another property is a moment
    own = (
        (FEATURE.c.start_us, FEATURE.c.stop_us)
        if name == "datetime"
        else (property_value(name, "moment", dialect),) * 2
    )
    start, stop = own
    return between_moments(relation, start, stop, first, last)
