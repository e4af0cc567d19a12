"""How is a moment kept in the database? As whole microseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from swath.errors import InputError

__all__ = ["FIRST_US", "LAST_US", "moment", "moment_of_text", "moment_text", "now_us"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = timedelta(microseconds=1)
FIRST_US: Final = -(10**16)
"""before everything: stands for an open beginning"""
LAST_US: Final = 10**16
"""after everything: stands for an open end"""


def now_us() -> int:
    """The clock of this machine."""
    return (datetime.now(UTC) - _EPOCH) // _US


def moment(at: np.datetime64) -> int:
    """``datetime64`` UTC as the database keeps it; digits beyond the microsecond are cut."""
    return int(at.astype("datetime64[us]").astype(np.int64))


def moment_of_text(text: str, *, where: str = "") -> int:
    """RFC 3339 as the database keeps it. Raises :class:`InputError` where it is no time, or names no zone."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InputError(f"{str(text)[:40]!r} is not a time", where=where, fix="Write 2026-05-08T06:00:00Z") from error
    if at.tzinfo is None:
        raise InputError(f"{text!r} has no time zone", where=where, fix="End it with Z for UTC")
    try:
        return (at - _EPOCH) // _US
    except OverflowError as error:
        raise InputError(f"{text!r} is out of range", where=where, fix="Give a year from 1 to 9999") from error


def moment_text(us: int) -> str:
    """RFC 3339 with ``Z``; milliseconds or microseconds only where there are any."""
    text = (_EPOCH + us * _US).isoformat(timespec="auto").removesuffix("+00:00")
    return f"{text.removesuffix('000') if '.' in text else text}Z"
