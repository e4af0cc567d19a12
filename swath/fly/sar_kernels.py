"""Hot loop of the radar: walk over the ground from near to far, add every echo to its distance. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.world_kernels import STEP_M, Frame

__all__ = ["echoes"]

Array = npt.NDArray[Any]
Number = Any

_LOOK, _FLOODED = 0x7F, 0x80
_WALL_M = 2.0
"""a rise of what stands on the ground by this much from step to step is a wall"""
_HARD = 0.3
"""gamma nought from which something is built, not grown: only that has walls"""
_CORNER = 1.5
"""sigma nought of a wall of one metre and the ground before it, spread over a sample"""


@njit(cache=True, nogil=True, inline="always")
def _ground(field: Array, x: float, y: float, scale: float) -> tuple[Number, Number, Number]:
    """Height and its slopes to the east and to the south (per metre) at metres east and south."""
    u = min(max(x * scale - 0.5, 0.0), field.shape[1] - 1.001)
    v = min(max(y * scale - 0.5, 0.0), field.shape[0] - 1.001)
    i, j = int(v), int(u)
    fy, fx = v - i, u - j
    a, b, c, d = field[i, j], field[i, j + 1], field[i + 1, j], field[i + 1, j + 1]
    height = (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy
    return height, ((b - a) * (1 - fy) + (d - c) * fy) * scale, ((c - a) * (1 - fx) + (d - b) * fx) * scale


@njit(cache=True, nogil=True)
def echoes(
    place: Array,
    ground_m: Array,
    cell_m: float,
    cover: Array,
    height: Array,
    frame: Frame,
    gamma: Array,
    water: Array,
    weight: float,
    out: Array,
) -> None:
    """Add the power of one line's ground to ``out`` (sample), in units of sigma nought.

    ``place`` (step, 8): for steps from near to far over the reference height, metres east and south, sample number,
    samples nearer per metre of height, tangent of incidence, metres out, and the unit vector away from the radar (east,
    south). ``gamma`` of each look; ``water`` (2): gamma at 35 deg, and its change per unit of tangent, for water. A
    step counts ``weight`` of a sample.
    """
    rows, columns = cover.shape
    horizon, before, scale = -1e30, 0.0, 1.0 / cell_m
    for step in range(len(place)):
        x, y, sample, nearer, tangent, out_m, away_east, away_south = place[step]
        z, east, south = _ground(ground_m, x, y, scale)
        row, column = int(y / frame.pixel_m) - frame.row, int(x / frame.pixel_m) - frame.column
        inside = 0 <= row < rows and 0 <= column < columns
        code, tall = (int(cover[row, column]), height[row, column] * STEP_M) if inside else (0, 0.0)
        wet = code & _FLOODED or (code & _LOOK) == 0
        total = z + (0.0 if wet else tall)
        at = sample - total * nearer
        # A ray over this point comes down to the reference height this far out: what comes down nearer is hidden.
        along = out_m + total * tangent
        if along < horizon:
            before = tall
            continue
        horizon = along
        if wet:
            power = water[0] * np.exp(water[1] * (tangent - 0.7))
        else:
            # Constant gamma: the echo of a slope is as its area seen from the radar.
            slope = east * away_east + south * away_south
            seen = (1.0 - slope * tangent) / np.sqrt(1.0 + tangent * tangent)
            power = gamma[code & _LOOK] * max(seen, 0.02)
        _add(out, at, power * weight)
        if tall - before > _WALL_M and gamma[code & _LOOK] > _HARD:
            _add(out, sample - z * nearer, _CORNER * (tall - before) * weight)
        before = tall


@njit(cache=True, nogil=True, inline="always")
def _add(out: Array, at: float, power: float) -> None:
    """Share an echo between two samples."""
    k = int(np.floor(at))
    f = at - k
    if 0 <= k < len(out):
        out[k] += power * (1.0 - f)
    if 0 <= k + 1 < len(out):
        out[k + 1] += power * f
