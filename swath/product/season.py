"""When did the season start, peak and end, and how sure is that? From whole curves as likely as each other.

The start is the moment at which a curve has risen through half the way from the least value before its peak to the
peak, the end the same on the way down (White, Thornton and Running, Global Biogeochemical Cycles 11, 1997, 217-234);
another share of the way can be asked for. Every one of some dozens of curves that the looks allow is measured, and
what they give is the answer's spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.curve_kernels import curve_draws
from swath.product.curves import CurveLaw, fitted, in_units
from swath.table import Table, column

__all__ = ["NamedSeasons", "Seasons", "find_seasons", "measure_curve"]

Floats = npt.NDArray[np.float64]

_STEP_DAYS = 4.0
_DRAWS = 80
_LEAST_RISE = 0.1
"""of the index: a smaller hump is no season"""
_LEAST_SHARE = 0.3
"""of the greatest swing of the curve: a lesser hump is a cloud that no mask found, or a second cut"""
_APART_DAYS = 50.0
"""two peaks nearer than this are one season"""


@dataclass(frozen=True)
class Seasons(Table):
    """One row a season of a field: dates as days of UTC with the interval that holds them 9 times in 10."""

    field: npt.NDArray[np.int64] = column("i8", "-", "number of the series")
    season: npt.NDArray[np.int64] = column("i8", "-", "from 1, in order of time")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "half of the way up; NaT where not seen")
    start_low: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    start_high: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    peak: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    peak_low: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    peak_high: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    end: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "half of the way down")
    end_low: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    end_high: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    index_peak: npt.NDArray[np.float64] = column("f8", "-", "of the index")
    index_peak_sigma: npt.NDArray[np.float64] = column("f8", "-", "")
    share_sure: npt.NDArray[np.float64] = column("f8", "-", "share of the likely curves that have this season whole")

    def named(self, names: npt.NDArray[np.str_]) -> Table:
        """With the names of the fields beside their numbers."""
        return NamedSeasons(names[self.field]).beside(self)


@dataclass(frozen=True)
class NamedSeasons(Table):
    """Likewise, fields by name: what a file gets."""

    name: npt.NDArray[np.str_] = column("U", "-", "of the field")


def measure_curve(days: Floats, values: Floats, share: float) -> Floats:
    """Start, peak and end (in the unit of ``days``) and value at the peak of the hump in a stretch of a curve.

    ``days``, ``values`` ``(moment,)``; NaN for a start or an end that the stretch does not hold: where the curve does
    not fall by a third of its rise on the other side, the season goes on beyond it.
    """
    top = int(np.argmax(values))
    rise, fall = values[top] - values[: top + 1].min(), values[top] - values[top:].min()
    found = np.array([np.nan, _vertex(days, values, top), np.nan, values[top]])
    least = max(_LEAST_RISE, max(rise, fall) / 3.0)
    if rise >= least:
        foot = int(np.argmin(values[: top + 1]))
        found[0] = _crossing(days[foot : top + 1], values[foot : top + 1], values[top] - (1.0 - share) * rise)
    if fall >= least:
        foot = top + int(np.argmin(values[top:]))
        down = slice(top, foot + 1)
        found[2] = -_crossing(-days[down][::-1], values[down][::-1], values[top] - (1.0 - share) * fall)
    return found


def _vertex(days: Floats, values: Floats, top: int) -> float:
    """The top of the parabola through the highest moment and its neighbours."""
    if 0 < top < len(values) - 1:
        before, here, after = values[top - 1 : top + 2].tolist()
        bend = before - 2.0 * here + after
        if bend < 0.0:
            return float(days[top] + 0.5 * (before - after) / bend * (days[1] - days[0]))
    return float(days[top])


def _crossing(days: Floats, values: Floats, level: float) -> float:
    """The last moment on the way up at which a curve goes through a level."""
    below = np.flatnonzero(values < level)
    i = int(below[-1])
    part = (level - values[i]) / (values[i + 1] - values[i])
    return float(days[i] + part * (days[i + 1] - days[i]))


def _stretches(days: Floats, mean: Floats) -> list[tuple[int, int]]:
    """Where the humps of a curve lie, from hollow to hollow, each as high above the hollows as a season must be."""
    least = max(_LEAST_RISE, _LEAST_SHARE * float(np.ptp(mean)))
    tops = [
        i
        for i in range(len(mean))
        if mean[i] == mean[max(i - 1, 0) : i + 2].max() and (i == 0 or mean[i] > mean[i - 1])
    ]
    kept: list[int] = []
    for top in sorted(tops, key=lambda i: -mean[i]):
        if all(
            abs(days[top] - days[other]) >= _APART_DAYS
            and mean[top] - mean[min(top, other) : max(top, other) + 1].min() >= least
            for other in kept
        ):
            kept.append(top)
    kept.sort()
    hollows = [a + int(np.argmin(mean[a : b + 1])) for a, b in pairwise(kept)]
    edges = [0, *hollows, len(mean) - 1]
    return [(edges[n], edges[n + 1] + 1) for n in range(len(kept))]


def find_seasons(
    time: Any, values: Floats, seen: npt.NDArray[np.bool_], *, start: Any, stop: Any, law: CurveLaw,
    share: float = 0.5, seed: int = 0,
) -> Seasons:  # fmt: skip
    """The seasons of many series between two times, with their doubt.

    ``time`` ``(look,)``, ``values``, ``seen`` ``(series, look)``, ``law`` from ``curves.learn_law``; ``share`` of the
    way from hollow to peak that counts as start and end. A hump of less than 0.1 is no season. On simulated curves
    whose truth is known, start, peak and end are within some days and inside the intervals as often as these say
    (tests/product/test_season.py).
    """
    if not 0.0 < share < 1.0:
        raise InputError(f"a share of {share} of the way", fix="Give one between 0 and 1, as 0.2 or 0.5")
    first = np.asarray(time, "datetime64[s]").min()
    ends = [(np.datetime64(t, "s") - first) / np.timedelta64(86400, "s") for t in (start, stop)]
    if ends[1] - ends[0] < 60.0:
        raise InputError("a season is looked for in less than 60 days", fix="Give a longer stretch")
    days = np.arange(ends[0], ends[1] + _STEP_DAYS, _STEP_DAYS)
    chance = np.random.default_rng(seed).standard_normal((_DRAWS, len(days)))
    unit, spread = in_units(law)
    rows: list[dict[str, Any]] = []
    for series in fitted(time, values, seen, law):
        draws = curve_draws(days, series.days, unit, series.inverse, series.alpha / spread, series.scale_ratio, chance)
        draws = series.index_median + spread * draws
        mean = draws.mean(axis=0)
        found = [(a, b) for a, b in _stretches(days, mean) if b - a >= 4 and _rises(mean[a:b], float(np.ptp(mean)))]
        for number, (a, b) in enumerate(found, 1):
            measured = np.array([measure_curve(days[a:b], draw[a:b], share) for draw in draws])
            rows.append({"field": series.number, "season": number, **_row(measured, first)})
    return Seasons.from_rows(rows)


def _rises(mean: Floats, swing: float) -> bool:
    top, least = int(np.argmax(mean)), max(_LEAST_RISE, _LEAST_SHARE * swing)
    return bool(max(mean[top] - mean[: top + 1].min(), mean[top] - mean[top:].min()) >= least)


def _row(measured: Floats, first: np.datetime64) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, column_ in (("start", 0), ("peak", 1), ("end", 2)):
        known = measured[np.isfinite(measured[:, column_]), column_]
        enough = len(known) >= _DRAWS // 2
        for ending, at in (("", 0.5), ("_low", 0.05), ("_high", 0.95)):
            day = float(np.quantile(known, at)) if enough else np.nan
            row[name + ending] = first + np.timedelta64(round(day * 86400), "s") if enough else np.datetime64("NaT")
    row["index_peak"], row["index_peak_sigma"] = float(measured[:, 3].mean()), float(measured[:, 3].std())
    row["share_sure"] = float(np.isfinite(measured[:, [0, 2]]).all(axis=1).mean())
    return row
