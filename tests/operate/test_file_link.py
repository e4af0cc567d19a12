"""Files over a whole link: losses, disorder, outages, several passes. All come bit by bit, or their holes are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.cfdp import ReceivingRules
from swath.archive.channels import find_recording
from swath.archive.incoming import IncomingFiles
from swath.errors import InputError
from swath.fly.cfdp import SendingRules
from swath.fly.channel import Channel, arrivals, lost_units
from swath.fly.frames import UNIT_BYTES
from swath.fly.outbox import Outbox
from swath.operate.file_link import FileContact, LinkTerms, hold_file_contact
from swath.spacecraft.link_format import CHANNEL_FILES, CHANNEL_IDLE

SPACE, GROUND = 77, 9
DAY_S = 86400.0


def content(size: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)


def contact(space: Outbox, ground: IncomingFiles, number: int, seconds: float = 60.0, **options: Any) -> FileContact:
    start_s = number * 5700.0
    seed, recorded = options.pop("seed", number), options.pop("recorded", lambda data: None)
    terms = LinkTerms(**({"rate_bit_s": 4e6, "uplink_bit_s": 64e3} | options))
    stop_s = start_s + seconds
    return hold_file_contact(space, ground, terms, start_s=start_s, stop_s=stop_s, seed=seed, recorded=recorded)


@pytest.mark.parametrize("burst", [1.0, 12.0])
@pytest.mark.parametrize("loss", [0.0, 0.01, 0.1, 0.3])
def test_every_file_arrives_bit_by_bit(tmp_path: Path, loss: float, burst: float) -> None:
    """Several files over passes of which the first ends in mid-file; both ways are lossy, doubled and disordered."""
    files = {
        "pictures/a.bin": content(1_500_000),
        "b.bin": content(1, 1),
        "c.bin": content(0),
        "d.bin": content(30_011, 2),
    }
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    for name, data in files.items():
        space.add(name, data)
    channel = Channel(loss, burst, duplicate_share=0.01, late_share=0.02)
    for number in range(8):
        contact(space, ground, number, 2.0 if number == 0 else 40.0, channel=channel, uplink_loss=loss)
        if not space.waiting:
            break
    assert not space.waiting and all(sending.delivered for sending in space.files.values())
    assert {file.path.relative_to(tmp_path).as_posix() for file in ground.received} == set(files)
    for name, data in files.items():
        assert (tmp_path / name).read_bytes() == data.tobytes()
    assert ground.partial() == ()
    assert not list((tmp_path / ".incoming").iterdir())


@pytest.mark.parametrize(("burst", "seed"), [(1.0, 1), (1.0, 2), (5.0, 3), (20.0, 4)])
def test_at_ten_per_cent_loss_a_quarter_more_than_the_ideal_is_sent(tmp_path: Path, burst: float, seed: int) -> None:
    """The ideal repeats just what was lost: size / (1 - 0.1). Counted against what this channel really lost."""
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    data = content(6_000_000)
    space.add("a.bin", data)
    made = contact(space, ground, 0, 200.0, channel=Channel(0.1, burst), uplink_loss=0.1, seed=seed)
    assert not space.waiting
    ideal = len(data) * made.frames_sent / made.frames_arrived
    assert len(data) <= space.files[1].bytes_sent < 1.25 * ideal
    assert space.files[1].bytes_sent < 1.06 * ideal  # ours: a frame holds one unit, so a lost frame costs just itself


def test_when_the_passes_end_the_holes_are_known(tmp_path: Path) -> None:
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    data = content(3_000_000)
    space.add("a.bin", data)
    contact(space, ground, 0, 4.0, channel=Channel(0.3, 4.0))
    (part,) = ground.partial()
    assert part.transaction == (SPACE, 1) and part.size is None and part.name in ("", "a.bin")
    there = np.fromfile(ground.partial_path(part.transaction), np.uint8)
    hole = np.zeros(len(there), bool)
    for start, stop in part.holes.tolist():
        hole[start:stop] = True
    assert 0.2 < hole.mean() < 0.4
    assert np.array_equal(there[~hole], data[: len(there)][~hole]) and not there[hole].any()
    assert space.waiting == (1,)


def test_an_outage_in_mid_file_costs_no_byte_twice(tmp_path: Path) -> None:
    """No losses: the second pass, at another station, sends the rest and at most what was under way."""
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    data = content(2_000_000)
    space.add("a.bin", data)
    contact(space, ground, 0, 2.0)
    assert 0 < space.files[1].sent_to < len(data)
    contact(space, ground, 1, rate_bit_s=8e6, uplink_bit_s=16e3)
    assert not space.waiting
    assert space.files[1].bytes_repeated <= 8e6 / 8 * 0.5
    assert (tmp_path / "a.bin").read_bytes() == data.tobytes()


def test_without_a_return_link_nothing_is_lost_and_nothing_confirmed(tmp_path: Path) -> None:
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    data = content(500_000)
    space.add("a.bin", data)
    made = contact(space, ground, 0, 120.0, uplink_loss=1.0)
    assert space.waiting == (1,)
    assert (tmp_path / "a.bin").read_bytes() == data.tobytes()
    assert made.frames_sent < 500_000 / 1000 + 20  # it does not go on shouting
    contact(space, ground, 1)
    assert space.waiting == () and len(ground.received) == 1


def test_holes_beyond_one_list_take_many(tmp_path: Path) -> None:
    """Field fault: a list of missing pieces longer than one unit (yamcs #830, #891). Here it takes dozens."""
    rules = ReceivingRules(nak_bytes=128, naks_at_once=1000)
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND, rules=rules)
    data = content(2_000_000)
    space.add("a.bin", data)
    made = contact(space, ground, 0, 100.0, channel=Channel(0.3), uplink_bit_s=1e6)
    assert made.units_up > 40
    assert (tmp_path / "a.bin").read_bytes() == data.tobytes()
    # and where only a few lists go out at once, the next rounds ask for the others
    few = ReceivingRules(nak_bytes=128, naks_at_once=2, answer_s=1.0)
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path / "few", entity=GROUND, rules=few)
    space.add("a.bin", data)
    contact(space, ground, 0, 600.0, channel=Channel(0.3), uplink_bit_s=1e6)
    assert (tmp_path / "few" / "a.bin").read_bytes() == data.tobytes()


def test_units_out_of_order_are_not_asked_for_again(tmp_path: Path) -> None:
    """Field fault: disorder alone made a receiver ask (cfdp-rs #48)."""
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    space.add("a.bin", content(1_000_000))
    contact(space, ground, 0, channel=Channel(late_share=0.3, late_count=100))
    assert not space.waiting and space.files[1].bytes_repeated == 0


@given(
    sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=4),
    unit=st.integers(20, 1500),
    loss=st.floats(0.0, 0.3),
    burst=st.floats(1.0, 10.0),
    late=st.floats(0.0, 0.2),
    seconds=st.floats(3.0, 30.0),
    seed=st.integers(0, 2**31),
)
def test_any_link_at_all(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], unit: int, loss: float, burst: float, late: float,
    seconds: float, seed: int,
) -> None:  # fmt: skip
    """Units of any size over passes of any length: what is said to be whole is, and in the end all of it is."""
    folder = tmp_path_factory.mktemp("any")
    space = Outbox(SPACE, GROUND, SendingRules(segment_bytes=unit, answer_s=2.0))
    ground = IncomingFiles(folder, entity=GROUND, rules=ReceivingRules(answer_s=1.0, nak_bytes=100))
    files = [content(size, seed % 1000 + k) for k, size in enumerate(sizes)]
    for k, data in enumerate(files):
        space.add(f"f{k}", data)
    for number in range(100):
        contact(
            space, ground, number, seconds, seed=seed + number, rate_bit_s=3e5, uplink_bit_s=32e3,
            channel=Channel(loss, burst, late, late), uplink_loss=loss,
        )  # fmt: skip
        for file in ground.received:
            assert file.path.read_bytes() == files[file.transaction[1] - 1].tobytes()
        if not space.waiting:
            break
    assert not space.waiting and len(ground.received) == len(files)


def test_the_same_seed_gives_the_same_bytes_and_they_are_all_that_space_and_ground_share(tmp_path: Path) -> None:
    recordings = []
    for run in range(2):
        heard: list[bytes] = []
        space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path / str(run), entity=GROUND)
        space.add("a.bin", content(200_000))
        contact(space, ground, 0, channel=Channel(0.1), recorded=lambda data: heard.append(data.tobytes()))  # noqa: B023
        recordings.append(b"".join(heard))
    assert recordings[0] == recordings[1] and len(recordings[0]) % UNIT_BYTES == 0


def test_while_there_is_nothing_to_say_idle_frames_go_out_and_the_ground_makes_nothing_of_them(tmp_path: Path) -> None:
    heard: list[bytes] = []
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    space.add("a.bin", content(50_000))
    made = contact(space, ground, 0, recorded=lambda data: heard.append(data.tobytes()))
    channels = find_recording(b"".join(heard)).channel
    assert (channels == CHANNEL_IDLE).sum() == made.idle_frames >= 3 and (channels == CHANNEL_FILES).sum() > 40
    assert made.frames_sent == made.frames_arrived == (channels == CHANNEL_FILES).sum()
    assert [file.path.read_bytes() for file in ground.received] == [content(50_000).tobytes()]
    silent = contact(space, ground, 1, rate_bit_s=lambda now_s: 0.0)
    assert silent.idle_frames == 0  # without a rate nothing goes out at all


def test_a_link_follows_the_rate_it_is_given(tmp_path: Path) -> None:
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    space.add("a.bin", content(3_000_000))
    made = contact(space, ground, 0, 10.0, rate_bit_s=lambda now_s: 2e6 if now_s < 5.0 else 1e6)
    assert made.frames_sent * UNIT_BYTES * 8 == pytest.approx(15e6, rel=0.01)


@given(loss=st.floats(0.0, 0.6), burst=st.floats(1.0, 30.0), seed=st.integers(0, 1000))
def test_the_channel_loses_what_it_says_in_runs_as_long_as_it_says(loss: float, burst: float, seed: int) -> None:
    lost = lost_units(200_000, Channel(loss, burst), np.random.default_rng(seed))
    assert len(lost) == 200_000
    run = max(burst, 1 / (1 - loss))
    spread = np.sqrt(loss * run * 2 / 200_000)
    assert lost.mean() == pytest.approx(loss, abs=6 * spread + 1e-3)
    ends = np.count_nonzero(lost[:-1] & ~lost[1:]) + lost[-1]
    if ends > 300:
        assert lost.sum() / ends == pytest.approx(run, rel=6 / np.sqrt(ends))


def test_what_arrives_twice_or_late_is_still_what_was_sent() -> None:
    rng = np.random.default_rng(3)
    there = arrivals(10_000, Channel(0.1, 3.0, 0.05, 0.1, 15), rng)
    numbers, times = np.unique(there, return_counts=True)
    assert 8700 < len(numbers) < 9300 and set(times.tolist()) == {1, 2}
    assert 0.03 < (times == 2).mean() < 0.07
    back = np.maximum.accumulate(there) - there
    assert 0.03 < (back > 0).mean() < 0.2 and back.max() <= 16
    assert np.array_equal(arrivals(50, Channel(), rng), np.arange(50))


@pytest.mark.parametrize("bad", [{"loss": 1.1}, {"loss": float("nan")}, {"burst_count": 0.5}, {"late_count": 0}])
def test_a_channel_that_cannot_be_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="channel"):
        Channel(**bad)


def test_what_cannot_be_sent_is_refused(tmp_path: Path) -> None:
    space, ground = Outbox(SPACE, GROUND), IncomingFiles(tmp_path, entity=GROUND)
    for name in ("", "ä", "x" * 256):
        with pytest.raises(InputError, match="called"):
            space.add(name, content(3))
    with pytest.raises(InputError, match="contact from"):
        hold_file_contact(space, ground, LinkTerms(1e6, 1e3), start_s=5.0, stop_s=1.0, seed=0)
