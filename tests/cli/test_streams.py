"""Answers of any size: what goes straight into a file is what the small answers hold, whole or not at all."""

from __future__ import annotations

import csv
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest

from swath.access import cost, stream
from swath.cli import streams
from swath.cli.main import main
from tests.cli.test_window_commands import SPAN, access, elements, passes, places, question  # noqa: F401


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten windows are many."""
    monkeypatch.setattr(streams, "MOST_WINDOWS", 10)


def frame_of(path: Path, at: str) -> pandas.DataFrame:
    frame = pandas.read_parquet(path)
    for name in frame.columns[frame.dtypes == "category"]:
        frame[name] = frame[name].astype(str)
    return frame.sort_values(["start", "satellite", at], kind="stable").reset_index(drop=True)


def both(words: list[str], at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[pandas.DataFrame]:
    frames = []
    for most in (200_000, 10):
        monkeypatch.setattr(streams, "MOST_WINDOWS", most)
        assert main([*words, "--workers", "1", "--out", str(tmp_path / "w.parquet")]) == 0
        frames.append(frame_of(tmp_path / "w.parquet", at))
    return frames


@pytest.mark.parametrize(
    "more",
    [
        [],
        ["--where", "sun >= 10 and not eclipse and (right or off_nadir <= 15)"],
        ["--own-swath"],
        ["--nadir", "geocentric", "--min-sun-elevation-deg", "5"],
    ],
)
def test_a_streamed_file_holds_the_rows_of_the_small_one(access, more, tmp_path, monkeypatch) -> None:  # noqa: F811
    whole, streamed = both([*access, *more], "place", tmp_path, monkeypatch)
    assert len(whole) > 3
    pandas.testing.assert_frame_equal(whole, streamed, check_exact=True)
    named = dict(zip(access[1::2], access[2::2], strict=True)) | {"--cover": "any", "--hours": "30"}
    words = ["access", *(word for pair in named.items() for word in pair)]
    whole, streamed = both([*words, *more], "place", tmp_path, monkeypatch)
    assert (whole["covered_fraction"] < 1).any()
    pandas.testing.assert_frame_equal(whole, streamed, check_exact=True)


def test_streamed_passes_are_the_passes(passes, tmp_path, monkeypatch) -> None:  # noqa: F811
    (mask := tmp_path / "mask.csv").write_text("azimuth,elevation\n0,10\n90,5\n180,0\n270,15\n")
    words = [*passes, "--mask", str(mask), "--where", "sun <= 30"]
    whole, streamed = both(words, "station", tmp_path, monkeypatch)
    assert len(whole) > 10
    pandas.testing.assert_frame_equal(whole, streamed, check_exact=True)


def test_units_and_workers_change_nothing(access, tmp_path, streamed, monkeypatch) -> None:  # noqa: F811
    files = []
    for number, (unit, workers) in enumerate([(20_000, "1"), (3, "1"), (3, "2")]):
        monkeypatch.setattr(stream, "_UNIT_TOLD", unit)
        files.append(tmp_path / f"{number}.parquet")
        assert main([*access, "--workers", workers, "--out", str(files[-1])]) == 0
    one, *others = (frame_of(file, "place") for file in files)
    assert others[0].equals(others[1])  # the same to the last digit, here and in processes
    for other in others:
        pandas.testing.assert_frame_equal(one, other, rtol=1e-9, atol=1e-5)
    raw = pandas.read_parquet(files[0])
    order = list(zip(raw["satellite"].cat.codes, raw["place"].astype(str), raw["start"], strict=True))
    assert raw["satellite"].astype(str).tolist() == sorted(
        raw["satellite"].astype(str), key=["SENTINEL-2A", "LANDSAT 8"].index
    )
    assert order == sorted(
        order, key=lambda row: (row[0], ["po, <valley> & more", "서울", "fiji"].index(row[1]), row[2])
    )


def test_the_schema_is_the_same_and_the_notes_are_inside(question, tmp_path, monkeypatch) -> None:  # noqa: F811
    schemas = []
    for most in (200_000, 10):
        monkeypatch.setattr(streams, "MOST_WINDOWS", most)
        assert main([*question[1], "--workers", "1", "--out", str(tmp_path / "w.parquet")]) == 0
        schemas.append(pq.read_schema(tmp_path / "w.parquet"))
        notes = json.loads(pq.read_metadata(tmp_path / "w.parquet").metadata[b"notes"])
        assert set(notes) >= {"failed", "warnings", "rejected", "sources"}
    assert schemas[0].equals(schemas[1], check_metadata=False)
    for field in schemas[1]:
        assert field.metadata[b"description"] and field.metadata == schemas[0].field(field.name).metadata


def test_a_small_file_sorts_by_names_as_texts_do(question, tmp_path, capsys) -> None:  # noqa: F811
    key, words = question
    assert main([*words, "--out", str(tmp_path / "w.parquet")]) == 0
    frame, at = pandas.read_parquet(tmp_path / "w.parquet"), "station" if key == "passes" else "place"
    by_number = frame.sort_values(["satellite", at, "start"])
    by_text = frame.astype({"satellite": str, at: str}).sort_values(["satellite", at, "start"])
    assert by_number.index.tolist() == by_text.index.tolist() != sorted(by_text.index)


def test_a_streamed_csv_holds_the_same(question, tmp_path, monkeypatch) -> None:  # noqa: F811
    tables = []
    for most in (200_000, 10):
        monkeypatch.setattr(streams, "MOST_WINDOWS", most)
        assert main([*question[1], "--workers", "1", "--out", str(tmp_path / "w.csv")]) == 0
        with (tmp_path / "w.csv").open(newline="", encoding="utf-8") as text:
            tables.append(sorted(csv.DictReader(text), key=lambda row: (row["start"], row["satellite"])))
    small, large = tables
    assert len(small) == len(large) > 8 and list(small[0]) == list(large[0])
    for one, two in zip(small, large, strict=True):
        for name, text in one.items():
            try:
                assert float(two[name]) == pytest.approx(float(text), rel=1e-12), name
            except ValueError:
                assert two[name].lower() == text.lower(), name


def test_chosen_columns_are_those_of_the_whole_file(access, tmp_path, capsys) -> None:  # noqa: F811
    assert main([*access, "--out", str(tmp_path / "all.parquet")]) == 0
    whole = frame_of(tmp_path / "all.parquet", "place")
    for words, names in (
        ("times", ["satellite", "place", "start", "stop", "closest"]),
        ("place,start,satellite", ["satellite", "place", "start"]),
        ("satellite,place,start,max_elevation_deg", ["satellite", "place", "start", "max_elevation_deg"]),
        ("satellite,place,start,gsd_m,certainty", ["satellite", "place", "start", "gsd_m", "certainty"]),
    ):
        assert main([*access, "--columns", words, "--workers", "1", "--out", str(tmp_path / "w.parquet")]) == 0
        frame = frame_of(tmp_path / "w.parquet", "place")
        assert list(frame) == names and len(frame) == len(whole)
        for name in names:
            if frame[name].dtype.kind == "M":
                assert (np.abs(frame[name] - whole[name]) < np.timedelta64(2, "ms")).all()
            else:
                pandas.testing.assert_series_equal(frame[name], whole[name], rtol=1e-9)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--out", "x.png"], r"windows are more than \.png is good for.*--out FILE\.parquet"),
        ([], r"more than a table is good for.*--out FILE\.parquet"),
        (["--json", "--out", "x.parquet"], "Leave --json out"),
        (["--columns", "start,stop", "--out", "x.json"], "Give --out FILE.parquet or .csv"),
        (["--columns", "height", "--out", "x.parquet"], "no column 'height'. There are satellite, place"),
        (["--workers", "0", "--out", "x.parquet"], "0 workers"),
    ],
)
def test_what_cannot_be_streamed_is_told(access, more, why, streamed, tmp_path, monkeypatch, capsys) -> None:  # noqa: F811
    monkeypatch.chdir(tmp_path)
    assert main([*access, *more]) == 2
    assert re.search(why, " ".join(capsys.readouterr().err.split()))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_and_enormous_questions_are_told_first(access, streamed, tmp_path, monkeypatch, capsys) -> None:  # noqa: F811
    words = [*access, "--workers", "1", "--out", str(tmp_path / "w.parquet")]
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
        assert main(words) == 2
        assert "1 MB are free" in capsys.readouterr().err
    monkeypatch.setattr(cost, "LARGEST", 11)
    assert main(words) == 2
    assert "add --yes" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert main([*words, "--yes"]) == 0
    assert re.search(r"about [0-9,]+ windows, 1 s, 1 MB in Parquet", capsys.readouterr().err)


def test_an_interrupt_leaves_the_file_of_yesterday(access, streamed, tmp_path, monkeypatch, capsys) -> None:  # noqa: F811
    real = stream.answer_batches

    def struck(*words: object, **more: object) -> Iterator[object]:
        yield next(real(*words, **more))
        raise KeyboardInterrupt

    monkeypatch.setattr(stream, "answer_batches", struck)
    (tmp_path / "w.parquet").write_text("of yesterday")
    assert main([*access, "--workers", "1", "--out", str(tmp_path / "w.parquet")]) == 130
    assert [file.name for file in tmp_path.iterdir()] == ["w.parquet"]
    assert (tmp_path / "w.parquet").read_text() == "of yesterday"


@pytest.mark.slow
def test_a_struck_command_leaves_nothing(elements, tmp_path) -> None:  # noqa: F811
    points = [{"type": "Feature", "id": n, "geometry": {"type": "Point", "coordinates": [n % 360 - 180, n % 170 - 85]}}
              for n in range(20_000)]  # fmt: skip
    (file := tmp_path / "many.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": points}))
    (out := tmp_path / "out").mkdir()
    words = [
        "access",
        "--elements",
        elements,
        "--places",
        str(file),
        "--start",
        "2026-05-08T00:00:00Z",
        "--hours",
        "240",
    ]
    call = "import sys; from swath.cli.main import main; sys.exit(main(sys.argv[1:]))"
    run = subprocess.Popen(
        [sys.executable, "-c", call, *words, "--workers", "2", "--out", str(out / "w.parquet")],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120.0
    while not list(out.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130 and "nothing was written" in said and "Traceback" not in said
    assert list(out.iterdir()) == []
