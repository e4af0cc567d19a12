"""Slides, debris and damage from files to folders, made again by ``swath verify``; what shows nothing says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio

from swath.cli.main import main
from swath.report.ems_map import Sheet
from tests.cli.schemas import errors
from tests.cli.test_product_disasters import write
from tests.product.simulated_changes import make_burn, make_debris, make_slides, make_town
from tests.product.simulated_disasters import BANDS


@pytest.fixture(autouse=True)
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """What would be drawn: that takes most of the time, and is tested with the floods."""
    asked: list[Sheet] = []

    def keep(sheet: Sheet) -> dict[str, bytes]:
        asked.append(sheet)
        return {}

    monkeypatch.setattr("swath.operate.disaster_files.sheet_files", keep)
    return asked


def given_for(kind: str, folder: Path) -> tuple[list[str], np.ndarray | None]:
    """Options of a product's command, and where it is true."""
    if kind == "damage":
        before, after, homes, _, _ = make_town(5)
        place = {"transform": rasterio.Affine(0.5, 0.0, 5e5, 0.0, -0.5, 5e6)}
        names = [
            write(folder / f"{k}.tif", a[None].astype(np.float32), **place) for k, a in (("a", after), ("b", before))
        ]
        path = folder / "homes.gpkg"
        shapes = np.array([h.wkb for h in homes], object)
        ids = np.arange(len(homes))
        pyogrio.raw.write(path, shapes, [ids], ["id"], driver="GPKG", geometry_type="Polygon", crs="EPSG:32632")
        return [f"--optical={names[0]}", f"--before={names[1]}", f"--buildings={path}"], None
    more = []
    if kind == "landslide":
        pair, height = make_slides(1, size=128)
        more = [f"--dem={write(folder / 'h.tif', height[None].astype(np.float32))}"]
    else:
        pair = make_debris(2, size=128) if kind == "debris" else make_burn(50, size=96)
    optical = write(folder / "a.tif", pair.after.pixels, names=BANDS, nodata=0)
    if kind != "debris":
        more.append(f"--before={write(folder / 'b.tif', pair.before.pixels, names=BANDS, nodata=0)}")
    return [f"--optical={optical}", *more], pair.true


@pytest.mark.parametrize("kind", ["burn", "landslide", "debris", "damage"])
def test_each_kind_is_made_of_files_and_made_again(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], sheets: list[Sheet]
) -> None:
    given, true = given_for(kind, tmp_path)
    out = tmp_path / "out"
    assert main(["product", kind, *given, f"--out={out}", "--json"]) == 0
    product = json.loads(capsys.readouterr().out)
    assert errors("product.schema.json", product, "made") == []
    if kind == "burn":
        facts = dict(sheets[-1].facts)
        assert {"Burned", "Low severity", "High severity", "Unburned islands", "Not seen"} <= facts.keys()
        assert facts["Burned"].split()[1] == ("ha" if product["estimates"]["burned_km2"]["interval"][1] < 1 else "km2")
    if true is None:
        grades = {row["grade"] for row in product["rows"]}
        assert len(product["rows"]) > 20 and {"no visible damage", "destroyed"} & grades
    else:
        with rasterio.open(out / f"{kind}.tif") as file:
            called = file.read(1) == 1
        assert (called & true).sum() > 0.5 * true.sum() > 0
    assert main(["verify", str(out)]) == 0


@pytest.mark.parametrize("kind", ["burn", "landslide", "debris"])
@pytest.mark.parametrize("fill", ["nodata", "cloud", "nan"])
def test_what_shows_nothing_says_not_seen(
    kind: str, fill: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.normal(0.62, 0.01, (6, 90, 90)).astype(np.float32)
    if fill != "cloud":
        pixels[:] = np.nan if fill == "nan" else 0.0
        pixels[0, :3, :3] = np.inf
    given = [f"--optical={write(tmp_path / 'p.tif', pixels, names=BANDS, nodata=0)}"]
    if kind != "debris":
        before = np.full((6, 90, 90), 0.2, np.float32)
        given.append(f"--before={write(tmp_path / 'b.tif', before, names=BANDS, nodata=0)}")
    assert main(["product", kind, *given, f"--out={tmp_path / 'out'}", "--json"]) == 0
    product = json.loads(capsys.readouterr().out)
    assert product["because"].startswith("not seen")
    assert product["estimates"]["seen_share"]["value"] == 0.0
    assert not any(row.get("grade") for row in product["rows"])
