"""Reports of claims and designs: what is shown, what is not, and claims that are sent to be checked."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from swath.errors import InputError
from swath.operate.loop.checking import CHECK, check_claims, checked_question
from swath.operate.loop.supposing import WHAT_IF
from swath.operate.loop.work import Shift, do_next
from swath.serve.service import Service
from swath.store.reports import report_file, reports

CLAIM = """title = "A tile"
[satellite]
name = "Sentinel-2B"
norad_id = 42063
[[claims]]
id = "25MCS"
place = { name = "tile 25MCS", lon_deg = -34.3379, lat_deg = -3.4464 }
time = "2024-08-09T12:43:01.522Z"
"""
SETS = """1 42063U 17013A   24221.79496673  .00000436  00000-0  18286-3 0  9990
2 42063  98.5669 295.3085 0001170  93.4749 266.6567 14.30812904387780
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    here = tmp_path / "mission"
    (here / "design" / "grow").mkdir(parents=True)
    (here / "design" / "grow" / "index.html").write_text("<html><title>One &amp; four</title>SIMULATED</html>")
    (here / "design" / "grow" / "grow.json").write_text("{}")
    (here / "design" / "lone.html").write_text("<html>no title</html>")
    (here / "design" / "lone.csv").write_text("a,b\n")
    (here / "design" / ".secret.html").write_text("hush")
    (here / "design" / "tool.exe").write_text("no")
    (tmp_path / "outside.html").write_text("outside")
    os.symlink(tmp_path / "outside.html", here / "design" / "sly.html")
    os.utime(here / "design" / "lone.html", (1, 1))
    return here


def test_reports_are_pages_alone_or_with_what_belongs_to_them(room: Path) -> None:
    first, second = reports(room, "design")
    assert (first.id, first.title, first.page, first.simulated) == ("grow", "One & four", "grow/index.html", True)
    assert [name for name, _ in first.files] == ["grow/index.html", "grow/grow.json"]
    assert (second.id, second.title, second.changed_s) == ("lone", "lone", 1.0)
    assert [name for name, _ in second.files] == ["lone.html", "lone.csv"]
    assert reports(room, "claims") == [] and reports(room, "..") == []


@pytest.mark.parametrize(
    "name",
    ["../../outside.html", "/etc/passwd", "sly.html", ".secret.html", "tool.exe", "grow", "", "a\0b.html", "grow/.."],
)
def test_nothing_else_is_handed_out(room: Path, name: str) -> None:
    assert report_file(room, "design", name) is None
    assert report_file(room, "..", "outside.html") is None


@pytest.mark.parametrize(
    ("name", "form", "text", "words"),
    [
        ("../up", "toml", CLAIM, "no name"),
        ("good", "exe", CLAIM, "no form"),
        ("good", "toml", "x" * 300_001, "letters"),
        ("good", "toml", 'elements = ["../../etc/passwd"]\n' + CLAIM, "not in the mission's folder"),
        ("good", "toml", 'elements = ["/vsicurl/http_x"]\n' + CLAIM, "not in the mission's folder"),
        ("good", "toml", CLAIM + 'clouds = ["mask.tif"]\n', "not in the mission's folder"),
        ("good", "toml", "title = 1", "title"),
    ],
)
def test_questions_that_cannot_be_asked(tmp_path: Path, name: str, form: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        checked_question(tmp_path, name, form, text)


def test_a_claim_that_is_sent_becomes_a_report(running: tuple[TestClient, Service]) -> None:
    client, service = running
    asked = {"name": "a-tile", "form": "toml", "text": CLAIM, "elements": SETS}
    made = client.post("/reports/claims", json=asked)
    assert made.status_code == 202 and made.json()["state"] == "queued"
    shift = Shift(service.db, service.folder, "w", {CHECK: check_claims}, service.clock)
    assert do_next(shift) == "done"
    job = client.get(f"/page/jobs/{made.json()['id']}").json()
    assert job["state"] == "done" and job["result"] == {"report": "a-tile", "verdicts": {"consistent": 1}}
    (report,) = client.get("/reports/claims").json()["reports"]
    assert report["verdicts"][0]["verdict"] == "consistent" and report["verdicts"][0]["id"] == "25MCS"
    assert report["page"].endswith("/reports/claims/a-tile/index.html")
    page = client.get("/reports/claims/a-tile/index.html")
    assert page.headers["content-type"].startswith("text/html") and "25MCS" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox") and "allow-scripts" not in policy and "script-src" not in policy
    other = client.get("/reports/claims/a-tile/verdicts.json")
    assert other.headers["content-disposition"].startswith("attachment") and json.loads(other.text)["verdicts"]
    assert client.post("/reports/claims", json=asked).status_code == 409, "what is there is not written over"
    assert client.post("/reports/claims", json={**asked, "name": "b", "text": "["}).status_code == 400
    assert client.get("/reports/secrets").status_code == 404


def test_other_jobs_are_not_told_of_here(running: tuple[TestClient, Service]) -> None:
    client, service = running
    with service.db.writing(who="t") as write:
        from swath.store.jobs import enqueue

        id = enqueue(write, "plan", {})
    assert client.get(f"/page/jobs/{id}").status_code == 404
    asked = client.post("/page/plan/what-if", json={"drop_satellites": ["SW-1"]})
    assert asked.status_code == 202
    assert client.get(f"/page/jobs/{asked.json()['id']}").json()["kind"] == WHAT_IF
    for wrong in (
        {},
        {"drop_satellites": ["SW-9"]},
        {"add_stations": ["nowhere"]},
        {"add_stations": "troll"},
        {"add_satellites": ["SW-9+180"]},
    ):
        assert client.post("/page/plan/what-if", json=wrong).status_code == 400, wrong
    assert client.post("/page/plan/what-if", json={"add_satellites": ["SW-1+180"]}).status_code == 202
    fleets = client.get("/page/plan/fleets").json()
    assert "SW-1" in fleets["satellites"] and "troll" in fleets["more_stations"]
    assert not set(fleets["stations"]) & set(fleets["more_stations"])
