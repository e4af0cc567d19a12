"""What is round a flying satellite: the Sun, the Earth's shadow, its gravity and its magnetic field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.frames import EARTH_ROTATION_RAD_S, EarthOrientation, orbital_axes, rotate
from swath.orbit.eclipse import sunlit_share
from swath.orbit.ephemeris import Ephemeris, tabulate
from swath.orbit.sun import sun_direction_itrf
from swath.time import elapsed_s, time_grid

__all__ = ["Surroundings", "dipole_field_t", "surroundings"]

Floats = npt.NDArray[np.float64]

STEP_S = 1.0
_DIPOLE_T = 1e-9 * np.array([-1410.3, 4545.5, -29350.0])
"""g11, h11, g10 of IGRF-14 for 2025.0: the field's dipole, towards its south pole in the north"""
_FIELD_RADIUS_M = 6371.2e3


@dataclass(frozen=True)
class Surroundings:
    """One row a second of flight; vectors in axes that do not turn: those of the ITRF at the start of the flight."""

    orbital_axes: Floats
    """``(n, 3, 3)``, rows forward, right and down"""
    sun: Floats
    """``(n, 3)`` unit vectors"""
    field_t: Floats
    """``(n, 3)`` tesla"""
    position_m: Floats
    """``(n, 3)`` from the Earth's centre"""
    lit: Floats
    """``(n,)`` share of the Sun's disc in sight"""

    def rows(self, at_s: Floats) -> npt.NDArray[np.intp]:
        """The row that stands for each moment."""
        return np.clip(np.round(np.asarray(at_s) / STEP_S).astype(np.intp), 0, len(self.lit) - 1)


def surroundings(
    ephemeris: Ephemeris, eop: EarthOrientation, start: np.datetime64, stop: np.datetime64
) -> Surroundings:
    """What is round a satellite from ``start`` to ``stop``? Raises what the ephemeris raises.

    The Sun is good to 0.001 deg; the field is a dipole's, within about a third of the true one, which is what the
    unloading of wheels needs.
    """
    at = time_grid(start, stop, STEP_S)
    r_m, v_m_s = tabulate(ephemeris, start, at[-1]).states(at)
    sun = sun_direction_itrf(at, eop)
    turned = EARTH_ROTATION_RAD_S * elapsed_s(start, at)
    still = _about_pole(turned)
    return Surroundings(
        orbital_axes=np.einsum("nij,nkj->nki", still, orbital_axes(r_m, v_m_s)),
        sun=rotate(still, sun),
        field_t=rotate(still, dipole_field_t(r_m)),
        position_m=rotate(still, r_m),
        lit=sunlit_share(r_m, sun),
    )


def dipole_field_t(r_itrf_m: Floats) -> Floats:
    """The Earth's magnetic field as that of a dipole, tesla, ``(..., 3)`` ITRF (IGRF-14, first degree, 2025)."""
    distance_m = np.linalg.norm(r_itrf_m, axis=-1, keepdims=True)
    up = r_itrf_m / distance_m
    along = np.sum(up * _DIPOLE_T, -1, keepdims=True)
    return np.asarray((_FIELD_RADIUS_M / distance_m) ** 3 * (3.0 * along * up - _DIPOLE_T), np.float64)


def _about_pole(angle_rad: Floats) -> Floats:
    """From turning to still axes."""
    c, s, o, i = np.cos(angle_rad), np.sin(angle_rad), np.zeros_like(angle_rad), np.ones_like(angle_rad)
    return np.stack([np.stack([c, -s, o], -1), np.stack([s, c, o], -1), np.stack([o, o, i], -1)], -2)
