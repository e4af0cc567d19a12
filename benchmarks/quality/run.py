"""How good are plans? Every instance set, each case judged by its own independent judge.

    python benchmarks/quality/run.py [aeossp] [own] [spot5] [satnet] [--seed N] [--share S]

Runs ``swath bench plan SET CASE --json`` for every case in reach, each in a fresh process as a user would, and prints
one row a case: value, bound, gap, seconds to the first plan and to the last, peak memory, valid. Rows go to
benchmarks/results/quality-SET.json. Cases of others are read from ../shared/data/planning, or from planning/ under
SWATH_SHARED_DATA. ``--share 0.5`` halves all stop times. Run it on an idle machine: stop times are wall time, and what
a plan is worth depends on what was computed in them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["cases", "main", "plotted", "row"]

REPO = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SWATH_SHARED_DATA", REPO.parent / "shared" / "data")) / "planning"
RESULTS = REPO / "benchmarks" / "results"
OWN = ((1, 500, 5.0), (4, 2000, 30.0), (24, 20_000, 60.0), (24, 20_000, 180.0))
GROWTH = (1, 2, 4, 8, 16, 24)
PUBLISHED = {
    "W10_2018": (886.0, 0.26, 0.48),
    "W20_2018": (1059.0, 0.21, 0.64),
    "W30_2018": (1100.0, 0.28, 0.64),
    "W40_2018": (1058.0, 0.39, 0.82),
    "W50_2018": (879.0, 0.35, 0.60),
}
"""SatNet: the most hours, the least U_rms and the least U_max, each by whoever published it (Goh 2021, Claudet 2022)"""


def cases(name: str) -> list[tuple[str, list[str], float]]:
    """Label, arguments and stop time (s) of every case of a set."""
    if name == "own":
        return [
            (f"{s} x {o}, {stop:g} s", ["own", "--satellites", str(s), "--orders", str(o)], stop) for s, o, stop in OWN
        ]
    if name == "growth":
        return [(str(s), ["own", "--satellites", str(s), "--orders", str(500 * s)], 20.0) for s in GROWTH]
    if name == "aeossp":
        return [(f.name, ["aeossp", str(f)], 60.0) for f in sorted((DATA / "aeossp" / "train").iterdir())]
    if name == "spot5":
        files = sorted((DATA / "spot5").glob("*.spot"), key=lambda path: int(path.stem))
        return [(f.stem, ["spot5", str(f)], 60.0) for f in files]
    return [(f.name, ["satnet", str(f)], 120.0) for f in sorted((DATA / "satnet").iterdir())]


def row(label: str, arguments: list[str], stop_s: float, seed: int) -> dict[str, Any]:
    """One case, as its own process tells it."""
    command = [sys.executable, "-c", "import sys; from swath.cli.main import main; sys.exit(main())", "bench", "plan"]
    with tempfile.TemporaryFile("w+") as said:
        asked = [*command, *arguments, "--stop", f"{stop_s:g}s", "--seed", str(seed), "--json"]
        run = subprocess.Popen(asked, stdout=said)
        _, status, used = os.wait4(run.pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            sys.exit(f"{label}: ended with {os.waitstatus_to_exitcode(status)}")
        said.seek(0)
        found = json.load(said)
    left_out = ("case", "instances", "broken", "interrupted")
    kept = {name: value for name, value in found.items() if name not in left_out}
    return {"case": label, **kept, "peak_memory_mb": round(used.ru_maxrss / 1024.0)}


def plotted(rows: list[dict[str, Any]]) -> None:
    """Growth from 1 to 24 satellites, as a picture beside the results."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    satellites = [int(entry["case"]) for entry in rows]
    axes.plot(satellites, [entry["bound"] for entry in rows], "o--", color="#888888", label="no plan exceeds this")
    axes.plot(satellites, [entry["value"] for entry in rows], "o-", color="#1f6f8b", label="plan")
    axes.set_xlabel("satellites (500 orders each, one day, 20 s of planning)")
    axes.set_ylabel("value")
    axes.set_ylim(0.0)
    for entry, many in zip(rows, satellites, strict=True):
        axes.annotate(f"{100 * entry['gap']:.2f} %", (many, entry["value"]), (-14, 9), textcoords="offset points")
    axes.legend()
    figure.savefig(RESULTS / "quality-growth.png", dpi=120)


def main() -> None:
    """Runs the sets asked for and prints their rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = ["aeossp", "own", "spot5", "satnet", "growth"]
    parser.add_argument("sets", nargs="*", default=known[:4], choices=[*known, []])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=1.0)
    asked = parser.parse_args()
    for name in asked.sets:
        rows = []
        print(f"\n{name}\n{'case':<20}{'value':>12}{'bound':>12}{'gap %':>9}{'first s':>9}{'all s':>8}{'MB':>7}  valid")
        for label, arguments, stop_s in cases(name):
            found = row(label, arguments, stop_s * asked.share, asked.seed)
            rows.append(found)
            gap = "" if found["gap"] is None else f"{100 * found['gap']:.3f}"
            valid = "yes" if found["valid"] else "NO"
            first = "" if found["first_plan_s"] is None else f"{found['first_plan_s']:.1f}"
            print(
                f"{label:<20}{found['value']:>12.2f}{found['bound']:>12.2f}{gap:>9}{first:>9}"
                f"{found['seconds']:>8.1f}{found['peak_memory_mb']:>7}  {valid}"
            )
            if label in PUBLISHED:
                best = dict(zip(("value", "U_rms", "U_max"), PUBLISHED[label], strict=True))
                print("", *(f"{key} {found[key]:.4g} (published {known:g})" for key, known in best.items()))
        (RESULTS / f"quality-{name}.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        if name == "growth":
            plotted(rows)


if __name__ == "__main__":
    main()
