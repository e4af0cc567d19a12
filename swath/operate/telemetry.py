"""What the satellites told: telemetry as it came down, put into the run's folder and read there."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from swath.archive.telemetry import Told, telemetry_in
from swath.archive.xtce import telemetry_xtce
from swath.model import SIMULATED
from swath.operate.commanding import CommandDay
from swath.report.outcome import Check
from swath.spacecraft import Satellite
from swath.spacecraft.command_format import COUNTS
from swath.spacecraft.housekeeping_format import Housekeeping
from swath.spacecraft.report_format import Reports
from swath.store.folder import write_whole
from swath.time import format_utc

__all__ = ["TELEMETRY", "check_commands", "read_telemetry", "write_telemetry"]

TELEMETRY = "telemetry"
"""the folder, on the ground and in a run's folder"""
_A_SECOND = np.timedelta64(1, "s")
"""activities may begin that little late"""
_STAGES = ("accepted", "refused", "begun", "not begun", "completed", "failed")


def write_telemetry(ground: Path, folder: Path, satellites: Sequence[Satellite], commands: CommandDay) -> None:
    """Put the telemetry that came down into a run's folder: files, their description, and both as tables."""
    if not (ground / TELEMETRY).is_dir():
        return
    shutil.copytree(ground / TELEMETRY, folder / TELEMETRY)
    told = read_telemetry(folder, satellites)
    write_whole(folder / TELEMETRY / "telemetry.xml", telemetry_xtce())
    write_whole(folder / TELEMETRY / f"housekeeping_{SIMULATED}.csv", _table(_housekeeping_rows(told)))
    write_whole(folder / TELEMETRY / f"commands_{SIMULATED}.csv", _table(_command_rows(commands, told)))


def read_telemetry(folder: Path, satellites: Sequence[Satellite]) -> dict[str, Told]:
    """What lies in a run's folder of each satellite's telemetry, from its bytes."""
    found = {}
    for satellite in satellites:
        files = sorted((folder / TELEMETRY).glob(f"{satellite.id}-[0-9][0-9][0-9]_{SIMULATED}.packets"))
        parts = [telemetry_in(file.read_bytes(), spacecraft=satellite.radio.spacecraft_id) for file in files]
        found[satellite.id] = Told(
            Housekeeping.join([part.housekeeping for part in parts]),
            Reports.join([part.reports for part in parts]),
            sum(part.bad for part in parts),
        )
    return found


def check_commands(folder: Path, satellites: Sequence[Satellite], commands: CommandDay) -> Check:
    """Did every satellite say that it did what it was told, and nothing else?

    From the telemetry in the folder: each activity in a schedule must have been accepted and, if it was over when the
    satellite last told, be completed or not begun; nothing may be told of what was not commanded.
    """
    told = read_telemetry(folder, satellites)
    found = [f"{id}: {one.bad} pieces of telemetry cannot be read" for id, one in told.items() if one.bad]
    done = wanted = 0
    for row in commands.activities.rows():
        one = told[str(row["satellite"])]
        said = _said(one.reports, int(row["number"]))
        last = one.housekeeping.time.max() if len(one.housekeeping) else np.datetime64("NaT")
        name = f"{row['satellite']} {row['kind']} {row['activity']}"
        over = bool(row["stop"] + _A_SECOND < last)
        wanted += bool(row["wanted"] and over)
        done += bool(row["wanted"] and over and "completed" in said)
        if row["scheduled"] and over and not ("accepted" in said and {"completed", "not begun"} & said):
            found.append(f"{name}: commanded, but the satellite told only {', '.join(sorted(said)) or 'nothing'}")
        if not row["scheduled"] and {"begun", "completed"} & said:
            found.append(f"{name}: carried out without a command")
        if row["acknowledged"] and not {"accepted", "refused"} & said and over:
            found.append(f"{name}: acknowledged, but never told of")
    return Check("commands", not found, f"{done}/{wanted} done as told", tuple(found))


def _said(reports: Reports, number: int) -> set[str]:
    return set(reports.stage[reports.number == number % COUNTS].tolist())


def _housekeeping_rows(told: Mapping[str, Told]) -> list[dict[str, Any]]:
    return [
        {"simulated": "true", "satellite": id, **_plain(row)}
        for id, one in told.items()
        for row in one.housekeeping.rows()
    ]


def _command_rows(commands: CommandDay, told: Mapping[str, Told]) -> list[dict[str, Any]]:
    rows = []
    for row in commands.activities.rows():
        reports = told[str(row["satellite"])].reports
        mine = reports.take(reports.number == int(row["number"]) % COUNTS)
        stages = {stage: mine.time[mine.stage == stage] for stage in _STAGES}
        times = {
            stage.replace(" ", "_"): format_utc(at[0], decimals=3) if len(at) else "" for stage, at in stages.items()
        }
        rows.append({"simulated": "true", **_plain(row), **times})
    return rows


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, np.datetime64):
            plain[name] = format_utc(value, decimals=3)
        elif isinstance(value, float | np.floating):
            plain[name] = "" if np.isnan(value) else f"{value:.6g}"
        else:
            plain[name] = str(value).lower() if isinstance(value, bool | np.bool_) else value
    return plain


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    if rows:
        table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return text.getvalue()
