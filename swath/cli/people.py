"""``swath people``: who may sign in to a service, and with what."""

from __future__ import annotations

import json as to_json
from pathlib import Path

from cyclopts import App

__all__ = ["add", "app", "change", "list_people", "revoke", "token"]

app = App(
    name="people",
    help_epilogue="Example: swath people add out/demo ada --role planner && swath people token out/demo ada --days 90",
)
_WHY = "swath people"


@app.command
def add(
    mission_dir: Path, name: str, /, *, role: str = "viewer", subject: str | None = None, database: str | None = None
) -> int:
    """Make somebody known: viewer (reads), customer (orders, sees its own), planner (decides) or admin.

    Parameters
    ----------
    mission_dir
        The mission's folder.
    name
        What they are called here.
    role
        viewer, customer, planner or admin.
    subject
        Who they are at the identity provider (the claim sub), where there is one.
    database
        As given to swath serve.
    """
    from swath.store.database import open_database
    from swath.store.people import add_person

    db = open_database(database or mission_dir)
    with db.writing(who="admin", why=_WHY) as write:
        add_person(write, name, role, subject=subject)
    print(f"{name} is {role} now. Next: swath people token {mission_dir} {name}")
    return 0


@app.command
def token(
    mission_dir: Path,
    name: str,
    /,
    *,
    role: str | None = None,
    days: float = 90.0,
    note: str = "",
    database: str | None = None,
) -> int:
    """Make a token for somebody. It is printed once and kept nowhere.

    Parameters
    ----------
    mission_dir
        The mission's folder.
    name
        Whose.
    role
        Less than theirs, for a program that needs less; their own otherwise.
    days
        How long it opens, up to 366.
    note
        What it is for.
    database
        As given to swath serve.
    """
    from swath.store.database import open_database
    from swath.store.people import make_token, people

    db = open_database(database or mission_dir)
    with db.reading() as connection:
        own = next((one["role"] for one in people(connection) if one["id"] == name), "viewer")
    with db.writing(who="admin", why=_WHY) as write:
        _, made = make_token(write, name, role=role or own, days=days, note=note)
    print(made)
    return 0


@app.command
def change(
    mission_dir: Path,
    name: str,
    /,
    *,
    role: str | None = None,
    limit: list[str] | None = None,
    stop: bool = False,
    again: bool = False,
    database: str | None = None,
) -> int:
    """Give somebody another role or other limits, stop them, or let them in again.

    Example: swath people change out/demo ada --role planner --limit open_orders=20

    Parameters
    ----------
    mission_dir
        The mission's folder.
    name
        Whose.
    role
        viewer, customer, planner or admin.
    limit
        orders_per_day=N, open_orders=N or requests_per_s=N, or none. May be given several times; others are taken away.
    stop
        None of their tokens opens anything any more.
    again
        They do again.
    database
        As given to swath serve.
    """
    from swath.errors import InputError
    from swath.store.database import open_database
    from swath.store.people import change_person

    if stop and again:
        raise InputError("--stop and --again are given both", where="change", fix="Give one")
    db = open_database(database or mission_dir)
    with db.writing(who="admin", why=_WHY) as write:
        stopped = True if stop else False if again else None
        change_person(write, name, role=role, stopped=stopped, limits=_limits(limit))
    print(f"{name} is changed.")
    return 0


def _limits(given: list[str] | None) -> dict[str, float] | None:
    """Limits as they were written; ``none`` is no limit at all, and nothing written changes nothing."""
    from swath.errors import InputError

    if given is None:
        return None
    found = {}
    for text in given if given != ["none"] else ():
        name, _, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError as error:
            raise InputError(f"{text[:60]!r} is no limit", where="--limit", fix="Write orders_per_day=20") from error
    return found


@app.command
def revoke(mission_dir: Path, token_id: str, /, *, database: str | None = None) -> int:
    """Let a token open nothing any more (within five seconds).

    Example: swath people revoke out/demo 7f3a2c

    Parameters
    ----------
    mission_dir
        The mission's folder.
    token_id
        Its id, as swath people list shows it.
    database
        As given to swath serve.
    """
    from swath.store.database import open_database
    from swath.store.people import revoke_token

    db = open_database(database or mission_dir)
    with db.writing(who="admin", why=_WHY) as write:
        revoke_token(write, token_id)
    print(f"token {token_id} is revoked.")
    return 0


@app.command(name="list")
def list_people(mission_dir: Path, /, *, database: str | None = None, json: bool = False) -> int:
    """Everybody, and their tokens.

    Example: swath people list out/demo

    Parameters
    ----------
    mission_dir
        The mission's folder.
    database
        As given to swath serve.
    json
        Print JSON instead of a table.
    """
    from swath.store.database import open_database
    from swath.store.people import people, tokens

    db = open_database(database or mission_dir, create=False)
    with db.reading() as connection:
        known, made = people(connection), tokens(connection)
    if json:
        print(to_json.dumps({"people": known, "tokens": made}, indent=2))
        return 0
    if not known:
        print("Nobody yet: swath people add MISSION_DIR NAME --role ROLE")
    for one in known:
        print(f"{one['id']:<24} {one['role']:<9} {'stopped' if one['stopped'] else ''}".rstrip())
        for own in (t for t in made if t["person"] == one["id"]):
            state = "revoked" if own["revoked"] else f"until {own['expires'][:10]}"
            print(f"  token {own['id']}  {own['role']:<9} {state:<18} {own['note'][:28]}".rstrip())
    return 0
