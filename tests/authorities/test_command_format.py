"""Our telecommands, read by `spacepackets` (0.32, ECSS-E-ST-70-41C by other hands), frames by the words of CCSDS."""

from __future__ import annotations

import binascii

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import PacketType
from spacepackets.ecss.req_id import RequestId
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

from swath.errors import InputError
from swath.spacecraft.command_format import (
    ACTIVITY,
    COMMAND_APID,
    Clcw,
    Command,
    CommandFrame,
    pack_clcw,
    pack_command,
    pack_frame,
    read_clcw,
    read_command,
    read_frame,
)
from swath.spacecraft.report_format import CODES, REPORT_APID, STAGES, Report, pack_report, read_report

COMMANDS = st.builds(
    Command,
    st.sampled_from(["image", "contact"]),
    st.integers(0, 2**32 - 1),
    st.integers(0, 3 * 10**18).map(lambda ns: np.datetime64(ns, "ns")),
    st.integers(0, 10**9).map(lambda ms: ms / 1e3),
    st.integers(-(10**9), 10**9).map(lambda n: n / 1e6),
    st.integers(-(10**9), 10**9).map(lambda n: n / 1e6),
    st.integers(0, 2**32 - 1).map(lambda n: n * 1e3),
)


@given(command=COMMANDS)
def test_a_timed_command_is_theirs_inside_and_out(command: Command) -> None:
    packet, count = pack_command(command), command.number
    outer = PusTc.unpack(packet)
    assert (outer.service, outer.message_subtype, outer.apid) == (11, 4, COMMAND_APID)
    assert outer.packet_type == PacketType.TC and outer.seq_count == count % 16384
    inner = PusTc.unpack(outer.app_data[7:])
    assert (inner.service, inner.message_subtype) == (8, 1)
    assert ACTIVITY.unpack(inner.app_data)[1] == command.number
    again = PusTc(apid=COMMAND_APID, service=8, message_subtype=1, app_data=inner.app_data, seq_count=count % 16384)
    assert bytes(again.pack()) == bytes(outer.app_data[7:])
    read = read_command(packet)
    assert read is not None
    assert abs((read.at - command.at).astype(int)) <= 10**9 // 65536 // 2 + 1
    assert (read.kind, read.number, read.rate_bit_s) == (command.kind, command.number, command.rate_bit_s)
    assert (read.duration_s, read.roll_deg, read.pitch_deg) == pytest.approx(
        (command.duration_s, command.roll_deg, command.pitch_deg)
    )


def test_release_time_is_tai_since_1958() -> None:
    packet = pack_command(Command("image", 1, np.datetime64("2026-05-08T09:41:22.5", "ns")))
    since_1958 = np.datetime64("2026-05-08T09:41:22", "s") - np.datetime64("1958-01-01", "s")
    assert int.from_bytes(packet[12:16], "big") == int(since_1958.astype(int)) + 37  # TAI - UTC in 2026
    assert packet[16:18] == b"\x80\x00"


def test_reset_is_service_11_subtype_3() -> None:
    packet = pack_command(Command("reset"))
    theirs = PusTc(apid=COMMAND_APID, service=11, message_subtype=3, app_data=b"", seq_count=0)
    assert bytes(theirs.pack()) == packet and read_command(packet) == Command("reset")


@given(number=st.integers(0, 2**32 - 1))
def test_cancel_is_service_11_subtype_5_with_the_request_of_what_was_to_be_released(number: int) -> None:
    """ECSS-E-ST-70-41C, 8.11.2.5: N, then source, APID and sequence count of each request."""
    packet = pack_command(Command("cancel", number))
    inserted = PusTc.unpack(
        PusTc.unpack(pack_command(Command("image", number, np.datetime64(10**18, "ns")))).app_data[7:]
    )
    request = b"\x01\x00" + inserted.apid.to_bytes(2, "big") + inserted.seq_count.to_bytes(2, "big")
    theirs = PusTc(apid=COMMAND_APID, service=11, message_subtype=5, app_data=request, seq_count=number % 16384)
    assert bytes(theirs.pack()) == packet and read_command(packet) == Command("cancel", number % 16384)


REPORTS = st.builds(
    Report,
    st.sampled_from(sorted(STAGES)),
    st.integers(0, 16383),
    st.integers(0, 3 * 10**18).map(lambda ns: np.datetime64(ns, "ns")),
    st.integers(0, len(CODES) - 1),
)


@given(report=REPORTS, count=st.integers(0, 70_000))
def test_a_report_is_theirs(report: Report, count: int) -> None:
    packet = pack_report(report, count)
    theirs = PusTm.unpack(packet, timestamp_len=6)
    assert (theirs.service, theirs.message_subtype, theirs.apid) == (1, report.subtype, REPORT_APID)
    assert theirs.seq_count == count % 16384 and len(packet) == theirs.packet_len
    request = RequestId.unpack(theirs.tm_data[:4])
    sent = PusTc(apid=COMMAND_APID, service=8, message_subtype=1, seq_count=report.number)
    assert request == RequestId.from_pus_tc(sent)
    failed = report.subtype in (2, 4, 8)
    assert theirs.tm_data[4:] == (report.code.to_bytes(2, "big") if failed else b"")
    read = read_report(packet)
    assert read is not None and (read.subtype, read.number) == (report.subtype, report.number)
    assert read.code == (report.code if failed else 0)
    assert abs((read.at - report.at).astype(int)) <= 10**9 // 65536 // 2 + 1


@given(report=REPORTS, at=st.integers(0, 10**4), value=st.integers(0, 255), mend=st.booleans())
def test_a_lying_report_is_read_as_what_it_says_or_not_at_all(report: Report, at: int, value: int, mend: bool) -> None:
    packet = bytearray(pack_report(report, 0))
    packet[at % len(packet)] = value
    if mend:
        packet[-2:] = binascii.crc_hqx(bytes(packet[:-2]), 0xFFFF).to_bytes(2, "big")
    read = read_report(bytes(packet))
    assert read is None or (read.subtype in STAGES and read.code < len(CODES))


def test_a_frame_byte_by_byte() -> None:
    """CCSDS 232.0-B-4, 4.1.2: version, bypass, control, spacecraft; channel, length - 1; number; data; CRC."""
    frame = pack_frame(CommandFrame(0x2A7, 0x12, True, False, b"data"))
    assert frame[:5] == bytes([0b00_1_0_00_10, 0xA7, 0, len(frame) - 1, 0x12]) and frame[5:-2] == b"data"
    assert binascii.crc_hqx(frame, 0xFFFF) == 0


def test_a_control_word_bit_by_bit() -> None:
    """CCSDS 232.0-B-4, 4.2: type 0, version 0, status 0, COP-1, channel; flags; report value."""
    assert pack_clcw(Clcw(200)) == bytes([0b0_00_000_01, 0, 0, 200])
    assert pack_clcw(Clcw(1, lockout=True, wait=True, retransmit=True)) == bytes([1, 0, 0b0011_1000, 1])


@given(expected=st.integers(0, 255), flags=st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_a_control_word_comes_back(expected: int, flags: tuple[bool, bool, bool]) -> None:
    assert read_clcw(pack_clcw(Clcw(expected, *flags))) == Clcw(expected, *flags)


@given(command=COMMANDS, at=st.integers(0, 10**4), value=st.integers(0, 255), mend=st.booleans())
def test_lies_are_read_as_what_they_say_or_not_at_all(command: Command, at: int, value: int, mend: bool) -> None:
    packet = bytearray(pack_command(command))
    packet[at % len(packet)] = value
    if mend:
        packet[-2:] = binascii.crc_hqx(bytes(packet[:-2]), 0xFFFF).to_bytes(2, "big")
    read = read_command(bytes(packet))
    assert read is None or read.kind in ("image", "contact", "cancel")
    frame = bytearray(pack_frame(CommandFrame(5, 6, False, False, bytes(packet))))
    frame[at % len(frame)] = value
    if mend:
        frame[-2:] = binascii.crc_hqx(bytes(frame[:-2]), 0xFFFF).to_bytes(2, "big")
    read_frame(bytes(frame))


@given(data=st.binary(max_size=60))
def test_any_bytes_at_all(data: bytes) -> None:
    sealed = data + binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "big")
    for one in (data, sealed):
        read_command(one)
        read_frame(one)
        read_clcw(one)
        assert read_report(one) is None or len(one) >= 25


@pytest.mark.parametrize(
    "command",
    [Command("dance"), Command("image", -1), Command("image", 2**32), Command("image", 1, roll_deg=1e5),
     Command("image", 1, np.datetime64("1950-01-01", "ns")), Command("contact", 1, duration_s=1e9)],
)  # fmt: skip
def test_what_does_not_fit_is_refused(command: Command) -> None:
    with pytest.raises(InputError):
        pack_command(command)


def test_frames_that_are_too_long_or_for_nobody_are_refused() -> None:
    for frame in (CommandFrame(5, 0, False, False, bytes(1018)), CommandFrame(1024, 0, False, False, b"")):
        with pytest.raises(InputError):
            pack_frame(frame)
