"""What does the camera record of a world? A line scanner with optics, motion, air and electronics, strip by strip.

Rays meet the relief and what stands on it, hidden ground stays hidden; sun, skylight, shadows of hills, houses,
trees and clouds; the camera's transfer function; electrons with all their noise; 12 bits.
The picture goes to the radio like any other, its line states with the errors of the satellite's sensors.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly.blocks import Block, expose_block
from swath.fly.clouds import CLEAR, Clouds
from swath.fly.job import Job, prepare_job
from swath.fly.motion import LINE_STEP, Disturbance, Exposure, blur_deg, draw_motion, measure
from swath.fly.picture import LineStates, Picture, Strips, picture_header
from swath.fly.sightlines import View, look
from swath.fly.world import Room, World
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.imager import Imager
from swath.spacecraft.imager_design import design_imager
from swath.spacecraft.light import Atmosphere
from swath.spacecraft.satellite import Satellite

__all__ = ["Aimed", "aim", "expose", "scan", "scan_strips"]

Counts = npt.NDArray[np.uint16]

_BLOCK_PX = 512
"""lines and columns that are drawn together; lines of a strip"""


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
    Slow vibration (``disturbance.jitter``) bends the lines, fast one adds to the camera's own jitter and blurs.
    ``progress`` is told the share that is done. Raises :class:`InputError` for exposures that the camera cannot make
    and truth that is too coarse or too fine for the picture; :class:`DataError` where it misses the land.

    Position of a feature: 0.02 pixel against independent geometry; transfer function, noise, shadows and displacement
    by height: tests/fly/test_scanner.py. Time grows with the pixels (benchmarks/speed/pictures.py); memory holds the
    whole picture, see :func:`scan_strips`.
    """
    taken = scan_strips(
        world, satellite, ephemeris, exposure, seed=seed, clouds=clouds, atmosphere=atmosphere, imager=imager,
        disturbance=disturbance, workers=workers, progress=progress,
    )  # fmt: skip
    bands, line = len(taken.header["bands"]), 0
    pixels = np.empty((bands, exposure.lines, exposure.columns), np.uint16)
    for strip in taken.strips:
        pixels[:, line : line + strip.shape[1]] = strip
        line += strip.shape[1]
    return Picture(pixels, taken.states, taken.header)


def scan_strips(
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
) -> Strips:
    """The same picture as of :func:`scan`, strip by strip: memory is two strips and some 150 MB a worker.

    Strips are made as they are taken from the iterator, one ahead.
    """
    aimed = aim(
        world, satellite, ephemeris, exposure, seed=seed, clouds=clouds, atmosphere=atmosphere, imager=imager,
        disturbance=disturbance,
    )  # fmt: skip
    return expose(aimed, workers=workers, progress=progress)


@dataclass(frozen=True)
class Aimed:
    """A picture that is about to be taken: all of it but its pixels."""

    header: Mapping[str, Any]
    states: LineStates
    job: Job


def aim(
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
) -> Aimed:
    """What a picture will look at, move like and record, worked out before the first pixel; as :func:`scan`."""
    imager = imager or design_imager(satellite.camera, line_period_s=exposure.line_period_s)
    _check(exposure, imager)
    rng = np.random.default_rng([seed & 0x7FFFFFFF, zlib.crc32(exposure.acquisition.encode()), 0x5CA])
    flaws = Disturbance() if disturbance is None else disturbance
    stages = max(band.tdi_stages for band in imager.bands)
    motion = draw_motion(rng, exposure, flaws, stages=stages)
    blur_rad = float(np.radians(blur_deg(exposure, flaws, stages=stages)))
    imager = replace(imager, jitter_rad=float(np.hypot(imager.jitter_rad, blur_rad)))
    view = look(world, ephemeris, exposure, motion, imager)
    _check_truth(world, exposure, view)
    states = measure(rng, satellite, ephemeris, exposure, motion, flaws)
    job = prepare_job(rng, satellite.id, world, exposure, view, imager, clouds, atmosphere or Atmosphere())
    return Aimed(_header(satellite, exposure, imager, view, len(states)), states, job)


def expose(aimed: Aimed, *, workers: int = 2, progress: Callable[[float], None] | None = None) -> Strips:
    """Take the pixels of a picture that was aimed, strip by strip."""
    bands = len(aimed.job.imager.bands)
    return Strips(aimed.header, aimed.states, _expose(aimed.job, bands, max(workers, 1), progress))


def _expose(job: Job, bands: int, workers: int, progress: Callable[[float], None] | None) -> Iterator[Counts]:
    """All strips of a picture, the parts of one or two at a time."""
    exposure = job.exposure
    rooms = SimpleQueue[Room]()
    for _ in range(workers):
        rooms.put(Room())

    def expose(block: Block, top: int, pixels: Counts) -> None:
        room = rooms.get()
        try:
            expose_block(job, block, room, top, pixels)
        finally:
            rooms.put(room)

    def begin(top: int) -> tuple[Counts, list[Future[None]]]:
        lines = min(_BLOCK_PX, exposure.lines - top)
        pixels = np.empty((bands, lines, exposure.columns), np.uint16)
        blocks = [
            (top, lines, left, min(_BLOCK_PX, exposure.columns - left))
            for left in range(0, exposure.columns, _BLOCK_PX)
        ]
        return pixels, [pool.submit(expose, block, top, pixels) for block in blocks]

    tops = list(range(0, exposure.lines, _BLOCK_PX))
    with ThreadPoolExecutor(workers) as pool:
        ahead = begin(0)
        try:
            for number in range(len(tops)):
                (pixels, parts), last = ahead, number + 1 == len(tops)
                ahead = (pixels, []) if last else begin(tops[number + 1])
                for done, part in enumerate(parts, 1):
                    part.result()
                    if progress is not None:
                        progress((number + done / len(parts)) / len(tops))
                yield pixels
        finally:
            # Whoever stops taking strips, or a fault, leaves nothing to do behind.
            for part in ahead[1]:
                part.cancel()


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
        band_row_px=[float(band.row_px) for band in imager.bands],
        band_lead_lines=[float(lead) for lead in view.lead_lines],
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
