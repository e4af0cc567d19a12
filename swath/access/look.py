"""The angles between a satellite and a place on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.frames import geodetic_from_itrf, geodetic_up, orbital_axes

__all__ = ["Look", "Nadir", "cos_off_nadir", "look_angles", "nadir_direction", "sin_elevation"]

Floats = npt.NDArray[np.float64]
Nadir = Literal["geodetic", "geocentric"]
"""down along the ellipsoid's normal, or towards the Earth's centre; they differ by up to 0.18 deg"""


@dataclass(frozen=True)
class Look:
    """How a place is seen from a satellite, arrays of one shape."""

    roll_deg: Floats
    """right of the orbital frame's down axis is positive (``frames.orbital_axes``)"""
    pitch_deg: Floats
    """forward is positive; boresight = (sin p, cos p sin r, cos p cos r) in (forward, right, down)"""
    off_nadir_deg: Floats
    """from the geodetic nadir"""
    range_m: Floats
    elevation_deg: Floats
    """of the satellite above the place's horizon; negative where the Earth is in between"""
    incidence_deg: Floats
    """between the line of sight and the place's vertical: 90 - elevation"""


def look_angles(r_itrf_m: Floats, v_itrf_m_s: Floats, place_itrf_m: Floats) -> Look:
    """How must a satellite turn to see a place, and how is the place seen? ``(..., 3)`` each, broadcast together.

    Exact on the WGS84 ellipsoid; light time (2 m of ground) and refraction are left out.
    """
    r, v, place = np.broadcast_arrays(r_itrf_m, v_itrf_m_s, place_itrf_m)
    sight = place - r
    range_m = np.linalg.norm(sight, axis=-1)
    forward, right, down = np.moveaxis(np.einsum("...ij,...j->...i", orbital_axes(r, v), sight), -1, 0)
    lon_deg, lat_deg, _ = geodetic_from_itrf(place)
    elevation_deg = np.degrees(
        np.arcsin(np.clip(sin_elevation(r, place, geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)), -1, 1))
    )
    return Look(
        roll_deg=np.degrees(np.arctan2(right, down)),
        pitch_deg=np.degrees(np.arctan2(forward, np.hypot(right, down))),
        off_nadir_deg=np.degrees(np.arctan2(np.hypot(forward, right), down)),
        range_m=np.asarray(range_m, np.float64),
        elevation_deg=elevation_deg,
        incidence_deg=90.0 - elevation_deg,
    )


def sin_elevation(r_itrf_m: Floats, place_itrf_m: Floats, up: Floats) -> Floats:
    """Sine of the satellite's elevation above the horizon of a place whose vertical is ``up``."""
    sight = r_itrf_m - place_itrf_m
    return np.asarray(np.sum(sight * up, -1) / np.linalg.norm(sight, axis=-1), np.float64)


def cos_off_nadir(r_itrf_m: Floats, place_itrf_m: Floats, down: Floats) -> Floats:
    """Cosine of the angle at the satellite between ``down`` and the place, whether or not the Earth is in between."""
    sight = place_itrf_m - r_itrf_m
    return np.asarray(np.sum(sight * down, -1) / np.linalg.norm(sight, axis=-1), np.float64)


def nadir_direction(r_itrf_m: Floats, nadir: Nadir = "geodetic") -> Floats:
    """Which way is down from a satellite? Unit vectors ``(..., 3)``."""
    if nadir == "geocentric":
        return np.asarray(-r_itrf_m / np.linalg.norm(r_itrf_m, axis=-1, keepdims=True), np.float64)
    if nadir != "geodetic":
        raise InputError(f"{nadir!r} is no nadir", fix="Say geodetic or geocentric")
    lon_deg, lat_deg, _ = geodetic_from_itrf(r_itrf_m)
    return -geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
