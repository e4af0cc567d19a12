"""What is asked of whom: places, stations and requests; ``swath.model`` is where others import them from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swath.errors import InputError

__all__ = ["Place", "Receiver", "Request", "Station"]


_HEIGHTS_M = (-12_000.0, 60_000.0)


def _check_height(altitude_m: float, where: str) -> None:
    if not _HEIGHTS_M[0] <= altitude_m <= _HEIGHTS_M[1]:
        fix = "Give metres above the WGS84 ellipsoid, -12,000 to 60,000"
        raise InputError(f"an altitude of {altitude_m:g} m", where=where, fix=fix)


@dataclass(frozen=True)
class Place:
    """A point or an area on the ground, longitude first; edges are straight in longitude and latitude.

    An edge of more than 180 degrees of longitude goes the short way, across the date line; one of exactly 360 runs
    round the world. A ring that winds once round the Earth holds the pole it is nearer to.
    """

    id: str
    lon_deg: float
    lat_deg: float
    altitude_m: float = 0.0
    """above the WGS84 ellipsoid, -12,000 to 60,000 m: nobody takes pictures of what is neither ground nor air"""
    ring: tuple[tuple[float, float], ...] = ()
    """the outer ring, open, empty for a point"""
    holes: tuple[tuple[tuple[float, float], ...], ...] = ()
    """rings inside ``ring`` that do not belong to the place"""
    further: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] = ()
    """more polygons of the same place, each its outer ring and then its holes"""

    @property
    def polygons(self) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
        """All of the area: polygons as an outer ring and holes; none for a point."""
        return ((self.ring, *self.holes), *self.further) if self.ring else ()

    def __post_init__(self) -> None:
        _check_height(self.altitude_m, f"place {self.id}")
        rings = (ring for polygon in self.polygons for ring in polygon)
        for lon, lat in ((self.lon_deg, self.lat_deg), *(vertex for ring in rings for vertex in ring)):
            if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
                raise InputError(
                    f"longitude {lon}, latitude {lat} is outside the world",
                    where=f"place {self.id}",
                    fix="Longitude comes first, -180 to 180, then latitude, -90 to 90, in degrees",
                )

    @classmethod
    def point(cls, id: str, *, lon_deg: float, lat_deg: float, altitude_m: float = 0.0) -> Place:
        """A place without extent."""
        return cls(id, lon_deg, lat_deg, altitude_m)

    @classmethod
    def box(cls, id: str, *, lon_deg: float, lat_deg: float, width_m: float, height_m: float) -> Place:
        """A rectangle of ``width_m`` east-west by ``height_m`` north-south about a centre (not over a pole)."""
        half_lat = np.degrees(height_m / 2.0 / 6371008.8)
        half_lon = np.degrees(width_m / 2.0 / (6371008.8 * np.cos(np.radians(lat_deg))))
        west, east, south, north = lon_deg - half_lon, lon_deg + half_lon, lat_deg - half_lat, lat_deg + half_lat
        return cls(id, lon_deg, lat_deg, ring=((west, south), (east, south), (east, north), (west, north)))


@dataclass(frozen=True)
class Receiver:
    """The antenna of a ground station and what stands behind it."""

    dish_m: float
    """diameter"""
    noise_k: float
    """of the whole system under a clear sky"""
    aperture_share: float = 0.6
    """of the dish's area that works"""
    pointing_error_deg: float = 0.02
    implementation_loss_db: float = 1.0
    """what the demodulator needs above the ideal of the standard"""

    def __post_init__(self) -> None:
        if not (self.dish_m > 0.0 and self.noise_k > 0.0 and 0.0 < self.aperture_share <= 1.0):
            raise InputError(
                f"a dish of {self.dish_m} m, {self.noise_k} K, working share {self.aperture_share}",
                fix="Diameter and noise temperature are above zero, aperture_share up to 1",
            )


@dataclass(frozen=True)
class Station:
    """A ground antenna. Data comes down at ``rate_bit_s`` while a satellite stands above ``min_elevation_deg``."""

    id: str
    lon_deg: float
    lat_deg: float
    altitude_m: float
    min_elevation_deg: float
    rate_bit_s: float
    setup_s: float = 30.0
    """to point and lock before each contact; one antenna serves one satellite"""
    source: str = ""
    mask: tuple[tuple[float, float], ...] = ()
    """horizon as pairs (azimuth, elevation) in degrees, straight between them and round through north"""
    teardown_s: float = 0.0
    """after each contact, before the antenna is free again"""
    maintenance: tuple[tuple[np.datetime64, np.datetime64], ...] = ()
    """stretches in which it serves nobody"""
    cost_per_min: float = 0.0
    """of a contact, in the unit of the orders' values"""
    receiver: Receiver | None = None
    """with it and the satellite's transmitter the rate follows from the link budget, at most ``rate_bit_s``"""

    def __post_init__(self) -> None:
        _check_height(self.altitude_m, f"station {self.id}")
        for azimuth_deg, elevation_deg in self.mask:
            if not (0.0 <= azimuth_deg <= 360.0 and -90.0 <= elevation_deg <= 90.0):
                fix = "Give pairs of azimuth, 0 to 360, and elevation, -90 to 90, in degrees"
                what = f"a horizon of {elevation_deg} degrees at azimuth {azimuth_deg}"
                raise InputError(what, where=f"station {self.id}", fix=fix)


@dataclass(frozen=True)
class Request:
    """What somebody asked for: one picture of a place, by a time, under conditions."""

    id: str
    place: Place
    kind: str
    """``field``, ``watch``, ``area`` or ``flood``: what is made of the picture"""
    value: float
    """worth of a perfect picture; the plan's value is the sum of value x quality x P(clear)"""
    ordered: np.datetime64
    start: np.datetime64
    stop: np.datetime64
    """the picture lies inside ``start`` .. ``stop``"""
    deadline: np.datetime64
    """the data is on the ground by then"""
    min_sun_elevation_deg: float
    max_off_nadir_deg: float
    extent_m: float
    """side of the square to be pictured round a point; polygons use their ring"""
    urgent: bool = False
    owner: str = ""
    priority: int = 3
    """class: 1 counts most (``plan.problem.PRIORITY_WEIGHT``)"""
    side: str = "any"
    """where it may be from the track: ``left``, ``right`` or ``any``"""
    sensor: str = "any"
    satellites: tuple[str, ...] = ()
    """only by these; empty: by any"""
    max_gsd_m: float = np.inf
    good_gsd_m: float = np.inf
    """coarser pixels than this are worth less in proportion"""
    min_p_clear: float = 0.0
    """cloud limit: no look with a smaller probability of a clear sky"""
    halves_s: float = np.inf
    """the value halves with every so many seconds from ``ordered`` until the picture is on the ground"""
    apart: tuple[tuple[str, float], ...] = ()
    """other requests or bundles from whose pictures its own stay so many seconds away"""
    looks: int = 1
    """2 or 3: stereo, all in one pass or none"""
    convergence_deg: tuple[float, float] = (0.0, 180.0)
    """between neighbouring looks of a stereo request, least and most"""
