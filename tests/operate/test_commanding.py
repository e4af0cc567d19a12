"""A day of commands: what gets up in time is flown, what does not is not, and says why."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from swath.errors import InputError
from swath.fly.faults import Faults
from swath.model import Acquisitions, Contacts, Plan, Windows
from swath.operate.commanding import CommandDay, command_day
from swath.plan.form import plan_to_json
from swath.store.mission import Operations

DAY = np.datetime64("2026-05-08T00:00", "ns")
MINUTE = np.timedelta64(60 * 10**9, "ns")
CRAFT: Any = SimpleNamespace(id="SW-1", radio=SimpleNamespace(spacecraft_id=11))
OPERATIONS = Operations(60.0, 1200.0, 0.004, "price-and-search", uplink_bit_s=8e3)


def a_plan(minutes: list[int], *, made: int = 0) -> Plan:
    """A picture of ten seconds at each minute, a contact at minute 90 and at minute 700."""
    count, start = len(minutes), DAY + np.array(minutes) * MINUTE
    zeros = np.zeros(count)
    looks = Acquisitions(
        id=[f"a{k}" for k in minutes], request=[f"r{k}" for k in minutes], satellite=["SW-1"] * count, start=start,
        middle=start + 5 * MINUTE / 60, stop=start + MINUTE / 6, roll_deg=zeros, pitch_deg=zeros, off_nadir_deg=zeros,
        sun_elevation_deg=zeros, gsd_m=zeros, p_clear=zeros, value=zeros, data_bit=zeros, contact=["c0"] * count,
        on_ground=start,
    )  # fmt: skip
    begin = DAY + np.array([90, 700]) * MINUTE
    contacts = Contacts(
        ["c0", "c1"], ["SW-1"] * 2, ["kiruna"] * 2, begin, begin + 5 * MINUTE, np.full(2, 10e6), np.zeros(2)
    )
    return Plan(looks, contacts, (), 0.0, 0.0, "", "", 0, DAY + made * MINUTE)


def passes(*minutes: int, lasts: int = 10) -> Windows:
    start = DAY + np.array(minutes, np.int64) * MINUTE
    count = len(minutes)
    return Windows(["SW-1"] * count, ["kiruna"] * count, start, start + lasts * MINUTE)


def a_day(plans: list[Plan], over: Windows, **options: Any) -> CommandDay:
    span = {"start": DAY, "stop": DAY + 1440 * MINUTE, "seed": 3}
    return command_day([CRAFT], plans, over, OPERATIONS, **(span | options))


def test_a_day_without_trouble_is_flown_as_planned() -> None:
    plan = a_plan([5, 30, 60, 120, 800])
    made = a_day([plan], passes(-300, -80, 88))
    assert plan_to_json(made.plan) == plan_to_json(plan) and made.missing() == {}
    assert made.activities.acknowledged.all() and made.activities.scheduled.all()
    assert made.contacts.commands.tolist() == [8] == made.contacts.acknowledged.tolist()  # with the reset
    assert made.contacts.start[0] == DAY - 300 * MINUTE
    assert set(made.numbers("SW-1")) == {("image", id) for id in plan.acquisitions.id} | {
        ("contact", "c0"), ("contact", "c1")
    }  # fmt: skip


def test_a_new_plan_goes_up_in_the_next_pass_and_the_old_one_is_flown_until_then() -> None:
    first, second = a_plan([5, 30, 120, 800]), a_plan([5, 30, 150, 800], made=40)
    made = a_day([first, second], passes(-80, 88, 200))
    assert made.plan.acquisitions.to_json() == second.acquisitions.to_json()
    assert made.contacts.commands.tolist() == [7, 2]  # one out, one in
    gone = made.activities.take(made.activities.activity == "a120")
    assert not gone.wanted[0] and not gone.scheduled[0] and gone.because[0] == "taken out of the plan"


def test_without_a_pass_in_time_the_old_plan_is_flown() -> None:
    first, second = a_plan([5, 30, 120, 800]), a_plan([5, 30, 150, 800], made=40)
    made = a_day([first, second], passes(-80, 200))
    assert made.plan.acquisitions.id.tolist() == ["a5", "a30", "a800", "a120"]
    assert made.missing() == {"a150": f"its command was refused at {_at(made, 'a150')}: too late"}


def _at(made: CommandDay, id: str) -> str:
    row = made.activities.take(made.activities.activity == id)
    (report,) = [one for one in made.reports["SW-1"] if one.number == row.number[0] and one.subtype == 2]
    from swath.time import format_utc

    return format_utc(report.at)


def test_a_pass_in_which_nothing_comes_through_brings_nothing_up() -> None:
    first, second = a_plan([5, 800]), a_plan([5, 600, 800], made=40)
    made = a_day([first, second], passes(-80, 88), faults=Faults(lost_contacts=frozenset({"c0"})))
    assert made.missing() == {"a600": "its command did not get up in time"}
    assert not made.activities.acknowledged[made.activities.activity == "a600"].any()
    assert a_day([first, second], passes(-80, 88, 300), faults=Faults(lost_contacts=frozenset({"c0"}))).missing() == {}


def test_a_pass_may_be_lost_for_commands_by_its_name() -> None:
    first, second = a_plan([5, 800]), a_plan([5, 600, 800], made=40)
    lost = Faults(lost_uplinks=frozenset({"SW-1-kiruna-20260508T01"}))
    assert a_day([first, second], passes(-80, 88), faults=lost).missing() == {
        "a600": "its command did not get up in time"
    }
    # The pass is told all the same: what waited for it, and that nothing got through.
    (missed,) = (
        row for row in a_day([first, second], passes(-80, 88), faults=lost).contacts.rows() if not row["frames"]
    )
    assert missed["commands"] > 0 == missed["acknowledged"] and str(missed["start"])[11:13] == "01"
    with pytest.raises(InputError, match="SW-1-kiruna-2027"):
        a_day([first, second], passes(-80, 88), faults=Faults(lost_uplinks=frozenset({"SW-1-kiruna-2027"})))


def test_with_no_pass_at_all_nothing_is_flown() -> None:
    plan = a_plan([5, 800])
    made = a_day([plan], Windows.empty())
    assert len(made.plan.acquisitions) == len(made.plan.contacts) == 0 and len(made.contacts) == 0
    assert set(made.missing()) == {"a5", "a800"}


@pytest.mark.parametrize("loss", [0.1, 0.5])
def test_a_lossy_uplink_takes_more_frames_and_brings_the_same_up(loss: float) -> None:
    plan = a_plan(list(range(5, 1400, 9)))
    operations = replace(OPERATIONS, uplink_loss=loss, frame_loss=0.05)
    clean, lossy = (
        command_day([CRAFT], [plan], passes(-80), one, start=DAY, stop=DAY + 1440 * MINUTE, seed=3)
        for one in (OPERATIONS, operations)
    )
    assert plan_to_json(lossy.plan) == plan_to_json(clean.plan) == plan_to_json(plan)
    assert lossy.contacts.frames[0] > (1.0 + loss) * clean.contacts.frames[0]
    again = command_day([CRAFT], [plan], passes(-80), operations, start=DAY, stop=DAY + 1440 * MINUTE, seed=3)
    assert again.contacts.to_json() == lossy.contacts.to_json() and again.reports == lossy.reports


def test_a_short_pass_brings_a_part_up_and_the_next_one_the_rest() -> None:
    plan = a_plan(list(range(5, 1400, 9)))
    operations = replace(OPERATIONS, uplink_bit_s=1000.0)
    short = Windows(["SW-1"], ["kiruna"], [DAY - 80 * MINUTE], [DAY - 80 * MINUTE + MINUTE / 6])
    span: Any = {"start": DAY, "stop": DAY + 1440 * MINUTE, "seed": 3}
    made = command_day([CRAFT], [plan], short, operations, **span)
    assert 3 < len(made.plan.acquisitions) < 100
    more = command_day([CRAFT], [plan], Windows.join([short, passes(300)]), operations, **span)
    lost = {int(id[1:]) for id in more.missing()}
    assert lost and max(lost) < 302  # what was due before the next pass
    assert len(more.plan.acquisitions) == len(plan.acquisitions) - len(lost)
