from __future__ import annotations

import csv
import dataclasses
import json
from contextlib import suppress
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from swath.cli.main import main
from swath.errors import SwathError
from swath.fly.faults import Faults
from swath.fly.weather import SimulatedWeather
from swath.operate.planning import plan_day
from swath.plan.form import plan_to_json
from swath.sources.eop import packaged_eop
from swath.store.craft import read_faults
from swath.store.mission import read_mission

REPO = Path(__file__).resolve().parents[2]
BUS = """
[spacecraft.agile.bus]
inertia_kg_m2 = [14.0, 18.0, 12.0]
rods_a_m2 = 8.0
charge_efficiency = 0.95
wheels = { max_momentum_n_m_s = 1.5, max_torque_n_m = 0.15 }
array = { area_m2 = 1.2, efficiency = 0.24 }
shake = { bias_deg = 0.002, tracker_deg = 0.001, jitter = [[12.0, 1e-5], [38.0, 4e-6]], ring_deg = 0.05 }
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a mission whose spacecraft have a bus, and its plan."""
    folder = tmp_path_factory.mktemp("planned")
    text = (REPO / "examples" / "flood" / "mission.toml").read_text("utf-8").replace("hours = 24", "hours = 4")
    head, urgent, _ = text.partition("[[urgent]]")
    assert urgent
    (folder / "mission.toml").write_text(head + BUS, "utf-8")
    orders = (REPO / "examples" / "flood" / "orders.csv").read_text("utf-8").splitlines()
    (folder / "orders.csv").write_text("\n".join([orders[0], *orders[1::3]]), "utf-8")
    mission = read_mission(folder / "mission.toml")
    assert all(craft.bus is not None for craft in mission.satellites)
    plan = plan_day(mission, packaged_eop(), SimulatedWeather(seed=mission.seed)).plan
    assert len(plan.acquisitions) > 3
    (folder / "plan.json").write_text(plan_to_json(plan), "utf-8")
    return folder


def test_a_plan_is_flown_and_told(planned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["fly", str(planned), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["simulated"] is True and sum(told["counts"].values()) == len(told["pictures"]) > 3
    assert code == (0 if told["counts"]["done"] == len(told["pictures"]) else 1)
    assert told["latency_min"]["down"]["median"] >= told["latency_min"]["imaged"]["median"] > 0
    assert set(told["furthest_from_plan"]) == {"SW-1", "SW-2", "SW-3", "SW-4"}
    main(["fly", str(planned / "plan.json"), "--mission", str(planned / "mission.toml")])
    lines = capsys.readouterr().out.splitlines()
    assert "SIMULATED" in lines[0] and max(map(len, lines)) <= 80
    main(["fly", str(planned), "--json", "--seed", "7"])
    assert json.loads(capsys.readouterr().out) == told  # the mission's own seed


def test_faults_of_a_file_change_the_flight(planned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "faults.toml"
    page = (REPO / "docs" / "explanation" / "flight.md").read_text("utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    file.write_text(example, "utf-8")
    assert read_faults(file).safe_modes["SW-4"][0][1] == 7200.0
    file.write_text('[[safe_modes]]\nsatellite = "SW-1"\nat = 2026-05-08T00:00:00Z\nlasts_s = 86400\n', "utf-8")
    assert main(["fly", str(planned), "--faults", str(file), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    mine = [row for row in told["pictures"] if row["satellite"] == "SW-1"]
    assert mine and all(row["outcome"] == "lost" and "safe mode" in row["because"] for row in mine)
    file.write_text('[[safe_modes]]\nsatellite = "SW-9"\nat = 2026-05-08T00:00:00Z\nlasts_s = 1\n', "utf-8")
    assert main(["fly", str(planned), "--faults", str(file)]) == 2
    assert "no satellite 'SW-9'" in capsys.readouterr().err


FAULTS = {
    "late_contact_s": ('late_contact_s = {{ "{contact}" = 100 }}', "{contact}: began 10", "late"),
    "lost_contacts": ('lost_contacts = ["{contact}"]', "nothing came through", "lost"),
    "lost_uplinks": ('lost_uplinks = ["{craft}-"]', "its command did not get up in time", "lost"),
    "slew_slowdown": ('slew_slowdown = {{ "{craft}" = 1.05 }}', "the turn settled", "blurred"),
    "wheel_losses": (
        "".join(f'[[wheel_losses]]\nsatellite = "{{craft}}"\nwheel = {k}\nat = 2026-05-08T00:00:00Z\n' for k in (0, 2)),
        "only 2 wheels left", "lost",
    ),
    "resets": ('[[resets]]\ncontact = "{contact}"\nafter_s = 0\nlasts_s = 100\n', "the computer restarted", "late"),
    "safe_modes": (
        '[[safe_modes]]\nsatellite = "{craft}"\nat = 2026-05-08T00:00:00Z\nlasts_s = 86400\n', "in safe mode", "lost"
    ),
    "stuck_pages": (
        '[[stuck_pages]]\nsatellite = "{craft}"\nat = {imaged}\nfirst_bit = 0\nsize_bit = 3e10\n',
        "a page of memory stuck", "lost",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_asked_for_is_told_with_its_reason_by_command_and_report(
    planned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """Spelled as a user would; the picture that it hits is late, blurred or lost, and the page says why."""
    plan = json.loads((planned / "plan.json").read_text("utf-8"))
    look = min(plan["acquisitions"], key=lambda row: row["start"])
    (its,) = (row for row in plan["contacts"] if row["id"] == look["contact"])
    its["stop"] = (datetime.fromisoformat(its["stop"]) + timedelta(minutes=3)).isoformat().replace("+00:00", "Z")
    (tmp_path / "plan.json").write_text(json.dumps(plan), "utf-8")
    spelled, why, outcome = FAULTS[kind]
    told = {"contact": its["id"], "craft": look["satellite"], "imaged": look["stop"]}
    (tmp_path / "faults.toml").write_text(spelled.format(**told), "utf-8")
    given = ("--mission", str(planned / "mission.toml"), "--faults", str(tmp_path / "faults.toml"))
    assert main(["fly", str(tmp_path), *given, "--json", "--out", str(tmp_path / "flight.html")]) == 1
    pictures = json.loads(capsys.readouterr().out)["pictures"]
    hit = [row for row in pictures if row["outcome"] == outcome and why.format(**told) in row["because"]]
    assert hit and {row["satellite"] for row in hit} == {look["satellite"]}
    page = unescape((tmp_path / "flight.html").read_text("utf-8"))
    assert hit[0]["because"] in page and f'<span class="word {outcome}">{outcome}</span>' in page


def test_contacts_in_faults_may_be_named_by_how_they_begin(
    planned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [row["id"] for row in json.loads((planned / "plan.json").read_text("utf-8"))["contacts"]]
    mine = [id for id in ids if id.startswith("SW-1-")]
    assert mine and len(mine) < len(ids)
    file = tmp_path / "faults.toml"
    file.write_text('lost_contacts = ["SW-1-"]\n', "utf-8")
    assert main(["fly", str(planned), "--faults", str(file), "--json"]) == 1
    lost = [row for row in json.loads(capsys.readouterr().out)["contacts"] if row["status"] == "lost"]
    assert [row["contact"] for row in lost] == mine
    file.write_text('lost_contacts = ["SW-1-nowhere"]\n', "utf-8")
    assert main(["fly", str(planned), "--faults", str(file)]) == 2
    assert "no contact 'SW-1-nowhere'" in capsys.readouterr().err


def test_the_example_of_faults_has_every_kind_and_its_mission_a_bus() -> None:
    faults, none = read_faults(REPO / "examples" / "orders" / "faults.toml"), Faults()
    kinds = [field.name for field in dataclasses.fields(Faults) if field.name != "scatter_share"]
    assert all(getattr(faults, kind) != getattr(none, kind) for kind in kinds)
    mission = read_mission(REPO / "examples" / "orders" / "mission.toml")
    assert all(craft.bus is not None and craft.battery_thermal.rise_k == 8.0 for craft in mission.satellites)


@pytest.mark.parametrize("ending", [".json", ".csv", ".png"])
def test_what_is_written_says_that_it_is_simulated(planned: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"flight-SIMULATED{ending}"
    main(["fly", str(planned), "--out", str(out)])
    if ending == ".json":
        assert json.loads(out.read_text())["simulated"] is True
    elif ending == ".csv":
        rows = list(csv.DictReader(out.read_text().splitlines()))
        assert len(rows) > 500 and {row["simulated"] for row in rows} == {"true"}
        assert max(float(row["wheel_share"]) for row in rows) > 0.0 and "sun" in {row["mode"] for row in rows}
    else:
        with Image.open(out) as picture:
            assert "SIMULATED" in picture.text["Description"] and picture.width >= 1000
    assert main(["fly", str(planned), "--out", str(tmp_path / f"flight{ending}")]) == 2
    assert not (tmp_path / f"flight{ending}").exists()


def test_the_report_is_one_page_that_says_simulated(planned: Path, tmp_path: Path) -> None:
    out = tmp_path / "flight.html"
    main(["fly", str(planned), "--out", str(out)])
    page = out.read_text("utf-8")
    assert "SIMULATED FLIGHT" in page and "http" not in page.replace("http://www.w3.org", "")
    main(["fly", str(planned), "--out", str(tmp_path / "again.html")])
    assert (tmp_path / "again.html").read_bytes() == out.read_bytes()  # the same seed
    for heading in ("Planned and flown", "How long orders waited", "On board", "Contacts", "What went up"):
        assert f">{heading}</h2>" in page


def test_a_plan_without_its_mission_asks_for_it(
    planned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_text((planned / "plan.json").read_text("utf-8"), "utf-8")
    assert main(["fly", str(tmp_path)]) == 3 and "--mission" in capsys.readouterr().err
    assert main(["fly", str(tmp_path / "nothing.json")]) == 3
    (tmp_path / "plan.json").write_text((planned / "plan.json").read_text("utf-8")[:500], "utf-8")
    assert main(["fly", str(tmp_path), "--mission", str(planned / "mission.toml")]) == 2
    assert "cut off" in capsys.readouterr().err


keys = st.sampled_from(
    ["late_contact_s", "lost_contacts", "slew_slowdown", "wheel_losses", "resets", "safe_modes", "stuck_pages", "x"]
)
values = st.one_of(
    st.integers(-3, 3).map(str),
    st.text(max_size=5).map(json.dumps),
    st.sampled_from(["[]", "[[]]", '{ a = "b" }', "{ a = -1 }", '[{ satellite = "S", at = 1 }]', "nan", "1979-05-27"]),
)


@given(
    st.one_of(st.text(max_size=80), st.dictionaries(keys, values).map(lambda d: "\n".join(map(" = ".join, d.items()))))
)
def test_any_text_as_faults_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("faults") / "faults.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(SwathError):
        assert isinstance(read_faults(file), Faults)
