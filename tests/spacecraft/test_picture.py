"""How large is a picture? Against hand calculation, and corner by corner against the exact orbit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.access.look import look_angles
from swath.frames import geodetic_from_itrf, itrf_from_geodetic, orbital_axes
from swath.model import Place
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from swath.spacecraft import outline_itrf_m, picture_bit, picture_shape
from swath.time import seconds
from tests.plan.fleet import START, satellite

SW1 = satellite("SW-1", 0)
ORBIT = sgp4_ephemeris(SW1.elements, packaged_eop())


def place_at(after_s: float, right_deg: float, ahead_deg: float, width_m: float, height_m: float) -> Place:
    """A box that the satellite sees under about these angles."""
    r_m, v_m_s = ORBIT.states(np.array([START + seconds(after_s)]))
    axes, height = orbital_axes(r_m, v_m_s)[0], geodetic_from_itrf(r_m)[2][0]
    ground = r_m[0] + height * (
        axes[2] + np.tan(np.radians(right_deg)) * axes[1] + np.tan(np.radians(ahead_deg)) * axes[0]
    )
    lon_deg, lat_deg, _ = geodetic_from_itrf(ground)
    return Place.box("p", lon_deg=float(lon_deg), lat_deg=float(lat_deg), width_m=width_m, height_m=height_m)


def shape_of(place: Place, after_s: float):
    r_m, v_m_s = ORBIT.states(np.array([START + seconds(after_s)]))
    centre_m = itrf_from_geodetic(lon_deg=place.lon_deg, lat_deg=place.lat_deg)
    look = look_angles(r_m, v_m_s, centre_m)
    outline_m = outline_itrf_m(place, 2000.0)[None]
    return look, picture_shape(SW1, r_m, v_m_s, roll_deg=look.roll_deg, pitch_deg=look.pitch_deg, outline_m=outline_m)


def test_straight_down_it_is_the_box_in_pixels() -> None:
    # Near the equator the track runs 8.6 deg off the meridian: a square of 10 km spans 10 km x (cos + sin) both ways.
    after_s = next(
        t
        for t in np.arange(0.0, 6000.0, 20.0)
        if abs(geodetic_from_itrf(ORBIT.states(np.array([START + seconds(t)]))[0])[1][0]) < 1
    )
    r_m, v_m_s = (a[0] for a in ORBIT.states(np.array([START + seconds(after_s)])))
    lon_deg, lat_deg, height_m = geodetic_from_itrf(r_m)
    place = Place.box("p", lon_deg=float(lon_deg), lat_deg=float(lat_deg), width_m=1e4, height_m=1e4)
    look, shape = shape_of(place, after_s)
    heading = np.arctan2(abs(v_m_s @ [-np.sin(np.radians(lon_deg)), np.cos(np.radians(lon_deg)), 0]), abs(v_m_s[2]))
    span_m = 1e4 * (np.cos(heading) + np.sin(heading)) + 2 * height_m * np.radians(0.012)
    pixel_m = SW1.optics.ifov_rad * height_m
    assert look.off_nadir_deg[0] < 0.01
    assert shape.columns[0] == pytest.approx(span_m / pixel_m + 4, rel=0.005)
    assert shape.lines[0] == pytest.approx(span_m / pixel_m + 4, rel=0.005)
    # 7.5 km/s in orbit is 6.8 km/s over the ground at 620 km
    assert shape.line_period_s[0] == pytest.approx(pixel_m / 6850.0, rel=0.02)
    assert shape.duration_s[0] == pytest.approx(shape.lines[0] * shape.line_period_s[0])


@given(
    after_s=st.floats(0, 80000),
    right=st.floats(-38, 38),
    ahead=st.floats(-25, 25),
    width=st.floats(500, 20e3),
    height=st.floats(500, 20e3),
)
def test_every_corner_passes_through_the_field_of_view(
    after_s: float, right: float, ahead: float, width: float, height: float
) -> None:
    place = place_at(after_s, right, ahead, width, height)
    look, shape = shape_of(place, after_s)
    if abs(place.lat_deg) > 80 or look.off_nadir_deg[0] > 45:
        return
    half_s = shape.duration_s[0] / 2.0
    at = START + seconds(after_s) + seconds(np.linspace(-half_s, half_s, 101))
    r_m, v_m_s = ORBIT.states(at)
    roll, pitch = np.radians(look.roll_deg[0]), np.radians(look.pitch_deg[0])
    axis = np.array([np.sin(pitch), np.cos(pitch) * np.sin(roll), np.cos(pitch) * np.cos(roll)])
    row = np.array([0.0, np.cos(roll), -np.sin(roll)])
    sight = np.einsum("tij,tkj->tki", orbital_axes(r_m, v_m_s), outline_itrf_m(place, 0.0) - r_m[:, None])
    ahead_of = sight @ np.cross(row, axis) / (sight @ axis)
    column = sight @ row / (sight @ axis) / SW1.optics.ifov_rad
    assert (ahead_of[0] > 0).all()
    assert (ahead_of[-1] < 0).all()
    crossing = np.abs(ahead_of).argmin(0)
    assert np.abs(column[crossing, np.arange(4)]).max() <= shape.columns[0] / 2


def test_a_point_is_a_square_and_data_is_samples_with_overhead() -> None:
    place = Place.point("p", lon_deg=10.0, lat_deg=50.0)
    corners = outline_itrf_m(place, 2000.0)
    sides = np.linalg.norm(corners - np.roll(corners, 1, 0), axis=-1)
    assert sides == pytest.approx(2000.0, rel=0.006)  # the box is made on a sphere
    assert picture_bit(SW1, 400, 400) == pytest.approx(400 * 400 * 4 * 12 * 1.053, rel=1e-12)
