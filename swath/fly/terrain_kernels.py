"""Hot loops of the terrain: where water runs, what it wears away, how high the land stands over it. Arrays in and out.

Fields are ``(row, column)`` float32; a cell drains to one of its eight neighbours or, at the edge, out of the map.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["accumulate", "depths", "drain", "enlarge", "fill", "follow", "incise", "over_water"]

Array = npt.NDArray[Any]


@njit(cache=True, nogil=True)
def drain(height_m: Array, rise_m: Array) -> tuple[Array, Array]:
    """The order in which a rising sea would reach the cells from the edges, and the cell each drains to.

    Priority flood (Barnes et al., Computers and Geosciences 62, 2014): every cell drains by way of the lowest sill, so
    hollows cause no dead ends. Across a filled hollow the water climbs ``rise_m`` a cell: where that differs from cell
    to cell, streams wander instead of running straight. Returns flat indices; a cell at the edge drains to itself. In
    ``order`` every cell comes after the one it drains to.
    """
    rows, columns = height_m.shape
    order, receiver = np.empty(rows * columns, np.int64), np.full(rows * columns, -1, np.int64)
    queue = [(np.float32(0.0), np.int64(0))]
    queue.pop()
    for row in range(rows):
        for column in range(columns):
            if row in (0, rows - 1) or column in (0, columns - 1):
                receiver[row * columns + column] = row * columns + column
                heapq.heappush(queue, (height_m[row, column], np.int64(row * columns + column)))
    number = 0
    while len(queue) > 0:
        level, here = heapq.heappop(queue)
        order[number] = here
        number += 1
        row, column = here // columns, here % columns
        for k in range(max(row - 1, 0), min(row + 2, rows)):
            for m in range(max(column - 1, 0), min(column + 2, columns)):
                there = k * columns + m
                if receiver[there] < 0:
                    receiver[there] = here
                    heapq.heappush(queue, (max(height_m[k, m], level + rise_m[k, m]), np.int64(there)))
    return order, receiver


@njit(cache=True, nogil=True)
def accumulate(order: Array, receiver: Array, cell_km2: float) -> Array:
    """Area (km2) that drains through each cell, flat."""
    area = np.full(len(order), np.float32(cell_km2))
    for number in range(len(order) - 1, -1, -1):
        here = order[number]
        if receiver[here] != here:
            area[receiver[here]] += area[here]
    return area


@njit(cache=True, nogil=True)
def incise(height_m: Array, order: Array, receiver: Array, area: Array, strength: float, cell_m: float) -> None:
    """One step of stream erosion in place: dh/dt = -K area**0.45 slope, implicit (Braun and Willett, 2013)."""
    columns = height_m.shape[1]
    flat = height_m.reshape(-1)
    for here in order:
        to = receiver[here]
        if to == here:
            continue
        straight = here // columns == to // columns or here % columns == to % columns
        length = cell_m if straight else cell_m * 1.41421356
        rate = strength * area[here] ** 0.45 / length
        if flat[here] > flat[to]:
            flat[here] = (flat[here] + rate * flat[to]) / (1.0 + rate)


@njit(cache=True, nogil=True)
def fill(height_m: Array, order: Array, receiver: Array) -> None:
    """Hollows filled in place up to the sill by which they drain: water runs everywhere downhill, if but a little."""
    flat = height_m.reshape(-1)
    for here in order:
        if receiver[here] != here and flat[here] <= flat[receiver[here]]:
            flat[here] = flat[receiver[here]] + np.float32(1e-3)


@njit(cache=True, nogil=True)
def over_water(height_m: Array, order: Array, receiver: Array, river: Array) -> Array:
    """Height of the river (or the edge of the map) that each cell drains to, flat: the level of its nearest water."""
    flat = height_m.reshape(-1)
    level = np.empty(len(order), np.float32)
    for here in order:
        to = receiver[here]
        level[here] = flat[here] if river[here] or to == here else level[to]
    return level


@njit(cache=True, nogil=True)
def depths(order: Array, receiver: Array) -> Array:
    """Number of cells from each cell to where its water leaves the map, flat."""
    steps = np.zeros(len(order), np.int64)
    for here in order:
        if receiver[here] != here:
            steps[here] = steps[receiver[here]] + 1
    return steps


@njit(cache=True, nogil=True)
def follow(receiver: Array, start: int, taken: Array) -> Array:
    """Cells from ``start`` down to the edge of the map or one cell into a course already ``taken`` (which it marks)."""
    path = np.empty(len(receiver), np.int64)
    number, here = 0, start
    while True:
        path[number] = here
        number += 1
        met = taken[here]
        taken[here] = True
        if met or receiver[here] == here:
            return path[:number].copy()
        here = receiver[here]


@njit(cache=True, nogil=True)
def enlarge(field: Array, times: int) -> Array:
    """A field on cells ``times`` finer, through cubic B-splines: smooth, never overshooting."""
    rows, columns = field.shape
    middle = np.empty((rows, columns * times), np.float32)
    weights = np.empty((times, 4), np.float32)
    first = np.empty(times, np.int64)
    for part in range(times):
        x = (part + 0.5) / times - 0.5
        first[part] = int(np.floor(x)) - 1
        t = x - np.floor(x)
        weights[part, 0] = (1.0 - t) ** 3 / 6.0
        weights[part, 1] = (3.0 * t**3 - 6.0 * t**2 + 4.0) / 6.0
        weights[part, 2] = (-3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0) / 6.0
        weights[part, 3] = t**3 / 6.0
    for row in range(rows):
        for column in range(columns * times):
            part, total = column % times, np.float32(0.0)
            for k in range(4):
                at = min(max(column // times + first[part] + k, 0), columns - 1)
                total += weights[part, k] * field[row, at]
            middle[row, column] = total
    out = np.empty((rows * times, columns * times), np.float32)
    for row in range(rows * times):
        part = row % times
        for column in range(columns * times):
            total = np.float32(0.0)
            for k in range(4):
                at = min(max(row // times + first[part] + k, 0), rows - 1)
                total += weights[part, k] * middle[at, column]
            out[row, column] = total
    return out
