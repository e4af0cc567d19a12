"""The part of YAML that instance files use: mappings, lists and scalars in blocks, as PyYAML writes them."""

from __future__ import annotations

import re
from typing import Any

from swath.errors import InputError

__all__ = ["parse_yaml"]

_KEY = re.compile(r"^(?P<key>[A-Za-z_][\w.-]*|'[^']*'|\"[^\"]*\"):(?: +(?P<rest>.*))?$", re.DOTALL)
_QUOTED = re.compile(r"(?:- +)*(?:[A-Za-z_][\w.-]*: +|'[^']*': +|\"[^\"]*\": +)?(?P<text>['\"].*)$")
"""a line in which a quoted text begins"""
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)(e[-+][0-9]+)?$", re.IGNORECASE)
"""as YAML 1.1 has it: with a point, and a sign before the exponent; ``0E0`` is a text"""
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "\\": "\\",
    '"': '"',
    "/": "/",
    "0": "\0",
    " ": " ",
    "r": "\r",
    "e": "\x1b",
    "_": "\xa0",
}
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_Line = tuple[int, str, int]
"""indent, text, number"""


def parse_yaml(text: str, *, where: str) -> Any:
    """What does a text of the block form say? Dictionaries, lists, numbers, words and texts.

    No anchors, tags, flow collections but empty ones, literal blocks or second documents: those raise
    :class:`InputError`, as does whatever is no YAML. Equal to PyYAML on what that
    writes (tests/plan/bench/test_yaml_text.py).
    """
    lines = _lines(text)
    if not lines:
        raise InputError("the file is empty", where=where, fix="Give the whole file")
    value, at = _block(lines, 0, lines[0][0], where, 0)
    if at < len(lines):
        raise _wrong("a line with an indent of its own", lines[at], where)
    return value


def _lines(text: str) -> list[_Line]:
    """Lines without comments; a quoted text that goes on over several is one of them, whatever its parts look like."""
    rows, found, at = text.splitlines(), list[_Line](), 0
    while at < len(rows):
        line, number, at = rows[at].strip(" "), at, at + 1
        if not line or line.startswith("#") or line == "---":
            continue
        if begun := _QUOTED.match(line):
            whole, at = _unfolded(rows, at, begun["text"])
            line = line[: begun.start("text")] + whole
        found.append((len(rows[number]) - len(rows[number].lstrip(" ")), line, number + 1))
    return found


def _unfolded(rows: list[str], at: int, text: str) -> tuple[str, int]:
    """A quoted text with what of it stands in row ``at`` and after it, and the row past its end."""
    quote, empty = text[0], 0
    while at < len(rows) and not _closed(text, quote):
        row, at = rows[at].strip(" "), at + 1
        if row:
            on = quote == '"' and (len(text) - len(text.rstrip("\\"))) % 2 == 1  # a line that ends in a lone backslash
            text, empty = text[:-1] + row if on else text + ("\n" * empty or " ") + row, 0
        else:
            empty += 1
    return text, at


def _wrong(what: str, line: _Line, where: str) -> InputError:
    return InputError(f"{what}: {line[1][:60]!r}", where=f"{where} line {line[2]}", fix="Write plain block YAML")


def _block(lines: list[_Line], at: int, indent: int, where: str, depth: int) -> tuple[Any, int]:
    if depth > 50:
        raise _wrong("nested too deeply", lines[at], where)
    if lines[at][1] == "-" or lines[at][1].startswith("- "):
        return _sequence(lines, at, indent, where, depth)
    if _KEY.match(lines[at][1]):
        return _mapping(lines, at, indent, where, depth)
    return _scalar(lines, at, indent - 1, lines[at][1], where)


def _sequence(lines: list[_Line], at: int, indent: int, where: str, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    while at < len(lines) and lines[at][0] == indent and (lines[at][1] == "-" or lines[at][1].startswith("- ")):
        rest = lines[at][1][1:]
        inner = rest.lstrip(" ")
        if not inner:
            if at + 1 < len(lines) and lines[at + 1][0] > indent:
                value, at = _block(lines, at + 1, lines[at + 1][0], where, depth + 1)
            else:
                value, at = None, at + 1
        else:
            deeper = indent + 1 + len(rest) - len(inner)
            lines[at] = (deeper, inner, lines[at][2])
            value, at = _block(lines, at, deeper, where, depth + 1)
        found.append(value)
    return found, at


def _mapping(lines: list[_Line], at: int, indent: int, where: str, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while at < len(lines) and lines[at][0] == indent:
        match = _KEY.match(lines[at][1])
        if not match:
            break
        key, rest = match["key"].strip("'\""), (match["rest"] or "").strip()
        if key in found:
            raise _wrong("a key stands twice", lines[at], where)
        below = at + 1
        if rest and not rest.startswith("#"):
            found[key], at = _scalar(lines, at, indent, rest, where)
        elif below < len(lines) and (
            lines[below][0] > indent or (lines[below][0] == indent and lines[below][1][:1] == "-")
        ):
            found[key], at = _block(lines, below, lines[below][0], where, depth + 1)
        else:
            found[key], at = None, below
    return found, at


def _scalar(lines: list[_Line], at: int, indent: int, text: str, where: str) -> tuple[Any, int]:
    """A scalar that begins in line ``at`` and goes on in deeper lines."""
    line = lines[at]
    if text in ("{}", "[]"):
        return ({} if text == "{}" else []), at + 1
    if text[0] in "|>&*!%@`[{":
        raise _wrong("a form of YAML that is not read here", line, where)
    at += 1
    quote = text[0] if text[0] in "'\"" else ""
    if quote:
        if not _closed(text, quote):
            raise _wrong("a quote is not closed", line, where)
        return (_unescaped(text[1:-1], line, where) if quote == '"' else text[1:-1].replace("''", "'")), at
    while at < len(lines) and lines[at][0] > indent:
        text, at = f"{text} {lines[at][1]}", at + 1
    return _plain(re.split(r"\s#", text)[0].strip()), at


def _closed(text: str, quote: str) -> bool:
    if quote == "'":
        return len(text) > 1 and (len(text) - len(text.rstrip("'")) - (text.strip("'") == "")) % 2 == 1
    return len(text) > 1 and text.endswith('"') and (len(text[:-1]) - len(text[:-1].rstrip("\\"))) % 2 == 0


def _unescaped(text: str, line: _Line, where: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xuU":
            number = int(code[1:], 16)
            if number > 0x10FFFF:
                raise _wrong("no such character", line, where)
            return chr(number)
        if code not in _ESCAPES:
            raise _wrong("an escape that is not read here", line, where)
        return _ESCAPES[code]

    return re.sub(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", one, text)


def _plain(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text
