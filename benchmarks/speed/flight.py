"""How long does it take to fly a day of four satellites? The whole command `swath fly`, in a fresh process.

    python benchmarks/speed/flight.py [--runs N]

Plans `examples/orders` (buses, wheels, rods, shake, heat, link budgets) for 6 hours and for 24, then flies each plan
and writes its page: Python's start, orbits, surroundings, commands, every second of attitude, wheels, battery, memory
and heat (twice: as foreseen and as flown), contacts with losses, the report. The least of ``--runs`` after one that
compiles; the target is 20 s of wall time for 24 hours. No other program does the same; Basilisk judges single parts in
tests/authorities/test_basilisk.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.demo import REPO, SWATH, measure

__all__ = ["main", "row"]

MISSION = REPO / "examples" / "orders"
HOURS = (6, 24)
RESULTS = REPO / "benchmarks" / "results" / "flight.json"
MEANT_S = 20.0


def row(hours: int, runs: int, folder: Path) -> dict[str, Any]:
    """One size: satellite-hours flown, pictures, seconds and memory."""
    mission = folder / f"{hours}"
    shutil.copytree(MISSION, mission)
    text = (mission / "mission.toml").read_text("utf-8")
    (mission / "mission.toml").write_text(text.replace("hours = 24", f"hours = {hours}"), "utf-8")
    plan = [SWATH, "plan", str(mission / "mission.toml"), "--out", str(mission / "plan")]
    subprocess.run(plan, check=True, stdout=subprocess.DEVNULL, cwd=REPO)
    made = json.loads((mission / "plan" / "plan.json").read_text("utf-8"))
    timed = []
    for number in range(runs + 1):
        page = mission / f"flight{number}-SIMULATED.html"
        given = [str(mission / "plan"), "--mission", str(mission / "mission.toml"), "--out", str(page)]
        timed.append(measure([SWATH, "fly", *given]))
    wall_s, cpu_s, peak_mb, _ = min(timed[1:])
    return {
        "satellites": text.count("\n[[satellites]]"),
        "hours": hours,
        "pictures": len(made["acquisitions"]),
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "peak_memory_mb": round(peak_mb, 1),
    }


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description="How long does it take to fly a day of four satellites?")
    parser.add_argument("--runs", type=int, default=2)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        rows = [row(hours, runs, Path(name)) for hours in HOURS]
    for one in rows:
        late = "!" if one["wall_s"] > MEANT_S else ""
        print(
            f"{one['satellites']} satellites, {one['hours']:2d} h, {one['pictures']:3d} pictures: "
            f"{one['wall_s']:.1f} s{late} wall, {one['cpu_s']:.1f} s CPU, {one['peak_memory_mb']:.0f} MB"
        )
    about = {"machine": f"{platform.machine()}, {os.cpu_count()} cores", "load_average": os.getloadavg()}
    RESULTS.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
