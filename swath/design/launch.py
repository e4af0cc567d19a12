"""In which direction, and when, is a plane reached from a launch site? Planes and times only; no vehicle.

The textbook's plane passes through the pad at lift-off. Vehicles carry the pad's eastward speed for the minutes of the
ascent, so that every one of ten flown launches reached a plane 3 to 34 minutes of local time later than that; the
offset is an argument here, and answers show both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, atan, atan2, cos, degrees, pi, radians, sin, sqrt, tan
from typing import Literal

import numpy as np

from swath.design.planes import greenwich_deg, local_time_h, node_of_local_time_deg
from swath.design.shapes import OrbitShape, node_rate_deg_day
from swath.errors import Infeasible, InputError
from swath.frames import EARTH_ROTATION_RAD_S, WGS84_A_M, WGS84_B_M, EarthOrientation
from swath.orbit.sun import sun_angles_deg
from swath.time import seconds

__all__ = [
    "FLOWN_OFFSET_MIN", "Heading", "Leg", "Site", "Window", "dog_leg_m_s", "headings", "inclination_from_azimuth_deg",
    "launch_windows", "plane_through_pad_deg", "reachable_inclinations_deg",
]  # fmt: skip

Leg = Literal["north", "south"]

FLOWN_OFFSET_MIN = (3.0, 34.0)
"""least and most of ten launches (Landsat 8 and 9, WorldView-3, Suomi-NPP, OCO-2, SMAP, Sentinel-2A, -2B, -1A and
Malligyong-1): published local time of the node less that of the plane through the pad at lift-off"""
_MU_M3_S2 = 3.986004418e14


@dataclass(frozen=True)
class Site:
    """A launch pad, and the azimuths that a source or its user allows."""

    name: str
    lon_deg: float
    lat_deg: float
    min_azimuth_deg: float | None = None
    max_azimuth_deg: float | None = None
    """clockwise from the least; ``None`` where nobody says"""
    source: str = ""

    def __post_init__(self) -> None:
        if not (-180.0 <= self.lon_deg <= 180.0 and -90.0 < self.lat_deg < 90.0):
            what = f"longitude {self.lon_deg:g}, latitude {self.lat_deg:g}"
            raise InputError(what, where=f"site {self.name}", fix="Longitude first, in degrees")
        if (self.min_azimuth_deg is None) != (self.max_azimuth_deg is None):
            raise InputError("half an azimuth corridor", where=f"site {self.name}", fix="Give both limits, or none")

    def allows(self, azimuth_deg: float) -> bool:
        """Is a launch in this direction inside the corridor? Without limits every one is."""
        if self.min_azimuth_deg is None or self.max_azimuth_deg is None:
            return True
        wide = (self.max_azimuth_deg - self.min_azimuth_deg) % 360.0
        return (azimuth_deg - self.min_azimuth_deg) % 360.0 <= wide + 1e-9

    @property
    def geocentric_rad(self) -> float:
        """Latitude as seen from the Earth's centre."""
        return atan((WGS84_B_M / WGS84_A_M) ** 2 * tan(radians(self.lat_deg)))


@dataclass(frozen=True)
class Heading:
    """One of the two directions that reach an inclination."""

    leg: Leg
    azimuth_deg: float
    """over the turning ground: what a range officer calls it"""
    inertial_azimuth_deg: float
    """without the Earth's rotation"""
    allowed: bool
    """inside the site's corridor"""


def headings(site: Site, shape: OrbitShape) -> list[Heading]:
    """In which directions does a launch reach an inclination? Northward and southward, with the Earth's rotation.

    Sohae to 97.42 deg at 500 km: 192.3 deg southward (Molczan 2012); Cape limits 35 and 120 deg: 57.7 and 39.5 deg of
    inclination (tests/authorities/test_design_launch.py). Raises :class:`Infeasible` for inclinations below the
    latitude.
    """
    ratio = cos(radians(shape.inclination_deg)) / cos(site.geocentric_rad)
    if abs(ratio) > 1.0:
        least = degrees(abs(site.geocentric_rad))
        near = least if shape.inclination_deg < 90.0 else 180.0 - least
        raise Infeasible(
            f"no launch from {site.name} reaches {shape.inclination_deg:.2f} deg directly",
            fix=f"The nearest is {near:.2f} deg, due {'east' if near < 90.0 else 'west'}; for less the plane turns",
        )
    north = degrees(asin(ratio)) % 360.0
    found = []
    for leg, inertial in (("north", north), ("south", (180.0 - north) % 360.0)):
        east = _speed_m_s(shape) * sin(radians(inertial)) - _pad_speed_m_s(site)
        turned = degrees(atan2(east, _speed_m_s(shape) * cos(radians(inertial)))) % 360.0
        found.append(Heading("north" if leg == "north" else "south", turned, inertial, site.allows(turned)))
    return found


def _speed_m_s(shape: OrbitShape) -> float:
    return sqrt(_MU_M3_S2 / shape.sma_m)


def _pad_speed_m_s(site: Site) -> float:
    return EARTH_ROTATION_RAD_S * WGS84_A_M * cos(radians(site.lat_deg))


def inclination_from_azimuth_deg(site: Site, azimuth_deg: float, speed_m_s: float, *, turning: bool = True) -> float:
    """Which inclination does a launch in a direction reach, at an orbital speed? Over the turning Earth unless told."""
    azimuth = radians(azimuth_deg)
    if turning:
        # The speed over the ground that makes the inertial speed what it is.
        east, pad = sin(azimuth), _pad_speed_m_s(site)
        over_ground = -pad * east + sqrt((pad * east) ** 2 + speed_m_s**2 - pad**2)
        azimuth = atan2(over_ground * east + pad, over_ground * cos(azimuth))
    return degrees(np.arccos(cos(site.geocentric_rad) * sin(azimuth)))


def reachable_inclinations_deg(site: Site, speed_m_s: float) -> tuple[float, float]:
    """Least and greatest inclination of direct launches inside the site's corridor (all directions without one)."""
    first, wide = site.min_azimuth_deg, 360.0
    if first is not None and site.max_azimuth_deg is not None:
        wide = (site.max_azimuth_deg - first) % 360.0
    tried = (first or 0.0) + np.linspace(0.0, wide, 3601)
    found = [inclination_from_azimuth_deg(site, float(azimuth), speed_m_s) for azimuth in tried]
    return min(found), max(found)


def plane_through_pad_deg(site: Site, inclination_deg: float, leg: Leg, at: np.datetime64) -> float:
    """Right ascension of the node of the plane that passes through the pad at a UTC time, going north or south."""
    sine = tan(site.geocentric_rad) / tan(radians(inclination_deg))
    if abs(sine) > 1.0:
        raise Infeasible(
            f"a plane of {inclination_deg:.2f} deg never passes over {site.name}",
            fix=f"It takes {degrees(abs(site.geocentric_rad)):.2f} deg at least",
        )
    ahead = degrees(asin(sine))
    over = greenwich_deg(at) + site.lon_deg
    return (over - ahead if leg == "north" else over + ahead - 180.0) % 360.0


@dataclass(frozen=True)
class Window:
    """One opportunity to reach a plane."""

    leg: Leg
    azimuth_deg: float
    allowed: bool
    opens: np.datetime64
    best: np.datetime64
    """of lift-off, for the ascent offset asked for"""
    closes: np.datetime64
    pad_plane: np.datetime64
    """when the plane itself passes over the pad: the textbook's lift-off"""
    raan_deg: float
    """of the wanted plane at ``best``"""
    local_time_s: float
    """of its ascending node, by the mean Sun: seconds past midnight"""
    sun_elevation_deg: float
    """at the pad at lift-off"""


def launch_windows(
    site: Site,
    shape: OrbitShape,
    first: np.datetime64,
    days: int,
    *,
    wanted_local_time_h: float | None = None,
    raan_deg: float | None = None,
    raan_at: np.datetime64 | None = None,
    ascent_offset_min: float = 0.0,
    tolerance_min: float = 10.0,
    any_azimuth: bool = False,
) -> list[Window]:
    """When, day by day, does a launch reach a plane: one of a local time, or one that flies (``raan_deg``)?

    ``raan_deg`` is where the node stands at ``raan_at``; it drifts as the shape has it. A lift-off ``tolerance_min``
    early or late misses the plane by as many minutes of local time (0.25 deg each). The plane reached lies
    ``ascent_offset_min`` later than the one through the pad. Directions outside the corridor are left out unless
    ``any_azimuth``. Raises :class:`InputError` for a plane given twice or not at all, and :class:`Infeasible` where no
    direction works.
    """
    if (wanted_local_time_h is None) == (raan_deg is None):
        raise InputError("which plane?", where="launch", fix="Give a local time or the node of a plane, one of them")
    if days < 1 or days > 3660 or not tolerance_min >= 0.0:
        raise InputError(f"{days} days, {tolerance_min:g} min", where="launch", fix="Give 1 to 3660 days, and minutes")
    rate = node_rate_deg_day(shape)

    def node_deg(at: np.datetime64) -> float:
        if wanted_local_time_h is not None:
            return node_of_local_time_deg(wanted_local_time_h % 24.0, at)
        since = 0.0 if raan_at is None else float((at - raan_at) / np.timedelta64(1, "ns")) / 86400e9
        return (raan_deg or 0.0) + rate * since

    found = []
    for way in _usable(site, shape, any_azimuth):
        for day in range(days):
            start = first + seconds(86400.0 * day)
            pad = _when(site, shape.inclination_deg, way.leg, start, node_deg, 0.0)
            best = _when(site, shape.inclination_deg, way.leg, start, node_deg, ascent_offset_min)
            if best is not None:
                found.append(_window(site, way, best, pad, node_deg(best) % 360.0, tolerance_min, ascent_offset_min))
    return sorted(found, key=lambda window: window.best)


def _usable(site: Site, shape: OrbitShape, any_azimuth: bool) -> list[Heading]:
    ways = headings(site, shape)
    usable = [way for way in ways if way.allowed or any_azimuth]
    if not usable:
        said = " and ".join(f"{way.azimuth_deg:.1f}" for way in ways)
        least, most = reachable_inclinations_deg(site, _speed_m_s(shape))
        raise Infeasible(
            f"{shape.inclination_deg:.2f} deg needs an azimuth of {said} deg, outside {site.min_azimuth_deg:g} to "
            f"{site.max_azimuth_deg:g} of {site.name}",
            fix=f"Its corridor reaches {least:.1f} to {most:.1f} deg; beyond it takes a dog-leg",
        )
    return usable


def _window(
    site: Site,
    way: Heading,
    best: np.datetime64,
    pad: np.datetime64 | None,
    node_deg: float,
    tolerance_min: float,
    ascent_offset_min: float,
) -> Window:
    sun = float(sun_angles_deg(site.lon_deg, site.lat_deg, best, EarthOrientation.zero())[0])
    half = seconds(60.0 * tolerance_min)
    # Near midnight the plane's own pass belongs to another day.
    near = pad is not None and abs(pad - best) < seconds(7200.0)
    passing = pad if near and pad is not None else best + seconds(60.0 * ascent_offset_min)
    local_s = 3600.0 * local_time_h(node_deg, best)
    return Window(
        way.leg, way.azimuth_deg, way.allowed, best - half, best, best + half, passing, node_deg, local_s, sun
    )


def _when(
    site: Site,
    inclination_deg: float,
    leg: Leg,
    start: np.datetime64,
    node_deg: Callable[[np.datetime64], float],
    offset_min: float,
) -> np.datetime64 | None:
    """The lift-off of the day from ``start`` on; ``None`` where a day has none (it is a few minutes short)."""
    turn_s = 2.0 * pi / EARTH_ROTATION_RAD_S
    at = start
    for step in range(4):
        behind = (node_deg(at) - plane_through_pad_deg(site, inclination_deg, leg, at) - 0.25 * offset_min) % 360.0
        wait_deg = behind if step == 0 or behind < 180.0 else behind - 360.0
        at = at + seconds(wait_deg / 360.0 * turn_s)
    return at if start <= at < start + seconds(86400.0) else None


def dog_leg_m_s(shape: OrbitShape, turn_deg: float) -> float:
    """What does a turn of the plane cost at orbital speed? Geometry only, the most that it can be: 132.9 m/s a degree.

    At 500 km. A vehicle that turns early, while it is slow, pays less.
    """
    return 2.0 * _speed_m_s(shape) * sin(radians(abs(turn_deg)) / 2.0)
