"""An outsider's view of a programme: the page holds facts apart, numbers grow with satellites, faults are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.cli.main import main
from swath.design.programme import Outlook, fleet_of, outlook
from swath.errors import InputError
from swath.report.programme_page import programme_page
from swath.store.programme import parse_programme, read_programme
from tests.conftest import REPO

EXAMPLE = REPO / "examples" / "programme" / "programme.toml"


@pytest.fixture(scope="module")
def found() -> Outlook:
    asked = read_programme(EXAMPLE)
    return outlook(replace(asked, days=4.0, season_days=3, more=1, places=asked.places[:2]))


def test_more_satellites_see_more_and_sooner(found: Outlook) -> None:
    assert [(r.way, r.satellites) for r in found.reaches[::2]] == [
        ("one plane", 1),
        ("one plane", 2),
        ("own planes", 2),
    ]
    for one, two in zip(found.reaches[:2], found.reaches[2:4], strict=True):
        assert two.coverage.looks_per_day > 1.5 * one.coverage.looks_per_day
        assert two.coverage.response is not None and one.coverage.response is not None
        assert two.coverage.response.mean_days < one.coverage.response.mean_days
        assert one.coverage.delivery is not None and one.coverage.delivery.mean_days > one.coverage.response.mean_days


def test_windows_of_both_sites_reach_the_plane(found: Outlook) -> None:
    assert [site.name for site, _, _ in found.windows] == ["Sohae", "Vostochny"]
    for _, windows, why in found.windows:
        assert windows and not why
        assert all(abs(one.local_time_s / 3600.0 - 10.0) < 0.05 for one in windows)  # as published of its node


def test_the_page_keeps_facts_apart(found: Outlook) -> None:
    page = programme_page(found, digest="abc", command="swath design programme x.toml --out x.html")
    assert page == programme_page(found, digest="abc", command="swath design programme x.toml --out x.html")
    known, assumed, unknown = (page.index(f"<h3>{name}</h3>") for name in ("Known", "Assumed", "Not known"))
    assert known < assumed < unknown
    for facts, start, stop in (
        (found.programme.known, known, assumed),
        (found.programme.assumed, assumed, unknown),
        (found.programme.unknown, unknown, len(page)),
    ):
        assert all(start < page.index(fact.text[:30]) < stop for fact in facts)
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")


def test_planes_of_their_own_stand_apart() -> None:
    asked = read_programme(EXAMPLE)
    nodes = np.array([one.raan_deg for one in fleet_of(asked, "own planes", 4)])
    assert sorted(np.round((nodes - nodes[0] + 180.0) % 360.0 - 180.0).tolist()) == [-45.0, 0.0, 45.0, 90.0]
    assert len({one.raan_deg for one in fleet_of(asked, "one plane", 4)}) == 1


def test_one_command_makes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = EXAMPLE.read_text().replace("more = 3", "more = 0")
    path, out = tmp_path / "p.toml", tmp_path / "p.html"
    path.write_text(small)
    assert main(["design", "programme", str(path), "--days", "2", "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {row["satellites"] for row in answer["programme"]} == {1}
    assert out.read_text().startswith("<!DOCTYPE html>")
    assert main(["design", "programme", str(path), "--days", "0"]) == 2
    assert main(["design", "programme", str(path), "--out", str(tmp_path / "p.docx")]) == 2
    assert main(["design", "programme", str(tmp_path / "absent.toml")]) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("more = 3", "more = -1", "more"),
        ("[[unknown]]", "[[known]]", "nothing is unknown"),
        ("[[places]]", "[[spots]]", "no place|spots"),
        ('name = "Sohae"', 'name = "Atlantis"', "no site"),
        ("max_off_nadir_deg = 35.0", "max_off_nadir_deg = 90.0", "max_off_nadir_deg"),
        ("97.4052", "97.4053", "checksum"),
        ("title =", "titel =", "title"),
    ],
)
def test_faults_of_a_file_are_told(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_programme(EXAMPLE.read_text().replace(old, new), where="x.toml")
