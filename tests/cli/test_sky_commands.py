"""swath orbit track, nodes, eclipses, maneuvers, repeat, lifetime: called as a user calls them."""

from __future__ import annotations

import csv
import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from swath.cli.main import main
from swath.orbit.element_text import to_tle
from swath.report.orbit_files import pieces
from tests.cli.test_orbit_commands import MALLIGYONG, answer
from tests.orbit.orbits import EPOCH
from tests.orbit.series import Burn, simulate

LANDSAT = (
    "LANDSAT 8\n"
    "1 39084U 13008A   17205.30848742 +.00000033 +00000-0 +17378-4 0  9993\n"
    "2 39084 098.2214 275.2839 0001486 093.6058 266.5310 14.57103248224633\n"
)
AT = "2017-07-23T18:52:09Z"  # LC08_L2SP_045034_20170723_02_T1


@pytest.fixture
def landsat(tmp_path: Path) -> str:
    (file := tmp_path / "l8.tle").write_text(LANDSAT)
    return str(file)


@pytest.fixture
def history(tmp_path: Path) -> str:
    sets = simulate(1, days=30.0, burns=(Burn(12.4, 0.5), Burn(20.3, -0.4)))
    (file := tmp_path / "history.tle").write_text("".join(to_tle(one) for one in sets))
    return str(file)


def test_a_position_names_its_path_and_row(landsat: str, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answer(capsys, "orbit", "position", "--elements", landsat, "--at", AT)["positions"]
    assert (row["path"], row["row"], row["relative_orbit"]) == (45, 34, None)
    assert 0.02 < row["along_track_90_s"] < 1.0
    assert row["along_track_90_s"] == pytest.approx(1.6449 * row["along_track_sigma_s"])
    assert row["cross_track_90_m"] > 10.0
    assert "no history" in row["because"]
    assert 130 < row["argument_of_latitude_deg"] < 150  # 37 deg north, southbound
    assert abs(row["beta_deg"]) < 40.0


def test_a_history_in_the_file_teaches_and_warns_of_manoeuvres(
    history: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("orbit", "position", "--elements", history, "--at", "2026-06-07T00:00:00Z")
    (row,) = answer(capsys, *words)["positions"]
    assert "from its own" in row["because"]


def test_windows_across_a_manoeuvre_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The set of before a burn of 0.5 m/s, and one of long after it: passes between them."""
    sets = simulate(1, days=30.0, burns=(Burn(12.4, 0.5),))
    kept = [one for one in sets if not 12.4 < (one.epoch - EPOCH) / np.timedelta64(1, "D") < 22.0]
    (file := tmp_path / "gap.tle").write_text("".join(to_tle(one) for one in kept))
    words = ("--elements", str(file), "--station=-100.4,31.4", "--start", "2026-05-21T21:13:40Z", "--hours", "24")
    said = answer(capsys, "passes", *words)
    assert len(said["passes"]) >= 2
    told = re.compile(r"a manoeuvre of 0\.5\d? m/s between 2026-05-20")
    assert all(told.search(row["because"]) for row in said["passes"])
    assert any(told.search(line) for line in said["warnings"])
    assert all(row["along_track_90_s"] > 20.0 for row in said["passes"])


@pytest.mark.parametrize("ending", ["json", "csv", "geojson", "kml", "czml", "png"])
def test_a_track_in_every_form(landsat: str, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["orbit", "track", "--elements", landsat, "--start", AT, "--hours", "3", "--step-s", "60"]
    rows = answer(capsys, *words, "--swath-m", "185000")["points"]
    assert len(rows) == 181
    out = tmp_path / f"track.{ending}"
    assert main([*words, "--swath-m", "185000", "--out", str(out)]) == 0
    if ending == "json":
        assert json.loads(out.read_text())["points"] == rows
    elif ending == "csv":
        with out.open(newline="") as file:
            assert [row["time"] for row in csv.DictReader(file)] == [row["time"] for row in rows]
    elif ending == "geojson":
        (feature,) = json.loads(out.read_text())["features"]
        lines = feature["geometry"]["coordinates"]
        assert len(lines) >= 2  # over the date line
        assert all(abs(b[0] - a[0]) < 180.0 for line in lines for a, b in pairwise(line))
    elif ending == "kml":
        track = ElementTree.parse(out).getroot()
        assert len(track.findall(".//{http://www.google.com/kml/ext/2.2}coord")) == 181
        assert len(track.findall(".//{http://www.opengis.net/kml/2.2}when")) == 181
    elif ending == "czml":
        document, satellite = json.loads(out.read_text())
        assert document["id"] == "document"
        assert len(satellite["position"]["cartesian"]) == 4 * 181
        assert np.linalg.norm(satellite["position"]["cartesian"][1:4]) == pytest.approx(7.08e6, rel=0.01)
    else:
        with Image.open(out) as picture:
            assert picture.width > 1200
            assert len(np.unique(np.asarray(picture.convert("L")))) > 50
    assert list(tmp_path.glob("*.part")) == []


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=30))
@settings(max_examples=50)
def test_lines_are_cut_at_the_date_line_and_keep_their_points(points: list[tuple[float, float]]) -> None:
    lon, lat = np.array(points).T
    parts = pieces(lon, lat)
    assert all((np.abs(np.diff(part[:, 0])) <= 180.0).all() for part in parts)
    assert np.abs(np.vstack(parts)).max() <= 180.0
    assert {tuple(point) for point in points} <= {tuple(point) for point in np.vstack(parts).tolist()}


def test_nodes_name_tracks(landsat: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "orbit", "nodes", "--elements", landsat, "--start", AT, "--hours", "24")["nodes"]
    assert 28 <= len(rows) <= 30
    down = [row for row in rows if row["direction"] == "descending"]
    # Landsat crosses southwards at about 10:11 local mean time; paths go down by 16 from one orbit to the next, of 233
    assert all(row["local_mean_time"].startswith(("10:1", "10:0")) for row in down)
    paths = [row["path"] for row in down]
    assert paths[0] == 45
    assert all((b - a) % 233 == 16 for a, b in pairwise(paths))


def test_eclipses_in_a_table_and_a_picture(landsat: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["orbit", "eclipses", "--elements", landsat, "--start", AT, "--hours", "24"]
    rows = answer(capsys, *words)["eclipses"]
    assert 14 <= len(rows) <= 16
    assert all(row["start"] <= row["umbra_start"] < row["umbra_stop"] <= row["stop"] for row in rows)
    assert all(0 < row["umbra_s"] < 2130 for row in rows)
    assert main([*words, "--out", str(tmp_path / "e.png")]) == 0
    with Image.open(tmp_path / "e.png") as picture:
        assert picture.width > 1000
    capsys.readouterr()
    assert main(words) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_manoeuvres_and_who_could_see_them(history: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["orbit", "maneuvers", "--elements", history]
    rows = answer(capsys, *words)["maneuvers"]
    assert [row["kind"] for row in rows] == ["in-plane", "in-plane"]
    assert [row["along_m_s"] for row in rows] == [pytest.approx(0.5, abs=0.03), pytest.approx(-0.4, abs=0.03)]
    assert all(row["seen_to_begin"] is None for row in rows)
    seen = answer(capsys, *words, "--station=-100.4,31.4")["maneuvers"]
    assert {row["seen_to_begin"] for row in seen} <= {"yes", "no", "possible"}
    assert main([*words, "--out", str(tmp_path / "m.png")]) == 0
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.height > 1000
    capsys.readouterr()
    assert main([*words, "--station=-100.4,31.4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 80


def test_one_set_shows_no_change(landsat: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orbit", "maneuvers", "--elements", landsat]) == 3
    assert "a change shows between two" in capsys.readouterr().err
    (two := tmp_path / "two.tle").write_text(LANDSAT + MALLIGYONG)
    assert main(["orbit", "maneuvers", "--elements", str(two), "--out", str(tmp_path / "m.png")]) == 2
    assert "Give --satellite" in capsys.readouterr().err


def test_repeats_and_lifetimes(landsat: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = answer(capsys, "orbit", "repeat", "--elements", landsat)["repeats"]
    assert (row["orbits"], row["nodal_days"]) == (233, 16)
    assert row["nodal_period_s"] == pytest.approx(5933.0, abs=0.5)  # 98.9 min
    (file := tmp_path / "m.tle").write_text(MALLIGYONG)
    (row,) = answer(capsys, "orbit", "lifetime", "--elements", str(file))["lifetimes"]
    assert row["low_days"] < row["days"] < row["high_days"]
    assert row["perigee_m"] == pytest.approx(500e3, abs=5e3)
    assert "the Sun may change that" in row["because"]
    for command in ("repeat", "lifetime"):
        assert main(["orbit", command, "--elements", str(file)]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["track", "--start", AT, "--hours", "0"], 2, "a span of 0 hours"),
        (["track", "--start", AT, "--step-s", "0"], 2, "steps of 0 s"),
        (["track", "--start", AT, "--swath-m", "-5"], 2, "a swath of -5 m"),
        (["track", "--start", AT, "--out", "x.xlsx"], 2, "cannot write .xlsx"),
        (["track", "--start", "2019-01-01T00:00:00Z"], 3, "good for 30"),
        (["nodes", "--start", "noon"], 2, "'noon' is not a time"),
        (["eclipses", "--start", AT, "--hours", "nan"], 2, "a span of nan hours"),
        (["repeat", "--max-days", "0"], 2, "0 days"),
        (["maneuvers", "--station", "here"], 2, "not LON,LAT"),
        (["repeat", "--satellite", "HUBBLE"], 2, "no satellite 'HUBBLE'"),
    ],
)
def test_bad_input_is_one_message_and_a_code(
    landsat: str, words: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["orbit", words[0], "--elements", landsat, *words[1:]]) == code
    caught = capsys.readouterr()
    assert caught.out == ""
    assert re.search(why, " ".join(caught.err.split()))
    assert "Traceback" not in caught.err


@pytest.mark.parametrize("command", ["track", "nodes", "eclipses", "maneuvers", "repeat", "lifetime"])
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orbit", command, "--help"]) == 0
    assert f"Example: swath orbit {command}" in " ".join(capsys.readouterr().out.split())
