"""Adding scenes: once is enough, what fails leaves nothing, everything is found again and made again."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine

from swath.archive.outside import Hints
from swath.errors import InputError
from swath.operate.archive import Adding, add_scenes, show_item
from swath.operate.evidence import verify_folder
from swath.store.shelf import INDEX, Query, Shelf
from tests.authorities.test_stac_schema import errors
from tests.ingest.conftest import NOW, try_add
from tests.ingest.made import RadarScene, s1_safe, s2_safe, write_raster
from tests.ingest.test_landsat_scenes import collection2
from tests.ingest.test_stac_scenes import earth_search

GRID = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 5_000_040.0)


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file with its time of change and hash."""
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest())
        for p in folder.rglob("*")
        if p.is_file() and not p.name.startswith(INDEX)
    }


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("sources")
    s2_safe(base, cells=2)
    s1_safe(base, RadarScene(lines=40, pixels=60))
    collection2(base / "landsat", "L2SP")
    earth_search(base / "item", applied=False)
    write_raster(base / "deep" / "drone_20240310.tif", np.ones((3, 40, 40), np.uint8), GRID, 32632)
    (base / "deep" / "readme.txt").write_text("not a picture")
    return base


@pytest.fixture(scope="module")
def archive(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "archive"
    outcomes = add_scenes([str(sources)], Adding(folder, Hints(), NOW))
    assert [o.because for o in outcomes if o.status != "added"] == [] and len(outcomes) == 5
    return folder


def test_a_folder_of_everything_is_five_scenes(archive: Path) -> None:
    assert {one.collection for one in Shelf(archive).search()} == {
        "sentinel-2-l2a", "sentinel-1-grd", "landsat-c2-l2", "pictures",
    }  # fmt: skip
    assert errors("catalog", json.loads((archive / "catalog.json").read_text())) == []
    for page in archive.glob("*/collection.json"):
        entry = json.loads(page.read_text())
        assert errors("collection", entry) == []
        items = [link["href"] for link in entry["links"] if link["rel"] == "item"]
        assert items and all((page.parent / href).is_file() for href in items)


def test_adding_twice_changes_nothing(archive: Path, sources: Path, tmp_path: Path) -> None:
    before = state(archive)
    again = add_scenes([str(sources)], Adding(archive, Hints(), NOW + np.timedelta64(1, "D")))
    assert {o.status for o in again} == {"already there"} and state(archive) == before
    shutil.copyfile(sources / "deep" / "drone_20240310.tif", tmp_path / "renamed_20250101.tif")
    assert try_add(tmp_path / "renamed_20250101.tif", archive).status == "already there"  # the same bytes
    assert state(archive) == before


def test_every_item_is_made_again_and_is_the_same(archive: Path) -> None:
    for one in Shelf(archive).search():
        result = verify_folder(one.path.parent)
        assert result.ok and result.compared >= 2, result.lines()


def test_another_scene_of_the_same_name_is_not_taken_in_silence(tmp_path: Path) -> None:
    first = write_raster(tmp_path / "a" / "x_20240310.tif", np.ones((9, 9), np.uint8), GRID, 32632)
    second = write_raster(tmp_path / "b" / "x_20240310.tif", np.full((9, 9), 2, np.uint8), GRID, 32632)
    assert try_add(first, tmp_path / "archive").status == "added"
    before = state(tmp_path / "archive")
    assert "--replace" in try_add(second, tmp_path / "archive").because and state(tmp_path / "archive") == before
    (outcome,) = add_scenes([str(second)], Adding(tmp_path / "archive", Hints(), NOW, again=True))
    assert outcome.status == "added" and len(Shelf(tmp_path / "archive").search()) == 1


def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    write_raster(tmp_path / "in" / "good_20240310.tif", np.ones((9, 9), np.uint8), GRID, 32632)
    (tmp_path / "in" / "bad_20240310.tif").write_bytes(b"II*\0 not a picture")
    outcomes = add_scenes([str(tmp_path / "in"), str(tmp_path / "gone")], Adding(tmp_path / "archive", Hints(), NOW))
    assert sorted(o.status for o in outcomes) == ["added", "failed", "failed"]
    assert sorted(p.name for p in (tmp_path / "archive").iterdir()) == ["catalog.json", INDEX, "pictures"]


def test_the_index_is_made_again_from_the_files(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy)
    before = Shelf(archive).search()
    (copy / INDEX).unlink()
    assert [(o.id, o.geometry) for o in Shelf(copy).search()] == [(o.id, o.geometry) for o in before]
    (copy / INDEX).write_bytes(b"not a database")
    with pytest.raises(Exception, match="Remove it"):
        Shelf(copy).search()


def test_search_by_place_time_cloud_and_product(archive: Path) -> None:
    shelf = Shelf(archive)

    def ids(**query: object) -> set[str]:
        return {one.collection for one in shelf.search(Query(**query))}  # type: ignore[arg-type]

    assert ids(collection="sentinel-2") == {"sentinel-2-l2a"} and ids(platform="landsat-9") == {"landsat-c2-l2"}
    assert ids(most_cloud_share=0.0421) == {"landsat-c2-l2", "sentinel-2-l2a"}
    assert ids(start=np.datetime64("2023-01-01", "ns")) == {"pictures", "sentinel-2-l2a"}
    assert ids(stop=np.datetime64("2021-01-01", "ns")) == {"sentinel-1-grd", "sentinel-2-l2a"}
    (one,) = shelf.search(Query(collection="landsat"))
    west, south, east, north = one.bbox
    assert "landsat-c2-l2" in ids(box_deg=(west, south, west, south)) | ids(box_deg=(west - 1, south - 1, east, north))
    assert ids(box_deg=(170.0, -10.0, -170.0, 10.0)) == set()


def test_an_item_is_found_by_a_part_of_its_name(archive: Path) -> None:
    assert show_item(archive, "S2B_MSIL2A").item["collection"] == "sentinel-2-l2a"
    assert show_item(archive, "pictures/drone_20240310").lineage["maker"] == "scene"
    with pytest.raises(InputError, match="may be"):
        show_item(archive, "S2B")
    with pytest.raises(InputError, match="no item"):
        show_item(archive, "elsewhere")


def test_thousands_of_items_are_found_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    rng = np.random.default_rng(0)
    for k in range(1500):
        id = f"scene-{k:04d}"
        west, south = float(rng.uniform(-180, 179)), float(rng.uniform(-80, 79))
        east = west + 1 if west < 179 else west - 359  # some lie across the antimeridian
        ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
        day = f"2026-01-{1 + k % 28:02d}T00:00:00Z"
        said = {"start_datetime": day, "end_datetime": day,
                "platform": "p", "gsd": 10.0, "swath:simulated": False}  # fmt: skip
        entry = {"id": id, "collection": "c", "bbox": [west, south, east, south + 1], "properties": said,
                 "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
        (folder / "c" / id).mkdir(parents=True)
        (folder / "c" / id / f"{id}.json").write_text(json.dumps(entry))
    shelf = Shelf(folder)
    assert shelf.rebuild() == 1500 and len(shelf.search()) == 1500
    box = (10.0, 10.0, 34.0, 33.0)
    found = {one.id for one in shelf.search(Query(box_deg=box))}
    brute = {
        p.stem
        for p in folder.glob("c/*/*.json")
        if (b := json.loads(p.read_text())["bbox"])[0] <= 34 and b[0] + 1 >= 10 and b[1] <= 33 and b[1] + 1 >= 10
    }
    assert found == brute and len(found) > 0


def test_the_example_runs(tmp_path: Path, repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    example = runpy.run_path(str(repo / "examples" / "archive" / "scenes.py"))
    example["main"](tmp_path, None, "2026-05-08T10:00:00Z")
    told = capsys.readouterr().out
    assert "added simulated fields_SIMULATED" in told and "SAME" in told
    assert (tmp_path / "look_SIMULATED.png").is_file()
