"""Reads routine orders from a CSV list."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from swath.errors import DataError, InputError
from swath.model import Place, Request

__all__ = ["COLUMNS", "KINDS", "MAX_EXTENT_M", "read_orders"]

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


def read_orders(path: Path, *, start: np.datetime64, stop: np.datetime64) -> tuple[Request, ...]:
    """The orders of a CSV file with the header :data:`COLUMNS`, all for the window ``start`` .. ``stop``.

    ``field`` and ``watch`` are squares of ``width_m`` round a point, ``area`` a box. Faults are all listed with their
    line numbers in one :class:`InputError`; nothing is skipped.
    """
    if not path.is_file():
        raise DataError("the order list does not exist", where=str(path), fix="Check [orders] file in the mission")
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            table = list(csv.reader(line for line in stream if not line.startswith("#")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"this is no CSV text: {error}", where=str(path), fix="Save it as UTF-8 CSV") from error
    if not table or tuple(table[0]) != COLUMNS:
        raise InputError("the header is wrong", where=str(path), fix=f"First line: {','.join(COLUMNS)}")
    requests, faults = [], []
    for number, row in enumerate(table[1:], start=2):
        try:
            requests.append(_request(row, start, stop))
        except (InputError, ValueError) as error:
            faults.append(f"row {number}: {error}")
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        raise InputError("; ".join(faults[:5]) + more, where=str(path), fix="Correct these rows")
    return tuple(requests)


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
