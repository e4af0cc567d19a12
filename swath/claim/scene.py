"""What there is to draw of a claim: the track over the ground and across the sky, the reach of the camera, the Sun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.claim.looks import sight
from swath.claim.motion import late_states
from swath.claim.records import Verdict
from swath.frames import (
    EarthOrientation,
    geodetic_from_itrf,
    geodetic_up,
    itrf_from_geodetic,
    orbital_axes,
    ray_to_ellipsoid,
)
from swath.orbit.sun import sun_angles_deg
from swath.time import elapsed_s, seconds

__all__ = ["Drawn", "draw"]

Floats = npt.NDArray[np.float64]

_STEP_S = 10.0
_BESIDE_S = 600.0
_LONGEST_S = 3600.0
_SIDES = 72


@dataclass(frozen=True)
class Drawn:
    """Arrays over the same moments, and what holds at the stated one."""

    time: npt.NDArray[np.datetime64]
    lon_deg: Floats
    lat_deg: Floats
    altitude_m: Floats
    r_itrf_m: Floats
    azimuth_deg: Floats
    """of the satellite, from the place, from north through east"""
    elevation_deg: Floats
    since_s: Floats
    """from the middle of the stated time"""
    stated: npt.NDArray[np.bool_]
    """inside the stated time"""
    reach_deg: Floats
    """``(n, 2)`` longitude and latitude of what its camera reaches at the middle of the stated time; may be empty"""
    sun_azimuth_deg: float
    sun_elevation_deg: float


def draw(verdict: Verdict, eop: EarthOrientation) -> Drawn | None:
    """The minutes about a claim, from the orbit it was held against; ``None`` where there is none or no place.

    Long spans are shown about the closest approach inside them.
    """
    claim, place = verdict.claim, verdict.claim.place
    if verdict.elements is None or place is None:
        return None
    moment = claim.moment
    middle, half_s = moment.middle, min(moment.half_width_s, _LONGEST_S / 2.0)
    if verdict.closest is not None and abs(float(elapsed_s(middle, verdict.closest))) <= moment.half_width_s + 1800.0:
        reach_s = max(abs(float(elapsed_s(middle, verdict.closest))), half_s)
    else:
        reach_s = half_s
    length_s = min(reach_s, _LONGEST_S / 2.0) + _BESIDE_S
    at = middle + seconds(np.arange(-length_s, length_s + _STEP_S, _STEP_S))
    r, _ = late_states(verdict.elements, at, verdict.late_s, eop)
    lon, lat, height = geodetic_from_itrf(r)
    ground = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    up = geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    _, elevation, _ = sight(r, ground, up)
    sun_high, sun_azimuth = sun_angles_deg(place.lon_deg, place.lat_deg, np.array([middle]), eop)
    return Drawn(
        at,
        lon,
        lat,
        height,
        r,
        _azimuth(r - ground, place.lon_deg, place.lat_deg),
        elevation,
        np.asarray(elapsed_s(middle, at), np.float64),
        (at >= moment.earliest - seconds(1.0)) & (at <= moment.latest + seconds(1.0)),
        _reach(verdict, middle, eop),
        float(sun_azimuth[0]),
        float(sun_high[0]),
    )


def _azimuth(line: Floats, lon_deg: float, lat_deg: float) -> Floats:
    lon = np.radians(lon_deg)
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.cross(geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg), east)
    return np.asarray(np.degrees(np.arctan2(line @ east, line @ north)) % 360.0, np.float64)


def _reach(verdict: Verdict, at: np.datetime64, eop: EarthOrientation) -> Floats:
    """The ground on which the camera's largest angle meets it, all round."""
    if verdict.limit_deg is None or verdict.elements is None:
        return np.empty((0, 2))
    r, v = late_states(verdict.elements, np.array([at]), verdict.late_s, eop)
    forward, right, down = orbital_axes(r, v)[0]
    turn, off = np.linspace(0.0, 2.0 * np.pi, _SIDES + 1)[:, None], np.radians(verdict.limit_deg)
    rays = np.cos(off) * down + np.sin(off) * (np.cos(turn) * forward + np.sin(turn) * right)
    seen = ray_to_ellipsoid(np.broadcast_to(r[0], rays.shape), rays)
    good = np.isfinite(seen).all(-1)
    lon, lat, _ = geodetic_from_itrf(seen[good])
    return np.column_stack([lon, lat])
