"""How long does a turn take?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["Agility", "boresight", "fitted_turning", "slew_angle_deg", "slew_s"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Agility:
    """Limits of the attitude control: a bang-coast-bang turn about one axis, then settling."""

    max_rate_deg_s: float
    max_acceleration_deg_s2: float
    settling_s: float
    max_off_nadir_deg: float
    pointing_sigma_deg: float
    """true error of pointing, one sigma an axis; the planner ignores it, flight adds it"""
    knowledge_sigma_deg: float
    """error of the reported attitude, one sigma an axis: this is what misplaces pictures"""
    sun_keep_out_deg: float = 0.0
    """the line of sight stays at least this far from the Sun, turning included; a turn that would not goes by nadir"""


def boresight(roll_deg: npt.ArrayLike, pitch_deg: npt.ArrayLike) -> Floats:
    """Line of sight in (forward, right, down); ``(..., 3)`` unit vectors. Roll right and pitch forward are positive."""
    roll, pitch = np.radians(roll_deg), np.radians(pitch_deg)
    return np.stack([np.sin(pitch) + 0 * roll, np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)], -1)


def slew_angle_deg(
    from_roll_deg: npt.ArrayLike, from_pitch_deg: npt.ArrayLike, to_roll_deg: npt.ArrayLike, to_pitch_deg: npt.ArrayLike
) -> Floats:
    """Angle between two lines of sight in the orbital frame."""
    a, b = boresight(from_roll_deg, from_pitch_deg), boresight(to_roll_deg, to_pitch_deg)
    angle_rad = np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, -1))
    return np.asarray(np.degrees(angle_rad), np.float64)


def slew_s(agility: Agility, angle_deg: npt.ArrayLike) -> Floats:
    """Seconds to turn through an angle and settle.

    2 sqrt(angle / acceleration) while the rate limit is not met, else angle / rate + rate / acceleration.
    """
    angle = np.asarray(angle_deg, np.float64)
    rate, acceleration = agility.max_rate_deg_s, agility.max_acceleration_deg_s2
    short = 2.0 * np.sqrt(angle / acceleration)
    long = angle / rate + rate / acceleration
    return np.where(angle <= rate**2 / acceleration, short, long) + agility.settling_s


def fitted_turning(
    first: tuple[float, float], second: tuple[float, float], *, settling_s: float = 0.0
) -> tuple[float, float]:
    """Rate (deg/s) and acceleration (deg/s2) of the turn that takes the stated time through two angles.

    Each point is (angle in degrees, seconds with settling), as makers publish them: Pleiades turns through 200 km of
    ground (16.4 deg from 694 km) in 11 s and 800 km (60 deg) in 25 s. The lesser angle is taken to be turned without
    reaching the rate limit, which fixes the acceleration; the greater fixes the rate. Where that contradicts itself,
    both reach it. Raises :class:`InputError` where no such turn passes through both.
    """
    (small, small_s), (large, large_s) = sorted((first, second))
    brief, long = small_s - settling_s, large_s - settling_s
    if not (0.0 < small < large and 0.0 < brief < long):
        raise InputError(
            f"turns of {small:g} deg in {small_s:g} s and {large:g} deg in {large_s:g} s",
            fix="Give two angles and times, both longer than settling, the greater angle with the longer time",
        )
    acceleration = 4.0 * small / brief**2
    # large / rate + rate / acceleration = long, the lesser root: below sqrt(acceleration x angle), the rate is reached
    inside = (acceleration * long) ** 2 - 4.0 * acceleration * large
    rate = (acceleration * long - float(np.sqrt(max(inside, 0.0)))) / 2.0
    if inside >= 0.0 and rate**2 / acceleration >= small * (1.0 - 1e-9):
        return rate, acceleration
    rate = (large - small) / (long - brief)
    ramp_s = brief - small / rate
    if inside < 0.0 or ramp_s <= 0.0 or rate * ramp_s > small:
        raise InputError(
            f"no turn with one rate and one acceleration takes {brief:g} s through {small:g} deg and {long:g} s "
            f"through {large:g} deg",
            fix="Check both points, and settling_s",
        )
    return rate, rate / ramp_s
