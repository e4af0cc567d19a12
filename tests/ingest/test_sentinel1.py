"""Sentinel-1 GRD: calibration, noise, place and terrain against a picture whose geometry and radiometry are exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from rasterio.transform import Affine

from swath.archive.grd_grid import radar_grid
from swath.archive.grd_kernels import refined_lee
from swath.archive.sigma import radiometry, sigma_nought
from swath.archive.xml_in import read_xml
from tests.ingest.conftest import Add, read_asset, try_add
from tests.ingest.made import RadarScene, s1_safe, write_raster

Floats = npt.NDArray[np.float64]


def truth(scene: RadarScene, line: Floats, pixel: Floats, counts: npt.ArrayLike) -> Floats:
    """Sigma nought by the formulas alone, with the gain and noise that the fixture's vectors stand for."""
    gain = scene.gain * (1 + 0.1 * line / (scene.lines - 1)) * (1 + 0.2 * pixel / (scene.pixels - 1))
    noise = scene.noise * (1 + 0.5 * pixel / (scene.pixels - 1))
    noise = noise * np.where(line < scene.lines // 2, *scene.azimuth_noise)
    return np.asarray((np.asarray(counts, np.float64) ** 2 - noise) / gain**2)


@pytest.mark.parametrize("old_noise", [False, True])
def test_sigma_nought_is_that_of_the_formula(tmp_path: Path, old_noise: bool) -> None:
    scene = RadarScene(azimuth_noise=(1.0, 1.0) if old_noise else (0.8, 1.3))
    safe = s1_safe(tmp_path, scene, old_noise=old_noise)
    files = sorted((safe / "annotation" / "calibration").glob("*vv*.xml"))
    calibration, noise = (read_xml(path.read_bytes(), where=path.name) for path in files)
    known = radiometry(calibration, noise, width=scene.pixels)
    counts = np.random.default_rng(1).integers(60, 400, (scene.lines, scene.pixels)).astype(np.uint16)
    line, pixel = np.mgrid[: scene.lines, : scene.pixels].astype(np.float64)
    want = truth(scene, line, pixel, counts)
    assert np.allclose(sigma_nought(counts, known, first_line=0, first_column=0), want, rtol=2e-6)
    part = sigma_nought(counts[100:180, 33:90], known, first_line=100, first_column=33)
    assert np.allclose(part, want[100:180, 33:90], rtol=2e-6)
    counts[5, 6], counts[7, 8] = 0, 3
    value = sigma_nought(counts, known, first_line=0, first_column=0)
    assert value[5, 6] == -1.0 and value[7, 8] == 0.0


def hilly(line: npt.ArrayLike, pixel: npt.ArrayLike) -> Floats:
    return 300.0 + 0.4 * np.asarray(pixel, np.float64) + 0.2 * np.asarray(line, np.float64)


@pytest.mark.parametrize("height_m", [0.0, 250.0, hilly])
def test_pixels_are_found_where_they_lie(tmp_path: Path, height_m: object) -> None:
    scene = RadarScene(heading_deg=-168.0, lines=900, pixels=1200)
    safe = s1_safe(tmp_path, scene, height_m=height_m)
    path = next((safe / "annotation").glob("*vv*.xml"))
    radar = radar_grid(read_xml(path.read_bytes(), where=path.name))
    rng = np.random.default_rng(2)
    line, pixel = rng.uniform(0, scene.lines - 1, 500), rng.uniform(0, scene.pixels - 1, 500)
    height = height_m(line, pixel) if callable(height_m) else np.full(500, float(height_m))  # type: ignore[arg-type]
    found = radar.find(*scene.ground(line, pixel, height))
    off = np.hypot(found[0] - line, found[1] - pixel)
    assert off.max() < 0.02
    told = radar.find(*scene.ground(line, pixel, height), lambda *_: height)
    assert np.hypot(told[0] - line, told[1] - pixel).max() < 0.02


def pattern(line: Floats, pixel: Floats) -> Floats:
    """Counts as a smooth function, so that resampling costs little."""
    return 300.0 + 80.0 * np.sin(line / 17.0) + 60.0 * np.cos(pixel / 23.0)


def test_the_map_shows_each_pixel_at_its_place(tmp_path: Path, add: Add) -> None:
    line, pixel = np.mgrid[:300, :400].astype(np.float64)
    counts = np.round(pattern(line, pixel)).astype(np.uint16)
    counts[:, :40] = 0
    scene = RadarScene(counts={"vv": counts}, azimuth_noise=(0.8, 1.3))
    item = add(s1_safe(tmp_path, scene, height_m=120.0))
    _, db, transform = read_asset(item, "vv")
    found = item["properties"]
    assert found["sar:polarizations"] == ["VH", "VV"] and found["sat:absolute_orbit"] == 32627
    assert found["datetime"] == "2020-05-18T17:15:54.888889Z" and found["view:azimuth"] == 257.0
    back = pyproj.Transformer.from_crs(item["assets"]["vv"]["proj:code"], "EPSG:32632", always_xy=True)
    rows, columns = np.nonzero(np.isfinite(db))
    east, north = back.transform(*(transform * (columns + 0.5, rows + 0.5)))
    (ae, an), (pe, pn) = scene.directions()
    out = 120.0 / np.tan(np.radians(35.5)) / scene.spacing_m  # of the middle; solved for each pixel below
    de, dn = np.asarray(east) - scene.corner_m[0], np.asarray(north) - scene.corner_m[1]
    at_line = (de * ae + dn * an) / scene.spacing_m**2
    along = (de * pe + dn * pn) / scene.spacing_m**2
    at_pixel = along - out
    for _ in range(5):
        at_pixel = along - 120.0 / np.tan(np.radians(scene.incidence(at_pixel))) / scene.spacing_m
    want = 10 * np.log10(truth(scene, at_line, at_pixel, pattern(at_line, at_pixel)))
    inner = (np.abs(at_line - scene.lines // 2) > 2) & (at_pixel > 42)
    assert inner.sum() > 80_000 and np.abs(db[rows, columns] - want)[inner].max() < 0.06
    assert at_pixel.min() > 39.0  # no data stays no data


def test_a_terrain_model_moves_slopes_to_their_place(tmp_path: Path, add: Add) -> None:
    counts = np.full((300, 400), 100, np.uint16)
    scene = RadarScene(counts={"vv": counts})
    hill = np.array(scene.ground(150, 200, 0.0))  # a table 600 m high and 310 m wide, seen nearer than it stands
    seen = 115.0
    for _ in range(9):
        seen = 200 - 600.0 / np.tan(np.radians(float(scene.incidence(seen)))) / 10.0
    counts[148:153, round(seen) - 2 : round(seen) + 3] = 4000
    heights = np.zeros((400, 600), np.float32)
    grid = Affine(10.0, 0.0, hill[0] - 3000, 0.0, -10.0, hill[1] + 2000)
    heights[185:216, 285:316] = 600.0
    dem = write_raster(tmp_path / "dem.tif", heights, grid, 32632)
    item = add(s1_safe(tmp_path, scene), dem=dem)
    _, db, transform = read_asset(item, "vv")
    rows, columns = np.nonzero(db > 15.0)
    back = pyproj.Transformer.from_crs(item["assets"]["vv"]["proj:code"], "EPSG:32632", always_xy=True)
    place = np.array(back.transform(*(transform * (columns + 0.5, rows + 0.5))))
    near = np.hypot(*(place - hill[:, None])) < 200.0
    # The plain 840 m before it is laid over: it shows the same pixels, and is not marked.
    assert 10 <= near.sum() <= 60 and np.hypot(*(place[:, near].mean(1) - hill)) < 15.0
    assert item["properties"]["swath:terrain"] == "dem.tif" and "swath:notes" not in item["properties"]


def test_refined_lee_keeps_means_and_edges_and_takes_speckle_out() -> None:
    rng = np.random.default_rng(5)
    looks, truth_ = 4.4, np.full((200, 200), 0.05)
    truth_[:, 100:] = 0.4
    speckled = (truth_ * rng.gamma(looks, 1 / looks, truth_.shape)).astype(np.float32)
    out = np.empty_like(speckled)
    refined_lee(speckled, looks, out)
    for part in (np.s_[10:190, 10:90], np.s_[10:190, 110:190]):
        assert out[part].mean() == pytest.approx(speckled[part].mean(), rel=0.02)
        before, after = ((image[part].mean() / image[part].std()) ** 2 for image in (speckled, out))
        assert before == pytest.approx(looks, rel=0.1) and after > 3.5 * before
    step = out[10:190].mean(0)
    plain = np.array([speckled[10:190, k - 3 : k + 4].mean() for k in range(3, 197)])
    rise = np.sum((step > 0.085) & (step < 0.365))
    assert rise <= 2 and np.sum((plain > 0.085) & (plain < 0.365)) >= 5  # a plain mean of 7 blurs the edge
    speckled[50, 50] = -1
    refined_lee(speckled, looks, out)
    assert out[50, 50] == -1 and (out[speckled >= 0] >= 0).all()


def test_the_filter_is_used_when_asked_for(tmp_path: Path, add: Add) -> None:
    rng = np.random.default_rng(6)
    counts = np.sqrt(1e4 * rng.gamma(4.4, 1 / 4.4, (300, 400)) + 900).round().astype(np.uint16)
    scene = RadarScene(counts={"vv": counts, "vh": counts})
    safe = s1_safe(tmp_path, scene)
    raw, _, _ = read_asset(add(safe), "vv")
    filtered = try_add(safe, tmp_path / "filtered", speckle="refined-lee")
    import json

    item = json.loads(Path(filtered.path).read_text()) | {"folder": Path(filtered.path).parent}
    _, values, _ = read_asset(item, "vv")
    assert "Lee" in item["properties"]["processing:lineage"]
    assert np.nanstd(values) < 0.6 * np.std(raw[raw > -30000] * 0.01)


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("annotation/s1a*vv*.xml", "GRD</productType>", "SLC</productType>", "is a SLC product"),
        ("annotation/s1a*vv*.xml", "<numberOfSamples>400", "<numberOfSamples>401", "annotated are"),
        ("annotation/s1a*vv*.xml", "<pixel>0</pixel>", "<pixel>1</pixel>", "no grid"),
        ("annotation/s1a*vv*.xml", "<latitude>45", "<latitude>95", "nowhere|scatter"),
        (
            "annotation/calibration/cal*vv*.xml",
            "<sigmaNought count='11'>4",
            "<sigmaNought count='11'>-4",
            "not positive",
        ),
        ("annotation/calibration/cal*vv*.xml", "<pixel count='11'>0 40", "<pixel count='11'>40 0", "do not fit"),
        ("annotation/calibration/noise*vv*.xml", "noiseRangeLut", "noiseLut", "noiseRangeLut"),
    ],
)
def test_annotations_that_are_wrong_are_told(tmp_path: Path, name: str, old: str, new: str, why: str) -> None:
    import re

    safe = s1_safe(tmp_path, RadarScene())
    path = next(safe.glob(name))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new) if old == "noiseRangeLut" else text.replace(old, new, 1))
    outcome = try_add(safe, tmp_path / "archive")
    assert outcome.status == "failed" and re.search(why, outcome.because)
