"""``swath claim``: output, exit codes, schema."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from swath.cli.main import main
from tests.cli.schemas import errors

REPO = Path(__file__).resolve().parents[2]
KCNA = REPO / "examples" / "claims" / "kcna-2023.toml"


def test_what_json_holds_is_what_the_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claim", "check", str(KCNA), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert errors("claim.schema.json", answer) == []
    assert errors("claim.schema.json", {**answer, "colour": 3})
    assert {"id", "verdict", "off_nadir_deg", "miss_s", "sigma_s", "because"} <= set(answer["verdicts"][0])
    assert "true" not in {verdict["verdict"] for verdict in answer["verdicts"]}


def claim(tmp_path: Path, **changes: str) -> str:
    keys = {
        "satellite": '{ name = "Malligyong-1", launched = "2023-11-21T13:42:00Z" }',
        "place": '{ name = "Guam", lon_deg = 144.93, lat_deg = 13.58 }',
        "time": '"2023-11-22T00:18:00Z"',
    } | changes
    path = tmp_path / "claim.toml"
    lines = [f"{key} = {value}" for key, value in keys.items()]
    path.write_text("[[claims]]\n" + "\n".join(lines) + "\n")
    return str(path)


TLE = (
    "'''\n1 58400U 23179A   23343.17766162  .00004660  00000-0  21022-3 0  9996\n"
    "2 58400  97.4270 227.7225 0014685 211.9163 148.1185 15.21407416  2676'''"
)


def words(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    code = main(["claim", "check", *arguments, "--json"])
    (verdict,) = json.loads(capsys.readouterr().out)["verdicts"]
    return code, verdict


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert words(capsys, claim(tmp_path, tle=TLE))[0] == 0
    other_side = '{ name = "x", lon_deg = -35.0, lat_deg = -13.0 }'
    code, verdict = words(capsys, claim(tmp_path, tle=TLE, place=other_side))
    assert (code, verdict["verdict"]) == (1, "impossible")
    code, verdict = words(capsys, claim(tmp_path))  # no element set anywhere
    assert (code, verdict["verdict"]) == (3, "undetermined")
    assert "--elements" in verdict["because"][0]
    assert main(["claim", "check", claim(tmp_path, place='"Guam"')]) == 2
    assert "144.75" in capsys.readouterr().err
    assert main(["claim", "check", str(tmp_path / "absent.toml")]) == 3


def test_before_launch_after_decay_and_by_night(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, verdict = words(capsys, claim(tmp_path, tle=TLE, time='"2023-11-21T10:00:00Z"'))
    assert (code, verdict["says"]) == (1, "impossible: before launch")
    gone = '{ name = "Malligyong-1", decayed = "2023-11-22T00:00:00Z" }'
    code, verdict = words(capsys, claim(tmp_path, tle=TLE, satellite=gone))
    assert (code, verdict["says"]) == (1, "impossible: after decay")
    code, verdict = words(capsys, claim(tmp_path, tle=TLE, time='"2022-11-22T00:18:00Z"', satellite='"Malligyong-1"'))
    assert (code, verdict["says"]) == (1, "impossible: before launch")  # the designator is of 2023
    code, verdict = words(capsys, claim(tmp_path, tle=TLE, time='"2023-11-22T12:32:00Z"'))
    assert code == 1
    assert "night" in verdict["because"][0] or "horizon" in verdict["because"][0]


def test_the_sun_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bucha, 1 April 2022: a Sun of 42 deg is that of 11:57 local time (08:57 UTC), not of 11:57 UTC (38.3 deg)."""
    changes = {
        "satellite": '"unknown"',
        "place": '{ name = "Bucha", lon_deg = 30.22, lat_deg = 50.55 }',
        "shadow": "{ sun_elevation_deg = 42, angle_error_deg = 1 }",
    }
    code, verdict = words(capsys, claim(tmp_path, time='"2022-04-01T11:57:00Z"', **changes))
    assert (code, verdict["verdict"]) == (0, "inconsistent")
    assert abs(verdict["sun_elevation_deg"] - 38.3) < 0.1
    assert "08:5" in verdict["says"]
    code, verdict = words(capsys, claim(tmp_path, time='"2022-04-01 11:57"', zone='"Europe/Kyiv"', **changes))
    assert (code, verdict["verdict"]) == (0, "possible")
    assert abs(verdict["sun_elevation_deg"] - 42.0) < 0.1


def test_the_evidence_is_the_same_every_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = str(REPO / "examples" / "claims" / "landsat-2024.toml")
    for name in ("a.zip", "b.zip", "page.html", "claims.kml", "claims.czml", "folder"):
        assert main(["claim", "check", example, "--out", str(tmp_path / name)]) == 1  # one of its claims is impossible
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert main(["verify", str(tmp_path / "folder")]) == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert {*held} == {
        *("REPRODUCE.txt", "SHA256SUMS", "claims.czml", "claims.kml", "elements.json", "index.html"),
        *("landsat-2024.toml", "verdicts.json", "verdicts.txt"),
    }
    for line in held["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(held[name]).hexdigest() == digest
    page = held["index.html"].decode()
    assert page == (tmp_path / "page.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "") and "<script" not in page
    assert all(hashlib.sha256(held[n]).hexdigest() in page for n in ("landsat-2024.toml", "elements.json"))
    ElementTree.fromstring(held["claims.kml"])
    assert json.loads(held["claims.czml"])[0]["id"] == "document"


def test_what_the_bundle_holds_gives_the_same_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "folder"
    assert main(["claim", "check", str(KCNA), "--out", str(folder)]) == 0
    capsys.readouterr()
    again = ["claim", "check", str(folder / KCNA.name), "--elements", str(folder / "elements.json"), "--json"]
    assert main(again) == 0
    answer, before = json.loads(capsys.readouterr().out), json.loads((folder / "verdicts.json").read_text())
    assert [v["says"] for v in answer["verdicts"]] == [v["says"] for v in before["verdicts"]]
    assert [v["off_nadir_deg"] for v in answer["verdicts"]] == [v["off_nadir_deg"] for v in before["verdicts"]]


def test_what_is_written_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claim", "check", str(KCNA), "--out", str(tmp_path / "x.docx")]) == 2
    assert main(["claim", "check", str(KCNA), "--out", str(tmp_path / "absent" / "x.zip")]) == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert main(["claim", "check", str(KCNA), "--out", str(tmp_path / "mine")]) == 2
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


FLEET = """SW-2
1 47932U 21022A   26127.77868784  .00005524  00000+0  25810-3 0  9999
2 47932  97.3935  23.8400 0007445  76.6810 283.5255 15.20179199284624
LANDSAT 9
1 49260U 21088A   26127.75032906  .00000291  00000+0  74526-4 0  9999
2 49260  98.1863 198.5544 0001412 104.6711 255.4644 14.57129695245114
"""


def test_who_could_and_who_comes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = tmp_path / "fleet.tle"
    fleet.write_text(FLEET)
    place = ["--place", "10.0,48.0", "--elements", str(fleet)]
    assert main(["claim", "overflights", *place, "--start", "2026-05-08T00:00:00Z", "--hours", "72", "--json"]) == 0
    flights = json.loads(capsys.readouterr().out)["overflights"]
    assert flights and errors("claim.schema.json", flights[0], "overflight") == []
    day = next(row for row in flights if row["sun_elevation_deg"] > 10.0)
    assert main(["claim", "who", *place, "--time", day["time"], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["candidates"]
    assert errors("claim.schema.json", found[0], "candidate") == []
    assert found[0]["norad_id"] == day["norad_id"]
    assert abs(found[0]["off_nadir_deg"] - day["off_nadir_deg"]) < 0.5
    assert main(["claim", "who", *place, "--time", "2026-05-08T12:00:00"]) == 2  # no zone
    assert main(["claim", "who", *place, "--time", "2026-05-08T23:10:00Z"]) == 1
    capsys.readouterr()
    unknown = claim(
        tmp_path, satellite='"unknown"', time=f'"{day["time"]}"', place="{ lon_deg = 10.0, lat_deg = 48.0 }"
    )
    code, verdict = words(capsys, unknown, "--elements", str(fleet))
    assert (code, verdict["verdict"]) == (0, "possible")


def test_two_objects_of_one_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = tmp_path / "fleet.tle"
    fleet.write_text(FLEET.replace("LANDSAT 9\n", "OBJECT A\n").replace("SW-2\n", "OBJECT A\n"))
    named = claim(tmp_path, satellite='"OBJECT A"', time='"2026-05-08T10:00:00Z"')
    assert main(["claim", "check", named, "--elements", str(fleet)]) == 2
    assert "2 objects are called 'OBJECT A': 47932, 49260" in capsys.readouterr().err
