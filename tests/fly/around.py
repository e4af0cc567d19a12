"""For the tests of flight: surroundings of a circular orbit about a round Earth with the Sun standing still."""

from __future__ import annotations

import numpy as np

from swath.fly.surroundings import Surroundings, dipole_field_t
from swath.orbit.eclipse import sunlit_share

GM = 3.986004415e14


def circle(
    hours: float,
    *,
    height_m: float = 500e3,
    inclination_deg: float = 0.0,
    phase_deg: float = -90.0,
    sun: tuple[float, float, float] = (1.0, 0.0, 0.0),
) -> Surroundings:
    at_s = np.arange(0.0, hours * 3600.0 + 1.0)
    a_m = 6378136.6 + height_m
    u, i = np.radians(phase_deg) + np.sqrt(GM / a_m**3) * at_s, np.radians(inclination_deg)
    r = a_m * np.stack([np.cos(u), np.sin(u) * np.cos(i), np.sin(u) * np.sin(i)], -1)
    along = np.stack([-np.sin(u), np.cos(u) * np.cos(i), np.cos(u) * np.sin(i)], -1)
    down = -r / a_m
    direction = np.broadcast_to(np.array(sun) / np.linalg.norm(sun), r.shape)
    return Surroundings(
        orbital_axes=np.stack([along, np.cross(down, along), down], -2),
        sun=direction.copy(),
        field_t=dipole_field_t(r),
        position_m=r,
        lit=sunlit_share(r, direction),
    )
