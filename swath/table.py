"""The table base: what is computed by the thousand is columns, not objects.

A table is a frozen dataclass of equal-length 1-D numpy arrays whose dtypes and units are declared once, with
:func:`column`. Inheriting from :class:`Table` gives it length, filtering, sorting, joining and a way to JSON.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.time import format_utc

__all__ = ["Table", "column", "names_of"]


def column(dtype: str, unit: str, doc: str) -> Any:
    """Declare a column: numpy dtype, unit (``"-"`` for none) and what it holds."""
    return dataclasses.field(metadata={"dtype": np.dtype(dtype), "unit": unit, "doc": doc})


@dataclasses.dataclass(frozen=True)
class Table:
    """Equal-length columns under one name. Columns are coerced to their declared dtype and made read-only."""

    def __post_init__(self) -> None:
        length = -1
        for field in dataclasses.fields(self):
            dtype = field.metadata["dtype"]
            values = np.array(getattr(self, field.name), dtype=None if dtype.kind == "U" else dtype)
            if dtype.kind == "U":
                values = values.astype("U") if values.size else np.empty(values.shape, "U1")
            if values.ndim != 1 or length not in (-1, len(values)):
                raise InputError(
                    f"column {field.name} of {type(self).__name__} has shape {values.shape}",
                    fix=f"Give every column the same single length ({length})",
                )
            length = len(values)
            values.flags.writeable = False
            object.__setattr__(self, field.name, values)

    @classmethod
    def empty(cls) -> Self:
        """A table of no rows."""
        return cls(**{f.name: np.empty(0, f.metadata["dtype"]) for f in dataclasses.fields(cls)})

    @classmethod
    def from_rows(cls, rows: Sequence[dict[str, Any]]) -> Self:
        """A table from dictionaries, for the few rows a person or a file gives."""
        if not rows:
            return cls.empty()
        return cls(**{f.name: [row[f.name] for row in rows] for f in dataclasses.fields(cls)})

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """The rows of several tables, in order."""
        if not parts:
            return cls.empty()
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in dataclasses.fields(cls)})

    def __len__(self) -> int:
        return len(getattr(self, dataclasses.fields(self)[0].name))

    def take(self, rows: npt.ArrayLike | slice) -> Self:
        """The chosen rows: a boolean mask, indices or a slice."""
        key = rows if isinstance(rows, slice) else np.asarray(rows)
        if not isinstance(key, slice) and key.size == 0:
            key = key.astype(np.intp)
        return type(self)(**{f.name: getattr(self, f.name)[key] for f in dataclasses.fields(self)})

    def sort_by(self, *names: str) -> Self:
        """Rows ordered by the first name, ties by the next."""
        return self.take(np.lexsort([getattr(self, name) for name in reversed(names)]))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries of numpy scalars."""
        names = [f.name for f in dataclasses.fields(self)]
        for values in zip(*(getattr(self, name) for name in names), strict=True):
            yield dict(zip(names, values, strict=True))

    def to_json(self) -> list[dict[str, Any]]:
        """Rows as plain Python values: times as ISO 8601 with milliseconds and ``Z``."""
        return [{name: _plain(value) for name, value in row.items()} for row in self.rows()]

    def beside(self, other: Table) -> Table:
        """One table with the columns of two of the same length, row by row."""
        if shared := sorted(set(names_of(self)) & set(names_of(other))):
            raise InputError(f"both tables have {shared}", fix="Leave the columns out of one of them")
        columns = [
            (f.name, f.type, column(f.metadata["dtype"].str, f.metadata["unit"], f.metadata["doc"]))
            for table in (self, other)
            for f in dataclasses.fields(table)
        ]
        kind: Any = dataclasses.make_dataclass(type(self).__name__, columns, bases=(Table,), frozen=True)
        made: Table = kind(**{name: getattr(table, name) for table in (self, other) for name in names_of(table)})
        return made

    def to_arrow(self, *, worded: bool = True) -> Any:
        """As a ``pyarrow.Table``: times UTC in ns, unknown numbers null, unit and meaning in the fields' metadata.

        ``worded=False`` writes each text once and numbers where it stands (Arrow's dictionaries): of millions of rows.
        """
        import pyarrow as pa

        schema, arrays = self.arrow_schema(worded=worded), []
        for f, kind in zip(dataclasses.fields(self), schema.types, strict=True):
            values = getattr(self, f.name)
            if f.metadata["dtype"].kind == "M":
                arrays.append(pa.array(values.astype("datetime64[ns]")).cast(kind))
            elif f.metadata["dtype"].kind == "U":
                words = pa.array(values.tolist(), pa.string())
                arrays.append(words if worded else _numbered(words))
            else:
                arrays.append(pa.array(values, from_pandas=True))
        return pa.Table.from_arrays(arrays, schema=schema)

    @classmethod
    def arrow_schema(cls, *, worded: bool = True) -> Any:
        """The columns of :meth:`to_arrow`, as a ``pyarrow.Schema``."""
        import pyarrow as pa

        text = pa.string() if worded else pa.dictionary(pa.int32(), pa.string())
        fields = []
        for f in dataclasses.fields(cls):
            dtype = f.metadata["dtype"]
            kind = {"M": pa.timestamp("ns", tz="UTC"), "U": text}.get(dtype.kind) or pa.from_numpy_dtype(dtype)
            about = {"unit": f.metadata["unit"], "description": f.metadata["doc"]}
            fields.append(pa.field(f.name, kind, metadata=about))
        return pa.schema(fields)

    def to_pandas(self) -> Any:
        """As a ``pandas.DataFrame``, times with the zone UTC. :class:`DataError` without the extra ``notebook``."""
        pandas = _extra("pandas")
        frame = pandas.DataFrame({name: getattr(self, name) for name in names_of(self)})
        for f in dataclasses.fields(self):
            if f.metadata["dtype"].kind == "M":
                frame[f.name] = frame[f.name].dt.tz_localize("UTC")
        return frame

    def to_geopandas(self, geometry: Sequence[Any]) -> Any:
        """As a ``geopandas.GeoDataFrame`` on longitude and latitude, with one shapely geometry a row."""
        return _extra("geopandas").GeoDataFrame(self.to_pandas(), geometry=list(geometry), crs="EPSG:4326")

    def to_xarray(self) -> Any:
        """As an ``xarray.Dataset`` along the dimension ``row``, with the unit and meaning of each variable."""
        variables = {
            f.name: (
                "row",
                np.array(getattr(self, f.name)),
                {"units": f.metadata["unit"], "long_name": f.metadata["doc"]},
            )
            for f in dataclasses.fields(self)
        }
        return _extra("xarray").Dataset(variables)


def _numbered(words: Any) -> Any:
    """Texts as numbers of a dictionary in alphabetical order, so that who sorts by the numbers sorts by the texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = words.dictionary_encode()
    order = pc.sort_indices(found.dictionary).to_numpy()
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    numbers = rank[found.indices.to_numpy()] if len(words) else np.empty(0, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), found.dictionary.take(pa.array(order)))


def names_of(table: Table) -> list[str]:
    """The columns of a table, in order."""
    return [f.name for f in dataclasses.fields(table)]


def _extra(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(f"{name} is not installed", fix="pip install 'swath[notebook]'") from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else format_utc(value, decimals=3)
    if isinstance(value, np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
