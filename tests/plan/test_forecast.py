"""Forecasts: interpolated as a grid says, and judged by what came: a month of simulated weather is replayed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.errors import InputError
from swath.fly.weather import CLEAR_COVER, SimulatedWeather, clear_probability, true_cloud_cover
from swath.plan.forecast import GridForecast, brier_score, brier_skill, reliability
from swath.time import seconds

START = np.datetime64("2026-05-01T00:00:00", "ns")


def grid() -> GridForecast:
    lon, lat = np.arange(-180.0, 180.0, 30.0), np.arange(-90.0, 91.0, 30.0)
    at = START + seconds(86400.0) * np.arange(3)
    rng = np.random.default_rng(3)
    return GridForecast(lon, lat, at, rng.uniform(size=(3, len(lat), len(lon))))


def test_a_grid_is_exact_at_its_crossings_and_joined_at_the_date_line() -> None:
    f = grid()
    for t, y, x in ((0, 0, 0), (2, 6, 11), (1, 3, 5)):
        got = f(lon_deg=f.lon_deg[x : x + 1], lat_deg=f.lat_deg[y : y + 1], at=f.at[t : t + 1])
        assert got[0] == pytest.approx(f.clear[t, y, x])
    east, west = (f(lon_deg=np.array([v]), lat_deg=np.array([10.0]), at=f.at[:1])[0] for v in (180.0, -180.0))
    assert east == pytest.approx(west)
    middle = f(lon_deg=np.array([165.0]), lat_deg=np.array([0.0]), at=f.at[:1])[0]
    assert middle == pytest.approx((f.clear[0, 3, 0] + f.clear[0, 3, 11]) / 2.0)


@settings(max_examples=50)
@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-5, 8))
def test_it_stays_between_its_neighbours(lon: float, lat: float, day: float) -> None:
    f = grid()
    got = f(lon_deg=np.array([lon]), lat_deg=np.array([lat]), at=np.array([START + seconds(86400.0 * day)]))
    assert f.clear.min() <= got[0] <= f.clear.max()


def test_what_is_no_forecast() -> None:
    f = grid()
    with pytest.raises(InputError, match="axes"):
        GridForecast(f.lon_deg[::-1], f.lat_deg, f.at, f.clear)
    with pytest.raises(InputError, match="0 to 1"):
        GridForecast(f.lon_deg, f.lat_deg, f.at, f.clear + 1.0)
    with pytest.raises(InputError, match="axes"):
        GridForecast(f.lon_deg, f.lat_deg, f.at, f.clear[1:])


def test_scores_of_forecasts_that_are_known() -> None:
    assert brier_score([1.0, 0.0], [True, False]) == 0.0
    assert brier_score([0.5, 0.5], [True, False]) == 0.25
    assert brier_skill([0.5, 0.5], [True, False]) == 0.0
    assert brier_skill([1.0, 0.0], [True, False]) == 1.0
    with pytest.raises(InputError):
        brier_score([], [])
    with pytest.raises(InputError):
        brier_score([0.1], [True, False])


def test_a_month_of_weather_bears_the_forecast_out() -> None:
    # Looks of 400 places twice a day for 30 days: what was said for each, and what the sky then was.
    rng = np.random.default_rng(11)
    said, clear = [], []
    for seed in range(5):
        weather = SimulatedWeather(seed=seed)
        lon, lat = rng.uniform(-170, 170, 400), rng.uniform(-55, 65, 400)
        for half_day in range(60):
            at = np.full(400, START + seconds(43200.0 * half_day))
            said.append(clear_probability(weather, lon_deg=lon, lat_deg=lat, at=at))
            clear.append(true_cloud_cover(weather, lon_deg=lon, lat_deg=lat, at=at) < CLEAR_COVER)
    p, was = np.concatenate(said), np.concatenate(clear)
    rows = reliability(p, was)
    assert rows.count.sum() == len(p)
    assert brier_score(p, was) == pytest.approx(float(np.mean(p * (1 - p))), abs=0.01)  # as good as it claims to be
    assert brier_skill(p, was) > 0.1
    assert np.abs(rows.said_share - rows.clear_share).max() < 0.05
    worse = reliability(np.clip(p * 0.5, 0, 1), was)  # half as much is found out
    assert np.abs(worse.said_share - worse.clear_share).max() > 0.2
    assert brier_score(p * 0.5, was) > brier_score(p, was)
