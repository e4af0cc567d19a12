from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.fly.attitude import facing, looking, pointing_deg, rotation_deg, turn_between
from swath.fly.outcomes import furthest_apart, outcomes
from swath.fly.shake import pointing_errors_deg
from swath.fly.spacecraft import Faults, FlightLog, fly_plan
from swath.fly.surroundings import dipole_field_t, surroundings
from swath.fly.wheels import WheelSet
from swath.model import Windows
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from swath.spacecraft import Agility
from swath.spacecraft.bus import PYRAMID, Array, Bus, Shake, Wheels, sharing
from swath.spacecraft.power import Thermal
from tests.fly.around import circle
from tests.fly.craft import satellite
from tests.fly.test_spacecraft import START, SURE, after_s, at, contact, look, plan_of

BODY = Bus((8.0, 10.0, 6.0), Wheels(2.0, 0.2), rods_a_m2=5.0, array=Array(0.9, 0.28))
unit = st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)).filter(lambda v: np.linalg.norm(v) > 0.1)


def fly(
    looks: list[dict], contacts: list[dict], *, bus: Bus | None = BODY, faults: Faults = SURE, hours: float = 3.0,
    thermal: Thermal | None = None, height_m: float = 500e3,
) -> FlightLog:  # fmt: skip
    craft = replace(satellite(), bus=bus, thermal=thermal or Thermal())
    around = {"S-1": circle(hours, height_m=height_m, inclination_deg=97.0)}
    return fly_plan(
        (craft,), plan_of(looks, contacts), Windows.empty(), START, at(hours * 3600.0),
        seed=1, faults=faults, around=around,
    )  # fmt: skip


@given(unit, unit)
def test_an_attitude_that_faces_the_sun_does(sun: tuple, normal: tuple) -> None:
    direction = np.array(sun) / np.linalg.norm(sun)
    body = facing(direction, normal)
    assert body @ body.T == pytest.approx(np.eye(3), abs=1e-12) and np.linalg.det(body) == pytest.approx(1.0)
    assert body @ direction == pytest.approx(np.array(normal) / np.linalg.norm(normal), abs=1e-12)


@given(st.floats(-60, 60), st.floats(-60, 60))
def test_a_look_has_its_roll_and_pitch_and_a_level_detector(roll_deg: float, pitch_deg: float) -> None:
    body = looking(roll_deg, pitch_deg)
    assert body @ body.T == pytest.approx(np.eye(3), abs=1e-12) and np.linalg.det(body) == pytest.approx(1.0)
    assert pointing_deg(body) == (pytest.approx(roll_deg, abs=1e-9), pytest.approx(pitch_deg, abs=1e-9))
    assert body[1, 0] == 0.0


@given(unit, unit, unit)
def test_a_turn_between_any_attitudes_ends_where_it_should(a: tuple, b: tuple, sun: tuple) -> None:
    start, end = facing(np.array(a) / np.linalg.norm(a), sun), facing(np.array(b) / np.linalg.norm(b), sun)
    turn = turn_between(Agility(1.0, 0.2, 3.0, 45.0, 0.0, 0.0), 10.0, start, end)
    times = np.linspace(9.0, turn.settled_s + 1.0, 500)
    body = turn.body_at(times)
    assert body[0] == pytest.approx(start, abs=1e-9) and body[-1] == pytest.approx(end, abs=1e-7)
    steps = np.array([rotation_deg(body[k], body[k + 1]) for k in range(len(times) - 1)])
    whole_deg = rotation_deg(start, end)
    assert steps.sum() == pytest.approx(whole_deg, abs=1e-5)  # about one axis, without detours
    # Between two looks the time is that of the angle between the lines of sight, as planned.
    assert turn.angle_deg <= whole_deg + 1e-9
    assert (steps / np.diff(times)).max() <= whole_deg / max(turn.angle_deg, 1e-9) * (1.0 + 1e-6) + 1e-6


def test_nearly_half_a_turn_ends_where_it_should() -> None:
    start = facing(np.array([0.0, 1.0, 0.0]), (0.0, 1.0, 1.0))
    for tiny in (0.0, 6e-12, 1e-7, 1e-4):
        end = facing(np.array([0.0, -1.0, tiny]) / np.hypot(1.0, tiny), (0.0, 1.0, 1.0))
        turn = turn_between(Agility(1.0, 0.2, 3.0, 45.0, 0.0, 0.0), 0.0, start, end)
        assert turn.body_at(np.array([turn.settled_s]))[0] == pytest.approx(end, abs=1e-9)


def test_wheels_share_with_the_least_effort() -> None:
    share = sharing(PYRAMID)
    axes = np.array(PYRAMID) / np.linalg.norm(PYRAMID, axis=1, keepdims=True)
    assert axes.T @ share == pytest.approx(np.eye(3), abs=1e-12)
    assert np.abs(share @ [0, 0, 1]).max() == pytest.approx(3.0**0.5 / 4.0)


def test_the_field_is_that_of_the_earth() -> None:
    """About 30 uT along the ground at the equator, 60 uT down in the north (any textbook of geomagnetism)."""
    equator, pole = dipole_field_t(np.array([[6371.2e3, 0.0, 0.0], [0.0, 0.0, 6371.2e3]]))
    assert 2.9e-5 < np.linalg.norm(equator) < 3.1e-5 and equator[2] > 2.9e-5  # points north
    assert pole[2] == pytest.approx(-5.87e-5, abs=1e-7)


def test_momentum_is_kept_and_rods_take_it_off() -> None:
    around = circle(6.0, inclination_deg=97.0)
    held = {}
    for rods_a_m2 in (0.0, 10.0):
        bus = Bus((8.0, 10.0, 6.0), Wheels(2.0, 0.2), rods_a_m2=rods_a_m2, torque_n_m=(2e-5, 0.0, 0.0), faces_sun=False)
        wheels = WheelSet(bus, around)
        at_s = np.arange(0.0, 6 * 3600.0)
        # Held still among the stars, so that a constant torque on the body piles up.
        wheels.advance(at_s, np.swapaxes(around.orbital_axes[: len(at_s)], -1, -2))
        held[rods_a_m2] = np.linalg.norm(wheels.held_n_m_s)
    assert held[0.0] == pytest.approx(2e-5 * 6 * 3600.0, rel=0.1)
    assert held[10.0] < 0.2 * held[0.0]


def test_with_strong_wheels_a_plan_is_flown_as_planned() -> None:
    looks = [look("a-1", 600.0, roll_deg=25.0), look("a-2", 700.0, roll_deg=-25.0), look("a-3", 3000.0)]
    log = fly(looks, [contact("c-1", 4000.0, 4200.0)])
    assert log.flown.status.tolist() == ["done"] * 3 and log.contacts.status.tolist() == ["done"]
    assert log.flown.roll_deg == pytest.approx([25.0, -25.0, 10.0])
    rows = log.telemetry
    assert "sun" in rows.mode.tolist() and 0.0 < rows.wheel_share.max() < 1.0
    at_picture = rows.roll_deg[rows.time == at(3000.0)]
    assert at_picture == pytest.approx([10.0], abs=1e-6)


def test_weak_wheels_make_a_turn_late_and_full_ones_make_none() -> None:
    looks = [look("a-1", 600.0, roll_deg=0.0), look("a-2", 640.0, roll_deg=35.0)]
    fixed = replace(BODY, faces_sun=False)
    weak = fly(looks, [], bus=replace(fixed, wheels=Wheels(0.05, 0.2))).flown
    assert weak.status.tolist()[1] == "skipped" and "still turning" in weak.because[1]
    full = fly(looks, [], bus=replace(fixed, rods_a_m2=0.0, torque_n_m=(0.02, 0.0, 0.0), wheels=Wheels(2.0, 0.2))).flown
    assert "the wheels are full" in full.because[1]


def test_three_wheels_of_four_still_turn_and_two_do_not() -> None:
    looks = [look("a-1", 600.0), look("a-2", 4000.0)]
    one, two = (
        fly(looks, [], faults=Faults(wheel_losses={"S-1": losses}, scatter_share=0.0)).flown
        for losses in (((0, at(1000.0)),), ((0, at(1000.0)), (2, at(1100.0))))
    )
    assert one.status.tolist() == ["done", "done"]
    assert two.status.tolist() == ["done", "skipped"] and "only 2 wheels left" in two.because[1]
    with pytest.raises(InputError, match="4 wheels to lose"):
        fly(looks, [], faults=Faults(wheel_losses={"S-1": ((4, at(0.0)),)}))


def test_safe_mode_does_nothing_and_ends() -> None:
    looks = [look("a-1", 600.0), look("a-2", 2000.0), look("a-3", 4000.0)]
    contacts = [contact("c-1", 2500.0, 2600.0), contact("c-2", 5000.0, 5100.0)]
    log = fly(looks, contacts, faults=Faults(safe_modes={"S-1": ((at(1500.0), 1800.0),)}, scatter_share=0.0))
    assert log.flown.status.tolist() == ["done", "skipped", "done"] and log.flown.because[1] == "in safe mode"
    assert log.contacts.status.tolist() == ["lost", "done"] and "safe" in log.telemetry.mode.tolist()
    told = outcomes(plan_of(looks, contacts), log)
    assert told.outcome.tolist() == ["done", "lost", "done"]


def test_a_restart_in_a_pass_costs_its_silence_and_nothing_else() -> None:
    looks = [look("a-1", 600.0, bit=3e9)]
    contacts = [contact("c-1", 1800.0, 1900.0), contact("c-2", 7000.0, 7100.0)]
    log = fly(looks, contacts, faults=Faults(resets={"c-1": (30.0, 50.0)}, scatter_share=0.0))
    sent = [(p["contact"], round(p["sent_bit"] / 1e6)) for p in log.deliveries.rows()]
    assert sent == [("c-1", 1200), ("c-1", 800), ("c-2", 1000)]
    gap_s = after_s(log.deliveries.start)[1] - after_s(log.deliveries.stop)[0]
    assert gap_s == pytest.approx(50.0) and "restarted" in log.contacts.because[0]


def test_a_stuck_page_takes_the_pictures_in_it_and_its_room() -> None:
    looks = [look("a-1", 600.0, bit=10e9), look("a-2", 700.0, bit=10e9), look("a-3", 2000.0, bit=20e9)]
    contacts = [contact("c-1", 5000.0, 5500.0)]
    pages = {"S-1": ((at(1000.0), 12e9, 1e9),)}
    log = fly(looks, contacts, faults=Faults(stuck_pages=pages, scatter_share=0.0))
    assert log.flown.status.tolist() == ["done", "lost", "done"] and "page of memory" in log.flown.because[1]
    assert set(log.deliveries.acquisition.tolist()) == {"a-1", "a-3"}
    looks[2]["data_bit"] = 22e9  # 32 Gbit in all, 10 in use, 1 broken
    log = fly(looks, contacts, faults=Faults(stuck_pages=pages, scatter_share=0.0))
    assert log.flown.status[2] == "skipped" and "21.00 Gbit free" in log.flown.because[2]


def test_a_warm_camera_waits() -> None:
    looks = [look(f"a-{k}", 600.0 + 20.0 * k, roll_deg=0.0, bit=1e6) for k in range(30)]
    for one in looks:
        one["stop"] = one["start"] + np.timedelta64(15, "s")
    log = fly(looks, [], thermal=Thermal(293.0, 40.0, 200.0, 308.0))
    skipped = log.flown.status == "skipped"
    assert skipped.any() and not skipped[:3].any() and "above its limit of 308.0 K" in log.flown.because[skipped][0]
    # One mass warming and cooling: the law of the model, worked out anew from the modes.
    rows, warm_k = log.telemetry, [293.0]
    for k in range(len(rows) - 1):
        aim_k = 293.0 + 40.0 * (rows.mode[k] == "image")
        fade = np.exp(-(after_s(rows.time)[k + 1] - after_s(rows.time)[k]) / 200.0)
        warm_k.append(aim_k + (warm_k[-1] - aim_k) * fade)
    assert rows.temperature_k == pytest.approx(np.array(warm_k), abs=1e-6)


def test_an_array_fixed_to_the_body_gives_what_its_angle_allows() -> None:
    steady = replace(BODY, faces_sun=False)
    held, turned = fly([], [], bus=steady, hours=1.6).telemetry, fly([], [], hours=1.6).telemetry
    assert turned.battery_wh[-1] > held.battery_wh[-1] + 5.0


def test_errors_of_pointing_have_the_stated_spectrum() -> None:
    at_s = np.arange(0.0, 4000.0, 0.25)
    never = np.full(len(at_s), np.inf)
    noise = pointing_errors_deg(Shake(tracker_deg=0.01, tracker_s=5.0), "S-1", 3, at_s, never)
    assert noise.std(axis=0) == pytest.approx(0.01, rel=0.1)
    lag = int(5.0 / 0.25)
    kept = [np.corrcoef(noise[:-lag, axis], noise[lag:, axis])[0, 1] for axis in range(3)]
    assert np.mean(kept) == pytest.approx(np.exp(-1.0), abs=0.06)
    part = pointing_errors_deg(Shake(tracker_deg=0.01, tracker_s=5.0), "S-1", 3, at_s[8000:8100], never[:100])
    assert part == pytest.approx(noise[8000:8100], abs=1e-5)  # however it is asked for
    line = pointing_errors_deg(Shake(jitter=((1.25, 0.002),)), "S-1", 3, at_s, never)
    power = np.abs(np.fft.rfft(line[:, 0])) ** 2
    assert np.fft.rfftfreq(len(at_s), 0.25)[power.argmax()] == pytest.approx(1.25, abs=1e-3)
    assert line.std() == pytest.approx(0.002 / 2**0.5, rel=1e-2)
    many = np.array(
        [pointing_errors_deg(Shake(bias_deg=0.01), f"S-{k}", 3, at_s[:1], never[:1])[0] for k in range(500)]
    )
    assert many.std() == pytest.approx(0.01, rel=0.1)
    ring = pointing_errors_deg(Shake(ring_deg=0.1), "S-1", 3, at_s[:80], at_s[:80])
    assert np.abs(ring[0, :2]) == pytest.approx([0.1, 0.1]) and np.abs(ring[40:]).max() < 1e-4


def test_planned_against_flown_says_what_and_why() -> None:
    looks = [look("a-1", 600.0), look("a-2", 700.0, bit=3e9), look("a-3", 800.0, contact="c-9")]
    for one in looks:
        one["on_ground"] = at(2000.0)
    contacts = [contact("c-1", 1800.0, 1900.0), contact("c-2", 7000.0, 7100.0)]
    plan = plan_of(looks, contacts)
    log = fly(looks, contacts, faults=Faults({"c-1": 40.0}, scatter_share=0.0))
    told = outcomes(plan, log)
    assert told.outcome.tolist() == ["done", "late", "late"] and "84 min" in told.because[1]
    assert "began 40.0 s late" in told.because[1]
    told = outcomes(plan, fly(looks, contacts, faults=Faults(lost_contacts=frozenset({"c-1", "c-2"}))))
    assert told.outcome.tolist() == ["lost"] * 3 and "nothing came through" in told.because[0]
    assert np.isnat(told.down).all() and told.because[2] == "it was still on board at the end"
    book = fly_plan((satellite(),), plan, Windows.empty(), START, at(3 * 3600.0), seed=1, faults=SURE)
    apart = furthest_apart(book.telemetry, log.telemetry)
    assert apart["S-1"]["memory_bit"] == pytest.approx(40.0 * 40e6, rel=1e-3) and apart["S-1"]["battery_wh"] > 0.1
    assert furthest_apart(book.telemetry, book.telemetry)["S-1"] == {"battery_wh": 0.0, "memory_bit": 0.0}


def test_surroundings_of_a_real_orbit() -> None:
    craft = satellite()
    around = surroundings(sgp4_ephemeris(craft.elements, packaged_eop()), packaged_eop(), START, at(6000.0))
    axes = around.orbital_axes
    assert axes @ np.swapaxes(axes, -1, -2) == pytest.approx(np.broadcast_to(np.eye(3), axes.shape), abs=1e-12)
    # The Sun stands still to a degree a day; the satellite goes round.
    assert np.degrees(np.arccos(np.clip(around.sun @ around.sun[0], -1, 1))).max() < 0.1
    dark = (around.lit == 0.0).sum()
    assert 1500 < dark < 2200 and 5 < ((around.lit > 0.0) & (around.lit < 1.0)).sum() < 60
