"""``swath access``: when a camera can see a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from swath.cli.options import ElementsOption, JsonOption, SatelliteOption, StartOption
from swath.cli.windows import MOST_LINES, clock_of, compared_with, doubt_words, more_lines
from swath.errors import DataError, InputError, SwathError
from swath.frames import WGS84_A_M

if TYPE_CHECKING:
    import numpy as np

    from swath.access.accesses import Looking
    from swath.access.conditions import Condition
    from swath.access.cost import Cost
    from swath.access.questions import AccessQuestion
    from swath.access.signals import Camera
    from swath.cli.orbits import Asked
    from swath.cli.streams import Wish
    from swath.model import Place
    from swath.orbit.ephemeris import Ephemeris
    from swath.orbit.orbits import Orbit
    from swath.spacecraft.catalog import CatalogSatellite
    from swath.table import Table

__all__ = ["access", "app"]

_SAMPLES = 270
"""points that stand for an area, in the mean"""

app = App(
    name="access",
    help_epilogue="Example: swath access --elements fleet.tle --places fields.geojson --start 2026-05-08T00:00:00Z "
    "--hours 24 --max-off-nadir-deg 30 --min-sun-elevation-deg 10 --out windows.csv",
)


@app.default
def access(
    *,
    elements: ElementsOption = None,
    places: Path | None = None,
    place: Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)] = None,
    start: StartOption,
    hours: float | None = None,
    next: bool = False,
    max_off_nadir_deg: float | None = None,
    min_elevation_deg: float | None = None,
    min_sun_elevation_deg: float | None = None,
    nadir: Literal["geodetic", "geocentric"] = "geodetic",
    where: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    own_swath: bool = False,
    cover: Literal["any", "whole", "centre"] = "any",
    satellite: SatelliteOption = None,
    out: Path | None = None,
    columns: str | None = None,
    workers: int | None = None,
    yes: bool = False,
    json: JsonOption = False,
) -> int:
    """When can each satellite see each place under the conditions given? One row a window.

    Parameters
    ----------
    places
        GeoJSON file of points, polygons and multipolygons, or CSV file of points with the headings id, lon and lat.
    place
        [NAME=]LON,LAT[,ALT_M], instead of a file or besides it. May be given several times.
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
    out
        Write to this file instead: .json, .csv, .parquet, .geojson, .czml, .ics, .kml, .html or .png. A .parquet or
        .csv may hold any number of windows: beyond 200,000 they come by satellite, place and time.
    columns
        Of a .parquet or .csv: which columns, as satellite,place,start; or the word times for the least and the fastest.
    workers
        Processes that search for a large file; one for each core unless told otherwise.
    yes
        Begin even if more than 1,000,000,000 windows are to be expected.
    """
    from swath.cli.orbits import asked_for, check_form, span
    from swath.cli.streams import Wish, columns_of, streamed
    from swath.cli.windows import FORMS, answered, hours_to_search, where_of

    check_form(out, FORMS)
    wish = Wish(out, json, next, columns_of(columns, out), workers, yes)
    ends, spots, wanted = span(start, hours_to_search(hours, next)), _places(places, place or []), where_of(where)
    asked = asked_for(elements, satellite or [], *ends)
    limits = (max_off_nadir_deg, min_elevation_deg, min_sun_elevation_deg, nadir)
    looks = _looks(asked, limits, wanted, own_swath)
    question = _question(asked, spots, ends, looks, cover, compared_with(wanted, asked, elements, ends))
    if not streamed("accesses", question, asked, _cost(question, asked, wish), wish):
        _give(answered("accesses", question, asked, next), question, asked, wish)
    return 0


def _give(table: Table, question: AccessQuestion, asked: Asked, wish: Wish) -> None:
    from swath.cli.orbits import give
    from swath.cli.windows import few, forms_of, found_for

    rows, names = table.to_json(), [field.name for field in fields(table)]
    title = f"Access of {few(list(asked.fleet))} to {few([place.id for place in question.places])}"
    spots = {place.id: place for place in question.places}
    forms = forms_of(lambda: found_for(title, table, asked, spots, question.span), asked.notes)
    out, lines = wish.out, _lines(rows)
    give("accesses", rows, lines, asked, out=out, as_json=wish.as_json, columns=names, forms=forms, title=title)


def _places(file: Path | None, typed: Sequence[str]) -> tuple[Place, ...]:
    from swath.cli.windows import place_of
    from swath.sources.places import read_places

    spots = (*(read_places(file) if file is not None else ()), *(place_of(text) for text in typed))
    if not spots:
        raise InputError("of which places?", fix="Give --places FILE.geojson or FILE.csv, or --place LON,LAT")
    return spots


def _looks(
    asked: Asked,
    limits: tuple[float | None, float | None, float | None, Literal["geodetic", "geocentric"]],
    wanted: Condition | None,
    own_swath: bool,
) -> dict[str, Looking]:
    """What is asked of each satellite; one of which nobody knows the own swath is left out."""
    from swath.access.accesses import looking

    looks, first = {}, None
    for name, orbit in asked.fleet.items():
        try:
            looks[name] = looking(
                max_off_nadir_deg=limits[0], min_elevation_deg=limits[1], min_sun_elevation_deg=limits[2],
                nadir=limits[3], where=_of_one(name, orbit, asked, wanted, own_swath),
            )  # fmt: skip
        except DataError as error:
            first = first or error
            asked.notes["failed"].append({"satellite": name, "because": str(error)})
    if first is not None and not looks:
        raise first
    asked.fleet = {name: asked.fleet[name] for name in looks}
    return looks


def _question(
    asked: Asked,
    spots: Sequence[Place],
    ends: tuple[np.datetime64, np.datetime64],
    looks: Mapping[str, Looking],
    cover: Literal["any", "whole", "centre"],
    others: Mapping[str, Ephemeris],
) -> AccessQuestion:
    from swath.access.questions import AccessQuestion
    from swath.sources.eop import packaged_eop

    cameras = {name: _camera(orbit) for name, orbit in asked.fleet.items()}
    known = {name: camera for name, camera in cameras.items() if camera is not None}
    return AccessQuestion(spots, ends, packaged_eop(), looks, cover, others, known)


def _of_one(name: str, orbit: Orbit, asked: Asked, wanted: Condition | None, own_swath: bool) -> Condition | None:
    """What is asked of one satellite: with ``--own-swath`` what its instrument can see, too."""
    from swath.access.conditions import limits_in

    asks = {one.quantity for one in limits_in(wanted)} if wanted is not None else set()
    if "gsd_m" in asks and _camera(orbit) is None:
        raise DataError(f"no source says how large the pixels of {name} are", where=name, fix="Leave out gsd")
    if "age_days" in asks and orbit.elements is None:
        raise DataError(f"{name} is published as positions, which have no age", where=name, fix="Leave out age")
    if not own_swath:
        return wanted
    from swath.access.instruments import own_look

    try:
        satellite = _catalogued(name, orbit)
    except InputError as error:
        raise DataError(error.what, where=name, fix="Give --max-off-nadir-deg or --where") from error
    own, said = own_look(satellite, _height_m(orbit))
    asked.notes["warnings"].append(f"windows of {said}")
    return own if wanted is None else own & wanted


def _camera(orbit: Orbit) -> Camera | None:
    from swath.access.instruments import camera_of

    try:
        return camera_of(_catalogued(orbit.name, orbit), _height_m(orbit))
    except SwathError:
        return None  # nothing is known of its pixels: the column stays empty


def _cost(question: AccessQuestion, asked: Asked, wish: Wish) -> Cost:
    """Of the whole question, each satellite with its own limits; of "when next", one window each."""
    from swath.access.cost import Cost, estimate, shape_of
    from swath.access.questions import Limits
    from swath.access.stream import TIMES

    if wish.first_only:
        return Cost(len(asked.fleet) * len(question.places), 0.0, 0)
    quick = bool(wish.columns) and set(wish.columns) <= set(TIMES) and question.limits(asked.fleet) is not None
    areas = sum(1 for place in question.places if place.ring and question.cover != "centre")
    samples = round(1 + _SAMPLES * areas / len(question.places))
    total = Cost(0, 0.0, 0)
    for name, orbit in asked.fleet.items():
        look = question.looks[name]
        try:
            shape = orbit.elements or shape_of(orbit.ephemeris, question.span[0])
        except DataError:
            continue  # it will be told of when it is asked
        widest_deg = look.max_off_nadir_deg
        if widest_deg is None:
            low_m = WGS84_A_M + (_height_m(orbit) if orbit.elements else 600e3)
            implied_deg = look.implied_off_nadir_deg(low_m)
            widest_deg = implied_deg if implied_deg < 90.0 else None
        limits = Limits(look.min_elevation_deg, widest_deg)
        count = len(question.places)
        total += estimate([shape], count, *question.span, limits, samples=None if quick else samples)
    return total


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
        f"{clock_of(row, 'stop'):<8} {clock_of(row, 'closest'):<8} "
        f"{row['min_off_nadir_deg']:4.1f} {row['sun_elevation_deg']:5.1f} {doubt_words(row, 'along_track_90_s')}"
        for row in rows[:MOST_LINES]
    ]
    return [head, *shown, *more_lines(rows)]
