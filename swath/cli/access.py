"""``swath access``: when a camera can see a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from swath.cli.windows import MOST_LINES, doubt_words, more_lines
from swath.errors import InputError, SwathError

if TYPE_CHECKING:
    import numpy as np

    from swath.access.accesses import Accesses
    from swath.access.conditions import Condition
    from swath.access.signals import Camera
    from swath.cli.orbits import Asked
    from swath.model import Place
    from swath.orbit.ephemeris import Ephemeris
    from swath.orbit.orbits import Orbit
    from swath.spacecraft.catalog import CatalogSatellite
    from swath.table import Table

__all__ = ["access", "app"]

app = App(
    name="access",
    help_epilogue="Example: swath access --elements fleet.tle --places fields.geojson --start 2026-05-08T00:00:00Z "
    "--hours 24 --max-off-nadir-deg 30 --min-sun-elevation-deg 10 --out windows.csv",
    default_parameter=Parameter(negative=()),
)


@app.default
def access(
    *,
    elements: str | None = None,
    places: Path | None = None,
    place: Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)] = None,
    start: str,
    hours: float | None = None,
    next: bool = False,
    max_off_nadir_deg: float | None = None,
    min_elevation_deg: float | None = None,
    min_sun_elevation_deg: float | None = None,
    nadir: Literal["geodetic", "geocentric"] = "geodetic",
    where: str | None = None,
    own_swath: bool = False,
    cover: Literal["any", "whole", "centre"] = "any",
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
        GeoJSON file of points, polygons and multipolygons.
    place
        [NAME=]LON,LAT[,ALT_M], instead of a file or besides it. May be given several times.
    start
        Beginning of the span, ISO 8601 with Z.
    hours
        Length of the span.
    next
        Only the first window of each satellite and place, looked for up to 20 days ahead (or --hours).
    max_off_nadir_deg
        How far from its nadir the camera may look.
    min_elevation_deg
        How high the satellite must stand at the place; without it, above the horizon.
    min_sun_elevation_deg
        How high the Sun must stand at the place.
    nadir
        Down along the ellipsoid's normal, or to the Earth's centre: up to 0.18 degrees apart.
    where
        Any further condition in words: "20 <= incidence <= 45 and right and not eclipse".
    own_swath
        Only what the satellite's own instrument can see, as far as the catalogue knows it.
    cover
        Of a place that is an area: any part of it is seen, the whole at one time, or its centre.
    satellite
        Only this one: name, catalogue number or international designator; the names of `swath orbit catalogue` always
        work. May be given several times.
    out
        Write to this file instead: .json, .csv, .parquet, .geojson, .czml, .ics, .kml or .png.
    json
        Print JSON instead of a table.
    """
    from swath.cli.orbits import asked_for, check_form, give, span
    from swath.cli.windows import FORMS, compared_with, few, forms_of, found_for, hours_to_search, where_of

    check_form(out, FORMS)
    ends = span(start, hours_to_search(hours, next))
    spots, wanted = _places(places, place or []), where_of(where)
    asked = asked_for(elements, satellite or [], *ends)
    limits = {
        "max_off_nadir_deg": max_off_nadir_deg,
        "min_elevation_deg": min_elevation_deg,
        "min_sun_elevation_deg": min_sun_elevation_deg,
        "nadir": nadir,
    }
    others = compared_with(wanted, asked, elements, ends[0] + (ends[1] - ends[0]) // 2)
    table = _Question(asked, spots, limits, wanted, own_swath, cover, others).answer(ends, next)
    rows, names = table.to_json(), [field.name for field in fields(table)]
    title = f"Access of {few(list(asked.fleet))} to {few([spot.id for spot in spots])}"
    forms = forms_of(lambda: found_for(title, table, asked, {spot.id: spot for spot in spots}, ends))
    give("accesses", rows, _lines(rows), asked, out=out, as_json=json, columns=names, forms=forms)
    return 0


def _places(file: Path | None, typed: Sequence[str]) -> tuple[Place, ...]:
    from swath.cli.windows import place_of
    from swath.sources.places import read_places

    spots = (*(read_places(file) if file is not None else ()), *(place_of(text) for text in typed))
    if not spots:
        raise InputError("of which places?", fix="Give --places FILE.geojson, or --place LON,LAT")
    return spots


@dataclass(frozen=True)
class _Question:
    """What is asked of every satellite."""

    asked: Asked
    spots: Sequence[Place]
    limits: Mapping[str, Any]
    wanted: Condition | None
    own_swath: bool
    cover: Literal["any", "whole", "centre"]
    others: Mapping[str, Ephemeris]

    def answer(self, ends: tuple[np.datetime64, np.datetime64], first_only: bool) -> Table:
        """Windows with their details, side by side."""
        import numpy as np

        from swath.access.accesses import Accesses, find_accesses, looking
        from swath.access.details import describe
        from swath.cli.orbits import ask_each
        from swath.cli.windows import next_only, tell_cost
        from swath.sources.eop import packaged_eop

        eop, cameras = packaged_eop(), {name: self._camera(orbit) for name, orbit in self.asked.fleet.items()}
        known = {name: camera for name, camera in cameras.items() if camera is not None}
        looks = {}
        hours = float((ends[1] - ends[0]) / np.timedelta64(1, "h"))
        if not first_only:
            tell_cost(len(self.asked.fleet), len(self.spots), hours, self._share())

        def question(name: str, orbit: Orbit) -> Accesses:
            wanted = self._of_one(name, orbit)
            looks[name] = looking(**self.limits, where=wanted)
            given = {"where": wanted, "others": self.others, "cameras": known, "cover": self.cover, **self.limits}

            def search(start: np.datetime64, stop: np.datetime64) -> Accesses:
                return find_accesses({name: orbit.ephemeris}, self.spots, start, stop, eop, **given)

            return next_only(search, *ends, len(self.spots), "place") if first_only else search(*ends)

        windows = Accesses.join(ask_each(self.asked, "access", question, ends[: 1 + (not first_only)])).sort_by(
            "start", "satellite", "place"
        )
        orbits = {name: orbit for name, orbit in self.asked.fleet.items() if name in looks}
        details = describe(
            windows, {name: orbit.ephemeris for name, orbit in orbits.items()}, self.spots, *ends, eop,
            asked=looks, cover=self.cover, others=self.others, cameras=known,
            doubts={name: orbit.doubt for name, orbit in orbits.items()},
            maneuvers={name: orbit.maneuvers for name, orbit in orbits.items()},
        )  # fmt: skip
        return windows.beside(details)

    def _of_one(self, name: str, orbit: Orbit) -> Condition | None:
        """What is asked of one satellite: with ``--own-swath`` what its instrument can see, too."""
        if not self.own_swath:
            return self.wanted
        from swath.access.instruments import own_look

        own, said = own_look(_catalogued(name, orbit), _height_m(orbit))
        self.asked.notes["warnings"].append(f"windows of {said}")
        return own if self.wanted is None else own & self.wanted

    def _camera(self, orbit: Orbit) -> Camera | None:
        from swath.access.instruments import camera_of

        try:
            return camera_of(_catalogued(orbit.name, orbit), _height_m(orbit))
        except SwathError:
            return None  # nothing is known of its pixels: the column stays empty

    def _share(self) -> float:
        """Of all places, how many come into view in one revolution of a satellite 600 km high?"""
        import numpy as np

        reach = 7.0 / 6.4
        elevation_deg, widest = self.limits["min_elevation_deg"] or 0.0, self.limits["max_off_nadir_deg"]
        far_rad = np.arccos(np.cos(np.radians(elevation_deg)) / reach) - np.radians(elevation_deg)
        if widest is not None and widest < 66.0:
            far_rad = min(far_rad, np.arcsin(reach * np.sin(np.radians(widest))) - np.radians(widest))
        return float(np.sin(max(far_rad, 0.0)))


def _catalogued(name: str, orbit: Orbit) -> CatalogSatellite:
    from swath.spacecraft.catalog import satellite

    return satellite(name if orbit.norad_id is None else orbit.norad_id)


def _height_m(orbit: Orbit) -> float:
    from swath.access.instruments import altitude_m

    return 600e3 if orbit.elements is None else altitude_m(orbit.elements)


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["no window"]
    head = (
        f"{'SATELLITE':<13} {'PLACE':<11} {'START UTC':<19} {'STOP':<8} {'CLOSEST':<8} {'OFF':>4} {'SUN':>5} {'±s':>4}"
    )
    shown = [
        f"{row['satellite'][:13]:<13} {row['place'][:11]:<11} {row['start'][:19].replace('T', ' ')} "
        f"{row['stop'][11:19]} {row['closest'][11:19]} "
        f"{row['min_off_nadir_deg']:4.1f} {row['sun_elevation_deg']:5.1f} {doubt_words(row, 'along_track_90_s')}"
        for row in rows[:MOST_LINES]
    ]
    return [head, *shown, *more_lines(rows)]
