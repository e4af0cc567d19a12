"""What a satellite tells of its commands: request verification reports (service 1 of ECSS-E-ST-70-41C).

A report is a telemetry packet: primary header (secondary header, unsegmented, APID ``REPORT_APID``), secondary header
(PUS version 2 and time status 0, service 1, subtype, message count, destination 0, CUC time of 4 + 2 bytes, TAI since
1958), request identifier (the first four bytes of the telecommand, whose sequence count is the activity's number), for
failures a code of two bytes, and packet error control. Subtypes: 1 accepted, 2 refused, 3 begun, 4 not begun, 7
completed, 8 failed.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.spacecraft.command_format import COMMAND_APID, COUNTS
from swath.table import Table, column
from swath.time import tai_from_utc, utc_from_tai

__all__ = ["CODES", "REPORT_APID", "STAGES", "Report", "Reports", "pack_report", "read_report"]

REPORT_APID = 3
STAGES = {1: "accepted", 2: "refused", 3: "begun", 4: "not begun", 7: "completed", 8: "failed"}
"""by subtype"""
CODES = ("", "too late", "not carried out", "unknown activity")
"""what a failure's code says"""
_FAILURES = (2, 4, 8)
_TAI_EPOCH = np.datetime64("1958-01-01", "ns")


@dataclass(frozen=True)
class Report:
    """What became of one command."""

    subtype: int
    """one of :data:`STAGES`"""
    number: int
    """of the activity, modulo 16384"""
    at: np.datetime64
    """UTC; held to 1/65536 s"""
    code: int = 0
    """of a failure: which of :data:`CODES`"""


@dataclass(frozen=True)
class Reports(Table):
    """Reports as they came down, in order."""

    spacecraft: npt.NDArray[np.int64] = column("i8", "-", "CCSDS spacecraft identifier")
    time: npt.NDArray[np.datetime64] = column("datetime64[ns]", "UTC", "when it happened, to 1/65536 s")
    number: npt.NDArray[np.int64] = column("i8", "-", "of the activity")
    stage: npt.NDArray[np.str_] = column("U", "-", "one of report_format.STAGES")
    because: npt.NDArray[np.str_] = column("U", "-", "one of report_format.CODES")


def pack_report(report: Report, count: int) -> bytes:
    """A report as the packet that comes down; ``count`` numbers the packets of this APID."""
    since_ns = int((tai_from_utc(report.at) - _TAI_EPOCH).astype(np.int64))
    ticks = (since_ns * 65536 + 500_000_000) // 10**9
    head = bytes([0x20, 1, report.subtype]) + (count & 0xFFFF).to_bytes(2, "big") + bytes(2) + ticks.to_bytes(6, "big")
    request = (0x1800 | COMMAND_APID).to_bytes(2, "big") + (0xC000 | report.number % COUNTS).to_bytes(2, "big")
    data = head + request + (report.code.to_bytes(2, "big") if report.subtype in _FAILURES else b"")
    primary = (0x0800 | REPORT_APID).to_bytes(2, "big") + (0xC000 | count & 0x3FFF).to_bytes(2, "big")
    packet = primary + (len(data) + 1).to_bytes(2, "big") + data
    return packet + binascii.crc_hqx(packet, 0xFFFF).to_bytes(2, "big")


def read_report(packet: bytes) -> Report | None:
    """The report in a packet, or None where it is not exactly one of ours. Never raises."""
    if len(packet) < 25 or binascii.crc_hqx(packet, 0xFFFF) != 0:
        return None
    subtype = packet[8]
    size = 27 if subtype in _FAILURES else 25
    ours = int.from_bytes(packet[:2], "big") == 0x0800 | REPORT_APID and packet[2] >> 6 == 3 and len(packet) == size
    ours = ours and int.from_bytes(packet[4:6], "big") == size - 7
    if not ours or packet[6] >> 4 != 2 or packet[7] != 1 or subtype not in STAGES:
        return None
    if int.from_bytes(packet[19:21], "big") != 0x1800 | COMMAND_APID or packet[21] >> 6 != 3:
        return None
    code = int.from_bytes(packet[23:25], "big") if subtype in _FAILURES else 0
    if code >= len(CODES):
        return None
    since_ns = (int.from_bytes(packet[13:19], "big") * 10**9 + 32768) >> 16
    at = utc_from_tai(np.array([_TAI_EPOCH + np.timedelta64(since_ns, "ns")]))[0]
    return Report(subtype, int.from_bytes(packet[21:23], "big") & 0x3FFF, at, code)
