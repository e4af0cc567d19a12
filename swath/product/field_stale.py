"""Which fields have had no clear look for longest? As orders for the planner, worth more the longer it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.field_table import FieldSeries
from swath.table import Table, column

__all__ = ["StaleFields", "orders_for", "stale_fields"]

Floats = npt.NDArray[np.float64]

_M_PER_DEG = 111_320.0
_MOST_DAYS = 60.0
"""after so long a field is worth no more: whatever happened has happened"""


@dataclass(frozen=True)
class StaleFields(Table):
    """One row a field, the stalest first."""

    field: npt.NDArray[np.str_] = column("U", "-", "name")
    crop: npt.NDArray[np.str_] = column("U", "-", "empty where unknown")
    last_seen: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "last clear look; NaT for never")
    stale_s: npt.NDArray[np.float64] = column("f8", "s", "since then, or since the first picture")
    looks: npt.NDArray[np.int64] = column("i8", "-", "clear looks in all")
    pictures: npt.NDArray[np.int64] = column("i8", "-", "pictures that reached it, clouds or not, since then")


def stale_fields(series: FieldSeries, *, crop: npt.NDArray[np.str_], now: np.datetime64) -> StaleFields:
    """When was each field last seen clearly (half of it or more), and how often was it tried since?

    ``crop`` in the order of the series. A field never seen counts from the first picture of all; looks after ``now``
    do not count. :class:`InputError` where there is no picture before it.
    """
    before = np.asarray(series.time <= now.astype("datetime64[s]"))
    if not before.any():
        raise InputError(f"no picture before {now}", fix="Give a later --at")
    seen, time = np.asarray(series.seen)[:, before], np.asarray(series.time)[before]
    reached = np.isfinite(series.share[:, before])
    never = np.asarray(~seen.any(axis=1))
    last = time[np.where(never, 0, len(time) - 1 - seen[:, ::-1].argmax(axis=1))]
    stale = (now.astype("datetime64[s]") - last) / np.timedelta64(1, "s")
    since = (time[None, :] > last[:, None]) | never[:, None]
    found = StaleFields(
        field=series.field,
        crop=crop,
        last_seen=np.where(never, np.datetime64("NaT"), last.astype("datetime64[ns]")),
        stale_s=stale,
        looks=seen.sum(axis=1),
        pictures=(reached & since).sum(axis=1),
    )
    return found.take(np.lexsort([found.field, ~never, -found.stale_s]))


def orders_for(
    stale: StaleFields,
    *,
    lon_deg: Mapping[str, float],
    lat_deg: Mapping[str, float],
    extent_m: float = 4000.0,
    least_s: float = 5 * 86400.0,
    most: int = 500,
    min_p_clear: float = 0.0,
) -> list[dict[str, Any]]:
    """Orders (features of docs/reference/orders-file.md): one a square of ``extent_m`` that holds stale fields.

    A field staler than ``least_s`` is worth its days over ten, up to six, and 1.5 times that if it was never seen; a
    square is worth its fields together, at most ``most`` squares, the dearest first. ``lon_deg``, ``lat_deg``: a point
    of each field.
    """
    if not 100.0 <= extent_m <= 60_000.0:
        raise InputError(f"a picture of {extent_m:g} m", fix="Give an --extent-m of 100 to 60,000")
    days = stale.stale_s / 86400.0
    worth = np.minimum(days, _MOST_DAYS) / 10.0 * np.where(np.isnat(stale.last_seen), 1.5, 1.0)
    squares: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(stale.stale_s >= least_s).tolist():
        name = str(stale.field[row])
        squares.setdefault(_square(lon_deg[name], lat_deg[name], extent_m), []).append(row)
    dear = sorted(squares.values(), key=lambda rows: -float(worth[rows].sum()))[:most]
    return [
        _order(number, rows, stale, worth, lon_deg, lat_deg, extent_m, min_p_clear)
        for number, rows in enumerate(dear, 1)
    ]


def _square(lon_deg: float, lat_deg: float, extent_m: float) -> tuple[int, int]:
    """The cell of a lattice of three quarters of the extent: a picture over its fields' middle shows all of them."""
    step = 0.75 * extent_m / _M_PER_DEG
    row = int(np.floor(lat_deg / step))
    return row, int(np.floor(lon_deg * np.cos(np.radians((row + 0.5) * step)) / step))


def _order(
    number: int, rows: list[int], stale: StaleFields, worth: Floats, lon_deg: Mapping[str, float],
    lat_deg: Mapping[str, float], extent_m: float, min_p_clear: float,
) -> dict[str, Any]:  # fmt: skip
    names = [str(name) for name in stale.field[rows]]
    lon, lat = ([float(at[name]) for name in names] for at in (lon_deg, lat_deg))
    middle = [(min(values) + max(values)) / 2.0 for values in (lon, lat)]
    properties: dict[str, Any] = {
        "id": f"stale-{number:03d}-{names[0]}",
        "kind": "point",
        "value": round(float(worth[rows].sum()), 3),
        "extent_m": extent_m,
    }
    if min_p_clear > 0.0:
        properties["min_p_clear"] = min_p_clear
    at = [round(value, 6) for value in middle]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": at}}
