"""Commands over a lossy uplink: what is acknowledged is on board, the rest is sent again, nothing is executed twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.archive.commanding import CommandList, Uplink, commands_of, frames_up, hear_control_word, queue_commands
from swath.fly.commands import OnBoard, due, hear_frame
from swath.model import Acquisitions, Contacts, Plan
from swath.operate.uplink import hold_command_contact
from swath.spacecraft.command_format import Clcw, Command, CommandFrame, pack_clcw, pack_command, pack_frame, read_frame

DAY = np.datetime64("2026-05-08T00:00", "ns")
MINUTE = np.timedelta64(60, "s")
BEFORE = DAY - 7 * 1440 * MINUTE


def a_plan(pictures: int = 40, contacts: int = 5) -> Plan:
    rng = np.random.default_rng(1)
    start = DAY + np.sort(rng.integers(0, 86400 * 10**9, pictures)).astype("timedelta64[ns]")
    zeros = np.zeros(pictures)
    looks = Acquisitions(
        id=[f"a{k}" for k in range(pictures)], request=[f"r{k}" for k in range(pictures)],
        satellite=["SW-1" if k % 2 else "SW-2" for k in range(pictures)],
        start=start, middle=start + 5 * MINUTE / 60, stop=start + MINUTE / 6,
        roll_deg=rng.uniform(-40, 40, pictures), pitch_deg=rng.uniform(-20, 20, pictures), off_nadir_deg=zeros,
        sun_elevation_deg=zeros, gsd_m=zeros, p_clear=zeros, value=zeros, data_bit=zeros,
        contact=["c0"] * pictures, on_ground=start,
    )  # fmt: skip
    begin = DAY + np.arange(contacts) * 60 * MINUTE
    passes = Contacts(
        id=[f"c{k}" for k in range(contacts)], satellite=["SW-1"] * contacts, station=["kiruna"] * contacts,
        start=begin, stop=begin + 8 * MINUTE, rate_bit_s=np.full(contacts, 10e6), volume_bit=np.zeros(contacts),
    )  # fmt: skip
    return Plan(looks, passes, (), 0.0, 0.0, "", "", 0, DAY)


def contact(
    ground: Uplink, space: OnBoard, number: int, seconds: float = 60.0, **options: Any
) -> tuple[Uplink, OnBoard]:
    start_s = number * 5700.0
    base: dict[str, Any] = {"uplink_bit_s": 4000.0, "seed": number, "epoch": BEFORE}
    return hold_command_contact(ground, space, start_s=start_s, stop_s=start_s + seconds, **(base | options))


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.4])
def test_the_plan_goes_up_and_is_flown_as_it_was_sent(loss: float) -> None:
    plan = a_plan()
    told, commands = commands_of(plan, "SW-1", CommandList())
    ground, space = queue_commands(Uplink(77), commands), OnBoard(77, expected=200)
    for number in range(40):
        ground, space = contact(ground, space, number, 20.0, uplink_loss=loss, downlink_loss=loss)
        if not ground.waiting:
            break
    assert not ground.waiting and ground.acknowledged == commands and commands[0] == Command("reset")
    assert [one.number for one in space.schedule] == list(range(1, 26))  # in the order of time
    assert [report.subtype for report in space.reports] == [1] * 26
    for one in space.schedule:
        table: Any = plan.acquisitions if one.kind == "image" else plan.contacts
        row = table.id.tolist().index(told.activities[one.number].id)
        assert abs((one.at - table.start[row]).astype(int)) <= 10**9 / 65536
        if one.kind == "image":
            assert one.roll_deg == pytest.approx(table.roll_deg[row], abs=1e-6)
            assert one.duration_s == pytest.approx(10.0)
        else:
            assert one.rate_bit_s == 10e6
    space, begun = due(space, DAY + 86400 * MINUTE)
    assert len(begun) == 25 and space.schedule == ()


@settings(max_examples=12)
@given(
    loss=st.floats(0.0, 0.6), back=st.floats(0.0, 0.6), seconds=st.floats(1.0, 30.0), seed=st.integers(0, 2**31),
    expected=st.integers(0, 255),
)  # fmt: skip
def test_what_is_acknowledged_is_on_board_in_order_and_once(
    loss: float, back: float, seconds: float, seed: int, expected: int
) -> None:
    commands = tuple(Command("image", k, DAY + k * MINUTE, 1.0) for k in range(300))  # numbers go round
    ground, space = queue_commands(Uplink(77), commands), OnBoard(77, expected=expected)
    for number in range(6):
        ground, space = contact(
            ground, space, number, seconds, seed=seed + number, uplink_loss=loss, downlink_loss=back
        )
        on_board = [one.number for one in space.schedule]
        assert on_board == list(range(len(on_board)))
        acknowledged = [one.number for one in ground.acknowledged]
        assert acknowledged == list(range(len(acknowledged))) and len(acknowledged) <= len(on_board)
        assert [one.number for one in ground.waiting] == list(range(len(acknowledged), 300))


def test_a_new_plan_changes_what_has_not_begun_and_nothing_else() -> None:
    plan = a_plan()
    told, commands = commands_of(plan, "SW-1", CommandList())
    ground, space = contact(queue_commands(Uplink(77), commands), OnBoard(77), 0)
    newer = replace(plan, acquisitions=plan.acquisitions.take(plan.acquisitions.id != "a7"))
    moved = newer.acquisitions.start.copy()
    moved[newer.acquisitions.id == "a9"] += MINUTE / 20
    newer = replace(newer, acquisitions=replace(newer.acquisitions, start=moved))
    later, changes = commands_of(newer, "SW-1", told)
    by_id = {one.id: number for number, one in told.activities.items()}
    assert [(one.kind, one.number) for one in changes] == [
        *(("cancel", number) for number in sorted((by_id["a7"], by_id["a9"]))), ("image", 26)
    ]  # fmt: skip
    assert commands_of(newer, "SW-1", later)[1] == ()
    ground, space = contact(queue_commands(ground, changes), space, 1)
    assert {one.number for one in space.schedule} == later.wanted
    twice = pack_frame(CommandFrame(77, space.expected, False, False, pack_command(changes[0])))
    again = hear_frame(space, twice, BEFORE)
    assert again.schedule == space.schedule
    assert (again.reports[-1].subtype, again.reports[-1].code) == (2, 3)  # it is not there any more


def test_a_command_that_comes_after_its_time_is_refused() -> None:
    space = OnBoard(77)
    for number, at in ((1, DAY - MINUTE), (2, DAY + MINUTE)):
        frame = CommandFrame(77, number - 1, False, False, pack_command(Command("image", number, at, 1.0)))
        space = hear_frame(space, pack_frame(frame), DAY)
    assert [one.number for one in space.schedule] == [2]
    assert [(one.subtype, one.number, one.code) for one in space.reports] == [(2, 1, 1), (1, 2, 0)]


def test_a_gap_is_asked_for_and_old_frames_change_nothing() -> None:
    frames = [
        pack_frame(CommandFrame(77, k, False, False, pack_command(Command("image", k, DAY + k * MINUTE))))
        for k in range(4)
    ]
    space = OnBoard(77)
    for k in (0, 2, 3):
        space = hear_frame(space, frames[k], BEFORE)
    assert space.control_word == pack_clcw(Clcw(1, retransmit=True)) and len(space.schedule) == 1
    for k in (0, 1, 2, 3, 1):
        space = hear_frame(space, frames[k], BEFORE)
    assert space.control_word == pack_clcw(Clcw(4)) and [one.number for one in space.schedule] == [0, 1, 2, 3]


def test_frames_for_others_damaged_ones_and_directives() -> None:
    good = pack_frame(CommandFrame(77, 0, False, False, pack_command(Command("reset"))))
    space = OnBoard(77)
    for bad in (good[:-1], good + b"\0", bytes([good[0] ^ 1]) + good[1:], b"", pack_frame(replace_id(good, 78))):
        space = hear_frame(space, bad, DAY)
    assert space.refused == 5 and space.expected == 0
    space = hear_frame(space, pack_frame(CommandFrame(77, 0, True, True, b"\x82\x00\x63")), DAY)
    assert space.expected == 0x63
    after = hear_frame(space, pack_frame(CommandFrame(77, 9, True, False, pack_command(Command("reset")))), DAY)
    assert after == replace(space, reports=after.reports)


def replace_id(frame: bytes, spacecraft: int) -> CommandFrame:
    read = read_frame(frame)
    assert read is not None
    return replace(read, spacecraft=spacecraft)


@given(words=st.lists(st.binary(max_size=5) | st.integers(0, 255).map(lambda n: pack_clcw(Clcw(n))), max_size=20))
def test_no_word_acknowledges_what_was_never_sent(words: list[bytes]) -> None:
    ground = queue_commands(Uplink(77), tuple(Command("image", k, DAY) for k in range(100)))
    sent = 0
    for turn, word in enumerate(words):
        ground, frames = frames_up(ground, float(turn), 200)
        sent += sum(read is not None and not read.control for read in map(read_frame, frames))
        ground = hear_control_word(ground, word)
        assert len(ground.acknowledged) <= sent
        assert [one.number for one in (*ground.acknowledged, *ground.waiting)] == list(range(100))
