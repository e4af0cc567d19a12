"""How does what lies in a mission's folder come into the service's database? All of it, without doubling.

A folder is one with a ``mission.toml``, or a run's folder (``swath run``, ``swath demo``), which holds its mission
among its evidence. Brought in are places, orders with their statuses, the plan, and every STAC item with its files. Of
items only those are read whose files changed since: what they looked like is noted with what was brought in. So what
was changed or taken out through the service stays so, until the files change.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from swath.errors import DataError, InputError
from swath.plan.orders import Order
from swath.report.geojson import outline
from swath.store.database import Database, Writing
from swath.store.features import Feature, put_collection, put_features
from swath.store.folder import MANIFEST
from swath.store.items import File, Item, files_of, put_items, put_stac_collection
from swath.store.manifest import INPUTS, read_manifest
from swath.store.mission import Mission, read_mission
from swath.store.moments import moment, moment_of_text
from swath.store.notes import note, recall
from swath.store.objects import is_object
from swath.store.orders_book import Ordered, Status, order_of, place_order
from swath.store.plans import put_plan
from swath.time import format_utc

__all__ = ["OGC_COLLECTIONS", "Brought", "bring_in", "bring_items", "mission_file"]

OGC_COLLECTIONS: Mapping[str, tuple[str, str]] = {
    "orders": ("Orders", "What was ordered, where, and what became of it"),
    "places": ("Places", "The places of the mission's orders"),
    "passes": ("Passes", "Planned contacts of satellites with stations"),
    "plans": ("Plan", "The pictures of the plan in force"),
    "alerts": ("Alerts", "What changed at watched places"),
}
_OWNER = "mission"
_MOST_BYTES = 50_000_000
_STAMPS = "brought."
"""and the collection's folder: under which name the stamps of its items are noted"""
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Brought:
    """What came in: how many of each kind are new or changed."""

    mission: Mission
    simulated: bool
    """the folder is a run's: its scenes were never observed"""
    changed: Mapping[str, int]


def mission_file(folder: Path) -> Path:
    """The mission file of a folder. :class:`DataError` where it has none."""
    if (folder / "mission.toml").is_file():
        return folder / "mission.toml"
    if (folder / MANIFEST).is_file():
        return folder / INPUTS / read_manifest(folder).mission
    raise DataError(
        "there is neither a mission.toml nor a run here",
        where=str(folder),
        fix="Name a folder with a mission.toml, or one that swath run or swath demo wrote",
    )


def bring_in(
    db: Database, folder: Path, *, at_us: int | None = None, progress: Progress = lambda what, share: None
) -> Brought:
    """Bring a folder's contents into the database; what is there already stays as it is."""
    mission = read_mission(mission_file(folder))
    simulated = (folder / MANIFEST).is_file()
    changed: dict[str, int] = {}
    with db.writing(who="swath", why=f"brought in from {folder.name}", at_us=at_us) as write:
        for id, (title, words) in OGC_COLLECTIONS.items():
            put_collection(write, id, {"id": id, "title": title, "description": words}, room="ogc")
        progress("places and orders", 0.1)
        changed["places"] = len(put_features(write, _places(mission), room="ogc", collection="places"))
        changed["orders"] = _orders(write, folder, mission, simulated)
        progress("plan", 0.3)
        if (folder / "plan.json").is_file():
            stations = {station.id: station for station in mission.stations}
            # The folder's plan may have been followed by others long since: it comes in once.
            put_plan(write, _text(folder / "plan.json"), stations, simulated=simulated, new=True)
    for number, catalogue in enumerate(roots := _catalogues(folder)):
        progress("scenes and products", 0.4 + 0.6 * number / len(roots))
        for path in sorted(catalogue.glob("*/collection.json")):
            with db.writing(who="swath", why=f"brought in from {folder.name}", at_us=at_us) as write:
                id, count = _collection(write, folder, path)
                changed[id] = changed.get(id, 0) + count
    return Brought(mission, simulated, changed)


def _collection(write: Writing, folder: Path, path: Path) -> tuple[str, int]:
    """A collection, and those of its items whose files are not as they were when they came in last."""
    own = _json(path)
    put_stac_collection(write, own)
    name = f"{_STAMPS}{path.parent.relative_to(folder).as_posix()}"
    before: Mapping[str, str] = recall(write.connection, name, {})
    now = dict(_stamps(path.parent))
    fresh = [id for id, stamp in now.items() if before.get(id) != stamp]
    if now == before:
        return own["id"], 0

    def items() -> Iterator[Item]:
        for id in fresh:
            item = _item(write.connection, folder, path.parent / id / f"{id}.json", own["id"])
            here = f"{(path.parent / id).relative_to(folder).as_posix()}/"
            if not all(file.path.startswith(here) or is_object(file.path) for file in item.files.values()):
                now[id] = ""  # a file elsewhere may change without a trace here: it is read each time
            yield item

    count = len(put_items(write, items(), collection=own["id"]))
    note(write, name, now)
    return own["id"], count


def _stamps(collection: Path) -> Iterator[tuple[str, str]]:
    """Ids of a collection's items, each with what its files look like from outside: names, sizes, times of change."""
    with os.scandir(collection) as entries:
        folders = sorted((entry.name, entry.path) for entry in entries if entry.is_dir())
    for id, path in folders:
        with os.scandir(path) as entries:
            files = sorted((entry.name, entry.stat()) for entry in entries if entry.is_file())
        if any(name == f"{id}.json" for name, _ in files):
            told = "".join(f"{name}\0{at.st_size}\0{at.st_mtime_ns}\0{at.st_ctime_ns}\n" for name, at in files)
            yield id, hashlib.blake2b(told.encode("utf-8", "surrogateescape"), digest_size=9).hexdigest()


def bring_items(write: Writing, folder: Path, paths: Sequence[Path]) -> list[str]:
    """Bring some items (their JSON files, each below its collection's folder) in; the ids of those that are new."""
    new = []
    for path in paths:
        own = _json(path.parent.parent / "collection.json")
        put_stac_collection(write, own)
        new += put_items(write, [_item(write.connection, folder, path, own["id"])], collection=own["id"])
    return new


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"is longer than {_MOST_BYTES / 1e6:.0f} MB", where=str(path), fix="Look what it is")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path), fix="Look at the file") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is not JSON: {error}", where=str(path), fix="Write it again") from error
    if not isinstance(found, dict):
        raise InputError("this is no JSON object", where=str(path), fix="Write it again")
    return found


def _places(mission: Mission) -> Iterator[Feature]:
    for request in (*mission.routine, *mission.urgent):
        ring = [list(point) for point in outline(request)]
        times = {"start_datetime": format_utc(request.start), "end_datetime": format_utc(request.stop)}
        yield Feature(
            {
                "type": "Feature",
                "id": request.id,
                "geometry": {"type": "Polygon", "coordinates": [ring if ring[0] == ring[-1] else [*ring, ring[0]]]},
                "properties": {
                    "datetime": format_utc(request.start),
                    **times,
                    "name": request.place.id,
                    "kind": request.kind,
                    "lon_deg": request.place.lon_deg,
                    "lat_deg": request.place.lat_deg,
                },
                "links": [],
            }
        )


def _orders(write: Writing, folder: Path, mission: Mission, simulated: bool) -> int:
    path = folder / "orders.json"
    told = _json(path)["features"] if path.is_file() else None
    found = (
        [_told_order(one, simulated) for one in told]
        if told is not None
        else [_asked_order(order) for order in (*mission.orders, *(Order("point", r) for r in mission.urgent))]
    )
    new = [order for order in found if order_of(write.connection, order.id) is None]
    for order in new:
        place_order(write, order)
    return len(new)


def _told_order(feature: Mapping[str, Any], simulated: bool) -> Ordered:
    """An order of ``orders.json``, with the status it has there."""
    known = feature["properties"]
    status = known["status"]
    return Ordered(
        id=feature["id"],
        offer=known["product_id"],
        owner=known.get("swath:owner") or _OWNER,
        created_us=moment_of_text(known["created"]),
        geometry=feature["geometry"],
        asked=known["search_parameters"],
        parameters=known["order_parameters"],
        status=Status(
            status["status_code"],
            moment_of_text(status["timestamp"]),
            status.get("reason_code"),
            status.get("reason_text"),
        ),
        simulated=bool(known.get("swath:simulated", simulated)),
        opportunity=known.get("opportunity_properties", {}),
    )


def _asked_order(order: Order) -> Ordered:
    """An order of a mission that has not been planned yet."""
    request = order.request
    ring = [list(point) for point in outline(request)]
    geometry = {"type": "Polygon", "coordinates": [ring if ring[0] == ring[-1] else [*ring, ring[0]]]}
    conditions: list[dict[str, Any]] = [
        {"op": "<=", "args": [{"property": "view:off_nadir"}, request.max_off_nadir_deg]},
        {"op": ">=", "args": [{"property": "view:sun_elevation"}, request.min_sun_elevation_deg]},
    ]
    asked = {
        "datetime": f"{format_utc(request.start)}/{format_utc(request.stop)}",
        "geometry": geometry,
        "filter": {"op": "and", "args": conditions},
    }
    parameters = {"value": request.value, "urgent": request.urgent, "deadline": format_utc(request.deadline)}
    at_us = moment(request.ordered)
    status = Status("received", at_us, None, "in the mission file")
    return Ordered(
        *(request.id, request.kind, request.owner or _OWNER, at_us, geometry, asked, parameters, status, False)
    )


def _catalogues(folder: Path) -> list[Path]:
    """Folders of the mission that hold STAC collections: a run's ``stac``, an archive beside or instead of it."""
    return [at for at in (folder / "stac", folder / "archive", folder) if (at / "catalog.json").is_file()]


def _item(connection: Connection, folder: Path, path: Path, collection: str) -> Item:
    """An item's file; those of its files that were moved to an object storage stay there."""
    document = _json(path)
    root = folder.resolve()
    moved = {k: v for k, v in files_of(connection, collection, path.stem).items() if is_object(v.path)}
    files: dict[str, File] = {}
    for name, asset in document.get("assets", {}).items():
        at = (path.parent / str(asset.get("href", ""))).resolve()
        if at.is_relative_to(root) and at.is_file():
            tag = str(asset.get("file:checksum") or f"{at.stat().st_mtime_ns:x}-{at.stat().st_size:x}")[-32:]
            files[name] = File(at.relative_to(root).as_posix(), str(asset.get("type", "application/octet-stream")), tag)
        elif name in moved:
            files[name] = moved[name]
    made = []
    for link in document.get("links", []):
        parts = Path(str(link.get("href", ""))).parts
        if link.get("rel") == "derived_from" and len(parts) >= 3 and parts[-1] == f"{parts[-2]}.json":
            of = parts[-3] if parts[-3] != ".." else path.parent.parent.name
            made.append((of, parts[-2], str(link.get("title", parts[-2]))))
    return Item(document, files, derived_from=made)
