"""``swath access``: when a camera can see a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cyclopts import App, Parameter

if TYPE_CHECKING:
    import numpy as np

    from swath.cli.orbits import Asked
    from swath.model import Place
    from swath.orbit.orbits import Orbit

__all__ = ["access", "app"]

app = App(
    name="access",
    help_epilogue="Example: swath access --elements fleet.tle --places fields.geojson --start 2026-05-08T00:00:00Z "
    "--hours 24 --max-off-nadir-deg 30 --min-sun-elevation-deg 10 --out windows.csv",
    default_parameter=Parameter(negative=()),
)

_COLUMNS = (
    *("satellite", "place", "start", "stop", "closest"),
    *("min_off_nadir_deg", "max_elevation_deg", "sun_elevation_deg"),
)


@app.default
def access(
    *,
    elements: str | None = None,
    places: Path,
    start: str,
    hours: float,
    max_off_nadir_deg: float | None = None,
    min_elevation_deg: float | None = None,
    min_sun_elevation_deg: float | None = None,
    nadir: Literal["geodetic", "geocentric"] = "geodetic",
    satellite: list[str] | None = None,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """When can each satellite see each place under the conditions given? One row a window.

    Parameters
    ----------
    elements
        File or folder of TLE, OMM or OEM in any form, https://..., celestrak:GROUP or spacetrack:NUMBER. Of several
        sets of one object the nearest in time counts. Without it CelesTrak is asked for each --satellite.
    places
        GeoJSON file of points and polygons; a polygon counts by its centre.
    start
        Beginning of the span, ISO 8601 with Z.
    hours
        Length of the span.
    max_off_nadir_deg
        How far from its nadir the camera may look.
    min_elevation_deg
        How high the satellite must stand at the place; without it, above the horizon.
    min_sun_elevation_deg
        How high the Sun must stand at the place.
    nadir
        Down along the ellipsoid's normal, or to the Earth's centre: up to 0.18 degrees apart.
    satellite
        Only this one: name, catalogue number or international designator; the names of `swath orbit catalogue` always
        work. May be given several times.
    out
        Write to this file instead: .json, .csv or .geojson.
    json
        Print JSON instead of a table.
    """
    from swath.cli.orbits import asked_for, check_form, give, span
    from swath.sources.places import read_places

    check_form(out, (".json", ".csv", ".geojson"))
    first, last = span(start, hours)
    asked = asked_for(elements, satellite or [], first, last)

    limits = {
        "max_off_nadir_deg": max_off_nadir_deg,
        "min_elevation_deg": min_elevation_deg,
        "min_sun_elevation_deg": min_sun_elevation_deg,
        "nadir": nadir,
    }
    spots = read_places(places)
    rows = _search(asked, spots, (first, last), limits)
    shapes = {place.id: _geometry(place) for place in spots}
    give("accesses", rows, _lines(rows), asked, out=out, as_json=json, columns=_COLUMNS, places=shapes)
    return 0


def _search(
    asked: Asked, places: Sequence[Place], ends: tuple[np.datetime64, np.datetime64], limits: Mapping[str, Any]
) -> list[dict[str, Any]]:
    from swath.access.accesses import Accesses, find_accesses
    from swath.cli.orbits import ask_each
    from swath.sources.eop import packaged_eop

    eop = packaged_eop()

    def question(name: str, orbit: Orbit) -> Accesses:
        return find_accesses({name: orbit.ephemeris}, places, *ends, eop, **limits)

    found = ask_each(asked, "access", question, ends)
    return Accesses.join(found).sort_by("start", "satellite", "place").to_json()


def _geometry(place: Place) -> dict[str, Any]:
    if place.ring:
        return {"type": "Polygon", "coordinates": [[list(vertex) for vertex in (*place.ring, place.ring[0])]]}
    return {"type": "Point", "coordinates": [place.lon_deg, place.lat_deg]}


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["no window"]
    head = f"{'SATELLITE':<15} {'PLACE':<12} {'START UTC':<19} {'STOP':<8} {'CLOSEST':<8} {'OFF':>4} {'SUN':>5}"
    return [
        head,
        *(
            f"{row['satellite'][:15]:<15} {row['place'][:12]:<12} {row['start'][:19].replace('T', ' ')} "
            f"{row['stop'][11:19]} {row['closest'][11:19]} "
            f"{row['min_off_nadir_deg']:4.1f} {row['sun_elevation_deg']:5.1f}"
            for row in rows
        ),
    ]
