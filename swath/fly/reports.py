"""What does a satellite tell of what it was told to do? Reports on activities as they were flown, in packets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from swath.fly.frames import PacketStream
from swath.spacecraft.report_format import CODES, Report, pack_report

__all__ = ["activity_reports", "report_packets"]

_FAILED = CODES.index("not carried out")


def activity_reports(flown: Iterable[Mapping[str, Any]], number: Mapping[tuple[str, str], int]) -> list[Report]:
    """Reports on pictures and contacts (rows of ``Flown`` and ``FlownContacts``): begun and completed, or not begun.

    ``number``: of the activity, by kind and id. A picture that was lost from memory later was completed all the same.
    """
    reports = []
    for row in flown:
        kind, id = ("image", row["acquisition"]) if "acquisition" in row else ("contact", row["contact"])
        name = number[kind, str(id)]
        if row["status"] == "skipped" or (kind == "contact" and row["status"] == "lost"):
            reports.append(Report(4, name, row["start"], _FAILED))
        else:
            reports += [Report(3, name, row["start"]), Report(7, name, row["stop"])]
    return reports


def report_packets(reports: Iterable[Report], first_count: int) -> PacketStream:
    """A packet for each report, back to back, in the order of time, numbered from ``first_count``."""
    ordered = sorted(reports, key=lambda report: (report.at, report.subtype, report.number))
    return PacketStream.of([pack_report(report, first_count + k) for k, report in enumerate(ordered)])
