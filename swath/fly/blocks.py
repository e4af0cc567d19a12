"""One part of a picture: the truth under it is drawn, lit, looked at, blurred and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from swath.fly import detector_kernels, world_kernels
from swath.fly import materials as looks
from swath.fly import scanner_kernels as kernels
from swath.fly.job import Job
from swath.fly.terrain import CELL_M
from swath.fly.world import Patch, Room, draw_patch
from swath.fly.world_kernels import Frame

__all__ = ["Block", "expose_block"]

Floats = npt.NDArray[np.float64]
Block = tuple[int, int, int, int]
"""first line, lines, first column, columns"""

_CHUNK_LINES = 64
_EVERY_PX = 2
"""lines and columns between rays that are met with the ground; the relief is drawn on cells of 16 m"""


def expose_block(job: Job, block: Block, room: Room, pixels: npt.NDArray[np.uint16]) -> None:
    """Draw the truth under one block, light it, look at it, and write its counts into ``pixels`` of the picture."""
    first, lines, left, columns = block
    world, rays = job.world, job.view.rays
    row, column, rows, width, spans = _box(job, block)
    patch = draw_patch(world, row=row, column=column, rows=rows, columns=width, at=job.exposure.start, room=room)
    frame = Frame(row, column, world.pixel_m, CELL_M / world.pixel_m)
    shine = _lit(job, patch, frame, spans, room)
    slant = float(np.hypot(rays.dx, rays.dy).max())
    tall = kernels.tall_blocks(patch.height, int(np.ceil(slant * job.tallest_m / world.pixel_m / kernels.BLOCK)) + 1)
    for start in range(first, first + lines, _CHUNK_LINES):
        part = (start, min(_CHUNK_LINES, first + lines - start), left, columns)
        _expose_chunk(job, part, frame, shine, patch.height, tall, room, pixels)


def _lit(job: Job, patch: Patch, frame: Frame, spans: npt.NDArray[np.int64], room: Room) -> npt.NDArray[np.uint16]:
    """Light that leaves each truth pixel of a patch."""
    shape = patch.cover.shape
    east, south = job.sun[0], -job.sun[1]
    step = max(abs(east), abs(south), 1e-6)
    drop_m = frame.pixel_m * job.sun[2] / step
    lit, shine = room.array("lit", shape, np.uint8), room.array("shine", (*shape, 4), np.uint16)
    ground = job.world.terrain.height_m
    world_kernels.cast_shadows(ground, patch.height, frame, east / step, south / step, drop_m, lit)
    seed, flood = job.world.seed & 0x7FFFFFFF, job.table[looks.FLOOD_WATER]
    world_kernels.shine(patch.cover, lit, job.table, job.direct, job.fields, spans, frame, seed, flood, shine)
    return shine


def _expose_chunk(
    job: Job,
    part: Block,
    frame: Frame,
    shine: npt.NDArray[np.uint16],
    height: npt.NDArray[np.uint8],
    tall: npt.NDArray[np.uint8],
    room: Room,
    pixels: npt.NDArray[np.uint16],
) -> None:
    first, lines, left, columns = part
    view, rays, times, taps = job.view, job.view.rays, kernels.TIMES, kernels.TAPS
    bands = len(job.along)
    ground = np.empty(((lines + 8) // _EVERY_PX + 2, (columns + 8) // _EVERY_PX + 2), np.float32)
    field = job.world.terrain.height_m
    kernels.meet_ground(rays, field, CELL_M, view.low_m, view.high_m, first - 4, left - 4, _EVERY_PX, ground)
    shape = (bands, (lines - 1) * times + taps, times, columns + taps // times - 1)
    samples = room.array("samples", shape, np.float32)
    kernels.gather(rays, ground, _EVERY_PX, shine, height, tall, frame, first, left, job.apart, samples)
    light = np.empty((bands, lines, columns), np.float32)
    detector_kernels.blur(samples, job.along, job.across, light)
    clouds = job.clouds
    out = pixels[:, first : first + lines, left : left + columns]
    detector_kernels.count(
        light, clouds.opacity, rays, clouds.cell_m, clouds.height_m, job.electronics, first, left, out
    )


def _box(job: Job, block: Block) -> tuple[int, int, int, int, npt.NDArray[np.int64]]:
    """First row and column, rows and columns of the truth that a block can see, with what shades it towards the Sun.

    And in each row the columns that are seen: blocks lie askew on the map.
    """
    first, lines, left, columns = block
    rays, pixel_m = job.view.rays, job.world.pixel_m
    i = _positions(first - 8, first + lines + 8, rays.line_step, rays.x.shape[1])
    j = _positions(left - 8, left + columns + 8, rays.column_step, rays.x.shape[2])
    x, dx = _between(rays.x, i, j), _between(rays.dx, i, j)
    y, dy = _between(rays.y, i, j), _between(rays.dy, i, j)
    low_m, high_m = _relief(job, (x, y, dx, dy))
    points = np.concatenate([np.stack([x + dx * h, y + dy * h], -1).reshape(-1, 2) for h in (low_m, high_m)])
    seen = shapely.MultiPoint(points).convex_hull.buffer(4.0 * job.view.gsd_m)
    west, north, east, south = seen.bounds
    reach_m = min(job.tallest_m / max(np.tan(np.arcsin(job.sun[2])), 0.05), 400.0) + 8.0
    flat = max(float(np.hypot(*job.sun[:2])), 1e-6)
    to_east, to_south = reach_m * job.sun[0] / flat, -reach_m * job.sun[1] / flat
    row, column = (int(np.floor(edge / pixel_m)) for edge in (north + min(to_south, 0.0), west + min(to_east, 0.0)))
    rows, width = (
        int(np.ceil((south + max(to_south, 0.0)) / pixel_m)) - row,
        int(np.ceil((east + max(to_east, 0.0)) / pixel_m)) - column,
    )
    ring = np.asarray(seen.exterior.coords)[:-1] / pixel_m - [column, row]
    spans = np.zeros((rows, 2), np.int64)
    world_kernels.spans_of(ring, width, spans)
    return row, column, rows, width, spans


def _positions(first: float, last: float, step: float, nodes: int) -> Floats:
    """A run of lines or columns in units of lattice nodes: its ends, and the nodes in it."""
    inner = np.arange(np.ceil(first / step), np.floor(last / step) + 1.0)
    return np.unique(np.clip(np.concatenate([[first / step], inner, [last / step]]), -2.0, nodes + 1.0))


def _between(field: Floats, lines: Floats, columns: Floats) -> Floats:
    """Values ``(band, line, column)`` of a lattice between its nodes, going on beyond its ends."""
    i = np.clip(np.floor(lines), 0, field.shape[1] - 2).astype(int)
    j = np.clip(np.floor(columns), 0, field.shape[2] - 2).astype(int)
    f, g = (lines - i)[:, None], (columns - j)[None, :]
    a, b = field[:, i][:, :, j], field[:, i][:, :, j + 1]
    c, d = field[:, i + 1][:, :, j], field[:, i + 1][:, :, j + 1]
    return np.asarray((a * (1 - g) + b * g) * (1 - f) + (c * (1 - g) + d * g) * f)


def _relief(job: Job, rays: tuple[Floats, Floats, Floats, Floats]) -> tuple[float, float]:
    """Least and greatest height of the land (with what stands on it) that a block can meet."""
    x, y, dx, dy = rays
    field = job.world.terrain.height_m
    ends = [(x + dx * h, y + dy * h) for h in (job.view.low_m, job.view.high_m)]
    columns = [
        np.clip(edge / CELL_M, 0, field.shape[1] - 1)
        for edge in (min(e[0].min() for e in ends), max(e[0].max() for e in ends))
    ]
    rows = [
        np.clip(edge / CELL_M, 0, field.shape[0] - 1)
        for edge in (min(e[1].min() for e in ends), max(e[1].max() for e in ends))
    ]
    part = field[int(max(rows[0] - 2, 0)) : int(rows[1]) + 3, int(max(columns[0] - 2, 0)) : int(columns[1]) + 3]
    return float(part.min()) - 1.0, float(part.max()) + job.tallest_m
