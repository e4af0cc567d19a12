from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import DataError, InputError
from swath.frames import WGS84_A_M
from swath.model import Elements
from swath.orbit.ephemeris import good_step_s, sgp4_ephemeris, tabulate
from swath.orbit.many import tabulate_many
from swath.orbit.sgp4 import propagate
from swath.sources.eop import packaged_eop
from swath.time import later
from tests.orbit.orbits import EPOCH, made_up, orbits

DAY = np.timedelta64(1, "D")
HOUR = np.timedelta64(1, "h")
LOW = made_up(perigee_km=500, apogee_km=510, inclination_deg=97.4)


@given(orbits(), st.floats(0.0, 7000.0))
@settings(max_examples=40)
def test_the_table_stays_close_to_the_orbit(elements: Elements, first_s: float) -> None:
    orbit = sgp4_ephemeris(elements, packaged_eop())
    start = later(EPOCH, first_s)[()]
    table = tabulate(orbit, start, start + 6 * HOUR)
    at = start + (np.random.default_rng(0).uniform(0, 6 * 3600, 500) * 1e9).astype("timedelta64[ns]")
    (r, v), (r_table, v_table) = orbit.states(at), table.states(at)
    assert np.linalg.norm(r_table - r, axis=-1).max() < 0.1
    assert np.linalg.norm(v_table - v, axis=-1).max() < 4.0  # SGP4's own velocity, see TabulatedEphemeris
    ends = np.array([start, start + 6 * HOUR])
    assert np.linalg.norm(table.states(ends)[0] - orbit.states(ends)[0], axis=-1).max() < 1e-3
    after_s = (at - start) / np.timedelta64(1, "ns") * 1e-9
    np.testing.assert_allclose(table.positions_after(after_s), r_table, rtol=0, atol=1e-4)


def test_the_table_meets_the_orbit_at_its_states_and_both_ends() -> None:
    orbit = sgp4_ephemeris(LOW, packaged_eop())
    stop = EPOCH + np.timedelta64(1234567, "ms")
    table = tabulate(orbit, EPOCH, stop)
    at = later(EPOCH, np.arange(len(table.r_itrf_m)) * table.step_s)
    assert table.step_s <= 60.0
    assert abs(at[-1] - stop) <= np.timedelta64(1, "ns")
    np.testing.assert_allclose(table.states(at)[0], orbit.states(at)[0], atol=1e-4)
    assert table.states(np.array([EPOCH, stop]))[0].shape == (2, 3)
    assert table.states(EPOCH)[0].shape == (3,)


@pytest.mark.parametrize("off", [-np.timedelta64(1, "ms"), HOUR + np.timedelta64(1, "ms")])
def test_outside_the_table_is_an_error(off: np.timedelta64) -> None:
    table = tabulate(sgp4_ephemeris(LOW, packaged_eop()), EPOCH, EPOCH + HOUR, name="SW-1")
    with pytest.raises(DataError, match="table of SW-1"):
        table.states(np.array([EPOCH, EPOCH + off]))


@pytest.mark.parametrize("stop", [EPOCH, EPOCH - HOUR])
def test_an_empty_span_is_refused(stop: np.datetime64) -> None:
    with pytest.raises(InputError, match="is empty"):
        tabulate(sgp4_ephemeris(LOW, packaged_eop()), EPOCH, stop)


def test_a_table_travels_between_processes() -> None:
    table = tabulate(sgp4_ephemeris(LOW, packaged_eop()), EPOCH, EPOCH + HOUR)
    again = pickle.loads(pickle.dumps(table))
    np.testing.assert_array_equal(again.r_itrf_m, table.r_itrf_m)
    assert again.start == table.start


def test_the_table_runs_evenly_through_a_leap_second() -> None:
    # Landsat 8 of 24 July 2017 (github Bill-Gray/tles), moved to the last day of 2016
    elements = made_up(perigee_km=700, apogee_km=705, inclination_deg=98.2)
    elements = Elements(**{**elements.__dict__, "epoch": np.datetime64("2016-12-31T12:00:00", "ns")})
    orbit = sgp4_ephemeris(elements, packaged_eop())
    table = tabulate(orbit, np.datetime64("2016-12-31T23:59:00", "ns"), np.datetime64("2017-01-01T00:01:00", "ns"))
    at = np.datetime64("2016-12-31T23:59:00", "ns") + np.arange(0, 120_000, 37).astype("timedelta64[ms]")
    np.testing.assert_allclose(table.states(at)[0], orbit.states(at)[0], atol=0.05)
    second = np.array(["2016-12-31T23:59:59", "2017-01-01T00:00:00"], "datetime64[ns]")
    r, v = orbit.states(second)
    assert np.linalg.norm(r[1] - r[0]) == pytest.approx(2.0 * np.linalg.norm(v[0]), rel=1e-3)


def test_far_from_the_elements_is_an_error_that_names_them() -> None:
    orbit = sgp4_ephemeris(LOW, packaged_eop())
    assert np.isfinite(orbit.states(EPOCH + 29 * DAY)[0]).all()
    for off, word in ((31 * DAY, "before"), (-31 * DAY, "after")):
        with pytest.raises(DataError, match=rf"made up .* 31\.0 days {word} the time asked for"):
            orbit.states(np.array([EPOCH, EPOCH + off]))


def test_a_satellite_that_comes_down_is_an_error_with_its_time() -> None:
    falling = made_up(perigee_km=150, apogee_km=160, inclination_deg=60, bstar=5e-3)
    orbit = sgp4_ephemeris(falling, packaged_eop())
    at = EPOCH + np.arange(0, 10 * 24 * 60, 10).astype("timedelta64[m]")
    with pytest.raises(DataError, match=r"made up .*2026-05-\d\dT"):
        orbit.states(at)


def test_any_shape_of_times() -> None:
    orbit = sgp4_ephemeris(LOW, packaged_eop())
    at = EPOCH + np.arange(6).reshape(2, 3) * HOUR
    r, v = orbit.states(at)
    assert r.shape == v.shape == (2, 3, 3)
    np.testing.assert_array_equal(r[1, 2], orbit.states(at[1, 2])[0])
    assert orbit.states(at[:0])[0].shape == (0, 3, 3)


@given(orbits())
@settings(max_examples=20)
def test_velocity_is_the_derivative_of_position(elements: Elements) -> None:
    orbit = sgp4_ephemeris(elements, packaged_eop())
    table = tabulate(orbit, EPOCH, EPOCH + HOUR)
    at = EPOCH + np.array([0, 100], "timedelta64[ms]") + np.arange(0, 3600, 7)[:, None].astype("timedelta64[s]")
    r, v = table.states(at)
    np.testing.assert_allclose((r[:, 1] - r[:, 0]) / 0.1, v.mean(1), atol=1e-3)
    r_exact, v_exact = orbit.states(at)
    slope = (r_exact[:, 1] - r_exact[:, 0]) / 0.1
    assert np.linalg.norm(v.mean(1) - slope, axis=-1).max() < 0.03
    assert np.linalg.norm(v_exact.mean(1) - slope, axis=-1).max() < 4.0


@given(orbits(), st.lists(st.floats(-29 * 86400.0, 29 * 86400.0), min_size=1, max_size=5))
@settings(max_examples=40)
def test_never_a_nan(elements: Elements, offsets: list[float]) -> None:
    at = EPOCH + (np.array(offsets) * 1e9).astype("timedelta64[ns]")
    try:
        r, _ = propagate(elements, at)
        r_itrf, v_itrf = sgp4_ephemeris(elements, packaged_eop()).states(at)
    except DataError as error:
        refusal = str(error)
    else:
        assert np.isfinite(r).all() and np.isfinite(r_itrf).all() and np.isfinite(v_itrf).all()
        assert (np.linalg.norm(r_itrf, axis=-1) > WGS84_A_M).all()
        return
    assert "made up" in refusal


@given(st.lists(orbits(), min_size=1, max_size=4), st.floats(0.1, 30.0))
@settings(max_examples=20)
def test_tables_of_many_are_close_to_each_orbit(fleet: list[Elements], hours: float) -> None:
    names = {f"s{n}": one for n, one in enumerate(fleet)}
    stop = EPOCH + np.timedelta64(round(hours * 3600), "s")
    tables, refused = tabulate_many(names, EPOCH, stop, packaged_eop())
    assert {table.name for table in tables} | set(refused) == set(names)
    for name, why in refused.items():
        with pytest.raises(DataError, match=why[:40].replace("(", ".").replace(")", ".")):
            tabulate(sgp4_ephemeris(names[name], packaged_eop()), EPOCH, stop, 60.0)
    for table in tables:
        assert table.step_s <= good_step_s(names[table.name])
        after_s = np.random.default_rng(0).uniform(0.0, table.duration_s, 300)
        r, _ = sgp4_ephemeris(names[table.name], packaged_eop()).states(later(EPOCH, after_s))
        off_m = np.linalg.norm(table.positions_after(after_s) - r, axis=-1)
        inside = np.minimum(after_s, table.duration_s - after_s) > 4.0 * table.step_s
        assert off_m.max() < 0.1
        assert off_m[inside].max(initial=0.0) < 0.02


def test_a_decayed_satellite_is_refused_and_the_others_have_their_tables() -> None:
    fleet = {
        "sinking": made_up(perigee_km=150, apogee_km=155, inclination_deg=51.6, bstar=5e-2),
        "low": LOW,
        "old": Elements(**{**LOW.__dict__, "epoch": EPOCH - 60 * DAY}),
    }
    tables, refused = tabulate_many(fleet, EPOCH, EPOCH + 5 * DAY, packaged_eop())
    assert [table.name for table in tables] == ["low"]
    assert set(refused) == {"sinking", "old"}
    assert "65.0 days" in refused["old"]
