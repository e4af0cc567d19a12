"""What a mission's database keeps of places under watch: alerts, verdicts, looks, detectors' states, messages.

The rows are plain values: what they mean is known above. An alert is kept as its own JSON beside the columns it is
found by; a verdict is never overwritten; a message is one alert in one revision for one target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, insert, or_, select

from swath.errors import DataError
from swath.store.database import Writing
from swath.store.features import Feature, put_features
from swath.store.watch_tables import ALERT, LOOK, MESSAGE, STATE, VERDICT

__all__ = [
    "alert_page",
    "alert_row",
    "alert_rows",
    "count_looks",
    "keep_alert",
    "keep_look",
    "keep_message",
    "keep_state",
    "keep_verdict",
    "look_rows",
    "message_rows",
    "state_of",
    "verdict_rows",
]


def _replace(write: Writing, table: Table, keys: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    matches = [table.c[name] == value for name, value in keys.items()]
    write.connection.execute(delete(table).where(*matches))
    write.connection.execute(insert(table).values(**keys, **values))


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(query)]


def keep_alert(write: Writing, body: Mapping[str, Any], *, noticed_us: int, changed_us: int) -> None:
    """Write an alert, in place of an earlier revision of it. The history says that it became what it is.

    :class:`DataError` where it was changed by somebody else since it was read: what they said would be lost.
    """
    kept = alert_row(write.connection, str(body["id"]))
    if kept is not None and body["revised"][: len(kept["revised"])] != kept["revised"]:
        raise DataError(
            f"the alert is at revision {kept['revision']} meanwhile", where=str(body["id"]), fix="Look at it again"
        )
    values = {name: body[name] for name in ("place", "status", "simulated")}
    _replace(write, ALERT, {"id": body["id"]}, values | {
        "noticed_us": noticed_us, "changed_us": changed_us, "body": dict(body),
    })  # fmt: skip
    write.record("alert", str(body["id"]), str(body["status"]), {"place": body["place"], "revision": body["revision"]})
    put_features(write, [_feature(body)], room="ogc", collection="alerts")


def _feature(body: Mapping[str, Any]) -> Feature:
    """An alert as maps and feeds show it."""
    told = ("place", "kind", "status", "revision", "answer", "false_alarms_per_1000_km2_year")
    times = {"datetime": body["after"], "start_datetime": body["before"], "end_datetime": body["after"]}
    properties = {name: body[name] for name in told} | times | {"title": body["headline"], "noticed": body["noticed"]}
    properties |= {"area_m2": body["area_m2"], "swath:simulated": body["simulated"]}
    return Feature(
        {"type": "Feature", "id": body["id"], "geometry": body["geometry"], "properties": properties, "links": []}
    )


def alert_rows(connection: Connection, place: str = "") -> list[dict[str, Any]]:
    """Alerts as they were kept, the first noticed first; of one place where one is named."""
    query = select(ALERT.c.body).order_by(ALERT.c.noticed_us, ALERT.c.id)
    return [row["body"] for row in _rows(connection, query.where(ALERT.c.place == place) if place else query)]


def alert_row(connection: Connection, id: str) -> dict[str, Any] | None:
    """The alert of an id, as it was kept; ``None`` where there is none."""
    row = connection.execute(select(ALERT.c.body).where(ALERT.c.id == id)).first()
    return None if row is None else dict(row[0])


def alert_page(
    connection: Connection, *, place: str = "", status: str = "", before: tuple[int, str] | None = None, most: int = 100
) -> list[tuple[int, dict[str, Any]]]:
    """Alerts, the last noticed first, with when they were noticed. ``before``: that moment and the id of the last one
    of the page before.
    """
    query = select(ALERT.c.noticed_us, ALERT.c.body).order_by(ALERT.c.noticed_us.desc(), ALERT.c.id.desc())
    if place:
        query = query.where(ALERT.c.place == place)
    if status:
        query = query.where(ALERT.c.status == status)
    if before is not None:
        at_us, id = before
        query = query.where(or_(ALERT.c.noticed_us < at_us, and_(ALERT.c.noticed_us == at_us, ALERT.c.id < id)))
    return [(int(row[0]), dict(row[1])) for row in connection.execute(query.limit(most))]


def keep_verdict(write: Writing, row: Mapping[str, Any]) -> None:
    """Add what somebody said of an alert: ``alert``, ``place``, ``word``, ``at_us``, ``who``, ``why``."""
    write.connection.execute(insert(VERDICT).values(**row))
    write.record("alert", str(row["alert"]), str(row["word"]), {"place": row["place"]})


def verdict_rows(connection: Connection, place: str = "") -> list[dict[str, Any]]:
    """All that was said, in the order it was said."""
    query = select(VERDICT).order_by(VERDICT.c.seq)
    return _rows(connection, query.where(VERDICT.c.place == place) if place else query)


def keep_look(write: Writing, row: Mapping[str, Any]) -> None:
    """Write what a picture said of a place: ``place``, ``scene``, ``at_us``, ``state``, ``why``, ``simulated``."""
    keys = {"place": row["place"], "scene": row["scene"]}
    _replace(write, LOOK, keys, {name: row[name] for name in ("at_us", "state", "why", "simulated")})


def look_rows(connection: Connection, place: str) -> list[dict[str, Any]]:
    """What each picture said of a place, in the order of time."""
    return _rows(connection, select(LOOK).where(LOOK.c.place == place).order_by(LOOK.c.at_us, LOOK.c.scene))


def count_looks(connection: Connection, place: str) -> int:
    """How many pictures of a place were looked at?"""
    return int(connection.execute(select(func.count()).where(LOOK.c.place == place)).scalar_one())


def keep_state(write: Writing, place: str, content: bytes) -> None:
    """Write what detectors keep of a place."""
    _replace(write, STATE, {"place": place}, {"changed_us": write.at_us, "content": content})


def state_of(connection: Connection, place: str) -> bytes | None:
    """What detectors keep of a place; ``None`` before the first picture."""
    row = connection.execute(select(STATE.c.content).where(STATE.c.place == place)).first()
    return None if row is None else bytes(row[0])


def keep_message(write: Writing, row: Mapping[str, Any]) -> None:
    """Write where a message stands."""
    _replace(write, MESSAGE, {"id": row["id"]}, {name: value for name, value in row.items() if name != "id"})


def message_rows(connection: Connection, states: Iterable[str] = (), *, alert: str = "") -> list[dict[str, Any]]:
    """All messages, or those in some states, or of an alert."""
    wanted = list(states)
    query = select(MESSAGE).order_by(MESSAGE.c.id)
    query = query.where(MESSAGE.c.alert == alert) if alert else query
    return _rows(connection, query.where(MESSAGE.c.state.in_(wanted)) if wanted else query)
