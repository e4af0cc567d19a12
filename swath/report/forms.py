"""All forms of a run that this folder makes, by file name."""

from __future__ import annotations

from swath.report.answer import answer_json
from swath.report.czml import plan_czml
from swath.report.geojson import opportunities_geojson, orders_json, refused_json
from swath.report.html import report_html
from swath.report.ics import plan_ics
from swath.report.outcome import Outcome
from swath.report.sheet import plan_csv

__all__ = ["forms"]


def forms(outcome: Outcome) -> dict[str, bytes]:
    """File name -> content, ready to be written as it is (UTF-8; the calendar and the CSV have their own line ends)."""
    makers = {
        "report.html": report_html,
        "answer.json": answer_json,
        "orders.json": orders_json,
        "opportunities.geojson": opportunities_geojson,
        "refused.json": refused_json,
        "plan.csv": plan_csv,
        "plan.czml": plan_czml,
        "plan.ics": plan_ics,
    }
    return {name: make(outcome).encode() for name, make in makers.items()}
