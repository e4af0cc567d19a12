"""What does it take to spread satellites along their orbit, to move a plane, to stay up, and to come down?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import degrees, radians, sin, sqrt

from swath.design.shapes import SUN_DEG_DAY, OrbitShape, node_rate_deg_day
from swath.errors import Infeasible, InputError
from swath.frames import WGS84_A_M
from swath.orbit.decay import air_density_kg_m3, days_to_reentry

__all__ = [
    "Drift", "Upkeep", "air_notes", "disposal_m_s", "drag_phasing_days", "injection_drift_min_year", "phasing",
    "injection_drift_deg_day", "plane_change_m_s", "plane_drift", "upkeep",
]  # fmt: skip

_MU_M3_S2 = 3.986004418e14
_DAY_S = 86400.0
_YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Drift:
    """A slow move: how far off the orbit lies meanwhile, how long it takes, and what both burns cost together."""

    altitude_offset_m: float
    inclination_offset_deg: float
    days: float
    delta_v_m_s: float
    because: str


def _mean_motion(sma_m: float) -> float:
    return sqrt(_MU_M3_S2 / sma_m**3)


def phasing(shape: OrbitShape, angle_deg: float, days: float) -> Drift:
    """How far off its altitude must a satellite wait to move so far along the orbit in so many days?

    180 deg in 30 days at 500 km: 5.03 km and 5.56 m/s, going and stopping (tests/authorities/test_design_launch.py).
    Positive angles are ahead: lower meanwhile. Raises :class:`InputError` for no time, and :class:`Infeasible` where
    the orbit would be in the air.
    """
    if not days > 0.0:
        raise InputError(f"{days:g} days", where="phasing", fix="Give the days it may take")
    n = _mean_motion(shape.sma_m)
    lower_m = radians(angle_deg) * shape.sma_m / (1.5 * n * days * _DAY_S)
    if shape.sma_m - lower_m < WGS84_A_M + 150e3:
        least = days * lower_m / (shape.sma_m - WGS84_A_M - 150e3)
        raise Infeasible(f"it would have to wait {lower_m / 1e3:.0f} km lower", fix=f"Take {least:.1f} days or more")
    way = "lower" if lower_m > 0.0 else "higher"
    because = f"{abs(lower_m) / 1e3:.2f} km {way} it gains {angle_deg / days:.2f} deg a day"
    return Drift(-lower_m, 0.0, days, n * abs(lower_m), because)


def drag_phasing_days(shape: OrbitShape, angle_deg: float, low_m2_kg: float, high_m2_kg: float) -> tuple[float, float]:
    """How long does it take by drag alone, and how much altitude (m) does it cost the satellite that brakes?

    ``low`` and ``high`` are drag area (with its coefficient) over mass in the two attitudes. One of two brakes for
    half of the time, then the other: Planet spread Flock 2p so (arXiv:1806.01218). Mean air of ``orbit.decay``; at
    500 km the true one varies tenfold with the Sun.
    """
    if not 0.0 <= low_m2_kg < high_m2_kg:
        raise InputError(
            "no difference of drag", where="drag", fix="Give a lower and a higher area over mass, in m2/kg"
        )
    n = _mean_motion(shape.sma_m)
    density = float(air_density_kg_m3(shape.sma_m - WGS84_A_M))
    sinking_m_s = (high_m2_kg - low_m2_kg) * density * sqrt(_MU_M3_S2 * shape.sma_m)
    gain = 1.5 * n / shape.sma_m * sinking_m_s
    half_s = sqrt(radians(abs(angle_deg)) / gain)
    lost_m = (high_m2_kg + low_m2_kg) * density * sqrt(_MU_M3_S2 * shape.sma_m) * half_s
    return 2.0 * half_s / _DAY_S, lost_m


def plane_change_m_s(shape: OrbitShape, angle_deg: float) -> float:
    """What does turning the plane at once cost? 132.9 m/s a degree at 500 km."""
    return 2.0 * sqrt(_MU_M3_S2 / shape.sma_m) * sin(radians(abs(angle_deg)) / 2.0)


def plane_drift(
    shape: OrbitShape, angle_deg: float, *, altitude_offset_m: float = 0.0, inclination_offset_deg: float = 0.0
) -> Drift:
    """How long does the plane take to drift so far off its sisters', with the orbit a little off, and what is the cost?

    90 deg with 50 km: 45 deg of inclination 665 days, sun-synchronous ten years (3,650 days): new sun-synchronous
    planes need new launches. Burns there and back. Raises :class:`Infeasible` where the offset moves nothing.
    """
    off = replace(
        shape,
        sma_m=shape.sma_m + altitude_offset_m,
        inclination_deg=shape.inclination_deg + inclination_offset_deg,
    )
    rate = node_rate_deg_day(off) - node_rate_deg_day(shape)
    if abs(rate) < 1e-9:
        raise Infeasible(
            "the plane does not move", where="plane drift", fix="Give an offset of altitude or inclination"
        )
    days = abs(angle_deg / rate)
    burn = 0.5 * _mean_motion(shape.sma_m) * abs(altitude_offset_m)
    tilt = plane_change_m_s(shape, inclination_offset_deg)
    steady = abs(node_rate_deg_day(shape) - SUN_DEG_DAY) < 0.01
    because = f"the plane moves {rate:+.4f} deg a day against its sisters'"
    if steady:
        because += "; a sun-synchronous plane hardly moves: a new one needs a new launch"
    return Drift(altitude_offset_m, inclination_offset_deg, days, 2.0 * sqrt(burn**2 + tilt**2), because)


def injection_drift_min_year(
    shape: OrbitShape, *, altitude_error_m: float = 0.0, inclination_error_deg: float = 0.0
) -> float:
    """By how many minutes a year does the local time drift because of errors of injection?

    0.1 deg at 500 km: 19.3 min; +10 km: -7.3 min.
    """
    off = replace(
        shape, sma_m=shape.sma_m + altitude_error_m, inclination_deg=shape.inclination_deg + inclination_error_deg
    )
    return (node_rate_deg_day(off) - node_rate_deg_day(shape)) * 4.0 * _YEAR_DAYS


def injection_drift_deg_day(shape: OrbitShape, altitude_error_m: float) -> float:
    """By how many degrees a day does it run ahead along the orbit because it was injected so much too high?

    The inverse of :func:`phasing`: 5.03 km low at 500 km gains 6 deg a day.
    """
    return -1.5 * degrees(_mean_motion(shape.sma_m)) * _DAY_S * altitude_error_m / shape.sma_m


@dataclass(frozen=True)
class Upkeep:
    """What an altitude costs, and how long a satellite lasts there without fuel."""

    lifetime_days: float
    low_days: float
    high_days: float
    """9 times in 10, given the drag area: the Sun is not foretold"""
    drag_m_s_per_year: float
    """to make up for the air, under a mean Sun"""
    sinking_m_per_day: float
    disposal_m_s: float
    """to lower the perigee to 50 km at the end"""
    because: str


def upkeep(shape: OrbitShape, drag_m2_kg: float) -> Upkeep:
    """How long does it stay up, what does it take to hold it, and what to bring it down?

    ``drag_m2_kg`` is drag coefficient times area over mass. The air is that of ``orbit.decay``: exponential layers of a
    mean Sun (Vallado 2013, table 8-4), good to a factor of about ten at 500 km over a solar cycle's extremes; the
    interval is that of published re-entries (tests/authorities/test_lifetime.py).
    """
    if not 0.0 < drag_m2_kg < 100.0:
        what = f"a drag area of {drag_m2_kg:g} m2/kg"
        raise InputError(what, where="drag", fix="Give drag coefficient times area over mass, such as 0.022")
    guess = days_to_reentry(shape.sma_m, shape.eccentricity, drag_m2_kg)
    density = float(air_density_kg_m3(shape.sma_m - WGS84_A_M))
    speed = sqrt(_MU_M3_S2 / shape.sma_m)
    sinking = drag_m2_kg * density * speed * shape.sma_m * _DAY_S
    days = [float(each) for each in (guess.days, guess.low_days, guess.high_days)]
    hold = 0.5 * density * speed**2 * drag_m2_kg * _YEAR_DAYS * _DAY_S
    return Upkeep(days[0], days[1], days[2], hold, sinking, disposal_m_s(shape), guess.because)


def disposal_m_s(shape: OrbitShape, *, perigee_m: float = 50e3) -> float:
    """What does it take to lower the perigee so far that the air does the rest at once? From a circle."""
    low_m = WGS84_A_M + perigee_m
    if low_m >= shape.sma_m:
        return 0.0
    circle = sqrt(_MU_M3_S2 / shape.sma_m)
    return circle * (1.0 - sqrt(2.0 * low_m / (low_m + shape.sma_m)))


def air_notes(shape: OrbitShape, days: float, drag_m2_kg: float = 0.022) -> list[str]:
    """Does the air bring a satellite down within the days that are looked at? What to say, and what would last.

    Empty where even the early end of the interval of :func:`upkeep` lies beyond. Orbits of a design count as kept, so
    this is no error: it says what keeping takes, and from which altitude on nothing has to be kept.
    """
    held = upkeep(shape, drag_m2_kg)
    if held.low_days >= days:
        return []
    low_m, high_m = shape.sma_m, shape.sma_m + 1_000e3
    while high_m - low_m > 500.0:
        middle_m = (low_m + high_m) / 2.0
        lasts = upkeep(replace(shape, sma_m=middle_m), drag_m2_kg).low_days >= days
        low_m, high_m = (low_m, middle_m) if lasts else (middle_m, high_m)
    return [
        f"{(shape.sma_m - WGS84_A_M) / 1e3:.0f} km above the equatorial radius decays: down in "
        f"{held.lifetime_days:.1f} days ({held.low_days:.1f} to {held.high_days:.1f}, nine in ten, {drag_m2_kg:g} "
        f"m2/kg) unless {held.drag_m_s_per_year:,.0f} m/s a year hold it; from "
        f"{(high_m - WGS84_A_M) / 1e3:.0f} km on it lasts {days:g} days by itself"
    ]
