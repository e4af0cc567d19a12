"""A fleet with a radar: planned, judged, flown, its picture received, made into a scene, and the flood read from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swath.archive.cog import read_cog
from swath.cli.main import main
from swath.fly.weather import SimulatedWeather
from swath.operate.planning import Planned, plan_day
from swath.operate.run import run_mission
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.plan.verify import verify
from swath.sources.eop import packaged_eop
from swath.store.mission import read_mission
from swath.time import seconds

EXAMPLE = Path(__file__).parents[2] / "examples" / "radar"
EOP = packaged_eop()


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with a flood of 5 x 4 km and two orders."""
    folder = tmp_path_factory.mktemp("radar")
    text = (EXAMPLE / "mission.toml").read_text("utf-8")
    for old, new in (("width_m = 12000", "width_m = 5000"), ("height_m = 9000", "height_m = 4000")):
        assert old in text
        text = text.replace(old, new)
    head, *rows = (EXAMPLE / "orders.csv").read_text("utf-8").splitlines()
    (folder / "mission.toml").write_text(text, "utf-8")
    kept = [row for row in rows if row.startswith(("farm-po-1,", "hoover-dam,"))]
    (folder / "orders.csv").write_text("\n".join([head, *kept]) + "\n", "utf-8")
    return folder / "mission.toml"


@pytest.fixture(scope="module")
def planned(mission: Path) -> Planned:
    fleet = read_mission(mission)
    return plan_day(fleet, EOP, SimulatedWeather(seed=fleet.seed, forecast=fleet.forecast))


def violations(planned: Planned, **change: object) -> set[str]:
    """Rules broken by the plan with its radar picture changed."""
    exact = {s.id: sgp4_ephemeris(s.elements, EOP) for s in planned.problem.satellites}
    looks = planned.plan.acquisitions
    row = int(np.flatnonzero(looks.satellite == "RAD-1")[0])
    columns = {}
    for name, value in change.items():
        columns[name] = getattr(looks, name).copy()
        columns[name][row] = value(columns[name][row])  # type: ignore[operator]
    plan = replace(planned.plan, acquisitions=replace(looks, **columns))
    return {found.rule for found in verify(planned.problem, plan, exact, EOP)}


def test_the_radar_is_planned_abeam_in_the_dark_and_the_judge_agrees(planned: Planned) -> None:
    looks = planned.plan.acquisitions
    ((flood,),) = ([row for row in looks.rows() if row["request"] == "flood-01"],)
    assert flood["satellite"] == "RAD-1" and flood["sun_elevation_deg"] < 15.0 and flood["p_clear"] == 1.0
    assert abs(flood["pitch_deg"]) < 0.5 and 20.0 < abs(flood["roll_deg"]) < 42.0
    assert 3.0 / np.sin(np.radians(48.0)) < flood["gsd_m"] < 3.0 / np.sin(np.radians(22.0))
    assert violations(planned) == set()


def test_the_judge_finds_what_a_radar_cannot(planned: Planned) -> None:
    later = seconds(3.0)
    assert violations(planned, start=lambda t: t + later, stop=lambda t: t + later, middle=lambda t: t + later)
    assert "data" in violations(planned, data_bit=lambda bit: bit * 0.5)
    assert "gsd" in violations(planned, gsd_m=lambda gsd: gsd * 1.1)
    blunt = [s if s.radar is None else replace(s, radar=replace(s.radar, min_incidence_deg=47.0))
             for s in planned.problem.satellites]  # fmt: skip
    assert "off_nadir" in violations(replace(planned, problem=replace(planned.problem, satellites=tuple(blunt))))


@pytest.mark.slow
def test_from_the_order_to_the_flood(mission: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    outcome = run_mission(mission, out)
    assert [check.name for check in outcome.checks if not check.ok] == []
    (item,) = (path for path in out.glob("stac/scenes/RAD-1-*/*.json"))
    entry = json.loads(item.read_text())
    assert entry["properties"]["instruments"] == ["radar"] and entry["properties"]["swath:simulated"] is True
    assert 20.0 < entry["properties"]["view:incidence_angle"] < 50.0
    (band,) = entry["assets"]["data"]["bands"]
    (tif,) = item.parent.glob("*_SIMULATED.tif")
    amplitude = read_cog(tif).layers["vv"].astype(float) * band["raster:scale"]
    flooded = read_cog(next((out / "products").glob("*flood-flood*_SIMULATED.tif"))).layers["flood"] == 1
    seen = amplitude > 0.0
    wet, dry = (10.0 * np.log10(np.mean(amplitude[seen & where] ** 2)) for where in (flooded, ~flooded))
    assert seen.mean() > 0.99 and wet < -17.0 < -13.0 < dry < -3.0
    capsys.readouterr()
    assert main(["product", "flood", "--radar", str(item), "--out", str(tmp_path / "again"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["estimates"]["flooded_km2"]
    first = next(json.loads(path.read_text()) for path in out.glob("stac/products/RAD-1-*-flood/*.json"))
    low, high = again["interval"]
    assert 0.0 < low < again["value"] < high < 20.0 and first["properties"]["swath:simulated"] is True
