"""``swath design programme``: an outsider's view of somebody's programme, from public facts."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.design.programme import Outlook

__all__ = ["programme"]


def programme(file: Path, /, *, days: float | None = None, out: Path | None = None, json: JsonOption = False) -> int:
    """What could a programme see with one satellite and with more, how soon, and when could the next be launched?

    Example: swath design programme examples/programme/programme.toml --out programme.html

    From public facts only; what is known, assumed and not known stays apart. Planes and places only.

    Parameters
    ----------
    file
        Facts and terms, as in examples/programme/programme.toml.
    days
        Look at so many days instead of those of the file.
    out
        Write the page here instead: .html, or .json.
    """
    from dataclasses import replace
    from json import dumps

    from swath.cli.progress import progress_bar
    from swath.design.programme import outlook
    from swath.report.programme_page import programme_page
    from swath.store.folder import write_whole
    from swath.store.programme import read_programme

    if out is not None and out.suffix.lower() not in (".html", ".json"):
        raise InputError(f"cannot write {out.suffix or 'that'}", where=str(out), fix="End it with .html or .json")
    asked = read_programme(file)
    if days is not None:
        if not 1.0 <= days <= 400.0:
            raise InputError(f"{days:g} days", where="--days", fix="Give 1 to 400")
        asked = replace(asked, days=days)
    with progress_bar("programme") as progress:
        found = outlook(asked, progress=progress)
    answer = {"programme": _rows(found), "windows": _windows(found), "warnings": [_NOTE]}
    text = dumps(answer, indent=2, allow_nan=False) + "\n"
    if out is not None:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        command = f"swath design programme {file.name} --out {out.name}"
        page = programme_page(found, digest=digest, command=command) if out.suffix.lower() == ".html" else text
        write_whole(out, page.encode())
        print(f"{len(asked.places)} places -> {out}", file=sys.stderr)
    if json:
        print(text, end="")
    elif out is None:
        print("\n".join(_lines(answer)))
        print(f"swath: {_NOTE}", file=sys.stderr)
    return 0


_NOTE = "could be seen, by geometry and light alone; weather, power, memory and tasking are not known and left out"


def _rows(found: Outlook) -> list[dict[str, Any]]:
    rows = []
    for reach in found.reaches:
        seen, down = reach.coverage.response, reach.coverage.delivery
        rows.append(
            {
                "place": reach.place,
                "satellites": reach.satellites,
                "way": reach.way,
                "looks_per_day": reach.coverage.looks_per_day,
                "days_per_look": reach.coverage.days_per_look,
                "to_picture_p95_days": None if seen is None else seen.p95_days,
                "to_ground_p50_days": None if down is None else down.p50_days,
                "to_ground_p90_days": None if down is None else down.p90_days,
            }
        )
    return rows


def _windows(found: Outlook) -> list[dict[str, Any]]:
    from swath.time import format_utc

    return [
        {
            "site": site.name,
            "windows": len(windows),
            "first": format_utc(windows[0].best) if windows else None,
            "azimuths_deg": sorted({round(one.azimuth_deg, 1) for one in windows}),
            "because": why or None,
        }
        for site, windows, why in found.windows
    ]


def _lines(answer: dict[str, Any]) -> list[str]:
    head = f"{'PLACE':<24} {'SATS':>4} {'WAY':<11} {'DAYS/LOOK':>9} {'95 % SEEN h':>11}"
    lines = [f"{head} {'HALF DOWN h':>11}"]

    def hours(value: float | None) -> str:
        return "-" if value is None else f"{24.0 * value:.1f}"

    for row in answer["programme"]:
        each = "-" if row["days_per_look"] is None else f"{row['days_per_look']:.2f}"
        lines.append(
            f"{row['place'][:24]:<24} {row['satellites']:>4} {row['way']:<11} {each:>9} "
            f"{hours(row['to_picture_p95_days']):>11} {hours(row['to_ground_p50_days']):>11}"
        )
    for row in answer["windows"]:
        said = row["because"] or f"{row['windows']} windows, the first {row['first']}, azimuths {row['azimuths_deg']}"
        lines.append(f"{row['site']}: {said}")
    return lines
