"""A user follows docs/how-to/run-your-own-mission.md: the mission printed there runs, and can be repeated."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

SWATH = str(Path(sys.executable).with_name("swath"))


def swath(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SWATH, *arguments], capture_output=True, text=True, check=False)


def test_the_mission_of_the_how_to_runs_and_verifies(repo: Path, tmp_path: Path) -> None:
    page = (repo / "docs" / "how-to" / "run-your-own-mission.md").read_text("utf-8")
    mission, orders = (
        re.search(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE) for kind in ("toml", "text")
    )
    assert mission and orders
    (tmp_path / "mission.toml").write_text(mission[1], "utf-8")
    (tmp_path / "orders.csv").write_text(orders[1], "utf-8")
    out = tmp_path / "out"

    run = swath("run", str(tmp_path / "mission.toml"), "--out", str(out))
    assert run.returncode == 0, run.stderr
    assert "SIMULATED" in run.stdout
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    assert {row["request"] for row in plan["acquisitions"]} == {"vineyard", "harbour"}
    assert (out / "report.html").is_file()
    assert len(list(out.glob("stac/scenes/*/*_SIMULATED.tif"))) == 2

    again = swath("verify", str(out))
    assert again.returncode == 0, again.stdout + again.stderr

    table = out / "plan.csv"
    table.write_text(table.read_text("utf-8").replace("vineyard", "vinyard"), "utf-8")
    changed = swath("verify", str(out))
    assert changed.returncode == 1
    assert "plan.csv" in changed.stdout
