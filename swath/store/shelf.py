"""Which scenes does an archive hold? Items as JSON files on disk, and one small index of them.

An archive is a folder: ``catalog.json``, ``COLLECTION/collection.json`` and ``COLLECTION/ITEM/ITEM.json`` with the
pictures and ``lineage.json`` beside it. ``index.sqlite`` holds what is searched for and can be made again from the
files: where it is missing, it is.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swath.errors import DataError, InputError
from swath.store.folder import LINEAGE
from swath.time import format_utc

__all__ = ["INDEX", "Found", "Query", "Shelf", "source_key"]

INDEX = "index.sqlite"
_TIMEOUT_S = 60.0
_COLUMNS = (
    *("id", "collection", "path", "start", "stop", "west", "south", "east", "north", "cloud", "platform", "gsd_m"),
    *("valid", "simulated", "source", "parameters", "geometry"),
)
_SCHEMA = f"""
create table if not exists item ({", ".join(_COLUMNS)}, primary key (collection, id)) without rowid;
create index if not exists item_source on item (source);
create index if not exists item_start on item (start);
"""


@dataclass(frozen=True)
class Found:
    """One item as the index knows it."""

    id: str
    collection: str
    path: Path
    """of the item's JSON file"""
    start: str
    stop: str
    bbox: tuple[float, float, float, float]
    """west, south, east, north; west beyond east across the antimeridian"""
    cloud_share: float | None
    """0 to 1, as the product says; None where it does not"""
    platform: str
    gsd_m: float
    valid_share: float
    simulated: bool
    geometry: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.__dict__, "path": self.path.as_posix(), "bbox": list(self.bbox)}


@dataclass(frozen=True)
class Query:
    """What is looked for; what is None does not matter."""

    box_deg: tuple[float, float, float, float] | None = None
    """west, south, east, north; west may lie beyond east, across the antimeridian"""
    start: np.datetime64 | None = None
    stop: np.datetime64 | None = None
    """items that were taken between the two, ends in it"""
    most_cloud_share: float | None = None
    """items that do not say how cloudy they are stay out when this is given"""
    collection: str | None = None
    """whole, or its beginning: ``sentinel-2``"""
    platform: str | None = None
    """whole, or its beginning: ``landsat``"""


def source_key(hashes: Sequence[str]) -> str:
    """One text for the hashes of all that an item was made from."""
    return " ".join(hashes)


@dataclass(frozen=True)
class Shelf:
    """An archive's folder with its index."""

    folder: Path

    def add(self, item_path: Path) -> None:
        """Put an item that lies in the archive into the index, in place of one of the same id."""
        with self._index() as index:
            index.execute(_INSERT, _row(self.folder, item_path))

    def with_source(self, key: str, parameters: Mapping[str, Any]) -> Found | None:
        """The item that was made from sources of this key with these parameters, if there is one."""
        with self._index() as index:
            row = index.execute(
                f"select {', '.join(_COLUMNS)} from item where source = ? and parameters = ?", (key, _plain(parameters))
            ).fetchone()
        return self._found(row) if row else None

    def with_address(self, url: str) -> Found | None:
        """The item that was fetched from an address, if there is one."""
        with self._index() as index:
            row = index.execute(
                f"select {', '.join(_COLUMNS)} from item where json_extract(parameters, '$.url') = ?", (url,)
            ).fetchone()
        return self._found(row) if row else None

    def get(self, id: str) -> Found:
        """The item of an id, of ``COLLECTION/ID``, or whose id alone has ``id`` in it.

        Raises :class:`InputError` where there is none, or several.
        """
        collection, _, name = id.rpartition("/")
        of = f"select {', '.join(_COLUMNS)} from item where (? = '' or collection = ?) and"
        with self._index() as index:
            rows = index.execute(f"{of} id = ?", (collection, collection, name)).fetchall()
            if not rows and name:
                rows = index.execute(f"{of} instr(id, ?) > 0 limit 4", (collection, collection, name)).fetchall()
        if not rows:
            raise InputError(f"no item {id!r}", where=str(self.folder), fix="See swath archive search")
        if len(rows) > 1:
            names = ", ".join(f"{row[1]}/{row[0]}" for row in rows[:3])
            raise InputError(f"{id!r} may be {names}", where=str(self.folder), fix="Name one of them whole")
        return self._found(rows[0])

    def search(self, query: Query = Query()) -> list[Found]:
        """The items that fit, the latest first. A box counts where it meets the item's outline, not only its box."""
        clauses, values = _clauses(query)
        where = f"where {' and '.join(clauses)}" if clauses else ""
        with self._index() as index:
            rows = index.execute(
                f"select {', '.join(_COLUMNS)} from item {where} order by start desc, id", values
            ).fetchall()
        found = [self._found(row) for row in rows]
        return found if query.box_deg is None else [one for one in found if _meets(one.geometry, query.box_deg)]

    def rebuild(self) -> int:
        """Make the index again from the files; returns how many items there are."""
        with self._connection() as index, index:
            index.executescript(_SCHEMA)
            index.execute("delete from item")
            paths = sorted(p for p in self.folder.glob("*/*/*.json") if p.stem == p.parent.name)
            index.executemany(_INSERT, (_row(self.folder, path) for path in paths))
        return len(paths)

    def _found(self, row: Sequence[Any]) -> Found:
        one = dict(zip(_COLUMNS, row, strict=True))
        box = (one["west"], one["south"], one["east"], one["north"])
        return Found(
            *(one["id"], one["collection"], self.folder / one["path"], one["start"], one["stop"], box, one["cloud"]),
            *(one["platform"], one["gsd_m"], one["valid"], bool(one["simulated"]), json.loads(one["geometry"])),
        )

    @contextmanager
    def _index(self) -> Iterator[sqlite3.Connection]:
        if not self.folder.is_dir():
            raise DataError(
                "there is no archive here", where=str(self.folder), fix="Add a scene first: swath archive add"
            )
        if not (self.folder / INDEX).is_file():
            self.rebuild()
        with self._connection() as index, index:
            yield index

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / INDEX
        try:
            with closing(sqlite3.connect(path, timeout=_TIMEOUT_S)) as index:
                index.executescript(_SCHEMA)
                yield index
        except sqlite3.Error as error:
            raise DataError(
                f"the index cannot be used: {error}", where=str(path), fix="Remove it: it is made again from the items"
            ) from error


_INSERT = f"insert or replace into item values ({', '.join('?' * len(_COLUMNS))})"


def _plain(parameters: Mapping[str, Any]) -> str:
    return json.dumps(parameters, sort_keys=True)


def _row(folder: Path, path: Path) -> tuple[Any, ...]:
    try:
        item = json.loads(path.read_text("utf-8"))
        found, box = item["properties"], item["bbox"]
        cloud = found.get("eo:cloud_cover")
        record = path.parent / LINEAGE
        made = json.loads(record.read_text("utf-8")) if record.is_file() else {"inputs": {}, "parameters": {}}
        hashes = [source["sha256"] for group in made["inputs"].values() for source in group]
        return (
            *(item["id"], item["collection"], path.relative_to(folder).as_posix()),
            *(found["start_datetime"], found["end_datetime"], *map(float, box)),
            None if cloud is None else cloud / 100.0,
            *(found["platform"], float(found["gsd"]), float(found.get("swath:valid_share", 1.0))),
            *(int(found["swath:simulated"]), source_key(hashes), _plain(made["parameters"])),
            json.dumps(item["geometry"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"is no item of an archive: {error}", where=str(path), fix="Remove its folder, add it again"
        ) from error


def _clauses(query: Query) -> tuple[list[str], list[Any]]:
    clauses: list[str] = []
    values: list[Any] = []
    if query.box_deg is not None:
        west, south, east, north = query.box_deg
        clauses.append("south <= ? and north >= ?")
        values += [north, south]
        spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        # An item across the antimeridian reaches from its west to 180 and from -180 to its east.
        one = "((west <= east and west <= ? and east >= ?) or (west > east and (west <= ? or east >= ?)))"
        clauses.append(f"({' or '.join([one] * len(spans))})")
        values += [edge for low, high in spans for edge in (high, low, high, low)]
    if query.start is not None:
        clauses.append("stop >= ?")
        values.append(format_utc(query.start, decimals=6))
    if query.stop is not None:
        clauses.append("start <= ?")
        values.append(format_utc(query.stop, decimals=6))
    if query.most_cloud_share is not None:
        clauses.append("cloud <= ?")
        values.append(query.most_cloud_share)
    for column, wanted in (("collection", query.collection), ("platform", query.platform)):
        if wanted is not None:
            clauses.append(f"substr({column}, 1, ?) = ?")
            values += [len(wanted), wanted]
    return clauses, values


def _meets(geometry: Mapping[str, Any], box: tuple[float, float, float, float]) -> bool:
    import shapely

    west, south, east, north = box
    shape = shapely.geometry.shape(geometry)
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return any(bool(shape.intersects(shapely.box(low, south, high, north))) for low, high in spans)
