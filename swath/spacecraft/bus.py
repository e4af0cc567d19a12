"""The body that carries the camera: inertia, wheels, magnetic rods, solar array, and how still it holds.

Only flight knows these: the planner works with ``Agility`` and ``Power``, and what a bus cannot do shows in the
comparison of planned and flown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["RECEIVER_M", "RECEIVER_M_S", "Array", "Bus", "Shake", "Wheels", "sharing"]

Floats = npt.NDArray[np.float64]
Axis = tuple[float, float, float]

RECEIVER_M, RECEIVER_M_S = 1.0, 0.01
"""what a navigation receiver on board leaves unknown of position and velocity, one sigma an axis"""
_P = 3.0**-0.5
PYRAMID: tuple[Axis, ...] = ((_P, _P, _P), (-_P, _P, _P), (-_P, -_P, _P), (_P, -_P, _P))
"""four wheels, any three of which still turn the body about every axis"""


@dataclass(frozen=True)
class Wheels:
    """Equal reaction wheels. Body axes are those of the camera: x forward, y right, z along the line of sight."""

    max_momentum_n_m_s: float
    """of one wheel"""
    max_torque_n_m: float
    """of one wheel"""
    axes: tuple[Axis, ...] = PYRAMID


@dataclass(frozen=True)
class Array:
    """Solar cells fixed to the body. With a bus they replace ``Power.charge_w``."""

    area_m2: float
    efficiency: float
    """electric power over sunlight, wiring and wear included"""
    normal: Axis = (0.0, 0.0, -1.0)
    """in body axes; the default is opposite the camera"""


@dataclass(frozen=True)
class Shake:
    """What a satellite's pointing does beside what it is told: each a known kind of error.

    ``jitter`` are lines of a vibration spectrum, (frequency in Hz, amplitude in deg) about each axis; ``ring_deg`` is
    the vibration that a turn leaves, which dies away with ``ring_decay_s`` and swings at ``ring_hz``.
    """

    bias_deg: float = 0.0
    """one sigma of the constant misalignment of camera and star tracker, an axis"""
    tracker_deg: float = 0.0
    """one sigma of star-tracker noise left after filtering, an axis"""
    tracker_s: float = 5.0
    """correlation time of that noise"""
    jitter: tuple[tuple[float, float], ...] = ()
    ring_deg: float = 0.0
    ring_hz: float = 0.8
    ring_decay_s: float = 1.0


@dataclass(frozen=True)
class Bus:
    """Everything about the body that flight needs.

    ``charge_efficiency`` is stored energy per energy put in. The residual magnetic moment and the constant torque
    stand for what a given satellite is known to suffer (currents, drag, sunlight).
    """

    inertia_kg_m2: Axis
    """about the body axes, which are taken for principal ones"""
    wheels: Wheels
    rods_a_m2: float = 0.0
    """largest magnetic moment of the rods that unload the wheels, an axis"""
    array: Array | None = None
    charge_efficiency: float = 1.0
    shake: Shake = field(default_factory=Shake)
    residual_a_m2: Axis = (0.0, 0.0, 0.0)
    torque_n_m: Axis = (0.0, 0.0, 0.0)
    faces_sun: bool = True
    """turns the array to the Sun whenever there is time for it between two activities"""

    def __post_init__(self) -> None:
        values = (
            *self.inertia_kg_m2,
            self.wheels.max_momentum_n_m_s,
            self.wheels.max_torque_n_m,
            self.charge_efficiency,
        )
        if not all(np.isfinite(value) and value > 0.0 for value in values):
            raise InputError(
                "inertia, wheels and charge efficiency must be positive numbers", where="bus", fix="Correct the bus"
            )
        if np.linalg.matrix_rank(np.array(self.wheels.axes)) < 3:
            raise InputError("the wheels cannot turn the body about every axis", where="bus", fix="Give three axes")


def sharing(axes: npt.ArrayLike) -> Floats:
    """How do wheels share a momentum of the body with the least effort? ``(wheels, 3)``: the pseudo-inverse.

    ``axes`` is ``(wheels, 3)``, unit rows; Markley and Crassidis, Fundamentals of Spacecraft Attitude Determination
    and Control (2014), section 4.8.3.
    """
    rows = np.asarray(axes, np.float64)
    return np.asarray(np.linalg.pinv((rows / np.linalg.norm(rows, axis=1, keepdims=True)).T), np.float64)
