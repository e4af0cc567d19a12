"""Which plane has a local time, and which local time has a plane? By the mean Sun, that of clocks."""

from __future__ import annotations

import erfa
import numpy as np

from swath.design.shapes import SUN_DEG_DAY, OrbitShape, node_rate_deg_day
from swath.errors import InputError
from swath.time import julian_date

__all__ = ["greenwich_deg", "local_time_h", "local_time_rate_h_year", "node_of_local_time_deg"]


def greenwich_deg(at: np.datetime64) -> float:
    """How far east of the equinox does Greenwich stand at a UTC time? UT1 is taken for UTC: 0.004 deg at most."""
    return float(np.degrees(erfa.gmst82(*julian_date(at))))


def node_of_local_time_deg(local_time_h: float, at: np.datetime64) -> float:
    """Right ascension of the ascending node that has this local time, by the mean Sun, at a UTC time.

    The inverse of :func:`local_time_h`. Raises :class:`InputError` for hours that no clock shows.
    """
    if not 0.0 <= local_time_h <= 24.0:
        raise InputError(f"a local time of {local_time_h:g} h", where="local time", fix="Give hours from 0 to 24")
    return (greenwich_deg(at) + 15.0 * (local_time_h - _utc_h(at))) % 360.0


def local_time_h(raan_deg: float, at: np.datetime64) -> float:
    """What do clocks show, by the mean Sun, where the ascending node stands at a UTC time? Hours, 0 to 24.

    The apparent Sun would make a plane that stands still swing by up to 16 minutes in a year.
    """
    return ((raan_deg - greenwich_deg(at)) / 15.0 + _utc_h(at)) % 24.0


def local_time_rate_h_year(shape: OrbitShape) -> float:
    """How fast does the local time of the node drift? Hours in 365.25 days; 0 for a sun-synchronous orbit."""
    return (node_rate_deg_day(shape) - SUN_DEG_DAY) / 15.0 * 365.25


def _utc_h(at: np.datetime64) -> float:
    return float(julian_date(at)[1] % 1.0) * 24.0
