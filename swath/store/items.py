"""How do STAC items and their files come into the database, and how are they served?

An item keeps its own JSON; its links and the addresses of its files become those of the service
(:data:`swath.store.features.BASE`). Where its files lie is kept apart (``asset``) and shown to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from sqlalchemy import Connection, delete, insert, select

from swath.errors import InputError
from swath.store.database import Writing
from swath.store.features import BASE, Feature, put_collection, put_features, remove_features
from swath.store.objects import fetched, is_object, objects_root
from swath.store.schema import ASSET, COLLECTION

__all__ = [
    "STAC_VERSION",
    "File",
    "Item",
    "collection_of",
    "collections",
    "file_of",
    "files_of",
    "item_links",
    "put_items",
    "put_stac_collection",
    "remove_items",
]

STAC_VERSION = "1.1.0"
_OURS = ("self", "root", "parent", "collection", "child", "items", "item")
_BATCH = 500


@dataclass(frozen=True)
class File:
    """A file of an item."""

    path: str
    """within the mission's folder, or an address in its object storage"""
    media: str
    tag: str
    """changes when the file does"""


@dataclass(frozen=True)
class Item:
    """A STAC item as it was read, with the files of those of its assets that lie in the mission's folder."""

    document: Mapping[str, Any]
    files: Mapping[str, File] = field(default_factory=dict)
    owner: str | None = None
    derived_from: Sequence[tuple[str, str, str]] = ()
    """collection, id and title of items of this service it was made from"""


def item_links(collection: str, id: str) -> list[dict[str, Any]]:
    """The links that every item has."""
    here = f"{BASE}/stac/collections/{quote(collection, safe='')}"
    geo, plain = "application/geo+json", "application/json"
    return [
        {"rel": "self", "type": geo, "href": f"{here}/items/{quote(id, safe='')}"},
        {"rel": "root", "type": plain, "href": f"{BASE}/stac"},
        {"rel": "parent", "type": plain, "href": here},
        {"rel": "collection", "type": plain, "href": here},
    ]


def _served(item: Item, collection: str) -> dict[str, Any]:
    """An item with the service's links and addresses. :class:`InputError` where it is no STAC item."""
    document = dict(item.document)
    id = document.get("id")
    where = f"{collection}/{str(id)[:60]}"
    if document.get("type") != "Feature" or not isinstance(id, str):
        raise InputError("it is no STAC item", where=where, fix='Give a feature with "type": "Feature" and an id')
    if not isinstance(document.get("properties"), Mapping) or "datetime" not in document["properties"]:
        raise InputError(
            "it has no properties with a datetime", where=where, fix="Give datetime, or null with both ends"
        )
    assets, links = document.get("assets", {}), document.get("links", [])
    if not isinstance(assets, Mapping) or not all(isinstance(a, Mapping) for a in assets.values()):
        raise InputError("its assets are no objects", where=where, fix="See the STAC item specification")
    if not isinstance(links, list) or not all(isinstance(link, Mapping) for link in links):
        raise InputError("its links are no list of objects", where=where, fix="See the STAC item specification")
    here = f"{BASE}/files/{quote(collection, safe='')}/{quote(id, safe='')}"
    told = {}
    for name, asset in assets.items():
        href = asset.get("href")
        if name in item.files:
            told[name] = {**asset, "href": f"{here}/{quote(name, safe='')}"}
        elif isinstance(href, str) and (_outside(href) or href.startswith(f"{BASE}/")):
            told[name] = dict(asset)
    others = [dict(k) for k in links if k.get("rel") not in _OURS and _outside(str(k.get("href", "")))]
    made = [
        {"rel": "derived_from", "type": "application/geo+json", "title": title}
        | {"href": f"{BASE}/stac/collections/{quote(of, safe='')}/items/{quote(its, safe='')}"}
        for of, its, title in item.derived_from
    ]
    document |= {"stac_version": STAC_VERSION, "collection": collection, "assets": told}
    document.setdefault("stac_extensions", [])
    if document.get("geometry") is None:
        document.pop("bbox", None)
    return {**document, "links": [*item_links(collection, id), *made, *others]}


def _outside(href: str) -> bool:
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme in ("http", "https", "s3") and bool(parts.netloc)


def put_stac_collection(write: Writing, document: Mapping[str, Any]) -> bool:
    """Put a STAC collection in; returns whether that changed anything. Its links are the service's own."""
    id = document.get("id")
    if not isinstance(id, str) or not id or "/" in id or len(id) > 128:
        raise InputError(f"collection id {str(id)[:40]!r}", where="collection", fix="Up to 128 characters, without /")
    links = document.get("links")
    kept = (
        [dict(k) for k in links if isinstance(k, Mapping) and k.get("rel") in ("license", "about", "cite-as")]
        if (isinstance(links, list))
        else []
    )
    outside = [k for k in kept if _outside(str(k.get("href", "")))]
    body = {**document, "type": "Collection", "stac_version": STAC_VERSION, "links": outside}
    body.setdefault("stac_extensions", [])
    return put_collection(write, id, body, room="stac")


def put_items(write: Writing, items: Iterable[Item], *, collection: str) -> list[str]:
    """Put items into a collection that is there; returns the ids of those that are new or differ."""
    if collection_of(write.connection, collection) is None:
        raise InputError(f"there is no collection {collection[:60]!r}", where="collection", fix="Make it first")
    changed: list[str] = []
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            changed += _put(write, batch, collection)
            batch = []
    changed += _put(write, batch, collection)
    for id in changed:
        write.record("item", f"{collection}/{id}", "stored")
    return changed


def _put(write: Writing, items: Sequence[Item], collection: str) -> list[str]:
    features = [Feature(_served(item, collection), item.owner) for item in items]
    changed = set(put_features(write, features, room="stac", collection=collection))
    files = [
        {"collection": collection, "id": item.document["id"], "name": name, **file.__dict__}
        for item in items
        if item.files
        for name, file in item.files.items()
    ]
    here = (ASSET.c.collection == collection) & ASSET.c.id.in_([item.document["id"] for item in items])
    write.connection.execute(delete(ASSET).where(here))
    if files:
        write.connection.execute(insert(ASSET), files)
    return [item.document["id"] for item in items if item.document["id"] in changed]


def remove_items(write: Writing, ids: Sequence[str], *, collection: str) -> int:
    """Take items out of the database (their files stay where they are); returns how many there were."""
    write.connection.execute(delete(ASSET).where(ASSET.c.collection == collection, ASSET.c.id.in_(list(ids))))
    gone = remove_features(write, ids, room="stac", collection=collection)
    for id in ids[:gone]:
        write.record("item", f"{collection}/{id}", "removed")
    return gone


def collections(connection: Connection, *, room: str = "stac") -> list[dict[str, Any]]:
    """Every collection of a room, by id, without links of the service."""
    rows = connection.execute(select(COLLECTION.c.body).where(COLLECTION.c.room == room).order_by(COLLECTION.c.id))
    return [row[0] for row in rows]


def collection_of(connection: Connection, id: str, *, room: str = "stac") -> dict[str, Any] | None:
    """One collection."""
    here = (COLLECTION.c.room == room) & (COLLECTION.c.id == id)
    row = connection.execute(select(COLLECTION.c.body).where(here)).first()
    return row[0] if row else None


def files_of(connection: Connection, collection: str, id: str) -> dict[str, File]:
    """The files of an item, by asset."""
    here = (ASSET.c.collection == collection) & (ASSET.c.id == id)
    rows = connection.execute(select(ASSET.c.name, ASSET.c.path, ASSET.c.media, ASSET.c.tag).where(here))
    return {row.name: File(row.path, row.media, row.tag) for row in rows}


def file_of(connection: Connection, folder: Path, collection: str, id: str, name: str) -> tuple[Path, File] | None:
    """Where does a file of an item lie? Only within the mission's folder, whatever the database says; one in the object
    storage (:mod:`swath.store.objects`) is fetched first.
    """
    here = (ASSET.c.collection == collection) & (ASSET.c.id == id) & (ASSET.c.name == name)
    row = connection.execute(select(ASSET.c.path, ASSET.c.media, ASSET.c.tag).where(here)).first()
    if row is None:
        return None
    if is_object(row.path):
        local = fetched(folder, objects_root(connection), row.path, row.tag)
        return None if local is None else (local, File(*row))
    root = folder.resolve()
    path = (root / row.path).resolve()
    return (path, File(*row)) if path.is_relative_to(root) and path.is_file() else None
