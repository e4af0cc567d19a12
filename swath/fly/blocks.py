"""One part of a picture: the truth under it is drawn, lit, looked at, blurred and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from swath.fly import detector_kernels, light_kernels, world_kernels
from swath.fly import materials as looks
from swath.fly.job import Job
from swath.fly.scanner_kernels import TAPS, TIMES, gather
from swath.fly.sight_kernels import AHEAD, BLOCK, EVERY, meet_ground, tall_blocks
from swath.fly.terrain import CELL_M
from swath.fly.world import Patch, Room, draw_patch
from swath.fly.world_kernels import Frame

__all__ = ["Block", "expose_block", "light_patch", "shadow_reach"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Block = tuple[int, int, int, int]
"""first line, lines, first column, columns"""

_CHUNK_LINES = 16
"""lines that are worked on together: what is summed across for them stays near the processor"""


def expose_block(job: Job, block: Block, room: Room, top: int, pixels: npt.NDArray[np.uint16]) -> None:
    """Draw the truth under one block, light it, look at it, and write its counts into ``pixels``.

    ``pixels`` (band, line, column) are some lines of the picture, from line ``top`` on.
    """
    first, lines, left, columns = block
    rays = job.view.rays
    row, column, rows, width, spans = _box(job, block)
    patch = draw_patch(job.world, row=row, column=column, rows=rows, columns=width, at=job.exposure.start, room=room)
    frame = Frame(row, column, job.world.pixel_m, CELL_M / job.world.pixel_m)
    shine = light_patch(job, patch, frame, spans, room)
    ground, tall, pace_m = _met(job, block, patch)
    kept, (bands, terms, _) = TAPS - TIMES, job.across.shape
    sums = np.empty((bands, _CHUNK_LINES * TIMES + kept, terms, columns), np.float32)
    light = np.empty((bands, _CHUNK_LINES, columns), np.float32)
    for done in range(0, lines, _CHUNK_LINES):
        now, line = min(_CHUNK_LINES, lines - done), first + done
        # The sample lines that these lines share with the last ones are there already.
        held = kept if done else 0
        sums[:, :held] = sums[:, _CHUNK_LINES * TIMES : _CHUNK_LINES * TIMES + held]
        part = (held, now * TIMES + kept)
        gather(
            rays, ground, shine, patch.height, tall, frame, first, left, done, part, pace_m, job.apart, job.across, sums
        )
        detector_kernels.sum_along(sums, job.along, now, light)
        detector_kernels.count(light, now, job.sky, rays, job.electronics, line, left, top, pixels)


def _met(job: Job, block: Block, patch: Patch) -> tuple[Singles, npt.NDArray[np.uint8], float]:
    """Heights where lines of sight meet the ground, what stands tall near them, and their steps down past that (m)."""
    first, lines, left, columns = block
    view, pixel_m = job.view, job.world.pixel_m
    slant = float(np.hypot(view.rays.dx, view.rays.dy).max())
    tall = tall_blocks(patch.height, int(np.ceil(slant * job.tallest_m / pixel_m / BLOCK)) + 1)
    ground = np.empty(((lines + 8) // EVERY + 2, (columns + 8) // EVERY + 2), np.float32)
    heights, low_m, high_m = job.world.terrain.height_m, view.low_m, view.high_m
    meet_ground(view.rays, heights, CELL_M, low_m, high_m, job.steepest_ratio, first - AHEAD, left - AHEAD, ground)
    # Past what stands on the ground a ray goes down in steps of a truth pixel, sixteen metres at most.
    return ground, tall, min(pixel_m / max(slant, 1e-6), 16.0)


def light_patch(
    job: Job, patch: Patch, frame: Frame, spans: npt.NDArray[np.int64], room: Room
) -> npt.NDArray[np.uint16]:
    """Light that leaves each truth pixel of a patch, ``(row, column, band)`` x 32768, in the ``spans`` of its rows."""
    shape = patch.cover.shape
    east, south = job.sun[0], -job.sun[1]
    step = max(abs(east), abs(south), 1e-6)
    drop_m = frame.pixel_m * job.sun[2] / step
    lit, shine = room.array("lit", shape, np.uint8), room.array("shine", shape, np.uint64)
    ground = job.world.terrain.height_m
    light_kernels.cast_shadows(ground, patch.height, frame, east / step, south / step, drop_m, lit)
    seed, flood = job.world.seed & 0x7FFFFFFF, job.table[looks.FLOOD_WATER]
    light_kernels.shine(patch.cover, lit, job.table, job.direct, job.fields, spans, frame, seed, flood, shine)
    return shine.view(np.uint16).reshape(*shape, 4)


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
    to_east, to_south = shadow_reach(job)
    row, column = (int(np.floor(edge / pixel_m)) for edge in (north + min(to_south, 0.0), west + min(to_east, 0.0)))
    rows, width = (
        int(np.ceil((south + max(to_south, 0.0)) / pixel_m)) - row,
        int(np.ceil((east + max(to_east, 0.0)) / pixel_m)) - column,
    )
    ring = np.asarray(seen.exterior.coords)[:-1] / pixel_m - [column, row]
    spans = np.zeros((rows, 2), np.int64)
    world_kernels.spans_of(ring, width, spans)
    return row, column, rows, width, spans


def shadow_reach(job: Job) -> tuple[float, float]:
    """How far towards the Sun, east and south, stands what can shade a place?"""
    reach_m = min(job.tallest_m / max(np.tan(np.arcsin(job.sun[2])), 0.05), 400.0) + 8.0
    flat = max(float(np.hypot(*job.sun[:2])), 1e-6)
    return reach_m * job.sun[0] / flat, -reach_m * job.sun[1] / flat


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
