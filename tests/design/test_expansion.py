"""From one to more as one report: numbers agree with each other, losses cost fuel, faults of the file are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.cli.design_report import report_lines
from swath.cli.main import main
from swath.design.atlas import Slot
from swath.design.drift import phasing
from swath.design.expansion import Expanded, Need, expanded
from swath.design.growth import exact_coverage, value_of
from swath.design.sensors import Sensor
from swath.errors import DataError, Infeasible, InputError
from swath.report.expansion_page import expansion_page, expansion_pdf, needs_png
from swath.store.expansion import parse_case, read_case
from tests.cli.schemas import errors
from tests.conftest import REPO

EXAMPLE = REPO / "examples" / "one-to-four" / "case.toml"
TEXT = EXAMPLE.read_text("utf-8")


@pytest.fixture(scope="module")
def found() -> Expanded:
    asked = read_case(EXAMPLE).expansion
    needs = (asked.needs[0], Need("crops", "a clear picture", "response_p95", Sensor(40.0, 10.0), (0.3,)))
    some = np.arange(0, len(asked.region.lon_deg), 6)
    region = replace(
        asked.region,
        lon_deg=asked.region.lon_deg[some],
        lat_deg=asked.region.lat_deg[some],
        weight=np.full(len(some), 1.0 / len(some)),
    )
    return expanded(replace(asked, region=region, needs=needs, launches=2, days=12.0, season_days=400))


def test_each_launch_is_measured_for_each_need(found: Expanded) -> None:
    assert [len(stage.slots) for stage in found.stages] == [1, 2, 3]
    for stage, step in zip(found.stages, found.steps, strict=True):
        floods, crops = stage.worth
        assert floods.days == pytest.approx(step.toward.days)
        assert floods.low_days <= floods.days <= floods.high_days and floods.worst_loss_days >= floods.days
        assert crops.days > floods.days  # clouds
        assert crops.high_days - crops.low_days > 0.0
    days = [stage.worth[0].days for stage in found.stages]
    assert days == sorted(days, reverse=True)
    assert found.campaign.launches[-1].days == pytest.approx(days[-1])
    assert found.campaign.before_days == pytest.approx(days[0])
    last = exact_coverage([found.atlases[0]], found.stages[-1].slots)
    assert value_of(last, "response_p95") == pytest.approx(days[-1])
    assert np.array_equal(last.point_gap_days, found.after[1].point_gap_days)


def test_losses_are_repaired_in_their_planes_and_cost_what_phasing_costs(found: Expanded) -> None:
    assert [one.lost for one in found.repairs] == [0, 1, 2]
    assert max(one.left_days for one in found.repairs) == pytest.approx(found.stages[-1].worth[0].worst_loss_days)
    slots = found.stages[-1].slots
    for one in found.repairs:
        assert one.moved_days <= one.left_days
        left = [*slots[: one.lost], *slots[one.lost + 1 :]]
        if one.angles_deg:
            moved = [
                Slot(slot.shape, slot.raan_deg, (slot.phase_deg + angle) % 360.0)
                for slot, angle in zip(left, one.angles_deg, strict=True)
            ]
            again = value_of(exact_coverage([found.atlases[0]], moved), "response_p95")
            assert again == pytest.approx(one.moved_days)
            burns = [phasing(found.asked.shape, angle, 30.0).delta_v_m_s for angle in one.angles_deg if angle]
            assert one.total_m_s == pytest.approx(sum(burns)) and one.most_m_s == pytest.approx(max(burns))
            assert max(map(abs, one.angles_deg)) <= 180.0
        else:
            assert one.total_m_s == 0.0 and one.moved_days == one.left_days


def test_the_report_says_all_of_it_and_is_the_same_each_time(found: Expanded) -> None:
    told = [{"orders met": (5.0 + n, 4.0, 9.0), "clear km2": (10.0, 9.0, 11.0)} for n in range(3)]
    said = {"digest": "abc", "command": "swath design report case.toml"}
    page = expansion_page(found, told, [], **said)
    for words in ("What it comes to", "Before and after", "If one is lost in orbit", "What the planner makes", "Known:",
                  "Assumed:", "Seed 7", "abc", "SIMULATED", "9 in 10", "instead of"):  # fmt: skip
        assert words in page, words
    assert page.count("<img") == 4 and "<script" not in page and " nan" not in page.lower()
    pdf = expansion_pdf(found, told, [], **said)
    assert pdf.startswith(b"%PDF") and pdf == expansion_pdf(found, told, [], **said)
    assert needs_png(found) == needs_png(found)


@pytest.mark.slow
def test_the_planner_is_asked_and_processes_do_not_matter(tmp_path: Path) -> None:
    case = tmp_path / "case.toml"
    text = TEXT.replace("days = 60", "days = 10").replace("points = 30", "points = 8").replace("skies = 3", "skies = 1")
    text = text.replace("count = 3", "count = 1").replace("../flood", str(REPO / "examples" / "flood"))
    case.write_text(text, "utf-8")
    assert main(["design", "report", str(case), "--out", str(tmp_path / "r.json")]) == 0
    assert main(["design", "report", str(case), "--workers", "1", "--out", str(tmp_path / "s.json")]) == 0
    first, second = (json.loads((tmp_path / name).read_text("utf-8")) for name in ("r.json", "s.json"))
    assert first == second  # with one process and with two
    planned = [stage["planned"][0]["planned"] for stage in first["stages"]]
    assert planned == sorted(planned) and len(first["losses"]) == 2


def test_a_short_case_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEXT[: TEXT.index("[planner]")].replace("days = 60", "days = 3").replace("points = 30", "points = 4")
    case = tmp_path / "case.toml"
    case.write_text(text.replace("count = 3", "count = 1"), "utf-8")
    assert main(["design", "report", str(case), "--workers", "1", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert errors("design.schema.json", answer, "report") == []
    assert len(answer["stages"]) == 2 and answer["stages"][1]["needs"][1]["need"] == "floods, on the ground"
    assert max(map(len, report_lines(answer))) <= 80
    assert main(["design", "report", str(case), "--out", str(tmp_path / "x.doc")]) == 2
    assert ".pdf" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('repeat = "76/5"', 'repeat = "20/1"', "nearest that works is 16"),
        ('repeat = "76/5"', 'repeat = "often"', "76/5"),
        ('repeat = "76/5"', "altitude_m = -500e3", "The lowest"),
        ('site = "Kourou ELV"', 'site = "Nowhere"', "Say"),
        ("count = 3", "count = 0", "1 to 8"),
        ("outline = [[8.0, 44.6], [8.2, 45.6]", "outline = [[8.0, 44.6]]\n#", "3 corners"),
        ('goal = "response_p95"', 'goal = "soon"', "Say one of"),
        ('goal = "response_p95"', 'goal = "delivery_p95"', "chooses the orbits"),
        ("cloud_fraction = [0.65, ", "cloud_fraction = [", "list of 1 numbers"),
        ("seed = 7", "seed = 7\ncolour = 1", "colour"),
        ("title = ", "title ", "not TOML"),
    ],
)
def test_faults_of_a_case_are_told(was: str, now: str, said: str) -> None:
    assert was in TEXT
    with pytest.raises((InputError, Infeasible)) as refusal:
        parse_case(TEXT.replace(was, now, 1), where="case.toml")
    assert said in f"{refusal.value} {refusal.value.fix}"


def test_an_outline_without_size_is_refused() -> None:
    line = "outline = [[8.0, 44.0], [9.0, 45.0], [10.0, 46.0]]\n#"
    with pytest.raises(InputError):
        parse_case(TEXT.replace("outline = ", line, 1))
    with pytest.raises(DataError):
        read_case(REPO / "examples" / "no-such.toml")
