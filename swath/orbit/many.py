"""Where many satellites are over the turning Earth at the same times, in one call."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.frames import EarthOrientation, itrf_from_teme
from swath.model import Elements
from swath.orbit.ephemeris import reentry
from swath.orbit.sgp4 import propagate_many
from swath.orbit.uncertainty import check_age

__all__ = ["states_of_many"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


def states_of_many(
    elements: Sequence[Elements], at: Times, eop: EarthOrientation
) -> tuple[Floats, Floats, dict[int, str]]:
    """ITRF positions (m) and Earth-fixed velocities (m/s) ``(n - failed, m, 3)`` at ``(m,)`` UTC times.

    The same states as :class:`~swath.orbit.ephemeris.Sgp4Ephemeris` gives one by one, in the order of the sets. A set
    that it would raise :class:`DataError` for (30 days from its epoch, decayed) leaves no rows: its number and the
    reason come back instead. Raises :class:`DataError` for times outside the Earth orientation data.
    """
    times = np.asarray(at, "datetime64[ns]").ravel()
    failed: dict[int, str] = {}
    for number, one in enumerate(elements) if times.size else ():
        try:
            check_age(one, times.min(), times.max())
        except DataError as error:
            failed[number] = error.what
    asked = [number for number in range(len(elements)) if number not in failed]
    r_teme_m, v_teme_m_s, lost = propagate_many([elements[number] for number in asked], times)
    failed |= {asked[number]: why for number, why in lost.items()}
    carried = [number for number in asked if number not in failed]
    fell = {row: why for row, number in enumerate(carried) if (why := reentry(elements[number], r_teme_m[row], times))}
    if fell:
        failed |= {carried[row]: why for row, why in fell.items()}
        kept = [row for row in range(len(carried)) if row not in fell]
        r_teme_m, v_teme_m_s = r_teme_m[kept], v_teme_m_s[kept]
    r_itrf_m, v_itrf_m_s = itrf_from_teme(r_teme_m, v_teme_m_s, at=times, eop=eop)
    return r_itrf_m, v_itrf_m_s, failed
