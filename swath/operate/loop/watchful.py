"""Places under watch: new pictures are looked at, and those who want to know are told.

A watch file ``watch.toml`` in the mission's folder names the places; without one there is nothing to do. Both duties
write by themselves, place by place and message by message, so that doing them again after a crash finds what is there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from swath.errors import DataError
from swath.operate.alert_evidence import evidence_page
from swath.operate.delivering import send_due
from swath.operate.detecting import detect
from swath.operate.loop.work import Commit, Shift, Told
from swath.operate.watch_book import DatabaseBook, write_alert
from swath.operate.watch_follow import FOLLOW_UP
from swath.operate.watching import WATCH_FILE, read_watch, run_watch
from swath.store.database import Writing
from swath.store.jobs import Job
from swath.store.orders_book import Ordered, Status, order_of, place_order
from swath.time import format_utc
from swath.watch.noticing import with_step
from swath.watch.records import Alert, Step, WatchFile

__all__ = ["deliver_alerts", "watch_places"]

_EXTENT_M = 5000.0


def _now(shift: Shift) -> np.datetime64:
    at: np.datetime64 = np.datetime64(shift.clock() * 1000, "ns")
    return at


def watch_places(shift: Shift, job: Job, told: Told) -> Commit:
    """Look at what is new of every place, and order a further picture for open alerts of places with ``follow_up``.

    A place that cannot be looked at fails the job, after the others were.
    """
    path = shift.folder / WATCH_FILE
    if not path.is_file():
        return lambda write: {"places": 0}
    watch, book, now = read_watch(path), DatabaseBook(shift.db), _now(shift)
    pictured = Path(watch.archive).is_dir()
    turns = run_watch(watch, book, now, detect, progress=told) if pictured else []
    failed = [f"{turn.place}: {turn.failed}" for turn in turns if turn.failed]
    if failed:
        raise DataError("; ".join(failed), where=WATCH_FILE, fix="See swath watch run")
    asking = [alert for alert in book.alerts() if alert.status == "open" and _asks(watch, alert)]
    counts = {
        "places": len(turns),
        "pictures": sum(turn.pictures for turn in turns),
        "alerts": [alert.id for turn in turns for alert in turn.alerts],
    }

    def commit(write: Writing) -> Mapping[str, Any]:
        return {**counts, "ordered": [id for alert in asking if (id := _order(write, alert, now)) is not None]}

    return commit


def _asks(watch: WatchFile, alert: Alert) -> bool:
    """Does an alert's place want a further picture?"""
    return any(one.place.id == alert.place and one.follow_up for one in watch.places)


def _order(write: Writing, alert: Alert, now: np.datetime64) -> str | None:
    """The urgent order of a further picture, once for each alert; its id, ``None`` where it was placed before."""
    id = f"follow-{hashlib.sha256(alert.id.encode()).hexdigest()[:12]}"
    if order_of(write.connection, id) is not None:
        return None
    lon_deg, lat_deg = alert.lonlat
    point = {"type": "Point", "coordinates": [round(lon_deg, 6), round(lat_deg, 6)]}
    asked = {"datetime": f"{format_utc(now)}/..", "geometry": point}
    parameters = {**FOLLOW_UP, "urgent": True, "extent_m": _EXTENT_M}
    status = Status("received", write.at_us, None, f"a further picture for alert {alert.id}")
    place_order(write, Ordered(id, "watch", "watch", write.at_us, point, asked, parameters, status, alert.simulated))
    write_alert(write, with_step(alert, Step("ordered", now, id), now))
    return id


def deliver_alerts(shift: Shift, job: Job, told: Told) -> Commit:
    """Send every message that is due. Those that are not taken wait for their own next time; none fails the job."""
    path = shift.folder / WATCH_FILE
    if not path.is_file():
        return lambda write: {"sent": 0}
    watch, book = read_watch(path), DatabaseBook(shift.db)

    def page(alert: Alert) -> str:
        return evidence_page(watch, book, alert, name=WATCH_FILE)

    sent = send_due(watch, book, lambda: _now(shift), folder=shift.folder, secrets=os.environ, page_of=page)
    result: Mapping[str, Any] = {
        "sent": sum(one.arrived for one in sent),
        "waiting": [f"{one.target}: {one.why}"[:200] for one in sent if not one.arrived],
    }
    return lambda write: result
