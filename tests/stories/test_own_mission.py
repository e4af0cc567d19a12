"""A user follows docs/how-to/run-your-own-mission.md: the mission printed there runs, and can be repeated."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from swath.cli.main import main
from swath.operate import evidence


def test_the_mission_of_the_how_to_runs_and_verifies(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (repo / "docs" / "how-to" / "run-your-own-mission.md").read_text("utf-8")
    mission, orders = (
        re.search(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE) for kind in ("toml", "text")
    )
    assert mission and orders
    (tmp_path / "mission.toml").write_text(mission[1], "utf-8")
    (tmp_path / "orders.csv").write_text(orders[1], "utf-8")
    out = tmp_path / "out"

    assert main(["run", str(tmp_path / "mission.toml"), "--out", str(out)]) == 0
    assert "SIMULATED" in capsys.readouterr().out
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    assert {row["request"] for row in plan["acquisitions"]} == {"vineyard", "harbour"}
    assert (out / "report.html").is_file()
    assert len(list(out.glob("stac/scenes/*/*_SIMULATED.tif"))) == 2

    run_mission = evidence.run_mission

    def run_and_keep(mission: Path, again: Path, **asked: Any) -> object:
        outcome = run_mission(mission, again, **asked)
        shutil.copytree(again, tmp_path / "again")
        return outcome

    monkeypatch.setattr(evidence, "run_mission", run_and_keep)
    assert main(["verify", str(out)]) == 0, capsys.readouterr()

    table = out / "plan.csv"
    table.write_text(table.read_text("utf-8").replace("vineyard", "vinyard"), "utf-8")
    # what that run made is compared once more: a third would make the same
    monkeypatch.setattr(evidence, "run_mission", lambda mission, again, **_: shutil.copytree(tmp_path / "again", again))
    capsys.readouterr()
    assert main(["verify", str(out)]) == 1
    assert "plan.csv" in capsys.readouterr().out
