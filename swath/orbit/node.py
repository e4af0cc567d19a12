"""Where and when does an orbit cross the equator, and how far along it is a satellite?"""

from __future__ import annotations

import erfa
import numpy as np
import numpy.typing as npt

from swath.frames import EarthOrientation, geodetic_from_itrf
from swath.model import Elements
from swath.orbit.eclipse import orbit_normal_itrf
from swath.orbit.sgp4 import secular_rates
from swath.orbit.sun import sun_direction_itrf
from swath.orbit.uncertainty import age_days
from swath.time import julian_date

__all__ = ["argument_of_latitude_deg", "local_times_of_node", "nodal_period_s", "node_longitude_deg"]

Floats = npt.NDArray[np.float64]


def argument_of_latitude_deg(r_itrf_m: Floats, v_itrf_m_s: Floats) -> Floats:
    """How far past its ascending node is a satellite, along the orbit? 0 to 360 degrees, geocentric, osculating."""
    normal = orbit_normal_itrf(r_itrf_m, v_itrf_m_s)
    node = np.stack([-normal[..., 1], normal[..., 0], np.zeros_like(normal[..., 0])], -1)
    ahead = np.cross(normal, node)
    angle = np.arctan2(np.sum(r_itrf_m * ahead, -1), np.sum(r_itrf_m * node, -1))
    return np.asarray(np.degrees(angle) % 360.0, np.float64)


def nodal_period_s(elements: Elements) -> float:
    """How long is it from one ascending node to the next? The draconic period, without drag."""
    _, _, beyond_deg_day = secular_rates(elements)
    return 86400.0 / (elements.mean_motion_rev_day + beyond_deg_day / 360.0)


def node_longitude_deg(elements: Elements, at: npt.ArrayLike, eop: EarthOrientation) -> Floats:
    """Over which longitude does the ascending node stand at UTC times? Degrees east, -180 to 180; mean elements."""
    node_deg_day, _, _ = secular_rates(elements)
    ut1_utc_s, _, _ = eop.at(at)
    jd, fraction = julian_date(at)
    turned_deg = np.degrees(erfa.gmst82(jd, fraction + ut1_utc_s / 86400.0))
    longitude_deg = elements.raan_deg + node_deg_day * age_days(elements, at) - turned_deg
    return np.asarray((longitude_deg + 180.0) % 360.0 - 180.0, np.float64)


def local_times_of_node(elements: Elements, at: npt.ArrayLike, eop: EarthOrientation) -> tuple[Floats, Floats]:
    """What is the local time at the ascending node, by the mean sun and by the apparent one? Hours, 0 to 24.

    By the mean sun a sun-synchronous orbit's stands still; by the apparent one it swings with the equation of time, up
    to 16 min. Malligyong-1's mean local time is 10.01 h through 2024 (tests/authorities/test_grids.py).
    """
    longitude_deg = node_longitude_deg(elements, at, eop)
    _, day_share = julian_date(at)
    sun = sun_direction_itrf(at, eop)
    noon_deg, _, _ = geodetic_from_itrf(sun * 1e7)
    mean = (day_share * 24.0 + longitude_deg / 15.0) % 24.0
    apparent = (12.0 + (longitude_deg - noon_deg) / 15.0) % 24.0
    return np.asarray(mean, np.float64), np.asarray(apparent, np.float64)
