"""Where does the Moon stand, and how much of it is lit?

The Moon's orbit is pyerfa's ``moon98`` (IAU SOFA, after Meeus 1998 from ELP2000-82). Refraction is left out.
"""

from __future__ import annotations

import erfa
import numpy as np
import numpy.typing as npt

from swath.frames import EarthOrientation, geodetic_up, itrf_from_gcrf, itrf_from_geodetic
from swath.orbit.sun import sun_direction_itrf
from swath.time import hourly, terrestrial_julian_date

__all__ = ["moon_angles_deg", "moon_lit_share", "moon_position_itrf"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


def moon_position_itrf(at: npt.ArrayLike, eop: EarthOrientation) -> Floats:
    """Where is the Moon from the turning Earth? ITRF metres ``(..., 3)`` at UTC times.

    Within 0.003 deg and 60 km of JPL's DE421 by skyfield (tests/authorities/test_moon.py). Raises :class:`DataError`
    outside the Earth orientation data.
    """
    return itrf_from_gcrf(hourly(_moon_gcrf, at), at=at, eop=eop)


def _moon_gcrf(at: Times) -> Floats:
    return np.asarray(erfa.moon98(*terrestrial_julian_date(at))["p"] * erfa.DAU, np.float64)


def moon_angles_deg(
    lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike, at: npt.ArrayLike, eop: EarthOrientation
) -> tuple[Floats, Floats]:
    """How high is the Moon at a place, and in which direction? Elevation and azimuth (from north through east).

    As seen from the place: the Moon is so near that this matters by up to 1 deg. Places and times broadcast.
    """
    lon, lat = (np.asarray(a, np.float64) for a in (lon_deg, lat_deg))
    away = moon_position_itrf(at, eop) - itrf_from_geodetic(lon_deg=lon, lat_deg=lat)
    away = away / np.linalg.norm(away, axis=-1, keepdims=True)
    up = np.sum(away * geodetic_up(lon_deg=lon, lat_deg=lat), -1)
    east = -np.sin(np.radians(lon)) * away[..., 0] + np.cos(np.radians(lon)) * away[..., 1]
    north = np.sum(away * geodetic_up(lon_deg=lon, lat_deg=lat + 90.0), -1)
    elevation_deg = np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))
    return np.asarray(elevation_deg, np.float64), np.asarray(np.degrees(np.arctan2(east, north)) % 360.0, np.float64)


def moon_lit_share(at: npt.ArrayLike, eop: EarthOrientation) -> Floats:
    """Which share of the Moon's disc is lit, from 0 (new) to 1 (full)? From the centre of the Earth."""
    moon = moon_position_itrf(at, eop)
    moon = moon / np.linalg.norm(moon, axis=-1, keepdims=True)
    elongation_cos = np.sum(moon * sun_direction_itrf(at, eop), -1)
    return np.asarray((1.0 - elongation_cos) / 2.0, np.float64)
