"""Strips cover the area along the track, none wider than the swath; points stand for equal shares of the area."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import InputError
from swath.model import Place
from swath.plan.problem import MAX_CELLS
from swath.plan.strips import MAX_STRIP_M, area_points, cut_area
from tests.plan.wide import box


def blob(lon_deg: float, lat_deg: float, size_deg: float, corners: int, seed: int) -> Place:
    """A star-shaped polygon."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, corners))
    radius = size_deg * rng.uniform(0.4, 1.0, corners)
    ring = tuple(zip(lon_deg + radius * np.cos(angle), lat_deg + radius * np.sin(angle), strict=True))
    return Place("blob", lon_deg, lat_deg, ring=ring)


@settings(max_examples=40)
@given(
    st.floats(-179.0, 179.0),
    st.floats(-70.0, 70.0),
    st.floats(0.05, 1.2),
    st.integers(5, 40),
    st.integers(0, 9999),
    st.floats(0.0, 360.0),
    st.floats(8e3, 80e3),
    st.floats(0.0, 0.3),
)
def test_every_point_lies_in_a_strip_that_is_not_too_wide(lon, lat, size, corners, seed, heading, swath_m, overlap):
    place = blob(lon if abs(lon) < 177 else 0.0, lat, size, corners, seed)
    try:
        points = area_points(place)
    except InputError:  # a sliver that has no area or crosses itself
        return
    assert 1 <= len(points) <= MAX_CELLS
    strips = cut_area(place, points, heading_deg=heading, swath_m=swath_m, overlap_share=overlap)
    assert {c for strip in strips for c in strip.cells} == set(range(len(points)))
    shrink = 111194.9 * np.cos(np.radians(place.lat_deg))
    for strip in strips:
        east, north = (np.array(strip.place.ring) - [place.lon_deg, place.lat_deg]).T
        ring_m = np.column_stack([east * shrink, north * 111194.9])
        along, across = (np.linalg.norm(ring_m[k + 1] - ring_m[k]) for k in (0, 1))
        assert along <= MAX_STRIP_M * 1.001
        assert across <= 0.881 * swath_m
        way = np.degrees(np.arctan2(*(ring_m[1] - ring_m[0]))) % 360.0
        assert abs((way - heading + 180.0) % 360.0 - 180.0) < 0.1  # it lies along the track


def test_points_stand_for_equal_shares() -> None:
    place = box("b", 10.0, 50.0, 100e3, 50e3)
    points = np.array(area_points(place))
    west = points[:, 0] < 10.0
    assert 40 <= len(points) <= MAX_CELLS
    assert west.mean() == pytest.approx(0.5, abs=0.05)


def test_neighbours_overlap() -> None:
    place = box("b", 10.0, 0.0, 100e3, 30e3)
    strips = cut_area(place, area_points(place), heading_deg=0.0, swath_m=30e3, overlap_share=0.1)
    spans = sorted((min(lon for lon, _ in s.place.ring), max(lon for lon, _ in s.place.ring)) for s in strips)
    width = spans[0][1] - spans[0][0]
    for (_, east), (west, _) in pairwise(spans):
        assert (east - west) / width == pytest.approx(0.1, abs=0.01)


def test_a_thousand_corners_are_no_matter() -> None:
    place = blob(20.0, 30.0, 0.5, 1000, 3)
    assert len(cut_area(place, area_points(place), heading_deg=12.0, swath_m=20e3, overlap_share=0.05)) >= 4


@pytest.mark.parametrize("ring", [(), ((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0))])
def test_a_ring_that_is_none(ring: tuple) -> None:
    with pytest.raises(InputError, match="ring"):
        area_points(Place("x", 0.5, 0.5, ring=ring))


def test_shapes_are_what_shapely_says() -> None:
    place = blob(5.0, 45.0, 0.3, 12, 8)
    shape = shapely.Polygon(place.ring)
    assert all(shape.contains(shapely.Point(p)) for p in area_points(place))
