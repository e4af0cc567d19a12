"""Our frames of the file channel, read by `spacepackets` (0.32) all the way down to the pieces of the file."""

from __future__ import annotations

import binascii

import numpy as np
import pytest
from spacepackets.ccsds.spacepacket import PacketId, PacketType, SpacePacketHeader, parse_space_packets
from spacepackets.ccsds.tm_frame import MasterChannelId, TmTransferFrame
from spacepackets.cfdp.pdu import EofPdu, FileDataPdu, MetadataPdu, PduFactory

from swath.archive.channels import channel_packets, find_recording
from swath.fly.file_packets import file_packet
from swath.fly.frames import FrameCounts, PacketStream, in_frames
from swath.fly.outbox import Outbox
from swath.spacecraft.link_format import CHANNEL_FILES, FILES_APID, FRAME_BYTES, SYNC_MARKER


def test_a_file_is_read_from_our_frames_by_the_other_package() -> None:
    content = np.random.default_rng(0).integers(0, 256, 50_001, dtype=np.uint8)
    space = Outbox(0x2A5, 9)
    space.add("pictures/a.bin", content)
    space.acquire_signal(0.0)
    units = space.frames(0.0, 1000)
    stream = b""
    for number, unit in enumerate(units):
        frame = TmTransferFrame.unpack(unit[4:].tobytes(), FRAME_BYTES, has_error_control_field=True)
        head = frame.primary_header
        assert unit[:4].tobytes() == SYNC_MARKER
        assert (head.master_channel_id, head.vc_id, head.ocf_flag) == (MasterChannelId(0, 0x2A5), CHANNEL_FILES, False)
        assert head.master_ch_frame_count == head.vc_frame_count == number % 256
        stream += frame.data_field
    known = [PacketId(PacketType.TM, False, FILES_APID), PacketId(PacketType.TM, False, 2047)]
    found = parse_space_packets(stream, known)
    assert found.skipped_ranges == []
    got, counts, name = bytearray(len(content)), [], ""
    for packet in map(bytes, found.tm_list):
        header = SpacePacketHeader.unpack(packet)
        if header.apid == 2047:
            continue
        counts.append(header.seq_count)
        assert binascii.crc_hqx(packet, 0xFFFF) == 0
        unit = PduFactory.from_raw(packet[6:-2])
        if isinstance(unit, FileDataPdu):
            got[unit.offset : unit.offset + len(unit.file_data)] = unit.file_data
        elif isinstance(unit, MetadataPdu):
            name = str(unit.dest_file_name)
        else:
            assert isinstance(unit, EofPdu) and unit.file_size == len(content)
    assert (bytes(got), name, counts) == (content.tobytes(), "pictures/a.bin", list(range(len(counts))))


@pytest.mark.parametrize("sizes", [[10], [1103, 1103, 5], [40] * 300])
def test_frames_with_a_control_field_are_theirs_and_ours(sizes: list[int]) -> None:
    packets = [file_packet(bytes([k % 251]) * size, k) for k, size in enumerate(sizes)]
    control = bytes.fromhex("01020304")
    begun = FrameCounts(master=300, channels=(7,) * 8)
    units, counts = in_frames(PacketStream.of(packets), spacecraft_id=5, channel=1, counts=begun, control=control)
    assert (counts.master - 300, counts.channels[1] - 7, counts.channels[0]) == (len(units), len(units), 7)
    for number, unit in enumerate(units):
        frame = TmTransferFrame.unpack(unit[4:].tobytes(), FRAME_BYTES, has_error_control_field=True)
        assert frame.primary_header.ocf_flag and bytes(frame.op_ctrl_field) == control
        assert (frame.primary_header.master_ch_frame_count, frame.primary_header.vc_frame_count) == (
            (300 + number) % 256, (7 + number) % 256,
        )  # fmt: skip
    (heard,) = channel_packets(find_recording(units.reshape(-1)), 1, least_bytes=9, control=True)
    assert [heard.stream[a : a + n].tobytes() for a, n in heard.rows.tolist()] == packets
    assert heard.control == control and heard.frames_missing == 0
