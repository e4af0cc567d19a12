"""Tables of fields: every date and index as by hand, clouds out, what was not seen said; the command, start to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from swath.archive.field_looks import find_looks, unseen_mask
from swath.archive.grids import map_to_geodetic
from swath.cli.main import main
from swath.errors import DataError, InputError
from swath.model import Grid
from swath.operate.field_files import write_table
from swath.operate.field_work import fields_on_grid, measure_fields, read_field_looks
from swath.product.field_set import FieldSet
from swath.product.field_table import series_of
from swath.product.fields import zonal_statistics
from tests.cli.schemas import errors
from tests.product.field_pictures import GRID, dates, write_bands


def geodetic(shape: Any) -> Any:
    return shapely.transform(shape, lambda at: np.column_stack(map_to_geodetic(32632, at[:, 0], at[:, 1])))


def some_fields() -> FieldSet:
    """Three inside, one half off the picture, one far away."""
    west, south, _, _ = GRID.bounds_m
    at = [(200.0, 300.0), (905.0, 711.0), (1500.0, 1200.0), (-60.0, 900.0), (90_000.0, 0.0)]
    shapes = np.array([geodetic(shapely.box(west + x, south + y, west + x + 123, south + y + 157)) for x, y in at])
    names = np.array([f"f{n}" for n in range(5)])
    crop = np.array(["wheat", "maize", "wheat", "", ""])
    return FieldSet(names, crop, np.full(5, np.datetime64("NaT"), "datetime64[D]"), shapes)


def geojson(path: Path, fields: FieldSet) -> Path:
    features = [
        {"type": "Feature", "properties": {"id": str(i), "crop": str(c)}, "geometry": json.loads(shapely.to_geojson(s))}
        for i, c, s in zip(fields.id, fields.crop, fields.shapes, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_every_row_is_what_the_pixels_say(tmp_path: Path) -> None:
    items, fields = dates(tmp_path, 3), some_fields()
    measured = measure_fields(fields, [tmp_path], ["ndvi", "evi2"])
    assert len(measured.looks) == 3 * 2 * 5 and not measured.told and set(measured.masks.values()) == {"scl"}
    looks, _ = find_looks(items)
    covers = fields_on_grid(fields, GRID)
    import rasterio

    for look in looks:
        with rasterio.open(look.bands["red"].path) as file:
            red, nir = file.read().astype(np.float64)
        hidden, _ = unseen_mask(look)
        truth = zonal_statistics((nir - red) / (nir + red), ~hidden & (red > 0), covers)
        part = measured.looks.take((measured.looks.scene == look.id) & (measured.looks.index == "ndvi"))
        seen = truth.count_px[0] > 0
        np.testing.assert_allclose(part.index_mean[seen], truth.mean[0][seen], atol=1e-6)
        np.testing.assert_allclose(part.seen_share, truth.seen_share[0], atol=1e-9)
        np.testing.assert_allclose(part.seen_m2, truth.count_px[0] * 100.0, atol=1e-6)
    far = measured.looks.take(measured.looks.field == "f4")
    assert np.isnan(far.index_mean).all() and (far.seen_share == 0.0).all()
    half = measured.looks.take(measured.looks.field == "f3").seen_share.max()
    assert half == pytest.approx(63 / 123, abs=0.005), "of its 123 m, 60 m lie off the picture"


def test_series_have_a_column_a_date(tmp_path: Path) -> None:
    dates(tmp_path, 4)
    measured = measure_fields(some_fields(), [tmp_path], ["ndvi"])
    series = series_of(measured.looks, "ndvi")
    assert series.mean.shape == (5, 4) and list(series.field) == [f"f{n}" for n in range(5)]
    assert (np.diff(series.time) > np.timedelta64(0)).all()
    assert not series.seen[4].any() and np.isfinite(series.mean[series.seen]).all()


@pytest.mark.parametrize("form", [".parquet", ".csv"])
def test_tables_come_back(form: str, tmp_path: Path) -> None:
    dates(tmp_path, 2)
    looks = measure_fields(some_fields(), [tmp_path], ["ndvi"]).looks
    again = read_field_looks(write_table(tmp_path / f"t{form}", looks))
    for name in ("field", "crop", "scene", "index", "time"):
        np.testing.assert_array_equal(getattr(again, name), getattr(looks, name))
    np.testing.assert_allclose(again.index_mean, looks.index_mean, rtol=1e-12)


def test_rules_find_the_clouds_where_there_is_no_mask_and_no_mask_is_said(tmp_path: Path) -> None:
    chance, ones = np.random.default_rng(0), np.ones(GRID.shape)
    row, column = np.indices(GRID.shape)
    cloud = np.hypot(row - 100, column - 120) < 40
    land = {"blue": 700, "green": 900, "red": 800, "nir": 3000}
    bands = {k: np.where(cloud, 5500, v) + chance.normal(0, 20, GRID.shape) for k, v in land.items()}
    write_bands(tmp_path / "four_20260510.tif", bands)
    write_bands(tmp_path / "two_20260511.tif", {"red": 800 * ones, "nir": 3000 * ones})
    looks, _ = find_looks([tmp_path])
    (hidden, rule), (nothing, none) = unseen_mask(looks[0]), unseen_mask(looks[1])
    assert rule == "rules" and hidden[cloud].mean() > 0.95 and not nothing.any() and none == "no mask"


def test_what_is_no_picture_is_told_and_nothing_at_all_refused(tmp_path: Path) -> None:
    dates(tmp_path, 1)
    vrt = tmp_path / "bad_20260501.tif"
    vrt.write_text("<VRTDataset/>")
    outside = {"type": "Feature", "id": "x", "properties": {"datetime": "2026-05-01T00:00:00Z"}}
    far = {**outside, "assets": {"red": {"href": "https://example.org/red.tif"}, "nir": {"href": "/vsicurl/x.tif"}}}
    (tmp_path / "far.json").write_text(json.dumps(far))
    measured = measure_fields(some_fields(), [tmp_path, vrt], ["ndvi"])
    assert len(measured.looks) == 5 and len(measured.told) == 2
    with pytest.raises(DataError, match="no picture with a date"):
        measure_fields(some_fields(), [vrt], ["ndvi"])
    with pytest.raises(InputError, match="Known: "):
        measure_fields(some_fields(), [tmp_path], ["greenness"])
    with pytest.raises(InputError, match="could be measured"):
        measure_fields(some_fields(), [tmp_path], ["ndwi"])


def test_all_cloud_and_all_nodata_say_not_seen(tmp_path: Path) -> None:
    for name, value in (("clear_20260501", 0), ("white_20260502", 9)):
        write_bands(tmp_path / f"{name}.tif", {n: np.full(GRID.shape, value and 3000) for n in ("red", "nir", "scl")})
    measured = measure_fields(some_fields(), [tmp_path], ["ndvi"])
    assert (measured.looks.seen_share == 0).all() and np.isnan(measured.looks.index_mean).all()


def test_a_simulated_table_has_to_say_so(tmp_path: Path) -> None:
    bands = {"red": np.full(GRID.shape, 800), "nir": np.full(GRID.shape, 3000)}
    write_bands(tmp_path / "SIMULATED_20260501.tif", bands)
    measured = measure_fields(some_fields(), [tmp_path], ["ndvi"])
    assert measured.simulated
    with pytest.raises(InputError, match="simulated"):
        write_table(tmp_path / "t.csv", measured.looks, simulated=True)
    assert write_table(tmp_path / "t-SIMULATED.csv", measured.looks, simulated=True).is_file()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scenes").mkdir()
    dates(tmp_path / "scenes", 3)
    farm = geojson(tmp_path / "farm.geojson", some_fields())
    asked = ["product", "fields", "--fields", str(farm), "--scenes", str(tmp_path / "scenes"), "--index", "ndvi"]
    assert main(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and max(map(len, lines)) <= 80
    assert main([*asked, "--json", "--out", str(tmp_path / "t.parquet")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not errors("field-products.json", told, "dates")
    assert [row["fields_seen"] for row in told["dates"]] and len(read_field_looks(tmp_path / "t.parquet")) == 15
    assert main([*asked, "--crop", "nothing"]) == 2
    assert "no column is called" in capsys.readouterr().err


def test_grids_with_other_pixels_in_one_table(tmp_path: Path) -> None:
    coarse = Grid(32632, GRID.west_m, GRID.north_m, 20.0, 120, 100)
    write_bands(tmp_path / "fine_20260501.tif", {n: np.full(GRID.shape, v) for n, v in (("red", 800), ("nir", 3000))})
    write_bands(
        tmp_path / "coarse_20260502.tif",
        {n: np.full(coarse.shape, v) for n, v in (("red", 800), ("nir", 3000))},
        coarse,
    )
    looks = measure_fields(some_fields(), [tmp_path], ["ndvi"]).looks
    inside = np.isin(looks.field, ["f0", "f1", "f2"])
    np.testing.assert_allclose(looks.index_mean[inside], 2200 / 3800, atol=1e-6)
    np.testing.assert_allclose(looks.seen_m2[inside], 123 * 157, rtol=1e-6)
