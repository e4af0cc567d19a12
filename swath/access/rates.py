"""What is each pass worth to the radio? Rates over the pass and the volume it brings down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.access.look import look_angles
from swath.access.passes import Passes
from swath.errors import InputError
from swath.frames import itrf_from_geodetic
from swath.model import Station
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.atmosphere import ELEVATIONS_DEG
from swath.spacecraft.radio import Link, PassRates, pass_rates
from swath.table import Table, column
from swath.time import elapsed_s, later

__all__ = ["RatedPasses", "rate_passes", "rates_of_pass"]

_EDGE_DEG = 1e-3
"""the ends of a pass above 5 degrees lie a little to either side of 5"""


@dataclass(frozen=True)
class RatedPasses(Table):
    """Passes with what they bring down; one row a pass, in the order given."""

    satellite: npt.NDArray[np.str_] = column("U", "-", "satellite id")
    station: npt.NDArray[np.str_] = column("U", "-", "station id")
    start: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    stop: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "")
    max_elevation_deg: npt.NDArray[np.float64] = column("f8", "deg", "at culmination")
    peak_rate_bit_s: npt.NDArray[np.float64] = column("f8", "bit/s", "the fastest it becomes")
    mean_rate_bit_s: npt.NDArray[np.float64] = column("f8", "bit/s", "volume over duration")
    volume_bit: npt.NDArray[np.float64] = column("f8", "bit", "brought down from rise to set")
    codings: npt.NDArray[np.int64] = column("i8", "-", "modulations and codings that it steps through")


def rates_of_pass(
    link: Link,
    ephemeris: Ephemeris,
    station: Station,
    start: np.datetime64,
    stop: np.datetime64,
    *,
    step_s: float = 1.0,
) -> PassRates:
    """How does the radio step through one pass? A row every ``step_s`` and at both ends.

    Where the satellite stands below 5 degrees, for which no loss of the air is known, nothing is sent.
    """
    span_s = float(elapsed_s(start, stop))
    offsets_s = np.append(np.arange(0.0, span_s, step_s), span_s)
    time = later(start, offsets_s)
    r_m, v_m_s = ephemeris.states(time)
    place_m = itrf_from_geodetic(lon_deg=station.lon_deg, lat_deg=station.lat_deg, altitude_m=station.altitude_m)
    look = look_angles(r_m, v_m_s, place_m)
    high = look.elevation_deg >= ELEVATIONS_DEG[0] - _EDGE_DEG
    elevation = np.maximum(look.elevation_deg, ELEVATIONS_DEG[0])
    # A satellite that is too low is taken as infinitely far: the radio is found without a signal when it rises.
    far_m = np.where(high, look.range_m, 1e15)
    rates = pass_rates(link, time, elevation_deg=elevation, range_m=far_m)
    return PassRates(time, look.elevation_deg, rates.es_n0_db, rates.modcod, rates.rate_bit_s)


def rate_passes(
    passes: Passes,
    ephemerides: Mapping[str, Ephemeris],
    stations: Sequence[Station],
    links: Mapping[tuple[str, str], Link],
    *,
    step_s: float = 1.0,
) -> RatedPasses:
    """What does each pass bring down, with adaptive coding all the way?

    ``links`` by (satellite, station). The volume is summed over steps of ``step_s``; halving it changes an overhead
    pass by less than 0.2 % (tests/access/test_rates.py). Raises :class:`InputError` where a link is missing.
    """
    places = {station.id: station for station in stations}
    rows = []
    for row in passes.rows():
        key = str(row["satellite"]), str(row["station"])
        if key not in links or key[1] not in places:
            raise InputError(f"no link from {key[0]} to {key[1]}", fix="Give a Link for every pair in the passes")
        rates = rates_of_pass(links[key], ephemerides[key[0]], places[key[1]], row["start"], row["stop"], step_s=step_s)
        duration_s = float(elapsed_s(row["start"], row["stop"]))
        rows.append(
            {
                **{name: row[name] for name in ("satellite", "station", "start", "stop", "max_elevation_deg")},
                "peak_rate_bit_s": float(rates.rate_bit_s.max()),
                "mean_rate_bit_s": rates.volume_bit / duration_s if duration_s > 0.0 else 0.0,
                "volume_bit": rates.volume_bit,
                "codings": len(set(rates.modcod.tolist()) - {""}),
            }
        )
    return RatedPasses.from_rows(rows)
