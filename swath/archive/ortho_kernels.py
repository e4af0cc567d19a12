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


@njit(cache=True, nogil=True)
def resample(
    counts: Array, lines: Array, columns: Array, gains: Array, spacing: int, offset: float, out: Array
) -> None:
    """One band onto the map: ``out`` (row, column) = (bilinear count - offset) x gain, rounded; 0 is no data.

    ``lines``, ``columns`` and ``gains`` hold at each ``spacing``-th pixel where it is seen and its factor; in between
    they are bilinear. What is seen is at least 1.
    """
    height, width = out.shape
    last_line, last_column = counts.shape[0] - 1.0, counts.shape[1] - 1.0
    for row in range(height):
        i = row // spacing
        f = (row - i * spacing) / spacing
        for j in range((width + spacing - 1) // spacing):
            line0 = lines[i, j] + (lines[i + 1, j] - lines[i, j]) * f
            line1 = lines[i, j + 1] + (lines[i + 1, j + 1] - lines[i, j + 1]) * f
            column0 = columns[i, j] + (columns[i + 1, j] - columns[i, j]) * f
            column1 = columns[i, j + 1] + (columns[i + 1, j + 1] - columns[i, j + 1]) * f
            gain0 = gains[i, j] + (gains[i + 1, j] - gains[i, j]) * f
            gain1 = gains[i, j + 1] + (gains[i + 1, j + 1] - gains[i, j + 1]) * f
            for k in range(min(spacing, width - j * spacing)):
                g = k / spacing
                line, column = line0 + (line1 - line0) * g, column0 + (column1 - column0) * g
                if line >= 0.0 and line <= last_line and column >= 0.0 and column <= last_column:
                    count = _bilinear(counts, line, column)
                    if count > 0.0:
                        value = (count - offset) * (gain0 + (gain1 - gain0) * g) + 0.5
                        out[row, j * spacing + k] = min(max(value, 1.0), 65535.0)
