"""Tokens open what they should, for as long as they should, and nothing that is kept opens anything."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from swath.errors import InputError
from swath.store import people
from swath.store.database import Database
from swath.store.schema import METADATA

_DAY_US = 86_400_000_000


def test_a_token_opens_until_it_ends(db: Database) -> None:
    with db.writing(who="admin", at_us=0) as write:
        people.add_person(write, "ada", "planner", subject="oidc|ada")
        id, token = people.make_token(write, "ada", role="viewer", days=2, note="laptop", made_us=0)
        _, other = people.make_token(write, "ada", role="planner", days=2, made_us=0)
    with db.reading() as connection:
        assert people.person_of_token(connection, token, at_us=_DAY_US) == people.Known("ada", "viewer", {})
        assert people.person_of_token(connection, token, at_us=2 * _DAY_US) is None
        assert people.person_of_token(connection, token + "x", at_us=0) is None
        assert people.person_of_subject(connection, "oidc|ada") == people.Known("ada", "planner", {})
        assert people.person_of_subject(connection, "oidc|eve") is None
    with db.writing(who="admin", at_us=1) as write:
        people.revoke_token(write, id)
    with db.writing(who="admin", at_us=1) as write:
        people.change_person(write, "ada", role="customer")  # a token is never above its person
    with db.reading() as connection:
        assert people.person_of_token(connection, token, at_us=2) is None
        assert people.person_of_token(connection, other, at_us=2) == people.Known("ada", "customer", {})
    with db.writing(who="admin", at_us=1) as write:
        people.change_person(write, "ada", stopped=True)
    with db.reading() as connection:
        assert people.person_of_token(connection, other, at_us=2) is None
        assert people.person_of_subject(connection, "oidc|ada") is None


def test_nothing_in_the_database_is_a_secret(db: Database) -> None:
    with db.writing(who="admin") as write:
        people.add_person(write, "ada", "admin")
        _, token = people.make_token(write, "ada", role="admin", days=1)
        _, feed = people.make_feed(write, "ada")
    with db.reading() as connection:
        kept = [str(row) for table in METADATA.sorted_tables for row in connection.execute(sa.select(table))]
        assert people.person_of_feed(connection, feed) == people.Known("ada", "admin", {})
        (told,) = people.feeds(connection)
    assert not [row for row in kept if token in row or feed in row or token.removeprefix("swath_") in row]
    with db.writing(who="admin") as write:
        people.revoke_feed(write, told["id"])
    with db.reading() as connection:
        assert people.person_of_feed(connection, feed) is None


def test_wrong_people_and_tokens_are_refused(db: Database) -> None:
    with db.writing(who="admin") as write:
        people.add_person(write, "bob", "viewer")
    wrong = (
        lambda w: people.add_person(w, "bob", "viewer"),
        lambda w: people.add_person(w, "a b", "viewer"),
        lambda w: people.add_person(w, "eve", "root"),
        lambda w: people.make_token(w, "bob", role="admin", days=1),
        lambda w: people.make_token(w, "bob", role="viewer", days=1e9),
        lambda w: people.make_token(w, "nobody", role="viewer", days=1),
        lambda w: people.revoke_token(w, "none"),
        lambda w: people.change_person(w, "nobody", role="viewer"),
    )
    for act in wrong:
        with pytest.raises(InputError), db.writing(who="admin") as write:
            act(write)
