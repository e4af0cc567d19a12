"""How is a satellite turned? Looking somewhere, facing the Sun, or on its way between two attitudes.

An attitude is a rotation matrix whose rows are the body's axes (x forward, y right along the detector row, z along the
line of sight) in the orbital frame (forward, right, down).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.spacecraft.agility import Agility, boresight, slew_angle_deg, slew_s

__all__ = ["Turn", "facing", "looking", "pointing_deg", "rotation_deg", "slowed", "turn_between"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Turn:
    """One turn about one axis between two attitudes, then settling. Times in seconds."""

    begin_s: float
    arrived_s: float
    """the motion ends"""
    settled_s: float
    """the vibration ends: good for imaging"""
    angle_deg: float
    """the angle that takes the time: between the lines of sight of two looks, else the whole rotation"""
    from_body: Floats
    to_body: Floats
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

    def body_at(self, at_s: npt.ArrayLike) -> Floats:
        """Attitude at times ``(n,)``: ``(n, 3, 3)``."""
        done = self.angle_at_deg(at_s)
        share = np.asarray(
            done / self.angle_deg if self.angle_deg > 0.0 else np.asarray(at_s) >= self.begin_s, np.float64
        )
        axis, whole_rad = _rotation(self.to_body @ self.from_body.T)
        return _about(axis, share * whole_rad) @ self.from_body

    def pointing_deg(self, at_s: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Roll and pitch of the line of sight at times in the turn."""
        return pointing_deg(self.body_at(at_s))


def looking(roll_deg: float, pitch_deg: float) -> Floats:
    """The attitude of a picture: line of sight by roll and pitch, the detector row level."""
    sight = boresight(roll_deg, pitch_deg)
    row = np.array([0.0, np.cos(np.radians(roll_deg)), -np.sin(np.radians(roll_deg))])
    return np.stack([np.cross(row, sight), row, sight])


def facing(sun_orbital: Floats, normal: tuple[float, float, float]) -> Floats:
    """The attitude that turns a body axis to the Sun, given in the orbital frame ``(..., 3)``; ``(..., 3, 3)``.

    About that axis the body stays put against the orbit's normal, so that the attitude changes slowly.
    """
    sun = np.asarray(sun_orbital, np.float64)
    second = np.cross(sun, np.array([0.0, 1.0, 0.0]))
    length = np.linalg.norm(second, axis=-1, keepdims=True)
    other = np.cross(sun, np.array([1.0, 0.0, 0.0]))  # the Sun on the orbit's normal leaves the first without length
    second = np.where(length > 1e-3, second / np.maximum(length, 1e-12), other)
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    n = np.asarray(normal, np.float64) / np.linalg.norm(normal)
    m = np.eye(3)[int(np.argmin(np.abs(n)))]
    m = np.cross(n, m) / np.linalg.norm(np.cross(n, m))
    outer = np.stack([sun, second, np.cross(sun, second)], -1)
    return np.asarray(np.stack([n, m, np.cross(n, m)], -1) @ np.swapaxes(outer, -1, -2), np.float64)


def pointing_deg(body: Floats) -> tuple[Floats, Floats]:
    """Roll and pitch of the line of sight of attitudes ``(..., 3, 3)``."""
    sight = body[..., 2, :]
    pitch_rad = np.arcsin(np.clip(sight[..., 0], -1.0, 1.0))
    return np.degrees(np.arctan2(sight[..., 1], sight[..., 2])), np.degrees(pitch_rad)


def rotation_deg(from_body: Floats, to_body: Floats) -> float:
    """The angle of the one rotation that takes an attitude to another."""
    return float(np.degrees(_rotation(to_body @ from_body.T)[1]))


def slowed(agility: Agility, factor: float) -> Agility:
    """The same satellite with weaker wheels: rate and acceleration divided by ``factor``."""
    return replace(
        agility,
        max_rate_deg_s=agility.max_rate_deg_s / factor,
        max_acceleration_deg_s2=agility.max_acceleration_deg_s2 / factor,
    )


def turn_between(agility: Agility, begin_s: float, from_body: Floats, to_body: Floats) -> Turn:
    """The quickest turn from one attitude to another.

    Between two looks (detector row level) the time is that of the angle between the lines of sight, as planned.
    """
    angle_deg = rotation_deg(from_body, to_body)
    if _is_look(from_body) and _is_look(to_body):
        (r1, p1), (r2, p2) = pointing_deg(from_body), pointing_deg(to_body)
        angle_deg = float(slew_angle_deg(r1, p1, r2, p2))
    settled_s = begin_s + float(slew_s(agility, angle_deg))
    return Turn(
        begin_s=begin_s,
        arrived_s=settled_s - agility.settling_s,
        settled_s=settled_s,
        angle_deg=angle_deg,
        from_body=from_body,
        to_body=to_body,
        rate_deg_s=agility.max_rate_deg_s,
        acceleration_deg_s2=agility.max_acceleration_deg_s2,
    )


def _is_look(body: Floats) -> bool:
    roll_deg, pitch_deg = pointing_deg(body)
    return bool(np.abs(looking(float(roll_deg), float(pitch_deg)) - body).max() < 1e-9)


def _rotation(matrix: Floats) -> tuple[Floats, float]:
    """Axis and angle (rad) of a rotation matrix."""
    skew = np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]]) / 2.0
    sine, cosine = float(np.linalg.norm(skew)), (float(np.trace(matrix)) - 1.0) / 2.0
    angle_rad = float(np.arctan2(sine, cosine))
    if cosine > -0.9:
        return (skew / sine if sine > 1e-15 else np.array([1.0, 0.0, 0.0])), angle_rad
    # Near half a turn the sine says little: the even part is cos I + (1 - cos) a a'.
    outer = (matrix + matrix.T) / 2.0 - cosine * np.eye(3)
    axis = outer[:, int(np.argmax(np.diag(outer)))]
    axis = axis / np.linalg.norm(axis)
    return np.asarray(axis if axis @ skew >= 0.0 else -axis, np.float64), angle_rad


def _about(axis: Floats, angle_rad: Floats) -> Floats:
    """Rotations about one axis, ``(n, 3, 3)`` for ``(n,)`` angles (Rodrigues)."""
    x, y, z = axis
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = np.asarray(angle_rad, np.float64)[..., None, None]
    return np.asarray(np.eye(3) + np.sin(angle) * k + (1.0 - np.cos(angle)) * (k @ k), np.float64)
