"""Who looks at a watched place next? Worked out once an hour a place, and kept until what it came from changes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import shapely

from swath.model import Acquisitions, Place
from swath.operate.alert_evidence import looks_of
from swath.operate.asking import Asking
from swath.operate.looking_own import own_looks
from swath.plan.form import plan_from_json
from swath.serve.service import Service
from swath.store.orders_book import Ordered, order_of
from swath.store.plans import current_plan
from swath.time import format_utc, seconds
from swath.watch.looks_ahead import LooksAhead
from swath.watch.records import WatchFile

__all__ = ["MOST_DAYS", "Ahead", "Answer"]

MOST_DAYS = 60
_KEPT = 64
_DEG_M = 111_195.0
_EXTENT_M = 5000.0
"""of an order that does not say"""


@dataclass(frozen=True)
class Answer:
    """The looks of some days, and what there is to know of them."""

    start: np.datetime64
    stop: np.datetime64
    looks: LooksAhead
    notes: tuple[str, ...]

    def to_json(self, place: str) -> dict[str, Any]:
        """Plain values; what is not known is null."""
        rows = [{name: _known(value) for name, value in row.items()} for row in self.looks.to_json()]
        return {
            "place": place,
            "start": format_utc(self.start),
            "stop": format_utc(self.stop),
            "looks": rows,
            "notes": list(self.notes),
        }


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


@dataclass(frozen=True)
class Ahead:
    """Answers that were worked out lately. One is worked out at a time; whoever asks for the same waits for it."""

    service: Service
    asking: Asking
    kept: OrderedDict[Any, Answer] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def __call__(self, watch: WatchFile, place: str, start: np.datetime64, days: float) -> Answer:
        """The looks at a place: by everybody whose elements the watch file names, or by the mission's own fleet.

        Raises what :func:`swath.operate.alert_evidence.looks_of` and :func:`swath.operate.looking_own.own_looks` raise.
        """
        first = start.astype("datetime64[h]").astype("datetime64[ns]")
        current = self._plan() if not watch.elements else ("", "")
        read = (*watch.elements, *watch.plans, watch.forecast, watch.archive)
        key = (watch.place(place), first, days, current[0], tuple(map(_stamp, read)))
        with self.lock:
            if key not in self.kept:
                last = first + seconds(days * 86400.0)
                if watch.elements:
                    looks, notes = looks_of(watch, place, first, last)
                else:
                    where = watch.place(place).place
                    looks, notes = own_looks(self.asking, where, first, last, taken=self._showing(current[1], where))
                self.kept[key] = Answer(first, last, looks, tuple(notes))
                while len(self.kept) > _KEPT:
                    self.kept.popitem(last=False)
            self.kept.move_to_end(key)
            return self.kept[key]

    def _plan(self) -> tuple[str, str]:
        with self.service.db.reading() as connection:
            return current_plan(connection) or ("", "")

    def _showing(self, plan: str, place: Place) -> Acquisitions:
        """The pictures of a plan that show a place's centre, by what was ordered."""
        if not plan:
            return Acquisitions.empty()
        found = plan_from_json(plan).acquisitions
        with self.service.db.reading() as connection:
            orders = {id: order_of(connection, id) for id in set(found.request.tolist())}
        near = [id for id, one in orders.items() if one is not None and _shows(one, place)]
        return found.take(np.isin(found.request, near))


def _shows(order: Ordered, place: Place) -> bool:
    """Does an order's picture hold a place's centre? A square about the middle of what was ordered."""
    lon_deg, lat_deg = shapely.get_coordinates(shapely.geometry.shape(order.geometry).centroid)[0]
    east = ((place.lon_deg - lon_deg + 180.0) % 360.0 - 180.0) * np.cos(np.radians(lat_deg))
    half_deg = float(order.parameters.get("extent_m", _EXTENT_M)) / 2.0 / _DEG_M
    return bool(max(abs(east), abs(place.lat_deg - lat_deg)) <= half_deg)


def _stamp(name: str) -> tuple[str, int]:
    """A file and when it was last written; 0 for what is no file."""
    try:
        return name, Path(name).stat().st_mtime_ns if name else 0
    except (OSError, ValueError):
        return name, 0
