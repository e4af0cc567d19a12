"""A fresh database for a test: SQLite in a folder, PostgreSQL where there is a server."""

from __future__ import annotations

import atexit
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from swath.store.database import Database, open_database

POSTGRES = os.environ.get("SWATH_TEST_POSTGRES", "")
KINDS = ("sqlite", "postgresql")


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        db = open_database(folder / "test.sqlite")
        yield db
        db.close()
        return
    with fresh_address() as address:
        db = open_database(address)
        try:
            yield db
        finally:
            db.close()


@cache
def _server() -> sa.Engine:
    url = sa.make_url(POSTGRES).set(drivername="postgresql+psycopg")
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def _address(name: str) -> str:
    return sa.make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)


def _do(statement: str) -> None:
    with _server().connect() as connection:
        connection.exec_driver_sql(statement)


@cache
def _template() -> str:
    """A database with the schema in it, made once: copies of it take a tenth of the time."""
    name = f"swath_test_{uuid.uuid4().hex[:12]}"
    _do(f"create database {name}")
    atexit.register(_do, f"drop database {name} with (force)")
    open_database(_address(name)).close()
    return name


@contextmanager
def fresh_address(*, empty: bool = False) -> Iterator[str]:
    """The address of a PostgreSQL database, with the schema or empty, that vanishes afterwards."""
    if not POSTGRES:
        pytest.skip("no PostgreSQL server: set SWATH_TEST_POSTGRES (.ci/postgres installs one and prints its address)")
    name = f"swath_test_{uuid.uuid4().hex[:12]}"
    _do(f"create database {name}" if empty else f"create database {name} template {_template()}")
    try:
        yield _address(name)
    finally:
        _do(f"drop database {name} with (force)")
