"""Writes what stands over single pictures: the plan, the catalogue, the table of fields, the report."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from swath.archive.scene import file_stem
from swath.archive.stac import catalog, collection
from swath.operate.files import PRODUCTS, SCENES
from swath.operate.telling import Run
from swath.plan.form import plan_to_json
from swath.report.forms import forms
from swath.report.outcome import Outcome
from swath.store.folder import write_json, write_whole

__all__ = ["write_catalogue", "write_plan", "write_report"]

_FIELD_COLUMNS = ("ndvi_mean", "ndvi_low", "ndvi_high", "ndvi_sd", "seen_share", "area_m2", "because")


def write_plan(run: Run, folder: Path) -> None:
    """The plan as the judge reads it."""
    write_whole(folder / "plan.json", plan_to_json(run.planned.plan))


def write_catalogue(run: Run, folder: Path) -> None:
    """The STAC catalogue over all items, and the table of all fields."""
    stac = folder / "stac"
    items = [entry for mapped in (*run.before.values(), *run.mapped.values()) for entry in mapped.items]
    title = run.mission.title
    described = {
        SCENES: "Pictures as they came down, on the map. Simulated: nothing here was observed.",
        PRODUCTS: "What was made of the pictures. Simulated: nothing here was observed.",
    }
    collections = []
    for id, description in described.items():
        if own := [entry for entry in items if entry["collection"] == id]:
            collections.append(collection(id, own, title=f"{title}: {id}", description=description))
            write_json(stac / id / "collection.json", collections[-1])
    root = catalog(run.mission.name, collections, title=title, description=f"{title}. Simulated.")
    write_json(stac / "catalog.json", root)
    if any(product.rows for mapped in run.mapped.values() for product in mapped.products):
        write_whole(folder / "products" / f"{file_stem('fields', simulated=True)}.csv", _field_table(run))


def _field_table(run: Run) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("simulated", "request", "scene", "field", *_FIELD_COLUMNS))
    for mapped in run.mapped.values():
        for product in mapped.products:
            for row in product.rows:
                values = (_short(row[name]) for name in _FIELD_COLUMNS)
                table.writerow(("true", product.request, mapped.scene.id, row["field"], *values))
    return text.getvalue()


def _short(value: object) -> object:
    return "" if value is None else round(value, 4) if isinstance(value, float) else value


def write_report(outcome: Outcome, folder: Path) -> None:
    """Everything that people and other programs read."""
    for name, content in forms(outcome).items():
        write_whole(folder / name, content)
