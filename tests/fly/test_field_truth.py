"""The fields of a world: where they lie, and which NDVI a perfect camera would find."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pyproj
import pytest
import shapely

from swath.fly import materials as looks
from swath.fly.clouds import draw_clouds
from swath.fly.field_truth import FieldTruth, fields_of, true_fields
from swath.fly.job import Job
from swath.fly.motion import PERFECT
from swath.fly.scanner import aim, scan
from swath.fly.world import World, make_world
from swath.model import Place
from tests.fly.craft import Circle, exposure, place_in_view, satellite

ORBIT = Circle()
WANTED = replace(exposure(lines=440, columns=440, roll_deg=8.0), sun_elevation_deg=52.0, sun_azimuth_deg=150.0)


def job_of(world: World) -> Job:
    return aim(world, satellite(), ORBIT, WANTED, seed=1, disturbance=PERFECT).job


@cache
def farm() -> tuple[World, tuple[Place, ...], FieldTruth]:
    world = make_world(
        place_in_view(WANTED, ORBIT), extent_m=1500.0, seed=2, relief_m=30.0, pixel_m=1.25, margin_m=600.0
    )
    job = job_of(world)
    return (world, *true_fields(job, world.inside_m))


def on_map(world: World, place: Place) -> shapely.Polygon:
    return shapely.Polygon(np.column_stack(world.projection(*np.array(place.ring).T)))


def test_fields_lie_in_the_place_side_by_side() -> None:
    world, places, truth = farm()
    assert len(places) == len(truth) > 20
    assert [p.id for p in places] == truth.field.tolist() and len(set(truth.field)) == len(truth)
    polygons = [on_map(world, place) for place in places]
    assert all(p.is_valid for p in polygons)
    assert shapely.area(polygons) == pytest.approx(truth.area_m2, rel=1e-6)
    assert shapely.unary_union(polygons).area == pytest.approx(truth.area_m2.sum(), rel=1e-6)
    assert shapely.unary_union(polygons).within(shapely.box(*world.inside_m))
    assert set(truth.crop.tolist()) <= set(looks.CROPS) and truth.area_m2.min() >= 3000.0
    geod = pyproj.Geod(ellps="WGS84")
    for place, area_m2 in zip(places[:10], truth.area_m2[:10], strict=True):
        assert abs(geod.polygon_area_perimeter(*np.array(place.ring).T)[0]) == pytest.approx(area_m2, rel=3e-3)


def test_true_ndvi_is_what_a_picture_shows_in_the_midst_of_each_field() -> None:
    """Pixels two and more inside the outline, found by the exact lines of sight of another module."""
    world, places, truth = farm()
    picture = scan(world, satellite(), ORBIT, WANTED, seed=1, disturbance=PERFECT)
    red, nir = ((picture.pixels[band].astype(float) - picture.header["offset_count"]) for band in (2, 3))
    job = job_of(world)
    rays = job.view.rays
    lines, columns = np.indices(red.shape)
    # Bands and relief shift places by less than the two pixels that are left out.
    x, y = (
        _lattice(field[2] + slope[2] * float(np.median(world.terrain.height_m)), rays, lines, columns)
        for field, slope in ((rays.x, rays.dx), (rays.y, rays.dy))
    )
    points = shapely.points(world.west_m + x.ravel(), world.north_m - y.ravel())
    off = []
    for place, ndvi in zip(places, truth.ndvi_toa, strict=True):
        inner = on_map(world, place).buffer(-14.0)
        if inner.area < 4000.0:
            continue
        mine = shapely.contains(inner, points).reshape(red.shape)
        off.append((nir[mine].mean() - red[mine].mean()) / (nir[mine].mean() + red[mine].mean()) - ndvi)
    assert len(off) > 12
    assert np.abs(np.mean(off)) < 0.004 and np.std(off) < 0.01


def _lattice(field: np.ndarray, rays: object, lines: np.ndarray, columns: np.ndarray) -> np.ndarray:
    i, j = lines / rays.line_step, columns / rays.column_step  # type: ignore[attr-defined]
    a, b = np.minimum(i.astype(int), field.shape[0] - 2), np.minimum(j.astype(int), field.shape[1] - 2)
    f, g = i - a, j - b
    top = field[a, b] * (1 - g) + field[a, b + 1] * g
    return np.asarray(top * (1 - f) + (field[a + 1, b] * (1 - g) + field[a + 1, b + 1] * g) * f)


def test_a_box_without_fields_has_none() -> None:
    world, _, _ = farm()
    west, _, _, north = world.inside_m
    places, truth = true_fields(
        job_of(world),
        (west, north - 30.0, west + 30.0, north),
    )
    assert places == () and len(truth) == 0


def test_the_cadastre_and_the_truth_do_not_depend_on_the_sky() -> None:
    world, places, truth = farm()
    assert fields_of(world, world.inside_m, WANTED.start) == places
    sky = draw_clouds(world, cover_share=0.6, seed=4)
    job = aim(world, satellite(), ORBIT, WANTED, seed=1, clouds=sky, disturbance=PERFECT).job
    again, covered = true_fields(job, world.inside_m)
    assert again == places and (covered.ndvi_toa == truth.ndvi_toa).all()
