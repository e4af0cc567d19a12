"""Where do the files of items lie once the disk is too small? In an S3-compatible object storage, by their addresses.

A database has one root (``s3://bucket/prefix``, or another storage that ``fsspec`` speaks to). :func:`offload` moves
files there; :func:`fetched` brings one back, whole, before anything opens it: no address ever reaches a reader of
rasters, and what reads files reads them as before. Keys and passwords are those of the environment (``AWS_...``), never
kept here.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import Connection, select, update

from swath.errors import DataError, InputError
from swath.store.database import Database, Writing
from swath.store.folder import STATE
from swath.store.notes import note, recall
from swath.store.schema import ASSET

__all__ = ["CACHE_BYTES", "Offloaded", "fetched", "is_object", "objects_root", "offload"]

CACHE_BYTES = 20_000_000_000
"""of fetched files that stay in the mission's folder; beyond it the longest unused ones go"""
_ROOT = "objects.root"
_KINDS = ("s3", "gs", "az", "abfs", "file", "memory")
_BATCH = 50
_INSTALL = "Install what speaks to it: pip install 'swath[objects]' for S3, gcsfs or adlfs for others"


@dataclass(frozen=True)
class Offloaded:
    """What :func:`offload` moved."""

    file_count: int
    size_bytes: int


def is_object(path: str) -> bool:
    """Does a noted path lie in an object storage?"""
    return "://" in path


def objects_root(connection: Connection) -> str:
    """The root of a database's object storage; empty where it has none."""
    return str(recall(connection, _ROOT, ""))


def offload(
    db: Database,
    folder: Path,
    root: str,
    *,
    collection: str = "",
    keep: bool = False,
    who: str = "swath",
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Offloaded:
    """Move the files of items (of one ``collection``, or of all) to ``root``; with ``keep`` they stay here, too.

    Each file is sent, its size there compared, its new address noted, and only then the one here removed: whoever is
    stopped in between begins again and loses nothing. :class:`InputError` for a root that is none, or another than the
    database has; :class:`DataError` where the storage does not answer.
    """
    root = _checked(root)
    with db.writing(who=who, why="offload") as write:
        _take_root(write, root)
        rows = _local(write.connection, collection)
    moved = size = 0
    for first in range(0, len(rows), _BATCH):
        progress("files", first / len(rows))
        some = [(row, _inside(folder, row.path)) for row in rows[first : first + _BATCH]]
        sent = [(row, path, _send(path, root, row)) for row, path in some if path is not None]
        with db.writing(who=who, why="offload") as write:
            for row, _, address in sent:
                here = (ASSET.c.collection == row.collection) & (ASSET.c.id == row.id) & (ASSET.c.name == row.name)
                write.connection.execute(update(ASSET).where(here).values(path=address))
            for of, id in dict.fromkeys((row.collection, row.id) for row, _, _ in sent):
                write.record("item", f"{of}/{id}", "offloaded", {"to": root})
        for _, path, _ in sent:
            moved, size = moved + 1, size + path.stat().st_size
            if not keep:
                path.unlink()
    return Offloaded(moved, size)


def fetched(folder: Path, root: str, address: str, tag: str) -> Path | None:
    """A file of the storage on this disk; ``None`` where its address is not below the root, or it is gone there."""
    if not root or not address.startswith(f"{root}/") or ".." in PurePosixPath(unquote(address)).parts:
        return None
    key = hashlib.sha256(f"{address}\0{tag}".encode()).hexdigest()[:32]
    place = folder / STATE / "objects" / key / PurePosixPath(unquote(urlsplit(address).path)).name
    if place.is_file():
        os.utime(place)  # it was used: others go first
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=place.parent)
    os.close(handle)
    try:
        with _answering(root) as files:
            files.get_file(address, scratch)
        os.replace(scratch, place)
    except FileNotFoundError:
        return None
    finally:
        Path(scratch).unlink(missing_ok=True)
    _make_room(place)
    return place


def _checked(root: str) -> str:
    root = root.rstrip("/")
    try:
        parts = urlsplit(root)
    except ValueError:
        parts = urlsplit("")
    if (
        parts.scheme not in _KINDS
        or not (parts.netloc or parts.path)
        or parts.password
        or parts.query
        or parts.fragment
    ):
        raise InputError(
            f"{root[:80]!r} is no object storage",
            where="--to",
            fix=f"Write s3://bucket/folder (or {', '.join(_KINDS[1:])}); keys come from the environment",
        )
    return root


def _take_root(write: Writing, root: str) -> None:
    before = objects_root(write.connection)
    if before and before != root:
        raise InputError(f"this database's files lie in {before}", where="--to", fix="One storage a database: give it")
    note(write, _ROOT, root)


def _local(connection: Connection, collection: str) -> Sequence[Any]:
    columns = ASSET.c.collection, ASSET.c.id, ASSET.c.name, ASSET.c.path
    wanted = select(*columns).where(~ASSET.c.path.contains("://")).order_by(*columns[:3])
    return list(connection.execute(wanted.where(ASSET.c.collection == collection) if collection else wanted))


def _inside(folder: Path, path: str) -> Path | None:
    root = folder.resolve()
    at = (root / path).resolve()
    return at if at.is_relative_to(root) and at.is_file() else None


def _send(path: Path, root: str, row: Any) -> str:
    address = "/".join([root, *(quote(part, safe="") for part in (row.collection, row.id, row.name, path.name))])
    with _answering(root) as files:
        files.makedirs(address.rpartition("/")[0], exist_ok=True)
        files.put_file(str(path), address)
        size = files.size(address)
    if size != path.stat().st_size:
        raise DataError(f"{size} of {path.stat().st_size} bytes arrived", where=address, fix="Try again")
    return address


@contextmanager
def _answering(root: str) -> Iterator[Any]:
    """The file system of a root; what goes wrong in it as :class:`DataError`, but for a file that is not there."""
    try:
        import fsspec
    except ImportError as error:
        raise DataError("nothing here speaks to object storage", where=root, fix=_INSTALL) from error
    try:
        yield fsspec.filesystem(urlsplit(root).scheme)
    except FileNotFoundError:
        raise
    except ImportError as error:
        raise DataError(f"nothing here speaks to it: {error}", where=root, fix=_INSTALL) from error
    except Exception as error:  # each storage has its own
        fix = "Look at the storage, its name and the keys in the environment"
        raise DataError(f"the storage does not answer: {type(error).__name__}", where=root, fix=fix) from error


def _make_room(newest: Path) -> None:
    files = [path for path in newest.parent.parent.glob("*/*") if path.is_file() and path != newest]
    left = CACHE_BYTES - newest.stat().st_size
    for path in sorted(files, key=lambda one: -one.stat().st_mtime):
        left -= path.stat().st_size
        if left < 0:
            path.unlink(missing_ok=True)
