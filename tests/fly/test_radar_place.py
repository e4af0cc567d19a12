"""How well is a radar picture placed? Errors injected into the receiver, measured on the map against control."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swath.archive.geolocation import measure_geolocation
from swath.archive.radar import map_radar
from swath.archive.source_packets import picture_in
from swath.fly.motion import PERFECT
from swath.fly.picture import Picture
from swath.fly.sar import scan_radar
from swath.fly.source_packets import encode_picture
from swath.fly.world import World, make_world
from swath.fly.world_truth import heights_on
from swath.frames import geodetic_from_itrf, geodetic_up
from swath.model import Grid
from swath.spacecraft.sar import incidence_deg, placed_ce90_m, radar_ground
from tests.fly.craft import START, satellite
from tests.fly.test_sar import ORBIT, RADAR, place_for, shot

TAKEN = shot(360, 380)
RANGE_M = TAKEN.near_range_m + TAKEN.samples / 2 * RADAR.range_spacing_m
LOOKS = replace(RADAR, looks=36)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(place_for(TAKEN), extent_m=2000.0, seed=4, relief_m=120.0, pixel_m=1.0, margin_m=600.0)


def grid_of(world: World) -> Grid:
    middle = world.west_m + world.width_m / 2.0, world.north_m - world.height_m / 2.0
    return Grid(world.epsg, round(middle[0]) - 800.0, round(middle[1]) + 800.0, 5.0, 320, 320)


def on_map(world: World, picture: Picture, grid: Grid) -> np.ndarray:
    received = picture_in(b"".join(encode_picture(picture, satellite(), 3)), spacecraft=1)
    return map_radar(received, grid, heights_m=heights_on(world, grid))


@pytest.fixture(scope="module")
def control(world: World) -> np.ndarray:
    """What a receiver without error gives, with a speckle of its own."""
    return on_map(world, scan_radar(world, "S", ORBIT, TAKEN, LOOKS, seed=99, disturbance=PERFECT), grid_of(world))


def moved_m(picture: Picture) -> np.ndarray:
    """How far east and north an error of the records moves the map: by a plane Earth, from the errors alone."""
    true = ORBIT.states(picture.states.utc_ns.astype("datetime64[ns]"))
    wrong_m, wrong_m_s = (picture.states.r_itrf_m - true[0]).mean(0), (picture.states.v_itrf_m_s - true[1]).mean(0)
    r, v = (state[len(picture.states) // 2] for state in true)
    place = radar_ground(r, v, RANGE_M, 0.0, right=True)
    lon, lat, _ = geodetic_from_itrf(place)
    up = geodetic_up(lon_deg=lon, lat_deg=lat)
    east = np.array([-np.sin(np.radians(lon)), np.cos(np.radians(lon)), 0.0])
    axes = np.stack([east, np.cross(up, east)])
    sight, ahead = (place - r) / RANGE_M, v / np.linalg.norm(v)
    out = sight - (sight @ up) * up
    out /= np.linalg.norm(out)
    along_m = wrong_m @ ahead - RANGE_M * (wrong_m_s @ sight) / np.linalg.norm(v)
    return np.asarray(axes @ (out * (wrong_m @ sight) / (out @ sight) + ahead * along_m))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_injected_error_of_the_receiver_is_measured_on_the_map(world: World, control: np.ndarray, seed: int) -> None:
    """12 m an axis, over hills of 120 m: each axis within 0.3 m and 3 % of the shift, CE90 within 10 %.

    3 %: heights are taken where the map puts a pixel, not where it belongs, and the land is not level on the average.
    """
    flaws, grid = replace(PERFECT, gps_m=12.0), grid_of(world)
    picture = scan_radar(world, "S", ORBIT, TAKEN, LOOKS, seed=seed, disturbance=flaws)
    found = measure_geolocation(on_map(world, picture, grid), control, grid, expected_ce90_m=0.0)
    assert found.tiles_used >= 9 and found.shift_east_m is not None and found.shift_north_m is not None
    injected = moved_m(picture)
    assert np.hypot(*injected) > 5.0
    assert (found.shift_east_m, found.shift_north_m) == pytest.approx(
        tuple(injected), abs=0.3 + 0.03 * np.hypot(*injected)
    )
    assert found.ce90_m.value == pytest.approx(np.hypot(*injected), rel=0.1)


def test_without_an_error_the_map_lies_right(world: World, control: np.ndarray) -> None:
    grid = grid_of(world)
    picture = scan_radar(world, "S", ORBIT, TAKEN, LOOKS, seed=5, disturbance=PERFECT)
    found = measure_geolocation(on_map(world, picture, grid), control, grid, expected_ce90_m=0.0)
    assert found.tiles_used >= 9 and found.ce90_m.value < 1.0


@pytest.mark.parametrize("slant_m", [680e3, 745e3, 800e3, 900e3])
@pytest.mark.parametrize(("position_m", "velocity_m_s"), [(1.0, 0.01), (5.0, 0.0), (1.0, 0.05)])
def test_ce90_of_many_pictures_is_what_the_receiver_lets_expect(
    slant_m: float, position_m: float, velocity_m_s: float
) -> None:
    """Errors drawn for 4,000 pictures, each placed by the two equations: CE90 within 10 % of the formula's."""
    rng = np.random.default_rng(7)
    r, v = ORBIT.states(np.array(START))
    true = radar_ground(r, v, slant_m, 0.0, right=True)
    wrong = radar_ground(
        r + rng.normal(0.0, position_m, (4000, 3)), v + rng.normal(0.0, velocity_m_s, (4000, 3)), slant_m, 0.0,
        right=True,
    )  # fmt: skip
    expected = placed_ce90_m(
        slant_m, float(incidence_deg(r, true)), float(np.linalg.norm(v)),
        position_sigma_m=position_m, velocity_sigma_m_s=velocity_m_s,
    )  # fmt: skip
    assert np.quantile(np.linalg.norm(wrong - true, axis=1), 0.9) == pytest.approx(expected, rel=0.1)
