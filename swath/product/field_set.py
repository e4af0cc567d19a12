"""Which fields, of which crop, sown when? Outlines as people have them made safe to measure, every fault told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import InputError

__all__ = ["FieldFault", "FieldSet", "RawFields", "clean_fields"]

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

SAFE_CHANGE = 0.01
"""of a field's area: a repair that changes more than this would invent another field"""
_LEAST_AREA_M2 = 1.0
_M_PER_DEG = 111_320.0
_AREAL = (3, 6)
"""shapely's numbers of Polygon and MultiPolygon"""
_COLLECTION = 7


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one field of a file, and what was done about it."""

    row: int
    """number of the field in its file, from 1"""
    field: str
    fault: str
    done: str
    """``repaired``, ``kept`` or ``left out``"""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"row": self.row, "field": self.field, "fault": self.fault, "done": self.done}


@dataclass(frozen=True)
class RawFields:
    """The fields of a file before anything is checked; entries are one a field, in the file's order."""

    shapes: Shapes
    """shapely geometries in degrees, longitude first, or None where there is none or it could not be read"""
    id: Sequence[str]
    """empty where the file has none"""
    crop: Sequence[str]
    sown: npt.NDArray[np.datetime64]
    """days; NaT where unknown"""
    faults: tuple[FieldFault, ...] = ()
    """what the reader met already"""


@dataclass(frozen=True)
class FieldSet:
    """Fields that can be measured: valid outlines in longitude and latitude on WGS84, each with a name of its own."""

    id: npt.NDArray[np.str_]
    crop: npt.NDArray[np.str_]
    """in small letters; empty where unknown"""
    sown: npt.NDArray[np.datetime64]
    """days; NaT where unknown"""
    shapes: Shapes
    """shapely Polygons and MultiPolygons; two parts where a field lies across the date line"""
    faults: tuple[FieldFault, ...] = ()

    def __len__(self) -> int:
        return len(self.id)

    def take(self, chosen: npt.ArrayLike) -> FieldSet:
        """The chosen fields (a mask or indices), with all the faults."""
        key = np.asarray(chosen)
        key = key if key.size else key.astype(np.intp)
        return FieldSet(self.id[key], self.crop[key], self.sown[key], self.shapes[key], self.faults)

    def centres_deg(self) -> tuple[Floats, Floats]:
        """Longitude and latitude of a point inside each field."""
        points = shapely.point_on_surface(self.shapes)
        return np.asarray(shapely.get_x(points), np.float64), np.asarray(shapely.get_y(points), np.float64)

    def area_m2(self) -> Floats:
        """Area of each field, on a sphere of equal area scaled at its latitude: within 0.7 % of the ellipsoid's."""
        lat = np.radians(np.asarray(shapely.get_y(shapely.centroid(self.shapes)), np.float64))
        return np.asarray(shapely.area(self.shapes), np.float64) * _M_PER_DEG**2 * np.cos(lat)


def clean_fields(raw: RawFields, *, where: str = "") -> FieldSet:
    """Which of the fields of a file can be measured, and what is wrong with the others?

    Third coordinates go; coordinates that are not finite or not on Earth, lines, points and empty outlines leave a
    field out. An outline that crosses itself is repaired where that changes its area by less than 1 % (against the sum
    of its rings), else left out. An edge of more than 180 degrees of longitude goes the short way, across the date
    line, and splits the field there. The second of two equal outlines is left out, the second of two equal names gets
    a number. Each of these is a :class:`FieldFault`; :class:`InputError` where no field is left.
    tests/product/test_field_set.py, tests/sources/test_field_files.py.
    """
    faults = list(raw.faults)
    told = {fault.row for fault in faults if fault.done == "left out"}
    names = _names(raw)
    shapes = np.array([None if n + 1 in told else shape for n, shape in enumerate(raw.shapes)], object)
    for number in np.flatnonzero([shape is None for shape in shapes]).tolist():
        if number + 1 not in told:
            faults.append(FieldFault(number + 1, names[number], "it has no outline", "left out"))
    cleaned = [_clean(shape, n + 1, names[n], faults) for n, shape in enumerate(shapes)]
    kept = _first_of_each(cleaned, names, faults)
    if not kept:
        first = f": {faults[0].field}: {faults[0].fault}" if faults else ""
        raise InputError(f"no field can be measured{first}", where=where, fix="Give polygons, longitude first")
    ids = _each_its_name([names[n] for n in kept], kept, faults)
    crops = [" ".join(str(raw.crop[n]).split()).casefold() for n in kept]
    return FieldSet(
        id=np.array(ids, "U"),
        crop=np.array(crops, "U"),
        sown=np.asarray(raw.sown, "datetime64[D]")[kept],
        shapes=_objects([cleaned[n] for n in kept]),
        faults=tuple(sorted(faults, key=lambda fault: fault.row)),
    )


def _objects(shapes: Sequence[Any]) -> Shapes:
    made = np.empty(len(shapes), object)
    made[:] = shapes
    return made


def _names(raw: RawFields) -> list[str]:
    return [str(id).strip() or str(number) for number, id in enumerate(raw.id, 1)]


def _clean(shape: Any, row: int, name: str, faults: list[FieldFault]) -> Any:
    """The outline as it can be measured, or None; what was done is added to the faults."""
    if shape is None:
        return None
    shape = shapely.force_2d(shape)
    shape, fault = _outline_of(shape)
    if shape is None:
        faults.append(FieldFault(row, name, fault, "left out"))
        return None
    if fault:
        faults.append(FieldFault(row, name, fault, "kept"))
    if not shapely.is_valid(shape):
        shape = _repaired(shape, row, name, faults)
    if shape is not None and FieldSet(*_lone(shape)).area_m2()[0] < _LEAST_AREA_M2:
        faults.append(FieldFault(row, name, "its outline holds less than 1 m2", "left out"))
        return None
    return shape


def _lone(shape: Any) -> tuple[Any, Any, Any, Any]:
    return np.array([""]), np.array([""]), np.array(["NaT"], "datetime64[D]"), _objects([shape])


def _outline_of(shape: Any) -> tuple[Any, str]:
    """Polygons of a geometry, on Earth and cut at the date line; and a remark, or why there are none."""
    kind, remark = shapely.get_type_id(shape), ""
    if kind == _COLLECTION:
        parts = [part for part in shapely.get_parts(shape) if shapely.get_type_id(part) in _AREAL]
        remark = "a collection: only its polygons count"
        shape, kind = shapely.multipolygons(shapely.get_parts(parts)) if parts else shapely.Polygon(), 6
    if kind not in _AREAL:
        return None, f"a {shape.geom_type} is no field"
    at = shapely.get_coordinates(shape)
    if not len(at):
        return None, "its outline is empty"
    if not np.isfinite(at).all():
        return None, "a coordinate is not finite"
    low, high = at.min(axis=0), at.max(axis=0)
    if low[1] < -90.0 or high[1] > 90.0 or low[0] < -180.0 - 1e-9 or high[0] > 360.0:
        lon, lat = at[np.argmax(np.maximum(np.abs(at[:, 1]) / 90.0, np.abs(at[:, 0]) / 360.0))]
        return None, f"longitude {lon:g}, latitude {lat:g} is not on Earth (longitude comes first)"
    if high[0] > 180.0 or _longest_edge(shape) > 180.0:
        return _cut_at_date_line(shape), remark or "it lies across the date line: two parts"
    return shape, remark


def _longest_edge(shape: Any) -> float:
    at, part = shapely.get_coordinates(shapely.get_rings(shape), return_index=True)
    along = np.abs(np.diff(at[:, 0]))[np.diff(part) == 0]
    return float(along.max(initial=0.0))


def _cut_at_date_line(shape: Any) -> Any:
    """With longitudes from 0 to 360, cut at 180 and the eastern part brought back."""
    around = shapely.transform(
        shape, lambda at: np.column_stack([np.where(at[:, 0] < 0, at[:, 0] + 360, at[:, 0]), at[:, 1]])
    )
    around = around if shapely.is_valid(around) else shapely.make_valid(around)
    west = shapely.intersection(around, shapely.box(0.0, -90.0, 180.0, 90.0))
    east = shapely.intersection(around, shapely.box(180.0, -90.0, 360.0, 90.0))
    east = shapely.transform(east, lambda at: at - (360.0, 0.0))
    parts = [p for half in (west, east) for p in shapely.get_parts(half) if shapely.get_type_id(p) == 3]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _repaired(shape: Any, row: int, name: str, faults: list[FieldFault]) -> Any:
    """A valid outline of nearly the same area, or None where the repair would change it."""
    why = shapely.is_valid_reason(shape).split("[")[0].strip().lower()
    before = _area_of_rings(shape)
    try:
        made = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    except shapely.errors.GEOSException:
        made = shapely.Polygon()
    parts = [part for part in shapely.get_parts(made) if shapely.get_type_id(part) in _AREAL]
    made = shapely.unary_union(parts) if parts else shapely.Polygon()
    after = float(shapely.area(made))
    change = abs(after - before) / before if before > 0.0 else np.inf
    if shapely.is_empty(made) or not change < SAFE_CHANGE or not shapely.is_valid(made):
        much = f"by {change:.0%}" if np.isfinite(change) and change < 10.0 else "completely"
        faults.append(FieldFault(row, name, f"{why}; a repair would change its area {much}", "left out"))
        return None
    faults.append(FieldFault(row, name, f"{why}; its area changed by {change:.2%}", "repaired"))
    return made


def _area_of_rings(shape: Any) -> float:
    """What the rings enclose by the surveyor's formula, holes taken off: loops the wrong way round cancel."""
    total = 0.0
    for part in shapely.get_parts(shape):
        for number, ring in enumerate(shapely.get_rings(part)):
            at = shapely.get_coordinates(ring)
            at = at - at[0]
            area = 0.5 * abs(float(at[:-1, 0] @ at[1:, 1] - at[1:, 0] @ at[:-1, 1]))
            total += area if number == 0 else -area
    return total


def _first_of_each(shapes: Sequence[Any], names: Sequence[str], faults: list[FieldFault]) -> list[int]:
    """Numbers of the fields to keep: the first of each outline, whatever vertex it begins with."""
    known = [n for n, shape in enumerate(shapes) if shape is not None]
    forms = shapely.to_wkb(shapely.normalize(_objects([shapes[n] for n in known])))
    first: dict[bytes, int] = {}
    kept = []
    for number, form in zip(known, forms, strict=True):
        if form in first:
            faults.append(
                FieldFault(number + 1, names[number], f"the same outline as {names[first[form]]}", "left out")
            )
        else:
            first[form] = number
            kept.append(number)
    return kept


def _each_its_name(names: Sequence[str], rows: Sequence[int], faults: list[FieldFault]) -> list[str]:
    taken, given = set(names), []
    seen: set[str] = set()
    for name, row in zip(names, rows, strict=True):
        one, number = name, 2
        while one in seen or (one != name and one in taken):
            one, number = f"{name}-{number}", number + 1
        if one != name:
            faults.append(FieldFault(row + 1, name, f"a second field of this name: it is called {one}", "kept"))
        seen.add(one)
        given.append(one)
    return given
