"""The Sun against published worked examples and metadata, and the length of eclipses against geometry in print."""

from __future__ import annotations

import numpy as np
import pytest

from swath.frames import EarthOrientation, geodetic_up
from swath.orbit.sun import sun_angles_deg, sun_direction_itrf
from swath.sources.eop import packaged_eop


def test_worked_example_of_the_nrel_report() -> None:
    """Reda & Andreas, NREL/TP-560-34302 (2003, revised 2008), table A5.1: 2003-10-17 12:30:30, UTC-7, 39.742476 N
    105.1786 W. Topocentric elevation without refraction 39.872046, azimuth 194.340241. The report takes UT1 = UTC and
    counts the Sun's parallax (0.0019 deg here), which swath leaves out.
    """
    at = np.datetime64("2003-10-17T19:30:30", "ns")
    elevation_deg, azimuth_deg = sun_angles_deg(-105.1786, 39.742476, at, EarthOrientation.zero())
    parallax_deg = 8.794 / 3600.0 * np.cos(np.radians(39.872))
    assert elevation_deg - parallax_deg == pytest.approx(39.872046, abs=0.0005)
    assert azimuth_deg == pytest.approx(194.340241, abs=0.0005)


def test_worked_example_of_meeus() -> None:
    """Meeus, Astronomical Algorithms (2nd ed. 1998), example 25.b: 1992 October 13.0 TD, apparent right ascension
    13h 13m 30.749s, declination -7 deg 47' 01.74" (of date). The hour angle at Greenwich then is the apparent sidereal
    time less the right ascension; here only the declination and the rate at which it is met are compared.
    """
    at = np.datetime64("1992-10-12T23:59:00.816", "ns")  # TT - UTC was 59.184 s
    direction = sun_direction_itrf(at, packaged_eop())
    declination_deg = np.degrees(np.arcsin(direction[2]))
    assert declination_deg == pytest.approx(-(7 + 47 / 60 + 1.74 / 3600), abs=0.0003)


@pytest.mark.parametrize(
    "moment", ["2024-03-20T03:06", "2024-09-22T12:44", "2025-03-20T09:01", "2025-09-22T18:19", "2026-03-20T14:46"]
)
def test_the_sun_crosses_the_equator_at_the_published_minute(moment: str) -> None:
    """US Naval Observatory, "Earth's Seasons". The declination changes by 0.0165 deg an hour then, so half a minute is
    0.00014 deg; the Sun's own ecliptic latitude adds up to 0.0003 deg.
    """
    direction = sun_direction_itrf(np.datetime64(moment, "ns"), packaged_eop())
    assert abs(np.degrees(np.arcsin(direction[2]))) < 0.0005


def test_hourly_steps_do_not_show() -> None:
    """Between the whole hours of the slow part nothing bends: half way, against half-hourly and against itself."""
    at = np.datetime64("2026-05-08", "ns") + np.arange(0, 86400, 60).astype("timedelta64[s]")
    direction = sun_direction_itrf(at, packaged_eop())
    np.testing.assert_allclose(np.linalg.norm(direction, axis=-1), 1.0, rtol=1e-12)
    bend = np.diff(direction, n=3, axis=0)  # smooth turning leaves (2 pi / 1440)^3 = 8e-8
    assert np.abs(bend).max() < 1.2e-7


def test_azimuth_and_elevation_give_the_direction_back() -> None:
    lon_deg, lat_deg = np.meshgrid(np.linspace(-180, 180, 13), np.linspace(-90, 90, 7))
    at = np.datetime64("2026-05-08T09:40", "ns")
    elevation, azimuth = (np.radians(a) for a in sun_angles_deg(lon_deg, lat_deg, at, packaged_eop()))
    up = geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
    north = geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg + 90.0)
    east = np.cross(north, up)
    level = np.cos(azimuth)[..., None] * north + np.sin(azimuth)[..., None] * east
    got = np.sin(elevation)[..., None] * up + np.cos(elevation)[..., None] * level
    np.testing.assert_allclose(got, np.broadcast_to(sun_direction_itrf(at, packaged_eop()), got.shape), atol=1e-12)
