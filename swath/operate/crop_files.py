"""Tables of series with crops in, crop maps out."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from swath.errors import DataError, InputError
from swath.operate.field_work import read_field_looks
from swath.product.crop_scores import accuracy_of, expected_calibration_error, macro_f1
from swath.product.crops import CropMap
from swath.product.field_table import series_of
from swath.store.folder import write_whole

__all__ = ["CropSeries", "known_scores", "read_series", "write_map"]

Floats = npt.NDArray[np.float64]

STEP_DAYS = 16
_DAY = re.compile(r"(?:doy_?)?(\d{1,3})$")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True)
class CropSeries:
    """Series of fields at steps of a season, and what is known of each field."""

    values: Floats
    """``(field, step)``, NaN in gaps"""
    steps: tuple[int, ...]
    """day of the year at which each step begins"""
    id: npt.NDArray[np.str_]
    crop: npt.NDArray[np.str_]
    region: npt.NDArray[np.str_] | None

    def alike(self, other: CropSeries) -> tuple[CropSeries, CropSeries]:
        """Both at the steps that either has, with gaps; :class:`InputError` where they share fewer than four."""
        if len(set(self.steps) & set(other.steps)) < 4:
            raise InputError("the two tables share fewer than four dates", fix="Give series of the same season")
        steps = tuple(sorted({*self.steps, *other.steps}))

        def on(one: CropSeries) -> CropSeries:
            values = np.full((len(one.id), len(steps)), np.nan)
            values[:, [steps.index(step) for step in one.steps]] = one.values
            return replace(one, values=values, steps=steps)

        return on(self), on(other)


def read_series(path: Path, *, crop: str, region: str, id: str | None) -> CropSeries:
    """A wide table (a row a field, a column a date) or one that ``swath product fields --out`` wrote.

    Columns of values end with a day of the year or a date; several within 16 days count as one step, by their mean.
    :class:`DataError` where it cannot be read, :class:`InputError` where it has no such columns.
    """
    try:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        table = pa.parquet.read_table(path) if parquet else pa.csv.read_csv(path)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"no table: {str(error)[:100]}", where=str(path), fix="Give .csv or .parquet") from error
    names = table.column_names
    if {"field", "time", "index_mean"} <= set(names):
        return _of_looks(path)
    dated = {name: day for name in names if name not in (crop, region, id) and (day := _day_of(name)) is not None}
    if len(dated) < 4:
        raise InputError(
            f"its columns are {', '.join(names)[:80]}", where=str(path), fix="Call those of values ndvi_doy_113 or so"
        )
    words = {name: _words(table, name) for name in (crop, region, *([id] if id else [])) if name in names}
    if id is not None and id not in names:
        raise InputError(f"no column is called {id!r}", where=str(path), fix=f"Its columns: {', '.join(names)[:80]}")
    count = table.num_rows
    columns = {name: _numbers(table, name, path) for name in dated}
    return _stepped(
        np.column_stack(list(columns.values())), list(dated.values()),
        id=words[id] if id else np.arange(1, count + 1).astype("U"),
        crop=words.get(crop, np.full(count, "")), region=words.get(region),
    )  # fmt: skip


def _day_of(name: str) -> int | None:
    if match := _DATE.search(name):
        try:
            day = np.datetime64(match[1], "D")
        except ValueError:
            return None
        return int((day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)) + 1
    match = _DAY.search(name)
    return (
        int(match[1])
        if match and name != match[0] and 1 <= int(match[1]) <= 366 and name[0].isalpha() and "_" in name
        else None
    )


def _words(table: Any, name: str) -> npt.NDArray[np.str_]:
    return np.array(["" if value is None else str(value).strip() for value in table.column(name).to_pylist()], "U")


def _numbers(table: Any, name: str, path: Path) -> Floats:
    try:
        values = [np.nan if v in (None, "", "NA", "nan", "NaN") else float(v) for v in table.column(name).to_pylist()]
    except (TypeError, ValueError) as error:
        raise InputError(f"column {name} holds no numbers: {error}", where=str(path), fix="Leave gaps empty") from error
    return np.array(values, np.float64)


def _of_looks(path: Path) -> CropSeries:
    looks = read_field_looks(path)
    index = "ndvi" if "ndvi" in looks.index else str(looks.index[0]) if len(looks) else "ndvi"
    series = series_of(looks, index)
    if not len(series.time):
        raise InputError("the table is empty", where=str(path), fix="Measure some fields")
    first = dict(zip(looks.field.tolist(), looks.crop.tolist(), strict=True))
    days = (series.time - series.time.astype("datetime64[Y]")) / np.timedelta64(86400, "s")
    values = np.where(series.seen, series.mean, np.nan)
    return _stepped(
        values,
        [int(day) + 1 for day in days],
        id=series.field,
        crop=np.array([first[str(f)] for f in series.field]),
        region=None,
    )


def _stepped(values: Floats, days: list[int], **known: Any) -> CropSeries:
    """Means of what falls into the same 16 days of the year."""
    step = (np.array(days) - 1) // STEP_DAYS
    kinds = np.unique(step)
    seen = np.isfinite(values)
    sums = np.stack([np.where(seen, values, 0.0)[:, step == one].sum(axis=1) for one in kinds], axis=1)
    count = np.stack([seen[:, step == one].sum(axis=1) for one in kinds], axis=1)
    means = np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    return CropSeries(means, tuple(int(one) * STEP_DAYS + 1 for one in kinds), **known)


def known_scores(found: CropMap, crop: npt.NDArray[np.str_]) -> dict[str, float] | None:
    """Accuracy, macro-F1 and calibration error over fields of crops that were learnt; None where none is known."""
    known = np.isin(crop, found.classes)
    if not known.any():
        return None
    chosen = found.crop[known]
    return {
        "fields": float(known.sum()),
        "accuracy": accuracy_of(chosen, crop[known]),
        "macro_f1": macro_f1(chosen, crop[known]),
        "calibration_error": expected_calibration_error(found.likelihood[known].max(axis=1), chosen == crop[known]),
    }


def write_map(path: Path, found: CropMap, names: npt.NDArray[np.str_]) -> Path:
    """The likeliest crop of each field, its likelihood, and that of every crop."""
    columns: dict[str, Any] = {
        "field": names, "crop": found.crop, "likelihood": found.likelihood.max(axis=1), "looks": found.looks,
    }  # fmt: skip
    columns |= {f"p_{name}": found.likelihood[:, number] for number, name in enumerate(found.classes)}
    table = pa.table({name: pa.array(values.tolist()) for name, values in columns.items()})
    if path.suffix.lower() == ".json":
        return write_whole(path, json.dumps(table.to_pylist(), indent=1, allow_nan=False) + "\n")
    stream = io.BytesIO()
    if path.suffix.lower() == ".parquet":
        pa.parquet.write_table(table, stream, compression="zstd")
    else:
        pa.csv.write_csv(table, stream)
    return write_whole(path, stream.getvalue())
