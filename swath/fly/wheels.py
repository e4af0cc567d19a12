"""What the wheels hold, and how fast they can turn the body from there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.fly.momentum_kernels import carry
from swath.fly.surroundings import Surroundings
from swath.spacecraft.bus import Bus, sharing

__all__ = ["WheelSet"]

Floats = npt.NDArray[np.float64]

_UNLOAD_S = 600.0
"""the rods aim at taking the wheels' momentum off within about so long"""
_STEP_S = 1.0


class WheelSet:
    """Momentum of one satellite's wheels, carried through its flight.

    The whole momentum is kept in still axes; what of it the body does not hold, the wheels do. Outer torques are the
    gravity gradient, the residual magnetic moment, the bus's constant torque and the magnetic rods.
    """

    def __init__(self, bus: Bus, around: Surroundings) -> None:
        self.bus, self.around = bus, around
        self.alive = list(range(len(bus.wheels.axes)))
        self._total = np.zeros(3)
        self._started = False
        self.held_n_m_s = np.zeros(3)
        """by the wheels, in body axes"""
        self.loads: list[tuple[float, float]] = []
        """seconds since the start of the flight, and the most loaded wheel's share of its limit"""

    @property
    def controls(self) -> bool:
        """Can the wheels that are left turn the body about every axis?"""
        return len(self.alive) >= 3 and np.linalg.matrix_rank(self._axes()) == 3

    def lose(self, wheel: int) -> None:
        """One wheel stops; what it held goes to the others."""
        self.alive = [number for number in self.alive if number != wheel]

    def load_share(self) -> float:
        """How much of its limit does the most loaded wheel hold?"""
        return float(np.abs(self._shares() @ self.held_n_m_s).max() / self.bus.wheels.max_momentum_n_m_s)

    def advance(self, at_s: Floats, body: Floats) -> None:
        """Carry the momentum through rising times ``(n + 1,)``; attitudes ``(n + 1, 3, 3)`` in the orbital frame."""
        rows = self.around.rows(at_s)
        still = body @ self.around.orbital_axes[rows]
        inertia = np.array(self.bus.inertia_kg_m2)
        if not self._started:
            # The flight begins with empty wheels: the whole momentum is the body's own.
            self._total = still[0].T @ (inertia * _rate(still[0], still[1], at_s[1] - at_s[0]))
            self._started = True
        held = np.empty((len(at_s) - 1, 3))
        carry(
            self._total, np.diff(at_s), np.ascontiguousarray(still), self.around.position_m[rows[1:]],
            self.around.field_t[rows[1:]], inertia, np.array(self.bus.residual_a_m2), np.array(self.bus.torque_n_m),
            self.bus.rods_a_m2, _UNLOAD_S, held,
        )  # fmt: skip
        self.held_n_m_s = held[-1]
        load = np.abs(held @ self._shares().T).max(axis=1) / self.bus.wheels.max_momentum_n_m_s
        self.loads += zip(at_s[1:].tolist(), load.tolist(), strict=True)

    def limits(self, axis: Floats) -> tuple[float, float]:
        """How fast (deg/s) and with which acceleration (deg/s2) can the body turn about a body axis from here?

        Each wheel must carry its share of the body's momentum and of the torque on top of what it holds.
        """
        shares = self._shares()
        need = np.maximum(np.abs(shares @ axis), 1e-12)
        inertia = float(axis @ (np.array(self.bus.inertia_kg_m2) * axis))
        room = np.maximum(self.bus.wheels.max_momentum_n_m_s - np.abs(shares @ self.held_n_m_s), 0.0)
        rate = float((room / need).min()) / inertia
        acceleration = float((self.bus.wheels.max_torque_n_m / need).min()) / inertia
        return float(np.degrees(rate)), float(np.degrees(acceleration))

    def _axes(self) -> Floats:
        return np.array([self.bus.wheels.axes[number] for number in self.alive]).reshape(-1, 3)

    def _shares(self) -> Floats:
        return sharing(self._axes())


def _rate(first: Floats, then: Floats, step_s: float) -> Floats:
    m = then @ first.T
    skew = np.array([m[1, 2] - m[2, 1], m[2, 0] - m[0, 2], m[0, 1] - m[1, 0]]) / 2.0
    return np.asarray(skew / step_s, np.float64)
