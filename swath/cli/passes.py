"""``swath passes``: when a station sees a satellite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from swath.cli.windows import MOST_LINES, more_lines
from swath.errors import InputError, SwathError

if TYPE_CHECKING:
    import numpy as np

    from swath.access.conditions import Condition
    from swath.access.passes import Passes
    from swath.cli.orbits import Asked
    from swath.model import Station
    from swath.orbit.ephemeris import Ephemeris
    from swath.orbit.orbits import Orbit
    from swath.table import Table

__all__ = ["app", "passes"]

app = App(
    name="passes",
    help_epilogue="Example: swath passes --elements fleet.tle --station 15.39,78.23,450 --start 2026-05-08T00:00:00Z "
    "--hours 24",
    default_parameter=Parameter(negative=()),
)


@app.default
def passes(
    *,
    elements: str | None = None,
    station: Annotated[list[str], Parameter(allow_leading_hyphen=True)],
    start: str,
    hours: float | None = None,
    next: bool = False,
    min_elevation_deg: float = 5.0,
    mask: Path | None = None,
    where: str | None = None,
    sample: float | None = None,
    frequency_hz: float | None = None,
    satellite: list[str] | None = None,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """When does each satellite stand above a station's horizon, and how high does it get?

    Parameters
    ----------
    elements
        File or folder of TLE, OMM or OEM in any form, https://..., celestrak:GROUP or spacetrack:NUMBER. Of several
        sets of one object the nearest in time counts. Without it CelesTrak is asked for each --satellite.
    station
        [NAME=]LON,LAT[,ALT_M] in degrees, and metres above the WGS84 ellipsoid; or the name of a station of
        `swath orbit catalogue`. May be given several times.
    start
        Beginning of the span, ISO 8601 with Z.
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
    satellite
        Only this one: name, catalogue number or international designator; the names of `swath orbit catalogue` always
        work. May be given several times.
    out
        Write to this file instead: .json, .csv, .parquet, .geojson, .czml, .ics, .kml or .png. With --sample a .csv
        or .parquet holds the samples.
    json
        Print JSON instead of a table.
    """
    from swath.cli.orbits import asked_for, check_form, give, span
    from swath.cli.windows import FORMS, compared_with, forms_of, found_for, hours_to_search, parquet, where_of

    check_form(out, FORMS)
    ends = span(start, hours_to_search(hours, next))
    horizon, wanted = _mask(mask), where_of(where)
    stations = [_station(text, min_elevation_deg, horizon) for text in station]
    asked = asked_for(elements, satellite or [], *ends)
    others = compared_with(wanted, asked, elements, ends[0] + (ends[1] - ends[0]) // 2)
    found = _search(asked, stations, ends, wanted, others, next)
    table = _described(found, asked, stations, ends, wanted, others)
    rows, names = table.to_json(), [field.name for field in fields(table)]
    forms = forms_of(lambda: found_for(_title(asked, stations), table, asked, stations, ends))
    if sample is None:
        give("passes", rows, _lines(rows), asked, out=out, as_json=json, columns=names, forms=forms)
        return 0
    samples = _samples(found, asked, stations, sample, frequency_hz)
    asked.notes["samples"] = samples.to_json()
    if out is not None and out.suffix.lower() in (".csv", ".parquet"):
        rows, names = asked.notes.pop("samples"), [field.name for field in fields(samples)]
        forms[".parquet"] = lambda: parquet(samples)
    lines = [*_lines(table.to_json()), "", *_sample_lines(samples.to_json())]
    give("passes", rows, lines, asked, out=out, as_json=json, columns=names, forms=forms)
    return 0


def _search(
    asked: Asked,
    stations: Sequence[Station],
    ends: tuple[np.datetime64, np.datetime64],
    wanted: Condition | None,
    others: Mapping[str, Ephemeris],
    first_only: bool,
) -> Passes:
    import numpy as np

    from swath.access.passes import Passes, find_passes
    from swath.cli.orbits import ask_each
    from swath.cli.windows import next_only, tell_cost
    from swath.sources.eop import packaged_eop

    eop = packaged_eop()
    if not first_only:
        tell_cost(len(asked.fleet), len(stations), float((ends[1] - ends[0]) / np.timedelta64(1, "h")), 0.4)

    def question(name: str, orbit: Orbit) -> Passes:
        def search(start: np.datetime64, stop: np.datetime64) -> Passes:
            return find_passes({name: orbit.ephemeris}, stations, start, stop, eop, where=wanted, others=others)

        return next_only(search, *ends, len(stations), "station") if first_only else search(*ends)

    return Passes.join(ask_each(asked, "passes", question, ends[: 1 + (not first_only)])).sort_by(
        "start", "satellite", "station"
    )


def _described(
    found: Passes,
    asked: Asked,
    stations: Sequence[Station],
    ends: tuple[np.datetime64, np.datetime64],
    wanted: Condition | None,
    others: Mapping[str, Ephemeris],
) -> Table:
    from swath.access.pass_details import describe_passes
    from swath.sources.eop import packaged_eop

    orbits = {name: asked.fleet[name] for name in dict.fromkeys(found.satellite.tolist())}
    details = describe_passes(
        found, {name: orbit.ephemeris for name, orbit in orbits.items()}, stations, *ends, packaged_eop(),
        where=wanted, others=others, doubts={name: orbit.doubt for name, orbit in orbits.items()},
        maneuvers={name: orbit.maneuvers for name, orbit in orbits.items()},
    )  # fmt: skip
    return found.beside(details)


def _samples(
    found: Passes, asked: Asked, stations: Sequence[Station], step_s: float, frequency_hz: float | None
) -> Table:
    from swath.access.pass_details import sample_passes
    from swath.sources.eop import packaged_eop

    orbits = {name: orbit.ephemeris for name, orbit in asked.fleet.items()}
    return sample_passes(found, orbits, stations, packaged_eop(), step_s=step_s, frequency_hz=frequency_hz)


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


def _title(asked: Asked, stations: Sequence[Station]) -> str:
    from swath.cli.windows import few

    return f"Passes of {few(list(asked.fleet))} over {few([one.id for one in stations])}"


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["no pass"]
    head = f"{'SATELLITE':<14} {'STATION':<12} {'START UTC':<19} {'HIGHEST':<8} {'STOP':<8} {'EL':>2} AZIMUTHS"
    shown = [
        f"{row['satellite'][:14]:<14} {row['station'][:12]:<12} {row['start'][:19].replace('T', ' ')} "
        f"{row['culmination'][11:19]} {row['stop'][11:19]} {row['max_elevation_deg']:2.0f} "
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
