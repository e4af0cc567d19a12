"""Fields from text: GeoJSON and CSV with outlines as WKT; and coordinates of any system brought to degrees."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError, ProjError

from swath.errors import InputError

__all__ = ["Columns", "parse_field_csv", "parse_field_geojson", "to_degrees"]

_DEGREES = ("EPSG:4326", "OGC:CRS84", "WGS 84", "WGS 84 (CRS84)")
_WKT = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "shape", "polygon", "outline")
_WKT_TEXT = re.compile(r"^\s*(SRID=\d+;)?\s*(MULTI)?POLYGON\b", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """What a file holds, before anything in it is checked."""

    shapes: Any
    """one shapely geometry a field, or None"""
    data: dict[str, list[Any]]
    """a list a column, of the same length"""
    faults: dict[int, str] = field(default_factory=dict)
    """by row, from 0: why there is no geometry"""

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[Any, dict[str, Any], str]]) -> Columns:
        """From a shape, its data and its fault a row; a column that a row lacks is None there."""
        names = list(dict.fromkeys(name for _, data, _ in rows for name in data))
        faults = {row: fault for row, (_, _, fault) in enumerate(rows) if fault}
        return cls([shape for shape, _, _ in rows], {n: [d.get(n) for _, d, _ in rows] for n in names}, faults)


def to_degrees(shapes: Sequence[Any], crs: str | None, *, where: str = "") -> Any:
    """Geometries of any coordinate system as longitude and latitude on WGS84, by PROJ.

    ``crs`` None: degrees already, if every coordinate could be; :class:`InputError` where they cannot.
    """
    made = np.empty(len(shapes), object)
    made[:] = shapes
    if crs is None:
        _must_look_like_degrees(made, where)
        return made
    try:
        source = pyproj.CRS.from_user_input(crs)
        if source.name in _DEGREES:
            return made
        turned = pyproj.Transformer.from_crs(source, "OGC:CRS84", always_xy=True)
    except (CRSError, ProjError) as error:
        raise InputError(
            f"coordinates in {str(crs)[:80]!r}, which PROJ does not know",
            where=where,
            fix="Name another: --crs EPSG:...",
        ) from error
    known = np.array([shape is not None for shape in made], bool)
    if known.any():
        made[known] = shapely.transform(shapely.force_2d(made[known]), lambda at: _turn(turned, at))
    return made


def _turn(turned: pyproj.Transformer, at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lon, lat = turned.transform(at[:, 0], at[:, 1], errcheck=False)
    return np.column_stack([lon, lat])


def _must_look_like_degrees(shapes: npt.NDArray[np.object_], where: str) -> None:
    at = shapely.get_coordinates(shapes[np.array([shape is not None for shape in shapes], bool)])
    finite = at[np.isfinite(at).all(axis=1)]
    metres = (np.abs(finite) > 1000.0).all(axis=1)
    if len(finite) and metres.mean() > 0.5:
        raise InputError(
            f"coordinates such as {finite[metres][0, 0]:.0f}, {finite[metres][0, 1]:.0f} are no degrees, and the file "
            "does not say what they are",
            where=where,
            fix="Name the coordinate system: --crs EPSG:...",
        )


def parse_field_geojson(text: str, *, where: str = "") -> Columns:
    """The features of a GeoJSON file; ``crs`` as files of before 2016 have it is respected."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", where=where, fix="Was it cut off?") from error
    kind = whole.get("type") if isinstance(whole, dict) else None
    features = whole.get("features") if kind == "FeatureCollection" else [whole]
    if kind is None or not isinstance(features, list) or not features:
        raise InputError("no GeoJSON features", where=where, fix="Give a FeatureCollection of polygons")
    columns = Columns.of_rows([_feature(feature) for feature in features])
    return Columns(
        to_degrees(columns.shapes, _crs_member(whole.get("crs"), where), where=where), columns.data, columns.faults
    )


def _crs_member(crs: Any, where: str) -> str:
    if crs is None:
        return "OGC:CRS84"
    name = (
        crs.get("properties", {}).get("name")
        if isinstance(crs, dict) and isinstance(crs.get("properties"), dict)
        else None
    )
    if not isinstance(name, str):
        raise InputError(f"a crs {json.dumps(crs)[:60]} that names nothing", where=where, fix="Leave it out: WGS84")
    return name


def _feature(feature: Any) -> tuple[Any, dict[str, Any], str]:
    if not isinstance(feature, dict):
        return None, {}, "not a GeoJSON feature"
    whole = feature.get("type") == "Feature"
    geometry = feature.get("geometry") if whole else feature
    given = feature.get("properties") if whole else None
    data = (
        {str(k): v for k, v in given.items() if v is None or isinstance(v, str | int | float)}
        if isinstance(given, dict)
        else {}
    )
    if whole and isinstance(feature.get("id"), str | int) and "id" not in data:
        data["id"] = feature["id"]
    if geometry is None:
        return None, data, ""
    try:
        return shapely.from_geojson(json.dumps(geometry)), data, ""
    except (shapely.errors.GEOSException, ValueError, RecursionError) as error:
        return None, data, f"its geometry cannot be read: {str(error).splitlines()[0][:80]}"


def parse_field_csv(text: str, *, crs: str | None = None, where: str = "") -> Columns:
    """The rows of a table with headings, one column of which holds outlines as WKT (or EWKT with SRID=...)."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    limit = csv.field_size_limit(1 << 27)  # an outline of a million vertices
    try:
        rows = [row for row in lines if row]
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", where=where, fix="Give headings and a column of WKT") from error
    finally:
        csv.field_size_limit(limit)
    head = [name.strip() for name in rows[0]] if rows else []
    at = next((n for n, name in enumerate(head) if name.casefold() in _WKT), None)
    if at is None and len(rows) > 1:
        at = next((n for n, cell in enumerate(rows[1]) if _WKT_TEXT.match(cell)), None)
    if at is None or len(rows) < 2:
        raise InputError(
            f"no column holds outlines; headings: {', '.join(head)[:120] or 'none'}",
            where=where,
            fix='Give a column wkt with "POLYGON ((lon lat, ...))"',
        )
    return _of_table(head, rows[1:], at, crs, where)


def _of_table(head: list[str], rows: list[list[str]], at: int, crs: str | None, where: str) -> Columns:
    made, codes = [], set()
    for row in rows:
        cells = [*row, *[""] * (len(head) - len(row))]
        data = {name: cell.strip() for n, (name, cell) in enumerate(zip(head, cells, strict=False)) if n != at}
        wkt = cells[at].strip()
        if match := re.match(r"SRID=(\d+);\s*", wkt, re.IGNORECASE):
            codes.add(match[1])
            wkt = wkt[match.end() :]
        try:
            made.append((shapely.from_wkt(wkt) if wkt else None, data, ""))
        except (shapely.errors.GEOSException, ValueError) as error:
            made.append((None, data, f"no WKT: {str(error).splitlines()[0][:80]}"))
    if len(codes) > 1:
        raise InputError(f"outlines in several systems: SRID {', '.join(sorted(codes))}", where=where, fix="Use one")
    columns = Columns.of_rows(made)
    said = f"EPSG:{codes.pop()}" if codes else crs
    return Columns(to_degrees(columns.shapes, said, where=where), columns.data, columns.faults)
