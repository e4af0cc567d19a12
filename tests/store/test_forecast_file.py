"""A forecast out of a CSV grid, into a plan."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from swath.errors import DataError, InputError
from swath.operate.plan_only import prepared
from swath.store.forecast import read_forecast
from swath.store.mission import read_mission

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flood"
HEAD = "time,lon_deg,lat_deg,p_clear\n"
GRID = HEAD + "".join(
    f"2026-05-0{day}T00:00:00Z,{lon},{lat},{clear}\n"
    for day in (8, 9)
    for lon, clear in ((-180, 0.25), (0, 0.75))
    for lat in (-90, 90)
)


def test_a_grid_is_read_and_planned_with(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "m")
    (tmp_path / "m" / "sky.csv").write_text(GRID)
    mission = tmp_path / "m" / "mission.toml"
    mission.write_text(mission.read_text() + '\n[forecast]\nfile = "sky.csv"\n')
    read = read_mission(mission)
    assert read.files[-1].name == "sky.csv"
    looks = prepared(read).problem.opportunities
    lon = {r.id: r.place.lon_deg for r in (*read.routine, *read.urgent)}
    said = np.array([0.75 - abs(lon[str(id)]) / 180.0 * 0.5 for id in looks.request])
    assert looks.p_clear == pytest.approx(said, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "header"),
        ("a,b\n", "header"),
        (HEAD, "0 rows"),
        (HEAD + "2026-05-08T00:00:00Z,0,0,1.5\n", "out of range"),
        (HEAD + "2026-05-08T00:00:00Z,0,nan,0.5\n", "out of range"),
        (HEAD + "2026-05-08T00:00:00Z,0,x,0.5\n", "P\\(clear\\)"),
        (HEAD + "yesterday,0,0,0.5\n", "row 2"),
        (GRID + "2026-05-08T00:00:00Z,0,90,0.5\n", "twice"),
        (GRID + "2026-05-08T00:00:00Z,5,90,0.5\n", "9 rows"),
    ],
)
def test_what_is_no_grid_is_said(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "sky.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=what):
        read_forecast(path)


def test_a_missing_forecast_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_forecast(tmp_path / "none.csv")
