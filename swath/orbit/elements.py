"""Two-line element sets: read, checked, and refused with a reason.

Form: Hoots & Roehrich, Spacetrack Report No. 3 (1980), and the column table of CelesTrak's TLE format page; catalogue
numbers above 99,999 in Space-Track's alpha-5. Sets pasted from examples on the web are mostly invented: a wrong
checksum or suspiciously round numbers give them away, and they are refused like damaged ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from swath.model import Elements

if TYPE_CHECKING:
    from swath.orbit.oem import Oem

__all__ = [
    "Loaded",
    "Rejected",
    "apsides_m",
    "impossible_orbit",
    "invented_angles",
    "invented_epoch",
    "newest_for",
    "parse_tle",
]


@dataclass(frozen=True)
class Rejected:
    """Lines that are not a usable element set, and why."""

    line: int
    """counted from 1; where the set, or the wrong part of it, begins"""
    what: str


@dataclass(frozen=True)
class Loaded:
    """What a text held: the good element sets and ephemerides in order, the others with reasons."""

    elements: tuple[Elements, ...]
    rejected: tuple[Rejected, ...]
    ephemerides: tuple[Oem, ...] = ()
    """positions themselves, of texts that hold such"""


def parse_tle(text: str, *, source: str = "") -> Loaded:
    """Which element sets does a text hold? Two- and three-line sets, mixed; blank lines and ``#`` comments are skipped.

    Never raises: what is not a good set comes back as :class:`Rejected` with its line number. ``source`` is kept in
    each :class:`~swath.model.Elements` and named in later errors.
    """
    good: list[Elements] = []
    bad: list[Rejected] = []
    for number, name, one, two in _sets(text, bad):
        try:
            good.append(_elements(name, one, two, source))
        except _Refusal as refusal:
            bad.append(Rejected(number[refusal.line], f"{name or one[2:7].strip() or 'set'}: {refusal}"))
    return Loaded(tuple(good), tuple(sorted(bad, key=lambda b: b.line)))


def newest_for(elements: Iterable[Elements], at: np.datetime64) -> dict[str, Elements]:
    """For each object the set whose epoch lies nearest to ``at``, under a unique name, in the order of the text.

    Objects that share a name (``"OBJECT A"``) get their catalogue number added.
    """
    best: dict[int, Elements] = {}
    for one in elements:
        held = best.get(one.norad_id)
        if held is None or abs(one.epoch - at) < abs(held.epoch - at):
            best[one.norad_id] = one
    names = [one.name for one in best.values()]
    return {one.name if names.count(one.name) == 1 else f"{one.name} {one.norad_id}": one for one in best.values()}


def invented_epoch(elements: Elements) -> str:
    """Why does the epoch look invented? Empty where it does not.

    Of the 15,347 sets of CelesTrak's active list of 7 May 2026 none has its epoch at noon or midnight.
    """
    of_day_ns = int(elements.epoch.astype("datetime64[ns]").astype(np.int64)) % _DAY_NS
    if of_day_ns not in (0, _DAY_NS // 2):
        return ""
    hour = "noon" if of_day_ns else "midnight"
    return f"the epoch is exactly {hour}, which published sets never are: it looks invented"


def invented_angles(elements: Elements) -> str:
    """Why do the angles look invented? Empty where they do not. No set of that list has even two whole degrees."""
    whole = (
        elements.inclination_deg.is_integer()
        + elements.raan_deg.is_integer()
        + elements.argument_of_perigee_deg.is_integer()
        + elements.mean_anomaly_deg.is_integer()
    )
    return f"{whole} of its four angles are whole degrees: it looks invented" if whole >= 3 else ""


def impossible_orbit(elements: Elements) -> str:
    """Why can nothing fly so? Empty where it can: the perigee is not deep below the ground.

    The last published sets of what is just coming down may have it some 50 km below.
    """
    rate_rad_s = elements.mean_motion_rev_day * 2.0 * math.pi / 86400.0
    perigee_m = (_GM_M3_S2 / rate_rad_s**2) ** (1.0 / 3.0) * (1.0 - elements.eccentricity) - 6378135.0
    if perigee_m >= -100e3:
        return ""
    return f"its perigee would lie {-perigee_m / 1e3:.0f} km below the ground"


_GM_M3_S2 = 3.986008e14
_DAY_NS = 86_400_000_000_000
_WORTH = bytes(1 if c == ord("-") else c - 48 if chr(c) in "0123456789" else 0 for c in range(256))
"""of each character in a checksum"""
_NUMBER = re.compile(r"[+-]?[0-9]*\.[0-9]+")
_EXPONENT = re.compile(r"([+-]?)\.?([0-9]{1,5})([+-][0-9])")
_EPOCH = re.compile(r"[0-9]{5}\.[0-9]{8}")


def apsides_m(elements: Elements) -> tuple[float, float]:
    """How high are perigee and apogee, in metres above the equator's radius (6378.135 km)?

    Of the mean orbit, with SGP4's own semi-major axis (Hoots & Roehrich 1980, section 6, WGS-72): the osculating orbit
    swings about it by some 10 km.
    """
    ke, j2_half = 0.0743669161331734132, 0.001082616 / 2.0
    n = elements.mean_motion_rev_day * 2.0 * np.pi / 1440.0
    e2 = elements.eccentricity**2
    flattening = 1.5 * j2_half * (3.0 * np.cos(np.radians(elements.inclination_deg)) ** 2 - 1.0) / (1.0 - e2) ** 1.5
    first = (ke / n) ** (2.0 / 3.0)
    delta = flattening / first**2
    second = first * (1.0 - delta / 3.0 - delta**2 - 134.0 / 81.0 * delta**3)
    axis = (ke / (n / (1.0 + flattening / second**2))) ** (2.0 / 3.0)
    low, high = (float((axis * (1.0 + e) - 1.0) * 6378135.0) for e in (-elements.eccentricity, elements.eccentricity))
    return low, high


class _Refusal(ValueError):
    """Why a set is no good; ``line`` is 0 for its first element line and 1 for its second."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def _sets(text: str, bad: list[Rejected]) -> Iterator[tuple[tuple[int, int], str, str, str]]:
    """Line numbers, name, line 1 and line 2 of each set; what belongs to none goes to ``bad``."""
    name: tuple[int, str] | None = None
    first: tuple[int, str] | None = None
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.rstrip()
        if not line or line.startswith("#"):
            continue
        if first and line.startswith("2 "):
            yield (first[0], number), name[1] if name else "", first[1], line
            name = first = None
            continue
        if first:
            bad.append(Rejected(first[0], "line 1 of a set without its line 2"))
            name = first = None
        if line.startswith("1 "):
            first = (number, line)
        elif line.startswith("2 "):
            bad.append(Rejected(number, "line 2 of a set without its line 1"))
        else:
            if name:
                bad.append(Rejected(name[0], f"not part of an element set: {name[1][:40]!r}"))
            name = (number, line.removeprefix("0 ").strip())
    if first:
        bad.append(Rejected(first[0], "line 1 of a set without its line 2"))
    elif name:
        bad.append(Rejected(name[0], f"not part of an element set: {name[1][:40]!r}"))


def _elements(name: str, one: str, two: str, source: str) -> Elements:
    for index, line in enumerate((one, two)):
        if len(line) != 69:
            raise _Refusal(index, f"line {index + 1} has {len(line)} characters, not 69")
        if not line.isascii():
            raise _Refusal(index, f"line {index + 1} holds characters that are not ASCII")
        if line[68] != (given := _checksum(line)):
            raise _Refusal(index, f"line {index + 1} has checksum {line[68]!r}, its digits give {given}")
    if one[2:7] != two[2:7]:
        raise _Refusal(1, f"line 1 is of object {one[2:7].strip()}, line 2 of {two[2:7].strip()}")
    if one[62] == "4":
        raise _Refusal(0, "ephemeris type 4 is made for SGP4-XP; SGP4 would carry it wrongly")
    norad_id = _catalogue_number(one[2:7])
    made = Elements(
        name=name or str(norad_id),
        norad_id=norad_id,
        epoch=_epoch(one[18:32]),
        mean_motion_rev_day=_number(1, two[52:63], "mean motion", 1e-9, 18.0),
        eccentricity=_number(1, "." + two[26:33].replace(" ", "0"), "eccentricity", 0.0, 1.0),
        inclination_deg=_number(1, two[8:16], "inclination", 0.0, 180.0),
        raan_deg=_number(1, two[17:25], "right ascension of the node", 0.0, 360.0),
        argument_of_perigee_deg=_number(1, two[34:42], "argument of perigee", 0.0, 360.0),
        mean_anomaly_deg=_number(1, two[43:51], "mean anomaly", 0.0, 360.0),
        bstar=_exponent(one[53:61], "drag term"),
        mean_motion_dot=_number(0, one[33:43].replace(" ", ""), "first derivative of mean motion", -1.0, 1.0),
        mean_motion_ddot=_exponent(one[44:52], "second derivative of mean motion"),
        cospar_id=_cospar(one[9:17].strip()),
        source=source,
    )
    for index, why in ((0, invented_epoch(made)), (1, invented_angles(made)), (1, impossible_orbit(made))):
        if why:
            raise _Refusal(index, why)
    return made


def _checksum(line: str) -> str:
    """Of an ASCII line: its digits, and 1 for each minus sign, modulo 10."""
    return str(sum(line[:68].encode("ascii").translate(_WORTH)) % 10)


def _catalogue_number(field: str) -> int:
    text = field.strip()
    if re.fullmatch(r"[0-9]{1,5}", text):
        return int(text)
    # alpha-5: the first digit is a letter without I and O, A = 10 ... Z = 33
    if re.fullmatch(r"[A-HJ-NP-Z][0-9]{4}", text):
        return ("ABCDEFGHJKLMNPQRSTUVWXYZ".index(text[0]) + 10) * 10_000 + int(text[1:])
    raise _Refusal(0, f"catalogue number {field!r} is neither a number nor alpha-5")


def _epoch(field: str) -> np.datetime64:
    text = field.replace(" ", "0")
    if not _EPOCH.fullmatch(text):
        raise _Refusal(0, f"epoch {field!r} is not a year, day and fraction such as 26127.76405751")
    year = int(text[:2]) + (1900 if int(text[:2]) >= 57 else 2000)
    january, days = _year(year)
    if not 1 <= int(text[2:5]) <= days:
        raise _Refusal(0, f"epoch {field!r} names day {text[2:5]} of {year}, which has {days}")
    # 1e-8 of a day is exact in nanoseconds
    return np.datetime64((january + int(text[2:5]) - 1) * _DAY_NS + int(text[6:]) * 864_000, "ns")


@cache
def _year(year: int) -> tuple[int, int]:
    """Days from 1970 to its first of January, and its length in days."""
    january, next_january = (int(np.datetime64(f"{y}-01-01", "D").astype(np.int64)) for y in (year, year + 1))
    return january, next_january - january


def _number(line: int, field: str, what: str, low: float, high: float) -> float:
    text = field.strip()
    if not _NUMBER.fullmatch(text):
        raise _Refusal(line, f"{what} {text!r} is not a number")
    value = float(text)
    if not low <= value <= high:
        raise _Refusal(line, f"{what} {text} is outside {low:g} to {high:g}")
    return value


def _exponent(field: str, what: str) -> float:
    """``" 28098-4"`` is 0.28098e-4."""
    match = _EXPONENT.fullmatch(field.replace(" ", ""))
    if not match:
        raise _Refusal(0, f"{what} {field!r} is not of the form 12345-6")
    sign, digits, power = match.groups()
    return float(f"{sign}.{digits}e{power}")


def _cospar(field: str) -> str:
    """``"98067A"`` as ``1998-067A``; an odd one as it stands."""
    if not re.fullmatch(r"[0-9]{5}[A-Z]{1,3}", field):
        return field
    return f"{19 if int(field[:2]) >= 57 else 20}{field[:2]}-{field[2:]}"
