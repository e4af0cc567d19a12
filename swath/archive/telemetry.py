"""What does a satellite tell in a file of its telemetry? Housekeeping and reports on commands. Bytes are hostile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.archive.channels import ChannelPackets
from swath.archive.housekeeping import read_housekeeping
from swath.archive.link_kernels import cut_file
from swath.spacecraft.housekeeping_format import Housekeeping, packet_dtype
from swath.spacecraft.report_format import CODES, REPORT_APID, STAGES, Reports, read_report

__all__ = ["Told", "telemetry_in"]

_LEAST_BYTES, _PATIENCE = 25, 64


@dataclass(frozen=True)
class Told:
    """The telemetry of one spacecraft."""

    housekeeping: Housekeeping
    reports: Reports
    bad: int
    """packets that are neither, and stretches of the file that hold no packet"""


def telemetry_in(data: bytes | npt.NDArray[np.uint8], *, spacecraft: int) -> Told:
    """Housekeeping and reports in a file of packets back to back, in its order. Never raises on any bytes."""
    stream = np.frombuffer(data, np.uint8)
    most = packet_dtype().itemsize + 2
    found = np.empty((len(stream) // _LEAST_BYTES + 1, 2), np.int64)
    good, breaks = cut_file(stream, _LEAST_BYTES, most, _PATIENCE * len(stream), found)
    rows = found[:good]
    apid = (stream[rows[:, 0]].astype(np.int64) << 8 | stream[rows[:, 0] + 1]) & 0x7FF
    mine = apid == REPORT_APID
    housekeeping, bad = read_housekeeping(ChannelPackets(spacecraft, stream, rows[~mine], 0, 0, 0))
    read = [read_report(stream[at : at + size].tobytes()) for at, size in rows[mine].tolist()]
    reports = [
        {
            "spacecraft": spacecraft,
            "time": report.at,
            "number": report.number,
            "stage": STAGES[report.subtype],
            "because": CODES[report.code],
        }
        for report in read
        if report is not None
    ]
    return Told(housekeeping, Reports.from_rows(reports), bad + breaks + len(read) - len(reports))
