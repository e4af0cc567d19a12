"""The Moon against JPL's DE421 by skyfield 1.55 (computed on 26 November 2026): from 52 N 13 E, no refraction."""

from __future__ import annotations

import numpy as np
import pytest

from swath.orbit.moon import moon_angles_deg, moon_lit_share, moon_position_itrf
from swath.sources.eop import packaged_eop

SKYFIELD = [
    ("2012-03-04T05:06:07", -12.3958, 322.2827, 386496278.0, 0.7942),
    ("2018-07-27T20:21:00", 8.7348, 138.8097, 406099206.0, 1.0),  # a total eclipse of the Moon
    ("2021-11-19T09:00:00", -15.5113, 332.2654, 405302122.0, 1.0),
    ("2024-04-08T18:20:00", -5.4406, 288.8743, 359806641.0, 0.0),  # a total eclipse of the Sun
    ("2026-01-15T12:00:00", -2.6433, 223.7086, 404035738.0, 0.1042),
]


@pytest.mark.parametrize(("at", "elevation_deg", "azimuth_deg", "distance_m", "lit"), SKYFIELD)
def test_where_it_stands_and_how_it_is_lit(
    at: str, elevation_deg: float, azimuth_deg: float, distance_m: float, lit: float
) -> None:
    when, eop = np.datetime64(at), packaged_eop()
    high, towards = moon_angles_deg(13.0, 52.0, when, eop)
    assert float(high) == pytest.approx(elevation_deg, abs=0.003)
    assert float(towards) == pytest.approx(azimuth_deg, abs=0.003)
    assert float(np.linalg.norm(moon_position_itrf(when, eop))) == pytest.approx(distance_m, abs=60e3)
    assert float(moon_lit_share(when, eop)) == pytest.approx(lit, abs=0.002)  # from the Earth's centre
