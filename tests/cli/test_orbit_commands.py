"""The commands orbit, passes and access, called as a user calls them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swath.cli.main import main
from tests.orbit.messages import FORMS, fields_of
from tests.orbit.test_elements import ONE, TWO, changed

# Malligyong-1, set issued 2024-06-06T04:41:45.620Z
MALLIGYONG = (
    "MALLIGYONG-1\n"
    "1 58400U 23179A   24158.19566690  .00000871  00000-0  41535-4 0  9999\n"
    "2 58400  97.4052  45.2326 0002221 305.1745  54.9283 15.21704003 30052\n"
)
GOODFELLOW = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "goodfellow",
            "properties": {},
            "geometry": {"type": "Point", "coordinates": [-100.3993, 31.4296]},
        }
    ],
}
SPAN = ("--start", "2024-06-07T00:00:00Z", "--hours", "72")


@pytest.fixture
def elements(tmp_path: Path) -> str:
    (file := tmp_path / "fleet.tle").write_text(f"{MALLIGYONG}ISS\n{ONE}\n{TWO}\n")
    return str(file)


@pytest.fixture
def places(tmp_path: Path) -> str:
    (file := tmp_path / "places.geojson").write_text(json.dumps(GOODFELLOW))
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_published_position(elements: str, capsys: pytest.CaptureFixture[str]) -> None:
    # DIVER OSINT CTF 2024: 31.4519, -100.6058 at 506 km
    said = answer(
        capsys, "orbit", "position", "--elements", elements, "--at", "2024-06-07T05:01:07Z", "--satellite", "58400"
    )
    (row,) = said["positions"]
    assert (row["satellite"], row["norad_id"], row["time"]) == ("MALLIGYONG-1", 58400, "2024-06-07T05:01:07.000Z")
    assert (row["lat_deg"], row["lon_deg"]) == (pytest.approx(31.4519, abs=1e-3), pytest.approx(-100.6058, abs=1e-3))
    assert row["altitude_m"] == pytest.approx(506e3, abs=500)
    assert row["sunlit"] is False  # near midnight in Texas
    assert row["age_days"] == pytest.approx(1.0, abs=0.02)
    assert 0.05 < row["along_track_sigma_s"] < 0.2
    assert row["epoch"] == "2024-06-06T04:41:45.620Z"
    assert said["failed"] == said["rejected"] == said["warnings"] == []


def test_one_satellite_that_fails_does_not_hide_the_others(elements: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orbit", "position", "--elements", elements, "--at", "2024-06-11T05:00:00Z"]) == 0
    caught = capsys.readouterr()
    assert "MALLIGYONG-1" in caught.out and "ISS" not in caught.out
    assert "left out ISS" in caught.err and "they are good for 30" in caught.err
    assert "MALLIGYONG-1 are 5.0 days old: expect 3" in caught.err
    assert max(map(len, caught.out.splitlines())) <= 80


def test_passes_form_a_table_json_and_csv(elements: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["passes", "--elements", elements, "--station", "-100.4,31.4,500", *SPAN, "--min-elevation-deg", "10"]
    words += ["--satellite", "malligyong-1"]
    rows = answer(capsys, *words)["passes"]
    assert 6 <= len(rows) <= 18
    for row in rows:
        assert row["start"] < row["culmination"] < row["stop"]
        assert row["start"].endswith("Z")
        assert 10.0 < row["max_elevation_deg"] <= 90.0
        assert row["station"] == "-100.4,31.4,500"
    # 05:01:07 is the time of the published point, 20 km from the place: an almost overhead pass
    assert any(row["start"] < "2024-06-07T05:01:07" < row["stop"] and row["max_elevation_deg"] > 85 for row in rows)
    out = tmp_path / "passes.csv"
    assert main([*words, "--out", str(out)]) == 0
    with out.open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["culmination"] for row in table] == [row["culmination"] for row in rows]
    capsys.readouterr()
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(rows)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("ending", ["json", "csv", "geojson"])
def test_access_writes_every_form(
    elements: str, places: str, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["access", "--elements", elements, "--places", places, *SPAN, "--max-off-nadir-deg", "60"]
    words += ["--satellite", "MALLIGYONG-1"]
    rows = answer(capsys, *words)["accesses"]
    assert len(rows) >= 2
    keys = ["satellite", "place", "start", "stop", "closest"]
    keys += ["min_off_nadir_deg", "max_elevation_deg", "sun_elevation_deg"]
    assert all(list(row)[:8] == keys for row in rows)
    out = tmp_path / f"windows.{ending}"
    assert main([*words, "--out", str(out)]) == 0
    if ending == "json":
        got = json.loads(out.read_text())["accesses"]
    elif ending == "csv":
        table = csv.DictReader(out.read_text().splitlines())
        got = [{k: float(v) if k.endswith("_deg") else v for k, v in row.items() if k in keys} for row in table]
        rows = [{k: row[k] for k in keys} for row in rows]
    else:
        features = json.loads(out.read_text())["features"]
        assert features[0]["geometry"] == GOODFELLOW["features"][0]["geometry"]
        got = [feature["properties"] for feature in features]
    assert got == rows
    assert list(tmp_path.glob("*.part")) == []
    capsys.readouterr()
    assert main(words) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_conditions_narrow_the_windows(elements: str, places: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["access", "--elements", elements, "--places", places, *SPAN, "--satellite", "58400"]
    wide = answer(capsys, *words)["accesses"]
    narrow = answer(capsys, *words, "--max-off-nadir-deg", "60", "--min-sun-elevation-deg", "0")["accesses"]
    assert 0 < len(narrow) < len(wide)
    assert all(row["sun_elevation_deg"] > 0 and row["min_off_nadir_deg"] < 60 for row in narrow)
    geocentric = answer(capsys, *words, "--max-off-nadir-deg", "45", "--nadir", "geocentric")["accesses"]
    geodetic = answer(capsys, *words, "--max-off-nadir-deg", "45")["accesses"]
    assert [r["start"] for r in geocentric] != [r["start"] for r in geodetic]


def test_no_window_is_an_answer(elements: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pole = {"type": "Point", "coordinates": [0.0, 90.0]}
    (file := tmp_path / "pole.geojson").write_text(json.dumps(pole))
    words = ["access", "--elements", elements, "--places", str(file), *SPAN, "--max-off-nadir-deg", "1"]
    assert main([*words, "--satellite", "58400"]) == 0
    assert capsys.readouterr().out == "no window\n"


def test_bad_sets_of_the_file_are_named_with_their_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file := tmp_path / "mixed.tle").write_text(MALLIGYONG + f"FAKE\n{changed(ONE, 18, '26127.50000000')}\n{TWO}\n")
    said = answer(capsys, "orbit", "position", "--elements", str(file), "--at", "2024-06-07T05:01:07Z")
    ((rejected),) = said["rejected"]
    assert rejected["line"] == 5
    assert "invented" in rejected["what"]


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"--elements": "nowhere.tle"}, 3, "cannot read the element sets"),
        ({"--start": "yesterday"}, 2, "'yesterday' is not a time"),
        ({"--start": "2024-06-07T00:00:00"}, 2, "no time zone"),
        ({"--start": "2025-06-07T00:00:00Z"}, 3, "good for 30"),
        ({"--hours": "0"}, 2, "a span of 0 hours"),
        ({"--hours": "nan"}, 2, "a span of nan hours"),
        ({"--hours": "1e9"}, 2, "at most 1440"),
        ({"--station": "12"}, 2, "not LON,LAT"),
        ({"--station": "190,0"}, 2, "outside the world"),
        ({"--station": "0,0,1e9"}, 2, r"an altitude of 1e\+09 m"),
        ({"--min-elevation-deg": "91"}, 2, "min_elevation_deg is 91"),
        ({"--satellite": "HUBBLE"}, 2, "no satellite 'HUBBLE'.*It holds MALLIGYONG-1, ISS"),
        ({"--out": "x.xlsx"}, 2, "cannot write .xlsx.*End it with .json or .csv"),
        ({"--out": "no/such/folder.csv"}, 2, "its folder does not exist"),
        ({"--hours": "soon"}, 2, "soon"),
    ],
)
def test_bad_input_is_one_message_and_a_code(
    elements: str, change: dict[str, str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {
        "--elements": elements,
        "--station": "-100.4,31.4",
        "--start": SPAN[1],
        "--hours": "24",
        "--satellite": "58400",
    }
    assert main(["passes", *(w for pair in (words | change).items() for w in pair)]) == code
    caught = capsys.readouterr()
    assert caught.out == ""
    assert re.search(why, " ".join(caught.err.split()))
    assert "Traceback" not in caught.err


@pytest.mark.parametrize("form", FORMS)
def test_messages_are_taken_like_lines(
    form: str, elements: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = [fields_of(*MALLIGYONG.splitlines()), fields_of("ISS", ONE, TWO)]
    (file := tmp_path / "fleet.omm").write_text(FORMS[form](fields), newline="")
    words = ("orbit", "position", "--at", "2024-06-07T05:01:07Z", "--satellite", "58400", "--elements")
    assert answer(capsys, *words, str(file)) == answer(capsys, *words, elements)


@given(st.sampled_from([b"", b"[{", b"<ndm><omm>", b"CCSDS_OMM_VERS = 3.0\n"]), st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_any_bytes_as_elements_end_in_a_code(tmp_path: Path, beginning: bytes, content: bytes) -> None:
    (file := tmp_path / "any.tle").write_bytes(beginning + content)
    assert main(["orbit", "position", "--elements", str(file), "--at", "2026-05-08T06:00:00Z"]) == 3


@pytest.mark.parametrize("words", [["orbit"], ["orbit", "position"], ["passes"], ["access"]])
def test_help_shows_an_example(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Usage: swath" in shown
    if words != ["orbit"]:
        assert f"Example: swath {' '.join(words)}" in " ".join(shown.split())
