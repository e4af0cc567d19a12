"""``swath plan`` as a person uses it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from swath.cli.main import main
from swath.operate.again import planned_again
from swath.operate.plan_only import planned_mission, prepared
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.plan.form import plan_from_json
from swath.plan.verify import verify
from swath.sources.eop import packaged_eop
from tests.cli.schemas import errors

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "orders" / "mission.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plan") / "out"
    assert main(["plan", str(EXAMPLE), "--stop", "3s", "--out", str(out)]) == 0
    return out


def test_it_writes_what_it_says(folder: Path, capsys) -> None:
    plan = plan_from_json((folder / "plan.json").read_text())
    assert 0.0 < plan.value <= plan.bound
    rows = list(csv.DictReader((folder / "commands.csv").read_text().splitlines()))
    assert {"warm_up", "turn", "image_on", "image_off", "point", "send_on", "send_off", "release"} <= {
        row["command"] for row in rows
    }
    drawn = np.round(imread(folder / "timeline.png")[..., :3] * 255.0).astype(np.int64)
    assert (drawn == [0xF3, 0xDF, 0xC1]).all(-1).sum() > 1000  # maintenance of inuvik, as no other thing is coloured
    assert json.loads((folder / "plan.czml").read_text())[0]["id"] == "document"
    assert "BEGIN:VEVENT" in (folder / "plan.ics").read_text()
    assert len(json.loads((folder / "refused.json").read_text())["refused"]) == len(plan.refused)
    assert len(list(csv.DictReader((folder / "plan.csv").read_text().splitlines()))) > len(plan.acquisitions)


def test_why_for_planned_and_refused(folder: Path, capsys) -> None:
    plan = plan_from_json((folder / "plan.json").read_text())
    assert main(["plan", "why", str(plan.acquisitions.request[0]), str(EXAMPLE), "--plan", str(folder), "--json"]) == 0
    (row, *_) = json.loads(capsys.readouterr().out)["planned"]
    assert {"price", "displaced", "next_best", "clear_chance", "on_ground"} <= set(row)
    assert main(["plan", "why", plan.refused[0].request, str(EXAMPLE), "--plan", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "not planned" in said and "->" in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert main(["plan", "why", "nobody", str(EXAMPLE), "--plan", str(folder)]) == 2
    assert "nobody" in capsys.readouterr().err


def test_again_keeps_what_is_commanded_and_heeds_what_went_wrong(folder: Path, tmp_path: Path, capsys) -> None:
    before, out = plan_from_json((folder / "plan.json").read_text()), tmp_path / "next"
    at = np.datetime64("2026-05-08T06:00:00", "ns")
    lost, failed = str(before.contacts.id[-1]), str(before.acquisitions.id[-1])
    asked = ["plan", "again", str(EXAMPLE), "--plan", str(folder), "--out", str(out), "--json", "--stop", "4s"]
    wrong = ["--lost-contact", lost, "--failed-picture", failed, "--at", "2026-05-08T06:00:00Z"]
    assert main([*asked, *wrong]) == 0
    told = json.loads(capsys.readouterr().out)
    assert errors("plan-commands.schema.json", told, "again") == []
    after = plan_from_json((out / "plan.json").read_text())
    assert lost not in after.contacts.id and failed not in after.acquisitions.id
    past = before.acquisitions.id[before.acquisitions.start < at]
    assert len(past) and set(past) <= set(after.acquisitions.id)
    changed = {row["request"] for row in told["changes"] if row["what"] == "dropped"}
    old, new = set(before.acquisitions.request), set(after.acquisitions.request)
    assert changed == old - new - {str(before.acquisitions.request[-1])}
    ready, _ = planned_again(prepared(EXAMPLE), before, at, lost=[lost], failed=[failed], stop=lambda: True)
    exact = {s.id: sgp4_ephemeris(s.elements, packaged_eop()) for s in ready.problem.satellites}
    assert verify(ready.problem, ready.plan, exact, packaged_eop()) == ()
    assert main([*asked, "--at", "2027-05-08T06:00:00Z"]) == 2
    assert "outside the mission" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", '{"format": "swath plan 1"}', "[]"])
def test_a_broken_plan_file_gives_a_clear_message(tmp_path: Path, content: str, capsys) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)
    assert main(["plan", "why", "refused", str(EXAMPLE), "--plan", str(path)]) == 2
    assert "plan" in capsys.readouterr().err
    assert main(["plan", "why", "refused", str(EXAMPLE), "--plan", str(tmp_path / "none")]) == 3


def test_a_satellite_less_is_worth_less_and_bounded_lower(tmp_path: Path, capsys, monkeypatch) -> None:
    left: list[float] = []

    def planned(ready, *, stop, late):
        left.extend((stop.left_s(), late.left_s()))
        return planned_mission(ready, stop=stop, late=late)

    monkeypatch.setattr("swath.operate.plan_only.planned_mission", planned)
    shutil.copytree(EXAMPLE.parent, tmp_path / "m")
    mission = tmp_path / "m" / "mission.toml"
    text = (tmp_path / "m" / "orders.geojson").read_text()
    whole = json.loads(text)
    whole["features"] = [f for f in whole["features"] if f["properties"]["id"].startswith("field")][:15]
    (tmp_path / "m" / "orders.geojson").write_text(json.dumps(whole))
    fewer = ["plan", "what-if", str(mission), "--drop-satellite", "SW-3"]
    assert main([*fewer, "--stop", "1000s", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert 0.0 < left[0] <= 375.0 < left[1] <= 500.0 < left[2] <= 875.0 < left[3] <= 1000.0, "half of it each"
    assert main([*fewer, "--stop", "soon"]) == 2
    assert told["bound"]["after"] <= told["bound"]["before"] + 1e-6
    assert told["value"]["after"] <= told["bound"]["before"]
    assert main(["plan", "what-if", str(mission)]) == 2
    assert main(["plan", "what-if", str(mission), "--drop-satellite", "SW-9"]) == 2
    assert main(["plan", "what-if", str(mission), "--add-station", "svalbard"]) == 2
    assert "svalbard is there already" in capsys.readouterr().err
    assert main(["plan", "what-if", str(mission), "--add-station", "nowhere-at-all"]) in (2, 3)


def test_chances(capsys) -> None:
    asked = ["plan", "chances", str(EXAMPLE), "--lon-deg", "9", "--lat-deg", "45", "--days", "2"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert all(len(line) <= 80 for line in said.splitlines())
    assert main([*asked[:-1], "99"]) == 2
    assert main([*asked, "--max-off-nadir-deg", "0.01"]) == 1


def test_orders_that_name_a_dropped_satellite_are_refused_with_the_reason(tmp_path: Path, capsys) -> None:
    shutil.copytree(EXAMPLE.parent, tmp_path / "m")
    places = tmp_path / "m" / "orders.geojson"
    whole = json.loads(places.read_text())
    whole["features"] = [f for f in whole["features"] if f["properties"]["id"].startswith("field")][:15]
    for feature in whole["features"]:
        feature["properties"]["satellites"] = ["SW-3"]
    places.write_text(json.dumps(whole))
    asked = ["plan", "what-if", str(tmp_path / "m" / "mission.toml"), "--drop-satellite", "SW-3"]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bound"]["after"] <= told["bound"]["before"] + 1e-6
    assert told["planned"]["before"] > 0 == told["planned"]["after"] and told["bound"]["after"] == 0.0
    assert len(told["newly_refused"]) == told["planned"]["before"]
    assert all("it asks for SW-3, not in the fleet" in row["because"] for row in told["newly_refused"])
    assert main(asked) == 0
    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())
