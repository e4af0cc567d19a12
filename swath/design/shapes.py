"""What size and shape has an orbit that turns with the Sun, comes back over its own track, or keeps its perigee?

Rates are those of SGP4's theory without drag (J2, its square and J4), so that what is solved here is what the element
sets do that are made of it. Frozen orbits are the exception: SGP4 knows J3 alone, the Earth has more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import acos, ceil, comb, cos, degrees, factorial, floor, gcd, pi, radians, sin, sqrt

import numpy as np

from swath.design.altitudes import HIGHEST_M, LOWEST_M, semi_major_axis_m
from swath.errors import Infeasible, InputError
from swath.frames import EARTH_ROTATION_RAD_S, WGS84_A_M
from swath.model import Elements
from swath.orbit.elements import apsides_m
from swath.orbit.node import nodal_period_s
from swath.orbit.sgp4 import secular_rates

__all__ = [
    "OrbitShape",
    "SUN_DEG_DAY",
    "elements_of",
    "exact_repeat",
    "frozen",
    "node_rate_deg_day",
    "period_s",
    "shape_of",
    "sun_synchronous",
    "track_closure_s",
]

SUN_DEG_DAY = 360.0 / 365.2421897
"""of the mean Sun in right ascension: the tropical year (Laskar 1986, at J2000)"""
_MU_M3_S2 = 3.986008e14
_RADIUS_M, _J2, _XKE = 6378135.0, 0.001082616, 0.0743669161331734132
"""WGS-72, as SGP4 has it"""
_ZONALS = {
    3: -2.53266e-6, 5: -2.27296e-7, 7: -3.52360e-7, 9: -1.20617e-7, 11: 2.44402e-7, 13: -2.19788e-7, 15: -8.2353e-9,
    17: -1.16905e-7, 19: 2.03450e-8, 21: -3.85460e-8,
}  # fmt: skip
"""J of odd degree, EGM96 (Lemoine et al., NASA/TP-1998-206861), unnormalised"""
_AT = np.datetime64("2026-01-01T00:00:00", "ns")
"""the rates of a set do not depend on its epoch; some has to be written"""


@dataclass(frozen=True)
class OrbitShape:
    """Size, shape and tilt of a mean orbit (Brouwer's mean elements, as in SGP4), without plane and phase."""

    sma_m: float
    inclination_deg: float
    eccentricity: float = 0.0
    argument_of_perigee_deg: float = 0.0

    def __post_init__(self) -> None:
        semi_major_axis_m(self.sma_m, "sma")
        if not (0.0 <= self.inclination_deg <= 180.0 and 0.0 <= self.eccentricity < 1.0):
            what = f"inclination {self.inclination_deg:g} deg, eccentricity {self.eccentricity:g}"
            raise InputError(what, where="orbit", fix="Inclination is 0 to 180 degrees, eccentricity 0 to below 1")
        low_m = self.sma_m * (1.0 - self.eccentricity) - WGS84_A_M
        if low_m < 100e3:
            most = 1.0 - (WGS84_A_M + LOWEST_M) / self.sma_m
            fix = f"With this axis the eccentricity can be at most {most:.4f}"
            raise InputError(f"its perigee is {low_m / 1e3:.0f} km high: it would come down", where="orbit", fix=fix)


def elements_of(
    shape: OrbitShape,
    name: str = "design",
    *,
    raan_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    epoch: np.datetime64 = _AT,
    number: int = 99_000,
    bstar: float = 0.0,
) -> Elements:
    """Which element set puts a satellite on this shape, in a plane and at a place along it?

    SGP4's mean motion (Kozai's) of the semi-major axis (Brouwer's), the inverse of Hoots & Roehrich 1980, section 6;
    :func:`shape_of` gives the shape back to 1 mm (tests/design/test_shapes.py).
    """
    axis = shape.sma_m / _RADIUS_M
    brouwer = _XKE / axis**1.5
    tilt = 3.0 * cos(radians(shape.inclination_deg)) ** 2 - 1.0
    flattening = 0.75 * _J2 * tilt / (1.0 - shape.eccentricity**2) ** 1.5
    kozai = brouwer
    for _ in range(20):
        first = (_XKE / kozai) ** (2.0 / 3.0)
        delta = flattening / first**2
        second = first * (1.0 - delta / 3.0 - delta**2 - 134.0 / 81.0 * delta**3)
        kozai = brouwer * (1.0 + flattening / second**2)
    return Elements(
        name,
        number,
        epoch.astype("datetime64[ns]"),
        kozai * 1440.0 / (2.0 * pi),
        shape.eccentricity,
        shape.inclination_deg,
        raan_deg % 360.0,
        shape.argument_of_perigee_deg % 360.0,
        mean_anomaly_deg % 360.0,
        bstar,
        source="swath design",
    )


def shape_of(elements: Elements) -> OrbitShape:
    """Which shape has an orbit that flies? Raises :class:`InputError` for one that is coming down."""
    low_m, high_m = apsides_m(elements)
    axis_m = (low_m + high_m) / 2.0 + _RADIUS_M
    return OrbitShape(axis_m, elements.inclination_deg, elements.eccentricity, elements.argument_of_perigee_deg)


def node_rate_deg_day(shape: OrbitShape) -> float:
    """How fast does the plane turn about the Earth's axis? Degrees a day, east positive."""
    return secular_rates(elements_of(shape))[0]


def period_s(shape: OrbitShape) -> float:
    """From one ascending node to the next."""
    return nodal_period_s(elements_of(shape))


def sun_synchronous(sma_m: float, *, eccentricity: float = 0.0, argument_of_perigee_deg: float = 0.0) -> OrbitShape:
    """At which inclination does the plane keep up with the mean Sun?

    500 km above the equatorial radius: 97.40 deg (published 97.42; tests/authorities/test_design_orbits.py). Raises
    :class:`Infeasible` for axes that no inclination serves: from about 5,970 km of altitude on.
    """
    shape = OrbitShape(sma_m, 90.0, eccentricity, argument_of_perigee_deg)
    p = sma_m * (1.0 - eccentricity**2)
    mean_motion = sqrt(_MU_M3_S2 / sma_m**3)
    wanted = radians(SUN_DEG_DAY) / 86400.0
    first = -wanted / (1.5 * _J2 * (_RADIUS_M / p) ** 2 * mean_motion)
    if first < -1.0:
        highest_km = _highest_sun_synchronous_m(eccentricity) / 1e3
        raise Infeasible(
            f"no plane {(sma_m - WGS84_A_M) / 1e3:.0f} km above the equatorial radius turns as fast as the Sun",
            fix=f"Stay below {highest_km:.0f} km",
        )
    low_deg, high_deg = 90.0, 180.0
    for _ in range(60):
        middle = (low_deg + high_deg) / 2.0
        slow = node_rate_deg_day(replace(shape, inclination_deg=middle)) < SUN_DEG_DAY
        low_deg, high_deg = (middle, high_deg) if slow else (low_deg, middle)
    return replace(shape, inclination_deg=(low_deg + high_deg) / 2.0)


def _highest_sun_synchronous_m(eccentricity: float) -> float:
    squeezed = (1.0 - eccentricity**2) ** 2
    wanted = radians(SUN_DEG_DAY) / 86400.0
    axis_m = (1.5 * _J2 * _RADIUS_M**2 * sqrt(_MU_M3_S2) / squeezed / wanted) ** (2.0 / 7.0)
    return float(axis_m) - WGS84_A_M


def track_closure_s(shape: OrbitShape, orbits: int, nodal_days: int) -> float:
    """By how much does a cycle of orbits take longer than the turns of the Earth under its plane? Seconds."""
    turning = degrees(EARTH_ROTATION_RAD_S) * 86400.0 - node_rate_deg_day(shape)
    return orbits * period_s(shape) - nodal_days * 360.0 / turning * 86400.0


def exact_repeat(
    orbits: int,
    nodal_days: int,
    *,
    inclination_deg: float | None = None,
    eccentricity: float = 0.0,
    argument_of_perigee_deg: float = 0.0,
) -> OrbitShape:
    """Which orbit comes back over its own track after so many revolutions and days? Sun-synchronous unless inclined.

    143 in 10: 786.1 km above the equatorial radius, 98.6 deg, 100.699 min (Sentinel-2); closed to a microsecond a cycle
    (tests/authorities/test_design_orbits.py). Raises :class:`InputError` for numbers with a common factor and
    :class:`Infeasible`, with the nearest numbers that work, for orbits in the ground or without a solution.
    """
    if orbits < 1 or nodal_days < 1:
        raise InputError(f"{orbits} orbits in {nodal_days} days", where="repeat", fix="Give whole numbers from 1 on")
    if (common := gcd(orbits, nodal_days)) > 1:
        fix = f"Say {orbits // common} in {nodal_days // common}"
        raise InputError(f"{orbits} in {nodal_days} repeats earlier", where="repeat", fix=fix)

    def shape(sma_m: float) -> OrbitShape:
        if inclination_deg is None:
            return sun_synchronous(sma_m, eccentricity=eccentricity, argument_of_perigee_deg=argument_of_perigee_deg)
        return OrbitShape(sma_m, inclination_deg, eccentricity, argument_of_perigee_deg)

    low_m = max(WGS84_A_M + LOWEST_M, (WGS84_A_M + LOWEST_M) / (1.0 - eccentricity))
    high_m = WGS84_A_M + (HIGHEST_M if inclination_deg is not None else _highest_sun_synchronous_m(eccentricity) - 2e3)
    ends = [track_closure_s(shape(axis_m), orbits, nodal_days) for axis_m in (low_m, high_m)]
    if not ends[0] < 0.0 < ends[1]:
        raise Infeasible(f"{orbits} orbits in {nodal_days} days", fix=_nearest(orbits, nodal_days, ends))
    for _ in range(60):
        slope = (ends[1] - ends[0]) / (high_m - low_m)
        guess_m = low_m - ends[0] / slope
        guess_m = min(max(guess_m, low_m + 0.01 * (high_m - low_m)), high_m - 0.01 * (high_m - low_m))
        beyond_s = track_closure_s(shape(guess_m), orbits, nodal_days)
        if beyond_s < 0.0:
            low_m, ends[0] = guess_m, beyond_s
        else:
            high_m, ends[1] = guess_m, beyond_s
        if abs(beyond_s) < 1e-6 or high_m - low_m < 1e-6:
            break
    return shape(guess_m)


def _nearest(orbits: int, nodal_days: int, ends: list[float]) -> str:
    """The ends tell how many orbits the highest and the lowest orbit make in the days."""
    day_s = 86400.0 * nodal_days
    lowest_makes, highest_makes = (orbits * day_s / (day_s + beyond_s) for beyond_s in ends)
    able = [n for n in range(max(ceil(highest_makes), 1), floor(lowest_makes) + 1) if gcd(n, nodal_days) == 1]
    if not able:
        return "No number of orbits works for these days: take more days"
    near = min(able, key=lambda n: abs(n - orbits))
    return f"The nearest that works is {near} in {nodal_days}; possible are {able[0]} to {able[-1]}"


def frozen(shape: OrbitShape) -> OrbitShape:
    """With which eccentricity does the perigee stay over the northernmost point (or the southernmost)?

    The odd zonals of EGM96 to degree 21 against the turning of the perigee by J2, first order in the eccentricity
    (Kaula, Theory of Satellite Geodesy, 1966, sections 3.3 and 3.6): Envisat 0.00114 (flown 0.00117), TOPEX 0.00009
    (flown 0.00010; tests/authorities/test_design_orbits.py). J3 alone, as SGP4 has it, would give 0.00103 and 0.00088:
    propagate a frozen orbit with a real gravity field. Raises :class:`Infeasible` near the critical inclinations,
    where every perigee stays.
    """
    s = sin(radians(shape.inclination_deg))
    ratio = _RADIUS_M / shape.sma_m
    turning = 3.0 * _J2 * ratio**2 * (1.0 - 1.25 * s * s)
    pull = sum(-2.0 * j * ratio**degree * _kaula(degree, s) * (degree - 1) / 2.0 for degree, j in _ZONALS.items())
    eccentricity = -pull / turning if turning else np.inf
    if abs(turning) < 3.0 * _J2 * ratio**2 * 0.01 or abs(eccentricity) > 0.05:
        critical = degrees(acos(sqrt(0.2)))
        raise Infeasible(
            f"at {shape.inclination_deg:.2f} deg the perigee turns too slowly to be held by its eccentricity",
            fix=f"Near {critical:.2f} and {180.0 - critical:.2f} deg it stays by itself: choose the eccentricity",
        )
    return replace(shape, eccentricity=abs(eccentricity), argument_of_perigee_deg=90.0 if eccentricity > 0.0 else 270.0)


def _kaula(degree: int, s: float) -> float:
    """Inclination function of order 0 for the first of the two long-period terms of an odd degree."""
    half = (degree - 1) // 2
    terms = (
        factorial(2 * (degree - t))
        / (factorial(t) * factorial(degree - t) * factorial(degree - 2 * t) * 2.0 ** (2 * (degree - t)))
        * s ** (degree - 2 * t)
        * comb(degree - 2 * t, half - t)
        * (-1) ** t
        for t in range(half + 1)
    )
    return float(sum(terms))
