"""``swath survey`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from swath.cli.main import main
from swath.survey.qgc_check import check_plan
from tests.cli.schemas import errors

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "survey"
FIELD, MAST = str(EXAMPLES / "field.geojson"), str(EXAMPLES / "mast.geojson")


def heights(path: Path, *, hole: bool = False, crs: str = "EPSG:4326") -> Path:
    """A slope of 5 m in 100 m towards the east around the example's field."""
    east = np.broadcast_to(np.arange(200.0), (200, 200)) * 76.6 * 0.0001 / 0.001
    grid = (200.0 + east * 0.05 * 1.0).astype("float32")
    if hole:
        grid[100, 100] = -9999.0
    with rasterio.open(
        path, "w", driver="GTiff", width=200, height=200, count=1, dtype="float32", nodata=-9999.0, crs=crs,
        transform=from_origin(16.395, 46.533, 0.0001, 0.0001),
    ) as file:  # fmt: skip
        file.write(grid, 1)
    return path


def test_a_folder_is_written_told_and_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "survey"
    asked = [
        "survey",
        FIELD,
        "--keep-out",
        MAST,
        "--terrain",
        str(heights(tmp_path / "dem.tif")),
        "--day",
        "2026-06-01",
    ]
    assert main([*asked, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "by simulated flight" in printed
    assert max(len(line) for line in printed.splitlines() if str(out) not in line) <= 80
    assert {p.name for p in out.iterdir()} == {
        *("flight-1.plan", "flight-1.kmz", "survey.gpx", "survey.kml", "survey.json", "sheet.pdf", "sheet.png"),
        "lineage.json",
    }
    plan = (out / "flight-1.plan").read_text("utf-8")
    assert check_plan(plan) == ()
    (lines,) = [item for item in json.loads(plan)["mission"]["items"] if item["type"] == "ComplexItem"]
    assert lines["TransectStyleComplexItem"]["CameraCalc"]["DistanceMode"] == 3
    written = json.loads((out / "survey.json").read_text("utf-8"))
    assert errors("survey.schema.json", written) == []
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == written
    assert main(["verify", str(out)]) == 0


def test_a_corridor_and_an_own_camera(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = tmp_path / "dike.geojson"
    line.write_text(
        json.dumps({"type": "LineString", "coordinates": [[16.40, 46.52], [16.405, 46.522], [16.41, 46.522]]})
    )
    camera = tmp_path / "own.toml"
    source = Path(__file__).resolve().parents[2] / "swath" / "survey" / "catalog" / "phantom4pro.toml"
    camera.write_text(source.read_text("utf-8"))
    asked = ["--pattern", "corridor", "--corridor-m", "80", "--camera", str(camera), "--json"]
    assert main(["survey", str(line), *asked]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["drone"] == "DJI Phantom 4 Pro"
    assert found["proof"]["once_share"] == 1.0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--gsd", "2 inches"], 2, "no length"),
        (["--gsd", "9cm"], 1, "above the limit of 120 m"),
        (["--camera", "kite"], 2, "no drone is called"),
        (["--camera", "missing.toml"], 2, "cannot read the camera"),
        (["--pattern", "corridor"], 2, "how wide"),
        (["--pattern", "corridor", "--corridor-m", "50"], 2, "GeoJSON LineString"),
        (["--wind-m-s", "20"], 1, "wind of 20 m/s"),
        (["--day", "midsummer"], 2, "no date"),
        (["--day", "2026-06-01", "--sun", "95"], 2, "Sun elevation"),
        (["--terrain", "missing.tif"], 3, "cannot be read"),
        (["--take-off", "16.9", "46.5"], 1, "too far from the take-off"),
    ],
)
def test_what_is_wrong_is_said(options: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["survey", FIELD, *options]) == code
    assert said in capsys.readouterr().err


def test_height_grids_with_holes_or_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hole = heights(tmp_path / "hole.tif", hole=True)
    assert main(["survey", FIELD, "--terrain", str(hole)]) == 3
    assert "holes, the first" in capsys.readouterr().err
    elsewhere = heights(tmp_path / "utm.tif", crs="EPSG:32633")
    assert main(["survey", FIELD, "--terrain", str(elsewhere)]) == 3
    assert "does not cover the area" in capsys.readouterr().err
    assert main(["survey", FIELD, "--terrain", FIELD]) == 3
