"""Fields and pictures in, tables out: what the commands ``swath product fields ...`` do, without printing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as columns_of
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import shapely

from swath.archive.field_looks import Look, find_looks, measure_look, unseen_mask
from swath.archive.grids import map_from_geodetic
from swath.errors import DataError, InputError
from swath.model import Grid
from swath.product.field_set import FieldSet
from swath.product.field_stale import StaleFields, stale_fields
from swath.product.field_table import FieldLooks, FieldSeries, rows_of_look, series_of
from swath.product.fields import Coverages, cover_polygons
from swath.product.indices import INDICES
from swath.time import parse_utc

__all__ = ["Measured", "fields_on_grid", "find_stale", "matched", "measure_fields", "neighbours", "read_field_looks"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Measured:
    """The looks of fields, and what there is to know about them."""

    looks: FieldLooks
    masks: Mapping[str, str]
    """by picture: which word said what is hidden"""
    told: tuple[str, ...]
    """pictures that were left out, and why"""
    simulated: bool


def fields_on_grid(fields: FieldSet, grid: Grid) -> Coverages:
    """Exact shares of the fields in the pixels of a grid; what lies off it covers nothing."""

    def project(at: Any) -> Any:
        east, north = map_from_geodetic(grid.epsg, lon_deg=at[:, 0], lat_deg=at[:, 1])
        return np.column_stack([east, north])

    shapes = shapely.transform(fields.shapes, project)
    for number in np.flatnonzero(~shapely.is_valid(shapes)):
        shapes[number] = shapely.buffer(shapes[number], 0.0)
    return cover_polygons(list(shapes), grid, names=[f"field {id}" for id in fields.id])


def measure_fields(
    fields: FieldSet, scenes: Sequence[Path], indices: Sequence[str], *, progress: Progress = lambda what, share: None
) -> Measured:
    """Every index of every field on every date: :func:`swath.archive.field_looks.measure_look` for all looks.

    Shares of pixels are found once a grid. Looks without the bands are told and left out; :class:`InputError` where an
    index is not known or no look has its bands.
    """
    unknown = [name for name in indices if name not in INDICES]
    if unknown or not indices:
        raise InputError(f"no index is called {', '.join(unknown)!r}", fix=f"Known: {', '.join(sorted(INDICES))}")
    looks, told = find_looks(scenes)
    covers: dict[Grid, Coverages] = {}
    rows: list[FieldLooks] = []
    masks: dict[str, str] = {}
    for number, look in enumerate(looks):
        progress(f"{np.datetime_as_string(look.time, 'D')}", number / len(looks))
        if look.grid not in covers:
            covers[look.grid] = fields_on_grid(fields, look.grid)
        try:
            rows.append(_rows(look, covers[look.grid], fields, list(indices), masks))
        except (InputError, DataError) as error:
            told.append(str(error))
    if not rows:
        raise InputError(f"no picture could be measured: {told[0]}", fix="Give pictures with the bands of the index")
    return Measured(FieldLooks.join(rows), masks, tuple(told), any(look.simulated for look in looks))


def _rows(look: Look, coverages: Coverages, fields: FieldSet, indices: list[str], masks: dict[str, str]) -> FieldLooks:
    hidden, masks[look.id] = unseen_mask(look)
    found = measure_look(look, coverages, indices, hidden)
    return rows_of_look(
        found, indices, field=fields.id, crop=fields.crop, scene=look.id, time=look.time, pixel_m=look.grid.pixel_m
    )


def matched(fields: FieldSet, series: FieldSeries) -> Any:
    """Which of the fields each row of a series is; :class:`InputError` where the table has others."""
    place = {str(id): number for number, id in enumerate(fields.id)}
    missing = [str(name) for name in series.field if str(name) not in place]
    if missing:
        raise InputError(
            f"{len(missing)} fields of the table are not in the file, as {missing[0]!r}",
            fix="Give the fields it was made of",
        )
    return np.array([place[str(name)] for name in series.field])


def find_stale(
    fields: FieldSet, table: Path, *, index: str, at: str | None
) -> tuple[np.datetime64, StaleFields, tuple[dict[str, float], dict[str, float]]]:
    """Now (the last picture's time unless told), the fields by how long nobody saw them, and a point of each."""
    series = series_of(read_field_looks(table), index)
    if not len(series.time):
        raise InputError(f"no index {index!r} is in it", where=str(table), fix="Name another: --index")
    rows = matched(fields, series)
    now = parse_utc(at).astype("datetime64[s]") if at else series.time.max()
    lon, lat = (dict(zip(fields.id.tolist(), values.tolist(), strict=True)) for values in fields.centres_deg())
    return now, stale_fields(series, crop=fields.crop[rows], now=now), (lon, lat)


def neighbours(fields: FieldSet, rows: Any, within_m: float = 500.0) -> Any:
    """Which of some fields lie within some hundred metres of each other, ``(field, field)``."""
    lon, lat = fields.centres_deg()
    lon, lat = lon[rows], lat[rows]
    middle = np.radians(lat.mean())
    east, north = 111_320.0 * np.cos(middle) * lon, 111_320.0 * lat
    return np.hypot(east[:, None] - east, north[:, None] - north) <= within_m


def read_field_looks(path: Path) -> FieldLooks:
    """A table that ``swath product fields --out`` wrote, .parquet or .csv. :class:`DataError` where it is none."""
    try:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        table = pa.parquet.read_table(path) if parquet else pa.csv.read_csv(path)
        got: dict[str, Any] = {}
        for one in columns_of(FieldLooks):
            values = table.column(one.name).to_numpy(zero_copy_only=False)
            kind = one.metadata["dtype"].kind
            if kind == "U":
                values = np.array(["" if value is None else str(value) for value in values], "U")
            got[one.name] = _times(values) if kind == "M" else values
        return FieldLooks(**got)
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise DataError(
            f"no table of fields: {str(error)[:100]}", where=str(path), fix="Make one: swath product fields ... --out"
        ) from error


def _times(values: Any) -> Any:
    if values.dtype.kind == "M":
        return values.astype("datetime64[ns]")
    return np.array([np.datetime64(str(value).removesuffix("Z"), "ns") for value in values])
