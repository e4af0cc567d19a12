"""How does a side-looking radar see? Range and Doppler: where an echo comes from, and when a place is abeam.

Space and ground share these two equations: a place is seen in the line in which it lies abeam (zero Doppler), at its
distance from the antenna.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.frames import geodetic_from_itrf, geodetic_up

__all__ = ["Radar", "incidence_deg", "placed_ce90_m", "radar_ground", "radar_image"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Radar:
    """A side-looking radar whose pictures are amplitudes of several looks."""

    range_spacing_m: float
    """of samples, along the line of sight"""
    line_spacing_m: float
    """of lines, along the track on the ground"""
    looks: int
    """independent looks that are averaged"""
    noise_ratio: float = 0.006
    """noise-equivalent sigma nought; 0.006 is -22 dB"""
    counts_per_amplitude: float = 1500.0
    """counts of a sigma nought of 1 (0 dB)"""
    swath_width_m: float = 30e3
    """most that it can listen to at once, on level ground"""
    min_incidence_deg: float = 20.0
    """steeper, ranges lie too close together; flatter than ``max_incidence_deg`` too little comes back"""
    max_incidence_deg: float = 50.0

    def gsd_m(self, range_m: npt.ArrayLike, incidence_deg: npt.ArrayLike) -> Floats:
        """Samples on level ground, the longer the steeper; as far away as you like."""
        angle = np.broadcast_arrays(np.asarray(incidence_deg, np.float64), range_m)[0]
        return np.asarray(self.range_spacing_m / np.sin(np.radians(np.maximum(angle, 1.0))), np.float64)

    def swath_m(self, range_m: npt.ArrayLike, incidence_deg: npt.ArrayLike) -> Floats:
        """Ground that it pictures across track."""
        return np.full(np.broadcast(range_m, incidence_deg).shape, self.swath_width_m)

    def __post_init__(self) -> None:
        if not (0.0 < self.min_incidence_deg < self.max_incidence_deg < 80.0 and self.swath_width_m > 0.0):
            raise InputError(
                f"a radar like {self} cannot be", fix="Give rising incidences from 0 to 80 deg and a swath"
            )
        if not (self.range_spacing_m > 0 and self.line_spacing_m > 0 and self.looks >= 1 and self.noise_ratio >= 0):
            raise InputError(f"a radar like {self} cannot be", fix="Give positive spacings and at least one look")


def radar_ground(
    r_itrf_m: Floats, v_itrf_m_s: Floats, range_m: npt.ArrayLike, height_m: npt.ArrayLike, *, right: bool
) -> Floats:
    """Which ground point ``(..., 3)`` lies abeam at a distance and a height above the ellipsoid? To a millimetre.

    States ``(..., 3)`` ITRF and Earth-fixed; ``right``: the radar looks to the right of its flight. NaN where the
    distance is too short to reach the ground. Newton's steps in the angle of the line of sight.
    """
    shape = np.broadcast_shapes(r_itrf_m.shape[:-1], np.shape(range_m), np.shape(height_m))
    r, v = np.broadcast_to(r_itrf_m, (*shape, 3)), np.broadcast_to(v_itrf_m_s, (*shape, 3))
    far, height = np.broadcast_to(range_m, shape), np.broadcast_to(height_m, shape)
    ahead = v / np.linalg.norm(v, axis=-1, keepdims=True)
    down = -r + np.sum(r * ahead, -1, keepdims=True) * ahead
    down = down / np.linalg.norm(down, axis=-1, keepdims=True)
    side = np.cross(down, ahead) * (1.0 if right else -1.0)
    distance = np.linalg.norm(r, axis=-1)
    _, _, altitude = geodetic_from_itrf(r)
    ground = distance - altitude + height
    cosine = (distance**2 + far**2 - ground**2) / (2.0 * distance * far)
    with np.errstate(invalid="ignore"):
        angle = np.arccos(np.where(np.abs(cosine) < 1.0, cosine, np.nan))
    for _ in range(6):
        sight = np.cos(angle)[..., None] * down + np.sin(angle)[..., None] * side
        point = r + far[..., None] * sight
        lon, lat, here = geodetic_from_itrf(np.where(np.isfinite(point), point, 6.4e6))
        turning = far[..., None] * (np.cos(angle)[..., None] * side - np.sin(angle)[..., None] * down)
        rising = np.sum(turning * geodetic_up(lon_deg=lon, lat_deg=lat), -1)
        angle = angle + (height - here) / np.where(np.abs(rising) > 1.0, rising, np.inf)
    sight = np.cos(angle)[..., None] * down + np.sin(angle)[..., None] * side
    return np.asarray(r + far[..., None] * sight, np.float64)


def radar_image(r_itrf_m: Floats, v_itrf_m_s: Floats, step_s: float, points_itrf_m: Floats) -> tuple[Floats, Floats]:
    """In which line and at what distance does a radar see ground points ``(..., 3)``?

    ``r_itrf_m``, ``v_itrf_m_s`` ``(line, 3)`` states of evenly spaced lines, ``step_s`` apart; between them the motion
    is a cubic, beyond the ends straight. Lines are fractions. Newton's steps to 1e-6 line.
    """
    last = len(r_itrf_m) - 1
    line = np.full(points_itrf_m.shape[:-1], last / 2.0)
    for _ in range(8):
        r, v = _between(r_itrf_m, v_itrf_m_s, step_s, line)
        away = points_itrf_m - r
        line = line + np.sum(away * v, -1) / np.sum(v * v, -1) / step_s
    r, _ = _between(r_itrf_m, v_itrf_m_s, step_s, line)
    return line, np.asarray(np.linalg.norm(points_itrf_m - r, axis=-1), np.float64)


def _between(r: Floats, v: Floats, step_s: float, line: Floats) -> tuple[Floats, Floats]:
    """Position (cubic Hermite) and velocity at fractions of lines."""
    k = np.clip(np.floor(line), 0, len(r) - 2).astype(int)
    u = np.clip(line - k, 0.0, 1.0)[..., None]
    beyond_s = (line - k)[..., None] - u
    a, b, p, q = r[k], r[k + 1], v[k] * step_s, v[k + 1] * step_s
    place = (1 + 2 * u) * (1 - u) ** 2 * a + u * (1 - u) ** 2 * p + u**2 * (3 - 2 * u) * b + u**2 * (u - 1) * q
    velocity = v[k] + (v[k + 1] - v[k]) * u
    return place + velocity * beyond_s * step_s, velocity


def incidence_deg(r_itrf_m: Floats, points_itrf_m: Floats) -> Floats:
    """Angle between the way to the radar and the vertical at ground points ``(..., 3)``."""
    lon, lat, _ = geodetic_from_itrf(points_itrf_m)
    back = r_itrf_m - points_itrf_m
    cosine = np.sum(back * geodetic_up(lon_deg=lon, lat_deg=lat), -1) / np.linalg.norm(back, axis=-1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))), np.float64)


def placed_ce90_m(
    range_m: float, incidence_deg: float, speed_m_s: float, *, position_sigma_m: float, velocity_sigma_m_s: float
) -> float:
    """Within what circle do nine of ten radar pictures lie of their true place (m)?

    By the satellite's navigation receiver alone, whose errors (one sigma an axis) hold for a whole picture. A wrong
    position moves it along the track by as much, and across by its part along the line of sight, which level ground
    stretches by 1 / sin(incidence); a wrong velocity turns the plane that is taken for abeam. Within 5 % of the exact
    circle from 20 to 50 deg, and what pictures with injected errors show within 10 % (tests/fly/test_radar_place.py).
    Heights that are wrong by h add h / tan(incidence) across, which is not in it.
    """
    across_m = position_sigma_m / np.sin(np.radians(incidence_deg))
    along_m = np.hypot(position_sigma_m, range_m * velocity_sigma_m_s / speed_m_s)
    return float(np.sqrt(-2.0 * np.log(0.1)) * np.sqrt((across_m**2 + along_m**2) / 2.0))
