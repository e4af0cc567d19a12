"""A season on a farm: pictures to a table, curves, seasons, fields to visit, a verdict, stale fields planned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet
import pytest
import shapely

from swath.archive.grids import map_to_geodetic
from swath.cli.main import main
from swath.plan.form import plan_from_json
from swath.store.orders import read_orders
from tests.cli.schemas import errors
from tests.product.field_pictures import GRID, dates

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "orders"
TROUBLED, SIDE_M = 27, 160.0


def place(number: int) -> tuple[float, float]:
    """Lower left corner of a field, metres in the picture."""
    return 60.0 + 190.0 * (number % 12), 60.0 + 190.0 * (number // 12)


def green(date: int, row: Any, column: Any) -> Any:
    """A season over the dates; every field a little otherwise, one falls at the end."""
    east, north = (column + 0.5) * 10.0, 2000.0 - (row + 0.5) * 10.0
    number = np.clip((north - 60.0) // 190.0, 0, 8) * 12 + np.clip((east - 60.0) // 190.0, 0, 11)
    season = np.exp(-0.5 * ((date - 7.0 - 0.4 * np.sin(number)) / 3.0) ** 2)
    plants = 0.15 + (0.7 + 0.04 * np.cos(3 * number)) * season
    return np.where((number == TROUBLED) & (date >= 8), 0.2, plants)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("farm")
    (folder / "scenes").mkdir()
    dates(folder / "scenes", 10, seed=4, green=green)
    west, south, _, _ = GRID.bounds_m
    features = []
    for n in range(108):
        x, y = place(n)
        box = shapely.box(west + x, south + y, west + x + SIDE_M, south + y + SIDE_M)
        outline = shapely.transform(box, lambda at: np.column_stack(map_to_geodetic(32632, at[:, 0], at[:, 1])))
        data = {"id": f"f{n:03d}", "crop": "wheat" if n % 2 else "barley", "sowing_date": "2026-03-10"}
        features.append({"type": "Feature", "properties": data, "geometry": json.loads(shapely.to_geojson(outline))})
    (folder / "farm.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    asked = ["product", "fields", "--fields", str(folder / "farm.geojson"), "--scenes", str(folder / "scenes")]
    assert main([*asked, "--index", "ndvi", "--out", str(folder / "looks.parquet")]) == 0
    return folder


def run(farm: Path, capsys: pytest.CaptureFixture[str], *words: str, fields: bool = False) -> str:
    given = ["--fields", str(farm / "farm.geojson")] if fields else []
    capsys.readouterr()
    assert main(["product", "fields", *words, *given, "--table", str(farm / "looks.parquet")]) == 0
    return capsys.readouterr().out


def test_curves_and_seasons(farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(farm, capsys, "curves", "--out", str(tmp_path / "c.parquet"), "--every-days", "10")
    rows = pyarrow.parquet.read_table(tmp_path / "c.parquet").to_pydict()
    assert len(rows["field"]) % 108 == 0
    known = np.array(rows["index_mean"], float)
    assert np.isfinite(known).mean() > 0.9
    assert (np.array(rows["index_low"], float)[np.isfinite(known)] < known[np.isfinite(known)]).all()
    told = json.loads(run(farm, capsys, "seasons", "--json"))
    assert not errors("field-products.json", told, "seasons")
    peaks = [row["peak"][:10] for row in told["seasons"] if row["season"] == 1]
    assert np.median([np.datetime64(p).astype(int) for p in peaks]) == pytest.approx(
        np.datetime64("2026-06-10").astype(int), abs=8
    )
    lines = run(farm, capsys, "seasons").splitlines()
    assert max(map(len, lines)) <= 80
    run(farm, capsys, "seasons", "--out", str(tmp_path / "s.csv"))
    assert (tmp_path / "s.csv").read_text().startswith('"name"')


def test_the_troubled_field_leads_the_list_and_can_be_dismissed(
    farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = ["--verdicts", str(tmp_path / "verdicts.json")]
    told = json.loads(run(farm, capsys, "check", "--json", *kept, fields=True))
    assert not errors("field-products.json", told, "visit")
    assert told["visit"][0]["field"] == f"f{TROUBLED:03d}" and told["visit"][0]["kind"] == "drop"
    for ending in ("html", "geojson", "csv", "json"):
        out = tmp_path / f"visit.{ending}"
        run(farm, capsys, "check", "--out", str(out), "--scenes", str(farm / "scenes"), *kept, fields=True)
        assert f"f{TROUBLED:03d}" in out.read_text("utf-8")
    page = (tmp_path / "visit.html").read_text("utf-8")
    assert page.count("<img") >= 2 and "http" not in page.replace("http://www.w3.org", "") and "<script" not in page
    assert all(len(line) <= 80 for line in run(farm, capsys, "check", *kept, fields=True).splitlines())
    said = run(farm, capsys, "dismiss", f"f{TROUBLED:03d}", "--because", "ploughed", *kept, fields=True)
    assert "dismissed" in said
    again = json.loads(run(farm, capsys, "check", "--json", *kept, fields=True))
    assert f"f{TROUBLED:03d}" not in [row["field"] for row in again["visit"]]
    assert main(["product", "fields", "dismiss", "nobody", "--fields", str(farm / "farm.geojson"), "--table",
                 str(farm / "looks.parquet"), *kept]) == 2  # fmt: skip


def test_stale_fields_become_orders_that_can_be_planned(
    farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "orders.geojson"
    late = ["--at", "2026-07-20T00:00:00Z"]
    told = json.loads(run(farm, capsys, "stale", *late, "--out", str(out), "--json", fields=True))
    assert not errors("field-products.json", told, "stale")
    assert [row["stale_s"] for row in told["fields"]] == sorted(
        [row["stale_s"] for row in told["fields"]], reverse=True
    )
    day = [np.datetime64(f"2026-07-2{n}T00:00:00", "ns") for n in (0, 1)]
    orders = read_orders(out, start=day[0], stop=day[1])
    assert 1 <= len(orders) == told["orders"] <= 4, "fields near each other are one picture"
    later = tmp_path / "later.geojson"
    run(farm, capsys, "stale", "--at", "2026-07-30T00:00:00Z", "--out", str(later), fields=True)
    worth = [
        sum(order.request.value for order in read_orders(path, start=day[0], stop=day[1])) for path in (out, later)
    ]
    assert worth[1] > worth[0], "worth more the longer nobody looked"
    assert all(len(line) <= 80 for line in run(farm, capsys, "stale", *late, fields=True).splitlines())
    shutil.copytree(EXAMPLE, tmp_path / "mission")
    shutil.copy(out, tmp_path / "mission" / "orders.geojson")
    made = tmp_path / "plan"
    assert main(["plan", str(tmp_path / "mission" / "mission.toml"), "--stop", "2s", "--out", str(made)]) == 0
    plan = plan_from_json((made / "plan.json").read_text())
    asked = {order.request.id for order in orders}
    refused = {refusal.request for refusal in plan.refused}
    assert asked <= set(plan.acquisitions.request.tolist()) | refused and set(plan.acquisitions.request) & asked


def test_a_bulletin_of_the_region(farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bulletin"
    given = ["--fields", str(farm / "farm.geojson"), "--scenes", str(farm / "scenes")]
    kept = ["--verdicts", str(tmp_path / "none.json")]
    assert main(["product", "fields", "bulletin", *given, "--region", "Emilia", "--out", str(out), *kept]) == 0
    page = (out / "bulletin.html").read_text("utf-8")
    for words in ("Fields of Emilia, 2026-06-30", "wheat", "barley", f"f{TROUBLED:03d}", "Not seen", "Go and see"):
        assert words in page
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")
    pdf = (out / "bulletin.pdf").read_bytes()
    assert pdf[:5] == b"%PDF-" and pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 3
    assert json.loads((out / "visit.json").read_text())[0]["field"] == f"f{TROUBLED:03d}"


def test_zones_of_a_field_for_a_machine(farm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outs = [tmp_path / "z.shp", tmp_path / "z.gpkg", tmp_path / "z.geojson"]
    given = ["--fields", str(farm / "farm.geojson"), "--scenes", str(farm / "scenes"), "--levels", "3"]
    asked = ["product", "fields", "zones", "f030", *given, "--least-m2", "1500", "--rates", "180,150,120"]
    assert main([*asked, "--json", "--out", *map(str, outs)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not errors("field-products.json", told, "zones")
    assert sum(row["area_m2"] for row in told["zones"]) == pytest.approx(SIDE_M**2, rel=1e-6), "nothing lost or doubled"
    for path in outs[:2]:
        frame = geopandas.read_file(path)
        assert list(frame["rate"]) == [180.0, 150.0, 120.0] and frame.crs.to_epsg() == 4326 and frame.is_valid.all()
    assert main([*asked[:4], *given, "--rates", "1,2", "--out", str(outs[0])]) == 2
    assert main(["product", "fields", "zones", "nobody", *given, "--out", str(outs[0])]) == 2
