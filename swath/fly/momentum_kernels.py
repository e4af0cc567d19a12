"""The loop over seconds that adds up what turns a satellite: plain arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["carry", "gravity_torque"]

_GM_M3_S2 = 3.986004418e14


@njit(cache=True)
def gravity_torque(body: Any, position: Any, inertia: Any, torque: Any) -> None:
    """3 GM / r^3 (d x I d), d being the way down in body axes, is put into ``torque``."""
    distance = np.sqrt(position[0] ** 2 + position[1] ** 2 + position[2] ** 2)
    down = np.zeros(3)
    for i in range(3):
        for j in range(3):
            down[i] -= body[i, j] * position[j] / distance
    factor = 3.0 * _GM_M3_S2 / distance**3
    torque[0] = factor * down[1] * down[2] * (inertia[2] - inertia[1])
    torque[1] = factor * down[2] * down[0] * (inertia[0] - inertia[2])
    torque[2] = factor * down[0] * down[1] * (inertia[1] - inertia[0])


@njit(cache=True)
def _rate(first: Any, then: Any, step_s: float, rate: Any) -> None:
    """How fast does the body turn between two attitudes? In body axes, from the skew part of then x first'."""
    m = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            for k in range(3):
                m[i, j] += then[i, k] * first[j, k]
    rate[0], rate[1], rate[2] = (m[1, 2] - m[2, 1]) / 2.0, (m[2, 0] - m[0, 2]) / 2.0, (m[0, 1] - m[1, 0]) / 2.0
    sine = np.sqrt(rate[0] ** 2 + rate[1] ** 2 + rate[2] ** 2)
    cosine = (m[0, 0] + m[1, 1] + m[2, 2] - 1.0) / 2.0
    grow = np.arctan2(sine, cosine) / sine if sine > 1e-12 else 1.0
    for i in range(3):
        rate[i] *= grow / step_s


@njit(cache=True)
def _unload(held: Any, field: Any, rods: float, unload_s: float, torque: Any) -> None:
    """Torque of the rods that takes momentum off the wheels, as far as field and rods allow, added to ``torque``."""
    square = field[0] ** 2 + field[1] ** 2 + field[2] ** 2
    if rods <= 0.0 or square == 0.0:
        return
    moment = np.zeros(3)
    largest = 0.0
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        moment[i] = -(field[j] * held[k] - field[k] * held[j]) / (square * unload_s)
        largest = max(largest, abs(moment[i]))
    share = min(rods / largest, 1.0) if largest > 0.0 else 0.0
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        torque[i] += share * (moment[j] * field[k] - moment[k] * field[j])


@njit(cache=True)
def carry(
    total: Any, step_s: Any, body: Any, position: Any, field: Any, inertia: Any, residual: Any, constant: Any,
    rods: float, unload_s: float, held: Any,
) -> None:  # fmt: skip
    """Carry the whole momentum ``total`` (3, still axes; changed in place) through a stretch of flight.

    ``body`` ``(n + 1, 3, 3)`` turns still into body axes at the ends of ``n`` steps of ``step_s``; ``held`` ``(n, 3)``
    is what the wheels hold after each, in body axes.
    """
    rate, torque, here, magnet = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    for k in range(len(step_s)):
        axes = body[k + 1]
        _rate(body[k], axes, step_s[k], rate)
        for i in range(3):
            here[i] = axes[i, 0] * total[0] + axes[i, 1] * total[1] + axes[i, 2] * total[2] - inertia[i] * rate[i]
            magnet[i] = axes[i, 0] * field[k, 0] + axes[i, 1] * field[k, 1] + axes[i, 2] * field[k, 2]
            held[k, i] = here[i]
        gravity_torque(axes, position[k], inertia, torque)
        for i in range(3):
            j, m = (i + 1) % 3, (i + 2) % 3
            torque[i] += constant[i] + residual[j] * magnet[m] - residual[m] * magnet[j]
        _unload(here, magnet, rods, unload_s, torque)
        for i in range(3):
            total[i] += step_s[k] * (axes[0, i] * torque[0] + axes[1, i] * torque[1] + axes[2, i] * torque[2])
