"""Writes a run's files: the plan, the catalogue, the report."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from swath.archive.stac import catalogue, item
from swath.operate.telling import Run
from swath.plan.form import plan_to_json
from swath.report.answer import answer_json
from swath.report.czml import plan_czml
from swath.report.geojson import opportunities_geojson, orders_json, refused_json
from swath.report.html import report_html
from swath.report.ics import plan_ics
from swath.report.outcome import Outcome
from swath.report.sheet import plan_csv
from swath.store.folder import write_json, write_whole

__all__ = ["write_catalogue", "write_plan", "write_report"]


def write_plan(run: Run, folder: Path) -> None:
    """The plan as the judge reads it."""
    write_whole(folder / "plan.json", plan_to_json(run.planned.plan))


def write_catalogue(run: Run, folder: Path) -> None:
    """A STAC catalogue over all scenes, an item each, and the table of all fields."""
    raise NotImplementedError


def write_report(outcome: Outcome, folder: Path) -> None:
    """Everything that people and other programs read."""
    for name, content in (
        ("answer.json", answer_json(outcome)),
        ("orders.json", orders_json(outcome)),
        ("opportunities.geojson", opportunities_geojson(outcome)),
        ("refused.json", refused_json(outcome)),
        ("plan.csv", plan_csv(outcome)),
        ("plan.czml", plan_czml(outcome)),
        ("plan.ics", plan_ics(outcome)),
        ("report.html", report_html(outcome)),
    ):
        write_whole(folder / name, content)
