"""The table base: what is computed by the thousand is columns, not objects.

A table is a frozen dataclass of equal-length 1-D numpy arrays whose dtypes and units are declared once, with
:func:`column`. Inheriting from :class:`Table` gives it length, filtering, sorting, joining and a way to JSON.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.time import format_utc

__all__ = ["Table", "column"]


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


def _plain(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else format_utc(value, decimals=3)
    if isinstance(value, np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
