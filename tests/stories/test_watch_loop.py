"""The closed loop, offline: from a fire in the simulated land to a confirmed alert, as the example goes round it."""

from __future__ import annotations

import importlib.util
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "watch" / "loop.py"


@pytest.mark.slow
def test_a_seeded_change_becomes_a_confirmed_alert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("watch_loop", EXAMPLE)
    assert spec is not None and spec.loader is not None
    loop = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, loop)  # its records look for their own module
    spec.loader.exec_module(loop)
    alert = loop.main(tmp_path / "loop", 16)
    # The fire burns from 1 March; the looks about it are of 16 February and 4 March, told with the third.
    assert alert.simulated and alert.status == "confirmed" and "still there" in alert.answer
    assert alert.before <= np.datetime64("2026-03-01") and alert.after == alert.step("seen").at
    assert alert.after < np.datetime64("2026-04-22")
    lon, lat = alert.lonlat
    assert abs(lon - 11.9) < 0.004 and abs(lat - 44.95) < 0.003
    names = ("seen", "noticed", "ordered", "planned", "taken", "landed", "mapped", "answered")
    times = [alert.step(name).at for name in names]
    assert all(a <= b for a, b in pairwise(times))
    assert "SIMULATED" in (tmp_path / "loop" / "alert.html").read_text("utf-8")
