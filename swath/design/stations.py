"""Which station shortens the way to the ground most, and which after that?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.many import Ground
from swath.design.coverage import coverage_of, deliveries
from swath.design.looks import Looks, passes_of
from swath.design.motion import tables_of
from swath.design.regions import Region
from swath.design.shapes import OrbitShape, elements_of
from swath.errors import InputError
from swath.orbit.ephemeris import TabulatedEphemeris

__all__ = ["Latency", "best_stations", "latency_of", "shortlist"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Passes = list[tuple[Floats, Floats, Ints]]


@dataclass(frozen=True)
class Latency:
    """How long pictures take to the ground with a set of stations."""

    stations: tuple[str, ...]
    p50_s: float
    """from the end of a look to its last bit on the ground, over all looks"""
    p90_s: float
    delivery_p95_days: float | None
    """from a request to its picture on the ground"""
    contact_s_per_day: float
    """above the stations' least elevation, all satellites together, one antenna each"""
    undelivered_fraction: float
    """of looks that no pass follows inside the span"""


def latency_of(looks: Looks, passes: Passes, names: Sequence[str], chosen: Sequence[int], download_s: float) -> Latency:
    """The latencies with some of the stations that passes were found for (``chosen`` are their numbers)."""
    held = [
        tuple(column[np.isin(station, chosen)] for column in (rise, fall, station)) for rise, fall, station in passes
    ]
    ready = deliveries(looks, held, download_s=download_s)  # type: ignore[arg-type]
    done = np.isfinite(ready)
    late_s = np.sort((ready - looks.stop_s)[done])
    p50, p90 = (float(np.quantile(late_s, q)) if len(late_s) else np.inf for q in (0.5, 0.9))
    spread = coverage_of(looks, ready).delivery
    contact = sum(float((fall - rise).sum()) for rise, fall, _ in held) / looks.span_s * 86400.0
    unfinished = 1.0 - float(done.mean()) if len(looks) else 1.0
    return Latency(
        tuple(names[number] for number in chosen), p50, p90, spread.p95_days if spread else None, contact, unfinished
    )


def best_stations(
    looks: Looks,
    tables: Sequence[TabulatedEphemeris],
    ground: Ground,
    names: Sequence[str],
    have: int,
    *,
    more: int = 3,
    min_elevation_deg: float = 5.0,
    download_s: float = 60.0,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> tuple[list[Latency], list[Latency]]:
    """The stations to add one after the other, and all candidates for the first one, best first.

    The first ``have`` of the stations are there already. What is least is the 90th percentile from look to ground, then
    the median. Each set holds the ones before it. Raises :class:`InputError` where there is no candidate.
    """
    if not 0 <= have < len(names):
        raise InputError("no station to choose from", where="stations", fix="Give candidates besides those you have")
    passes = passes_of(tables, ground, min_elevation_deg)
    chosen, left = list(range(have)), list(range(have, len(names)))
    sets = [latency_of(looks, passes, names, chosen, download_s)] if have else []
    first: list[Latency] = []
    for number in range(min(more, len(left))):
        progress(f"station {number + 1}", number / more)
        tried = [latency_of(looks, passes, names, [*chosen, one], download_s) for one in left]
        best = int(np.lexsort(([one.p50_s for one in tried], [one.p90_s for one in tried]))[0])
        if not number:
            first = sorted(tried, key=lambda one: (one.p90_s, one.p50_s))
        sets.append(tried[best])
        chosen.append(left.pop(best))
    return sets, first


def shortlist(
    spots: Region,
    region: Region,
    shape: OrbitShape,
    start: np.datetime64,
    have: int,
    *,
    most: int = 16,
    min_elevation_deg: float = 5.0,
) -> list[int]:
    """Of many stations the few that a search need try: numbers among the spots, in their order.

    The first ``have`` are kept; of the others half are those with most contact with one satellite of the shape in three
    days, half those nearest to the region, where a picture comes down in the pass that takes it.
    """
    count = len(spots.lon_deg)
    if count <= most:
        return list(range(count))
    tables = tables_of([elements_of(shape, epoch=start)], start, 3.0)
    ((rise_s, set_s, station),) = passes_of(tables, spots.ground, min_elevation_deg)
    contact_s = np.bincount(station, set_s - rise_s, minlength=count)
    middle = region.ground.at_itrf_m.mean(axis=0)
    away_m = np.linalg.norm(spots.ground.at_itrf_m - middle, axis=-1)
    free = max(most - have, 0)
    seen = [number for number in np.argsort(-contact_s, kind="stable").tolist() if number >= have]
    near = [number for number in np.argsort(away_m, kind="stable").tolist() if number >= have]
    chosen = dict.fromkeys(seen[: free // 2])
    for number in near:
        if len(chosen) < free:
            chosen[number] = None
    return sorted([*range(have), *chosen])
