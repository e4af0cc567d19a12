"""When is it said to have been? Instants, spans, local times of any zone, and rough words with a stated width."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from swath.claim.records import Moment
from swath.claim.written import plain_time, zone_of_words
from swath.errors import InputError
from swath.time import seconds, to_datetime64

__all__ = ["ABBREVIATIONS", "ROUGH", "moment_of", "zone_of"]

ABBREVIATIONS: Mapping[str, float] = {
    "UTC": 0.0,
    "GMT": 0.0,
    "Z": 0.0,
    "ZULU": 0.0,
    "WET": 0.0,
    "WEST": 1.0,
    "CET": 1.0,
    "CEST": 2.0,
    "EET": 2.0,
    "EEST": 3.0,
    "MSK": 3.0,
    "TRT": 3.0,
    "IRST": 3.5,
    "PKT": 5.0,
    "KST": 9.0,
    "JST": 9.0,
    "HKT": 8.0,
    "SGT": 8.0,
    "CHST": 10.0,
    "AEST": 10.0,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    "EDT": -4.0,
    "EST": -5.0,
    "CDT": -5.0,
    "MDT": -6.0,
    "PDT": -7.0,
    "PST": -8.0,
    "AKST": -9.0,
    "AKDT": -8.0,
    "HST": -10.0,
}
"""hours east of UTC of abbreviations that mean one thing only; others (CST, IST, BST, AST, MST) are refused"""
_SEVERAL = {"CST", "IST", "BST", "AST", "MST", "GST", "ECT", "AMT", "SST", "WST"}

ROUGH: Mapping[str, tuple[float, float]] = {
    "before dawn": (4.0, 1.5),
    "dawn": (6.0, 1.5),
    "early morning": (6.5, 1.5),
    "morning": (9.0, 3.0),
    "mid-morning": (10.0, 1.0),
    "late morning": (11.0, 1.0),
    "noon": (12.0, 1.0),
    "midday": (12.0, 1.5),
    "early afternoon": (13.5, 1.5),
    "afternoon": (15.0, 3.0),
    "late afternoon": (16.5, 1.5),
    "dusk": (18.5, 1.5),
    "evening": (19.5, 2.5),
    "night": (24.0, 5.0),
    "midnight": (24.0, 1.0),
}
"""rough words as hours of the local clock: the middle, and so much either way"""
_AROUND_S = 1800.0
"""``around ten``, ``about 10:20``: half an hour either way where the hour is full, a quarter where minutes are given"""
_SOON = timedelta(minutes=15)
_HOURS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(\.\d+)?)?\s*(am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:/|\bto\b|\buntil\b|\band\b|–|—|\s-\s|(?<=\d)-(?=\d{1,2}:\d\d))\s*", re.IGNORECASE)


def zone_of(name: str, where: str = "") -> tzinfo:
    """The zone of a name: IANA's (``Asia/Pyongyang``), an offset (``+09:00``, ``UTC+9``), or a clear abbreviation.

    Raises :class:`InputError` for one that does not exist and for abbreviations of several zones.
    """
    text = name.strip()
    if (hours := ABBREVIATIONS.get(text.upper())) is not None:
        return UTC if hours == 0.0 else timezone(timedelta(hours=hours), text.upper())
    if match := _OFFSET.fullmatch(text):
        sign, hour, minute = match.groups()
        size = timedelta(hours=int(hour), minutes=int(minute or 0))
        if size > timedelta(hours=14):
            raise InputError(f"a zone {text!r}", where=where, fix="Zones lie between -12:00 and +14:00")
        return timezone(size if sign == "+" else -size)
    if text.upper() in _SEVERAL:
        raise InputError(
            f"{text} is the name of several zones",
            where=where,
            fix="Write the offset (+08:00) or the city (Asia/Shanghai)",
        )
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError) as error:
        fix = "Write an IANA name such as Asia/Pyongyang, or an offset such as +09:00"
        raise InputError(f"there is no zone {text[:60]!r}", where=where, fix=fix) from error


def moment_of(stated: object, *, zone: str = "", within_s: float | None = None, where: str = "") -> Moment:
    """Which stretch of UTC does a stated time name?

    ``stated`` is text (``2023-11-22 09:21``, ``2023-11-24 10:15 to 10:27``, ``2023-11-22 around ten in the morning``,
    ``2023-11-22``), or a date or time of TOML. A minute without seconds is that whole minute, a day the whole day.
    ``zone`` is that of a time which names none; ``within_s`` widens what is stated. Raises :class:`InputError` for what
    is no time, names no zone, or names a local time that did not exist or existed twice.
    """
    words = _words(stated, where)
    body, zone = _own_zone(plain_time(words), zone)
    if not zone:
        raise InputError(
            f"{words!r} has no time zone", where=where, fix='End it with Z, or add zone = "Asia/Pyongyang"'
        )
    where_at = zone_of(zone, where)
    parts = [part for part in _BETWEEN.split(body) if part] if _CLOCK.search(body) else [body]
    if len(parts) > 2:
        raise InputError(f"{words!r} is not a time or a span", where=where, fix="Write 2023-11-24 10:15 to 10:27")
    first, last, because = _span(parts[0], None, words, where)
    if len(parts) == 2:
        _, last, _ = _span(parts[1], first.date(), words, where)
        if last < first and not _DAY.search(parts[1]):
            last += timedelta(days=1)
        because = "stated as a span"
    earliest, latest = (_placed(edge, where_at, words, where) for edge in (first, last))
    if latest < earliest:
        raise InputError(f"{words!r} ends before it begins", where=where, fix="Write the earlier time first")
    if within_s is not None:
        earliest, latest = earliest - seconds(within_s), latest + seconds(within_s)
        because = (
            f"{because}, {within_s:g} s either way as stated" if because else f"{within_s:g} s either way as stated"
        )
    offset = where_at.utcoffset(first)
    return Moment(earliest, latest, words, zone, offset.total_seconds() if offset else 0.0, because)


def _words(stated: object, where: str) -> str:
    if isinstance(stated, datetime):
        return stated.isoformat(sep=" ") if stated.tzinfo is None else stated.isoformat()
    if isinstance(stated, date):
        return stated.isoformat()
    if isinstance(stated, np.datetime64):
        return f"{np.datetime_as_string(stated, unit='s')}Z"
    if not isinstance(stated, str) or not stated.strip():
        raise InputError(
            "no time is stated", where=where, fix='Add time = "2023-11-22 09:21" and zone = "Asia/Pyongyang"'
        )
    return " ".join(stated.split())


def _own_zone(words: str, zone: str) -> tuple[str, str]:
    """The text without a zone of its own, and that zone, or else the given one."""
    two_clocks = re.search(r"\d:\d\d-\d{1,2}:\d\d$", words) and zone and "T" not in words
    if not two_clocks and (match := re.search(r"(?<=\d)\s*(Z|[+-]\d\d:?\d\d|(?<=:\d\d)[+-]\d\d)$", words)):
        return words[: match.start()], match.group(1)
    before, named = zone_of_words(words)
    if named:
        return before, named
    if (
        match := re.search(r"\s\(?([A-Za-z]+/[A-Za-z_/+-]+|[A-Z]{2,5}|(?:UTC|GMT)[+-]\d{1,2}(?::\d\d)?)\)?$", words)
    ) and (match.group(1).upper() in ABBREVIATIONS or match.group(1) in _SEVERAL or not match.group(1).isalpha()):
        return words[: match.start()], match.group(1)
    return words, zone


def _span(part: str, day: date | None, words: str, where: str) -> tuple[datetime, datetime, str]:
    """First and last local moment of one end, and why it is as wide."""
    bad = InputError(f"{words!r} is not a time", where=where, fix="Write it as 2023-11-22 09:21, or with seconds")
    rest = part.strip()
    if match := _DAY.search(rest):
        try:
            day = date(*(int(number) for number in match.groups()))
        except ValueError as error:
            raise InputError(f"{words!r}: {error}", where=where, fix="Write the date as 2023-11-22") from error
        rest = (rest[: match.start()] + rest[match.end() :]).strip(" T,")
    if day is None:
        raise bad
    if not rest:
        return _at(day, 0.0), _at(day, 86399.0), "the whole day: no time of day is stated"
    if near := re.match(r"(?:shortly|just|soon) (after|before)\s+(?=\d)", rest, re.I):
        first, last, _ = _span(rest[near.end() :], day, words, where)
        after = near.group(1).lower() == "after"
        edges = (first, first + _SOON) if after else (last - _SOON, last)
        return *edges, f"{near.group(0).strip()}: a quarter of an hour"
    around = re.match(
        r"(around|about|approximately|approx\.?|circa|ca\.?|~|at|in the|on the|during the|the)\s*", rest, re.I
    )
    vague = (
        bool(around)
        and around is not None
        and around.group(1).lower() not in ("at", "in the", "on the", "the", "during the")
    )
    if around:
        rest = rest[around.end() :]
    if match := _CLOCK.fullmatch(rest):
        return _of_clock(day, match, vague, words, where)
    found = _of_words(rest.lower())
    if found is None:
        raise bad
    middle_s, half_s, because = found
    return _at(day, middle_s - half_s), _at(day, middle_s + half_s), because


def _of_clock(day: date, match: re.Match[str], vague: bool, words: str, where: str) -> tuple[datetime, datetime, str]:
    hour, minute, second, fraction, half = match.groups()
    number = int(hour)
    if half:
        if not 1 <= number <= 12:
            raise InputError(f"{words!r} has an hour of {number}", where=where, fix="With am or pm, 1 to 12")
        number = number % 12 + (12 if half.lower().startswith("p") else 0)
    if number > 24 or int(minute) > 59 or (second and int(second) > 60) or (number == 24 and int(minute)):
        raise InputError(f"{words!r} is no time of day", where=where, fix="Write hours 0 to 23, minutes 0 to 59")
    at_s = number * 3600.0 + int(minute) * 60.0 + float(second or 0) + float(fraction or 0)
    if vague:
        half_s = _AROUND_S if int(minute) == 0 else _AROUND_S / 2.0
        return (
            _at(day, at_s - half_s),
            _at(day, at_s + half_s),
            f"said to be about then: {half_s / 60:g} min either way",
        )
    if second is None:
        return _at(day, at_s), _at(day, at_s + 59.0), "the whole minute: no seconds are stated"
    return _at(day, at_s), _at(day, at_s), ""


def _of_words(text: str) -> tuple[float, float, str] | None:
    """Middle and half width of rough words, in seconds of the local day."""
    part = next((word for word in sorted(ROUGH, key=len, reverse=True) if text == word), None)
    if part is not None:
        middle_h, half_h = ROUGH[part]
        return (
            middle_h * 3600.0,
            half_h * 3600.0,
            f"{part!r} is taken as {half_h:g} h either way of {middle_h % 24:g} h",
        )
    match = re.fullmatch(
        r"(half past |quarter past |quarter to )?([a-z]+|\d{1,2})(?: o'?clock)?"
        r"(?: ?(am|pm|a\.m\.|p\.m\.)| (?:in the|at) (early morning|morning|afternoon|evening|night))?",
        text,
    )
    if match is None:
        return None
    before, hour_word, half, side = match.groups()
    hour = _HOURS.index(hour_word) if hour_word in _HOURS else int(hour_word) if hour_word.isdigit() else -1
    if not 0 <= hour <= 24 or (not half and not side and hour_word not in _HOURS and hour < 13):
        return None
    if (half or side) and hour <= 12:
        later = (half or "").startswith("p") or side in ("afternoon", "evening") or (side == "night" and hour >= 6)
        hour = hour % 12 + (12 if later else 0)
    elif not half and not side and hour <= 12:
        return None
    minutes = {"half past ": 30, "quarter past ": 15, "quarter to ": -15, None: 0}[before]
    return (
        hour * 3600.0 + minutes * 60.0,
        _AROUND_S,
        f"rough words: {_AROUND_S / 60:g} min either way of {hour:02d}:{minutes % 60:02d}",
    )


def _at(day: date, of_day_s: float) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=of_day_s)


def _placed(local: datetime, zone: tzinfo, words: str, where: str) -> np.datetime64:
    """On UTC; a local time that the clocks skipped or showed twice is refused."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        back = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        if back != local:
            raise InputError(
                f"{words!r} did not exist: the clocks of {zone} were put forward past it", where=where, fix="Check it"
            )
        one, other = (str(moment)[-6:] for moment in (first, second))
        raise InputError(
            f"{words!r} happened twice: the clocks of {zone} were put back",
            where=where,
            fix=f"End it with {one} or {other}",
        )
    return to_datetime64(first)
