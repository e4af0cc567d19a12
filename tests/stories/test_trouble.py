"""A day on which much goes wrong: frames lost in bursts, a new plan that does not get up, contacts cut short."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from swath.operate import workers
from swath.operate.evidence import verify_folder
from swath.operate.run import run_mission
from swath.report.outcome import Outcome
from tests.stories.small import small_mission

FAULTS = """
lost_uplinks = ["SW-3-svalbard-20260508T06"]    # the pass in which the urgent plan was to go up
late_contact_s = { "SW-1" = 55.0 }
"""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    base = tmp_path_factory.mktemp("trouble")
    mission = small_mission(base / "in", kilometres=(3, 3))
    text = mission.read_text("utf-8").replace("frame_loss = 0.004", "frame_loss = 0.25")
    text = text.replace("uplink_loss = 0.01", 'uplink_loss = 0.3\nfaults = "faults.toml"')
    assert "frame_loss = 0.25" in text and 'faults = "faults.toml"' in text
    mission.write_text(text, "utf-8")
    (base / "in" / "faults.toml").write_text(FAULTS, "utf-8")
    return base / "out", run_mission(mission, base / "out")


def test_every_check_is_green_all_the_same(day: tuple[Path, Outcome]) -> None:
    assert day[1].ok, [check for check in day[1].checks if not check.ok]


def test_what_the_link_loses_is_asked_for_again(day: tuple[Path, Outcome]) -> None:
    links = day[1].links
    assert 0.15 < links.frames_lost.sum() / links.frames_sent.sum() < 0.35
    assert links.frames_resent.sum() > 0.1 * links.frames_sent.sum() and links.requests.sum() >= 3
    assert links.up_bit.sum() > 0 and links.files_whole.sum() >= 4


def test_each_picture_is_done_late_or_lost_with_its_reason(day: tuple[Path, Outcome]) -> None:
    flight = day[1].flight
    assert flight is not None
    told = {str(row["acquisition"]): row for row in flight.outcomes.rows()}
    assert set(told) == set(day[1].plan.acquisitions.id.tolist())
    assert {str(row["outcome"]) for row in told.values()} - {"done"}
    assert all(str(row["because"]) for row in told.values() if row["outcome"] != "done")
    whole = {scene.acquisition for scene in day[1].scenes if scene.missing_fraction == 0.0}
    assert {id for id, row in told.items() if row["outcome"] in ("done", "late")} <= whole


def test_what_never_came_down_whole_is_mapped_with_its_holes(day: tuple[Path, Outcome]) -> None:
    parts = [scene for scene in day[1].scenes if scene.missing_fraction > 0.0]
    assert parts and all(scene.missing_fraction < 1.0 for scene in parts)
    for scene in parts:
        assert any(text.startswith(f"{scene.acquisition}: ") and "never came down" in text for text in day[1].warnings)
        (raster,) = (day[0] / "stac" / "scenes" / scene.id).glob("*_SIMULATED.tif")
        assert raster.stat().st_size > 1000


def test_what_the_report_and_the_tables_say_is_one_thing(day: tuple[Path, Outcome]) -> None:
    folder, outcome = day
    page = (folder / "report.html").read_text("utf-8")
    assert "What went otherwise" in page
    rows = list(csv.DictReader((folder / "telemetry" / "commands_SIMULATED.csv").read_text("utf-8").splitlines()))
    flown = {str(row["acquisition"]): str(row["status"]) for row in outcome.flown.rows()}
    for row in rows:
        if row["kind"] == "image" and row["completed"]:
            assert flown[row["activity"]] in ("done", "blurred", "lost") and row["accepted"]
        if row["kind"] == "image" and row["scheduled"] == "false":
            assert row["activity"] not in flown and row["because"] and not row["begun"]
    manifest = json.loads((folder / "evidence" / "manifest.json").read_text("utf-8"))
    assert set(manifest["inputs"]) == {"mission.toml", "orders.csv", "faults.toml"}


def test_trouble_repeats_bit_for_bit_with_one_worker_too(
    day: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workers.WORKERS > 1
    monkeypatch.setattr(workers, "WORKERS", 1)
    same = verify_folder(day[0])
    assert same.ok and same.identical == same.compared, same.lines()
