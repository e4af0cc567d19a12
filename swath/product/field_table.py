"""What do all dates say of all fields? One row a field, date and index; and the same as series a field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.product.curves import Curves
from swath.product.fields import ZonalStatistics
from swath.table import Table, column

__all__ = ["CurveRows", "FieldLooks", "FieldSeries", "curve_rows", "rows_of_look", "series_of"]

Floats = npt.NDArray[np.float64]

LEAST_SEEN = 0.5
"""share of a field that must be seen for a date to count in its series"""


@dataclass(frozen=True)
class FieldLooks(Table):
    """One row a field, date and index, whether anything was seen or not."""

    field: npt.NDArray[np.str_] = column("U", "-", "name of the field")
    crop: npt.NDArray[np.str_] = column("U", "-", "empty where unknown")
    scene: npt.NDArray[np.str_] = column("U", "-", "the picture")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "of the picture")
    index: npt.NDArray[np.str_] = column("U", "-", "name of the index, as swath product fields --index")
    index_mean: npt.NDArray[np.float64] = column("f8", "-", "pixels weighted by their share; NaN where nothing is seen")
    index_sd: npt.NDArray[np.float64] = column("f8", "-", "over the seen pixels; NaN where nothing is seen")
    seen_share: npt.NDArray[np.float64] = column("f8", "-", "seen area over the area of the whole field")
    seen_m2: npt.NDArray[np.float64] = column("f8", "m2", "seen area")


@dataclass(frozen=True)
class FieldSeries:
    """One index of all fields over all dates."""

    field: npt.NDArray[np.str_]
    time: npt.NDArray[np.datetime64]
    """``(date,)`` in order; pictures of one day are one date each"""
    scene: npt.NDArray[np.str_]
    """``(date,)``"""
    mean: Floats
    """``(field, date)``"""
    sd: Floats
    share: Floats
    """seen, 0 to 1"""

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """``(field, date)`` where at least half of the field was seen."""
        return np.asarray((self.share >= LEAST_SEEN) & np.isfinite(self.mean))


@dataclass(frozen=True)
class CurveRows(Table):
    """Curves of all fields, one row a field and step."""

    field: npt.NDArray[np.str_] = column("U", "-", "name of the field")
    index: npt.NDArray[np.str_] = column("U", "-", "name of the index")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    index_mean: npt.NDArray[np.float64] = column("f8", "-", "the curve; NaN with fewer than five clear looks")
    index_sigma: npt.NDArray[np.float64] = column("f8", "-", "of the curve itself")
    index_low: npt.NDArray[np.float64] = column("f8", "-", "a clear look lies between these 9 times in 10")
    index_high: npt.NDArray[np.float64] = column("f8", "-", "")


def curve_rows(field: npt.NDArray[np.str_], curves: Curves, index: str) -> CurveRows:
    """Curves as rows."""
    count, steps = curves.mean.shape
    return CurveRows(
        field=np.repeat(field, steps),
        index=np.full(count * steps, index),
        time=np.tile(curves.time.astype("datetime64[ns]"), count),
        index_mean=curves.mean.ravel(),
        index_sigma=curves.sigma.ravel(),
        index_low=curves.low.ravel(),
        index_high=curves.high.ravel(),
    )


def rows_of_look(
    found: ZonalStatistics,
    indices: list[str],
    *,
    field: Any,
    crop: Any,
    scene: str,
    time: np.datetime64,
    pixel_m: float,
) -> FieldLooks:
    """The rows of one picture: ``found`` is ``(index, field)``."""
    count = len(field)
    seen = found.count_px > 0.0
    return FieldLooks(
        field=np.tile(field, len(indices)),
        crop=np.tile(crop, len(indices)),
        scene=np.full(count * len(indices), scene),
        time=np.full(count * len(indices), time, "datetime64[ns]"),
        index=np.repeat(indices, count),
        index_mean=np.where(seen, found.mean, np.nan).ravel(),
        index_sd=np.where(seen, found.sd, np.nan).ravel(),
        seen_share=np.minimum(found.seen_share, 1.0).ravel(),
        seen_m2=found.count_px.ravel() * pixel_m**2,
    )


def series_of(looks: FieldLooks, index: str) -> FieldSeries:
    """The series of one index; fields in the order in which they first come, dates in order of time.

    A field that a picture does not reach has a share of 0 there.
    """
    looks = looks.take(looks.index == index)
    names, first, row = np.unique(looks.field, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))
    keys = np.char.add(np.char.add(looks.time.astype("datetime64[s]").astype(str), "|"), looks.scene)
    dates, at, date = np.unique(keys, return_index=True, return_inverse=True)
    shape = (len(names), len(dates))
    mean, sd, share = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    cell = (place[row.ravel()], date.ravel())
    mean[cell], sd[cell], share[cell] = looks.index_mean, looks.index_sd, looks.seen_share
    return FieldSeries(
        names[np.argsort(first)], looks.time[at].astype("datetime64[s]"), looks.scene[at], mean, sd, share
    )
