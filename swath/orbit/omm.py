"""Orbit Mean-Elements Messages (CCSDS 502.0-B-3): checked, and refused with a reason like two-line sets.

SGP4 needs mean elements made with SGP4, about the Earth, in TEME and UTC. JSON and CSV, as CelesTrak and Space-Track
publish them, leave most of that unsaid; where a message says otherwise it is refused. So is one whose unit is another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import numpy as np

from swath.model import Elements
from swath.orbit.elements import Loaded, Rejected, impossible_orbit, invented_angles, invented_epoch
from swath.orbit.omm_records import Record, csv_records, json_records, kvn_records, xml_records

__all__ = ["omm_fields", "parse_omm", "to_omm_json"]

_READERS = {"json": json_records, "xml": xml_records, "kvn": kvn_records, "csv": csv_records}

_LONGEST_TEXT = 300_000_000
"""characters; the whole public catalogue of some 35,000 objects is about 80 million in XML, the longest form"""

_SAID = {
    "CENTER_NAME": {"EARTH"},
    "REF_FRAME": {"TEME"},
    "TIME_SYSTEM": {"UTC"},
    "MEAN_ELEMENT_THEORY": {"SGP4", "SGP/SGP4"},
    "EPHEMERIS_TYPE": {"0", "2", "3"},
}
"""What SGP4 can carry, where it is said. Types 0, 2, 3 are SGP4 or SDP4; 4 is SGP4-XP."""


def parse_omm(text: str, form: str, *, source: str = "") -> Loaded:
    """Which element sets do the messages of a text hold? ``form`` is ``json``, ``xml``, ``kvn`` or ``csv``.

    Never raises: a message that is no good comes back as :class:`~swath.orbit.elements.Rejected` with the line it
    begins on and its number in the text. Elements are equal to those of the TLE of the same set, to the last bit
    (tests/orbit/test_omm.py), and so are their states.
    """
    if len(text) > _LONGEST_TEXT:
        return Loaded((), (Rejected(1, f"{len(text):,} characters; at most {_LONGEST_TEXT:,} are read"),))
    good: list[Elements] = []
    bad: list[Rejected] = []
    for number, record in enumerate(_READERS[form](text.removeprefix("\ufeff"), bad), 1):
        try:
            good.append(_elements(record, source))
        except _Refusal as refusal:
            name = _words(record.fields.get("OBJECT_NAME", ""))[:40]
            bad.append(Rejected(record.line, f"set {number}{f' ({name})' if name else ''}: {refusal}"))
    if not good and not bad:
        bad.append(Rejected(1, f"there is no message in this {form.upper()}"))
    return Loaded(tuple(good), tuple(sorted(bad, key=lambda b: b.line)))


def to_omm_json(elements: Iterable[Elements]) -> str:
    """The sets as OMM in JSON, one a line, with the keywords that CelesTrak gives and the frames it leaves unsaid.

    Every digit is kept: :func:`parse_omm` gives the same elements back, apart from ``source``, which OMM has no place
    for (tests/orbit/test_omm.py).
    """
    return "[\n" + ",\n".join(json.dumps(omm_fields(one), allow_nan=False) for one in elements) + "\n]\n"


def omm_fields(elements: Elements) -> dict[str, str | int | float]:
    """The set as keywords of OMM and their values, in the order of the standard, frames and theory said."""
    return {
        "OBJECT_NAME": elements.name,
        "OBJECT_ID": elements.cospar_id,
        "CENTER_NAME": "EARTH",
        "REF_FRAME": "TEME",
        "TIME_SYSTEM": "UTC",
        "MEAN_ELEMENT_THEORY": "SGP4",
        "EPOCH": str(elements.epoch.astype("datetime64[ns]")).removesuffix("000"),
        "MEAN_MOTION": elements.mean_motion_rev_day,
        "ECCENTRICITY": elements.eccentricity,
        "INCLINATION": elements.inclination_deg,
        "RA_OF_ASC_NODE": elements.raan_deg,
        "ARG_OF_PERICENTER": elements.argument_of_perigee_deg,
        "MEAN_ANOMALY": elements.mean_anomaly_deg,
        "EPHEMERIS_TYPE": 0,
        "CLASSIFICATION_TYPE": "U",
        "NORAD_CAT_ID": elements.norad_id,
        # Not kept, and of no use to SGP4; but readers stumble without them
        "ELEMENT_SET_NO": 999,
        "REV_AT_EPOCH": 0,
        "BSTAR": elements.bstar,
        "MEAN_MOTION_DOT": elements.mean_motion_dot,
        "MEAN_MOTION_DDOT": elements.mean_motion_ddot,
    }


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_OPTIONAL = {"MEAN_MOTION_DOT": "0", "MEAN_MOTION_DDOT": "0"}
_EPOCH = re.compile(
    r"([0-9]{4})-(?:([0-9]{2})-([0-9]{2})|([0-9]{3}))[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?Z?"
)


class _Refusal(ValueError):
    """Why a message is no good."""


def _elements(record: Record, source: str) -> Elements:
    if record.wrong:
        raise _Refusal(record.wrong)
    # SGP4 does without those two: messages may too
    fields = _OPTIONAL | {key: value for key, value in record.fields.items() if value}
    for key, known in _SAID.items():
        if key in fields and fields[key].upper() not in known:
            raise _Refusal(f"{key} is {fields[key][:40]!r}; SGP4 carries {' or '.join(sorted(known))}")
    number = fields.get("NORAD_CAT_ID", "")
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise _Refusal(f"NORAD_CAT_ID {number[:40]!r} is not a catalogue number of up to nine digits")
    made = Elements(
        name=_words(fields.get("OBJECT_NAME", "")) or str(int(number)),
        norad_id=int(number),
        epoch=_epoch(fields.get("EPOCH", "")),
        mean_motion_rev_day=_number(fields, "MEAN_MOTION", "rev/day", 1e-9, 18.0),
        eccentricity=_number(fields, "ECCENTRICITY", "", 0.0, 0.99999999),  # the digits that Space-Track prints
        inclination_deg=_number(fields, "INCLINATION", "deg", 0.0, 180.0),
        raan_deg=_number(fields, "RA_OF_ASC_NODE", "deg", 0.0, 360.0),
        argument_of_perigee_deg=_number(fields, "ARG_OF_PERICENTER", "deg", 0.0, 360.0),
        mean_anomaly_deg=_number(fields, "MEAN_ANOMALY", "deg", 0.0, 360.0),
        bstar=_number(fields, "BSTAR", "1/ER", -1e9, 1e9),
        mean_motion_dot=_number(fields, "MEAN_MOTION_DOT", "rev/day**2", -1.0, 1.0),
        mean_motion_ddot=_number(fields, "MEAN_MOTION_DDOT", "rev/day**3", -1e9, 1e9),
        cospar_id=_words(fields.get("OBJECT_ID", "")),
        source=source,
    )
    if why := invented_epoch(made) or invented_angles(made) or impossible_orbit(made):
        raise _Refusal(why)
    return made


def _words(text: str) -> str:
    """A name on one line that can be printed anywhere."""
    return text.strip() if text.isprintable() else "".join(c if c.isprintable() else " " for c in text).strip()


def _number(fields: dict[str, str], key: str, unit: str, low: float, high: float) -> float:
    if key not in fields:
        raise _Refusal(f"{key} is missing")
    value, given = fields[key], ""
    if "[" in value:
        value, _, given = value.partition("[")
        value, given = value.strip(), given.removesuffix("]").strip()
    if not _NUMBER.fullmatch(value):
        raise _Refusal(f"{key} {value[:40]!r} is not a number")
    if given and given.casefold() != unit.casefold():
        raise _Refusal(f"{key} is in {given[:40]!r}, not in {unit or 'no unit'}")
    number = float(value)
    if not low <= number <= high:
        raise _Refusal(f"{key} {value[:40]} is outside {low:g} to {high:g}")
    return number


def _epoch(text: str) -> np.datetime64:
    """``2026-05-07T18:20:14.568864`` or ``2026-127T18:20:14.568864``, to the nanosecond. Old ones have no T."""
    match = _EPOCH.fullmatch(text)
    if not match:
        raise _Refusal(f"EPOCH {text[:40]!r} is not a time such as 2026-05-07T18:20:14.568864")
    year, month, day, of_year, hour, minute, second, fraction = match.groups()
    if not 1957 <= int(year) <= 2200:
        raise _Refusal(f"EPOCH {text[:40]!r} lies outside 1957 to 2200")
    try:
        date = np.datetime64(f"{year}-{month}-{day}" if month else f"{year}-01-01", "D")
    except ValueError:
        raise _Refusal(f"EPOCH {text[:40]!r} names a day that {year} does not have") from None
    date += np.timedelta64(int(of_year) - 1 if of_year else 0, "D")
    if str(date)[:4] != year:
        raise _Refusal(f"EPOCH {text[:40]!r} names a day that {year} does not have")
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        raise _Refusal(f"EPOCH {text[:40]!r} names no time of day that can be counted from")
    ns = (int(hour) * 3600 + int(minute) * 60 + int(second)) * 1_000_000_000 + int(f"{fraction or '0':0<9.9}")
    return np.datetime64(int(date.astype(np.int64)) * 86_400_000_000_000 + ns, "ns")
