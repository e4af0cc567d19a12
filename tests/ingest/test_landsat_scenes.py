"""Landsat of all levels: on real files where there are some, else on files in the published form."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from swath.archive.readers.landsat import qa_mask
from tests.ingest.conftest import Add, read_asset, try_add
from tests.ingest.made import write_raster

C2 = """GROUP = LANDSAT_METADATA_FILE
  GROUP = PRODUCT_CONTENTS
    LANDSAT_PRODUCT_ID = "LC09_{level}_190030_20220714_20220716_02_T1"
    PROCESSING_LEVEL = "{level}"
    COLLECTION_NUMBER = 02
    FILE_NAME_BAND_4 = "LC09_{level}_B4.TIF"
    {thermal}
    FILE_NAME_QUALITY_L1_PIXEL = "LC09_{level}_QA_PIXEL.TIF"
  END_GROUP = PRODUCT_CONTENTS
  GROUP = IMAGE_ATTRIBUTES
    SPACECRAFT_ID = "LANDSAT_9"
    SENSOR_ID = "OLI_TIRS"
    WRS_PATH = 190
    WRS_ROW = 30
    DATE_ACQUIRED = 2022-07-14
    SCENE_CENTER_TIME = "09:45:12.1234560Z"
    CLOUD_COVER = 4.21
    SUN_AZIMUTH = 137.52
    SUN_ELEVATION = 61.5
    ROLL_ANGLE = -0.001
  END_GROUP = IMAGE_ATTRIBUTES
  {second}
  GROUP = LEVEL1_RADIOMETRIC_RESCALING
    RADIANCE_MULT_BAND_10 = 3.8000E-04
    RADIANCE_ADD_BAND_10 = 0.10000
    REFLECTANCE_MULT_BAND_4 = 2.0000E-05
    REFLECTANCE_ADD_BAND_4 = -0.100000
  END_GROUP = LEVEL1_RADIOMETRIC_RESCALING
  GROUP = LEVEL1_THERMAL_CONSTANTS
    K1_CONSTANT_BAND_10 = 799.0284
    K2_CONSTANT_BAND_10 = 1329.2405
  END_GROUP = LEVEL1_THERMAL_CONSTANTS
END_GROUP = LANDSAT_METADATA_FILE
END
"""
LEVEL2 = """GROUP = LEVEL2_PROCESSING_RECORD
    ORIGIN = "U.S. Geological Survey"
  END_GROUP = LEVEL2_PROCESSING_RECORD
  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
    REFLECTANCE_MULT_BAND_4 = 2.75e-05
    REFLECTANCE_ADD_BAND_4 = -0.2
  END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
  GROUP = LEVEL2_SURFACE_TEMPERATURE_PARAMETERS
    TEMPERATURE_MULT_BAND_ST_B10 = 0.00341802
    TEMPERATURE_ADD_BAND_ST_B10 = 149.0
  END_GROUP = LEVEL2_SURFACE_TEMPERATURE_PARAMETERS"""


def collection2(folder: Path, level: str, *, as_json: bool = False) -> Path:
    """A scene of Landsat 9 in collection 2; returns the MTL file. Numbers of the level-1 and level-2 product guides."""
    second = level == "L2SP"
    thermal = "ST_B10" if second else "10"
    text = C2.format(
        level=level, second=LEVEL2 if second else "",
        thermal=f'FILE_NAME_BAND_{thermal} = "LC09_{level}_{"ST_" if second else ""}B10.TIF"',
    )  # fmt: skip
    grid = Affine(30.0, 0.0, 400_000.0, 0.0, -30.0, 4_900_000.0)
    counts = np.arange(7000, 7000 + 40 * 50, dtype=np.uint16).reshape(40, 50)
    counts[0] = 0
    for name in ("B4", "ST_B10" if second else "B10"):
        write_raster(folder / f"LC09_{level}_{name}.TIF", counts, grid, 32633)
    quality = np.full((40, 50), 21824, np.uint16)  # clear land, as the guide's table of usual values says
    quality[0], quality[1], quality[2] = 1, 22280, 23888  # fill; high confidence cloud; cloud shadow
    write_raster(folder / f"LC09_{level}_QA_PIXEL.TIF", quality, grid, 32633)
    path = folder / f"LC09_{level}_MTL.{'json' if as_json else 'txt'}"
    path.write_text(_json(text) if as_json else text)
    return path


def _json(text: str) -> str:
    groups: dict[str, dict[str, str]] = {}
    here = ""
    for line in text.splitlines():
        key, _, value = (part.strip() for part in line.partition("="))
        if key == "GROUP":
            here = value
        elif key not in ("END_GROUP", "END", ""):
            groups.setdefault(here, {})[key] = value.strip('"')
    return json.dumps({"LANDSAT_METADATA_FILE": groups})


@pytest.mark.parametrize("as_json", [False, True])
def test_level_1_of_collection_2(tmp_path: Path, add: Add, as_json: bool) -> None:
    item = add(collection2(tmp_path, "L1TP", as_json=as_json))
    assert item["collection"] == "landsat-c2-l1" and item["properties"]["datetime"] == "2022-07-14T09:45:12.123456Z"
    assert item["properties"]["view:off_nadir"] == 0.001 and item["properties"]["swath:wrs"] == "190030"
    stored, red, _ = read_asset(item, "red")
    # USGS: rho = (M Q + A) / sin(elevation)
    assert np.allclose(red[1:], (2e-5 * stored[1:].astype(float) - 0.1) / np.sin(np.radians(61.5)), atol=1e-12)
    _, kelvin, _ = read_asset(item, "lwir11")
    radiance = 3.8e-4 * stored[1:].astype(float) + 0.1
    assert np.allclose(kelvin[1:], 1329.2405 / np.log(799.0284 / radiance + 1), atol=0.00501)
    assert np.isnan(red[0]).all() and np.isnan(kelvin[0]).all()


def test_level_2_takes_its_own_scaling_not_level_1s(tmp_path: Path, add: Add) -> None:
    item = add(collection2(tmp_path, "L2SP").parent)
    stored, red, _ = read_asset(item, "red")
    assert item["collection"] == "landsat-c2-l2" and item["assets"]["red"]["bands"][0]["name"] == "SR_B4"
    assert np.allclose(red[1:], 2.75e-5 * stored[1:] - 0.2, atol=1e-12)
    _, kelvin, _ = read_asset(item, "lwir11")
    assert np.allclose(kelvin[1:], 0.00341802 * stored[1:] + 149.0, atol=1e-9)
    quality, _, _ = read_asset(item, "qa_pixel")
    assert qa_mask(quality, "cloud")[1].all() and not qa_mask(quality, "cloud")[3].any()
    assert (
        qa_mask(quality, "cloud shadow")[2].all()
        and qa_mask(quality, "fill")[0].all()
        and qa_mask(quality, "clear")[5].all()
    )


@pytest.mark.needs_shared_data
def test_the_real_scene_of_1988(shared_data: Path, add: Add) -> None:
    folder = shared_data / "imagery" / "landsat5_para_1988"
    item = add(folder)
    assert item["id"] == "LT52240631988227CUB02" and item["properties"]["platform"] == "landsat-5"
    assert item["properties"]["view:sun_elevation"] == 49.75588889
    assert set(item["assets"]) == {"blue", "green", "red", "nir", "swir16", "lwir", "swir22"}
    for number, key in ((3, "red"), (4, "nir")):
        stored, values, _ = read_asset(item, key)
        with rasterio.open(folder / f"LT52240631988227CUB02_B{number}.TIF") as file:
            assert np.array_equal(stored, file.read(1))
        assert 0.0 < np.nanmean(values) < 0.4
    _, kelvin, _ = read_asset(item, "lwir")
    assert np.nanmin(kelvin) > 285 and np.nanmax(kelvin) < 310  # a tropical morning, from orbit


@pytest.mark.needs_shared_data
def test_bands_without_their_mtl_are_counts_of_a_day(shared_data: Path, tmp_path: Path) -> None:
    from swath.archive.outside import Hints
    from swath.operate.archive import Adding, add_scenes
    from tests.ingest.conftest import NOW

    folder = shared_data / "imagery" / "landsat8_20200518"
    outcomes = add_scenes([str(folder)], Adding(tmp_path / "a", Hints(), NOW))
    assert [o.status for o in outcomes] == ["added", "added"] and "counts" in outcomes[0].notes[0]
    item = json.loads(Path(outcomes[0].path).read_text())
    assert (
        set(item["assets"]) == {"green", "red"} and item["properties"]["end_datetime"] == "2020-05-18T23:59:59.000000Z"
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("END\n", "", "cut short"),
        ("SUN_ELEVATION = 61.5", "SUN_ELEVATION = -3", "sun stands"),
        ("SUN_ELEVATION = 61.5", "SUN_ELEVATION = high", "no number"),
        ('"LC09_L1TP_B4.TIF"', '"../../secret.TIF"', "out of the folder"),
        ("END_GROUP = IMAGE_ATTRIBUTES", "END_GROUP = OTHER", "not open"),
        ("DATE_ACQUIRED = 2022-07-14", "DATE_ACQUIRED = soon", "not a time"),
        ("REFLECTANCE_ADD_BAND_4 = -0.100000", "", "REFLECTANCE_ADD_BAND_4 is missing"),
    ],
)
def test_mtl_files_that_are_wrong_are_told(tmp_path: Path, old: str, new: str, why: str) -> None:
    path = collection2(tmp_path, "L1TP")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1) if old != "END\n" else path.read_text()[:-4])
    outcome = try_add(path, tmp_path / "archive")
    assert outcome.status == "failed" and why in outcome.because


@pytest.mark.needs_shared_data
def test_dark_objects_tell_the_haze_of_the_real_scene(shared_data: Path, add: Add) -> None:
    folder = shared_data / "imagery" / "landsat5_para_1988"
    item = add(folder, surface="dark-object")
    haze = {key: asset["bands"][0].get("swath:haze") for key, asset in item["assets"].items()}
    # Molecules scatter with the fourth power of frequency: blue most, and next to nothing in the infrared.
    assert 0.04 < haze["blue"] < 0.1 and haze["blue"] > haze["green"] > haze["red"] > haze["swir22"] >= 0
    assert haze["lwir"] is None and item["assets"]["blue"]["bands"][0]["description"] == "surface reflectance"
    stored, values, _ = read_asset(item, "blue")
    with rasterio.open(folder / "LT52240631988227CUB02_B1.TIF") as file:
        assert np.array_equal(stored, file.read(1))
    assert np.nanquantile(values, 1e-3) == pytest.approx(0.01, abs=0.004)
