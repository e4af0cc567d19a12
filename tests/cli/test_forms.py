"""Every form that a command can write, read back by somebody else's program."""

from __future__ import annotations

import base64
import io
import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest
from PIL import Image

from swath.cli.main import main
from tests.cli.test_orbit_commands import answer
from tests.cli.test_window_commands import access, elements, passes, places, unfolded  # noqa: F401

AT = "2026-05-08T06:00:00Z"


class Page(HTMLParser):
    """Elements opened and closed, tables as rows of texts, and pictures."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.pictures: list[bytes] = []
        self.sources: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag == "img":
            kind, content = (given["src"] or "").split(",", 1)
            assert kind == "data:image/png;base64" and given["alt"]
            self.pictures.append(base64.b64decode(content))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "img":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th", "time"):
            self.rows[-1][-1] += data


def commands(elements: str) -> dict[str, list[str]]:  # noqa: F811
    given = ["--elements", elements]
    return {
        "positions": ["orbit", "position", *given, "--at", AT],
        "nodes": ["orbit", "nodes", *given, "--start", AT, "--hours", "6"],
        "eclipses": ["orbit", "eclipses", *given, "--start", AT, "--hours", "6"],
        "points": ["orbit", "track", *given, "--start", AT],
        "repeats": ["orbit", "repeat", *given],
        "lifetimes": ["orbit", "lifetime", *given],
    }


KEYS = ["positions", "nodes", "eclipses", "points", "repeats", "lifetimes", "passes", "accesses"]


@pytest.fixture(params=KEYS)
def command(request: pytest.FixtureRequest, elements: str) -> tuple[str, list[str]]:  # noqa: F811
    key = request.param
    if key in ("passes", "accesses"):
        return key, request.getfixturevalue({"accesses": "access"}.get(key, key))
    return key, commands(elements)[key]


def test_the_page_opens_alone_and_holds_every_row(command: tuple[str, list[str]], tmp_path: Path, capsys) -> None:
    key, words = command
    said = answer(capsys, *words)
    rows = said[key]
    assert main([*words, "--out", str(tmp_path / "a.html")]) == 0
    text = (tmp_path / "a.html").read_text("utf-8")
    page = Page(text)
    assert "http" not in re.sub(r"<(title|h1|td|caption)[^>]*>[^<]*", "", text) and "<script" not in text
    assert all(source.startswith("data:") for source in page.sources)
    head, *body = page.rows
    assert len(body) == len(rows) > 0 and all(len(row) == len(head) for row in body)
    assert [row[0] for row in body] == [row["satellite"] for row in rows]
    for note in said["warnings"]:
        assert note.split(":")[0] in text
    assert len(page.pictures) == (key not in ("nodes", "repeats", "lifetimes"))
    for picture in page.pictures:
        with Image.open(io.BytesIO(picture)) as image:
            assert min(image.size) > 400


def test_parquet_of_every_command_holds_its_rows(command: tuple[str, list[str]], tmp_path: Path, capsys) -> None:
    key, words = command
    rows = answer(capsys, *words)[key]
    assert main([*words, "--out", str(tmp_path / "a.parquet")]) == 0
    frame = pandas.read_parquet(tmp_path / "a.parquet")
    assert len(frame) == len(rows)
    assert json.loads(pq.read_metadata(tmp_path / "a.parquet").metadata[b"notes"])["failed"] is not None
    for name in frame:
        if frame[name].dtype.kind == "M":
            assert str(frame[name].dt.tz) == "UTC"
            want = pandas.to_datetime([row[name] for row in rows], utc=True, format="ISO8601")
            assert (np.abs((frame[name] - want).dropna()) <= np.timedelta64(500, "us")).all()
        elif frame[name].dtype.kind == "f":
            want = np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64)
            np.testing.assert_allclose(frame[name], want)


def test_positions_and_nodes_are_points_on_a_map(elements: str, tmp_path: Path, capsys) -> None:  # noqa: F811
    for key, forms in (("positions", ("geojson", "kml")), ("nodes", ("geojson",))):
        words = commands(elements)[key]
        rows = answer(capsys, *words)[key]
        for form in forms:
            assert main([*words, "--out", str(tmp_path / f"a.{form}")]) == 0
            frame = geopandas.read_file(tmp_path / f"a.{form}")
            assert frame.geometry.x.tolist() == pytest.approx([row["lon_deg"] for row in rows], abs=1e-5)
            assert frame.geometry.y.tolist() == pytest.approx([row.get("lat_deg", 0.0) for row in rows], abs=1e-5)


def test_eclipses_are_a_calendar(elements: str, tmp_path: Path, capsys) -> None:  # noqa: F811
    words = commands(elements)["eclipses"]
    rows = answer(capsys, *words)["eclipses"]
    assert main([*words, "--out", str(tmp_path / "a.ics")]) == 0
    lines = unfolded((tmp_path / "a.ics").read_bytes().decode())
    starts = [value for name, value in lines if name == "DTSTART"]
    assert starts == [re.sub("[-:]", "", row["start"][:19]) + "Z" for row in rows]
    assert len({value for name, value in lines if name == "UID"}) == len(rows)


def test_a_hostile_name_is_text_on_the_page(tmp_path: Path) -> None:
    (file := tmp_path / "fleet.tle").write_text(
        "A <script>alert(1)</script>\n"
        "1 40697U 15028A   26127.79507169 -.00000041  00000+0  11172-5 0  9996\n"
        "2 40697  98.5684 203.2175 0001246  82.6727 277.4597 14.30811791567951\n"
    )
    out = tmp_path / "a.html"
    place = '"><img src=x onerror=alert(1)>=12,45'
    words = ["access", "--elements", str(file), "--place", place, "--start", AT, "--hours", "48", "--out", str(out)]
    assert main(words) == 0
    page = Page(out.read_text("utf-8"))
    assert all(source.startswith("data:") for source in page.sources) and "<script" not in out.read_text("utf-8")
    assert page.rows[1][0].startswith("A <script>")


def test_every_line_of_the_example_runs(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repo / "examples" / "windows"
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^swath (.*)$", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(lines) >= 7
    for line in lines:
        assert main(shlex.split(line)) == 0, line
        shown = capsys.readouterr()
        assert "--out" in line or len(shown.out.splitlines()) > 4, line
        assert "left out" not in shown.err
    made = {file.name for file in tmp_path.iterdir()} - {file.name for file in folder.iterdir()}
    assert made == {"track.png", "sky.png", "windows.html", "windows.parquet", "times.parquet"}
    windows = pandas.read_parquet("windows.parquet")
    assert set(windows["place"]) == {"po-valley", "seoul", "fiji", "longyearbyen"}
    assert (windows["sun_elevation_deg"] > 0).all() and (windows["off_nadir_deg"] < 30.1).all()
    assert len(pandas.read_parquet("times.parquet")) > 200
