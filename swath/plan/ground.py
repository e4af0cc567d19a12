"""How fast does data flow through each pass?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from swath.frames import geodetic_up, itrf_from_geodetic
from swath.model import Station, Windows
from swath.orbit.ephemeris import Ephemeris
from swath.plan.problem import Rates
from swath.spacecraft.radio import Link, link_table
from swath.spacecraft.satellite import Satellite, link_between
from swath.time import seconds

__all__ = ["pass_rates"]

Floats = npt.NDArray[np.float64]

STEP_S = 10.0
_MARGIN_DEG = 0.01
"""taken off the elevation, so that the rate can be had although the orbit is a little different"""
_RANGE_MARGIN = 1.02
"""the table's Earth is a sphere: with so much more altitude it never promises too much"""


def pass_rates(
    satellites: Sequence[Satellite], stations: Sequence[Station], passes: Windows, ephemerides: Mapping[str, Ephemeris]
) -> Rates:
    """The rate of every 10 s of the passes in which it depends on the elevation.

    Where satellite and station state their radio it is the link budget's (:func:`spacecraft.radio.link_table`), else
    that of ``Radio.rates``: what the lowest elevation in these 10 s allows, at most what the station and the radio take
    at all. So it can always be had (tests/plan/test_ground.py flies the passes).
    """
    craft, ground = {s.id: s for s in satellites}, {s.id: s for s in stations}
    found = []
    for row in passes.rows():
        satellite, station = craft[str(row["satellite"])], ground[str(row["subject"])]
        link = link_between(satellite, station)
        if link is None and not satellite.radio.rates:
            continue
        steps = max(int(np.ceil((row["stop"] - row["start"]) / np.timedelta64(1, "s") / STEP_S)), 1)
        at = np.minimum(row["start"] + seconds(STEP_S) * np.arange(steps + 1), row["stop"])
        fine = np.minimum(row["start"] + seconds(STEP_S / 4.0) * np.arange(4 * steps + 1), row["stop"])
        high_deg, up_m = _elevation_deg(ephemerides[satellite.id], station, fine)
        lowest_deg = np.array([high_deg[4 * k : 4 * k + 5].min() for k in range(steps)]) - _MARGIN_DEG
        from_deg, rate = np.array(satellite.radio.rates, np.float64).T if link is None else _budget(link, up_m)
        step = np.searchsorted(from_deg, lowest_deg, "right") - 1
        now = np.where(step >= 0, rate[np.maximum(step, 0)], 0.0)
        found.append(
            Rates(
                np.full(steps, satellite.id),
                np.full(steps, station.id),
                at[:-1],
                np.minimum(now, min(station.rate_bit_s, satellite.radio.max_rate_bit_s)),
            )
        )
    return Rates.join(found)


def _budget(link: Link, up_m: float) -> tuple[Floats, Floats]:
    """From which elevation upwards, which rate?"""
    table = link_table(link, altitude_m=_RANGE_MARGIN * up_m)
    return table.elevation_deg, table.rate_bit_s


def _elevation_deg(ephemeris: Ephemeris, station: Station, at: npt.NDArray[np.datetime64]) -> tuple[Floats, float]:
    """How high a satellite stands, and how far above the station's distance from the Earth's centre it gets (m)."""
    ground_m = itrf_from_geodetic(lon_deg=station.lon_deg, lat_deg=station.lat_deg, altitude_m=station.altitude_m)
    r_m = ephemeris.states(at)[0]
    way = r_m - ground_m
    sine = way @ geodetic_up(lon_deg=station.lon_deg, lat_deg=station.lat_deg) / np.linalg.norm(way, axis=-1)
    up_m = float(np.linalg.norm(r_m, axis=-1).max() - np.linalg.norm(ground_m))
    return np.asarray(np.degrees(np.arcsin(sine)), np.float64), up_m
