"""``swath bench plan``: rows, plans of others, bad input, an interrupt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest

from swath.cli.clock import Clock
from swath.cli.main import main


def test_a_generated_case_is_planned_judged_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.json"
    asked = ["bench", "plan", "own", "--satellites", "1", "--orders", "80", "--stop", "3s", "--seed", "4"]
    assert main([*asked, "--out", str(out), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["valid"] is True
    assert 0.0 <= row["gap"] < 0.02
    assert 0.0 < row["value"] <= row["bound"]
    assert main([*asked, "--plan", str(out)]) == 0
    assert f"{row['value']:.7g}" in capsys.readouterr().out
    spoiled = json.loads(out.read_text("utf-8"))
    spoiled["looks"][0]["start_s"] += 1.0
    out.write_text(json.dumps(spoiled), "utf-8")
    assert main([*asked, "--plan", str(out), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["value"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["spot5"], "which case"),
        (["spot5", "nothing.spot"], "cannot be read"),
        (["chess", "x"], "no swath.instances plugin"),
        (["own", "--stop", "soon"], "no length of time"),
        (["own", "--satellites", "0"], "satellites is 0"),
        (["own", "--planner", "magic"], "no swath.planners plugin"),
    ],
)
def test_bad_input_is_told(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "plan", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_clock_knows_what_is_left() -> None:
    clock = Clock(1000.0)
    assert 0.0 <= clock.used() < 0.01
    assert 990.0 < clock.left_s() <= 1000.0
    clock.interrupted = True
    assert (clock.used(), clock.left_s()) == (1.0, 0.0)


def test_a_clock_stands_still_while_kernels_are_compiled() -> None:
    clock = Clock(1000.0)
    before = clock.compiled_s()
    begun = time.monotonic()
    numba.njit(lambda x: x * 2.0 + 1.0)(3.0)
    whole_s, compiled_s = time.monotonic() - begun, clock.compiled_s()
    assert before == 0.0 < compiled_s <= whole_s
    assert clock.passed_s() <= time.monotonic() - begun - compiled_s + 1.0  # no more than what else there was to do


def test_an_interrupt_gives_the_best_plan_so_far(tmp_path: Path) -> None:
    code = "import sys; from swath.cli.main import main; sys.exit(main())"
    asked = ["bench", "plan", "own", "--satellites", "2", "--orders", "600", "--stop", "10min", "--json"]
    run = subprocess.Popen([sys.executable, "-c", code, *asked], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    time.sleep(8.0)
    os.kill(run.pid, signal.SIGINT)
    out, _ = run.communicate(timeout=120)
    row = json.loads(out)
    assert row["interrupted"] is True
    assert row["valid"] is True
    assert row["bound"] > 0.0
