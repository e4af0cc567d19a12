"""Items that other programs can read: built, written beside their files, checked, and every seeded fault found."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swath.archive.cog import write_cog
from swath.archive.footprint import geojson_outline, grid_outline, seen_outline
from swath.archive.quicklook import natural_colour, write_quicklook
from swath.archive.scene import build_scene, file_stem
from swath.archive.stac import (
    EXTENSIONS,
    catalog,
    collection,
    file_asset,
    item,
    item_path,
    layer_band,
    product_item,
    raster_asset,
    reflectance_bands,
)
from swath.archive.stac_check import problems
from swath.errors import DataError
from swath.frames import EarthOrientation
from swath.model import Estimate, Grid, Product, Scene
from swath.operate.files import write_product

CREATED = np.datetime64("2026-05-08T11:00:00", "ns")
Item = dict[str, Any]


@pytest.fixture(scope="module")
def scene(flight: Any, eop: EarthOrientation, received: Any) -> Scene:
    return build_scene(
        received, station="SVAL", received=np.datetime64("2026-05-08T10:33:07", "ns"), eop=eop,
        knowledge_sigma_deg=0.001, p_clear=0.72,
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> tuple[Item, Path]:
    """A scene's item and the folder it lies in, with its raster and preview."""
    folder = tmp_path_factory.mktemp("stac") / item_path("scenes", scene.id).parent
    folder.mkdir(parents=True)
    stem = file_stem(scene.id, simulated=scene.simulated)
    options: Any = {"simulated": scene.simulated, "description": "a test"}
    layers = dict(zip(scene.bands, scene.pixels, strict=True))
    tif = write_cog(folder / f"{stem}.tif", layers, scene.grid, nodata=0, **options)
    png = write_quicklook(folder / f"{stem}.png", natural_colour(scene.pixels, scene.bands), **options)
    assets = {
        "reflectance": raster_asset(
            tif, folder, scene.grid, reflectance_bands(scene.bands), simulated=True, title="Reflectance"
        ),
        "thumbnail": file_asset(png, folder, title="Preview", roles=["thumbnail"]),
    }
    entry = item(
        scene, assets, collection_id="scenes", created=CREATED,
        derived_from={"../../../downlink/C-1_SIMULATED.bin": "Contact C-1"},
    )  # fmt: skip
    (folder / f"{scene.id}.json").write_text(json.dumps(entry, allow_nan=False))
    return entry, folder


def test_a_sound_item_has_no_problems(written: tuple[Item, Path]) -> None:
    entry, folder = written
    assert problems(entry, folder) == []
    assert problems(json.loads((folder / f"{entry['id']}.json").read_text()), folder) == []


def test_an_item_says_what_a_user_asks(written: tuple[Item, Path], scene: Scene) -> None:
    entry, _ = written
    said = entry["properties"]
    assert said["swath:simulated"] is True and said["platform"] == "SW-1" and said["swath:station"] == "SVAL"
    assert said["datetime"] == "2026-05-08T09:41:22.000000Z" and said["created"] == "2026-05-08T11:00:00Z"
    assert said["swath:p_clear"] == 0.72 and said["swath:missing_fraction"] == 0.0
    assert said["swath:ce90"]["interval"] is None and "no control" in said["swath:ce90"]["because"]
    assert said["gsd"] == pytest.approx(5.3, abs=0.1)
    assert said["view:off_nadir"] == pytest.approx(
        np.degrees(np.arccos(np.cos(np.radians(8)) * np.cos(np.radians(3)))), abs=0.01
    )
    assert said["view:incidence_angle"] > said["view:off_nadir"]
    assert set(entry["stac_extensions"]) == {EXTENSIONS[name] for name in ("eo", "file", "proj", "raster", "view")}
    raster = entry["assets"]["reflectance"]
    assert raster["href"] == "a-1_SIMULATED.tif" and raster["swath:frame_px"] == 18
    assert raster["proj:shape"] == [scene.grid.height + 36, scene.grid.width + 36]
    assert [band["eo:common_name"] for band in raster["bands"]] == ["blue", "green", "red", "nir"]
    assert {"rel": "derived_from", "href": "../../../downlink/C-1_SIMULATED.bin", "title": "Contact C-1"} in entry[
        "links"
    ]


def faults() -> dict[str, Callable[[Item], Any]]:
    def put(*path: str, value: Any) -> Callable[[Item], Any]:
        def change(entry: Item) -> None:
            target: Any = entry
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = value

        return change

    def drop(*path: str) -> Callable[[Item], Any]:
        def change(entry: Item) -> None:
            target: Any = entry
            for key in path[:-1]:
                target = target[key]
            del target[path[-1]]

        return change

    tif = ("assets", "reflectance")
    wrong: dict[str, Callable[[Item], Any]] = {f"no {key}": drop(key) for key in (
        "type", "stac_version", "id", "collection", "geometry", "bbox", "properties", "links", "assets",
        "stac_extensions",
    )}  # fmt: skip
    wrong |= {f"no property {key}": drop("properties", key) for key in (
        "datetime", "start_datetime", "end_datetime", "created", "platform", "gsd", "swath:simulated",
    )}  # fmt: skip
    return wrong | {
        "old version": put("stac_version", value="1.0.0"),
        "bbox too wide": lambda e: e["bbox"].__setitem__(0, e["bbox"][0] - 0.01),
        "bbox latitude first": lambda e: e["bbox"].reverse(),
        "bbox of six": put("bbox", value=[0, 0, 0, 1, 1, 1]),
        "ring open": lambda e: e["geometry"]["coordinates"][0].pop(),
        "ring clockwise": lambda e: e["geometry"]["coordinates"][0].reverse(),
        "outside the world": lambda e: e["geometry"]["coordinates"][0].__setitem__(1, [200.0, 45.0]),
        "a point": put("geometry", value={"type": "Point", "coordinates": [1.0, 2.0]}),
        "local time": put("properties", "datetime", value="2026-05-08T09:41:22+02:00"),
        "no zone": put("properties", "start_datetime", value="2026-05-08T09:41:22"),
        "no such day": put("properties", "end_datetime", value="2026-02-30T09:41:22Z"),
        "time outside": put("properties", "datetime", value="2026-05-08T08:41:22Z"),
        "off nadir": put("properties", "view:off_nadir", value=120.0),
        "azimuth a text": put("properties", "view:sun_azimuth", value="140"),
        "missing fraction": put("properties", "swath:missing_fraction", value=float("nan")),
        "simulated a text": put("properties", "swath:simulated", value="yes"),
        "extension unnamed": lambda e: e["stac_extensions"].remove(EXTENSIONS["view"]),
        "unknown extension": put("properties", "sar:looks", value=1),
        "no root": lambda e: e["links"].pop(0),
        "link without href": lambda e: e["links"].append({"rel": "self"}),
        "no assets": put("assets", value={}),
        "no href": drop(*tif, "href"),
        "absolute href": put(*tif, "href", value="/data/a-1_SIMULATED.tif"),
        "remote href": put(*tif, "href", value="https://example.org/a-1_SIMULATED.tif"),
        "missing file": put(*tif, "href", value="b-1_SIMULATED.tif"),
        "name without the mark": put("assets", "thumbnail", "href", value="a-1.png"),
        "no checksum": drop(*tif, "file:checksum"),
        "wrong checksum": put(*tif, "file:checksum", value="1220" + "0" * 64),
        "wrong size": put(*tif, "file:size", value=1),
        "shape": put(*tif, "proj:shape", value=[1, 2]),
        "transform": drop(*tif, "proj:transform"),
        "no code": put(*tif, "proj:code", value="32632"),
    }


@pytest.mark.parametrize("fault", faults())
def test_every_seeded_fault_is_found(written: tuple[Item, Path], fault: str) -> None:
    entry, folder = written
    spoiled = copy.deepcopy(entry)
    faults()[fault](spoiled)
    found = problems(spoiled, folder)
    assert found and all(isinstance(sentence, str) and sentence for sentence in found)


def test_a_file_changed_behind_the_items_back_is_found(written: tuple[Item, Path]) -> None:
    entry, folder = written
    png = folder / entry["assets"]["thumbnail"]["href"]
    before = png.read_bytes()
    png.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    assert problems(entry, folder) == ["asset thumbnail: the file's SHA-256 is not its file:checksum"]
    assert problems(entry) == []  # without the folder, files are not looked at
    png.write_bytes(before)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(value=values, data=st.data())
def test_the_checker_never_raises(written: tuple[Item, Path], value: Any, data: st.DataObject) -> None:
    entry, folder = written
    problems(value, folder)
    spoiled = copy.deepcopy(entry)
    target: Any = spoiled
    for _ in range(data.draw(st.integers(1, 4))):
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(target[key], dict | list) or data.draw(st.booleans()):
            target[key] = value
            break
        target = target[key]
    problems(spoiled, folder)


def test_a_layer_says_what_a_stored_value_counts(scene: Scene, tmp_path: Path) -> None:
    """A likelihood of 0 to 1 and an index of -1 to 1 to whoever reads the item, whole numbers in the file."""
    stored = {"ndvi": 2500, "likelihood": 40, "normal": 5, "flood": 1, "unseen": 2}
    layers = {
        name: np.full(scene.grid.shape, n, np.int16 if name == "ndvi" else np.uint8) for name, n in stored.items()
    }
    kind = {"kind": "flood", "request": "r-1", "scenes": (scene.id,), "grid": scene.grid, "simulated": True}
    entry = write_product(Product(id="p", layers=layers, estimates={}, **kind), scene, None, tmp_path)
    meant = {name: stored[name] * entry["assets"][name]["bands"][0].get("raster:scale", 1.0) for name in stored}
    assert meant == pytest.approx({"ndvi": 0.25, "likelihood": 0.4, "normal": 0.05, "flood": 1, "unseen": 2})


def test_products_collections_and_the_catalog(scene: Scene, written: tuple[Item, Path], tmp_path: Path) -> None:
    grid = Grid(scene.grid.epsg, scene.grid.west_m, scene.grid.north_m, 5.0, 60, 50)
    likelihood = np.full(grid.shape, np.nan, np.float32)
    product = Product(
        id="flood-r-1", kind="flood", request="r-1", scenes=(scene.id,), grid=grid, layers={"likelihood": likelihood},
        estimates={"area": Estimate(41.8, "km2", 38.2, 45.9)}, simulated=True,
    )  # fmt: skip
    folder = tmp_path / item_path("products", product.id).parent
    folder.mkdir(parents=True)
    path = folder / f"{file_stem('likelihood', simulated=True)}.tif"
    write_cog(path, product.layers, grid, nodata=float("nan"), simulated=True, description="")
    bands = [layer_band("likelihood", likelihood, nodata=float("nan"), description="of water, 0 to 1")]
    assets = {"likelihood": raster_asset(path, folder, grid, bands, simulated=True, title="Likelihood")}
    entry = product_item(product, [scene], assets, collection_id="products", created=CREATED)
    assert problems(entry, folder) == []
    json.dumps(entry, allow_nan=False)
    assert entry["properties"]["swath:estimates"]["area"]["interval"] == [38.2, 45.9]
    assert entry["assets"]["likelihood"]["bands"][0]["nodata"] == "nan"
    products = collection("products", [entry], title="Products", description="made here")
    scenes = collection("scenes", [written[0]], title="Scenes", description="taken here")
    assert products["extent"]["spatial"]["bbox"] == [entry["bbox"]]
    assert [link["href"] for link in products["links"]][-1] == "flood-r-1/flood-r-1.json"
    root = catalog("swath", [scenes, products], title="T", description="D")
    assert [link["href"] for link in root["links"]] == [
        "catalog.json",
        "scenes/collection.json",
        "products/collection.json",
    ]


def test_outlines_across_the_antimeridian_are_cut_there() -> None:
    lon, lat = np.array([179.9, -179.8, -179.8, 179.9]), np.array([10.0, 10.0, 10.2, 10.2])
    geometry, bbox = geojson_outline(lon, lat)
    assert bbox == [179.9, 10.0, -179.8, 10.2]
    assert geometry["type"] == "MultiPolygon"
    rings = [part[0] for part in geometry["coordinates"]]
    assert all(abs(x) <= 180.0 for ring in rings for x, _ in ring)
    areas = [sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2 for ring in rings]
    assert sorted(areas) == pytest.approx([0.02, 0.04])
    assert geojson_outline(lon[::-1], lat[::-1])[1] == bbox


@given(
    lon=st.floats(-180, 180), lat=st.floats(-70, 70), wide=st.floats(0.01, 0.5), turn=st.floats(0, 6.28),
)  # fmt: skip
def test_outlines_pass_the_checker_anywhere(
    written: tuple[Item, Path], lon: float, lat: float, wide: float, turn: float
) -> None:
    angle = turn + np.array([0, 1.5, 3.0, 4.5])
    east = (lon + wide * np.cos(angle) + 180.0) % 360.0 - 180.0
    geometry, bbox = geojson_outline(east, lat + wide * np.sin(angle))
    entry = {**written[0], "geometry": geometry, "bbox": bbox}
    assert problems(entry) == []


def test_a_scene_on_the_antimeridian(flight: Any, eop: EarthOrientation) -> None:
    options = {
        "lines": 300, "columns": 300, "lat_deg": -30.0, "bands": 1, "roll_deg": lambda line: 0.0 * line,
        "start": np.datetime64("2026-05-08T22:45", "ns"),
    }  # fmt: skip
    one = flight.Flight(**options, lon_deg=170.0)
    middle_lon, _ = one.ground(np.array([150.0]), np.array([150.0]), eop)
    one = flight.Flight(**options, lon_deg=350.0 - float(middle_lon[0, 0]))
    scene = build_scene(
        flight.bring_down(one.picture(eop)), station="S", received=CREATED, eop=eop, knowledge_sigma_deg=0.001
    )
    geometry, bbox = scene.properties["geometry"], scene.properties["bbox"]
    assert geometry["type"] == "MultiPolygon" and bbox[0] > 179.9 and bbox[2] < -179.9
    assert problems(item(scene, {}, collection_id="scenes", created=CREATED)) == ["there are no assets"]


def test_what_was_seen_is_cut_to_the_grid() -> None:
    grid = Grid(32632, 600_000.0, 4_980_000.0, 10.0, 100, 100)
    lon, lat = grid_outline(Grid(32632, 600_500.0, 4_981_000.0, 10.0, 200, 150))
    geometry, bbox = geojson_outline(*seen_outline(grid, lon, lat))
    want, _ = geojson_outline(*grid_outline(Grid(32632, 600_500.0, 4_980_000.0, 10.0, 50, 50)))
    assert np.allclose(
        bbox, geojson_outline(*grid_outline(Grid(32632, 600_500.0, 4_980_000.0, 10.0, 50, 50)))[1], atol=1e-6
    )
    assert geometry["type"] == want["type"] == "Polygon"
    with pytest.raises(DataError, match="no simple area"):
        seen_outline(grid, lon + 1.0, lat)


@pytest.mark.parametrize("lat", [[45.0, 45.0, 45.0, 45.0], [45.0, 46.0, 47.0, 46.0]])
def test_an_outline_without_area_is_refused(lat: list[float]) -> None:
    """As a damaged transform makes them: a point, and a line there and back."""
    with pytest.raises(DataError, match="outline"):
        geojson_outline(np.full(4, 10.0), np.array(lat))


@given(st.lists(st.tuples(st.floats(160, 200), st.floats(-89, 89)), min_size=3, max_size=12))
def test_outlines_that_cross_themselves_are_told_or_simple(points: list[tuple[float, float]]) -> None:
    """GEOS has many ways to fail at these: none of them gets out."""
    with contextlib.suppress(DataError):
        geometry, bbox = geojson_outline(*np.array(points).T)
        assert geometry["coordinates"] and np.isfinite(bbox).all()
