from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly.change import (
    add_building,
    burn,
    fell,
    harvest,
    lay_panel,
    put_ship,
    put_truck,
    raise_water,
    rise_to_cover_m,
    slide,
)
from swath.fly.clouds import CLEAR, draw_clouds
from swath.fly.edits import Edit, is_active
from swath.fly.growth import crop_green, looks_green
from swath.fly.light_kernels import cast_shadows, shade_terrain
from swath.fly.terrain import CELL_M, draw_terrain, height_at
from swath.fly.world import World, draw_patch, make_world, map_epsg, to_geodetic, to_world
from swath.fly.world_kernels import STEP_M, Frame, drown
from swath.fly.world_truth import clear_map, edit_shares, heights_on, water_share
from swath.model import Grid, Place

PLACE = Place.point("po", lon_deg=11.9, lat_deg=44.95, altitude_m=30.0)
DAY = np.datetime64("2026-05-08T10:00", "ns")
BEFORE, AFTER = DAY - np.timedelta64(10, "D"), DAY + np.timedelta64(10, "D")


@cache
def land(seed: int = 3) -> World:
    return make_world(PLACE, extent_m=6000.0, seed=seed, relief_m=250.0, margin_m=1000.0)


def grid_of(world: World, pixel_m: float = 10.0) -> Grid:
    side = int(6000.0 / pixel_m)
    return Grid(world.epsg, world.west_m + 1000.0, world.north_m - 1000.0, pixel_m, side, side)


def somewhere(world: World, wanted: str) -> dict[str, float]:
    """A parcel of a kind, its middle, near the middle of the land."""
    parcels = world.parcels
    fits = parcels.parcel_looks == looks.FOREST if wanted == "wood" else parcels.parcel_looks >= looks.FIRST_FIELD
    used = np.arange(parcels.vertices.shape[1])[None, :, None] < parcels.counts[:, None, None]
    middle = np.where(used, parcels.vertices, 0.0).sum(1) / np.maximum(parcels.counts, 1)[:, None]
    away = np.where(fits & (parcels.counts >= 4), np.abs(middle - 4000.0).max(1), np.inf)
    lon, lat = to_geodetic(world, *middle[int(np.argmin(away))])
    return {"lon_deg": float(lon), "lat_deg": float(lat)}


@settings(max_examples=12)
@given(st.integers(0, 9000), st.integers(0, 9000), st.integers(1, 400), st.integers(1, 400))
def test_a_truth_pixel_is_the_same_in_every_patch(row: int, column: int, down: int, right: int) -> None:
    flood = raise_water(land(), "f", rise_m=2.0, since=BEFORE)
    world = land().with_edits([flood])
    large = draw_patch(world, row=row, column=column, rows=600, columns=600, at=DAY)
    small = draw_patch(world, row=row + down, column=column + right, rows=150, columns=90, at=DAY)
    for one, two in ((large.cover, small.cover), (large.height, small.height)):
        assert (one[down : down + 150, right : right + 90] == two).all()


def test_a_seed_names_one_land() -> None:
    again = make_world(PLACE, extent_m=6000.0, seed=3, relief_m=250.0, margin_m=1000.0)
    other = make_world(PLACE, extent_m=6000.0, seed=4, relief_m=250.0, margin_m=1000.0)
    one, two, three = (
        draw_patch(world, row=6000, column=7000, rows=800, columns=800, at=DAY) for world in (land(), again, other)
    )
    assert (one.cover == two.cover).all() and (one.height == two.height).all()
    assert (land().terrain.height_m == again.terrain.height_m).all()
    assert (one.cover != three.cover).mean() > 0.3


def test_rivers_run_downhill_in_valleys_and_widen() -> None:
    terrain = draw_terrain(np.random.default_rng(5), 20e3, 20e3, relief_m=400.0)
    assert np.ptp(terrain.height_m) == pytest.approx(400.0, rel=0.25)
    assert len(terrain.rivers) >= 3
    for river in terrain.rivers:
        level = height_at(terrain, river.east_m, river.south_m)
        # The line is smoothed and the valley floor rough by decimetres: the course falls, not every step.
        thirds = [part.mean() for part in np.array_split(level, 3)]
        assert thirds[0] >= thirds[1] - 1.0 and thirds[1] >= thirds[2] - 1.0
        assert (np.diff(river.width_m) > -1e-9).mean() > 0.99
        assert level.mean() < np.quantile(terrain.height_m, 0.6)
    assert terrain.height_m.min() > -5.0 and (terrain.height_m - terrain.water_m > -3.0).all()


def test_woods_stand_on_steep_slopes_and_fields_on_gentle_ones() -> None:
    world = make_world(PLACE, extent_m=6000.0, seed=3, relief_m=1200.0, margin_m=1000.0)
    share = [(w.parcels.parcel_looks == looks.FOREST).mean() for w in (land(), world)]
    assert share[1] > share[0] + 0.1


def test_crops_follow_the_seasons() -> None:
    days = np.arange(1.0, 366.0)
    peak = {crop: int(days[np.argmax(crop_green(crop, days))]) for crop in looks.CROPS if crop != "bare soil"}
    assert 110 < peak["wheat"] < 165 < peak["maize"] < 250 and 190 < peak["soybean"] < 250
    assert crop_green("wheat", 230.0) < 0.15 < 0.8 < crop_green("maize", 215.0)
    cuts = np.diff(crop_green("alfalfa", days)) < -0.2
    assert 3 <= cuts.sum() <= 6
    with pytest.raises(InputError, match="no growth curve"):
        crop_green("tulip", 1.0)
    north, south = (looks_green(land().looks.crop, land().looks.green, DAY, lat_deg=lat) for lat in (45.0, -35.0))
    wheat = land().looks.crop == "wheat"
    assert north[wheat].mean() > 0.6 > 0.3 > south[wheat].mean()


@pytest.mark.needs_shared_data
@pytest.mark.parametrize("crop", ["maize", "wheat", "orchard"])
def test_crops_grow_as_real_ones_do(shared_data: Path, crop: str) -> None:
    """Median NDVI of 114, 583 and 148 real parcels in Uzbekistan (CAWa data set), sown up to three weeks apart."""
    with (shared_data / "imagery" / "crops_cawa" / "parcels.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["label_1"] == crop]
    steps = [key for key in rows[0] if key.startswith("ndvi")]
    table = np.array([[float(row[key]) if row[key] not in ("", "NA") else np.nan for key in steps] for row in rows])
    day = 8.0 + 16.0 * np.arange(len(steps))
    real = np.nanmedian(table, axis=0)
    assert max(np.corrcoef(real, crop_green(crop, day + moved))[0, 1] for moved in range(-21, 22, 3)) > 0.93


def test_every_kind_of_edit_changes_the_truth_where_it_says_and_only_then() -> None:
    world, grid = land(), grid_of(land(), 4.0)
    here = {"lon_deg": PLACE.lon_deg, "lat_deg": PLACE.lat_deg, "since": DAY}
    river = world.terrain.rivers[0]
    at = len(river.east_m) // 2
    lon, lat = to_geodetic(world, river.east_m[at], river.south_m[at])
    slope = np.unravel_index(np.argmax(np.hypot(*np.gradient(world.terrain.height_m[80:420, 80:420]))), (340, 340))
    top_lon, top_lat = to_geodetic(world, (slope[1] + 80.5) * CELL_M, (slope[0] + 80.5) * CELL_M)
    edits = [
        add_building(world, "hall", length_m=80.0, width_m=50.0, height_m=12.0, heading_deg=20.0, **here),  # type: ignore[arg-type]
        burn(world, "fire", radius_m=400.0, **(here | {"lat_deg": PLACE.lat_deg - 0.012})),  # type: ignore[arg-type]
        slide(world, "slide", lon_deg=float(top_lon), lat_deg=float(top_lat), length_m=300.0, width_m=60.0, since=DAY),
        harvest(world, "cut", since=DAY, **somewhere(world, "field")),
        fell(world, "felled", since=DAY, **somewhere(world, "wood")),
        put_ship(
            world,
            "ship",
            lon_deg=float(lon),
            lat_deg=float(lat),
            length_m=60.0,
            heading_deg=70.0,
            speed_m_s=4.0,
            since=DAY,
        ),
        put_truck(world, "truck", heading_deg=10.0, **(here | {"lon_deg": PLACE.lon_deg + 0.004})),  # type: ignore[arg-type]
        lay_panel(
            world, "panel", ring_m=[(5000, 5000), (5060, 5000), (5060, 5060), (5000, 5060)], reflectance=0.4, since=DAY
        ),
    ]
    for edit in edits:
        changed = world.with_edits([edit])
        assert edit_shares(changed, grid, DAY - np.timedelta64(1, "s")) == {}
        share = edit_shares(changed, grid, DAY)[edit.kind]
        east, south = to_world(world, lon_deg=np.array(edit.ring)[:, 0], lat_deg=np.array(edit.ring)[:, 1])
        outline = shapely.Polygon(np.stack([east, south], -1)).buffer(0)
        known = outline.intersection(shapely.box(1000.0, 1000.0, 7000.0, 7000.0)).area
        extra = (
            sum(shapely.Polygon(p).area for p in edit.pieces.vertices[:1, :4])
            if edit.kind in ("building", "ship")
            else 0.0
        )
        area = share.astype(float).sum() / 100.0 * grid.pixel_m**2
        assert area == pytest.approx(known, rel=0.06, abs=12.0 + extra), edit.kind
        # In the truth that the camera sees the same pixels differ, and no others.
        low, high = np.array(outline.bounds[:2]), np.array(outline.bounds[2:])
        row, column = (int((value - 150.0) / world.pixel_m) for value in (low[1], low[0]))
        size = int((high - low).max() / world.pixel_m) + 600
        old, new = (draw_patch(w, row=row, column=column, rows=size, columns=size, at=DAY) for w in (world, changed))
        differs = (old.cover != new.cover) | (old.height != new.height)
        assert differs.sum() * world.pixel_m**2 == pytest.approx(outline.area, rel=0.35, abs=60.0 + extra), edit.kind


def test_water_rises_over_the_low_land_first_and_falls_again() -> None:
    world = land()
    grid = Grid(world.epsg, world.west_m + 3000.0, world.north_m - 3000.0, 20.0, 90, 90)
    low, high = (raise_water(world, f"f{m}", rise_m=m, since=DAY, until=AFTER) for m in (1.0, 4.0))
    dry = water_share(world, grid, DAY).astype(int)
    small, large = (water_share(world.with_edits([flood]), grid, DAY).astype(int) for flood in (low, high))
    assert (small >= dry).all() and (large >= small).all()
    assert large.mean() > small.mean() + 0.5 > dry.mean() + 1.0
    both = world.with_edits([low, high])
    assert (water_share(both, grid, DAY) == large).all() and (water_share(both, grid, AFTER) == dry).all()
    flooded = edit_shares(world.with_edits([high]), grid, DAY)["flood"].astype(int)
    assert np.abs(dry + flooded - large).max() <= 2  # roundings


def test_edits_hold_from_then_until_then_and_bad_ones_are_refused() -> None:
    world = land()
    here = {"lon_deg": PLACE.lon_deg, "lat_deg": PLACE.lat_deg}
    edit = burn(world, "b", radius_m=100.0, since=DAY, until=AFTER, **here)
    assert [is_active(edit, t) for t in (BEFORE, DAY, AFTER - np.timedelta64(1, "s"), AFTER)] == [
        False,
        True,
        True,
        False,
    ]
    with pytest.raises(InputError, match="same id: b"):
        world.with_edits([edit, edit])
    with pytest.raises(InputError, match="there is no edit"):
        Edit("meteor", "m", DAY, None, (), None)
    with pytest.raises(InputError, match="before"):
        burn(world, "b", radius_m=100.0, since=DAY, until=BEFORE, **here)
    with pytest.raises(InputError, match="outside the world"):
        burn(world, "b", radius_m=100.0, since=DAY, lon_deg=0.0, lat_deg=0.0)
    with pytest.raises(InputError, match="no wood"):
        fell(world, "f", since=DAY, **somewhere(world, "field"))
    with pytest.raises(InputError, match="a building"):
        add_building(world, "x", length_m=10.0, width_m=10.0, height_m=90.0, since=DAY, **here)
    with pytest.raises(InputError, match="a rise"):
        raise_water(world, "x", rise_m=-1.0, since=DAY)
    with pytest.raises(InputError, match="a panel"):
        lay_panel(world, "x", ring_m=[(0, 0), (1, 0), (0, 1)], reflectance=0.123, since=DAY)
    with pytest.raises(InputError, match="projection"):
        edit_shares(world, replace(grid_of(world), epsg=32601), DAY)
    with pytest.raises(InputError, match="a world of"):
        make_world(PLACE, extent_m=90e3, seed=1)
    with pytest.raises(InputError, match="clouds over"):
        draw_clouds(world, cover_share=1.2, seed=1)


def test_the_elevation_model_is_that_of_the_land() -> None:
    grid = grid_of(land(), 50.0)
    heights = heights_on(land(), grid)
    east, south = to_world(land(), lon_deg=PLACE.lon_deg, lat_deg=PLACE.lat_deg)
    assert heights[60, 60] == pytest.approx(
        30.0 + float(height_at(land().terrain, 1000.0 + 3025.0, 1000.0 + 3025.0)), abs=1e-3
    )
    assert abs(float(east) - 4000.0) < 20.0 and abs(float(south) - 4000.0) < 20.0


@pytest.mark.parametrize("azimuth_deg", [0.0, 33.0, 90.0, 135.0, 200.0, 291.0])
@pytest.mark.parametrize("elevation_deg", [20.0, 50.0])
def test_a_tower_throws_its_shadow_away_from_the_sun(azimuth_deg: float, elevation_deg: float) -> None:
    height = np.zeros((400, 400), np.uint8)
    height[198:203, 198:203] = round(20.0 / STEP_M)
    east, south = np.sin(np.radians(azimuth_deg)), -np.cos(np.radians(azimuth_deg))
    step = max(abs(east), abs(south))
    lit = np.empty_like(height)
    flat = np.zeros((30, 30), np.float32)
    drop = 0.5 * np.tan(np.radians(elevation_deg)) / step
    cast_shadows(flat, height, Frame(0, 0, 0.5, 32.0), east / step, south / step, drop, lit)
    rows, columns = np.nonzero(lit == 0)
    away = np.hypot(rows - 200, columns - 200).max() * 0.5
    assert away == pytest.approx(20.0 / np.tan(np.radians(elevation_deg)), abs=2.0)  # the tower is 2.5 m wide
    middle = np.array([columns.mean() - 200, rows.mean() - 200])
    assert middle @ [east, south] / np.linalg.norm(middle) < -0.98


def test_slopes_towards_the_sun_are_bright_and_a_ridge_shades_the_valley() -> None:
    x = np.arange(200.0) * 16.0
    ridge = np.tile(300.0 * np.exp(-(((x - 1600.0) / 200.0) ** 2)), (20, 1)).astype(np.float32)
    low = np.radians(15.0)
    light = shade_terrain(ridge, 16.0, np.cos(low), 0.0, np.sin(low))[10]
    assert light[110] > 1.5 and light[60] == 0.0 and light[5] == pytest.approx(1.0, abs=0.02)
    shaded = (light == 0.0).sum() * 16.0
    assert shaded == pytest.approx(300.0 / np.tan(low), rel=0.15)  # from the crest, less the slope's own foot


@pytest.mark.parametrize(
    ("lon_deg", "lat_deg", "epsg"),
    [
        (11.9, 44.95, 32632),
        (12.0, 44.95, 32633),
        (-180.0, -10.0, 32701),
        (180.0, 10.0, 32601),
        (179.99, 10.0, 32660),
        (5.0, 84.5, 5041),
        (5.0, -81.0, 5042),
        (0.0, 0.0, 32631),
    ],
)
def test_lands_lie_in_the_zone_of_their_place(lon_deg: float, lat_deg: float, epsg: int) -> None:
    assert map_epsg(lon_deg=lon_deg, lat_deg=lat_deg) == epsg
    world = make_world(Place.point("x", lon_deg=lon_deg, lat_deg=lat_deg), extent_m=600.0, seed=1, margin_m=300.0)
    crs = pyproj.CRS.from_epsg(world.epsg)
    east, north = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon_deg, lat_deg)
    west_m, south_m, east_m, north_m = world.inside_m
    assert ((west_m + east_m) / 2, (south_m + north_m) / 2) == pytest.approx((east, north), abs=0.01)


def test_the_land_of_an_outline_is_its_box_and_the_margin() -> None:
    place = Place.box("b", lon_deg=11.9, lat_deg=44.95, width_m=5000.0, height_m=2000.0)
    world = make_world(place, seed=1, margin_m=700.0)
    west, south, east, north = world.inside_m
    assert (east - west, north - south) == pytest.approx((5000.0, 2000.0), abs=250.0)  # the box is askew in its zone
    assert world.width_m == pytest.approx(east - west + 1400.0, abs=CELL_M)
    assert world.height_m == pytest.approx(north - south + 1400.0, abs=CELL_M)
    assert world.west_m < west - 680.0 and world.north_m > north + 680.0
    assert world.terrain.height_m.shape[0] >= world.height_m / CELL_M
    assert world.terrain.height_m.shape[1] >= world.width_m / CELL_M


@pytest.mark.parametrize("cover", [0.0, 0.1, 0.5, 0.95, 1.0])
def test_clouds_cover_the_share_of_the_place_asked_for(cover: float) -> None:
    world = make_world(Place.point("c", lon_deg=11.9, lat_deg=44.95), extent_m=3000.0, seed=1, margin_m=1500.0)
    sky = draw_clouds(world, cover_share=cover, seed=3)
    if cover == 0.0:
        assert sky is CLEAR
        return
    west, south, east, north = world.inside_m
    rows = slice(int((world.north_m - north) / sky.cell_m), int(np.ceil((world.north_m - south) / sky.cell_m)))
    columns = slice(int((west - world.west_m) / sky.cell_m), int(np.ceil((east - world.west_m) / sky.cell_m)))
    assert (sky.opacity[rows, columns] > 0.5).mean() == pytest.approx(cover, abs=0.015)


@pytest.mark.parametrize("seed", range(4))
def test_rivers_rise_until_they_cover_the_share_asked_for(seed: int) -> None:
    place = Place.box("f", lon_deg=11.9, lat_deg=44.95, width_m=6000.0, height_m=4500.0)
    world = make_world(place, seed=seed, relief_m=40.0, pixel_m=1.5, margin_m=4000.0)
    west, south, east, north = world.inside_m
    grid = Grid(world.epsg, west, north, 15.0, int((east - west) / 15.0), int((north - south) / 15.0))
    for share in (0.10, 0.26):
        rise_m = rise_to_cover_m(world, share)
        flooded = world.with_edits([raise_water(world, "f", rise_m=rise_m, since=DAY)])
        seen = edit_shares(flooded, grid, DAY)["flood"].mean() / 100.0
        # Woods, houses and roads stand out of it, some fields lie a hand lower; rivers are no flood.
        assert 0.5 * share < seen < share + 0.04


def test_the_clear_map_shows_edges_where_the_truth_has_them() -> None:
    world = land()
    ring = [(3000.0, 3000.0), (3600.0, 3000.0), (3600.0, 3600.0), (3000.0, 3600.0)]
    dark = [(2700.0, 2700.0), (3900.0, 2700.0), (3900.0, 3900.0), (2700.0, 3900.0)]
    panels = [
        lay_panel(world, name, ring_m=corners, reflectance=light, since=DAY)
        for name, corners, light in (("dark", dark, 0.04), ("pale", ring, 0.4))
    ]
    grid = Grid(world.epsg, world.west_m + 2800.0, world.north_m - 2800.0, 5.0, 200, 200)
    found = clear_map(world.with_edits(panels), grid, DAY, band="nir")
    assert found[20, 20] == pytest.approx(400, abs=2) and found[100, 100] == pytest.approx(4000, abs=2)
    assert (found[100] > 2200).nonzero()[0].tolist() == list(range(40, 160))
    assert (found[:, 100] > 2200).nonzero()[0].tolist() == list(range(40, 160))
    with pytest.raises(InputError, match="projection"):
        clear_map(world, replace(grid, epsg=32601), DAY, band="nir")


@pytest.mark.parametrize(("row0", "column0", "cell"), [(0, 0, 9.85), (-30, -25, 8.0), (700, 640, 12.3)])
def test_a_flood_reaches_each_pixel_that_lies_lower_wherever_the_patch_is(row0: int, column0: int, cell: float) -> None:
    """Pixel by pixel in plain double precision, within the land and beyond its edges; a millimetre decides nothing."""
    rng = np.random.default_rng(5)
    above_m = rng.uniform(0.0, 3.0, (70, 64)).astype(np.float32)
    raised_m = np.array([0.0, 0.5, 0.2], np.float32)
    cover = rng.integers(0, 3, (150, 140)).astype(np.uint8)
    found = cover.copy()
    drown(found, above_m, row0, column0, cell, raised_m, 1.1, 2)
    row, column = np.indices(cover.shape)
    y = np.clip((row + row0 + 0.5) / cell - 0.5, 0.0, 70 - 1.001)
    x = np.clip((column + column0 + 0.5) / cell - 0.5, 0.0, 64 - 1.001)
    level_m = map_coordinates(above_m.astype(float), [y, x], order=1) + raised_m[cover]
    sure = np.abs(level_m - 1.1) > 1e-3
    assert (((found & 0x80) > 0) == ((level_m < 1.1) & (cover != 2)))[sure].all() and sure.mean() > 0.99
    assert (found & 0x7F == cover).all()
