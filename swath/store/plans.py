"""Which plan is in force, and which were before? Plans as they were made, their pictures and contacts as features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from swath.errors import InputError
from swath.model import Station
from swath.store.database import Writing
from swath.store.features import BASE, Feature, put_features
from swath.store.moments import moment_of_text, moment_text
from swath.store.schema import FEATURE, ORDER, PLAN

__all__ = ["current_plan", "plan_of", "plans", "put_plan"]

_FORM = "swath plan 1"


def put_plan(write: Writing, text: str, stations: Mapping[str, Station], *, simulated: bool, new: bool = False) -> str:
    """Put a plan (``plan.json``) in force; returns its id. One that is in force already stays so.

    With ``new``, one that was in force before is left where it is. Its pictures become features of ``plans``, its
    contacts features of ``passes``.
    """
    try:
        plan = json.loads(text)
        if plan["format"] != _FORM:
            raise ValueError(f"format {plan['format']!r}")
        made_us, value, bound = moment_of_text(plan["made"]), float(plan["value"]), float(plan["bound"])
        pictures, contacts = list(plan["acquisitions"]), list(plan["contacts"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"this is no plan: {error}", where="plan", fix="Give a plan.json of swath plan") from error
    id = hashlib.sha256(text.encode()).hexdigest()[:16]
    there = write.connection.execute(select(PLAN.c.current).where(PLAN.c.id == id)).first()
    if there is not None and (new or there[0]):
        return id
    write.connection.execute(update(PLAN).where(PLAN.c.current).values(current=False))
    if there is None:
        row = {"id": id, "made_us": made_us, "stored_us": write.at_us, "value": value, "bound": bound, "body": text}
        write.connection.execute(insert(PLAN).values(**row, current=True))
    else:
        write.connection.execute(update(PLAN).where(PLAN.c.id == id).values(current=True))
    for collection, features in (
        ("plans", _pictures(write.connection, id, pictures, simulated)),
        ("passes", _contacts(id, contacts, stations, simulated)),
    ):
        _replace(write, collection, list(features))
    write.record("plan", id, "in force", {"value": value, "bound": bound, "pictures": len(pictures)})
    return id


def _replace(write: Writing, collection: str, features: list[Feature]) -> None:
    from sqlalchemy import delete

    kept = {str(feature.document["id"]) for feature in features}
    here = (FEATURE.c.room == "ogc") & (FEATURE.c.collection == collection)
    old = {row[0] for row in write.connection.execute(select(FEATURE.c.id).where(here))} - kept
    if old:
        write.connection.execute(delete(FEATURE).where(here, FEATURE.c.id.in_(sorted(old))))
    put_features(write, features, room="ogc", collection=collection)


def _pictures(connection: Connection, plan: str, rows: list[Any], simulated: bool) -> Iterator[Feature]:
    orders = {row.id: row for row in connection.execute(select(ORDER.c.id, ORDER.c.owner, ORDER.c.geometry))}
    for row in rows:
        order = orders.get(row["request"])
        numbers = {k: v for k, v in row.items() if k not in ("id", "start", "stop", "middle")}
        yield Feature(
            {
                "type": "Feature",
                "id": row["id"],
                "geometry": None if order is None else order.geometry,
                "properties": {
                    "datetime": row["middle"],
                    "start_datetime": row["start"],
                    "end_datetime": row["stop"],
                    "kind": "picture",
                    "platform": row["satellite"],
                    "plan": plan,
                    **numbers,
                    "swath:simulated": simulated,
                },
                "links": [{"rel": "about", "href": f"{BASE}/stapi/orders/{row['request']}"}] if order else [],
            },
            None if order is None else order.owner,
        )


def _contacts(plan: str, rows: list[Any], stations: Mapping[str, Station], simulated: bool) -> Iterator[Feature]:
    for row in rows:
        at = stations.get(row["station"])
        numbers = {k: v for k, v in row.items() if k not in ("id", "start", "stop")}
        yield Feature(
            {
                "type": "Feature",
                "id": row["id"],
                "geometry": None if at is None else {"type": "Point", "coordinates": [at.lon_deg, at.lat_deg]},
                "properties": {
                    "datetime": row["start"],
                    "start_datetime": row["start"],
                    "end_datetime": row["stop"],
                    "kind": "contact",
                    "platform": row["satellite"],
                    "plan": plan,
                    **numbers,
                    "swath:simulated": simulated,
                },
                "links": [],
            }
        )


def current_plan(connection: Connection) -> tuple[str, str] | None:
    """Id and text (``plan.json``) of the plan in force."""
    row = connection.execute(select(PLAN.c.id, PLAN.c.body).where(PLAN.c.current)).first()
    return (row[0], row[1]) if row else None


def plan_of(connection: Connection, id: str) -> str | None:
    """The text of a plan that is or was in force; ``None`` where there is no such plan."""
    row = connection.execute(select(PLAN.c.body).where(PLAN.c.id == id)).first()
    return None if row is None else str(row[0])


def plans(connection: Connection, *, most: int = 100) -> list[dict[str, Any]]:
    """Every plan that was in force, the last one first."""
    columns = PLAN.c.id, PLAN.c.made_us, PLAN.c.stored_us, PLAN.c.current, PLAN.c.value, PLAN.c.bound
    rows = connection.execute(select(*columns).order_by(PLAN.c.stored_us.desc()).limit(most))
    return [
        {
            "id": row.id,
            "made": moment_text(row.made_us),
            "stored": moment_text(row.stored_us),
            "current": row.current,
            "value": row.value,
            "bound": row.bound,
        }
        for row in rows
    ]
