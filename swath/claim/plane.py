"""An orbit's plane from what is known without element sets: its height, and the local time of its node."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from swath.errors import InputError
from swath.frames import WGS84_A_M, EarthOrientation
from swath.model import Elements
from swath.orbit.node import local_times_of_node
from swath.orbit.sgp4 import secular_rates

__all__ = ["Plane", "plane_at"]

_MU_M3_S2 = 3.986004418e14
_SUN_DEG_DAY = 360.0 / 365.2421897
"""by which a plane turns that keeps its local time"""


@dataclass(frozen=True)
class Plane:
    """What somebody stated of an orbit for which no element set is at hand."""

    altitude_m: float
    """of a circle above the equatorial radius; the joint fit finds the mean motion to 0.026 revolutions a day"""
    node_time_s: float
    """local time (mean Sun) of the ascending node, seconds of the day"""
    node_error_s: float
    """90 %"""
    inclination_deg: float | None = None
    """``None``: that of a sun-synchronous orbit"""

    @property
    def node_90_deg(self) -> float:
        """The same as an angle."""
        return self.node_error_s / 240.0


def plane_at(plane: Plane, name: str, norad_id: int, at: np.datetime64, eop: EarthOrientation) -> Elements:
    """Mean elements of the stated circle at a moment; where along it the satellite is, they do not say.

    Raises :class:`InputError` for a height at which no orbit keeps its local time.
    """
    rev_day = 86400.0 / (2.0 * np.pi) * float(np.sqrt(_MU_M3_S2 / (WGS84_A_M + plane.altitude_m) ** 3))
    blank = Elements(name, norad_id, at, rev_day, 1e-3, 0.0, 0.0, 90.0, 0.0, 0.0, source="stated orbit")
    tilt_deg = plane.inclination_deg if plane.inclination_deg is not None else _sun_synchronous_deg(blank)
    one = replace(blank, inclination_deg=tilt_deg)
    mean_hour, _ = local_times_of_node(one, np.array([at], "datetime64[ns]"), eop)
    return replace(one, raan_deg=(plane.node_time_s / 240.0 - 15.0 * float(mean_hour[0])) % 360.0)


def _sun_synchronous_deg(blank: Elements) -> float:
    """By halving: from 90 to 180 degrees the node turns ever faster eastwards."""
    low, high = 90.0, 180.0
    if secular_rates(replace(blank, inclination_deg=179.9))[0] < _SUN_DEG_DAY:
        raise InputError("no orbit of that height is sun-synchronous", where="orbit", fix="Give inclination_deg")
    for _ in range(40):
        middle = (low + high) / 2.0
        turns = secular_rates(replace(blank, inclination_deg=middle))[0]
        low, high = (middle, high) if turns < _SUN_DEG_DAY else (low, middle)
    return low
