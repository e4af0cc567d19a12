"""Plans of surveys: as few lines as there can be, inside, everything covered, overlap proven photo by photo."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import Infeasible, InputError
from swath.survey.area import least_width
from swath.survey.camera import find_drone
from swath.survey.flight import Limits
from swath.survey.plan import Survey
from swath.survey.spacing import Overlap
from tests.survey.asking import hills, survey_of
from tests.survey.test_area import U_SHAPE

ASKED = Overlap(0.8, 0.7)


def check(survey: Survey, *, outside: Any = None) -> None:
    """What holds for every plan."""
    ask, proof = survey.ask, survey.proof
    assert proof.front_share >= ask.overlap.front_share - 0.021
    assert proof.side_share >= ask.overlap.side_share - 0.021
    assert proof.once_share == 1.0
    inside = (ask.where.reach if outside is None else outside).buffer(0.05)
    limits = ask.limits
    for flight in survey.flights:
        corners = np.array([(w.east_m, w.north_m, w.altitude_m) for w in flight.waypoints])
        assert inside.covers(shapely.LineString(corners[:, :2]))
        above = corners[:, 2] - ask.terrain.at(corners[:, :2])
        assert above.min() > survey.height_m - 1.5
        assert above.max() < limits.highest_m + 1.0
        assert flight.duration_s <= ask.drone.endurance_s * (1.0 - limits.reserve_share) + 1e-6
        assert corners[0, :2] == pytest.approx(ask.where.take_off)
        assert corners[-1, :2] == pytest.approx(ask.where.take_off)
    assert survey.trigger_m / survey.speed_m_s >= ask.drone.camera.least_interval_s - 1e-9


def test_a_rectangle() -> None:
    """600 x 200 m at 2 cm: 75 m high, 31.68 m between lines, seven of them along the long side."""
    survey = survey_of(shapely.box(-300, -100, 300, 100))
    check(survey, outside=survey.ask.where.area)
    assert survey.height_m == pytest.approx(75.02, abs=0.01)
    assert survey.lines == survey.fewest_lines == math.ceil(200.0 / 31.68) == 7
    assert survey.direction_deg == pytest.approx(90.0, abs=0.01)
    assert survey.line_spacing_m == pytest.approx(200.0 / 7.0, abs=0.01)
    assert survey.proof.seen_share == 1.0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_convex_field_takes_no_line_more_than_the_lower_bound(seed: int) -> None:
    points = np.random.default_rng(seed).normal(0.0, 130.0, (9, 2))
    hull = shapely.MultiPoint(points).convex_hull
    survey = survey_of(hull)
    check(survey, outside=survey.ask.where.area)
    spacing = survey.ask.drone.camera.footprint_m(survey.height_m)[0] * 0.3
    assert survey.lines <= math.ceil(least_width(survey.ask.where.area)[0] / spacing)


def test_no_leg_leaves_a_concave_field() -> None:
    survey = survey_of(U_SHAPE)
    check(survey, outside=survey.ask.where.area)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_ragged_fields_with_a_hole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 11))
    ring = rng.uniform(90.0, 260.0, 11)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    field = shapely.Polygon(ring).union(shapely.Point(0, 0).buffer(80))
    survey = survey_of(field, keep_out=(shapely.box(-15, -15, 15, 15),))
    check(survey, outside=survey.ask.where.area if isinstance(survey.ask.where.area, shapely.Polygon) else None)


@pytest.mark.parametrize(("slope", "bumps"), [(10.0, 0.0), (25.0, 0.0), (0.0, 12.0), (10.0, 12.0)])
def test_photos_overlap_on_slopes_and_hills(slope: float, bumps: float) -> None:
    level = survey_of(shapely.box(-200, -150, 200, 150), gsd_m=0.025)
    survey = survey_of(shapely.box(-200, -150, 200, 150), gsd_m=0.025, terrain=hills(slope, bumps))
    check(survey)
    assert survey.lines > level.lines
    assert survey.trigger_m < level.trigger_m


def test_the_spacing_of_level_ground_would_fail_on_a_slope() -> None:
    """The proof is no formality: the level plan, flown over the slope, has photos that overlap too little."""
    from swath.survey.overlap_kernels import photo_overlaps

    level = survey_of(shapely.box(-200, -150, 200, 150), gsd_m=0.025)
    slope, camera = hills(25.0), level.ask.drone.camera
    photos = level.photos.copy()
    photos[:, 2] = slope.at(photos[:, :2]) + level.height_m
    grid = (slope.height_m, slope.west_m, slope.south_m, slope.step_m)
    shares = photo_overlaps(*grid, photos, level.photo_line, camera.tan_across, camera.tan_along, 32, 24)
    assert np.nanmin(shares[:, 0]) < ASKED.front_share - 0.03
    assert np.nanmin(shares[:, 1:]) < ASKED.side_share - 0.05


def test_a_cliff_is_refused() -> None:
    with pytest.raises(Infeasible, match=r"too (steep|rough)|follow"):
        survey_of(shapely.box(-200, -150, 200, 150), terrain=hills(0.0, 150.0, 40.0))


def test_several_fields_are_flown_in_one_survey() -> None:
    """Also one that is narrower than the distance between two lines."""
    fields = shapely.MultiPolygon([shapely.box(-300, -100, -100, 100), shapely.box(50, 0, 250, 12)])
    survey = survey_of(fields)
    check(survey)
    assert survey.lines == survey.fewest_lines == 8


def test_cross_hatch_flies_both_ways() -> None:
    one, two = (survey_of(shapely.box(-150, -100, 150, 100), pattern=p) for p in ("lines", "crosshatch"))
    check(two)
    assert two.lines == one.lines + math.ceil(300.0 / (one.ask.drone.camera.footprint_m(one.height_m)[0] * 0.3))
    headings = {round(abs(x), 3) for x in two.photos[:, 3]}
    assert headings == {0.0, 1.0}


def test_a_corridor_follows_its_line() -> None:
    straight = shapely.LineString([(-300, -20), (300, 40)])
    strip = straight.buffer(60.5, cap_style="flat")
    assert survey_of(strip, pattern="corridor", middle=straight, corridor_m=120.0).lines == math.ceil(120.0 / 31.68)
    middle = shapely.LineString([(-400, 0), (-100, 60), (150, 20), (400, 150)])
    strip = middle.buffer(60.5, cap_style="flat", join_style="mitre")
    survey = survey_of(strip, pattern="corridor", middle=middle, corridor_m=120.0)
    check(survey, outside=strip.buffer(1.0, join_style="mitre"))
    assert survey.proof.once_share == 1.0
    assert shapely.LineString(middle).buffer(62.0).covers(shapely.MultiPoint(survey.photos[:, :2]))


@pytest.mark.parametrize("middle", [None, shapely.LineString([(0, 0), (0, 0.5)]), shapely.box(0, 0, 5, 5)])
def test_a_corridor_without_a_line(middle: Any) -> None:
    with pytest.raises(InputError, match="a corridor is a line"):
        survey_of(shapely.box(0, 0, 99, 99), pattern="corridor", middle=middle, corridor_m=50.0)


def test_a_large_field_takes_several_batteries_and_two_drones_are_faster() -> None:
    field = shapely.box(-700, -500, 700, 500)
    one = survey_of(field)
    two = survey_of(field, limits=Limits(drones=2))
    check(one)
    check(two)
    assert len(one.flights) > 1
    assert {f.drone for f in two.flights} == {0, 1}
    assert two.duration_s < 0.65 * one.duration_s
    assert set(one.photo_line) == set(two.photo_line)


def test_a_line_longer_than_a_battery_is_cut() -> None:
    drone = replace(find_drone("mavic3e"), endurance_s=320.0)
    survey = survey_of(shapely.box(-600, -15, 600, 15), drone=drone, take_off=(0.0, -10.0))
    check(survey)
    assert survey.lines == 1
    assert len(survey.flights) > 1


def test_what_limits_the_speed_is_said() -> None:
    assert "blur" in survey_of(shapely.box(-100, -100, 100, 100)).because[0]
    assert (
        "photo every 2 s"
        in survey_of(shapely.box(-100, -100, 100, 100), drone=find_drone("phantom4pro"), gsd_m=0.015).because[0]
    )
    windy = survey_of(shapely.box(-100, -100, 100, 100), limits=Limits(wind_m_s=11.0))
    assert windy.speed_m_s == pytest.approx(4.0)
    assert "against the wind" in windy.because[0]


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"limits": Limits(wind_m_s=13.0)}, Infeasible, "wind of 13 m/s is above the 12 m/s"),
        ({"limits": Limits(wind_m_s=math.nan)}, Infeasible, "wind"),
        ({"gsd_m": 0.05}, Infeasible, "above the limit of 120 m"),
        ({"gsd_m": -1.0}, InputError, "pixel"),
        ({"gsd_m": math.nan}, InputError, "pixel"),
        ({"overlap": Overlap(0.8, 1.0)}, InputError, "overlaps"),
        ({"overlap": Overlap(math.nan, 0.5)}, InputError, "overlaps"),
        ({"pattern": "spiral"}, InputError, "no pattern"),
        ({"limits": Limits(drones=0)}, InputError, "0 drones"),
        ({"drone": replace(find_drone("mavic3e"), endurance_s=20.0)}, Infeasible, "too far from the take-off"),
        ({"gsd_m": 0.001, "overlap": Overlap(0.9, 0.9)}, Infeasible, "photos|lines|crawl"),
    ],
)
def test_what_cannot_be(asked: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        survey_of(shapely.box(-150, -100, 150, 100), **asked)
