"""Tables and outlines of fields written whole or not at all, simulated ones marked."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from swath.errors import InputError
from swath.model import SIMULATED
from swath.store.folder import write_whole
from swath.table import Table

__all__ = ["require_marked", "write_features", "write_table"]


def require_marked(path: Path, simulated: bool) -> None:
    """A file of simulated data says so in its name, like every other of this program."""
    if simulated and SIMULATED not in path.name.upper():
        raise InputError(
            "the pictures are simulated and the file's name does not say so",
            where=str(path),
            fix=f"Call it {path.stem}-{SIMULATED}{path.suffix}",
        )


def write_table(path: Path, table: Table, *, simulated: bool = False) -> Path:
    """A table as .parquet, .csv or .json by its ending; times UTC, unknown numbers empty."""
    require_marked(path, simulated)
    form = path.suffix.lower()
    if form == ".json":
        rows = [{k: None if v != v else v for k, v in row.items()} for row in table.to_json()]
        text = json.dumps({"simulated": simulated, "rows": rows}, indent=1, ensure_ascii=False, allow_nan=False)
        return write_whole(path, text + "\n")
    arrow, stream = table.to_arrow(), io.BytesIO()
    if form == ".parquet":
        meta = {**(arrow.schema.metadata or {}), b"simulated": str(simulated).lower().encode()}
        pa.parquet.write_table(arrow.replace_schema_metadata(meta), stream, compression="zstd")
    else:
        for number, one in enumerate(arrow.schema):
            if pa.types.is_timestamp(one.type):
                words = pa.array([_spoken(t) for t in getattr(table, one.name)])
                arrow = arrow.set_column(number, one.name, words)
        pa.csv.write_csv(arrow, stream, pa.csv.WriteOptions(quoting_style="needed"))
    return write_whole(path, stream.getvalue())


def _spoken(time: np.datetime64) -> str | None:
    return None if np.isnat(time) else f"{np.datetime_as_string(time, 's')}Z"


def write_features(path: Path, shapes: Sequence[Any], rows: Sequence[Mapping[str, Any]], *, simulated: bool) -> Path:
    """Outlines in degrees with their data as GeoJSON."""
    import shapely

    require_marked(path, simulated)
    features = [
        {"type": "Feature", "properties": dict(row), "geometry": json.loads(shapely.to_geojson(shape))}
        for shape, row in zip(shapes, rows, strict=True)
    ]
    whole = {"type": "FeatureCollection", "features": features}
    return write_whole(path, json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n")
