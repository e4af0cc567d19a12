"""STAC items: of older and newer forms, of other archives, and our own simulated scenes with their mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from swath.archive.cog import read_cog, write_cog
from swath.archive.mark import is_marked
from swath.archive.stac import item, raster_asset, reflectance_bands
from swath.model import Estimate, Grid, Scene
from tests.ingest.conftest import Add, read_asset, try_add
from tests.ingest.made import write_raster

GRID = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 5_000_040.0)


def earth_search(folder: Path, *, applied: bool, version: str = "1.0.0") -> Path:
    """An item in the form in which Sentinel-2 is published as COGs, of STAC 1.0 (eo:bands, raster:bands) or 1.1."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = np.arange(1000, 1000 + 60 * 70, dtype=np.uint16).reshape(60, 70)
    counts[0] = 0
    write_raster(folder / "B04.tif", counts, GRID, 32632)
    write_raster(folder / "SCL.tif", np.full((30, 35), 5, np.uint8), GRID * Affine.scale(2), 32632)
    old = {
        "eo:bands": [{"name": "red", "common_name": "red", "description": "Red (band 4)"}],
        "raster:bands": [{"nodata": 0, "data_type": "uint16", "scale": 0.0001, "offset": -0.1, "unit": "1"}],
    }
    new = {
        "bands": [{"name": "red", "eo:common_name": "red", "raster:scale": 0.0001, "raster:offset": -0.1, "nodata": 0}]
    }
    entry: dict[str, Any] = {
        "type": "Feature", "stac_version": version, "id": "S2B_32TPR_20240310_0_L2A", "collection": "sentinel-2-l2a",
        "geometry": None, "bbox": [0, 0, 1, 1],
        "properties": {
            "datetime": "2024-03-10T10:15:09.024000Z", "platform": "sentinel-2b", "constellation": "sentinel-2",
            "instruments": ["msi"], "eo:cloud_cover": 3.1, "view:sun_elevation": 38.4, "view:sun_azimuth": 158.0,
            "earthsearch:boa_offset_applied": applied, "s2:unknown": {"deep": [1]},
        },
        "links": [],
        "assets": {
            "red": {"href": "./B04.tif", "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                    "roles": ["data", "reflectance"], "title": "Red (band 4) - 10m",
                    **(old if version < "1.1" else new)},
            "red-jp2": {"href": "missing.jp2", "type": "image/jp2", "roles": ["data"]},
            "scl": {"href": "SCL.tif", "type": "image/tiff; application=geotiff", "roles": ["data", "reflectance"]},
            "thumbnail": {"href": "https://example.com/preview.jpg", "type": "image/jpeg", "roles": ["thumbnail"]},
            "granule_metadata": {"href": "metadata.xml", "type": "application/xml", "roles": ["metadata"]},
        },
    }  # fmt: skip
    path = folder / "item.json"
    path.write_text(json.dumps(entry))
    return path


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
@pytest.mark.parametrize("applied", [False, True])
def test_items_of_both_forms(tmp_path: Path, add: Add, version: str, applied: bool) -> None:
    made = add(earth_search(tmp_path, applied=applied, version=version))
    stored, values, _ = read_asset(made, "red")
    # A known trap: where the archive has taken the offset off already, its own raster:offset must not be added again.
    assert np.allclose(values[1:], stored[1:] * 1e-4 - (0.0 if applied else 0.1)) and np.isnan(values[0]).all()
    assert ("swath:notes" in made["properties"]) == applied
    assert set(made["assets"]) == {"red", "scl"} and made["assets"]["scl"]["bands"][0]["description"] == "class"
    assert made["properties"]["eo:cloud_cover"] == 3.1 and made["properties"]["view:sun_elevation"] == 38.4
    assert made["bbox"] != [0, 0, 1, 1] and made["stac_version"] == "1.1.0"


def ours(folder: Path) -> Path:
    """A simulated scene as a run writes it."""
    grid = Grid(32633, 300_000.0, 5_000_000.0, 5.0, 600, 500)
    start = np.datetime64("2026-05-08T09:41:22", "ns")
    pixels = np.random.default_rng(1).integers(1, 9000, (4, 500, 600)).astype(np.uint16)
    pixels[:, :40] = 0
    scene = Scene(
        id="SW-1-20260508T094122Z", request="r", acquisition="a", satellite="SW-1", station="SVAL", start=start,
        stop=start + np.timedelta64(300, "ms"), received=start + np.timedelta64(50, "m"), grid=grid,
        bands=("blue", "green", "red", "nir"), pixels=pixels, gsd_m=5.3, off_nadir_deg=8.5, sun_elevation_deg=60.0,
        sun_azimuth_deg=150.0, ce90_m=Estimate(6.3, "m", 5.1, 7.2), missing_fraction=0.0, simulated=True,
        properties={"p_clear": 0.7},
    )  # fmt: skip
    folder.mkdir(parents=True)
    layers = dict(zip(scene.bands, scene.pixels, strict=True))
    path = write_cog(folder / f"{scene.id}_SIMULATED.tif", layers, grid, nodata=0, simulated=True, description="scene")
    asset = raster_asset(path, folder, grid, reflectance_bands(scene.bands), simulated=True, title="Reflectance")
    entry = item(scene, {"reflectance": asset}, collection_id="scenes", created=start + np.timedelta64(1, "h"))
    (folder / f"{scene.id}.json").write_text(json.dumps(entry))
    return folder / f"{scene.id}.json"


def test_what_is_simulated_stays_marked(tmp_path: Path, add: Add) -> None:
    source = ours(tmp_path / "run")
    made = add(source)
    kept = made["folder"] / made["assets"]["reflectance"]["href"]
    assert made["properties"]["swath:simulated"] is True and is_marked(kept)
    before, after = read_cog(source.parent / f"{source.stem}_SIMULATED.tif"), read_cog(kept)
    assert np.array_equal(before.pixels, after.pixels) and before.grid == after.grid
    quality = made["assets"]["reflectance"]["bands"][0]["swath:quality"]
    assert quality["valid_share"] == pytest.approx(460 / 500)  # of the data, not of the frame
    alone = try_add(source.parent / f"{source.stem}_SIMULATED.tif", tmp_path / "other")
    assert alone.collection == "simulated" and is_marked(next(Path(alone.path).parent.glob("*.tif")))


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("href", "/etc/passwd.tif", "not relative"),
        ("href", "../B04.tif", "leads out"),
        ("href", "file:///etc/hosts", "not relative"),
        ("href", "https://example.com/B04.tif", "not relative"),
        ("href", "/vsicurl/http://example.com/B04.tif", "not relative"),
        ("href", "vrt://B04.tif", "not relative"),
        ("href", "gone.tif", "there is no file"),
        ("href", "link.tif", "leads out"),
        ("href", "", "leads out"),
        ("href", "evil.tif", "virtual raster"),
    ],
)
def test_hrefs_lead_to_pictures_in_the_items_folder_or_nowhere(tmp_path: Path, key: str, value: str, why: str) -> None:
    path = earth_search(tmp_path / "in", applied=True)
    write_raster(tmp_path / "B04.tif", np.ones((9, 9), np.uint8), GRID, 32632)
    (tmp_path / "in" / "link.tif").symlink_to(tmp_path / "B04.tif")
    (tmp_path / "in" / "evil.tif").write_text('<VRTDataset rasterXSize="9" rasterYSize="9"/>')
    entry = json.loads(path.read_text())
    entry["assets"]["red"][key] = value
    path.write_text(json.dumps(entry))
    outcome = try_add(path, tmp_path / "archive")
    assert outcome.status == "failed" and why in outcome.because
    assert not list(tmp_path.glob("archive/**/*.tif"))


def test_a_virtual_raster_under_another_name_is_refused(tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif", np.ones((9, 9), np.uint8), GRID, 32632)
    text = (
        '<VRTDataset rasterXSize="9" rasterYSize="9"><SRS>EPSG:32632</SRS><GeoTransform>0,1,0,0,0,-1</GeoTransform>'
        '<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>a.tif</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    evil = tmp_path / "b_20240310.tif"
    evil.write_text(text)
    with rasterio.open(evil) as file:
        assert file.driver == "VRT"  # GDAL by itself opens it
    assert "virtual raster" in try_add(evil, tmp_path / "archive").because
