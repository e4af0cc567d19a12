"""answer.json holds to its schema, and no number in it stands alone."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from swath.model import Estimate
from swath.report.answer import answer, answer_json
from swath.report.outcome import Outcome
from swath.report.style import SATELLITE_RGB
from tests.report.synthetic import outcome, stopped

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "reference" / "schemas" / "answer.schema.json").read_text("utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
STAGES = ["mapped", "not_planned", "not_imaged", "not_delivered", "not_mapped", "nothing_seen"]


def lonely_numbers(value: Any, path: str = "") -> list[str]:
    """Numbers that are neither a quantity's own nor part of its interval."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, int | float):
        return [path]
    if isinstance(value, list):
        return [p for n, item in enumerate(value) for p in lonely_numbers(item, f"{path}/{n}")]
    if "interval" in value:
        doubt = value["interval"] is not None and "confidence" in value
        return [] if doubt or value.get("because") else [path]
    return [p for key, item in value.items() for p in lonely_numbers(item, f"{path}/{key}")]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("stage", STAGES)
def test_every_outcome_holds_to_the_schema(stage: str) -> None:
    found = json.loads(answer_json(stopped(stage)))
    VALIDATOR.validate(found)
    assert found["answer"]["status"] == stage
    assert not lonely_numbers(found)


def test_a_run_without_urgent_orders_or_truth_holds_too() -> None:
    found = json.loads(answer_json(dataclasses.replace(outcome(), urgent=(), truth=(), simulated=False, checks=())))
    VALIDATOR.validate(found)
    assert found["answer"]["status"] == "routine" and found["notice"] == "REAL DATA"


def test_the_numbers_are_those_of_the_run() -> None:
    found = answer(outcome())
    assert found["answer"]["text"] == "41.8 km2 flooded (38.2-45.9, 90 %)"
    flood = next(p for p in found["products"] if p["kind"] == "flood")
    assert flood["estimates"]["flooded_km2"]["interval"] == [38.2, 45.9]
    assert found["plan"]["planned"]["value"] == 188
    assert found["plan"]["refused"]["value"] == sum(g["orders"]["value"] for g in found["plan"]["refused_by_reason"])
    story = outcome().urgent[0]
    assert story.mapped is not None
    took = (story.mapped - story.ordered) / np.timedelta64(1, "s")
    assert found["urgent"][0]["order_to_map"]["value"] == pytest.approx(took, abs=1e-6)
    assert [t["inside"] for t in found["truth"]] == [True, False]


def test_what_is_not_finite_becomes_unknown_with_a_reason() -> None:
    base = outcome()
    estimates = {
        "flooded_km2": Estimate(np.nan, "km2", 0.0, np.inf),
        "unseen_km2": Estimate(np.inf, "km2", because="x"),
    }
    run = dataclasses.replace(base, products=(dataclasses.replace(base.products[0], estimates=estimates),))
    found = json.loads(answer_json(run))
    VALIDATOR.validate(found)
    flooded = found["products"][0]["estimates"]["flooded_km2"]
    assert flooded["value"] is None and flooded["interval"] is None and flooded["because"]


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (("plan", "planned"), 188),
        (("plan", "planned"), {"value": 188, "unit": "orders", "interval": None}),
        (("plan", "gap"), {"value": 2.4, "unit": "%", "interval": [1.0, 3.0]}),
        (("period", "start"), "2026-05-08"),
        (("answer", "status"), "perhaps"),
    ],
)
def test_the_schema_refuses(where: tuple[str, str], what: Any) -> None:
    """A bare number, a number without doubt or reason, an interval without confidence, a day for a time, a new word."""
    found = copy.deepcopy(answer(outcome()))
    found[where[0]][where[1]] = what
    assert list(VALIDATOR.iter_errors(found))


def test_the_clock_and_the_folder_leave_no_trace() -> None:
    moved: Outcome = dataclasses.replace(outcome(), folder="/somewhere/else", wall_s=999.0, cores=64)
    assert answer_json(moved) == answer_json(outcome())


def test_there_are_as_many_colours_as_the_style_sheet_has() -> None:
    from swath.report.style import style_sheet

    assert all(f"--s{n}:" in style_sheet() for n in range(len(SATELLITE_RGB)))
