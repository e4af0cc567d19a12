"""How wrong is a position from an element set of a given age?

Nine satellites in ten are nearer than the 90 % numbers here; what they rest on, and how they hold, is told in
docs/explanation/doubt.md. In short: 2.3 million element sets of March to May 2026 were carried to one another's epochs.
The error along the track grows as the root of the sum of squares of three parts, each with its constants: what a set
has at once, what grows with its age, and what drag adds, which grows with the square of the age and with how fast the
orbit decays. Whether a satellite manoeuvres does not show in a single set, so the numbers for one without a history
are wide enough for nine in ten of the mixture. A history of its own narrows (or widens) them: see ``growth.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.model import Elements
from swath.orbit.sgp4 import decay_of_mean_motion
from swath.time import elapsed_s, format_utc

__all__ = [
    "ANCHOR_DAYS",
    "Doubt",
    "EXPECTED",
    "Growth",
    "MAX_AGE_DAYS",
    "SIGMAS_90",
    "WARN_AGE_DAYS",
    "age_days",
    "along_track_sigma_s",
    "check_age",
    "doubt",
    "expected_90",
]

Floats = npt.NDArray[np.float64]

MAX_AGE_DAYS = 30.0
"""beyond this SGP4 says nothing useful about a low orbit"""
WARN_AGE_DAYS = 3.0

ANCHOR_DAYS = np.array([0.1, 0.3, 1.0, 3.0, 7.0, 14.0, 30.0])
"""ages at which an error is stated; power laws between them, and beyond the last the last one goes on"""
SIGMAS_90 = 1.6449
"""the half-width that holds 90 % of a normal distribution, in standard deviations"""

_AGE_DAYS = np.array([1.0, 3.0, 7.0, 14.0])
_ALONG_90_S = np.array([0.13, 0.75, 4.5, 19.0])
"""pooled over the 34 satellites of tle_error_growth.csv, each a lognormal through its median and 90th percentile"""

_LOW_ABOVE_REV_DAY = 10.0
_DEEP_BELOW_REV_DAY = 6.4
_LEAST_DECAY = 3e-7
"""rev/day2; below it a decay is noise"""
_TYPICAL_DECAY = np.exp(-10.0)

_LAWS = {
    # at once, per day, by drag at the typical decay after a day, power of age, power of decay
    ("along", "low", "after"): (0.024, 0.155, 0.330, 2.07, 0.64),
    ("along", "low", "before"): (0.0339, 0.0616, 0.0910, 2.471, 0.647),
    ("cross", "low", "after"): (19.0, 33.0, 156.0, 0.965, 0.27),
    ("cross", "low", "before"): (16.5, 40.0, 154.0, 0.950, 0.26),
    ("along", "high", "after"): (0.0, 1.63, 4.24, 1.671, 0.559),
    ("along", "high", "before"): (0.061, 0.854, 1.216, 1.783, 0.303),
    ("cross", "high", "after"): (771.0, 1229.0, 12017.0, 0.923, 0.693),
    ("cross", "high", "before"): (389.0, 58.0, 3431.0, 0.855, 0.121),
}
"""Quantile regression at 90 % over 1,745 objects of CelesTrak's active list of 16 March to 7 May 2026 (as archived in
github ivanfurlan1/data-satarg), Earth-observation satellites weighing most, Starlink left out: it manoeuvres all day.
Seconds along, metres across; low orbits are those with more than 10 revolutions a day."""


@dataclass(frozen=True)
class Growth:
    """How a satellite's sets go wrong, against what is expected of one with its drag: factors at ``ANCHOR_DAYS``."""

    along_after: tuple[float, ...]
    along_before: tuple[float, ...]
    """the same for times before the epoch"""
    cross_after: tuple[float, ...]
    cross_before: tuple[float, ...]
    because: str
    """where the factors come from, for people"""


_AS_EXPECTED = (1.0,) * len(ANCHOR_DAYS)
EXPECTED = Growth(
    *(_AS_EXPECTED,) * 4,
    "no history of its own: as nine in ten satellites with such a drag did in spring 2026, manoeuvres included",
)
"""nothing is known of the satellite but the element set at hand"""


@dataclass(frozen=True)
class Doubt:
    """How far may a satellite be from where its elements put it? Each bound holds 9 times in 10, both ways."""

    along_track_90_s: Floats
    """so many seconds early or late"""
    cross_track_90_m: Floats
    """so many metres to either side of the track"""
    speed_m_s: float
    because: str

    @property
    def along_track_sigma_s(self) -> Floats:
        """One standard deviation of a normal distribution with the same 90 %: the true one has longer tails."""
        return self.along_track_90_s / SIGMAS_90

    @property
    def position_90_m(self) -> Floats:
        """Both together in metres."""
        return np.hypot(self.along_track_90_s * self.speed_m_s, self.cross_track_90_m)


def age_days(elements: Elements, at: npt.ArrayLike) -> Floats:
    """Days from the epoch to the times; negative before the epoch."""
    return np.asarray(elapsed_s(elements.epoch, at) / 86400.0, np.float64)


def doubt(elements: Elements, at: npt.ArrayLike, growth: Growth = EXPECTED) -> Doubt:
    """How wrong may the elements be at UTC times ``at``, of any shape? Times before the epoch are as good a question.

    ``growth`` is what the satellite's own history taught (``growth.learned_growth``). Never less for an older set; a
    set is never called better than it is at 0.1 day. On 1,745 objects the 90 % intervals held 89 % (along) and 93 %
    (across) of 52 held-out Earth-observation satellites, 94 % of the 34 of ``tle_error_growth.csv``, 89 and 85 % of
    other low ones; at any one satellite they may be far too wide (quiet) or too narrow (it has just manoeuvred).
    """
    ages = age_days(elements, at)
    decay = _decay(elements)
    both = []
    for kind, after, before in (
        ("along", growth.along_after, growth.along_before),
        ("cross", growth.cross_after, growth.cross_before),
    ):
        later, earlier = (
            _between(np.abs(ages), _law(kind, elements, decay, ANCHOR_DAYS * sign) * np.array(factors))
            for sign, factors in ((1.0, after), (-1.0, before))
        )
        # At the epoch itself both sides hold, so the narrower one does: older is never surer on either.
        both.append(np.where(ages > 0.0, later, np.where(ages < 0.0, earlier, np.minimum(later, earlier))))
    turn_rad_s = elements.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    speed_m_s = float(np.cbrt(3.986008e14 * turn_rad_s))
    return Doubt(both[0], both[1], speed_m_s, growth.because)


def expected_90(kind: str, elements: Elements, age_days: Floats) -> Floats:
    """What is expected of a satellite with such drag, before any smoothing: ``along`` (s) or ``cross`` (m)."""
    return _law(kind, elements, _decay(elements), age_days)


def along_track_sigma_s(age_days: npt.ArrayLike) -> Floats:
    """How early or late may a satellite be of which nothing is known but the age of its elements? One sigma.

    The 90 % half-width is 1.645 times this: the pooled numbers of 34 Earth-observation satellites
    (``tle_error_growth.csv``, 500 to 1,340 km). Younger than a day counts as a day; the sign of the age does not
    matter; older than 14 days goes on with the power law from 7 to 14 days. With elements at hand ask :func:`doubt`.
    """
    return _between(np.abs(np.asarray(age_days, np.float64)), _ALONG_90_S, _AGE_DAYS) / SIGMAS_90


def check_age(
    elements: Elements,
    start: np.datetime64,
    stop: np.datetime64,
    doubt_at: Callable[[npt.ArrayLike], Doubt | None] | None = None,
) -> list[str]:
    """Are the elements fit for ``start`` to ``stop``? Warnings that state the expected error; none below 3 days.

    ``doubt_at`` gives the doubt where more is known of the satellite than this set. Raises :class:`DataError` where the
    span reaches more than 30 days from the epoch.
    """
    ends = np.array([start, stop], "datetime64[ns]")
    ages = age_days(elements, ends)
    which = int(np.argmax(np.abs(ages)))
    worst = float(ages[which])
    if abs(worst) > MAX_AGE_DAYS:
        raise DataError(
            f"elements of {elements.name} are from {format_utc(elements.epoch)}, {abs(worst):.1f} days "
            f"{'before' if worst > 0 else 'after'} the time asked for; they are good for {MAX_AGE_DAYS:.0f}",
            where=elements.source,
            fix="Use a set from nearer to that time",
        )
    if abs(worst) <= WARN_AGE_DAYS:
        return []
    age = f"{worst:.1f} days old" if worst > 0 else f"from {-worst:.1f} days later"
    wide = (doubt_at(ends[which]) if doubt_at else None) or doubt(elements, ends[which])
    late_s, wrong_km = (
        np.format_float_positional(value, precision=2, fractional=False, trim="-")
        for value in (float(wide.along_track_90_s), float(wide.position_90_m) / 1e3)
    )
    return [f"elements of {elements.name} are {age}: expect {late_s} s (90 %) along track, {wrong_km} km"]


def _decay(elements: Elements) -> float:
    """Half of the growth of mean motion, rev/day2: the larger of what the set prints and what its drag term does."""
    printed = abs(elements.mean_motion_dot)
    deep = elements.mean_motion_rev_day < _DEEP_BELOW_REV_DAY  # there the Moon and the Sun change it more than drag
    return printed if deep else max(printed, abs(decay_of_mean_motion(elements)))


def _law(kind: str, elements: Elements, decay: float, age_days: Floats) -> Floats:
    orbit = "low" if elements.mean_motion_rev_day > _LOW_ABOVE_REV_DAY else "high"
    drag = (decay + _LEAST_DECAY) / _TYPICAL_DECAY
    halves = []
    for side in ("after", "before"):
        at_once, per_day, by_drag, age_power, drag_power = _LAWS[kind, orbit, side]
        days = np.abs(age_days)
        halves.append(np.sqrt(at_once**2 + (per_day * days) ** 2 + (by_drag * days**age_power * drag**drag_power) ** 2))
    return np.asarray(np.where(age_days >= 0.0, *halves), np.float64)


def _between(days: Floats, error_at_anchor: Floats, anchor_days: Floats = ANCHOR_DAYS) -> Floats:
    """Power laws between the anchors, never falling; the last one goes on beyond the last anchor."""
    knots, errors = np.log(anchor_days), np.log(np.maximum.accumulate(error_at_anchor))
    age = np.log(np.maximum(days, anchor_days[0]))
    beyond = np.maximum(age - knots[-1], 0.0) * (errors[-1] - errors[-2]) / (knots[-1] - knots[-2])
    return np.asarray(np.exp(np.interp(age, knots, errors) + beyond), np.float64)
