"""Any motion as an Orbit Ephemeris Message (CCSDS 502.0-B-3), in KVN or XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.frames import FRAMES, EarthOrientation, states_from_itrf
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.oem import Oem, Segment
from swath.time import TAI_MINUS_S, elapsed_s, format_utc, later, seconds, tai_from_utc, utc_from_tai

__all__ = ["made_oem", "oem_text"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_DEGREE = 9
_MOST_ROWS = 1_000_000


def made_oem(
    ephemeris: Ephemeris,
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    name: str,
    id: str = "",
    step_s: float = 60.0,
    frame: str = "ITRF",
    time_system: str = "UTC",
) -> Oem:
    """The motion from ``start`` to ``stop`` as a message: rows at most ``step_s`` apart, Lagrange of degree 9 between.

    Lagrange, because the velocities that SGP4 gives are not quite the slopes of its positions. At 60 s what is read
    back lies within 1 mm of the motion of a low orbit, 5 mm in the first and last four steps
    (tests/orbit/test_oem.py). Raises :class:`InputError` for an empty or enormous span, and what the motion raises.
    """
    span_s = float(elapsed_s(start, stop))
    steps = max(int(np.ceil(span_s / step_s)), _DEGREE) if span_s > 0.0 and step_s > 0.0 else 0
    if not 0 < steps < _MOST_ROWS:
        raise InputError(
            f"{format_utc(start)} to {format_utc(stop)} in steps of {step_s:g} s are {steps:,} states",
            fix=f"Give a stop after the start and at most {_MOST_ROWS:,} states",
        )
    if frame not in FRAMES or time_system not in ("UTC", *TAI_MINUS_S):
        raise InputError(
            f"no message in the frame {frame!r} and the time {time_system!r} can be written",
            fix=f"Use {', '.join(FRAMES)} and UTC, {', '.join(TAI_MINUS_S)}",
        )
    at = later(start, np.linspace(0.0, span_s, steps + 1))
    at = at[np.append(True, np.diff(tai_from_utc(at)) > np.timedelta64(0))]  # a row inside a leap second has no name
    r_m, v_m_s = states_from_itrf(frame, *ephemeris.states(at), at=at, eop=eop)
    tai = tai_from_utc(at)
    written = "ITRF2020" if frame == "ITRF" else frame
    segment = Segment(frame, written, time_system, tai, r_m, v_m_s, "LAGRANGE", _DEGREE, tai[0], tai[-1])
    return Oem(name, id or "UNKNOWN", "swath", (segment,))


def oem_text(oems: Sequence[Oem], *, form: str = "kvn", created: np.datetime64, comment: str = "") -> str:
    """One message of the segments of all, ``kvn`` or ``xml``. Positions to 1 um, velocities to 1 nm/s, times to 1 ns.

    ``created`` (UTC) and ``comment`` go to its head. Read back it gives the same states to those digits
    (tests/orbit/test_oem.py).
    """
    lines = _xml(oems, created, comment) if form == "xml" else _kvn(oems, created, comment)
    return "\n".join(lines) + "\n"


def _head(oems: Sequence[Oem], created: np.datetime64) -> dict[str, str]:
    return {"CREATION_DATE": format_utc(created)[:-1], "ORIGINATOR": _line(oems[0].originator) or "swath"}


def _metadata(oem: Oem, segment: Segment) -> dict[str, str]:
    first, last, start, stop = (
        _stamp(t, segment.time_system) for t in (segment.tai[0], segment.tai[-1], segment.first, segment.last)
    )
    return {
        "OBJECT_NAME": _line(oem.object_name),
        "OBJECT_ID": _line(oem.object_id),
        "CENTER_NAME": "EARTH",
        "REF_FRAME": segment.frame_written,
        "TIME_SYSTEM": segment.time_system,
        "START_TIME": first,
        "USEABLE_START_TIME": start,
        "USEABLE_STOP_TIME": stop,
        "STOP_TIME": last,
        "INTERPOLATION": segment.interpolation,
        "INTERPOLATION_DEGREE": str(segment.degree),
    }


def _segments(oems: Sequence[Oem]) -> Iterator[tuple[Oem, Segment]]:
    return ((oem, segment) for oem in oems for segment in oem.segments)


def _rows(segment: Segment) -> Iterator[tuple[str, list[str]]]:
    for tai, r_m, v_m_s in zip(segment.tai, segment.r_m, segment.v_m_s, strict=True):
        numbers = [f"{x / 1e3:.9f}" for x in r_m] + [f"{x / 1e3:.12f}" for x in v_m_s]
        yield _stamp(tai, segment.time_system), numbers


def _kvn(oems: Sequence[Oem], created: np.datetime64, comment: str) -> Iterator[str]:
    yield "CCSDS_OEM_VERS = 3.0"
    if comment:
        yield f"COMMENT {_line(comment)}"
    yield from _pairs(_head(oems, created))
    for oem, segment in _segments(oems):
        yield ""
        yield "META_START"
        yield from _pairs(_metadata(oem, segment))
        yield "META_STOP"
        yield from (f"{at} {' '.join(numbers)}" for at, numbers in _rows(segment))


def _pairs(fields: Mapping[str, str]) -> Iterator[str]:
    return (f"{key} = {value}" for key, value in fields.items())


def _xml(oems: Sequence[Oem], created: np.datetime64, comment: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<oem id="CCSDS_OEM_VERS" version="3.0">'
    yield "<header>"
    if comment:
        yield f"<COMMENT>{escape(_line(comment))}</COMMENT>"
    yield from _tags(_head(oems, created))
    yield "</header>"
    yield "<body>"
    for oem, segment in _segments(oems):
        yield "<segment>"
        yield "<metadata>"
        yield from _tags(_metadata(oem, segment))
        yield "</metadata>"
        yield "<data>"
        for at, numbers in _rows(segment):
            row = dict(zip(("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"), (at, *numbers), strict=True))
            yield f"<stateVector>{''.join(_tags(row))}</stateVector>"
        yield "</data>"
        yield "</segment>"
    yield "</body>"
    yield "</oem>"


def _tags(fields: Mapping[str, str]) -> Iterator[str]:
    return (f"<{key}>{escape(value)}</{key}>" for key, value in fields.items())


def _stamp(tai: np.datetime64, system: str) -> str:
    """A time of the TAI clock as the message's own scale writes it."""
    if system != "UTC":
        return str(tai - seconds(TAI_MINUS_S[system]))
    clock = np.array([tai, tai - seconds(1.0)])
    utc, before = utc_from_tai(clock)
    if tai_from_utc(utc) > tai:  # inside a leap second: the 61st of its minute
        return f"{str(before)[:17]}60{str(before)[19:]}"
    return str(utc)


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()
