"""Conditions as signals: functions of time that are positive where the condition holds.

A constraint on looking is added here, as one more function that returns a signal. Join conditions with :func:`all_of`,
:func:`any_of` and :func:`negate`, or search each and combine the windows (``access.windows``), which needs no kinks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.access.look import Nadir, cos_off_nadir, nadir_direction, sin_elevation
from swath.access.search import Signal
from swath.frames import EarthOrientation, geodetic_up, itrf_from_geodetic
from swath.model import Place, Station
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_direction_itrf, sunlit_signal

__all__ = ["all_of", "any_of", "elevation", "negate", "off_nadir", "sun_elevation", "sunlit"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


def elevation(ephemeris: Ephemeris, place: Place | Station, *, min_elevation_deg: float) -> Signal:
    """Is the satellite at least so high above a place's horizon? (sine of its elevation less sine of the limit)"""
    at_m, up, least = *_ground(place), np.sin(np.radians(min_elevation_deg))
    return lambda at: np.asarray(sin_elevation(ephemeris.states(at)[0], at_m, up) - least, np.float64)


def off_nadir(
    ephemeris: Ephemeris, place: Place | Station, *, max_off_nadir_deg: float, nadir: Nadir = "geodetic"
) -> Signal:
    """Does the satellite see a place within so many degrees of its nadir, from above the place's horizon?"""
    at_m, up = _ground(place)
    least = np.cos(np.radians(max_off_nadir_deg))

    def signal(at: Times) -> Floats:
        r, _ = ephemeris.states(at)
        # Without the horizon the far side of the Earth would count: it lies near the nadir line too.
        near = cos_off_nadir(r, at_m, nadir_direction(r, nadir)) - least
        return np.asarray(np.minimum(near, sin_elevation(r, at_m, up)), np.float64)

    return signal


def sun_elevation(place: Place | Station, eop: EarthOrientation, *, min_sun_elevation_deg: float) -> Signal:
    """Is the Sun at least so high at a place? Negate it, with the limit, for "at most"."""
    _, up = _ground(place)
    least = np.sin(np.radians(min_sun_elevation_deg))
    return lambda at: np.asarray(sun_direction_itrf(at, eop) @ up - least, np.float64)


def sunlit(ephemeris: Ephemeris, eop: EarthOrientation) -> Signal:
    """Is the satellite out of the Earth's umbra?"""
    return lambda at: sunlit_signal(ephemeris.states(at)[0], sun_direction_itrf(at, eop))


def all_of(*signals: Signal) -> Signal:
    """Do all of them hold? The least of the signals."""
    return lambda at: np.asarray(np.minimum.reduce([signal(at) for signal in signals]), np.float64)


def any_of(*signals: Signal) -> Signal:
    """Does one of them hold? The greatest of the signals."""
    return lambda at: np.asarray(np.maximum.reduce([signal(at) for signal in signals]), np.float64)


def negate(signal: Signal) -> Signal:
    """Does it not hold?"""
    return lambda at: -signal(at)


def _ground(place: Place | Station) -> tuple[Floats, Floats]:
    at_m = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg, altitude_m=place.altitude_m)
    return at_m, geodetic_up(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
