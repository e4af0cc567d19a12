from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath import frames
from swath.access.look import look_angles, nadir_direction
from swath.errors import InputError
from swath.spacecraft.agility import boresight


def flying(lon_deg: float, lat_deg: float, altitude_m: float, heading_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Position, and a level velocity along a compass heading."""
    r = frames.itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    up = frames.geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg)
    north = frames.geodetic_up(lon_deg=lon_deg, lat_deg=lat_deg + 90.0)
    heading = np.radians(heading_deg)
    return r, 7500.0 * (np.cos(heading) * north + np.sin(heading) * np.cross(north, up))


LON, LAT = st.floats(-180.0, 180.0), st.floats(-89.0, 89.0)


@given(LON, LAT, st.floats(2e5, 2e6), st.floats(0, 360), st.floats(-45, 45), st.floats(-45, 45))
def test_turning_by_the_angles_looks_at_the_place(
    lon_deg: float, lat_deg: float, altitude_m: float, heading_deg: float, roll_deg: float, pitch_deg: float
) -> None:
    """Roll and pitch in, a ray to the ground, and the angles to the point it meets are roll and pitch again."""
    r, v = flying(lon_deg, lat_deg, altitude_m, heading_deg)
    sight = boresight(roll_deg, pitch_deg) @ frames.orbital_axes(r, v)
    place = frames.ray_to_ellipsoid(r, sight)
    if np.isnan(place).any():
        return
    look = look_angles(r, v, place)
    assert look.roll_deg == pytest.approx(roll_deg, abs=1e-6)
    assert look.pitch_deg == pytest.approx(pitch_deg, abs=1e-6)
    assert np.cos(np.radians(look.off_nadir_deg)) == pytest.approx(
        np.cos(np.radians(roll_deg)) * np.cos(np.radians(pitch_deg)), abs=1e-9
    )
    assert look.range_m == pytest.approx(np.linalg.norm(place - r))
    assert 0.0 <= look.elevation_deg <= 90.0
    assert look.elevation_deg + look.incidence_deg == pytest.approx(90.0)
    assert look.incidence_deg >= look.off_nadir_deg - 0.3  # the Earth bends away; 0.2 deg for its flattening


def test_signs_flying_north_over_the_equator() -> None:
    r, v = flying(0.0, 0.0, 5e5, 0.0)
    east, north, below = (
        frames.itrf_from_geodetic(lon_deg=lon, lat_deg=lat) for lon, lat in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
    )
    look = look_angles(r, v, np.array([east, north, below]))
    assert look.roll_deg[0] > 10 and abs(look.pitch_deg[0]) < 0.2  # right of a northbound track is east
    assert look.pitch_deg[1] > 10 and abs(look.roll_deg[1]) < 1e-9
    assert look.off_nadir_deg[2] == pytest.approx(0.0, abs=1e-9)
    assert look.elevation_deg[2] == pytest.approx(90.0, abs=1e-6)


def test_behind_the_earth_the_elevation_is_negative() -> None:
    r, v = flying(0.0, 0.0, 5e5, 0.0)
    far_side = frames.itrf_from_geodetic(lon_deg=180.0, lat_deg=0.0)
    look = look_angles(r, v, far_side)
    assert look.elevation_deg == pytest.approx(-90.0)
    assert look.off_nadir_deg == pytest.approx(0.0, abs=1e-6)


@given(LON, LAT, st.floats(2e5, 4e7))
def test_the_two_nadirs_differ_by_the_flattening(lon_deg: float, lat_deg: float, altitude_m: float) -> None:
    r = frames.itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=altitude_m)
    geodetic, geocentric = nadir_direction(r), nadir_direction(r, "geocentric")
    between_deg = np.degrees(np.arctan2(np.linalg.norm(np.cross(geodetic, geocentric)), geodetic @ geocentric))
    # at the surface asin(e^2 sin(2 lat) / 2) within 0.001 deg, less with height: Torge, Geodesy, section 4.1
    e2 = 2 * frames.WGS84_F - frames.WGS84_F**2
    surface_deg = np.degrees(e2 / 2) * abs(np.sin(2 * np.radians(lat_deg)))
    assert between_deg == pytest.approx(surface_deg * frames.WGS84_A_M / (frames.WGS84_A_M + altitude_m), abs=0.002)
    assert between_deg <= 0.194


def test_an_unknown_nadir_is_refused() -> None:
    with pytest.raises(InputError, match="'astronomic' is no nadir"):
        nadir_direction(np.array([7e6, 0.0, 0.0]), "astronomic")  # type: ignore[arg-type]
