"""The planners' desk under the loop: it stands on the plan and the orders that the store holds, by one clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from swath.operate.bring_in import bring_in
from swath.operate.loop.crew import set_clock
from swath.operate.loop.duties import DUTIES
from swath.operate.loop.work import Shift, work
from swath.serve.app import create_app
from swath.serve.service import Service
from swath.store.database import open_database
from swath.store.history import history_before
from swath.store.mission import read_mission
from swath.store.moments import moment_of_text, moment_text, now_us
from tests.operate.loop.day import MORNING, make_mission
from tests.serve.world import OPEN

Desk = tuple[TestClient, Service, Shift]


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    """A rehearsal in the morning of the mission's day."""
    folder = make_mission(tmp_path / "m")
    db = open_database(folder, clock=set_clock(moment_of_text(MORNING) - now_us()))
    brought = bring_in(db, folder)
    service = Service(db, folder, brought.mission, simulated=False, settings=OPEN)
    with TestClient(create_app(service), base_url="http://127.0.0.1:8000") as client:
        yield client, service, Shift(db, folder, "w", DUTIES, db.clock)
    db.close()


def test_an_order_of_the_page_is_planned_by_the_loop_and_stands_on_the_desk(desk: Desk) -> None:
    client, service, shift = desk
    assert client.get("/page/plan/day").status_code == 404, "nothing is planned yet"
    payload = {
        "datetime": "2026-05-08T05:00:00Z/2026-05-08T20:00:00Z",
        "geometry": {"type": "Point", "coordinates": [11.0, 45.0]},
        "filter": {"op": "<=", "args": [{"property": "view:off_nadir"}, 35]},
        "order_parameters": {"value": 5.0},
    }
    order = client.post("/stapi/products/flood/orders", json=payload).json()
    assert order["properties"]["order_parameters"]["urgent"], "a flood map is urgent, for the loop too"
    work(shift, idle=lambda: True)
    assert client.get(f"/stapi/orders/{order['id']}").json()["properties"]["status"]["status_code"] == "scheduled"
    day = client.get("/page/plan/day").json()
    mine = next(row for row in day["pictures"] if row["request"] == order["id"])
    why = client.get(f"/page/plan/why/{order['id']}").json()
    assert why["planned"] and len(why["looks"]) > 1
    done = None
    for later_s in (-20, -15, -10, -5, 5, 10, 15, 20):  # another look of the same pass
        at = moment_text(moment_of_text(mine["middle"]) + later_s * 1_000_000)
        body = {"acquisition": mine["id"], "satellite": mine["satellite"], "at": at}
        tried = client.post("/page/plan/moves", json=body).json()
        if tried["possible"] and tried["look"]["start"] != mine["start"]:
            done = client.post("/page/plan/moves", json={**body, "keep": True, "why": "by hand"}).json()
            break
    assert done and done["possible"]
    after = client.get("/page/plan/day").json()
    assert after["id"] != day["id"] and after["locked"] == [order["id"]], "a plan changed by hand stands there too"
    assert client.get("/page/plan/ready").json()["share"] > 0.5
    with service.db.reading() as connection:
        events = history_before(connection, None, most=500)
    first, last = moment_of_text(MORNING), service.clock()
    assert all(first <= moment_of_text(event.at) <= last for event in events), "one clock"
    me = client.get("/me").json()
    assert me["rehearsal"] and me["time"][:13] == moment_text(first)[:13]


def test_what_satellites_were_told_stays(desk: Desk) -> None:
    """In the afternoon the pictures of the morning are commanded: they cannot be moved."""
    client, service, shift = desk
    work(shift, idle=lambda: True)
    early = client.get("/page/plan/day").json()
    assert early["pictures"]
    late = moment_of_text("2026-05-08T23:30:00Z") - now_us()
    object.__setattr__(service.db, "clock", set_clock(late))
    row = early["pictures"][0]
    body = {"acquisition": row["id"], "satellite": row["satellite"], "at": row["middle"]}
    told = client.post("/page/plan/moves", json=body).json()
    assert [one["rule"] for one in told["violations"]] == ["frozen"]
    assert np.datetime64(row["start"].rstrip("Z")) < read_mission(service.folder / "mission.toml").stop
