"""``swath design``: what a user types, what comes back, and that the other commands read what it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from swath.cli.design_fleet import read_fleet
from swath.cli.design_grow_files import growth_lines
from swath.cli.design_search_files import search_lines
from swath.cli.main import main
from swath.report.design_search import search_page, search_pdf
from tests.cli.schemas import errors
from tests.conftest import REPO

EPOCH = ["--epoch", "2027-01-01T00:00:00Z"]
START = ["--start", "2027-01-01T00:00:00Z"]


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["design", *words, "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert errors("design.schema.json", entry, words[0]) == []
    assert errors("design.schema.json", {**entry, "colour": 1}, words[0])
    return entry


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    path = tmp_path / "pair.json"
    words = ["--repeat", "76/5", "--local-time", "22:30", "--walker", "2/1/0", "--name", "p", "--out", str(path)]
    assert main(["design", "orbit", *words, *EPOCH]) == 0
    return path


@pytest.mark.parametrize("ending", ["json", "xml", "kvn", "csv", "tle"])
def test_other_commands_read_what_is_written(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], pair: Path
) -> None:
    out = tmp_path / f"all.{ending}"
    words = ["orbit", "--altitude-m", "705e3", "--above", "mean", "--frozen", "--local-time", "10:30", "--name", "q"]
    assert main(["design", *words, "--add", str(pair), "--out", str(out), *EPOCH]) == 0
    capsys.readouterr()
    assert main(["orbit", "repeat", "--elements", str(out), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["repeats"]
    assert [row["satellite"] for row in rows] == ["p-1", "p-2", "q-1"]
    assert (rows[0]["orbits"], rows[0]["nodal_days"]) == (76, 5)
    assert [row["mean_local_time_h"] for row in rows] == pytest.approx([22.5, 22.5, 10.5], abs=0.01)


def test_the_orbit_says_what_its_altitude_is_above(capsys: pytest.CaptureFixture[str]) -> None:
    entry = asked(capsys, "orbit", "--repeat", "143/10", *EPOCH)
    (row,) = entry["orbits"]
    assert row["above_equatorial_m"] - row["above_mean_m"] == pytest.approx(-7128.2)
    assert "above the equatorial radius" in entry["warnings"][0]
    assert main(["design", "orbit", "--repeat", "143/10", *EPOCH]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


NINE = ["--local-time", "9:00", *START]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["orbit", "--repeat", "20/1", *EPOCH], 1, "nearest that works is 16 in 1"),
        (["orbit", "--repeat", "ten", *EPOCH], 2, "whole numbers such as 143/10"),
        (["orbit", *EPOCH], 2, "--altitude-m or --repeat"),
        (["orbit", "--altitude-m", "-5", *EPOCH], 2, "in metres"),
        (["orbit", "--altitude-m", "5e5", "--walker", "7/2/0", *EPOCH], 2, "fit evenly"),
        (["orbit", "--altitude-m", "5e5", "--half-field-deg", "30", *EPOCH], 2, "--star"),
        (["orbit", "--altitude-m", "5e5", "--local-time", "25:00", *EPOCH], 2, "HH:MM"),
        (["orbit", "--altitude-m", "5e5", "--out", "x.doc", *EPOCH], 2, ".kvn"),
        (["coverage", *START, "--place", "1,2", "--max-off-nadir-deg", "30"], 2, "swath design orbit"),
        (["coverage", "--elements", "PAIR", *START, "--max-off-nadir-deg", "30"], 2, "--latitudes"),
        (["coverage", "--elements", "PAIR", *START, "--place", "1,2"], 2, "--max-gsd-m"),
        (
            ["coverage", "--elements", "PAIR", *START, "--place", "1,2", "--nadir-gsd-m", "2", "--max-gsd-m", "1"],
            1,
            "straight below",
        ),
        (
            ["coverage", "--elements", "PAIR", *START, "--latitudes", "9,8", "--max-off-nadir-deg", "30"],
            2,
            "Give -90 to 90",
        ),
        (
            ["coverage", "--elements", "PAIR", *START, "--places", "NOSIZE", "--max-off-nadir-deg", "30"],
            2,
            "or ask of a place: --place",
        ),
        (
            [
                "launch",
                "--site",
                "Vostochny",
                "--altitude-m",
                "5e5",
                "--inclination-deg",
                "20",
                "--local-time",
                "9:00",
                *START,
            ],
            1,
            "The nearest is 51.68 deg",
        ),
        (
            ["coverage", "--elements", "PAIR", *START, "--place", "1,2", "--max-off-nadir-deg", "30", "--days", "-1"],
            2,
            "0 and at most",
        ),
    ],
)
def test_what_cannot_be_is_said(
    words: list[str], code: int, said: str, pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = pair.with_name("flat.geojson")
    ring = [[10, 45], [11, 46], [12, 47], [10, 45]]
    feature = {"type": "Feature", "properties": {"id": "z"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    flat.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    put = {"PAIR": str(pair), "NOSIZE": str(flat)}
    capsys.readouterr()
    assert main(["design", *[put.get(word, word) for word in words]]) == code
    assert said in " ".join(capsys.readouterr().err.split())


def test_orbits_that_decay_are_told_with_the_nearest_that_lasts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    low = tmp_path / "low.json"
    assert main(["design", "orbit", "--altitude-m", "250e3", *EPOCH, "--out", str(low)]) == 0
    said = capsys.readouterr().err
    assert "decays: down in" in said and "lasts 90 days by itself" in said
    nearest_km = float(said.split("; from ")[1].split(" km")[0])
    assert main(["design", "orbit", "--altitude-m", str((nearest_km + 1.0) * 1e3), *EPOCH]) == 0
    assert "decays" not in capsys.readouterr().err
    words = ["coverage", "--elements", str(low), *START, "--place", "1,40", "--max-off-nadir-deg", "40"]
    assert any("decays" in note for note in asked(capsys, *words, "--days", "20", "--longitudes", "36")["warnings"])
    assert main(["design", "orbit", "--altitude-m", "100e3", *EPOCH]) == 2
    assert "The lowest that lasts some revolutions is 150 km" in capsys.readouterr().err


COVERED = ["--days", "10", "--place", "here=127,39", "--latitudes", "20,30", "--max-off-nadir-deg", "35"]


def test_coverage_and_its_files(pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["coverage", "--elements", str(pair), *START, *COVERED, "--longitudes", "36"]
    more = ["--station", "svalbard", "--cloud-fraction", "0.5", "--seeds", "2", "--min-sun-elevation-deg", "5"]
    first, second = asked(capsys, *words)["coverage"], asked(capsys, *words, *more)["coverage"]
    assert [row["region"] for row in first] == ["here", "20 to 30 deg"]
    assert second[0]["days_per_look"] > 1.7 * first[0]["days_per_look"]
    assert second[0]["delivery"]["mean_days"] > second[0]["response"]["mean_days"]
    assert main(["design", *words, *more]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    for ending, begins in (("html", b"<!DOCTYPE"), ("csv", b"region,"), ("json", b"{"), ("png", b"\x89PNG")):
        out = tmp_path / f"c.{ending}"
        assert main(["design", *words, "--out", str(out)]) == 0
        assert out.read_bytes().startswith(begins)
    assert b"nan" not in (tmp_path / "c.html").read_bytes().lower().replace(b"base64", b"")[:2000]


def test_pixels_instead_of_angles(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["coverage", "--elements", str(pair), *START, "--days", "10", "--place", "1,40", "--longitudes", "36"]
    near = asked(capsys, *words, "--nadir-gsd-m", "0.5", "--max-gsd-m", "0.55")["coverage"][0]
    far = asked(capsys, *words, "--nadir-gsd-m", "0.5", "--max-gsd-m", "1.5")["coverage"][0]
    assert far["looks_per_day"] > 3.0 * near["looks_per_day"]


def test_launch_windows(pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["launch", "--site", "Vostochny", "--repeat", "76/5", "--local-time", "22:30", "--days", "2", *START]
    entry = asked(capsys, *words)
    assert entry["site"]["azimuths_deg"] is None and len(entry["windows"]) == 4
    assert any("3 to 34 min" in note for note in entry["warnings"])
    assert all(window["local_time_h"] == pytest.approx(22.5) for window in entry["windows"])
    joined = asked(capsys, "launch", "--site", "Vostochny", "--to-plane", str(pair), "--days", "2", *START)
    assert joined["windows"][0]["raan_deg"] == pytest.approx(entry["windows"][0]["raan_deg"], abs=0.05)
    sites = tmp_path / "sites.csv"
    sites.write_text("name,lat,lon,az_min_deg,az_max_deg\nmine,50,10,170,200\n")
    mine = asked(capsys, *words[:2], "mine", "--site-file", str(sites), *words[3:])
    assert {window["leg"] for window in mine["windows"]} == {"south"}
    assert main(["design", *words, "--dog-leg-deg", "1"]) == 0
    said = capsys.readouterr()
    assert max(map(len, said.out.splitlines())) <= 80 and "133 m/s" in said.err
    assert main(["design", *words[:2], "kennedy", *words[3:]]) == 1
    assert "corridor" in capsys.readouterr().err
    for ending in ("csv", "html", "json"):
        assert main(["design", *words, "--out", str(tmp_path / f"w.{ending}")]) == 0
        assert (tmp_path / f"w.{ending}").stat().st_size > 200


def test_moves_and_altitudes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drag = ["--low-drag-m2-kg", "0.005", "--high-drag-m2-kg", "0.05"]
    words = ["phase", "--altitude-m", "500e3", "--plane-deg", "90", *drag]
    moves = asked(capsys, *words)["moves"]
    assert [move["move"] for move in moves].count("along the orbit") == 3 and len(moves) == 7
    assert main(["design", *words]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80 and "needs a new launch" in " ".join(said.split())
    words = ["lifetime", "--altitude-m", "450e3", "--altitude-m", "600e3", "--drag-m2-kg", "0.022", "--gsd-m", "1"]
    rows = asked(capsys, *words)["altitudes"]
    assert rows[0]["gsd_m"] == pytest.approx(0.9) and rows[0]["reach_m"] < rows[1]["reach_m"]
    assert main(["design", *words]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    assert main(["design", *words, "--out", str(tmp_path / "l.html")]) == 0


def test_growth(pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sight = ["--max-off-nadir-deg", "45", "--days", "3", "--workers", "1", "--place", "10,55", "--longitudes", "36"]
    words = ["grow", "--elements", str(pair), "--satellite", "p-1", "--launches", "1", *sight, *START]
    prices = ["--price-satellite", "10", "--price-launch", "5"]
    entry = asked(capsys, *words, *prices)
    one, two = entry["growth"]
    assert (one["satellites"], two["satellites"], two["cost"]) == (1, 2, 15.0)
    assert two["free_days"] <= two["walker_days"] < one["buy_days"]
    for ending, begins in (("html", b"<!DOCTYPE"), ("csv", b"satellites,")):
        out = tmp_path / f"g.{ending}"
        assert main(["design", *words, "--out", str(out)]) == 0
        assert out.read_bytes().startswith(begins)
    assert "seed 0" in capsys.readouterr().err
    assert max(map(len, growth_lines(entry))) <= 80
    assert main(["design", "grow", "--launches", "99", "--altitude-m", "5e5", *sight, *START]) == 2


def test_search_and_its_files(pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sight = ["--max-off-nadir-deg", "45", "--days", "3", "--workers", "1", "--place", "10,55", "--longitudes", "36"]
    words = ["search", "--altitudes-m", "600e3,600e3,1", *sight, "--generations", "2", *START, "--satellites"]
    prices = ["--price-satellite", "10", "--price-launch", "5", "--fleet", str(tmp_path / "fleet.tle")]
    entry = asked(capsys, *words, "1,2", *prices)
    one, two = entry["search"]
    assert (one["satellites"], two["satellites"]) == (1, 2) and two["cost"] == 20.0 + 5.0 * two["launches"]
    assert two["found_days"] <= two["walker_days"] <= two["one_plane_days"] < one["found_days"]
    assert len(read_fleet(str(tmp_path / "fleet.tle"), [])) == 2
    assert max(map(len, search_lines(entry))) <= 80
    pdf = search_pdf(entry)
    assert pdf.startswith(b"%PDF") and pdf == search_pdf(entry)
    assert search_page(entry).startswith("<!DOCTYPE")
    # To the ground, with a satellite that flies and under clouds.
    more = ["--elements", str(pair), "--satellite", "p-1", "--goal", "delivery_mean", "--station", "svalbard"]
    clouds = ["--cloud-fraction", "0.4", "--candidate", "10,54", "--more-stations", "1"]
    clouds += ["--out", str(tmp_path / "s.csv")]
    assert main(["design", *words, "2", *more, *clouds]) == 0
    assert b"svalbard" in (tmp_path / "s.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--satellites", "none"], "1-8"),
        (["--satellites", "0-2"], "1-8"),
        (["--satellites", "90"], "1 to 24"),
        (["--altitudes-m", "5e5"], "LOW,HIGH,STEP"),
        (["--altitudes-m", "6e5,5e5,1e4"], "40 steps"),
        (["--altitudes-m", "5e5,6e5,1e4", "--inclinations-deg", "0,90,5"], "60 at most"),
        (["--altitudes-m", "9e3,9e3,1"], "The lowest"),
        (["--goal", "delivery_p95"], "--station"),
        (["--per-launch", "0"], "1 or more"),
        (["--out", "x.doc"], "End it with"),
        (["--fleet", "x.doc"], ".kvn"),
        (["--generations", "0"], "1 to 1000"),
        (["--more-stations", "99"], "0 to 10"),
        ([word for n in range(17) for word in ("--candidate", f"{n},50")], "16 together"),
    ],
)
def test_searches_that_cannot_be(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--place", "10,55", "--longitudes", "36", "--max-off-nadir-deg", "45", "--days", "1", "--workers", "1"]
    few = [] if "--satellites" in words else ["--satellites", "1"]
    sizes = [] if "--altitudes-m" in words else ["--altitudes-m", "600e3,600e3,1"]
    assert main(["design", "search", *given, *few, *sizes, *words, *START]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_deliveries_by_the_planner(pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flood = REPO / "examples" / "flood"
    orders = (flood / "orders.csv").read_text("utf-8").splitlines()
    (tmp_path / "orders.csv").write_text("\n".join([orders[0], *orders[1::20]]) + "\n", "utf-8")
    mission = tmp_path / "mission.toml"
    text = (flood / "mission.toml").read_text("utf-8").replace("hours = 24", "hours = 12")
    mission.write_text(text[: text.index("[[urgent]]")], "utf-8")
    words = ["deliver", str(mission), "--elements", str(pair), "--seeds", "2", "--workers", "1"]
    one, two = asked(capsys, *words)["deliveries"]
    assert (one["satellites"], two["satellites"], one["seeds"]) == (1, 2, 2)
    assert two["planned"] >= one["planned"] and two["value"] >= one["value"] and two["bound"] >= two["value"]
    assert one["clear_km2_day_range"][0] <= one["clear_km2_day"] <= one["clear_km2_day_range"][1]
    assert main(["design", *words[:4], "--seeds", "1", "--count", "2", "--out", str(tmp_path / "d.html")]) == 0
    assert "SIMULATED" in (tmp_path / "d.html").read_text("utf-8")


def test_deliveries_need_a_fleet(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["deliver", str(REPO / "examples" / "flood" / "mission.toml")]
    for more, said in (
        (["--elements", str(pair), "--count", "3"], "Give 1 to 2"),
        ([], "--elements FILE"),
        (["--elements", str(pair), "--seeds", "0"], "1 to 100 --seeds"),
    ):
        assert main(["design", *words, *more]) == 2
        assert said in capsys.readouterr().err


def test_stations(pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spots = ["--station", "svalbard", "--candidate", "awarua", "--candidate", "115,-29", "--more", "2"]
    words = [
        "stations",
        "--elements",
        str(pair),
        "--place",
        "10,55",
        "--max-off-nadir-deg",
        "40",
        "--days",
        "2",
        *START,
    ]
    entry = asked(capsys, *words, *spots)
    assert [len(row["stations"]) for row in entry["sets"]] == [1, 2, 3]
    assert main(["design", *words, *spots, "--out", str(tmp_path / "s.html")]) == 0
    assert main(["design", *words, *spots]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    assert main(["design", *words, "--more", "0"]) == 2


def test_a_season_and_a_programme_answer_as_the_schema_says(capsys: pytest.CaptureFixture[str], pair: Path) -> None:
    words = ["--site", "Vostochny", "--latitudes", "39,41", "--longitudes", "36", "--max-off-nadir-deg", "40"]
    season = asked(capsys, "season", "--elements", str(pair), *words, "--days", "3", "--season-days", "10", *START)
    (row,) = season["season"]
    assert row["best"] >= "2027-01-01" and abs(row["local_time_h"] - 22.5) < 0.05
    assert row["failed_days"] == season["before_days"] >= row["after_days"] == season["end_days"]
    assert main(["design", "season", "--elements", str(pair), *words, "--flying", "2", *START]) == 2
    example = Path(__file__).resolve().parents[2] / "examples" / "programme" / "programme.toml"
    programme = asked(capsys, "programme", str(example), "--days", "1")
    assert {row["place"] for row in programme["programme"]} >= {"Guam", "Rome"}
