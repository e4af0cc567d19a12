"""Hot loops of orthorectification: from ground points to lines and columns, and the resampling. Arrays in and out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["find_lines", "resample"]

Array = npt.NDArray[Any]

_SLIGHT = 1e-4
"""A missing neighbour with less weight than this does not matter."""


@njit(cache=True, nogil=True, inline="always")
def _ahead(x: float, y: float, z: float, table: Array, line: float) -> float:
    """How far (m) does a point lie ahead of the plane that the detectors sweep at a line?"""
    k = min(max(int(np.floor(line)), 0), len(table) - 2)
    a, b, f = table[k], table[k + 1], line - k
    ahead = 0.0
    for axis in range(3):
        point = x if axis == 0 else y if axis == 1 else z
        ahead += (point - a[axis] - (b[axis] - a[axis]) * f) * (a[3 + axis] + (b[3 + axis] - a[3 + axis]) * f)
    return ahead


@njit(cache=True, nogil=True)
def _crossing(x: float, y: float, z: float, table: Array) -> float:
    """The line at which a point crosses the detectors' plane, to 1e-6 of a line; outside the picture extrapolated."""
    low, high = 0.0, float(len(table) - 1)
    f_low, f_high = _ahead(x, y, z, table, low), _ahead(x, y, z, table, high)
    if f_low * f_high > 0.0:  # outside: follow the slope at the nearer end
        base = low if abs(f_low) < abs(f_high) else high
        step = 1.0 if base == low else -1.0
        here, there = _ahead(x, y, z, table, base), _ahead(x, y, z, table, base + step)
        return base + step * here / (here - there) if here != there else np.nan
    line = low
    side = 0
    for _ in range(60):
        if high - low < 1e-6 or f_low == f_high:
            break
        line = (low * f_high - high * f_low) / (f_high - f_low)
        f = _ahead(x, y, z, table, line)
        if abs(f) < 1e-6:
            break
        # Regula falsi, Illinois variant: an end that stays is halved, so that both ends close in.
        if f * f_high > 0.0:
            high, f_high = line, f
            f_low = f_low * 0.5 if side == -1 else f_low
            side = -1
        else:
            low, f_low = line, f
            f_high = f_high * 0.5 if side == 1 else f_high
            side = 1
    return line


@njit(cache=True, nogil=True)
def find_lines(points: Array, table: Array, per_rad: float, middle: float, line: Array, column: Array) -> None:
    """Line and column at which ground points ``(n, 3)`` are seen.

    ``table`` has a row per line: position, normal of the detectors' plane, line of sight, detector axis, each x y z.
    Columns count ``per_rad`` of tangent from ``middle``.
    """
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        at = _crossing(x, y, z, table)
        line[n] = at
        if not np.isfinite(at):
            column[n] = np.nan
            continue
        k = min(max(int(np.floor(at)), 0), len(table) - 2)
        f = at - k
        depth = across = 0.0
        for axis in range(3):
            point = x if axis == 0 else y if axis == 1 else z
            away = point - table[k, axis] - (table[k + 1, axis] - table[k, axis]) * f
            depth += away * (table[k, 6 + axis] + (table[k + 1, 6 + axis] - table[k, 6 + axis]) * f)
            across += away * (table[k, 9 + axis] + (table[k + 1, 9 + axis] - table[k, 9 + axis]) * f)
        column[n] = across / depth * per_rad + middle if depth > 0.0 else np.nan


@njit(cache=True, nogil=True, inline="always")
def _bilinear(counts: Array, line: float, column: float) -> float:
    """Value between four samples; 0 where one that matters is 0 (no data)."""
    k, m = min(int(line), counts.shape[0] - 2), min(int(column), counts.shape[1] - 2)
    f, g = line - k, column - m
    a, b, c, d = counts[k, m], counts[k, m + 1], counts[k + 1, m], counts[k + 1, m + 1]
    wa, wb, wc, wd = (1.0 - f) * (1.0 - g), (1.0 - f) * g, f * (1.0 - g), f * g
    if a * b == 0 and ((a == 0 and wa > _SLIGHT) or (b == 0 and wb > _SLIGHT)):
        return 0.0
    if c * d == 0 and ((c == 0 and wc > _SLIGHT) or (d == 0 and wd > _SLIGHT)):
        return 0.0
    return float(wa * a + wb * b + wc * c + wd * d)


@njit(cache=True, nogil=True, inline="always")
def _line_near(x: float, y: float, z: float, table: Array, guess: int) -> tuple[int, float]:
    """Line k + t at which a point is seen, 0 <= t <= 1, sought from line ``guess``; t < 0 where it is seen by none.

    Between two lines the distance to the detectors' plane is linear to a hundredth of a millimetre.
    """
    k = guess
    for _ in range(12):
        here = there = 0.0
        for axis in range(3):
            point = x if axis == 0 else y if axis == 1 else z
            here += (point - table[k, axis]) * table[k, 3 + axis]
            there += (point - table[k + 1, axis]) * table[k + 1, 3 + axis]
        if not here > there:
            return guess, -1.0
        t = here / (here - there)
        if 0.0 <= t <= 1.0:
            return k, t
        following = int(min(max(k + np.floor(t), 0.0), len(table) - 2.0))
        if following == k:
            return k, -1.0
        k = following
    return guess, -1.0


@njit(cache=True, nogil=True, inline="always")
def _column(x: float, y: float, z: float, table: Array, k: int, t: float, per_rad: float, middle: float) -> float:
    """Column at which a point is seen at line k + t; -1 behind the camera."""
    depth = across = 0.0
    for axis in range(3):
        point = x if axis == 0 else y if axis == 1 else z
        away = point - table[k, axis] - (table[k + 1, axis] - table[k, axis]) * t
        depth += away * (table[k, 6 + axis] + (table[k + 1, 6 + axis] - table[k, 6 + axis]) * t)
        across += away * (table[k, 9 + axis] + (table[k + 1, 9 + axis] - table[k, 9 + axis]) * t)
    return across / depth * per_rad + middle if depth > 0.0 else -1.0


@njit(cache=True, nogil=True)
def resample(
    counts: Array,
    points: Array,
    gains: Array,
    spacing: int,
    table: Array,
    per_rad: float,
    offset: float,
    out: Array,
) -> None:
    """Bands onto the map: ``out`` (band, row, column) = (bilinear count - offset) x gain, rounded; 0 is no data.

    ``points`` (i, j, xyz) and ``gains`` stand at each ``spacing``-th pixel, bilinear in between: over some hundred
    metres the ellipsoid bulges by a millimetre. Each pixel's line and column are exact. What is seen is at least 1.
    """
    bands, height, width = out.shape
    last_column = counts.shape[2] - 1.0
    middle = last_column / 2.0
    guess = 0
    for row in range(height):
        i = row // spacing
        f = (row - i * spacing) / spacing
        for j in range((width + spacing - 1) // spacing):
            left = points[i, j] + (points[i + 1, j] - points[i, j]) * f
            step = (points[i, j + 1] + (points[i + 1, j + 1] - points[i, j + 1]) * f - left) / spacing
            gain0 = gains[i, j] + (gains[i + 1, j] - gains[i, j]) * f
            gain1 = gains[i, j + 1] + (gains[i + 1, j + 1] - gains[i, j + 1]) * f
            for m in range(min(spacing, width - j * spacing)):
                x, y, z = left[0] + step[0] * m, left[1] + step[1] * m, left[2] + step[2] * m
                guess, t = _line_near(x, y, z, table, guess)
                if t < 0.0:
                    continue
                column = _column(x, y, z, table, guess, t, per_rad, middle)
                if not (column >= 0.0 and column <= last_column):
                    continue
                gain = gain0 + (gain1 - gain0) * m / spacing
                for band in range(bands):
                    count = _bilinear(counts[band], guess + t, column)
                    if count > 0.0:
                        value = (count - offset) * gain + 0.5
                        out[band, row, j * spacing + m] = min(max(value, 1.0), 65535.0)
