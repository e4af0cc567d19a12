"""The planner in the loop: more satellites deliver more, the same sky gives the same, and a full station shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.design.patterns import walker
from swath.design.planes import node_of_local_time_deg
from swath.design.shapes import sun_synchronous
from swath.errors import InputError
from swath.operate.design_loop import delivered, with_fleet
from swath.store.mission import Mission, read_mission
from tests.conftest import REPO

EPOCH = np.datetime64("2026-05-01T00:00:00", "ns")
FLEET = walker(sun_synchronous(6_880e3), 2, 1, 0, raan_deg=node_of_local_time_deg(22.5, EPOCH), epoch=EPOCH, name="new")


def small() -> Mission:
    """The flood's mission with every tenth order and half of its day."""
    mission = read_mission(REPO / "examples" / "flood" / "mission.toml")
    stop = mission.start + np.timedelta64(12, "h")
    return replace(mission, orders=mission.orders[::10], urgent=(), stop=stop)


@pytest.mark.slow
def test_a_second_satellite_delivers_more() -> None:
    one, again, two = delivered(small(), [FLEET[:1], FLEET[:1], FLEET], [3])
    assert one == again
    assert (one.satellites, two.satellites) == (1, 2)
    assert two.value >= one.value and two.bound >= two.value
    assert two.clear_km2_day >= one.clear_km2_day and two.planned >= one.planned
    assert two.planned <= two.orders
    assert 0.0 < two.contact_share <= 1.0
    assert two.response_p50_s is not None and two.response_p90_s is not None
    assert two.response_p50_s <= two.response_p90_s


def test_the_fleet_is_built_like_the_first_of_the_mission() -> None:
    mission = small()
    flown = with_fleet(mission, FLEET)
    assert [satellite.id for satellite in flown.satellites] == ["new-1", "new-2"]
    assert all(satellite.memory == mission.satellites[0].memory for satellite in flown.satellites)
    assert all(satellite.elements.epoch == mission.start for satellite in flown.satellites)
    assert len({satellite.radio.spacecraft_id for satellite in flown.satellites}) == 2
    with pytest.raises(InputError):
        with_fleet(mission, [])
