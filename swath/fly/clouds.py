"""Which clouds stand over a world? Soft heaps at one height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly.landscape import fractal_noise
from swath.fly.world import World

__all__ = ["CLEAR", "Clouds", "draw_clouds"]

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Clouds:
    """Opacity 0 to 1 ``(row, column)`` on cells of ``cell_m`` from a world's corner; repeats at its edges."""

    opacity: Singles
    cell_m: float
    height_m: float
    """of the layer over the world's datum"""
    cover_share: float
    """of the place, as asked for"""


CLEAR = Clouds(np.zeros((1, 1), np.float32), 1.0, 0.0, 0.0)


def draw_clouds(
    world: World, *, cover_share: float, seed: int, height_m: float = 1500.0, cell_m: float = 30.0
) -> Clouds:
    """Clouds that hide a share (0 to 1) of the place that a world was made for; 0 is a clear sky."""
    if not (0.0 <= cover_share <= 1.0 and height_m > 0.0 and min(world.width_m, world.height_m) > 4.0 * cell_m):
        raise InputError(
            f"clouds over {cover_share} of {world.width_m} m at {height_m} m",
            where="draw_clouds",
            fix="Give a share of 0 to 1",
        )
    if cover_share == 0.0:
        return CLEAR
    rng = np.random.default_rng([seed & 0x7FFFFFFF, 0xC10D5])
    shape = int(np.ceil(world.height_m / cell_m)), int(np.ceil(world.width_m / cell_m))
    density = fractal_noise(rng, shape, cell_m, rng.uniform(1500.0, 5000.0), 110.0, 1.8)
    west, south, east, north = world.inside_m
    rows = slice(int((world.north_m - north) / cell_m), int(np.ceil((world.north_m - south) / cell_m)))
    columns = slice(int((west - world.west_m) / cell_m), int(np.ceil((east - world.west_m) / cell_m)))
    edge = np.float32(np.quantile(density[rows, columns], 1.0 - cover_share))
    depth = np.float32(np.log(2.0)) * np.maximum(1.0 + (density - edge) / np.float32(rng.uniform(0.3, 0.55)), 0.0) ** 2
    return Clouds((1.0 - np.exp(-depth)).astype(np.float32), cell_m, height_m, cover_share)
