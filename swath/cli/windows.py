"""What ``passes`` and ``access`` share: spans and "when next", places and stations, the cost, and forms of output."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from swath.errors import DataError, InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.access.conditions import Condition
    from swath.access.questions import AccessQuestion, PassQuestion
    from swath.cli.orbits import Asked
    from swath.model import Place, Station
    from swath.orbit.ephemeris import Ephemeris
    from swath.orbit.orbits import Orbit
    from swath.report.windows import Found
    from swath.table import Table

__all__ = [
    "FORMS",
    "MOST_LINES",
    "answered",
    "clock_of",
    "compared_with",
    "doubt_words",
    "few",
    "forms_of",
    "found_for",
    "hours_to_search",
    "more_lines",
    "next_only",
    "parquet",
    "place_of",
    "position_of",
    "where_of",
]

FORMS = (".geojson", ".czml", ".ics", ".kml", ".png")

Windows = TypeVar("Windows", bound="Table")

MOST_LINES = 500
"""rows of a table for people; files hold all"""

_NEXT_H = 20 * 24.0
_FIRST_H = 3.0
_TRACK_STEP_S = 30.0
_MOST_STATES = 500_000


def hours_to_search(hours: float | None, next_only: bool) -> float:
    """The length of the span; "when next" looks up to 20 days ahead unless told otherwise."""
    if hours is None and not next_only:
        raise InputError("how long a span?", where="--hours", fix="Give --hours, or --next for the first window")
    return _NEXT_H if hours is None else hours


def next_only(
    search: Callable[[np.datetime64, np.datetime64], Windows],
    start: np.datetime64,
    stop: np.datetime64,
    pairs: int,
    at: str,
) -> tuple[Windows, np.datetime64, DataError | None]:
    """The first window of each of ``pairs`` pairs of satellite and place (the column ``at``), in ever longer spans.

    A window that the span looked through cuts off is looked for again in the next, longer one. Returns the windows, the
    end of the span that was looked through, and what kept a longer one from being looked through, if anything did.
    """
    import numpy as np

    from swath.time import seconds

    hours, known = _FIRST_H, None
    while True:
        end = min(start + seconds(hours * 3600.0), stop)
        try:
            table = search(start, end)
        except DataError as error:
            if known is None:
                raise
            return *known, error
        names, satellites = getattr(table, at), table.satellite  # type: ignore[attr-defined]
        keys = [f"{a}\0{b}" for a, b in zip(satellites.tolist(), names.tolist(), strict=True)]
        _, first = np.unique(np.array(keys, "U"), return_index=True)
        table = table.take(np.sort(first))
        if end == stop or (len(table) == pairs and not (table.stop >= end).any()):  # type: ignore[attr-defined]
            return table, end, None
        known = table, end
        hours *= 2.0


def position_of(text: str, flag: str) -> tuple[str, float, float, float]:
    """Name, longitude, latitude and height of ``[NAME=]LON,LAT[,ALT_M]``."""
    from swath.model import Place

    name, named, numbers = text.rpartition("=")
    try:
        lon_deg, lat_deg, *altitude_m = (float(part) for part in numbers.split(","))
        (height_m,) = altitude_m or [0.0]
    except ValueError as error:
        raise InputError(f"{text!r} is not LON,LAT[,ALT_M]", where=flag, fix="Write it as 15.39,78.23,450") from error
    Place.point(text, lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=height_m)  # refuses what lies outside the world
    return (name.strip() if named and name.strip() else text), lon_deg, lat_deg, height_m


def place_of(text: str) -> Place:
    """The place that ``--place`` names."""
    from swath.model import Place

    name, lon_deg, lat_deg, height_m = position_of(text, "--place")
    return Place.point(name, lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=height_m)


def where_of(text: str | None) -> Condition | None:
    """The condition that ``--where`` states."""
    from swath.access.spoken import condition

    return None if text is None else condition(text)


def compared_with(
    condition: Condition | None, asked: Asked, elements: str | None, ends: tuple[np.datetime64, np.datetime64]
) -> dict[str, Ephemeris]:
    """The orbits of satellites that a condition names: out of the same elements, or of the catalogue."""
    from swath.access.conditions import satellites_named
    from swath.cli.orbits import asked_for

    names = satellites_named(condition) if condition is not None else set()
    found: dict[str, Ephemeris] = {}
    for name in sorted(names):
        same = [orbit for orbit in asked.fleet.values() if orbit.called(name)]
        orbits = same or list(asked_for(elements, [name], *ends).fleet.values())
        found[name] = orbits[0].ephemeris
    return found


def answered(key: str, question: AccessQuestion | PassQuestion, asked: Asked, first_only: bool) -> Table:
    """The windows of all satellites with their details, in the order of their start; or only the next ones."""
    from swath.cli.orbits import ask_each

    kinds, span = question.kinds, question.span
    windows: Any
    if first_only:
        found = ask_each(asked, key, lambda name, orbit: _next_of(question, asked, name, orbit), span[:1])
        windows, details = (kind.join([pair[n] for pair in found]) for n, kind in enumerate(kinds))
    else:
        each = ask_each(asked, key, lambda name, orbit: question.find(name, orbit, span), span)
        windows = kinds[0].join(each)
        details = question.describe(windows, asked.fleet)
    table: Table = windows.beside(details)
    return table.sort_by("start", "satellite", question.at)


def _next_of(question: AccessQuestion | PassQuestion, asked: Asked, name: str, orbit: Orbit) -> tuple[Any, Table]:
    """The first windows of one satellite and their details, over the span that had to be looked through for them."""
    from swath.time import format_utc

    start, stop = question.span
    windows: Any
    windows, end, why = next_only(
        lambda a, b: question.find(name, orbit, (a, b)), start, stop, question.places_asked, question.at
    )
    if why is not None:
        asked.notes["warnings"].append(f"{name}: looked no further than {format_utc(end)}: {why}")
    return windows, replace(question, span=(start, end)).describe(windows, {name: orbit})


def found_for(
    title: str,
    windows: Table,
    asked: Asked,
    places: Mapping[str, Place] | Sequence[Station],
    ends: tuple[np.datetime64, np.datetime64],
) -> Found:
    """The answer with the tracks of its satellites, for the forms that draw."""
    import numpy as np

    from swath.cli.orbits import now
    from swath.model import Place
    from swath.report.windows import Found, Track
    from swath.time import time_grid

    if not isinstance(places, Mapping):
        places = {
            s.id: Place.point(s.id, lon_deg=s.lon_deg, lat_deg=s.lat_deg, altitude_m=s.altitude_m) for s in places
        }
    names = sorted(set(windows.satellite.tolist()))  # type: ignore[attr-defined]
    span_s = float((ends[1] - ends[0]) / np.timedelta64(1, "s"))
    step_s = max(_TRACK_STEP_S, span_s * max(len(names), 1) / _MOST_STATES)
    tracks = {}
    for name in names:
        at = time_grid(*ends, step_s)
        at = np.append(at[at < ends[1]], ends[1])
        try:
            r_itrf_m = asked.fleet[name].ephemeris.states(at)[0]
        except DataError:  # "when next" looks as far as it has to: the track goes no further
            last = windows.stop[windows.satellite == name].max()  # type: ignore[attr-defined]
            at = np.append(at[at < last], last)
            r_itrf_m = asked.fleet[name].ephemeris.states(at)[0]
        tracks[name] = Track(at, r_itrf_m)
    return Found(title, windows, *ends, places, tracks, now())


def forms_of(found: Callable[[], Found], notes: Mapping[str, Any]) -> dict[str, Callable[[], str | bytes]]:
    """The files that an answer can be written as, besides JSON, CSV and a page."""

    def png() -> bytes:
        from swath.report.windows_plots import coverage_png, sky_png
        from swath.sources.land import land_rings

        made = found()
        return sky_png(made) if made.at == "station" else coverage_png(made, land_rings())

    def text(name: str) -> Callable[[], str]:
        def make() -> str:
            from swath.report import windows_files

            return str(getattr(windows_files, f"windows_{name}")(found()))

        return make

    return {
        **{f".{name}": text(name) for name in ("geojson", "czml", "ics", "kml")},
        ".parquet": lambda: parquet(found().windows, notes),
        ".png": png,
    }


def parquet(table: Table, notes: Mapping[str, Any]) -> bytes:
    """A Parquet file: times in UTC, units and meanings in the columns' metadata, notes in the file's own."""
    import pyarrow.parquet

    file, made = io.BytesIO(), table.to_arrow(worded=False)
    made = made.replace_schema_metadata({"notes": json.dumps(notes)})
    pyarrow.parquet.write_table(made, file, compression="zstd")
    return file.getvalue()


def doubt_words(row: Mapping[str, Any], name: str) -> str:
    """The doubt in four characters, ``?`` where there may be no window at all."""
    if row["certainty"] == "doubtful":
        return "   ?"
    value = row[name]
    return "   -" if value is None else f"{value:4.1f}" if value < 99.95 else f"{value:4.0f}"


def clock_of(row: Mapping[str, Any], name: str) -> str:
    """The time of day, in eight characters; of a window longer than half a day with the number of days it is later."""
    start, stop, at = (datetime.fromisoformat(row[key]) for key in ("start", "stop", name))
    if stop - start < timedelta(hours=12):
        return f"{at:%H:%M:%S}"
    return f"{at:%H:%M}+{(at.date() - start.date()).days}"


def few(names: Sequence[str]) -> str:
    """Names for a title."""
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} ({', '.join(names[:2])}, ...)"


def more_lines(rows: Sequence[Any]) -> list[str]:
    """What is said below a table that is cut short."""
    left = len(rows) - MOST_LINES
    return [f"... and {left:,} more; --out FILE.csv writes them all"] if left > 0 else []
