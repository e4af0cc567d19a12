"""``swath claim who`` and ``swath claim overflights``: which satellites could see a place, then or next."""

from __future__ import annotations

import json as text
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from swath.cli.options import HoursOption, JsonOption, StartOption
from swath.errors import DataError, InputError

__all__ = ["overflights", "who"]

Elements = Annotated[list[str], Parameter(help="Who flies: file, folder, celestrak:GROUP. May be given several times.")]
Lonlat = Annotated[str, Parameter(help="[NAME=]LON,LAT[,ALT_M], longitude first.", allow_leading_hyphen=True)]


def who(
    *,
    place: Lonlat,
    time: str,
    elements: Elements,
    zone: str = "",
    kind: Literal["picture", "optical", "radar"] = "picture",
    detail_m: float | None = None,
    json: JsonOption = False,
) -> int:
    """Which catalogued satellites could have taken a picture of a place at a time? Ranked by angle.

    Example: swath claim who --place 30.22,50.55 --time "2026-05-08 around ten in the morning" --zone Europe/Kyiv
    --elements celestrak:resource

    Exit code 1 if none of them could, 3 if no set is near enough in time.

    Parameters
    ----------
    time
        As in a claim file: 2026-05-08T08:57:00Z, "2026-05-08 10:15 to 10:27", or rough words.
    zone
        Of a time that names none: Europe/Kyiv, +03:00, KST.
    kind
        optical needs daylight and no radar, radar is radar; picture leaves both open.
    detail_m
        Leave out satellites whose pixels at that look are larger.
    """
    from swath.claim.moments import moment_of
    from swath.claim.motion import history_of
    from swath.claim.records import Claim, Subject
    from swath.claim.who import who_could
    from swath.cli.claim_check import sets_of
    from swath.cli.windows import place_of
    from swath.orbit.history import histories
    from swath.report.claim_answer import candidate_lines, candidate_row
    from swath.sources.eop import packaged_eop

    if detail_m is not None and not 0.0 < detail_m < 1e5:
        raise InputError(f"details of {detail_m:g} m", where="--detail-m", fix="Give more than 0 m")
    moment = moment_of(time, zone=zone, where="--time")
    known = {n: history_of(sets) for n, sets in histories(sets_of(elements)).items()}
    if not known:
        raise DataError("no element set", where="--elements", fix="Give a file of TLE or OMM")
    claim = Claim("who", kind, moment, Subject(), place_of(place), detail_m=detail_m)
    found = who_could(claim, known, packaged_eop())
    if json:
        print(text.dumps({"candidates": [candidate_row(one) for one in found]}, indent=2))
    else:
        print("\n".join(candidate_lines(found)))
        if found:
            print("? assumed: no source says how far its camera looks")
    return 0 if any(one.able for one in found) else 1


def overflights(
    *,
    place: Lonlat,
    start: StartOption,
    elements: Elements,
    hours: HoursOption = 24.0,
    by_day: bool = False,
    json: JsonOption = False,
    out: Path | None = None,
) -> int:
    """When is a place within reach of whose camera? For those who want to know when they are looked at.

    Example: swath claim overflights --place 15.4,78.2 --start 2026-05-08T00:00:00Z --elements celestrak:resource

    Parameters
    ----------
    by_day
        Only by daylight, and all radars.
    out
        Write to this file instead: .json, .csv, .parquet or .html.
    """
    from swath.claim.overflights import overflights_of
    from swath.cli.claim_check import sets_of
    from swath.cli.orbits import Asked, check_form, give, span
    from swath.cli.windows import place_of
    from swath.orbit.elements import newest_for
    from swath.sources.eop import packaged_eop

    check_form(out)
    first, last = span(start, hours)
    fleet = newest_for(sets_of(elements), first + (last - first) // 2)
    found, failed = overflights_of(fleet, place_of(place), first, last, packaged_eop(), by_day=by_day)
    rows = found.to_json()
    notes = {"sources": [], "rejected": [], "failed": failed, "warnings": []}
    asked = Asked({}, notes)
    columns = list(rows[0]) if rows else []
    give(
        "overflights",
        rows,
        _lines(rows),
        asked,
        out=out,
        as_json=json,
        columns=columns,
        title=f"Overflights of {place}",
    )
    return 0 if rows else 1


def _lines(rows: list[dict[str, object]]) -> list[str]:
    if not rows:
        return ["no camera comes within reach"]
    head = f"{'UTC':<19} {'SATELLITE':<22} {'KIND':<9} {'NADIR':>6} {'LIMIT':>6} {'PIXEL m':>7} {'SUN':>5}"
    return [
        head,
        *(
            f"{str(row['time'])[:19].replace('T', ' ')} {str(row['satellite'])[:22]:<22} {row['kind']!s:<9} "
            f"{row['off_nadir_deg']:6.1f} {row['limit_deg']:5.0f}{' ' if row['limit_known'] else '?'} "
            f"{'-' if row['gsd_m'] is None else format(row['gsd_m'], '.2f'):>7} {row['sun_elevation_deg']:5.0f}"
            for row in rows
        ),
        "? assumed: no source says how far its camera looks",
    ]
