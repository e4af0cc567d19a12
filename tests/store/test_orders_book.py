"""Orders keep all their statuses; an order and its first status are there together or not at all."""

from __future__ import annotations

import pytest

from swath.errors import InputError
from swath.store.database import Database
from swath.store.history import history_before
from swath.store.orders_book import (
    Ordered,
    Status,
    count_orders,
    order_of,
    orders,
    place_order,
    set_status,
    statuses,
)
from swath.store.search import Asked, find

_POINT = {"type": "Point", "coordinates": [10.0, 45.0]}


def order(id: str, at_us: int = 0, owner: str = "ada") -> Ordered:
    asked = {"datetime": "2026-05-08T00:00:00Z/2026-05-09T00:00:00Z", "geometry": _POINT}
    return Ordered(id, "watch", owner, at_us, _POINT, asked, {"value": 1.5}, Status("received", at_us), True)


def test_an_order_keeps_all_that_became_of_it(db: Database) -> None:
    with db.writing(who="ada", at_us=0) as write:
        place_order(write, order("o1"))
    help = {"what": "off_nadir", "change": "42 deg off nadir"}
    with db.writing(who="swath", at_us=5) as write:
        assert set_status(write, "o1", Status("accepted", 5, None, "3 looks"), opportunity={"platform": "SW-1"})
        assert not set_status(write, "o1", Status("accepted", 6, None, "3 looks"))
        assert set_status(write, "o1", Status("rejected", 7, "no_daylight", "the Sun is down", help))
    with db.reading() as connection:
        found = order_of(connection, "o1")
        told = statuses(connection, "o1")
        page = find(connection, Asked("ogc", collections=("orders",)))
        lines = history_before(connection, None, kinds=["order"], viewer="ada")
    assert found is not None and found.status == told[-1] and found.opportunity == {"platform": "SW-1"}
    assert [s.code for s in told] == ["received", "accepted", "rejected"] and told[-1].help == help
    assert '"status":"rejected"' in page.found[0].body and page.found[0].owner == "ada"
    assert [line.what for line in lines] == ["rejected", "accepted", "received"]
    with pytest.raises(InputError, match="is rejected"), db.writing(who="swath") as write:
        set_status(write, "o1", Status("completed", 9))
    with pytest.raises(InputError, match="there already"), db.writing(who="ada") as write:
        place_order(write, order("o1"))
    with pytest.raises(InputError, match="no order"), db.writing(who="ada") as write:
        set_status(write, "o2", Status("accepted", 9))


def test_pages_of_orders_are_the_viewers_own(db: Database) -> None:
    with db.writing(who="t") as write:
        for n in range(25):
            place_order(write, order(f"o{n:02}", at_us=n // 2, owner="ada" if n % 5 else "bob"))
    found, after = [], ""
    with db.reading() as connection:
        while True:
            page, after = orders(connection, viewer="ada", limit=3, after=after)
            found += page
            if not after:
                break
        assert count_orders(connection) == {"received": 25} and order_of(connection, "o00", viewer="ada") is None
    assert len(found) == 20 and [o.created_us for o in found] == sorted((o.created_us for o in found), reverse=True)
    assert len({o.id for o in found}) == 20 and {o.owner for o in found} == {"ada"}
    with pytest.raises(InputError), db.reading() as connection:
        orders(connection, after="!!")
