"""How fast does an orbit sink, and how long will it last? Roughly, with an interval that says how roughly.

The element set's own decay says how much air the satellite meets now; what changes on the way down is the density. It
follows the exponential atmosphere of Vallado, Fundamentals of Astrodynamics, 4th ed. (2013), table 8-4, averaged round
the orbit (King-Hele, Satellite Orbits in an Atmosphere, 1987). Nobody can foretell the Sun: the interval is a factor
each way, found on published re-entries, larger where the Sun has years to change its mind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import DataError
from swath.model import Elements
from swath.orbit.sgp4 import decay_of_mean_motion

__all__ = ["Lifetime", "air_density_kg_m3", "days_to_reentry", "lifetime", "sinking_m_day"]

Floats = npt.NDArray[np.float64]

_MU_M3_S2 = 3.986004418e14
_EARTH_M = 6378137.0
_LAST_M = 120e3
"""below this perigee an orbit is over within hours"""
_AIRLESS_M = 2_000e3
_LONGEST_DAYS = 36525.0
_LEAST_DECAY = 3e-7
"""rev/day2; a set with less says nothing about drag"""
_SOON, _PER_LN_YEAR = 1.9, 0.5
"""factor each way for a re-entry within months, and what is added for every e-fold of years"""

_BASE_KM = np.array(
    [100, 110, 120, 130, 140, 150, 180, 200, 250, 300, 350, 400, 450, 500, 600, 700, 800, 900, 1000], np.float64
)
_DENSITY = np.array(
    [
        *(5.297e-7, 9.661e-8, 2.438e-8, 8.484e-9, 3.845e-9, 2.070e-9, 5.464e-10, 2.789e-10, 7.248e-11, 2.418e-11),
        *(9.518e-12, 3.725e-12, 1.585e-12, 6.967e-13, 1.454e-13, 3.614e-14, 1.170e-14, 5.245e-15, 3.019e-15),
    ]
)
_SCALE_KM = np.array(
    [
        *(5.877, 7.263, 9.473, 12.636, 16.149, 22.523, 29.740, 37.105, 45.546, 53.628, 53.298, 58.515, 60.828),
        *(63.822, 71.835, 88.667, 124.64, 181.05, 268.00),
    ]
)


@dataclass(frozen=True)
class Lifetime:
    """Days from the epoch of the elements to re-entry: a best guess between the ends of a 90 % interval."""

    days: float
    low_days: float
    high_days: float
    because: str


def air_density_kg_m3(altitude_m: npt.ArrayLike) -> Floats:
    """How dense is the air of a mean Sun, 100 km up or more? kg/m3; the true one varies tenfold at 500 km."""
    altitude_km = np.asarray(altitude_m, np.float64) / 1e3
    row = np.clip(np.searchsorted(_BASE_KM, altitude_km, side="right") - 1, 0, len(_BASE_KM) - 1)
    return np.asarray(_DENSITY[row] * np.exp(-(altitude_km - _BASE_KM[row]) / _SCALE_KM[row]), np.float64)


def sinking_m_day(elements: Elements) -> float:
    """By how many metres a day does drag lower the semi-major axis now? Zero or more; as the elements have it."""
    return -_axis_rate(elements, max(elements.mean_motion_dot or decay_of_mean_motion(elements), 0.0))


def lifetime(elements: Elements) -> Lifetime:
    """When will the satellite re-enter if it does not manoeuvre? Days after the epoch of its elements.

    Thirteen element sets of six objects, 22 to 301 days before their published re-entries, held by the interval
    (tests/authorities/test_lifetime.py). Raises :class:`DataError` where the elements show no drag (a satellite above
    about 900 km, or one that keeps its orbit) and for perigees above 2,000 km.
    """
    decay = elements.mean_motion_dot if elements.mean_motion_dot > 0.0 else decay_of_mean_motion(elements)
    if decay < _LEAST_DECAY:
        raise DataError(
            f"the elements of {elements.name} show no drag to speak of ({decay:.1e} rev/day2)",
            where=elements.source,
            fix="Ask of a lower orbit, or use a set from a time without manoeuvres",
        )
    perigee_m = _axis_m(elements) * (1.0 - elements.eccentricity) - _EARTH_M
    if perigee_m > _AIRLESS_M:  # there the Moon and the Sun change the mean motion, not drag
        raise DataError(
            f"{elements.name} never comes lower than {perigee_m / 1e3:.0f} km, where there is no air to speak of",
            where=elements.source,
            fix=f"Ask of an orbit with a perigee below {_AIRLESS_M / 1e3:.0f} km",
        )
    now = f"its mean motion grows by {2.0 * decay:.2g} rev/day2 now"
    return _told(_days_down(elements, decay), now)


def days_to_reentry(sma_m: float, eccentricity: float, drag_m2_kg: float) -> Lifetime:
    """When will a satellite that nobody has flown yet re-enter, given drag coefficient times area over mass?

    In the air of a mean Sun. The same interval as of one that flies: what is known of its area makes up for what is not
    known of the air.
    """
    days = _down(sma_m, eccentricity, drag_m2_kg * 86400.0)
    return _told(days, f"drag coefficient times area over mass {drag_m2_kg:g} m2/kg, air of a mean Sun")


def _told(days: float, now: str) -> Lifetime:
    factor = _SOON + _PER_LN_YEAR * float(np.log1p(days / 365.25))
    because = f"{now}; the Sun may change that {factor:.1f} times"
    return Lifetime(days, days / factor, min(days * factor, 2.0 * _LONGEST_DAYS), because)


def _axis_m(elements: Elements) -> float:
    return float(np.cbrt(_MU_M3_S2 / (elements.mean_motion_rev_day * 2.0 * np.pi / 86400.0) ** 2))


def _axis_rate(elements: Elements, decay: float) -> float:
    axis_m = _axis_m(elements)
    return -(2.0 / 3.0) * axis_m * 2.0 * decay / elements.mean_motion_rev_day


def _days_down(elements: Elements, decay: float) -> float:
    """Axis and eccentricity step by step, the drag scaled by the air along the orbit."""
    axis_m = _axis_m(elements)
    eccentricity = elements.eccentricity
    first_axis, _ = _round_the_orbit(axis_m, eccentricity)
    return _down(axis_m, eccentricity, -_axis_rate(elements, decay) / first_axis)


def _down(axis_m: float, eccentricity: float, strength: float) -> float:
    days = 0.0
    while axis_m * (1.0 - eccentricity) - _EARTH_M > _LAST_M and days < _LONGEST_DAYS:
        axis_rate, e_rate = (strength * rate for rate in _round_the_orbit(axis_m, eccentricity))
        step = min(0.02 * _scale_m(axis_m * (1.0 - eccentricity) - _EARTH_M) / axis_rate * 5.0, 30.0)
        axis_m -= axis_rate * step
        eccentricity = max(eccentricity - e_rate * step, 0.0)
        days += step
    return days


def _scale_m(altitude_m: float) -> float:
    return float(_SCALE_KM[np.clip(np.searchsorted(_BASE_KM, altitude_m / 1e3) - 1, 0, len(_SCALE_KM) - 1)]) * 1e3


def _round_the_orbit(axis_m: float, eccentricity: float) -> tuple[float, float]:
    """Relative rates of axis (m) and eccentricity: Gauss's equations with drag, averaged over the eccentric anomaly."""
    anomaly = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    c = np.cos(anomaly)
    density = air_density_kg_m3(axis_m * (1.0 - eccentricity * c) - _EARTH_M)
    root = np.sqrt((1.0 + eccentricity * c) / (1.0 - eccentricity * c))
    along = density * (1.0 + eccentricity * c) * root
    speed = np.sqrt(_MU_M3_S2 * axis_m)
    axis = float(np.mean(along)) * speed
    shape = float(np.mean(density * root * c)) * (1.0 - eccentricity**2) * speed / axis_m
    return axis, shape
