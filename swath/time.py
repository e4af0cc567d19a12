"""UTC and the scales physics needs. The only module that knows a leap second.

Tables hold ``datetime64[ns]`` UTC, records and text hold ISO 8601 with ``Z``. Between two UTC stamps numpy counts
civil seconds; :func:`elapsed_s` counts SI seconds. Julian dates are always two doubles: one would be good to 40 us
only, which is 0.3 m of a low orbit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import erfa
import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = [
    "TAI_MINUS_S",
    "elapsed_s",
    "format_utc",
    "hourly",
    "julian_date",
    "later",
    "modified_julian_day",
    "parse_utc",
    "seconds",
    "tai_from_utc",
    "terrestrial_julian_date",
    "time_grid",
    "to_datetime",
    "to_datetime64",
    "utc_from_tai",
]

Times = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]

TAI_MINUS_S = {"TAI": 0.0, "GPS": 19.0, "TT": -32.184}
"""TAI minus the other clocks that keep SI seconds, in which ephemerides are published"""
_UNIX_JD = 2440587.5
_NS_PER_DAY = 86_400_000_000_000
_NS_PER_HOUR = _NS_PER_DAY // 24
_YEARS = range(1900, 2200)
"""well inside what 64 bits of nanoseconds hold; numpy wraps round beyond, without a word"""


def _leap_seconds() -> tuple[Times, Floats]:
    """From when on TAI - UTC has which value: the IERS table inside pyerfa. Before 1972 a flat 10 s stands."""
    table = [row for row in erfa.leap_seconds.get() if row["year"] >= 1972]
    since = [np.datetime64(f"{row['year']}-{row['month']:02d}-01", "ns") for row in table]
    return np.array(since), np.array([10.0, *(row["tai_utc"] for row in table)])


_LEAP_FROM, _TAI_MINUS_UTC_S = _leap_seconds()


def parse_utc(text: str, *, where: str = "") -> np.datetime64:
    """Which instant does an ISO 8601 text name? ``Z`` or an offset is required, so that no time is guessed.

    Returns ``datetime64[ns]`` UTC. Raises :class:`InputError` where the text is no time or names no zone.

    >>> parse_utc("2026-05-08T06:00:00Z")
    np.datetime64('2026-05-08T06:00:00.000000000')
    """
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InputError(f"{text!r} is not a time", where=where, fix="Write it as 2026-05-08T06:00:00Z") from error
    if moment.tzinfo is None:
        raise InputError(f"{text!r} has no time zone", where=where, fix="End it with Z for UTC")
    return to_datetime64(moment)


def to_datetime64(moment: datetime) -> np.datetime64:
    """An aware ``datetime`` as ``datetime64[ns]`` UTC."""
    if moment.tzinfo is None:
        raise InputError("a time without a zone cannot be placed on UTC", fix="Pass an aware datetime")
    if moment.year not in _YEARS:
        raise InputError(
            f"year {moment.year} is outside {_YEARS[0]} to {_YEARS[-1]}", fix="Give a time of the space age"
        )
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ns")


def to_datetime(moment: np.datetime64) -> datetime:
    """``datetime64`` UTC as an aware ``datetime`` (microseconds kept)."""
    micros = int(moment.astype("datetime64[us]").astype(np.int64))
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


def format_utc(moment: np.datetime64, *, decimals: int = 0) -> str:
    """ISO 8601 text with ``Z``, rounded to ``decimals`` of a second (0, 3, 6 or 9).

    >>> format_utc(np.datetime64("2026-05-08T06:00:00.6", "ns"))
    '2026-05-08T06:00:01Z'
    """
    digits = {0: 19, 3: 23, 6: 26, 9: 29}[decimals]
    step = 10 ** (9 - decimals)
    ns = int(moment.astype("datetime64[ns]").astype(np.int64))
    rounded = np.datetime64((ns + step // 2) // step * step, "ns")
    return str(rounded)[:digits] + "Z"


def seconds(duration_s: float | Floats) -> Any:
    """Seconds as ``timedelta64[ns]``, so that tables can be shifted without losing nanoseconds."""
    return np.round(np.asarray(duration_s, np.float64) * 1e9).astype("timedelta64[ns]")[()]


def time_grid(start: np.datetime64, stop: np.datetime64, step_s: float) -> Times:
    """Times from ``start`` to at least ``stop`` in equal steps, both ends included."""
    step = seconds(step_s)
    count = int(np.ceil((stop - start) / step)) + 1
    return np.asarray(start + np.arange(max(count, 2)) * step, "datetime64[ns]")


def _days(at: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], Floats]:
    ns = np.asarray(at, "datetime64[ns]").astype(np.int64)
    day = ns // _NS_PER_DAY
    return day, np.asarray((ns - day * _NS_PER_DAY) / _NS_PER_DAY, np.float64)


def julian_date(at: npt.ArrayLike) -> tuple[Floats, Floats]:
    """UTC Julian date in two parts: midnight (ends in .5) and the fraction of that day. This is what SGP4 takes."""
    day, fraction = _days(at)
    return np.asarray(day + _UNIX_JD, np.float64), fraction


def modified_julian_day(at: npt.ArrayLike) -> Floats:
    """UTC modified Julian day, for slow tables such as Earth orientation (good to about 1 us)."""
    day, fraction = _days(at)
    return day + 40587.0 + fraction


def terrestrial_julian_date(at: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Terrestrial Time as a two-part Julian date: UTC + (TAI - UTC) + 32.184 s (IERS Conventions 2010, chapter 10).

    Not through ``erfa.utctai``: that takes a day with a leap second as 86,401 s long, :func:`julian_date` does not.
    """
    jd, fraction = julian_date(at)
    return jd, fraction + (_tai_minus_utc_s(np.asarray(at, "datetime64[ns]")) + 32.184) / 86400.0


def elapsed_s(start: npt.ArrayLike, stop: npt.ArrayLike) -> Floats:
    """SI seconds from ``start`` to ``stop``; a leap second between them counts.

    >>> float(elapsed_s(np.datetime64("2016-12-31T23:59:59"), np.datetime64("2017-01-01T00:00:00")))
    2.0
    """
    first, last = (np.asarray(t, "datetime64[ns]") for t in (start, stop))
    civil = (last - first) / np.timedelta64(1, "ns") * 1e-9
    return np.asarray(civil + _tai_minus_utc_s(last) - _tai_minus_utc_s(first), np.float64)


def later(start: np.datetime64, after_s: npt.ArrayLike) -> Times:
    """What does the UTC clock say ``after_s`` SI seconds (none negative) after ``start``?

    The inverse of :func:`elapsed_s`. A moment inside a leap second, which ``datetime64`` cannot name, becomes the
    midnight that ends it.
    """
    civil = np.asarray(start.astype("datetime64[ns]") + seconds(np.asarray(after_s, np.float64)), "datetime64[ns]")
    leaps = _tai_minus_utc_s(civil) - _tai_minus_utc_s(np.asarray(start, "datetime64[ns]"))
    midnight = _LEAP_FROM[np.maximum(np.searchsorted(_LEAP_FROM, civil, side="right") - 1, 0)]
    return np.asarray(np.where(leaps > 0, np.maximum(civil - seconds(leaps), midnight), civil), "datetime64[ns]")


def utc_from_tai(tai: npt.ArrayLike) -> Times:
    """What does the UTC clock say when the TAI clock shows ``tai`` (``datetime64``)?

    A moment inside a leap second, which ``datetime64`` cannot name in UTC, becomes the midnight that ends it.
    """
    clock = np.asarray(tai, "datetime64[ns]")
    ends = _LEAP_FROM + seconds(_TAI_MINUS_UTC_S[1:])
    which = np.searchsorted(ends, clock, side="right")
    civil = clock - seconds(_TAI_MINUS_UTC_S[which])
    midnight = np.append(_LEAP_FROM, np.datetime64("2262-01-01", "ns"))[which]
    return np.asarray(np.minimum(civil, midnight), "datetime64[ns]")


def tai_from_utc(at: npt.ArrayLike) -> Times:
    """What does the TAI clock show at UTC times? On it, subtracting counts SI seconds."""
    times = np.asarray(at, "datetime64[ns]")
    return np.asarray(times + seconds(_tai_minus_utc_s(times)), "datetime64[ns]")


def hourly(slow: Callable[[Times], Floats], at: npt.ArrayLike) -> Floats:
    """A function of time that is costly and changes little in an hour: worked out on whole hours, linear between.

    ``slow`` maps ``(n,)`` times to ``(n, ...)`` values; the result is ``(*shape of at, ...)``.
    """
    times = np.asarray(at, "datetime64[ns]")
    before = times.ravel().astype("datetime64[h]").astype(np.int64)
    hours, where = np.unique(np.concatenate([before, before + 1]), return_inverse=True)
    values = slow(hours.astype("datetime64[h]").astype("datetime64[ns]"))
    first, second = values[where[: before.size]], values[where[before.size :]]
    share = (times.ravel().astype(np.int64) - before * _NS_PER_HOUR) / _NS_PER_HOUR
    between = first + (second - first) * share.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(between.reshape(*times.shape, *values.shape[1:]), np.float64)


def _tai_minus_utc_s(at: Times) -> Floats:
    return _TAI_MINUS_UTC_S[np.searchsorted(_LEAP_FROM, at, side="right")]
