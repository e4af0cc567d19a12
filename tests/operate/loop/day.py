"""A mission's folder for the loop: two satellites of the flood example, three orders, six hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

from swath.operate.bring_in import bring_in
from swath.operate.loop.duties import DUTIES
from swath.operate.loop.work import Duty, Shift
from swath.store.database import Database, open_database
from swath.store.moments import moment_of_text
from swath.store.orders_book import Ordered, Status, place_order

FLOOD = Path(__file__).parents[3] / "examples" / "flood"
ORDERS = ("farm-po-1", "etna", "genoa-port")
MORNING = "2026-05-08T05:00:00Z"


class Clock:
    """A clock that a test turns."""

    def __init__(self, at: str = MORNING) -> None:
        self.us = moment_of_text(at)

    def __call__(self) -> int:
        return self.us

    def to(self, at: str) -> None:
        self.us = moment_of_text(at)


def make_mission(folder: Path, *, satellites: int = 2, hours: int = 24) -> Path:
    """The mission's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (FLOOD / "mission.toml").read_text("utf-8")
    head, *craft = text.split("[[satellites]]")
    *fleet, last = craft
    cut = last.find("\n[")
    fleet.append(last[:cut])
    text = "[[satellites]]".join([head, *fleet[:satellites]]) + last[cut:].split("[[urgent]]")[0]
    (folder / "mission.toml").write_text(text.replace("hours = 24", f"hours = {hours}"), "utf-8")
    first, *rows = (FLOOD / "orders.csv").read_text("utf-8").splitlines()
    chosen = [row for row in rows if row.split(",")[0] in ORDERS]
    (folder / "orders.csv").write_text("\n".join([first, *chosen]) + "\n", "utf-8")
    return folder


def begin(
    folder: Path, clock: Callable[[], int], duties: Mapping[str, Duty] = DUTIES, *, worker: str = "w1"
) -> tuple[Database, Shift]:
    """The folder's database with the mission brought in, and a shift."""
    db = open_database(folder)
    bring_in(db, folder, at_us=clock())
    return db, Shift(db, folder, worker, duties, clock)


def order(id: str, at_us: int, *, owner: str = "anna", **parameters: Any) -> Ordered:
    """An order of a point in the Po valley, until the evening."""
    place = {"type": "Point", "coordinates": [11.0, 45.0]}
    asked = {"datetime": "2026-05-08T05:00:00Z/2026-05-08T20:00:00Z", "geometry": place}
    asked |= {"filter": {"op": "<=", "args": [{"property": "view:off_nadir"}, 35]}}
    return Ordered(
        id, "watch", owner, at_us, place, asked, {"value": 5.0, **parameters}, Status("received", at_us), False
    )


def ask(db: Database, clock: Callable[[], int], id: str, **parameters: Any) -> None:
    """Place an order."""
    with db.writing(who="anna", at_us=clock()) as write:
        place_order(write, order(id, clock(), **parameters))


def drop_scene(folder: Path, name: str, number: int, *, platform: str = "SW-1", time: str = "") -> Path:
    """A picture of 16 by 16 pixels near 11 E, 45 N into the inbox, under a dotted name first."""
    here = folder / "inbox" / "scenes"
    here.mkdir(parents=True, exist_ok=True)
    scratch = here / f".{name}.tif"
    values = np.full((1, 16, 16), 1000 + number % 50_000, np.uint16)
    tags = {
        "TIFFTAG_DATETIME": time or f"2026:05:08 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    }
    with rasterio.open(
        scratch, "w", driver="GTiff", width=16, height=16, count=1, dtype="uint16", crs="EPSG:32632",
        transform=from_origin(657_000.0, 4_985_000.0, 30, 30),
    ) as file:  # fmt: skip
        file.write(values)
        file.update_tags(**tags)
    return scratch.rename(here / f"{name}.tif")
