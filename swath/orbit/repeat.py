"""After how many orbits and days does a satellite's ground track repeat?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.frames import EARTH_ROTATION_RAD_S, WGS84_A_M
from swath.model import Elements
from swath.orbit.node import nodal_period_s
from swath.orbit.sgp4 import secular_rates
from swath.table import Table, column

__all__ = ["Repeats", "repeat_cycle", "repeats"]

_MOST_SHIFT_M = 10e3
"""satellites with a kept track are held within some kilometres of it"""


@dataclass(frozen=True)
class Repeats(Table):
    """Ever better repeats of a ground track; one row a number of days, each with a smaller shift than any before."""

    nodal_days: npt.NDArray[np.int64] = column("i8", "days", "turns of the Earth under the orbit's plane")
    orbits: npt.NDArray[np.int64] = column("i8", "-", "revolutions from node to node")
    shift_m: npt.NDArray[np.float64] = column("f8", "m", "along the equator after that cycle, east positive")
    spacing_m: npt.NDArray[np.float64] = column("f8", "m", "between neighbouring tracks at the equator")


def repeats(elements: Elements, *, max_days: int = 60) -> Repeats:
    """Which numbers of days and orbits bring the ground track back ever closer to itself?

    From the mean elements, without drag: a track that is kept stays, one that is not drifts on as the orbit decays.
    """
    node_deg_day, _, _ = secular_rates(elements)
    turn_deg_day = float(np.degrees(EARTH_ROTATION_RAD_S)) * 86400.0 - node_deg_day
    orbits_a_day = 360.0 / turn_deg_day * 86400.0 / nodal_period_s(elements)
    rows = []
    least_m = np.inf
    for days in range(1, max_days + 1):
        orbits = max(round(orbits_a_day * days), 1)
        shift_m = float(np.radians(360.0 * (days - orbits / orbits_a_day))) * WGS84_A_M
        if abs(shift_m) < least_m and np.gcd(days, orbits) == 1:
            least_m = abs(shift_m)
            spacing_m = 2.0 * np.pi * WGS84_A_M / orbits
            rows.append({"nodal_days": days, "orbits": orbits, "shift_m": shift_m, "spacing_m": spacing_m})
    return Repeats.from_rows(rows)


def repeat_cycle(
    elements: Elements, *, max_days: int = 60, max_shift_m: float = _MOST_SHIFT_M
) -> tuple[int, int, float] | None:
    """The shortest repeat within ``max_shift_m`` of itself: orbits, days and the shift (m); ``None`` where none is.

    Sentinel-1 175 in 12, Sentinel-2 143 in 10, Sentinel-3 385 in 27, Landsat 233 in 16 days (tests/authorities/
    test_grids.py).
    An orbit that nobody keeps may come so near by chance: one in eight does at 16 days.
    """
    for row in repeats(elements, max_days=max_days).rows():
        if abs(row["shift_m"]) <= max_shift_m:
            return int(row["orbits"]), int(row["nodal_days"]), float(row["shift_m"])
    return None
