"""Outlines and their data from KML, and from the KML inside a KMZ. No entities, no links followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from swath.errors import InputError

__all__ = ["parse_kml"]

Row = tuple[Any, dict[str, Any], str]


def parse_kml(text: bytes, *, where: str = "") -> list[Row]:
    """A row a placemark: its outline (None where it has none), its data by name, and what is wrong with it.

    ``ExtendedData`` (both kinds) and ``name`` are the data. KML is always longitude, latitude on WGS84.
    """
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise InputError("it declares entities, which no KML of fields needs", where=where, fix="Save it again as KML")
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError(f"not XML: {error}", where=where, fix="Was it cut off?") from error
    if _local(root) != "kml" and not any(_local(node) == "Placemark" for node in root.iter()):
        raise InputError(f"an XML file of {_local(root)}, not KML", where=where, fix="Save it as KML")
    return [_row(node) for node in root.iter() if _local(node) == "Placemark"]


def _local(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _named(node: Any, name: str) -> Iterator[Any]:
    return (child for child in node.iter() if _local(child) == name)


def _row(placemark: Any) -> Row:
    data: dict[str, Any] = {}
    for child in placemark:
        if _local(child) == "name" and child.text:
            data["name"] = child.text.strip()
    for entry in _named(placemark, "Data"):
        value = next(_named(entry, "value"), None)
        data[entry.get("name", "")] = (value.text or "").strip() if value is not None else ""
    for entry in _named(placemark, "SimpleData"):
        data[entry.get("name", "")] = (entry.text or "").strip()
    try:
        polygons = [_polygon(node) for node in _named(placemark, "Polygon")]
    except (ValueError, shapely.errors.GEOSException) as error:
        return None, data, f"its coordinates cannot be read: {error}"
    if not polygons:
        other = next((n for n in ("Point", "LineString", "Model", "Track") if next(_named(placemark, n), None)), None)
        return None, data, f"a {other} is no field" if other else ""
    return (polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)), data, ""


def _polygon(node: Any) -> Any:
    outer = [_ring(ring) for boundary in _named(node, "outerBoundaryIs") for ring in _named(boundary, "coordinates")]
    inner = [_ring(ring) for boundary in _named(node, "innerBoundaryIs") for ring in _named(boundary, "coordinates")]
    if len(outer) != 1:
        raise ValueError(f"{len(outer)} outer boundaries")
    return shapely.Polygon(outer[0], inner)


def _ring(node: Any) -> Any:
    points = [position.split(",")[:2] for position in (node.text or "").split()]
    if any(len(point) != 2 for point in points):
        raise ValueError("a position is not longitude,latitude")
    return np.array(points, np.float64).reshape(-1, 2)
