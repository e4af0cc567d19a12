"""The plane of a survey against geodesics, and heights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from swath.errors import DataError, InputError
from swath.survey.ground import Plane, Terrain, flat, plane_at, terrain_of
from tests.survey.asking import hills

GEOD = Geod(ellps="WGS84")


@given(
    lon=st.floats(-179.9, 179.9),
    lat=st.floats(-85.0, 85.0),
    azimuth=st.floats(0.0, 360.0),
    distance=st.floats(1.0, 25_000.0),
)
def test_distances_are_those_of_geodesics(lon: float, lat: float, azimuth: float, distance: float) -> None:
    """PROJ's geodesics: 1 mm to 5 km from the middle, 7 cm at 25 km."""
    plane = Plane(lon, lat)
    there = GEOD.fwd(lon, lat, azimuth, distance)[:2]
    away = float(np.hypot(*plane.to_m(there)))
    assert abs(away - distance) < 1e-3 * max((distance / 5000.0) ** 3, 0.05) * 1.1
    lon_back, lat_back = plane.to_deg(plane.to_m(there))
    assert abs(GEOD.inv(*there, lon_back, lat_back)[2]) < 1e-4


@pytest.mark.parametrize(
    "points",
    [[], [[np.nan, 1.0]], [[200.0, 0.0]], [[0.0, 91.0]], [[-179.9, 0.0], [179.9, 0.0]], [[0.0, 0.0], [1.0, 0.0]]],
)
def test_places_that_are_none_or_too_far_apart(points: list[list[float]]) -> None:
    with pytest.raises(InputError):
        plane_at(np.array(points))


def test_heights_are_bilinear() -> None:
    terrain = hills(slope_deg=12.0)
    xy = np.random.default_rng(1).uniform(-780.0, 780.0, (200, 2))
    assert terrain.at(xy) == pytest.approx(300.0 + np.tan(np.deg2rad(12.0)) * (0.6 * xy[:, 0] + 0.8 * xy[:, 1]))
    assert flat(7.0).at([123.0, -5.0]) == 7.0
    one_row = Terrain(0.0, 0.0, 1.0, np.array([[1.0, 3.0]]))
    assert one_row.at([0.5, 9.0]) == 2.0


def test_holes_are_told_with_their_place() -> None:
    heights = np.zeros((5, 5))
    heights[2, 3] = np.nan
    with pytest.raises(DataError, match="1 holes, the first 30 m east and 20 m north"):
        terrain_of(0.0, 0.0, 10.0, heights)
