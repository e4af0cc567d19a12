"""How a picture's camera moves and what the satellite reports of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.fly.motion import (
    LINE_STEP,
    Disturbance,
    after_s,
    blur_deg,
    disturbance_of,
    draw_motion,
    measure,
    usual_shake,
)
from swath.fly.sightlines import nodes
from swath.spacecraft.bus import Shake
from tests.fly.craft import Circle, exposure, satellite

ORBIT = Circle()


def test_vibration_between_the_exact_lines_stays_below_a_hundredth_of_a_pixel() -> None:
    wanted = exposure(lines=4500, columns=100)
    ifov_deg = np.degrees(satellite().optics.ifov_rad)
    for seed in range(20):
        motion = draw_motion(np.random.default_rng(seed), wanted, Disturbance())
        lines, _ = nodes(wanted.lines)
        every = np.arange(wanted.lines, dtype=float)
        exact = motion.at(after_s(wanted, every))
        coarse = motion.at(after_s(wanted, lines))
        between = np.stack([np.interp(every, lines, coarse[:, k]) for k in range(3)], -1)
        assert np.abs(between - exact).max() / ifov_deg < 0.01


def test_reported_position_and_attitude_err_as_the_sensors_do() -> None:
    craft, wanted = satellite(), exposure(lines=40, columns=40, roll_deg=5.0)
    flaws = Disturbance(drift_deg_s=0.0, jitter=())
    errors_deg, errors_m, scatter_deg = [], [], []
    for number in range(250):
        rng = np.random.default_rng(number)
        states = measure(rng, craft, ORBIT, wanted, draw_motion(rng, wanted, flaws), flaws)
        attitude = np.stack([states.roll_deg - 5.0, states.pitch_deg, states.yaw_deg], -1)
        r_true, _ = ORBIT.states(states.utc_ns.astype("datetime64[ns]"))
        errors_deg.append(attitude.mean(0))
        scatter_deg.append((attitude - attitude.mean(0)).std())
        errors_m.append((states.r_itrf_m - r_true).mean(0))
    sigma_deg = craft.agility.knowledge_sigma_deg
    assert np.std(errors_deg, axis=0) == pytest.approx(np.full(3, sigma_deg), rel=0.15)
    assert np.abs(np.mean(errors_deg, axis=0)).max() < 4 * sigma_deg / np.sqrt(250)
    assert np.mean(scatter_deg) < 0.06 * sigma_deg
    assert np.std(errors_m, axis=0) == pytest.approx(np.ones(3), rel=0.15)


def test_the_records_say_which_line_was_when() -> None:
    wanted, flaws = exposure(lines=100, columns=60), Disturbance()
    rng = np.random.default_rng(1)
    states = measure(rng, satellite(), ORBIT, wanted, draw_motion(rng, wanted, flaws), flaws)
    assert states.line.tolist() == [*range(0, 100, LINE_STEP), 99]
    expected_ns = wanted.start.astype(np.int64) + np.round((states.line + 0.5) * 0.7e6).astype(np.int64)
    assert (states.utc_ns == expected_ns).all()


def test_a_turn_that_has_just_ended_blurs_and_one_that_has_settled_does_not() -> None:
    wanted, ifov_deg = exposure(lines=1000, columns=100), float(np.degrees(satellite().optics.ifov_rad))
    shake = Shake(jitter=((40.0, 2e-6),), ring_deg=0.05)
    blurs = [blur_deg(wanted, disturbance_of(shake, since_turn_s=since_s), stages=40) for since_s in (0.0, 1.0, 4.0)]
    # 0.05 deg at 0.8 Hz move by 2 pi 0.8 0.05 deg a second at most, gathered over 28 ms.
    assert blurs[0] == pytest.approx(2 * np.pi * 0.8 * 0.05 / np.sqrt(2) * 0.028 / np.sqrt(12), rel=0.01)
    assert blurs[0] > 1.5 * ifov_deg
    assert blurs[1] == pytest.approx(blurs[0] / np.e, rel=0.01)
    assert blurs[2] < 0.1 * ifov_deg
    assert disturbance_of(shake).jitter == shake.jitter
    usual = usual_shake(4.0)
    calm, ringing = (disturbance_of(usual, since_turn_s=since_s) for since_s in (np.inf, 4.0))
    assert calm == Disturbance()
    assert ringing.jitter[-1][1] == pytest.approx(calm.jitter[0][1])
    assert blur_deg(wanted, disturbance_of(usual, since_turn_s=0.0), stages=40) > 1.5 * ifov_deg


def test_a_perfect_satellite_reports_its_attitude_as_it_is() -> None:
    wanted = replace(exposure(lines=50, columns=50), roll_deg=3.0, pitch_deg=-2.0, yaw_deg=0.5)
    flaws = Disturbance(0.0, 0.0, 0.0, (), 0.0)
    rng = np.random.default_rng(1)
    states = measure(rng, satellite(), ORBIT, wanted, draw_motion(rng, wanted, flaws), flaws)
    for reported, true in ((states.roll_deg, 3.0), (states.pitch_deg, -2.0), (states.yaw_deg, 0.5)):
        assert reported == pytest.approx(np.full(len(states), true), abs=1e-12)
