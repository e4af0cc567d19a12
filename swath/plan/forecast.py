"""How clear will the sky be, and how good was the forecast?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.table import Table, column

__all__ = ["GridForecast", "Reliability", "brier_score", "brier_skill", "reliability"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class GridForecast:
    """P(clear) on a grid of longitudes, latitudes and times, linear in between; beyond its edges the nearest.

    A climatology is one time for each month. Longitudes that go all round are joined at the date line.
    """

    lon_deg: Floats
    lat_deg: Floats
    at: Times
    clear: Floats
    """``(times, latitudes, longitudes)``"""

    def __post_init__(self) -> None:
        shape = (len(self.at), len(self.lat_deg), len(self.lon_deg))
        rising = all(np.all(np.diff(axis) > axis[0] * 0) for axis in (self.lon_deg, self.lat_deg) if len(axis))
        if self.clear.shape != shape or 0 in shape or not rising or not np.all(np.diff(self.at) > np.timedelta64(0)):
            raise InputError(
                f"a forecast of shape {self.clear.shape} on {shape[0]} times, {shape[1]} latitudes, {shape[2]} "
                "longitudes",
                fix="Give axes that rise and one value for each of their crossings",
            )
        if not ((self.clear >= 0.0) & (self.clear <= 1.0)).all():
            raise InputError("P(clear) outside 0 to 1", fix="Give probabilities")

    def __call__(self, *, lon_deg: Floats, lat_deg: Floats, at: Times) -> Floats:
        """P(clear) over places at times."""
        since_s = (self.at - self.at[0]) / np.timedelta64(1, "ns") * 1e-9
        t = _between(since_s, (np.asarray(at) - self.at[0]) / np.timedelta64(1, "ns") * 1e-9)
        y, x = _between(self.lat_deg, lat_deg), self._columns(np.asarray(lon_deg, np.float64))
        parts = (
            wt * wy * wx * self.clear[it, iy, ix]
            for it, wt in zip(t[:2], t[2:], strict=True)
            for iy, wy in zip(y[:2], y[2:], strict=True)
            for ix, wx in zip(x[:2], x[2:], strict=True)
        )
        return np.asarray(sum(parts), np.float64)

    def _columns(self, lon_deg: Floats) -> tuple[Floats, ...]:
        axis = self.lon_deg
        step = (axis[-1] - axis[0]) / max(len(axis) - 1, 1)
        if len(axis) > 1 and axis[-1] + 1.5 * step > axis[0] + 360.0:
            there = (lon_deg - axis[0]) % 360.0 + axis[0]
            low, high, wl, wh = _between(np.append(axis, axis[0] + 360.0), there)
            return low % len(axis), high % len(axis), wl, wh
        middle = (axis[0] + axis[-1]) / 2.0
        return _between(axis, (lon_deg - middle + 180.0) % 360.0 - 180.0 + middle)


def _between(axis: Floats, at: npt.ArrayLike) -> tuple[Floats, ...]:
    """Neighbours on an axis and their weights."""
    place = np.interp(np.asarray(at, np.float64), axis, np.arange(len(axis)))
    low = np.minimum(place.astype(np.int64), max(len(axis) - 2, 0))
    high = np.minimum(low + 1, len(axis) - 1)
    return low, high, 1.0 - (place - low), place - low


@dataclass(frozen=True)
class Reliability(Table):
    """When P(clear) was said to be about so much, how often was it clear?"""

    low: Floats = column("f8", "-", "said at least")
    high: Floats = column("f8", "-", "said less than")
    count: npt.NDArray[np.int64] = column("i8", "-", "looks")
    said_share: Floats = column("f8", "-", "mean of what was said")
    clear_share: Floats = column("f8", "-", "how many were clear")
    low_share: Floats = column("f8", "-", "least true share that this is likely for, 9 times in 10 (Wilson)")
    high_share: Floats = column("f8", "-", "greatest")


def brier_score(p_clear: npt.ArrayLike, clear: npt.ArrayLike) -> float:
    """Mean square of what was said less what was (Brier 1950): 0 is perfect, 0.25 says one half always."""
    said, was = np.asarray(p_clear, np.float64), np.asarray(clear, np.float64)
    if said.shape != was.shape or not said.size:
        raise InputError(f"{said.size} forecasts and {was.size} outcomes", fix="Give one outcome for each, one or more")
    return float(np.mean((said - was) ** 2))


def brier_skill(p_clear: npt.ArrayLike, clear: npt.ArrayLike) -> float:
    """By which share the Brier score is less than that of always saying the mean; 1 is perfect, 0 no better."""
    was = np.asarray(clear, np.float64)
    plain = float(np.mean((was.mean() - was) ** 2)) if was.size else 0.0
    return 1.0 - brier_score(p_clear, clear) / plain if plain > 0.0 else 0.0


def reliability(p_clear: npt.ArrayLike, clear: npt.ArrayLike, *, bins: int = 10) -> Reliability:
    """Forecasts in bins of equal width: what was said and what came, with the interval of the latter."""
    said, was = np.asarray(p_clear, np.float64), np.asarray(clear, np.float64)
    brier_score(said, was)  # raises where they do not fit together
    edge = np.linspace(0.0, 1.0, bins + 1)
    which = np.clip(np.searchsorted(edge, said, "right") - 1, 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    full = count > 0
    share = np.bincount(which, was, bins)[full] / count[full]
    low, high = _wilson(share, count[full])
    return Reliability(
        edge[:-1][full],
        edge[1:][full],
        count[full],
        np.bincount(which, said, bins)[full] / count[full],
        share,
        low,
        high,
    )


def _wilson(share: Floats, count: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Wilson's score interval (1927) at 90 %."""
    z = 1.6448536269514722
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - half, middle + half
