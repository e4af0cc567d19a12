"""``swath passes``: when a station sees a satellite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from swath.cli.options import ElementsOption, JsonOption, SatelliteOption, StartOption
from swath.cli.windows import MOST_LINES, clock_of, more_lines
from swath.errors import DataError, InputError, SwathError

if TYPE_CHECKING:
    from swath.access.cost import Cost
    from swath.access.questions import PassQuestion
    from swath.cli.orbits import Asked
    from swath.cli.streams import Wish
    from swath.model import Station
    from swath.table import Table

__all__ = ["app", "passes"]

app = App(
    name="passes",
    help_epilogue="Example: swath passes --elements fleet.tle --station 15.39,78.23,450 --start 2026-05-08T00:00:00Z "
    "--hours 24",
)


@app.default
def passes(
    *,
    elements: ElementsOption = None,
    station: Annotated[list[str], Parameter(allow_leading_hyphen=True)],
    start: StartOption,
    hours: float | None = None,
    next: bool = False,
    min_elevation_deg: float = 5.0,
    mask: Path | None = None,
    where: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    sample: float | None = None,
    frequency_hz: float | None = None,
    satellite: SatelliteOption = None,
    out: Path | None = None,
    columns: str | None = None,
    workers: int | None = None,
    yes: bool = False,
    json: JsonOption = False,
) -> int:
    """When does each satellite stand above a station's horizon, and how high does it get?

    Parameters
    ----------
    station
        [NAME=]LON,LAT[,ALT_M] in degrees, and metres above the WGS84 ellipsoid; or the name of a station of
        `swath orbit catalogue`. May be given several times.
    hours
        Length of the span.
    next
        Only the first pass of each satellite and station, looked for up to 20 days ahead (or --hours).
    min_elevation_deg
        The pass counts from here up; no refraction.
    mask
        Horizon of the stations: a CSV file of azimuth and elevation in degrees, straight between its rows.
    where
        Any further condition in words: "sun <= -6 and not eclipse".
    sample
        Also list azimuth, elevation, range and range rate through each pass, in steps of so many seconds.
    frequency_hz
        With --sample: the Doppler shift of a transmitter on the satellite at this frequency.
    out
        Write to this file instead: .json, .csv, .parquet, .geojson, .czml, .ics, .kml, .html or .png. A .parquet or
        .csv may hold any number of passes: beyond 200,000 they come by satellite, station and time. With --sample a
        .csv or .parquet holds the samples.
    columns
        Of a .parquet or .csv: which columns, as satellite,station,start,stop.
    workers
        Processes that search for a large file; one for each core unless told otherwise.
    yes
        Begin even if more than 1,000,000,000 passes are to be expected.
    """
    from swath.access.questions import PassQuestion
    from swath.cli.orbits import asked_for, check_form, span
    from swath.cli.streams import Wish, columns_of, streamed
    from swath.cli.windows import FORMS, answered, compared_with, hours_to_search, where_of
    from swath.sources.eop import packaged_eop

    check_form(out, FORMS)
    wish = Wish(out, json, next, columns_of(columns, out), workers, yes)
    ends, horizon, wanted = span(start, hours_to_search(hours, next)), _mask(mask), where_of(where)
    stations = [_station(text, min_elevation_deg, horizon) for text in station]
    asked = asked_for(elements, satellite or [], *ends)
    question = PassQuestion(stations, ends, packaged_eop(), wanted, compared_with(wanted, asked, elements, ends))
    if sample is not None:
        _give_samples(question, asked, wish, sample, frequency_hz)
    elif not streamed("passes", question, asked, _cost(question, asked, next), wish):
        _give(answered("passes", question, asked, next), question, asked, wish)
    return 0


def _give(table: Table, question: PassQuestion, asked: Asked, wish: Wish) -> None:
    from swath.cli.orbits import give

    rows, names = table.to_json(), [field.name for field in fields(table)]
    title, forms = _forms(table, question, asked)
    out, lines = wish.out, _lines(rows)
    give("passes", rows, lines, asked, out=out, as_json=wish.as_json, columns=names, forms=forms, title=title)


def _give_samples(question: PassQuestion, asked: Asked, wish: Wish, step_s: float, frequency_hz: float | None) -> None:
    """The passes and a table of samples; a .csv or .parquet holds the samples."""
    from swath.access.pass_details import sample_passes
    from swath.access.passes import Passes
    from swath.cli.orbits import give
    from swath.cli.streams import small
    from swath.cli.windows import answered, parquet

    small(_cost(question, asked, wish.first_only), wish)
    table = answered("passes", question, asked, wish.first_only)
    found = Passes(**{field.name: getattr(table, field.name) for field in fields(Passes)})
    orbits = {name: orbit.ephemeris for name, orbit in asked.fleet.items()}
    samples = sample_passes(found, orbits, question.stations, question.eop, step_s=step_s, frequency_hz=frequency_hz)
    rows, names = table.to_json(), [field.name for field in fields(table)]
    lines = [*_lines(rows), "", *_sample_lines(samples.to_json())]
    title, forms = _forms(table, question, asked)
    if wish.out is not None and wish.out.suffix.lower() in (".csv", ".parquet"):
        rows, names = samples.to_json(), [field.name for field in fields(samples)]
        forms[".parquet"] = lambda: parquet(samples, asked.notes)
    else:
        asked.notes["samples"] = samples.to_json()
    out = wish.out
    give("passes", rows, lines, asked, out=out, as_json=wish.as_json, columns=names, forms=forms, title=title)


def _forms(table: Table, question: PassQuestion, asked: Asked) -> tuple[str, dict[str, Callable[[], str | bytes]]]:
    from swath.cli.windows import few, forms_of, found_for

    title = f"Passes of {few(list(asked.fleet))} over {few([one.id for one in question.stations])}"
    return title, forms_of(lambda: found_for(title, table, asked, question.stations, question.span), asked.notes)


def _cost(question: PassQuestion, asked: Asked, first_only: bool) -> Cost:
    from swath.access.cost import Cost, estimate, shape_of
    from swath.access.questions import Limits

    if first_only:
        return Cost(len(asked.fleet) * len(question.stations), 0.0, 0)
    limits = Limits(min((station.min_elevation_deg for station in question.stations), default=0.0))
    total = Cost(0, 0.0, 0)
    for orbit in asked.fleet.values():
        try:
            shape = orbit.elements or shape_of(orbit.ephemeris, question.span[0])
        except DataError:
            continue  # it will be told of when it is asked
        total += estimate([shape], len(question.stations), *question.span, limits, samples=1)
    return total


def _station(text: str, min_elevation_deg: float, mask: tuple[tuple[float, float], ...]) -> Station:
    from dataclasses import replace

    from swath.cli.windows import position_of
    from swath.model import Station
    from swath.spacecraft.catalog import station

    if not any(mark in text for mark in ",="):
        try:
            return replace(station(text).station(min_elevation_deg=min_elevation_deg), mask=mask)
        except SwathError as error:
            fix = f"{error.fix}; or write LON,LAT[,ALT_M] as 15.39,78.23,450"
            raise InputError(
                f"{text!r} is not LON,LAT[,ALT_M], nor a known station", where="--station", fix=fix
            ) from error
    name, lon_deg, lat_deg, height_m = position_of(text, "--station")
    return Station(name, lon_deg, lat_deg, height_m, min_elevation_deg, rate_bit_s=0.0, mask=mask)


def _mask(path: Path | None) -> tuple[tuple[float, float], ...]:
    if path is None:
        return ()
    from swath.sources.places import read_mask

    return read_mask(path)


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["no pass"]
    head = f"{'SATELLITE':<14} {'STATION':<12} {'START UTC':<19} {'HIGHEST':<8} {'STOP':<8} {'EL':>2} AZIMUTHS"
    shown = [
        f"{row['satellite'][:14]:<14} {row['station'][:12]:<12} {row['start'][:19].replace('T', ' ')} "
        f"{clock_of(row, 'culmination'):<8} {clock_of(row, 'stop'):<8} {row['max_elevation_deg']:2.0f} "
        + "-".join(f"{row[f'{at}_azimuth_deg']:03.0f}" for at in ("start", "culmination", "stop"))
        for row in rows[:MOST_LINES]
    ]
    return [head, *shown, *more_lines(rows)]


def _sample_lines(rows: list[dict[str, Any]]) -> list[str]:
    head = (
        f"{'TIME UTC':<19} {'SATELLITE':<15} {'AZ deg':>6} {'EL deg':>6} {'RANGE km':>9} {'km/s':>7} {'DOPPLER Hz':>10}"
    )
    shown = []
    for row in rows[:MOST_LINES]:
        doppler = "" if row["doppler_hz"] is None else f"{row['doppler_hz']:.0f}"
        shown.append(
            f"{row['time'][:19].replace('T', ' ')} {row['satellite'][:15]:<15} {row['azimuth_deg']:6.1f} "
            f"{row['elevation_deg']:6.1f} {row['range_m'] / 1e3:9.1f} {row['range_rate_m_s'] / 1e3:7.3f} {doppler:>10}"
        )
    return [head, *shown, *more_lines(rows)]
