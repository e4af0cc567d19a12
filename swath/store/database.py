"""Where is a running mission kept, and who may write to it? One database, one writer at a time, every write recorded.

SQLite lies in the mission's folder (``service/swath.sqlite``; write-ahead log, so that readers never wait), PostgreSQL
with PostGIS has an address. Whatever is written goes through :meth:`Database.writing`, which names who did it and why.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import shapely
from sqlalchemy import Connection, Engine, create_engine, event, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from swath.errors import DataError, InputError
from swath.store.folder import STATE
from swath.store.migrations import migrate
from swath.store.moments import moment_of_text, now_us
from swath.store.schema import HISTORY

__all__ = ["DATABASE", "Database", "Writing", "open_database"]

DATABASE = "swath.sqlite"
_WAIT_S = 30.0
_WRITER = 0x7377617468  # the lock that all writers of one PostgreSQL database take: "swath"


@dataclass(frozen=True)
class Writing:
    """A transaction under way: all of it will be in the database, or nothing."""

    connection: Connection
    who: str
    why: str
    at_us: int

    def record(
        self, kind: str, subject: str, what: str, body: Mapping[str, Any] | None = None, *, owner: str | None = None
    ) -> None:
        """Add a line to the history: what was done to whom. Listeners of ``/events`` hear of it."""
        row = {"at_us": self.at_us, "who": self.who, "kind": kind, "subject": subject, "what": what, "why": self.why}
        self.connection.execute(insert(HISTORY).values(**row, owner=owner, body=dict(body or {})))


@dataclass(frozen=True)
class Database:
    """An open database."""

    engine: Engine
    place: str
    """for people: a file, or an address without its password"""
    clock: Callable[[], int] = now_us
    """what time writes are of, microseconds since 1970 UTC: this machine's, or a rehearsal's"""
    _lock: RLock = field(default_factory=RLock, repr=False, compare=False)

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database. :class:`DataError` where it cannot be reached."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise _told(error, self.place) from error

    @contextmanager
    def writing(self, *, who: str, why: str = "", at_us: int | None = None) -> Iterator[Writing]:
        """The one write transaction at a time, in this process and in others.

        Nothing of it is kept where the block ends with an error. Raises :class:`DataError` where the database cannot be
        written: locked for too long, disk full, connection lost.
        """
        with self._lock:
            try:
                with self.engine.connect().execution_options(swath_writes=True) as connection, connection.begin():
                    if self.kind == "postgresql":
                        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _WRITER})
                    yield Writing(connection, who, why, self.clock() if at_us is None else at_us)
            except DBAPIError as error:
                raise _told(error, self.place) from error

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _told(error: DBAPIError, place: str) -> DataError:
    """The database's own words, without statement and values: those may hold what is nobody's business."""
    words = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
    fixes = {
        "locked": "Another program holds it: stop that one, or try again",
        "full": "Make room on the disk; nothing of this was written",
        "connect": "Is the server up? Look at the address",
    }
    fix = next((fix for word, fix in fixes.items() if word in words), "Look at the disk and the server")
    return DataError(f"the database cannot be used: {words}", where=place, fix=fix)


def open_database(place: str | Path, *, create: bool = True, clock: Callable[[], int] = now_us) -> Database:
    """The database of a mission's folder, of a file ``*.sqlite``, or at an address ``postgresql://...``, up to date.

    Raises :class:`InputError` for a place that is none, :class:`DataError` where there is no database and ``create`` is
    not given, where it is damaged or of a newer swath, or where the server does not answer.
    """
    where = str(place)
    engine, shown = _postgres(where) if "://" in where else _sqlite(Path(where), create)
    database = Database(engine, shown, clock)
    with database.writing(who="swath", why="opened") as write:
        steps = migrate(write.connection)
        for step in steps:
            write.record("schema", str(step.number), "migrated", {"title": step.title})
    return database


def _postgres(address: str) -> tuple[Engine, str]:
    try:
        url = make_url(address)
        if url.get_backend_name() != "postgresql":
            raise ArgumentError("no postgresql")
        url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(
            url, pool_size=10, max_overflow=20, pool_pre_ping=True, connect_args={"connect_timeout": int(_WAIT_S)}
        )
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise InputError(
            "this is no address of a database", where="--database", fix="Write postgresql://user@host/name"
        ) from error
    except ModuleNotFoundError as error:
        raise DataError("psycopg is not installed", where="--database", fix="pip install swath[postgres]") from error
    return engine, url.render_as_string(hide_password=True)


def _sqlite(path: Path, create: bool) -> tuple[Engine, str]:
    file = path if path.suffix == ".sqlite" else path / STATE / DATABASE
    if not file.is_file():
        if not create:
            raise DataError("there is no database", where=str(file), fix="Start one: swath serve MISSION_DIR")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"cannot be made: {error}", where=str(file), fix="Name another folder") from error
    engine = create_engine(
        f"sqlite:///{file}",
        pool_size=10,
        max_overflow=30,
        connect_args={"timeout": _WAIT_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepared)
    event.listen(engine, "begin", _begin)
    return engine, str(file)


def _prepared(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: SQLite's own module starts transactions late
    for pragma in (
        "journal_mode = wal",
        "synchronous = full",  # what was answered with 201 is on the disk
        "foreign_keys = on",
        "mmap_size = 268435456",
        "cache_size = -65536",
        "temp_store = memory",
    ):
        connection.execute(f"pragma {pragma}").close()
    connection.create_function("swath_meets", 3, _meets, deterministic=True)
    connection.create_function("swath_instant", 1, _instant, deterministic=True)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate" if connection.get_execution_options().get("swath_writes") else "begin")


@lru_cache(maxsize=256)
def _prepared_shape(wkb: bytes) -> Any:
    shape = shapely.from_wkb(wkb)
    shapely.prepare(shape)
    return shape


_RELATIONS = {
    "intersects": "intersects",
    "within": "contains",
    "contains": "within",
    "disjoint": "disjoint",
    "touches": "touches",
    "crosses": "crosses",
    "overlaps": "overlaps",
    "equals": "equals",
}


def _meets(relation: str, own: bytes | None, other: bytes | None) -> bool | None:
    """Has an outline a relation to a shape? Asked from the shape's side, which is prepared once for many outlines."""
    if own is None or other is None:
        return None
    try:
        return bool(getattr(_prepared_shape(other), _RELATIONS[relation])(shapely.from_wkb(own)))
    except shapely.errors.ShapelyError:  # a shape that crosses itself has no answer
        return None


def _instant(value: object) -> int | None:
    try:
        return moment_of_text(value) if isinstance(value, str) else None
    except InputError:
        return None
