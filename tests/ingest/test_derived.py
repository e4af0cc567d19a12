"""Pictures made of pictures, from file to file: masks and dates laid over each other; made again by verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.transform import Affine

from swath.archive.mark import is_marked
from swath.archive.stac_check import problems
from swath.cli.main import main
from swath.errors import DataError, InputError, PluginError
from swath.model import Grid
from swath.operate.derive import Derived, derive
from swath.product.cloud_mask import mask_clouds
from tests.archive.test_coregister import land, moved
from tests.authorities.test_stac_schema import errors
from tests.ingest.conftest import NOW
from tests.ingest.made import write_raster
from tests.product.test_cloud_mask import GRID, NAMES, SKY, made

PLACE = Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 5_000_000.0)


def derived(maker: str, pictures: list[Path], out: Path, **said: Any) -> Derived:
    """What is made must be sound, as STAC's schema says, and be made again to the byte."""
    reference = said.pop("reference", None)
    found = derive(maker, [str(one) for one in pictures], out, NOW, said, reference=reference and str(reference))
    item = json.loads(found.path.read_text("utf-8"))
    assert problems(item, out) == [] and errors("item", item) == []
    assert main(["verify", str(out)]) == 0
    return found


def pixels_of(found: Derived, key: str) -> npt.NDArray[Any]:
    with rasterio.open(found.folder / found.item["assets"][key]["href"]) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        wide = int(file.tags().get("SWATH_FRAME_PX", 0))
        pixels = file.read()
    return np.asarray(pixels[:, wide : pixels.shape[1] - wide, wide : pixels.shape[2] - wide])


@pytest.fixture
def cloudy(tmp_path: Path) -> Path:
    """An item with two sizes of pixels: visible and near infrared of 20 m, short-wave infrared and cirrus of 40 m."""
    bands, _ = made(2)
    fine = np.stack([bands[name] for name in NAMES[:4]])
    coarse = np.stack([bands[name] for name in NAMES[4:]]).reshape(2, 200, 2, 200, 2).mean((2, 4))
    folder, place = tmp_path / "item", Affine(20.0, 0, 6e5, 0, -20.0, 5e6)
    for name, stack, size in (("fine", fine, 1), ("coarse", coarse, 2)):
        counts = np.clip(np.rint(stack * 1e4), 1, 65535).astype(np.uint16)
        write_raster(folder / f"{name}.tif", counts, place @ Affine.scale(size), 32632, nodata=0)
    assets = {
        name: {
            "href": f"./{name}.tif", "type": "image/tiff; application=geotiff", "roles": ["data"],
            "bands": [
                {"name": b, "eo:common_name": b, "raster:scale": 1e-4, "description": "toa reflectance"} for b in of
            ],
        }
        for name, of in (("fine", NAMES[:4]), ("coarse", NAMES[4:]))
    }  # fmt: skip
    properties = {"datetime": "2026-05-08T10:00:00Z", "view:sun_elevation": 40.0, "view:sun_azimuth": 150.0}
    item = {
        "type": "Feature", "stac_version": "1.1.0", "id": "cloudy", "geometry": None, "properties": properties,
        "links": [], "assets": assets,
    }  # fmt: skip
    path = folder / "cloudy.json"
    path.write_text(json.dumps(item))
    return path


def test_a_mask_is_what_the_function_gives(cloudy: Path, tmp_path: Path) -> None:
    found = derived("mask", [cloudy], tmp_path / "mask")
    bands, _ = made(2)
    for name in NAMES[4:]:
        bands[name] = bands[name].reshape(200, 2, 200, 2).mean((1, 3)).repeat(2, 0).repeat(2, 1)
    own = mask_clouds(bands, GRID, SKY).codes
    codes = pixels_of(found, "mask")[0]
    assert (codes == own).mean() > 0.98  # bands of 40 m are laid on 20 m bilinearly
    said = found.item["properties"]
    assert said["eo:cloud_cover"] == pytest.approx(100 * (codes == 1).mean(), abs=0.01)
    assert pixels_of(found, "cloud_likelihood").max() == 100


def test_without_bands_or_data_it_is_said(tmp_path: Path) -> None:
    one = write_raster(tmp_path / "one_20260508.tif", np.full((40, 40), 9, np.uint8), PLACE, 32632)
    with pytest.raises(InputError, match="needs two of"):
        derive("mask", [str(one)], tmp_path / "a", NOW, {})
    empty = write_raster(tmp_path / "empty_20260508.tif", np.zeros((4, 40, 40), np.uint16), PLACE, 32632, nodata=0)
    found = derive("mask", [str(empty)], tmp_path / "b", NOW, {"bands": ["blue", "green", "red", "nir"]})
    assert (pixels_of(found, "mask") == 3).all() and found.item["properties"]["eo:cloud_cover"] == 0.0
    with pytest.raises(DataError, match="no such file"):
        derive("mask", [str(tmp_path / "absent.tif")], tmp_path / "c", NOW, {})
    assert not (tmp_path / "a").exists() and not (tmp_path / "c").exists()


class Detector:
    """As s2cloudless documents its own: ten bands last, reflectance, probabilities back."""

    def __init__(self, threshold: float, average_over: int, dilation_size: int, all_bands: bool) -> None:
        assert not all_bands

    def get_cloud_probability_maps(self, data: npt.NDArray[Any]) -> npt.NDArray[Any]:
        assert data.ndim == 4 and data.shape[-1] == 10
        return np.where(data[..., 1] > 0.3, 0.9, 0.1)  # blue


def predict_from_array(input_array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """As omnicloudmask documents its own: red, green, near infrared first; classes 0 to 3 back."""
    assert input_array.ndim == 3 and len(input_array) == 3
    classes = np.where(input_array[0] > 0.3, 1, 0)
    classes[:5] = 3
    return classes[None].astype(np.uint8)


def test_plug_ins_are_asked_as_they_document_it(cloudy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PluginError, match="not installed"):
        derive("mask", [str(cloudy)], tmp_path / "a", NOW, {"by": "omnicloudmask"})
    with pytest.raises(InputError, match="needs coastal"):
        derive("mask", [str(cloudy)], tmp_path / "a", NOW, {"by": "s2cloudless"})
    with pytest.raises(InputError, match="plugin is called"):
        derive("mask", [str(cloudy)], tmp_path / "a", NOW, {"by": "magic"})
    other, s2 = ModuleType("omnicloudmask"), ModuleType("s2cloudless")
    other.predict_from_array = predict_from_array  # type: ignore[attr-defined]
    s2.S2PixelCloudDetector = Detector  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "omnicloudmask", other)
    monkeypatch.setitem(sys.modules, "s2cloudless", s2)
    codes = pixels_of(derived("mask", [cloudy], tmp_path / "b", by="omnicloudmask", buffer_m=0.0), "mask")[0]
    bands, _ = made(2)
    assert ((codes == 1) == (bands["red"] > 0.3))[6:].mean() > 0.99 and (codes[:4] != 0).mean() > 0.95
    ten = ("coastal", "blue", "red", "rededge071", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22")
    stack = np.stack([bands.get(name, bands["nir"]) for name in ten])
    pixels = np.clip(stack * 1e4, 1, 65535).astype(np.uint16)
    path = write_raster(tmp_path / "ten_20260508.tif", pixels, Affine(20.0, 0, 6e5, 0, -20.0, 5e6), 32632)
    found = derived("mask", [path], tmp_path / "c", by="s2cloudless", bands=list(ten), buffer_m=0.0)
    assert ((pixels_of(found, "mask")[0] == 1) == (bands["blue"] > 0.3)).mean() > 0.99


def test_a_date_is_laid_over_another_file_to_file(tmp_path: Path) -> None:
    """The later date has pixels of 20 m too, a gap, another contrast, and lies 23 m north and 17 m west."""
    image = land(400, 21)
    reference = write_raster(tmp_path / "april_20260408.tif", image.clip(1).astype(np.uint16), PLACE, 32632, nodata=0)
    shift = (-2.3, -1.7)
    fine = (0.7 * moved(image, *shift) + 300.0).clip(1)
    fine[:, :30] = 0
    picture = write_raster(tmp_path / "may_20260508.tif", fine.astype(np.uint16), PLACE, 32632, nodata=0)
    found = derived("coregister", [picture], tmp_path / "laid", reference=reference)
    said = found.item["properties"]["swath:registration"]
    assert said["model"] == "shift" and said["doubt_px"] < 0.1
    assert (said["shift_east_m"], said["shift_north_m"]) == pytest.approx((-17.0, 23.0), abs=1.0)
    laid = pixels_of(found, "data")[0].astype(float)
    assert np.abs(laid - (0.7 * image + 300.0))[20:-20, 50:-20].std() < 15.0
    assert (laid[:, :27] == 0).all()  # what is not known is moved with the rest
    matches = json.loads((found.folder / "matches.json").read_text())["matches"]
    assert sum(row["used"] for row in matches) == said["tiles_used"] > 20


def test_other_zones_and_pixels_are_laid_over_too(tmp_path: Path) -> None:
    """The picture lies in the next UTM zone, in pixels of 10 m warped there by GDAL, 12 m off."""
    image = land(500, 22)
    reference = write_raster(tmp_path / "a_20260408.tif", image.clip(1).astype(np.uint16), PLACE, 32632, nodata=0)
    off = Affine.translation(12.0, 0.0) @ PLACE
    path = write_raster(tmp_path / "b.tif", image.clip(1).astype(np.uint16), off, 32632, nodata=0)
    how = {"crs": "EPSG:32633", "resampling": rasterio.enums.Resampling.cubic, "tolerance": 0.001}
    with rasterio.open(path) as file, rasterio.vrt.WarpedVRT(file, **how) as other:
        pixels, place = other.read(), other.transform
    picture = write_raster(tmp_path / "c_20260508.tif", pixels, place, 32633, nodata=0)
    found = derived("coregister", [picture], tmp_path / "laid", reference=reference)
    said = found.item["properties"]["swath:registration"]
    assert (said["shift_east_m"], said["shift_north_m"]) == pytest.approx((12.0, 0.0), abs=0.6)
    asset = found.item["assets"]["data"]
    assert asset["proj:code"] == "EPSG:32632" and asset["proj:shape"] == [500, 500]


def test_what_cannot_be_laid_over_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(1, 999, (2, 300, 300)).astype(np.uint16)
    one, two = (write_raster(tmp_path / f"n{k}_20260508.tif", noise[k], PLACE, 32632) for k in range(2))
    with pytest.raises(DataError, match="cannot tell"):
        derive("coregister", [str(one)], tmp_path / "out", NOW, {}, reference=str(two))
    far = write_raster(tmp_path / "far_20260508.tif", noise[0], PLACE @ Affine.translation(9000, 0), 32632)
    with pytest.raises(DataError, match="cannot tell"):
        derive("coregister", [str(far)], tmp_path / "out", NOW, {}, reference=str(one))
    assert not (tmp_path / "out").exists()


def test_what_is_made_of_simulated_pictures_says_so(tmp_path: Path) -> None:
    from swath.archive.cog import write_cog

    image = land(300, 23)
    layers = {name: image.clip(1).astype(np.uint16) for name in ("blue", "green", "red", "nir")}
    grid = Grid(32632, 600_000.0, 5_000_000.0, 10.0, 300, 300)
    paths = [
        write_cog(
            tmp_path / f"{stamp}_SIMULATED.tif", layers, grid, nodata=0.0, simulated=True, description="a test"
        )
        for stamp in ("20260408", "20260508")
    ]  # fmt: skip
    for found in (
        derived("mask", [paths[1]], tmp_path / "mask"),
        derived("coregister", [paths[1]], tmp_path / "laid", reference=paths[0]),
    ):
        assert found.item["properties"]["swath:simulated"] is True
        for asset in found.item["assets"].values():
            assert is_marked(found.folder / asset["href"])


def test_commands_say_what_they_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = land(300, 24).clip(1).astype(np.uint16)
    one = write_raster(tmp_path / "a_20260408.tif", image, PLACE, 32632, nodata=0)
    two = write_raster(tmp_path / "b_20260508.tif", np.roll(image, 3, 1), PLACE, 32632, nodata=0)
    assert main(["archive", "coregister", str(two), "--on", str(one), "--out", str(tmp_path / "x")]) == 0
    text = capsys.readouterr().out
    assert "+30.0" in text and "doubt" in text and max(map(len, text.splitlines())) <= 80
    assert main(["archive", "coregister", str(two), "--on", str(one), "--out", str(tmp_path / "x"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["item"]["properties"]["swath:registration"]["tiles_used"] > 6
    assert main(["archive", "mask", str(one), "--out", str(tmp_path / "y")]) == 2
    assert "needs two of" in capsys.readouterr().err
