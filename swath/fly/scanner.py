"""What does the camera record of a world? A line scanner with optics, motion, air and electronics, strip by strip.

Rays meet the relief and what stands on it, hidden ground stays hidden; sun, skylight, shadows of hills, houses,
trees and clouds; the camera's transfer function; electrons with all their noise; 12 bits.
The picture goes to the radio like any other, its line states with the errors of the satellite's sensors.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
import shapely

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly import scanner_kernels as kernels
from swath.fly import world_kernels
from swath.fly.blur import pixel_weights
from swath.fly.chance import normal_table
from swath.fly.clouds import CLEAR, Clouds
from swath.fly.motion import LINE_STEP, Disturbance, Exposure, draw_motion, measure
from swath.fly.picture import Picture, picture_header
from swath.fly.sightlines import View, look
from swath.fly.terrain import CELL_M
from swath.fly.world import Room, World, draw_patch, look_table
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.imager import Imager
from swath.spacecraft.imager_design import design_imager
from swath.spacecraft.light import Atmosphere, air_light, full_scale_electrons
from swath.spacecraft.satellite import Satellite

__all__ = ["scan"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

_BLOCK_PX = 512
_CHUNK_LINES = 64
_EVERY_PX = 2
"""lines and columns between rays that are met with the ground; the relief is drawn on cells of 16 m"""
_TREES_M = 20.0


@dataclass(frozen=True)
class _Job:
    """All that is the same for every block of a picture."""

    world: World
    exposure: Exposure
    view: View
    table: Singles
    direct: Singles
    fields: Singles
    clouds: Clouds
    along: Singles
    across: Singles
    electronics: kernels.Electronics
    sun: tuple[float, float, float]
    """unit vector to the Sun: east, north, up"""
    tallest_m: float
    apart: bool
    """bands look so differently that each must find out what stands in its way"""


def scan(
    world: World,
    satellite: Satellite,
    ephemeris: Ephemeris,
    exposure: Exposure,
    *,
    seed: int,
    clouds: Clouds = CLEAR,
    atmosphere: Atmosphere | None = None,
    imager: Imager | None = None,
    disturbance: Disturbance | None = None,
    workers: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Picture:
    """Take one picture of a world; the same arguments give the same bytes, whatever the number of ``workers``.

    ``imager`` is by default what :func:`design_imager` makes of the satellite's planner numbers. ``exposure`` needs the
    Sun's elevation and azimuth, one for the whole picture; the land is drawn as it is at ``exposure.start``.
    ``progress`` is told the share that is done. Raises :class:`InputError` for exposures that the camera cannot make
    and truth that is too coarse or too fine for the picture; :class:`DataError` where it misses the land.

    Position of a feature: 0.02 pixel against independent geometry; transfer function, noise, shadows and displacement
    by height: tests/fly/test_scanner.py. Time grows with the pixels, memory with the picture itself and some 150 MB a
    worker (benchmarks/speed/pictures.py).
    """
    imager = imager or design_imager(satellite.optics, line_period_s=exposure.line_period_s)
    _check(exposure, imager)
    rng = np.random.default_rng([seed & 0x7FFFFFFF, zlib.crc32(exposure.acquisition.encode()), 0x5CA])
    flaws = Disturbance() if disturbance is None else disturbance
    motion = draw_motion(rng, exposure, flaws)
    view = look(world, ephemeris, exposure, motion, imager)
    _check_truth(world, exposure, view)
    states = measure(rng, satellite, ephemeris, exposure, motion, flaws)
    job = _prepare(rng, world, exposure, view, imager, clouds, atmosphere or Atmosphere())
    pixels = np.empty((len(imager.bands), exposure.lines, exposure.columns), np.uint16)
    blocks, rooms = list(_blocks(exposure)), SimpleQueue[Room]()
    for _ in range(max(workers, 1)):
        rooms.put(Room())
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        for done, _ in enumerate(pool.map(lambda block: _expose(job, block, rooms, pixels), blocks), 1):
            if progress is not None:
                progress(done / len(blocks))
    header = picture_header(
        acquisition=exposure.acquisition,
        request=exposure.request,
        satellite=satellite.id,
        bands=tuple(band.name for band in imager.bands),
        lines=exposure.lines,
        columns=exposure.columns,
        line_step=LINE_STEP,
        records=len(states),
        ifov_rad=imager.ifov_rad,
        reflectance_per_count=imager.full_scale_reflectance / (imager.top_count - imager.offset_count),
        offset_count=imager.offset_count,
        gsd_m=view.gsd_m,
    )
    return Picture(pixels, states, header)


def _check(exposure: Exposure, imager: Imager) -> None:
    where = f"acquisition {exposure.acquisition}"
    if not (exposure.lines >= 2 and 2 <= exposure.columns <= imager.detectors and exposure.line_period_s > 0):
        raise InputError(
            f"a picture of {exposure.lines} lines and {exposure.columns} columns, {exposure.line_period_s} s a line",
            where=where,
            fix=f"Give at least 2 lines, 2 to {imager.detectors} columns and a positive line period",
        )
    strange = [band.name for band in imager.bands if band.name not in looks.BANDS]
    if strange or imager.bits_per_sample > 12:
        raise InputError(
            f"bands {', '.join(strange)} of {imager.bits_per_sample} bits cannot be simulated",
            where=where,
            fix=f"Choose among {', '.join(looks.BANDS)}, at most 12 bits",
        )
    if not (0.0 < exposure.sun_elevation_deg <= 90.0 and np.isfinite(exposure.sun_azimuth_deg)):
        raise InputError(
            f"the Sun stands at {exposure.sun_elevation_deg} deg, azimuth {exposure.sun_azimuth_deg} deg",
            where=where,
            fix="Take pictures by day and give both angles",
        )


def _check_truth(world: World, exposure: Exposure, view: View) -> None:
    ratio = view.gsd_m / world.pixel_m
    if not 2.0 <= ratio <= 12.0:
        raise InputError(
            f"pixels of {view.gsd_m:.2f} m over truth of {world.pixel_m:.2f} m",
            where=f"acquisition {exposure.acquisition}",
            fix=f"Make the world with pixel_m of about {view.gsd_m / 4.5:.2f}",
        )


def _prepare(
    rng: np.random.Generator,
    world: World,
    exposure: Exposure,
    view: View,
    imager: Imager,
    clouds: Clouds,
    atmosphere: Atmosphere,
) -> _Job:
    elevation, azimuth = np.radians(exposure.sun_elevation_deg), np.radians(exposure.sun_azimuth_deg)
    sun = (
        float(np.cos(elevation) * np.sin(azimuth)),
        float(np.cos(elevation) * np.cos(azimuth)),
        float(np.sin(elevation)),
    )
    up, away = np.radians(view.elevation_deg), np.radians(view.azimuth_deg)
    camera = (np.cos(up) * np.sin(away), np.cos(up) * np.cos(away), np.sin(up))
    scattering_deg = float(np.degrees(np.arccos(np.clip(-np.dot(sun, camera), -1.0, 1.0))))
    air = [
        air_light(
            atmosphere,
            wavelength_m=band.wavelength_m,
            sun_elevation_deg=exposure.sun_elevation_deg,
            view_elevation_deg=view.elevation_deg,
            scattering_deg=scattering_deg,
            altitude_m=world.place.altitude_m,
        )
        for band in imager.bands
    ]
    rows = [band.row_px for band in imager.bands]
    weights = [pixel_weights(imager, band) for band in imager.bands]
    electronics = _electronics(rng, exposure, imager, sun[2])
    chosen = [looks.BANDS.index(band.name) for band in imager.bands]
    filled = [chosen[number % len(chosen)] for number in range(4)]
    table = look_table(world, exposure.start)
    sunlight = world_kernels.shade_terrain(world.terrain.height_m, CELL_M, *sun)
    sunlight = sunlight * (1.0 - _cloud_shadow(world, clouds, sun))
    standing = [float(layer.height_m.max()) for layer in world.layers if len(layer)]
    standing += [float(e.pieces.height_m.max()) for e in world.edits if e.pieces is not None and len(e.pieces)]
    return _Job(
        world,
        exposure,
        view,
        table[:, [*filled, *(4 + number for number in filled), *range(8, table.shape[1])]],
        np.array([air[number % len(air)].direct_share for number in range(4)], np.float32),
        np.stack([sunlight, world.vigour]).astype(np.float32),
        clouds,
        np.stack([along for along, _ in weights]).astype(np.float32),
        np.stack([across for _, across in weights]).astype(np.float32),
        electronics._replace(
            path=np.array([light.path_reflectance for light in air], np.float32),
            passes=np.array([light.transmission_share for light in air], np.float32),
        ),
        sun,
        max([*standing, _TREES_M]),
        (max(rows) - min(rows)) * imager.ifov_rad * max([*standing, _TREES_M]) > 0.2 * world.pixel_m,
    )


def _electronics(rng: np.random.Generator, exposure: Exposure, imager: Imager, sun_up: float) -> kernels.Electronics:
    """Gains, offsets and noise of every column; the air is still missing."""
    period_s, shape = exposure.line_period_s, (len(imager.bands), exposure.columns)
    full = np.array([full_scale_electrons(imager, band, line_period_s=period_s) for band in imager.bands])
    stages = np.array([band.tdi_stages for band in imager.bands])
    gain = np.maximum(1.0 + imager.prnu_share * rng.normal(0.0, 1.0, shape), 0.01)
    fate = rng.uniform(size=shape)
    gain[fate < imager.hot_share] = -1.0
    gain[fate > 1.0 - imager.dead_share] = 0.0
    return kernels.Electronics(
        electrons_per_unit=(full / imager.full_scale_reflectance * sun_up).astype(np.float32),
        path=np.zeros(len(full), np.float32),
        passes=np.ones(len(full), np.float32),
        cloud=np.ones(len(full), np.float32),
        dark=(imager.dsnu_electron_count * rng.normal(0.0, 1.0, shape)).astype(np.float32),
        gain=gain.astype(np.float32),
        per_count=(full / (imager.top_count - imager.offset_count)).astype(np.float32),
        read2=(imager.read_electron_count**2 + imager.dark_electrons_per_s * period_s * stages).astype(np.float32),
        offset=float(imager.offset_count),
        top=float(imager.top_count),
        normal=normal_table(),
        seed=int(rng.integers(2**31)),
    )


def _cloud_shadow(world: World, clouds: Clouds, sun: tuple[float, float, float]) -> Singles:
    """Opacity of the cloud between each terrain cell and the Sun."""
    field = world.terrain.height_m
    if clouds.opacity.size == 1:
        return np.zeros_like(field)
    rise = np.maximum(clouds.height_m - field, 0.0) / sun[2]
    y, x = np.indices(field.shape, np.float32)
    column = ((x + 0.5) * CELL_M + rise * sun[0]) / clouds.cell_m - 0.5
    row = ((y + 0.5) * CELL_M - rise * sun[1]) / clouds.cell_m - 0.5
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    fy, fx = row - i, column - j
    rows, columns = clouds.opacity.shape
    k, m = (i + 1) % rows, (j + 1) % columns
    i, j = i % rows, j % columns
    top = clouds.opacity[i, j] * (1 - fx) + clouds.opacity[i, m] * fx
    bottom = clouds.opacity[k, j] * (1 - fx) + clouds.opacity[k, m] * fx
    return np.asarray(top * (1 - fy) + bottom * fy, np.float32)


def _blocks(exposure: Exposure) -> Iterator[tuple[int, int, int, int]]:
    """First line, lines, first column, columns of the parts of a picture."""
    for first in range(0, exposure.lines, _BLOCK_PX):
        for left in range(0, exposure.columns, _BLOCK_PX):
            yield first, min(_BLOCK_PX, exposure.lines - first), left, min(_BLOCK_PX, exposure.columns - left)


def _expose(
    job: _Job, block: tuple[int, int, int, int], rooms: SimpleQueue[Room], pixels: npt.NDArray[np.uint16]
) -> None:
    """Draw the truth under one block, light it, look at it, and write its counts."""
    room = rooms.get()
    first, lines, left, columns = block
    world, view = job.world, job.view
    row, column, rows, width, spans = _box(job, block)
    patch = draw_patch(world, row=row, column=column, rows=rows, columns=width, at=job.exposure.start, room=room)
    cell = CELL_M / world.pixel_m
    east, south = job.sun[0], -job.sun[1]
    step = max(abs(east), abs(south), 1e-6)
    lit = room.array("lit", (rows, width), np.uint8)
    world_kernels.cast_shadows(
        world.terrain.height_m,
        patch.height,
        row,
        column,
        cell,
        east / step,
        south / step,
        world.pixel_m * job.sun[2] / step,
        lit,
    )
    shine = room.array("shine", (rows, width, 4), np.uint16)
    world_kernels.shine(
        patch.cover,
        patch.height,
        lit,
        job.table,
        job.direct,
        job.fields,
        spans,
        row,
        column,
        cell,
        world.seed & 0x7FFFFFFF,
        looks.FLOOD_WATER,
        shine,
    )
    slant = float(np.hypot(view.rays.dx, view.rays.dy).max())
    reach = int(np.ceil(slant * job.tallest_m / world.pixel_m / kernels.BLOCK)) + 1
    tall = kernels.tall_blocks(patch.height, reach)
    for start in range(first, first + lines, _CHUNK_LINES):
        part = (start, min(_CHUNK_LINES, first + lines - start), left, columns)
        _expose_chunk(job, part, (row, column), shine, patch.height, tall, room, pixels)
    rooms.put(room)


def _expose_chunk(
    job: _Job,
    part: tuple[int, int, int, int],
    corner: tuple[int, int],
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
    kernels.gather(
        rays, ground, _EVERY_PX, shine, height, tall, *corner, job.world.pixel_m, first, left, job.apart, samples
    )
    light = np.empty((bands, lines, columns), np.float32)
    kernels.blur(samples, job.along, job.across, light)
    clouds = job.clouds
    out = pixels[:, first : first + lines, left : left + columns]
    kernels.count(light, clouds.opacity, rays, clouds.cell_m, clouds.height_m, job.electronics, first, left, out)


def _box(job: _Job, block: tuple[int, int, int, int]) -> tuple[int, int, int, int, npt.NDArray[np.int64]]:
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


def _relief(job: _Job, rays: tuple[Floats, Floats, Floats, Floats]) -> tuple[float, float]:
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
