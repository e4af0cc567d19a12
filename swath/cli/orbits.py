"""What the orbit commands share: which satellites are asked about, spans of time, warnings, and forms of output."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from swath.errors import DataError, InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.orbit.orbits import Orbit

__all__ = ["now", "EVERY_FORM", "Asked", "ask_each", "asked_for", "check_form", "give", "give_file", "say", "span"]

Found = TypeVar("Found")

EVERY_FORM = (".json", ".csv", ".parquet", ".html")

_LONGEST_H = 60 * 24.0
"""elements are good for 30 days on either side of their epoch"""
_NOTES_SHOWN = 20
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass
class Asked:
    """The satellites a command is about, and what there is to say about them."""

    fleet: Mapping[str, Orbit]
    notes: dict[str, list[Any]] = field(default_factory=dict)
    """``sources`` of orbits that were fetched, ``rejected`` sets, ``failed`` satellites, ``warnings``"""


def asked_for(elements: str | None, names: Sequence[str], start: np.datetime64, stop: np.datetime64) -> Asked:
    """The orbits nearest to the middle of the span: all that ``--elements`` holds, or those of ``names``.

    Without ``--elements`` the names are of the catalogue, and CelesTrak is asked for their elements. Raises
    :class:`InputError` for a name that is not among them, and :class:`DataError` where there is no orbit at all.
    """
    from swath.orbit.orbits import orbits_near
    from swath.sources.elements import fetch_elements, fetch_known
    from swath.sources.eop import packaged_eop

    if elements is None and not names:
        raise InputError(
            "of which satellites?", fix="Give --elements FILE, or --satellite with names of `swath orbit catalogue`"
        )
    fetched = fetch_elements(elements) if elements is not None else fetch_known(names)
    fleet = orbits_near(fetched.loaded, start + (stop - start) // 2, packaged_eop())
    chosen: dict[str, Orbit] = {} if names else dict(fleet)
    for name in names:
        match = _of_name(fleet, name)
        if not match:
            known = ", ".join(list(fleet)[:5]) + (", ..." if len(fleet) > 5 else "")
            raise InputError(f"no satellite {name!r}", where=elements or "", fix=f"It holds {known}")
        chosen |= match
    rejected = [{"line": r.line, "what": r.what} for r in fetched.loaded.rejected]
    return Asked(chosen, {"sources": fetched.told(), "rejected": rejected, "failed": [], "warnings": []})


def _of_name(fleet: Mapping[str, Orbit], name: str) -> dict[str, Orbit]:
    """Those that are called so, or whose catalogue number is that of the catalogue's satellite of this name."""
    from swath.spacecraft.catalog import satellite

    match = {key: orbit for key, orbit in fleet.items() if orbit.called(name)}
    if not match:
        with suppress(InputError):
            number = satellite(name).norad_id
            match = {key: orbit for key, orbit in fleet.items() if orbit.norad_id == number is not None}
    return match


def ask_each(asked: Asked, title: str, question: Callable[[str, Orbit], Found], times: Sequence[Any]) -> list[Found]:
    """The answers for the satellites one by one. One without an answer is noted; if none has one, it is an error.

    Elements are held against the first and the last of ``times``; against nothing where there are none.
    """
    from swath.cli.progress import progress_bar

    answers = []
    first: DataError | None = None
    with progress_bar(title) as progress:
        for number, (name, orbit) in enumerate(asked.fleet.items()):
            progress(name, number / len(asked.fleet))
            try:
                if len(times):
                    asked.notes["warnings"] += orbit.warnings(times[0], times[-1])
                answers.append(question(name, orbit))
            except DataError as error:
                first = first or error
                asked.notes["failed"].append({"satellite": name, "because": str(error)})
    if first and not answers:
        raise first
    return answers


def span(start: str, hours: float) -> tuple[np.datetime64, np.datetime64]:
    """The span of ``--start`` and ``--hours``."""
    from swath.time import parse_utc, seconds

    if not (math.isfinite(hours) and 0.0 < hours <= _LONGEST_H):
        raise InputError(
            f"a span of {hours:g} hours", where="--hours", fix=f"Give more than 0 and at most {_LONGEST_H:g}"
        )
    first = parse_utc(start, where="--start")
    return first, first + seconds(hours * 3600.0)


def check_form(out: Path | None, forms: Sequence[str] = ()) -> None:
    """Is the ending of ``--out`` one that the command can write? Asked before the work begins.

    ``forms`` are those besides the ones of every command (:data:`EVERY_FORM`).
    """
    forms = (*EVERY_FORM, *(form for form in forms if form not in EVERY_FORM))
    if out is not None and out.suffix.lower() not in forms:
        raise InputError(
            f"cannot write {out.suffix or 'a file without an ending'}",
            where=str(out),
            fix=f"End it with {' or '.join(forms)}",
        )
    if out is not None and not out.parent.is_dir():
        raise InputError("its folder does not exist", where=str(out), fix="Make the folder first")


def give(
    key: str,
    rows: Sequence[Mapping[str, Any]],
    table: Sequence[str],
    asked: Asked,
    *,
    out: Path | None,
    as_json: bool,
    columns: Sequence[str],
    forms: Mapping[str, Callable[[], str | bytes]] | None = None,
    title: str = "",
) -> None:
    """Print or write the answer: JSON, the form that the ending of ``out`` names, or a table to read.

    ``forms`` make what a command can write besides :data:`EVERY_FORM`, by ending; the page (``title``) shows the
    picture among them. Notes go to stderr, and into the JSON, the Parquet file and the page.
    """

    def payload() -> str:
        return json.dumps({key: list(rows), **asked.notes}, indent=2, allow_nan=False) + "\n"

    if out is not None:
        makers: dict[str, Callable[[], str | bytes]] = {
            ".json": payload,
            ".csv": lambda: _csv(rows, columns),
            ".parquet": lambda: _parquet(rows, columns, asked.notes),
            ".html": lambda: _page(title or key.capitalize(), rows, columns, asked.notes, (forms or {}).get(".png")),
            **(forms or {}),
        }
        _write(out, makers[out.suffix.lower()]())
        print(f"{len(rows)} {key} -> {out}", file=sys.stderr)
    if as_json:
        print(payload(), end="")
    elif out is None:
        print("\n".join(table))
    say(asked.notes)


def give_file(
    out: Path,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    notes: Mapping[str, Sequence[Any]],
    forms: Mapping[str, Callable[[], str | bytes]],
) -> None:
    """Writes rows as .csv or .parquet, or what ``forms`` make of another ending; whole or not at all."""
    makers: dict[str, Callable[[], str | bytes]] = {
        ".csv": lambda: _csv(rows, columns),
        ".parquet": lambda: _parquet(rows, columns, notes),
        **forms,
    }
    _write(out, makers[out.suffix.lower()]())


def now() -> np.datetime64:
    """The moment of an answer, to the second, UTC."""
    import numpy as np

    return np.datetime64(datetime.now(UTC).replace(tzinfo=None), "s")


def say(notes: Mapping[str, Sequence[Any]], held: str = "--json lists them") -> None:
    """What there is to know besides the answer, on stderr."""
    said = [
        *(source["told"] for source in notes["sources"]),
        *notes["warnings"],
        *(f"left out {failed['satellite']}: {failed['because']}" for failed in notes["failed"]),
        *(f"rejected line {rejected['line']}: {rejected['what']}" for rejected in notes["rejected"]),
    ]
    for line in said[:_NOTES_SHOWN]:
        print(f"swath: {line}", file=sys.stderr)
    if len(said) > _NOTES_SHOWN:
        print(f"swath: ... and {len(said) - _NOTES_SHOWN} more; {held}", file=sys.stderr)


def _csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _parquet(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], notes: Mapping[str, Any]) -> bytes:
    """Columns of what the rows hold; texts that are all moments become times in UTC."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet

    made = {}
    for name in columns:
        values = [row.get(name) for row in rows]
        known = [value for value in values if value is not None]
        if known and all(isinstance(value, str) and _MOMENT.fullmatch(value) for value in known):
            times = np.array([value and value[:-1] for value in values], "datetime64[ns]")
            made[name] = pa.array(times).cast(pa.timestamp("ns", tz="UTC"))
        else:
            made[name] = pa.array(values)
    file = io.BytesIO()
    table = pa.table(made).replace_schema_metadata({"notes": json.dumps(notes)})
    pyarrow.parquet.write_table(table, file, compression="zstd")
    return file.getvalue()


def _page(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    notes: Mapping[str, Sequence[Any]],
    picture: Callable[[], str | bytes] | None,
) -> str:
    from swath.report.page import answer_page

    drawn = picture() if picture is not None and rows else b""
    pictures = [(title, drawn)] if isinstance(drawn, bytes) and drawn else []
    return answer_page(title, rows, columns, notes=notes, pictures=pictures)


def _write(out: Path, content: str | bytes) -> None:
    """Whole or not at all."""
    part = out.with_name(out.name + ".part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(out)
    except OSError as error:
        raise InputError(f"cannot write it: {error.strerror}", where=str(out), fix="Choose another place") from error
