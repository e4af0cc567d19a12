"""Reads a forecast or a climatology of clear sky: a CSV grid."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from swath.errors import DataError, InputError
from swath.plan.forecast import GridForecast
from swath.time import parse_utc

__all__ = ["FORECAST_COLUMNS", "read_forecast"]

FORECAST_COLUMNS = ("time", "lon_deg", "lat_deg", "p_clear")


def read_forecast(path: Path) -> GridForecast:
    """P(clear) from a CSV file with the header :data:`FORECAST_COLUMNS`, one row for each crossing of the grid.

    Linear between crossings and times, the nearest beyond them; a climatology has a row for the middle of each month.
    Raises :class:`DataError` where the file is missing, :class:`InputError` for rows that are wrong, missing or twice.
    """
    if not path.is_file():
        raise DataError("the forecast does not exist", where=str(path), fix="Check [forecast] file in the mission")
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            table = list(csv.reader(line for line in stream if not line.startswith("#")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"this is no CSV text: {error}", where=str(path), fix="Save it as UTF-8 CSV") from error
    if not table or tuple(table[0]) != FORECAST_COLUMNS:
        raise InputError("the header is wrong", where=str(path), fix=f"First line: {','.join(FORECAST_COLUMNS)}")
    cells: dict[tuple[np.datetime64, float, float], float] = {}
    for number, row in enumerate(table[1:], start=2):
        key, value = _cell(row, f"{path} row {number}")
        if key in cells:
            raise InputError("this crossing is there twice", where=f"{path} row {number}", fix="Leave one out")
        cells[key] = value
    at = sorted({key[0] for key in cells})
    lon, lat = sorted({key[1] for key in cells}), sorted({key[2] for key in cells})
    if not cells or len(cells) != len(at) * len(lat) * len(lon):
        raise InputError(
            f"{len(cells)} rows for {len(at)} times, {len(lat)} latitudes and {len(lon)} longitudes",
            where=str(path),
            fix="Give one row for each of their crossings",
        )
    clear = [[[cells[t, x, y] for x in lon] for y in lat] for t in at]
    return GridForecast(np.array(lon), np.array(lat), np.array(at, "datetime64[ns]"), np.array(clear))


def _cell(row: list[str], where: str) -> tuple[tuple[np.datetime64, float, float], float]:
    try:
        time, *numbers = row
        lon, lat, clear = (float(text) for text in numbers)
    except ValueError as error:
        raise InputError(
            f"{','.join(row)[:40]}", where=where, fix="Give time, longitude, latitude, P(clear)"
        ) from error
    good = all(map(math.isfinite, (lon, lat, clear))) and abs(lon) <= 180.0 and abs(lat) <= 90.0
    if not good or not 0.0 <= clear <= 1.0:
        raise InputError(f"{','.join(row)[:40]} is out of range", where=where, fix="Degrees, and 0 to 1 for P(clear)")
    return (parse_utc(time, where=where), lon, lat), clear
