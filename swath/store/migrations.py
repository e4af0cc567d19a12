"""How does a database of an older swath become one of this? By numbered steps, each of which runs once.

Step 1 makes the schema; later ones add to it. A step runs inside the transaction that writes down that it ran, so a
database is at one number or the next and never between. A database of a newer swath is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, inspect, select, update

from swath.errors import DataError
from swath.store.schema import METADATA, SETTING
from swath.store.watch_tables import WATCH_TABLES

__all__ = ["MIGRATIONS", "Migration", "migrate", "schema_number"]

_NUMBER = "schema"


@dataclass(frozen=True)
class Migration:
    """One step."""

    number: int
    title: str
    step: Callable[[Connection], None]


_BOXES = """
  insert into feature_box select 2 * new.key, new.west,
    case when new.west > new.east then 180.0 else new.east end, new.south, new.north,
    new.start_us / 86400e6 - 18262, new.stop_us / 86400e6 - 18262 where new.west is not null;
  insert into feature_box select 2 * new.key + 1, -180.0, new.east, new.south, new.north,
    new.start_us / 86400e6 - 18262, new.stop_us / 86400e6 - 18262 where new.west > new.east;
"""
"""A box across the antimeridian is two: its rows have the feature's key doubled, and one more. Times are days
since 2020 (SQLite rounds bounds outwards to 32 bits, some 20 s here): of the size of degrees, as the tree's margins
want it."""
_NO_BOXES = "delete from feature_box where id in (2 * old.key, 2 * old.key + 1);"
_SQLITE = (
    "create virtual table feature_box using rtree(id, west, east, south, north, start, stop)",
    f"create trigger feature_in after insert on feature begin {_BOXES} end",
    f"create trigger feature_out after delete on feature begin {_NO_BOXES} end",
    f"""create trigger feature_moved after update of west, south, east, north, start_us, stop_us on feature begin
         {_NO_BOXES} {_BOXES}
       end""",
    """create trigger history_kept before update on history begin
         select raise(abort, 'history is never changed');
       end""",
    """create trigger history_whole before delete on history begin
         select raise(abort, 'history is never removed');
       end""",
)

_POSTGRES = (
    """alter table feature add column geom geometry(Geometry, 4326)
         generated always as (ST_SetSRID(ST_GeomFromWKB(shape), 4326)) stored""",
    """create index feature_geom on feature using gist (geom)""",
    """create function swath_instant(text) returns bigint as $$
       begin
         if $1 !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}' then return null; end if;
         return (extract(epoch from $1::timestamptz) * 1000000)::bigint;
       exception when others then return null;
       end $$ language plpgsql immutable strict""",
    """create function swath_kept() returns trigger as $$
       begin raise exception 'history is never changed'; end $$ language plpgsql""",
    """create trigger history_kept before update or delete on history
         for each row execute function swath_kept()""",
)


def _first(connection: Connection) -> None:
    METADATA.create_all(connection, tables=[table for table in METADATA.sorted_tables if table is not SETTING])
    for text in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.exec_driver_sql(text)


def _watching(connection: Connection) -> None:
    METADATA.create_all(connection, tables=list(WATCH_TABLES))


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "the first schema", _first),
    Migration(2, "places under watch: alerts, verdicts, looks, messages", _watching),
)
"""in order; a number is never used again"""


def schema_number(connection: Connection) -> int:
    """At which step is a database? 0: it is empty."""
    if not inspect(connection).has_table(SETTING.name):
        return 0
    row = connection.execute(select(SETTING.c.value).where(SETTING.c.name == _NUMBER)).first()
    return int(row[0]) if row else 0


def migrate(connection: Connection, migrations: tuple[Migration, ...] = MIGRATIONS) -> list[Migration]:
    """Run the steps that a database lacks, inside the caller's transaction; returns them.

    Raises :class:`DataError` where the database is of a newer swath.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("create extension if not exists postgis")
    number = schema_number(connection)
    if number > migrations[-1].number:
        raise DataError(
            f"the database is of a newer swath (schema {number}, this one knows {migrations[-1].number})",
            fix="Upgrade swath, or restore a backup of this version",
        )
    missing = [step for step in migrations if step.number > number]
    if number == 0:
        SETTING.create(connection, checkfirst=True)
        connection.execute(insert(SETTING).values(name=_NUMBER, value="0"))
    for step in missing:
        step.step(connection)
        connection.execute(update(SETTING).where(SETTING.c.name == _NUMBER).values(value=str(step.number)))
    return missing
