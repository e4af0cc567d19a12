"""Hot loops behind the optics: samples to pixels, clouds and air, electrons with noise, counts. Arrays in and out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.kernels import hash64
from swath.fly.scanner_kernels import TAPS, TIMES
from swath.fly.sight_kernels import Rays, lattice_node, lattice_value

__all__ = ["Electronics", "Veil", "count", "sum_along"]

Array = npt.NDArray[Any]
Number = Any

_CLOUD_LIGHT = np.float32(0.68)
"""reflectance of a thick cloud; thin ones are half as bright"""


class Veil(NamedTuple):
    """Cloud between the camera and the ground."""

    opacity: Array
    """on cells of ``cell_m`` that repeat at the edges; 1 x 1 is clear"""
    cell_m: float
    height_m: float


class Electronics(NamedTuple):
    """From reflectance to counts; arrays are one value a band, or ``(band, column)``."""

    electrons_per_unit: Array
    """of top-of-atmosphere reflectance, at this Sun"""
    path: Array
    """reflectance that the air adds"""
    passes: Array
    """share of the ground's reflectance that arrives"""
    dark: Array
    """electrons ``(band, column)``, with the column's own offset"""
    gain: Array
    """``(band, column)``: 1, with the column's own error; 0 dead, negative hot"""
    per_count: Array
    """electrons per count"""
    read2: Array
    """variance of read noise and dark current, electrons2"""
    offset: float
    top: float
    normal: Array
    seed: int


@njit(cache=True, nogil=True, fastmath=True)
def sum_along(sums: Array, along: Array, lines: int, out: Array) -> None:
    """The first ``lines`` of pixels ``(band, line, column)``: sums over ``TAPS`` sample lines, for each term.

    ``sums`` (band, sample line, term, column), ``along`` weights (band, term, TAPS). Eight taps at a time.
    """
    for band in range(out.shape[0]):
        for line in range(lines):
            row = out[band, line]
            for c in range(len(row)):
                row[c] = np.float32(0.0)
            for term in range(along.shape[1]):
                for tap in range(0, TAPS, 8):
                    w = along[band, term, tap : tap + 8]
                    w0, w1, w2, w3, w4, w5, w6, w7 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
                    s = sums[band, line * TIMES + tap : line * TIMES + tap + 8]
                    s0, s1, s2, s3 = s[0, term], s[1, term], s[2, term], s[3, term]
                    s4, s5, s6, s7 = s[4, term], s[5, term], s[6, term], s[7, term]
                    for c in range(len(row)):
                        early = w0 * s0[c] + w1 * s1[c] + w2 * s2[c] + w3 * s3[c]
                        row[c] += early + w4 * s4[c] + w5 * s5[c] + w6 * s6[c] + w7 * s7[c]


@njit(cache=True, nogil=True)
def count(
    light: Array, lines: int, sky: Veil, rays: Rays, e: Electronics, first: int, left: int, top: int, out: Array
) -> None:
    """Counts of pixels from their blurred light (x 32768): clouds, air, electrons, noise, converter.

    The first ``lines`` of ``light`` (band, line, column), which changes, are of line ``first`` and column ``left`` of
    the picture on; ``out`` (band, line, column) holds lines of it from ``top`` on.
    """
    bands, columns = light.shape[0], light.shape[2]
    bits, normal = np.empty(columns, np.uint64), np.empty(columns, np.float32)
    gain, dark, noise, seed = e.gain, e.dark, e.normal, e.seed
    for line in range(lines):
        for column in range(columns):
            bits[column] = hash64(seed, first + line, left + column)
        for band in range(bands):
            if sky.opacity.shape[0] > 1:
                _veil(light[band, line], sky, rays, band, first + line, left)
            shift = np.uint64(16 * (band % 4))
            for column in range(columns):
                normal[column] = noise[np.int64((bits[column] >> shift) & np.uint64(0xFFFF))]
            air, ends = (e.path[band], e.passes[band], e.electrons_per_unit[band]), (e.offset, e.top)
            part = slice(left, left + columns)
            _convert(
                light[band, line], air, gain[band, part], dark[band, part], normal, e.read2[band], e.per_count[band],
                ends, out[band, first - top + line, part],
            )  # fmt: skip


@njit(cache=True, nogil=True, fastmath=True)
def _convert(
    light: Array,
    air: tuple[Number, Number, Number],
    gain: Array,
    dark: Array,
    normal: Array,
    read2: Number,
    per_count: Number,
    ends: tuple[float, float],
    out: Array,
) -> None:
    """Counts of one line: ``air`` adds, lets pass and makes electrons; what is dead reads 0, what is hot ``top``."""
    zero, one, most = np.float32(0.0), np.float32(1.0), np.float32(ends[1])
    per, base = one / per_count, np.float32(ends[0]) + np.float32(0.5)
    scale, path = air[1] * np.float32(1.0 / 32768.0) * air[2], air[0] * air[2]
    for column in range(len(out)):
        signal = (path + scale * light[column]) * abs(gain[column]) + dark[column]
        electrons = signal + normal[column] * np.sqrt(max(signal, zero) + read2)
        number = min(max(base + electrons * per, one), most)
        number = most if gain[column] < zero else number
        out[column] = np.uint16(np.int32(zero if gain[column] == zero else number))


@njit(cache=True, nogil=True)
def _veil(light: Array, sky: Veil, rays: Rays, band: int, line: int, left: int) -> None:
    """Lay what cloud there is in the lines of sight over the light of a line."""
    half, white = np.float32(0.5), _CLOUD_LIGHT * np.float32(32768.0)
    x, y, dx, dy = rays.x[band], rays.y[band], rays.dx[band], rays.dy[band]
    step, scale, cloud, cloud_m = rays.column_step, 1.0 / sky.cell_m, sky.opacity, sky.height_m
    i, f = lattice_node(line, rays.line_step, x.shape[0])
    stop, cells = 0, x.shape[1] - 1
    for j in range(cells):
        end = int(np.ceil((j + 1) * step)) - left if j < cells - 1 else len(light)
        start, stop = stop, min(max(end, stop), len(light))
        if stop <= start:
            continue
        # Straight between two nodes, as seen where the rays pass the height of the cloud.
        east = lattice_value(x, i, j, f, 0.0) + lattice_value(dx, i, j, f, 0.0) * cloud_m
        south = lattice_value(y, i, j, f, 0.0) + lattice_value(dy, i, j, f, 0.0) * cloud_m
        east_on = lattice_value(x, i, j, f, 1.0) + lattice_value(dx, i, j, f, 1.0) * cloud_m - east
        south_on = lattice_value(y, i, j, f, 1.0) + lattice_value(dy, i, j, f, 1.0) * cloud_m - south
        for column in range(start, stop):
            g = (left + column) / step - j
            u, v = east + east_on * g, south + south_on * g
            over = np.float32(_repeating(cloud, u * scale - 0.5, v * scale - 0.5))
            if over > 0.0:
                light[column] += over * (white * (half + half * over**6) - light[column])


@njit(cache=True, nogil=True)
def _repeating(field: Array, x: float, y: float) -> Number:
    """Bilinear value of a field that repeats at its edges."""
    rows, columns = field.shape
    i, j = int(np.floor(y)), int(np.floor(x))
    fy, fx = np.float32(y - i), np.float32(x - j)
    i, j = i % rows, j % columns
    k, m = (i + 1) % rows, (j + 1) % columns
    top = field[i, j] + (field[i, m] - field[i, j]) * fx
    bottom = field[k, j] + (field[k, m] - field[k, j]) * fx
    return top + (bottom - top) * fy
