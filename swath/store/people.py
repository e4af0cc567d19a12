"""Who may do what? People with a role, the tokens they sign in with, and the secret addresses of their feeds.

A token is 32 bytes of chance; only its SHA-256 is kept, so that who reads the database cannot sign in. It is shown
once, when it is made.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from swath.errors import InputError
from swath.store.database import Writing
from swath.store.moments import moment_text, now_us
from swath.store.schema import FEED, PERSON, TOKEN

__all__ = [
    "LIMITS",
    "ROLES",
    "Known",
    "add_person",
    "change_person",
    "checked_limits",
    "checked_name",
    "feeds",
    "make_feed",
    "make_token",
    "people",
    "person_of_feed",
    "person_of_subject",
    "person_of_token",
    "revoke_feed",
    "revoke_token",
    "tokens",
]

ROLES = ("viewer", "customer", "planner", "admin")
"""viewer reads all of the mission; customer orders and sees the open archive and its own; planner decides; admin also
keeps people, tokens and jobs"""
LIMITS: Mapping[str, tuple[float, str]] = {
    "requests_per_s": (1000.0, "requests a second"),
    "orders_per_day": (1_000_000.0, "orders placed in 24 hours"),
    "open_orders": (1_000_000.0, "orders that wait for their picture"),
}
"""what a person may be limited to: the most that can be set, and what it counts"""
_PREFIX = "swath_"
_DAY_US = 86_400_000_000
_LONGEST_DAYS = 366


@dataclass(frozen=True)
class Known:
    """Somebody who is known."""

    person: str
    role: str
    limits: Mapping[str, Any]


def checked_name(name: Any) -> str:
    """A person's id. :class:`InputError` where it is none."""
    good = isinstance(name, str) and 0 < len(name) <= 64 and all(c.isalnum() or c in "-_.@" for c in name)
    if not good:
        raise InputError(f"{str(name)[:64]!r} is no name", where="person", fix="Up to 64 letters, digits, - _ . @")
    return str(name)


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise InputError(f"role {role[:30]!r}", where="role", fix=f"Give one of {', '.join(ROLES)}")
    return role


def checked_limits(limits: Mapping[str, Any]) -> dict[str, float]:
    """A person's limits (see :data:`LIMITS`); ``None`` takes one away. :class:`InputError` where one is none."""
    for name, value in limits.items():
        if name not in LIMITS:
            raise InputError(f"{name[:40]!r} is no limit", where="limits", fix=f"Give some of {', '.join(LIMITS)}")
        most, what = LIMITS[name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        least = 0.01 if name == "requests_per_s" else 0
        if value is not None and not (number and least <= value <= most):
            raise InputError(f"{str(value)[:40]} {what}", where="limits", fix=f"Give {least:g} to {most:g}, or null")
    return {name: value for name, value in limits.items() if value is not None}


def add_person(
    write: Writing, name: str, role: str, *, subject: str | None = None, limits: Mapping[str, Any] | None = None
) -> None:
    """Make somebody known. :class:`InputError` where the name or the subject is taken."""
    name, role = checked_name(name), _checked_role(role)
    taken = (PERSON.c.id == name) | (PERSON.c.subject == subject) if subject else PERSON.c.id == name
    if write.connection.execute(select(PERSON.c.id).where(taken)).first():
        raise InputError(f"{name} is known already", where="person", fix="Choose another name, or change that one")
    values = {
        "id": name,
        "role": role,
        "subject": subject,
        "made_us": write.at_us,
        "limits": checked_limits(limits or {}),
    }
    write.connection.execute(insert(PERSON).values(values))
    write.record("person", name, "added", {"role": role})


def change_person(
    write: Writing,
    name: str,
    *,
    role: str | None = None,
    stopped: bool | None = None,
    limits: Mapping[str, Any] | None = None,
) -> None:
    """Give somebody another role or other limits, or stop them: their tokens are worth nothing then."""
    values: dict[str, Any] = {} if role is None else {"role": _checked_role(role)}
    if stopped is not None:
        values["stopped_us"] = write.at_us if stopped else None
    if limits is not None:
        values["limits"] = checked_limits(limits)
    found = write.connection.execute(update(PERSON).where(PERSON.c.id == name).values(values)) if values else None
    if found is None or found.rowcount != 1:
        raise InputError(f"{name[:64]!r} is not known, or nothing changes", where="person", fix="See /admin/people")
    write.record("person", name, "changed", {"role": role, "stopped": stopped, "limits": values.get("limits")})


def people(connection: Connection) -> list[dict[str, Any]]:
    """Everybody."""
    rows = connection.execute(select(PERSON).order_by(PERSON.c.id))
    return [
        {
            "id": row.id,
            "role": row.role,
            "made": moment_text(row.made_us),
            "limits": row.limits,
            "stopped": None if row.stopped_us is None else moment_text(row.stopped_us),
            "oidc_subject": row.subject,
        }
        for row in rows
    ]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def make_token(
    write: Writing, person: str, *, role: str, days: float, note: str = "", made_us: int | None = None
) -> tuple[str, str]:
    """A new token for somebody: its id, and the token itself, which is not kept.

    Its role may be lower than the person's, never higher; it expires after ``days`` by the clock of this machine: a
    rehearsal's clock (``write.at_us``) may begin again.
    """
    found = write.connection.execute(select(PERSON.c.role).where(PERSON.c.id == person)).first()
    if found is None:
        raise InputError(f"{person[:64]!r} is not known", where="person", fix="Add them first")
    if ROLES.index(_checked_role(role)) > ROLES.index(found[0]):
        raise InputError(f"{person} is {found[0]}, not {role}", where="role", fix=f"Give at most {found[0]}")
    if not 0 < days <= _LONGEST_DAYS:
        raise InputError(f"{days:g} days", where="days", fix=f"Give more than 0 and at most {_LONGEST_DAYS}")
    id, token = secrets.token_hex(6), _PREFIX + secrets.token_urlsafe(32)
    values: dict[str, Any] = {"id": id, "person": person, "digest": _digest(token), "role": role}
    made = now_us() if made_us is None else made_us
    values |= {"made_us": made, "expires_us": made + int(days * _DAY_US), "note": note[:200]}
    write.connection.execute(insert(TOKEN).values(values))
    write.record("token", id, "made", {"person": person, "role": role, "days": days})
    return id, token


def revoke_token(write: Writing, id: str) -> None:
    """A token that is worth nothing any more. :class:`InputError` where there is none."""
    revoked = update(TOKEN).where(TOKEN.c.id == id, TOKEN.c.revoked_us.is_(None)).values(revoked_us=write.at_us)
    if write.connection.execute(revoked).rowcount != 1:
        raise InputError(f"there is no token {id[:40]!r}", where="token", fix="See /admin/tokens")
    write.record("token", id, "revoked")


def tokens(connection: Connection) -> list[dict[str, Any]]:
    """Every token, without what it opens."""
    rows = connection.execute(select(TOKEN).order_by(TOKEN.c.made_us.desc()))
    return [
        {
            "id": row.id,
            "person": row.person,
            "role": row.role,
            "note": row.note,
            "made": moment_text(row.made_us),
            "expires": moment_text(row.expires_us),
            "revoked": None if row.revoked_us is None else moment_text(row.revoked_us),
        }
        for row in rows
    ]


def person_of_token(connection: Connection, token: str, *, at_us: int | None = None) -> Known | None:
    """Whose token is this? ``None``: nobody's, or it has expired, was revoked, or its person was stopped."""
    at = now_us() if at_us is None else at_us
    joined = select(TOKEN.c.role, PERSON.c.id, PERSON.c.role, PERSON.c.limits).join(
        PERSON, PERSON.c.id == TOKEN.c.person
    )
    good = (TOKEN.c.expires_us > at) & TOKEN.c.revoked_us.is_(None) & PERSON.c.stopped_us.is_(None)
    row = connection.execute(joined.where(TOKEN.c.digest == _digest(token), good)).first()
    if row is None:
        return None
    return Known(row[1], min(row[0], row[2], key=ROLES.index), row[3])


def person_of_subject(connection: Connection, subject: str) -> Known | None:
    """Who is this at the identity provider?"""
    found = select(PERSON.c.id, PERSON.c.role, PERSON.c.limits)
    row = connection.execute(found.where(PERSON.c.subject == subject, PERSON.c.stopped_us.is_(None))).first()
    return Known(*row) if row else None


def make_feed(write: Writing, person: str, *, note: str = "") -> tuple[str, str]:
    """A secret address for somebody's calendar and news: its id, and the secret, which is not kept."""
    if not write.connection.execute(select(PERSON.c.id).where(PERSON.c.id == person)).first():
        raise InputError(f"{person[:64]!r} is not known", where="person", fix="Add them first")
    id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    values = {"id": id, "person": person, "digest": _digest(secret), "made_us": write.at_us, "note": note[:200]}
    write.connection.execute(insert(FEED).values(values))
    write.record("feed", id, "made", {"person": person})
    return id, secret


def revoke_feed(write: Writing, id: str) -> None:
    """An address that leads nowhere any more."""
    revoked = update(FEED).where(FEED.c.id == id, FEED.c.revoked_us.is_(None)).values(revoked_us=write.at_us)
    if write.connection.execute(revoked).rowcount != 1:
        raise InputError(f"there is no feed {id[:40]!r}", where="feed", fix="See /admin/feeds")
    write.record("feed", id, "revoked")


def feeds(connection: Connection) -> list[dict[str, Any]]:
    """Every feed, without its address."""
    return [
        {
            "id": row.id,
            "person": row.person,
            "note": row.note,
            "made": moment_text(row.made_us),
            "revoked": None if row.revoked_us is None else moment_text(row.revoked_us),
        }
        for row in connection.execute(select(FEED).order_by(FEED.c.made_us.desc()))
    ]


def person_of_feed(connection: Connection, secret: str) -> Known | None:
    """Whose feed is this?"""
    joined = select(PERSON.c.id, PERSON.c.role, PERSON.c.limits).join(FEED, PERSON.c.id == FEED.c.person)
    good = FEED.c.revoked_us.is_(None) & PERSON.c.stopped_us.is_(None)
    row = connection.execute(joined.where(FEED.c.digest == _digest(secret), good)).first()
    return Known(*row) if row else None
