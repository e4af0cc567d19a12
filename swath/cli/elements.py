"""``swath orbit elements``: lists, checks, fetches and converts what says where satellites are."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from swath.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.model import Elements
    from swath.orbit.oem import Oem
    from swath.sources.elements import Fetched

__all__ = ["elements"]

_ENDINGS = (".json", ".xml", ".kvn", ".csv", ".tle", ".oem", ".oem.xml")
_SHOWN = 20


def elements(
    place: str,
    /,
    *,
    satellite: list[str] | None = None,
    out: Path | None = None,
    start: str | None = None,
    hours: float = 24.0,
    step_s: float = 60.0,
    frame: Literal["ITRF", "TEME", "GCRF", "EME2000"] = "ITRF",
    strict: bool = False,
    offline: bool = False,
    json: bool = False,
) -> int:
    """Which orbits does a file or source hold, are they sound, and what are they in another form?

    Example: swath orbit elements fleet.tle

    swath orbit elements celestrak:resource --out resource.json

    swath orbit elements fleet.tle --out fleet.oem --start 2026-05-08T00:00:00Z --hours 24

    Parameters
    ----------
    place
        File or folder of TLE, OMM or OEM, https://..., celestrak:GROUP, spacetrack:NUMBER, or a satellite's name.
    satellite
        Only this one: name, catalogue number or international designator. May be given several times.
    out
        Write them in the form that the ending names: .json .xml .kvn .csv (OMM), .tle, .oem .oem.xml (ephemerides).
    start
        Of ephemerides: their beginning, ISO 8601 with Z.
    hours
        Of ephemerides: their length.
    step_s
        Of ephemerides: seconds from one state to the next.
    frame
        Of ephemerides: the frame of the states.
    strict
        Exit with 1 if anything in it was rejected.
    offline
        Use what was fetched before; ask nobody.
    json
        Print JSON instead of a table.
    """
    from json import dumps

    from swath.sources.cache import default_cache
    from swath.sources.elements import fetch_elements

    ending = _ending(out)
    fetched = fetch_elements(place, cache=default_cache(offline=offline))
    sets, tables = _chosen(fetched, satellite or [], place)
    if out is not None and ending:
        text, notes = _written(sets, tables, ending, (start, hours, step_s, frame))
        _write(out, text)
        print(f"{len(sets) + len(tables)} orbits -> {out}", file=sys.stderr)
        _tell(notes)
    rejected = [{"line": r.line, "what": r.what} for r in fetched.loaded.rejected]
    if json:
        listed = {"elements": [_row(one) for one in sets], "ephemerides": [_span(one) for one in tables]}
        print(dumps({**listed, "rejected": rejected, "sources": fetched.told()}, indent=2))
    elif out is None:
        print("\n".join(_lines(sets, tables)))
    _tell([source["told"] for source in fetched.told()])
    _tell([f"rejected line {r['line']}: {r['what']}" for r in rejected])
    return 1 if strict and rejected else 0


def _ending(out: Path | None) -> str:
    if out is None:
        return ""
    ending = ".oem.xml" if out.name.lower().endswith(".oem.xml") else out.suffix.lower()
    if ending not in _ENDINGS:
        known = " ".join(_ENDINGS)
        raise InputError(f"cannot write {ending or 'a file without an ending'}", where=str(out), fix=f"Use {known}")
    if not out.parent.is_dir():
        raise InputError("its folder does not exist", where=str(out), fix="Make the folder first")
    return ending


def _chosen(fetched: Fetched, names: Sequence[str], place: str) -> tuple[list[Elements], list[Oem]]:
    """All, or those of the names: own names, numbers and designators, or names of the catalogue."""
    from swath.orbit.orbits import called
    from swath.spacecraft.catalog import number_of

    sets, tables = list(fetched.loaded.elements), list(fetched.loaded.ephemerides)
    if not names:
        return sets, tables
    wanted = [(name, number_of(name)) for name in names]
    chosen = (
        [s for s in sets if any(called(n, s.name, s.norad_id, s.cospar_id) or s.norad_id == k for n, k in wanted)],
        [t for t in tables if any(called(n, t.object_name, t.norad_id, t.object_id) for n, _ in wanted)],
    )
    if not any(chosen):
        raise InputError(f"no satellite {', '.join(names)}", where=place, fix="`swath orbit elements` lists them")
    return chosen


def _row(one: Elements) -> dict[str, Any]:
    from swath.orbit.elements import apsides_m
    from swath.orbit.omm import omm_fields

    perigee_m, apogee_m = apsides_m(one)
    return {**omm_fields(one), "perigee_m": perigee_m, "apogee_m": apogee_m, "source": one.source}


def _span(one: Oem) -> dict[str, Any]:
    from swath.time import format_utc

    return {
        "object_name": one.object_name,
        "object_id": one.object_id,
        "start": format_utc(one.span[0], decimals=3),
        "stop": format_utc(one.span[1], decimals=3),
        "frames": sorted({segment.frame_written for segment in one.segments}),
        "states": sum(len(segment.tai) for segment in one.segments),
        "source": one.source,
    }


def _lines(sets: Sequence[Elements], tables: Sequence[Oem]) -> Iterator[str]:
    from swath.orbit.elements import apsides_m
    from swath.time import format_utc

    if sets:
        yield f"{'SATELLITE':<24} {'NUMBER':>9} {'EPOCH UTC':<20} {'LOW km':>7} {'HIGH km':>8} {'INCL':>6}"
    for one in sets:
        low_km, high_km = (height_m / 1e3 for height_m in apsides_m(one))
        epoch = format_utc(one.epoch)
        yield f"{one.name[:24]:<24} {one.norad_id:>9} {epoch} {low_km:7.0f} {high_km:8.0f} {one.inclination_deg:6.2f}"
    if tables:
        yield f"{'EPHEMERIS':<24} {'STATES':>9} {'FROM UTC':<20} UNTIL"
    for table in tables:
        row = _span(table)
        first, last = (format_utc(moment) for moment in table.span)
        yield f"{table.object_name[:24]:<24} {row['states']:>9} {first} {last}"


def _written(
    sets: Sequence[Elements], tables: Sequence[Oem], ending: str, span: tuple[str | None, float, float, str]
) -> tuple[str, list[str]]:
    """The text of the file, and what is to be said about it."""
    from swath.orbit.element_text import elements_text, to_tle
    from swath.orbit.elements import parse_tle

    if ending.startswith(".oem"):
        return _ephemerides(sets, tables, "xml" if ending.endswith(".xml") else "kvn", span)
    notes = [f"left out {table.object_name}: positions are not mean elements" for table in tables]
    if not sets:
        raise InputError("there are no mean elements in it", where="--out", fix="Write ephemerides: .oem or .oem.xml")
    text = elements_text(sets, ending[1:], created=_now())
    if ending == ".tle":
        rounded = sum(_orbit(one) != _orbit(*parse_tle(to_tle(one)).elements) for one in sets)
        notes += [f"{rounded} sets have more digits than a TLE holds and were rounded"] if rounded else []
    return text, notes


def _orbit(*sets: Elements) -> list[Elements]:
    """What says where it is, without its names."""
    return [replace(one, name="", cospar_id="", source="") for one in sets]


def _ephemerides(
    sets: Sequence[Elements], tables: Sequence[Oem], form: str, span: tuple[str | None, float, float, str]
) -> tuple[str, list[str]]:
    from swath.cli.orbits import span as checked_span
    from swath.errors import DataError
    from swath.orbit.elements import Loaded
    from swath.orbit.oem_write import made_oem, oem_text
    from swath.orbit.orbits import orbits_near
    from swath.sources.eop import packaged_eop

    start, hours, step_s, frame = span
    if start is None:
        raise InputError("from when on?", where="--start", fix="Give --start 2026-05-08T00:00:00Z and --hours 24")
    first, last = checked_span(start, hours)
    eop = packaged_eop()
    made, notes = [], []
    for name, orbit in orbits_near(Loaded(tuple(sets), (), tuple(tables)), first + (last - first) // 2, eop).items():
        try:
            id = orbit.cospar_id or str(orbit.norad_id or "UNKNOWN")
            made.append(made_oem(orbit.ephemeris, first, last, eop, name=name, id=id, step_s=step_s, frame=frame))
        except DataError as error:
            notes.append(f"left out {name}: {error}")
    if not made:
        raise DataError("none of them can be carried over the span", fix=notes[0] if notes else "")
    return oem_text(made, form=form, created=_now()), notes


def _now() -> np.datetime64:
    import numpy as np

    return np.datetime64("now", "ns")


def _write(out: Path, text: str) -> None:
    """Whole or not at all."""
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(out)
    except OSError as error:
        raise InputError(f"cannot write it: {error.strerror}", where=str(out), fix="Choose another place") from error


def _tell(lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        print(f"swath: {line}", file=sys.stderr)
    if len(lines) > _SHOWN:
        print(f"swath: ... and {len(lines) - _SHOWN} more", file=sys.stderr)
