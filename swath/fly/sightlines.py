"""Where on the land does each line of sight of a line scanner meet which height? Exact rays on a lattice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.fly.motion import Exposure, Motion, after_s, line_utc, lines_of_sight
from swath.fly.sight_kernels import Rays
from swath.fly.world import TALLEST_M, World, to_world
from swath.frames import geodetic_from_itrf, geodetic_up, orbital_axes, ray_to_height
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.imager import Imager

__all__ = ["View", "look", "nodes"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """The geometry of one picture."""

    rays: Rays
    low_m: float
    """heights over the world's datum between which the rays are straight lines on the map"""
    high_m: float
    gsd_m: float
    range_m: float
    elevation_deg: float
    """of the camera, seen from the middle of the picture"""
    azimuth_deg: float
    lead_lines: tuple[int, ...]
    """of each band: how many lines earlier than the boresight's its row is read"""


def nodes(count: int, every: int = 32) -> tuple[Floats, float]:
    """Equally spaced positions from the first to the last of ``count`` lines or columns, and their step."""
    number = max(int(np.ceil((count - 1) / every)), 1) + 1
    step = max(count - 1, 1) / (number - 1)
    return np.arange(number, dtype=np.float64) * step, step


def look(world: World, ephemeris: Ephemeris, exposure: Exposure, motion: Motion, imager: Imager) -> View:
    """Exact lines of sight of all bands at every 32nd line and column, carried to the lowest and the highest land.

    Band by band: its row looks ahead by ``row_px`` and is read so many lines earlier that all bands see about the same
    ground; height and turning of the satellite leave them a little apart, as in a real camera. Raises
    :class:`DataError` where a line of sight misses the Earth or the picture misses the land.
    """
    low_m = float(world.terrain.height_m.min()) - 1.0
    high_m = max(float(world.terrain.height_m.max()) + TALLEST_M, low_m + 100.0)
    lines, line_step = nodes(exposure.lines)
    columns, column_step = nodes(exposure.columns)
    tangent = (columns - (exposure.columns - 1) / 2.0) * imager.ifov_rad
    per_line, per_ifov = _paces(world, ephemeris, exposure, motion, imager)
    fields: list[list[Floats]] = [[], [], [], []]
    lead = tuple(round(band.row_px * per_ifov / per_line) for band in imager.bands)
    for band, early in zip(imager.bands, lead, strict=True):
        ahead = band.row_px * imager.ifov_rad
        origin, direction = _directions(ephemeris, exposure, motion, lines - early, tangent, ahead)
        bottom, top = (_on_map(world, exposure, origin, direction, height) for height in (low_m, high_m))
        for axis in (0, 1):
            per_m = (top[axis] - bottom[axis]) / (high_m - low_m)
            fields[axis].append(bottom[axis] - per_m * low_m)
            fields[axis + 2].append(per_m)
    x, y, dx, dy = (np.stack(field) for field in fields)
    rays = Rays(x, y, dx, dy, line_step, column_step)
    _check_hit(world, exposure, rays)
    range_m, elevation_deg, azimuth_deg = _angles(world, ephemeris, exposure, motion)
    cosine = np.sqrt(max(np.sin(np.radians(elevation_deg)), 0.05))
    return View(rays, low_m, high_m, imager.ifov_rad * range_m / cosine, range_m, elevation_deg, azimuth_deg, lead)


def _directions(
    ephemeris: Ephemeris, exposure: Exposure, motion: Motion, lines: Floats, tangent: Floats, ahead: float
) -> tuple[Floats, Floats]:
    """Origins ``(line, 1, 3)`` and directions ``(line, column, 3)`` in ITRF."""
    r_itrf_m, v_itrf_m_s = ephemeris.states(line_utc(exposure, lines))
    roll_deg, pitch_deg, yaw_deg = motion.at(after_s(exposure, lines)).T
    sight = lines_of_sight(roll_deg, pitch_deg, yaw_deg, tangent, ahead)
    direction = np.einsum("lij,lci->lcj", orbital_axes(r_itrf_m, v_itrf_m_s), sight)
    return r_itrf_m[:, None], direction / np.linalg.norm(direction, axis=-1, keepdims=True)


def _on_map(
    world: World, exposure: Exposure, origin: Floats, direction: Floats, height_m: float
) -> tuple[Floats, Floats]:
    points = ray_to_height(origin, direction, altitude_m=world.place.altitude_m + height_m)
    if not np.isfinite(points).all():
        raise DataError(
            f"the camera looks past the Earth (roll {exposure.roll_deg:.1f}, pitch {exposure.pitch_deg:.1f} deg)",
            where=f"acquisition {exposure.acquisition}",
            fix="Keep the angles below the horizon",
        )
    lon_deg, lat_deg, _ = geodetic_from_itrf(points)
    return to_world(world, lon_deg=lon_deg, lat_deg=lat_deg)


def _paces(
    world: World, ephemeris: Ephemeris, exposure: Exposure, motion: Motion, imager: Imager
) -> tuple[float, float]:
    """How far the middle of the view moves on the ground in one line, and when looking one detector further ahead."""
    middle, straight = np.array([exposure.lines / 2.0]), np.zeros(1)
    places = [
        np.array(
            _on_map(world, exposure, *_directions(ephemeris, exposure, motion, line, straight, ahead), 0.0)
        ).ravel()
        for line, ahead in ((middle, 0.0), (middle + 100.0, 0.0), (middle, 100.0 * imager.ifov_rad))
    ]
    return tuple(float(np.linalg.norm(place - places[0])) for place in places[1:])  # type: ignore[return-value]


def _angles(world: World, ephemeris: Ephemeris, exposure: Exposure, motion: Motion) -> tuple[float, float, float]:
    """Range, elevation and azimuth of the camera from the middle of the picture."""
    origin, direction = _directions(ephemeris, exposure, motion, np.array([exposure.lines / 2.0]), np.zeros(1), 0.0)
    ground = ray_to_height(origin, direction, altitude_m=world.place.altitude_m)[0, 0]
    lon_deg, lat_deg, _ = geodetic_from_itrf(ground)
    up = geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
    back = origin[0, 0] - ground
    range_m = float(np.linalg.norm(back))
    east = np.array([-np.sin(np.radians(lon_deg)), np.cos(np.radians(lon_deg)), 0.0])
    to_east, to_north = float(back @ east), float(back @ np.cross(up, east))
    return (
        range_m,
        float(np.degrees(np.arcsin(np.clip(back @ up / range_m, -1.0, 1.0)))),
        float(np.degrees(np.arctan2(to_east, to_north)) % 360.0),
    )


def _check_hit(world: World, exposure: Exposure, rays: Rays) -> None:
    x, y = rays.x[0], rays.y[0]
    if x.max() < 0 or y.max() < 0 or x.min() > world.width_m or y.min() > world.height_m:
        miss_m = float(np.hypot(x.mean() - world.width_m / 2, y.mean() - world.height_m / 2))
        raise DataError(
            f"the picture misses the land by {miss_m / 1e3:.1f} km",
            where=f"acquisition {exposure.acquisition}",
            fix="Correct the time and attitude, or make a larger world",
        )
