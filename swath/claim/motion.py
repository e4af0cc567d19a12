"""Where was the satellite, and how early or late may it have been? The best element set for a moment, and its doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from swath.claim.published import Published
from swath.errors import DataError
from swath.frames import EarthOrientation, itrf_from_teme
from swath.model import Elements
from swath.orbit.ephemeris import reentry
from swath.orbit.growth import learned_growth
from swath.orbit.history import histories
from swath.orbit.maneuver import Maneuvers, between, find_maneuvers, spoiled, told
from swath.orbit.sgp4 import propagate
from swath.orbit.uncertainty import EXPECTED, MAX_AGE_DAYS, SIGMAS_90, Growth, age_days, doubt
from swath.time import elapsed_s, format_utc, seconds

__all__ = ["Anchor", "History", "Path", "Track", "best_track", "history_of", "late_quantiles", "late_states", "tuned"]

Path = Elements | Published
"""what a satellite flew by: mean elements, or positions as its owner published them"""

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

_TRIED = 12
"""sets nearest to the moment among which the best is chosen"""
_CLEARLY = 2.0
"""a set further from the moment is taken only where its doubt is so many times smaller"""
_SEASON_DAYS = 120.0
_ALIKE_LOG = 1.5
"""errors of one set at two ages are alike (correlation exp(-1/2)) where the ages are apart by this factor's exponent"""
_TAIL_90 = 2.1318
"""90 % of Student's t with four degrees of freedom lie within so many of its units: longer tails than a normal's"""


@dataclass(frozen=True)
class History:
    """What is known of the motion of one satellite: its element sets with the changes of orbit that they show."""

    sets: tuple[Elements, ...]
    maneuvers: Maneuvers
    published: tuple[Published, ...] = ()
    """ephemerides of its owner: where one covers a moment, it is taken before any set"""

    def growth(self, at: np.datetime64) -> Growth:
        """How fast do its sets go wrong, about a moment? From those within four months: the Sun's activity changes."""
        near = tuple(one for one in self.sets if abs(float(age_days(one, at))) <= _SEASON_DAYS)
        return _growth(near) if len(near) > 2 else EXPECTED


@dataclass(frozen=True)
class Anchor:
    """How late the satellite was, against one of its sets, by somebody's observation."""

    at: np.datetime64
    late_s: float
    sigma_s: float
    claim: str
    """id of what it comes from"""


@dataclass(frozen=True)
class Track:
    """The orbit that a claim is held against."""

    elements: Path
    along_90_s: float
    """it is early or late by less, nine times in ten"""
    cross_90_m: float
    late_s: float = 0.0
    """the best estimate of how late it is against its set"""
    because: str = ""
    warnings: tuple[str, ...] = ()
    maneuvers: int = 0
    """known ones between the set and the moment"""
    anchors: tuple[Anchor, ...] = field(default=())

    @property
    def sigma_s(self) -> float:
        """One standard deviation of a normal distribution with the same 90 %."""
        return self.along_90_s / SIGMAS_90


def history_of(sets: Sequence[Elements], published: Sequence[Published] = ()) -> History:
    """What do the sets of one satellite, in any order, teach? A single one teaches nothing."""
    if not sets:
        return History((), Maneuvers.empty(), tuple(published))
    ((_, ordered),) = histories(sets).items()
    found = find_maneuvers(ordered) if len(ordered) > 1 else Maneuvers.empty()
    return History(ordered, found, tuple(published))


@lru_cache(maxsize=256)
def _growth(sets: tuple[Elements, ...]) -> Growth:
    return learned_growth(sets)


def best_track(history: History, at: np.datetime64, eop: EarthOrientation) -> Track:
    """Which set of a history is the best for a moment, and how far is it to be trusted there?

    An ephemeris of its owner that covers the moment; else the nearest set, unless another has less than half of its
    90 % interval, known manoeuvres between counted. So a younger set from beyond a manoeuvre loses against an older one
    from this side of it. Raises :class:`DataError` where no set is within 30 days.
    """
    if history.published and (not history.sets or any(one.covers(at) for one in history.published)):
        return _published_track(history, at, eop)
    near = sorted(history.sets, key=lambda one: abs(float(age_days(one, at))))[:_TRIED]
    near = [one for one in near if abs(float(age_days(one, at))) <= MAX_AGE_DAYS]
    if not near:
        ages = [float(age_days(one, at)) for one in history.sets]
        age = min(ages, key=abs)
        raise DataError(
            f"the nearest element set of {history.sets[0].name} is {abs(age):.0f} days "
            f"{'older' if age > 0 else 'younger'} than the claim; they are good for {MAX_AGE_DAYS:.0f}",
            where=history.sets[0].source,
            fix="Give a history that covers the time: --elements FILE",
        )
    tracks = [_track(one, history, at) for one in near]
    nearest = tracks[0]
    passed_over = format_utc(near[0].epoch)
    best = min(tracks, key=lambda track: track.along_90_s * (1.0 if track is nearest else _CLEARLY))
    if best is nearest or nearest.maneuvers == 0:
        return best
    said = (
        f"the set nearest in time, of {passed_over}, lies beyond a manoeuvre: not used "
        f"(it may be {nearest.along_90_s:,.0f} s off)"
    )
    return replace(best, warnings=(*best.warnings, said))


def _published_track(history: History, at: np.datetime64, eop: EarthOrientation) -> Track:
    one = next((each for each in history.published if each.covers(at)), history.published[0])
    one.check(at)
    along_s, cross_m, because = one.doubt_90(at, eop)
    said = f"positions published by {one.oem.originator or 'its owner'}; 90 % bound {_plain(along_s)} s: {because}"
    return Track(one, along_s, cross_m, because=said)


def _track(one: Elements, history: History, at: np.datetime64) -> Track:
    when = np.array([at], "datetime64[ns]")
    wide = doubt(one, when, history.growth(at))
    low, high = min(one.epoch, at), max(one.epoch, at)
    crossed = between(history.maneuvers, low, high)
    wide = spoiled(wide, one, when, crossed) if len(crossed) else wide
    age = float(age_days(one, at))
    side = f"{age:.2f} days old" if age >= 0 else f"from {-age:.2f} days later"
    warnings = (told(crossed),) if len(crossed) else ()
    bound = _plain(wide.along_track_90_s[0])
    said = f"set of {format_utc(one.epoch)}, {side}; 90 % bound {bound} s: {wide.because}"
    return Track(
        one,
        float(wide.along_track_90_s[0]),
        float(wide.cross_track_90_m[0]),
        because=said,
        warnings=warnings,
        maneuvers=len(crossed),
    )


def _plain(value: float) -> str:
    return np.format_float_positional(float(value), precision=2, fractional=False, trim="-")


def tuned(track: Track, history: History, at: np.datetime64, anchors: Sequence[Anchor]) -> Track:
    """The same orbit, moved along its track to where observations say that it was.

    The error of one set is one curve in time: what it is at one age tells of it at others. It is taken as a Gaussian
    process with the 90 % bounds of the set for its size and a correlation that falls with the logarithm of the ratio of
    the ages (Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, eq. 2.23-2.24). Anchors on the other
    side of the epoch, or beyond a known manoeuvre, tell nothing.
    """
    if isinstance(track.elements, Published):
        return track
    epoch = track.elements.epoch
    mine = [a for a in anchors if (a.at > epoch) == (at > epoch) and not _crossed(history, a.at, at)]
    if not mine:
        return track
    times = np.array([at, *(a.at for a in mine)], "datetime64[ns]")
    sigma = np.array([_track(track.elements, history, one).sigma_s for one in times])
    log_age = np.log(np.maximum(np.abs(elapsed_s(epoch, times)) / 86400.0, 0.1))
    alike = np.exp(-0.5 * ((log_age[:, None] - log_age) / _ALIKE_LOG) ** 2)
    prior = alike * sigma[:, None] * sigma
    seen = prior[1:, 1:] + np.diag([a.sigma_s**2 for a in mine])
    gain = np.linalg.solve(seen, prior[1:, 0])
    late_s = float(gain @ [a.late_s for a in mine])
    left_s = float(np.sqrt(max(prior[0, 0] - gain @ prior[1:, 0], 1e-6)))
    named = ", ".join(a.claim for a in mine)
    said = f"{track.because}; moved by {late_s:+.1f} s after {named}, then within {SIGMAS_90 * left_s:.1f} s"
    return replace(track, along_90_s=SIGMAS_90 * left_s, late_s=late_s, because=said, anchors=tuple(mine))


def _crossed(history: History, one: np.datetime64, other: np.datetime64) -> bool:
    return len(between(history.maneuvers, min(one, other), max(one, other))) > 0


def late_states(elements: Path, at: Times, late_s: npt.ArrayLike, eop: EarthOrientation) -> tuple[Floats, Floats]:
    """Where is the satellite if it is so many seconds late? ITRF states ``(..., 3)``; the Earth turns on meanwhile.

    ``at`` and ``late_s`` broadcast. Raises :class:`DataError` where the orbit has decayed or nothing is published.
    """
    times, late = np.broadcast_arrays(np.asarray(at, "datetime64[ns]"), np.asarray(late_s, np.float64))
    if isinstance(elements, Published):
        return elements.late_states(times, late, eop)
    flown = times - seconds(late)
    r_teme_m, v_teme_m_s = propagate(elements, flown)
    if why := reentry(elements, r_teme_m, flown):
        raise DataError(why, where=elements.source, fix="Use a set from nearer to that time")
    return itrf_from_teme(r_teme_m, v_teme_m_s, at=times, eop=eop)


def late_quantiles(track: Track, count: int) -> Floats:
    """How late may it be? So many equally likely values, in order: Student's t with four degrees of freedom."""
    share = (np.arange(count) + 0.5) / count
    s = np.linspace(-1.0, 1.0, 20001)[1:-1]
    below = 0.5 + 0.75 * (s - s**3 / 3.0)
    at = np.interp(share, below, s)
    return np.asarray(track.late_s + track.along_90_s / _TAIL_90 * 2.0 * at / np.sqrt(1.0 - at**2), np.float64)
