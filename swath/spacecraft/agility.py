"""How long does a turn take?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Agility", "boresight", "slew_angle_deg", "slew_s"]

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
