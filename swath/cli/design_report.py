"""``swath design report``: the whole case of growing as one report."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swath.cli.options import JsonOption
from swath.errors import InputError

if TYPE_CHECKING:
    from swath.operate.design_report import Reported

__all__ = ["report", "report_lines"]


def report(file: Path, /, *, workers: int = 2, out: Path | None = None, json: JsonOption = False) -> int:
    """One satellite flies and more are to come: what does each launch buy, for what, when, and what if one fails?

    Example: swath design report examples/one-to-four/case.toml --out one-to-four.html

    Orbits, needs with intervals, launches, losses and the fuel to recover, and what the real planner delivers.

    Parameters
    ----------
    file
        The case, as in examples/one-to-four/case.toml.
    workers
        Processes.
    out
        Write the report here instead: .html, .pdf to print, or .json.
    """
    from json import dumps

    from swath.cli.progress import progress_bar
    from swath.operate.design_report import reported
    from swath.store.expansion import read_case

    if out is not None and out.suffix.lower() not in (".html", ".pdf", ".json"):
        raise InputError(f"cannot write {out.suffix or 'that'}", where=str(out), fix="End it with .html, .pdf or .json")
    case = read_case(file)
    with progress_bar("report") as progress:
        made = reported(case, workers=workers, progress=progress)
    text = dumps(_answer(made), indent=2, allow_nan=False) + "\n"
    if out is not None:
        _write(made, file, out, text)
    if json:
        print(text, end="")
    elif out is None:
        print("\n".join(report_lines(_answer(made))))
        print(f"swath: {_NOTE}", file=sys.stderr)
    return 0


_NOTE = "intervals: nine in ten over other longitudes and skies; --out FILE.html or .pdf is the report"


def _write(made: Reported, file: Path, out: Path, text: str) -> None:
    from swath.report.expansion_page import expansion_page, expansion_pdf
    from swath.sources.land import land_rings
    from swath.store.folder import write_whole

    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    said: dict[str, Any] = {"digest": digest, "command": f"swath design report {file.name} --out {out.name}"}
    content: str | bytes = text
    if out.suffix.lower() == ".html":
        content = expansion_page(made.found, _deliveries(made), land_rings(), **said)
    elif out.suffix.lower() == ".pdf":
        content = expansion_pdf(made.found, _deliveries(made), land_rings(), **said)
    write_whole(out, content.encode() if isinstance(content, str) else content)
    print(f"{len(made.found.stages)} stages -> {out}", file=sys.stderr)


_PLANNED = {
    "orders met": ("planned", 1.0),
    "clear km2": ("clear_km2_day", 1.0),
    "order to ground,\nhalf, h": ("response_p50_s", 3600.0),
    "nine in ten, h": ("response_p90_s", 3600.0),
    "stations busy, %": ("contact_share", 0.01),
}


def _deliveries(made: Reported) -> list[dict[str, tuple[float, float, float]]]:
    """Of each stage the planner's numbers: mean, least and most over the skies."""
    found = []
    for days in made.deliveries:
        row = {}
        for name, (key, unit) in _PLANNED.items():
            values = [value / unit for day in days if (value := getattr(day, key)) is not None]
            if values:
                row[name] = sum(values) / len(values), min(values), max(values)
        found.append(row)
    return found


def _answer(made: Reported) -> dict[str, Any]:
    from dataclasses import asdict

    from swath.time import format_utc

    found, asked = made.found, made.found.asked
    stages = []
    for number, stage in enumerate(found.stages):
        needs = [
            {"need": need.name, "goal": need.goal, **{key: _known(value) for key, value in asdict(worth).items()}}
            for need, worth in zip(asked.needs, stage.worth, strict=True)
        ]
        planned = [asdict(day) for day in made.deliveries[number]] if made.deliveries else []
        stages.append({"satellites": len(stage.slots), "needs": needs, "planned": planned})
    launches = [
        {
            "launch": one.number,
            "best": format_utc(one.window.best),
            "after_days": _known(one.days),
            "failed_days": _known(one.failed_days),
            "end_without_days": _known(without),
        }
        for one, without in zip(found.campaign.launches, found.campaign.without_days, strict=True)
    ]
    losses = [
        {**asdict(one), "left_days": _known(one.left_days), "moved_days": _known(one.moved_days)}
        for one in found.repairs
    ]
    return {"stages": stages, "launches": launches, "losses": losses, "seed": asked.seed, "warnings": [_NOTE]}


def _known(value: float) -> float | None:
    """``None`` where part of the region is not seen in the span."""
    return None if value > 1e3 else value


def report_lines(answer: dict[str, Any]) -> list[str]:
    """Three tables for people: needs, launches, losses."""
    lines = [f"{'SATS':>4} {'NEED':<24} {'HOURS':>8} {'9 IN 10':>17} {'AFTER A LOSS':>13}"]
    for stage in answer["stages"]:
        for need in stage["needs"]:
            spread = f"{_hours(need['low_days'])} - {_hours(need['high_days'])}"
            lines.append(
                f"{stage['satellites']:>4} {need['need'][:24]:<24} {_hours(need['days']):>8} {spread:>17} "
                f"{_hours(need['worst_loss_days']):>13}"
            )
    lines += ["", f"{'LAUNCH':>6} {'LIFT-OFF UTC':<17} {'AFTER h':>8} {'FAILED h':>9} {'END WITHOUT h':>14}"]
    for row in answer["launches"]:
        lines.append(
            f"{row['launch']:>6} {row['best'][:16].replace('T', ' '):<17} {_hours(row['after_days']):>8} "
            f"{_hours(row['failed_days']):>9} {_hours(row['end_without_days']):>14}"
        )
    lines += ["", f"{'LOST':>6} {'LEFT h':>8} {'MOVED h':>8} {'m/s, MOST OF ONE':>17} {'ALL':>6}"]
    for row in answer["losses"]:
        lines.append(
            f"{row['lost'] + 1:>6} {_hours(row['left_days']):>8} {_hours(row['moved_days']):>8} "
            f"{row['most_m_s']:17.1f} {row['total_m_s']:6.1f}"
        )
    return lines


def _hours(value: float | None) -> str:
    return "not all" if value is None else f"{24.0 * value:.1f}"
