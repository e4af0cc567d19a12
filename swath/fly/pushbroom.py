"""What does the camera record? A line scanner carried along its orbit over a simulated landscape.

Every line has its own time, position and attitude; every detector a line of sight that meets the ellipsoid (raised to
the place's altitude: relief does not shift pixels yet) at one point of the truth. Light becomes counts with haze,
clouds, shot and read noise and 12 bits. The satellite *reports* position and attitude with the errors of its sensors,
so the ground can place the picture only as well as a real one.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.fly import camera_kernels as kernels
from swath.fly import materials as looks
from swath.fly.chance import normal_table
from swath.fly.picture import LineStates, Picture, picture_header
from swath.fly.site import Site, Sky, nodes, sky_map, to_site
from swath.frames import geodetic_from_itrf, geodetic_up, orbital_axes, ray_to_ellipsoid
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.agility import boresight
from swath.spacecraft.optics import Optics
from swath.spacecraft.satellite import Satellite

__all__ = ["Disturbance", "Exposure", "LINE_STEP", "OFFSET_COUNT", "PERFECT", "SHOT_SHARE", "take_picture"]

Floats = npt.NDArray[np.float64]

LINE_STEP = 16
"""lines between two records of position and attitude"""
OFFSET_COUNT = 64
"""counts without light, so that noise is not cut off at nought"""
SHOT_SHARE = 0.8
"""of the noise variance at a tenth of full scale, what grows with the light; the rest is read noise"""


@dataclass(frozen=True)
class Exposure:
    """One picture as it is really taken. Attitude is the true mean one (``model.Flown``), in the orbital frame."""

    acquisition: str
    request: str
    start: np.datetime64
    """the middle of line i is ``(i + 0.5) line_period_s`` later"""
    lines: int
    columns: int
    """the middle detectors of the row"""
    line_period_s: float
    roll_deg: float
    pitch_deg: float
    yaw_deg: float
    sun_elevation_deg: float


@dataclass(frozen=True)
class Disturbance:
    """What is not as it should be while the picture is taken, one sigma; all 0 is a perfect satellite."""

    knowledge_share: float = 1.0
    """times ``Agility.knowledge_sigma_deg``: constant error of the reported attitude, an axis"""
    tracker_share: float = 0.05
    """times ``Agility.knowledge_sigma_deg``: its change from record to record"""
    drift_deg_s: float = 1e-4
    """true slow turn during the picture, an axis"""
    jitter_deg: float = 2e-5
    """true vibration of 0.3 to 2 Hz, an axis; faster vibration blurs rather than bends and is left out"""
    gps_m: float = 1.0
    """constant error of the reported position, an axis; 3 cm more from record to record"""


PERFECT = Disturbance(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class _Motion:
    """True roll, pitch and yaw as a function of seconds since the middle of the picture."""

    mean_deg: Floats
    drift_deg_s: Floats
    wave_deg: Floats
    """``(axis, wave)``; likewise ``wave_hz`` and ``wave_rad``, the phase"""
    wave_hz: Floats
    wave_rad: Floats

    def at(self, after_s: Floats) -> Floats:
        """``(n, 3)`` degrees."""
        phase = 2.0 * np.pi * self.wave_hz * after_s[:, None, None] + self.wave_rad
        return np.asarray(self.mean_deg + self.drift_deg_s * after_s[:, None] + (self.wave_deg * np.sin(phase)).sum(-1))


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
    motion = _draw_motion(rng, exposure, flaws)
    lattice, gsd_m = _look(site, ephemeris, exposure, motion, optics)
    states = _measure(rng, satellite, ephemeris, exposure, motion, flaws)
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


def _draw_motion(rng: np.random.Generator, exposure: Exposure, flaws: Disturbance) -> _Motion:
    waves = 4
    return _Motion(
        mean_deg=np.array([exposure.roll_deg, exposure.pitch_deg, exposure.yaw_deg]),
        drift_deg_s=rng.normal(0.0, 1.0, 3) * flaws.drift_deg_s,
        wave_deg=rng.normal(0.0, np.sqrt(2.0 / waves), (3, waves)) * flaws.jitter_deg,
        wave_hz=rng.uniform(0.3, 2.0, (3, waves)),
        wave_rad=rng.uniform(0.0, 2.0 * np.pi, (3, waves)),
    )


def _after_s(exposure: Exposure, lines: Floats) -> Floats:
    """Seconds from the middle of the picture to the middle of each line."""
    return (lines + 0.5 - exposure.lines / 2.0) * exposure.line_period_s


def _utc(exposure: Exposure, lines: Floats) -> npt.NDArray[np.datetime64]:
    """UTC of each line's middle, to the nanosecond. (No picture spans a leap second: it lasts seconds.)"""
    after_ns = np.round((lines + 0.5) * exposure.line_period_s * 1e9).astype("timedelta64[ns]")
    return np.asarray(exposure.start.astype("datetime64[ns]") + after_ns)


def _look(
    site: Site, ephemeris: Ephemeris, exposure: Exposure, motion: _Motion, optics: Optics
) -> tuple[kernels.Lattice, float]:
    """Truth coordinates of exact lines of sight on a lattice of lines and columns; the pixel size at the middle."""
    lines, line_step = nodes(exposure.lines)
    columns, column_step = nodes(exposure.columns)
    r_itrf_m, v_itrf_m_s = ephemeris.states(_utc(exposure, lines))
    roll_deg, pitch_deg, yaw_deg = motion.at(_after_s(exposure, lines)).T
    tangent = (columns - (exposure.columns - 1) / 2.0) * optics.ifov_rad
    sight = _lines_of_sight(roll_deg, pitch_deg, yaw_deg, tangent)
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


def _lines_of_sight(roll_deg: Floats, pitch_deg: Floats, yaw_deg: Floats, tangent: Floats) -> Floats:
    """``(line, column, 3)`` in (forward, right, down): boresight plus ``tangent`` times the turned detector axis."""
    axis = boresight(roll_deg, pitch_deg)
    roll, yaw = np.radians(roll_deg), np.radians(yaw_deg)
    row = np.stack([np.zeros_like(roll), np.cos(roll), -np.sin(roll)], -1)
    row = row * np.cos(yaw)[:, None] - np.cross(row, axis) * np.sin(yaw)[:, None]
    return np.asarray(axis[:, None] + tangent[:, None] * row[:, None], np.float64)


def _measure(
    rng: np.random.Generator,
    satellite: Satellite,
    ephemeris: Ephemeris,
    exposure: Exposure,
    motion: _Motion,
    flaws: Disturbance,
) -> LineStates:
    """Every ``LINE_STEP``-th line and the last, as the GPS receiver and the star tracker report them."""
    line = np.unique(np.append(np.arange(0, exposure.lines, LINE_STEP), exposure.lines - 1))
    utc = _utc(exposure, line.astype(np.float64))
    r_itrf_m, v_itrf_m_s = ephemeris.states(utc)
    shape = (len(line), 3)
    r_itrf_m = r_itrf_m + flaws.gps_m * (rng.normal(0.0, 1.0, 3) + rng.normal(0.0, 0.03, shape))
    v_itrf_m_s = v_itrf_m_s + flaws.gps_m * rng.normal(0.0, 0.01, 3)
    sigma_deg = satellite.agility.knowledge_sigma_deg
    error_deg = sigma_deg * (
        flaws.knowledge_share * rng.normal(0.0, 1.0, 3) + flaws.tracker_share * rng.normal(0.0, 1.0, shape)
    )
    roll_deg, pitch_deg, yaw_deg = (motion.at(_after_s(exposure, line.astype(np.float64))) + error_deg).T
    return LineStates(line, utc.astype(np.int64), r_itrf_m, v_itrf_m_s, roll_deg, pitch_deg, yaw_deg)


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
