"""How long does the whole job take, how much memory does it need, and where does the time go?

    python benchmarks/demo.py [--runs N] [--cold] [--size flood|quarter] [--out DIR]

Runs the flood example in fresh processes, at two sizes, prints a table and writes one JSON file a size. See
benchmarks/README.md for what is measured and how.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Measured", "main", "measure", "thinned"]

REPO = Path(__file__).resolve().parents[1]
MISSION = REPO / "examples" / "flood" / "mission.toml"
SIZES = {"flood": 1, "quarter": 4}
SWATH = str(Path(sys.executable).with_name("swath"))
MEANT = {"wall_s": 60.0, "cold_wall_s": 90.0, "peak_memory_mb": 1000.0, "first_line_s": 2.0, "help_cpu_s": 0.3}


@dataclass(frozen=True)
class Measured:
    """One run of one size."""

    size: str
    orders: int
    cold: bool
    wall_s: float
    cpu_s: float
    peak_memory_mb: float
    first_line_s: float
    stages: list[dict[str, Any]] = field(default_factory=list)


def thinned(mission: Path, folder: Path, every: int) -> tuple[Path, int]:
    """A copy of the mission with every ``every``-th routine order, in ``folder``; and how many orders that leaves."""
    with (mission.parent / "orders.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    kept = rows[::every]
    copy = folder / mission.name
    shutil.copy(mission, copy)
    with (folder / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *kept])
    return copy, len(kept)


def _family(pid: int) -> list[int]:
    """The process and everything it started that is still alive."""
    found = [pid]
    for parent in found:
        for listing in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in listing.read_text().split()]
            except OSError:
                continue
    return found


def _memory_kib(pid: int) -> int:
    """Proportional set size of one process; 0 once it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def _cpu_s(pid: int) -> float:
    """CPU time of one process so far, its children not counted; 0 once it is gone."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


@contextmanager
def watched(pid: int, every_s: float) -> Iterator[tuple[list[int], dict[int, float]]]:
    """Samples a process and its children until the block ends: memory of all (KiB), CPU time of each (s)."""
    memory_kib, cpu_s, finished = [0], {pid: 0.0}, threading.Event()

    def watch() -> None:
        while not finished.wait(every_s):
            family = _family(pid)
            memory_kib.append(sum(_memory_kib(one) for one in family))
            cpu_s.update({one: max(_cpu_s(one), cpu_s.get(one, 0.0)) for one in family})

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory_kib, cpu_s
    finally:
        finished.set()
        watcher.join()


def measure(command: list[str], *, every_s: float = 0.4) -> tuple[float, float, float, float]:
    """Runs a command to its end: wall seconds, CPU seconds, peak memory (MB), seconds to its first line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=REPO) as process,
        watched(process.pid, every_s) as (memory_kib, sampled_s),
    ):
        text = process.stdout.readline() if process.stdout else b""
        first_s = time.monotonic() - start
        text += process.stdout.read() if process.stdout else b""
        code = process.wait()
        wall_s = time.monotonic() - start
    if code:
        sys.exit(f"{' '.join(command)} ended with {code}:\n{text.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The system's own count leaves out the workers of a fork server; samples leave out what is shorter than their step.
    counted_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, max(counted_s, sum(sampled_s.values())), max(memory_kib) * 1024 / 1e6, first_s


def _drop_compiled() -> None:
    for pattern in ("*.nbi", "*.nbc"):
        for kernel in (REPO / "swath").rglob(pattern):
            kernel.unlink()


def run_size(size: str, *, cold: bool) -> Measured:
    """One run of the example at one size, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mission, orders = thinned(MISSION, folder, SIZES[size])
        if cold:
            _drop_compiled()
        wall_s, cpu_s, memory_mb, first_s = measure([SWATH, "run", str(mission), "--out", str(folder / "out")])
        stages = json.loads((folder / "out" / "evidence" / "timings.json").read_text("utf-8"))["stages"]
    return Measured(
        size, orders, cold, round(wall_s, 2), round(cpu_s, 2), round(memory_mb, 1), round(first_s, 2), stages
    )


def _cell(name: str, value: float, cold: bool) -> str:
    meant = MEANT.get("cold_wall_s" if cold and name == "wall_s" else name)
    return f"{value:.1f}{'!' if meant is not None and value > meant else ''}"


def table(rows: list[Measured]) -> str:
    """The numbers side by side, then every stage's seconds and share of the wall time."""
    lines = [("", *(row.size for row in rows)), ("orders", *(str(row.orders) for row in rows))]
    for name in ("wall_s", "cpu_s", "peak_memory_mb", "first_line_s"):
        lines.append((name, *(_cell(name, getattr(row, name), row.cold) for row in rows)))
    for name in dict.fromkeys(stage["name"] for row in rows for stage in row.stages):
        cells = []
        for row in rows:
            spent_s = sum(stage["wall_s"] for stage in row.stages if stage["name"] == name)
            cells.append(f"{spent_s:.1f} s {spent_s / row.wall_s:5.1%}")
        lines.append((f"  {name}", *cells))
    width = max(len(line[0]) for line in lines)
    return "\n".join(line[0].ljust(width) + "".join(cell.rjust(18) for cell in line[1:]) for line in lines)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description="How long does the whole job take, and what does it need?")
    parser.add_argument("--runs", type=int, default=1, help="runs of each size; the least wall time counts")
    parser.add_argument("--cold", action="store_true", help="drop compiled kernels before each run")
    parser.add_argument("--size", choices=sorted(SIZES), action="append", help="only this size (may be repeated)")
    parser.add_argument("--out", type=Path, default=REPO / "benchmarks" / "results", help="folder for the JSON files")
    given = parser.parse_args()
    best = []
    for size in given.size or SIZES:
        runs = [run_size(size, cold=given.cold) for _ in range(given.runs)]
        best.append(min(runs, key=lambda run: run.wall_s))
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    given.out.mkdir(parents=True, exist_ok=True)
    for row in best:
        name = f"demo-{row.size}{'-cold' if row.cold else ''}.json"
        text = json.dumps({**asdict(row), "runs": given.runs, **machine}, indent=2) + "\n"
        (given.out / name).write_text(text, encoding="utf-8")
    print(table(best))
    help_cpu_s = min(measure([SWATH, "--help"])[1] for _ in range(5))
    print(f"swath --help: {help_cpu_s:.2f} s of CPU{'!' if help_cpu_s > MEANT['help_cpu_s'] else ''}")
    print(f"{machine['cores']} cores, Python {machine['python']}; ! marks what is beyond the target")


if __name__ == "__main__":
    main()
