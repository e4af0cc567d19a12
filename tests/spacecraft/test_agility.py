"""How long turns take: fitted to what makers publish, exact at the points given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.spacecraft.agility import Agility, fitted_turning, slew_s

PLEIADES_M = 694e3
"""altitude; 200 km in 11 s and 800 km in 25 s: Airbus, Pleiades Imagery User Guide (agility)"""


def ground_deg(distance_m: float) -> float:
    """Turn between two places on a flat Earth, as far left as right."""
    return float(2.0 * np.degrees(np.arctan(distance_m / 2.0 / PLEIADES_M)))


def test_pleiades_as_published() -> None:
    points = (ground_deg(200e3), 11.0), (ground_deg(800e3), 25.0)
    rate, acceleration = fitted_turning(*points)
    agility = Agility(rate, acceleration, 0.0, 47.0, 0.0, 0.0)
    for angle, time_s in points:
        assert float(slew_s(agility, angle)) == pytest.approx(time_s, abs=1e-6)
    assert 2.0 < rate < 5.0  # deg/s: a control-moment-gyro spacecraft


@given(st.floats(0.1, 10.0), st.floats(0.01, 5.0), st.floats(0.0, 10.0), st.floats(1.0, 60.0), st.floats(1.05, 4.0))
def test_any_law_is_found_again_from_two_of_its_points(rate, acceleration, settling, angle, more) -> None:
    agility = Agility(rate, acceleration, settling, 60.0, 0.0, 0.0)
    points = [(a, float(slew_s(agility, a))) for a in (angle, more * angle)]
    assume(points[1][0] > rate**2 / acceleration * 1.01)  # the rate limit is seen
    found = fitted_turning(*points, settling_s=settling)
    again = Agility(*found, settling, 60.0, 0.0, 0.0)
    for a, time_s in points:
        assert float(slew_s(again, a)) == pytest.approx(time_s, rel=1e-6)


@pytest.mark.parametrize("points", [((10, 5), (10, 5)), ((10, 9), (20, 5)), ((-1, 5), (20, 9)), ((1, 10), (60, 10.5))])
def test_points_that_no_turn_passes_through(points) -> None:
    with pytest.raises(InputError):
        fitted_turning(*points)
