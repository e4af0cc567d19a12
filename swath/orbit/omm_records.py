"""Orbit Mean-Elements Messages taken apart: from text in JSON, XML, KVN or CSV to named fields.

Forms: CCSDS 502.0-B-3 (KVN) and 505.0-B-3 (XML), and JSON and CSV with the same keywords as CelesTrak and Space-Track
publish them. Nothing here judges a value; what is not even a field comes back with its line. XML is read as a stream
of tags: no document type, so no entities, and limits on depth and length.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from swath.orbit.elements import Rejected

__all__ = ["KEYS", "Record", "csv_records", "is_header", "json_records", "kvn_records", "xml_records"]

KEYS = frozenset(
    (
        *("OBJECT_NAME", "OBJECT_ID", "NORAD_CAT_ID"),
        *("CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY", "EPHEMERIS_TYPE"),
        *("EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY"),
        *("BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT"),
    )
)
"""Keywords that say where an object is; the others (comments, covariance, TLE lines, ...) are passed over."""

_LONGEST_VALUE = 10_000
_DEEPEST = 32
"""XML tags inside each other; an OMM needs six"""


@dataclass
class Record:
    """The fields of one message as they are written, a unit in square brackets behind its value."""

    line: int
    fields: dict[str, str] = field(default_factory=dict)
    wrong: str = ""
    """what is amiss with the record as a whole"""

    def put(self, key: str, value: str) -> None:
        """Keep a field if it matters; given twice, nobody can say which one holds."""
        if key not in KEYS:
            return
        if key in self.fields:
            self.wrong = self.wrong or f"{key} is given twice"
        if len(value) > _LONGEST_VALUE:
            self.wrong, value = self.wrong or f"{key} has more than {_LONGEST_VALUE:,} characters", ""
        self.fields[key] = value.strip()


def json_records(text: str, bad: list[Rejected]) -> list[Record]:
    """The objects of a JSON list, of several lists, or one after another. What cannot be read goes to ``bad``."""
    # Numbers stay as printed, and an object is a tuple of pairs, in which a key given twice can be seen.
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=tuple)
    between = re.compile(r"[\s,\[\]]*")
    found: list[Record] = []
    at, line, depth = 0, 1, 0
    while True:
        gap = between.match(text, at)
        skipped = gap.group() if gap else ""
        line += skipped.count("\n")
        depth += skipped.count("[") - skipped.count("]")
        at += len(skipped)
        if at == len(text):
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "too deeply nested"
            bad.append(Rejected(line, f"not JSON, or cut short; the rest is not read: {why}"))
            return found
        if isinstance(value, tuple):
            found.append(_from_pairs(line, value))
        else:
            bad.append(Rejected(line, f"not an element set: {text[at : min(end, at + 40)]!r}"))
        line += text.count("\n", at, end)
        at = end
    if depth:
        bad.append(Rejected(line, "the list is not closed: the text may be cut short"))
    return found


def _from_pairs(line: int, pairs: tuple[tuple[str, Any], ...]) -> Record:
    record = Record(line)
    for key, value in pairs:
        if isinstance(value, str):
            record.put(key, value)
        elif value is not None and key in KEYS:
            record.wrong = record.wrong or f"{key} is neither a number nor a text"
    return record


def is_header(cells: list[str]) -> bool:
    """Do the cells of a row name columns of element sets?"""
    return len(KEYS.intersection(cells)) >= 3


def csv_records(text: str, bad: list[Rejected]) -> list[Record]:
    """The rows under a header line. A row stands on one line, so that a stray quote spoils no other."""
    header: list[str] = []
    found: list[Record] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([line.rstrip("\r")], strict=True), [])]
        except csv.Error as error:
            bad.append(Rejected(number, f"not a row of CSV: {error}"))
            continue
        if not header or is_header(cells):  # files put behind each other bring theirs again
            header = cells
        elif len(cells) != len(header):
            bad.append(Rejected(number, f"{len(cells)} columns where the header has {len(header)}"))
        else:
            record = Record(number)
            for key, value in zip(header, cells, strict=True):
                record.put(key, value)
            found.append(record)
    return found


def kvn_records(text: str, bad: list[Rejected]) -> list[Record]:
    """Lines ``KEYWORD = value``; a message begins with its version, or with the next object's name."""
    found: list[Record] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        # META_... belong to other messages of the standard, and some programs write them here too
        if not line or line.startswith("#") or line in ("META_START", "META_STOP"):
            continue
        key, equals, value = line.partition("=")
        key = key.rstrip()
        if key not in KEYS and key.split(None, 1)[:1] == ["COMMENT"]:
            continue
        if not equals or not (key in KEYS or _KEYWORD.fullmatch(key)):
            bad.append(Rejected(number, f"not of the form KEYWORD = value: {line[:40]!r}"))
            continue
        begins = key == "CCSDS_OMM_VERS" or (key == "OBJECT_NAME" and found and key in found[-1].fields)
        if not found or begins:
            found.append(Record(number))
        found[-1].put(key, value)
    return found


_KEYWORD = re.compile(r"[A-Z][A-Z0-9_]*")


class _Stop(Exception):
    """Reading ends here, and why."""


class _Tags:
    """Follows the tags of an XML document and collects the fields of each ``<omm>``."""

    def __init__(self, line: Callable[[], int], bad: list[Rejected]) -> None:
        self.found: list[Record] = []
        self._line, self._bad = line, bad
        self._open: list[str] = []
        self._units, self._value = "", ""
        self._length = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2] if ":" in tag else tag
        if not self._open and name not in ("ndm", "omm"):
            raise _Stop(f"the document is <{name[:40]}>, not <ndm> or <omm>")
        if len(self._open) >= _DEEPEST:
            raise _Stop(f"tags are more than {_DEEPEST} deep")
        if name == "omm" and self._open in ([], ["ndm"]):
            self.found.append(Record(self._line()))
        elif self._open == ["ndm"] and name.islower() and name != "oem":  # those are read by oem_records.py
            self._bad.append(Rejected(self._line(), f"<{name[:40]}> is not an orbit mean-elements message"))
        self._open.append(name)
        self._units, self._value, self._length = attributes.get("units", ""), "", 0

    def text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_VALUE:
            raise _Stop(f"a value of more than {_LONGEST_VALUE:,} characters")
        self._value += text

    def end(self, tag: str) -> None:
        name = self._open.pop()
        if name in KEYS and "omm" in self._open[:2]:
            self.found[-1].put(name, f"{self._value} [{self._units}]" if self._units else self._value)
        self._units, self._value, self._length = "", "", 0

    def doctype(self, *_: object) -> None:
        raise _Stop("it declares a document type (DTD), which is never read: this may be a web page")


def xml_records(text: str, bad: list[Rejected]) -> list[Record]:
    """The ``<omm>`` messages of an XML document, those before an error included."""
    # The text is characters already: whatever encoding it declares no longer holds.
    parser = expat.ParserCreate("utf-8")
    body = text.lstrip()
    above = text[: len(text) - len(body)].count("\n")

    def line() -> int:
        return above + parser.CurrentLineNumber

    tags = _Tags(line, bad)
    parser.StartElementHandler, parser.EndElementHandler = tags.start, tags.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = tags.text, tags.doctype
    parser.buffer_text = True
    try:
        parser.Parse(body.encode("utf-8", "replace"), True)
    except (_Stop, expat.ExpatError) as error:
        why = str(error) if isinstance(error, _Stop) else f"not XML, or cut short: {expat.ErrorString(error.code)}"
        bad.append(Rejected(line(), f"{why}; the rest is not read"))
    return tags.found
