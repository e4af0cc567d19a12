"""Shapes and patterns: what always holds, whatever is asked."""

from __future__ import annotations

from math import gcd

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swath.design.altitudes import altitude_notes, semi_major_axis_m
from swath.design.motion import carried, tables_of
from swath.design.patterns import plane_of, streets_needed, train, walker
from swath.design.planes import local_time_h, local_time_rate_h_year, node_of_local_time_deg
from swath.design.shapes import (
    SUN_DEG_DAY,
    OrbitShape,
    elements_of,
    exact_repeat,
    frozen,
    node_rate_deg_day,
    shape_of,
    sun_synchronous,
    track_closure_s,
)
from swath.errors import Infeasible, InputError
from swath.orbit.repeat import repeat_cycle

START = np.datetime64("2027-01-01T00:00:00", "ns")
SSO = sun_synchronous(6_900e3)


@given(st.floats(6_700e3, 42_000e3), st.floats(0.0, 180.0), st.floats(0.0, 0.02))
def test_a_shape_comes_back_from_its_elements(sma_m: float, inclination_deg: float, eccentricity: float) -> None:
    back = shape_of(elements_of(OrbitShape(sma_m, inclination_deg, eccentricity)))
    assert back.sma_m == pytest.approx(sma_m, abs=1e-3)


@given(st.floats(6_600e3, 12_000e3))
@settings(max_examples=20)
def test_a_sun_synchronous_plane_keeps_up_with_the_mean_sun(sma_m: float) -> None:
    shape = sun_synchronous(sma_m)
    assert node_rate_deg_day(shape) == pytest.approx(SUN_DEG_DAY, abs=1e-7)
    assert abs(local_time_rate_h_year(shape)) < 1e-5


@given(st.integers(1, 40), st.floats(13.0, 16.0), st.sampled_from([None, 20.0, 51.6, 90.0]))
@settings(max_examples=30)
def test_a_repeat_closes_and_the_orbit_command_finds_it(days: int, a_day: float, tilt: float | None) -> None:
    orbits = round(days * a_day)
    assume(gcd(orbits, days) == 1)
    shape = exact_repeat(orbits, days, inclination_deg=tilt)
    assert abs(track_closure_s(shape, orbits, days)) < 1e-4
    found = repeat_cycle(elements_of(shape), max_days=days, max_shift_m=1.0)
    assert found is not None and found[:2] == (orbits, days)


def test_impossible_orbits_name_the_nearest_possible_one() -> None:
    with pytest.raises(Infeasible, match="nearest that works is 16 in 1"):
        exact_repeat(20, 1)
    with pytest.raises(InputError, match="143 in 10"):
        exact_repeat(286, 20)
    with pytest.raises(Infeasible, match="Stay below 5974 km"):
        sun_synchronous(13_000e3)
    with pytest.raises(Infeasible, match=r"116\.57"):
        frozen(OrbitShape(7_000e3, 63.43))
    with pytest.raises(InputError, match="is the number in metres"):
        semi_major_axis_m(500.0, "equatorial")
    with pytest.raises(InputError, match=r"eccentricity can be at most 0\.0"):
        OrbitShape(7_000e3, 50.0, 0.2)
    with pytest.raises(InputError, match="12 fit evenly in 4 planes"):
        walker(SSO, 12, 5, 0, raan_deg=0.0, epoch=START)
    with pytest.raises(Infeasible, match="Fly higher"):
        streets_needed(0.01)


def test_what_a_repeat_cannot_be_is_possible_where_it_says_so() -> None:
    with pytest.raises(Infeasible) as refusal:
        exact_repeat(35, 2)  # 17.5 revolutions a day would be below the ground
    nearest = [int(word) for word in refusal.value.fix.replace(";", "").split() if word.isdigit()]
    assert exact_repeat(nearest[0], nearest[1]).sma_m > 6_500e3


@given(st.floats(0.0, 24.0, exclude_max=True), st.integers(0, 10_000))
def test_local_times_and_nodes_are_inverse(hours: float, days: int) -> None:
    at = START + np.timedelta64(days * 7777, "s")
    back = local_time_h(node_of_local_time_deg(hours, at), at)
    assert min(abs(back - hours), 24.0 - abs(back - hours)) < 1e-9


@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_walkers_are_even(planes: int, each: int, data: st.DataObject) -> None:
    phasing = data.draw(st.integers(0, planes - 1))
    fleet = walker(SSO, planes * each, planes, phasing, raan_deg=10.0, epoch=START)
    nodes = sorted({round(one.raan_deg, 6) for one in fleet})
    assert len(fleet) == planes * each and len(nodes) == planes
    assert np.allclose(np.diff(nodes), 360.0 / planes, atol=1e-5)


def test_a_set_carried_to_another_epoch_flies_the_same() -> None:
    one = elements_of(OrbitShape(6_900e3, 97.5, 0.001, 90.0), raan_deg=50.0, mean_anomaly_deg=20.0, epoch=START)
    here, there = (tables_of([each], START, 2.0)[0] for each in (one, carried(one, 1234.5)))
    # SGP4 adds short periods to secular elements: both sets have the same ones, but for the terms in the perigee
    assert np.abs(here.r_itrf_m - there.r_itrf_m).max() < 300.0
    round_one = elements_of(SSO, raan_deg=50.0, epoch=START)
    here, there = (tables_of([each], START, 2.0)[0] for each in (round_one, carried(round_one, 1234.5)))
    assert np.abs(here.r_itrf_m - there.r_itrf_m).max() < 30.0


def test_a_train_on_one_track_passes_over_the_same_ground() -> None:
    leader = elements_of(SSO, raan_deg=50.0, mean_anomaly_deg=20.0, epoch=START)
    fleet = train(leader, 2, spacing_s=240.0, same_track=True)
    first, second = tables_of(fleet, START, 1.0)
    at_s = np.linspace(3_000.0, 80_000.0, 200)
    apart_m = np.linalg.norm(first.positions_after(at_s) - second.positions_after(at_s + 240.0), axis=-1)
    assert apart_m.max() < 200.0
    beside = tables_of(train(leader, 2, spacing_s=240.0), START, 1.0)[1]
    assert np.linalg.norm(first.positions_after(at_s) - beside.positions_after(at_s + 240.0), axis=-1).max() > 50e3


@given(st.floats(-1e8, 1e8, allow_nan=False), st.sampled_from(["sma", "equatorial", "mean"]))
def test_altitudes_are_taken_or_refused_never_wrong(value_m: float, above: str) -> None:
    low_m = value_m + {"sma": 0.0, "equatorial": 6378137.0, "mean": 6371008.8}[above] - 6378137.0
    if 150e3 <= low_m <= 50_000e3:
        assert "mean one" in altitude_notes(semi_major_axis_m(value_m, above))[0]  # type: ignore[arg-type]
    else:
        with pytest.raises(InputError, match="The lowest"):
            semi_major_axis_m(value_m, above)  # type: ignore[arg-type]


def test_a_plane_is_given_once() -> None:
    with pytest.raises(InputError):
        plane_of(START)
    with pytest.raises(InputError):
        plane_of(START, raan_deg=1.0, local_time_h=2.0)
