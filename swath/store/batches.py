"""Record batches into one file, as they come, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from swath.errors import InputError

__all__ = ["write_batches"]

_ROWS = 1_000_000
"""of a row group: enough to be read fast, little enough to be held"""


def write_batches(
    path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], *, notes: Mapping[str, Any] | None = None
) -> int:
    """Write batches of one schema to ``.parquet`` or ``.csv`` and say how many rows there were.

    ``notes`` go into a Parquet file's own metadata as JSON, under ``notes``, as they are when the last batch is in.

    No more than a row group and a batch are held. Under another name until the last batch is in, so that nobody ever
    reads half of it; where the batches end in an error nothing is left. Raises :class:`InputError` for another ending
    and where the file cannot be made.
    """
    path = path.absolute()
    kinds: dict[str, Callable[[Any, pa.Schema, Iterable[pa.RecordBatch]], int]] = {
        ".parquet": partial(_parquet, notes=notes or {}),
        ".csv": _csv,
    }
    write = kinds.get(path.suffix.lower())
    if write is None:
        raise InputError(f"no form for the ending {path.suffix!r}", where=str(path), fix="Use .parquet or .csv")
    scratch = path.with_name(f".{path.name}.part")
    try:
        file = scratch.open("wb")
    except OSError as error:
        raise InputError(f"no file can be made here: {error}", where=str(path), fix="Name another file") from error
    try:
        with file:
            rows = write(file, schema, batches)
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)
    return rows


def _parquet(file: Any, schema: pa.Schema, batches: Iterable[pa.RecordBatch], notes: Mapping[str, Any]) -> int:
    names = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    rows = 0
    # Times of windows have random digits: encoding them otherwise saves little and costs more than finding them.
    options: dict[str, Any] = {"use_dictionary": names, "compression": "none", "write_statistics": True}
    with pq.ParquetWriter(file, schema, **options) as writer:
        held: list[pa.RecordBatch] = []
        for batch in batches:
            held.append(batch)
            rows += len(batch)
            if sum(map(len, held)) >= _ROWS:
                writer.write_table(pa.Table.from_batches(held).unify_dictionaries(), row_group_size=2 * _ROWS)
                held.clear()
        if held:
            writer.write_table(pa.Table.from_batches(held).unify_dictionaries(), row_group_size=2 * _ROWS)
        if notes:
            writer.add_key_value_metadata({"notes": json.dumps(notes)})
    return rows


def _csv(file: Any, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    plain = pa.schema([(field.name, pa.string()) if _worded(field.type) else field for field in schema])
    rows = 0
    with pyarrow.csv.CSVWriter(file, plain) as writer:
        for batch in batches:
            rows += len(batch)
            columns = [_words(column) if _worded(column.type) else column for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=plain))
    return rows


def _worded(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind) or pa.types.is_timestamp(kind))


def _words(column: pa.Array) -> pa.Array:
    """Names as they are, times as ISO 8601 with milliseconds and ``Z``."""
    if pa.types.is_timestamp(column.type):
        # Rounding up may carry into the next day: before the words are made.
        return pc.strftime(
            pc.round_temporal(column, 1, "millisecond").cast(pa.timestamp("ms", "UTC")), "%Y-%m-%dT%H:%M:%SZ"
        )
    return column.cast(pa.string())
