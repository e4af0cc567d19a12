"""Reads one table of a TOML file strictly: every key is known, present and of the right kind, or the user is told."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from swath.errors import InputError
from swath.time import parse_utc, to_datetime64

__all__ = ["Section"]

_REQUIRED: Any = object()


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


class Section:
    """A table being read. Ask for each key once, then call :meth:`done`, which refuses keys nobody asked for."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, Mapping):
            raise InputError("a table of keys is expected here", where=where, fix="See examples/flood/mission.toml")
        self.values = values
        self.where = where
        self._asked: set[str] = set()

    def _get(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        if key in self.values:
            return self.values[key]
        if default is _REQUIRED:
            close = difflib.get_close_matches(key, [k for k in self.values if k not in self._asked], 1)
            hint = f"Did you mean it by {close[0]!r}?" if close else f"Add {key} = ..."
            raise InputError(f"key {key!r} is missing", where=self.where, fix=hint)
        return default

    def _wrong(self, key: str, value: Any, wanted: str) -> InputError:
        return InputError(f"{key} = {value!r} is not {wanted}", where=self.where, fix=f"Give {wanted}")

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        """A non-empty string."""
        value = self._get(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self._wrong(key, value, "a text")
        return value

    def number(self, key: str, default: Any = _REQUIRED, *, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number in ``low`` .. ``high``."""
        value = self._get(key, default)
        if key not in self.values and value is default and value is not None:
            return float(value)  # a default may be endless, a given number not
        if not _finite(value) or not low <= value <= high:
            raise self._wrong(key, value, f"a number from {low:g} to {high:g}")
        return float(value)

    def flag(self, key: str, default: Any = _REQUIRED) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def whole(self, key: str, default: Any = _REQUIRED, *, low: int, high: int) -> int:
        """A whole number in ``low`` .. ``high``."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._wrong(key, value, f"a whole number from {low} to {high}")
        return value

    def time(self, key: str, default: Any = _REQUIRED) -> np.datetime64:
        """A UTC time: a TOML date-time with zone, or ISO text with ``Z``."""
        value = self._get(key, default)
        if isinstance(value, np.datetime64):
            return value
        if hasattr(value, "tzinfo") and value.tzinfo is not None:
            return to_datetime64(value)
        return parse_utc(value if isinstance(value, str) else str(value), where=f"{self.where} {key}")

    def pairs(self, key: str, default: Any = _REQUIRED) -> tuple[tuple[float, float], ...]:
        """A list of pairs of finite numbers, or one pair."""
        value = self._get(key, default)
        rows: list[Any] = list(value) if isinstance(value, (list, tuple)) else [None]
        if rows and all(map(_finite, rows)):
            rows = [rows]
        if not all(isinstance(row, (list, tuple)) and len(row) == 2 and all(map(_finite, row)) for row in rows):
            raise self._wrong(key, value, "a list of pairs of numbers")
        return tuple((float(a), float(b)) for a, b in rows)

    def spans(self, key: str, default: Any = _REQUIRED) -> tuple[tuple[np.datetime64, np.datetime64], ...]:
        """A list of pairs of times, the earlier first."""
        value = self._get(key, default)
        rows = value if isinstance(value, (list, tuple)) else [None]
        if not all(isinstance(row, (list, tuple)) and len(row) == 2 for row in rows):
            raise self._wrong(key, value, "a list of pairs of times")
        found = []
        for number, row in enumerate(rows):
            one = Section({"from": row[0], "to": row[1]}, f"{self.where} {key}[{number}]")
            found.append((one.time("from"), one.time("to")))
            if not found[-1][0] < found[-1][1]:
                raise self._wrong(key, value, "a list of pairs of times, the earlier first")
        return tuple(found)

    def texts(self, key: str, default: Any = _REQUIRED) -> tuple[str, ...]:
        """A list of at least one text."""
        value = self._get(key, default)
        if not isinstance(value, (list, tuple)) or not value or not all(isinstance(v, str) and v for v in value):
            raise self._wrong(key, value, "a list of texts")
        return tuple(value)

    def numbers(
        self, key: str, length: int, default: Any = _REQUIRED, *, low: float = -math.inf, high: float = math.inf
    ) -> tuple[float, ...]:
        """A list of ``length`` finite numbers in ``low`` .. ``high``."""
        value = self._get(key, default)
        if not isinstance(value, (list, tuple)) or len(value) != length:
            raise self._wrong(key, value, f"a list of {length} numbers")
        inner = Section({str(n): one for n, one in enumerate(value)}, f"{self.where} {key}")
        return tuple(inner.number(str(n), low=low, high=high) for n in range(length))

    def rows(self, key: str, length: int, *, most: int) -> tuple[tuple[float, ...], ...]:
        """A list of at most ``most`` lists of ``length`` finite numbers; empty where absent."""
        value = self._get(key, [])
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(key, value, f"a list of at most {most} lists of {length} numbers")
        inner = Section({str(n): one for n, one in enumerate(value)}, f"{self.where} {key}")
        return tuple(inner.numbers(str(n), length) for n in range(len(value)))

    def table(self, key: str) -> Section:
        """A table inside this one."""
        return Section(self._get(key, _REQUIRED), f"{self.where} [{key}]")

    def optional_table(self, key: str) -> Section:
        """A table inside this one; empty where absent."""
        return Section(self._get(key, {}), f"{self.where} [{key}]")

    def tables(self, key: str, *, name: str = "id") -> list[Section]:
        """An array of tables, none where absent; each is called by its ``name`` in messages."""
        value = self._get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, value, f"a list of tables: write [[{key}]]")
        labels = [v.get(name, n + 1) if isinstance(v, Mapping) else n + 1 for n, v in enumerate(value)]
        return [Section(v, f"{self.where} [[{key}]] {label}") for v, label in zip(value, labels, strict=True)]

    def done(self) -> None:
        """Refuse keys that mean nothing here, so that a misspelt one is never silently ignored."""
        unknown = [key for key in self.values if key not in self._asked]
        if unknown:
            close = difflib.get_close_matches(unknown[0], sorted(self._asked), 1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(sorted(self._asked))}"
            raise InputError(f"key {unknown[0]!r} is unknown", where=self.where, fix=hint)
