"""Where does the Sun stand, and does it shine on a satellite?

The Earth's orbit is pyerfa's ``epv00`` (IAU SOFA, VSOP2000 fitted to DE405). Refraction is left out everywhere.
"""

from __future__ import annotations

import erfa
import numpy as np
import numpy.typing as npt

from swath.frames import WGS84_A_M, WGS84_B_M, EarthOrientation, geodetic_up, itrf_from_gcrf
from swath.time import hourly, terrestrial_julian_date

__all__ = ["SUN_RADIUS_RAD", "sun_angles_deg", "sun_direction_itrf", "sunlit_signal"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

SUN_RADIUS_RAD = np.radians(0.26656)
"""as seen from one astronomical unit; the true one swings by 1.7 % in a year, 0.07 s of a low orbit's eclipse"""


def sun_direction_itrf(at: npt.ArrayLike, eop: EarthOrientation) -> Floats:
    """Which way is the Sun from the turning Earth? Unit vectors ``(..., 3)``, apparent (aberration included).

    Within 0.0005 deg of published worked examples (tests/authorities/test_sun.py); 300 random moments of 1975 to 2025
    were within 0.00001 deg of JPL's DE421 by skyfield. Raises :class:`DataError` outside the Earth orientation data.
    """
    sun = itrf_from_gcrf(hourly(_apparent_sun_gcrf, at), at=at, eop=eop)
    return np.asarray(sun / np.linalg.norm(sun, axis=-1, keepdims=True), np.float64)


def _apparent_sun_gcrf(at: Times) -> Floats:
    heliocentric, barycentric = erfa.epv00(*terrestrial_julian_date(at))
    away = -heliocentric["p"]
    # The Earth's own speed tilts the light by 20 arcsec: 0.8 s of a low orbit's eclipse would be lost without it.
    return np.asarray(away / np.linalg.norm(away, axis=-1, keepdims=True) + barycentric["v"] / erfa.DC, np.float64)


def sun_angles_deg(
    lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, at: npt.ArrayLike, eop: EarthOrientation
) -> tuple[Floats, Floats]:
    """How high is the Sun at a place, and in which direction? Elevation and azimuth (from north through east).

    Places and times broadcast. Within 0.03 deg of the Sun elevation in Landsat's metadata, which is rounded off and
    taken over the whole scene (tests/authorities/test_landsat.py).
    """
    lon, lat = (np.asarray(a, np.float64) for a in (lon_deg, lat_deg))
    sun = sun_direction_itrf(at, eop)
    up = np.sum(sun * geodetic_up(lon_deg=lon, lat_deg=lat), -1)
    east = -np.sin(np.radians(lon)) * sun[..., 0] + np.cos(np.radians(lon)) * sun[..., 1]
    north = np.sum(sun * geodetic_up(lon_deg=lon, lat_deg=lat + 90.0), -1)
    elevation_deg = np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
    return np.asarray(elevation_deg, np.float64), np.asarray(np.degrees(np.arctan2(east, north)) % 360.0, np.float64)


def sunlit_signal(r_itrf_m: Floats, sun_direction: Floats) -> Floats:
    """Does any of the Sun's disc shine on the satellite? Radians from the edge of the umbra, positive in light.

    ``(..., 3)`` ITRF positions and unit directions. The umbra is the cone behind the WGS84 ellipsoid (both are
    stretched along the axis until it is a sphere); penumbra counts as light; no atmosphere, which in truth moves the
    edges by several seconds.
    """
    stretch = np.array([1.0, 1.0, WGS84_A_M / WGS84_B_M])
    r, sun = r_itrf_m * stretch, sun_direction * stretch
    distance_m = np.linalg.norm(r, axis=-1)
    across = np.linalg.norm(np.cross(r, sun), axis=-1)
    from_earth_centre = np.arctan2(across, -np.sum(r * sun, -1))
    earth_radius = np.arcsin(np.clip(WGS84_A_M / distance_m, -1.0, 1.0))
    return np.asarray(from_earth_centre - (earth_radius - SUN_RADIUS_RAD), np.float64)
