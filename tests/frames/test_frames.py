from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath import frames
from swath.errors import DataError
from swath.sources.eop import packaged_eop

LON = st.floats(-180.0, 180.0)
LAT = st.floats(-90.0, 90.0)
NOW = np.datetime64("2026-05-08T06:00:00", "ns")


@given(LON, LAT, st.floats(-400.0, 4.0e7))
def test_geodetic_there_and_back(lon_deg: float, lat_deg: float, altitude_m: float) -> None:
    r = frames.itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    lon, lat, height = frames.geodetic_from_itrf(r)
    again = frames.itrf_from_geodetic(lon_deg=lon, lat_deg=lat, altitude_m=height)
    # erfa's gc2gd takes one step of Halley's method: 2 um from 800 km, 1 mm from the geostationary ring
    assert np.linalg.norm(again - r) < 1e-6 + 5e-11 * abs(altitude_m)
    assert -180.0 <= lon <= 180.0
    assert abs(lat - lat_deg) < 2e-9
    assert abs(height - altitude_m) < 1e-6


def test_the_ellipsoid_is_wgs84() -> None:
    # NGA.STND.0036 (2014), table 3.1 and 3.2: a = 6378137.0, b = 6356752.3142
    np.testing.assert_allclose(frames.itrf_from_geodetic(lon_deg=0.0, lat_deg=0.0), [6378137.0, 0.0, 0.0])
    np.testing.assert_allclose(frames.itrf_from_geodetic(lon_deg=0.0, lat_deg=90.0), [0, 0, 6356752.3142], atol=1e-4)


@given(LON, LAT, LON, LAT, st.floats(2e5, 4e7))
def test_a_ray_meets_the_ellipsoid_where_it_should(
    lon_deg: float, lat_deg: float, from_lon_deg: float, from_lat_deg: float, altitude_m: float
) -> None:
    """Towards any point in view the first hit is that point; towards one beyond the horizon it is a nearer one."""
    origin = frames.itrf_from_geodetic(lon_deg=from_lon_deg, lat_deg=from_lat_deg, altitude_m=altitude_m)
    point = frames.itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg)
    sight = point - origin
    hit = frames.ray_to_ellipsoid(origin, sight / np.linalg.norm(sight))
    rising = float(np.sum(sight * frames.geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg))) / np.linalg.norm(sight)
    if rising < -1e-3:
        assert np.linalg.norm(hit - point) < 1e-5
    elif rising > 1e-3:
        assert np.linalg.norm(hit - origin) < np.linalg.norm(sight)
    if abs(rising) > 1e-3:
        assert abs(np.sum((hit / [frames.WGS84_A_M, frames.WGS84_A_M, frames.WGS84_B_M]) ** 2) - 1.0) < 1e-12


@given(LON, LAT, st.floats(0.0, 70.0), st.floats(0.0, 360.0), st.floats(-400.0, 9000.0))
def test_a_ray_comes_down_to_a_height(
    lon_deg: float, lat_deg: float, slant_deg: float, bearing_deg: float, height_m: float
) -> None:
    place = frames.itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=height_m)
    up = frames.geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
    side = np.cross(up, [0.3, -0.5, 0.81])
    side /= np.linalg.norm(side)
    turned = np.cos(np.radians(bearing_deg)) * side + np.sin(np.radians(bearing_deg)) * np.cross(up, side)
    away = np.cos(np.radians(slant_deg)) * up + np.sin(np.radians(slant_deg)) * turned
    hit = frames.ray_to_height(place + 1e6 * away, -away, altitude_m=height_m)
    assert np.linalg.norm(hit - place) < 1e-3
    assert np.isnan(frames.ray_to_height(place + 1e6 * away, away, altitude_m=height_m)).all()


def test_rays_that_miss_or_point_away_meet_nothing() -> None:
    origin = np.array([7.0e6, 0.0, 0.0])
    directions = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
    hits = frames.ray_to_ellipsoid(origin, directions)
    assert np.isnan(hits[:3]).all()
    np.testing.assert_allclose(hits[3], [frames.WGS84_A_M, 0.0, 0.0])


@given(LON, st.floats(-89.9, 89.9), st.floats(0.0, 5000.0))
def test_a_ray_stops_at_the_height_asked_for(lon_deg: float, lat_deg: float, height_m: float) -> None:
    origin = frames.itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=5e5)
    hit = frames.ray_to_ellipsoid(origin, -frames.geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg), altitude_m=height_m)
    assert abs(frames.geodetic_from_itrf(hit)[2] - height_m) <= 0.01 * height_m + 1e-6


@given(LON, st.floats(-85.0, 85.0), st.floats(0.0, 360.0))
def test_orbital_axes_are_right_handed_and_point_down(lon_deg: float, lat_deg: float, heading_deg: float) -> None:
    up = frames.geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
    north = frames.geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg + 90.0)
    east = np.cross(north, up)
    heading = np.radians(heading_deg)
    v = 7500.0 * (np.cos(heading) * north + np.sin(heading) * east) + 20.0 * up
    axes = frames.orbital_axes(frames.itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=6e5), v)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    np.testing.assert_allclose(axes[2], -up, atol=1e-9)
    assert axes[0] @ v > 0
    # flying north, right is east
    np.testing.assert_allclose(axes[1], -np.sin(heading) * north + np.cos(heading) * east, atol=1e-6)


@given(st.integers(0, 50 * 365), st.floats(0, 86400), st.integers(0, 2**31))
def test_teme_to_itrf_keeps_lengths_and_its_velocity_is_its_derivative(day: int, second: float, seed: int) -> None:
    eop = packaged_eop()
    rng = np.random.default_rng(seed)
    r, v = rng.normal(size=3) * 7e6, rng.normal(size=3) * 5e3
    at = np.datetime64("1974-01-01", "ns") + np.timedelta64(day, "D") + np.timedelta64(round(second * 1e9), "ns")
    both = at + np.array([0, 10_000_000], "timedelta64[ns]")  # 10 ms of straight flight
    r_itrf, v_itrf = frames.itrf_from_teme(np.array([r, r + 0.01 * v]), np.array([v, v]), at=both, eop=eop)
    assert abs(np.linalg.norm(r_itrf[0]) - np.linalg.norm(r)) < 1e-4  # second-order polar motion, 1e-11
    if second < 86399.9:  # not across a leap second
        np.testing.assert_allclose((r_itrf[1] - r_itrf[0]) / 0.01, v_itrf.mean(0), atol=0.05)


def test_stars_stand_still_as_the_earth_turns() -> None:
    """A fixed direction comes back after one sidereal day, 86164.0989 s (IERS), and keeps its angle to the pole."""
    star = np.array([0.6, -0.3, np.sqrt(1 - 0.45)])
    at = np.array([NOW, NOW + np.timedelta64(86_164_098_903_691, "ns")])
    seen = frames.itrf_from_gcrf(np.array([star, star]), at=at, eop=frames.EarthOrientation.zero())
    np.testing.assert_allclose(seen[0], seen[1], atol=3e-7)


def test_earth_orientation_through_the_leap_second_of_2016() -> None:
    eop = packaged_eop()
    at = np.datetime64("2016-12-31T23:59:58", "ns") + np.arange(0, 4001, 250).astype("timedelta64[ms]")
    ut1 = eop.at(at)[0]
    before = at < np.datetime64("2017-01-01")
    # IERS Bulletin C 52 and Bulletin D 130: UT1-UTC = -0.4 s before, +0.6 s from the leap second on
    np.testing.assert_allclose(ut1[before], -0.4085, atol=0.001)
    np.testing.assert_allclose(ut1[~before], 0.5915, atol=0.001)
    assert np.ptp(ut1[before]) < 1e-5
    assert np.ptp(ut1[~before]) < 1e-5


def test_outside_the_earth_orientation_data_is_an_error() -> None:
    with pytest.raises(DataError, match="Earth orientation is known for MJD") as caught:
        packaged_eop().at(np.datetime64("2049-01-01", "ns"))
    assert caught.value.exit_code == 3
    with pytest.raises(DataError):
        frames.itrf_from_teme(np.zeros(3), np.zeros(3), at=np.datetime64("1960-01-01", "ns"), eop=packaged_eop())


@pytest.mark.parametrize(("one", "other"), [((3,), (3,)), ((7, 3), (3,)), ((5, 1, 3), (4, 3))])
def test_cross_products_are_numpys_to_the_bit(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.0, 7e6, one), rng.normal(0.0, 7e3, other)
    assert (frames.cross(a, b) == np.cross(a, b)).all()
