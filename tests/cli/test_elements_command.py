"""``swath orbit elements``, called as a user calls it: list, check, convert; any text as elements ends in a code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swath.cli.main import main
from swath.orbit.forms import form_of, parse_elements
from tests.orbit.messages import FORMS, fields_of
from tests.orbit.test_elements import ONE, TWO, changed

SECOND = changed(ONE, 2, "40697"), changed(TWO, 2, "40697")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    (file := tmp_path / "fleet.tle").write_text(f"ISS\n{ONE}\n{TWO}\nS2A\n{SECOND[0]}\n{SECOND[1]}\n")
    return file


def said(capsys: pytest.CaptureFixture[str], *words: object) -> dict:
    assert main(["orbit", "elements", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_sets_are_listed(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orbit", "elements", str(fleet)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["ISS", "25544"], ["S2A", "40697"]]
    assert max(map(len, lines)) <= 80
    row = said(capsys, fleet, "--satellite", "sentinel-2a")["elements"]
    assert [(one["OBJECT_NAME"], one["NORAD_CAT_ID"]) for one in row] == [("S2A", 40697)]
    assert 400e3 < row[0]["perigee_m"] < row[0]["apogee_m"] < 440e3
    assert main(["orbit", "elements", str(fleet), "--satellite", "HUBBLE"]) == 2


def test_strict_says_no_where_something_was_rejected(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orbit", "elements", str(fleet), "--strict"]) == 0
    fleet.write_text(fleet.read_text() + f"BAD\n{ONE}\n{TWO[:-1]}0\n")
    assert main(["orbit", "elements", str(fleet)]) == 0
    assert main(["orbit", "elements", str(fleet), "--strict"]) == 1
    assert "rejected line 9: BAD: line 2 has checksum" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["json", "xml", "kvn", "csv", "tle"])
def test_every_form_is_written_and_read_back(fleet: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = fleet.with_name(f"out.{ending}")
    assert main(["orbit", "elements", str(fleet), "--out", str(out)]) == 0
    assert form_of(out.read_text()) == ending
    caught = capsys.readouterr()
    assert caught.out == "" and f"2 orbits -> {out}" in caught.err
    assert said(capsys, out)["elements"] == [one | {"source": out.name} for one in said(capsys, fleet)["elements"]]


def test_digits_that_a_tle_cannot_hold_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = fields_of("ISS", ONE, TWO) | {"EPOCH": "2026-05-07T18:20:14.5681"}
    (file := tmp_path / "iss.json").write_text(FORMS["celestrak json"]([fields]))
    assert main(["orbit", "elements", str(file), "--out", str(tmp_path / "iss.tle")]) == 0
    assert "1 sets have more digits than a TLE holds" in capsys.readouterr().err
    file.write_text(FORMS["celestrak json"]([fields | {"NORAD_CAT_ID": "100000001"}]))
    assert main(["orbit", "elements", str(file), "--out", str(tmp_path / "new.tle")]) == 2
    assert "no room for the catalogue number 100000001" in capsys.readouterr().err
    assert not (tmp_path / "new.tle").exists()


@pytest.mark.parametrize("ending", ["oem", "oem.xml"])
def test_ephemerides_are_written(fleet: Path, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = fleet.with_name(f"fleet.{ending}")
    words = ["orbit", "elements", str(fleet), "--out", str(out), "--frame", "GCRF"]
    assert main(words) == 2
    assert "--start" in capsys.readouterr().err
    assert main([*words, "--start", "2026-05-08T00:00:00Z", "--hours", "3"]) == 0
    assert [one.object_name for one in parse_elements(out.read_text()).ephemerides] == ["ISS", "S2A"]
    capsys.readouterr()
    listed = said(capsys, out)["ephemerides"]
    assert [(one["object_id"], one["states"], one["frames"]) for one in listed] == [("1998-067A", 181, ["GCRF"])] * 2
    assert main(["orbit", "elements", str(out)]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    assert main(["orbit", "elements", str(out), "--out", str(fleet.with_name("back.tle"))]) == 2
    assert "no mean elements" in capsys.readouterr().err
    assert main([*words, "--start", "2036-05-08T00:00:00Z"]) == 3


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["--out", "x.xlsx"], 2, "cannot write .xlsx"),
        (["--out", "no/such/x.json"], 2, "its folder does not exist"),
        (["--out", "x.oem", "--start", "2026-05-08T00:00:00Z", "--step-s", "0"], 2, "0 states"),
        (["--out", "x.oem", "--start", "2026-05-08T00:00:00Z", "--hours", "-1"], 2, "a span of -1 hours"),
        (["--frame", "MOON"], 2, ""),
    ],
)
def test_bad_input_is_one_message_and_a_code(
    fleet: Path, words: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["orbit", "elements", str(fleet), *words]) == code
    assert why in " ".join(capsys.readouterr().err.split())


BEGINNINGS = [
    b"",
    b"[{",
    b"<ndm><omm>",
    b"CCSDS_OMM_VERS = 3.0\n",
    b"CCSDS_OEM_VERS = 2.0\nMETA_START\n",
    b"<oem>",
    b"1 ",
]


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_any_text_as_elements_ends_in_a_code(tmp_path: Path, beginning: bytes, content: bytes) -> None:
    (file := tmp_path / "any.txt").write_bytes(beginning + content)
    assert main(["orbit", "elements", str(file), "--strict"]) == 3


@given(st.text(st.characters(exclude_characters="-"), max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_any_text_as_a_place_ends_in_a_code(place: str) -> None:
    with pytest.MonkeyPatch.context() as env:
        env.setenv("SWATH_OFFLINE", "1")
        assert main(["orbit", "elements", place]) in (2, 3)
