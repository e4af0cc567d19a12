"""The camera's geometry against the same geometry written apart, and against itself backwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.camera import camera_of, ground_points, image_points, line_times
from swath.archive.picture import ReceivedPicture
from swath.errors import DataError
from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_geodetic
from swath.spacecraft.link_format import KIND_LINES

angles = st.floats(-25.0, 25.0)


def metres(flight: Any, eop: EarthOrientation, one: Any, received: ReceivedPicture) -> float:
    """Largest distance on the ground between the two geometries."""
    line, column = np.linspace(0, one.lines - 1, 23), np.linspace(0, one.columns - 1, 17)
    lon_deg, lat_deg = one.ground(line, column, eop)
    ours = ground_points(camera_of(received), line[:, None], column[None, :])
    return float(np.linalg.norm(ours - itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg), axis=-1).max())


@given(roll=angles, pitch=angles, yaw=st.floats(-180, 180), lat=st.floats(-75, 75), lon=st.floats(-179, 179))
def test_rays_are_those_of_the_link_format(
    flight: Any, eop: EarthOrientation, roll: float, pitch: float, yaw: float, lat: float, lon: float
) -> None:
    """To 2 cm with records each 64 lines (46 ms): velocity is linear between them, which turns the axes a little."""
    one = flight.Flight(
        lines=130, columns=20, line_step=64, lat_deg=lat, lon_deg=lon, bands=1,
        roll_deg=lambda line: roll + 0 * line, pitch_deg=lambda line: pitch + 0 * line,
        yaw_deg=lambda line: yaw + 0 * line, pattern=lambda east, north, band: np.full(east.shape, 0.3),
    )  # fmt: skip
    assert metres(flight, eop, one, flight.bring_down(one.picture(eop))) < 0.02


def test_angles_between_records_are_linear(flight: Any, eop: EarthOrientation) -> None:
    one = flight.Flight(
        lines=257, columns=33, line_step=32, bands=1,
        roll_deg=lambda line: np.interp(line, [0, 128, 256], [5.0, 5.02, 4.99]),
        pitch_deg=lambda line: np.interp(line, [0, 32, 256], [1.0, 1.03, 1.0]),
    )  # fmt: skip
    assert metres(flight, eop, one, flight.bring_down(one.picture(eop))) < 0.02


@given(line=st.floats(-30, 429), column=st.floats(-50, 450), altitude=st.floats(0, 3000))
def test_back_and_forth_is_the_same_pixel(
    received: ReceivedPicture, line: float, column: float, altitude: float
) -> None:
    """1e-4 pixel inside; outside the picture, where it is extrapolated by at most 30 lines, a hundredth."""
    camera = camera_of(received, altitude_m=altitude)
    line_back, column_back = image_points(camera, ground_points(camera, line, column))
    allowed = 1e-4 if 0 <= line <= 399 else 1e-2
    assert abs(line_back - line) < allowed and abs(column_back - column) < allowed


def test_ground_height_moves_the_look_by_the_tangent(received: ReceivedPicture) -> None:
    """At an incidence i a surface raised by h is met h tan(i) nearer to the satellite."""
    low, high = (camera_of(received, altitude_m=h) for h in (0.0, 500.0))
    a, b = ground_points(low, 200.0, 200.0), ground_points(high, 200.0, 200.0)
    lon, lat, height = geodetic_from_itrf(b)
    assert height == pytest.approx(500.0, abs=5.0)
    below = itrf_from_geodetic(lon_deg=lon, lat_deg=lat)
    away = low.table[200, :3] - a
    up = (b - below) / np.linalg.norm(b - below)
    incidence = np.arccos(away @ up / np.linalg.norm(away))
    assert np.linalg.norm(below - a) == pytest.approx(height * np.tan(incidence), rel=0.01)


def test_line_times_are_those_of_the_flight(flight: Any, received: ReceivedPicture) -> None:
    one = flight.Flight()
    line = np.array([0.0, 1.0, 17.5, 399.0])
    late = (line_times(camera_of(received), line) - one.at(line)).astype(np.int64)
    assert np.abs(late).max() <= 2  # ns
    beyond = (line_times(camera_of(received), 409.0) - one.at(np.array([409.0]))).astype(np.int64)
    assert abs(int(beyond[0])) < 1000


def test_a_picture_whose_last_records_never_came_is_placed_all_the_same(flight: Any, eop: EarthOrientation) -> None:
    """64 records of one line each are 46 ms of flight: carried on with constant acceleration that is centimetres."""
    one = flight.Flight(lines=192, columns=30, line_step=1, bands=1)
    received = flight.bring_down(one.picture(eop), without=lambda kind, chunk: (kind, chunk) == (KIND_LINES, 2))
    assert len(received.records) == 128 and not received.complete
    assert metres(flight, eop, one, received) < 0.1


def test_what_cannot_be_placed_says_so(flight: Any, eop: EarthOrientation) -> None:
    picture = flight.Flight(lines=40, columns=30, line_step=1, bands=1).picture(eop)
    received = flight.bring_down(picture, without=lambda kind, _: kind == KIND_LINES)
    with pytest.raises(DataError, match="two line records"):
        camera_of(received)
    for lines, columns in ((1, 30), (40, 1)):
        thin = flight.bring_down(flight.Flight(lines=lines, columns=columns, bands=1).picture(eop))
        with pytest.raises(DataError, match="line"):
            camera_of(thin)
