"""Workers as processes: one that is killed is replaced, and all end with the block."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from swath.cli.main import main
from swath.cli.work import work
from swath.errors import InputError
from swath.operate.loop.crew import crew
from swath.store.jobs import counts
from tests.operate.loop.day import Clock, ask, begin, make_mission


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_is_killed_is_replaced_and_all_end(tmp_path: Path) -> None:
    folder = make_mission(tmp_path / "m")
    with crew(folder, folder, 1, pause_s=0.1) as who:
        (first,) = who()
        os.kill(first, signal.SIGKILL)
        end = time.monotonic() + 60.0
        while who()[0] == first and time.monotonic() < end:
            time.sleep(0.1)
        (second,) = who()
        assert second != first and alive(second)
    assert not alive(second)


def test_the_command_does_what_there_is_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, clock = make_mission(tmp_path / "m"), Clock()
    db, _ = begin(folder, clock)
    ask(db, clock, "anna-1")
    assert main(["work", str(folder), "--once", "--at", "2026-05-08T05:00:00Z"]) == 0
    assert "jobs done" in capsys.readouterr().out
    with db.reading() as connection:
        assert counts(connection)["done"] >= 1
    with pytest.raises(InputError, match="0 workers"):
        work(folder, workers=0)
