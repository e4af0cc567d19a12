"""What ``swath plan`` writes and prints as JSON is what the published schemas say."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from swath.cli.main import main

REPO = Path(__file__).resolve().parents[2]
EXAMPLE = REPO / "examples" / "orders" / "mission.toml"
SCHEMAS = REPO / "docs" / "reference" / "schemas"


def _errors(file: str, entry: Any, part: str = "") -> list[str]:
    schema = json.loads((SCHEMAS / file).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    if part:
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{part}"}
    return [error.message for error in Draft202012Validator(schema).iter_errors(entry)]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    out = tmp_path_factory.mktemp("plan")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["plan", str(EXAMPLE), "--stop", "20s", "--out", str(out), "--json"]) == 0
    return out, json.loads(said.getvalue())


def test_the_plan_file_and_the_summary(planned: tuple[Path, Any]) -> None:
    out, summary = planned
    assert summary["refused"] and summary["planned"] > 0
    assert _errors("plan-commands.schema.json", summary, "plan") == []
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    assert plan["acquisitions"] and plan["contacts"] and plan["refused"]
    assert _errors("plan.schema.json", plan) == []


def test_the_schemas_refuse_what_is_wrong(planned: tuple[Path, Any]) -> None:
    out, summary = planned
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    for wrong in ({"gap": 1.5}, {"format": "swath plan 0"}, {"colour": 3}, {"made": "2026-05-08 00:00"}):
        assert _errors("plan.schema.json", {**plan, **wrong})
    assert _errors("plan.schema.json", {**plan, "acquisitions": [{**plan["acquisitions"][0], "p_clear": 1.5}]})
    limit = {"what": "memory of SW-2", "orders": ["platte"], "value": 1.5}
    assert not _errors("plan-commands.schema.json", {**summary, "limits": [limit]}, "plan")
    for bad in ({"planned": -1}, {"limits": [{**limit, "orders": "platte"}]}):
        assert _errors("plan-commands.schema.json", {**summary, **bad}, "plan")


def test_why_what_if_and_chances(planned: tuple[Path, Any], capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = planned
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    place = ["--lon-deg", "11.9", "--lat-deg", "44.95", "--days", "3"]
    asked = {
        "why": [
            ["why", plan["acquisitions"][0]["request"], str(EXAMPLE), "--plan", str(out)],
            ["why", plan["refused"][0]["request"], str(EXAMPLE), "--plan", str(out)],
        ],
        "what-if": [["what-if", str(EXAMPLE), "--drop-station", "awarua"]],
        "chances": [["chances", str(EXAMPLE), *place]],
    }
    for part, calls in asked.items():
        for call in calls:
            assert main(["plan", *call, "--json"]) == 0
            entry = json.loads(capsys.readouterr().out)
            assert _errors("plan-commands.schema.json", entry, part) == [], call
            assert _errors("plan-commands.schema.json", entry) == []
