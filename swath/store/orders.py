"""Reads routine orders: a CSV list of points and boxes, or GeoJSON with orders of every kind."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from swath.errors import DataError, InputError
from swath.model import Place, Request
from swath.plan.orders import KINDS as ORDER_KINDS
from swath.plan.orders import Order
from swath.store.section import Section

__all__ = ["COLUMNS", "KINDS", "MAX_EXTENT_M", "order_of_feature", "read_orders"]

COLUMNS = (
    "id",
    "kind",
    "lon_deg",
    "lat_deg",
    "width_m",
    "height_m",
    "value",
    "max_off_nadir_deg",
    "min_sun_elevation_deg",
)
KINDS = ("field", "watch", "area")
MAX_EXTENT_M = 60_000.0
_MAX_CORNERS = 10_000
_DAY_S = 86400.0
_EARTH_RADIUS_M = 6371008.8


def read_orders(path: Path, *, start: np.datetime64, stop: np.datetime64) -> tuple[Order, ...]:
    """The orders of a file; what names no window is wanted from ``start`` to ``stop``.

    ``.csv``: the header :data:`COLUMNS`; ``field`` and ``watch`` are squares of ``width_m`` round a point, ``area`` a
    box pictured at once. ``.geojson`` or ``.json``: a feature an order (docs/reference/orders-file.md). Faults are all
    listed with their rows in one :class:`InputError`; nothing is skipped.
    """
    if not path.is_file():
        raise DataError("the order list does not exist", where=str(path), fix="Check [orders] file in the mission")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"this is no text: {error}", where=str(path), fix="Save it as UTF-8") from error
    if path.suffix.lower() in (".geojson", ".json"):
        rows, read = _features(text, path), lambda row: order_of_feature(row, start, stop)
    else:
        rows, read = _lines(text, path), lambda row: Order("point", _request(row, start, stop))
    return _read_all(rows, read, path)


def _read_all(rows: list[Any], read: Callable[[Any], Order], path: Path) -> tuple[Order, ...]:
    orders, faults = [], []
    for number, row in enumerate(rows, start=2 if path.suffix.lower() == ".csv" else 1):
        try:
            orders.append(read(row))
        except (InputError, ValueError) as error:
            faults.append(f"row {number}: {error}")
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        raise InputError("; ".join(faults[:5]) + more, where=str(path), fix="Correct these rows")
    return tuple(orders)


def _lines(text: str, path: Path) -> list[Any]:
    try:
        table = list(csv.reader(line for line in text.splitlines(keepends=True) if not line.startswith("#")))
    except csv.Error as error:
        raise InputError(f"this is no CSV text: {error}", where=str(path), fix="Save it as UTF-8 CSV") from error
    if not table or tuple(table[0]) != COLUMNS:
        raise InputError("the header is wrong", where=str(path), fix=f"First line: {','.join(COLUMNS)}")
    return table[1:]


def _request(row: list[str], start: np.datetime64, stop: np.datetime64) -> Request:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} values where {len(COLUMNS)} are needed")
    given = dict(zip(COLUMNS, row, strict=True))
    if not given["id"].strip() or given["kind"] not in KINDS:
        raise ValueError(f"id {given['id']!r}, kind {given['kind']!r}: an id and one of {', '.join(KINDS)} are needed")
    lon, lat, width, height, value, off_nadir, sun = (float(given[name]) for name in COLUMNS[2:])
    if not all(map(math.isfinite, (width, height, value, off_nadir, sun))):
        raise ValueError("a number is not finite")
    if not (100.0 <= width <= MAX_EXTENT_M and 100.0 <= height <= MAX_EXTENT_M):
        raise ValueError(f"{width:g} x {height:g} m is outside 100 m to {MAX_EXTENT_M:g} m")
    if value <= 0 or not 0 < off_nadir <= 60 or not -90 <= sun <= 90:
        raise ValueError("value must be positive, max_off_nadir_deg 0-60, min_sun_elevation_deg -90 to 90")
    place = (
        Place.box(given["id"], lon_deg=lon, lat_deg=lat, width_m=width, height_m=height)
        if given["kind"] == "area"
        else Place.point(given["id"], lon_deg=lon, lat_deg=lat)
    )
    return Request(
        id=given["id"],
        place=place,
        kind=given["kind"],
        value=value,
        ordered=start,
        start=start,
        stop=stop,
        deadline=stop,
        min_sun_elevation_deg=sun,
        max_off_nadir_deg=off_nadir,
        extent_m=max(width, height),
    )


def _features(text: str, path: Path) -> list[Any]:
    try:
        whole = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is not JSON: {error}", where=str(path), fix="Was it cut off?") from error
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list):
        raise InputError("this is no FeatureCollection", where=str(path), fix='Write {"type": "FeatureCollection", ...')
    return features


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def order_of_feature(feature: Any, start: np.datetime64, stop: np.datetime64) -> Order:
    """The order that a GeoJSON feature asks for, from ``start`` to ``stop`` where it names no times of its own.

    Keys that mean nothing for its kind are refused. Raises :class:`InputError` or ``ValueError`` with what is wrong.
    """
    if not isinstance(feature, Mapping) or not isinstance(feature.get("properties"), Mapping):
        raise ValueError("a feature with properties is needed")
    asked = Section(feature["properties"], "order")
    id, kind = asked.text("id"), asked.text("kind")
    asked.where = f"order {id}"
    if kind not in ORDER_KINDS:
        raise InputError(f"kind {kind!r}", where=asked.where, fix=f"Give one of {', '.join(ORDER_KINDS)}")
    places = _places(id, kind, feature.get("geometry"), asked)
    looks = {"stereo": 2, "tristereo": 3}.get(kind, 1)
    request = _conditions(asked, id, places[0], looks, start, stop)
    order = Order(
        kind=kind,
        request=request,
        places=places if kind == "alternatives" else (),
        most=asked.whole("pictures", 1, low=1, high=64) if kind == "point" else 1,
        every_s=_DAY_S * asked.number("every_days", low=1e-3, high=1e4) if kind == "series" else 0.0,
        tolerance_s=_DAY_S * asked.number("tolerance_days", 0.0, low=0, high=1e4) if kind == "series" else 0.0,
        gain=asked.pairs("gain", ()) if kind in ("area", "series") else (),
        overlap_share=asked.number("overlap_share", 0.05, low=0, high=0.49) if kind == "area" else 0.05,
    )
    asked.done()
    return order


def _conditions(
    asked: Section, id: str, place: Place, looks: int, start: np.datetime64, stop: np.datetime64
) -> Request:
    first, last = asked.time("start", start), asked.time("stop", stop)
    return Request(
        id=id,
        place=place,
        kind="watch",
        value=asked.number("value", low=1e-9, high=1e12),
        ordered=asked.time("ordered", min(first, start)),
        start=first,
        stop=last,
        deadline=asked.time("deadline", last),
        min_sun_elevation_deg=asked.number("min_sun_elevation_deg", 10.0, low=-90, high=90),
        max_off_nadir_deg=asked.number("max_off_nadir_deg", 30.0, low=0.1, high=60),
        extent_m=asked.number("extent_m", 2000.0, low=100, high=MAX_EXTENT_M),
        urgent=asked.flag("urgent", False),
        owner=asked.text("owner", ""),
        priority=asked.whole("priority", 3, low=1, high=4),
        side=asked.text("side", "any"),
        sensor=asked.text("sensor", "any"),
        satellites=asked.texts("satellites") if "satellites" in asked.values else (),
        max_gsd_m=asked.number("max_gsd_m", math.inf, low=0.01, high=1e4),
        good_gsd_m=asked.number("good_gsd_m", math.inf, low=0.01, high=1e4),
        min_p_clear=asked.number("min_p_clear", 0.0, low=0, high=1),
        halves_s=3600.0 * asked.number("halves_hours", math.inf, low=1e-3, high=1e5),
        apart=_apart(asked),
        looks=looks,
        convergence_deg=_convergence(asked) if looks > 1 else (0.0, 180.0),
    )


def _apart(asked: Section) -> tuple[tuple[str, float], ...]:
    """``apart_hours = {"other": 6}``."""
    others = asked.optional_table("apart_hours")
    return tuple((other, 3600.0 * others.number(other, low=0, high=1e5)) for other in others.values)


def _convergence(asked: Section) -> tuple[float, float]:
    (pair,) = asked.pairs("convergence_deg", ((10.0, 40.0),))[:1] or ((0.0, 0.0),)
    return pair


def _places(id: str, kind: str, geometry: Any, asked: Section) -> tuple[Place, ...]:
    """Points and rings of a geometry: strips may be lines with a ``width_m``, alternatives several points."""
    if not isinstance(geometry, Mapping):
        raise InputError("it has no geometry", where=asked.where, fix="Give a Point, LineString, Polygon or MultiPoint")
    form, at = geometry.get("type"), geometry.get("coordinates")
    if form == "Point":
        ((lon, lat),) = _positions([at], asked)
        return (Place.point(id, lon_deg=lon, lat_deg=lat),)
    if form == "Polygon" and isinstance(at, list) and len(at) == 1:
        ring = _positions(at[0], asked)
        return (_ring_place(id, ring[:-1] if ring[0] == ring[-1] else ring, asked),)
    if form == "LineString" and kind == "strip":
        return (_ring_place(id, _corridor(_positions(at, asked), asked), asked),)
    if form == "MultiPoint" and kind == "alternatives":
        spots = _positions(at, asked)
        return tuple(Place.point(f"{id}.{n + 1}", lon_deg=lon, lat_deg=lat) for n, (lon, lat) in enumerate(spots))
    raise InputError(
        f"geometry {form} does not go with {kind}",
        where=asked.where,
        fix="Give a Point, a Polygon without holes, for strips a LineString, for alternatives a MultiPoint",
    )


def _positions(values: Any, asked: Section) -> list[tuple[float, float]]:
    if not isinstance(values, list) or not 1 <= len(values) <= _MAX_CORNERS:
        raise InputError(
            "its coordinates are no list",
            where=asked.where,
            fix=f"Give 1 to {_MAX_CORNERS} pairs of longitude, latitude",
        )
    found = []
    for value in values:
        good = isinstance(value, list) and len(value) >= 2
        if not good or not all(type(v) in (int, float) and math.isfinite(v) for v in value[:2]):
            raise InputError(
                f"position {str(value)[:40]}", where=asked.where, fix="Give [longitude, latitude] in degrees"
            )
        found.append((float(value[0]), float(value[1])))
    return found


def _ring_place(id: str, ring: list[tuple[float, float]], asked: Section) -> Place:
    if len(ring) < 3:
        raise InputError(f"a ring of {len(ring)} points", where=asked.where, fix="Give three or more")
    lon = np.array([point[0] for point in ring])
    if np.ptp(lon) > 180.0:
        raise InputError("its ring crosses the date line", where=asked.where, fix="Split it there into two orders")
    lat = np.array([point[1] for point in ring])
    middle = (float(lon.min() + lon.max()) / 2.0, float(lat.min() + lat.max()) / 2.0)
    return Place(id, *middle, ring=tuple(ring))


def _corridor(line: list[tuple[float, float]], asked: Section) -> list[tuple[float, float]]:
    """The outline of a straight strip."""
    if len(line) != 2:
        raise InputError(f"a strip of {len(line)} points", where=asked.where, fix="Give its two ends")
    (lon0, lat0), (lon1, lat1) = line
    shrink = math.cos(math.radians((lat0 + lat1) / 2.0))
    east, north = (lon1 - lon0) * shrink, lat1 - lat0
    length = math.hypot(east, north)
    width_m = asked.number("width_m", low=100, high=MAX_EXTENT_M)
    if not length > 0.0:
        raise InputError("its two ends are one place", where=asked.where, fix="Give two")
    half_deg = math.degrees(width_m / 2.0 / _EARTH_RADIUS_M)
    x, y = -north / length * half_deg / shrink, east / length * half_deg
    return [(lon0 + x, lat0 + y), (lon1 + x, lat1 + y), (lon1 - x, lat1 - y), (lon0 - x, lat0 - y)]
