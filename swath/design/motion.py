"""Where are the satellites of a design, kept on their orbits, over the weeks that are looked at?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from swath.errors import DataError, InputError
from swath.frames import EarthOrientation, itrf_from_teme_matrices
from swath.model import Elements
from swath.orbit.ephemeris import TabulatedEphemeris, even_times, good_step_s, reentry, table_of
from swath.orbit.sgp4 import propagate_many, secular_rates
from swath.time import seconds

__all__ = ["carried", "kept", "tables_of"]

_LONGEST_DAYS = 400.0
_LONGER = 1.5
"""steps of a table, beside those that are exact to the last digit: edges of looks move by 0.7 ms at most
(eccentricities 0 to 0.72, 15 days), for 40 % less time"""


def kept(elements: Elements) -> Elements:
    """The same orbit without drag: somebody keeps it."""
    return replace(elements, bstar=0.0, mean_motion_dot=0.0, mean_motion_ddot=0.0)


def carried(elements: Elements, after_s: float) -> Elements:
    """The same kept orbit with an epoch so many seconds later: the motion is the same (tests/design/test_motion.py)."""
    node_deg_day, perigee_deg_day, beyond_deg_day = secular_rates(kept(elements))
    days = after_s / 86400.0
    along_deg_day = 360.0 * elements.mean_motion_rev_day + beyond_deg_day - perigee_deg_day
    return replace(
        elements,
        epoch=elements.epoch + seconds(after_s),
        raan_deg=(elements.raan_deg + node_deg_day * days) % 360.0,
        argument_of_perigee_deg=(elements.argument_of_perigee_deg + perigee_deg_day * days) % 360.0,
        mean_anomaly_deg=(elements.mean_anomaly_deg + along_deg_day * days) % 360.0,
    )


def tables_of(fleet: Sequence[Elements], start: np.datetime64, days: float) -> list[TabulatedEphemeris]:
    """The motion of each satellite for so many days, by SGP4 without drag, over an Earth of even turning.

    UT1 is taken for UTC: longitudes may be off by 0.004 deg. The age of a set does not matter, as the orbit is kept;
    the Moon's and the Sun's pull on the inclination of a low orbit (0.05 deg a year) is left out. Raises
    :class:`InputError` for an empty fleet, two of one name or a span outside 0 to 400 days, and :class:`DataError` for
    orbits that end in the ground.
    """
    if not fleet:
        raise InputError("a fleet without satellites", where="fleet", fix="Give one at least")
    names = [one.name for one in fleet]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two satellites are called {twice[0]}", where="fleet", fix="Give each a name of its own")
    if not 0.0 < days <= _LONGEST_DAYS:
        raise InputError(f"{days:g} days", where="days", fix=f"Give more than 0 and at most {_LONGEST_DAYS:g}")
    stop = start + np.timedelta64(round(days * 86400e9), "ns")
    rotations: dict[float, npt.NDArray[np.float64]] = {}
    found = []
    for one in map(kept, fleet):
        times, step_s = even_times(start, stop, _LONGER * good_step_s(one))
        r_teme_m, _, failed = propagate_many([one], times)
        why = failed.get(0) or reentry(one, r_teme_m[0], times)
        if why:
            raise DataError(why, where=one.name, fix="Choose a higher orbit")
        if step_s not in rotations:
            rotations[step_s] = itrf_from_teme_matrices(times, EarthOrientation.zero())
        r_itrf_m = np.einsum("nij,nj->ni", rotations[step_s], r_teme_m[0])
        found.append(table_of(one.name, start, step_s, r_itrf_m))
    return found
