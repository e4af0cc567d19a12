"""Breaks against pyxccd 1.1 (COLD; github.com/Remote-Sensing-of-Land-Resource-Lab/pyxccd) and its own histories."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from swath.product.breaks import BreakRule, Breaks, find_breaks

pytestmark = pytest.mark.needs_shared_data


def landsat(shared_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Day, seven bands and mask code of every look at a Landsat pixel."""
    rows = np.genfromtxt(shared_data / "imagery/pixel_series/landsat_336_3980_obs.csv", delimiter=",").astype(np.int64)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return rows[:, 0], rows[:, 1:8], rows[:, 8]


def forest(shared_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    path = shared_data / "imagery/pixel_series/forest_fire_sichuan_hls.csv"
    rows = np.genfromtxt(path, delimiter=",", skip_header=1)[:, :9].astype(np.int64)
    return rows[:, 0], rows[:, 1:8], rows[:, 8]


def crop(shared_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with (shared_data / "imagery/pixel_series/crop_henan_sentinel2.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    days = np.array(
        [date.fromisoformat(f"{r['Tile'][:4]}-{r['Tile'][4:6]}-{r['Tile'][6:8]}").toordinal() for r in rows]
    )
    values = np.array([[int(r[name]) for name in ("B2", "B3", "B4", "B8", "B11", "B12")] + [0] for r in rows])
    cloudy = np.array([4 * (r["QA60"] != "0") for r in rows])
    order = np.argsort(days, kind="stable")
    return days[order], values[order], cloudy[order]


def broken(days: np.ndarray, values: np.ndarray, code: np.ndarray, rule: BreakRule | None = None) -> Breaks:
    """Green, red, near and two shortwave infrared bands, as COLD takes them; clear or water and in range."""
    seen = (code < 2) & ((values[:, :6] > 0) & (values[:, :6] < 10000)).all(1)
    return find_breaks(days, values[:, 1:6, None], seen[:, None], rule)


def test_the_first_break_of_the_landsat_pixel_is_on_its_reference_day(shared_data: Path) -> None:
    """``landsat_336_3980_breaks.csv``: 735040."""
    assert broken(*landsat(shared_data)).days[0, 0] == 735040


def test_the_forest_fire_is_found_on_its_day_and_nothing_else(shared_data: Path) -> None:
    """23 March 2024, as pyxccd has it; eleven years of snow, haze and regrowth before give nothing."""
    found = broken(*forest(shared_data))
    assert found.number[0] == 1
    assert date.fromordinal(int(found.days[0, 0])) == date(2024, 3, 23)


def test_two_harvests_a_year_are_no_break(shared_data: Path) -> None:
    found = broken(*crop(shared_data))
    assert found.number[0] == 0 and found.looks[0] > 100


@pytest.mark.parametrize("series", [landsat, forest, crop])
def test_pyxccd_finds_the_same_first_breaks(series, shared_data: Path) -> None:  # type: ignore[no-untyped-def]
    pyxccd = pytest.importorskip("pyxccd")
    days, values, code = series(shared_data)
    theirs = pyxccd.cold_detect(days, *np.ascontiguousarray(values.T), code)
    first = int(theirs["t_break"][0]) if theirs["change_prob"][0] == 100 else 0
    assert broken(days, values, code).days[0, 0] == first


def test_agreement_with_pyxccd_over_simulated_pixels(capsys: pytest.CaptureFixture[str]) -> None:
    """Noise, clouds that no mask found, seasons; half the pixels are cleared at a known day.

    The two need not agree pixel by pixel, but both must find most changes and few others, and the same ones.
    """
    pyxccd = pytest.importorskip("pyxccd")
    days, values, truth = simulated(120, seed=5)
    ours = find_breaks(days, values, np.ones(values[:, 0].shape, bool))
    mine, theirs = ours.days[:, 0], np.zeros(values.shape[2], np.int64)
    for pixel in range(values.shape[2]):
        bands = np.ascontiguousarray(values[:, :, pixel].T.astype(np.int64))
        full = [bands[0], *bands, np.zeros_like(bands[0])]
        found = pyxccd.cold_detect(days, *full, np.zeros(len(days), np.int64))
        theirs[pixel] = int(found["t_break"][0]) if len(found) and found["change_prob"][0] == 100 else 0
    agree = np.abs(mine - theirs) <= 32
    with capsys.disabled():
        print(f"\nbreaks as pyxccd has them: {agree.mean():.1%} of {len(agree)} simulated pixels")
    assert agree.mean() > 0.85
    changed = truth > 0
    assert (np.abs(mine - truth)[changed] <= 48).mean() > 0.85
    assert (mine[~changed] > 0).mean() < 0.1


def simulated(pixels: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ten years of looks 16 days apart, a third of them missing, of woods half of which are cleared on some day."""
    rng = np.random.default_rng(seed)
    days = 730000 + np.sort(rng.choice(np.arange(0, 3650, 16), 150, replace=False)).astype(np.int64)
    mean, swing = np.array([500.0, 350.0, 2800.0, 1500.0, 700.0]), np.array([60.0, 50.0, 500.0, 150.0, 80.0])
    jump = np.array([300.0, 500.0, -900.0, 900.0, 900.0])
    phase = 2.0 * np.pi * (days[:, None] - 200.0 + rng.normal(0, 8, pixels)) / 365.25
    values = mean[:, None] * rng.normal(1.0, 0.1, (1, 5, pixels)) + swing[:, None] * np.cos(phase)[:, None, :]
    values = values * rng.normal(1.0, 0.03, (len(days), 1, pixels)) + rng.normal(0, 40, values.shape)
    truth = np.where(np.arange(pixels) % 2, days[rng.integers(60, 120, pixels)], 0)
    values += jump[:, None] * ((truth > 0) & (days[:, None] >= truth))[:, None, :]
    cloud = rng.uniform(size=(len(days), 1, pixels)) < 0.03
    values = np.where(cloud, values + 2500.0, values)
    return days, values.clip(1, 9999).astype(np.int16), truth
