"""How is a service's database kept safe? Copied whole while it runs, and put back only where it is whole."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from swath.errors import DataError, InputError
from swath.store.database import DATABASE, Database, open_database
from swath.store.folder import STATE

__all__ = ["backup", "restore"]


def backup(db: Database, out: Path) -> int:
    """Copy a running SQLite database into a file, as it is at one moment; returns its size in bytes.

    The file appears when it is whole and checked. Raises :class:`InputError` for PostgreSQL, which has its own tools,
    and where the file is there already.
    """
    if db.kind != "sqlite":
        raise InputError("PostgreSQL is backed up by its own tools", where=db.place, fix="pg_dump -Fc -f FILE ADDRESS")
    if out.exists():
        raise InputError("there is such a file already", where=str(out), fix="Name another file")
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(db.place)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        _check(part)
        os.replace(part, out)
    except (OSError, sqlite3.Error) as error:
        raise DataError(f"the backup cannot be written: {error}", where=str(out), fix="Look at the disk") from error
    finally:
        part.unlink(missing_ok=True)
    return out.stat().st_size


def restore(file: Path, folder: Path, *, replace: bool = False) -> Path:
    """Put a backup in place as a mission's database; returns where.

    A database that is there stays whole beside it (``.before``), and is replaced only where ``replace`` is given and
    nobody has it open: a service that went on would write what it acknowledges into the one that was set aside. Raises
    :class:`DataError` for a file that is no whole backup, or of a newer swath.
    """
    if not file.is_file():
        raise DataError("there is no such backup", where=str(file), fix="Name a file of swath backup")
    place = folder / STATE / DATABASE
    if place.exists() and not replace:
        raise InputError("there is a database already", where=str(place), fix="Stop the service, then give --replace")
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{DATABASE}.part.sqlite")
    try:
        shutil.copyfile(file, part)
        _check(part)
        open_database(part, create=False).close()  # also brings it up to date
        _set_aside(place)
        os.replace(part, place)
    except OSError as error:
        raise DataError(f"cannot be put in place: {error}", where=str(place), fix="Look at the disk") from error
    finally:
        for ending in ("", "-wal", "-shm"):
            part.with_name(part.name + ending).unlink(missing_ok=True)
    return place


def _set_aside(place: Path) -> None:
    """What was there as ``.before``, with what a killed service left in its log. Damaged, it goes as it is."""
    try:
        if place.exists():
            with closing(sqlite3.connect(place, timeout=1.0)) as connection:
                connection.execute("pragma journal_mode = delete")  # only who has it alone may do that
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise InputError(
                "a service or a worker still uses this database", where=str(place), fix="Stop them, then try again"
            ) from error
    for ending in ("", "-wal", "-shm"):
        old, before = (place.with_name(f"{DATABASE}{word}{ending}") for word in ("", ".before"))
        before.unlink(missing_ok=True)
        if old.exists():
            os.replace(old, before)


def _check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            told = connection.execute("pragma integrity_check").fetchone()[0]
            tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    except sqlite3.Error as error:
        raise DataError(f"is no whole database: {error}", where=str(path), fix="Take another backup") from error
    if told != "ok" or not {"setting", "history"} <= tables:
        raise DataError(f"is no whole database of swath: {told}", where=str(path), fix="Take another backup")
