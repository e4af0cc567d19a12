"""Where does a turning satellite look? The profile of a bang-coast-bang turn in time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.spacecraft.agility import Agility, boresight, slew_angle_deg, slew_s

__all__ = ["Turn", "plan_turn", "slowed"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Turn:
    """One turn about one axis between two lines of sight, then settling. Times in seconds."""

    begin_s: float
    arrived_s: float
    """the motion ends"""
    settled_s: float
    """the vibration ends: good for imaging"""
    angle_deg: float
    from_axis: Floats
    to_axis: Floats
    rate_deg_s: float
    acceleration_deg_s2: float

    def angle_at_deg(self, at_s: npt.ArrayLike) -> Floats:
        """Angle turned through: speeding up, coasting, slowing down alike; 0 before and the whole angle after."""
        whole_s = self.arrived_s - self.begin_s
        t = np.clip(np.asarray(at_s, np.float64) - self.begin_s, 0.0, whole_s)
        ramp_s = min(self.rate_deg_s / self.acceleration_deg_s2, whole_s / 2.0)
        left_s = whole_s - t
        up, down = self.acceleration_deg_s2 * t**2 / 2.0, self.angle_deg - self.acceleration_deg_s2 * left_s**2 / 2.0
        coast = self.acceleration_deg_s2 * ramp_s * (t - ramp_s / 2.0)
        return np.asarray(np.where(t <= ramp_s, up, np.where(left_s <= ramp_s, down, coast)), np.float64)

    def pointing_deg(self, at_s: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Roll and pitch of the line of sight at times in the turn."""
        part = np.radians(self.angle_at_deg(at_s))[..., None]
        whole = np.radians(self.angle_deg)
        if whole < 1e-9:
            axis = np.broadcast_to(self.to_axis, (*np.shape(at_s), 3))
        else:
            axis = (np.sin(whole - part) * self.from_axis + np.sin(part) * self.to_axis) / np.sin(whole)
        pitch_rad = np.arcsin(np.clip(axis[..., 0], -1.0, 1.0))
        return np.degrees(np.arctan2(axis[..., 1], axis[..., 2])), np.degrees(pitch_rad)


def slowed(agility: Agility, factor: float) -> Agility:
    """The same satellite with weaker wheels: rate and acceleration divided by ``factor``."""
    return replace(
        agility,
        max_rate_deg_s=agility.max_rate_deg_s / factor,
        max_acceleration_deg_s2=agility.max_acceleration_deg_s2 / factor,
    )


def plan_turn(agility: Agility, begin_s: float, from_deg: tuple[float, float], to_deg: tuple[float, float]) -> Turn:
    """The quickest turn from one (roll, pitch) to another (less than 180 deg apart)."""
    angle_deg = float(slew_angle_deg(*from_deg, *to_deg))
    settled_s = begin_s + float(slew_s(agility, angle_deg))
    return Turn(
        begin_s=begin_s,
        arrived_s=settled_s - agility.settling_s,
        settled_s=settled_s,
        angle_deg=angle_deg,
        from_axis=boresight(*from_deg),
        to_axis=boresight(*to_deg),
        rate_deg_s=agility.max_rate_deg_s,
        acceleration_deg_s2=agility.max_acceleration_deg_s2,
    )
