"""Hot loops of lines of sight over a world: where do they meet the ground, and what stands on it?

A line of sight is a straight line in map coordinates: where it meets height 0, and how far it moves per metre of
height (towards the satellite). Both lie on a lattice of lines and columns, bilinear in between, one for each band.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.world_kernels import STEP_M

__all__ = ["AHEAD", "BLOCK", "EVERY", "Rays", "lattice_node", "lattice_value", "meet_ground", "rise", "tall_blocks"]

Array = npt.NDArray[Any]
Number = Any

BLOCK = 16
"""truth pixels of a side; likewise written as a shift by 4 below"""
AHEAD = 4
"""pixels before the first at which :func:`meet_ground` is to begin"""
EVERY = 2
"""lines and columns between rays that are met with the ground; the relief is drawn on cells of 16 m"""
_GROUP = 8
"""neighbouring samples that look for something tall together: less than ``BLOCK`` truth pixels"""
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


@njit(cache=True, nogil=True)
def _ground(field: Array, x: Number, y: Number, scale: Number) -> Number:
    """Bilinear height at metres east and south; ``scale`` cells per metre."""
    u = min(max(x * scale - 0.5, 0.0), field.shape[1] - 1.001)
    v = min(max(y * scale - 0.5, 0.0), field.shape[0] - 1.001)
    i, j = int(v), int(u)
    fy, fx = v - i, u - j
    top = field[i, j] + (field[i, j + 1] - field[i, j]) * fx
    bottom = field[i + 1, j] + (field[i + 1, j + 1] - field[i + 1, j]) * fx
    return top + (bottom - top) * fy


@njit(cache=True, nogil=True)
def lattice_node(position: float, step: float, nodes: int) -> tuple[int, float]:
    """The node before a line or column, and how far beyond it that is, in steps; goes on beyond the ends."""
    at = position / step
    i = min(max(int(np.floor(at)), 0), nodes - 2)
    return i, at - i


@njit(cache=True, nogil=True)
def lattice_value(field: Array, i: int, j: int, f: float, g: float) -> Number:
    """Bilinear value ``f`` lines and ``g`` columns beyond node (i, j)."""
    top = field[i, j] + (field[i, j + 1] - field[i, j]) * g
    bottom = field[i + 1, j] + (field[i + 1, j + 1] - field[i + 1, j]) * g
    return top + (bottom - top) * f


@njit(cache=True, nogil=True)
def _march(
    field: Array, x: Number, y: Number, dx: Number, dy: Number, scale: Number, low: Number, high: Number
) -> Number:
    """Height at which a line of sight meets steep ground: down in steps of at most half a cell, then in halves."""
    steps = int(np.hypot(dx, dy) * (high - low) * 2.0 * scale) + 2
    above, below = high + 1.0, low - 1.0
    for step in range(1, steps + 1):
        height = high + 1.0 - (high - low + 2.0) * step / steps
        if _ground(field, x + dx * height, y + dy * height, scale) >= height:
            below = height
            break
        above = height
    while above - below > 0.01:
        middle = 0.5 * (above + below)
        if _ground(field, x + dx * middle, y + dy * middle, scale) >= middle:
            below = middle
        else:
            above = middle
    return 0.5 * (above + below)


@njit(cache=True, nogil=True)
def meet_ground(
    rays: Rays,
    ground_m: Array,
    cell_m: float,
    low_m: float,
    high_m: float,
    steepest: float,
    first: int,
    left: int,
    out: Array,
) -> None:
    """Height (m) at which the lines of sight of the first band meet the ground, at each ``EVERY``-th line and column.

    ``out[a, b]`` is line ``first + a EVERY``, column ``left + b EVERY``. Where a line of sight moves less than half as
    far over the ground as ``steepest`` (rise per metre, anywhere) rises, it meets the ground once, and the height there
    is what a few looks at the ground under the last height come to. Else it marches down from ``high_m`` in steps of at
    most half a cell across the ground, so that a ridge hides what lies behind it. To a centimetre either way.
    """
    scale = 1.0 / cell_m
    xs, ys, dxs, dys = rays.x[0], rays.y[0], rays.dx[0], rays.dy[0]
    last = 0.5 * (low_m + high_m)
    for a in range(out.shape[0]):
        i, f = lattice_node(first + a * EVERY, rays.line_step, xs.shape[0])
        for b in range(out.shape[1]):
            j, g = lattice_node(left + b * EVERY, rays.column_step, xs.shape[1])
            x, y = lattice_value(xs, i, j, f, g), lattice_value(ys, i, j, f, g)
            dx, dy = lattice_value(dxs, i, j, f, g), lattice_value(dys, i, j, f, g)
            shrink = np.sqrt(dx * dx + dy * dy) * steepest
            if shrink < 0.5:
                # Each look at the ground leaves at most ``shrink`` of the error; the last step tells how much is left.
                before = last
                last = _ground(ground_m, x + dx * last, y + dy * last, scale)
                while abs(last - before) * shrink > 0.005:
                    before = last
                    last = _ground(ground_m, x + dx * last, y + dy * last, scale)
            else:
                last = _march(ground_m, x, y, dx, dy, scale, low_m, high_m)
            out[a, b] = last


@njit(cache=True, nogil=True)
def tall_blocks(height: Array, reach: int) -> Array:
    """Tallest thing in blocks of ``BLOCK`` pixels and the ``reach`` blocks round them."""
    rows, columns = -(-height.shape[0] // BLOCK), -(-height.shape[1] // BLOCK)
    own, line = np.zeros((rows, columns), np.uint8), np.empty(columns * BLOCK, np.uint8)
    for block in range(rows):
        line[:] = 0
        for row in range(block * BLOCK, min((block + 1) * BLOCK, height.shape[0])):
            above = height[row]
            for column in range(len(above)):
                line[column] = max(line[column], above[column])
        for column in range(columns * BLOCK):
            own[block, column // BLOCK] = max(own[block, column // BLOCK], line[column])
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


@njit(cache=True, nogil=True)
def rise(
    way: Array, height: Array, tall: Array, pace_m: Number, level: Array, light: Array, room: Array, index: Array
) -> bool:
    """Add to the levels of a run of samples the height at which they meet what stands there; did any meet a wall?

    ``pace_m`` as in :func:`_hit`; ``room`` (6, samples) and ``index`` are to work in.
    """
    x0, y0, dx0, dy0 = way[0], way[1], way[2], way[3]
    x_step, y_step, dx_step, dy_step = way[4], way[5], way[6], way[7]
    walls, begin, top = False, 0, np.uint8(0)
    for group in range(0, len(level) + _GROUP, _GROUP):
        here = np.uint8(0)
        if group < len(level):
            middle = min(group + _GROUP // 2, len(level) - 1)
            t, high = np.float32(middle), level[middle]
            r = np.int32(y0 + y_step * t + (dy0 + dy_step * t) * high) >> 4
            c = np.int32(x0 + x_step * t + (dx0 + dx_step * t) * high) >> 4
            if 0 <= r < tall.shape[0] and 0 <= c < tall.shape[1]:
                here = tall[r, c]
        if here == top and group < len(level):
            continue
        end = min(group, len(level))
        if top > 0:
            for u in range(begin, end):
                t, high = np.float32(u), level[u]
                dx, dy = dx0 + dx_step * t, dy0 + dy_step * t
                room[0, u], room[1, u] = x0 + x_step * t + dx * high, y0 + y_step * t + dy * high
                room[2, u], room[3, u] = dx, dy
            walls |= _hit(height, np.float32(top), pace_m, begin, end, room, level, light, index)
        begin, top = group, here
    return walls


@njit(cache=True, nogil=True)
def _hit(
    height: Array,
    top: Number,
    pace_m: Number,
    begin: int,
    end: int,
    room: Array,
    level: Array,
    light: Array,
    index: Array,
) -> bool:
    """How high over the ground do rays meet what stands there, all together step by step down from ``top``; any wall?

    The first look is at the top itself, so that a flat roof is met exactly where it is; ``pace_m`` is the longest step.
    ``room``: where rays meet the ground (x, y in truth pixels) and how they go on per metre of height; two more rows
    are to work in.
    """
    x, y, dx, dy = room[0, begin:end], room[1, begin:end], room[2, begin:end], room[3, begin:end]
    rise, stands, level, light = room[4, begin:end], room[5, begin:end], level[begin:end], light[begin:end]
    flat, wide = height.reshape(-1), np.int32(height.shape[1])
    last_row, last = np.int32(height.shape[0] - 1), np.int32(height.shape[1] - 1)
    rise[:] = np.float32(-1.0)
    walls = np.float32(0.0)
    top_m = top * np.float32(STEP_M)
    steps = int(np.ceil(top_m / pace_m))
    pace_m = top_m / np.float32(steps)
    for step in range(steps, -1, -1):
        at = pace_m * np.float32(step)
        _under(x, y, dx, dy, at, last_row, last, wide, index)
        for u in range(len(stands)):
            stands[u] = np.float32(flat[np.uint32(index[u])])
        some, left = _settle(stands, at, pace_m, rise, light)
        walls += some
        if left == np.float32(0.0):
            break
    for u in range(len(level)):
        level[u] += max(rise[u], np.float32(0.0))
    return bool(walls > np.float32(0.0))


@njit(cache=True, nogil=True)
def _under(
    x: Array, y: Array, dx: Array, dy: Array, at: Number, last_row: Number, last: Number, wide: Number, index: Array
) -> None:
    """Over which truth pixels are rays ``at`` metres over the ground?"""
    zero = np.int32(0)
    for u in range(len(x)):
        row, column = np.int32(y[u] + dy[u] * at), np.int32(x[u] + dx[u] * at)
        index[u] = min(max(row, zero), last_row) * wide + min(max(column, zero), last)


@njit(cache=True, nogil=True, fastmath=True)
def _settle(stands: Array, at: Number, pace_m: Number, rise: Array, light: Array) -> tuple[Number, Number]:
    """Which rays meet what ``stands`` under them? Returns how many met a wall now, and how many have met nothing yet.

    Written with numbers for conditions: only so it runs on many rays at once.
    """
    zero, one, wall_loss = np.float32(0.0), np.float32(1.0), np.float32(1.0) - _WALL
    over = one + pace_m
    walls, left = zero, zero
    for u in range(len(stands)):
        tall, was = stands[u] * np.float32(STEP_M), rise[u]
        met = one if (tall >= at) & (was < zero) else zero
        # Less than a step under its top it is the roof that is met.
        roof = one if tall - at < over else zero
        now = was + met * (at + roof * (tall - at) - was)
        rise[u] = now
        wall = met * (one - roof)
        light[u] -= wall * wall_loss
        walls += wall
        left += one if now < zero else zero
    return walls, left
