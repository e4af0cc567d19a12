"""``swath claim``: output, exit codes, schema."""

from __future__ import annotations

import json
from pathlib import Path

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
