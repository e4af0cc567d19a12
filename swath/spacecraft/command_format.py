"""What goes up: time-tagged commands in packets, packets in telecommand frames, and the word that acknowledges them.

A command packet is a telecommand of ECSS-E-ST-70-41C: primary header (type 1, secondary header, unsegmented, APID
``COMMAND_APID``), secondary header (PUS version 2 and all four acknowledgement flags, service, subtype, source 0),
data, CRC-16. Service 11 subtype 4 inserts into the schedule: a count of 1, the release time (CUC of 4 + 2 bytes, TAI
since 1958) and the packet to be released, itself a telecommand of service 8 subtype 1 whose data are ``ACTIVITY``.
Service 11 subtype 5 takes an activity out again: a count of 1 and the request identifier of the packet that was to be
released (source 0, APID, sequence count). Service 11 subtype 3 empties the schedule. All packets about an activity have
its number, modulo 16384, as their sequence count, so reports (``spacecraft.report_format``) name activities.

A telecommand frame (CCSDS 232.0-B-4): 5 bytes of header (version 0, bypass flag, control flag, spacecraft, virtual
channel 0, length - 1, sequence number), one packet, CRC-16. The communications link control word (CLCW, 4.2) comes down
in the operational control field of telemetry frames; its report value is the number of the frame that is expected next.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass

import numpy as np

from swath.errors import InputError
from swath.time import tai_from_utc, utc_from_tai

__all__ = [
    "COMMAND_APID",
    "COUNTS",
    "Clcw",
    "Command",
    "CommandFrame",
    "pack_clcw",
    "pack_command",
    "pack_frame",
    "read_clcw",
    "read_command",
    "read_frame",
]

COMMAND_APID = 2
KINDS = ("reset", "image", "contact", "cancel")
"""``reset``: forget the schedule; ``cancel``: an activity is not to be; the others are activities, functions 1 and 2"""
COUNTS = 16384
"""sequence counts go round after so many: more activities a satellite must not have in its schedule"""
ACTIVITY = struct.Struct(">BIIiiI")
"""function, activity number, duration in ms, roll and pitch in 1e-6 deg (pictures), rate in kbit/s (contacts)"""
MAX_FRAME_BYTES = 1024
_TAI_EPOCH = np.datetime64("1958-01-01", "ns")


@dataclass(frozen=True)
class Command:
    """One line of the list: what to do, and when."""

    kind: str
    """one of ``KINDS``"""
    number: int = 0
    """of the activity, by which the ground knows it"""
    at: np.datetime64 = _TAI_EPOCH
    """UTC; held to 1/65536 s"""
    duration_s: float = 0.0
    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    rate_bit_s: float = 0.0


@dataclass(frozen=True)
class CommandFrame:
    """A telecommand frame as it came up."""

    spacecraft: int
    sequence: int
    bypass: bool
    """not checked for sequence (type B)"""
    control: bool
    """a directive to the receiver instead of a packet: 0x00 unlocks, 0x82 0x00 V sets the expected number"""
    data: bytes


@dataclass(frozen=True)
class Clcw:
    """How far the receiver has come."""

    expected: int
    """number of the frame it wants next, modulo 256: all before are acknowledged"""
    lockout: bool = False
    wait: bool = False
    retransmit: bool = False
    """one is missing"""


def pack_command(command: Command) -> bytes:
    """A command as the packet that is sent. Raises :class:`InputError` where a value does not fit."""
    if command.kind not in KINDS:
        raise InputError(f"no command {command.kind!r}", fix=f"One of {', '.join(KINDS)}")
    count = command.number % COUNTS
    if command.kind == "reset":
        return _telecommand(11, 3, b"", count)
    if command.kind == "cancel":
        identifier = b"\0" + COMMAND_APID.to_bytes(2, "big") + count.to_bytes(2, "big")
        return _telecommand(11, 5, b"\x01" + identifier, count)
    try:
        values = (
            KINDS.index(command.kind), command.number, round(command.duration_s * 1e3), round(command.roll_deg * 1e6),
            round(command.pitch_deg * 1e6), round(command.rate_bit_s / 1e3),
        )  # fmt: skip
        since_ns = int((tai_from_utc(command.at) - _TAI_EPOCH).astype(np.int64))
        ticks = (since_ns * 65536 + 500_000_000) // 10**9
        inner = _telecommand(8, 1, ACTIVITY.pack(*values), count)
        return _telecommand(11, 4, b"\x01" + ticks.to_bytes(6, "big") + inner, count)
    except (struct.error, OverflowError) as error:
        raise InputError(
            f"a value of command {command.number} does not fit",
            fix="Times from 1958, durations up to 49 days, angles up to 2,147 deg, rates up to 4.29 Tbit/s",
        ) from error


def _telecommand(service: int, subtype: int, data: bytes, count: int) -> bytes:
    body = bytes([0x2F, service, subtype, 0, 0]) + data
    head = (0x1800 | COMMAND_APID).to_bytes(2, "big") + (0xC000 | count & 0x3FFF).to_bytes(2, "big")
    return _sealed(head + (len(body) + 1).to_bytes(2, "big") + body)


def _sealed(data: bytes) -> bytes:
    return data + binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "big")


def read_command(packet: bytes) -> Command | None:
    """The command in a packet, or None where it is not exactly one of ours. Never raises."""
    outer = _read_telecommand(packet)
    if outer is None:
        return None
    if outer[:2] == (11, 3) and not outer[2]:
        return Command("reset")
    if outer[:2] == (11, 5) and len(outer[2]) == 6 and outer[2][:4] == b"\x01\0" + COMMAND_APID.to_bytes(2, "big"):
        return Command("cancel", int.from_bytes(outer[2][4:], "big") % COUNTS)
    inner = _read_telecommand(outer[2][7:]) if outer[:2] == (11, 4) and outer[2][:1] == b"\x01" else None
    if inner is None or inner[:2] != (8, 1) or len(inner[2]) != ACTIVITY.size:
        return None
    function, number, duration_ms, roll, pitch, rate = ACTIVITY.unpack(inner[2])
    if function not in (KINDS.index("image"), KINDS.index("contact")):
        return None
    since_ns = (int.from_bytes(outer[2][1:7], "big") * 10**9 + 32768) >> 16
    at = utc_from_tai(np.array([_TAI_EPOCH + np.timedelta64(since_ns, "ns")]))[0]
    return Command(KINDS[function], number, at, duration_ms / 1e3, roll / 1e6, pitch / 1e6, rate * 1e3)


def _read_telecommand(packet: bytes) -> tuple[int, int, bytes] | None:
    """Service, subtype and data."""
    if len(packet) < 13 or binascii.crc_hqx(packet, 0xFFFF) != 0:
        return None
    if int.from_bytes(packet[:2], "big") != 0x1800 | COMMAND_APID or packet[2] >> 6 != 3:
        return None
    if int.from_bytes(packet[4:6], "big") != len(packet) - 7 or packet[6] >> 4 != 2:
        return None
    return packet[7], packet[8], packet[11:-2]


def pack_frame(frame: CommandFrame) -> bytes:
    """A telecommand frame as bytes. Raises :class:`InputError` where it is too long or its spacecraft unknown."""
    size = 5 + len(frame.data) + 2
    if size > MAX_FRAME_BYTES or not 0 <= frame.spacecraft < 1024:
        raise InputError(
            f"a telecommand frame of {size} bytes for {frame.spacecraft}", fix="Up to 1024 bytes; id 0 to 1023"
        )
    first = (0x2000 if frame.bypass else 0) | (0x1000 if frame.control else 0) | frame.spacecraft
    return _sealed(
        first.to_bytes(2, "big") + (size - 1).to_bytes(2, "big") + bytes([frame.sequence & 0xFF]) + frame.data
    )


def read_frame(data: bytes) -> CommandFrame | None:
    """The frame in these bytes, or None where they are not exactly one whole frame. Never raises."""
    if not 7 <= len(data) <= MAX_FRAME_BYTES or binascii.crc_hqx(data, 0xFFFF) != 0:
        return None
    first, second = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    if first >> 14 or first & 0x0C00 or second >> 10 or (second & 0x3FF) + 1 != len(data):
        return None
    return CommandFrame(first & 0x3FF, data[4], bool(first & 0x2000), bool(first & 0x1000), data[5:-2])


def pack_clcw(word: Clcw) -> bytes:
    """The control word of virtual channel 0: COP-1 in effect, radio and bit lock there."""
    flags = (0x20 if word.lockout else 0) | (0x10 if word.wait else 0) | (0x08 if word.retransmit else 0)
    return bytes([0x01, 0x00, flags, word.expected & 0xFF])


def read_clcw(data: bytes) -> Clcw | None:
    """The control word, or None where it is none of virtual channel 0."""
    if len(data) != 4 or data[0] & 0xE3 != 0x01 or data[1] >> 2:
        return None
    return Clcw(data[3], bool(data[2] & 0x20), bool(data[2] & 0x10), bool(data[2] & 0x08))
