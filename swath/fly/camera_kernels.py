"""Hot loops of looking: what a pixel sees of the truth, and what the camera makes of it. Arrays in, arrays out.

A picture (or a map grid) lies on the truth through a lattice: truth coordinates x (column) and y (row) at equally
spaced lines and columns of the picture, bilinear in between. Beyond its edges the ground goes on as its mirror image
and noise fields repeat, so that a picture which misses the site a little still shows land.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.fly.kernels import span

__all__ = ["Ground", "Lattice", "Sensor", "SkyMap", "expose", "fractions", "intact", "over_polygons", "reflect"]

Array = npt.NDArray[Any]
Number = Any
"""a float32 or uint64 inside a kernel, where Python's float and int would be twice as wide or signed"""

_LOOK, _FLOODED = 0x7F, 0x80
_SHOWS_THROUGH = np.float32(0.10)
"""share of the drowned ground and crop that is still seen in flood water"""
_SHADOW_LOSS = np.float32(0.62)
"""share of the light that a thick cloud keeps from the ground; the rest is skylight"""
_CLOUD_LIGHT = np.float32(0.68)
"""reflectance of a thick cloud; thin ones are half as bright"""


class Ground(NamedTuple):
    """The truth as the kernels need it."""

    cover: Array
    """uint8 ``(row, column)``: look, and the flood's bit"""
    table: Array
    """float32 ``(look, 14)``: 0 to 3 bare, 4 to 7 leaf, then green, vigour, stripes, grain, row_x, row_y"""
    vigour: Array
    """float32, coarse, periodic"""
    cell: int
    """truth pixels per coarse cell"""
    flood_look: int
    """look of flood water, or -1 to see the ground dry"""
    seed: int


class Lattice(NamedTuple):
    """Truth coordinates of picture positions: node (i, j) is line i x line_step, column j x column_step."""

    x: Array
    y: Array
    line_step: float
    column_step: float


class SkyMap(NamedTuple):
    """Cloud opacity on coarse, periodic cells, and where its shadow falls (truth pixels)."""

    opacity: Array
    cell: int
    shadow_x: float
    shadow_y: float
    cloudy: bool


class Sensor(NamedTuple):
    """From reflectance to counts."""

    haze: Array
    cos_zenith: float
    counts_per_unit: float
    offset: float
    shot: float
    """variance in counts2 per count of signal"""
    read: float
    """variance in counts2 without signal"""
    top: float
    normal: Array
    seed: int


@njit(cache=True, nogil=True, inline="always")
def _bits(seed: int, a: int, b: int) -> Number:
    z = np.uint64(seed) + np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(b) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return z ^ (z >> np.uint64(29))


@njit(cache=True, nogil=True, inline="always")
def _periodic(field: Array, x: float, y: float) -> Number:
    """Bilinear value of a coarse field that repeats; x, y in its own cells."""
    rows, columns = field.shape
    i, j = int(np.floor(y)), int(np.floor(x))
    fy, fx = np.float32(y - i), np.float32(x - j)
    if i < 0 or j < 0 or i + 1 >= rows or j + 1 >= columns:
        i, j = i % rows, j % columns
    k = i + 1 if i + 1 < rows else 0
    m = j + 1 if j + 1 < columns else 0
    top = field[i, j] + (field[i, m] - field[i, j]) * fx
    bottom = field[k, j] + (field[k, m] - field[k, j]) * fx
    return top + (bottom - top) * fy


@njit(cache=True, nogil=True, inline="always")
def _mirror(index: int, size: int) -> int:
    if index < 0:
        index = -1 - index
    if index >= size:
        index = 2 * size - 1 - index
    return min(max(index, 0), size - 1)


@njit(cache=True, nogil=True, inline="always")
def _add_truth(
    code: int,
    table: Array,
    flood_look: int,
    bits: Number,
    column: int,
    row: int,
    smooth: Number,
    weight: Number,
    total: Array,
    at: int,
) -> None:
    """Add the surface reflectance of one truth pixel, times ``weight``, to ``total[at]``."""
    look = code & _LOOK
    rough = np.float32(np.int32(bits >> np.uint64(40)) - 8388608) * np.float32(1.0 / 8388608.0)
    phase = np.float32(column) * table[look, 12] + np.float32(row) * table[look, 13]
    wave = np.float32(4.0) * abs(phase - np.floor(phase) - np.float32(0.5)) - np.float32(1.0)
    green = table[look, 8]
    bright = weight * (np.float32(1.0) + table[look, 11] * rough)
    if green > 0:
        green = min(max(green + table[look, 9] * smooth + table[look, 10] * wave, np.float32(0.0)), np.float32(1.0))
    else:
        bright += weight * table[look, 9] * smooth
    if code & _FLOODED and flood_look >= 0:
        bright *= _SHOWS_THROUGH
        wet = weight * (np.float32(1.0) + table[flood_look, 9] * smooth + table[flood_look, 11] * rough)
        for band in range(4):
            total[at, band] += (np.float32(1.0) - _SHOWS_THROUGH) * wet * table[flood_look, band]
    for band in range(4):
        total[at, band] += bright * (table[look, band] + (table[look, 4 + band] - table[look, band]) * green)


@njit(cache=True, nogil=True)
def _positions(lattice: Lattice, line: float, shift: float, xs: Array, ys: Array) -> None:
    """Truth coordinates of the positions (line, column + shift) of all columns."""
    x, y, step = lattice.x, lattice.y, lattice.column_step
    position = line / lattice.line_step
    i = min(max(int(np.floor(position)), 0), x.shape[0] - 2)
    f = position - i
    for j in range(x.shape[1] - 1):
        x0, y0 = x[i, j] + (x[i + 1, j] - x[i, j]) * f, y[i, j] + (y[i + 1, j] - y[i, j]) * f
        dx = (x[i, j + 1] + (x[i + 1, j + 1] - x[i, j + 1]) * f - x0) / step
        dy = (y[i, j + 1] + (y[i + 1, j + 1] - y[i, j + 1]) * f - y0) / step
        last = int(np.ceil((j + 1) * step)) if j < x.shape[1] - 2 else len(xs)
        for column in range(int(np.ceil(j * step)), last):
            along = column + shift - j * step
            xs[column], ys[column] = x0 + dx * along, y0 + dy * along


@njit(cache=True, nogil=True)
def _line_reflectance(ground: Ground, lattice: Lattice, line: int, total: Array, work: Array) -> None:
    """Mean surface reflectance of one line's pixels, 2 x 2 truth samples in each; fills ``total`` (columns, 4).

    ``work`` (3, columns) is left holding x, y of the pixels' centres.
    """
    # Arrays are taken out of the tuples first: inside the loop each access would count references.
    cover, table, vigour, seed, water = ground.cover, ground.table, ground.vigour, ground.seed, ground.flood_look
    rows, columns = cover.shape
    cell = 1.0 / ground.cell
    xs, ys, smooth = work[0], work[1], work[2]
    total[:] = 0.0
    _positions(lattice, line, 0.0, xs, ys)
    for at in range(len(total)):
        smooth[at] = np.float32(0.5) * _periodic(vigour, xs[at] * cell - 0.5, ys[at] * cell - 0.5)
    for sample in range(4):
        _positions(lattice, line - 0.25 + 0.5 * (sample // 2), -0.25 + 0.5 * (sample % 2), xs, ys)
        for at in range(len(total)):
            column, row = int(np.floor(xs[at])), int(np.floor(ys[at]))
            if not (0 <= column < columns and 0 <= row < rows):
                column, row = _mirror(column, columns), _mirror(row, rows)
            bits = _bits(seed, row, column)
            level = np.float32(smooth[at])
            _add_truth(cover[row, column], table, water, bits, column, row, level, np.float32(0.25), total, at)
    _positions(lattice, line, 0.0, xs, ys)


@njit(cache=True, nogil=True)
def _line_sky(sky: SkyMap, work: Array, seen: Array, shade: Array) -> None:
    """Opacity of the cloud over each pixel of a line, and of the cloud that shades it; positions from ``work``."""
    opacity, cell = sky.opacity, 1.0 / sky.cell
    for at in range(len(seen)):
        x, y = work[0, at], work[1, at]
        seen[at] = _periodic(opacity, x * cell - 0.5, y * cell - 0.5)
        shade[at] = _periodic(opacity, (x - sky.shadow_x) * cell - 0.5, (y - sky.shadow_y) * cell - 0.5)


@njit(cache=True, nogil=True)
def expose(ground: Ground, lattice: Lattice, sky: SkyMap, sensor: Sensor, bands: Array, first: int, out: Array) -> None:
    """Counts of the lines ``first ..`` of a picture into ``out`` (band, line, column).

    surface -> shadow (direct light lost) -> cloud over it -> haze -> x cos(zenith) -> counts -> shot and read noise ->
    rounded, kept in 1 .. top (0 would be a dead sample).
    """
    number, lines, columns = out.shape
    total, work = np.empty((columns, 4), np.float32), np.empty((3, columns))
    cloud, shade = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    haze, normal, seed = sensor.haze, sensor.normal, sensor.seed
    factor, offset = np.float32(sensor.cos_zenith * sensor.counts_per_unit), np.float32(sensor.offset)
    shot, read, top = np.float32(sensor.shot), np.float32(sensor.read), np.float32(sensor.top)
    one, half, zero = np.float32(1.0), np.float32(0.5), np.float32(0.0)
    for k in range(lines):
        _line_reflectance(ground, lattice, first + k, total, work)
        if sky.cloudy:
            _line_sky(sky, work, cloud, shade)
        for column in range(columns):
            bits = _bits(seed, first + k, column)
            light = one - shade[column] * _SHADOW_LOSS
            over = cloud[column]
            white = _CLOUD_LIGHT * (half + half * over**6)
            for b in range(number):
                value = total[column, bands[b]] * light
                value += over * (white - value)
                signal = (value + haze[bands[b]]) * factor
                noise = normal[np.int64((bits >> np.uint64(16 * b)) & np.uint64(0xFFFF))]
                count = offset + signal + noise * np.sqrt(shot * max(signal, zero) + read) + half
                out[b, k, column] = np.uint16(min(max(count, one), top))


@njit(cache=True, nogil=True)
def reflect(ground: Ground, lattice: Lattice, bands: Array, haze: Array, out: Array) -> None:
    """Noise-free, cloud-free top-of-atmosphere reflectance x 10000 into ``out`` (band, row, column)."""
    number, lines, columns = out.shape
    total, work = np.empty((columns, 4), np.float32), np.empty((3, columns))
    for line in range(lines):
        _line_reflectance(ground, lattice, line, total, work)
        for b in range(number):
            for column in range(columns):
                value = (total[column, bands[b]] + haze[bands[b]]) * np.float32(10000.0)
                out[b, line, column] = np.uint16(value + np.float32(0.5))


@njit(cache=True, nogil=True)
def fractions(
    cover: Array, lattice: Lattice, sky: SkyMap, water: int, wet: Array, flooded: Array, cloud: Array, shadow: Array
) -> None:
    """Shares of each map pixel in per cent (uint8): permanent water and flood (4 x 4 samples), cloud and shadow."""
    rows, columns = wet.shape
    height, width = cover.shape
    n_wet, n_flooded = np.empty(columns, np.uint8), np.empty(columns, np.uint8)
    seen, shade = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
    work = np.empty((2, columns))
    xs, ys = work[0], work[1]
    for row in range(rows):
        n_wet[:], n_flooded[:] = 0, 0
        for sample in range(16):
            _positions(lattice, row - 0.375 + 0.25 * (sample // 4), -0.375 + 0.25 * (sample % 4), xs, ys)
            for at in range(columns):
                x, y = int(np.floor(xs[at])), int(np.floor(ys[at]))
                if not (0 <= x < width and 0 <= y < height):
                    x, y = _mirror(x, width), _mirror(y, height)
                code = cover[y, x]
                n_wet[at] += code == water
                n_flooded[at] += code >= _FLOODED
        if sky.cloudy:
            _positions(lattice, row, 0.0, xs, ys)
            _line_sky(sky, work, seen, shade)
        for at in range(columns):
            wet[row, at] = (np.int64(n_wet[at]) * 25 + 2) // 4
            flooded[row, at] = (np.int64(n_flooded[at]) * 25 + 2) // 4
            cloud[row, at], shadow[row, at] = np.uint8(100.0 * seen[at] + 0.5), np.uint8(100.0 * shade[at] + 0.5)


@njit(cache=True, nogil=True)
def intact(cover: Array, vertices: Array, counts: Array, looks: Array) -> Array:
    """What share of each polygon's pixels still carries its look, nothing painted over? 0 where it leaves the site."""
    rows, columns = cover.shape
    share = np.zeros(len(vertices))
    for m in range(len(vertices)):
        count = counts[m]
        if count < 3 or vertices[m, :count].min() < 0 or vertices[m, :count, 0].max() > columns:
            continue
        low, high = vertices[m, :count, 1].min(), vertices[m, :count, 1].max()
        if high > rows:
            continue
        seen = own = 0
        for row in range(int(np.ceil(low - 0.5)), int(np.floor(high - 0.5)) + 1):
            left, right = span(vertices[m], count, row + 0.5)
            for column in range(int(np.ceil(left - 0.5)), int(np.floor(right - 0.5)) + 1):
                seen += 1
                own += (cover[row, column] & _LOOK) == looks[m]
        share[m] = own / max(seen, 1)
    return share


@njit(cache=True, nogil=True)
def over_polygons(ground: Ground, vertices: Array, counts: Array) -> tuple[Array, Array]:
    """Mean surface reflectance ``(m, 4)`` and flooded share ``(m,)`` of all truth pixels whose centre lies inside."""
    cover, table, vigour, seed, water = ground.cover, ground.table, ground.vigour, ground.seed, ground.flood_look
    cell = 1.0 / ground.cell
    mean = np.zeros((len(vertices), 4))
    flooded = np.zeros(len(vertices))
    total = np.zeros((1, 4), np.float32)
    for m in range(len(vertices)):
        count = counts[m]
        low, high = vertices[m, :count, 1].min(), vertices[m, :count, 1].max()
        seen = 0
        for row in range(int(np.ceil(low - 0.5)), int(np.floor(high - 0.5)) + 1):
            left, right = span(vertices[m], count, row + 0.5)
            for column in range(int(np.ceil(left - 0.5)), int(np.floor(right - 0.5)) + 1):
                total[:] = 0.0
                smooth = np.float32(0.5) * _periodic(vigour, (column + 0.5) * cell - 0.5, (row + 0.5) * cell - 0.5)
                bits = _bits(seed, row, column)
                _add_truth(cover[row, column], table, water, bits, column, row, smooth, np.float32(1.0), total, 0)
                for band in range(4):
                    mean[m, band] += total[0, band]
                flooded[m] += (cover[row, column] & _FLOODED) != 0
                seen += 1
        mean[m] /= max(seen, 1)
        flooded[m] /= max(seen, 1)
    return mean, flooded
