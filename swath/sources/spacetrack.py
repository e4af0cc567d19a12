"""Element sets from Space-Track.org, the United States' public catalogue: newest sets and whole histories.

It wants a login (free). Name and password come from the environment, are sent to its login page over https, and are
neither written nor printed; the session ends with the answer. Its rules: the newest sets at most once an hour, a
history once and then kept, under 30 requests a minute and 300 an hour (https://www.space-track.org/documentation,
"API use guidelines").
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from swath.errors import DataError, InputError
from swath.sources.cache import Cache, Rules, kept_or_asked
from swath.sources.celestrak import unusable
from swath.sources.provenance import Provenance
from swath.sources.web import Answer, ask, opener

__all__ = ["RENEWED_S", "address", "fetch"]

RENEWED_S = 3600.0
_RULES = Rules(RENEWED_S, stop_at=(), per_minute=14, per_hour=140)
"""a question is two requests: login and query"""
_HOME = "https://www.space-track.org"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


def fetch(query: str, cache: Cache) -> tuple[bytes, Provenance]:
    """OMM in JSON: ``40697`` or ``40697,42063`` for the newest sets, ``40697:2024-02-01..2024-03-01`` for a history.

    The newest are not asked for twice within an hour. The history of days that were over when it was fetched is never
    asked for again. ``SPACETRACK_IDENTITY`` and ``SPACETRACK_PASSWORD`` hold the login. Raises :class:`InputError` for
    a query of another form, and :class:`DataError` where there is no login or no answer, and nothing kept.
    """
    path, last_day = _path(query)
    url = _home() + path
    today = str(cache.clock().astype("datetime64[D]"))
    over = last_day and last_day < today
    return kept_or_asked(
        cache,
        "spacetrack",
        url,
        lambda headers: _ask(url, headers),
        rules=_RULES if not over else replace(_RULES, least_age_s=float("inf")),
        usable=unusable,
    )


def address(query: str) -> str:
    """The web address of a query. ``SWATH_SPACETRACK`` names another server to ask instead."""
    return _home() + _path(query)[0]


def _home() -> str:
    return (os.environ.get("SWATH_SPACETRACK") or _HOME).rstrip("/")


def _path(query: str) -> tuple[str, str]:
    """The path of a query, and the last day of a history."""
    match = re.fullmatch(rf"([0-9]{{1,9}}(?:,[0-9]{{1,9}})*)(?::({_DAY})\.\.({_DAY}))?", query.replace(" ", ""))
    try:
        days = [date.fromisoformat(day) for day in match.groups()[1:] if day] if match else []
    except ValueError:
        match, days = None, []
    if not match or days != sorted(days):
        raise InputError(
            f"{query[:60]!r} is not something that Space-Track can be asked for",
            where="spacetrack",
            fix="Give catalogue numbers (40697,42063), or numbers and days (40697:2024-02-01..2024-03-01)",
        )
    numbers = ",".join(dict.fromkeys(str(int(number)) for number in match[1].split(",")))
    base = "/basicspacedata/query/class"
    if not days:
        return f"{base}/gp/NORAD_CAT_ID/{numbers}/orderby/NORAD_CAT_ID/format/json", ""
    return (
        f"{base}/gp_history/NORAD_CAT_ID/{numbers}/EPOCH/{days[0]}--{days[1]}/orderby/EPOCH%20asc/format/json",
        str(days[1]),
    )


def _ask(url: str, headers: Mapping[str, str]) -> Answer:
    """Log in, ask, and forget the session."""
    identity, password = (os.environ.get(f"SPACETRACK_{key}", "") for key in ("IDENTITY", "PASSWORD"))
    if not identity or not password:
        raise DataError(
            "Space-Track wants a login",
            where="spacetrack",
            fix="Set SPACETRACK_IDENTITY and SPACETRACK_PASSWORD, or ask celestrak:... which wants none",
        )
    session = opener()
    login = ask(f"{_home()}/ajaxauth/login", form={"identity": identity, "password": password}, through=session)
    if login.status == 401 or b"Failed" in login.body[:200]:
        raise DataError(
            "Space-Track refuses the login", where="spacetrack", fix="Correct SPACETRACK_IDENTITY, SPACETRACK_PASSWORD"
        )
    return ask(url, headers=headers, through=session) if login.status == 200 else login
