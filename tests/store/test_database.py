"""One writer, an append-only history, migrations that run once: the same on both databases."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from swath.errors import DataError, InputError
from swath.store import migrations
from swath.store.database import Database, open_database
from swath.store.folder import STATE, new_folder
from swath.store.history import history_before, history_since, last_seq
from swath.store.migrations import MIGRATIONS, Migration, migrate, schema_number
from swath.store.moments import moment_of_text, moment_text
from swath.store.schema import HISTORY, METADATA, SETTING


def test_a_new_database_has_the_whole_schema(db: Database) -> None:
    with db.reading() as connection:
        assert set(METADATA.tables) <= set(sa.inspect(connection).get_table_names())
        assert schema_number(connection) == MIGRATIONS[-1].number


def test_every_write_says_who_and_why_and_is_found_in_order(db: Database) -> None:
    with db.reading() as connection:
        before = last_seq(connection)
    for n in range(3):
        with db.writing(who="ada", why=f"because {n}", at_us=10 + n) as write:
            write.record("order", f"o{n}", "received", {"n": n}, owner="ada" if n else None)
    with db.reading() as connection:
        told = history_since(connection, before)
        mine = history_before(connection, None, viewer="ada")
    assert [(e.subject, e.who, e.why, e.body) for e in told] == [
        (f"o{n}", "ada", f"because {n}", {"n": n}) for n in range(3)
    ]
    assert told[0].at == "1970-01-01T00:00:00.000010Z" and [e.subject for e in mine] == ["o2", "o1"]


def test_a_write_that_fails_leaves_nothing(db: Database) -> None:
    with db.reading() as connection:
        before = last_seq(connection)

    def cut_off() -> None:
        with db.writing(who="ada") as write:
            write.record("order", "o", "received")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power"):
        cut_off()
    with db.reading() as connection:
        assert last_seq(connection) == before


def test_the_history_cannot_be_changed_or_removed(db: Database) -> None:
    for statement in (sa.update(HISTORY).values(who="nobody"), sa.delete(HISTORY)):
        with pytest.raises(DataError, match="never"), db.writing(who="eve") as write:
            write.connection.execute(statement)


def test_writers_take_turns(db: Database) -> None:
    """Eight threads add one to a number, 25 times each: none is lost, and the lines are numbered as they were kept."""
    with db.writing(who="t") as write:
        write.connection.execute(sa.insert(SETTING).values(name="count", value="0"))

    def work() -> None:
        for _ in range(25):
            with db.writing(who="t") as write:
                here = SETTING.c.name == "count"
                now = write.connection.execute(sa.select(SETTING.c.value).where(here)).scalar_one()
                write.connection.execute(sa.update(SETTING).where(here).values(value=str(int(now) + 1)))
                write.record("count", now, "counted")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as connection:
        lines = [e for e in history_since(connection, 0) if e.kind == "count"]
    assert [e.subject for e in lines] == [str(n) for n in range(200)]


def test_a_reader_sees_one_state(db: Database) -> None:
    with db.reading() as plain:
        level = {"isolation_level": "REPEATABLE READ"} if db.kind == "postgresql" else {}
        connection = plain.execution_options(**level)
        before = last_seq(connection)
        with db.writing(who="t") as write:
            write.record("x", "y", "z")
        assert last_seq(connection) == before
    with db.reading() as connection:
        assert last_seq(connection) == before + 1


def test_steps_run_once_and_all_or_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: sa.Connection) -> None:
        connection.exec_driver_sql("create table half (a integer)")
        raise RuntimeError("cut off")

    more = (*MIGRATIONS, Migration(99, "more", lambda c: c.exec_driver_sql("create table more (a integer)") and None))
    with pytest.raises(RuntimeError), db.writing(who="t") as write:
        migrate(write.connection, (*MIGRATIONS, Migration(98, "broken", broken)))
    for expected in ([99], []):
        with db.writing(who="t") as write:
            assert [step.number for step in migrate(write.connection, more)] == expected
    with db.reading() as connection:
        names = sa.inspect(connection).get_table_names()
        assert "more" in names and "half" not in names and schema_number(connection) == 99
    with pytest.raises(DataError, match="newer swath"), db.writing(who="t") as write:
        migrate(write.connection)
    assert [m.number for m in MIGRATIONS] == sorted({m.number for m in migrations.MIGRATIONS})


def test_a_file_is_opened_again_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    db = open_database(tmp_path)
    with db.writing(who="t") as write:
        write.record("x", "y", "z")
    db.close()
    again = open_database(tmp_path, create=False)
    with again.reading() as connection:
        assert history_before(connection, None)[0].kind == "x"
    again.close()
    (tmp_path / "bad.sqlite").write_bytes(b"this is no database, and longer than a header would be" * 20)
    with pytest.raises(DataError, match="not a database"):
        open_database(tmp_path / "bad.sqlite")
    with pytest.raises(DataError, match="no database"):
        open_database(tmp_path / "other", create=False)
    for address in ("mysql://a@b/c", "postgresql://a b:c:d/e", "oracle://x"):
        with pytest.raises((InputError, DataError)):
            open_database(address)


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(DataError) as told:
        open_database("postgresql://someone:tops3cret@127.0.0.1:9/none")
    assert "tops3cret" not in f"{told.value} {told.value!r}"


def test_a_run_does_not_replace_a_folder_that_a_service_keeps_orders_in(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    (folder / "evidence").mkdir(parents=True)
    (folder / "evidence" / "manifest.json").write_text("{}")
    (folder / STATE).mkdir()
    with pytest.raises(InputError, match="keeps its orders"), new_folder(folder):
        raise AssertionError("it must not come so far")
    assert (folder / STATE).is_dir()


@pytest.mark.parametrize(
    "text", ["2026-05-08T06:00:00Z", "2026-05-08T06:00:00.125Z", "2026-05-08T06:00:00.000001Z", "1969-12-31T23:59:59Z"]
)
def test_moments_come_back_as_they_were_given(text: str) -> None:
    assert moment_text(moment_of_text(text)) == text
    with pytest.raises(InputError):
        moment_of_text(text.removesuffix("Z"))
