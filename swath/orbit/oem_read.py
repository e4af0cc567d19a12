"""Orbit Ephemeris Messages (CCSDS 502.0-B-3) read: checked, and refused segment by segment with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from swath.orbit.elements import Loaded, Rejected
from swath.orbit.interpolation import KINDS, rows_needed
from swath.orbit.oem import Covariance, Oem, Segment
from swath.orbit.oem_records import RawCovariance, RawSegment, oem_kvn, oem_xml
from swath.time import TAI_MINUS_S, seconds, tai_from_utc, utc_from_tai

__all__ = ["parse_oem"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_READERS = {"kvn": oem_kvn, "xml": oem_xml}
_LONGEST_TEXT = 300_000_000
_MOST_ROWS = 5_000_000
_HIGHEST_DEGREE = 25
_NEAREST_KM, _FARTHEST_KM = 6_000.0, 5e6
_FASTEST_KM_S, _NEAR_KM = 20.0, 1e5
_FRAMES = {"TEME": "TEME", "GCRF": "GCRF", "ICRF": "GCRF", "EME2000": "EME2000", "J2000": "EME2000"}
_OWN_FRAMES = {"RSW": "RSW", "RTN": "RSW", "TNW": "TNW"}


def parse_oem(text: str, form: str, *, source: str = "") -> Loaded:
    """Which ephemerides do the messages of a text hold? ``form`` is ``kvn`` or ``xml``.

    Never raises: a segment that is no good comes back as :class:`~swath.orbit.elements.Rejected` with the line that is
    wrong; the other segments of its object are kept.
    """
    if len(text) > _LONGEST_TEXT:
        return Loaded((), (Rejected(1, f"{len(text):,} characters; at most {_LONGEST_TEXT:,} are read"),))
    bad: list[Rejected] = []
    objects: dict[tuple[str, str], list[Segment]] = {}
    originators: dict[tuple[str, str], str] = {}
    for raw in _READERS[form](text.removeprefix("\ufeff"), bad):
        name = _words(raw.fields.get("OBJECT_NAME", ""))
        key = (name or "object", _words(raw.fields.get("OBJECT_ID", "")))
        try:
            if not name:
                raise _Refusal(raw.line, "OBJECT_NAME is missing")
            objects.setdefault(key, []).append(_segment(raw))
            originators.setdefault(key, _words(raw.originator))
        except _Refusal as refusal:
            bad.append(Rejected(refusal.line, f"{key[0][:40]}: {refusal}"))
    found = tuple(
        Oem(name, id, originators[name, id], tuple(segments), source)
        for (name, id), segments in objects.items()
        if segments
    )
    if not found and not bad:
        bad.append(Rejected(1, "there is no segment in this message"))
    return Loaded((), tuple(sorted(bad, key=lambda b: b.line)), found)


class _Refusal(ValueError):
    """Why a segment is no good, and on which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def _segment(raw: RawSegment) -> Segment:
    if raw.wrong:
        raise _Refusal(*raw.wrong)
    if raw.fields.get("CENTER_NAME", "").upper() != "EARTH":
        raise _Refusal(raw.line, f"CENTER_NAME is {raw.fields.get('CENTER_NAME', 'missing')[:40]!r}, not EARTH")
    system = raw.fields.get("TIME_SYSTEM", "").upper()
    if system not in ("UTC", *TAI_MINUS_S):
        raise _Refusal(raw.line, f"TIME_SYSTEM is {system[:40]!r}, none of UTC, {', '.join(TAI_MINUS_S)}")
    written = raw.fields.get("REF_FRAME", "")
    frame = _frame(written)
    if not frame:
        raise _Refusal(raw.line, f"REF_FRAME is {written[:40]!r}, none of ITRF..., {', '.join(_FRAMES)}")
    tai, states = _rows(raw, system)
    kind, degree = _interpolation(raw, len(tai))
    first, last = _useable(raw, system, tai)
    covariances = tuple(_covariance(one, system, written) for one in raw.covariances)
    return Segment(
        frame, written, system, tai, states[:, :3] * 1e3, states[:, 3:] * 1e3, kind, degree, first, last, covariances
    )


def _frame(written: str) -> str:
    """One of :data:`~swath.frames.FRAMES`; empty where it is none of them. All ITRFs agree within centimetres."""
    name = written.upper()
    return "ITRF" if re.fullmatch(r"ITRF(-?[0-9]{2}|[0-9]{4})?", name) else _FRAMES.get(name, "")


def _rows(raw: RawSegment, system: str) -> tuple[Times, Floats]:
    """Times on the TAI clock, and states ``(n, 6)`` in km and km/s."""
    if not 2 <= len(raw.rows) <= _MOST_ROWS:
        raise _Refusal(raw.line, f"{len(raw.rows)} states; 2 to {_MOST_ROWS:,} can be interpolated")
    for line, row in raw.rows:
        if len(row) not in (7, 10):
            raise _Refusal(line, f"{len(row)} columns, not an epoch and 6 or 9 numbers")
    tai = _times(((line, row[0]) for line, row in raw.rows), system)
    states = np.array([[_number(line, text) for text in row[1:7]] for line, row in raw.rows])
    steps = np.diff(tai).astype(np.int64)
    if steps.min() <= 0:
        raise _Refusal(raw.rows[int(np.argmax(steps <= 0)) + 1][0], "the epoch is not later than the one before")
    away_km, speed_km_s = (np.linalg.norm(part, axis=1) for part in (states[:, :3], states[:, 3:]))
    for wrong, what in (
        (~((away_km >= _NEAREST_KM) & (away_km <= _FARTHEST_KM)), "from the Earth's centre: no orbit, or not in km"),
        ((speed_km_s > _FASTEST_KM_S) & (away_km < _NEAR_KM), "and too fast for an orbit, or not in km/s"),
    ):
        if wrong.any():
            first = int(np.argmax(wrong))
            raise _Refusal(raw.rows[first][0], f"the state is {away_km[first]:.6g} km {what}")
    return tai, states


def _interpolation(raw: RawSegment, rows: int) -> tuple[str, int]:
    """What the message asks for; where it asks for nothing, Hermite of degree 7 or as far as the rows go."""
    kind, degree = raw.fields.get("INTERPOLATION", "").upper(), raw.fields.get("INTERPOLATION_DEGREE", "")
    if not kind:
        return "HERMITE", min(7, 2 * rows - 1)
    if kind not in KINDS:
        raise _Refusal(raw.line, f"INTERPOLATION is {kind[:40]!r}, none of {', '.join(KINDS)}")
    if kind == "LINEAR" and not degree:
        degree = "1"
    if not re.fullmatch(r"[0-9]{1,3}", degree) or not 1 <= int(degree) <= _HIGHEST_DEGREE:
        raise _Refusal(raw.line, f"INTERPOLATION_DEGREE is {degree[:40]!r}, not 1 to {_HIGHEST_DEGREE}")
    if rows < rows_needed(kind, int(degree)):
        needed = rows_needed(kind, int(degree))
        raise _Refusal(raw.line, f"{kind} of degree {degree} goes through {needed} states, there are {rows}")
    return kind, int(degree)


def _useable(raw: RawSegment, system: str, tai: Times) -> tuple[np.datetime64, np.datetime64]:
    """The useable span on the TAI clock, no longer than the rows reach."""
    ends = []
    for names, edge, inner in (
        (("USEABLE_START_TIME", "START_TIME"), tai[0], np.maximum),
        (("USEABLE_STOP_TIME", "STOP_TIME"), tai[-1], np.minimum),
    ):
        written = next((raw.fields[name] for name in names if raw.fields.get(name)), "")
        if not written:
            raise _Refusal(raw.line, f"{names[1]} is missing")
        ends.append(inner(_times([(raw.line, written)], system)[0], edge))
    if ends[0] > ends[1]:
        raise _Refusal(raw.line, "no state lies between its start and its stop")
    return ends[0], ends[1]


def _covariance(raw: RawCovariance, system: str, frame_of_states: str) -> Covariance:
    written = raw.fields.get("COV_REF_FRAME", frame_of_states)
    frame = _OWN_FRAMES.get(written.upper()) or _frame(written)
    if not frame:
        raise _Refusal(raw.line, f"COV_REF_FRAME is {written[:40]!r}, which is not known")
    if len(raw.numbers) != 21:
        raise _Refusal(raw.line, f"a covariance of {len(raw.numbers)} numbers, not 21")
    matrix = np.zeros((6, 6))
    matrix[np.tril_indices(6)] = [_number(raw.line, text) for text in raw.numbers]
    matrix = (matrix + np.tril(matrix, -1).T) * 1e6
    if np.diag(matrix).min() < 0.0:
        raise _Refusal(raw.line, "a covariance with a negative variance")
    tai = _times([(raw.line, raw.fields.get("EPOCH", ""))], system)
    (at,) = utc_from_tai(tai)
    return Covariance(np.datetime64(at), frame, matrix)


def _number(line: int, text: str) -> float:
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text) or abs(float(text)) > 1e15:
        raise _Refusal(line, f"{text[:40]!r} is not a number")
    return float(text)


def _times(written: Iterable[tuple[int, str]], system: str) -> Times:
    """On the TAI clock, to the nanosecond; ``:60`` in UTC where a leap second is."""
    parsed = [_moment(line, text, system) for line, text in written]
    clock = np.array([ns for ns, _ in parsed], np.int64).astype("datetime64[ns]")
    if system != "UTC":
        return np.asarray(clock + seconds(TAI_MINUS_S[system]), "datetime64[ns]")
    return np.asarray(tai_from_utc(clock) + np.array([ns for _, ns in parsed], "timedelta64[ns]"), "datetime64[ns]")


_MOMENT = re.compile(
    r"([0-9]{4})-(?:([0-9]{2})-([0-9]{2})|([0-9]{3}))T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?Z?"
)


def _moment(line: int, text: str, system: str) -> tuple[int, int]:
    """Nanoseconds since 1970 by the clock, and those to be added because the second is the 61st of its minute."""
    match = _MOMENT.fullmatch(text)
    if not match or not 1957 <= int(match[1]) <= 2200:
        raise _Refusal(line, f"{text[:40]!r} is not a time such as 2026-05-07T18:20:14.568864, in 1957 to 2200")
    day = _day(line, text[: match.start(5) - 1])
    hour, minute, second = int(match[5]), int(match[6]), int(match[7])
    leap = second == 60 and system == "UTC"
    if hour > 23 or minute > 59 or second > 59 + leap:
        raise _Refusal(line, f"{text[:40]!r} names no time of day")
    ns = day * 86_400_000_000_000 + (hour * 3600 + minute * 60 + second - leap) * 1_000_000_000
    if leap:
        around = tai_from_utc(np.array([ns, ns + 1_000_000_000], "datetime64[ns]"))
        if (around[1] - around[0]) / np.timedelta64(1, "s") != 2.0:
            raise _Refusal(line, f"{text[:40]!r} names a leap second that never was")
    ns += int(f"{match[8] or '0':0<9.9}")
    return ns, 1_000_000_000 if leap else 0


def _day(line: int, text: str) -> int:
    try:
        return _since_1970(text)
    except ValueError:
        raise _Refusal(line, f"{text!r} is a day that the year does not have") from None


@lru_cache(64)
def _since_1970(text: str) -> int:
    """Days of ``2026-05-07`` or ``2026-127``."""
    if len(text) == 10:
        return int(np.datetime64(text, "D").astype(np.int64))
    day = np.datetime64(f"{text[:4]}-01-01", "D") + np.timedelta64(int(text[5:]) - 1, "D")
    if str(day)[:4] != text[:4]:
        raise ValueError(text)
    return int(day.astype(np.int64))


def _words(text: str) -> str:
    """A name on one line that can be printed anywhere."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
