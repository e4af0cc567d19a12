"""What is there to know about a pass: where it rises and sets, how sure it is, and what the radio hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.access.accesses import epoch_of, motion_table, tabulated_others
from swath.access.conditions import Condition
from swath.access.edge_doubts import DoubtOf, Elsewhere, because_of, edge_doubts, elsewhere, unknown_doubt
from swath.access.many import ground_of, numbers_of
from swath.access.passes import Passes, above_horizon, passes_of
from swath.access.search import Spans
from swath.access.signals import QUANTITIES, Situation
from swath.errors import InputError
from swath.frames import EarthOrientation
from swath.model import Station
from swath.orbit.ephemeris import Ephemeris, TabulatedEphemeris, tabulate
from swath.orbit.maneuver import Maneuvers
from swath.orbit.uncertainty import SIGMAS_90
from swath.table import Table, column
from swath.time import elapsed_s, later

__all__ = ["PassDetails", "PassSamples", "describe_passes", "sample_passes"]

Floats = npt.NDArray[np.float64]

_LIGHT_M_S = 299_792_458.0
_MOST_SAMPLES = 1_000_000


@dataclass(frozen=True)
class PassDetails(Table):
    """More of each pass of a :class:`Passes` table, row by row."""

    start_azimuth_deg: npt.NDArray[np.float64] = column("f8", "deg", "where it rises, from north through east")
    culmination_azimuth_deg: npt.NDArray[np.float64] = column("f8", "deg", "where it stands highest")
    stop_azimuth_deg: npt.NDArray[np.float64] = column("f8", "deg", "where it sets")
    range_m: npt.NDArray[np.float64] = column("f8", "m", "from the station at culmination")
    direction: npt.NDArray[np.str_] = column("U", "-", "of flight at culmination: ascending or descending")
    sunlit: npt.NDArray[np.bool_] = column("?", "-", "the Sun shines on the satellite at culmination")
    sun_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "at the station, at culmination")
    age_days: npt.NDArray[np.float64] = column("f8", "days", "of the elements; negative: the pass is before them")
    along_track_sigma_s: npt.NDArray[np.float64] = column("f8", "s", "early or late, one standard deviation")
    along_track_90_s: npt.NDArray[np.float64] = column("f8", "s", "the satellite is early or late by less, 9 in 10")
    cross_track_90_m: npt.NDArray[np.float64] = column("f8", "m", "it is beside its track by less, 9 in 10")
    start_doubt_s: npt.NDArray[np.float64] = column("f8", "s", "90 % half-width; not a number where the span cuts it")
    stop_doubt_s: npt.NDArray[np.float64] = column("f8", "s", "90 % half-width; not a number where the span cuts it")
    certainty: npt.NDArray[np.str_] = column("U", "-", "certain, doubtful (there may be no pass) or unknown")
    because: npt.NDArray[np.str_] = column("U", "-", "what to know before trusting the pass; often empty")


@dataclass(frozen=True)
class PassSamples(Table):
    """A satellite across a station's sky, in even steps of time from rise to set."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    azimuth_deg: npt.NDArray[np.float64] = column("f8", "deg", "from north through east")
    elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "no refraction")
    range_m: npt.NDArray[np.float64] = column("f8", "m", "straight, no light time")
    range_rate_m_s: npt.NDArray[np.float64] = column("f8", "m/s", "negative while it comes nearer")
    doppler_hz: npt.NDArray[np.float64] = column("f8", "Hz", "added to the frequency; not a number without one")


def describe_passes(
    passes: Passes,
    ephemerides: Mapping[str, Ephemeris],
    stations: Sequence[Station],
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    where: Condition | None = None,
    others: Mapping[str, Ephemeris] | None = None,
    doubts: Mapping[str, DoubtOf] | None = None,
    maneuvers: Mapping[str, Maneuvers] | None = None,
) -> PassDetails:
    """What else is true of each pass that ``find_passes`` found? Arguments and doubt as in ``describe``."""
    ground = ground_of(stations)
    owner = numbers_of(stations, passes.station)
    condition = above_horizon(where)
    beside = tabulated_others(condition, {**(others or {}), **ephemerides}, start, stop)
    parts, rows = [], []
    for satellite, motion in ephemerides.items():
        mine = np.flatnonzero(passes.satellite == satellite)
        if not len(mine):
            continue
        table = motion_table(satellite, motion, start, stop)
        situation = Situation(table, ground, eop, epoch_of(motion), others=beside)
        spans = Spans(owner[mine], *(elapsed_s(table.start, at[mine]) for at in (passes.start, passes.stop)))

        def search(table: TabulatedEphemeris, situation: Situation = situation) -> Spans:
            return passes_of(replace(situation, motion=table), condition, table)

        wide = elsewhere(motion, table, (doubts or {}).get(satellite, unknown_doubt))
        edges, certainty = edge_doubts(spans, search, wide, table.duration_s)
        burns = (maneuvers or {}).get(satellite, Maneuvers.empty())
        at = passes.culmination[mine]
        because = because_of(certainty, at, situation.epoch, burns)
        parts.append(_details(spans, situation, at, wide, edges, certainty, because))
        rows.append(mine)
    return PassDetails.join(parts).take(np.argsort(np.concatenate(rows))) if parts else PassDetails.empty()


def _details(
    spans: Spans,
    situation: Situation,
    at: npt.NDArray[np.datetime64],
    wide: Elsewhere | None,
    edges: tuple[Floats, Floats],
    certainty: npt.NDArray[np.str_],
    because: npt.NDArray[np.str_],
) -> PassDetails:
    t_s = elapsed_s(situation.motion.start, at)

    def value(quantity: str, t_s: Floats = t_s) -> Floats:
        return QUANTITIES[quantity].of(situation, spans.signal, t_s, "")

    unknown = np.full(len(at), np.nan)
    along_s, across_m = (unknown, unknown) if wide is None else wide.bounds(at)
    return PassDetails(
        start_azimuth_deg=value("azimuth_deg", spans.start_s),
        culmination_azimuth_deg=value("azimuth_deg"),
        stop_azimuth_deg=value("azimuth_deg", spans.stop_s),
        range_m=value("range_m"),
        direction=np.where(value("northward_m_s") >= 0.0, "ascending", "descending"),
        sunlit=value("umbra_deg") > 0.0,
        sun_elevation_deg=value("sun_elevation_deg"),
        age_days=unknown if situation.epoch is None else elapsed_s(situation.epoch, at) / 86400.0,
        along_track_sigma_s=along_s / SIGMAS_90,
        along_track_90_s=along_s,
        cross_track_90_m=across_m,
        start_doubt_s=edges[0],
        stop_doubt_s=edges[1],
        certainty=certainty,
        because=because,
    )


def sample_passes(
    passes: Passes,
    ephemerides: Mapping[str, Ephemeris],
    stations: Sequence[Station],
    eop: EarthOrientation,
    *,
    step_s: float,
    frequency_hz: float | None = None,
) -> PassSamples:
    """Where in the sky is the satellite through each pass, and by how much is its signal shifted?

    Each pass is sampled from its rise in steps of ``step_s``, and at its set. The shift is that of a transmitter on the
    satellite at ``frequency_hz``, as the station hears it, to first order in v/c (the rest is below 3e-10 of the
    frequency, 3 Hz at X band). Raises :class:`InputError` for a step that is not positive or would give more than a
    million rows.
    """
    if not (np.isfinite(step_s) and step_s > 0.0):
        raise InputError(f"a step of {step_s:g} s", fix="Give more than 0 seconds")
    if frequency_hz is not None and not (np.isfinite(frequency_hz) and frequency_hz > 0.0):
        raise InputError(f"a frequency of {frequency_hz:g} Hz", fix="Give more than 0 hertz")
    lengths_s = elapsed_s(passes.start, passes.stop)
    if (rows := float(np.sum(lengths_s / step_s))) > _MOST_SAMPLES:
        raise InputError(f"{rows:,.0f} rows of samples", fix=f"Take longer steps: at most {_MOST_SAMPLES:,} rows")
    number = {station.id: row for row, station in enumerate(stations)}
    found = []
    for row, length_s in zip(passes.rows(), lengths_s, strict=True):
        after_s = np.unique(np.append(np.arange(0.0, length_s, step_s), length_s))
        at = later(row["start"], after_s)
        table = tabulate(ephemerides[str(row["satellite"])], row["start"], row["stop"], name=str(row["satellite"]))
        situation = Situation(table, ground_of([stations[number[str(row["station"])]]]), eop)
        which = np.zeros(len(at), np.intp)
        r, v = table.states_after(after_s)
        sight = r - situation.ground.at_itrf_m[0]
        rate = np.sum(sight * v, -1) / np.linalg.norm(sight, axis=-1)
        found.append(
            PassSamples(
                satellite=np.full(len(at), row["satellite"]),
                station=np.full(len(at), row["station"]),
                time=at,
                azimuth_deg=QUANTITIES["azimuth_deg"].of(situation, which, after_s, ""),
                elevation_deg=QUANTITIES["elevation_deg"].of(situation, which, after_s, ""),
                range_m=np.linalg.norm(sight, axis=-1),
                range_rate_m_s=rate,
                doppler_hz=np.full(len(at), np.nan) if frequency_hz is None else -rate / _LIGHT_M_S * frequency_hz,
            )
        )
    return PassSamples.join(found)
