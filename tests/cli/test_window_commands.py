"""The commands passes and access: every form of output read by somebody else's program, and the questions they take."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import geopandas
import numpy as np
import pandas
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from swath.cli.main import main

# Sentinel-2A and Landsat 8 of 7 May 2026, CelesTrak's active list as archived in github ivanfurlan1/data-satarg
SETS = """\
SENTINEL-2A
1 40697U 15028A   26127.79507169 -.00000041  00000+0  11172-5 0  9996
2 40697  98.5684 203.2175 0001246  82.6727 277.4597 14.30811791567951
LANDSAT 8
1 39084U 13008A   26127.78446191  .00000277  00000+0  71469-4 0  9990
2 39084  98.1843 198.5116 0001311 103.4439 256.6906 14.57140664692010
"""
PLACES = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "id": "po, <valley> & more", "geometry": {"type": "Polygon", "coordinates": [
            [[8, 44.5], [12.5, 44.5], [12.5, 45.6], [8, 45.6], [8, 44.5]],
            [[9, 44.8], [9.5, 44.8], [9.5, 45.2], [9, 45.2], [9, 44.8]]]}},
        {"type": "Feature", "id": "서울", "geometry": {"type": "Point", "coordinates": [126.98, 37.57]}},
        {"type": "Feature", "id": "fiji", "geometry": {"type": "MultiPolygon", "coordinates": [
            [[[177, -19], [180, -19], [180, -16], [177, -16], [177, -19]]],
            [[[-180, -19], [-178, -19], [-178, -16], [-180, -16], [-180, -19]]]]}},
    ],
}  # fmt: skip
SPAN = ("--start", "2026-05-08T00:00:00Z", "--hours", "48")
MARK = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def elements(tmp_path_factory: pytest.TempPathFactory) -> str:
    (file := tmp_path_factory.mktemp("sets") / "fleet.tle").write_text(SETS)
    return str(file)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> str:
    (file := tmp_path_factory.mktemp("places") / "places.geojson").write_text(json.dumps(PLACES), "utf-8")
    return str(file)


@pytest.fixture
def access(elements: str, places: str) -> list[str]:
    return [
        "access",
        "--elements",
        elements,
        "--places",
        places,
        *SPAN,
        "--max-off-nadir-deg",
        "30",
        "--cover",
        "centre",
    ]


@pytest.fixture
def passes(elements: str) -> list[str]:
    return ["passes", "--elements", elements, "--station", "svalbard", "--station", "home=11.3,48.1,560", *SPAN]


@pytest.fixture(params=["access", "passes"])
def question(request: pytest.FixtureRequest) -> tuple[str, list[str]]:
    words = request.getfixturevalue(request.param)
    return ("accesses" if request.param == "access" else "passes"), words


def answer(capsys: pytest.CaptureFixture[str], words: list[str], *more: str) -> dict:
    capsys.readouterr()
    assert main([*words, *more, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def written(tmp_path: Path, words: list[str], ending: str) -> Path:
    out = tmp_path / f"windows.{ending}"
    assert main([*words, "--out", str(out)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == [out.name]
    return out


def test_parquet_and_csv_hold_the_same_rows(question: tuple[str, list[str]], tmp_path: Path, capsys) -> None:
    key, words = question
    rows = answer(capsys, words)[key]
    assert len(rows) > 8
    file = written(tmp_path, words, "parquet")
    frame, schema = pandas.read_parquet(file), pyarrow.parquet.read_schema(file)
    assert list(frame) == list(rows[0])
    assert str(frame["start"].dtype) == "datetime64[ns, UTC]"
    assert [t.isoformat(timespec="milliseconds")[:19] for t in frame["start"].dt.round("ms")] == [
        r["start"][:19] for r in rows
    ]
    np.testing.assert_allclose(frame["max_elevation_deg"], [row["max_elevation_deg"] for row in rows])
    assert schema.field("max_elevation_deg").metadata[b"unit"] == b"deg"
    file.unlink()
    with written(tmp_path, words, "csv").open(newline="", encoding="utf-8") as text:
        table = list(csv.DictReader(text))
    assert [row["start"] for row in table] == [row["start"] for row in rows]


def test_geojson_is_read_by_geopandas(access: list[str], tmp_path: Path, capsys) -> None:
    rows = answer(capsys, access)["accesses"]
    frame = geopandas.read_file(written(tmp_path, access, "geojson"))
    assert len(frame) == len(rows)
    assert frame.crs.to_epsg() == 4326
    assert set(frame.geometry.geom_type) == {"Point", "Polygon", "MultiPolygon"}
    assert frame.geometry.is_valid.all()
    assert frame["min_off_nadir_deg"].tolist() == pytest.approx([row["min_off_nadir_deg"] for row in rows])


def test_kml_is_read_by_gdal_and_keeps_to_its_schema(question: tuple[str, list[str]], tmp_path: Path, capsys) -> None:
    key, words = question
    rows, file = answer(capsys, words)[key], written(tmp_path, words, "kml")
    frame = geopandas.read_file(file, layer="Windows")
    assert len(frame) == len(rows)
    assert set(frame.geometry.geom_type) == {"LineString"}
    assert frame.geometry.has_z.all() and frame.geometry.get_coordinates(include_z=True)["z"].min() > 400e3
    assert len(geopandas.read_file(file, layer="Places")) in (2, 3)
    root = ElementTree.parse(file).getroot()
    styles = {f"#{style.get('id')}" for style in root.iter(f"{MARK}Style")}
    # KML 2.2 wants the parts of a placemark in this order
    order = ["name", "description", "TimeSpan", "styleUrl", "Point", "LineString", "MultiGeometry"]
    for mark in root.iter(f"{MARK}Placemark"):
        parts = [order.index(part.tag.removeprefix(MARK)) for part in mark]
        assert parts == sorted(parts)
        for url in mark.iter(f"{MARK}styleUrl"):
            assert url.text in styles
    begins = [begin.text for begin in root.iter(f"{MARK}begin")]
    assert begins == [row["start"] for row in rows]


def unfolded(text: str) -> list[tuple[str, str]]:
    """RFC 5545 section 3.1 read back: lines of at most 75 octets that end in CRLF, continued by a blank."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    lines = re.sub(r"\r\n ", "", text).split("\r\n")[:-1]
    return [tuple(line.split(":", 1)) for line in lines]


def test_the_calendar_follows_rfc_5545(question: tuple[str, list[str]], tmp_path: Path, capsys) -> None:
    key, words = question
    rows = answer(capsys, words)[key]
    lines = unfolded(written(tmp_path, words, "ics").read_bytes().decode())
    assert lines[0] == ("BEGIN", "VCALENDAR") and lines[-1] == ("END", "VCALENDAR")
    events: list[dict[str, str]] = []
    for name, value in lines:
        if (name, value) == ("BEGIN", "VEVENT"):
            events.append({})
        elif events:
            events[-1].setdefault(name, value)
    assert len(events) == len(rows) == len({event["UID"] for event in events})
    for event, row in zip(events, rows, strict=True):
        assert all(re.fullmatch(r"\d{8}T\d{6}Z", event[name]) for name in ("DTSTAMP", "DTSTART", "DTEND"))
        assert event["DTSTART"] == re.sub("[-:]", "", row["start"][:19]) + "Z" and event["DTEND"] > event["DTSTART"]
        assert re.sub(r"\\([,;\\])", r"\1", event["LOCATION"]) == row["place" if key == "accesses" else "station"]
        assert not re.search(r"(?<!\\)[,;]", event["SUMMARY"])


def test_czml_shows_each_pair_while_it_lasts(question: tuple[str, list[str]], tmp_path: Path, capsys) -> None:
    key, words = question
    rows = answer(capsys, words)[key]
    packets = json.loads(written(tmp_path, words, "czml").read_text("utf-8"))
    assert packets[0]["id"] == "document" and packets[0]["version"] == "1.0"
    ids = [packet["id"] for packet in packets]
    assert len(ids) == len(set(ids))
    lines = [packet["polyline"] for packet in packets if "polyline" in packet]
    shown = [part["interval"] for line in lines for part in line["show"] if part["boolean"]]
    assert sorted(shown) == sorted(f"{row['start']}/{row['stop']}" for row in rows)
    for line in lines:
        assert {reference.removesuffix("#position") for reference in line["positions"]["references"]} <= set(ids)
    for packet in packets:
        if samples := packet.get("position", {}).get("cartesian"):
            t, r = np.array(samples).reshape(-1, 4)[:, 0], np.array(samples).reshape(-1, 4)[:, 1:]
            assert (np.diff(t) > 0).all() and t[-1] == 48 * 3600
            assert (np.abs(np.linalg.norm(r, axis=-1) - 7.1e6) < 1.5e5).all()


def test_pictures_are_pictures(question: tuple[str, list[str]], tmp_path: Path) -> None:
    with Image.open(written(tmp_path, question[1], "png")) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert min(pixels.shape[:2]) > 500
    white = (pixels > 250).all(-1).mean()
    assert 0.1 < white < 0.97
    orange = (np.abs(pixels.astype(int) - (230, 121, 23)) < 30).all(-1)  # the first satellite's colour
    assert orange.sum() > 100


def test_when_next_is_the_first_of_the_long_answer(question: tuple[str, list[str]], capsys) -> None:
    key, words = question
    at = "place" if key == "accesses" else "station"
    first: dict[tuple[str, str], dict] = {}
    for row in answer(capsys, words)[key]:
        first.setdefault((row["satellite"], row[at]), row)
    found = answer(capsys, words[:-2] if key == "passes" else words, "--next")[key]
    if key == "passes":
        words = [word for word in words if word not in ("--hours", "48")]
        found = answer(capsys, words, "--next")[key]
    assert len(found) == len(first)
    for row in found:
        same = first[row["satellite"], row[at]]
        assert (row["start"], row["stop"]) == (same["start"], same["stop"])


def test_samples_follow_each_pass(passes: list[str], tmp_path: Path, capsys) -> None:
    said = answer(capsys, passes, "--sample", "20", "--frequency-hz", "8.2e9")
    for row in said["passes"][:6]:
        mine = [s for s in said["samples"] if s["satellite"] == row["satellite"] and s["station"] == row["station"]
                and row["start"] <= s["time"] <= row["stop"]]  # fmt: skip
        assert mine[0]["time"] == row["start"] and mine[-1]["time"] == row["stop"]
        assert mine[0]["elevation_deg"] == pytest.approx(5.0, abs=1e-3)
        assert mine[0]["azimuth_deg"] == pytest.approx(row["start_azimuth_deg"], abs=1e-2)
        assert max(s["elevation_deg"] for s in mine) <= row["max_elevation_deg"] + 1e-6
        ranges, rates = (np.array([s[name] for s in mine]) for name in ("range_m", "range_rate_m_s"))
        # the mean of the rates over a step is the difference of the ranges, to the second order
        np.testing.assert_allclose(np.diff(ranges)[:-1] / 20.0, (rates[1:-1] + rates[:-2]) / 2, atol=15.0)
        assert mine[0]["doppler_hz"] == pytest.approx(-rates[0] / 299792458.0 * 8.2e9)
    out = tmp_path / "samples.csv"
    assert main([*passes, "--sample", "20", "--out", str(out)]) == 0
    assert out.read_text().startswith(
        "satellite,station,time,azimuth_deg,elevation_deg,range_m,range_rate_m_s,doppler_hz"
    )
    capsys.readouterr()
    assert main([*passes, "--sample", "60"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_a_mask_shortens_passes(passes: list[str], tmp_path: Path, capsys) -> None:
    (file := tmp_path / "mask.csv").write_text("azimuth,elevation\n0,30\n90,10\n180,10\n270,30\n")
    free, masked = answer(capsys, passes)["passes"], answer(capsys, passes, "--mask", str(file))["passes"]
    assert 0 < len(masked) < len(free)
    assert min(row["max_elevation_deg"] for row in masked) > 10.0


def test_words_narrow_the_windows(access: list[str], passes: list[str], capsys) -> None:
    every = answer(capsys, access)["accesses"]
    right = answer(capsys, access, "--where", "right and descending")["accesses"]
    assert {(row["side"], row["direction"]) for row in right} == {("right", "descending")}
    assert 0 < len(right) < len(every)
    near = answer(capsys, passes, "--where", "separation(39084) <= 90 and separation('SENTINEL-2A') >= 0")["passes"]
    assert isinstance(near, list)


def test_the_own_swath_is_that_of_the_catalogue(access: list[str], capsys) -> None:
    said = answer(capsys, access, "--own-swath")
    assert sorted(note for note in said["warnings"] if note.startswith("windows of")) == [
        "windows of Landsat 8, OLI: a fixed swath of 185 km",
        "windows of Sentinel-2A, MSI: a fixed swath of 290 km",
    ]
    points = [row for row in said["accesses"] if row["place"] == "서울"]
    assert all(row["min_off_nadir_deg"] < 10.7 for row in points)
    assert {row["gsd_m"] is None for row in said["accesses"]} == {True, False}  # Landsat's is not in the catalogue


def test_tables_fit_a_terminal(question: tuple[str, list[str]], capsys) -> None:
    assert main(question[1]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and len(lines) > 8


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--where", "sun >="], "is not understood"),
        (["--where", "separation(99999) <= 3"], "no satellite '99999'"),
        (["--place", "here"], "not LON,LAT"),
        (["--place", "200,10"], "outside the world"),
        (["--out", "x.xlsx"], "cannot write .xlsx.*End it with .json or .csv or .parquet"),
        (["--hours", "0"], "a span of 0 hours"),
        (["--cover", "most"], "cover"),
        (["--max-off-nadir-deg", "100"], "max_off_nadir_deg is 100"),
    ],
)
def test_bad_questions_of_access_are_told(access: list[str], more: list[str], why: str, capsys) -> None:
    named = dict(zip(access[1::2], access[2::2], strict=True)) | dict([more])
    assert main(["access", *(word for pair in named.items() for word in pair)]) == 2
    caught = capsys.readouterr()
    assert re.search(why, " ".join(caught.err.split())) and "Traceback" not in caught.err


def test_questions_that_are_too_large_are_told_before_they_begin(elements: str, tmp_path: Path, capsys) -> None:
    points = [{"type": "Feature", "id": n, "geometry": {"type": "Point", "coordinates": [n % 360 - 180, n % 170 - 85]}}
              for n in range(20_000)]  # fmt: skip
    (file := tmp_path / "many.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": points}))
    words = ["access", "--elements", elements, "--places", str(file), "--start", SPAN[1], "--hours", "240"]
    assert main(words) == 2
    assert re.search(r"about [0-9,]+ windows .* At most 200,000", " ".join(capsys.readouterr().err.split()))


def test_a_window_of_days_says_how_many(tmp_path: Path, capsys) -> None:
    # A geostationary set typed for this test, over 38 degrees east
    (file := tmp_path / "geo.tle").write_text(
        "GEO TEST\n"
        "1 41866U 16071A   26127.51734211 -.00000260  00000+0  00000+0 0  9999\n"
        "2 41866   0.0500 104.3917 0001000 133.7391 211.4823  1.00271000 33339\n"
    )
    words = ["passes", "--elements", str(file), "--station", "50,10", *SPAN]
    (row,) = answer(capsys, words)["passes"]
    assert (row["start"], row["stop"]) == ("2026-05-08T00:00:00.000Z", "2026-05-10T00:00:00.000Z")
    assert row["start_doubt_s"] is None and 60.0 < row["max_elevation_deg"] < 80.0
    assert main(words) == 0
    assert "00:00+2" in capsys.readouterr().out
    assert main([*words, "--out", str(tmp_path / "sky.png")]) == 0
    assert main(["orbit", "lifetime", "--elements", str(file)]) == 3
    assert "no air to speak of" in capsys.readouterr().err


def test_a_satellite_that_cannot_be_asked_is_left_out_with_the_reason(access: list[str], capsys) -> None:
    said = answer(capsys, access, "--where", "gsd <= 40")
    assert {row["satellite"] for row in said["accesses"]} == {"SENTINEL-2A"}
    assert [failed["satellite"] for failed in said["failed"]] == ["LANDSAT 8"]
    assert "how large the pixels" in said["failed"][0]["because"]
    assert isinstance(answer(capsys, access, "--where", "-30 <= roll <= -1")["accesses"], list)


def test_when_next_looks_as_far_as_the_orbits_are_known(elements: str, tmp_path: Path, capsys) -> None:
    old = ["access", "--elements", elements, "--place", "12,45", "--start", "2026-06-03T00:00:00Z", "--next"]
    said = answer(capsys, [*old, "--max-off-nadir-deg", "20"])  # the sets are good until 6 June, it looks 20 days ahead
    assert [row["satellite"] for row in said["accesses"]] == ["LANDSAT 8"]
    assert any("SENTINEL-2A: looked no further than" in note for note in said["warnings"])
    assert main([*old, "--out", str(tmp_path / "next.png")]) == 0
    oem = tmp_path / "s2.oem"
    made = ["orbit", "elements", elements, "--satellite", "40697", "--out", str(oem), *SPAN[:2], "--hours", "12"]
    assert main(made) == 0
    words = ["access", "--elements", str(oem), *SPAN[:2], "--next", "--place", "a=12,45", "--place", "b=120,-89"]
    words += ["--where", "off_nadir <= 60 and sun >= 0"]
    said = answer(capsys, words)
    assert [row["place"] for row in said["accesses"]] == ["a"]  # at the south pole it is night in May
    assert "looked no further than 2026-05-08T12:00:00Z" in " ".join(said["warnings"])
    assert main([*words, "--out", str(tmp_path / "next.czml")]) == 0


def test_too_many_pairs_for_when_next(elements: str, tmp_path: Path, capsys) -> None:
    points = "".join(f"p{n},{n % 360 - 180},{n % 170 - 85}\n" for n in range(100_001))
    (file := tmp_path / "many.csv").write_text("id,lon,lat\n" + points)
    assert main(["access", "--elements", elements, "--places", str(file), "--start", SPAN[1], "--next"]) == 2
    assert "200,002 pairs" in capsys.readouterr().err


def test_a_place_or_a_satellite_is_needed(elements: str, capsys) -> None:
    assert main(["access", "--elements", elements, *SPAN]) == 2
    assert "of which places?" in capsys.readouterr().err
    assert main(["access", "--place", "1,2", *SPAN]) == 2
    assert "of which satellites?" in capsys.readouterr().err
    assert main(["access", "--elements", elements, "--place", "1,2", "--start", SPAN[1]]) == 2
    assert "how long a span?" in capsys.readouterr().err


ODD = ["nan,1", "1,inf", "1,2,3,4", "=1,2", "a=b=1,2"]
ANY = st.one_of(st.text(max_size=25), st.from_regex(r"-?[0-9.,=e+ -]{0,20}", fullmatch=True), st.sampled_from(ODD))


@given(ANY, st.sampled_from(["--station", "--place", "--where", "--start", "--hours"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_text_is_answered_or_refused(elements: str, capsys, text: str, flag: str) -> None:
    words = {"--start": SPAN[1], "--hours": "1", "--satellite": "40697"}
    if flag == "--station":
        command, words = "passes", words | {flag: text}
    else:
        command, words = "access", {"--place": "12,45"} | words | {flag: text}
    code = main([command, "--elements", elements, *(f"{name}={value}" for name, value in words.items())])
    caught = capsys.readouterr()
    assert code in (0, 2, 3)
    assert "Traceback" not in caught.err
