"""Hot loops of the line scanner over a world: samples of the light, summed across. Arrays in, arrays out.

Samples are four by four to a pixel (``TIMES``). Those of one sample line are summed across, by phase, as soon as they
are there, so that all of it stays near the processor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.sight_kernels import AHEAD, EVERY, Rays, lattice_node, rise
from swath.fly.world_kernels import Frame

__all__ = ["TAPS", "TIMES", "gather"]

Array = npt.NDArray[Any]
Number = Any

TIMES = 4
"""samples per pixel, along and across"""
TAPS = 32
"""samples that a pixel is made of, along and across: four pixels to either side"""
_LEAD = TAPS // 2 - TIMES // 2
"""samples before the first of a pixel that it still takes in"""
_CELL = EVERY * TIMES
"""samples between two rays that are met with the ground; the first that is gathered lies half a sample behind one"""


@njit(cache=True, nogil=True)
def _levels(ground: Array, past: float, row: Array, level: Array) -> None:
    """Heights of a sample line from the nodes of :func:`meet_ground`; ``past`` lines after the first node."""
    y = np.float32(past / EVERY)
    k = min(max(int(y), 0), ground.shape[0] - 2)
    y -= np.float32(k)
    for m in range(len(row)):
        row[m] = ground[k, m] + (ground[k + 1, m] - ground[k, m]) * y
    pace = np.float32(1.0 / _CELL)
    for m in range(len(level) // _CELL):
        step = (row[m + 1] - row[m]) * pace
        begin = row[m] + np.float32(0.5) * step
        for u in range(_CELL):
            level[m * _CELL + u] = begin + step * np.float32(u)


@njit(cache=True, nogil=True)
def _along(field: Array, i: int, j: int, f: float, scale: float) -> tuple[Number, Number]:
    """Value at column node j on a line, and its change to the next node, both times ``scale``."""
    here = field[i, j] + (field[i + 1, j] - field[i, j]) * f
    there = field[i, j + 1] + (field[i + 1, j + 1] - field[i, j + 1]) * f
    return here * scale, (there - here) * scale


@njit(cache=True, nogil=True)
def _ways(rays: Rays, frame: Frame, band: int, line: float, left: int, starts: Array, ways: Array) -> None:
    """How runs of samples go over the patch: ``ways`` (run, 8), x, y, dx, dy at their start and their change a sample.

    Run j lies between column nodes j and j + 1; ``starts[j]`` is its first sample; the first and last reach outwards.
    """
    scale, step, samples_per = 1.0 / frame.pixel_m, rays.column_step, 1.0 / (rays.column_step * TIMES)
    x, y, dx, dy = rays.x[band], rays.y[band], rays.dx[band], rays.dy[band]
    i, f = lattice_node(line, rays.line_step, x.shape[0])
    for j in range(len(ways)):
        if starts[j + 1] <= starts[j]:
            continue
        behind = ((left - j * step) * TIMES - _LEAD - 1.5 + starts[j]) * samples_per
        a, a_step = _along(x, i, j, f, scale)
        b, b_step = _along(y, i, j, f, scale)
        c, c_step = _along(dx, i, j, f, scale)
        d, d_step = _along(dy, i, j, f, scale)
        way = ways[j]
        way[0], way[4] = a + a_step * behind - frame.column, a_step * samples_per
        way[1], way[5] = b + b_step * behind - frame.row, b_step * samples_per
        way[2], way[6] = c + c_step * behind, c_step * samples_per
        way[3], way[7] = d + d_step * behind, d_step * samples_per


@njit(cache=True, nogil=True)
def _places(way: Array, rows: int, columns: int, level: Array, index: Array) -> None:
    """Which truth pixels do the samples of a run see, at the heights they meet?"""
    x0, y0, dx0, dy0 = way[0], way[1], way[2], way[3]
    x_step, y_step, dx_step, dy_step = way[4], way[5], way[6], way[7]
    zero, wide, last_row, last = np.int32(0), np.int32(columns), np.int32(rows - 1), np.int32(columns - 1)
    for u in range(len(level)):
        t, high = np.float32(u), level[u]
        column = np.int32(x0 + x_step * t + (dx0 + dx_step * t) * high)
        row = np.int32(y0 + y_step * t + (dy0 + dy_step * t) * high)
        index[u] = min(max(row, zero), last_row) * wide + min(max(column, zero), last)


@njit(cache=True, nogil=True)
def _fetch(shine: Array, band: int, index: Array, light: Array, walls: bool, line: Array) -> None:
    """Light of a line of samples ``(phase, column)``, phases so that sums over columns run along memory."""
    flat = shine.reshape(-1)
    for phase in range(TIMES):
        into = line[phase]
        for column in range(len(into)):
            into[column] = np.float32(flat[np.uint32(index[np.uint32(TIMES * column + phase)] * 4 + band)])
        if walls:
            for column in range(len(into)):
                into[column] *= light[TIMES * column + phase]


@njit(cache=True, nogil=True, fastmath=True)
def _sum_across(line: Array, weights: Array, out: Array) -> None:
    """Sums over ``TAPS`` samples across for each column, ``out`` (term, column); ``weights`` (term, TAPS).

    Eight taps of one phase at a time for both terms: sums stay in registers that a loop over taps would go on storing.
    """
    first, second = out[0], out[1]
    first[:], second[:] = np.float32(0.0), np.float32(0.0)
    for phase in range(TIMES):
        s, v, w = line[phase], weights[0, phase::TIMES], weights[1, phase::TIMES]
        v0, v1, v2, v3, v4, v5, v6, v7 = v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
        w0, w1, w2, w3, w4, w5, w6, w7 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
        for c in range(len(first)):
            s0, s1, s2, s3 = s[c], s[c + 1], s[c + 2], s[c + 3]
            s4, s5, s6, s7 = s[c + 4], s[c + 5], s[c + 6], s[c + 7]
            first[c] += (v0 * s0 + v1 * s1 + v2 * s2 + v3 * s3) + (v4 * s4 + v5 * s5 + v6 * s6 + v7 * s7)
            second[c] += (w0 * s0 + w1 * s1 + w2 * s2 + w3 * s3) + (w4 * s4 + w5 * s5 + w6 * s6 + w7 * s7)


@njit(cache=True, nogil=True)
def _starts(rays: Rays, left: int, samples: int) -> Array:
    """First sample beyond each column node, from column ``left`` on; the first and last runs reach on outwards."""
    cells = rays.x.shape[2] - 1
    starts = np.zeros(cells + 1, np.int64)
    for j in range(1, cells):
        starts[j] = min(max(int(np.ceil((j * rays.column_step - left) * TIMES + _LEAD + 1.5)), 0), samples)
    starts[cells] = samples
    return starts


@njit(cache=True, nogil=True)
def _climb(
    ways: Array,
    starts: Array,
    base: Array,
    height: Array,
    tall: Array,
    pace_m: Number,
    level: Array,
    light: Array,
    room: Array,
    index: Array,
) -> bool:
    """From the heights of the ground (``base``) to what a line of samples meets over it; is there a wall?"""
    walls = False
    for u in range(len(level)):
        level[u], light[u] = base[u], np.float32(1.0)
    for j in range(len(ways)):
        a, b = starts[j], starts[j + 1]
        if b > a:
            walls |= rise(ways[j], height, tall, pace_m, level[a:b], light[a:b], room, index)
    return walls


@njit(cache=True, nogil=True)
def gather(
    rays: Rays,
    ground: Array,
    shine: Array,
    height: Array,
    tall: Array,
    frame: Frame,
    first: int,
    left: int,
    done: int,
    rows: tuple[int, int],
    pace_m: float,
    apart: bool,
    across: Array,
    out: Array,
) -> None:
    """Light of sample lines, summed across, into ``rows`` (first, stop) of ``out`` (band, sample line, term, column).

    Row 0 is the first sample line that line ``first + done`` of the picture takes in. ``ground`` heights as
    :func:`meet_ground` gave them from line ``first - AHEAD`` and column ``left - AHEAD`` on;
    ``shine`` and ``height`` the patch at ``frame``. What a sample meets, and how high, is found in the first band; the
    others look at the same height along their own lines of sight, or where they look ``apart`` find out themselves.
    ``pace_m``: steps down past what stands there. ``across`` are weights (band, term, TAPS).
    """
    bands, columns = out.shape[0], out.shape[3]
    wide = columns + TAPS // TIMES - 1
    # Whole cells of the ground, the last samples are not needed.
    samples = -(-wide * TIMES // _CELL) * _CELL
    level, light = np.empty(samples, np.float32), np.ones(samples, np.float32)
    row, index, base = np.empty(ground.shape[1], np.float32), np.empty(samples, np.int32), np.empty(samples, np.float32)
    line, room = np.empty((TIMES, wide), np.float32), np.empty((6, samples), np.float32)
    starts, pace = _starts(rays, left, samples), np.float32(pace_m)
    ways = np.empty((len(starts) - 1, 8), np.float32)
    for s in range(rows[0], rows[1]):
        past = done + (s - _LEAD - 1.5) / TIMES
        _levels(ground, past + AHEAD, row, base)
        walls = False
        for band in range(bands):
            _ways(rays, frame, band, first + past, left, starts, ways)
            if band == 0 or apart:
                walls = _climb(ways, starts, base, height, tall, pace, level, light, room, index)
            for j in range(len(ways)):
                a, b = starts[j], starts[j + 1]
                if b > a:
                    _places(ways[j], shine.shape[0], shine.shape[1], level[a:b], index[a:b])
            _fetch(shine, band, index, light, walls, line)
            _sum_across(line, across[band], out[band, s])
