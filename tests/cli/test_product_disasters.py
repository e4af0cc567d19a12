"""``swath product flood`` and its sisters as a user runs them: files in, a folder out, bad files refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.transform import from_origin

from swath.cli.main import main
from tests.cli.schemas import errors
from tests.product.simulated_changes import make_burn
from tests.product.simulated_disasters import BANDS, make_seen


def write(
    path: Path, pixels: np.ndarray, *, names: tuple[str, ...] = (), epsg: int | None = 32632, **more: object
) -> Path:
    profile = {"driver": "GTiff", "dtype": pixels.dtype.name, "count": len(pixels), "height": pixels.shape[1]}
    profile |= {"width": pixels.shape[2], "transform": from_origin(5e5, 5e6, 10, 10), **more}
    with rasterio.open(path, "w", crs=None if epsg is None else f"EPSG:{epsg}", **profile) as file:
        file.write(pixels)
        for number, name in enumerate(names, 1):
            file.set_band_description(number, name)
    return path


@pytest.fixture
def no_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the sheets are not what is tested: they take most of the time."""
    monkeypatch.setattr("swath.operate.disaster_files.sheet_files", lambda sheet: {})


def geojson(path: Path, shapes: list[dict[str, object]]) -> Path:
    features = [{"type": "Feature", "properties": {"id": f"f{k}"}, "geometry": g} for k, g in enumerate(shapes)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("given")
    seen = make_seen(3400, size=128, share=0.3)
    dry = make_seen(3400, size=128, share=0.0)
    road = {"type": "LineString", "coordinates": [[9.001, 45.148], [9.015, 45.144]]}
    area = {
        "type": "Polygon",
        "coordinates": [[[9.002, 45.145], [9.012, 45.145], [9.012, 45.151], [9.002, 45.151], [9.002, 45.145]]],
    }
    return {
        "optical": write(folder / "s2.tif", seen.optical, names=BANDS, nodata=0),
        "radar": write(folder / "s1.tif", np.stack([seen.vv_db, seen.vh_db]), names=("VV", "VH")),
        "before": write(folder / "old.tif", dry.optical, names=BANDS, nodata=0),
        "people": write(folder / "people.tif", np.full((1, 128, 128), 2.0, np.float32)),
        "truth": write(folder / "truth.tif", (seen.water > 0.5).astype(np.uint8)[None]),
        "roads": geojson(folder / "roads.geojson", [road]),
        "area": geojson(folder / "area.geojson", [area]),
    }


@pytest.fixture(scope="module")
def flood(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "flood"
    given = [f"--{k}={files[k]}" for k in ("optical", "radar", "before")]
    given += [f"--exposure={files['roads']}", f"--exposure={files['people']}", "--event=2026-05-08T03:00:00Z"]
    assert main(["product", "flood", *given, f"--out={out}", "--title=A flood"]) == 0
    return out


def test_the_folder_holds_maps_outlines_and_numbers(flood: Path, files: dict[str, Path]) -> None:
    names = {path.name for path in flood.iterdir()}
    sheets = {f"map_{k}.{e}" for k in ("reference", "delineation", "grading") for e in ("png", "pdf")}
    assert names == {"flood.tif", "flood.gpkg", "product.json", "lineage.json", *sheets}
    product = json.loads((flood / "product.json").read_text())
    assert errors("product.schema.json", product, "made") == []
    assert errors("product.schema.json", {**product, "colour": 1}, "made")
    layers = {row[0] for row in pyogrio.list_layers(flood / "flood.gpkg")}
    assert {"delineation", "not_seen", "normal_water", "grading_roads"} <= layers
    _, _, pieces, (_, percent, grade) = pyogrio.raw.read(flood / "flood.gpkg", layer="grading_roads")
    assert len(pieces) > 5 and len(set(grade)) > 1, "a road is graded piece by piece"
    assert ((np.asarray(percent) >= 70.0) == (np.asarray(grade) == "affected")).all()
    with rasterio.open(files["truth"]) as file:
        true_km2 = float(file.read(1).sum()) * 1e-4
    low, high = product["estimates"]["flooded_km2"]["interval"]
    assert low * 0.9 < true_km2 < high * 1.1
    (roads, people) = product["exposure"]
    assert roads["what"] == "roads" and 0 < roads["total"]["value"] < 1500 and roads["affected"]["unit"] == "m"
    assert people["affected"]["value"] == pytest.approx(2e4 * true_km2, rel=0.15)
    assert people["affected"]["interval"][0] <= people["affected"]["value"] <= people["affected"]["interval"][1]
    assert [step["step"] for step in product["clock"]] == ["event", "mapped"]


@pytest.mark.slow
def test_it_is_verified(flood: Path) -> None:
    """Sheets too: bit for bit the same."""
    assert main(["verify", str(flood)]) == 0


def test_it_is_scored(flood: Path, files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["product", "score", "--product", str(flood), "--truth", str(files["truth"]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert errors("product.schema.json", found, "score") == []
    assert found["estimates"]["iou_pooled"]["value"] > 0.85
    assert main(["product", "score", "--product", str(flood), "--truth", str(files["area"])]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.usefixtures("no_sheets")
def test_the_area_cuts_and_another_projection_gives_the_same(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    with rasterio.open(files["optical"]) as file:
        turned = rasterio.warp.calculate_default_transform(file.crs, "EPSG:4326", 128, 128, *file.bounds)
        other = np.zeros((6, turned[2], turned[1]), np.uint16)
        rasterio.warp.reproject(
            rasterio.band(file, range(1, 7)), other, dst_transform=turned[0], dst_crs="EPSG:4326", resampling=0
        )
    degrees = write(tmp_path / "deg.tif", other, names=BANDS, epsg=4326, nodata=0, transform=turned[0])
    for number, path in enumerate((files["optical"], degrees)):
        assert (
            main(
                [
                    "product",
                    "flood",
                    f"--optical={path}",
                    f"--area={files['area']}",
                    f"--out={tmp_path / str(number)}",
                    "--json",
                ]
            )
            == 0
        )
        found.append(json.loads(capsys.readouterr().out)["estimates"]["flooded_km2"]["value"])
    assert found[0] == pytest.approx(found[1], rel=0.05)


@pytest.mark.usefixtures("no_sheets")
@pytest.mark.parametrize(
    "fault", ["empty", "cut", "text", "one pixel", "no crs", "wrong crs", "vrt", "order", "nothing"]
)
def test_bad_files_are_refused_in_words(
    fault: str, files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.tif"
    pixels = np.full((6, 20, 20), 900, np.uint16)
    if fault == "empty":
        bad.write_bytes(b"")
    elif fault == "cut":
        bad.write_bytes(files["optical"].read_bytes()[:5000])
    elif fault == "text":
        bad.write_text("a picture of a flood")
    elif fault == "one pixel":
        write(bad, pixels[:, :1, :1], names=BANDS)
    elif fault == "no crs":
        write(bad, pixels, names=BANDS, epsg=None)
    elif fault == "wrong crs":
        write(bad, pixels, names=BANDS, epsg=4326)
    elif fault == "vrt":
        named = f"<SourceFilename>{files['optical']}</SourceFilename>"
        bad.write_text(f"<VRTDataset rasterXSize='2' rasterYSize='2'>{named}</VRTDataset>")
    given = [] if fault == "nothing" else [f"--optical={bad}"]
    if fault == "order":
        given = [f"--optical={files['optical']}", f"--before={files['roads']}"]
    code = main(["product", "flood", *given, f"--out={tmp_path / 'out'}"])
    said = capsys.readouterr().err
    assert code in (2, 3) and said.startswith("swath: ") and len(said.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_sheets")
@pytest.mark.parametrize("fill", ["nodata", "cloud", "nan"])
def test_what_shows_nothing_says_not_seen(fill: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    if fill == "cloud":
        pixels = rng.normal(0.62, 0.01, (6, 90, 90)).astype(np.float32)
    else:
        pixels = np.full((6, 90, 90), np.nan if fill == "nan" else 0.0, np.float32)
        pixels[0, :3, :3] = np.inf
    path = write(tmp_path / "p.tif", pixels, names=BANDS, nodata=0)
    assert main(["product", "flood", f"--optical={path}", f"--out={tmp_path / 'out'}", "--json"]) == 0
    product = json.loads(capsys.readouterr().out)
    assert product["because"].startswith("not seen")
    assert product["estimates"]["seen_share"]["value"] == 0.0
    low, high = product["estimates"]["flooded_km2"]["interval"]
    assert low < 0.1 * high, "anything is possible"


@pytest.mark.usefixtures("no_sheets")
def test_a_burn_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = make_burn(50, size=96)
    paths = [
        write(tmp_path / f"{k}.tif", s.pixels, names=BANDS, nodata=0)
        for k, s in (("a", pair.after), ("b", pair.before))
    ]
    assert (
        main(["product", "burn", f"--optical={paths[0]}", f"--before={paths[1]}", f"--out={tmp_path / 'o'}", "--json"])
        == 0
    )
    product = json.loads(capsys.readouterr().out)
    assert errors("product.schema.json", product, "made") == []
    assert product["estimates"]["burned_km2"]["value"] == pytest.approx(pair.true.sum() * 1e-4, rel=0.2)
    layers = {row[0] for row in pyogrio.list_layers(tmp_path / "o" / "burn.gpkg")}
    assert {"delineation", "severity_high", "unburned_islands"} <= layers


@pytest.mark.usefixtures("no_sheets")
def test_normal_water_exclusion_and_the_clock_of_a_run(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All water is normal: none is flood. Half is excluded: half is not seen. A run's times stand in the clock."""
    urgent = {"ordered": "2026-05-08T03:40:00.000Z", "accepted": "2026-05-08T03:41:00.000Z", "mapped": None}
    urgent |= {"imaged": "2026-05-08T09:10:00.000Z", "on_ground": "2026-05-08T09:52:00.000Z"}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "answer.json").write_text(json.dumps({"urgent": urgent}))
    given = [f"--optical={files['optical']}", f"--water={files['truth']}", f"--exclude={files['area']}"]
    given += [f"--run={tmp_path / 'run'}", "--event=2026-05-08T03:00:00Z", f"--out={tmp_path / 'o'}"]
    assert main(["product", "flood", *given, "--json"]) == 0
    product = json.loads(capsys.readouterr().out)
    assert product["estimates"]["flooded_km2"]["value"] < 0.05 * product["estimates"]["normal_water_km2"]["value"]
    assert product["not_seen_km2"]["excluded by the user"] > 0.2
    clock = {step["step"]: step["hours"] for step in product["clock"]}
    assert list(clock) == ["event", "ordered", "tasked", "imaged", "down", "mapped"]
    assert clock["ordered"] == pytest.approx(0.667, abs=0.01) and clock["down"] == pytest.approx(0.7)
    (tmp_path / "run" / "answer.json").write_text("{}")
    assert main(["product", "flood", *given]) == 2
    assert "run's answer" in capsys.readouterr().err
