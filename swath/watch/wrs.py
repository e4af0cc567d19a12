"""Which path and row of Landsat's reference system does a look fall on?"""

from __future__ import annotations

import numpy as np

from swath.claim.motion import late_states
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_from_itrf
from swath.model import Elements
from swath.time import seconds

__all__ = ["path_and_row"]

_PATHS, _ROWS = 233, 248
_EQUATOR_ROW = 60
_PATH_1_LON_DEG = -64.6
"""where path 1 crosses the equator southward"""
_STEP_S = 20.0


def path_and_row(elements: Elements, at: np.datetime64, eop: EarthOrientation) -> tuple[int, int]:
    """Path (1 to 233) and row (1 to 248) of WRS-2 below a satellite that flies that grid, at a moment.

    A path is counted by where its revolution crosses the equator southward, westward from 64.6 deg west in steps of
    360/233 deg; a row is 360/248 of a revolution and row 60 lies on that crossing. Landsats 8 and 9 are held within
    5 km of the grid, of 172 km between its paths. Source: the Landsat 8 data users handbook (USGS), section on WRS-2.
    ``tests/authorities/test_wrs.py`` holds it against published scenes. :class:`DataError` without a crossing.
    """
    period_s = 86400.0 / elements.mean_motion_rev_day
    times = at + seconds(np.arange(-0.8 * period_s, 0.3 * period_s, _STEP_S))
    r_m, _ = late_states(elements, times, 0.0, eop)
    z = r_m[:, 2]
    down = np.flatnonzero((z[:-1] > 0.0) & (z[1:] <= 0.0))
    # A path begins 59 rows before its crossing, where the revolution is farthest north.
    before_s = (_EQUATOR_ROW - 0.5) / _ROWS * period_s
    for k in down[::-1].tolist():
        part = float(z[k] / (z[k] - z[k + 1]))
        crossing = times[k] + seconds(part * _STEP_S)
        since_s = float((at - crossing) / np.timedelta64(1, "ns")) * 1e-9
        if since_s < -before_s:
            continue
        there, _ = late_states(elements, np.array([crossing]), 0.0, eop)
        lon_deg = float(geodetic_from_itrf(there)[0][0])
        path = round((_PATH_1_LON_DEG - lon_deg) % 360.0 / (360.0 / _PATHS)) % _PATHS + 1
        row = (_EQUATOR_ROW - 1 + round(since_s / period_s * _ROWS)) % _ROWS + 1
        return path, row
    raise DataError("it does not cross the equator", where=elements.name, fix="Only satellites on WRS-2 have a path")
