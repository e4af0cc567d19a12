"""Areas, least widths and ways inside."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import Infeasible, InputError
from swath.survey.area import least_width, path_inside, survey_area
from tests.survey.asking import PLANE, in_degrees

U_SHAPE = shapely.Polygon([(0, 0), (300, 0), (300, 300), (200, 300), (200, 100), (100, 100), (100, 300), (0, 300)])


def test_the_width_of_known_shapes() -> None:
    assert least_width(shapely.box(0, 0, 300, 70)) == (pytest.approx(70.0), pytest.approx(0.0))
    triangle = shapely.Polygon([(0, 0), (200, 0), (100, 100 * np.sqrt(3.0))])
    assert least_width(triangle)[0] == pytest.approx(100.0 * np.sqrt(3.0))
    turned = shapely.affinity.rotate(shapely.box(0, 0, 300, 70), 30.0)
    assert least_width(turned) == (pytest.approx(70.0), pytest.approx(30.0))


@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(-400, 400)), min_size=3, max_size=12, unique=True))
def test_no_direction_is_narrower(points: list[tuple[int, int]]) -> None:
    hull = shapely.MultiPoint(points).convex_hull
    if hull.area < 10.0:
        return
    width, direction = least_width(hull)
    corners = shapely.get_coordinates(hull)
    turns = np.deg2rad(np.linspace(0.0, 180.0, 721))
    assert width <= np.ptp(corners @ np.stack([-np.sin(turns), np.cos(turns)]), axis=0).min() + 1e-6
    at = np.deg2rad(direction)
    assert np.ptp(corners @ [-np.sin(at), np.cos(at)]) == pytest.approx(width, abs=1e-6)


def test_a_way_round_a_notch_bends_at_its_corners() -> None:
    way = path_inside(U_SHAPE, (50.0, 290.0), (250.0, 290.0))
    assert way.tolist() == [[50.0, 290.0], [100.0, 100.0], [200.0, 100.0], [250.0, 290.0]]


@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_ways_stay_inside_and_are_no_longer_than_along_the_edge(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 14))
    ring = rng.uniform(60.0, 300.0, 14)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    region = shapely.Polygon(ring).difference(shapely.box(-20, -20, 20, 20))
    if not isinstance(region, shapely.Polygon) or not region.is_valid:
        return
    corners = shapely.get_coordinates(region.exterior)[:-1]
    a, b = rng.choice(len(corners), 2, replace=False)
    way = path_inside(region, tuple(corners[a]), tuple(corners[b]))
    line = shapely.LineString(way)
    assert region.buffer(0.05).covers(line)
    edge = shapely.LineString(np.roll(corners, -min(a, b), 0)[: abs(a - b) + 1])
    assert line.length <= min(edge.length, region.exterior.length - edge.length) + 1e-6


def test_parts_without_a_way_between_are_told() -> None:
    region = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10)])
    with pytest.raises(Infeasible, match="cannot be reached"):
        path_inside(region, (5.0, 5.0), (55.0, 5.0))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]), "Self-intersection"),
        (shapely.box(0, 0, 3, 3), "9.0 m2"),
        (shapely.Polygon(), "no polygon"),
        (shapely.LineString([(0, 0), (5, 5)]), "no polygon"),
    ],
)
def test_bad_areas(shape: shapely.Geometry, said: str) -> None:
    with pytest.raises(InputError, match=said):
        survey_area(PLANE, in_degrees(shape))


def test_a_zone_over_everything_and_a_take_off_point_inside_one() -> None:
    area = in_degrees(shapely.box(0, 0, 200, 200))
    with pytest.raises(Infeasible, match="nothing of the area"):
        survey_area(PLANE, area, keep_out=[in_degrees(shapely.box(-5, -5, 205, 205))])
    zone = in_degrees(shapely.box(50, 50, 80, 80))
    lon, lat = PLANE.to_deg([65.0, 65.0])
    with pytest.raises(Infeasible, match="take-off"):
        survey_area(PLANE, area, keep_out=[zone], take_off_deg=(float(lon), float(lat)))


def test_margins_are_kept() -> None:
    where = survey_area(
        PLANE,
        in_degrees(shapely.box(0, 0, 200, 200)),
        keep_out=[in_degrees(shapely.box(50, 50, 80, 80))],
        fence=in_degrees(shapely.box(-100, -100, 190, 300)),
        margin_m=10.0,
    )
    assert where.area.bounds == pytest.approx((0.0, 0.0, 180.0, 200.0), abs=1e-3)
    assert where.area.distance(shapely.box(50, 50, 80, 80)) == pytest.approx(10.0, abs=1e-3)
