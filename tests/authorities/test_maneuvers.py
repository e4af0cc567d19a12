"""Malligyong-1's orbit raises of February 2024.

Marco Langbroek (The Space Review 4753, February 2024): five burns on 19 to 24 February 2024 raised its perigee from 488
to 497 km. The element sets at hand are those of 8 February and 11 March (``malligyong1_tles.csv``).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swath.orbit.maneuver import find_maneuvers
from tests.authorities.test_doubt import malligyong

pytestmark = pytest.mark.needs_shared_data


def test_the_raise_of_february_2024_is_found_and_sized(shared_data: Path) -> None:
    found = find_maneuvers(malligyong(shared_data))
    (row,) = found.take(
        (found.after < np.datetime64("2024-02-19")) & (found.before > np.datetime64("2024-02-24T23:59:59"))
    ).rows()
    assert str(row["after"])[:10] == "2024-02-08"
    assert str(row["before"])[:10] == "2024-03-11"
    assert row["kind"] == "in-plane"
    # half of a perigee's 9 km at 7.6 km/s is 2.4 m/s
    assert abs(row["size_m_s"] - 2.4) <= row["size_90_m_s"]
    assert row["along_m_s"] > 0


def test_its_quiet_spring_of_2026_raises_no_alarm(shared_data: Path) -> None:
    """Six weeks without a known manoeuvre: one alarm a satellite-year would be 0.1."""
    found = find_maneuvers(malligyong(shared_data))
    assert not (found.before > np.datetime64("2026-03-16")).any()
    assert (found.before < np.datetime64("2025-01-01")).sum() <= 3
