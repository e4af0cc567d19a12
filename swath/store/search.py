"""Which features lie there, were then and are so? One page of them, fast on a hundred thousand.

On SQLite two ways lead to a page. The R*Tree of boxes and times says which features could fit; where those are few,
only they are looked at. Where they are many, the time index is walked from the newest on: it holds what is asked for,
and the page is soon full. On PostgreSQL the planner decides this by the statistics of the geometry column.
``tests/store/test_search_plans.py`` holds both to their indexes; ``benchmarks/serve.py`` measures them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Connection, Select, and_, case, cast, false, func, literal, or_, select, text
from sqlalchemy import literal_column as plain
from sqlalchemy.dialects.postgresql import JSONB

from swath.errors import InputError
from swath.store.features import Box
from swath.store.filter_relations import meets
from swath.store.filters import condition
from swath.store.moments import FIRST_US, LAST_US
from swath.store.schema import FEATURE

__all__ = ["Asked", "Found", "Page", "count", "feature_of", "find", "page_statement", "sort_of"]

Clause = ColumnElement[Any]
_FEW = 1000
"""features that are looked at one by one rather than by walking the time index"""
_DAY_US, _2020_DAYS = 86400e6, 18262
_SORTABLE = {"id": "id", "collection": "collection", "datetime": "time_us", "start_datetime": "start_us"}
_SORTABLE |= {"end_datetime": "stop_us", "platform": "platform", "eo:cloud_cover": "cloud"}


@dataclass(frozen=True)
class Asked:
    """What is looked for; what is not given does not matter."""

    room: str
    collections: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    box: Box | None = None
    shape: shapely.Geometry | None = None
    interval: tuple[int, int] | None = None
    """microseconds, ends in it; features whose own time meets it"""
    where: Mapping[str, Any] | None = None
    """CQL2, as :func:`swath.store.filters.parse_filter` gives it"""
    sort: tuple[tuple[str, bool], ...] = ()
    """properties, and whether downwards; newest first where none is given"""
    limit: int = 10
    after: str = ""
    """the ``next`` of the page before"""
    viewer: str | None = None
    """sees its own features and everybody's; ``None`` sees all"""


@dataclass(frozen=True)
class Found:
    """A feature as it was found; ``body`` still holds :data:`swath.store.features.BASE`."""

    collection: str
    id: str
    body: str
    tag: str
    changed_us: int
    owner: str | None


@dataclass(frozen=True)
class Page:
    """Some of what fits, and how to ask for more: empty where there is no more."""

    found: tuple[Found, ...]
    next: str


def sort_of(text: str) -> tuple[tuple[str, bool], ...]:
    """``-datetime,+id`` as properties and directions. :class:`InputError` where a name is missing."""
    parts = [part.strip() for part in text.split(",")]
    names = [(part.lstrip("+-"), part.startswith("-")) for part in parts if part]
    if len(names) != len(parts) or not all(name for name, _ in names) or len(names) > 8:
        raise InputError(f"sortby {text[:40]!r}", where="sortby", fix="Write -datetime,+id: up to 8 properties")
    return tuple(names)


def find(connection: Connection, asked: Asked) -> Page:
    """A page of what is asked. :class:`InputError` where the question is wrong."""
    few = _few(connection, asked) if connection.dialect.name == "sqlite" else None
    if few == []:
        return Page((), "")
    rows = connection.execute(page_statement(asked, connection.dialect.name, few)).all()
    keys = [row[0] for row in rows[: asked.limit]]
    columns = FEATURE.c.key, FEATURE.c.collection, FEATURE.c.id, FEATURE.c.body, FEATURE.c.tag
    if not keys:
        return Page((), "")
    bodies = connection.execute(
        select(*columns, FEATURE.c.changed_us, FEATURE.c.owner).where(FEATURE.c.key.in_(keys))
    ).all()
    by_key = {row[0]: Found(*row[1:]) for row in bodies}
    more = _token(rows[asked.limit - 1]) if len(rows) > asked.limit else ""
    return Page(tuple(by_key[key] for key in keys if key in by_key), more)


def count(connection: Connection, asked: Asked, *, most: int = 100_000) -> int:
    """How many features fit, counted up to ``most``."""
    inner = select(literal(1)).select_from(FEATURE).where(*_clauses(asked, connection.dialect.name, None)).limit(most)
    return int(connection.execute(select(func.count()).select_from(inner.subquery())).scalar_one())


def feature_of(
    connection: Connection, room: str, collection: str, id: str, *, viewer: str | None = None
) -> Found | None:
    """One feature by its name, if there is one that the viewer may see."""
    columns = FEATURE.c.collection, FEATURE.c.id, FEATURE.c.body, FEATURE.c.tag, FEATURE.c.changed_us, FEATURE.c.owner
    here = (FEATURE.c.room == room) & (FEATURE.c.collection == collection) & (FEATURE.c.id == id)
    row = connection.execute(select(*columns).where(here, *_seen(viewer))).first()
    return Found(*row) if row else None


def page_statement(asked: Asked, dialect: str, few: Sequence[int] | None) -> Select[Any]:
    """The statement that finds the keys of a page and of the first after it, with the values it is sorted by.

    ``few`` are the keys of all that the R*Tree lets through, where those are few.
    """
    keys = _keys(asked, dialect)
    clauses = _clauses(asked, dialect, few)
    if asked.after:
        clauses.append(_beyond(keys, _values(asked.after, len(keys))))
    order = [part for value, down, fixed in keys for part in _order(value, down, fixed, hidden=few is not None)]
    statement = select(FEATURE.c.key, *(value.label(f"sort_{n}") for n, (value, _, _) in enumerate(keys)))
    return statement.where(*clauses).order_by(*order).limit(asked.limit + 1)


def _few(connection: Connection, asked: Asked) -> list[int] | None:
    """The keys of the features whose box and time could fit, where those are few; ``None`` where they are many."""
    box = asked.box if asked.box is not None else asked.shape.bounds if asked.shape is not None else None
    if box is None:
        return None
    west, south, east, north = box
    start, stop = asked.interval or (FIRST_US, LAST_US)
    values = {
        "south": south,
        "north": north,
        "most": _FEW + 1,
        "start": start / _DAY_US - _2020_DAYS,
        "stop": stop / _DAY_US - _2020_DAYS,
    }
    keys: set[int] = set()
    for low, high in [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]:
        found = connection.execute(_PROBE, {**values, "west": low, "east": high}).all()
        keys.update(row[0] >> 1 for row in found)
    return sorted(keys) if len(keys) <= _FEW else None


_PROBE = text(
    "select id from feature_box where west <= :east and east >= :west and south <= :north and north >= :south"
    " and start <= :stop and stop >= :start limit :most"
)


def _clauses(asked: Asked, dialect: str, few: Sequence[int] | None) -> list[Clause]:
    f = FEATURE.c
    clauses: list[Clause] = [f.room == asked.room, *_seen(asked.viewer)]
    if few is not None:  # a room behind an operator is no column: the keys are what SQLite looks up
        clauses[0] = f.room.concat("") == asked.room
        clauses.append(f.key.in_(select(plain("value")).select_from(func.json_each(json.dumps(list(few))))))
    for column, names in ((f.collection, asked.collections), (f.id, asked.ids)):
        if names:
            clauses.append(column == names[0] if len(names) == 1 else column.in_(names))
    if asked.interval is not None:
        first, last = asked.interval
        clauses += [f.start_us <= last, f.stop_us >= first]
        if few is None:  # what the time index can bound: no feature reaches further from its time than the longest
            own = FEATURE.alias("longest")
            lead = select(func.max(own.c.time_us - own.c.start_us)).where(own.c.room == asked.room).scalar_subquery()
            trail = select(func.max(own.c.stop_us - own.c.time_us)).where(own.c.room == asked.room).scalar_subquery()
            clauses += [f.time_us <= last + lead] if last < LAST_US else []
            clauses += [f.time_us >= first - trail] if first > FIRST_US else []
    if asked.box is not None:
        clauses += _in_box(asked.box, dialect)
    if asked.shape is not None:
        clauses.append(meets("intersects", asked.shape, dialect))
    if asked.where is not None:
        clauses.append(condition(asked.where, dialect))
    return clauses


def _seen(viewer: str | None) -> list[Clause]:
    return [] if viewer is None else [or_(FEATURE.c.owner.is_(None), FEATURE.c.owner == viewer)]


def _in_box(box: Box, dialect: str) -> list[Clause]:
    """Outlines that meet a box. On SQLite only those are looked at that are not wholly inside or outside of it."""
    west, south, east, north = box
    parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    boxes = [shapely.box(low, south, high, north) for low, high in parts]
    shape = boxes[0] if len(boxes) == 1 else shapely.multipolygons(boxes)
    if dialect == "postgresql":
        return [meets("intersects", shape, dialect)]
    f = FEATURE.c
    crosses = f.west > f.east
    overlap = [
        or_(and_(f.west <= f.east, f.west <= high, f.east >= low), and_(crosses, or_(f.west <= high, f.east >= low)))
        for low, high in parts
    ]
    inside = [and_(f.west <= f.east, f.west >= low, f.east <= high) for low, high in parts]
    whole = and_(f.south >= south, f.north <= north, or_(*inside))
    return [f.south <= north, f.north >= south, or_(*overlap), or_(whole, meets("intersects", shape, dialect))]


def _keys(asked: Asked, dialect: str) -> list[tuple[Clause, bool, bool]]:
    """What is sorted by: a value, whether downwards, and whether it is always there. The last one makes it unique."""
    asked_for = asked.sort or (("datetime", True),)
    keys: list[tuple[Clause, bool, bool]] = []
    for whole, down in asked_for:
        name = whole.removeprefix("properties.")
        if name in _SORTABLE:
            column = FEATURE.c[_SORTABLE[name]]
            keys.append((column, down, not column.nullable))
        elif '"' in name or "\\" in name:
            raise InputError(f"sortby {name[:40]!r}", where="sortby", fix="Name a property without quotes")
        elif dialect == "postgresql":
            value = func.jsonb_extract_path(FEATURE.c.properties, name, type_=JSONB)
            plain_kind = func.jsonb_typeof(value).in_(("number", "string", "boolean"))
            keys.append((case((plain_kind, value)), down, False))
        else:
            keys.append((func.json_extract(FEATURE.c.properties, f'$."{name}"'), down, False))
    return [*keys, (FEATURE.c.key, asked_for[0][1], True)]


def _order(value: Clause, down: bool, fixed: bool, *, hidden: bool) -> list[Clause]:
    # A value behind a plus is no longer the column: SQLite then does not walk its index past all that is not asked for.
    own = value if not hidden else value.op("+")(0) if value is FEATURE.c.time_us else value
    ordered = own.desc() if down else own.asc()
    return [ordered] if fixed else [value.is_(None), ordered]


def _beyond(keys: Sequence[tuple[Clause, bool, bool]], values: Sequence[Any]) -> Clause:
    """What comes after a row in the order of the keys; what has no value comes last."""
    alternatives: list[Clause] = []
    same: list[Clause] = []
    for (value, down, _), told in zip(keys, values, strict=True):
        # on PostgreSQL a property is compared as JSON, which has one order for numbers, texts and truths
        at: Any = cast(literal(json.dumps(told)), JSONB) if told is not None and _is_json(value) else told
        if at is not None:
            after = value < at if down else value > at
            alternatives.append(and_(*same, or_(after, value.is_(None))))
        same.append(value.is_(None) if at is None else value == at)
    first, at = keys[0], values[0]
    found = or_(*alternatives) if alternatives else false()
    if first[2] and at is not None:  # said once more as a bound, which an index can use
        found = and_(first[0] <= at if first[1] else first[0] >= at, found)
    return found


def _is_json(value: Clause) -> bool:
    return isinstance(value.type, JSONB)


def _token(row: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(row[1:]), separators=(",", ":")).encode()).decode().rstrip("=")


def _values(token: str, length: int) -> list[Any]:
    wrong = InputError("this is no token of a next page", where="token", fix="Follow the link of the page before")
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        values = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise wrong from error
    good = isinstance(values, list) and len(values) == length and type(values[-1]) is int
    if not good or not all(value is None or type(value) in (int, float, str, bool) for value in values):
        raise wrong
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
        raise wrong
    return list(values)
