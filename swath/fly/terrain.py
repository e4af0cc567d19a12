"""How does the simulated land rise and fall, and where does its water run? Relief with valleys and rivers, from a seed.

A fractal surface is worn down by running water until valleys branch as they do in nature; rivers follow them, flood
plains lie along the rivers. Everything is a function of the seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.fly import terrain_kernels as kernels
from swath.fly.landscape import fractal_noise

__all__ = ["CELL_M", "River", "Terrain", "draw_terrain", "height_at"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

CELL_M = 16.0
"""of the heights"""
_COARSE = 5
"""cells of height per cell of the stream network"""
_STEPS = 16
_STRENGTH = 60.0
"""of running water: some valleys reach their sources in so many steps"""
_RIVER_KM2 = 9.0
"""drained area from which a stream is drawn as a river"""
_PLAIN_M = 4.0
"""land that would stand less than this over its river becomes flood plain"""


@dataclass(frozen=True)
class River:
    """One watercourse from its spring to the sea, another river or the edge of the map."""

    east_m: Floats
    """``(n,)`` from the west edge of the terrain, every few metres"""
    south_m: Floats
    """``(n,)`` from the north edge"""
    width_m: Floats


@dataclass(frozen=True)
class Terrain:
    """Heights on square cells of ``CELL_M``, north up; positions are metres east and south of the upper left corner."""

    height_m: Singles
    """``(row, column)`` at the middle of each cell, above the datum of the world"""
    water_m: Singles
    """height of the river that each cell drains to: ``height_m - water_m`` is how far the water must rise"""
    rivers: tuple[River, ...]


def draw_terrain(rng: np.random.Generator, width_m: float, height_m: float, *, relief_m: float) -> Terrain:
    """Draw the land of a rectangle ``width_m`` east-west by ``height_m`` north-south.

    ``relief_m`` is about the height of the highest hill over the lowest valley; 0 is a plain (some metres). Time and
    memory grow with the area: 24 x 24 km take 2 s and 30 MB.
    """
    cell_m = CELL_M * _COARSE
    shape = (int(np.ceil(height_m / cell_m)) + 1, int(np.ceil(width_m / cell_m)) + 1)
    strength = max(relief_m, 4.0)
    raw = fractal_noise(rng, shape, cell_m, 12e3, 200.0, 2.3)
    tilt = rng.uniform(0.0, 2.0 * np.pi)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    coarse = (raw + 2.2 * (x * np.cos(tilt) + y * np.sin(tilt))).astype(np.float32)
    rise = rng.uniform(0.0, 0.01, shape).astype(np.float32)
    for _ in range(_STEPS):
        order, receiver = kernels.drain(coarse, rise)
        area = kernels.accumulate(order, receiver, (cell_m / 1e3) ** 2)
        kernels.incise(coarse, order, receiver, area, _STRENGTH, cell_m)
        coarse = _creep(coarse)
    coarse = (coarse - coarse.min()) * np.float32(strength / np.ptp(coarse))
    order, receiver = kernels.drain(coarse, rise * np.float32(strength / 10.0))
    kernels.fill(coarse, order, receiver)
    area = kernels.accumulate(order, receiver, (cell_m / 1e3) ** 2)
    wet = area > _RIVER_KM2
    level = kernels.over_water(coarse, order, receiver, wet).reshape(shape)
    above = np.maximum(coarse - level, 0.0)
    coarse = level + above * (1.0 - np.exp(-above / _PLAIN_M))
    height = kernels.enlarge(coarse.astype(np.float32), _COARSE)
    water = kernels.enlarge(level, _COARSE)
    rough = fractal_noise(rng, (height.shape[0], height.shape[1]), CELL_M, 500.0, 40.0, 1.7)
    dry = np.clip((height - water) / (0.15 * strength), 0.0, 1.0)
    height = height + rough * np.float32(0.006 * strength) * dry + np.float32(0.2) * rough
    return Terrain(height.astype(np.float32), water, _rivers(rng, area, order, receiver, wet, shape, cell_m))


def _creep(height: Singles) -> Singles:
    """Slopes that soften a little: each cell a tenth of the way to the mean of its neighbours."""
    padded = np.pad(height, 1, mode="edge")
    mean = (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / np.float32(4.0)
    return np.asarray(height + np.float32(0.1) * (mean - height), np.float32)


def _rivers(
    rng: np.random.Generator,
    area: Singles,
    order: npt.NDArray[np.int64],
    receiver: npt.NDArray[np.int64],
    wet: npt.NDArray[np.bool_],
    shape: tuple[int, int],
    cell_m: float,
) -> tuple[River, ...]:
    """The courses of the rivers as smooth lines, the longest first; widths grow with the root of the drained area."""
    fed = np.zeros(len(wet), bool)
    fed[receiver[wet & (receiver != np.arange(len(receiver)))]] = True
    springs = np.flatnonzero(wet & ~fed)
    springs = springs[np.argsort(-kernels.depths(order, receiver)[springs], kind="stable")]
    taken = np.zeros(len(wet), bool)
    rivers = []
    for spring in springs:
        path = kernels.follow(receiver, int(spring), taken)
        if len(path) < 4:
            continue
        steps = np.arange(len(path))
        fine = np.arange(0.0, len(path) - 1.0, 10.0 / cell_m)
        east = _smooth((path % shape[1] + 0.5) * cell_m)
        south = _smooth((path // shape[1] + 0.5) * cell_m)
        sway = 18.0 * _wander(rng, len(fine), cell_m)
        heading = np.arctan2(np.gradient(np.interp(fine, steps, south)), np.gradient(np.interp(fine, steps, east)))
        # A brook where it is first drawn, then as the root of what it drains.
        width = 4.0 * np.sqrt(np.maximum(np.interp(fine, steps, area[path]) - 0.97 * _RIVER_KM2, 0.1)) + 2.0
        rivers.append(
            River(
                np.interp(fine, steps, east) - sway * np.sin(heading),
                np.interp(fine, steps, south) + sway * np.cos(heading),
                width,
            )
        )
    return tuple(rivers)


def _smooth(values: Floats) -> Floats:
    """A running mean of seven that leaves the ends where they are."""
    padded = np.concatenate([2 * values[0] - values[3:0:-1], values, 2 * values[-1] - values[-2:-5:-1]])
    return np.asarray(np.convolve(padded, np.ones(7) / 7.0, "valid"), np.float64)


def _wander(rng: np.random.Generator, count: int, cell_m: float) -> Floats:
    window = np.hanning(int(6.0 * cell_m / 10.0) + 3)
    noise = np.convolve(rng.normal(0.0, 1.0, count + len(window)), window / np.sqrt((window**2).sum()), "same")
    return np.asarray(noise[len(window) // 2 :][:count], np.float64)


def height_at(terrain: Terrain, east_m: npt.ArrayLike, south_m: npt.ArrayLike) -> Floats:
    """How high is the ground at places ``(...)``, bilinear between the middles of cells? Outside: as at the edge."""
    field = terrain.height_m
    x = np.clip(np.asarray(east_m, np.float64) / CELL_M - 0.5, 0.0, field.shape[1] - 1.0 - 1e-9)
    y = np.clip(np.asarray(south_m, np.float64) / CELL_M - 0.5, 0.0, field.shape[0] - 1.0 - 1e-9)
    j, i = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = x - j, y - i
    top = field[i, j] * (1.0 - fx) + field[i, j + 1] * fx
    bottom = field[i + 1, j] * (1.0 - fx) + field[i + 1, j + 1] * fx
    return np.asarray(top * (1.0 - fy) + bottom * fy, np.float64)
