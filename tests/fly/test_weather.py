from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.fly.chance import normal_cdf, normal_table
from swath.fly.weather import CLEAR_COVER, SimulatedWeather, clear_probability, true_cloud_cover

NOON = np.datetime64("2026-05-08T12:00:00", "ns")


def draws(seeds: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Forecast and what came, at places and times far apart."""
    rng = np.random.default_rng(0)
    p, cover = [], []
    for seed in range(seeds):
        where = {
            "lon_deg": rng.uniform(-180, 180, each),
            "lat_deg": np.degrees(np.arcsin(rng.uniform(-1, 1, each))),
            "at": NOON + (rng.uniform(0, 30 * 86400e9, each)).astype("timedelta64[ns]"),
        }
        p.append(clear_probability(SimulatedWeather(seed), **where))
        cover.append(true_cloud_cover(SimulatedWeather(seed), **where))
    return np.concatenate(p), np.concatenate(cover)


def test_of_the_looks_forecast_clear_with_probability_p_a_share_p_is_clear() -> None:
    p, cover = draws(60, 500)
    assert 0.5 < p.mean() < 0.7 and p.std() > 0.2
    for low in np.arange(0.0, 1.0, 0.1):
        mine = (p >= low) & (p < low + 0.1)
        assert mine.sum() > 300
        # Three sigma of a binomial, and 1.5 % for the finite number of waves.
        allowed = 3 * np.sqrt(p[mine].mean() * (1 - p[mine].mean()) / mine.sum()) + 0.015
        assert (cover[mine] < CLEAR_COVER).mean() == pytest.approx(p[mine].mean(), abs=allowed)


def test_all_kinds_of_sky_occur() -> None:
    _, cover = draws(20, 300)
    assert cover.min() >= 0.0 and cover.max() <= 1.0
    counts, _ = np.histogram(cover, np.linspace(0, 1, 11))
    assert (counts > 0.02 * len(cover)).all()


def test_neighbours_and_the_next_minutes_resemble_each_other_and_far_places_do_not() -> None:
    weather = SimulatedWeather(3)
    lon = np.linspace(0, 20, 400)

    def both(lon_deg: np.ndarray, at: np.datetime64) -> np.ndarray:
        return np.stack(
            [f(weather, lon_deg=lon_deg, lat_deg=45.0, at=at) for f in (clear_probability, true_cloud_cover)]
        )

    here, later, beside = both(lon, NOON), both(lon, NOON + np.timedelta64(60, "s")), both(lon + 0.01, NOON)
    assert np.abs(here - later)[0].max() < 0.01 and np.median(np.abs(here - later)[1]) < 0.02
    assert np.abs(here - beside)[0].max() < 0.01 and np.median(np.abs(here - beside)[1]) < 0.05
    assert np.ptp(here[0]) > 0.2 and np.ptp(here[1]) > 0.5


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 1000))
def test_everywhere_has_one_weather(lon_deg: float, lat_deg: float, seed: int) -> None:
    weather = SimulatedWeather(seed)
    p = float(clear_probability(weather, lon_deg=lon_deg, lat_deg=lat_deg, at=NOON))
    assert 0.0 < p < 1.0
    assert p == float(clear_probability(weather, lon_deg=lon_deg, lat_deg=lat_deg, at=NOON))
    assert 0.0 <= float(true_cloud_cover(weather, lon_deg=lon_deg, lat_deg=lat_deg, at=NOON)) <= 1.0


def test_no_seam_at_the_date_line_and_the_poles() -> None:
    weather = SimulatedWeather(1)
    east, west = (float(clear_probability(weather, lon_deg=lon, lat_deg=10.0, at=NOON)) for lon in (180.0, -180.0))
    assert east == pytest.approx(west, abs=1e-9)
    around = clear_probability(weather, lon_deg=np.arange(-180, 180, 30.0), lat_deg=90.0, at=NOON)
    assert np.ptp(around) < 1e-9


def test_other_seeds_are_other_weathers() -> None:
    lon = np.linspace(-180, 180, 50)
    a, b = (clear_probability(SimulatedWeather(seed), lon_deg=lon, lat_deg=0.0, at=NOON) for seed in (1, 2))
    assert np.abs(a - b).max() > 0.2


def test_normal_numbers_are_normal() -> None:
    # Abramowitz and Stegun, table 26.1.
    assert normal_cdf([0.0, 1.0, -1.96, 3.0]) == pytest.approx(
        [0.5, 0.8413447461, 0.0249978951, 0.9986501020], abs=1e-7
    )
    table = normal_table().astype(float)
    assert table.mean() == pytest.approx(0.0, abs=1e-6) and table.std() == pytest.approx(1.0, abs=1e-6)
    assert (np.abs(table) < 1.0).mean() == pytest.approx(0.6827, abs=5e-4)
    assert (table**4).mean() == pytest.approx(3.0, abs=0.02)


def test_the_sky_keeps_a_forecast_that_somebody_gives() -> None:
    def given(*, lon_deg: np.ndarray, lat_deg: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.select([lon_deg < -90.0, lon_deg < 0.0, lon_deg < 90.0], [0.0, 0.25, 0.8], 1.0)

    rng = np.random.default_rng(1)
    where = {
        "lon_deg": rng.uniform(-180, 180, 300),
        "lat_deg": np.degrees(np.arcsin(rng.uniform(-1, 1, 300))),
        "at": NOON + (rng.uniform(0, 30 * 86400e9, 300)).astype("timedelta64[ns]"),
    }
    skies = [SimulatedWeather(seed, forecast=given) for seed in range(60)]
    clear = np.array([true_cloud_cover(sky, **where) < CLEAR_COVER for sky in skies])
    said = given(**where)
    assert np.allclose(clear_probability(skies[0], **where), said, atol=1e-6)
    for p in (0.0, 0.25, 0.8, 1.0):
        mine = clear[:, said == p]
        allowed = 3 * np.sqrt(p * (1 - p) / mine.size) + (0.015 if 0 < p < 1 else 0.0)
        assert mine.mean() == pytest.approx(p, abs=allowed), p
