"""How deep is a satellite in the Earth's shadow, and how does the Sun stand to its orbit?

The shadow is that of the WGS84 ellipsoid without air, which in truth moves the edges by several seconds; the Sun is a
disc of 0.5331 deg. Umbra: the disc is hidden. Penumbra: part of it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.frames import EARTH_ROTATION_RAD_S
from swath.orbit.sun import SUN_RADIUS_RAD, sunlit_signal

__all__ = ["beta_deg", "orbit_normal_itrf", "penumbra_signal", "sunlit_share", "umbra_signal"]

Floats = npt.NDArray[np.float64]


def umbra_signal(r_itrf_m: Floats, sun_direction: Floats) -> Floats:
    """Is all of the Sun hidden? Radians inside the cone of the umbra; ``(..., 3)`` ITRF positions, unit directions."""
    return np.asarray(-sunlit_signal(r_itrf_m, sun_direction), np.float64)


def penumbra_signal(r_itrf_m: Floats, sun_direction: Floats) -> Floats:
    """Is any of the Sun hidden? Radians inside the cone of the penumbra, which holds that of the umbra."""
    return np.asarray(umbra_signal(r_itrf_m, sun_direction) + 2.0 * SUN_RADIUS_RAD, np.float64)


def sunlit_share(r_itrf_m: Floats, sun_direction: Floats) -> Floats:
    """Which share of the Sun's disc does a satellite see, from 0 in the umbra to 1 in full light?

    The Earth's edge across the small disc is taken as straight: the share is right to 0.002 in a low orbit.
    """
    half_hidden = (penumbra_signal(r_itrf_m, sun_direction) + umbra_signal(r_itrf_m, sun_direction)) / 2.0
    edge = np.clip(half_hidden / SUN_RADIUS_RAD, -1.0, 1.0)
    return np.asarray((np.arccos(edge) - edge * np.sqrt(1.0 - edge**2)) / np.pi, np.float64)


def orbit_normal_itrf(r_itrf_m: Floats, v_itrf_m_s: Floats) -> Floats:
    """Which way does the orbit's angular momentum point? Unit vectors; velocities are Earth-fixed, as everywhere."""
    turning = EARTH_ROTATION_RAD_S * np.stack(
        [-r_itrf_m[..., 1], r_itrf_m[..., 0], np.zeros_like(r_itrf_m[..., 0])], -1
    )
    normal = np.cross(r_itrf_m, v_itrf_m_s + turning)
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.float64)


def beta_deg(r_itrf_m: Floats, v_itrf_m_s: Floats, sun_direction: Floats) -> Floats:
    """How high does the Sun stand above the plane of the orbit? Degrees; positive on the side of the angular momentum.

    A low orbit has no eclipse where it is beyond about 66 deg (500 km).
    """
    sine = np.sum(orbit_normal_itrf(r_itrf_m, v_itrf_m_s) * sun_direction, -1)
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), np.float64)
