"""Hot loops of light on the land: shadows of hills and of what stands there, and what each truth pixel shines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.kernels import hash64
from swath.fly.world_kernels import STEP_M, Frame

__all__ = ["cast_shadows", "shade_terrain", "shine"]

Array = npt.NDArray[Any]
Number = Any

_LOOK, _FLOODED = 0x7F, 0x80


@njit(cache=True, nogil=True)
def cast_shadows(
    ground_m: Array, height: Array, frame: Frame, east: float, south: float, drop_m: float, lit: Array
) -> None:
    """Which pixels does the Sun reach (1, else 0, into ``lit``), over the ground and what stands on it?

    ``east``, ``south``: one step towards the Sun in pixels, the larger of them 1; ``drop_m``: how far a ray rises on
    such a step. A sweep away from the Sun carries the upper edge of the shadow; in whole pixels across the sweep, so
    edges are good to half a truth pixel. What stands outside the patch casts none: leave a margin.
    """
    if abs(south) >= abs(east):
        _sweep(ground_m, height, frame, east, south, drop_m, lit)
    else:
        # Sweeps go over rows, which lie together in memory: east and south change places.
        turned, out = np.empty(height.shape[::-1], np.uint8), np.empty(height.shape[::-1], np.uint8)
        ground = np.empty(ground_m.shape[::-1], np.float32)
        _transpose(height, turned)
        _transpose(ground_m, ground)
        side = Frame(frame.column, frame.row, frame.pixel_m, frame.cell)
        _sweep(ground, turned, side, south, east, drop_m, out)
        _transpose(out, lit)


@njit(cache=True, nogil=True)
def _transpose(field: Array, out: Array) -> None:
    """Rows to columns, in squares that fit near the processor."""
    rows, columns = field.shape
    side = 64
    for i in range(0, rows, side):
        for j in range(0, columns, side):
            for row in range(i, min(i + side, rows)):
                for column in range(j, min(j + side, columns)):
                    out[column, row] = field[row, column]


@njit(cache=True, nogil=True)
def _sweep(ground_m: Array, height: Array, frame: Frame, east: float, south: float, drop_m: float, lit: Array) -> None:
    """Shadows row by row, from the side where the Sun stands: ``south`` is 1 or -1."""
    rows, columns = height.shape
    reach = int(np.ceil(abs(east) * rows)) + 2
    edge = np.full(columns + 2 * reach, np.float32(-1e9))
    ground = np.empty(columns, np.float32)
    drop, tall, slack = np.float32(drop_m), np.float32(STEP_M), np.float32(0.01)
    for step in range(rows):
        row = step if south < 0.0 else rows - 1 - step
        offset = int(np.round(east * step)) + reach
        _profile(ground_m, row + frame.row, frame.column, frame.cell, ground)
        here, stands, shines = edge[offset : offset + columns], height[row], lit[row]
        for column in range(columns):
            top = ground[column] + tall * np.float32(stands[column])
            shadow = here[column] - drop
            shines[column] = top >= shadow - slack
            here[column] = max(top, shadow)


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


@njit(cache=True, nogil=True, inline="always")
def _noise(line: Number, column: Number) -> Number:
    """A number from -1 to 1 that depends on nothing but a hash of the line and the column, 32 bits all the way."""
    z = np.uint32(line + np.uint32(column) * np.uint32(0x9E3779B1))
    z = np.uint32(np.uint32(z ^ (z >> np.uint32(16))) * np.uint32(0x21F0AAAD))
    z = np.uint32(np.uint32(z ^ (z >> np.uint32(15))) * np.uint32(0x735A2D97))
    z = np.uint32(z ^ (z >> np.uint32(15)))
    return np.float32(np.int32(z)) * np.float32(1.0 / 2147483648.0)


@njit(cache=True, nogil=True, fastmath=True)
def _grow(traits: Array, line: Number, column0: int, row: int, smooth: Array, bright: Array, green: Array) -> None:
    """Brightness and share of vegetation along a run of one look: grain, patches and rows."""
    share, vigour, stripes, grain = traits[0], traits[1], traits[2], traits[3]
    row_x, across = traits[4], traits[5] * np.float32(row)
    zero, one, half = np.float32(0.0), np.float32(1.0), np.float32(0.5)
    leafy = share > zero
    # Patches make leaves thicker where there are leaves, and bare ground brighter.
    low, high = (zero, one) if leafy else (share, share)
    of_leaf, of_ground = (vigour, zero) if leafy else (zero, vigour)
    for k in range(len(smooth)):
        phase = np.float32(column0 + k) * row_x + across
        wave = np.float32(4.0) * abs(phase - np.floor(phase) - half) - one
        bright[k] = one + grain * _noise(line, column0 + k) + of_ground * smooth[k]
        green[k] = min(max(share + of_leaf * smooth[k] + stripes * wave, low), high)


@njit(cache=True, nogil=True, inline="always")
def _bits16(value: Number) -> Number:
    return np.uint64(np.int32(min(max(value, np.float32(0.0)), np.float32(65535.0))))


@njit(cache=True, nogil=True, fastmath=True)
def _colour(look: Array, direct: Array, bright: Array, green: Array, sun: Array, out: Array) -> None:
    """Light along a run of one look, four bands of 16 bits in each number."""
    one, full = np.float32(1.0), np.float32(32768.0)
    bare0, bare1, bare2, bare3 = look[0] * full, look[1] * full, look[2] * full, look[3] * full
    more0, more1 = look[4] * full - bare0, look[5] * full - bare1
    more2, more3 = look[6] * full - bare2, look[7] * full - bare3
    d0, d1, d2, d3 = direct[0], direct[1], direct[2], direct[3]
    for k in range(len(out)):
        v, g, s = bright[k], green[k], sun[k] - one
        low = _bits16(v * (bare0 + more0 * g) * (one + d0 * s))
        low |= _bits16(v * (bare1 + more1 * g) * (one + d1 * s)) << np.uint64(16)
        high = _bits16(v * (bare2 + more2 * g) * (one + d2 * s))
        high |= _bits16(v * (bare3 + more3 * g) * (one + d3 * s)) << np.uint64(16)
        out[k] = low | high << np.uint64(32)


@njit(cache=True, nogil=True)
def _drown(flood: Array, direct: Array, wet: Array, sun: Array, out: Array) -> None:
    """Water over a run that was coloured before: a tenth of the ground shows through."""
    one, most, full = np.float32(1.0), np.float32(0.9), np.float32(32768.0)
    for k in range(len(out)):
        ground, total = out[k], np.uint64(0)
        for band in range(4):
            below = np.float32((ground >> np.uint64(16 * band)) & np.uint64(0xFFFF))
            water = most * wet[k] * flood[band] * full * (one + direct[band] * (sun[k] - one))
            total |= _bits16(np.float32(0.1) * below + water) << np.uint64(16 * band)
        out[k] = total


@njit(cache=True, nogil=True)
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
    """Light that leaves each truth pixel, as reflectance of level sunlit ground x 32768: ``out`` (row, column) uint64.

    Four bands of 16 bits in each, the first lowest: seen as uint16 they are ``(row, column, band)``. ``table`` as in
    ``world.look_table``, in the order of the camera's bands, always four; ``direct`` (band) share of sunlight that
    comes straight; ``fields`` (2, row, column) on coarse cells: direct light per that on level ground, and smooth
    noise; ``spans`` (row, 2) columns to be done; ``flood`` the row of the table for flood water.

    Runs of one look are done together: what is the same for them is looked up once.
    """
    rows, columns = cover.shape
    sun, smooth = np.empty(columns, np.float32), np.empty(columns, np.float32)
    bright, green = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for row in range(rows):
        first, last = spans[row, 0], spans[row, 1]
        if last <= first:
            continue
        down = row + frame.row
        _profile(fields[0], down, frame.column + first, frame.cell, sun[first:last])
        _profile(fields[1], down, frame.column + first, frame.cell, smooth[first:last])
        codes, shines, a = cover[row], lit[row], first
        for column in range(first, last):
            sun[column] *= np.float32(shines[column])
            smooth[column] *= np.float32(0.5)
        line = np.uint32(hash64(seed, down, 7) >> np.uint64(32))
        while a < last:
            code, b = codes[a], a + 1
            while b < last and codes[b] == code:
                b += 1
            look, light, here = table[code & _LOOK], out[row, a:b], frame.column + a
            _grow(look[8:], line, here, down, smooth[a:b], bright[a:b], green[a:b])
            _colour(look, direct, bright[a:b], green[a:b], sun[a:b], light)
            if code & _FLOODED:
                _grow(flood[8:], line, here, down, smooth[a:b], bright[a:b], green[a:b])
                _drown(flood, direct, bright[a:b], sun[a:b], light)
            a = b
