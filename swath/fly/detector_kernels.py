"""Hot loops behind the optics: samples to pixels, clouds and air, electrons with noise, counts. Arrays in and out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.camera_kernels import _bits
from swath.fly.scanner_kernels import TAPS, TIMES, Rays, lattice_node, lattice_value

__all__ = ["Electronics", "blur", "count"]

Array = npt.NDArray[Any]
Number = Any

_CLOUD_LIGHT = np.float32(0.68)
"""reflectance of a thick cloud; thin ones are half as bright"""


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
def blur(samples: Array, along: Array, across: Array, out: Array) -> None:
    """Pixels ``(band, line, column)`` from samples: sums over ``TAPS`` along, then across, for each separable term.

    ``along`` and ``across`` are weights ``(band, term, TAPS)``.
    """
    bands, lines, columns = out.shape
    terms = along.shape[1]
    wide = samples.shape[3]
    column_sums = np.empty((TIMES, wide), np.float32)
    for band in range(bands):
        for line in range(lines):
            row = out[band, line]
            row[:] = 0.0
            for term in range(terms):
                for phase in range(TIMES):
                    sums = column_sums[phase]
                    sums[:] = 0.0
                    for tap in range(TAPS):
                        weight = along[band, term, tap]
                        source = samples[band, line * TIMES + tap, phase]
                        for column in range(wide):
                            sums[column] += weight * source[column]
                for tap in range(TAPS):
                    weight = across[band, term, tap]
                    sums = column_sums[tap % TIMES]
                    shift = tap // TIMES
                    for column in range(columns):
                        row[column] += weight * sums[column + shift]


@njit(cache=True, nogil=True)
def count(
    light: Array,
    cloud: Array,
    rays: Rays,
    cloud_cell_m: float,
    cloud_m: float,
    e: Electronics,
    first: int,
    left: int,
    out: Array,
) -> None:
    """Counts of pixels from their blurred light (x 32768): clouds, air, electrons, noise, converter; into ``out``.

    ``cloud`` opacity on cells of ``cloud_cell_m`` that repeats at its edges, at height ``cloud_m``; 1 x 1 is clear.
    """
    bands, lines, columns = out.shape
    cloudy = cloud.shape[0] > 1
    for line in range(lines):
        i, f = lattice_node(first + line, rays.line_step, rays.x.shape[1])
        for column in range(columns):
            j, g = lattice_node(left + column, rays.column_step, rays.x.shape[2])
            bits = _bits(e.seed, first + line, left + column)
            for band in range(bands):
                value = light[band, line, column] * np.float32(1.0 / 32768.0)
                if cloudy:
                    x = lattice_value(rays.x[band], i, j, f, g) + lattice_value(rays.dx[band], i, j, f, g) * cloud_m
                    y = lattice_value(rays.y[band], i, j, f, g) + lattice_value(rays.dy[band], i, j, f, g) * cloud_m
                    over = _repeating(cloud, x / cloud_cell_m - 0.5, y / cloud_cell_m - 0.5)
                    white = _CLOUD_LIGHT * (np.float32(0.5) + np.float32(0.5) * over**6)
                    value += over * (white - value)
                value = e.path[band] + e.passes[band] * value
                gain = e.gain[band, left + column]
                signal = value * e.electrons_per_unit[band] * abs(gain) + e.dark[band, left + column]
                noise = e.normal[np.int64((bits >> np.uint64(16 * (band % 4))) & np.uint64(0xFFFF))]
                electrons = signal + noise * np.sqrt(max(signal, np.float32(0.0)) + e.read2[band])
                number = e.offset + electrons / e.per_count[band] + np.float32(0.5)
                number = min(max(number, np.float32(1.0)), np.float32(e.top))
                if gain <= 0.0:
                    number = np.float32(0.0) if gain == 0.0 else np.float32(e.top)
                out[band, line, column] = np.uint16(number)


@njit(cache=True, nogil=True, inline="always")
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
