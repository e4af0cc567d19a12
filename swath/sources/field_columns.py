"""Which column of a file of fields is the name, the crop, the day of sowing? Found by name, in several languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["NAMES", "find_column", "parse_days"]

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": (
        *("field_id", "fieldid", "field", "parcel_id", "parcel", "plot_id", "plot", "fid", "id", "objectid", "gml_id"),
        *("name", "field_name", "schlag", "schlag_id", "flik", "num_ilot", "id_parcel", "parcela", "talhao", "lote"),
    ),
    "crop": (
        *("crop", "crop_name", "cropname", "crop_type", "croptype", "crop_code", "culture", "code_cultu", "kultur"),
        *("kulturart", "fruchtart", "cultivo", "cultura", "coltura", "gewas", "uprawa", "label", "label_1", "landuse"),
    ),
    "sown": (
        *("sown", "sowing", "sowing_date", "sowingdate", "sow_date", "sowdate", "date_sown", "sown_on", "planting"),
        *("planting_date", "plantingdate", "planted", "plant_date", "plantdate", "date_planted", "seeding_date"),
        *("seeded", "aussaat", "saatdatum", "aussaatdatum", "date_semis", "semis", "fecha_siembra", "siembra"),
        *("data_plantio", "plantio", "zaaidatum"),
    ),
}
"""names that a column may have, the first that is there counts; letters and digits only are compared"""

_DAY_FIRST = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")
_YEAR_FIRST = re.compile(r"^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?$")


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]", "", text)


def find_column(kind: str, columns: Sequence[str], asked: str | None, *, where: str = "") -> str | None:
    """The column of a file that holds the name (``id``), ``crop`` or day of sowing (``sown``), or None.

    ``asked``: the column a user named, which must be there (:class:`InputError`). Shapefiles cut names at ten letters:
    a name of ten that begins one of :data:`NAMES` counts too.
    """
    if asked is not None:
        if asked in columns:
            return asked
        near = [name for name in columns if _plain(name) == _plain(asked)]
        if near:
            return near[0]
        listed = ", ".join(columns)[:200] or "none"
        raise InputError(f"no column is called {asked!r}", where=where, fix=f"Its columns: {listed}")
    plain = {_plain(name): name for name in reversed(columns)}
    for wanted in map(_plain, NAMES[kind]):
        found = plain.get(wanted) or next((n for p, n in plain.items() if len(n) == 10 and wanted.startswith(p)), None)
        if found is not None:
            return found
    return None


def parse_days(values: Sequence[Any]) -> tuple[npt.NDArray[np.datetime64], list[tuple[int, str]]]:
    """Days from what a column holds, NaT where it is empty; and the rows (from 0) that could not be understood.

    ISO (2026-04-05, with or without a time), 20260405, 5.4.2026; with slashes (05/04/2026) only where all of the
    column's rows agree on which number is the month, else none of them is taken.
    """
    days = np.full(len(values), np.datetime64("NaT"), "datetime64[D]")
    month_first = _month_first([str(value).strip() for value in values if isinstance(value, str)])
    unclear = []
    for row, value in enumerate(values):
        try:
            days[row] = _day(value, month_first)
        except ValueError:
            unclear.append((row, f"{str(value).strip()[:30]!r} is no date that can be understood"))
    return days, unclear


def _month_first(texts: Sequence[str]) -> bool | None:
    """Whether dates with slashes begin with the month; None where the column does not say."""
    pairs = [(int(m[1]), int(m[2])) for text in texts if "/" in text and (m := _DAY_FIRST.match(text))]
    if any(first > 12 for first, _ in pairs):
        return False
    return True if any(second > 12 for _, second in pairs) else None


def _day(value: Any, month_first: bool | None) -> Any:
    if value is None or (isinstance(value, float) and np.isnan(value)) or str(value).strip() in ("", "NaT", "None"):
        return np.datetime64("NaT", "D")
    if isinstance(value, np.datetime64 | datetime | date):
        return np.datetime64(str(value)[:10], "D")
    text = str(value).strip().removesuffix(".0")
    if match := _YEAR_FIRST.match(text):
        return np.datetime64(date(int(match[1]), int(match[2]), int(match[3])), "D")
    if match := _DAY_FIRST.match(text):
        first, second = int(match[1]), int(match[2])
        if "/" in text and first != second:
            if month_first is None:
                raise ValueError("either number may be the month")
            first, second = (second, first) if month_first else (first, second)
        return np.datetime64(date(int(match[3]), second, first), "D")
    raise ValueError("no date")
