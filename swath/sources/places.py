"""Places from a GeoJSON or a CSV file, and horizons from a CSV file."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from swath.access.polygons import area_centre
from swath.errors import DataError, InputError
from swath.model import Place

__all__ = ["parse_mask", "parse_places", "parse_places_csv", "read_mask", "read_places"]

_KINDS = ("Point", "Polygon", "MultiPolygon")
_CRS = ("CRS84", "EPSG:4326")
_HEADINGS = {
    "id": ("id", "name", "place"),
    "lon": ("lon_deg", "lon", "longitude", "lng"),
    "lat": ("lat_deg", "lat", "latitude"),
    "altitude": ("altitude_m", "altitude", "alt", "height"),
}
"""the first one that is there"""


def read_places(path: Path) -> tuple[Place, ...]:
    """The points, polygons and multipolygons of a GeoJSON file (RFC 7946), or the points of a CSV file, in order.

    A place is called by its feature's ``id``, else by the properties ``id`` or ``name``, else by its number. A file
    whose name ends with ``.csv`` has headings: ``lon`` and ``lat`` in degrees, and ``id`` and ``altitude`` (m above the
    ellipsoid) if there are any. Raises :class:`DataError` where the file cannot be read and :class:`InputError` where
    it is no such GeoJSON or CSV.
    """
    text = _text(path, "places", "GeoJSON or CSV")
    parse = parse_places_csv if path.suffix.lower() == ".csv" else parse_places
    return parse(text, where=str(path))


def _text(path: Path, what: str, form: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            f"cannot read the {what}: {error.strerror}", where=str(path), fix=f"Give a {form} file"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"the {what} are not UTF-8 text", where=str(path), fix=f"Give a {form} file") from error


def parse_places_csv(text: str, *, where: str = "") -> tuple[Place, ...]:
    """The points of a table: a line of headings, then one a line."""
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        head = [name.strip().casefold() for name in next(lines, [])]
        column = {key: next((head.index(n) for n in names if n in head), None) for key, names in _HEADINGS.items()}
        if column["lon"] is None or column["lat"] is None:
            raise InputError(
                f"the headings are {', '.join(head)[:80] or 'missing'}", where=where, fix="Begin with a line id,lon,lat"
            )
        places = [_of_row(row, column, f"{where}, line {lines.line_num}", n) for n, row in enumerate(lines, 1) if row]
    except csv.Error as error:
        raise InputError(
            f"not CSV: {error}", where=f"{where}, line {lines.line_num}", fix="Begin with a line id,lon,lat"
        ) from error
    if not places:
        raise InputError("no place is in it", where=where, fix="Give a line id,lon,lat and then one a place")
    return _each_once(tuple(places), where)


def _of_row(row: list[str], column: dict[str, int | None], where: str, number: int) -> Place:
    def cell(key: str) -> str:
        at = column[key]
        return row[at].strip() if at is not None and at < len(row) else ""

    try:
        lon_deg, lat_deg, altitude_m = float(cell("lon")), float(cell("lat")), float(cell("altitude") or 0.0)
    except ValueError as error:
        raise InputError(
            f"{','.join(row)[:60]!r} is not a place", where=where, fix="Write longitude and latitude as 12.5,-45"
        ) from error
    try:
        return Place.point(cell("id") or str(number), lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    except InputError as error:
        raise InputError(error.what, where=f"{where}, {error.where}", fix=error.fix) from error


def _each_once(places: tuple[Place, ...], where: str) -> tuple[Place, ...]:
    twice = [name for name, count in Counter(place.id for place in places).items() if count > 1]
    if twice:
        raise InputError(f"two places are called {twice[0]!r}", where=where, fix="Give every one its own id")
    return places


def parse_places(text: str, *, where: str = "") -> tuple[Place, ...]:
    """The same from the text itself."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", where=where, fix="Give a GeoJSON FeatureCollection") from error
    kind = data.get("type") if isinstance(data, dict) else None
    features = data.get("features") if kind == "FeatureCollection" else [data]
    if kind not in ("FeatureCollection", "Feature", *_KINDS) or not isinstance(features, list) or not features:
        raise InputError("no GeoJSON features", where=where, fix="Give a FeatureCollection of points and polygons")
    _check_crs(data, where)
    return _each_once(tuple(_place(feature, number, where) for number, feature in enumerate(features, 1)), where)


def _check_crs(data: dict[str, Any], where: str) -> None:
    """Longitude and latitude on WGS84 is all there is in RFC 7946; files of before 2016 may say something else."""
    crs = data.get("crs")
    if crs is not None and not any(name in json.dumps(crs).replace("::", ":") for name in _CRS):
        raise InputError(
            f"coordinates in {json.dumps(crs)[:80]}", where=where, fix="Write longitude and latitude on WGS84"
        )


def _place(feature: Any, number: int, where: str) -> Place:
    here = f"{where}, feature {number}"
    if not isinstance(feature, dict):
        raise InputError("not a GeoJSON feature", where=here, fix="Each feature is an object with a geometry")
    geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
    properties = feature.get("properties")
    named = {**properties, **feature} if isinstance(properties, dict) else feature
    id = next((str(named[key]) for key in ("id", "name") if isinstance(named.get(key), str | int)), str(number))
    if not isinstance(geometry, dict):
        raise InputError(f"{id!r} has no geometry", where=here, fix="Give it a Point or a Polygon")
    kind = geometry.get("type")
    if kind not in _KINDS:
        raise InputError(f"{id!r} is a {kind}, not a Point, Polygon or MultiPolygon", where=here, fix="Split it")
    try:
        if kind == "Point":
            lon_deg, lat_deg, *height = (float(x) for x in geometry["coordinates"])
            return Place.point(id, lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=height[0] if height else 0.0)
        polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
        return _area(id, tuple(tuple(_ring(ring) for ring in polygon) for polygon in polygons))
    except InputError as error:
        raise InputError(error.what, where=f"{here}, {error.where}", fix=error.fix) from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"coordinates of {id!r} are not those of a {kind}", where=here, fix="See RFC 7946, section 3.1"
        ) from error


def _ring(positions: Any) -> tuple[tuple[float, float], ...]:
    """An open ring from a closed one, as RFC 7946 wants it."""
    ring = [(float(position[0]), float(position[1])) for position in positions]
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("not a closed ring")
    return tuple(ring[:-1])


def _area(id: str, polygons: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]) -> Place:
    """The place with its centre of area; what crosses itself is refused."""
    (ring, *holes), *further = polygons
    place = Place(id, *ring[0], ring=ring, holes=tuple(holes), further=tuple(further))
    lon_deg, lat_deg = area_centre(place)
    return replace(place, lon_deg=lon_deg, lat_deg=lat_deg)


def read_mask(path: Path) -> tuple[tuple[float, float], ...]:
    """A station's horizon from a CSV file of azimuth and elevation in degrees; one line of headings may come first."""
    text = _text(path, "horizons", "CSV")
    return parse_mask(text, where=str(path))


def parse_mask(text: str, *, where: str = "") -> tuple[tuple[float, float], ...]:
    """The same from the text itself."""
    found: list[tuple[float, float]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            azimuth_deg, elevation_deg = (float(part) for part in line.split(","))
            if not (0.0 <= azimuth_deg <= 360.0 and -90.0 <= elevation_deg <= 90.0):
                raise ValueError
        except ValueError as error:
            if not found and number == 1:
                continue  # headings
            raise InputError(
                f"{line[:40]!r} is not azimuth,elevation",
                where=f"{where}, line {number}",
                fix="Write 0 to 360 and -90 to 90 degrees, as 45,12.5",
            ) from error
        found.append((azimuth_deg, elevation_deg))
    if not found:
        raise InputError("the horizon is empty", where=where, fix="Give lines of azimuth,elevation")
    return tuple(found)
