"""How much work is a search for access before it is begun?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from swath.errors import InputError
from swath.frames import WGS84_A_M
from swath.model import Elements
from swath.orbit.ephemeris import Ephemeris, good_step_s
from swath.time import elapsed_s

__all__ = ["Cost", "LARGEST", "Shape", "check_cost", "estimate", "shape_of"]

LARGEST = 1_000_000_000
"""windows; more has to be confirmed: 28 GB in a file, some ten minutes on one core"""

_MU_M3_S2 = 3.986008e14
_EARTH_ROTATION_REV_DAY = 1.0027
# One core of 2024 (benchmarks/speed/access.py): seconds and bytes of a window with its times alone, the same with all
# columns, seconds of a state of the orbit, of a sample of an area in a window, and of a satellite with all columns.
_TIMES, _TOLD = (0.5e-6, 28.0), (18e-6, 165.0)
_PER_STATE_S, _PER_SAMPLE_S, _PER_TOLD_S = 3e-6, 6e-6, 0.02
_EARTH_RATE_RAD_S = 7.292115e-5


class _Limits(Protocol):
    @property
    def min_elevation_deg(self) -> float:
        """Of the satellite above the place's horizon."""

    @property
    def max_off_nadir_deg(self) -> float | None:
        """Of the place from the nadir, where it is limited."""


@dataclass(frozen=True)
class Cost:
    """What a search will take, as well as can be said before it."""

    windows: int
    """over places spread evenly on the globe right within 20 %; over chosen places within a factor of three"""
    seconds_s: float
    """of one core"""
    file_bytes: int
    """of a Parquet file of all windows"""

    def __add__(self, other: Cost) -> Cost:
        """Both searches together."""
        return Cost(self.windows + other.windows, self.seconds_s + other.seconds_s, self.file_bytes + other.file_bytes)


@dataclass(frozen=True)
class Shape:
    """The size and tilt of an orbit: what :class:`~swath.model.Elements` know, and :func:`shape_of` works out."""

    mean_motion_rev_day: float
    eccentricity: float
    inclination_deg: float


def shape_of(motion: Ephemeris, at: np.datetime64) -> Shape:
    """What orbit is a satellite in at UTC time ``at``? From its position and velocity, as if nothing disturbed it."""
    r, v = (np.asarray(part, np.float64) for part in motion.states(np.asarray(at)))
    v = v + _EARTH_RATE_RAD_S * np.array([-r[1], r[0], 0.0])
    far, spin = float(np.linalg.norm(r)), np.cross(r, v)
    axis_m = 1.0 / max(2.0 / far - float(v @ v) / _MU_M3_S2, 1e-9)
    e = float(np.linalg.norm(np.cross(v, spin) / _MU_M3_S2 - r / far))
    turn_rad_s = np.sqrt(_MU_M3_S2 / axis_m**3)
    tilt_deg = np.degrees(np.arccos(np.clip(spin[2] / np.linalg.norm(spin), -1.0, 1.0)))
    return Shape(float(turn_rad_s * 86400.0 / (2.0 * np.pi)), min(e, 0.99), float(tilt_deg))


def estimate(
    elements: Collection[Elements | Shape],
    places: int,
    start: np.datetime64,
    stop: np.datetime64,
    limits: _Limits,
    *,
    samples: int | None = None,
) -> Cost:
    """How many windows will there be, how long will the search take, and how large is the file?

    A satellite that reaches places within an angle L of the point below it passes a place picked at random, in one
    revolution over the turning Earth, with a chance of sin L; what it reaches at the start counts once more.
    ``samples``: with all columns, of places that are so many points each; unless given, the times alone.
    """
    days = float(elapsed_s(start, stop)) / 86400.0
    windows = states = 0.0
    for one in elements:
        reach_rad = _reach_rad(one, limits)
        turns = abs(one.mean_motion_rev_day - _EARTH_ROTATION_REV_DAY * np.cos(np.radians(one.inclination_deg)))
        windows += places * (turns * days * np.sin(min(reach_rad, np.pi / 2)) + np.sin(reach_rad / 2.0) ** 2)
        states += days * 86400.0 / good_step_s(one)
    per_window_s, each_bytes = _TIMES if samples is None else _TOLD
    per_window_s += _PER_SAMPLE_S * (max(samples or 1, 1) - 1)
    seconds_s = (
        windows * per_window_s + states * _PER_STATE_S + (0.0 if samples is None else _PER_TOLD_S * len(elements))
    )
    return Cost(round(windows), float(seconds_s), round(windows * each_bytes))


def check_cost(cost: Cost, *, confirmed: bool) -> None:
    """Is it small enough to begin unasked? Raises :class:`InputError` with the numbers where it is not."""
    if cost.windows > LARGEST and not confirmed:
        raise InputError(
            f"about {cost.windows:.2g} windows would be found, more than {LARGEST:.0g}: some "
            f"{cost.seconds_s / 60.0:.0f} minutes of one core and {cost.file_bytes / 1e9:.0f} GB",
            fix="Ask for fewer satellites, places or days, or confirm it",
        )


def _reach_rad(one: Elements | Shape, limits: _Limits) -> float:
    """How far from the point below, on a sphere, at the mean height."""
    mean_motion_rad_s = one.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    ratio = min(WGS84_A_M / (_MU_M3_S2 / mean_motion_rad_s**2) ** (1.0 / 3.0), 1.0)
    least = np.radians(limits.min_elevation_deg)
    reach = float(np.arccos(np.clip(ratio * np.cos(least), -1.0, 1.0)) - least)
    if limits.max_off_nadir_deg is None:
        return reach
    most = np.radians(limits.max_off_nadir_deg)
    if np.sin(most) >= ratio:
        return reach
    return min(reach, float(np.arcsin(np.sin(most) / ratio) - most))
