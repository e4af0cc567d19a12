"""What do operators say they will take? Published acquisition plans of Sentinel (KML) and Landsat (JSON, CSV, text).

Sentinel's plans are KML files of data takes: satellite, times, mode and the outline on the ground. Landsat's calendar
says which paths each satellite flies on which day, as JSON (``{"landsat_8": {"5/8/2026": {"path": "1,17,..."}}}``) or
as lines of date, path and perhaps row and satellite. Both are what the operator intends, not what was taken.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from swath.archive.xml_in import Node, read_xml
from swath.errors import InputError
from swath.spacecraft.catalog import number_of
from swath.time import parse_utc, seconds

__all__ = ["PlannedTake", "PublishedPlan", "read_plan"]

Ring = tuple[tuple[float, float], ...]

_SENTINEL = re.compile(r"S(?:ENTINEL)?[ _-]?([1-6])[ _-]?([A-D])", re.IGNORECASE)
_LANDSAT = re.compile(r"L(?:ANDSAT)?[ _-]?([4-9])\b", re.IGNORECASE)
_MOST_TAKES = 200_000
_DATE = re.compile(r"^\s*(\d{4})-(\d\d)-(\d\d)|^\s*(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True)
class PlannedTake:
    """One stretch of imaging that an operator has announced."""

    norad_id: int
    start: np.datetime64
    stop: np.datetime64
    mode: str = ""
    """as the operator calls it, with polarisation"""
    rings: tuple[Ring, ...] = ()
    """outlines on the ground, longitude first; none where a path says where it is"""
    path: int | None = None
    """of Landsat's reference system"""
    row: int | None = None
    """``None``: all rows of the path"""

    def covers(self, lon_deg: float, lat_deg: float) -> bool:
        """Does an outline hold a place? Longitudes may run on over the date line."""
        return any(_holds(ring, lon_deg, lat_deg) for ring in self.rings)


@dataclass(frozen=True)
class PublishedPlan:
    """One file of them."""

    source: str
    takes: tuple[PlannedTake, ...]
    left_out: tuple[str, ...] = ()
    """entries that could not be read, with why"""

    def span(self, norad_id: int) -> tuple[np.datetime64, np.datetime64] | None:
        """From when to when does it speak of a satellite?"""
        mine = [one for one in self.takes if one.norad_id == norad_id]
        return (min(one.start for one in mine), max(one.stop for one in mine)) if mine else None


def read_plan(content: bytes, *, source: str) -> PublishedPlan:
    """The plan in a file: KML of Sentinel, or Landsat's calendar as JSON, CSV or text.

    What names no satellite in its entries is looked for in ``source``, the file's name. Raises :class:`InputError` for
    what is none of them; entries that cannot be read are kept as ``left_out``.
    """
    head = content[:400].lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        if head.startswith(b"<"):
            found = list(_of_kml(content, source))
        elif head.startswith(b"{"):
            found = list(_of_json(content, source))
        else:
            found = list(_of_lines(content, source))
    except (UnicodeDecodeError, csv.Error, RecursionError) as error:
        raise InputError(f"not a published plan: {error}", where=source, fix="Give KML, JSON or CSV") from error
    takes = tuple(one for one in found if isinstance(one, PlannedTake))
    if not takes:
        raise InputError(
            "no planned picture is in it",
            where=source,
            fix="Give a Sentinel plan (KML), or Landsat's calendar (JSON, or lines of date,path,row,satellite)",
        )
    return PublishedPlan(source, takes, tuple(one for one in found if isinstance(one, str)))


def _number(text: str) -> int | None:
    """The catalogue number of the satellite that a name of an entry or a file means."""
    found = _SENTINEL.search(text)
    if found:
        return number_of(f"sentinel-{found[1]}{found[2].lower()}")
    found = _LANDSAT.search(text)
    return number_of(f"landsat {found[1]}") if found else None


def _of_kml(content: bytes, source: str) -> Iterator[PlannedTake | str]:
    root = read_xml(content, where=source)
    for count, mark in enumerate(root.deep("Placemark"), 1):
        if count > _MOST_TAKES:
            raise InputError(f"more than {_MOST_TAKES:,} entries", where=source, fix="Cut it")
        data = {one.attributes.get("name", ""): _value(one) for one in mark.deep("Data")}
        data |= {one.attributes.get("name", ""): one.text.strip() for one in mark.deep("SimpleData")}
        if "ObservationTimeStart" not in data:
            continue  # stations, legends and the like
        try:
            yield _take(mark, data, source)
        except (ValueError, InputError, shapely.errors.GEOSException) as error:
            yield f"entry {count}: {error}"


def _value(entry: Node) -> str:
    return next((one.text.strip() for one in entry.deep("value")), "")


def _take(mark: Node, data: Mapping[str, str], source: str) -> PlannedTake:
    said = data.get("SatelliteId") or data.get("Satellite") or ""
    number = _number(said) or _number(source)
    if number is None:
        raise ValueError(f"of which satellite? {said or 'neither it nor the name of the file says'}")
    start, stop = (_moment(data.get(f"ObservationTime{edge}", "")) for edge in ("Start", "Stop"))
    if not start <= stop <= start + seconds(86400.0):
        raise ValueError("it ends before it begins, or lasts longer than a day")
    rings = tuple(ring for node in mark.deep("coordinates") if len(ring := _ring(node.text)) >= 3)
    if not rings:
        raise ValueError("it has no outline")
    mode = " ".join(word for word in (data.get("Mode", ""), data.get("Polarisation", "")) if word)
    return PlannedTake(number, start, stop, mode, rings)


def _moment(text: str) -> np.datetime64:
    """Plans leave the zone out; it is UTC."""
    return parse_utc(text if text.endswith("Z") or "+" in text else f"{text}Z")


def _ring(text: str) -> Ring:
    points = [tuple(float(part) for part in position.split(",")[:2]) for position in text.split()]
    if not all(len(point) == 2 and np.isfinite(point).all() and abs(point[1]) <= 90.0 for point in points):
        raise ValueError("a position is not longitude,latitude")
    lon = np.degrees(np.unwrap(np.radians([point[0] for point in points], dtype=np.float64)))
    return tuple((float(x), float(point[1])) for x, point in zip(lon, points, strict=True))


def _holds(ring: Ring, lon_deg: float, lat_deg: float) -> bool:
    if not min(y for _, y in ring) <= lat_deg <= max(y for _, y in ring):
        return False
    outline = shapely.Polygon(ring)
    return any(bool(outline.intersects(shapely.Point(lon_deg + turn, lat_deg))) for turn in (-360.0, 0.0, 360.0))


def _of_json(content: bytes, source: str) -> Iterator[PlannedTake | str]:
    try:
        data = json.loads(content)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=source, fix="Was it cut off?") from error
    for name, days in data.items():
        number = _number(str(name).replace("_", " "))
        if number is None or not isinstance(days, Mapping):
            yield f"{str(name)[:40]}: no satellite of Landsat"
            continue
        for day, entry in days.items():
            paths = entry.get("path", "") if isinstance(entry, Mapping) else ""
            yield from _paths_of(day, str(paths), number, f"{name}, {day}")


def _paths_of(day: str, paths: str, number: int, where: str) -> Iterator[PlannedTake | str]:
    for word in paths.replace(" ", "").split(","):
        if word:
            try:
                yield _path_take(day, word, "", number)
            except ValueError as error:
                yield f"{where}: {error}"


def _path_take(day: str, path: str, row: str, number: int) -> PlannedTake:
    found = _DATE.match(day)
    if found is None:
        raise ValueError(f"{day[:20]!r} is no date: write 2026-05-08 or 5/8/2026, the month first")
    year, month, date = (found[1], found[2], found[3]) if found[1] else (found[6], found[4], found[5])
    start = np.datetime64(f"{int(year):04d}-{int(month):02d}-{int(date):02d}", "ns")
    numbers = int(path), int(row) if row.strip() else None
    if not 1 <= numbers[0] <= 233 or not (numbers[1] is None or 1 <= numbers[1] <= 248):
        raise ValueError(f"path {path}, row {row or '-'} is not of WRS-2")
    return PlannedTake(number, start, start + seconds(86400.0), "", (), *numbers)


def _of_lines(content: bytes, source: str) -> Iterator[PlannedTake | str]:
    """Lines of date, path and perhaps row and satellite, with commas, tabs or blanks between; a heading says which."""
    text = content.decode("utf-8-sig")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    split = (
        csv.reader(io.StringIO("\n".join(lines))) if "," in text else (re.split(r"\t|\s{1,}", x.strip()) for x in lines)
    )
    columns: dict[str, int] = {}
    whole = _number(source)
    for count, cells in enumerate(split, 1):
        heads = {name.strip().casefold(): n for n, name in enumerate(cells)}
        if "path" in heads and not columns:
            columns = {key: n for name, n in heads.items() if (key := _heading(name))}
            continue
        order = columns or {"date": 0, "path": 1, "row": 2, "satellite": 3}
        yield _line(cells, order, whole, count)


def _heading(name: str) -> str:
    for key in ("date", "path", "row", "satellite"):
        if name.startswith(key):
            return key
    return ""


def _line(cells: Sequence[str], order: Mapping[str, int], whole: int | None, count: int) -> PlannedTake | str:
    def cell(name: str) -> str:
        at = order.get(name)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    number = _number(cell("satellite")) or whole
    if number is None:
        return f"line {count}: of which satellite? Give a column satellite, or a file name with landsat-8"
    try:
        return _path_take(cell("date"), cell("path"), cell("row"), number)
    except ValueError as error:
        return f"line {count}: {error}"
