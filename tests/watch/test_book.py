"""A mission's database keeps what a watch knows exactly as a memory does, in one schema, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from swath.errors import DataError
from swath.operate.watch_book import DatabaseBook
from swath.store.database import Database, open_database
from swath.store.schema import HISTORY
from swath.time import seconds
from swath.watch.book import Book, MemoryBook
from swath.watch.days import LookState
from swath.watch.outbox import after_failure, message_for
from swath.watch.records import Target, Verdict, revise
from tests.watch.made_alerts import NOTICED, made_alert

HOOK = Target("ops", "webhook", "https://example.org/", secret="S")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


def filled(book: Book) -> Book:
    alert = made_alert(simulated=True)
    later = revise(alert, NOTICED + seconds(60.0), status="confirmed", answer="still there")
    other = made_alert("port-1", place="port")
    message = message_for(alert, HOOK)
    looks = [LookState(NOTICED + seconds(86400.0 * n), f"s{n}", state, "why", n == 1)
             for n, state in enumerate(("no change", "not seen", "changed"))]  # fmt: skip
    book.keep(alerts=[alert, other], looks=[("dam", one) for one in looks], states=[("dam", b"\x00\xff")],
              messages=[message], who="swath", why="test")  # fmt: skip
    book.keep(alerts=[later], messages=[after_failure(message, NOTICED, "HTTP 500")], states=[("dam", b"more")])
    for n, word in enumerate(("confirmed", "dismissed")):
        said = Verdict(alert.id, "dam", word, NOTICED + seconds(n + 1.0), "her", "because")  # type: ignore[arg-type]
        book.keep(verdicts=[said])
    return book


def test_both_books_say_the_same(database: Database) -> None:
    one, other = filled(MemoryBook()), filled(DatabaseBook(database))
    for place in ("", "dam", "port", "nowhere"):
        assert one.alerts(place) == other.alerts(place)
        assert one.verdicts(place) == other.verdicts(place)
        assert one.looks(place) == other.looks(place) and one.state(place) == other.state(place)
    assert one.messages() == other.messages() and len(one.alerts()) == 2
    assert [v.word for v in other.verdicts("dam")] == ["dismissed"]  # the last word counts


@pytest.mark.parametrize("kept_in", ["memory", "database"])
def test_whoever_is_slower_writes_nothing(database: Database, kept_in: str) -> None:
    book = filled(MemoryBook() if kept_in == "memory" else DatabaseBook(database))
    (late,) = (revise(one, NOTICED + seconds(70.0), answer="gone") for one in [made_alert(simulated=True)])
    with pytest.raises(DataError, match="revision 2 meanwhile"):
        book.keep(alerts=[late], states=[("dam", b"late")])
    look = LookState(NOTICED + seconds(9e5), "s9", "changed")
    with pytest.raises(DataError, match="1 pictures were looked at meanwhile"):
        book.keep(looks=[("dam", look)], states=[("dam", b"late")], looked={"dam": 2})
    assert (
        book.state("dam") == b"more" and len(book.looks("dam")) == 3 and book.alerts("dam")[0].answer == "still there"
    )
    book.keep(looks=[("dam", look)], states=[("dam", b"last")], looked={"dam": 3})
    assert book.state("dam") == b"last" and len(book.looks("dam")) == 4
    (message,) = book.messages()
    assert book.messages(["sent"]) == [] and book.messages(["waiting"]) == book.messages(alert="dam-0123456789") == [
        message
    ]


def test_every_word_stays_in_the_history_and_a_failed_write_leaves_nothing(database: Database) -> None:
    book = filled(DatabaseBook(database))
    with database.reading() as connection:
        said = [
            row.what
            for row in connection.execute(
                select(HISTORY.c.what).where(HISTORY.c.kind == "alert").order_by(HISTORY.c.seq)
            )
        ]
    assert said == ["open", "open", "confirmed", "confirmed", "dismissed"]
    before = book.alerts()
    broken = LookState(np.datetime64("2026-05-01", "ns"), "x", "changed")
    with pytest.raises(AttributeError):
        book.keep(alerts=[made_alert("new-1")], looks=[("dam", broken), ("dam", None)])  # type: ignore[list-item]
    assert book.alerts() == before and all(one.scene != "x" for one in book.looks("dam"))


def test_a_database_from_before_gets_the_tables(tmp_path: Path) -> None:
    import sqlite3

    open_database(tmp_path).close()
    file = next(tmp_path.rglob("*.sqlite"))
    with sqlite3.connect(file) as raw:
        for table in ("watch_alert", "watch_verdict", "watch_look", "watch_state", "watch_message"):
            raw.execute(f"drop table {table}")
        raw.execute("update setting set value = '1' where name = 'schema'")
    raw.close()
    database = open_database(tmp_path)
    assert len(filled(DatabaseBook(database)).alerts()) == 2
    database.close()
