"""How was a place seen at a stated time, when was the satellite closest to it, and when was it above the horizon?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.look import cos_off_nadir, nadir_direction, sin_elevation
from swath.claim.motion import Path, Track, late_quantiles, late_states
from swath.claim.published import Published
from swath.claim.records import Moment
from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic
from swath.model import Place, Station
from swath.time import elapsed_s, seconds

__all__ = [
    "Approach",
    "Seen",
    "approaches",
    "elevations_during",
    "never_near",
    "passes_over",
    "seen_during",
    "sight",
]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_STEP_S = 20.0
_MOST_MOMENTS = 121
_COUNT = 201
"""values of how late it may be; fewer for long spans"""
_LEAST_SLACK_S = 60.0
_FURTHEST_SHARE = 0.45
"""of a revolution: a satellite that may be anywhere is not shifted further"""
_TIMES_90 = 4.0
"""``cannot have been there`` means beyond four times the 90 % bound: errors have long tails"""


@dataclass(frozen=True)
class Approach:
    """A closest approach to a place."""

    time: np.datetime64
    off_nadir_deg: float
    elevation_deg: float
    range_m: float
    northward: bool


@dataclass(frozen=True)
class Seen:
    """What of the places where the satellite may have been sees the place during the stated time?"""

    above_probability: float
    """the place is above its horizon at some moment of the stated time"""
    within_probability: float
    """and no further off the nadir than its camera looks"""
    ever: bool
    """even far outside the 90 % bound there is a way to see it"""
    ever_within: bool
    """and that within what its camera looks"""
    off_nadir_deg: float
    """least during the stated time, from the best estimate of the orbit; above 90 where the Earth is in between"""
    off_nadir_90_deg: tuple[float, float]
    elevation_deg: float
    """highest, likewise"""
    range_m: float
    best: np.datetime64
    """the moment of the least angle"""


def sight(r_m: Floats, place_m: Floats, up: Floats) -> tuple[Floats, Floats, Floats]:
    """Off-nadir angle (geodetic), elevation (deg) and range (m) of a place from ITRF positions ``(..., 3)``.

    Behind the horizon the off-nadir angle is counted on: 180 deg less itself, so that it never looks visible.
    """
    elevation = np.degrees(np.arcsin(np.clip(sin_elevation(r_m, place_m, up), -1.0, 1.0)))
    off_nadir = np.degrees(np.arccos(np.clip(cos_off_nadir(r_m, place_m, nadir_direction(r_m)), -1.0, 1.0)))
    off_nadir = np.where(elevation > 0.0, off_nadir, np.maximum(180.0 - off_nadir, 90.0))
    return off_nadir, elevation, np.asarray(np.linalg.norm(place_m - r_m, axis=-1), np.float64)


def _ground(place: Place | Station) -> tuple[Floats, Floats]:
    at = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    return at, geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)


def approaches(
    elements: Path,
    place: Place | Station,
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    late_s: float = 0.0,
    min_elevation_deg: float = 0.0,
) -> list[Approach]:
    """When, from ``start`` to ``stop``, is the satellite closest to a place and above its horizon? In order of time.

    To about 1 ms of the orbit. Published positions are searched as far as they reach. Raises what the orbit raises.
    """
    if isinstance(elements, Published):
        start, stop = elements.inside(start, stop)
    if stop <= start:
        return []
    ground, up = _ground(place)
    count = max(int(np.ceil(float(elapsed_s(start, stop)) / _STEP_S)), 2) + 1
    at = start + seconds(_STEP_S) * np.arange(-1, count + 1)
    r, _ = late_states(elements, at, late_s, eop)
    off = np.linalg.norm(r - ground, axis=-1)
    risen = sight(r, ground, up)[1] > min_elevation_deg - 2.0  # within a step of the least range
    lows = np.flatnonzero((off[1:-1] <= off[:-2]) & (off[1:-1] < off[2:]) & risen[1:-1]) + 1
    if not len(lows):
        return []
    middle = _refined(elements, at[lows], ground, late_s, eop)
    r_m, v_m_s = late_states(elements, middle, late_s, eop)
    off_nadir, elevation, range_m = sight(r_m, ground, up)
    good = (elevation > min_elevation_deg) & (middle >= start) & (middle <= stop)
    return [
        Approach(middle[k], float(off_nadir[k]), float(elevation[k]), float(range_m[k]), bool(v_m_s[k, 2] > 0.0))
        for k in np.flatnonzero(good).tolist()
    ]


def _refined(elements: Path, near: Times, ground: Floats, late_s: float, eop: EarthOrientation) -> Times:
    """The least range near each moment: parabolas through its square, ever closer."""
    middle = near
    for half_s in (_STEP_S, 2.0, 0.2):
        at = middle[:, None] + seconds(np.array([-half_s, 0.0, half_s]))
        r, _ = late_states(elements, at, late_s, eop)
        a, b, c = np.sum((r - ground) ** 2, axis=-1).T
        bend = a - 2.0 * b + c
        shift = np.where(bend > 0.0, np.clip((a - c) / np.where(bend > 0.0, 2.0 * bend, 1.0), -1.0, 1.0), 0.0)
        middle = middle + seconds(shift * half_s)
    return middle


def passes_over(
    elements: Path,
    station: Place | Station,
    start: np.datetime64,
    stop: np.datetime64,
    eop: EarthOrientation,
    *,
    late_s: float = 0.0,
    min_elevation_deg: float = 0.0,
) -> list[tuple[np.datetime64, np.datetime64, float]]:
    """Rise, set and highest elevation of the passes over a station that touch ``start`` to ``stop``."""
    found = []
    ground, up = _ground(station)
    for near in approaches(elements, station, start - seconds(1200.0), stop + seconds(1200.0), eop, late_s=late_s):
        at = near.time + seconds(np.arange(-900.0, 901.0, 5.0))
        if isinstance(elements, Published):
            first, last = elements.inside(at[0], at[-1])
            at = at[(at >= first) & (at <= last)]
        high = sight(late_states(elements, at, late_s, eop)[0], ground, up)[1] - min_elevation_deg
        middle = int(np.argmin(np.abs(at - near.time)))
        if high[middle] <= 0.0:
            continue
        before = np.flatnonzero(high[:middle] <= 0.0)
        after = np.flatnonzero(high[middle:] <= 0.0)
        if not len(before) or not len(after):
            continue
        rise, fall = int(before[-1]), middle + int(after[0]) - 1
        edges = [at[k] + seconds(5.0 * float(-high[k] / (high[k + 1] - high[k]))) for k in (rise, fall)]
        if edges[1] >= start and edges[0] <= stop:
            found.append((edges[0], edges[1], near.elevation_deg))
    return found


def never_near(track: Track, place: Place, moment: Moment, eop: EarthOrientation) -> bool:
    """Is the place below the satellite's horizon all the stated time, and far beyond it? Cheap, and never wrong."""
    ground, up = _ground(place)
    reach_s = max(_TIMES_90 * track.along_90_s, _LEAST_SLACK_S) + _STEP_S
    at = moment.earliest + seconds(np.arange(-reach_s, 2.0 * moment.half_width_s + reach_s + _STEP_S, _STEP_S))
    return bool(sight(late_states(track.elements, at, track.late_s, eop)[0], ground, up)[1].max() < -5.0)


def seen_during(track: Track, place: Place, moment: Moment, eop: EarthOrientation, *, limit_deg: float) -> Seen:
    """Could it see the place at some moment of the stated time, wherever along its track it may have been?"""
    ground, up = _ground(place)
    length_s = 2.0 * moment.half_width_s
    moments = int(np.clip(np.ceil(length_s / 2.0) + 1, 1, max(_MOST_MOMENTS, length_s / _STEP_S)))
    at = moment.earliest + seconds(np.linspace(0.0, length_s, moments))
    late = late_quantiles(track, _COUNT if moments <= _MOST_MOMENTS else 41)
    period_s = 86400.0 / track.elements.mean_motion_rev_day
    furthest_s = min(max(_TIMES_90 * track.along_90_s, _LEAST_SLACK_S), _FURTHEST_SHARE * period_s)
    late = np.clip(late, track.late_s - period_s / 2.0, track.late_s + period_s / 2.0)
    wide = track.late_s + np.linspace(-furthest_s, furthest_s, 81)
    every = np.concatenate([[track.late_s], late, wide])
    r, _ = late_states(track.elements, at[:, None], every, eop)
    off_nadir, elevation, range_m = sight(r, ground, up)
    slack_deg = np.degrees(track.cross_90_m / max(float(range_m.min()), 1.0))
    least, highest = off_nadir.min(axis=0), elevation.max(axis=0)
    row = int(np.argmin(off_nadir[:, 0]))
    mine, beyond = slice(1, 1 + len(late)), slice(1 + len(late), None)
    low, high = np.quantile(least[mine], [0.05, 0.95])
    return Seen(
        above_probability=float(np.mean(highest[mine] > 0.0)),
        within_probability=float(np.mean(least[mine] <= limit_deg)),
        ever=bool((highest > 0.0).any()),
        ever_within=bool((least[beyond] <= limit_deg + slack_deg).any()),
        off_nadir_deg=float(least[0]),
        off_nadir_90_deg=(max(float(low) - slack_deg, 0.0), min(float(high) + slack_deg, 180.0)),
        elevation_deg=float(highest[0]),
        range_m=float(range_m[row, 0]),
        best=at[row],
    )


def elevations_during(track: Track, place: Place, moment: Moment, eop: EarthOrientation) -> tuple[float, float]:
    """Least and highest elevation (deg) of the satellite during a stated time, wherever in nine tenths of the doubt."""
    ground, up = _ground(place)
    at = moment.earliest + seconds(np.linspace(0.0, 2.0 * moment.half_width_s, 61 if moment.half_width_s else 1))
    late = np.quantile(late_quantiles(track, _COUNT), [0.05, 0.25, 0.5, 0.75, 0.95])
    elevation = sight(late_states(track.elements, at[:, None], late, eop)[0], ground, up)[1]
    return float(elevation.min()), float(elevation.max())
