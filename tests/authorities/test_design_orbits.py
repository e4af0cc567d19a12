"""Orbits as flown and published, set beside what is solved for them.

Repeats: Sentinel-2 143/10 and 100.699 min, Sentinel-1 175/12 and 98.742 min, Sentinel-3 385/27 and 100.987 min
(github sentinel-hub/sentinelhub-js DatasetsInfo.md, 2026-11); 786 km (ESA); Landsat 233/16, 98.9 min, 98.2 deg (USGS).
500 km: 97.42 deg (Molczan, northkoreatech.org 2012-04-11). Frozen: ERS-2 and Envisat e = 0.001165 at 7159.5 km and
98.54 deg (deos.tudelft.nl/ers/phases, ESA's SCIAMACHY handbook, table 2-2; read 2026-11); TOPEX a = 7714.43 km,
i = 66.04 deg, e = 0.000095 (its reference orbit as AVISO gave it; not read again for this test).
Walker radii: Walker, RAE TR 77044 (1977), worked out again in 2026-11 from the convex hull.
Streets: TAT-C's own test, 780 km and a field of 150 deg, 7 satellites a plane (code-lab-org/tatc
tests/schemas/test_soc_constellation.py).
Malligyong-1: mean local time 10.01 h through 2024 from 41 published sets, 9.77 to 10.14 h by the apparent Sun.
"""

from __future__ import annotations

import csv
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from swath.design.altitudes import semi_major_axis_m
from swath.design.everywhere import walker_radius_deg
from swath.design.patterns import ground_half_angle_deg, streets_needed
from swath.design.planes import greenwich_deg, local_time_h
from swath.design.shapes import OrbitShape, exact_repeat, frozen, period_s, sun_synchronous, track_closure_s
from swath.frames import WGS84_A_M, EarthOrientation
from swath.model import Elements
from swath.orbit.elements import parse_tle
from swath.orbit.sun import sun_direction_itrf


@pytest.mark.parametrize(
    ("orbits", "days", "minutes", "off_min", "inclination_deg"),
    [
        (143, 10, 100.699, 0.005, 98.55),
        (233, 16, 98.88, 0.05, 98.19),
        (175, 12, 98.743, 0.003, None),
        (385, 27, 100.987, 0.003, None),
    ],
)
def test_tracks_that_repeat(
    orbits: int, days: int, minutes: float, off_min: float, inclination_deg: float | None
) -> None:
    shape = exact_repeat(orbits, days)
    assert period_s(shape) / 60.0 == pytest.approx(minutes, abs=off_min)
    assert abs(track_closure_s(shape, orbits, days)) < 1e-4
    if inclination_deg is not None:
        assert shape.inclination_deg == pytest.approx(inclination_deg, abs=0.05)


def test_the_786_km_of_sentinel_2_are_above_the_equatorial_radius_and_the_705_of_landsat_are_not() -> None:
    assert exact_repeat(143, 10).sma_m - WGS84_A_M == pytest.approx(786.1e3, abs=200.0)
    assert exact_repeat(233, 16).sma_m - WGS84_A_M < 700e3
    assert exact_repeat(233, 16).sma_m - 6371008.8 == pytest.approx(705e3, abs=2e3)


def test_500_km_sun_synchronous() -> None:
    shape = sun_synchronous(semi_major_axis_m(500e3, "equatorial"))
    assert shape.inclination_deg == pytest.approx(97.42, abs=0.03)


@pytest.mark.parametrize(
    ("sma_m", "inclination_deg", "eccentricity", "off"),
    [(7159.5e3, 98.55, 0.001165, 3e-5), (7714.43e3, 66.04, 0.000095, 1e-5)],
)
def test_frozen_orbits_flown(sma_m: float, inclination_deg: float, eccentricity: float, off: float) -> None:
    """TOPEX is the hard one: J3 alone would give 0.00088."""
    still = frozen(OrbitShape(sma_m, inclination_deg))
    assert still.eccentricity == pytest.approx(eccentricity, abs=off)
    assert still.argument_of_perigee_deg == 90.0


@pytest.mark.parametrize(
    ("pattern", "inclination_deg", "radius_deg"),
    [
        ((5, 5, 1), 43.66, 69.15),
        ((6, 6, 4), 53.13, 66.42),
        ((7, 7, 5), 55.69, 60.26),
        ((9, 9, 7), 70.3, 54.81),
        ((10, 5, 2), 57.11, 52.23),
        ((12, 3, 1), 50.73, 47.90),
        ((15, 3, 1), 53.53, 42.12),
    ],
)
def test_walker_patterns_that_see_every_place(
    pattern: tuple[int, int, int], inclination_deg: float, radius_deg: float
) -> None:
    assert walker_radius_deg(*pattern, inclination_deg) == pytest.approx(radius_deg, abs=0.02)


def test_streets_of_coverage() -> None:
    reach_deg = ground_half_angle_deg(780e3, 75.0)
    assert ceil(180.0 / reach_deg) == 7
    planes, each = streets_needed(reach_deg)
    assert each >= 7 and planes * each <= 42


@pytest.mark.needs_shared_data
def test_the_local_time_of_malligyong_1_by_the_mean_sun_stands_still(shared_data: Path) -> None:
    text = (shared_data / "orbits" / "malligyong1_tles.csv").read_text("utf-8")
    rows = list(csv.reader(text.splitlines()))
    pairs = [[cell for cell in row if cell.startswith(("1 58400", "2 58400"))] for row in rows]
    sets = [one for pair in pairs if len(pair) == 2 for one in parse_tle("\n".join(["M1", *pair])).elements]
    in_2024 = [one for one in sets if str(one.epoch)[:4] == "2024"]
    assert len(in_2024) == 10
    hours = [local_time_h(one.raan_deg, one.epoch) for one in in_2024]
    assert max(hours) - min(hours) < 0.05
    assert np.mean(hours) == pytest.approx(10.01, abs=0.02)
    # By the apparent Sun the same plane would swing, in the sets from its launch to August 2024.
    swings = [_apparent_h(one) for one in sets if str(one.epoch)[:7] < "2024-09"]
    assert (min(swings), max(swings)) == (pytest.approx(9.77, abs=0.01), pytest.approx(10.14, abs=0.01))


def _apparent_h(one: Elements) -> float:
    east, north, _ = sun_direction_itrf(np.array([one.epoch]), EarthOrientation.zero())[0]
    node_deg = one.raan_deg - greenwich_deg(one.epoch)
    return float((12.0 + (node_deg - np.degrees(np.arctan2(north, east))) / 15.0) % 24.0)
