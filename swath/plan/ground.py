"""How fast does data flow through each pass?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from swath.frames import geodetic_up, itrf_from_geodetic
from swath.model import Station, Windows
from swath.orbit.ephemeris import Ephemeris
from swath.plan.problem import Rates
from swath.spacecraft.satellite import Satellite
from swath.time import seconds

__all__ = ["pass_rates"]

Floats = npt.NDArray[np.float64]

STEP_S = 10.0
_MARGIN_DEG = 0.01
"""taken off the elevation, so that the rate can be had although the orbit is a little different"""


def pass_rates(
    satellites: Sequence[Satellite], stations: Sequence[Station], passes: Windows, ephemerides: Mapping[str, Ephemeris]
) -> Rates:
    """The rate of every 10 s of the passes of satellites whose rate depends on the elevation (``Radio.rates``).

    It is what the lowest elevation in these 10 s allows, at most the station's: it can always be had.
    """
    craft, ground = {s.id: s for s in satellites}, {s.id: s for s in stations}
    found = []
    for row in passes.rows():
        satellite, station = craft[str(row["satellite"])], ground[str(row["subject"])]
        if not satellite.radio.rates:
            continue
        steps = max(int(np.ceil((row["stop"] - row["start"]) / np.timedelta64(1, "s") / STEP_S)), 1)
        at = np.minimum(row["start"] + seconds(STEP_S) * np.arange(steps + 1), row["stop"])
        fine = np.minimum(row["start"] + seconds(STEP_S / 4.0) * np.arange(4 * steps + 1), row["stop"])
        high_deg = _elevation_deg(ephemerides[satellite.id], station, fine)
        lowest_deg = np.array([high_deg[4 * k : 4 * k + 5].min() for k in range(steps)]) - _MARGIN_DEG
        table = np.array(satellite.radio.rates, np.float64)
        step = np.searchsorted(table[:, 0], lowest_deg, "right") - 1
        rate = np.where(step >= 0, table[np.maximum(step, 0), 1], 0.0)
        found.append(
            Rates(
                np.full(steps, satellite.id),
                np.full(steps, station.id),
                at[:-1],
                np.minimum(rate, min(station.rate_bit_s, satellite.radio.max_rate_bit_s)),
            )
        )
    return Rates.join(found)


def _elevation_deg(ephemeris: Ephemeris, station: Station, at: npt.NDArray[np.datetime64]) -> Floats:
    ground_m = itrf_from_geodetic(lon_deg=station.lon_deg, lat_deg=station.lat_deg, altitude_m=station.altitude_m)
    way = ephemeris.states(at)[0] - ground_m
    sine = way @ geodetic_up(lon_deg=station.lon_deg, lat_deg=station.lat_deg) / np.linalg.norm(way, axis=-1)
    return np.asarray(np.degrees(np.arcsin(sine)), np.float64)
