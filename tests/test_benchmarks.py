"""The benchmark measures what it says: the smaller mission is a real one, and the memory of children counts."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from benchmarks import demo


def test_the_smaller_mission_keeps_every_fourth_order(tmp_path: Path) -> None:
    mission, orders = demo.thinned(demo.MISSION, tmp_path, 4)
    assert mission.read_bytes() == demo.MISSION.read_bytes()
    with (demo.MISSION.parent / "orders.csv").open(newline="", encoding="utf-8") as file:
        whole = list(csv.DictReader(file))
    with (tmp_path / "orders.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == whole[::4]
    assert orders == len(whole[::4])


def test_memory_of_children_counts() -> None:
    child = "b = bytearray(120_000_000); import time; time.sleep(0.6)"
    parent = f"import subprocess, sys; print(1, flush=True); subprocess.run([sys.executable, '-c', {child!r}])"
    wall_s, cpu_s, peak_mb, first_s = demo.measure([sys.executable, "-c", parent], every_s=0.1)
    assert peak_mb > 120
    assert 0 < first_s < wall_s
    assert cpu_s > 0


def test_the_table_marks_what_is_beyond_the_target() -> None:
    stages = [{"name": "plan", "wall_s": 20.0}, {"name": "fly", "wall_s": 60.0}]
    slow = demo.Measured("flood", 200, False, 80.0, 90.0, 500.0, 1.0, stages)
    text = demo.table([slow])
    assert "80.0!" in text
    assert "500.0!" not in text
    assert "60.0 s 75.0%" in text
