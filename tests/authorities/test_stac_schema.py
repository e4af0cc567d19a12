"""Our STAC documents against the schemas of STAC 1.1.0 as pystac packs them, and those of its extensions as typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pystac.validation.local_validator import get_local_schema_cache

from swath.archive.cog import write_cog
from swath.archive.stac import catalog, collection, item, item_path, raster_asset, reflectance_bands
from swath.archive.stac_check import problems
from swath.model import Estimate, Grid, Scene
from tests.authorities.stac_extensions import extension_errors


def errors(kind: str, document: dict[str, Any]) -> list[str]:
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource

    schemas = get_local_schema_cache()
    registry: Any = Registry().with_resources([(url, Resource.from_contents(s)) for url, s in schemas.items()])
    schema = schemas[f"https://schemas.stacspec.org/v1.1.0/{kind}-spec/json-schema/{kind}.json"]
    found = [error.message for error in Draft7Validator(schema, registry=registry).iter_errors(document)]
    return found or (extension_errors(document) if kind == "item" else [])


@pytest.fixture(params=["Po", "antimeridian"])
def document(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    epsg, west = (32632, 650_000.0) if request.param == "Po" else (32760, 833_000.0)
    grid = Grid(epsg, west, 4_980_000.0 if epsg == 32632 else 9_000_000.0, 5.0, 400, 400)
    start = np.datetime64("2026-05-08T09:41:22.1234567", "ns")
    scene = Scene(
        id="a-1", request="r-1", acquisition="a-1", satellite="SW-1", station="SVAL", start=start,
        stop=start + np.timedelta64(300, "ms"), received=start + np.timedelta64(50, "m"), grid=grid,
        bands=("blue", "green", "red", "nir"), pixels=np.ones((4, 400, 400), np.uint16), gsd_m=5.3, off_nadir_deg=8.5,
        sun_elevation_deg=60.0, sun_azimuth_deg=150.0, ce90_m=Estimate(6.3, "m", 5.1, 7.2), missing_fraction=0.0,
        simulated=True, properties={"p_clear": 0.7, "incidence_deg": 9.2, "view_azimuth_deg": 281.0},
    )  # fmt: skip
    folder = tmp_path / item_path("scenes", scene.id).parent
    folder.mkdir(parents=True)
    layers = dict(zip(scene.bands, scene.pixels, strict=True))
    path = write_cog(folder / "a-1_SIMULATED.tif", layers, grid, nodata=0, simulated=True, description="")
    asset = raster_asset(path, folder, grid, reflectance_bands(scene.bands), simulated=True, title="Reflectance")
    made = item(scene, {"reflectance": asset}, collection_id="scenes", created=start + np.timedelta64(1, "h"))
    assert problems(made, folder) == []
    return made


def test_items_satisfy_the_schema(document: dict[str, Any]) -> None:
    assert errors("item", document) == []


def test_the_schema_is_awake(document: dict[str, Any]) -> None:
    assert errors("item", {**document, "stac_version": "0.9.0"})
    assert errors("item", {**document, "bbox": [1.0]})


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("view:off_nadir", 91.0, "greater than the maximum"),
        ("view:off_axis", 1.0, "no such field"),
        ("eo:cloud_cover", "3", "is not of type 'number'"),
        ("sar:frequency_band", "C", "sar is used and not named"),
        ("sat:orbit_state", "up", "is not one of"),
        ("proj:transform", [1.0, 2.0], "is not valid under any"),
        ("processing:software", {"swath": 1}, "is not of type 'string'"),
    ],
)
def test_the_rules_of_extensions_are_awake(document: dict[str, Any], key: str, value: Any, words: str) -> None:
    wrong = {**document, "properties": {**document["properties"], key: value}}
    assert words in "; ".join(extension_errors(wrong))
    asset = {"reflectance": {**document["assets"]["reflectance"], key: value}}
    assert words in "; ".join(extension_errors({**document, "assets": asset}))


def test_an_extension_is_named_where_it_is_used_only(document: dict[str, Any]) -> None:
    more = [*document["stac_extensions"], "https://stac-extensions.github.io/sar/v1.3.2/schema.json"]
    found = extension_errors({**document, "stac_extensions": more})
    assert "sar is named and not used" in found and "sar:polarizations is missing" in found


def test_collections_and_catalogs_satisfy_theirs(document: dict[str, Any]) -> None:
    made = collection("scenes", [document, document], title="Scenes", description="taken")
    assert errors("collection", made) == []
    assert errors("catalog", catalog("swath", [made], title="T", description="D")) == []
