"""From an alert to a drone and back: what to fly, when, and what its orthophoto says of the alert."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from swath.archive.grids import map_from_geodetic
from swath.cli.main import main
from swath.errors import DataError
from swath.operate.alert_evidence import evidence_page
from swath.operate.detecting import detect
from swath.operate.watch_ground import alert_area, flight_time, validate_alert
from swath.operate.watching import run_watch, scenes_of
from swath.orbit.omm import to_omm_json
from swath.store.mission import read_mission
from swath.watch.book import MemoryBook
from swath.watch.file import round_place
from swath.watch.records import STEPS, Alert, WatchedPlace, WatchFile
from tests.watch.made_scenes import LAT_DEG, LON_DEG, NORTH_M, WEST_M, archive_of

FLOWN = np.datetime64("2026-05-02T09:40:00", "ns")
PIXEL_M = 0.25
FIELD_M = (slice(180, 300), slice(200, 320))
"""where it changed (``tests.watch.made_scenes.CHANGE``), rows down and columns right, in metres"""
EXAMPLE = Path(__file__).parents[2] / "examples" / "flood" / "mission.toml"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[WatchFile, MemoryBook, Alert, Path]:
    folder = tmp_path_factory.mktemp("ground")
    start = np.datetime64("2026-03-01", "s")
    archive = archive_of(folder / "raw", folder / "a", start, [0, 10, 20, 30, 40, 50], change_from=50)
    elements = folder / "fleet.json"
    elements.write_text(to_omm_json([one.elements for one in read_mission(EXAMPLE).satellites]), "utf-8")
    place = WatchedPlace(round_place("here", LON_DEG, LAT_DEG, 200.0), ("surface",), 100.0)
    watch = WatchFile("t", (place,), (), archive=str(archive), elements=(str(elements),))
    book = MemoryBook()
    run_watch(watch, book, np.datetime64("2026-05-01", "ns"), detect)
    (alert,) = book.alerts()
    return watch, book, alert, folder


def orthophoto(path: Path, rows_m: slice, columns_m: slice) -> Path:
    """Colours of a meadow with bare ground in it, 25 cm."""
    rng = np.random.default_rng(5)
    side = int(480 / PIXEL_M)
    values = np.stack([rng.normal(mean, 12.0, (side, side)) for mean in (70.0, 100.0, 60.0)])
    bare = tuple(slice(int(s.start / PIXEL_M), int(s.stop / PIXEL_M)) for s in (rows_m, columns_m))
    values[(slice(None), *bare)] += np.array([90.0, 50.0, 60.0])[:, None, None]
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint8", "crs": "EPSG:32633"}
    with rasterio.open(path, "w", transform=Affine(PIXEL_M, 0, WEST_M, 0, -PIXEL_M, NORTH_M), **profile) as file:
        file.write(np.clip(values, 1, 255).astype(np.uint8))
        for number, name in enumerate(("red", "green", "blue"), 1):
            file.set_band_description(number, name)
    return path


def test_the_area_is_flown_and_its_picture_validates_the_alert(
    found: tuple[WatchFile, MemoryBook, Alert, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watch, book, alert, folder = found
    area = alert_area(alert, tmp_path)
    around = shapely.geometry.shape(json.loads(area.read_text())["features"][0]["geometry"])
    assert around.contains(shapely.Polygon(alert.ring))
    assert main(["survey", str(area), "--gsd", "3cm", "--out", str(tmp_path / "flight"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["proof"]["photos"] > 20 and list((tmp_path / "flight").glob("*.plan"))
    before = {one.id for one in scenes_of(watch, watch.places[0])}
    picture = orthophoto(folder / "ortho_SIMULATED.tif", *FIELD_M)
    held = validate_alert(watch, book, alert, picture, FLOWN, bands=("red", "green", "blue"))
    # It is a scene of the archive now.
    (new,) = {one.id for one in scenes_of(watch, watch.places[0])} - before
    assert held.scene == new
    # And it says of the satellite's product what the ground is: 1.44 ha, there.
    assert held.agrees and held.separable_share > 0.95 and held.overlap_share > 0.8
    assert held.area_m2.value == pytest.approx(14400.0, rel=0.05)
    after = book.alerts()[0]
    step = after.step("ground")
    assert step is not None and step.at == FLOWN and "14," in after.answer
    assert after.provenance[f"held against {new}"]["agrees"] is True
    page = evidence_page(watch, book, after)
    assert "held against" in page and after.answer in page and list(STEPS)[-1] == "ground"


def test_a_picture_of_other_ground_does_not_agree(found: tuple[WatchFile, MemoryBook, Alert, Path]) -> None:
    watch, _, alert, folder = found
    moved = orthophoto(folder / "elsewhere_SIMULATED.tif", slice(20, 60), slice(20, 60))
    held = validate_alert(
        watch, MemoryBook(), alert, moved, FLOWN + np.timedelta64(3600, "s"), bands=("red", "green", "blue")
    )
    assert not held.agrees and held.separable_share < 0.7
    with pytest.raises(DataError, match="does not go into the archive"):
        validate_alert(watch, MemoryBook(), alert, folder / "fleet.json", FLOWN)


def test_the_next_look_is_the_time_to_fly(found: tuple[WatchFile, MemoryBook, Alert, Path]) -> None:
    watch, _, alert, _ = found
    now = read_mission(EXAMPLE).start
    told = flight_time(watch, alert, now)
    at = np.datetime64(told[:16].replace(" ", "T"), "ns")
    assert now <= at <= now + np.timedelta64(14, "D") and ", with " in told
    lon, lat = alert.lonlat
    assert np.isfinite(map_from_geodetic(32633, lon_deg=lon, lat_deg=lat)).all()
    assert flight_time(replace(watch, elements=()), alert, now) == ""
