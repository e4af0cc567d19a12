"""Both ends of the link against `spacepackets` (0.32, CCSDS 133.0-B and 132.0-B by other hands) and Python's CRC."""

from __future__ import annotations

import binascii
import json
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from spacepackets.ccsds.spacepacket import PacketId, PacketType, SequenceFlags, SpacePacketHeader, parse_space_packets
from spacepackets.ccsds.tm_frame import (
    MasterChannelId,
    TmFramePrimaryHeader,
    TmTransferFrame,
    TransferFrameDataFieldStatus,
)
from spacepackets.exceptions import InvalidCrcCcitt16Error

from swath.archive.channels import channel_packets, find_recording
from swath.archive.link_kernels import check_sum
from swath.archive.picture import picture_counts, require_header
from swath.archive.source_packets import picture_in
from swath.fly.channel import Channel, arriving
from swath.fly.frames import FrameCounts, PacketStream, idle_frames, in_frames
from swath.fly.link_kernels import crc16
from swath.fly.picture import LineStates, Picture, picture_header
from swath.fly.source_packets import encode_picture
from swath.spacecraft.link_format import (
    CHANNEL_FILES,
    CHANNEL_IDLE,
    CHUNK_BYTES,
    FRAME_BYTES,
    FRAME_DATA_BYTES,
    KIND_HEADER,
    KIND_LINES,
    KIND_PIXELS,
    LINE_RECORD,
    NO_PACKET_START,
    SECONDARY,
    SYNC_MARKER,
)
from swath.spacecraft.satellite import Satellite

SATELLITE = cast(Satellite, SimpleNamespace(radio=SimpleNamespace(spacecraft_id=0x3A5, apid=0x2F1)))
UNIT = FRAME_BYTES + len(SYNC_MARKER)


@pytest.fixture(scope="module")
def taken() -> Picture:
    rng = np.random.default_rng(0)
    line = np.arange(90)
    states = LineStates(
        line, 1_778_233_282_000_000_000 + line * 700_000, rng.normal(4e6, 1, (90, 3)), rng.normal(4e3, 1, (90, 3)),
        *rng.normal(size=(3, 90)),
    )  # fmt: skip
    header = picture_header(
        acquisition="a", request="r", satellite="s", bands=("blue", "red"), lines=90, columns=77, line_step=1,
        records=90, ifov_rad=1e-5, reflectance_per_count=3e-4, offset_count=60, gsd_m=5.0,
    )  # fmt: skip
    return Picture(rng.integers(0, 4096, (2, 90, 77), dtype=np.uint16), states, header)


def framed(packets: tuple[bytes, ...], first: int = 0) -> np.ndarray:
    stream, begun = PacketStream.of(list(packets)), FrameCounts(first, (first,) * 8)
    return in_frames(stream, spacecraft_id=0x3A5, channel=CHANNEL_FILES, counts=begun)[0]


def test_our_frames_are_read_and_their_packets_found(taken: Picture) -> None:
    packets = encode_picture(taken, SATELLITE, 12)
    data = framed(packets, 1000).tobytes()
    fields = []
    for number, at in enumerate(range(0, len(data), UNIT)):
        frame = TmTransferFrame.unpack(data[at + 4 : at + UNIT], FRAME_BYTES, has_error_control_field=True)
        header = frame.primary_header
        assert header.master_channel_id == MasterChannelId(0, 0x3A5)
        assert (header.vc_id, header.ocf_flag) == (2, False)
        assert header.master_ch_frame_count == header.vc_frame_count == (1000 + number) % 256
        status = header.frame_datafield_status
        assert (status.secondary_header_flag, status.sync_flag, status.packet_order_flag) == (False, False, False)
        assert status.segment_len_id == 3
        fields.append(frame.data_field)
    found = parse_space_packets(
        b"".join(fields), [PacketId(PacketType.TM, True, 0x2F1), PacketId(PacketType.TM, False, 2047)]
    )
    assert found.skipped_ranges == []
    assert [bytes(packet) for packet in found.tm_list[: len(packets)]] == list(packets)
    for count, packet in enumerate(packets):
        head = SpacePacketHeader.unpack(packet)
        assert (head.ccsds_version, head.packet_type, head.apid) == (0, PacketType.TM, 0x2F1)
        assert (head.sec_header_flag, head.seq_flags, head.seq_count) == (True, SequenceFlags.UNSEGMENTED, count)
        assert head.packet_len == len(packet)


def test_idle_frames_are_theirs_and_count_with_the_others(taken: Picture) -> None:
    """CCSDS 132.0-B-3, 4.1.2.7.6.4 and 4.1.4.6: a pointer of 2046, on a channel of their own, no packets."""
    units, counts = idle_frames(3, spacecraft_id=0x3A5, counts=FrameCounts(254, (7,) * 8))
    assert counts == FrameCounts(257, (7,) * 7 + (10,))
    for number, unit in enumerate(map(bytes, units)):
        assert unit.startswith(SYNC_MARKER)
        header = TmTransferFrame.unpack(unit[4:], FRAME_BYTES, has_error_control_field=True).primary_header
        assert header.master_channel_id == MasterChannelId(0, 0x3A5) and header.vc_id == CHANNEL_IDLE == 7
        assert (header.master_ch_frame_count, header.vc_frame_count) == ((254 + number) % 256, 7 + number)
        assert header.frame_datafield_status.first_header_pointer == 2046
    # Between frames of files they cost those nothing.
    packets = encode_picture(taken, SATELLITE, 12)
    frames = [*map(bytes, framed(packets))]
    mixed = find_recording(b"".join([frames[0], bytes(units[0]), *frames[1:], bytes(units[1])]))
    (found,) = channel_packets(mixed, CHANNEL_FILES, least_bytes=24)
    assert len(mixed.offsets) == len(frames) + 2
    assert (found.frames_missing, len(found.rows)) == (0, len(list(packets)))


def test_damage_is_found_by_both(taken: Picture) -> None:
    came, whole = arriving(
        framed(encode_picture(taken, SATELLITE, 1)), Channel(0.3, damaged_share=0.7), np.random.default_rng(2)
    )
    assert whole < len(came)
    good = 0
    for unit in map(bytes, came):
        try:
            TmTransferFrame.unpack(unit[4:], FRAME_BYTES, has_error_control_field=True)
            good += unit.startswith(SYNC_MARKER)
        except InvalidCrcCcitt16Error:
            continue
    assert good == len(find_recording(came.reshape(-1)).offsets) == whole


def foreign_packet(kind: int, chunk: int, body: bytes, count: int) -> bytes:
    data = SECONDARY.pack(2_157_000_000, 7, 41, kind, chunk) + body
    head = SpacePacketHeader.tm(apid=0x051, seq_count=count, data_len=len(data) + 2 - 1, sec_header_flag=True)
    packet = bytes(head.pack()) + data
    return packet + binascii.crc_hqx(packet, 0xFFFF).to_bytes(2, "big")


def foreign_frame(number: int, pointer: int, field: bytes) -> bytes:
    status = TransferFrameDataFieldStatus(False, False, False, 3, pointer)
    header = TmFramePrimaryHeader(MasterChannelId(0, 421), CHANNEL_FILES, False, number % 256, number % 256, status)
    body = bytes(header.pack()) + field
    control = binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")
    return SYNC_MARKER + TmTransferFrame(FRAME_BYTES, header, None, field, None, control).pack()


def test_what_they_make_our_receiver_reads() -> None:
    """A picture put in packets and frames by the other package, sample by sample by hand."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 4096, (1, 50, 61), dtype=np.uint16)
    bits = "".join(f"{value:012b}" for value in pixels.ravel())
    packed = int(bits, 2).to_bytes(len(bits) // 8, "big")
    chunks = [packed[at : at + CHUNK_BYTES] for at in range(0, len(packed), CHUNK_BYTES)]
    header = {
        "acquisition": "x", "request": "y", "satellite": "z", "lines": 50, "columns": 61, "bands": ["pan"],
        "line_step": 49, "line_chunks": 1, "pixel_chunks": len(chunks), "pixel_bytes": len(packed), "ifov_rad": 1e-5,
        "reflectance_per_count": 1e-4, "offset_count": 0, "gsd_m": 3.0, "simulated": False,
    }  # fmt: skip
    records = b"".join(LINE_RECORD.pack(line, 10**18 + line, 7e6, 0, 0, 0, 7e3, 0, 1, 2, 3) for line in (0, 49))
    bodies = [(KIND_PIXELS, k, chunk) for k, chunk in enumerate(chunks)]
    bodies = [*bodies[::-1], (KIND_LINES, 0, records), (KIND_HEADER, 0, json.dumps(header).encode())]
    packets = [foreign_packet(*body, count) for count, body in enumerate(bodies)]
    stream = b"".join(packets)
    spare = -len(stream) % FRAME_DATA_BYTES
    spare += FRAME_DATA_BYTES if 0 < spare < 7 else 0
    idle = SpacePacketHeader.tm(apid=2047, seq_count=0, data_len=spare - 7)
    stream += bytes(idle.pack()) + bytes(spare - 6)
    starts = np.cumsum([0, *map(len, packets)])
    frames = []
    for number, at in enumerate(range(0, len(stream), FRAME_DATA_BYTES)):
        inside = starts[(starts >= at) & (starts < at + FRAME_DATA_BYTES)] - at
        pointer = int(inside[0]) if len(inside) else NO_PACKET_START
        frames.append(foreign_frame(number + 250, pointer, stream[at : at + FRAME_DATA_BYTES]))
    (heard,) = channel_packets(find_recording(b"".join(frames)), CHANNEL_FILES, least_bytes=24)
    assert (heard.frames_good, heard.frames_missing, heard.packets_bad) == (len(frames), 0, 0)
    assert [heard.stream[at : at + size].tobytes() for at, size in heard.rows.tolist()] == packets
    received = picture_in(b"".join(packets), spacecraft=421)
    assert (received.spacecraft, received.number, received.complete) == (421, 41, True)
    assert received.time_code == 2_157_000_000 << 16 | 7
    assert np.array_equal(picture_counts(received), pixels)
    assert not require_header(received).simulated
    assert received.records.yaw_deg.tolist() == [3.0, 3.0]


def test_checksums_are_those_of_the_standard() -> None:
    """CRC-16-CCITT preset to ones of "123456789" is 0x29B1 (CCSDS 132.0-B, annex; catalogue name CRC-16/IBM-3740)."""
    assert crc16(np.frombuffer(b"123456789", np.uint8), 0, 9) == 0x29B1
    rng = np.random.default_rng(4)
    for size in [*range(40), 1115, 2071]:
        data = rng.integers(0, 256, size + 5, dtype=np.uint8)
        want = binascii.crc_hqx(data[2 : 2 + size].tobytes(), 0xFFFF)
        assert crc16(data, 2, 2 + size) == check_sum(data, 2, 2 + size) == want
        sealed = np.concatenate([data[2 : 2 + size], np.frombuffer(want.to_bytes(2, "big"), np.uint8)])
        assert check_sum(sealed, 0, size + 2) == 0
