"""How do people write dates, clocks and zones? One form made of many, before a stated time is read."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from zoneinfo import available_timezones

__all__ = ["plain_time", "zone_of_words"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<m>{'|'.join(_MONTHS)})[a-z]*\.?"
_DATES = (
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\.?(?: of)?[ -]{_MONTH},?[ -](?P<y>\d{{4}})\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})\b", re.IGNORECASE),
    re.compile(r"\b(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})\b"),
    re.compile(r"\b(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})\b"),
    re.compile(r"\b(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?=[T ]|$)"),
)
"""``22 November 2023``, ``Nov. 22, 2023``, ``22.11.2023``, ``2023/11/22``, ``20231122T...``"""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_HALF = r"(am|pm|a\.m\.|p\.m\.)"
_CLOCKS = (
    (re.compile(rf"(?<![\d:.])(\d{{1,2}})\.(\d\d) ?{_HALF}", re.IGNORECASE), r"\1:\2 \3"),
    (re.compile(r"(?<![\d:.])(\d{1,2}) ?h ?(\d\d)\b", re.IGNORECASE), r"\1:\2"),
    (re.compile(r"(?<=T)([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?=Z|[+-]|$)"), None),
)
_FIGURES = re.compile(r"(?<![\d:.+-])([01]\d|2[0-3])([0-5]\d)(?: ?(?:hrs?|hours))?(?=Z|\s|$)", re.IGNORECASE)
"""``0921``, ``0921Z``, ``0921 hrs``"""
_BARE_HALF = re.compile(rf"(?<![\d:.])(\d{{1,2}}) ?{_HALF}", re.IGNORECASE)
_ORDINAL = re.compile(r"\b((?:19|20)\d\d)-([0-2]\d[1-9]|[1-2]\d0|0[1-9]0|3[0-5]\d|36[0-5])(?=T|\s|$)")
"""day of the year: ``2023-326``"""
_INNER_Z = re.compile(r"(?<=\d)Z(?=\s*(?:/|\bto\b|\buntil\b|\band\b|–|-))", re.IGNORECASE)
_BEFORE_DATE = re.compile(r"^(?P<clock>.+?),?(?: on)? (?P<day>\d{4}-\d\d-\d\d)(?P<rest>\b.*)$")
_TIME_OF = re.compile(r"[\s(,]+(?:in )?(?P<city>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)?) (?:standard )?time\)?$")
_LOCAL = re.compile(r"[\s(,]+(?:in )?local(?: time)?\)?$", re.IGNORECASE)
_NATIONS = {
    "korea": "+09:00",
    "korean": "+09:00",
    "japan": "+09:00",
    "beijing": "+08:00",
    "china": "+08:00",
    "kiev": "Europe/Kyiv",
    "iran": "Asia/Tehran",
    "israel": "Asia/Jerusalem",
}


def plain_time(words: str) -> str:
    """The same stated time with its date first, as 2023-11-22, and clocks as 09:21; what is not known stays."""
    for form in _DATES:
        words = form.sub(_date, words)
    words = _ORDINAL.sub(lambda m: str(date(int(m[1]), 1, 1) + timedelta(days=int(m[2]) - 1)), words)
    if words.endswith(("Z", "z")):
        words = _INNER_Z.sub("", words)
    for clock, new in _CLOCKS:
        words = clock.sub(new if new is not None else _seconds, words)
    if (match := _BEFORE_DATE.match(words)) and _DAY.search(match["clock"]) is None:
        words = f"{match['day']} {match['clock'].rstrip(',')}{match['rest']}"
    words = re.sub(r"(\d{4}-\d\d-\d\d),? (?:at|from|between) ", r"\1 ", words, flags=re.IGNORECASE)
    words = _LOCAL.sub("", words)
    if re.search(r"\d:\d\d", words):
        return _BARE_HALF.sub(r"\1:00 \2", words)  # the other end of the span has minutes
    return _FIGURES.sub(r"\1:\2", words)


def _date(match: re.Match[str]) -> str:
    month = match["m"][:3].lower()
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
    return f"{match['y']}-{number:02d}-{int(match['d']):02d}"


def _seconds(match: re.Match[str]) -> str:
    return ":".join(part for part in match.groups() if part)


def zone_of_words(words: str) -> tuple[str, str]:
    """The text before ``Pyongyang time`` at its end, and that zone; the text itself and nothing where there is none."""
    match = _TIME_OF.search(words)
    city = match["city"].casefold() if match else ""
    zone = _NATIONS.get(city) or _cities().get(city, "")
    return (words[: match.start()], zone) if match and zone else (words, "")


@cache
def _cities() -> dict[str, str]:
    """IANA's zones by their city, where one zone alone has it."""
    named: dict[str, list[str]] = {}
    for zone in available_timezones():
        area, _, city = zone.rpartition("/")
        if area and area.split("/")[0] not in ("Etc", "posix", "right"):
            named.setdefault(city.replace("_", " ").casefold(), []).append(zone)
    return {city: zones[0] for city, zones in named.items() if len(zones) == 1}
