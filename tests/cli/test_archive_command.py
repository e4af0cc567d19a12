"""``swath archive``: what a user types, sees and gets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine

from swath.cli.main import main
from tests.cli.schemas import errors
from tests.ingest.made import RadarScene, s1_safe, s2_safe, write_raster

SCHEMA = "archive.schema.json"
GRID = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 5_000_040.0)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("cli")
    s2_safe(base / "in", cells=8)
    s1_safe(base / "in", RadarScene(lines=60, pixels=80))
    assert main(["archive", "add", str(base / "in"), "--archive", str(base / "archive")]) == 0
    return base / "archive"


def test_add_tells_what_became_of_each(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_raster(tmp_path / "field.tif", np.ones((9, 9), np.uint8), GRID, 32632)
    words = ["archive", "add", str(tmp_path), str(kept.parent / "in"), "--archive", str(kept)]
    assert main(words) == 3
    out, err = capsys.readouterr()
    assert out.count("already there ") == 2 and out.splitlines()[-1] == "2 already there, 1 failed" and "--time" in err
    assert main([*words, "--json"]) == 3
    entry = json.loads(capsys.readouterr().out)
    assert errors(SCHEMA, entry, "add") == [] and errors(SCHEMA, {**entry, "x": 1}, "add")
    assert main(["archive", "add"]) == 2 and "nothing to add" in capsys.readouterr().err


def test_search_fits_a_terminal_and_its_schema(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "search", "--archive", str(kept)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and "sentinel-1-grd" in lines[1] and "S1A_IW_GRDH" in lines[2]
    assert main(["archive", "search", "--archive", str(kept), "--cloud", "20", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert [one["collection"] for one in entry["items"]] == ["sentinel-2-l2a"]
    assert errors(SCHEMA, entry, "search") == [] and errors(SCHEMA, {"found": 1}, "search")
    west, south, east, north = entry["items"][0]["bbox"]
    place = f"{(west + east) / 2},{(south + north) / 2}"
    assert main(["archive", "search", "--archive", str(kept), "--place", place, "--start", "2020-05-18T13:00:00Z"]) == 0
    assert "S2B" in capsys.readouterr().out
    assert main(["archive", "search", "--archive", str(kept), "--box", "0,0,1,1"]) == 1
    assert "no such scene" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--place", "here"], "LON,LAT"),
        (["--place", "1,2", "--box", "1,2,3,4"], "both"),
        (["--box", "1,9,3,4"], "south"),
        (["--cloud", "120"], "percent"),
        (["--start", "yesterday"], "not a time"),
    ],
)
def test_questions_that_make_no_sense(
    kept: Path, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["archive", "search", "--archive", str(kept), *words]) == 2
    assert why in capsys.readouterr().err


def test_no_archive_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "search", "--archive", str(tmp_path / "none")]) == 3
    assert "swath archive add" in capsys.readouterr().err


def test_show_as_text_json_picture_and_page(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    for part in ("S2B", "S1A"):
        assert main(["archive", "show", part, "--archive", str(kept)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80 and any("QUANTITY" in line for line in lines)
        assert main(["archive", "show", part, "--archive", str(kept), "--json"]) == 0
        entry = json.loads(capsys.readouterr().out)
        assert errors(SCHEMA, entry, "show") == []
        for ending in ("png", "html", "json"):
            assert (
                main(["archive", "show", part, "--archive", str(kept), "--out", str(tmp_path / f"{part}.{ending}")])
                == 0
            )
        with Image.open(tmp_path / f"{part}.png") as picture:
            assert picture.mode == "RGB" and max(picture.size) <= 1024
            assert len(set(picture.convert("L").tobytes())) > 4
        assert "<img" in (tmp_path / f"{part}.html").read_text()
    capsys.readouterr()
    assert main(["archive", "show", "S2B", "--archive", str(kept), "--out", "x.tif"]) == 2


def test_verify_makes_an_item_again(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = next(kept.glob("sentinel-1-grd/*/lineage.json")).parent
    assert main(["verify", str(folder)]) == 0
    assert "SAME" in capsys.readouterr().out


def test_ortho_puts_a_picture_with_rpc_on_the_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from swath.archive.sensor_picture import gdal_rpc
    from tests.ingest.test_geotiff_scenes import rpc

    noise = np.random.default_rng(1).integers(100, 900, (60, 80)).astype(np.uint16)
    write_raster(tmp_path / "strip_20240310T101500.tif", noise, None, rpcs=gdal_rpc(rpc()))
    archive = ["--archive", str(tmp_path / "archive")]
    assert main(["archive", "add", str(tmp_path / "strip_20240310T101500.tif"), *archive]) == 0
    capsys.readouterr()
    assert main(["archive", "ortho", "strip", "--height-m", "0", *archive]) == 0
    out = capsys.readouterr().out
    assert "flat ground" in out and "pictures/strip_20240310T101500_ortho" in out and "pixel, m      1\n" in out
    assert main(["archive", "ortho", "strip_20240310T101500", "--height-m", "0", *archive, "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert entry["outcomes"][0]["status"] == "already there" and errors(SCHEMA, entry, "add") == []
    for words, code in ((["--pixel-m", "-1"], 2), (["--geoid", "x.gtx", "--replace"], 3), (["--dem", "gone.tif"], 3)):
        assert main(["archive", "ortho", "strip_20240310T101500", *words, *archive]) == code
    assert main(["archive", "ortho", "strip_20240310T101500_ortho", *archive]) == 3
