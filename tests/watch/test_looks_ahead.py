"""Who looks next: could, planned, not planned, taken; and the forms it is told in."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from swath.cli.main import main
from swath.model import Elements, Place
from swath.orbit.elements import newest_for, parse_tle
from swath.plan.forecast import GridForecast
from swath.report.looks_ahead import looks_ics, looks_lines, looks_page, looks_summary
from swath.sources.eop import packaged_eop
from swath.time import seconds
from swath.watch.looks_ahead import LooksAhead, Taken, able_to_see, looks_ahead
from swath.watch.published import PublishedPlan, read_plan
from swath.watch.wrs import path_and_row
from tests.watch.made_plans import landsat_json, sentinel_kml

START = np.datetime64("2026-05-08T00:00:00", "ns")
STOP = START + np.timedelta64(14, "D")
PLACE = Place.point("kyiv", lon_deg=30.22, lat_deg=50.55)
BOX = "20,45 40,45 40,55 20,55 20,45"


@pytest.fixture(scope="module")
def fleet(shared_data: Path) -> dict[str, Elements]:
    text = (shared_data / "orbits" / "eo_satellites.tle").read_text("utf-8")
    wanted = {40697, 39084, 39634, 41386}
    sets = [one for one in parse_tle(text, source="").elements if one.norad_id in wanted]
    return dict(newest_for(sets, START))


def ahead(fleet: dict[str, Elements], **given: object) -> LooksAhead:
    looks, failed = looks_ahead(fleet, PLACE, START, STOP, packaged_eop(), **given)  # type: ignore[arg-type]
    assert failed == []
    return looks


pytestmark = pytest.mark.needs_shared_data


def test_every_look_stands_in_order_and_in_the_sky_of_the_place(fleet: dict[str, Elements]) -> None:
    looks = ahead(fleet)
    assert len(looks) > 10 and (np.diff(looks.time) >= np.timedelta64(0)).all()
    assert set(looks.state) == {"could"} and (looks.elevation_deg > 0).all()
    assert (looks.off_nadir_deg <= looks.limit_deg).all()
    # The point below a satellite lies where its azimuth says.
    east = (looks.track_lon_deg - PLACE.lon_deg + 180.0) % 360.0 - 180.0
    far = looks.off_nadir_deg > 5.0
    assert (np.sign(east[far]) == np.sign(np.sin(np.radians(looks.azimuth_deg[far])))).all()
    # Radars look aside and by night.
    radar = looks.kind == "radar"
    assert (90.0 - looks.elevation_deg[radar] >= 14.9).all() and able_to_see(looks)[radar].all()


def test_an_announced_take_over_the_place_makes_its_look_planned_and_others_not(fleet: dict[str, Elements]) -> None:
    looks = ahead(fleet)
    mine = looks.take(looks.norad_id == 40697)
    assert len(mine) >= 3
    text = [str(np.datetime_as_string(t, "s")) for t in (mine.time[1] - seconds(100.0), mine.time[1] + seconds(100.0))]
    over = read_plan(sentinel_kml("S2A", *text, BOX, mode="NOBS"), source="S2A.kml")
    away = read_plan(sentinel_kml("S2A", *text, "0,45 5,45 5,55 0,45"), source="away.kml")
    later = [str(np.datetime_as_string(mine.time[2] + seconds(s), "s")) for s in (300.0, 400.0)]
    whole = PublishedPlan("S2A.kml", (*over.takes, *read_plan(sentinel_kml("S2A", *later, BOX), source="x").takes))
    states = ahead(fleet, plans=[whole])
    got = states.take((states.norad_id == 40697) & np.isfinite(states.off_nadir_deg))
    assert got.state[:3].tolist() == ["could", "planned", "not planned"]
    assert "S2A.kml NOBS" in got.because[1]
    missed = states.take((states.norad_id == 40697) & np.isnan(states.off_nadir_deg))
    assert missed.state.tolist() == ["planned"]  # a take that no look explains is a row of its own
    away_states = ahead(fleet, plans=[away])
    assert away_states.state[np.flatnonzero(away_states.norad_id == 40697)[1]] == "not planned"


def test_landsats_calendar_plans_the_path_on_its_day_only(fleet: dict[str, Elements]) -> None:
    looks = ahead(fleet)
    day_looks = looks.take((looks.norad_id == 39084) & (looks.sun_elevation_deg > 0))
    assert len(day_looks) >= 1
    one = next(e for e in fleet.values() if e.norad_id == 39084)
    path, _ = path_and_row(one, day_looks.time[0], packaged_eop())
    for shift, other, state in ((0, path, "planned"), (0, path % 233 + 1, "not planned"), (3, path, "could")):
        day = (day_looks.time[0].astype("datetime64[D]") + shift).item()
        said = landsat_json(f"{day.month}/{day.day}/{day.year}", f"{other},17")
        states = ahead(fleet, plans=[read_plan(said, source="cycles_full.json")])
        got = states.take((states.norad_id == 39084) & (states.time == day_looks.time[0]))
        assert got.state.tolist() == [state]


def test_a_scene_in_the_archive_is_taken_and_one_of_nobody_is_a_row_of_its_own(fleet: dict[str, Elements]) -> None:
    at = ahead(fleet).take(ahead(fleet).norad_id == 40697).time[0]
    scenes = [
        Taken("S2A_X", "sentinel-2a", at - seconds(200.0), at - seconds(190.0), 0.25),
        Taken("drone", "mavic", START + seconds(5000.0), START + seconds(5100.0)),
    ]
    looks = ahead(fleet, taken=scenes)
    assert looks.because[looks.state == "taken"].tolist() == ["drone", "S2A_X, 25% cloud"]
    assert np.isnan(looks.off_nadir_deg[looks.because == "drone"]).all()


def test_the_chance_of_clear_sky_is_the_forecasts_and_one_for_radar(fleet: dict[str, Elements]) -> None:
    days = np.array([START, STOP])
    clear = GridForecast(np.array([0.0, 60.0]), np.array([0.0, 80.0]), days, np.full((2, 2, 2), 0.3))
    looks = ahead(fleet, p_clear=clear)
    assert np.allclose(looks.p_clear[looks.kind != "radar"], 0.3) and (looks.p_clear[looks.kind == "radar"] == 1).all()


def test_forms_are_sound_and_name_every_look(fleet: dict[str, Elements]) -> None:
    looks = ahead(fleet)
    lines = [*looks_lines(looks, most=5), *looks_summary(looks)]
    assert max(map(len, lines)) <= 80 and "more" in lines[6]
    text = looks_ics([(PLACE, looks)], START)
    assert text.count("BEGIN:VEVENT") == int(able_to_see(looks).sum()) == len(set(re.findall(r"UID:(\S+)", text)))
    assert looks_ics([(PLACE, looks)], START) == text
    page = looks_page(looks, PLACE, START, STOP, [], notes=["n<o>te"])
    assert "<script" not in page and "n&lt;o&gt;te" in page and page.count("<tr>") == len(looks) + 1


def test_the_command_answers_in_every_form(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (shared_data / "orbits" / "eo_satellites.tle").read_text("utf-8").splitlines()
    rows = [n for n, line in enumerate(text) if line.startswith(("1 40697", "1 39634"))]
    sets = tmp_path / "two.tle"
    sets.write_text("\n".join(line for n in rows for line in text[n - 1 : n + 2]) + "\n")
    plan = tmp_path / "S2A.kml"
    plan.write_bytes(sentinel_kml("S2A", "2026-05-08T00:00:00", "2026-05-08T23:00:00", BOX))
    given = ["watch", "next", "kyiv=30.22,50.55", "--elements", str(sets), "--start", "2026-05-08T00:00:00Z"]
    assert main([*given, "--plans", str(plan), "--days", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"looks", "warnings"} <= set(found) and all(row["time"].endswith("Z") for row in found["looks"])
    for form in ("ics", "html", "csv", "parquet"):
        assert main([*given, "--days", "2", "--out", str(tmp_path / f"looks.{form}")]) == 0
        assert (tmp_path / f"looks.{form}").stat().st_size > 500
    assert main([*given, "--days", "0"]) == 2 and main([*given, "--detail-m", "0"]) == 2
    assert main([*given, "--archive", str(tmp_path)]) == 3
    assert main(["watch", "next", "30,95", "--elements", str(sets)]) == 2
    assert main([*given, "--plans", str(sets)]) == 2
    assert main([*given, "--plans", str(tmp_path / "none.kml")]) == 3
