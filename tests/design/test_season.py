"""A season: spacing and light kept, the launch that buys most first, failures as if it had not flown."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from swath.design.atlas import Atlas, Slot, atlas_of
from swath.design.growth import exact_coverage, value_of
from swath.design.launch import Site
from swath.design.planes import node_of_local_time_deg
from swath.design.regions import parallel
from swath.design.season import season
from swath.design.sensors import Sensor
from swath.design.shapes import sun_synchronous
from swath.errors import Infeasible, InputError

START = np.datetime64("2027-03-01T00:00:00", "ns")
NODE = node_of_local_time_deg(22.5, START)
FIRST = Slot(0, NODE, 0.0)
WANTED = (Slot(0, NODE, 20.0), Slot(0, NODE, 180.0), Slot(0, (NODE + 45.0) % 360.0, 90.0))
PAD = Site("pad", 128.36, 51.87)


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return atlas_of(sun_synchronous(6_878_137.0), Sensor(35.0, 10.0), parallel("40 N", 40.0, 36), START, 8.0)


def test_a_season_keeps_its_spacing_and_buys_most_first(atlas: Atlas) -> None:
    found = season([atlas], (FIRST,), WANTED, PAD, START, 200, spacing_days=45.0, goal="response_mean")
    slots = [one.slot for one in found.launches]
    assert sorted(map(str, slots)) == sorted(map(str, WANTED))
    assert slots[0] == min(WANTED, key=lambda one: value_of(exact_coverage([atlas], (FIRST, one)), "response_mean"))
    times = [one.window.best for one in found.launches]
    assert times[0] >= START and all(b - a >= np.timedelta64(45, "D") for a, b in pairwise(times))
    values = [found.before_days, *(one.days for one in found.launches)]
    assert values == sorted(values, reverse=True)
    for number, one in enumerate(found.launches):
        up = (FIRST, *slots[: number + 1])
        assert one.days == pytest.approx(value_of(exact_coverage([atlas], up), "response_mean"))
        assert one.failed_days == values[number]
        assert one.worst_days >= max(one.days, one.failed_days) - 1e-9
        assert abs(one.window.local_time_s / 3600.0 - (22.5 if one.slot.raan_deg == NODE else 1.5)) < 0.05
    assert found.without_days[-1] == pytest.approx(found.launches[-1].failed_days)
    assert min(found.without_days) >= found.launches[-1].days
    assert found.without_days[found.again_for - 1] == max(found.without_days)
    assert found.again is not None and found.again.best - times[-1] >= np.timedelta64(45, "D")


def test_light_at_the_pad_is_kept(atlas: Atlas) -> None:
    dark = season([atlas], (FIRST,), WANTED[2:], PAD, START, 60, min_sun_elevation_deg=None)
    light = season([atlas], (FIRST,), WANTED[2:], PAD, START, 60, min_sun_elevation_deg=5.0)
    assert light.launches[0].window.sun_elevation_deg >= 5.0
    assert light.launches[0].windows <= dark.launches[0].windows


def test_what_cannot_be(atlas: Atlas) -> None:
    with pytest.raises(Infeasible, match="launch 2 of 3"):
        season([atlas], (FIRST,), WANTED, PAD, START, 30, spacing_days=45.0)
    with pytest.raises(InputError, match="0 launches"):
        season([atlas], (FIRST,), (), PAD, START, 30)
    with pytest.raises(Infeasible, match="azimuth"):
        season([atlas], (FIRST,), WANTED, Site("cape", -80.6, 28.5, 35.0, 120.0), START, 300)
