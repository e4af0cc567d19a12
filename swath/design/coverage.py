"""How often is a region seen, and how long does a request wait? Distributions, not means alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.design.gap_kernels import gaps_of, waits_of
from swath.design.looks import Looks, clear_looks
from swath.errors import InputError

__all__ = ["Coverage", "Spread", "coverage_of", "deliveries", "with_clouds"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_DAY_S = 86400.0
_BETWEEN, _AFTER = 0, 2
"""kinds of gaps: between two looks, which no end of the span cuts; after the last look"""


@dataclass(frozen=True)
class Spread:
    """A distribution over a region: mean, percentiles and the largest, in days."""

    mean_days: float
    p50_days: float
    p90_days: float
    p95_days: float
    largest_days: float


@dataclass(frozen=True, eq=False)
class Coverage:
    """What a fleet gives a region. Times in days; ``None`` where there is nothing to measure."""

    looks_per_day: float
    """merged looks: two satellites at once count once"""
    days_per_look: float | None
    """span over looks: what vendors call revisit"""
    gap: Spread | None
    """from the end of a look to the start of the next"""
    revisit: Spread | None
    """from the closest approach of a look to that of the next, of whichever satellite"""
    response: Spread | None
    """from a request at any moment to the start of a look; at once during one"""
    delivery: Spread | None
    """from a request to its picture on the ground; ``None`` where no stations were given"""
    seen_fraction: float
    """of the region's weight that is seen at all in the span"""
    unanswered_fraction: float
    """of requests whose look lies beyond the span's end"""
    largest_is_cut: bool
    """the largest gap runs into an end of the span: the true one is longer"""
    point_looks_per_day: Floats
    """of each point, for maps and for the spread over longitudes"""
    point_gap_days: Floats
    """mean gap of each point; infinite where it is seen less than twice"""
    point_largest_days: Floats
    """largest gap of each point, ends of the span included"""

    def spread_over_points(self, values: Floats) -> tuple[float, float]:
        """Between which values do nine in ten points lie?"""
        low, high = np.quantile(values, [0.05, 0.95], method="inverted_cdf")
        return float(low), float(high)


def deliveries(
    looks: Looks,
    passes: Sequence[tuple[Floats, Floats, Ints]],
    *,
    download_s: float = 60.0,
    processing_s: float = 0.0,
) -> Floats:
    """When is each look's picture on the ground? Seconds; infinite where no pass follows.

    In the first pass of its satellite that has ``download_s`` left after the look, at any station; nothing else waits
    in the queue (``operate.design_loop`` plans with queues). ``processing_s`` more makes it a product.
    """
    ready = np.full(len(looks), np.inf)
    for number, (rise_s, set_s, _) in enumerate(passes):
        mine = looks.satellite == number
        if not mine.any() or not len(rise_s):
            continue
        order = np.argsort(set_s, kind="stable")
        last, rises = set_s[order], rise_s[order]
        # Of all passes that end late enough the one that can begin first: passes of several stations overlap.
        earliest = np.minimum.accumulate(rises[::-1])[::-1]
        done = looks.stop_s[mine]
        which = np.searchsorted(last, done + download_s)
        fits = which < len(last)
        begun = np.maximum(earliest[np.minimum(which, len(last) - 1)], done)
        ready[mine] = np.where(fits, begun + download_s + processing_s, np.inf)
    return ready


def coverage_of(looks: Looks, ready_s: Floats | None = None) -> Coverage:
    """Gaps and waiting times over a region, its points weighted.

    Distributions are exact: every gap counts, and requests come evenly in time, not drawn. Gaps that an end of the
    span cuts count for the largest only. ``ready_s`` is when each look's picture is on the ground.
    """
    if not looks.span_s > 0.0:
        raise InputError("a span of no length", where="coverage", fix="Look at some days")
    first, weight = looks.first, looks.region.weight
    point, length, kind = gaps_of(first, looks.start_s, looks.stop_s, looks.span_s)
    between = kind == _BETWEEN
    points = len(weight)
    merged = np.bincount(point[between], minlength=points) + (np.diff(first) > 0)
    largest = np.zeros(points)
    np.maximum.at(largest, point, length)
    inner = np.zeros(points)
    np.maximum.at(inner, point[between], length[between])
    sums = np.bincount(point[between], length[between], points)
    counts = np.bincount(point[between], minlength=points)
    days = looks.span_s / _DAY_S
    rate = float(np.sum(weight * merged)) / days
    gap = None
    if between.any():
        gap = _gap_spread(length[between], weight[point[between]], float(largest.max()))
    imaging = _until_looks(point, length, kind, points, looks.span_s)
    waited = float(np.sum(weight[imaging[0]] * imaging[3]))
    delivery = None
    if ready_s is not None:
        order = np.lexsort((looks.stop_s, looks.point))
        delivery = _waits(waits_of(first, looks.stop_s[order], ready_s[order]), weight)
    return Coverage(
        looks_per_day=rate,
        days_per_look=1.0 / rate if rate > 0.0 else None,
        gap=gap,
        revisit=_revisit(looks),
        response=_waits(imaging, weight),
        delivery=delivery,
        seen_fraction=float(weight[np.diff(first) > 0].sum()),
        unanswered_fraction=max(1.0 - waited / looks.span_s, 0.0),
        largest_is_cut=bool(largest.max() > inner.max()),
        point_looks_per_day=merged / days,
        point_gap_days=np.divide(sums, counts, out=np.full(points, np.inf), where=counts > 0) / _DAY_S,
        point_largest_days=largest / _DAY_S,
    )


def _until_looks(
    point: Ints, length_s: Floats, kind: Ints, points: int, span_s: float
) -> tuple[Ints, Floats, Floats, Floats]:
    """How long do requests wait for a look to begin? Evenly up to a gap's length in a gap, not at all in a look."""
    waits = kind != _AFTER
    uncovered_s = np.bincount(point, length_s, points)
    zero = np.zeros(points)
    return (
        np.concatenate([point[waits], np.arange(points)]),
        np.concatenate([zero[point[waits]], zero]),
        np.concatenate([length_s[waits], zero]),
        np.concatenate([length_s[waits], span_s - uncovered_s]),
    )


def _revisit(looks: Looks) -> Spread | None:
    order = np.lexsort((looks.closest_s, looks.point))
    point, at_s = looks.point[order], looks.closest_s[order]
    same = point[1:] == point[:-1]
    length_s = np.diff(at_s)[same]
    return _gap_spread(length_s, looks.region.weight[point[1:][same]], float(length_s.max())) if same.any() else None


def _gap_spread(length_s: Floats, weight: Floats, largest_s: float) -> Spread:
    order = np.argsort(length_s)
    length_s, share = length_s[order], np.cumsum(weight[order])
    at = [length_s[min(np.searchsorted(share, q * share[-1]), len(share) - 1)] for q in (0.5, 0.9, 0.95)]
    mean_s = float(np.average(length_s, weights=weight[order]))
    return Spread(*(float(value) / _DAY_S for value in (mean_s, *at, largest_s)))


def _waits(rows: tuple[Ints, Floats, Floats, Floats], weight: Floats) -> Spread | None:
    """Of a mixture of even stretches: mean, percentiles to 1 s, and the longest."""
    point, least_s, most_s, lasts_s = rows
    share = weight[point] * lasts_s
    whole = float(share.sum())
    if whole <= 0.0:
        return None
    wide = np.maximum(most_s - least_s, 1e-9)
    longest_s = float(most_s[share > 0.0].max())
    found = []
    for q in (0.5, 0.9, 0.95):
        low, high = 0.0, longest_s
        while high - low > 0.5:
            middle = (low + high) / 2.0
            below = float(np.sum(share * np.clip((middle - least_s) / wide, 0.0, 1.0)))
            low, high = (middle, high) if below < q * whole else (low, middle)
        found.append(high)
    mean_s = float(np.sum(share * (least_s + most_s) / 2.0)) / whole
    return Spread(*(value / _DAY_S for value in (mean_s, *found, longest_s)))


def with_clouds(looks: Looks, cloud_fraction: Sequence[float], seeds: Sequence[int]) -> list[Looks]:
    """The looks that are clear, once for each seed: what their coverages differ by is the doubt of the weather."""
    return [clear_looks(looks, cloud_fraction, seed) for seed in seeds]
