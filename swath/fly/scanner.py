"""What does the camera record of a world? A line scanner with optics, motion, air and electronics, strip by strip.

Rays meet the relief and what stands on it, hidden ground stays hidden; sun, skylight, shadows of hills, houses,
trees and clouds; the camera's transfer function; electrons with all their noise; 12 bits.
The picture goes to the radio like any other, its line states with the errors of the satellite's sensors.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly.blocks import Block, expose_block
from swath.fly.clouds import CLEAR, Clouds
from swath.fly.job import Job, prepare_job
from swath.fly.motion import LINE_STEP, Disturbance, Exposure, draw_motion, measure
from swath.fly.picture import Picture, picture_header
from swath.fly.sightlines import View, look
from swath.fly.world import Room, World
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.imager import Imager
from swath.spacecraft.imager_design import design_imager
from swath.spacecraft.light import Atmosphere
from swath.spacecraft.satellite import Satellite

__all__ = ["scan"]

_BLOCK_PX = 512


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
    job = prepare_job(rng, world, exposure, view, imager, clouds, atmosphere or Atmosphere())
    pixels = _expose(job, len(imager.bands), max(workers, 1), progress)
    header = _header(satellite, exposure, imager, view, len(states))
    return Picture(pixels, states, header)


def _expose(job: Job, bands: int, workers: int, progress: Callable[[float], None] | None) -> npt.NDArray[np.uint16]:
    """All blocks of a picture, some at a time."""
    exposure = job.exposure
    pixels = np.empty((bands, exposure.lines, exposure.columns), np.uint16)
    blocks, rooms = list(_blocks(exposure)), SimpleQueue[Room]()
    for _ in range(workers):
        rooms.put(Room())

    def expose(block: Block) -> None:
        room = rooms.get()
        expose_block(job, block, room, pixels)
        rooms.put(room)

    with ThreadPoolExecutor(workers) as pool:
        for done, _ in enumerate(pool.map(expose, blocks), 1):
            if progress is not None:
                progress(done / len(blocks))
    return pixels


def _header(satellite: Satellite, exposure: Exposure, imager: Imager, view: View, records: int) -> dict[str, Any]:
    return picture_header(
        acquisition=exposure.acquisition,
        request=exposure.request,
        satellite=satellite.id,
        bands=tuple(band.name for band in imager.bands),
        lines=exposure.lines,
        columns=exposure.columns,
        line_step=LINE_STEP,
        records=records,
        ifov_rad=imager.ifov_rad,
        reflectance_per_count=imager.full_scale_reflectance / (imager.top_count - imager.offset_count),
        offset_count=imager.offset_count,
        gsd_m=view.gsd_m,
    )


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


def _blocks(exposure: Exposure) -> Iterator[Block]:
    """First line, lines, first column, columns of the parts of a picture."""
    for first in range(0, exposure.lines, _BLOCK_PX):
        for left in range(0, exposure.columns, _BLOCK_PX):
            yield first, min(_BLOCK_PX, exposure.lines - first), left, min(_BLOCK_PX, exposure.columns - left)
