"""What might explain a departure, and does anything point to it? Tests on every suspect, never a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.product.field_table import FieldSeries

__all__ = ["Made", "tests_of"]

Floats = npt.NDArray[np.float64]

_NEAR_DAYS = 16.0
"""looks farther apart show growth as well"""
POINTS, NOT, UNKNOWN = "points to it", "does not", "cannot tell"


@dataclass(frozen=True)
class Made:
    """One test that was made."""

    test: str
    result: str
    """``points to it``, ``does not`` or ``cannot tell``"""
    because: str

    def to_json(self) -> dict[str, str]:
        """Plain values."""
        return {"test": self.test, "result": self.result, "because": self.because}


def tests_of(
    field: int,
    before: np.datetime64,
    time: np.datetime64,
    series: FieldSeries,
    z: Floats,
    other: Mapping[str, FieldSeries],
    near: npt.NDArray[np.bool_] | None,
) -> tuple[Made, ...]:
    """Water, frost or drought over many fields, mowing or harvest, edge of a cloud, few pixels: each with its numbers.

    ``z`` ``(field, date)`` departures in sigmas; ``near`` which fields are neighbours on the ground.
    """
    date = int(np.flatnonzero(series.time == time)[0])
    was = int(np.flatnonzero(series.time == before)[0])
    return (
        _water(field, date, other),
        _many(date, was, series),
        _mown(field, date, was, series),
        _cloud_edge(field, date, series, z, near),
        _mixed(field, date, series),
    )


def _water(field: int, date: int, other: Mapping[str, FieldSeries]) -> Made:
    if "ndwi" not in other:
        return Made("water", UNKNOWN, "no ndwi in the table: --index ndvi,ndwi")
    found = float(other["ndwi"].mean[field, date])
    if not np.isfinite(found):
        return Made("water", UNKNOWN, "not seen")
    return Made("water", POINTS if found > 0.0 else NOT, f"ndwi {found:.2f}; open water is above 0")


def _many(date: int, was: int, series: FieldSeries) -> Made:
    """Did most of all fields, of whatever crop, fall at the same time: from the look before to the one after?"""
    name = "frost, drought or haze over all"
    days = (series.time - series.time[was]) / np.timedelta64(86400, "s")
    before = _nearest(series, np.flatnonzero((days <= 0.0) & (days > -_NEAR_DAYS))[::-1])
    after = _nearest(series, np.flatnonzero((days > 0.0) & (days <= _NEAR_DAYS)))
    fall = before - after
    both = np.isfinite(fall)
    if both.sum() < 5:
        return Made(name, UNKNOWN, "too few fields were seen before and after")
    share = float(np.mean(fall[both] > 0.08))
    words = f"{share:.0%} of {int(both.sum())} fields of all crops fell by more than 0.08 in the same time"
    return Made(name, POINTS if share >= 0.3 else NOT, words)


def _nearest(series: FieldSeries, dates: npt.NDArray[np.int64]) -> Floats:
    """Of each field the value at the first of some dates at which it was seen; NaN where at none."""
    if not len(dates):
        return np.full(len(series.field), np.nan)
    seen = series.seen[:, dates]
    first = dates[seen.argmax(axis=1)]
    return np.where(seen.any(axis=1), series.mean[np.arange(len(first)), first], np.nan)


def _mown(field: int, date: int, was: int, series: FieldSeries) -> Made:
    """A high value that falls at once to that of stubble, evenly over the field."""
    high, low, uneven = series.mean[field, was], series.mean[field, date], series.sd[field, date]
    words = f"from {high:.2f} to {low:.2f}, spread inside {uneven:.2f}"
    mown = high >= 0.45 and high - low >= 0.2 and 0.1 <= low <= 0.45 and uneven <= 0.09
    return Made("mowing or harvest", POINTS if mown else NOT, words)


def _cloud_edge(field: int, date: int, series: FieldSeries, z: Floats, near: npt.NDArray[np.bool_] | None) -> Made:
    """Is part of it hidden, are its neighbours on the ground low too, or does one look alone say it?"""
    share = float(series.share[field, date])
    beside = np.flatnonzero(near[field]) if near is not None else np.zeros(0, np.int64)
    beside = beside[(beside != field) & np.isfinite(z[beside, date])]
    low = float(np.mean(z[beside, date] < -2.0)) if len(beside) else 0.0
    later = np.flatnonzero(series.seen[field, :date])
    alone = not len(later) or not z[field, later[-1]] < -2.0
    words = f"{share:.0%} of it seen"
    words += f"; {low:.0%} of {len(beside)} neighbours on the ground low too" if len(beside) else ""
    words += "; only the last look shows it" if alone else "; the look before shows it too"
    points = share < 0.9 or (low >= 0.5 and len(beside) >= 2)
    return Made("edge of a cloud or its shadow", POINTS if points else (UNKNOWN if alone else NOT), words)


def _mixed(field: int, date: int, series: FieldSeries) -> Made:
    uneven = float(series.sd[field, date])
    usual = float(np.nanmedian(series.sd[field][series.seen[field]]))
    words = f"spread inside {uneven:.3f}, usually {usual:.3f}"
    return Made("only a part of the field", POINTS if uneven > 1.5 * usual + 0.02 else NOT, words)
