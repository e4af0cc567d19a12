"""UTC and the scales physics needs. The only module that knows a leap second.

Tables hold ``datetime64[ns]`` UTC, records and text hold ISO 8601 with ``Z``. Between two UTC stamps numpy counts
civil seconds; :func:`elapsed_s` counts SI seconds. Julian dates are always two doubles: one would be good to 40 us
only, which is 0.3 m of a low orbit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import erfa
import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = [
    "elapsed_s",
    "format_utc",
    "julian_date",
    "modified_julian_day",
    "parse_utc",
    "seconds",
    "terrestrial_julian_date",
    "time_grid",
    "to_datetime",
    "to_datetime64",
]

Times = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]

_UNIX_JD = 2440587.5
_NS_PER_DAY = 86_400_000_000_000


def parse_utc(text: str, *, where: str = "") -> np.datetime64:
    """Which instant does an ISO 8601 text name? ``Z`` or an offset is required, so that no time is guessed.

    Returns ``datetime64[ns]`` UTC. Raises :class:`InputError` where the text is no time or names no zone.

    >>> parse_utc("2026-05-08T06:00:00Z")
    np.datetime64('2026-05-08T06:00:00.000000000')
    """
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{text!r} is not a time", where=where, fix="Write it as 2026-05-08T06:00:00Z"
        ) from error
    if moment.tzinfo is None:
        raise InputError(f"{text!r} has no time zone", where=where, fix="End it with Z for UTC")
    return to_datetime64(moment)


def to_datetime64(moment: datetime) -> np.datetime64:
    """An aware ``datetime`` as ``datetime64[ns]`` UTC."""
    if moment.tzinfo is None:
        raise InputError("a time without a zone cannot be placed on UTC", fix="Pass an aware datetime")
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
    unit = {0: "s", 3: "ms", 6: "us", 9: "ns"}[decimals]
    step = 10 ** (9 - decimals)
    ns = int(moment.astype("datetime64[ns]").astype(np.int64))
    rounded = np.datetime64((ns + step // 2) // step * step, "ns")
    return str(np.datetime_as_string(rounded, unit=unit)) + "Z"


def seconds(duration_s: float | Floats) -> Any:
    """Seconds as ``timedelta64[ns]``, so that tables can be shifted without losing nanoseconds."""
    return np.round(np.asarray(duration_s, np.float64) * 1e9).astype("timedelta64[ns]")[()]


def time_grid(start: np.datetime64, stop: np.datetime64, step_s: float) -> Times:
    """Times from ``start`` to at least ``stop`` in equal steps, both ends included."""
    step = seconds(step_s)
    count = int(np.ceil((stop - start) / step)) + 1
    return (start.astype("datetime64[ns]") + np.arange(max(count, 2)) * step).astype("datetime64[ns]")


def _days(at: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], Floats]:
    ns = np.asarray(at, "datetime64[ns]").astype(np.int64)
    day = ns // _NS_PER_DAY
    return day, (ns - day * _NS_PER_DAY) / _NS_PER_DAY


def julian_date(at: npt.ArrayLike) -> tuple[Floats, Floats]:
    """UTC Julian date in two parts: midnight (ends in .5) and the fraction of that day. This is what SGP4 takes."""
    day, fraction = _days(at)
    return day + _UNIX_JD, fraction


def modified_julian_day(at: npt.ArrayLike) -> Floats:
    """UTC modified Julian day, for slow tables such as Earth orientation (good to about 1 us)."""
    day, fraction = _days(at)
    return day + 40587.0 + fraction


def terrestrial_julian_date(at: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Terrestrial Time as a two-part Julian date, leap seconds counted (IAU SOFA ``utctai``, ``taitt``)."""
    jd, fraction = julian_date(at)
    tai = erfa.utctai(jd, fraction)
    tt1, tt2 = erfa.taitt(*tai)
    return np.asarray(tt1, np.float64), np.asarray(tt2, np.float64)


def elapsed_s(start: npt.ArrayLike, stop: npt.ArrayLike) -> Floats:
    """SI seconds from ``start`` to ``stop``; a leap second between them counts.

    >>> float(elapsed_s(np.datetime64("2016-12-31T23:59:59"), np.datetime64("2017-01-01T00:00:00")))
    2.0
    """
    first, last = (np.asarray(t, "datetime64[ns]") for t in (start, stop))
    civil = (last - first) / np.timedelta64(1, "ns") * 1e-9
    return np.asarray(civil + _tai_minus_utc_s(last) - _tai_minus_utc_s(first), np.float64)


def _tai_minus_utc_s(at: Times) -> Floats:
    months = at.astype("datetime64[M]").astype(np.int64)
    days = (at.astype("datetime64[D]") - at.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    return np.asarray(erfa.dat(1970 + months // 12, months % 12 + 1, days, 0.0), np.float64)
