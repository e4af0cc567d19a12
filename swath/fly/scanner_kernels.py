"""Hot loops of the line scanner over a world: rays to the ground and what stands on it, blur, electrons, counts.

A line of sight is a straight line in map coordinates: where it meets height 0, and how far it moves per metre of
height (towards the satellite). Both lie on a lattice of lines and columns, bilinear in between, one for each band.
Samples are four by four to a pixel (``TIMES``), columns sorted by phase so that loops over them run along memory.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.world_kernels import STEP_M, Frame

__all__ = ["BLOCK", "Rays", "TAPS", "TIMES", "gather", "lattice_node", "lattice_value", "meet_ground", "tall_blocks"]

Array = npt.NDArray[Any]
Number = Any

TIMES = 4
"""samples per pixel, along and across"""
TAPS = 32
"""samples that a pixel is made of, along and across: four pixels to either side"""
BLOCK = 16
"""truth pixels of a side; likewise written as a shift by 4 below, as phases of TIMES are"""
_LEAD = TAPS // 2 - TIMES // 2
"""samples before the first of a pixel that it still takes in"""
_AHEAD = 4
"""pixels before the first at which :func:`meet_ground` is to begin"""
_WALL = np.float32(0.7)
"""brightness of a wall per that of the roof over it"""


class Rays(NamedTuple):
    """Lines of sight ``(band, line node, column node)``: metres east and south at height 0, and per metre of height."""

    x: Array
    y: Array
    dx: Array
    dy: Array
    line_step: float
    column_step: float


@njit(cache=True, nogil=True, inline="always")
def _ground(field: Array, x: Number, y: Number, scale: Number) -> Number:
    """Bilinear height at metres east and south; ``scale`` cells per metre."""
    u = min(max(x * scale - 0.5, 0.0), field.shape[1] - 1.001)
    v = min(max(y * scale - 0.5, 0.0), field.shape[0] - 1.001)
    i, j = int(v), int(u)
    fy, fx = v - i, u - j
    top = field[i, j] + (field[i, j + 1] - field[i, j]) * fx
    bottom = field[i + 1, j] + (field[i + 1, j + 1] - field[i + 1, j]) * fx
    return top + (bottom - top) * fy


@njit(cache=True, nogil=True, inline="always")
def lattice_node(position: float, step: float, nodes: int) -> tuple[int, float]:
    """The node before a line or column, and how far beyond it that is, in steps; goes on beyond the ends."""
    at = position / step
    i = min(max(int(np.floor(at)), 0), nodes - 2)
    return i, at - i


@njit(cache=True, nogil=True, inline="always")
def lattice_value(field: Array, i: int, j: int, f: float, g: float) -> Number:
    """Bilinear value ``f`` lines and ``g`` columns beyond node (i, j)."""
    top = field[i, j] + (field[i, j + 1] - field[i, j]) * g
    bottom = field[i + 1, j] + (field[i + 1, j + 1] - field[i + 1, j]) * g
    return top + (bottom - top) * f


@njit(cache=True, nogil=True)
def meet_ground(
    rays: Rays,
    ground_m: Array,
    cell_m: float,
    low_m: float,
    high_m: float,
    first: int,
    left: int,
    every: int,
    out: Array,
) -> None:
    """Height (m) at which the lines of sight of the first band meet the ground, at each ``every``-th line and column.

    ``out[a, b]`` is line ``first + a every``, column ``left + b every``. Marches down from ``high_m`` in steps of at
    most half a cell across the ground, so that a ridge hides what lies behind it, then halves to a centimetre.
    """
    scale = 1.0 / cell_m
    for a in range(out.shape[0]):
        i, f = lattice_node(first + a * every, rays.line_step, rays.x.shape[1])
        for b in range(out.shape[1]):
            j, g = lattice_node(left + b * every, rays.column_step, rays.x.shape[2])
            x, y = lattice_value(rays.x[0], i, j, f, g), lattice_value(rays.y[0], i, j, f, g)
            dx, dy = lattice_value(rays.dx[0], i, j, f, g), lattice_value(rays.dy[0], i, j, f, g)
            steps = int(np.hypot(dx, dy) * (high_m - low_m) / (0.5 * cell_m)) + 2
            above = high_m + 1.0
            below = low_m - 1.0
            for step in range(1, steps + 1):
                height = high_m + 1.0 - (high_m - low_m + 2.0) * step / steps
                if _ground(ground_m, x + dx * height, y + dy * height, scale) >= height:
                    below = height
                    break
                above = height
            while above - below > 0.01:
                middle = 0.5 * (above + below)
                if _ground(ground_m, x + dx * middle, y + dy * middle, scale) >= middle:
                    below = middle
                else:
                    above = middle
            out[a, b] = 0.5 * (above + below)


@njit(cache=True, nogil=True)
def tall_blocks(height: Array, reach: int) -> Array:
    """Tallest thing in blocks of ``BLOCK`` pixels and the ``reach`` blocks round them."""
    rows, columns = -(-height.shape[0] // BLOCK), -(-height.shape[1] // BLOCK)
    own = np.zeros((rows, columns), np.uint8)
    for row in range(height.shape[0]):
        for column in range(height.shape[1]):
            at = own[row // BLOCK, column // BLOCK]
            if height[row, column] > at:
                own[row // BLOCK, column // BLOCK] = height[row, column]
    wide, out = own.copy(), own.copy()
    for row in range(rows):
        for column in range(columns):
            for k in range(max(column - reach, 0), min(column + reach + 1, columns)):
                wide[row, column] = max(wide[row, column], own[row, k])
    for row in range(rows):
        for column in range(columns):
            for k in range(max(row - reach, 0), min(row + reach + 1, rows)):
                out[row, column] = max(out[row, column], wide[k, column])
    return out


@njit(cache=True, nogil=True, inline="always")
def _hit(height: Array, top_m: Number, x: Number, y: Number, dx: Number, dy: Number) -> tuple[Number, bool]:
    """How high over the ground does a ray meet what stands there, and is it a wall? Positions in truth pixels."""
    rows, columns = height.shape
    steps = int(np.sqrt(dx * dx + dy * dy) * top_m) + 1
    for step in range(steps, -1, -1):
        at = top_m * np.float32(step) / np.float32(steps)
        column, row = int(x + dx * at), int(y + dy * at)
        if 0 <= row < rows and 0 <= column < columns:
            tall = np.float32(height[row, column]) * np.float32(STEP_M)
            if tall >= at:
                if step == steps or tall - at < np.float32(1.0) + top_m / np.float32(steps):
                    return min(tall, top_m), False
                return at, True
    return np.float32(0.0), False


@njit(cache=True, nogil=True, inline="always")
def _along(field: Array, band: int, i: int, j: int, f: float, step: float, scale: float) -> tuple[Number, Number]:
    """Value at column node j on a line, and its change per sample, both times ``scale``."""
    here = field[band, i, j] + (field[band, i + 1, j] - field[band, i, j]) * f
    there = field[band, i, j + 1] + (field[band, i + 1, j + 1] - field[band, i, j + 1]) * f
    return here * scale, (there - here) * scale / (step * TIMES)


@njit(cache=True, nogil=True)
def _levels(ground: Array, every: int, past: float, row: Array, level: Array) -> None:
    """Heights of a sample line from the nodes of :func:`meet_ground`; ``past`` lines after the first node."""
    inverse = np.float32(1.0 / every)
    y = np.float32(past) * inverse
    k = min(max(int(y), 0), ground.shape[0] - 2)
    y -= np.float32(k)
    for m in range(ground.shape[1]):
        row[m] = ground[k, m] + (ground[k + 1, m] - ground[k, m]) * y
    for u in range(len(level)):
        x = (np.float32(u) - np.float32(_LEAD + 1.5)) * np.float32(1.0 / TIMES) + np.float32(_AHEAD)
        x *= inverse
        m = min(int(x), len(row) - 2)
        level[u] = row[m] + (row[m + 1] - row[m]) * (x - np.float32(m))


@njit(cache=True, nogil=True)
def gather(
    rays: Rays,
    ground: Array,
    every: int,
    shine: Array,
    height: Array,
    tall: Array,
    frame: Frame,
    first: int,
    left: int,
    apart: bool,
    out: Array,
) -> None:
    """Light of the samples of a run of lines and columns into ``out`` (band, sample line, phase, column).

    ``ground`` heights as :func:`meet_ground` gave them from line ``first - 4`` and column ``left - 4`` on; ``shine``
    and ``height`` the patch at ``frame``. What a sample meets, and how high, is found in the first band; the others
    look at the same height along their own lines of sight, or where they look ``apart`` find out themselves.
    """
    bands, lines, phases, columns = out.shape
    samples = columns * phases
    base, level, light = np.empty(samples, np.float32), np.empty(samples, np.float32), np.empty(samples, np.float32)
    row, found, index = (
        np.empty(ground.shape[1], np.float32),
        np.empty(samples, np.float32),
        np.empty(samples, np.int32),
    )
    for s in range(lines):
        past = (s - _LEAD - 1.5) / TIMES
        i, f = lattice_node(first + past, rays.line_step, rays.x.shape[1])
        _levels(ground, every, past + _AHEAD, row, base)
        for band in range(bands):
            stop, cells = 0, rays.x.shape[2] - 1
            for j in range(cells):
                # Samples between column nodes j and j + 1; the first and last cells reach on outwards.
                end = np.ceil(((j + 1) * rays.column_step - left) * TIMES + _LEAD + 1.5) if j < cells - 1 else samples
                start, stop = stop, min(max(int(end), stop), samples)
                if stop <= start:
                    continue
                behind = (left - j * rays.column_step) * TIMES - _LEAD - 1.5 + start
                place, paces = _run(rays, frame, band, i, j, f, behind)
                if band == 0 or apart:
                    level[start:stop], light[start:stop] = base[start:stop], 1.0
                    _rise(place, paces, start, stop, height, tall, level, light)
                _fetch(place, paces, start, stop, shine, band, level, light, index, found)
            _sort(found, out[band, s])


@njit(cache=True, nogil=True)
def _sort(samples: Array, out: Array) -> None:
    """Samples of a line, sorted by phase."""
    for phase in range(out.shape[0]):
        for column in range(out.shape[1]):
            out[phase, column] = samples[column * out.shape[0] + phase]


@njit(cache=True, nogil=True)
def _run(
    rays: Rays, frame: Frame, band: int, i: int, j: int, f: float, behind: float
) -> tuple[tuple[float, float, float], tuple[float, float, float, float, float]]:
    """Where a run of samples starts in the patch, ``behind`` samples after node j, and how it goes on."""
    scale, step = 1.0 / frame.pixel_m, rays.column_step
    x, x_step = _along(rays.x, band, i, j, f, step, scale)
    y, y_step = _along(rays.y, band, i, j, f, step, scale)
    dx, dx_step = _along(rays.dx, band, i, j, f, step, scale)
    dy, dy_step = _along(rays.dy, band, i, j, f, step, scale)
    place = (x + x_step * behind - frame.column, y + y_step * behind - frame.row, dx + dx_step * behind)
    return place, (x_step, y_step, dx_step, dy + dy_step * behind, dy_step)


@njit(cache=True, nogil=True)
def _rise(
    place: tuple[float, float, float],
    paces: tuple[float, float, float, float, float],
    start: int,
    stop: int,
    height: Array,
    tall: Array,
    level: Array,
    light: Array,
) -> None:
    """Add to the levels of a run of samples the height at which they meet what stands on the ground."""
    x0, y0, dx0 = np.float32(place[0]), np.float32(place[1]), np.float32(place[2])
    x_step, y_step, dx_step = np.float32(paces[0]), np.float32(paces[1]), np.float32(paces[2])
    dy0, dy_step = np.float32(paces[3]), np.float32(paces[4])
    for u in range(start, stop):
        t = np.float32(u - start)
        dx, dy = dx0 + dx_step * t, dy0 + dy_step * t
        x, y = x0 + x_step * t + dx * level[u], y0 + y_step * t + dy * level[u]
        r, c = np.int32(y) >> 4, np.int32(x) >> 4
        if 0 <= r < tall.shape[0] and 0 <= c < tall.shape[1] and tall[r, c] > 0:
            rise, wall = _hit(height, np.float32(tall[r, c]) * np.float32(STEP_M), x, y, dx, dy)
            level[u] += rise
            if wall:
                light[u] = _WALL


@njit(cache=True, nogil=True)
def _fetch(
    place: tuple[float, float, float],
    paces: tuple[float, float, float, float, float],
    start: int,
    stop: int,
    shine: Array,
    band: int,
    level: Array,
    light: Array,
    index: Array,
    light_of: Array,
) -> None:
    """Light of a run of samples in one band, at the heights they meet; ``index`` is room to work in."""
    rows, width = np.float32(shine.shape[0] - 1), np.float32(shine.shape[1] - 1)
    x0, y0, dx0 = np.float32(place[0]), np.float32(place[1]), np.float32(place[2])
    x_step, y_step, dx_step = np.float32(paces[0]), np.float32(paces[1]), np.float32(paces[2])
    dy0, dy_step = np.float32(paces[3]), np.float32(paces[4])
    wide, deep, at, zero = (
        np.int32(shine.shape[1] * shine.shape[2]),
        np.int32(shine.shape[2]),
        np.int32(band),
        np.float32(0),
    )
    for v in range(np.int32(stop - start)):
        t, high = np.float32(v), level[start + v]
        x = x0 + x_step * t + (dx0 + dx_step * t) * high
        y = y0 + y_step * t + (dy0 + dy_step * t) * high
        column, row = min(max(x, zero), width), min(max(y, zero), rows)
        index[start + v] = np.int32(row) * wide + np.int32(column) * deep + at
    flat = shine.reshape(-1)
    for u in range(start, stop):
        light_of[u] = np.float32(flat[np.uint32(index[u])]) * light[u]
