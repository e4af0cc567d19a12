"""What does the camera record? A line scanner carried along its orbit over a simulated landscape.

Every line has its own time, position and attitude; every detector a line of sight that meets the ellipsoid (raised to
the place's altitude: relief does not shift pixels yet) at one point of the truth. Light becomes counts with haze,
clouds, shot and read noise and 12 bits. The satellite *reports* position and attitude with the errors of its sensors,
so the ground can place the picture only as well as a real one.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.fly import camera_kernels as kernels
from swath.fly import materials as looks
from swath.fly.chance import normal_table
from swath.fly.motion import (
    LINE_STEP,
    Disturbance,
    Exposure,
    Motion,
    after_s,
    draw_motion,
    line_utc,
    lines_of_sight,
    measure,
)
from swath.fly.picture import Picture, picture_header
from swath.fly.site import Site, Sky, nodes, sky_map, to_site
from swath.frames import geodetic_from_itrf, geodetic_up, orbital_axes, ray_to_ellipsoid
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.optics import Optics
from swath.spacecraft.satellite import Satellite

__all__ = ["OFFSET_COUNT", "SHOT_SHARE", "take_picture"]

Floats = npt.NDArray[np.float64]

OFFSET_COUNT = 64
"""counts without light, so that noise is not cut off at nought"""
SHOT_SHARE = 0.8
"""of the noise variance at a tenth of full scale, what grows with the light; the rest is read noise"""


def take_picture(
    site: Site,
    sky: Sky | None,
    satellite: Satellite,
    ephemeris: Ephemeris,
    exposure: Exposure,
    *,
    seed: int,
    flooded: bool = True,
    disturbance: Disturbance | None = None,
) -> Picture:
    """Take one picture of a simulated site; the same arguments give the same bytes.

    ``sky`` none is a clear one; ``flooded`` false pictures the ground before the flood. Errors of pointing belong to
    ``exposure`` (``spacecraft.fly_plan`` draws them); those of measurement, drift and noise are drawn here from
    ``seed`` and the acquisition's id. Sun elevation is one for the whole picture.

    Raises :class:`InputError` for more columns than detectors, bands that are not simulated, more than 12 bits or a Sun
    below the horizon; :class:`DataError` where a line of sight misses the Earth. Geometry between exact lines of sight
    (every 32 lines and columns) is linear, good to 0.01 pixel (tests/fly/test_pushbroom.py).
    """
    optics = satellite.optics
    _check(exposure, optics)
    rng = np.random.default_rng([seed & 0x7FFFFFFF, zlib.crc32(exposure.acquisition.encode()), 0xCA])
    flaws = Disturbance() if disturbance is None else disturbance
    motion = draw_motion(rng, exposure, flaws)
    lattice, gsd_m = _look(site, ephemeris, exposure, motion, optics)
    states = measure(rng, satellite, ephemeris, exposure, motion, flaws)
    sensor = _sensor(optics, exposure, int(rng.integers(2**31)))
    pixels = np.empty((len(optics.bands), exposure.lines, exposure.columns), np.uint16)
    bands = np.array([looks.BANDS.index(band) for band in optics.bands])
    kernels.expose(site.ground(flooded=flooded), lattice, sky_map(site, sky), sensor, bands, 0, pixels)
    header = picture_header(
        acquisition=exposure.acquisition,
        request=exposure.request,
        satellite=satellite.id,
        bands=optics.bands,
        lines=exposure.lines,
        columns=exposure.columns,
        line_step=LINE_STEP,
        records=len(states),
        ifov_rad=optics.ifov_rad,
        reflectance_per_count=1.0 / sensor.counts_per_unit,
        offset_count=OFFSET_COUNT,
        gsd_m=gsd_m,
    )
    return Picture(pixels, states, header)


def _check(exposure: Exposure, optics: Optics) -> None:
    where = f"acquisition {exposure.acquisition}"
    if not (exposure.lines >= 2 and 2 <= exposure.columns <= optics.detectors and exposure.line_period_s > 0):
        raise InputError(
            f"a picture of {exposure.lines} lines and {exposure.columns} columns, {exposure.line_period_s} s a line",
            where=where,
            fix=f"Give at least 2 lines, 2 to {optics.detectors} columns and a positive line period",
        )
    strange = [band for band in optics.bands if band not in looks.BANDS]
    if strange or optics.bits_per_sample > 12:
        raise InputError(
            f"bands {', '.join(optics.bands)} of {optics.bits_per_sample} bits cannot be simulated",
            where=where,
            fix=f"Choose among {', '.join(looks.BANDS)}, at most 12 bits",
        )
    if not 0.0 < exposure.sun_elevation_deg <= 90.0:
        raise InputError(f"the Sun stands at {exposure.sun_elevation_deg} deg", where=where, fix="Take pictures by day")


def _look(
    site: Site, ephemeris: Ephemeris, exposure: Exposure, motion: Motion, optics: Optics
) -> tuple[kernels.Lattice, float]:
    """Truth coordinates of exact lines of sight on a lattice of lines and columns; the pixel size at the middle."""
    lines, line_step = nodes(exposure.lines)
    columns, column_step = nodes(exposure.columns)
    r_itrf_m, v_itrf_m_s = ephemeris.states(line_utc(exposure, lines))
    roll_deg, pitch_deg, yaw_deg = motion.at(after_s(exposure, lines)).T
    tangent = (columns - (exposure.columns - 1) / 2.0) * optics.ifov_rad
    sight = lines_of_sight(roll_deg, pitch_deg, yaw_deg, tangent)
    direction = np.einsum("lij,lci->lcj", orbital_axes(r_itrf_m, v_itrf_m_s), sight)
    ground_m = ray_to_ellipsoid(r_itrf_m[:, None], direction, altitude_m=site.place.altitude_m)
    if not np.isfinite(ground_m).all():
        raise DataError(
            f"the camera looks past the Earth (roll {exposure.roll_deg:.1f}, pitch {exposure.pitch_deg:.1f} deg)",
            where=f"acquisition {exposure.acquisition}",
            fix="Keep the angles below the horizon",
        )
    lon_deg, lat_deg, _ = geodetic_from_itrf(ground_m)
    x, y = to_site(site, lon_deg=lon_deg, lat_deg=lat_deg)
    _check_hit(site, exposure, x, y)
    i, j = len(lines) // 2, len(columns) // 2
    back_m = r_itrf_m[i] - ground_m[i, j]
    range_m = float(np.linalg.norm(back_m))
    cosine = float(back_m @ geodetic_up(lon_deg=lon_deg[i, j], lat_deg=lat_deg[i, j])) / range_m
    gsd_m = float(optics.gsd_m(range_m, np.degrees(np.arccos(min(cosine, 1.0)))))
    return kernels.Lattice(x, y, line_step, column_step), gsd_m


def _check_hit(site: Site, exposure: Exposure, x: Floats, y: Floats) -> None:
    grid = site.grid
    if x.max() < 0 or y.max() < 0 or x.min() > grid.width or y.min() > grid.height:
        miss_m = grid.pixel_m * float(np.hypot(x.mean() - grid.width / 2, y.mean() - grid.height / 2))
        raise DataError(
            f"the picture misses the site by {miss_m / 1e3:.1f} km",
            where=f"acquisition {exposure.acquisition}",
            fix="Correct the time and attitude, or make a larger site",
        )


def _sensor(optics: Optics, exposure: Exposure, seed: int) -> kernels.Sensor:
    """Gain and noise: shot and read noise that together give ``signal_to_noise`` at a tenth of full scale."""
    top = 2**optics.bits_per_sample - 1
    tenth = (top - OFFSET_COUNT) / 10.0
    variance = (tenth / optics.signal_to_noise) ** 2
    return kernels.Sensor(
        haze=looks.HAZE,
        cos_zenith=float(np.sin(np.radians(exposure.sun_elevation_deg))),
        counts_per_unit=(top - OFFSET_COUNT) / optics.full_well_reflectance,
        offset=float(OFFSET_COUNT),
        shot=SHOT_SHARE * variance / tenth,
        read=(1.0 - SHOT_SHARE) * variance,
        top=float(top),
        normal=normal_table(),
        seed=seed,
    )
