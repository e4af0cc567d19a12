"""How fast do bits flow at each moment of a contact? As its radio follows the signal, second by second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.access.look import look_angles
from swath.access.rates import rates_of_pass
from swath.fly.activities import span_s
from swath.frames import itrf_from_geodetic
from swath.model import Plan, Station
from swath.orbit.ephemeris import Ephemeris
from swath.spacecraft.satellite import Satellite, link_between
from swath.time import later

__all__ = ["Flow", "flows_of"]

Floats = npt.NDArray[np.float64]

_STEP_S = 1.0


@dataclass(frozen=True, eq=False)
class Flow:
    """What flows in one contact; times in seconds since the start of the flight."""

    at_s: Floats
    """``(n,)`` rising, the last is the end"""
    rate_bit_s: Floats
    """``(n,)`` from each time to the next; what stands at the end is not used"""

    def rate_at(self, now_s: float) -> float:
        """Bits per second at a moment; none outside the contact."""
        row = int(np.searchsorted(self.at_s, now_s, side="right")) - 1
        return float(self.rate_bit_s[row]) if 0 <= row < len(self.at_s) - 1 else 0.0

    def bit_until(self, at_s: float) -> float:
        """What can have come down from the start of the contact to a moment."""
        return float(np.interp(at_s, self.at_s, self._bits()))

    def when_s(self, bit: npt.NDArray[np.floating[Any]]) -> Floats:
        """When so much can have come down; at the end what is more than flows at all."""
        return np.asarray(np.interp(bit, self._bits(), self.at_s), np.float64)

    def _bits(self) -> Floats:
        steps = self.rate_bit_s[:-1] * np.diff(self.at_s)
        return np.concatenate([[0.0], np.cumsum(steps)])


def flows_of(
    plan: Plan,
    satellites: Sequence[Satellite],
    stations: Sequence[Station],
    ephemerides: Mapping[str, Ephemeris],
    origin: np.datetime64,
) -> dict[str, Flow]:
    """How fast bits flow in each contact of a plan whose rate follows the elevation, by contact id.

    Where satellite and station state their radio, by the link budget along the true orbit (``access.rates``), adaptive
    coding with hysteresis and all; where the satellite states rates by elevation, by those; at most what station and
    radio take. Contacts of any other pair are left out: their rate is the plan's. Nothing that a plan promised with the
    same budget is out of reach (tests/fly/test_signal.py).
    """
    craft, ground = {s.id: s for s in satellites}, {s.id: s for s in stations}
    flows = {}
    for row in plan.contacts.rows():
        satellite, station = craft.get(str(row["satellite"])), ground.get(str(row["station"]))
        if satellite is None or station is None:
            continue
        most = min(station.rate_bit_s, satellite.radio.max_rate_bit_s)
        start_s, stop_s = span_s(origin, row["start"], row["stop"])
        link = link_between(satellite, station)
        if link is not None:
            found = rates_of_pass(link, ephemerides[satellite.id], station, row["start"], row["stop"], step_s=_STEP_S)
            at_s, rate = (found.time - origin) / np.timedelta64(1, "ns") * 1e-9, found.rate_bit_s
        elif satellite.radio.rates:
            at_s = np.append(np.arange(start_s, stop_s, _STEP_S), stop_s)
            high_deg = _elevation_deg(ephemerides[satellite.id], station, later(origin, at_s))
            from_deg, rates = np.array(satellite.radio.rates, np.float64).T
            step = np.searchsorted(from_deg, high_deg, "right") - 1
            rate = np.where(step >= 0, rates[np.maximum(step, 0)], 0.0)
        else:
            continue
        flows[str(row["id"])] = Flow(np.asarray(at_s, np.float64), np.minimum(rate, most))
    return flows


def _elevation_deg(ephemeris: Ephemeris, station: Station, at: npt.NDArray[np.datetime64]) -> Floats:
    place_m = itrf_from_geodetic(lon_deg=station.lon_deg, lat_deg=station.lat_deg, altitude_m=station.altitude_m)
    return look_angles(*ephemeris.states(at), place_m).elevation_deg
