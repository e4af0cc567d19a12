"""Hot loops of the fine truth: polygons with heights, trees, floods, shadows, reflectance. Arrays in, arrays out.

A patch is a rectangle of truth pixels, row 0 in the north. Heights of things that stand on the ground are uint8 in
steps of ``STEP_M``. Everything depends on the seed and on the truth pixel's place in the world, never on the patch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.camera_kernels import _bits
from swath.fly.kernels import span

__all__ = [
    "Frame",
    "STEP_M",
    "cast_shadows",
    "drown",
    "grow_trees",
    "mean_shares",
    "paint_raised",
    "shade_terrain",
    "shine",
    "spans_of",
]

Array = npt.NDArray[Any]
Number = Any

STEP_M = 0.25


class Frame(NamedTuple):
    """Where a patch lies in the world."""

    row: int
    """of its first truth pixel; likewise ``column``"""
    column: int
    pixel_m: float
    cell: float
    """truth pixels per cell of the terrain"""


_LOOK, _FLOODED = 0x7F, 0x80
_CROWN_M = 6.5
"""between neighbouring trees"""


@njit(cache=True, nogil=True)
def paint_raised(cover: Array, height: Array, vertices: Array, counts: Array, looks: Array, steps: Array) -> None:
    """Give every pixel whose centre lies in a convex polygon its look and height; later polygons lie on top."""
    rows, columns = cover.shape
    for m in range(len(vertices)):
        count = counts[m]
        if count < 3:
            continue
        low, high = vertices[m, :count, 1].min(), vertices[m, :count, 1].max()
        for row in range(max(0, int(np.ceil(low - 0.5))), min(rows - 1, int(np.floor(high - 0.5))) + 1):
            left, right = span(vertices[m], count, row + 0.5)
            for column in range(max(0, int(np.ceil(left - 0.5))), min(columns - 1, int(np.floor(right - 0.5))) + 1):
                cover[row, column] = looks[m]
                height[row, column] = steps[m]


@njit(cache=True, nogil=True, inline="always")
def _part(bits: Number, shift: int) -> Number:
    return np.float32((bits >> np.uint64(shift)) & np.uint64(0xFFFF)) * np.float32(1.0 / 65536.0)


@njit(cache=True, nogil=True)
def grow_trees(
    cover: Array, height: Array, row0: int, column0: int, pixel_m: float, seed: int, wood: int, garden: int
) -> None:
    """Tree crowns on wood (close together) and on gardens (now and then): domes of 5 to 22 m on a shaken lattice."""
    rows, columns = cover.shape
    cell = np.float32(pixel_m / _CROWN_M)
    for row in range(rows):
        y = np.float32(row + row0) * cell
        i0 = int(np.floor(y))
        for column in range(columns):
            look = cover[row, column]
            if look not in (wood, garden):
                continue
            x = np.float32(column + column0) * cell
            j0 = int(np.floor(x))
            best = np.float32(0.0)
            for i in range(i0 - 1, i0 + 2):
                for j in range(j0 - 1, j0 + 2):
                    bits = _bits(seed, i, j)
                    if look == garden and _part(bits, 0) > np.float32(0.12):
                        continue
                    dx = x - np.float32(j) - np.float32(0.2) - np.float32(0.6) * _part(bits, 8)
                    dy = y - np.float32(i) - np.float32(0.2) - np.float32(0.6) * _part(bits, 24)
                    tall = np.float32(9.0) + np.float32(11.0) * _part(bits, 40)
                    wide = np.float32(0.45) + np.float32(0.35) * _part(bits, 32)
                    away = (dx * dx + dy * dy) / (wide * wide)
                    if away < np.float32(1.0):
                        best = max(best, tall * (np.float32(1.0) - np.float32(0.55) * away))
            if look == garden:
                best *= np.float32(0.5)
            height[row, column] = np.uint8(min(best / np.float32(STEP_M), np.float32(255.0)))


@njit(cache=True, nogil=True, inline="always")
def _between(field: Array, y: Number, x: Number) -> Number:
    """Bilinear value at cell coordinates, kept inside."""
    x = min(max(x, np.float32(0.0)), np.float32(field.shape[1] - 1.001))
    y = min(max(y, np.float32(0.0)), np.float32(field.shape[0] - 1.001))
    i, j = int(y), int(x)
    fy, fx = y - np.float32(i), x - np.float32(j)
    top = field[i, j] + (field[i, j + 1] - field[i, j]) * fx
    bottom = field[i + 1, j] + (field[i + 1, j + 1] - field[i + 1, j]) * fx
    return top + (bottom - top) * fy


@njit(cache=True, nogil=True)
def drown(
    cover: Array, above_m: Array, row0: int, column0: int, cell: float, raised_m: Array, rise_m: float, water: int
) -> None:
    """Mark the pixels that the river reaches when it rises: height over its river plus what stands there is less."""
    rows, columns = cover.shape
    scale = np.float32(1.0 / cell)
    for row in range(rows):
        y = (np.float32(row + row0) + np.float32(0.5)) * scale - np.float32(0.5)
        for column in range(columns):
            look = cover[row, column] & _LOOK
            if look == water:
                continue
            x = (np.float32(column + column0) + np.float32(0.5)) * scale - np.float32(0.5)
            if _between(above_m, y, x) + raised_m[look] < rise_m:
                cover[row, column] = look | _FLOODED


@njit(cache=True, nogil=True)
def cast_shadows(
    ground_m: Array, height: Array, frame: Frame, east: float, south: float, drop_m: float, lit: Array
) -> None:
    """Which pixels does the Sun reach (1, else 0, into ``lit``), over the ground and what stands on it?

    ``east``, ``south``: one step towards the Sun in pixels, the larger of them 1; ``drop_m``: how far a ray rises on
    such a step. A sweep away from the Sun carries the upper edge of the shadow; in whole pixels across the sweep, so
    edges are good to half a truth pixel. What stands outside the patch casts none: leave a margin.
    """
    rows, columns = height.shape
    by_row = abs(south) >= abs(east)
    steps, across = (rows, columns) if by_row else (columns, rows)
    slope = east if by_row else south
    sunward_first = (south < 0.0) if by_row else (east < 0.0)
    reach = int(np.ceil(abs(slope) * steps)) + 2
    edge = np.full(across + 2 * reach, np.float32(-1e9))
    ground = np.empty(across, np.float32)
    drop, tall, slack = np.float32(drop_m), np.float32(STEP_M), np.float32(0.01)
    for step in range(steps):
        main = step if sunward_first else steps - 1 - step
        offset = int(np.round(slope * step)) + reach
        if by_row:
            _profile(ground_m, main + frame.row, frame.column, frame.cell, ground)
        else:
            _profile(ground_m.T, main + frame.column, frame.row, frame.cell, ground)
        for side in range(across):
            row, column = (main, side) if by_row else (side, main)
            here = ground[side] + tall * np.float32(height[row, column])
            shadow = edge[side + offset] - drop
            lit[row, column] = here >= shadow - slack
            edge[side + offset] = max(here, shadow)


@njit(cache=True, nogil=True)
def _profile(field: Array, line: int, first: int, cell: float, out: Array) -> None:
    """Bilinear values along a line of truth pixels from ``first`` on; cells are ``cell`` pixels."""
    scale, cells = 1.0 / cell, field.shape[1]
    y = min(max((line + 0.5) * scale - 0.5, 0.0), field.shape[0] - 1.001)
    i = int(y)
    fy = np.float32(y - i)
    j, stop = int(np.floor((first + 0.5) * scale - 0.5)), 0
    while stop < len(out):
        # Pixels between the middles of cells j and j + 1; outside the field its edge goes on.
        k, m = min(max(j, 0), cells - 1), min(max(j + 1, 0), cells - 1)
        left = field[i, k] + (field[i + 1, k] - field[i, k]) * fy
        right = field[i, m] + (field[i + 1, m] - field[i, m]) * fy
        start, stop = stop, min(max(int(np.ceil((j + 1.5) * cell - 0.5 - first)), stop), len(out))
        step = (right - left) * np.float32(scale)
        begin = left + (right - left) * np.float32((first + start + 0.5) * scale - 0.5 - j)
        for column in range(start, stop):
            out[column] = begin + step * np.float32(column - start)
        j += 1


@njit(cache=True, nogil=True)
def shade_terrain(ground_m: Array, cell_m: float, sun_east: float, sun_north: float, sun_up: float) -> Array:
    """Direct sunlight on the slopes per that on level ground, 0 in the shadow of hills; ``(row, column)`` float32.

    cos(angle to the Sun) / sin(elevation), from central differences; shadows by a sweep as in :func:`cast_shadows`,
    with half-lit edges one cell wide.
    """
    rows, columns = ground_m.shape
    out = np.empty((rows, columns), np.float32)
    flat = np.zeros((rows, columns), np.uint8)
    largest = max(abs(sun_east), abs(sun_north), 1e-6)
    rise = cell_m * sun_up / largest
    lit = np.empty((rows, columns), np.uint8)
    cast_shadows(ground_m, flat, Frame(0, 0, cell_m, 1.0), sun_east / largest, -sun_north / largest, rise, lit)
    for row in range(rows):
        up, down = max(row - 1, 0), min(row + 1, rows - 1)
        for column in range(columns):
            left, right = max(column - 1, 0), min(column + 1, columns - 1)
            east = (ground_m[row, right] - ground_m[row, left]) / ((right - left) * cell_m)
            north = (ground_m[up, column] - ground_m[down, column]) / ((down - up) * cell_m)
            length = np.sqrt(1.0 + east * east + north * north)
            cosine = (sun_up - sun_east * east - sun_north * north) / length
            seen = 0.0
            for i in (up, row, down):
                for j in (left, column, right):
                    seen += lit[i, j]
            out[row, column] = max(cosine, 0.0) / sun_up * (seen / 9.0)
    return out


@njit(cache=True, nogil=True, fastmath=True, inline="always")
def _growth(
    table: Array, look: int, smooth: Number, rough: Number, column: Number, row: Number
) -> tuple[Number, Number]:
    """Brightness and share of vegetation of a truth pixel: grain, patches and rows."""
    one, zero = np.float32(1.0), np.float32(0.0)
    green, bright = table[look, 8], one + table[look, 11] * rough
    if green <= zero:
        return bright + table[look, 9] * smooth, green
    wave = zero
    if table[look, 10] > zero:
        phase = column * table[look, 12] + row * table[look, 13]
        wave = np.float32(4.0) * abs(phase - np.floor(phase) - np.float32(0.5)) - one
    green += table[look, 9] * smooth + table[look, 10] * wave
    return bright, min(max(green, zero), one)


@njit(cache=True, nogil=True, fastmath=True)
def shine(
    cover: Array,
    lit: Array,
    table: Array,
    direct: Array,
    fields: Array,
    spans: Array,
    frame: Frame,
    seed: int,
    flood: Array,
    out: Array,
) -> None:
    """Light that leaves each truth pixel, as reflectance of level sunlit ground x 32768: ``out`` (row, column, band).

    ``table`` as in ``camera_kernels.Ground``, in the order of the camera's bands, always four; ``direct`` (band) share
    of sunlight that comes straight; ``fields`` (2, row, column) on coarse cells: direct light per that on level ground,
    and smooth noise; ``spans`` (row, 2) columns to be done; ``flood`` the row of the table for flood water.
    """
    rows, columns = cover.shape
    one, zero, full, most = np.float32(1.0), np.float32(0.0), np.float32(32768.0), np.float32(65535.0)
    sunlight, noise = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for row in range(rows):
        first, last = spans[row, 0], spans[row, 1]
        _profile(fields[0], row + frame.row, frame.column, frame.cell, sunlight)
        _profile(fields[1], row + frame.row, frame.column, frame.cell, noise)
        for column in range(first, last):
            sun = sunlight[column] if lit[row, column] else zero
            smooth = np.float32(0.5) * noise[column]
            code = cover[row, column]
            look = code & _LOOK
            rough = np.float32(np.int32(_bits(seed, row + frame.row, column + frame.column) >> np.uint64(40)) - 8388608)
            rough *= np.float32(1.0 / 8388608.0)
            here, down = np.float32(column + frame.column), np.float32(row + frame.row)
            bright, green = _growth(table, look, smooth, rough, here, down)
            bright *= full
            for band in range(4):
                bare = table[look, band]
                value = bright * (bare + (table[look, 4 + band] - bare) * green)
                value *= one + direct[band] * (sun - one)
                out[row, column, band] = np.uint16(np.int32(min(value, most)))
            if code & _FLOODED:
                water = np.float32(0.9) * full * (one + flood[9] * smooth + flood[11] * rough)
                for band in range(4):
                    wet = water * flood[band] * (one + direct[band] * (sun - one))
                    wet += np.float32(0.1) * np.float32(out[row, column, band])
                    out[row, column, band] = np.uint16(np.int32(min(max(wet, zero), most)))


@njit(cache=True, nogil=True)
def spans_of(ring: Array, columns: int, spans: Array) -> None:
    """First column and the one after the last of each row that a convex ring ``(k, 2)`` touches."""
    for row in range(len(spans)):
        left, right = 1e30, -1e30
        for y in (row + 0.0, row + 1.0):
            a, b = span(ring, len(ring), y)
            left, right = min(left, a), max(right, b)
        for corner in range(len(ring)):
            if row <= ring[corner, 1] <= row + 1:
                left, right = min(left, ring[corner, 0]), max(right, ring[corner, 0])
        if right >= left:
            spans[row, 0], spans[row, 1] = max(int(np.floor(left)), 0), min(int(np.ceil(right)) + 1, columns)


@njit(cache=True, nogil=True)
def mean_shares(codes: Array, number: int, times: int, out: Array) -> None:
    """Shares in per cent of the codes 1 .. ``number`` (uint8) in blocks of ``times`` x ``times`` pixels."""
    rows, columns = out.shape[1], out.shape[2]
    counts = np.zeros(number + 1, np.int64)
    for row in range(rows):
        for column in range(columns):
            counts[:] = 0
            for i in range(row * times, (row + 1) * times):
                for j in range(column * times, (column + 1) * times):
                    counts[codes[i, j]] += 1
            for code in range(number):
                out[code, row, column] = (counts[code + 1] * 100 + times * times // 2) // (times * times)
