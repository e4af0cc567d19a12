"""From an order to an answer: the files of a run, its checks, its repetition, and what it says of bad input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from jsonschema import Draft202012Validator
from PIL import Image

from swath.archive.mark import is_marked
from swath.cli.main import main
from swath.operate import run as running
from swath.operate.checks import check_truth
from swath.operate.evidence import verify_folder
from swath.operate.telling import Run
from swath.report.outcome import Outcome
from swath.sources.eop import packaged_eop
from swath.store.manifest import sha256
from tests.cli.schemas import errors
from tests.stories.small import EXAMPLE, small_mission

FILES = [
    "report.html",
    "answer.json",
    "orders.json",
    "opportunities.geojson",
    "plan.json",
    "plan.csv",
    "plan.czml",
    "plan.ics",
    "refused.json",
    "stac/catalog.json",
    "evidence/manifest.json",
]


@dataclass
class Job:
    folder: Path
    mission: Path
    outcome: Outcome
    run: Run

    def judged(self, folder: Path) -> dict[str, bool]:
        """The checks again, on a copy of the folder with a fault in it."""
        return {check.name: check.ok for check in running.judge(self.run, folder, packaged_eop())}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    base = tmp_path_factory.mktemp("job")
    mission, out, kept = small_mission(base / "in"), base / "out", []
    with pytest.MonkeyPatch.context() as patch:
        told = running.outcome_of
        patch.setattr(running, "outcome_of", lambda run, checks: kept.append(run) or told(run, checks))
        outcome = running.run_mission(mission, out)
    return Job(out, mission, outcome, replace(kept[0], folder=out))


@pytest.fixture(scope="module")
def elsewhere(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same mission with another seed by the command, from a folder with modules called like Python's own."""
    here = tmp_path_factory.mktemp("elsewhere")
    for name in ("timeit", "random", "signal", "numbers"):
        (here / f"{name}.py").write_text("raise SystemExit('this is not the standard library')")
    swath = str(Path(sys.executable).with_name("swath"))
    asked = [swath, "run", str(job.mission), "--out", "out", "--seed", "12"]
    run = subprocess.run(asked, cwd=here, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return here / "out"


@pytest.fixture
def copy(job: Job, tmp_path: Path) -> Path:
    return Path(shutil.copytree(job.folder, tmp_path / "copy"))


def test_every_file_of_the_issue_is_there(job: Job) -> None:
    for name in FILES:
        assert (job.folder / name).stat().st_size > 100, name
    products = {path.name.rsplit("-", 1)[-1] for path in (job.folder / "products").iterdir()}
    for layer in ("flood", "likelihood", "unseen", "ndvi"):
        assert f"{layer}_SIMULATED.tif" in products
    assert (job.folder / "products" / "fields_SIMULATED.csv").read_text().count("\n") > 20
    assert len(list((job.folder / "downlink").glob("*_SIMULATED.bin"))) >= 3
    told = (job.folder / "telemetry" / "commands_SIMULATED.csv").read_text().splitlines()
    assert len(told) - 1 >= len(job.outcome.plan.acquisitions) + len(job.outcome.plan.contacts)
    assert not [path for path in job.folder.parent.iterdir() if path.name.startswith(".")]


def test_the_answer_follows_its_schema_and_holds_the_truth(job: Job, repo: Path) -> None:
    answer = json.loads((job.folder / "answer.json").read_text())
    schema = json.loads((repo / "docs" / "reference" / "schemas" / "answer.schema.json").read_text())
    Draft202012Validator(schema).validate(answer)
    (flood,) = job.outcome.truth
    assert flood.inside and flood.truth > 0.5
    assert job.outcome.ok, [check for check in job.outcome.checks if not check.ok]


def test_the_urgent_order_is_told_in_order_of_time(job: Job) -> None:
    (story,) = job.outcome.urgent
    times = [story.ordered, story.accepted, story.imaged, story.on_ground, story.mapped]
    assert times == sorted(times)
    assert story.earliest_mapped is not None and story.earliest_mapped <= story.mapped
    planned = set(job.outcome.plan.acquisitions.request.tolist())
    refused = {r.request for r in job.outcome.plan.refused}
    assert planned.isdisjoint(refused) and planned | refused == {r.id for r in job.outcome.requests}
    assert "farm-nakuru-1" in refused  # no satellite of the fleet comes near that day


def test_every_output_says_that_it_is_simulated(job: Job) -> None:
    rasters = [path for path in job.folder.rglob("*") if path.suffix in (".tif", ".png")]
    assert rasters and all(is_marked(path) for path in rasters)
    for path in job.folder.rglob("*.json"):
        if path.parent.name != "inputs" and "stac" in path.parts:
            assert "imulated" in path.read_text(), path
    for name in ("report.html", "answer.json", "orders.json", "opportunities.geojson", "plan.czml", "plan.ics"):
        assert "SIMULATED" in (job.folder / name).read_text().upper(), name
    for path in [*(job.folder / "downlink").iterdir(), *(job.folder / "telemetry").glob("*[!l]")]:
        assert "SIMULATED" in path.name


def test_pictures_are_cloud_optimized_and_on_the_map(job: Job) -> None:
    with rasterio.open(next(job.folder.glob("stac/scenes/*/*.tif"))) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.descriptions == ("blue", "green", "red", "nir")
        assert file.crs.to_epsg() // 100 in (326, 327)


def fault_plan(folder: Path) -> None:
    plan = json.loads((folder / "plan.json").read_text())
    plan["acquisitions"][0]["roll_deg"] += 3.0
    (folder / "plan.json").write_text(json.dumps(plan))


def fault_plan_is_cut_short(folder: Path) -> None:
    text = (folder / "plan.json").read_text()
    (folder / "plan.json").write_text(text[: len(text) // 2])


def fault_bytes(folder: Path) -> None:
    path = max((folder / "downlink").iterdir(), key=lambda p: p.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def fault_contact_is_lost(folder: Path) -> None:
    next(p for p in (folder / "downlink").iterdir() if not p.name.startswith("before")).unlink()


def fault_telemetry_is_lost(folder: Path) -> None:
    max((folder / "telemetry").glob("*.packets"), key=lambda p: p.stat().st_size).unlink()


def fault_telemetry_is_damaged(folder: Path) -> None:
    path = max((folder / "telemetry").glob("*.packets"), key=lambda p: p.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def fault_item(folder: Path) -> None:
    path = next(folder.glob("stac/scenes/*/*.json"))
    path.write_text(path.read_text().replace('"stac_version": "1.1.0"', '"stac_version": "0.9"'))


def fault_asset(folder: Path) -> None:
    next(folder.glob("products/*-flood_SIMULATED.tif")).unlink()


def fault_preview_without_mark(folder: Path) -> None:
    path = next(folder.glob("stac/scenes/*/*.png"))
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(path)


def fault_raster_without_mark(folder: Path) -> None:
    path = next(folder.glob("products/*-ndvi_SIMULATED.tif"))
    path.rename(path.with_name(path.name.replace("_SIMULATED", "")))


@pytest.mark.parametrize(
    ("fault", "red"),
    [
        (fault_plan, "replay"),
        (fault_plan_is_cut_short, "replay"),
        (fault_bytes, "CCSDS"),
        (fault_contact_is_lost, "CCSDS"),
        (fault_telemetry_is_lost, "commands"),
        (fault_telemetry_is_damaged, "commands"),
        (fault_item, "STAC"),
        (fault_asset, "STAC"),
        (fault_preview_without_mark, "marks"),
        (fault_raster_without_mark, "marks"),
    ],
)
def test_every_check_can_turn_red(job: Job, copy: Path, fault: object, red: str) -> None:
    assert all(job.judged(job.folder).values())
    fault(copy)
    assert job.judged(copy)[red] is False


def test_the_truth_check_turns_red_when_the_estimate_is_wrong(job: Job) -> None:
    (flood,) = job.outcome.truth
    shifted = replace(flood, truth=flood.truth * 1.5 + 1.0, inside=False)
    assert not check_truth([shifted], job.run.mapped).ok
    beside = replace(flood, truth=flood.estimate.high + 1e-9, inside=False)
    said = check_truth([beside], job.run.mapped)
    assert said.ok and "outside the 90 % band" in said.summary
    unsure = {id: replace(m, fields_inside=0) for id, m in job.run.mapped.items()}
    assert not check_truth([flood], unsure).ok


def test_a_picture_put_together_wrongly_turns_ccsds_red(job: Job) -> None:
    id, mapped = next(iter(job.run.mapped.items()))
    faulty = replace(job.run, mapped={**job.run.mapped, id: replace(mapped, faults=("pixels are not those taken",))})
    assert not {c.name: c for c in running.judge(faulty, job.folder, packaged_eop())}["CCSDS"].ok


def test_a_red_check_is_told_and_fails_the_command(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = replace(job.outcome, checks=(replace(job.outcome.checks[0], ok=False, summary="3 violations"),))
    for outcome, code in ((bad, 1), (job.outcome, 0)):
        monkeypatch.setattr(running, "run_mission", lambda *a, outcome=outcome, **k: outcome)
        assert main(["run", str(job.mission), "--out", str(tmp_path / "o")]) == code
        printed = capsys.readouterr().out
        assert ("RED" in printed) == bool(code)
        lines = printed.splitlines()
        assert len(lines) <= 24 and max(map(len, lines)) <= 80
        assert lines[0].startswith("ANSWER")


def test_a_run_repeats_bit_for_bit(job: Job) -> None:
    same = verify_folder(job.folder)
    assert same.ok and same.identical == same.compared > 40, same.lines()


def test_another_seed_is_another_flood(job: Job, elsewhere: Path) -> None:
    (told,) = json.loads((elsewhere / "answer.json").read_text())["truth"]
    assert told["truth"]["value"] > 0.0
    assert told["truth"]["value"] != pytest.approx(job.outcome.truth[0].truth, rel=1e-6)


def test_verify_finds_what_was_changed(job: Job, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("answer.json", "plan.csv"):
        (copy / name).write_text((copy / name).read_text().replace("1", "2"))
    (copy / "plan.ics").unlink()
    raster = next(copy.glob("stac/scenes/*/*.tif"))
    with rasterio.open(raster) as file:
        profile, pixels = file.profile, file.read()
    with rasterio.open(raster, "w", **{**profile, "driver": "GTiff"}) as file:
        file.write(np.where(pixels > 200, pixels + 9, pixels))
    monkeypatch.setattr("swath.operate.evidence.run_mission", lambda path, out, **k: shutil.copytree(job.folder, out))
    found = verify_folder(copy)
    assert not found.ok and errors("verify.schema.json", found.to_json()) == []
    assert {d.file for d in found.differences} == {
        "answer.json",
        "plan.csv",
        "plan.ics",
        raster.relative_to(copy).as_posix(),
    }


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ('file = "orders.csv"', 'file = "none.csv"', 3, "order list does not exist"),
        ("planning_s", "planing_s", 2, "Did you mean 'planning_s'"),
        ("lon_deg = 11.9", "lon_deg = 211.9", 2, "lon_deg = 211.9"),
        ('id = "awarua"', 'id = "awaruu"', 2, "not in the catalogue"),
        ('id = "SW-4"', 'id = "SW-1"', 2, "'SW-1' is used 2 times"),
        ("start = 2026-05-08", "start = 2026-09-08", 3, "days"),
        ('solver = "price-and-search"', 'solver = "magic"', 2, "'magic'"),
        ("26127.79498330", "26127.79498331", 2, "checksum"),
    ],
)
def test_bad_missions_end_with_one_message_and_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, code: int, says: str
) -> None:
    mission = small_mission(tmp_path / "in")
    text = mission.read_text()
    assert old in text
    if old.startswith("start"):
        text = text.replace("ordered = 2026-05-08", "ordered = 2026-09-08")
    mission.write_text(text.replace(old, new))
    assert main(["run", str(mission), "--out", str(tmp_path / "out")]) == code
    said = capsys.readouterr().err
    assert says in said and "Traceback" not in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize("seed", ["-5", "99999999999"])
def test_a_seed_out_of_range_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: str) -> None:
    mission = small_mission(tmp_path / "in")
    assert main(["run", str(mission), "--out", str(tmp_path / "out"), f"--seed={seed}"]) == 2
    assert "is no seed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_modules_in_the_users_folder_are_left_alone(elsewhere: Path) -> None:
    assert (elsewhere / "report.html").is_file()


@pytest.mark.parametrize("after_s", [0.0, 0.5, 1.5])
def test_an_interrupt_ends_the_run_with_one_line_and_no_folder(tmp_path: Path, after_s: float) -> None:
    mission = small_mission(tmp_path / "in")
    swath = str(Path(sys.executable).with_name("swath"))
    with subprocess.Popen(
        [swath, "run", str(mission), "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        while not list(tmp_path.glob(".out.*")):  # it has begun to write, beside the folder
            assert run.poll() is None
            time.sleep(0.05)
        time.sleep(after_s)
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert said.splitlines()[-1] == "swath: interrupted; nothing was written"
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_the_demo_is_nothing_but_the_example_mission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []
    monkeypatch.setattr("swath.cli.demo.run", lambda *a, **k: asked.append((a, k)) or 0)
    assert main(["demo", "--out", str(tmp_path / "demo"), "--seed", "7"]) == 0
    assert asked == [((EXAMPLE / "mission.toml",), {"out": tmp_path / "demo", "seed": 7, "json": False})]


def test_hashes_in_the_manifest_are_those_of_the_files(job: Job) -> None:
    manifest = json.loads((job.folder / "evidence" / "manifest.json").read_text())
    assert manifest["seed"] == 7 and set(manifest["inputs"]) == {"mission.toml", "orders.csv"}
    for name, digest in manifest["files"].items():
        assert sha256(job.folder / name) == digest
