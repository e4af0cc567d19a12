"""Where is the Sun for a satellite that must know?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from swath.frames import EarthOrientation, orbital_axes, rotate
from swath.orbit.ephemeris import Ephemeris
from swath.orbit.sun import sun_direction_itrf
from swath.plan.problem import SunDirections
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["sun_directions"]

STEP_S = 30.0


def sun_directions(
    satellites: Sequence[Satellite],
    ephemerides: Mapping[str, Ephemeris],
    eop: EarthOrientation,
    start: np.datetime64,
    stop: np.datetime64,
) -> SunDirections:
    """Towards the Sun in the orbital frame, every 30 s, of satellites that keep out of it or whose array is fixed.

    Linear between rows it is good to 0.02 deg (it turns by 2 deg a row).
    """
    count = int(np.ceil((stop - start) / np.timedelta64(1, "s") / STEP_S)) + 1
    at = start + seconds(STEP_S) * np.arange(count)
    found = []
    for satellite in satellites:
        if satellite.agility.sun_keep_out_deg > 0.0 or not satellite.power.array_follows_sun:
            r_m, v_m_s = ephemerides[satellite.id].states(at)
            forward, right, down = rotate(orbital_axes(r_m, v_m_s), sun_direction_itrf(at, eop)).T
            found.append(SunDirections(np.full(count, satellite.id), at, forward, right, down))
    return SunDirections.join(found)
