"""Reception: frames found, counted and resynchronised; packets followed over frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from swath.archive.receive import Reception, keep_packets, receive
from swath.fly.downlink import Transmission, encode_picture, packet_name, transmit
from swath.frames import EarthOrientation
from swath.spacecraft.link_format import FRAME_BYTES, KIND_PIXELS, SYNC_MARKER

UNIT = FRAME_BYTES + len(SYNC_MARKER)


@pytest.fixture(scope="module")
def packets(flight: Any, eop: EarthOrientation) -> tuple[bytes, ...]:
    return encode_picture(flight.Flight(lines=120, columns=200).picture(eop), flight.SATELLITE, 3)


def sent(flight: Any, packets: tuple[bytes, ...], **options: Any) -> Transmission:
    return transmit(packets, flight.SATELLITE, **{"first_frame": 0, "loss": 0.0, "seed": 1} | options)


def names(reception: Reception) -> list[tuple[int, int, int]]:
    table = reception.packets
    return list(zip(table.picture.tolist(), table.kind.tolist(), table.chunk.tolist(), strict=True))


def test_all_packets_arrive_in_order_with_their_chunks(flight: Any, packets: tuple[bytes, ...]) -> None:
    heard = receive(sent(flight, packets, first_frame=250).data)  # the counters wrap
    assert names(heard) == [packet_name(packet) for packet in packets]
    assert [heard.payload(k).tobytes() for k in range(len(packets))] == [packet[21:-2] for packet in packets]
    assert (heard.frames_bad, heard.frames_missing, heard.frames_other, heard.packets_bad) == (0, 0, 0, 0)
    assert set(heard.packets.spacecraft.tolist()) == {77}


def test_counts_of_a_lossy_contact_add_up(flight: Any, packets: tuple[bytes, ...]) -> None:
    contact = sent(flight, packets, loss=0.1, seed=5)
    heard = receive(contact.data)
    assert contact.frames_lost > 3 and heard.frames_bad > 0
    assert heard.frames_good == contact.frames_sent - contact.frames_lost
    # Both ends of this contact arrived (seed 5), so the counters see every loss.
    assert heard.frames_missing == contact.frames_lost
    kept = set(names(heard))
    assert kept < {packet_name(packet) for packet in packets}
    assert len(kept) == len(heard.packets)


def test_loss_of_one_frame_costs_only_the_packets_in_it(flight: Any, packets: tuple[bytes, ...]) -> None:
    data = sent(flight, packets).data
    frame = 20
    heard = receive(data[: frame * UNIT] + data[(frame + 1) * UNIT :])
    ends = np.cumsum([len(packet) for packet in packets])
    hit = (ends > frame * 1107) & (ends - [len(packet) for packet in packets] < (frame + 1) * 1107)
    assert names(heard) == [packet_name(p) for p, lost in zip(packets, hit, strict=True) if not lost]
    assert heard.frames_missing == 1


@pytest.mark.parametrize("length", [1, 3, 4, 500, 1119, 5000])
def test_garbage_before_between_and_after_costs_nothing_but_a_break(
    flight: Any, packets: tuple[bytes, ...], length: int
) -> None:
    garbage = np.random.default_rng(length).integers(0, 256, length, dtype=np.uint8).tobytes()
    data = sent(flight, packets).data
    heard = receive(garbage + data[: 10 * UNIT] + garbage + data[10 * UNIT :] + garbage)
    assert names(heard) == [packet_name(packet) for packet in packets]
    assert (heard.frames_missing, heard.packets_bad) == (0, 0)


def test_a_marker_inside_the_data_does_not_mislead(flight: Any, eop: EarthOrientation) -> None:
    taken = flight.Flight(lines=64, columns=64).picture(eop)
    taken.pixels[:] = np.array([0x1AC, 0xFFC, 0x1D1, 0xACF, 0xFC1, 0xD1A, 0xCFF, 0xC1D])[np.arange(64) % 8]
    packets = encode_picture(taken, flight.SATELLITE, 3)
    data = sent(flight, packets).data
    assert data.count(SYNC_MARKER) > 1000
    lost = data[:UNIT] + data[UNIT + 1 :]  # slip by a byte: now every marker in the data is looked at
    assert receive(data).frames_good == len(data) // UNIT
    assert receive(lost).frames_good == len(data) // UNIT - 1


def test_a_frame_heard_twice_counts_once(flight: Any, packets: tuple[bytes, ...]) -> None:
    data = sent(flight, packets).data
    heard = receive(data[: 7 * UNIT] + data[6 * UNIT :])
    assert names(heard) == [packet_name(packet) for packet in packets]
    assert heard.frames_missing == 0


def test_exactly_256_lost_frames_are_seen_through_the_pointers(flight: Any, packets: tuple[bytes, ...]) -> None:
    """The counters cannot tell; pointers or the packet's own checksum must."""
    many = packets * 13
    data = sent(flight, many).data
    cut = data[: 5 * UNIT] + data[261 * UNIT :]
    heard = receive(cut)
    assert heard.frames_missing == 0 and heard.packets_bad <= 1
    expected = {packet_name(p)[1:] for p in packets}
    assert {(k, c) for _, k, c in names(heard)} <= expected
    by_name = {packet_name(p)[1:]: p[21:-2] for p in packets}
    assert all(heard.payload(k).tobytes() == by_name[name[1:]] for k, name in enumerate(names(heard)))


def test_two_spacecraft_in_one_recording_are_kept_apart(flight: Any, packets: tuple[bytes, ...]) -> None:
    from types import SimpleNamespace

    other = SimpleNamespace(radio=SimpleNamespace(spacecraft_id=78, apid=100))
    first, second = sent(flight, packets).data, transmit(packets, other, first_frame=9, loss=0.0, seed=0).data
    mixed = b"".join(first[k : k + UNIT] + second[k : k + UNIT] for k in range(0, max(len(first), len(second)), UNIT))
    heard = receive(mixed)
    assert heard.frames_missing == 0
    for spacecraft in (77, 78):
        rows = np.flatnonzero(heard.packets.spacecraft == spacecraft)
        assert [heard.payload(k).tobytes() for k in rows] == [packet[21:-2] for packet in packets]


def test_other_channels_and_versions_are_counted_not_read(flight: Any, packets: tuple[bytes, ...]) -> None:
    import binascii

    data = bytearray(sent(flight, packets).data)
    for unit, (byte, bits) in enumerate([(1, 0b0000_0010), (1, 0b0000_0001), (0, 0b0100_0000)]):
        at = unit * UNIT + 4
        data[at + byte] |= bits
        data[at + FRAME_BYTES - 2 : at + FRAME_BYTES] = binascii.crc_hqx(
            bytes(data[at : at + FRAME_BYTES - 2]), 0xFFFF
        ).to_bytes(2, "big")
    heard = receive(bytes(data))
    assert heard.frames_other == 3
    assert heard.frames_good == len(data) // UNIT
    assert len(heard.packets) < len(packets)


@pytest.mark.parametrize("data", [b"", b"\x1a", SYNC_MARKER, SYNC_MARKER * 400, bytes(5000), b"\xff" * 2300])
def test_nothing_comes_of_nothing(data: bytes) -> None:
    heard = receive(data)
    assert (heard.frames_good, len(heard.packets)) == (0, 0)
    assert heard.frames_bad == data.count(SYNC_MARKER)


def test_any_kind_of_bytes_will_do(flight: Any, packets: tuple[bytes, ...]) -> None:
    data = sent(flight, packets).data
    kinds = [bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)]
    assert {len(receive(kind).packets) for kind in kinds} == {len(packets)}


def test_packets_kept_for_later_hold_no_more_than_themselves(flight: Any, packets: tuple[bytes, ...]) -> None:
    both = receive(sent(flight, packets).data), receive(sent(flight, packets, loss=0.2).data)
    kept = keep_packets(both, {(77, 3)})
    assert len(kept.packets) == sum(len(one.packets) for one in both)
    assert len(kept.stream) == int(kept.packets.size.sum())
    row = int(np.flatnonzero(kept.packets.kind == KIND_PIXELS)[-1])
    by_name = {packet_name(p): p[21:-2] for p in packets}
    assert kept.payload(row).tobytes() == by_name[names(kept)[row]]
    assert kept.frames_good == sum(one.frames_good for one in both)
    assert len(keep_packets(both, set()).stream) == 0
