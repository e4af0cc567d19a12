"""Rows of detectors one behind the other: each band has its own times and its own sight, and the ground knows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import RPCTransformer

from swath.archive.camera import camera_of, ground_points, image_points, line_times, sight_axes
from swath.archive.mark import FRAME_TAG
from swath.archive.ortho import orthorectify
from swath.archive.rpc import fit_rpc
from swath.archive.scene import build_scene
from swath.archive.sensor_picture import sensor_assets, write_sensor_picture
from swath.archive.source_packets import picture_in
from swath.archive.stac import item, item_path
from swath.archive.stac_check import problems
from swath.fly.motion import PERFECT
from swath.fly.scanner import scan
from swath.fly.source_packets import encode_picture
from swath.fly.world_truth import heights_on
from swath.frames import EarthOrientation, geodetic_from_itrf, ray_to_height
from swath.model import Grid
from tests.archive.test_relief import centroid_m
from tests.fly.craft import START, place_in_view
from tests.fly.test_scanner import ORBIT, PERIOD_S, bare_world, craft, middle_m, panel, shot, square, still


@pytest.mark.parametrize("rows", [(-36, -12, 12, 36), (0, 0, 700, -700)])
def test_bands_lie_over_each_other_on_the_map_over_relief(rows: tuple[int, ...], eop: EarthOrientation) -> None:
    """A hill of 160 m, 24 deg off nadir: marks of all bands within a twentieth of a pixel of each other and of truth.

    A mark is drawn in truth pixels of half a metre, a quarter of the picture's: that is where most of it comes from.
    """
    wanted = replace(shot(360, 360, roll_deg=24.0), start=START)
    world = bare_world(place_in_view(wanted, ORBIT, 100.0))
    y, x = np.indices(world.terrain.height_m.shape) * 16.0 - 1600.0
    hill = 160.0 * np.exp(-((x / 900.0) ** 2) - (y / 700.0) ** 2) + 0.0 * world.terrain.height_m
    world = replace(world, terrain=replace(world.terrain, height_m=hill.astype(np.float32)))
    spots = [middle_m(world) + np.array(away) for away in ((-90.0, -150.0), (-60.0, 120.0), (60.0, 0.0))]
    marks = [panel(world, f"d{k}", square(spot, 90.0), 0.04) for k, spot in enumerate(spots)]
    marks += [panel(world, f"m{k}", square(spot, 20.0, 17.0), 0.5) for k, spot in enumerate(spots)]
    imager = still()
    imager = replace(imager, bands=tuple(replace(b, row_px=row) for b, row in zip(imager.bands, rows, strict=True)))
    picture = scan(world.with_edits(marks), craft(), ORBIT, wanted, seed=1, imager=imager, disturbance=PERFECT)
    received = picture_in(b"".join(encode_picture(picture, craft(), 1)), spacecraft=1)
    centre = middle_m(world)
    west, north = world.west_m + round(centre[0]) - 400, world.north_m - round(centre[1]) + 400
    grid = Grid(world.epsg, west, north, 2.0, 400, 400)
    ortho = orthorectify(received, grid, eop=eop, heights_m=heights_on(world, grid))
    for spot in spots:
        place = (world.west_m + spot[0], world.north_m - spot[1])
        found = np.array([centroid_m(band, grid, *place) for band in ortho.pixels])
        assert np.hypot(*(found - found.mean(0)).T).max() < 0.1  # metres; a pixel is 2 m
        assert np.hypot(*(found - place).T).max() < 0.2


def test_each_band_has_its_own_times_and_sight(eop: EarthOrientation) -> None:
    wanted = shot(200, 160)
    world = bare_world(place_in_view(wanted, ORBIT))
    imager = still(one_row=False)
    picture = scan(world, craft(), ORBIT, wanted, seed=1, imager=imager, disturbance=PERFECT)
    assert picture.header["band_row_px"] == [float(band.row_px) for band in imager.bands]
    received = picture_in(b"".join(encode_picture(picture, craft(), 1)), spacecraft=1)
    boresight = camera_of(received)
    seen, middle = [], []
    for band, (row_px, lead) in enumerate(
        zip(picture.header["band_row_px"], picture.header["band_lead_lines"], strict=True)
    ):
        camera = camera_of(received, band=band)
        late_s = (line_times(boresight, 100.0) - line_times(camera, 100.0)) / np.timedelta64(1, "ns") * 1e-9
        assert late_s == pytest.approx(lead * PERIOD_S, abs=2e-9)
        assert np.sign(lead) == np.sign(row_px)
        line, column = np.meshgrid([0.0, 71.3, 199.0], [0.0, 50.7, 159.0])
        points = ground_points(camera, line, column)
        again = image_points(camera, points)
        assert np.abs(np.subtract(again, (line, column))).max() < 1e-3
        seen.append(image_points(boresight, points)[0] - line)
        middle.append(geodetic_from_itrf(ground_points(camera, 100.0, 80.0)))
    # Read so that all see about the same: whole lines leave up to half a line.
    assert 0.02 < max(np.abs(shift).max() for shift in seen) < 0.6
    assert np.ptp([place[1] for place in middle]) * 111e3 < 1.5


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_gdal_places_every_band_within_the_residual_that_the_file_tells(eop: EarthOrientation, tmp_path: Path) -> None:
    """The RPC domain of the GeoTIFF, read by GDAL's own transformer from the asset of a STAC item."""
    wanted = shot(300, 200, roll_deg=12.0)
    world = bare_world(place_in_view(wanted, ORBIT))
    picture = scan(world, craft(), ORBIT, wanted, seed=1, imager=still(one_row=False), disturbance=PERFECT)
    received = picture_in(b"".join(encode_picture(picture, craft(), 1)), spacecraft=1)
    rpc = fit_rpc(camera_of(received), low_m=-50.0, high_m=600.0)
    assert rpc.residual_max_px < 0.05
    scene = build_scene(
        received, station="SVAL", received=np.datetime64("2026-05-08T10:33:07", "ns"), eop=eop, knowledge_sigma_deg=1e-3
    )
    folder = tmp_path / item_path("scenes", scene.id).parent
    folder.mkdir(parents=True)
    path = write_sensor_picture(folder / f"{scene.id}_SIMULATED.tif", received, rpc, simulated=True)
    assets = sensor_assets(path, received, rpc, simulated=True)
    entry = item(scene, assets, collection_id="scenes", created=scene.received)
    assert problems(entry) == []
    rng = np.random.default_rng(5)
    with rasterio.open(folder / entry["assets"]["sensor"]["href"]) as file:
        assert file.tags(ns="RPC")["LINE_OFF"] and file.rpcs is not None
        wide = int(file.tags()[FRAME_TAG])
        for band in range(4):
            line, column, height = rng.uniform(0, 299, 300), rng.uniform(0, 199, 300), rng.uniform(-50, 600, 300)
            camera = camera_of(received, band=band)
            origin, sight, axis = sight_axes(camera, line)
            ray = sight + ((column - 99.5) * camera.ifov_rad)[:, None] * axis
            lon, lat, _ = geodetic_from_itrf(ray_to_height(origin, ray, altitude_m=height))
            with RPCTransformer(file.rpcs) as judge:
                rows, columns = judge.rowcol(lon.tolist(), lat.tolist(), zs=height.tolist(), op=lambda value: value)
            tags, told = file.tags(band + 1), entry["assets"]["sensor"]["bands"][band]["swath:rpc_offset_px"]
            off_line, off_sample, most = (
                float(tags[f"SWATH_RPC_{name}_PX"]) for name in ("LINE_OFFSET", "SAMPLE_OFFSET", "RESIDUAL_MAX")
            )
            assert (told["line"], told["sample"], told["residual_max"]) == (off_line, off_sample, most)
            away = np.hypot(rows - 0.5 - wide + off_line - line, columns - 0.5 - wide + off_sample - column)
            assert away.max() < most + rpc.residual_max_px + 1e-3 < 0.08
