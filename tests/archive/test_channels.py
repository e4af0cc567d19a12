"""Reception: frames found, counted and resynchronised; packets followed over frames."""

from __future__ import annotations

import binascii
from typing import Any

import numpy as np
import pytest

from swath.archive.channels import ChannelPackets, Recording, channel_packets, find_recording
from swath.fly.channel import Channel, arriving
from swath.fly.frames import FrameCounts, PacketStream, in_frames
from swath.fly.source_packets import encode_picture
from swath.frames import EarthOrientation
from swath.spacecraft.link_format import CHANNEL_FILES, FRAME_BYTES, SYNC_MARKER

UNIT = FRAME_BYTES + len(SYNC_MARKER)
LEAST = 24


@pytest.fixture(scope="module")
def packets(flight: Any, eop: EarthOrientation) -> tuple[bytes, ...]:
    """Packets of many sizes, which run over frames."""
    return encode_picture(flight.Flight(lines=160, columns=200).picture(eop), flight.SATELLITE, 3)


def sent(packets: tuple[bytes, ...], *, spacecraft_id: int = 77, first: int = 0) -> bytes:
    begun = FrameCounts(first, (first,) * 8)
    stream = PacketStream.of(list(packets))
    units, _ = in_frames(stream, spacecraft_id=spacecraft_id, channel=CHANNEL_FILES, counts=begun)
    return units.tobytes()


def heard(data: Any, spacecraft: int = 77) -> ChannelPackets:
    found = channel_packets(find_recording(data), CHANNEL_FILES, least_bytes=LEAST)
    return next(channel for channel in found if channel.spacecraft == spacecraft)


def contents(channel: ChannelPackets) -> list[bytes]:
    return [channel.stream[start : start + length].tobytes() for start, length in channel.rows.tolist()]


def test_all_packets_arrive_in_order(packets: tuple[bytes, ...]) -> None:
    found = heard(sent(packets, first=250))  # the counters wrap
    assert contents(found) == list(packets)
    assert (found.frames_missing, found.packets_bad) == (0, 0)


def test_counts_of_a_lossy_contact_add_up(packets: tuple[bytes, ...]) -> None:
    units = np.frombuffer(sent(packets), np.uint8).reshape(-1, UNIT)
    came, whole = arriving(units, Channel(0.1, damaged_share=0.5), np.random.default_rng(5))
    found = find_recording(came.reshape(-1))
    channel = heard(came.reshape(-1))
    assert whole < len(units) - 3 and found.bad == len(came) - whole > 0
    assert channel.frames_good == len(found.offsets) == whole
    # Both ends of this contact arrived (seed 5), so the counters see every loss.
    assert channel.frames_missing == len(units) - whole
    kept = contents(channel)
    assert set(kept) < set(packets) and len(set(kept)) == len(kept)


def test_loss_of_one_frame_costs_only_the_packets_in_it(packets: tuple[bytes, ...]) -> None:
    data = sent(packets)
    frame = 20
    found = heard(data[: frame * UNIT] + data[(frame + 1) * UNIT :])
    ends = np.cumsum([len(packet) for packet in packets])
    hit = (ends > frame * 1107) & (ends - [len(packet) for packet in packets] < (frame + 1) * 1107)
    assert contents(found) == [p for p, lost in zip(packets, hit, strict=True) if not lost]
    assert found.frames_missing == 1


@pytest.mark.parametrize("length", [1, 3, 4, 500, 1119, 5000])
def test_garbage_before_between_and_after_costs_nothing_but_a_break(packets: tuple[bytes, ...], length: int) -> None:
    garbage = np.random.default_rng(length).integers(0, 256, length, dtype=np.uint8).tobytes()
    data = sent(packets)
    found = heard(garbage + data[: 10 * UNIT] + garbage + data[10 * UNIT :] + garbage)
    assert contents(found) == list(packets)
    assert (found.frames_missing, found.packets_bad) == (0, 0)


def test_a_marker_inside_the_data_does_not_mislead(flight: Any, eop: EarthOrientation) -> None:
    taken = flight.Flight(lines=64, columns=64).picture(eop)
    taken.pixels[:] = np.array([0x1AC, 0xFFC, 0x1D1, 0xACF, 0xFC1, 0xD1A, 0xCFF, 0xC1D])[np.arange(64) % 8]
    data = sent(encode_picture(taken, flight.SATELLITE, 3))
    assert data.count(SYNC_MARKER) > 1000
    lost = data[:UNIT] + data[UNIT + 1 :]  # slip by a byte: now every marker in the data is looked at
    assert len(find_recording(data).offsets) == len(data) // UNIT
    assert len(find_recording(lost).offsets) == len(data) // UNIT - 1


def test_a_frame_heard_twice_counts_once(packets: tuple[bytes, ...]) -> None:
    data = sent(packets)
    found = heard(data[: 7 * UNIT] + data[6 * UNIT :])
    assert contents(found) == list(packets)
    assert found.frames_missing == 0


def test_exactly_256_lost_frames_are_seen_through_the_pointers(packets: tuple[bytes, ...]) -> None:
    """The counters cannot tell; pointers or the packet's own checksum must."""
    data = sent(packets * 13)
    found = heard(data[: 5 * UNIT] + data[261 * UNIT :])
    assert found.frames_missing == 0 and found.packets_bad <= 1
    assert set(contents(found)) <= set(packets)


def test_two_spacecraft_in_one_recording_are_kept_apart(packets: tuple[bytes, ...]) -> None:
    first, second = sent(packets), sent(packets, spacecraft_id=78, first=9)
    mixed = b"".join(first[k : k + UNIT] + second[k : k + UNIT] for k in range(0, max(len(first), len(second)), UNIT))
    for spacecraft in (77, 78):
        found = heard(mixed, spacecraft)
        assert found.frames_missing == 0 and contents(found) == list(packets)


def test_other_channels_and_versions_are_found_not_read(packets: tuple[bytes, ...]) -> None:
    data = bytearray(sent(packets))
    for unit, (byte, bits) in enumerate([(1, 0b0000_1000), (1, 0b0000_0001), (0, 0b0100_0000)]):
        at = unit * UNIT + 4
        data[at + byte] |= bits
        data[at + FRAME_BYTES - 2 : at + FRAME_BYTES] = binascii.crc_hqx(
            bytes(data[at : at + FRAME_BYTES - 2]), 0xFFFF
        ).to_bytes(2, "big")
    assert len(find_recording(bytes(data)).offsets) == len(data) // UNIT
    found = heard(bytes(data))
    assert found.frames_good == len(data) // UNIT - 3
    assert len(found.rows) < len(packets)


@pytest.mark.parametrize("data", [b"", b"\x1a", SYNC_MARKER, SYNC_MARKER * 400, bytes(5000), b"\xff" * 2300])
def test_nothing_comes_of_nothing(data: bytes) -> None:
    found: Recording = find_recording(data)
    assert len(found.offsets) == 0 and found.bad == data.count(SYNC_MARKER)
    assert channel_packets(found, CHANNEL_FILES, least_bytes=LEAST) == ()


def test_any_kind_of_bytes_will_do(packets: tuple[bytes, ...]) -> None:
    data = sent(packets)
    kinds = [bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)]
    assert {len(heard(kind).rows) for kind in kinds} == {len(packets)}
