"""Who ordered what, and what became of it? The book of orders: each with all its statuses, none ever changed.

An order is written together with its first status, its line in the history and its feature for maps, in one
transaction: it is there with all of them, or not at all.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from swath.errors import InputError
from swath.store.database import Writing
from swath.store.features import BASE, Feature, put_features
from swath.store.moments import moment_text
from swath.store.schema import ORDER, ORDER_STATUS

__all__ = [
    "OPEN",
    "STATUS_CODES",
    "Ordered",
    "Status",
    "count_orders",
    "count_placed",
    "order_of",
    "orders",
    "place_order",
    "set_status",
    "statuses",
]

STATUS_CODES = (
    *("received", "accepted", "rejected", "completed", "cancelled", "scheduled", "held", "processing", "reserved"),
    *("tasked", "user_cancelled", "expired", "failed"),
)
OVER = ("rejected", "completed", "cancelled", "user_cancelled", "expired", "failed")
OPEN = tuple(code for code in STATUS_CODES if code not in OVER)
"""statuses of orders that are still under way"""


@dataclass(frozen=True)
class Status:
    """What became of an order at one moment."""

    code: str
    at_us: int
    reason_code: str | None = None
    reason_text: str | None = None
    help: Mapping[str, Any] | None = None
    """the cheapest single change that would get it in: ``what``, ``change``"""
    who: str = "swath"


@dataclass(frozen=True)
class Ordered:
    """An order. ``asked`` are STAPI's search parameters (``datetime``, ``geometry``, ``filter``)."""

    id: str
    offer: str
    owner: str
    created_us: int
    geometry: Mapping[str, Any]
    asked: Mapping[str, Any]
    parameters: Mapping[str, Any]
    status: Status
    simulated: bool
    opportunity: Mapping[str, Any] = field(default_factory=dict)


def place_order(write: Writing, order: Ordered) -> None:
    """Write an order down. :class:`InputError` where its id is taken."""
    if write.connection.execute(select(ORDER.c.id).where(ORDER.c.id == order.id)).first():
        raise InputError(f"order {order.id} is there already", where="order", fix="Choose another id")
    values = {name: getattr(order, name) for name in ("id", "offer", "owner", "created_us", "simulated")}
    values |= {name: dict(getattr(order, name)) for name in ("geometry", "asked", "parameters", "opportunity")}
    values |= {"status": order.status.code, "status_us": order.status.at_us}
    write.connection.execute(insert(ORDER).values(values))
    _add_status(write, order.id, order.status)
    write.record("order", order.id, order.status.code, {"offer": order.offer}, owner=order.owner)
    _show(write, order)


def set_status(write: Writing, id: str, status: Status, *, opportunity: Mapping[str, Any] | None = None) -> bool:
    """Add a status to an order; False where it says what the last one says. :class:`InputError` where there is none.

    An order that is over stays so.
    """
    order = order_of(write.connection, id)
    if order is None:
        raise InputError(f"there is no order {id[:64]!r}", where="order", fix="See the list of orders")
    last = order.status
    same = (last.code, last.reason_code, last.reason_text) == (status.code, status.reason_code, status.reason_text)
    if same and (opportunity is None or dict(opportunity) == dict(order.opportunity)):
        return False
    if last.code in OVER:
        raise InputError(f"order {id} is {last.code}", where="order", fix="Place a new order")
    if status.code not in STATUS_CODES:
        raise InputError(f"status {status.code[:30]!r}", where="order", fix=f"Give one of {', '.join(STATUS_CODES)}")
    values: dict[str, Any] = {"status": status.code, "status_us": status.at_us}
    values |= {} if opportunity is None else {"opportunity": dict(opportunity)}
    write.connection.execute(update(ORDER).where(ORDER.c.id == id).values(values))
    _add_status(write, id, status)
    write.record("order", id, status.code, {"reason": status.reason_code}, owner=order.owner)
    found = order_of(write.connection, id)
    assert found is not None
    _show(write, found)
    return True


def _add_status(write: Writing, id: str, status: Status) -> None:
    row = {"order_id": id, "at_us": status.at_us, "code": status.code, "reason_code": status.reason_code}
    row |= {"reason_text": status.reason_text, "who": status.who}
    row |= {"help": None if status.help is None else dict(status.help)}
    write.connection.execute(insert(ORDER_STATUS).values(row))


def _show(write: Writing, order: Ordered) -> None:
    """The order as a feature of the OGC collection ``orders``."""
    start, _, stop = str(order.asked.get("datetime", "")).partition("/")
    both = start not in ("", "..") and stop not in ("", "..")
    times = {"start_datetime": start, "end_datetime": stop} if both else {"datetime": moment_text(order.created_us)}
    looks = {k: v for k, v in order.opportunity.items() if k != "datetime" and not isinstance(v, dict | list)}
    document = {
        "type": "Feature",
        "id": order.id,
        "geometry": dict(order.geometry),
        "properties": {
            **times,
            "offer": order.offer,
            "owner": order.owner,
            "status": order.status.code,
            "created": moment_text(order.created_us),
            "updated": moment_text(order.status.at_us),
            "reason_code": order.status.reason_code,
            "reason_text": order.status.reason_text,
            **looks,
            **({"planned": order.opportunity["datetime"]} if "datetime" in order.opportunity else {}),
            "swath:simulated": order.simulated,
        },
        "links": [{"rel": "about", "href": f"{BASE}/stapi/orders/{order.id}", "type": "application/geo+json"}],
    }
    put_features(write, [Feature(document, order.owner)], room="ogc", collection="orders")


def _status(row: Any) -> Status:
    return Status(row.code, row.at_us, row.reason_code, row.reason_text, row.help, row.who)


def _last() -> Any:
    newest = select(func.max(ORDER_STATUS.c.seq)).where(ORDER_STATUS.c.order_id == ORDER.c.id).correlate(ORDER)
    return select(ORDER, ORDER_STATUS).join(
        ORDER_STATUS, and_(ORDER_STATUS.c.order_id == ORDER.c.id, ORDER_STATUS.c.seq == newest.scalar_subquery())
    )


def _order(row: Any) -> Ordered:
    plain = {name: getattr(row, name) for name in ("id", "offer", "owner", "created_us", "simulated")}
    documents = {name: getattr(row, name) for name in ("geometry", "asked", "parameters", "opportunity")}
    return Ordered(**plain, **documents, status=_status(row))


def order_of(connection: Connection, id: str, *, viewer: str | None = None) -> Ordered | None:
    """One order, if there is one that the viewer may see (``None`` sees all)."""
    mine = [] if viewer is None else [ORDER.c.owner == viewer]
    row = connection.execute(_last().where(ORDER.c.id == id, *mine)).first()
    return _order(row) if row else None


def orders(
    connection: Connection,
    *,
    viewer: str | None = None,
    offer: str | None = None,
    codes: tuple[str, ...] = (),
    limit: int = 10,
    after: str = "",
) -> tuple[list[Ordered], str]:
    """A page of orders, the newest first, and the token of the next one (empty: there is none)."""
    clauses = [] if viewer is None else [ORDER.c.owner == viewer]
    clauses += [ORDER.c.offer == offer] if offer is not None else []
    clauses += [ORDER.c.status.in_(codes)] if codes else []
    if after:
        created_us, id = _decoded(after)
        later = and_(ORDER.c.created_us == created_us, ORDER.c.id > id)
        clauses.append(or_(ORDER.c.created_us < created_us, later))
    statement = _last().where(*clauses).order_by(ORDER.c.created_us.desc(), ORDER.c.id).limit(limit + 1)
    rows = [_order(row) for row in connection.execute(statement)]
    last = rows[limit - 1] if len(rows) > limit else None
    token = f"{last.created_us}/{last.id}".encode() if last else b""
    return rows[:limit], base64.urlsafe_b64encode(token).decode().rstrip("=")


def _decoded(token: str) -> tuple[int, str]:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
        created, slash, id = raw.partition("/")
        if not slash or not -(2**63) < int(created) < 2**63:
            raise ValueError("no token")
        return int(created), id
    except (binascii.Error, ValueError) as error:
        raise InputError("this is no token of a next page", where="next", fix="Follow the link of the page") from error


def count_orders(connection: Connection, *, viewer: str | None = None) -> dict[str, int]:
    """How many orders have which status."""
    mine = [] if viewer is None else [ORDER.c.owner == viewer]
    rows = connection.execute(select(ORDER.c.status, func.count()).where(*mine).group_by(ORDER.c.status))
    return {code: int(number) for code, number in rows}


def count_placed(connection: Connection, owner: str, since_us: int) -> tuple[int, int]:
    """How many orders somebody placed since a moment, and how many of all of theirs still wait."""
    lately = select(func.count()).where(ORDER.c.owner == owner, ORDER.c.created_us > since_us)
    waiting = select(func.count()).where(ORDER.c.owner == owner, ORDER.c.status.in_(OPEN))
    return int(connection.execute(lately).scalar_one()), int(connection.execute(waiting).scalar_one())


def statuses(connection: Connection, id: str) -> list[Status]:
    """Everything that became of an order, the oldest first."""
    rows = connection.execute(select(ORDER_STATUS).where(ORDER_STATUS.c.order_id == id).order_by(ORDER_STATUS.c.seq))
    return [_status(row) for row in rows]
