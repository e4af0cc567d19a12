"""plan.csv: the plan as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

from swath.report.outcome import Outcome
from swath.report.planned import PlannedDay
from swath.time import format_utc

__all__ = ["PLAN_COLUMNS", "plan_csv"]

PLAN_COLUMNS = (
    "type", "id", "satellite", "start", "stop", "order", "station", "roll_deg", "pitch_deg", "off_nadir_deg",
    "sun_elevation_deg", "gsd_m", "p_clear", "value", "data_bit", "contact", "on_ground", "simulated",
)  # fmt: skip
"""one row per acquisition (``image``) and per contact (``contact``), in order of time"""


def plan_csv(outcome: Outcome | PlannedDay) -> str:
    """The text of ``plan.csv``: RFC 4180 with a header, UTC times, empty cells where a column has no meaning."""
    rows = [
        {"type": "image", "order": row["request"], **{k: row[k] for k in PLAN_COLUMNS if k in row}}
        for row in outcome.plan.acquisitions.rows()
    ] + [
        {"type": "contact", "data_bit": row["volume_bit"], **{k: row[k] for k in PLAN_COLUMNS if k in row}}
        for row in outcome.plan.contacts.rows()
    ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(PLAN_COLUMNS)
    for row in sorted(rows, key=lambda r: (r["start"], r["id"])):
        row["simulated"] = str(outcome.simulated).lower()
        writer.writerow([_cell(row.get(name, "")) for name in PLAN_COLUMNS])
    return stream.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, np.datetime64):
        return "" if np.isnat(value) else format_utc(value, decimals=3)
    if isinstance(value, float | np.floating):
        given = float(value)
        return f"{given:.6g}" if abs(given) < 1e6 else f"{given:.0f}"
    return str(value)
