"""What is really there? The truth of a world on a map grid at any date: changes, water, heights, and a clear map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly import light_kernels
from swath.fly import materials as looks
from swath.fly import world_kernels as kernels
from swath.fly.edits import EDIT_KINDS, is_active
from swath.fly.terrain import CELL_M, height_at
from swath.fly.world import Room, World, draw_patch, look_table
from swath.model import Grid

__all__ = ["clear_map", "edit_shares", "heights_on", "water_share"]

Percents = npt.NDArray[np.uint8]

_TIMES = 4
_ROWS = 256
"""grid rows that are worked out together"""


def edit_shares(world: World, grid: Grid, at: np.datetime64) -> dict[str, Percents]:
    """What share (per cent) of each grid pixel has each kind of edit changed by a moment? ``(row, column)`` a kind.

    Kinds without an active edit are left out; a flood's is dry land under water. Of edits that lie on each other the
    latest counts. Sampled 4 x 4 to a pixel, so an edge is good to an eighth of a pixel and a share to 6 %. The grid
    must be in the world's projection; else :class:`InputError`.
    """
    east_m, south_m = _corner(world, grid)
    active = [edit for edit in world.edits if is_active(edit, at)]
    kinds = [kind for kind in EDIT_KINDS if any(edit.kind == kind for edit in active)]
    shares = np.zeros((len(kinds), *grid.shape), np.uint8)
    fine_m = grid.pixel_m / _TIMES
    flood = kinds.index("flood") + 1 if "flood" in kinds else 0
    for top in range(0, grid.height, _ROWS):
        rows = min(_ROWS, grid.height - top)
        codes = np.zeros((rows * _TIMES, grid.width * _TIMES), np.uint8)
        if flood:
            codes[_flooded(world, east_m, south_m + top * grid.pixel_m, fine_m, codes.shape, at)] = flood
        ignored = np.zeros_like(codes)
        for edit in active:
            if edit.pieces is not None:
                corner = np.array([east_m, south_m + top * grid.pixel_m])
                vertices = (edit.pieces.vertices - corner) / fine_m
                number = np.full(len(edit.pieces), kinds.index(edit.kind) + 1, np.uint8)
                kernels.paint_raised(codes, ignored, vertices, edit.pieces.counts, number, np.zeros_like(number))
        kernels.mean_shares(codes, len(kinds), _TIMES, shares[:, top : top + rows])
    return dict(zip(kinds, shares, strict=True))


def water_share(world: World, grid: Grid, at: np.datetime64) -> Percents:
    """What share (per cent) of each grid pixel is water at a moment, rivers and floods together?"""
    east_m, south_m = _corner(world, grid)
    share = np.zeros((1, *grid.shape), np.uint8)
    for top in range(0, grid.height, _ROWS):
        rows = min(_ROWS, grid.height - top)
        shape = (rows * _TIMES, grid.width * _TIMES)
        fine_m = grid.pixel_m / _TIMES
        cover = _cover(world, east_m, south_m + top * grid.pixel_m, fine_m, shape, at)
        wet = (cover == looks.WATER) | (cover >= looks.FLOODED)
        kernels.mean_shares(wet.astype(np.uint8), 1, _TIMES, share[:, top : top + rows])
    return np.asarray(share[0])


def heights_on(world: World, grid: Grid) -> npt.NDArray[np.float32]:
    """Height of the ground above the ellipsoid (m) at the middles of grid pixels: what the ground maps with.

    Memory: what it returns and a few hundred rows.
    """
    east_m, south_m = _corner(world, grid)
    east = east_m + (np.arange(grid.width) + 0.5) * grid.pixel_m
    south = south_m + (np.arange(grid.height) + 0.5) * grid.pixel_m
    heights = np.empty(grid.shape, np.float32)
    for top in range(0, grid.height, _ROWS):
        rows = slice(top, top + _ROWS)
        heights[rows] = height_at(world.terrain, east[None, :], south[rows, None]) + world.place.altitude_m
    return heights


def clear_map(world: World, grid: Grid, at: np.datetime64, *, band: str) -> npt.NDArray[np.uint16]:
    """A map without clouds, slopes and shadows to measure the position of pictures against, ``(row, column)``.

    Surface reflectance x 10000, at least 1; each pixel the mean of 3 x 3 samples. Through no camera: its position is
    exact. The grid must be in the world's projection; else :class:`InputError`.
    """
    east_m, south_m = _corner(world, grid)
    number, times = looks.BANDS.index(band), 3
    table, level = look_table(world, at), np.zeros(4, np.float32)
    fields = np.stack([np.ones_like(world.vigour), world.vigour])
    out, room = np.empty(grid.shape, np.uint16), Room()
    x = _samples(east_m, grid.pixel_m / times, grid.width * times, world.pixel_m)
    for top in range(0, grid.height, _ROWS):
        rows = min(_ROWS, grid.height - top)
        y = _samples(south_m + top * grid.pixel_m, grid.pixel_m / times, rows * times, world.pixel_m)
        shape = int(y[-1] - y[0] + 1), int(x[-1] - x[0] + 1)
        patch = draw_patch(world, row=int(y[0]), column=int(x[0]), rows=shape[0], columns=shape[1], at=at, room=room)
        lit, shine = room.array("lit", shape, np.uint8), room.array("shine", shape, np.uint64)
        lit[:] = 1
        frame = kernels.Frame(int(y[0]), int(x[0]), world.pixel_m, CELL_M / world.pixel_m)
        spans = np.tile(np.array([0, shape[1]]), (shape[0], 1))
        seed, flood = world.seed & 0x7FFFFFFF, table[looks.FLOOD_WATER]
        light_kernels.shine(patch.cover, lit, table, level, fields, spans, frame, seed, flood, shine)
        light = shine.view(np.uint16).reshape(*shape, 4)
        kernels.mean_light(light, number, y - y[0], x - x[0], times, out[top : top + rows])
    return out


def _samples(first_m: float, fine_m: float, count: int, pixel_m: float) -> npt.NDArray[np.int64]:
    """The truth pixels that hold equally spaced samples."""
    return np.asarray(np.floor((first_m + (np.arange(count) + 0.5) * fine_m) / pixel_m), np.int64)


def _corner(world: World, grid: Grid) -> tuple[float, float]:
    if grid.epsg != world.epsg:
        raise InputError(
            f"the grid is in EPSG:{grid.epsg}, the world in EPSG:{world.epsg}",
            where=f"place {world.place.id}",
            fix="Ask on a grid of the world's projection",
        )
    return grid.west_m - world.west_m, world.north_m - grid.north_m


def _cover(
    world: World, east_m: float, south_m: float, fine_m: float, shape: tuple[int, int], at: np.datetime64
) -> npt.NDArray[np.uint8]:
    """The looks at sample points, out of a patch of the truth."""
    x = _samples(east_m, fine_m, shape[1], world.pixel_m)
    y = _samples(south_m, fine_m, shape[0], world.pixel_m)
    rows, columns = int(y[-1] - y[0] + 1), int(x[-1] - x[0] + 1)
    patch = draw_patch(world, row=int(y[0]), column=int(x[0]), rows=rows, columns=columns, at=at)
    return np.asarray(patch.cover[np.ix_(y - y[0], x - x[0])])


def _flooded(
    world: World, east_m: float, south_m: float, fine_m: float, shape: tuple[int, int], at: np.datetime64
) -> npt.NDArray[np.bool_]:
    return np.asarray(_cover(world, east_m, south_m, fine_m, shape, at) >= looks.FLOODED)
