"""Orbit Ephemeris Messages taken apart: from KVN or XML to the lines of each segment. Nothing here judges a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from swath.orbit.elements import Rejected

__all__ = ["RawCovariance", "RawSegment", "oem_kvn", "oem_xml"]

_LONGEST_VALUE = 10_000
_DEEPEST = 32
_STATE = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_AXES = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_LOWER = tuple(f"C{a}_{b}" for number, a in enumerate(_AXES) for b in _AXES[: number + 1])
"""keywords of a covariance in XML, row by row of the lower triangle"""


@dataclass
class RawCovariance:
    """The words of a covariance: keywords, and the 21 numbers of the lower triangle."""

    line: int
    fields: dict[str, str] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)


@dataclass
class RawSegment:
    """The words of a segment. ``wrong`` and its line: what is amiss with it as a whole."""

    line: int
    originator: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    """line, and epoch, position (km), velocity (km/s); more columns are accelerations"""
    covariances: list[RawCovariance] = field(default_factory=list)
    wrong: tuple[int, str] | None = None

    def amiss(self, line: int, what: str) -> None:
        """Keep the first thing that is wrong."""
        self.wrong = self.wrong or (line, what)

    def put(self, line: int, key: str, value: str) -> None:
        """Keep a keyword of the metadata."""
        if key in self.fields:
            self.amiss(line, f"{key} is given twice")
        self.fields[key] = value[:_LONGEST_VALUE]


def oem_kvn(text: str, bad: list[Rejected]) -> list[RawSegment]:
    """The segments of a text in KVN, of one message or several behind each other. Stray lines go to ``bad``."""
    found: list[RawSegment] = []
    originator, inside = "", ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith(("#", "COMMENT")):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if line == "META_START":
            found.append(RawSegment(number, originator))
            inside = "META"
        elif line in ("META_STOP", "COVARIANCE_START", "COVARIANCE_STOP") and found:
            inside = "COVARIANCE" if line == "COVARIANCE_START" else "DATA"
        elif equals and inside == "META":
            found[-1].put(number, key, value)
        elif equals and key in ("CCSDS_OEM_VERS", "CREATION_DATE", "ORIGINATOR", "CLASSIFICATION", "MESSAGE_ID"):
            originator, inside = (value if key == "ORIGINATOR" else originator), ""
        elif inside == "DATA":
            found[-1].rows.append((number, line.split()))
        elif inside == "COVARIANCE":
            _covariance_line(found[-1], number, key if equals else "", value if equals else line)
        else:
            bad.append(Rejected(number, f"not part of an ephemeris message: {line[:40]!r}"))
    return found


def _covariance_line(segment: RawSegment, number: int, key: str, text: str) -> None:
    if key == "EPOCH":
        segment.covariances.append(RawCovariance(number))
    if not segment.covariances:
        segment.amiss(number, "a covariance without an EPOCH")
    elif key:
        segment.covariances[-1].fields[key] = text
    else:
        segment.covariances[-1].numbers += text.split()


class _Stop(Exception):
    """Reading ends here, and why."""


class _Tags:
    """Follows the tags of an XML document and collects the segments of each ``<oem>``."""

    def __init__(self, line: Callable[[], int]) -> None:
        self.found: list[RawSegment] = []
        self._line = line
        self._open: list[str] = []
        self._parts: list[str] = []
        self._length = 0
        self._originator = ""
        self._row: dict[str, str] = {}

    def start(self, tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._open and name not in ("ndm", "oem"):
            raise _Stop(f"the document is <{name[:40]}>, not <ndm> or <oem>")
        if len(self._open) >= _DEEPEST:
            raise _Stop(f"tags are more than {_DEEPEST} deep")
        self._open.append(name)
        if "oem" in self._open:
            if name == "segment":
                self.found.append(RawSegment(self._line(), self._originator))
            elif name == "stateVector":
                self._row = {}
            elif name == "covarianceMatrix" and self.found:
                self.found[-1].covariances.append(RawCovariance(self._line()))
        self._parts, self._length = [], 0

    def text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_VALUE:
            raise _Stop(f"a value of more than {_LONGEST_VALUE:,} characters")
        self._parts.append(text)

    def end(self, _: str) -> None:
        name, value = self._open.pop(), "".join(self._parts).strip()
        self._parts, self._length = [], 0
        if "oem" not in self._open:
            return
        around = self._open[-1]
        if name == "ORIGINATOR":
            self._originator = value
        if not self.found:
            return
        segment = self.found[-1]
        if around == "metadata":
            segment.put(self._line(), name, value)
        elif around == "stateVector":
            self._row[name] = value
        elif name == "stateVector":
            segment.rows.append((self._line(), [self._row.get(key, "") for key in _STATE]))
        elif around == "covarianceMatrix" and segment.covariances:
            segment.covariances[-1].fields[name] = value
        elif name == "covarianceMatrix" and segment.covariances:
            last = segment.covariances[-1]
            last.numbers = [last.fields.get(key, "") for key in _LOWER]

    def inside(self) -> bool:
        """Is a segment open?"""
        return bool(self.found) and "segment" in self._open

    def doctype(self, *_: object) -> None:
        raise _Stop("it declares a document type (DTD), which is never read")


def oem_xml(text: str, bad: list[Rejected]) -> list[RawSegment]:
    """The segments of the ``<oem>`` messages of an XML document, those before an error included."""
    # The text is characters already: whatever encoding it declares no longer holds.
    parser = expat.ParserCreate("utf-8")
    body = text.lstrip()
    above = text[: len(text) - len(body)].count("\n")

    def line() -> int:
        return above + parser.CurrentLineNumber

    tags = _Tags(line)
    parser.StartElementHandler, parser.EndElementHandler = tags.start, tags.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = tags.text, tags.doctype
    parser.buffer_text = True
    try:
        parser.Parse(body.encode("utf-8", "replace"), True)
    except (_Stop, expat.ExpatError) as error:
        why = str(error) if isinstance(error, _Stop) else f"not XML, or cut short: {expat.ErrorString(error.code)}"
        bad.append(Rejected(line(), f"{why}; the rest is not read"))
        if tags.inside():
            tags.found[-1].amiss(line(), "the message breaks off inside this segment")
    return tags.found
