"""From a world with relief through bytes to the map: by the exact camera and by GDAL with the RPC."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from swath.archive.camera import camera_of
from swath.archive.mark import FRAME_TAG
from swath.archive.ortho import orthorectify
from swath.archive.rpc import fit_rpc
from swath.archive.sensor_picture import write_sensor_picture
from swath.archive.source_packets import picture_in
from swath.errors import InputError
from swath.fly.motion import PERFECT
from swath.fly.scanner import scan
from swath.fly.source_packets import encode_picture
from swath.fly.world_truth import heights_on
from swath.frames import EarthOrientation
from swath.model import Grid
from tests.fly.craft import START, place_in_view
from tests.fly.test_scanner import ORBIT, bare_world, craft, middle_m, panel, shot, square, still


def centroid_m(image: np.ndarray, grid: Grid, east_m: float, north_m: float) -> tuple[float, float]:
    """Middle of the bright mark near a place, map metres."""
    column, row = round((east_m - grid.west_m) / grid.pixel_m), round((grid.north_m - north_m) / grid.pixel_m)
    window = image[row - 14 : row + 15, column - 14 : column + 15].astype(float)
    weight = np.clip(window - window.min() - 0.33 * np.ptp(window), 0.0, None)
    rows, columns = np.indices(window.shape)
    x, y = (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()
    return (
        grid.west_m + (column - 14 + x + 0.5) * grid.pixel_m,
        grid.north_m - (row - 14 + y + 0.5) * grid.pixel_m,
    )


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_marks_on_a_hill_come_to_their_places_by_camera_and_by_rpc(eop: EarthOrientation, tmp_path: Path) -> None:
    wanted = replace(shot(360, 360, roll_deg=24.0), start=START)
    world = bare_world(place_in_view(wanted, ORBIT, 100.0))
    y, x = np.indices(world.terrain.height_m.shape) * 16.0 - 1600.0
    hill = 160.0 * np.exp(-((x / 900.0) ** 2) - (y / 700.0) ** 2)
    world = replace(
        world, terrain=replace(world.terrain, height_m=(hill + 0 * world.terrain.height_m).astype(np.float32))
    )
    # The line of sight meets the hill some 60 m before the place.
    spots = [middle_m(world) + np.array(away) for away in ((-90.0, -150.0), (-60.0, 120.0), (60.0, 0.0))]
    marks = [panel(world, f"d{k}", square(spot, 90.0), 0.04) for k, spot in enumerate(spots)]
    marks += [panel(world, f"m{k}", square(spot, 20.0, 17.0), 0.5) for k, spot in enumerate(spots)]
    picture = scan(world.with_edits(marks), craft(), ORBIT, wanted, seed=1, imager=still(), disturbance=PERFECT)
    received = picture_in(b"".join(encode_picture(picture, craft(), 1)), spacecraft=craft().radio.spacecraft_id)
    centre = middle_m(world)
    grid = Grid(
        world.epsg, world.west_m + round(centre[0]) - 400, world.north_m - round(centre[1]) + 400, 2.0, 400, 400
    )
    heights = heights_on(world, grid)
    ortho = orthorectify(received, grid, eop=eop, heights_m=heights)
    flat = orthorectify(received, grid, eop=eop, altitude_m=100.0)
    rpc = fit_rpc(camera_of(received), low_m=0.0, high_m=400.0)
    assert rpc.residual_max_px < 0.05
    by_rpc = _gdal(write_sensor_picture(tmp_path / "p_SIMULATED.tif", received, rpc, simulated=True), grid, heights)
    moved = []
    for spot in spots:
        place = (world.west_m + spot[0], world.north_m - spot[1])
        for image in (ortho.pixels[2], by_rpc):
            # A tenth of a pixel of 2 m: the mark is drawn in truth pixels of half a metre.
            assert np.hypot(*np.subtract(centroid_m(image, grid, *place), place)) < 0.2
        moved.append(np.hypot(*np.subtract(centroid_m(flat.pixels[2], grid, *place), place)))
    assert max(moved) > 5.0  # what leaving out the relief would cost, if the mark is in the window at all
    with pytest.raises(InputError, match="heights without"):
        orthorectify(received, eop=eop, heights_m=heights)


def _gdal(path: Path, grid: Grid, heights: np.ndarray) -> np.ndarray:
    """GDAL's own orthorectification with the file's RPC and a height model."""
    transform = Affine(grid.pixel_m, 0, grid.west_m, 0, -grid.pixel_m, grid.north_m)
    dem = path.with_name("dem.tif")
    with rasterio.open(
        dem, "w", driver="GTiff", dtype="float32", count=1, width=grid.width, height=grid.height,
        crs=f"EPSG:{grid.epsg}", transform=transform,
    ) as file:  # fmt: skip
        file.write(heights.astype(np.float32), 1)
    out = np.zeros(grid.shape, np.uint16)
    with rasterio.open(path) as file:
        assert int(file.tags()[FRAME_TAG]) > 0
        heights_from = {"RPC_DEM": str(dem), "RPC_DEM_MISSING_VALUE": 0}
        target = {"dst_transform": transform, "dst_crs": f"EPSG:{grid.epsg}", "src_crs": "EPSG:4326"}
        reproject(file.read(3), out, rpcs=file.rpcs, resampling=Resampling.bilinear, **target, **heights_from)
    return out
