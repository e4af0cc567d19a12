"""Many pictures as one, from file to file: mosaics, composites, warps, indices; each made again by verify."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from rasterio.transform import Affine

from swath.archive import composite_maker
from swath.archive.derived import open_picture
from swath.archive.stack import layers_of
from swath.cli.main import main
from swath.errors import DataError, InputError
from swath.operate.archive import Adding, add_scenes
from swath.operate.derive import derive
from swath.product.indices import INDICES
from tests.archive.test_coregister import clouds, land
from tests.ingest.conftest import NOW
from tests.ingest.made import write_raster
from tests.ingest.test_derived import PLACE, derived, pixels_of

Counts = npt.NDArray[np.uint16]


def ground(size: int = 700, seed: int = 31) -> Counts:
    return np.asarray(land(size, seed).clip(200).astype(np.uint16))


def cut(image: Counts, name: str, folder: Path, top: int, left: int, rows: int, columns: int, **more: object) -> Path:
    """A window of the ground as a file in its place; the name holds its date."""
    place = PLACE @ Affine.translation(left, top)
    part = image[..., top : top + rows, left : left + columns]
    return write_raster(folder / f"{name}.tif", np.ascontiguousarray(part), place, 32632, **{"nodata": 0, **more})


def test_a_mosaic_of_parts_is_the_whole(tmp_path: Path) -> None:
    image = ground()
    parts = [
        cut(image, f"p{k}_2026050{k + 1}", tmp_path, top, left, 420, 420)
        for k, (top, left) in enumerate([(0, 0), (0, 280), (280, 0), (280, 280)])
    ]
    found = derived("mosaic", parts, tmp_path / "m", level="none")
    assert np.array_equal(pixels_of(found, "data")[0], image)
    source = pixels_of(found, "source")[0]
    assert [int(source[r, c]) for r, c in ((5, 5), (5, 690), (690, 5), (690, 690))] == [1, 2, 3, 4]
    # Seams run down the middle of the overlap, within a cell of 64 pixels.
    assert abs(int(np.argmax(source[100] == 2)) - 350) < 64
    assert found.item["properties"]["start_datetime"].startswith("2026-05-01")
    assert [code["name"] for code in found.item["assets"]["source"]["bands"][0]["swath:codes"]] == [
        p.stem for p in parts
    ]


def test_levels_are_found_and_stated(tmp_path: Path) -> None:
    image = ground()
    one = cut(image, "a_20260501", tmp_path, 0, 0, 700, 420)
    two = cut((image * 1.2).astype(np.uint16), "b_20260502", tmp_path, 0, 280, 700, 420)
    found = derived("mosaic", [one, two], tmp_path / "m")
    told = found.item["properties"]["swath:levelling"]["data"]
    factor = [told["factors"][name][0] for name in ("a_20260501", "b_20260502")]
    assert factor[0] / factor[1] == pytest.approx(1.2, rel=2e-3)
    assert np.sqrt(factor[0] * factor[1]) == pytest.approx(1.0, abs=1e-6)
    assert told["apart_before"][0] == pytest.approx(np.log(1.2), abs=2e-3) and told["apart_after"][0] < 1e-6
    levelled = pixels_of(found, "data")[0] / (image * factor[0])
    assert np.abs(levelled - 1.0).max() < 0.006  # counts are whole
    apart = derived("mosaic", [one, cut(image, "c_20260502", tmp_path, 0, 500, 700, 200)], tmp_path / "far")
    assert apart.item["properties"]["swath:levelling"]["data"]["pairs"] == 0


def test_zones_scales_and_clouds_are_brought_together(tmp_path: Path) -> None:
    """One part lies in the next UTM zone, in other counts; of two looks at one place the cloudy part is left out."""
    image = ground()
    one = cut(image, "a_20260501", tmp_path, 0, 0, 700, 420)
    path = write_raster(tmp_path / "b.tif", image[:, 280:], PLACE @ Affine.translation(280, 0), 32632, nodata=0)
    how = {"crs": "EPSG:32633", "resampling": rasterio.enums.Resampling.cubic, "tolerance": 0.001}
    with rasterio.open(path) as file, rasterio.vrt.WarpedVRT(file, **how) as other:
        pixels, place = other.read(), other.transform
    two = write_raster(tmp_path / "b_20260502.tif", pixels, place, 32633, nodata=0)
    found = derived("mosaic", [one, two], tmp_path / "m", method="cubic", level="none")
    assert found.item["assets"]["data"]["proj:code"] == "EPSG:32632"
    whole = pixels_of(found, "data")[0]
    # What the other zone's corners reach further out, in whole pixels.
    place = found.item["assets"]["data"]["proj:transform"]
    row, column = round((place[5] - PLACE.f) / 10.0), round((PLACE.c - place[2]) / 10.0)
    assert place[5] == PLACE.f + 10.0 * row and place[2] == PLACE.c - 10.0 * column
    inner = whole[row : row + 700, column : column + 700].astype(float)
    assert np.abs(inner - image)[10:690, 430:680].mean() < 30.0
    assert np.array_equal(inner[10:690, :200], image[10:690, :200])


def bands_with_clouds(seed: int, size: int = 300) -> tuple[Counts, npt.NDArray[np.bool_]]:
    rng = np.random.default_rng(99)
    spectrum = np.array([600, 800, 500, 3500])[:, None, None]
    pixels = spectrum * (0.9 + 0.2 * (land(size, 5) - 400.0) / 2600.0) + rng.normal(0, 15, (4, size, size))
    hidden = clouds(size, 0.25, seed)
    return np.where(hidden, 6500, pixels).clip(1).astype(np.uint16), hidden


@pytest.fixture
def dates(tmp_path: Path) -> tuple[list[Path], Counts, npt.NDArray[np.bool_]]:
    """Five cloudy dates of one ground, blue, green, red and near infrared."""
    paths, stack, hidden = [], [], []
    for k in range(5):
        pixels, cloud = bands_with_clouds(k)
        paths.append(write_raster(tmp_path / f"d_2026050{k + 1}.tif", pixels, PLACE, 32632, nodata=0))
        stack.append(pixels)
        hidden.append(cloud)
    return paths, np.stack(stack), np.stack(hidden)


@pytest.mark.parametrize("how", ["median", "medoid", "best"])
def test_composites_leave_clouds_out(
    tmp_path: Path, dates: tuple[list[Path], Counts, npt.NDArray[np.bool_]], how: str
) -> None:
    paths, stack, hidden = dates
    names = ["blue", "green", "red", "nir"]
    found = derived("composite", paths, tmp_path / "c", how=how, bands=names)
    pixels, count = pixels_of(found, "data"), pixels_of(found, "count")[0]
    clear = ~hidden.all(0)
    bright = (pixels[0] > 3000) & (count > 0)
    assert bright[clear].mean() < 0.002
    assert (pixels[:, count == 0] == 0).all() and (count <= (~hidden).sum(0))[clear].mean() > 0.995
    if how == "median":
        assert "source" not in found.item["assets"]
        return
    source = pixels_of(found, "source")[0]
    taken = np.take_along_axis(stack, (source.astype(int) - 1).clip(0)[None, None], 0)[0]
    assert np.array_equal(taken[:, source > 0], pixels[:, source > 0]) and ((source == 0) == (count == 0)).all()


def test_pieces_of_any_size_give_the_same_composite(
    tmp_path: Path, dates: tuple[list[Path], Counts, npt.NDArray[np.bool_]], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, stack, _ = dates
    said = {"how": "median", "clouds": "none", "bands": ["blue", "green", "red", "nir"]}
    whole = pixels_of(derive("composite", [str(p) for p in paths], tmp_path / "a", NOW, said), "data")
    monkeypatch.setattr(composite_maker, "_MOST_BYTES", 200_000)
    parts = pixels_of(derive("composite", [str(p) for p in paths], tmp_path / "b", NOW, said), "data")
    assert np.array_equal(whole, parts) and np.array_equal(whole, np.median(stack, 0).astype(np.uint16))


def test_of_equal_dates_the_nearest_is_taken(tmp_path: Path) -> None:
    paths = [
        write_raster(tmp_path / f"d_2026050{k}.tif", np.full((80, 80), 100 * k, np.uint16), PLACE, 32632)
        for k in (1, 4, 9)
    ]
    near = derived("composite", paths, tmp_path / "n", how="best", near="2026-05-05T00:00:00Z")
    assert (pixels_of(near, "data") == 400).all() and (pixels_of(near, "source") == 2).all()


def test_a_warp_lies_where_gdal_puts_it(tmp_path: Path) -> None:
    image = ground(400)
    path = cut(image, "a_20260501", tmp_path, 0, 0, 400, 400)
    found = derived("warp", [path], tmp_path / "w", epsg=32633, pixel_m=10.0)
    asset = found.item["assets"]["data"]
    with rasterio.open(path) as file, rasterio.vrt.WarpedVRT(
        file, crs="EPSG:32633", transform=Affine(*asset["proj:transform"][:6]), width=asset["proj:shape"][1],
        height=asset["proj:shape"][0], resampling=rasterio.enums.Resampling.bilinear, tolerance=0.001,
    ) as other:  # fmt: skip
        theirs = other.read(1).astype(int)
    mine = pixels_of(found, "data")[0].astype(int)
    both = (mine > 0) & (theirs > 0)
    assert both.mean() > 0.85 and np.abs(mine - theirs)[both].mean() < 0.6
    like = derived("warp", [found.path], tmp_path / "back", reference=path, method="cubic")
    assert like.item["assets"]["data"]["proj:transform"][:6] == list(PLACE)[:6]
    assert pixels_of(like, "data").shape == (1, 400, 400)


@pytest.mark.parametrize("name", ["ndvi", "evi", "awei_sh", "ndmi"])
def test_an_index_is_the_formula(tmp_path: Path, name: str) -> None:
    names = ["blue", "green", "red", "nir", "swir16", "swir22"]
    pixels = np.random.default_rng(8).integers(0, 6000, (6, 210, 1100)).astype(np.uint16)
    path = write_raster(tmp_path / "p_20260501.tif", pixels, PLACE, 32632, nodata=0)
    found = derived("index", [path], tmp_path / "i", indices=[name], bands=names)
    band = found.item["assets"][name]["bands"][0]
    stored = pixels_of(found, name)[0].astype(float)
    needed = INDICES[name].bands
    known = (
        (pixels > 0).all(0) if name not in ("ndvi", "ndmi") else (pixels[[names.index(b) for b in needed]] > 0).all(0)
    )
    own = INDICES[name].function(**{b: pixels[names.index(b)] for b in needed})
    assert (np.isnan(stored) if band["nodata"] == "nan" else stored == band["nodata"])[~known].all()
    assert np.allclose((stored * band["raster:scale"])[known], own[known], rtol=1e-4, atol=6e-5)
    assert band["swath:formula"] == INDICES[name].formula


def test_an_index_with_clouds_cut_out(tmp_path: Path) -> None:
    pixels, hidden = bands_with_clouds(1)
    path = write_raster(tmp_path / "p_20260501.tif", pixels, PLACE, 32632, nodata=0)
    found = derived(
        "index", [path], tmp_path / "i", indices=["ndvi"], bands=["blue", "green", "red", "nir"], clouds="auto"
    )
    ndvi = pixels_of(found, "ndvi")[0]
    assert (ndvi[hidden] == -32768).mean() > 0.97 and (ndvi[~hidden] != -32768).mean() > 0.6


def test_what_is_made_can_be_kept_and_seen(tmp_path: Path) -> None:
    paths = [cut(ground(300), f"p{k}_2026050{k + 1}", tmp_path, 0, 100 * k, 300, 200) for k in range(2)]
    found = derived("mosaic", paths, tmp_path / "m")
    (outcome,) = add_scenes([str(found.folder)], Adding(tmp_path / "archive", _hints(), NOW))
    assert outcome.status == "added" and outcome.collection == "mosaics"
    item = json.loads(Path(outcome.path).read_text())
    assert item["assets"]["data"]["bands"][0]["description"] == "counts"
    assert item["assets"]["source"]["bands"][0]["swath:codes"][0]["value"] == 1


def _hints() -> object:
    from swath.archive.outside import Hints

    return Hints()


def test_hostile_inputs_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    good = cut(ground(120), "good_20260501", tmp_path, 0, 0, 120, 120)
    empty = tmp_path / "empty_20260501.tif"
    empty.write_bytes(b"")
    torn = tmp_path / "torn_20260501.tif"
    torn.write_bytes(good.read_bytes()[:3000])
    virtual = tmp_path / "virtual_20260501.tif"
    virtual.write_text("<VRTDataset rasterXSize='4' rasterYSize='4'/>")
    nowhere = write_raster(tmp_path / "nowhere_20260501.tif", np.ones((20, 20), np.uint8), None)
    wrong = write_raster(tmp_path / "wrong_20260501.tif", np.ones((20, 20), np.uint8), PLACE, 4326)
    for bad in (empty, torn, virtual, nowhere, wrong):
        for maker in ("mosaic", "composite", "warp"):
            with pytest.raises((DataError, InputError)):
                derive(maker, [str(good), str(bad)][maker == "warp" :], tmp_path / "out", NOW, {"epsg": 32632})
    two = write_raster(tmp_path / "two_20260501.tif", np.ones((2, 20, 20), np.uint8), PLACE, 32632)
    with pytest.raises(InputError, match="no bands in common"):
        derive("mosaic", [str(good), str(two)], tmp_path / "out", NOW, {})
    with pytest.raises(InputError, match="no index is called"):
        derive("index", [str(good)], tmp_path / "out", NOW, {"indices": ["magic"]})
    with pytest.raises(InputError, match="no band is called"):
        derive("index", [str(good)], tmp_path / "out", NOW, {"indices": ["ndvi"]})
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".*"))


def test_nothing_and_one_pixel_are_taken_as_they_are(tmp_path: Path) -> None:
    nothing = write_raster(tmp_path / "n_20260501.tif", np.zeros((50, 60), np.uint16), PLACE, 32632, nodata=0)
    pixel = write_raster(tmp_path / "o_20260501.tif", np.full((1, 1), 7, np.uint16), PLACE, 32632, nodata=0)
    found = derived("mosaic", [nothing, pixel], tmp_path / "m")
    pixels = pixels_of(found, "data")[0]
    assert pixels[0, 0] == 7 and np.count_nonzero(pixels) == 1
    assert (pixels_of(derived("composite", [nothing, nothing], tmp_path / "c"), "data") == 0).all()


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(cut(ground(200), f"p{k}_2026050{k + 1}", tmp_path, 0, 50 * k, 200, 150)) for k in range(2)]
    assert main(["archive", "mosaic", *paths, "--out", str(tmp_path / "m")]) == 0
    assert main(["archive", "composite", *paths, "--how", "medoid", "--out", str(tmp_path / "c")]) == 0
    assert (
        main(["archive", "warp", paths[0], "--pixel-m", "20", "--method", "average", "--out", str(tmp_path / "w")]) == 0
    )
    assert main(["product", "indices"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80 and "(nir - red) / (nir + red)" in text
    assert main(["archive", "warp", paths[0], "--out", str(tmp_path / "x")]) == 2
    assert main(["archive", "mosaic", "--out", str(tmp_path / "x")]) == 2
    assert main(["product", "index", paths[0], "--index", "ndvi", "--out", str(tmp_path / "x")]) == 2
    assert main(["product", "indices", "--json"]) == 0


def test_pictures_far_apart_are_told_before_a_grid_over_both_is_made(tmp_path: Path) -> None:
    """At two ends of the world: the grid would have 10^10 pixels of nothing."""
    paths = []
    for number, epsg in enumerate((32632, 32601)):
        path = tmp_path / f"p{number}_20260501.tif"
        write_raster(path, np.full((64, 64), 900, np.uint16), Affine(10, 0, 5e5, 0, -10, 5e6), epsg)
        paths.append(path)
    scenes = [open_picture(path, tmp_path / "scratch", {}) for path in paths]
    with pytest.raises(InputError, match="far apart"):
        layers_of(scenes, method="bilinear", clouds="none")
