from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.fly.attitude import looking, turn_between
from swath.fly.spacecraft import Faults, FlightLog, fly_plan
from swath.model import Acquisitions, Contacts, Plan, Windows
from swath.spacecraft import Agility, Power, Satellite, slew_s
from swath.time import seconds
from tests.fly.craft import satellite

START = np.datetime64("2026-05-08T00:00:00", "ns")
HOUR = 3600.0
SURE = Faults(scatter_share=0.0)


def at(after_s: float) -> np.datetime64:
    return np.datetime64(START + seconds(after_s), "ns")


def after_s(moments: np.ndarray) -> np.ndarray:
    return np.asarray((moments - START) / np.timedelta64(1, "ns") * 1e-9)


def look(
    id: str, start_s: float, *, craft: str = "S-1", roll_deg: float = 10.0, bit: float = 1e9, contact: str = "c-1"
) -> dict:
    return {
        "id": id, "request": id, "satellite": craft,
        "start": at(start_s), "middle": at(start_s + 1), "stop": at(start_s + 2),
        "roll_deg": roll_deg, "pitch_deg": 0.0, "off_nadir_deg": abs(roll_deg), "sun_elevation_deg": 40.0, "gsd_m": 5.0,
        "p_clear": 1.0, "value": 1.0, "data_bit": bit, "contact": contact, "on_ground": at(start_s + 1e4),
    }  # fmt: skip


def contact(id: str, start_s: float, stop_s: float, *, craft: str = "S-1", rate_bit_s: float = 40e6) -> dict:
    return {
        "id": id, "satellite": craft, "station": "x", "start": at(start_s), "stop": at(stop_s),
        "rate_bit_s": rate_bit_s, "volume_bit": 0.0,
    }  # fmt: skip


def plan_of(looks: list[dict], contacts: list[dict]) -> Plan:
    return Plan(Acquisitions.from_rows(looks), Contacts.from_rows(contacts), (), 1.0, 1.0, "", "test", 1, START)


def dark(*spans: tuple[float, float], craft: str = "S-1") -> Windows:
    rows = [{"satellite": craft, "subject": "eclipse", "start": at(a), "stop": at(b)} for a, b in spans]
    return Windows.from_rows(rows)


def fly(
    looks: list[dict], contacts: list[dict], faults: Faults = SURE, *, craft: Satellite | None = None, seed: int = 1,
    eclipses: Windows | None = None, hours: float = 6.0,
) -> FlightLog:  # fmt: skip
    windows = Windows.empty() if eclipses is None else eclipses
    crew = (craft or satellite(),)
    return fly_plan(crew, plan_of(looks, contacts), windows, START, at(hours * HOUR), seed=seed, faults=faults)


@st.composite
def days(draw: st.DrawFn) -> tuple[list[dict], list[dict], list[tuple[float, float]]]:
    """A sequence of pictures and contacts far enough apart, or sometimes too close; eclipses every 95 minutes."""
    looks, contacts, now = [], [], 60.0
    for number in range(draw(st.integers(1, 14))):
        now += draw(st.floats(1.0, 1500.0))
        if draw(st.booleans()):
            looks.append(look(f"a-{number}", now, roll_deg=draw(st.floats(-40, 40)), bit=draw(st.floats(1e6, 20e9))))
            now += 2.0
        else:
            length = draw(st.floats(60.0, 600.0))
            contacts.append(contact(f"c-{number}", now, now + length))
            now += length
    first = draw(st.floats(-1000.0, 3000.0))
    return looks, contacts, [(first + 5700.0 * k, first + 5700.0 * k + 2100.0) for k in range(4)]


def energies(power: Power, log: FlightLog) -> tuple[np.ndarray, np.ndarray]:
    """Stored energy in telemetry, and as added up anew from row to row: modes and sunlight hold until the next row."""
    rows = log.telemetry
    load = {"idle": 0.0, "slew": power.slew_w, "image": power.image_w, "contact": power.contact_w}
    stored, times = [power.initial_wh], after_s(rows.time)
    for k in range(len(rows) - 1):
        net_w = power.charge_w * rows.sunlit[k] - power.idle_w - load[str(rows.mode[k])]
        stored.append(min(max(stored[-1] + net_w * (times[k + 1] - times[k]) / 3600.0, 0.0), power.battery_wh))
    return rows.battery_wh, np.array(stored)


@given(days(), st.integers(0, 5), st.floats(1.0, 6.0))
def test_energy_is_neither_made_nor_lost_and_memory_never_negative(
    day: tuple[list[dict], list[dict], list[tuple[float, float]]], seed: int, slowdown: float
) -> None:
    looks, contacts, spans = day
    craft = satellite()
    faults = Faults(slew_slowdown={"S-1": slowdown}, late_contact_s={c["id"]: 20.0 for c in contacts[:1]})
    log = fly(looks, contacts, faults, craft=craft, eclipses=dark(*spans), seed=seed)
    stored, added_up = energies(craft.power, log)
    assert stored == pytest.approx(added_up, abs=1e-6)
    memory = log.telemetry.memory_bit
    assert memory.min() >= 0.0 and memory.max() <= craft.memory.capacity_bit + 1.0
    size = {row["id"]: row["data_bit"] for row in looks}
    taken = sum(size[str(a)] for a in log.flown.acquisition[log.flown.status != "skipped"])
    assert memory[-1] == pytest.approx(taken - log.deliveries.sent_bit.sum(), abs=10.0)
    for acquisition in set(log.deliveries.acquisition.tolist()):
        assert log.deliveries.sent_bit[log.deliveries.acquisition == acquisition].sum() <= size[acquisition] * (
            1 + 1e-9
        )
    assert (np.diff(after_s(log.telemetry.time)) > 0).all()


@given(days())
def test_every_planned_activity_is_accounted_for_and_sending_stays_inside_contacts(
    day: tuple[list[dict], list[dict], list[tuple[float, float]]],
) -> None:
    looks, contacts, spans = day
    log = fly(looks, contacts, Faults(), eclipses=dark(*spans))
    assert log.flown.acquisition.tolist() == [row["id"] for row in looks]
    assert log.contacts.contact.tolist() == [row["id"] for row in contacts]
    assert set(log.flown.status.tolist()) <= {"done", "blurred", "skipped"}
    assert all(
        (because == "") == (status == "done")
        for status, because in zip(log.flown.status, log.flown.because, strict=True)
    )
    span = dict(zip(log.contacts.contact, zip(log.contacts.start, log.contacts.stop, strict=True), strict=True))
    for part in log.deliveries.rows():
        begin, end = span[part["contact"]]
        assert begin <= part["start"] <= part["stop"] <= end
        assert part["sent_bit"] <= 40e6 * (after_s(part["stop"]) - after_s(part["start"])) * (1 + 1e-6) + 1
        taken = log.flown.stop[log.flown.acquisition == part["acquisition"]][0]
        assert part["start"] >= taken


def test_without_chance_the_plan_is_flown_to_the_letter() -> None:
    log = fly([look("a-1", 600.0), look("a-2", 900.0, roll_deg=-20.0)], [contact("c-1", 1800.0, 2000.0)])
    flown = log.flown
    assert flown.status.tolist() == ["done", "done"] and flown.start.tolist() == [at(600.0).item(), at(900.0).item()]
    assert flown.roll_deg.tolist() == [10.0, -20.0] and not flown.pointing_error_deg.any() and not flown.yaw_deg.any()
    assert log.contacts.start[0] == at(1800.0) and log.contacts.status[0] == "done"
    # 1 Gbit at 40 Mbit/s takes 25 s; the second picture follows the first.
    assert after_s(log.deliveries.stop).tolist() == pytest.approx([1825.0, 1850.0])
    rows = log.telemetry
    turn_s = float(slew_s(satellite().agility, 10.0))
    times = after_s(rows.time)
    assert rows.mode[times == 600.0 - turn_s].tolist() == ["slew"] and rows.mode[times == 600.0].tolist() == ["image"]
    assert rows.roll_deg[(times >= 600.0) & (times < 800.0)] == pytest.approx(10.0)
    assert rows.roll_deg[times == 1800.0] == pytest.approx(0.0, abs=1e-9)  # straight down in contact
    assert rows.memory_bit[times == 1260.0] == pytest.approx(2e9) and rows.memory_bit[times == 1980.0] == pytest.approx(
        0.0
    )


def test_chance_errors_have_the_stated_sizes_and_belong_to_the_seed() -> None:
    looks = [look(f"a-{k}", 60.0 * (k + 1), roll_deg=0.0, bit=1.0) for k in range(300)]
    log, same, other = (fly(looks, [], Faults(), seed=seed) for seed in (1, 1, 2))
    sigma_deg = satellite().agility.pointing_sigma_deg
    for name in ("roll_deg", "pitch_deg", "yaw_deg"):
        assert getattr(log.flown, name).std() == pytest.approx(sigma_deg, rel=0.15)
        assert (getattr(log.flown, name) == getattr(same.flown, name)).all()
        assert (getattr(log.flown, name) != getattr(other.flown, name)).all()
    assert log.flown.pointing_error_deg == pytest.approx(np.hypot(log.flown.roll_deg, log.flown.pitch_deg), rel=1e-3)
    late_s = after_s(log.flown.start) - 60.0 * np.arange(1, 301)
    assert late_s.min() >= 0.0 and np.sqrt((late_s**2).mean()) == pytest.approx(0.002, rel=0.15)
    # What chance does to one picture does not depend on the others.
    alone = fly(looks[7:8], [], Faults(), seed=1)
    assert alone.flown.roll_deg[0] == log.flown.roll_deg[7]


def test_weak_wheels_blur_or_skip_pictures() -> None:
    looks = [look("a-1", 600.0, roll_deg=20.0)]
    blurred = fly(looks, [], Faults({}, frozenset(), {"S-1": 1.2}, 0.0)).flown
    assert blurred.status[0] == "blurred" and "settled" in blurred.because[0]
    assert "2.0 s" in blurred.because[0]  # 20 deg at 1.67 instead of 2 deg/s
    skipped = fly(looks, [], Faults({}, frozenset(), {"S-1": 3.0}, 0.0)).flown
    assert skipped.status[0] == "skipped" and "still turning" in skipped.because[0]


def test_a_late_contact_leaves_data_on_board_and_the_next_one_brings_it() -> None:
    looks = [look("a-1", 600.0, bit=2e9), look("a-2", 700.0, bit=2e9)]
    contacts = [contact("c-1", 1800.0, 1900.0), contact("c-2", 7000.0, 7100.0)]
    log = fly(looks, contacts, Faults({"c-1": 40.0}, frozenset(), {}, 0.0))
    assert log.contacts.status.tolist() == ["late", "done"] and "40.0 s" in log.contacts.because[0]
    parts = [(p["acquisition"], p["contact"], round(p["sent_bit"] / 1e6)) for p in log.deliveries.rows()]
    assert parts == [("a-1", "c-1", 2000), ("a-2", "c-1", 400), ("a-2", "c-2", 1600)]


def test_a_lost_contact_sends_nothing() -> None:
    log = fly([look("a-1", 600.0)], [contact("c-1", 1800.0, 1900.0)], Faults({}, frozenset({"c-1"}), {}, 0.0))
    assert log.contacts.status[0] == "lost" and log.contacts.sent_bit[0] == 0.0 and len(log.deliveries) == 0
    assert log.telemetry.memory_bit[-1] == pytest.approx(1e9)
    assert "contact" in log.telemetry.mode.tolist()  # the transmitter was on


def test_pictures_planned_for_a_contact_go_first() -> None:
    looks = [look("old", 600.0, bit=3e9, contact="c-2"), look("urgent", 700.0, bit=3e9)]
    log = fly(looks, [contact("c-1", 1800.0, 1900.0), contact("c-2", 7000.0, 7100.0)])
    assert log.deliveries.acquisition.tolist() == ["urgent", "old", "old"]


def test_a_low_battery_and_a_full_memory_skip_pictures() -> None:
    low = replace(satellite().power, initial_wh=80.5)
    flown = fly([look("a-1", 2000.0)], [], craft=satellite(power=low), eclipses=dark((0.0, 4000.0))).flown
    assert flown.status[0] == "skipped" and "battery at" in flown.because[0] and "80.0 Wh" in flown.because[0]
    flown = fly([look("a-1", 600.0, bit=20e9), look("a-2", 900.0, bit=20e9), look("a-3", 1200.0, bit=11e9)], []).flown
    assert flown.status.tolist() == ["done", "skipped", "done"] and "memory full: 12.00 Gbit free" in flown.because[1]


def test_the_battery_holds_no_more_than_it_can() -> None:
    rows = fly([], []).telemetry
    assert rows.battery_wh.max() == 160.0
    full_s = (160.0 - 120.0) / (150.0 - 55.0) * 3600.0
    assert after_s(rows.time)[rows.battery_wh == 160.0].min() == pytest.approx(full_s, abs=1e-6)


@given(st.floats(0.0, 80.0), st.floats(0.1, 5.0), st.floats(0.01, 2.0))
def test_a_turn_keeps_its_limits_and_ends_where_and_when_it_should(
    angle_deg: float, rate: float, acceleration: float
) -> None:
    agility = Agility(rate, acceleration, 3.0, 45.0, 0.0, 0.0)
    turn = turn_between(agility, 100.0, looking(-angle_deg / 2, 0.0), looking(angle_deg / 2, 0.0))
    times = np.linspace(99.0, turn.settled_s + 1.0, 4000)
    angles = turn.angle_at_deg(times)
    speed = np.gradient(angles, times)
    assert angles[0] == 0.0 and angles[-1] == pytest.approx(angle_deg, abs=1e-9)
    assert speed.min() >= -1e-9 and speed.max() <= rate * (1 + 1e-9) + 1e-9
    assert np.abs(np.gradient(speed, times)).max() <= acceleration * 1.001 + 1e-6
    roll_deg, pitch_deg = turn.pointing_deg(times)
    assert roll_deg[0] == pytest.approx(-angle_deg / 2) and roll_deg[-1] == pytest.approx(angle_deg / 2)
    assert roll_deg + angle_deg / 2 == pytest.approx(angles, abs=1e-6) and np.abs(pitch_deg).max() < 1e-9
    assert turn.settled_s - 100.0 == pytest.approx(float(slew_s(agility, angle_deg)))


def test_unknown_names_are_refused() -> None:
    looks, contacts = [look("a-1", 600.0)], [contact("c-1", 1800.0, 1900.0)]
    for faults, said in (
        (Faults(late_contact_s={"c-9": 1.0}), "no contact 'c-9'"),
        (Faults(lost_contacts=frozenset({"c-8"})), "no contact 'c-8'"),
        (Faults(slew_slowdown={"S-7": 2.0}), "no satellite 'S-7'"),
        (Faults(slew_slowdown={"S-1": 0.5}), "below 1"),
    ):
        with pytest.raises(InputError, match=said):
            fly(looks, contacts, faults)
    with pytest.raises(InputError, match="no satellite 'S-3'"):
        fly([look("a-1", 600.0, craft="S-3")], [])


def test_four_satellites_fly_side_by_side() -> None:
    crew = tuple(satellite(f"S-{k}") for k in range(1, 5))
    looks = [look(f"a-{k}", 300.0 * k, craft=f"S-{k % 4 + 1}", bit=1e8) for k in range(1, 200)]
    contacts = [contact(f"c-{k}", 5000.0 * k + 100.0, 5000.0 * k + 400.0, craft=f"S-{k % 4 + 1}") for k in range(1, 12)]
    windows = Windows.join([dark((1000.0, 3000.0), craft=f"S-{k}") for k in range(1, 5)])
    log = fly_plan(crew, plan_of(looks, contacts), windows, START, at(24 * HOUR), seed=1)
    assert log.flown.acquisition.tolist() == [row["id"] for row in looks]
    assert set(log.telemetry.satellite.tolist()) == {"S-1", "S-2", "S-3", "S-4"}
    for k in range(1, 5):
        mine = log.telemetry.take(log.telemetry.satellite == f"S-{k}")
        assert after_s(mine.time)[-1] == 24 * HOUR and len(mine) >= 24 * 60
        times = after_s(mine.time)
        assert (mine.sunlit == ~((times >= 1000.0) & (times < 3000.0))).all()
