"""How do the fields stand? A summary of every vegetation product's table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from swath.model import Estimate
from swath.report.outcome import Outcome
from swath.report.plots import distribution, spark_interval
from swath.report.svg import esc, tag
from swath.report.tables import table
from swath.report.words import count, interval, percent, quantity

__all__ = ["FieldRow", "field_rows", "fields_section"]

_SHOWN = 12
_LEAST_SEEN = 0.5
"""share of a field that must be seen for its mean to be shown"""

FieldRow = Mapping[str, Any]
"""of a vegetation product: ``field``, ``area_m2``, ``ndvi_mean``, ``ndvi_low``, ``ndvi_high``, ``seen_share``"""


def field_rows(outcome: Outcome) -> list[tuple[str, FieldRow]]:
    """Request id and row of every field of which at least half was seen, the lowest NDVI first."""
    rows = [
        (product.request, row)
        for product in outcome.products
        if product.kind == "vegetation"
        for row in product.rows
        if _known(row.get("ndvi_mean")) and float(row["seen_share"]) >= _LEAST_SEEN
    ]
    return sorted(rows, key=lambda pair: (float(pair[1]["ndvi_mean"]), pair[0], str(pair[1].get("field", ""))))


def fields_section(outcome: Outcome) -> str:
    """Distribution of field means and the fields that stand lowest, with intervals; a sentence where there are none.

    Fields inside a flood map stand apart: there a low value says water, not a poor crop.
    """
    measured = field_rows(outcome)
    unseen = sum(len(p.rows) for p in outcome.products if p.kind == "vegetation") - len(measured)
    flooded = {product.request for product in outcome.products if product.kind == "flood"}
    rows = [(request, row) for request, row in measured if request not in flooded]
    inside = [float(row["ndvi_mean"]) for request, row in measured if request in flooded]
    aside = f" {count(unseen, 'field')} could not be seen, or less than half." if unseen else ""
    if inside:
        wet = sum(value < 0.0 for value in inside)
        aside += f" Left out: {count(len(inside), 'field')} on the flood map, of which {wet:,} look like water."
    if not rows:
        return tag("p", f"No field's vegetation could be measured.{aside}")
    values = np.array([float(row["ndvi_mean"]) for _, row in rows])
    places = len({request for request, _ in rows})
    lead = (
        f"{count(len(rows), 'field')} in {count(places, 'picture')}.{aside} NDVI is near 0 on bare ground and 0.8 in "
        "a dense, healthy crop; a low value in the growing season is a reason to look, not a diagnosis."
    )
    plot = distribution(values, low=0.0, high=1.0, bins=25, label="Mean NDVI of fields", unit="mean NDVI of a field")
    caption = tag("figcaption", "How many fields have which mean NDVI.")
    return tag("p", esc(lead)) + tag("div", tag("figure", plot, caption), _lowest(rows[:_SHOWN]), class_="split")


def _lowest(rows: list[tuple[str, FieldRow]]) -> str:
    keys = ("ndvi_low", "ndvi_mean", "ndvi_high")
    bounds = [float(row[key]) for _, row in rows for key in keys if _known(row.get(key))]
    scale = (min(0.0, *bounds), max(bounds))
    cells = []
    for request, row in rows:
        low, high = (float(row[key]) if _known(row.get(key)) else None for key in ("ndvi_low", "ndvi_high"))
        value = float(row["ndvi_mean"])
        estimate = Estimate(value, "1", low, high, because="no interval")
        doubt = interval(estimate).split(",")[0] or "-"
        area = f"{float(row['area_m2']) / 1e4:.1f}" if _known(row.get("area_m2")) else "-"
        seen = percent(float(row["seen_share"]), 0)
        name = tag("code", esc(row.get("field", request)))
        cells.append(
            (name, quantity(estimate, doubt=False), doubt, spark_interval(value, low, high, scale), area, seen)
        )
    heads = ("field", "NDVI", "90 %", "", "area, ha", "seen")
    return table("The lowest fields", heads, cells, numeric=(1, 2, 4, 5), class_="lowest")


def _known(value: object) -> bool:
    return isinstance(value, int | float | np.number) and math.isfinite(float(value))
