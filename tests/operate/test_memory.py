"""Large free memory goes back to the system at once, where the C library can be asked to."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from swath.operate.memory import give_back_memory

def held_mb():
    text = Path("/proc/self/statm").read_text()
    return int(text.split()[1]) * 4096 / 1e6

if sys.argv[1] == "asked":
    give_back_memory()
np.ones(30_000_000, np.uint8)          # glibc now would keep blocks of this size
before = held_mb()
pieces = [np.ones(1_000_000, np.uint8) for _ in range(200)]
last = np.ones(300_000, np.uint8)      # sits above the pieces and so holds the heap up
del pieces
print(held_mb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_freed_pictures_do_not_stay() -> None:
    def kept(how: str) -> float:
        run = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
        return float(run.stdout)

    assert kept("asked") < 5.0
    assert kept("not asked") > 100.0
