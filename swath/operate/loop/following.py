"""What became of every order? Pictured, in the archive, or too late: its status says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import Connection

from swath.errors import InputError
from swath.operate.asked_order import asked_order
from swath.operate.bring_in import mission_file
from swath.operate.loop.work import Commit, Shift, Told
from swath.store.jobs import Job
from swath.store.mission import read_mission
from swath.store.moments import moment, moment_of_text, moment_text
from swath.store.orders_book import OPEN, Ordered, Status, orders, set_status
from swath.store.search import Asked, find

__all__ = ["Look", "follow_orders", "looks_of", "next_status"]

Look = Mapping[str, Any]
"""a planned picture of an order: ``datetime`` (start/stop), ``platform``, ``swath:on_ground``, ``swath:acquisition``"""
_NEAR_US = 5_000_000
"""a picture in the archive is the planned one where their times are that near"""
_PAGE = 500


def looks_of(order: Ordered) -> Sequence[Look]:
    """The pictures that serve an order by the plan in force: several where it asks for an area or a series."""
    several = order.opportunity.get("swath:looks")
    return list(several) if several else [order.opportunity] if "datetime" in order.opportunity else []


def next_status(
    order: Ordered, item_of: Callable[[Ordered, Look], str | None], ends_us: tuple[int, int], now_us: int
) -> Status | None:
    """What is to be said of an open order now; ``None``: nothing new.

    ``item_of`` names the archive's picture of a look; ``ends_us``: until when it may be pictured, and be on the ground.
    """
    last, deadline = ends_us
    looks = looks_of(order)
    items = [item_of(order, look) for look in looks]
    if looks and all(items):
        return Status("completed", now_us, None, f"in the archive: {', '.join(str(item) for item in items)[:400]}")
    begun = [look for look in looks if moment_of_text(str(look["datetime"]).partition("/")[0]) <= now_us]
    if now_us > deadline and order.status.code == "tasked":
        return Status("failed", now_us, "not_received", "pictured by the plan, but not in the archive by its deadline")
    if begun and order.status.code != "tasked" and len(begun) == len(looks):
        down = max(str(look.get("swath:on_ground", "")) for look in begun)
        words = f"pictured by the plan, expected on the ground at {down}" if down else "pictured by the plan"
        return Status("tasked", now_us, None, words)
    if now_us > last and not looks:
        words = f"its window ended at {moment_text(last)}; the last reason was: {order.status.reason_text or 'none'}"
        return Status("expired", now_us, order.status.reason_code, words)
    return None


def follow_orders(shift: Shift, job: Job, told: Told) -> Commit:
    """Say of every open order what became of it since it was last looked at."""
    mission, now_us = read_mission(mission_file(shift.folder)), shift.clock()
    news: dict[str, Status] = {}
    with shift.db.reading() as connection:
        after = ""
        while True:
            page, after = orders(connection, codes=OPEN, limit=_PAGE, after=after)
            for order in page:
                try:
                    request = asked_order(order, mission).request
                except InputError:
                    continue  # the next plan tells it
                ends = moment(request.stop), moment(request.deadline)
                status = next_status(order, lambda o, look: _item(connection, o, look), ends, now_us)
                if status is not None:
                    news[order.id] = status
            if not after:
                break

    def commit(write: Any) -> Mapping[str, Any]:
        return {"told": sum(set_status(write, id, status) for id, status in news.items())}

    return commit


def _item(connection: Connection, order: Ordered, look: Look) -> str | None:
    """The picture of the archive that is this look: of the satellite, at its time, of the order's place."""
    first, _, last = str(look["datetime"]).partition("/")
    interval = moment_of_text(first) - _NEAR_US, moment_of_text(last or first) + _NEAR_US
    place = shapely.from_geojson(json.dumps(dict(order.geometry)))
    for found in find(connection, Asked("stac", interval=interval, shape=place, limit=50)).found:
        said = json.loads(found.body)["properties"]
        if said.get("platform") == look["platform"] and said.get("swath:request", order.id) == order.id:
            return found.id
    return None
