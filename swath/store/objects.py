"""Where do the files of items lie once the disk is too small? In an S3-compatible object storage, by their addresses.

A database has one root (``s3://bucket/prefix``, or another storage that ``fsspec`` speaks to). :func:`offload` moves
files there; :func:`fetched` brings one back, whole, before anything opens it: no address ever reaches a reader of
rasters, and what reads files reads them as before. Keys and passwords are those of the environment (``AWS_...``), never
kept here. S3 is spoken by Apache Arrow, which is installed with swath; other storages by what ``fsspec`` finds.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
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
_INSTALL = "Install what speaks to it: pip install 'swath[objects]', and gcsfs or adlfs for storages other than S3"
_BLOCK_BYTES = 4 << 20
_PATIENCE_S, _TRIES, _PAUSE_S = 30.0, 4, 0.5
"""for an answer of S3, how often it is asked where it is too busy or the line fails, and how long not"""
_AWS = re.compile(r"AWS Error ([A-Z_]+)(?: \(HTTP status (\d+)\))?")
_KEYS = (
    "it refuses the keys",
    "Look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION, and what they may do",
)
_BUSY = "it has too much to do", "Try again later: what was moved is moved"
_TOLD = {
    "ACCESS_DENIED": _KEYS,
    "INVALID_ACCESS_KEY_ID": _KEYS,
    "SIGNATURE_DOES_NOT_MATCH": _KEYS,
    "NO_SUCH_BUCKET": ("there is no such bucket", "Make the bucket, or look at its name and AWS_ENDPOINT_URL"),
    "NETWORK_CONNECTION": (
        "it cannot be reached, or hung up",
        "Look at the network and AWS_ENDPOINT_URL, and try again",
    ),
    "INTERNAL_FAILURE": ("it failed, or hung up", "Try again"),
    "SLOW_DOWN": _BUSY,
    "SERVICE_UNAVAILABLE": _BUSY,
    "503": _BUSY,
}
"""what its errors mean and what to do"""


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
        _get(root, address, scratch)
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
        if not root.startswith("s3://"):  # which has no folders
            files.makedirs(address.rpartition("/")[0], exist_ok=True)
        with path.open("rb") as here, files.open(address, "wb") as there:
            shutil.copyfileobj(here, there, _BLOCK_BYTES)
        size = files.size(address) if files.exists(address) else 0
    if size != path.stat().st_size:
        raise DataError(f"{size} of {path.stat().st_size} bytes arrived", where=address, fix="Try again")
    return address


def _get(root: str, address: str, to: str) -> None:
    """Asked again as often here, too: Arrow gives up where a refusal is longer than the file that it was to fill."""
    for left in reversed(range(_TRIES)):
        try:
            with _answering(root) as files:
                files.get_file(address, to)
            return
        except DataError:
            if not left:
                raise
        time.sleep(_PAUSE_S)


@contextmanager
def _answering(root: str) -> Iterator[Any]:
    """The file system of a root; what goes wrong in it as :class:`DataError`, but for a file that is not there."""
    try:
        yield _files(root)
    except (FileNotFoundError, DataError):
        raise
    except ImportError as error:
        raise DataError(f"nothing here speaks to object storage: {error}", where=root, fix=_INSTALL) from error
    except Exception as error:  # each storage has its own
        raise _trouble(error, root) from error


def _trouble(error: Exception, root: str) -> DataError:
    found = _AWS.search(str(error))
    code, status = (found[1], found[2] or "") if found else (type(error).__name__, "")
    known = _TOLD.get(code) or _TOLD.get(status)
    what, fix = known or ("it does not answer", "Look at the storage and the keys in the environment")
    return DataError(f"the object storage: {what} ({code}{' ' * bool(status)}{status})", where=root, fix=fix)


def _files(root: str) -> Any:
    import fsspec

    if not root.startswith("s3://"):
        return fsspec.filesystem(urlsplit(root).scheme)
    names = "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"
    return _s3(urlsplit(root).netloc, tuple(os.environ.get(name, "") for name in names))


@lru_cache(maxsize=4)
def _s3(bucket: str, told: tuple[str, ...]) -> Any:
    """Arrow's S3 as fsspec has file systems. ``told``: endpoints, regions and key of the environment."""
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem, resolve_s3_region

    endpoint, region = told[0] or told[1], told[2] or told[3]
    client = S3FileSystem(
        endpoint_override=endpoint or None,
        region=region or (None if endpoint else resolve_s3_region(bucket)),
        connect_timeout=_PATIENCE_S,
        request_timeout=_PATIENCE_S,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_TRIES),
    )
    return ArrowFSWrapper(client, skip_instance_cache=True)


def _make_room(newest: Path) -> None:
    files = [path for path in newest.parent.parent.glob("*/*") if path.is_file() and path != newest]
    left = CACHE_BYTES - newest.stat().st_size
    for path in sorted(files, key=lambda one: -one.stat().st_mtime):
        left -= path.stat().st_size
        if left < 0:
            path.unlink(missing_ok=True)
