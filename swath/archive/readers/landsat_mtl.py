"""What does a Landsat MTL file say? Text or JSON, of any collection: groups of keys and values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from swath.errors import DataError

__all__ = ["Mtl", "read_mtl"]

_LINE = re.compile(r"\s*([A-Z0-9_]+)\s*=\s*(.*?)\s*")
_LONGEST = 4_000_000


@dataclass(frozen=True)
class Mtl:
    """Groups by name, each key to its text; level 2 files repeat keys of level 1 in other groups."""

    groups: Mapping[str, Mapping[str, str]]
    where: str
    merged: Mapping[str, str] = field(default_factory=dict)
    """all keys, the first that was met"""

    def text(self, key: str, default: str | None = None, *, group: str = "") -> str:
        """A value as text, of one group or of any. :class:`DataError` where it is missing without a default."""
        found = self.groups.get(group, {}).get(key) if group else self.merged.get(key)
        if found is None and default is None:
            raise DataError(f"{key} is missing", where=self.where, fix="Get the product's MTL file again")
        return found if found is not None else str(default)

    def number(self, key: str, *, group: str = "") -> float:
        """A value as a finite number."""
        value = self.maybe(key, group=group)
        if value is None:
            raise DataError(f"{key} is missing", where=self.where, fix="Get the product's MTL file again")
        return value

    def maybe(self, key: str, *, group: str = "") -> float | None:
        """A value as a finite number, or None where there is none. :class:`DataError` where it is no number."""
        text = self.text(key, "", group=group)
        if not text or text.upper() in ("NOT_APPLICABLE", "NULL", "NA"):
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DataError(f"{key} is {text!r}, no number", where=self.where, fix="Get the product's MTL file again")
        return value

    def group_with(self, key: str, *wanted: str) -> str:
        """The first group whose name holds one of ``wanted`` and that has a key; empty where there is none."""
        for word in wanted:
            for name, group in self.groups.items():
                if word in name and key in group:
                    return name
        return ""


def read_mtl(data: bytes, *, where: str) -> Mtl:
    """Read an MTL file (``GROUP = ... END_GROUP``, or JSON). :class:`DataError` where it is none or is cut short."""
    if len(data) > _LONGEST:
        raise DataError("is too long for an MTL file", where=where, fix="Look what it is")
    text = data.decode("utf-8", errors="replace").rstrip("\0\r\n\t ")
    groups = _from_json(text, where) if text.lstrip().startswith("{") else _from_text(text, where)
    merged: dict[str, str] = {}
    for group in groups.values():
        for key, value in group.items():
            merged.setdefault(key, value)
    if not merged:
        raise DataError("holds no keys", where=where, fix="Give the product's MTL file")
    return Mtl(groups, where, merged)


def _from_text(text: str, where: str) -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = {}
    stack: list[str] = []
    ended = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if line.strip() == "END":
            ended = True
            break
        match = _LINE.fullmatch(line)
        if not match:
            raise DataError(f"line {number} is no KEY = VALUE", where=where, fix="Give the product's MTL file")
        key, value = match.group(1), match.group(2).strip('"')
        if key in ("GROUP", "BEGIN_GROUP"):
            stack.append(value)
        elif key == "END_GROUP":
            if not stack or stack.pop() != value:
                raise DataError(f"line {number} ends group {value}, which is not open", where=where, fix="Get it again")
        else:
            groups.setdefault(stack[-1] if stack else "", {})[key] = value
    if stack or not ended:
        raise DataError("is cut short", where=where, fix="Get the product's MTL file again")
    return groups


def _from_json(text: str, where: str) -> dict[str, dict[str, str]]:
    try:
        (raw,) = json.loads(text).values()
        return {
            str(name): {str(key): str(value) for key, value in group.items()}
            for name, group in raw.items()
            if isinstance(group, dict)
        }
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise DataError(f"is no MTL file in JSON: {error}", where=where, fix="Get it again") from error
