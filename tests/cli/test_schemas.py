"""What commands print with ``--json`` is what the published schemas say, no key more and none less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swath.cli.main import main
from tests.cli.schemas import errors

# CelesTrak "active" list of 7 May 2026: CAS500-1 and LANDSAT 9
FLEET = """SW-2
1 47932U 21022A   26127.77868784  .00005524  00000+0  25810-3 0  9999
2 47932  97.3935  23.8400 0007445  76.6810 283.5255 15.20179199284624
LANDSAT 9
1 49260U 21088A   26127.75032906  .00000291  00000+0  74526-4 0  9999
2 49260  98.1863 198.5544 0001412 104.6711 255.4644 14.57129695245114
"""
SPAN = ["--start", "2026-05-08T00:00:00Z", "--hours", "6"]
COMMANDS = {
    ("orbit", "position"): [["--at", "2026-05-08T00:00:00Z"]],
    ("orbit", "track"): [["--start", "2026-05-08T00:00:00Z", "--hours", "0.1"]],
    ("orbit", "nodes"): [SPAN],
    ("orbit", "eclipses"): [SPAN],
    ("orbit", "repeat"): [[]],
    ("orbit", "lifetime"): [[]],
    ("windows", "passes"): [
        [*SPAN, "--station", "15.4,78.2,450", *more] for more in ([], ["--sample", "60", "--frequency-hz", "8.2e9"])
    ],
    ("windows", "access"): [[*SPAN, "--place", "126.98,37.57"], [*SPAN, "--place", "12.1,44.9", "--next"]],
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fleet") / "fleet.tle"
    path.write_text(FLEET)
    return path


@pytest.mark.parametrize(("file", "part"), COMMANDS)
def test_orbits_and_windows(file: str, part: str, fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in COMMANDS[file, part]:
        words = ["orbit", part] if file == "orbit" else [part]
        assert main([*words, "--elements", str(fleet), *options, "--json"]) == 0
        entry = json.loads(capsys.readouterr().out)
        (rows,) = (
            value for key, value in entry.items() if key in {"positions", "points", "accesses", f"{part}", f"{part}s"}
        )
        assert rows and errors(f"{file}.schema.json", entry, part) == []
        assert errors(f"{file}.schema.json", {**entry, "colour": 3}, part)
        less = {key: value for key, value in rows[0].items() if key != "satellite"}
        assert errors(f"{file}.schema.json", {key: [less] if value is rows else value for key, value in entry.items()})


def test_histories_and_lists(fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "history.tle"
    later = FLEET.splitlines()[1:3]
    raised = later[0].replace("26127.77", "26128.77").replace("9999", "9990"), later[1].replace("15.20179", "15.19179")
    history.write_text("\n".join([*later, *map(_checked, raised)]) + "\n")
    for command, options in (
        ("elements", [str(fleet)]),
        ("catalogue", []),
        ("catalogue", ["--stations"]),
        ("maneuvers", ["--elements", str(history)]),
        ("maneuvers", ["--elements", str(history), "--station", "15.4,78.2"]),
    ):
        assert main(["orbit", command, *options, "--json"]) == 0
        entry = json.loads(capsys.readouterr().out)
        assert errors("orbit.schema.json", entry, command) == []


def _checked(line: str) -> str:
    digits = sum(int(c) if c.isdigit() else c == "-" for c in line[:68])
    return f"{line[:68]}{digits % 10}"


def test_bench(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "plan", "own", "--orders", "30", "--stop", "2s", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["valid"] and errors("bench.schema.json", entry) == []
    assert errors("bench.schema.json", {**entry, "gap": -0.1}) and errors("bench.schema.json", {"value": 1.0})
