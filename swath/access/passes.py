"""When does which station see which satellite?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.accesses import epoch_of, motion_table, tabulated_others
from swath.access.bulk import base_windows, extremes
from swath.access.conditions import Condition, Horizon
from swath.access.many import ground_of
from swath.access.search import Spans
from swath.access.signals import Situation
from swath.errors import InputError
from swath.frames import EarthOrientation
from swath.model import Station
from swath.orbit.ephemeris import Ephemeris, TabulatedEphemeris
from swath.table import Table, column
from swath.time import later

__all__ = ["Passes", "above_horizon", "find_passes", "passes_of"]


@dataclass(frozen=True)
class Passes(Table):
    """Windows in which a satellite stands above a station's least elevation; one row a pass."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it rises above the station's least elevation")
    culmination: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it stands highest")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "it sinks below the least elevation")
    max_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "at culmination; no refraction")


def find_passes(
    ephemerides: Mapping[str, Ephemeris],
    stations: Sequence[Station],
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    where: Condition | None = None,
    others: Mapping[str, Ephemeris] | None = None,
    step_s: float | None = None,
) -> Passes:
    """When, from ``start`` to ``stop``, does each satellite stand above each station's ``min_elevation_deg`` and mask?

    ``where`` is any further condition of ``access.conditions``, with ``others`` for the satellites it names that are
    not among ``ephemerides``. Rows come in the order of their start; a pass that reaches the end of the span is cut
    there. As exact as ``find_accesses``, with the same ``step_s``. Raises :class:`InputError` for an elevation that
    does not exist, and what the ephemerides raise.
    """
    for station in stations:
        if not -90.0 <= station.min_elevation_deg <= 90.0:
            raise InputError(
                f"min_elevation_deg is {station.min_elevation_deg}",
                where=f"station {station.id}",
                fix="Give -90 to 90 degrees",
            )
    ground = ground_of(stations)
    further = above_horizon(where)
    beside = tabulated_others(further, {**(others or {}), **ephemerides}, start, stop)
    found = []
    for satellite, ephemeris in ephemerides.items():
        table = motion_table(satellite, ephemeris, start, stop, step_s)
        spans = passes_of(Situation(table, ground, eop, epoch_of(ephemeris), others=beside), further, table)
        reached = extremes(table, ground, spans)
        found.append(
            Passes(
                satellite=np.full(len(spans), satellite),
                station=np.array([station.id for station in stations], "U")[spans.signal],
                start=later(table.start, spans.start_s),
                culmination=later(table.start, reached.highest_s),
                stop=later(table.start, spans.stop_s),
                max_elevation_deg=reached.max_elevation_deg,
            )
        )
    return Passes.join(found).sort_by("start", "satellite", "station")


def above_horizon(where: Condition | None) -> Condition:
    """What is asked of every pass: the station's own horizon, and any further condition."""
    return Horizon() if where is None else Horizon() & where


def passes_of(situation: Situation, asked: Condition, table: TabulatedEphemeris) -> Spans:
    """Passes of one satellite over many stations: above the least elevations first, the rest inside what they leave."""
    least_deg = situation.ground.least_deg
    base = base_windows(table, situation.ground, min_elevation_deg=0.0 if least_deg is None else least_deg)
    return asked.within(situation, Spans(base.place.astype(np.intp), base.start_s, base.stop_s))
