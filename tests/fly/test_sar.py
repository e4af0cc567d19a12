from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.archive.radar import map_radar
from swath.archive.source_packets import picture_in
from swath.errors import DataError, InputError
from swath.fly import materials as looks
from swath.fly.edits import Edit
from swath.fly.motion import PERFECT
from swath.fly.picture import Picture
from swath.fly.sar import RadarExposure, scan_radar
from swath.fly.source_packets import encode_picture
from swath.fly.world import World, make_world, to_geodetic, to_world
from swath.frames import geodetic_from_itrf, itrf_from_geodetic
from swath.model import Grid, Place
from swath.spacecraft.sar import Radar, incidence_deg, radar_ground, radar_image
from tests.fly.craft import START, Circle, satellite
from tests.fly.test_scanner import middle_m, panel, square

ORBIT = Circle()
RADAR = Radar(range_spacing_m=3.0, line_spacing_m=5.0, looks=4)
PERIOD_S = 5.0 / 6880.0


def shot(lines: int = 240, samples: int = 260, *, slant_m: float = 745e3, right: bool = True) -> RadarExposure:
    return RadarExposure("x-1", "r-1", START, lines, samples, PERIOD_S, slant_m - samples / 2 * 3.0, right)


def place_for(taken: RadarExposure, height_m: float = 0.0) -> Place:
    """What the middle of the picture shows."""
    middle = START + np.timedelta64(round(taken.lines / 2 * PERIOD_S * 1e9), "ns")
    r, v = ORBIT.states(np.array(middle))
    point = radar_ground(r, v, taken.near_range_m + taken.samples / 2 * 3.0, height_m, right=taken.right)
    lon, lat, _ = geodetic_from_itrf(point)
    return Place.point("p", lon_deg=float(lon), lat_deg=float(lat), altitude_m=height_m)


def plain(taken: RadarExposure, hill: np.ndarray | None = None, *, pixel_m: float = 1.0) -> World:
    """Grass on level ground, or on a hill."""
    land = make_world(place_for(taken), extent_m=2400.0, seed=4, relief_m=0.0, pixel_m=pixel_m, margin_m=600.0)
    height = 0.0 * land.terrain.height_m if hill is None else hill + 0.0 * land.terrain.height_m
    return replace(land, layers=(), terrain=replace(land.terrain, height_m=height.astype(np.float32)))


def image(picture: Picture) -> np.ndarray:
    """Power, in units of sigma nought."""
    return np.asarray((picture.pixels[0] / picture.header["counts_per_amplitude"]) ** 2)


def pixel(picture: Picture, world: World, spot: np.ndarray, height_m: float = 0.0) -> tuple[float, float]:
    lon, lat = to_geodetic(world, *spot)
    point = itrf_from_geodetic(lon_deg=lon, lat_deg=lat, altitude_m=height_m + world.place.altitude_m)
    at = START + np.round(np.arange(picture.header["lines"]) * PERIOD_S * 1e9).astype("timedelta64[ns]")
    line, distance = radar_image(*ORBIT.states(at), PERIOD_S, point)
    return float(line), float((distance - picture.header["near_range_m"]) / picture.header["range_spacing_m"])


def bright(world: World, id: str, ring: np.ndarray, height_m: float = 0.0) -> Edit:
    edit = panel(world, id, ring, 0.4)
    assert edit.pieces is not None
    return replace(
        edit,
        pieces=replace(edit.pieces, look=np.full(1, looks.DECK, np.uint8), height_m=np.full(1, height_m, np.float32)),
    )


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("slant_m", [680e3, 800e3, 950e3])
def test_range_and_doppler_close_and_stand_abeam(slant_m: float, right: bool) -> None:
    at = START + (np.arange(300) * PERIOD_S * 1e9).astype("timedelta64[ns]")
    r, v = ORBIT.states(at)
    rng = np.random.default_rng(1)
    line, height = rng.integers(0, 300, 200), rng.uniform(-100, 5000, 200)
    distance = slant_m + rng.uniform(0, 20e3, 200)
    points = radar_ground(r[line], v[line], distance, height, right=right)
    _, _, found = geodetic_from_itrf(points)
    assert found == pytest.approx(height, abs=2e-3)
    away = points - r[line]
    assert np.linalg.norm(away, axis=1) == pytest.approx(distance, abs=1e-6)
    assert np.abs((away * v[line]).sum(1) / np.linalg.norm(v[line], axis=1)).max() < 1e-6
    side = np.cross(v[line], -r[line])  # to the right of the flight
    assert ((side * away).sum(1) > 0).all() == (not right)
    again, far = radar_image(r, v, PERIOD_S, points)
    assert again == pytest.approx(line, abs=1e-3) and far == pytest.approx(distance, abs=1e-3)


def test_right_is_right_of_the_flight() -> None:
    r, v = ORBIT.states(np.array(START))
    points = [radar_ground(r, v, 745e3, 0.0, right=right) for right in (True, False)]
    forward, down = v / np.linalg.norm(v), -r / np.linalg.norm(r)
    rightwards = np.cross(down, forward)
    assert rightwards @ (points[0] - r) > 0 > rightwards @ (points[1] - r)


@pytest.mark.parametrize("number", [1, 4, 16])
def test_speckle_has_as_many_looks_as_were_taken(number: int) -> None:
    taken = shot(300, 300)
    world = plain(taken)
    world = replace(world, looks=replace(world.looks, green=0 * world.looks.green))
    power = image(
        scan_radar(world, "S", ORBIT, taken, replace(RADAR, looks=number, counts_per_amplitude=4000.0), seed=3)
    )
    looks_found = power.mean() ** 2 / power.var()
    # 90,000 independent samples: 1 % (one sigma) at 1 look; the slow fall with incidence is removed by rows of columns.
    assert looks_found == pytest.approx(number, rel=0.05)
    assert np.corrcoef(power[:, :-1].ravel(), power[:, 1:].ravel())[0, 1] < 0.02


def test_water_is_dark_wood_is_bright_and_nothing_falls_below_the_noise() -> None:
    taken = shot()
    world = plain(taken)
    spot = middle_m(world)
    kinds = {looks.WATER: -1, looks.FOREST: 0, looks.ROOFS[0]: 1}
    edits = []
    for number, (look, way) in enumerate(kinds.items()):
        edit = panel(world, f"e{number}", square(spot + np.array([0.0, 330.0 * way]), 220.0), 0.4)
        assert edit.pieces is not None
        edits.append(replace(edit, pieces=replace(edit.pieces, look=np.full(1, look, np.uint8))))
    picture = scan_radar(world.with_edits(edits), "S", ORBIT, taken, RADAR, seed=1)
    power = image(picture)
    found = []
    for way in kinds.values():
        line, sample = (round(edge) for edge in pixel(picture, world, spot + np.array([0.0, 330.0 * way])))
        found.append(10.0 * np.log10(power[line - 12 : line + 13, sample - 15 : sample + 16].mean()))
    assert found[0] < -19.0 and -10.0 < found[1] < -5.0 and found[2] > found[1]
    assert power.mean() > RADAR.noise_ratio


def test_a_bright_thing_lies_where_range_and_doppler_say_and_leans_to_the_radar() -> None:
    taken = shot()
    world = plain(taken)
    spot = middle_m(world)
    for height_m in (0.0, 40.0):
        seen = scan_radar(
            world.with_edits([bright(world, "b", square(spot, 24.0), height_m)]), "S", ORBIT, taken,
            replace(RADAR, looks=400), seed=1,
        )  # fmt: skip
        expected = pixel(seen, world, spot, height_m)
        power = image(seen)
        window = np.s_[round(expected[0]) - 8 : round(expected[0]) + 9, round(expected[1]) - 7 : round(expected[1]) + 8]
        weight = np.clip(power[window] - 1.0, 0.0, 6.0)  # roofs give 8 dB; corners, which stand elsewhere, no more
        lines, samples = np.indices(weight.shape)
        middle = (lines * weight).sum() / weight.sum(), (samples * weight).sum() / weight.sum()
        away = np.add(middle, (window[0].start, window[1].start)) - expected
        assert np.abs(away).max() < (0.15 if height_m == 0 else 1.6)
    flat, high = pixel(seen, world, spot), pixel(seen, world, spot, 40.0)
    incidence = seen.header["incidence_deg"]
    assert (flat[1] - high[1]) * 3.0 == pytest.approx(40.0 * np.cos(np.radians(incidence)), rel=0.01)


def test_slopes_to_the_radar_are_short_and_bright_and_far_sides_steep_ones_dark() -> None:
    taken = shot(120, 500)
    flat = plain(taken)
    r, v = ORBIT.states(np.array(START))
    towards = np.array(to_world(flat, **_lonlat(radar_ground(r, v, 745e3 - 300.0, 0.0, right=True)))) - np.array(
        to_world(flat, **_lonlat(radar_ground(r, v, 745e3 + 300.0, 0.0, right=True)))
    )
    towards = towards / np.linalg.norm(towards)
    y, x = np.indices(flat.terrain.height_m.shape) * 16.0 + 8.0
    centre = middle_m(flat)
    along = (x - centre[0]) * towards[0] + (y - centre[1]) * towards[1]  # nearer is positive
    # A ridge of 150 m: 30 deg towards the radar, 60 deg away from it.
    ridge = np.clip(
        150.0 - np.where(along > 0, along * np.tan(np.radians(30)), -along * np.tan(np.radians(60))), 0, None
    )
    world = plain(taken, ridge)
    smooth = replace(RADAR, looks=400)
    hills, plane = (image(scan_radar(w, "S", ORBIT, taken, smooth, seed=1))[40:80].mean(0) for w in (world, flat))
    picture = scan_radar(world, "S", ORBIT, taken, smooth, seed=1)
    incidence = np.radians(picture.header["incidence_deg"])
    crest = round(pixel(picture, world, centre, 150.0)[1])
    # The foot lies 150 / tan 30 m nearer; in distance that slope is sin(incidence - 30) / sin(incidence) as long.
    foot = round(pixel(picture, world, centre + towards * 150.0 / np.tan(np.radians(30)), 0.0)[1])
    length_m = (crest - foot) * 3.0
    assert length_m == pytest.approx(300.0 * np.sin(incidence - np.radians(30)), abs=9.0)
    front = hills[foot + 3 : crest - 3].mean() / plane[foot + 3 : crest - 3].mean()
    assert front > 2.0
    # Behind the crest nothing comes back until the ray that grazes it meets the plain.
    shadow = hills[crest + 4 :] < 2.0 * RADAR.noise_ratio
    expected_m = 150.0 / np.cos(incidence)  # in distance, from the crest to where the ray comes down
    assert shadow[: int(expected_m / 3.0) - 8].mean() > 0.9
    # Four samples were left out after the crest, which cells of 16 m round off by some metres.
    assert shadow.sum() * 3.0 + 12.0 == pytest.approx(expected_m, rel=0.15)


def _lonlat(point: np.ndarray) -> dict[str, float]:
    lon, lat, _ = geodetic_from_itrf(point)
    return {"lon_deg": float(lon), "lat_deg": float(lat)}


def test_the_map_of_a_radar_picture_puts_things_where_they_are() -> None:
    taken = shot()
    hill = np.zeros((1, 1)) + 80.0
    world = plain(taken, hill)
    spot = middle_m(world) + np.array([-60.0, 40.0])
    world = world.with_edits([bright(world, "b", square(spot, 30.0))])
    picture = scan_radar(world, "S", ORBIT, taken, replace(RADAR, looks=400), seed=1, disturbance=PERFECT)
    grid = Grid(world.epsg, world.west_m + round(spot[0]) - 200, world.north_m - round(spot[1]) + 200, 2.5, 160, 160)
    received = picture_in(b"".join(encode_picture(picture, satellite(), 3)), spacecraft=1)
    on_map = map_radar(received, grid, heights_m=80.0).astype(float) ** 2
    weight = np.clip(on_map - 0.4 * on_map.max(), 0.0, None)
    rows, columns = np.indices(on_map.shape)
    east = grid.west_m + ((columns * weight).sum() / weight.sum() + 0.5) * 2.5 - world.west_m
    south = world.north_m - grid.north_m + ((rows * weight).sum() / weight.sum() + 0.5) * 2.5
    assert np.hypot(east - spot[0], south - spot[1]) < 1.5
    flat = map_radar(received, grid, heights_m=0.0).astype(float) ** 2
    weight = np.clip(flat - 0.4 * flat.max(), 0.0, None)
    moved = np.hypot((columns * weight).sum() / weight.sum() * 2.5 - east - world.west_m + grid.west_m, 0.0)
    # A wrong height displaces across the track by height / tan(incidence).
    assert moved > 30.0
    with pytest.raises(DataError, match="saw nothing"):
        map_radar(received, replace(grid, west_m=grid.west_m + 9e4), heights_m=0.0)
    with pytest.raises(InputError, match="heights"):
        map_radar(received, grid, heights_m=np.zeros((3, 3)))


def test_the_same_seed_gives_the_same_bytes_and_bad_exposures_are_refused() -> None:
    taken = shot(60, 80)
    world = make_world(place_for(taken), extent_m=1500.0, seed=4, relief_m=150.0, pixel_m=1.0, margin_m=600.0)
    one, two, three = (scan_radar(world, "S", ORBIT, taken, RADAR, seed=seed).pixels for seed in (1, 1, 2))
    assert (one == two).all() and (one != three).mean() > 0.9
    assert scan_radar(world, "S", ORBIT, taken, RADAR, seed=1).header["simulated"] is True
    with pytest.raises(DataError, match="does not reach"):
        scan_radar(world, "S", ORBIT, replace(taken, near_range_m=500e3), RADAR, seed=1)
    with pytest.raises(DataError, match="misses the land"):
        scan_radar(world, "S", ORBIT, replace(taken, right=False), RADAR, seed=1)
    with pytest.raises(InputError, match="at least two"):
        scan_radar(world, "S", ORBIT, replace(taken, lines=1), RADAR, seed=1)
    with pytest.raises(InputError, match="cannot be"):
        Radar(0.0, 5.0, 4)
    assert 20.0 < float(incidence_deg(*_abeam())) < 60.0


def _abeam() -> tuple[np.ndarray, np.ndarray]:
    r, v = ORBIT.states(np.array(START))
    return r, radar_ground(r, v, 745e3, 0.0, right=True)
