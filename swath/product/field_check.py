"""Which fields should be visited first? Departures from a field's own past and from its neighbours of the same crop.

For every look the middle of all fields of a crop is taken off. What a field usually differs from that middle by is its
own; the rest, over the spread that such rests have in that crop at that time, says how unusual it is against its
neighbours. Against its own past it is the last looks' departure from the curve through the earlier ones. Both together
make the score. Nothing here says why: a list of tests says what each looked at and whether it points to an explanation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.product.curve_kernels import predict_series
from swath.product.curves import fitted, in_units, learn_law
from swath.product.field_table import FieldSeries
from swath.product.field_tests import Made, tests_of
from swath.product.field_verdicts import Thresholds

__all__ = ["Departures", "Suspect", "check_fields", "departures"]

Floats = npt.NDArray[np.float64]

_RECENT_DAYS = 25.0
_LEAST_PEERS = 6
_LEAST_SPREAD = 0.02
"""of the index: neighbours never agree better than looks do"""
_LOOK_SIGMA, _SHIFT_DAYS = 0.04, 8.0
"""of one look about its crop; by how much fields of a crop are early or late"""
_FASTEST = 0.015
"""of the index a day, in the middle of a crop"""
_ALONE = 0.75
_WHOLE = 0.95
"""share of a field that must be seen for its parts to be compared"""
_OWN_WEIGHT = 0.5
"""of the own past against the neighbours, whose weather is the same"""


@dataclass(frozen=True)
class Suspect:
    """A field to go and see."""

    field: str
    crop: str
    kind: str
    """``drop``: much lower than at the look before; ``patch``: a part of it; ``behind``: ever farther off"""
    score_ratio: float
    """sigmas, neighbours and own past together"""
    threshold_ratio: float
    """what the score had to pass, after what was learnt"""
    time: np.datetime64
    """of the last look that shows it"""
    before: np.datetime64
    """of the last look that does not; the earliest of all where there is none"""
    index_mean: float
    index_expected: float
    """from what the field usually is against its neighbours, else from its own past"""
    index_low: float
    """90 % interval of that"""
    index_high: float
    peers: int
    looks: int
    """recent looks that it stands on"""
    tests: tuple[Made, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "field": self.field, "crop": self.crop, "kind": self.kind, "score": round(self.score_ratio, 2),
            "threshold": round(self.threshold_ratio, 2), "time": f"{np.datetime_as_string(self.time, 's')}Z",
            "before": f"{np.datetime_as_string(self.before, 's')}Z", "index_mean": round(self.index_mean, 4),
            "expected": [round(v, 4) for v in (self.index_low, self.index_expected, self.index_high)],
            "peers": self.peers, "looks": self.looks, "tests": [one.to_json() for one in self.tests],
        }  # fmt: skip


@dataclass(frozen=True)
class Departures:
    """How far each field is from its neighbours and from its own past, ``(field, date)``; NaN where not known."""

    rest: Floats
    """value less the middle of its crop, less what it usually is against it"""
    usual: Floats
    """what it usually is there: middle and its own difference"""
    sigma: Floats
    patch: Floats
    """sigmas by which the spread inside the field exceeds what it usually is against its crop's"""
    peers: npt.NDArray[np.int64]


def departures(series: FieldSeries, crop: npt.NDArray[np.str_], past: npt.NDArray[np.bool_]) -> Departures:
    """Departures of every look; what is usual is learnt from the dates in ``past``."""
    seen = series.seen
    days = (series.time - series.time.min()) / np.timedelta64(86400, "s")
    values = np.where(seen, series.mean, np.nan)
    inner = np.where(seen, np.log(np.maximum(series.sd, 5e-3)), np.nan)
    shape = values.shape
    rest, usual, sigma, patch = (np.full(shape, np.nan) for _ in range(4))
    peers = np.zeros(shape, np.int64)
    for kind in np.unique(crop):
        rows = np.flatnonzero(crop == kind)
        dates = np.flatnonzero(seen[rows].sum(axis=0) >= _LEAST_PEERS) if kind else np.zeros(0, np.int64)
        if not len(dates):
            continue
        cells = np.ix_(rows, dates)
        rest[cells], usual[cells], sigma[cells] = _against(values[cells], days[dates], past[dates], _LEAST_SPREAD)
        off, _, spread = _against(inner[cells], days[dates], past[dates], 0.15)
        patch[cells] = np.where(series.share[cells] >= _WHOLE, off / spread, np.nan)  # rims of clouds look like patches
        peers[cells] = seen[cells].sum(axis=0) - 1
    return Departures(rest, usual, sigma, patch, peers)


def _against(values: Floats, days: Floats, past: npt.NDArray[np.bool_], least: float) -> tuple[Floats, Floats, Floats]:
    """Rest, usual value and spread of fields ``(field, date)`` of one crop.

    What is usual for a field is the middle of its crop, an offset, and being early or late by some days, both fitted to
    the past and drawn to none: a crop sown a week later is no suspect for being a week behind.
    """
    middle = np.nanmedian(values, axis=0)
    slope = _slope(middle, days)
    off = values - middle
    known = np.isfinite(off) & past
    weight, there = known / _LOOK_SIGMA**2, np.where(known, off, 0.0)
    a, b, c = weight.sum(axis=1) + least**-2 / 4.0, weight @ slope, weight @ slope**2 + _SHIFT_DAYS**-2
    right, turned = (weight * there).sum(axis=1), (weight * there) @ slope
    whole = a * c - b**2
    own = ((c * right - b * turned) / whole)[:, None] + ((a * turned - b * right) / whole)[:, None] * slope
    rest = off - own
    spread = 1.4826 * np.nanmedian(np.abs(rest - np.nanmedian(rest, axis=0)), axis=0)
    return rest, middle + own, np.broadcast_to(np.maximum(spread, least), rest.shape)


def _slope(middle: Floats, days: Floats) -> Floats:
    """How fast the middle of a crop moves, a day; what falls faster than crops do (frost, haze) is no calendar."""
    if len(days) < 2:
        return np.zeros(len(days))
    return np.asarray(np.clip(np.gradient(middle, days + 1e-3 * np.arange(len(days))), -_FASTEST, _FASTEST))


def _from_own_past(series: FieldSeries, recent: npt.NDArray[np.bool_], seed: int) -> tuple[Floats, Floats, Floats]:
    """Expected value and sigma of the recent looks from the curve through the earlier ones, ``(field, date)``."""
    shape = series.mean.shape
    mean, sigma = np.full(shape, np.nan), np.full(shape, np.nan)
    time = series.time
    days = (time - time.min()) / np.timedelta64(86400, "s")
    past = series.seen & ~recent
    if not recent.any() or (past.sum(axis=1) >= 5).sum() == 0:
        return mean, sigma, mean
    law = learn_law(time, series.mean, past, seed=seed)
    unit, spread = in_units(law)
    for one in fitted(time, series.mean, past, law):
        middle, doubt = predict_series(days[recent], one.days, unit, one.inverse, one.alpha / spread, one.scale_ratio)
        mean[one.number, recent] = one.index_median + spread * middle
        sigma[one.number, recent] = np.sqrt((spread * doubt) ** 2 + one.scale_ratio * law.index_look_sigma**2)
    return mean, sigma, (series.mean - mean) / sigma


def check_fields(
    series: FieldSeries,
    crop: npt.NDArray[np.str_],
    *,
    now: np.datetime64,
    thresholds: Thresholds,
    other: Mapping[str, FieldSeries] | None = None,
    near: npt.NDArray[np.bool_] | None = None,
    most: int = 20,
    seed: int = 0,
) -> list[Suspect]:
    """The fields to go and see first, at most ``most``, the most unusual first; empty where none is.

    ``crop`` in the order of the series; ``other``: further indices for the tests (``ndwi``); ``near`` ``(field,
    field)``: which fields lie within some hundred metres. On simulated fields with known troubles:
    tests/product/test_field_check.py.
    """
    ends = now.astype("datetime64[s]")
    day = (ends - series.time) / np.timedelta64(86400, "s")
    recent = (day >= 0.0) & (day <= _RECENT_DAYS)
    if not (series.seen & recent).any():
        raise InputError("nothing was seen in the last 25 days", fix="Give newer pictures, or an earlier --at")
    found = departures(series, crop, day > _RECENT_DAYS)
    own_mean, own_sigma, own = _from_own_past(series, recent, seed)
    suspects = []
    for field in range(len(series.field)):
        dates = np.flatnonzero(series.seen[field] & recent)
        if len(dates):
            one = _suspect(field, dates, series, crop, found, (own_mean, own_sigma, own), thresholds)
            suspects += [(field, one)] if one else []
    suspects.sort(key=lambda pair: -(pair[1].score_ratio - pair[1].threshold_ratio))
    return [_tested(field, one, series, found, other or {}, near) for field, one in suspects[:most]]


def _score(neighbours: float, own: float) -> float:
    """Sigmas below; what is not known counts nothing."""
    if not np.isfinite(neighbours):
        return -own if np.isfinite(own) else 0.0
    if not np.isfinite(own):
        return -neighbours
    return float(-(neighbours + _OWN_WEIGHT * min(own, 0.0)) / np.sqrt(1.0 + _OWN_WEIGHT**2))


def _together(scores: Floats) -> float:
    """Of the last two looks: two that agree say it all, the last one alone three quarters (it may be a cloud)."""
    alone = _ALONE * float(scores[-1])
    return max(alone, float(0.7 * scores.min() + 0.3 * scores.max())) if len(scores) > 1 else alone


def _suspect(
    field: int, dates: npt.NDArray[np.int64], series: FieldSeries, crop: npt.NDArray[np.str_], found: Departures,
    own: tuple[Floats, Floats, Floats], thresholds: Thresholds,
) -> Suspect | None:  # fmt: skip
    """One field's recent looks, or None where they are as usual."""
    last = dates[-2:]
    scores = np.array([_score(found.rest[field, d] / found.sigma[field, d], own[2][field, d]) for d in last])
    score = _together(scores)
    patches = found.patch[field, last]
    patch = _together(np.where(np.isfinite(patches), patches, 0.0))
    before, kind = _kind(field, int(dates[-1]), series, found, own[2][field])
    if patch > score:
        kind, score = "patch", patch
    threshold = thresholds.of(str(series.field[field]), str(crop[field]), kind)
    if score <= threshold:
        return None
    d = int(dates[-1])
    by_peers = np.isfinite(found.usual[field, d])
    expected = float(found.usual[field, d] if by_peers else own[0][field, d])
    half = 1.645 * float(found.sigma[field, d] if by_peers else own[1][field, d])
    return Suspect(
        str(series.field[field]), str(crop[field]), kind, score, threshold, series.time[d], series.time[before],
        float(series.mean[field, d]), expected, expected - half, expected + half, int(found.peers[field, d]),
        len(dates), (),
    )  # fmt: skip


def _kind(field: int, date: int, series: FieldSeries, found: Departures, own: Floats) -> tuple[int, str]:
    """The last look that was as usual, and whether it fell at once or ever further."""
    looks = np.flatnonzero(series.seen[field, :date])
    z = found.rest[field] / found.sigma[field]
    z = np.where(np.isfinite(z), z, own)  # too few neighbours were seen that day
    good = [int(d) for d in looks if not z[d] < -2.0]
    before = good[-1] if good else (int(looks[0]) if len(looks) else date)
    after = [int(d) for d in [*looks, date] if d > before]
    fell = series.mean[field, before] - series.mean[field, after[0]] if after else 0.0
    peers = found.usual[field, before] - found.usual[field, after[0]] if after else 0.0
    return before, "drop" if fell - (peers if np.isfinite(peers) else 0.0) > 0.12 else "behind"


def _tested(
    field: int, one: Suspect, series: FieldSeries, found: Departures, other: Mapping[str, FieldSeries],
    near: npt.NDArray[np.bool_] | None,
) -> Suspect:  # fmt: skip
    made = tests_of(field, one.before, one.time, series, found.rest / found.sigma, other, near)
    return replace(one, tests=made)
