from __future__ import annotations

import numpy as np
import pytest

from swath.fly.spacecraft import Faults, fly_plan
from swath.model import Acquisitions, Contacts, Plan, Windows
from swath.spacecraft import Power
from swath.time import seconds
from tests.fly.craft import satellite

START = np.datetime64("2026-05-08T00:00:00", "ns")


def test_lowest_battery_of_an_eclipsed_orbit_agrees_with_basilisk() -> None:
    """Basilisk 2.12.1 (bsk from PyPI, run by us in 2026 at 5 s steps).

    500 km equatorial circular orbit, the Sun on +x, a fixed panel of 0.5 m2 x 30 % facing it (204.2 W), 60 W load,
    80 Wh battery, full at first. It found 2135 s of umbra with 20 s of penumbra in all, and 44.33 Wh as the lowest
    charge. Tolerance 0.3 Wh: here light is on or off, so half of the penumbra is counted as dark.
    """
    power = Power(
        battery_wh=80.0,
        initial_wh=80.0,
        min_wh=0.0,
        charge_w=204.2,
        idle_w=60.0,
        slew_w=0.0,
        image_w=0.0,
        contact_w=0.0,
    )
    umbra_s, penumbra_s, orbit_s = 2135.0, 20.0, 5677.0
    begin_s = [1700.0 + orbit_s * k for k in range(3)]
    dark = Windows.from_rows(
        [
            {
                "satellite": "S-1",
                "subject": "eclipse",
                "start": START + seconds(b - penumbra_s / 4.0),
                "stop": START + seconds(b + umbra_s + penumbra_s / 4.0),
            }
            for b in begin_s
        ]
    )
    plan = Plan(Acquisitions.empty(), Contacts.empty(), (), 0.0, 0.0, "", "none", 0, START)
    log = fly_plan(
        (satellite(power=power),),
        plan,
        dark,
        START,
        START + seconds(3 * orbit_s),
        seed=1,
        faults=Faults(scatter_share=0.0),
    )
    assert log.telemetry.battery_wh.min() == pytest.approx(44.33, abs=0.3)
    assert log.telemetry.battery_wh.max() == 80.0
