"""What pulls and pushes a satellite: the accelerations of numerical propagation, in plain formulas.

Gravity field by the ``satkit`` package (EGM2008, which it carries); the rest after Montenbruck & Gill, "Satellite
Orbits" (2000), chapter 3. Positions and velocities in GCRF, metres and seconds.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = [
    "AU_M",
    "Burn",
    "Forces",
    "MOON_GM",
    "SUN_GM",
    "density_kg_m3",
    "drag",
    "gravity_field",
    "light_pressure",
    "light_share",
    "third_body",
    "thrust",
]

Floats = npt.NDArray[np.float64]

AU_M = 1.495978707e11
SUN_GM, MOON_GM = 1.32712440018e20, 4.9028e12
_SUN_RADIUS_M, _EARTH_RADIUS_M = 6.957e8, 6.3781363e6
_LIGHT_PRESSURE = 4.56e-6
"""N/m2 at 1 AU"""
_HIGHEST_DEGREE = 70


@dataclass(frozen=True)
class Forces:
    """Which forces act. Left out are tides, the Earth's own light, relativity and planets: some metres a day."""

    degree: int = 20
    """of the gravity field, 0 (a point) to 70"""
    order: int | None = None
    """as the degree, where not given; 0 for the zonal field"""
    sun: bool = True
    moon: bool = True
    drag_m2_per_kg: float = 0.0
    """drag coefficient x area / mass; about 0.01 to 0.05"""
    density_ratio: float = 1.0
    """times the density of the mean atmosphere (F10.7 of 150); a quiet Sun is about 0.4, an active one 2"""
    light_m2_per_kg: float = 0.0
    """radiation pressure coefficient x area / mass"""

    def __post_init__(self) -> None:
        order = self.degree if self.order is None else self.order
        if not 0 <= order <= self.degree <= _HIGHEST_DEGREE:
            raise InputError(
                f"a gravity field of degree {self.degree} and order {order}",
                fix=f"Give a degree up to {_HIGHEST_DEGREE}, and an order up to the degree",
            )
        for name in ("drag_m2_per_kg", "density_ratio", "light_m2_per_kg"):
            if not 0.0 <= getattr(self, name) <= 100.0:
                raise InputError(f"{name} is {getattr(self, name)}", fix="Give a number from 0 to 100")


@dataclass(frozen=True)
class Burn:
    """A thruster that works for a while."""

    start: np.datetime64
    duration_s: float
    radial_m_s2: float
    along_m_s2: float
    cross_m_s2: float
    """acceleration at its beginning: away from the Earth, in the plane towards the motion, along the orbit's normal"""
    exhaust_m_s: float | None = None
    """exhaust speed: the satellite grows lighter, the acceleration grows; constant where not given"""

    def __post_init__(self) -> None:
        size = float(np.linalg.norm([self.radial_m_s2, self.along_m_s2, self.cross_m_s2]))
        if not (np.isfinite(size) and 0.01 <= self.duration_s <= 86400.0):
            raise InputError(f"a burn of {self.duration_s} s and {size} m/s2", fix="Give 0.01 s to a day")
        if self.exhaust_m_s is not None and not size * self.duration_s < 0.9 * self.exhaust_m_s:
            raise InputError(
                f"a burn that would use {size * self.duration_s / self.exhaust_m_s:.0%} of the satellite's mass",
                fix="Shorten it, or correct exhaust_m_s",
            )


def gravity_field(forces: Forces) -> Callable[[Floats], Floats]:
    """Acceleration (m/s2, ITRF) at ITRF positions (m). Raises :class:`InputError` where ``satkit`` is not installed."""
    try:
        import satkit
    except ImportError as error:
        raise InputError(
            "numerical propagation needs the package satkit", fix='Install it: pip install "swath[numerical]"'
        ) from error
    field, model = satkit.gravity, satkit.gravmodel.egm2008
    degree, order = forces.degree, forces.degree if forces.order is None else forces.order
    if degree < 2:
        return _point

    def ask(r_itrf_m: Floats) -> Any:
        return field(r_itrf_m, degree=degree, order=order, model=model)

    return ask


def _point(r_itrf_m: Floats) -> Floats:
    return np.asarray(-3.986004415e14 * r_itrf_m / np.dot(r_itrf_m, r_itrf_m) ** 1.5, np.float64)


def third_body(r_m: Floats, body_m: Floats, gm: float) -> Floats:
    """Pull of a body minus its pull on the Earth (Montenbruck & Gill, 3.37)."""
    apart = body_m - r_m
    return np.asarray(gm * (apart / np.dot(apart, apart) ** 1.5 - body_m / np.dot(body_m, body_m) ** 1.5), np.float64)


def light_pressure(r_m: Floats, sun_m: Floats, light_m2_per_kg: float) -> Floats:
    """Push of the sunlight on a ball, less in the Earth's shadow (Montenbruck & Gill, 3.75)."""
    away = r_m - sun_m
    distance = np.sqrt(np.dot(away, away))
    push = _LIGHT_PRESSURE * light_m2_per_kg * (AU_M / distance) ** 2 * light_share(r_m, sun_m)
    return np.asarray(push * away / distance, np.float64)


def light_share(r_m: Floats, sun_m: Floats) -> float:
    """Which share of the Sun's disc is seen past a round Earth (Montenbruck & Gill, 3.85 to 3.94)?"""
    to_sun = sun_m - r_m
    sun_away, away = np.sqrt(np.dot(to_sun, to_sun)), np.sqrt(np.dot(r_m, r_m))
    a, b = np.arcsin(_SUN_RADIUS_M / sun_away), np.arcsin(min(_EARTH_RADIUS_M / away, 1.0))
    c = np.arccos(np.clip(-np.dot(r_m, to_sun) / (away * sun_away), -1.0, 1.0))
    if c >= a + b:
        return 1.0
    if c <= b - a:
        return 0.0
    if c <= a - b:
        return float(1.0 - (b / a) ** 2)
    x = (c**2 + a**2 - b**2) / (2.0 * c)
    y = np.sqrt(max(a**2 - x**2, 0.0))
    covered = a**2 * np.arccos(np.clip(x / a, -1, 1)) + b**2 * np.arccos(np.clip((c - x) / b, -1, 1)) - c * y
    return float(1.0 - covered / (np.pi * a**2))


def drag(v_air_m_s: Floats, density: float, drag_m2_per_kg: float) -> Floats:
    """Braking by air that flows past with ``v_air_m_s`` (Montenbruck & Gill, 3.97)."""
    return np.asarray(-0.5 * density * drag_m2_per_kg * np.sqrt(np.dot(v_air_m_s, v_air_m_s)) * v_air_m_s, np.float64)


def thrust(burn: Burn, after_s: float, r_m: Floats, v_m_s: Floats) -> Floats:
    """Acceleration of a burn ``after_s`` seconds after its beginning."""
    out = r_m / np.sqrt(np.dot(r_m, r_m))
    normal = np.cross(r_m, v_m_s)
    normal /= np.sqrt(np.dot(normal, normal))
    push = burn.radial_m_s2 * out + burn.along_m_s2 * np.cross(normal, out) + burn.cross_m_s2 * normal
    if burn.exhaust_m_s is not None:
        size = np.sqrt(burn.radial_m_s2**2 + burn.along_m_s2**2 + burn.cross_m_s2**2)
        push = push / (1.0 - size * after_s / burn.exhaust_m_s)
    return np.asarray(push, np.float64)


def density_kg_m3(altitude_m: float, cos_bulge: float) -> float:
    """How dense is the air? Harris and Priester's mean atmosphere (Montenbruck & Gill, 3.5.2, table 3.8).

    ``cos_bulge`` is the cosine of the angle from the bulge that follows the Sun by 30 degrees. Nothing above 1,000 km;
    below 100 km the air of 100 km. The true density differs by a factor of two with the Sun's activity.
    """
    if altitude_m >= _ALTITUDES_M[-1]:
        return 0.0
    row = min(max(bisect_right(_ALTITUDES_M, altitude_m) - 1, 0), len(_ALTITUDES_M) - 2)
    share = max((altitude_m - _ALTITUDES_M[row]) / (_ALTITUDES_M[row + 1] - _ALTITUDES_M[row]), 0.0)
    (low, high), (low_above, high_above) = _LOG_DENSITIES[row : row + 2]
    least, most = math.exp(low + share * (low_above - low)), math.exp(high + share * (high_above - high))
    return float(least + (most - least) * (0.5 + 0.5 * cos_bulge) ** _BULGE)


_BULGE = 3.0
"""half of the exponent of the cosine of half the angle: 6, as for polar orbits (2 for low inclinations)"""
_HARRIS_PRIESTER = np.array(
    [
        (100, 497400, 497400), (120, 24900, 24900), (130, 8377, 8710), (140, 3899, 4059), (150, 2122, 2215),
        (160, 1263, 1344), (170, 800.8, 875.8), (180, 528.3, 601.0), (190, 361.7, 429.7), (200, 255.7, 316.2),
        (210, 183.9, 239.6), (220, 134.1, 185.3), (230, 99.49, 145.5), (240, 74.88, 115.7), (250, 57.09, 93.08),
        (260, 44.03, 75.55), (270, 34.30, 61.82), (280, 26.97, 50.95), (290, 21.39, 42.26), (300, 17.08, 35.26),
        (320, 10.99, 25.11), (340, 7.214, 18.19), (360, 4.824, 13.37), (380, 3.274, 9.955), (400, 2.249, 7.492),
        (420, 1.558, 5.684), (440, 1.091, 4.355), (460, 0.7701, 3.362), (480, 0.5474, 2.612), (500, 0.3916, 2.042),
        (520, 0.2819, 1.605), (540, 0.2042, 1.267), (560, 0.1488, 1.005), (580, 0.1092, 0.7997), (600, 0.08070, 0.6390),
        (620, 0.06012, 0.5123), (640, 0.04519, 0.4121), (660, 0.03430, 0.3325), (680, 0.02632, 0.2691),
        (700, 0.02043, 0.2185), (720, 0.01607, 0.1779), (740, 0.01281, 0.1452), (760, 0.01036, 0.1190),
        (780, 0.008496, 0.09776), (800, 0.007069, 0.08059), (840, 0.004680, 0.05741), (880, 0.003200, 0.04210),
        (920, 0.002210, 0.03130), (960, 0.001560, 0.02360), (1000, 0.001150, 0.01810),
    ]
)  # fmt: skip
"""altitude (km), least and greatest density (g/km3)"""
_ALTITUDES_M = (_HARRIS_PRIESTER[:, 0] * 1e3).tolist()
_LOG_DENSITIES = np.log(_HARRIS_PRIESTER[:, 1:] * 1e-12).tolist()
