"""Pictures on the map: the right place, the right value, holes where nothing is known."""

from __future__ import annotations

import dataclasses
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from swath.archive.calibrate import calibrate, reflectance_gain
from swath.archive.camera import camera_of, ground_points, image_points
from swath.archive.grids import covering_grid, map_epsg, map_from_geodetic, map_to_geodetic, place_grid
from swath.archive.incoming import IncomingFiles
from swath.archive.ortho import Ortho, orthorectify, picture_outline
from swath.archive.picture import ReceivedPicture, require_header
from swath.archive.source_packets import picture_in
from swath.errors import DataError
from swath.fly.channel import Channel
from swath.fly.outbox import Outbox
from swath.fly.source_packets import encode_picture
from swath.frames import EarthOrientation, geodetic_from_itrf, itrf_from_geodetic
from swath.model import Grid, Place
from swath.operate.file_link import LinkTerms, hold_file_contact
from swath.orbit.sun import sun_angles_deg
from swath.spacecraft.link_format import CHUNK_BYTES, FILE_SEGMENT_BYTES, KIND_PIXELS

Floats = npt.NDArray[np.float64]


def truth(flight: Any, eop: EarthOrientation, grid: Grid, band: int) -> Floats:
    """The pattern as stored reflectance, at pixel centres."""
    east, north = np.meshgrid(*grid.centres_m())
    lon_deg, lat_deg = map_to_geodetic(grid.epsg, east, north)
    elevation_deg, _ = sun_angles_deg(lon_deg, lat_deg, flight.START, eop)
    pattern = flight.smooth_pattern(*map_from_geodetic(32632, lon_deg=lon_deg, lat_deg=lat_deg), band)
    value: Floats = pattern / np.sin(np.radians(elevation_deg)) * 10_000
    return value


def displacement_px(pixels: npt.NDArray[np.uint16], expected: Floats) -> tuple[float, float]:
    """By how many pixels east and south does a picture lie off what is expected? Least squares on the gradients."""
    seen = pixels > 0
    down, across = np.gradient(expected)
    columns = [across[seen], down[seen], expected[seen], np.ones(seen.sum())]
    found = np.linalg.lstsq(np.column_stack(columns), pixels[seen] - expected[seen], rcond=None)[0]
    return -float(found[0]), -float(found[1])


def test_the_pattern_comes_back_at_its_place_with_its_value(
    flight: Any, eop: EarthOrientation, received: ReceivedPicture
) -> None:
    """Within 0.01 pixel and, in reflectance, 0.004 (bilinear smoothing of the 90 m waves, counts of 1/3000)."""
    ortho = orthorectify(received, eop=eop)
    assert ortho.bands == flight.BANDS
    for band, pixels in enumerate(ortho.pixels):
        expected = truth(flight, eop, ortho.grid, band)
        assert np.hypot(*displacement_px(pixels, expected)) < 0.01
        seen = pixels > 0
        assert 0.6 < seen.mean() < 1.0
        assert np.abs(pixels[seen] - expected[seen]).max() < 40


def test_through_loss_and_asking_again_to_the_map(flight: Any, eop: EarthOrientation, tmp_path: Path) -> None:
    """The whole way: 5 % of frames lost, asked for again in the next pass, on the map within 0.1 pixel."""
    taken = flight.Flight(lines=420, columns=380, roll_deg=lambda line: -14.0 + 1e-4 * line).picture(eop)
    content = np.frombuffer(b"".join(encode_picture(taken, flight.SATELLITE, 5)), np.uint8)
    space, ground = Outbox(77, 1), IncomingFiles(tmp_path, entity=1)
    space.add("picture.packets", content)
    terms = LinkTerms(1e6, 64e3, Channel(0.05, 3.0, damaged_share=0.5))
    first = hold_file_contact(space, ground, terms, start_s=0.0, stop_s=5.0, seed=1)
    (part,) = ground.partial()
    holed = picture_in(np.fromfile(ground.partial_path(part.transaction), np.uint8), spacecraft=77)
    assert 0.2 < holed.missing_fraction < 0.9
    second = hold_file_contact(space, ground, terms, start_s=100.0, stop_s=130.0, seed=2)
    whole = picture_in(np.fromfile(tmp_path / "picture.packets", np.uint8), spacecraft=77)
    assert whole.complete
    assert (first.frames_sent + second.frames_sent) * FILE_SEGMENT_BYTES < 1.25 * len(content) / 0.95
    ortho = orthorectify(whole, eop=eop)
    for band, pixels in enumerate(ortho.pixels):
        assert np.hypot(*displacement_px(pixels, truth(flight, eop, ortho.grid, band))) < 0.1


@pytest.mark.parametrize("jumps_deg", [0.0, 3e-5, 1e-3], ids=["smooth", "0.05 px a record", "2 px a record"])
def test_every_pixel_is_looked_up_where_it_was_seen(flight: Any, eop: EarthOrientation, jumps_deg: float) -> None:
    """The picture's counts are its own line and column numbers: read back on the map, against the exact camera.

    Values are rounded to about 1/110 pixel: half of that is the tolerance, whatever the attitude does.
    """
    noise = np.random.default_rng(3).normal(0, jumps_deg, 40)
    one = flight.Flight(
        lines=500, columns=300, bands=2, line_step=16,
        roll_deg=lambda line: 8 + np.interp(line, np.arange(40) * 16, noise),
        pitch_deg=lambda line: 3 + np.interp(line, np.arange(40) * 16, noise[::-1]),
    )  # fmt: skip
    taken = one.picture(eop)
    taken.pixels[0], taken.pixels[1] = 8 * np.arange(500)[:, None] + 60, 8 * np.arange(300)[None, :] + 60
    taken = dataclasses.replace(taken, header={**taken.header, "reflectance_per_count": 12e-4})
    received = flight.bring_down(taken)
    ortho = orthorectify(received, eop=eop)
    east, north = np.meshgrid(*ortho.grid.centres_m())
    lon_deg, lat_deg = map_to_geodetic(ortho.grid.epsg, east, north)
    gain = reflectance_gain(require_header(received), lon_deg=lon_deg, lat_deg=lat_deg, at=flight.START, eop=eop)
    exact = image_points(ortho.camera, itrf_from_geodetic(lon_deg=lon_deg, lat_deg=lat_deg))
    inside = (np.abs(exact[0] - 249.5) < 249.5) & (np.abs(exact[1] - 149.5) < 149.5)
    assert np.array_equal(ortho.pixels[0] > 0, inside)
    for pixels, position in zip(ortho.pixels, exact, strict=True):
        found = (pixels / gain + flight.OFFSET - 60) / 8
        assert np.abs(found - position)[inside].max() < 0.5 / 110 + 0.001


def test_a_requested_grid_is_filled_where_it_was_seen(
    flight: Any, eop: EarthOrientation, received: ReceivedPicture
) -> None:
    whole = orthorectify(received, eop=eop)
    grid = whole.grid
    part = Grid(grid.epsg, grid.west_m + 500, grid.north_m + 250, 5.0, 200, 300)
    found = orthorectify(received, part, eop=eop)
    assert found.grid == part
    assert np.array_equal(found.pixels[:, :50], np.zeros((4, 50, 200)))
    apart = found.pixels[:, 50:].astype(int) - whole.pixels[:, :250, 100:300]
    assert np.abs(apart[(found.pixels[:, 50:] > 0) & (whole.pixels[:, :250, 100:300] > 0)]).max() <= 2
    coarse = orthorectify(received, eop=eop, pixel_m=10.0)
    assert (coarse.grid.west_m % 10, coarse.grid.north_m % 10) == (0, 0)


def test_a_grid_in_a_neighbouring_zone_serves_as_well(
    flight: Any, eop: EarthOrientation, received: ReceivedPicture
) -> None:
    lon_deg, lat_deg = picture_outline(camera_of(received))
    east, north = map_from_geodetic(32633, lon_deg=lon_deg, lat_deg=lat_deg)
    grid = Grid(32633, float(east.min() // 5 * 5), float(north.max() // 5 * 5), 5.0, 450, 430)
    ortho = orthorectify(received, grid, eop=eop)
    assert np.hypot(*displacement_px(ortho.pixels[0], truth(flight, eop, grid, 0))) < 0.01


def test_holes_and_dead_samples_are_no_data_and_spread_to_no_more_than_their_neighbours(
    flight: Any, eop: EarthOrientation
) -> None:
    taken = flight.Flight().picture(eop)
    taken.pixels[1, 200, 150] = 0
    received = flight.bring_down(taken, without=lambda kind, chunk: (kind, chunk) == (KIND_PIXELS, 40))
    full, holed = (
        orthorectify(flight.bring_down(flight.Flight().picture(eop)), eop=eop),
        orthorectify(received, eop=eop),
    )
    lost = (full.pixels > 0) & (holed.pixels == 0)
    apart = full.pixels[~lost].astype(int) - holed.pixels[~lost]
    assert np.abs(apart).max() <= 1  # a missing neighbour of less than 1e-4 weight is passed over
    assert lost[2:].sum() == 0
    assert 1 <= lost[1].sum() <= 8  # about four map pixels look at one sample
    samples = CHUNK_BYTES * 8 // 12 + 1
    assert samples <= lost[0].sum() * (5.0 / 5.3) ** 2 <= samples + 2 * (samples / 400 + 2) * 400 / 100 + 850


def test_a_shift_is_taken_off_only_when_asked(flight: Any, eop: EarthOrientation, received: ReceivedPicture) -> None:
    plain = orthorectify(received, eop=eop)
    moved = orthorectify(received, plain.grid, eop=eop, shift_m=(7.5, -3.0))
    east, south = displacement_px(moved.pixels[0], truth(flight, eop, plain.grid, 0))
    assert (east * 5, south * 5) == pytest.approx((-7.5, -3.0), abs=0.4)


def test_reflectance_is_what_calibration_of_the_raw_counts_gives(
    flight: Any, eop: EarthOrientation, received: ReceivedPicture
) -> None:
    """Raw picture calibrated pixel by pixel, and the map sampled where those pixels lie: the same values."""
    header, camera = require_header(received), camera_of(received)
    line, column = np.meshgrid(np.arange(100.0, 300, 20), np.arange(100.0, 300, 20), indexing="ij")
    lon, lat, _ = geodetic_from_itrf(ground_points(camera, line, column))
    gain = reflectance_gain(header, lon_deg=lon, lat_deg=lat, at=flight.START, eop=eop)
    counts = flight.Flight().picture(eop).pixels[2][line.astype(int), column.astype(int)]
    raw = calibrate(counts, header, gain)
    ortho = orthorectify(received, eop=eop)
    east, north = map_from_geodetic(ortho.grid.epsg, lon_deg=lon, lat_deg=lat)
    rows = ((ortho.grid.north_m - north) / 5).astype(int)
    columns = ((east - ortho.grid.west_m) / 5).astype(int)
    assert np.abs(ortho.pixels[2][rows, columns].astype(int) - raw).mean() < 250  # half a pixel apart at most
    assert calibrate(np.array([0, 1, 40, 41], np.uint16), header, 5.0).tolist() == [0, 1, 1, 5]


def test_gain_is_one_over_the_height_of_the_sun(flight: Any, eop: EarthOrientation, received: ReceivedPicture) -> None:
    elevation_deg, _ = sun_angles_deg(11.9, 44.95, flight.START, eop)
    gain = reflectance_gain(require_header(received), lon_deg=11.9, lat_deg=44.95, at=flight.START, eop=eop)
    assert gain == pytest.approx(10_000 / 3000 / np.sin(np.radians(elevation_deg)), rel=1e-9)
    night = np.datetime64("2026-05-08T23:00", "ns")
    with pytest.raises(DataError, match="too low"):
        reflectance_gain(require_header(received), lon_deg=11.9, lat_deg=44.95, at=night, eop=eop)


def test_refusals(flight: Any, eop: EarthOrientation, received: ReceivedPicture) -> None:
    elsewhere = Grid(32632, 300_000.0, 4_000_000.0, 5.0, 100, 100)
    with pytest.raises(DataError, match="nothing of the grid"):
        orthorectify(received, elsewhere, eop=eop)
    with pytest.raises(DataError, match="too large"):
        orthorectify(received, eop=eop, pixel_m=0.01)
    empty = dataclasses.replace(received, pixel_chunks={})
    with pytest.raises(DataError, match="no pixels"):
        orthorectify(empty, eop=eop)
    up = flight.Flight(roll_deg=lambda line: 80.0 + 0 * line, bands=1)
    states = up.states(eop)
    sky = dataclasses.replace(flight.Flight(bands=1).picture(eop), states=states)
    with pytest.raises(DataError, match="past the Earth"):
        orthorectify(flight.bring_down(sky), eop=eop)


def test_same_bytes_same_map(flight: Any, eop: EarthOrientation, received: ReceivedPicture) -> None:
    first: Ortho = orthorectify(received, eop=eop)
    assert np.array_equal(first.pixels, orthorectify(received, eop=eop).pixels)


def test_memory_of_a_large_picture_is_little_more_than_the_map(
    flight: Any, eop: EarthOrientation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above input and output: a band's counts and packed bytes, and nodes."""
    received = flight.bring_down(flight.Flight(lines=800, columns=700).picture(eop))
    orthorectify(received, eop=eop)
    monkeypatch.setattr("swath.archive.ortho._COUNTS_AT_ONCE", 1)  # as if it were too large to unpack all bands
    tracemalloc.start()
    ortho = orthorectify(received, eop=eop)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < ortho.pixels.nbytes + 800 * 700 * (2 + 1.5) + 4e6


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (11.9, 44.95, 32632),
        (12.0, 44.95, 32633),
        (-180.0, 10, 32601),
        (179.99, -10, 32760),
        (0, 85, 5041),
        (0, -81, 5042),
    ],
)
def test_zone_of_a_place(lon: float, lat: float, epsg: int) -> None:
    assert map_epsg(lon_deg=lon, lat_deg=lat) == epsg


def test_grids_snap_to_pixels_and_cover(eop: EarthOrientation) -> None:
    grid = place_grid(Place.point("field", lon_deg=11.9, lat_deg=44.95), 2000.0, pixel_m=5.0)
    assert (grid.epsg, grid.west_m % 5, grid.north_m % 5) == (32632, 0, 0)
    assert grid.width in (400, 401) and grid.height in (400, 401)
    box = Place.box("flood", lon_deg=11.9, lat_deg=44.95, width_m=20_000, height_m=15_000)
    flood = place_grid(box, 0.0, pixel_m=5.0)
    west, south, east, north = flood.bounds_m
    x, y = map_from_geodetic(32632, lon_deg=[p[0] for p in box.ring], lat_deg=[p[1] for p in box.ring])
    assert (west <= x).all() and (x <= east).all() and (south <= y).all() and (y <= north).all()
    assert (x.min() - west, north - y.max()) < (5, 5)
    across = covering_grid([179.99, -179.99], [0.0, 0.1], pixel_m=10.0)
    assert across.epsg in (32601, 32660) and 200 < across.width < 240
    with pytest.raises(DataError, match="one map"):
        covering_grid([0.0, 179.9], [0.0, 0.0], pixel_m=10.0)
