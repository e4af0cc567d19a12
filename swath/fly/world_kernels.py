"""Hot loops of the fine truth: polygons with heights, trees, floods. Arrays in, arrays out.

A patch is a rectangle of truth pixels, row 0 in the north. Heights of things that stand on the ground are uint8 in
steps of ``STEP_M``. Everything depends on the seed and on the truth pixel's place in the world, never on the patch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.kernels import extent, hash64, span

__all__ = [
    "Frame",
    "STEP_M",
    "drown",
    "grow_trees",
    "mean_light",
    "mean_shares",
    "paint_raised",
    "spans_of",
    "sum_parcels",
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
_BLOCK = 16
"""pixels of a side, in which is asked together whether trees can stand"""


@njit(cache=True, nogil=True)
def paint_raised(cover: Array, height: Array, vertices: Array, counts: Array, looks: Array, steps: Array) -> None:
    """Give every pixel whose centre lies in a convex polygon its look and height; later polygons lie on top."""
    rows, columns = cover.shape
    for m in range(len(vertices)):
        count = counts[m]
        if count < 3:
            continue
        low, high = extent(vertices[m], count)
        for row in range(max(0, int(np.ceil(low - 0.5))), min(rows - 1, int(np.floor(high - 0.5))) + 1):
            left, right = span(vertices[m], count, row + 0.5)
            first, stop = max(0, int(np.ceil(left - 0.5))), min(columns - 1, int(np.floor(right - 0.5))) + 1
            for column in range(first, stop):
                cover[row, column] = looks[m]
            for column in range(first, stop):
                height[row, column] = steps[m]


@njit(cache=True, nogil=True, inline="always")
def _part(bits: Number, shift: int) -> Number:
    return np.float32((bits >> np.uint64(shift)) & np.uint64(0xFFFF)) * np.float32(1.0 / 65536.0)


@njit(cache=True, nogil=True)
def _wooded(cover: Array, wood: int, garden: int) -> Array:
    """In which blocks of ``_BLOCK`` pixels is there wood or garden?"""
    rows, columns = -(-cover.shape[0] // _BLOCK), -(-cover.shape[1] // _BLOCK)
    out, line = np.zeros((rows, columns), np.uint8), np.zeros(columns * _BLOCK, np.uint8)
    one, other = np.uint8(wood), np.uint8(garden)
    for block in range(rows):
        line[:] = 0
        for row in range(block * _BLOCK, min((block + 1) * _BLOCK, cover.shape[0])):
            looks = cover[row]
            for column in range(len(looks)):
                line[column] |= (looks[column] == one) | (looks[column] == other)
        for column in range(columns * _BLOCK):
            out[block, column // _BLOCK] |= line[column]
    return out


@njit(cache=True, nogil=True)
def _any(marks: Array, top: int, bottom: int, left: int, right: int) -> bool:
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if marks[row, column]:
                return True
    return False


@njit(cache=True, nogil=True)
def grow_trees(
    cover: Array, height: Array, row0: int, column0: int, pixel_m: float, seed: int, wood: int, garden: int
) -> None:
    """Tree crowns on wood (close together) and on gardens (now and then): domes of 7 to 20 m on a shaken lattice.

    Each tree is drawn on the pixels round it; where crowns meet the higher one is seen.
    """
    rows, columns = cover.shape
    wooded = _wooded(cover, wood, garden)
    cell = np.float32(pixel_m / _CROWN_M)
    for i in range(int(np.floor(row0 * cell)) - 1, int((row0 + rows) * cell) + 2):
        for j in range(int(np.floor(column0 * cell)) - 1, int((column0 + columns) * cell) + 2):
            bits = hash64(seed, i, j)
            x = np.float32(j) + np.float32(0.2) + np.float32(0.6) * _part(bits, 8)
            y = np.float32(i) + np.float32(0.2) + np.float32(0.6) * _part(bits, 24)
            wide = np.float32(0.45) + np.float32(0.35) * _part(bits, 32)
            top, bottom = max(int((y - wide) / cell) - row0, 0), min(int((y + wide) / cell) + 1 - row0, rows - 1)
            left, right = (
                max(int((x - wide) / cell) - column0, 0),
                min(int((x + wide) / cell) + 1 - column0, columns - 1),
            )
            if top > bottom or left > right:
                continue
            if not _any(wooded, top // _BLOCK, bottom // _BLOCK, left // _BLOCK, right // _BLOCK):
                continue
            tall = (np.float32(12.0) + np.float32(8.0) * _part(bits, 40)) * np.float32(1.0 / STEP_M)
            # Few of the trees stand in gardens, and those are half as high.
            there = np.float32(0.5) if _part(bits, 0) <= np.float32(0.12) else np.float32(0.0)
            narrow = np.float32(1.0) / (wide * wide)
            for row in range(top, bottom + 1):
                away_y = np.float32(row + row0) * cell - y
                _crown(
                    cover[row, left : right + 1], height[row, left : right + 1], column0 + left, cell, x,
                    away_y * away_y * narrow, narrow, tall, there, wood, garden,
                )  # fmt: skip


@njit(cache=True, nogil=True)
def _crown(
    cover: Array,
    height: Array,
    first: int,
    cell: Number,
    x: Number,
    away: Number,
    narrow: Number,
    tall: Number,
    there: Number,
    wood: int,
    garden: int,
) -> None:
    """One row of a crown about ``x``, which is ``away`` (squared, in radii) from its middle."""
    zero, one = np.float32(0.0), np.float32(1.0)
    for column in range(len(cover)):
        dx = np.float32(column + first) * cell - x
        off = dx * dx * narrow + away
        look = cover[column]
        share = one if look == wood else (there if look == garden else zero)
        high = share * tall * (one - np.float32(0.45) * off) if off < one else zero
        height[column] = max(height[column], np.uint8(np.int32(high)))


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
    """Mark the pixels that the river reaches when it rises: height over its river plus what stands there is less.

    Between four cells that all lie higher no pixel is asked.
    """
    rows, columns = cover.shape
    scale, low = np.float32(1.0 / cell), rise_m - raised_m.min()
    lines, across = above_m.shape
    for row in range(rows):
        y = (np.float32(row + row0) + np.float32(0.5)) * scale - np.float32(0.5)
        i, stop = min(max(int(y), 0), lines - 2), 0
        while stop < columns:
            x = (np.float32(stop + column0) + np.float32(0.5)) * scale - np.float32(0.5)
            j = min(max(int(np.floor(x)), 0), across - 2)
            start, stop = stop, columns
            if j < across - 2:
                stop = min(max(int(np.floor((j + 1.5) * cell)) - column0 - 1, start) + 1, columns)
            corners = min(above_m[i, j], above_m[i, j + 1], above_m[i + 1, j], above_m[i + 1, j + 1])
            if corners > low:
                continue
            for column in range(start, stop):
                look = cover[row, column] & _LOOK
                if look == water:
                    continue
                x = (np.float32(column + column0) + np.float32(0.5)) * scale - np.float32(0.5)
                if _between(above_m, y, x) + raised_m[look] < rise_m:
                    cover[row, column] = look | _FLOODED


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


@njit(cache=True, nogil=True)
def mean_light(light: Array, band: int, y: Array, x: Array, times: int, out: Array) -> None:
    """Reflectance x 10000 of one band of ``light`` (row, column, band; x 32768), the mean of ``times`` samples a side.

    ``y`` and ``x`` are the rows and columns of the samples, ``times`` for each of ``out``.
    """
    scale = np.float32(10000.0 / 32768.0 / (times * times))
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            total = np.float32(0.5)
            for i in range(row * times, (row + 1) * times):
                for j in range(column * times, (column + 1) * times):
                    total += np.float32(light[y[i], x[j], band])
            out[row, column] = np.uint16(min(max(total * scale, np.float32(1.0)), np.float32(65535.0)))


@njit(cache=True, nogil=True)
def sum_parcels(
    cover: Array, light: Array, row0: int, column0: int, vertices: Array, counts: Array, looks: Array, sums: Array
) -> None:
    """Add up over the truth pixels of convex parcels: ``sums`` (parcel, 6) pixels, own pixels, four bands of light.

    ``vertices`` in truth pixels of the world; ``cover`` and ``light`` (row, column, band) are those from ``row0`` and
    ``column0`` on; of light there may be no band. A pixel is a parcel's own where nothing else is painted over it.
    """
    rows, columns = cover.shape
    for m in range(len(counts)):
        low, high = extent(vertices[m], counts[m])
        first, last = int(np.ceil(low - 0.5)) - row0, int(np.floor(high - 0.5)) - row0
        for row in range(max(first, 0), min(last, rows - 1) + 1):
            left, right = span(vertices[m], counts[m], row + row0 + 0.5)
            begin, end = int(np.ceil(left - 0.5)) - column0, int(np.floor(right - 0.5)) - column0
            for column in range(max(begin, 0), min(end, columns - 1) + 1):
                for band in range(light.shape[2]):
                    sums[m, 2 + band] += light[row, column, band]
                sums[m, 0] += 1.0
                sums[m, 1] += (cover[row, column] & _LOOK) == looks[m]
