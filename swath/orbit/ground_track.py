"""Which ground does a satellite pass over, and how far to the side does its swath reach?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.frames import geodetic_from_itrf, orbital_axes, ray_to_ellipsoid
from swath.orbit.ephemeris import Ephemeris
from swath.table import Table, column
from swath.time import later

__all__ = ["GroundTrack", "ground_track"]

Floats = npt.NDArray[np.float64]

_EARTH_M = 6371e3
_MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class GroundTrack(Table):
    """Points below a satellite in equal steps of time, and the edges of its swath (the point itself without one)."""

    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "when")
    lon_deg: npt.NDArray[np.float64] = column("f8", "deg", "longitude below it, -180 to 180")
    lat_deg: npt.NDArray[np.float64] = column("f8", "deg", "geodetic latitude")
    altitude_m: npt.NDArray[np.float64] = column("f8", "m", "above WGS84")
    left_lon_deg: npt.NDArray[np.float64] = column("f8", "deg", "left edge of the swath, looking forward")
    left_lat_deg: npt.NDArray[np.float64] = column("f8", "deg", "left edge of the swath")
    right_lon_deg: npt.NDArray[np.float64] = column("f8", "deg", "right edge of the swath")
    right_lat_deg: npt.NDArray[np.float64] = column("f8", "deg", "right edge of the swath")


def ground_track(
    ephemeris: Ephemeris, start: np.datetime64, duration_s: float, *, step_s: float = 30.0, swath_m: float = 0.0
) -> GroundTrack:
    """Where does the satellite pass over from ``start`` on, with a swath of so many metres about its nadir?

    The first and the last moment are always among the points. Edges lie where lines of sight across the track meet the
    ellipsoid; the width on the ground is right to 0.5 % (tests/orbit/test_ground_track.py). Raises
    :class:`InputError` for a span or step that makes no sense, and what the ephemeris raises.
    """
    if not (step_s > 0.0 and 0.0 < duration_s < step_s * _MOST_POINTS):
        raise InputError(
            f"a track of {duration_s:g} s in steps of {step_s:g} s", fix=f"Give 1 to {_MOST_POINTS:,} steps of a length"
        )
    if not 0.0 <= swath_m <= 6e6:
        raise InputError(f"a swath of {swath_m:g} m", fix="Give 0 to 6,000,000 m")
    at = later(start, np.append(np.arange(0.0, duration_s, step_s), duration_s))
    r_m, v_m_s = ephemeris.states(at)
    lon_deg, lat_deg, altitude_m = geodetic_from_itrf(r_m)
    left, right = (_edge(r_m, v_m_s, side * swath_m / 2.0) if swath_m else (lon_deg, lat_deg) for side in (-1.0, 1.0))
    return GroundTrack(at, lon_deg, lat_deg, altitude_m, *left, *right)


def _edge(r_m: Floats, v_m_s: Floats, right_m: float) -> tuple[Floats, Floats]:
    """Longitude and latitude of the ground so many metres to the right."""
    _, _, altitude_m = geodetic_from_itrf(r_m)
    turn = right_m / _EARTH_M
    off_nadir = np.arctan2(_EARTH_M * np.sin(turn), altitude_m + _EARTH_M * (1.0 - np.cos(turn)))
    axes = orbital_axes(r_m, v_m_s)
    sight = np.sin(off_nadir)[:, None] * axes[:, 1] + np.cos(off_nadir)[:, None] * axes[:, 2]
    seen_m = ray_to_ellipsoid(r_m, sight)
    if np.isnan(seen_m).any() or (np.cos(turn) < _EARTH_M / (_EARTH_M + altitude_m)).any():
        raise InputError(f"a swath of {2 * abs(right_m):g} m reaches past the horizon", fix="Give a narrower one")
    lon_deg, lat_deg, _ = geodetic_from_itrf(seen_m)
    return lon_deg, lat_deg
