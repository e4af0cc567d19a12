"""Locks are what the history says: locked and not freed since."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from swath.store.database import open_database
from swath.store.history import history_since
from swath.store.locks import free, lock, locked


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from("abcd"), max_size=3)), max_size=12))
def test_what_was_locked_and_not_freed_is_held(tmp_path_factory, steps: list[tuple[bool, set[str]]]) -> None:
    folder: Path = tmp_path_factory.mktemp("locks")
    db = open_database(folder)
    held: set[str] = set()
    for locks, requests in steps:
        with db.writing(who="ann", why="because") as write:
            (lock if locks else free)(write, sorted(requests))
        held = held | requests if locks else held - requests
        with db.reading() as connection:
            assert set(locked(connection)) == held
    with db.reading() as connection:
        told = [(event.who, event.why) for event in history_since(connection, 0) if event.kind == "lock"]
    assert set(told) <= {("ann", "because")}
    db.close()
