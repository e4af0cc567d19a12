"""How does what has a place and a time come into the database? GeoJSON in, one row of ``feature`` out.

Used for STAC items (room ``stac``) and for the collections of OGC API Features (room ``ogc``: orders, places, passes,
plans, alerts). Whatever is wrong with a feature is told before anything is written.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import shape as shape_of
from sqlalchemy import bindparam, delete, insert, select, update

from swath.errors import InputError
from swath.store.database import Writing
from swath.store.moments import FIRST_US, LAST_US, moment_of_text
from swath.store.schema import COLLECTION, FEATURE

__all__ = [
    "BASE",
    "Box",
    "Feature",
    "box_of",
    "checked_geometry",
    "feature_row",
    "plain_text",
    "put_collection",
    "put_features",
    "remove_collection",
    "remove_features",
]

BASE = "\ue000"
"""stands in a stored document for the address under which the service is reached (a private-use character)"""
Box = tuple[float, float, float, float]
"""west, south, east, north; a west beyond the east crosses the antimeridian"""
_BATCH = 2000
_MOST_POINTS = 100_000


@dataclass(frozen=True)
class Feature:
    """A feature and who alone may see it; ``None``: everybody who may see the collection."""

    document: Mapping[str, Any]
    """GeoJSON, with ``id`` and ``properties``; addresses within the service begin with :data:`BASE`"""
    owner: str | None = None


def plain_text(value: Any, *, where: str) -> str:
    """JSON as it is kept. :class:`InputError` for what JSON cannot hold."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"this is not JSON: {error}", where=where, fix="Leave out NaN and infinity") from error


def checked_geometry(geometry: Any, *, where: str) -> shapely.Geometry:
    """A GeoJSON geometry as a shape in longitude and latitude.

    Raises :class:`InputError` where it is none, is empty, has too many points, or lies outside of the Earth's range.
    """
    if not isinstance(geometry, Mapping):
        raise InputError("the geometry is no object", where=where, fix="Give a GeoJSON geometry")
    try:
        found = shape_of(geometry)
    except Exception as error:  # shapely raises whatever the shape of the fault makes it meet
        raise InputError("the geometry cannot be read", where=where, fix="Give a GeoJSON geometry") from error
    if found.is_empty:
        raise InputError("the geometry is empty", where=where, fix="Give at least one position")
    at = shapely.get_coordinates(found)
    if len(at) > _MOST_POINTS:
        raise InputError(f"{len(at)} positions", where=where, fix=f"Give at most {_MOST_POINTS}")
    west, south, east, north = found.bounds
    if not all(map(math.isfinite, found.bounds)) or west < -180 or east > 180 or south < -90 or north > 90:
        raise InputError(
            "the geometry lies outside of longitude -180 to 180, latitude -90 to 90",
            where=where,
            fix="Put longitude first, and cut it at the antimeridian",
        )
    return shapely.force_2d(found)


def box_of(values: Sequence[Any], *, where: str) -> Box:
    """A box of four or six numbers (the heights are not kept). :class:`InputError` for anything else."""
    if not isinstance(values, list | tuple) or len(values) not in (4, 6):
        raise InputError("a box has four or six numbers", where=where, fix="Write west,south,east,north")
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in values):
        raise InputError("a box has numbers only", where=where, fix="Write west,south,east,north")
    flat = values if len(values) == 4 else [*values[0:2], *values[3:5]]
    west, south, east, north = (float(value) for value in flat)
    if south > north or not (south >= -90 and north <= 90 and abs(west) <= 180 and abs(east) <= 180):
        raise InputError(
            f"box {west:g},{south:g},{east:g},{north:g}",
            where=where,
            fix="South comes before north; longitude -180 to 180, latitude -90 to 90",
        )
    if len(values) == 6 and values[2] > values[5]:
        raise InputError("the box's lower height is above its upper", where=where, fix="Exchange them")
    return west, south, east, north


def _times(properties: Mapping[str, Any], where: str) -> tuple[int, int, int]:
    """When: the moment it is known by, its start and its stop."""
    at, start, stop = (properties.get(key) for key in ("datetime", "start_datetime", "end_datetime"))
    given = [None if text is None else moment_of_text(text, where=where) for text in (at, start, stop)]
    first = given[1] if given[1] is not None else given[0]
    last = given[2] if given[2] is not None else given[0]
    if first is None or last is None:
        raise InputError("it has no datetime", where=where, fix="Give datetime, or start_datetime and end_datetime")
    if last < first:
        raise InputError("it ends before it begins", where=where, fix="Correct start_datetime or end_datetime")
    middle = given[0] if given[0] is not None else first
    if not FIRST_US < middle < LAST_US:
        raise InputError("its time is out of range", where=where, fix="Correct its datetime")
    return middle, first, last


def feature_row(feature: Feature, *, room: str, collection: str, at_us: int) -> dict[str, Any]:
    """The row of a feature. :class:`InputError` says what is wrong with it."""
    document = feature.document
    id = document.get("id")
    if not isinstance(id, str) or not id or len(id) > 256 or any(c < " " for c in id) or "/" in id:
        raise InputError(f"id {str(id)[:40]!r}", where=collection, fix="Give a text of up to 256 characters, without /")
    where = f"{collection}/{id}"
    properties = document.get("properties")
    if not isinstance(properties, Mapping):
        raise InputError("it has no properties", where=where, fix="Give a GeoJSON feature")
    time_us, start_us, stop_us = _times(properties, where)
    body = plain_text(document, where=where)
    row: dict[str, Any] = {
        "room": room,
        "collection": collection,
        "id": id,
        "owner": feature.owner,
        "time_us": time_us,
        "start_us": start_us,
        "stop_us": stop_us,
        "changed_us": at_us,
        "body": body,
        "properties": dict(properties),
        "tag": hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:20],
        **dict.fromkeys(("west", "south", "east", "north", "shape")),
        "platform": _text(properties.get("platform")),
        "cloud": _number(properties.get("eo:cloud_cover")),
    }
    if document.get("geometry") is not None:
        shape = checked_geometry(document["geometry"], where=where)
        given = document.get("bbox")
        box = box_of(given, where=where) if given is not None else shape.bounds
        row |= dict(zip(("west", "south", "east", "north"), box, strict=True)) | {"shape": shapely.to_wkb(shape)}
    return row


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def put_features(write: Writing, features: Iterable[Feature], *, room: str, collection: str) -> list[str]:
    """Put features in, in place of those of the same id; returns the ids of those that are new or differ.

    What is there to the byte stays as it is, with the time of its last change. Raises :class:`InputError`.
    """
    rows = [feature_row(feature, room=room, collection=collection, at_us=write.at_us) for feature in features]
    changed: list[str] = []
    known = FEATURE.c.id, FEATURE.c.tag, FEATURE.c.owner
    here = (FEATURE.c.room == room) & (FEATURE.c.collection == collection)
    for first in range(0, len(rows), _BATCH):
        some = {row["id"]: row for row in rows[first : first + _BATCH]}
        there = {r.id: r for r in write.connection.execute(select(*known).where(here, FEATURE.c.id.in_(list(some))))}
        new = [row for id, row in some.items() if id not in there]
        same = {id for id, r in there.items() if (r.tag, r.owner) == (some[id]["tag"], some[id]["owner"])}
        other = [row for id, row in some.items() if id in there and id not in same]
        if new:
            write.connection.execute(insert(FEATURE), new)
        if other:
            statement = update(FEATURE).where(here, FEATURE.c.id == bindparam("its_id"))
            names: dict[str, Any] = {
                name: bindparam(name) for name in other[0] if name not in ("room", "collection", "id")
            }
            write.connection.execute(statement.values(names), [{**row, "its_id": row["id"]} for row in other])
        changed += [row["id"] for row in (*new, *other)]
    return changed


def remove_features(write: Writing, ids: Sequence[str], *, room: str, collection: str) -> int:
    """Take features out; returns how many were there."""
    where = (FEATURE.c.room == room) & (FEATURE.c.collection == collection) & FEATURE.c.id.in_(list(ids))
    return int(write.connection.execute(delete(FEATURE).where(where)).rowcount)


def put_collection(write: Writing, id: str, body: Mapping[str, Any], *, room: str) -> bool:
    """Put a collection in, in place of one of the same id; returns whether that changed anything."""
    where = (COLLECTION.c.room == room) & (COLLECTION.c.id == id)
    there = write.connection.execute(select(COLLECTION.c.body).where(where)).first()
    if there is not None and there[0] == body:
        return False
    values = {"body": dict(body), "changed_us": write.at_us}
    if there is not None:
        write.connection.execute(update(COLLECTION).where(where).values(values))
    else:
        write.connection.execute(insert(COLLECTION).values(room=room, id=id, **values))
    return True


def remove_collection(write: Writing, id: str, *, room: str) -> None:
    """Take a collection and everything in it out."""
    write.connection.execute(delete(FEATURE).where(FEATURE.c.room == room, FEATURE.c.collection == id))
    write.connection.execute(delete(COLLECTION).where(COLLECTION.c.room == room, COLLECTION.c.id == id))
