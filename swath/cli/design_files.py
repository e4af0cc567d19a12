"""The files that design commands write: JSON, CSV, a page, a map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from swath.design.coverage import Coverage
    from swath.design.looks import Looks

__all__ = ["coverage_file", "flat", "table_file"]


def flat(row: dict[str, Any], before: str = "") -> dict[str, Any]:
    """A row without nesting, for tables: ``gap.mean_days`` becomes ``gap_mean_days``; pairs become low and high."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{key}_")
        elif isinstance(value, list):
            found |= {f"{before}{key}_low": value[0], f"{before}{key}_high": value[-1]} if value else {}
        else:
            found[f"{before}{key}"] = value
    return found


def coverage_file(
    out: Path, rows: list[dict[str, Any]], found: list[tuple[Looks, Coverage]], notes: list[str], title: str
) -> None:
    """Writes a coverage in the form that the ending names."""
    from swath.cli.orbits import give_file
    from swath.report.design_plots import coverage_png, points_png
    from swath.report.page import answer_page
    from swath.sources.land import land_rings

    table = [flat(row) for row in rows]
    columns = list({key: None for row in table for key in row})

    def page() -> str:
        pictures = [
            ("How long a region waits, and how often its points are seen", coverage_png(found, title)),
            ("Mean gap of each point", points_png(found, land_rings(), title)),
        ]
        return answer_page(title, table, columns, notes={"warnings": notes}, pictures=pictures)

    give_file(
        out,
        table,
        columns,
        {"warnings": notes},
        {
            ".json": lambda: json.dumps({"coverage": rows, "warnings": notes}, indent=2, allow_nan=False) + "\n",
            ".html": page,
            ".png": lambda: points_png(found, land_rings(), title),
        },
    )


def table_file(out: Path, answer: dict[str, Any], key: str, title: str) -> None:
    """Writes one list of an answer as a table, or all of it as JSON or as a page."""
    from swath.cli.orbits import give_file
    from swath.report.page import answer_page

    rows = [
        flat({name: " + ".join(value) if name == "stations" else value for name, value in row.items()})
        for row in answer[key]
    ]
    columns = list({name: None for row in rows for name in row})
    notes = {"warnings": answer["warnings"]}
    forms: dict[str, Callable[[], str | bytes]] = {
        ".json": lambda: json.dumps(answer, indent=2, allow_nan=False) + "\n",
        ".html": lambda: answer_page(title, rows, columns, notes=notes),
    }
    give_file(out, rows, columns, notes, forms)
