"""Places from a GeoJSON file."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from swath.errors import DataError, InputError
from swath.model import Place

__all__ = ["parse_places", "read_places"]


def read_places(path: Path) -> tuple[Place, ...]:
    """The points and polygons of a GeoJSON file (RFC 7946), in order.

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
    if (
        kind not in ("FeatureCollection", "Feature", "Point", "Polygon")
        or not isinstance(features, list)
        or not features
    ):
        raise InputError("no GeoJSON features", where=where, fix="Give a FeatureCollection of points and polygons")
    places = tuple(_place(feature, number, where) for number, feature in enumerate(features, 1))
    ids = [place.id for place in places]
    for name in ids:
        if ids.count(name) > 1:
            raise InputError(f"two places are called {name!r}", where=where, fix="Give every feature its own id")
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
    try:
        if kind == "Point":
            lon_deg, lat_deg, *height = (float(x) for x in geometry["coordinates"])
            return Place.point(id, lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=height[0] if height else 0.0)
        if kind == "Polygon":
            (outer,) = geometry["coordinates"]
            ring = [(float(position[0]), float(position[1])) for position in outer]
            return _polygon(id, ring)
    except InputError as error:
        raise InputError(error.what, where=f"{here}, {error.where}", fix=error.fix) from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"coordinates of {id!r} are not those of a {kind} without holes",
            where=here,
            fix="See RFC 7946, section 3.1",
        ) from error
    raise InputError(f"{id!r} is a {kind}, not a Point or Polygon", where=here, fix="Split it into points or polygons")


def _polygon(id: str, ring: list[tuple[float, float]]) -> Place:
    """A ring, closed as RFC 7946 wants it, with its centre of area; one that crosses the date line may go past 180."""
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("not a closed ring")
    flat = [((lon - ring[0][0] + 180.0) % 360.0 - 180.0, lat) for lon, lat in ring]
    twice_area = lon_sum = lat_sum = 0.0
    for (x0, y0), (x1, y1) in pairwise(flat):
        cross = x0 * y1 - x1 * y0
        twice_area += cross
        lon_sum += (x0 + x1) * cross
        lat_sum += (y0 + y1) * cross
    if twice_area == 0.0:
        raise InputError(f"{id!r} has no area", where="its ring", fix="Give a Point, or a ring round some ground")
    lon_deg, lat_deg = ring[0][0] + lon_sum / (3.0 * twice_area), lat_sum / (3.0 * twice_area)
    return Place(id, (lon_deg + 180.0) % 360.0 - 180.0, lat_deg, ring=tuple(ring[:-1]))
