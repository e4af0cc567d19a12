"""How do scenes leave for other catalogues? As STAC-GeoParquet 1.0, or as lines that pgstac loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from swath.errors import DataError, InputError
from swath.store.database import Database
from swath.store.features import BASE
from swath.store.items import collection_of
from swath.store.moments import moment_of_text
from swath.store.search import Asked, find

__all__ = ["export_items"]

_PAGE = 1000


def export_items(db: Database, collection: str, out: Path, *, address: str) -> int:
    """Write all items of a collection to ``.parquet`` or ``.ndjson``; returns how many.

    ``address`` is where the service is reached: links and files of items begin with it. The file appears when it is
    whole. Raises :class:`InputError` for another ending or an unknown collection.
    """
    if out.suffix not in (".parquet", ".ndjson"):
        raise InputError(f"{out.name} ends otherwise", where="--out", fix="Name a file .parquet or .ndjson")
    with db.reading() as connection:
        if collection_of(connection, collection) is None:
            raise InputError(f"there is no collection {collection!r}", where="collection", fix="See /stac/collections")
    items = _items(db, collection, address.rstrip("/"))
    part = out.with_name(f".{out.name}.part")
    try:
        number = _parquet(items, part) if out.suffix == ".parquet" else _lines(items, part)
        part.replace(out)
    except OSError as error:
        raise DataError(f"cannot be written: {error}", where=str(out), fix="Look at the folder and the disk") from error
    finally:
        part.unlink(missing_ok=True)
    return number


def _items(db: Database, collection: str, address: str) -> Iterator[dict[str, Any]]:
    asked = Asked("stac", collections=(collection,), limit=_PAGE)
    while True:
        with db.reading() as connection:
            page = find(connection, asked)
        yield from (json.loads(one.body.replace(BASE, address)) for one in page.found)
        if not page.next:
            return
        asked = replace(asked, after=page.next)


def _lines(items: Iterator[dict[str, Any]], out: Path) -> int:
    number = 0
    with out.open("w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")) + "\n")
            number += 1
    return number


def _parquet(items: Iterator[dict[str, Any]], out: Path) -> int:
    """One row an item: properties as columns, the outline as WKB, links and assets as JSON; GeoParquet's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [_row(item) for item in items]
    if not rows:
        raise InputError("the collection is empty", where="collection", fix="Put items into it first")
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column([row.get(name) for row in rows], name) for name in names}
    kinds = sorted({str(item_kind) for item_kind in (row["_kind"] for row in rows) if item_kind})
    columns.pop("_kind")
    box = [min(r["bbox"][0] for r in rows if r["bbox"]), min(r["bbox"][1] for r in rows if r["bbox"])]
    box += [max(r["bbox"][2] for r in rows if r["bbox"]), max(r["bbox"][3] for r in rows if r["bbox"])]
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": kinds, "bbox": box}},
    }
    told = {b"geo": json.dumps(geo).encode(), b"stac:geoparquet_version": b"1.0.0"}
    pq.write_table(pa.table(columns).replace_schema_metadata(told), out, compression="zstd")
    return len(rows)


def _row(item: dict[str, Any]) -> dict[str, Any]:
    outline = None if item["geometry"] is None else shape(item["geometry"])
    own = {k: v for k, v in item["properties"].items() if k not in ("geometry", "bbox", "links", "assets")}
    return {
        **{name: item.get(name) for name in ("type", "stac_version", "id", "collection")},
        "stac_extensions": item.get("stac_extensions", []),
        "_kind": None if outline is None else outline.geom_type,
        "geometry": None if outline is None else shapely.to_wkb(outline),
        "bbox": item.get("bbox"),
        **{name: json.dumps(item[name], ensure_ascii=False) for name in ("links", "assets")},
        **own,
    }


def _column(values: list[Any], name: str) -> Any:
    """A column of the one kind its values have; of several kinds, as JSON."""
    import pyarrow as pa

    if name in ("datetime", "start_datetime", "end_datetime", "created", "updated"):
        times = [None if v is None else moment_of_text(str(v), where=name) for v in values]
        return pa.array(times, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    if name == "bbox":
        return pa.array(values, pa.list_(pa.float64()))
    kinds = {type(v) for v in values if v is not None}
    if kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if kinds <= {str} or kinds <= {bool} or kinds <= {bytes} or name == "stac_extensions":
        return pa.array(values)
    return pa.array([None if v is None else json.dumps(v, ensure_ascii=False) for v in values], pa.string())
