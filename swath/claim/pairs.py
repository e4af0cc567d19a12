"""Two claims about one satellite against each other: could it have come from one place to the other in that time?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swath.claim.motion import late_states
from swath.claim.records import Verdict
from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_geodetic
from swath.time import elapsed_s

__all__ = ["Pair", "pairs_of"]

_PICTURES = ("picture", "optical", "radar", "thermal")
_LONGEST_S = 1200.0
"""within a fifth of a revolution the ground track is nearly a great circle"""
_EARTH_M = 6371008.8
_FIELD_S = 25.0
"""the camera may look so far ahead and back: 150 to 200 km of ground"""


@dataclass(frozen=True)
class Pair:
    """Two places, the time between, and the speed that joins them."""

    first: str
    second: str
    distance_m: float
    apart_s: float
    speed_m_s: tuple[float, float]
    """least and most, given how exactly the times are stated"""
    orbit_m_s: float
    """of the point below the satellite"""
    direction: str
    fits: bool
    says: str


def pairs_of(verdicts: Sequence[Verdict], eop: EarthOrientation) -> list[Pair]:
    """Each two claims of one satellite within twenty minutes whose order is clear.

    The speed is that of the ground, so it is held against the point below the satellite; a camera that turns may have
    looked ahead or back, which is allowed for. No orbit is needed for the speed, one is for what it ought to be.
    """
    usable = [v for v in verdicts if v.claim.place is not None and v.elements is not None and v.claim.kind in _PICTURES]
    usable.sort(key=lambda v: v.claim.moment.middle)
    found = []
    for number, one in enumerate(usable):
        for two in usable[number + 1 :]:
            same = one.claim.subject.norad_id == two.claim.subject.norad_id and one.elements == two.elements
            apart_s = float(elapsed_s(one.claim.moment.middle, two.claim.moment.middle))
            loose_s = one.claim.moment.half_width_s + two.claim.moment.half_width_s
            if same and loose_s < apart_s <= _LONGEST_S and one.claim.place != two.claim.place:
                found.append(_pair(one, two, apart_s, max(loose_s, 1.0), eop))
    return found


def _pair(one: Verdict, two: Verdict, apart_s: float, loose_s: float, eop: EarthOrientation) -> Pair:
    a, b = one.claim.place, two.claim.place
    assert a is not None
    assert b is not None
    assert one.elements is not None
    p, q = (itrf_from_geodetic(lon_deg=x.lon_deg, lat_deg=x.lat_deg, altitude_m=x.altitude_m) for x in (a, b))
    chord_m = float(np.linalg.norm(p - q))
    distance_m = 2.0 * _EARTH_M * float(np.arcsin(min(chord_m / (2.0 * _EARTH_M), 1.0)))
    speed = distance_m / (apart_s + loose_s), distance_m / max(apart_s - loose_s, 0.5)
    at = one.claim.moment.middle
    r, _ = late_states(one.elements, np.array([at, at + np.timedelta64(10, "s")]), one.late_s, eop)
    lon, lat, _ = geodetic_from_itrf(r)
    under = itrf_from_geodetic(lon_deg=lon, lat_deg=lat, altitude_m=0.0)
    orbit_m_s = float(np.linalg.norm(under[1] - under[0])) / 10.0
    north = bool(lat[1] > lat[0])
    went_north = b.lat_deg > a.lat_deg
    along_m = float(abs(np.sum((q - p) * (under[1] - under[0]))) / np.linalg.norm(under[1] - under[0]))
    slack = _FIELD_S / apart_s
    right_way = went_north == north or along_m < 50e3
    slowest, fastest = along_m / (apart_s + loose_s), along_m / max(apart_s - loose_s, 0.5)
    fits = right_way and slowest <= orbit_m_s * (1.1 + slack) and fastest >= orbit_m_s * (0.9 - slack)
    way = "northbound" if went_north else "southbound"
    text = (
        f"{distance_m / 1e3:.1f} km in {apart_s:.0f} s: {distance_m / apart_s / 1e3:.2f} km/s {way}; the point below "
        f"the satellite moves at {orbit_m_s / 1e3:.2f} km/s {'northbound' if north else 'southbound'}"
    )
    return Pair(one.id, two.id, distance_m, apart_s, speed, orbit_m_s, way, fits, text)
