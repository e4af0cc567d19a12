"""The camera's duty and warm-up in flight, and the warmth of battery and transmitter: each added up anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.fly.spacecraft import Faults, fly_plan
from swath.model import Windows
from swath.spacecraft.power import Duty, Thermal
from tests.fly.craft import satellite
from tests.fly.test_spacecraft import START, SURE, after_s, at, contact, fly, look, plan_of

HOUR = 3600.0


def long_look(id: str, start_s: float, lasts_s: float) -> dict:
    return {**look(id, start_s, bit=1e6, roll_deg=0.0), "stop": at(start_s + lasts_s)}


def test_a_camera_works_no_longer_than_it_may_in_any_window() -> None:
    craft = replace(satellite(), duty=Duty(image_s=100.0, window_s=1000.0))
    looks = [long_look("a-1", 600.0, 60.0), long_look("a-2", 800.0, 39.5), long_look("a-3", 1000.0, 1.0)]
    looks += [long_look("a-4", 1600.0, 60.0), long_look("a-5", 1670.0, 1.0), long_look("a-6", 1850.0, 1.0)]
    log = fly(looks, [], craft=craft)
    # a-3 would make 100.5 s from 600 to 1001 s, a-5 from 671 to 1671 s; by 1660 s all of a-1 has left the window.
    assert log.flown.status.tolist() == ["done", "done", "skipped", "done", "skipped", "done"]
    assert log.flown.because[2] == "the camera would have worked 100.5 s in 1000 s, at most 100 s"


@given(
    gaps=st.lists(st.floats(20.0, 2000.0), min_size=1, max_size=8),
    warm_up_s=st.floats(0.0, 900.0),
)  # fmt: skip
def test_the_camera_draws_its_warm_up_ahead_of_each_picture(gaps: list[float], warm_up_s: float) -> None:
    """Between pictures closer than the warm-up it stays on; imaging itself draws no warm-up."""
    craft, starts = satellite(), np.cumsum(gaps).tolist()
    craft = replace(craft, power=replace(craft.power, charge_w=0.0, battery_wh=1e4, initial_wh=1e4, min_wh=0.0))
    warm = replace(craft, duty=Duty(warm_up_s=warm_up_s, warm_up_w=30.0))
    looks = [long_look(f"a-{k}", start, 4.0) for k, start in enumerate(starts)]
    cold_wh, warm_wh = (fly(looks, [], craft=one).telemetry.battery_wh[-1] for one in (craft, warm))
    on_s, before_s = 0.0, 0.0
    for start in starts:
        on_s += start - max(start - warm_up_s, before_s)
        before_s = start + 4.0
    assert cold_wh - warm_wh == pytest.approx(30.0 * on_s / 3600.0, abs=1e-6)


def test_after_a_safe_mode_the_camera_must_warm_up_again() -> None:
    craft = replace(satellite(), duty=Duty(warm_up_s=120.0, warm_up_w=20.0))
    looks = [long_look("a-1", 600.0, 2.0), long_look("a-2", 1050.0, 2.0), long_look("a-3", 1200.0, 2.0)]
    safe = Faults(safe_modes={"S-1": ((at(800.0), 200.0),)}, scatter_share=0.0)
    log = fly(looks, [], safe, craft=craft)
    assert log.flown.status.tolist() == ["done", "skipped", "done"]
    assert log.flown.because[1] == "the camera was cold: on for 50 s, it needs 120 s"
    assert fly(looks, [], safe).flown.status.tolist() == ["done", "done", "done"]  # a camera that needs none


def test_battery_and_transmitter_are_warmed_by_what_they_do() -> None:
    """One mass each: worked out anew from the modes and from what the battery took or gave."""
    craft = replace(
        satellite(), battery_thermal=Thermal(290.0, 12.0, 2000.0), radio_thermal=Thermal(295.0, 30.0, 500.0)
    )
    power = craft.power
    contacts = [contact("c-1", 3000.0, 3600.0), contact("c-2", 9000.0, 9400.0)]
    spans = Windows.from_rows(
        [{"satellite": "S-1", "subject": "eclipse", "start": at(a), "stop": at(a + 2000.0)} for a in (1000.0, 6700.0)]
    )
    looks = [look("a-1", 2000.0), look("a-2", 5000.0)]
    log = fly_plan((craft,), plan_of(looks, contacts), spans, START, at(4 * HOUR), seed=1, faults=SURE)
    rows, times = log.telemetry, after_s(log.telemetry.time)
    load_w = {"idle": 0.0, "slew": power.slew_w, "image": power.image_w, "contact": power.contact_w}
    radio_k, battery_k = [295.0], [290.0]
    for k in range(len(rows) - 1):
        lasts_s = times[k + 1] - times[k]
        net_w = power.charge_w * rows.sunlit[k] - power.idle_w - load_w[str(rows.mode[k])]
        full = net_w > 0.0 and rows.battery_wh[k] >= power.battery_wh - 1e-9
        for told, share, rise_k, rest_k, settles_s in (
            (radio_k, float(rows.mode[k] == "contact"), 30.0, 295.0, 500.0),
            (battery_k, 0.0 if full else abs(net_w) / power.charge_w, 12.0, 290.0, 2000.0),
        ):
            aim_k = rest_k + rise_k * share
            told.append(aim_k + (told[-1] - aim_k) * np.exp(-lasts_s / settles_s))
    assert rows.radio_k == pytest.approx(np.array(radio_k), abs=1e-6) and rows.radio_k.max() > 310.0
    assert rows.battery_k == pytest.approx(np.array(battery_k), abs=0.01) and np.ptp(rows.battery_k) > 2.0


def test_the_example_with_a_duty_is_flown_as_planned(repo: Path) -> None:
    from swath.store.mission import read_mission

    craft = read_mission(repo / "examples" / "orders" / "mission.toml").satellites[0]
    assert craft.duty.warm_up_s == 30.0 and craft.duty.image_s == 240.0 and craft.radio_thermal.rise_k == 25.0
