"""Two-line sets in a table: CSV in which two columns hold the lines, as archives and catalogues keep them."""

from __future__ import annotations

import csv

from swath.model import Elements
from swath.orbit.elements import Loaded, Rejected, parse_tle

__all__ = ["holds_lines", "parse_tle_table"]

_LINES = (("TLE_LINE1", "TLE_LINE2"), ("LINE1", "LINE2"), ("TLE1", "TLE2"))
_NAMES = ("OBJECT_NAME", "NAME", "SATELLITE", "TLE_LINE0")


def holds_lines(cells: list[str]) -> bool:
    """Do the cells of a header name the two lines of element sets?"""
    known = {cell.strip().upper() for cell in cells}
    return any(known.issuperset(pair) for pair in _LINES)


def parse_tle_table(text: str, *, source: str = "") -> Loaded:
    """Which element sets do the rows of a table hold, under columns ``line1`` and ``line2`` (or ``tle_line1`` ...)?

    Names come from ``name``, ``object_name`` or ``satellite``, if there is such a column; all others are passed over.
    Never raises: a row that holds no good set comes back as :class:`Rejected` with its line, an empty one is none.
    """
    good: list[Elements] = []
    bad: list[Rejected] = []
    header: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            cells = next(csv.reader([line.rstrip("\r")], strict=True), [])
        except csv.Error as error:
            bad.append(Rejected(number, f"not a row of CSV: {error}"))
            continue
        if not header:
            header = [cell.strip().upper() for cell in cells]
        elif len(cells) != len(header):
            bad.append(Rejected(number, f"{len(cells)} columns where the header has {len(header)}"))
        else:
            _row(dict(zip(header, cells, strict=True)), number, source, good, bad)
    if not good and not bad:
        bad.append(Rejected(1, "there is no element set in this table"))
    return Loaded(tuple(good), tuple(bad))


def _row(row: dict[str, str], number: int, source: str, good: list[Elements], bad: list[Rejected]) -> None:
    one, two = next((row[a], row[b]) for a, b in _LINES if a in row and b in row)
    if not one.strip() and not two.strip():
        return
    name = next((row[key].strip() for key in _NAMES if row.get(key, "").strip()), "").removeprefix("0 ")
    loaded = parse_tle("\n".join([*([name] if name else []), one, two]), source=source)
    good += loaded.elements
    bad += [Rejected(number, refused.what) for refused in loaded.rejected[:1]]
