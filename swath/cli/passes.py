"""``swath passes``: when a station sees a satellite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from swath.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from swath.model import Station
    from swath.orbit.orbits import Orbit

__all__ = ["app", "passes"]

app = App(
    name="passes",
    help_epilogue="Example: swath passes --elements fleet.tle --station 15.39,78.23,450 --start 2026-05-08T00:00:00Z "
    "--hours 24",
    default_parameter=Parameter(negative=()),
)

_COLUMNS = ("satellite", "station", "start", "culmination", "stop", "max_elevation_deg", "along_track_sigma_s")


@app.default
def passes(
    *,
    elements: str | None = None,
    station: Annotated[list[str], Parameter(allow_leading_hyphen=True)],
    start: str,
    hours: float,
    min_elevation_deg: float = 5.0,
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
        LON,LAT[,ALT_M] in degrees, and metres above the WGS84 ellipsoid. May be given several times.
    start
        Beginning of the span, ISO 8601 with Z.
    hours
        Length of the span.
    min_elevation_deg
        The pass counts from here up; no refraction.
    satellite
        Only this one: name, catalogue number or international designator; the names of `swath orbit catalogue` always
        work. May be given several times.
    out
        Write to this file instead: .json or .csv.
    json
        Print JSON instead of a table.
    """
    from swath.cli.orbits import ask_each, asked_for, check_form, give, span

    check_form(out, (".json", ".csv"))
    first, last = span(start, hours)
    stations = [_station(text, min_elevation_deg) for text in station]
    asked = asked_for(elements, satellite or [], first, last)

    from swath.access.passes import Passes, find_passes
    from swath.sources.eop import packaged_eop

    eop = packaged_eop()
    found = ask_each(
        asked,
        "passes",
        lambda name, orbit: find_passes({name: orbit.ephemeris}, stations, first, last, eop),
        (first, last),
    )
    table = Passes.join(found).sort_by("start", "satellite", "station")
    rows = [
        row | {"along_track_sigma_s": _sigma_s(asked.fleet[row["satellite"]], culmination)}
        for row, culmination in zip(table.to_json(), table.culmination, strict=True)
    ]
    give("passes", rows, _lines(rows), asked, out=out, as_json=json, columns=_COLUMNS)
    return 0


def _sigma_s(orbit: Orbit, at: np.datetime64) -> float | None:
    """How early or late the pass may be, one sigma; of published positions nobody knows."""
    from swath.orbit.uncertainty import age_days, along_track_sigma_s

    return None if orbit.elements is None else float(along_track_sigma_s(age_days(orbit.elements, at)))


def _station(text: str, min_elevation_deg: float) -> Station:
    from swath.model import Place, Station

    try:
        lon_deg, lat_deg, *altitude_m = (float(part) for part in text.split(","))
        (height_m,) = altitude_m or [0.0]
    except ValueError as error:
        raise InputError(
            f"{text!r} is not LON,LAT[,ALT_M]", where="--station", fix="Write it as 15.39,78.23,450"
        ) from error
    Place.point(text, lon_deg=lon_deg, lat_deg=lat_deg)  # refuses what lies outside the world
    if not -1000.0 <= height_m <= 10_000.0:
        raise InputError(f"an altitude of {height_m:g} m", where="--station", fix="Give metres above the ellipsoid")
    return Station(text, lon_deg, lat_deg, height_m, min_elevation_deg, rate_bit_s=0.0)


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["no pass"]
    head = f"{'SATELLITE':<20} {'STATION':<16} {'START UTC':<19} {'HIGHEST':<8} {'STOP':<8} {'ELEV'}"
    return [
        head,
        *(
            f"{row['satellite'][:20]:<20} {row['station'][:16]:<16} {row['start'][:19].replace('T', ' ')} "
            f"{row['culmination'][11:19]} {row['stop'][11:19]} {row['max_elevation_deg']:4.1f}"
            for row in rows
        ),
    ]
