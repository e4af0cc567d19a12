"""Flight against Basilisk, another group's simulator (AVS Laboratory, University of Colorado; package bsk 2.12.1, ISC).

The numbers were computed on 2026-11-26 by tests/judges/basilisk_numbers.py; the slow test computes them again.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.fly.attitude import looking, turn_between
from swath.fly.momentum_kernels import gravity_torque
from swath.fly.spacecraft import Faults, fly_plan
from swath.fly.surroundings import Surroundings
from swath.fly.wheels import WheelSet
from swath.model import Acquisitions, Contacts, Plan, Windows
from swath.spacecraft import Agility, Power
from swath.spacecraft.bus import Array, Bus, Wheels
from swath.time import seconds
from tests.fly.around import circle
from tests.fly.craft import satellite

RECORDED = {
    "power": {"umbra_s": 2137.0, "penumbra_s": 17.0, "lowest_wh": 44.330264578292095, "highest_wh": 80.0},
    "turn": {
        "angle_deg": 40.000414819348784,
        "peak_momentum_n_m_s": [-0.05817822351538004, -0.1396275037220755, -0.09308539034041113],
        "seconds": 50.0,
    },
    "gravity_gradient": {"torque_n_m": [-6.533172348116583e-06, 1.6332930943095963e-06, 1.6332930822496123e-06]},
}
START = np.datetime64("2026-05-08T00:00:00", "ns")
THREE = Wheels(max_momentum_n_m_s=1.0, max_torque_n_m=0.1, axes=((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def test_battery_and_shadow_of_an_equatorial_orbit() -> None:
    """500 km, Sun on +x, 0.5 m2 x 30 % facing it, 60 W, 80 Wh full. The shadow's steps are 1 s on both sides.

    Lowest charge within 0.02 Wh: 1 s of the 204 W array is 0.06 Wh, and the light's edges fall anywhere in a second.
    """
    around = circle(2 * 5677.0 / 3600.0)
    orbit = around.lit[:5677]
    assert abs((orbit == 0.0).sum() - RECORDED["power"]["umbra_s"]) <= 2.0
    assert abs(((orbit > 0.0) & (orbit < 1.0)).sum() - RECORDED["power"]["penumbra_s"]) <= 2.0
    power = Power(80.0, 80.0, 0.0, 0.0, 60.0, 0.0, 0.0, 0.0)
    bus = Bus((10.0, 10.0, 10.0), Wheels(20.0, 1.0), array=Array(0.5, 0.30))
    craft = replace(satellite(power=power), bus=bus)
    plan = Plan(Acquisitions.empty(), Contacts.empty(), (), 0.0, 0.0, "", "none", 0, START)
    log = fly_plan(
        (craft,), plan, Windows.empty(), START, START + seconds(2 * 5677.0),
        seed=1, faults=Faults(scatter_share=0.0), sample_s=1.0, around={"S-1": around},
    )  # fmt: skip
    assert log.telemetry.battery_wh.min() == pytest.approx(RECORDED["power"]["lowest_wh"], abs=0.02)
    assert log.telemetry.battery_wh.max() == RECORDED["power"]["highest_wh"]


def test_a_turn_by_wheels_ends_where_and_when_basilisk_says() -> None:
    """40 deg about (1, 2, 2) / 3 of a body of 10, 12, 8 kg m2: angle within 0.001 deg, wheels within 0.1 %.

    Basilisk integrates the torques on the body; here the turn is a law of time and the wheels follow from it.
    """
    agility = Agility(1.0, 0.1, 0.0, 90.0, 0.0, 0.0)
    axis = np.array([1.0, 2.0, 2.0]) / 3.0
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    angle = np.radians(RECORDED["turn"]["angle_deg"])
    end = (np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k).T @ looking(0.0, 0.0)
    turn = turn_between(agility, 0.0, looking(0.0, 0.0), end)
    assert turn.angle_deg == pytest.approx(RECORDED["turn"]["angle_deg"], abs=1e-9)
    assert turn.settled_s == pytest.approx(RECORDED["turn"]["seconds"], abs=1e-3)
    n = 60
    far_away = np.tile([1e12, 0.0, 0.0], (n, 1))
    still = Surroundings(np.tile(np.eye(3), (n, 1, 1)), np.zeros((n, 3)), np.zeros((n, 3)), far_away, np.ones(n))
    wheels = WheelSet(Bus((10.0, 12.0, 8.0), THREE), still)
    wheels.advance(np.array([0.0, 0.001]), turn.body_at(np.array([-1.0, -0.999])))
    wheels.advance(np.arange(0.0, 25.01, 0.1), turn.body_at(np.arange(0.0, 25.01, 0.1)))
    assert wheels.held_n_m_s == pytest.approx(RECORDED["turn"]["peak_momentum_n_m_s"], rel=1e-3)


def test_gravity_turns_a_body_as_in_basilisk() -> None:
    """Within 1e-5: the radius of the Earth and its GM differ in the sixth digit."""
    torque = np.zeros(3)
    r_m = (6378136.6 + 500e3) * np.array([1.0, 2.0, 2.0]) / 3.0
    gravity_torque(np.eye(3), r_m, np.array([10.0, 12.0, 8.0]), torque)
    assert torque == pytest.approx(RECORDED["gravity_gradient"]["torque_n_m"], rel=1e-5)


@pytest.mark.slow
def test_basilisk_still_says_so(repo: Path) -> None:
    python = repo / ".venv-apart" / "bin" / "python"
    if not python.exists():
        pytest.skip("Basilisk has an environment of its own, which `make test-all` makes")
    run = subprocess.run(
        [python, repo / "tests" / "judges" / "basilisk_numbers.py"], capture_output=True, text=True, check=True
    )
    said = json.loads(run.stdout.splitlines()[-1])
    for case, numbers in RECORDED.items():
        for name, value in numbers.items():
            assert said[case][name] == pytest.approx(value, rel=1e-6), (case, name)
