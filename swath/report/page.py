"""An answer as one page that opens from disk, without a network and without scripts: pictures, all rows, and notes."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from swath.report.document import document
from swath.report.svg import esc, tag
from swath.report.tables import table
from swath.report.words import count

__all__ = ["answer_page"]

_MOST_ROWS = 5_000
_UNITS = {"deg": "°", "m": "m", "s": "s", "h": "h", "days": "days", "hz": "Hz", "fraction": "share of one"}
_KINDS = {
    "sources": "Where the orbits are from",
    "warnings": "What to know before trusting it",
    "failed": "Satellites without an answer",
    "rejected": "Sets that were refused",
}


def answer_page(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    notes: Mapping[str, Sequence[Any]],
    pictures: Sequence[tuple[str, bytes]] = (),
) -> str:
    """The page: ``pictures`` are captions and PNG files, ``columns`` those of the table; names end with their unit.

    A table of more than 5,000 rows is cut, and says so.
    """
    figures = [_figure(said, png) for said, png in pictures]
    listed = [(words, _list(notes[kind])) for kind, words in _KINDS.items() if notes.get(kind)]
    sections = [("", "".join(figures)), ("Every row", _grid(title, rows, columns)), *listed]
    body = [tag("section", tag("h2", esc(words)) if words else "", inner) for words, inner in sections if inner]
    return document(
        title,
        tag("header", tag("h1", esc(title))),
        tag("main", *body),
        tag("footer", tag("p", "Made by swath. Times are UTC.", class_="note")),
        style="img.picture { max-width: 100%; background: #fff; border-radius: 8px; }\n",
    )


def _figure(said: str, png: bytes) -> str:
    # An image has no end tag.
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return tag("figure", f'<img class="picture" alt="{esc(said)}" src="{source}">', tag("figcaption", esc(said)))


def _grid(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """The table, without columns that hold nothing."""
    if not rows:
        return tag("p", "None.")
    shown = rows[:_MOST_ROWS]
    kept = [name for name in columns if any(row.get(name) not in (None, "") for row in shown)]
    numeric = [n for n, name in enumerate(kept) if any(isinstance(row.get(name), int | float) for row in shown)]
    cells = [[_cell(row.get(name)) for name in kept] for row in shown]
    grid = table(f"{title}: {count(len(rows), 'row')}", [_head(name) for name in kept], cells, numeric=numeric)
    if len(rows) == len(shown):
        return grid
    return grid + tag("p", f"The first {_MOST_ROWS:,} of {len(rows):,} rows; --out FILE.csv writes them all.")


def _head(name: str) -> str:
    words, _, unit = name.rpartition("_")
    return f"{words.replace('_', ' ')}, {_UNITS[unit]}" if words and unit in _UNITS else name.replace("_", " ")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 1000.0 else f"{value:,.0f}"
    text = str(value)
    if len(text) >= 20 and text[10:11] == "T" and text.endswith("Z"):
        return tag("time", esc(text[:19].replace("T", " ")), datetime=text)
    return esc(text)


def _list(notes: Sequence[Any]) -> str:
    lines = []
    for note in notes[:200]:
        if isinstance(note, Mapping):
            told = note.get("told") or "; ".join(f"{key}: {value}" for key, value in note.items())
            lines.append(tag("li", esc(told)))
        else:
            lines.append(tag("li", esc(note)))
    more = tag("p", esc(f"... and {len(notes) - 200:,} more")) if len(notes) > 200 else ""
    return tag("ul", *lines) + more
