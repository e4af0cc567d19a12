"""What ``swath plan`` writes and prints as JSON is what the published schemas say."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from swath.cli.main import main
from tests.cli.schemas import errors

REPO = Path(__file__).resolve().parents[2]
EXAMPLE = REPO / "examples" / "orders" / "mission.toml"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    out = tmp_path_factory.mktemp("plan")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["plan", str(EXAMPLE), "--stop", "5s", "--out", str(out), "--json"]) == 0
    return out, json.loads(said.getvalue())


def test_the_plan_file_and_the_summary(planned: tuple[Path, Any]) -> None:
    out, summary = planned
    assert summary["refused"] and summary["planned"] > 0
    assert errors("plan-commands.schema.json", summary, "plan") == []
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    assert plan["acquisitions"] and plan["contacts"] and plan["refused"]
    assert errors("plan.schema.json", plan) == []


def test_the_schemas_refuse_what_is_wrong(planned: tuple[Path, Any]) -> None:
    out, summary = planned
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    for wrong in ({"gap": 1.5}, {"format": "swath plan 0"}, {"colour": 3}, {"made": "2026-05-08 00:00"}):
        assert errors("plan.schema.json", {**plan, **wrong})
    assert errors("plan.schema.json", {**plan, "acquisitions": [{**plan["acquisitions"][0], "p_clear": 1.5}]})
    limit = {"what": "memory of SW-2", "orders": ["platte"], "value": 1.5}
    assert not errors("plan-commands.schema.json", {**summary, "limits": [limit]}, "plan")
    for bad in ({"planned": -1}, {"limits": [{**limit, "orders": "platte"}]}):
        assert errors("plan-commands.schema.json", {**summary, **bad}, "plan")


def few_points(folder: Path) -> Path:
    """The example with 15 points for orders, of which a third asks for SW-3; two plans of areas would take a minute."""
    shutil.copytree(EXAMPLE.parent, folder)
    places = folder / "orders.geojson"
    whole = json.loads(places.read_text("utf-8"))
    whole["features"] = [f for f in whole["features"] if f["properties"]["id"].startswith("field")][:15]
    for feature in whole["features"][::3]:
        feature["properties"]["satellites"] = ["SW-3"]
    places.write_text(json.dumps(whole), "utf-8")
    return folder / "mission.toml"


def test_why_what_if_and_chances(planned: tuple[Path, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = planned
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    place = ["--lon-deg", "11.9", "--lat-deg", "44.95", "--days", "3"]
    fewer = ["what-if", str(few_points(tmp_path / "m")), "--drop-satellite", "SW-3", "--drop-station", "awarua"]
    asked = {
        "why": [
            ["why", plan["acquisitions"][0]["request"], str(EXAMPLE), "--plan", str(out)],
            ["why", plan["refused"][0]["request"], str(EXAMPLE), "--plan", str(out)],
        ],
        "what-if": [fewer],
        "chances": [["chances", str(EXAMPLE), *place]],
    }
    for part, calls in asked.items():
        for call in calls:
            assert main(["plan", *call, "--json"]) == 0
            entry = json.loads(capsys.readouterr().out)
            assert part != "what-if" or entry["newly_refused"]  # else its rows would go unchecked
            assert errors("plan-commands.schema.json", entry, part) == [], call
            assert errors("plan-commands.schema.json", entry) == []
