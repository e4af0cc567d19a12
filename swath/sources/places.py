"""Places from a GeoJSON file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from swath.access.polygons import area_centre
from swath.errors import DataError, InputError
from swath.model import Place

__all__ = ["parse_mask", "parse_places", "read_mask", "read_places"]

_KINDS = ("Point", "Polygon", "MultiPolygon")


def read_places(path: Path) -> tuple[Place, ...]:
    """The points, polygons and multipolygons of a GeoJSON file (RFC 7946), in order.

    A place is called by its feature's ``id``, else by the properties ``id`` or ``name``, else by its number. Raises
    :class:`DataError` where the file cannot be read and :class:`InputError` where it is no such GeoJSON.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            f"cannot read the places: {error.strerror}", where=str(path), fix="Give a GeoJSON file"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("the places are not UTF-8 text", where=str(path), fix="Give a GeoJSON file") from error
    return parse_places(text, where=str(path))


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
    places = tuple(_place(feature, number, where) for number, feature in enumerate(features, 1))
    twice = [name for name, count in Counter(place.id for place in places).items() if count > 1]
    if twice:
        raise InputError(f"two places are called {twice[0]!r}", where=where, fix="Give every feature its own id")
    return places


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
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read the horizon: {error.strerror}", where=str(path), fix="Give a CSV file") from error
    except UnicodeDecodeError as error:
        raise InputError("the horizon is not UTF-8 text", where=str(path), fix="Give a CSV file") from error
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
