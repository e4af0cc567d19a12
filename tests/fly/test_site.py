from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from swath.errors import InputError
from swath.fly import materials as looks
from swath.fly.kernels import distance, spill_height
from swath.fly.landscape import fractal_noise
from swath.fly.site import FLOOD_SHARE, KINDS, Site, make_site, make_sky, site_epsg
from swath.fly.truth import field_places, field_truth, reference_picture, truth_on
from swath.model import Grid, Place
from tests.fly.craft import plain_site

PO = Place.point("po", lon_deg=11.9, lat_deg=44.95)


@cache
def site_of(kind: str, seed: int = 1) -> Site:
    return make_site(PO, kind, 5000.0 if kind == "flood" else 2000.0, seed)


def grid_of(site: Site, pixel_m: float = 5.0) -> Grid:
    """The place itself on a map grid of the site's projection."""
    west, south, east, north = site.inside_m
    west, north = round(west / 5) * 5, round(north / 5) * 5
    return Grid(site.grid.epsg, west, north, pixel_m, int((east - west) // pixel_m), int((north - south) // pixel_m))


def on_map(site: Site, place: Place) -> shapely.Polygon:
    return shapely.Polygon(np.column_stack(site.projection(*np.array(place.ring).T)))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_seed_names_one_landscape(kind: str) -> None:
    one, same, other = make_site(PO, kind, 800.0, 5), make_site(PO, kind, 800.0, 5), make_site(PO, kind, 800.0, 6)
    assert one.cover.tobytes() == same.cover.tobytes() and one.flood_level_m == same.flood_level_m
    assert (one.cover != other.cover).mean() > 0.3


def test_the_country_has_what_was_ordered() -> None:
    cover = site_of("flood").cover & 0x7F
    share = {look: float((cover == look).mean()) for look in range(16)}
    assert 0.01 < share[looks.WATER] < 0.12
    assert 0.01 < share[looks.FOREST] < 0.15
    assert 0.002 < share[looks.TRACK] + share[looks.ROAD] < 0.06
    assert (cover >= looks.FIRST_FIELD).mean() > 0.5
    crops = {str(crop) for crop in site_of("flood").looks.crop[np.unique(cover)]} - {""}
    assert crops == set(looks.CROPS)


@pytest.mark.parametrize("seed", range(6))
def test_the_flood_covers_the_drawn_share_and_lies_on_dry_land(seed: int) -> None:
    site = site_of("flood", seed)
    truth = truth_on(site, grid_of(site))
    share = truth.flood_percent.mean() / 100
    assert 0.6 * FLOOD_SHARE[0] < share < FLOOD_SHARE[1]
    assert (truth.flood_percent.astype(int) + truth.permanent_water_percent <= 101).all()
    flooded = site.cover[site.cover >= looks.FLOODED] & 0x7F
    assert not np.isin(flooded, [looks.WATER, looks.FOREST, looks.GARDEN, looks.PLOT, *looks.ROOFS]).any()
    assert not truth_on(site, grid_of(site), flooded=False).flood_percent.any()


@pytest.mark.slow
def test_floods_of_the_main_job_cover_8_to_25_percent() -> None:
    place = Place.box("f", lon_deg=11.9, lat_deg=44.95, width_m=20e3, height_m=15e3)
    shares = []
    for seed in range(20):
        site = make_site(place, "flood", 0.0, seed)
        shares.append(truth_on(site, grid_of(site, 10.0)).flood_percent.mean() / 100)
    assert min(shares) > 0.07 and max(shares) < 0.26
    assert np.std(shares) > 0.02


@given(st.integers(0, 2**31), st.integers(5, 30), st.integers(5, 30))
def test_water_reaches_a_cell_at_the_least_highest_sill(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    height = rng.uniform(0, 10, (rows, columns)).astype(np.float32)
    source = np.zeros((rows, columns), bool)
    source[rng.integers(rows), rng.integers(columns)] = True
    spill = spill_height(height, source)
    # Independently: at any level, the cells below it that hang together with the source are those it has reached.
    for level in rng.uniform(0, 10, 3):
        wet = source & (height <= level)
        while True:
            wider = wet.copy()
            wider[1:] |= wet[:-1]
            wider[:-1] |= wet[1:]
            wider[:, 1:] |= wet[:, :-1]
            wider[:, :-1] |= wet[:, 1:]
            wider &= height <= level
            if (wider == wet).all():
                break
            wet = wider
        assert (wet == (spill <= level)).all()


@given(st.integers(0, 2**31))
def test_distance_is_that_of_the_nearest_marked_cell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    marked = rng.uniform(size=(20, 30)) < 0.02
    marked[rng.integers(20), rng.integers(30)] = True
    rows, columns = np.indices(marked.shape)
    at = np.argwhere(marked)
    exact = np.min(np.hypot(rows[..., None] - at[:, 0], columns[..., None] - at[:, 1]), -1)
    assert distance(marked) == pytest.approx(exact, rel=0.09)


def test_noise_is_standard_and_as_smooth_as_asked() -> None:
    noise = fractal_noise(np.random.default_rng(1), (200, 300), 20.0, 1000.0, 100.0, 1.5)
    assert noise.mean() == pytest.approx(0.0, abs=1e-4) and noise.std() == pytest.approx(1.0, abs=1e-3)
    assert np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(noise[:, 100:].ravel(), noise[:, :-100].ravel())[0, 1]) < 0.4


def test_fields_lie_in_the_place_side_by_side() -> None:
    site = site_of("field")
    places, truth = field_places(site), field_truth(site)
    assert len(places) == len(truth) > 20
    assert [p.id for p in places] == truth.field.tolist() and len(set(truth.field)) == len(truth)
    polygons = [on_map(site, place) for place in places]
    assert all(p.is_valid for p in polygons)
    assert shapely.area(polygons) == pytest.approx(truth.area_m2, rel=1e-6)
    assert shapely.unary_union(polygons).area == pytest.approx(truth.area_m2.sum(), rel=1e-6)
    assert shapely.unary_union(polygons).within(shapely.box(*site.inside_m))
    geod = pyproj.Geod(ellps="WGS84")
    for place, area_m2 in zip(places[:10], truth.area_m2[:10], strict=True):
        assert abs(geod.polygon_area_perimeter(*np.array(place.ring).T)[0]) == pytest.approx(area_m2, rel=3e-3)


def test_true_ndvi_is_what_the_pixels_of_the_field_show() -> None:
    site = site_of("field", 3)
    grid = grid_of(site)
    map_ = reference_picture(site, grid).astype(float) / 10000.0
    east, north = grid.centres_m()
    points = shapely.points(*(a.ravel() for a in np.meshgrid(east, north)))
    truth = field_truth(site)
    checked = 0
    for place, ndvi, ndvi_toa in zip(field_places(site), truth.ndvi, truth.ndvi_toa, strict=True):
        inner = on_map(site, place).buffer(-5.0)
        if inner.area < 8000.0:
            continue
        mine = shapely.contains(inner, points).reshape(grid.shape)
        red, nir = map_[2][mine].mean(), map_[3][mine].mean()
        assert (nir - red) / (nir + red) == pytest.approx(ndvi_toa, abs=0.01)
        red, nir = red - looks.HAZE[2], nir - looks.HAZE[3]
        assert (nir - red) / (nir + red) == pytest.approx(ndvi, abs=0.012)
        checked += 1
    assert checked > 15
    assert truth.ndvi[truth.crop == "wheat"].mean() > 0.7 > 0.4 > truth.ndvi[truth.crop == "maize"].mean()


def test_truth_in_another_projection_has_the_same_area() -> None:
    site = site_of("flood", 2)
    own = grid_of(site)
    middle = (site.inside_m[0] + site.inside_m[2]) / 2, (site.inside_m[1] + site.inside_m[3]) / 2
    east, north = pyproj.Transformer.from_crs(own.epsg, 32632, always_xy=True).transform(*middle)
    other = Grid(32632, east - 1500.0, north + 1500.0, 5.0, 600, 600)
    same = Grid(own.epsg, middle[0] - 1500.0, middle[1] + 1500.0, 5.0, 600, 600)
    a, b = truth_on(site, same).flood_percent.mean(), truth_on(site, other).flood_percent.mean()
    # The two squares are turned by 2 deg against each other: their edges differ a little.
    assert a == pytest.approx(b, abs=1.5) and a > 1.0


def test_truth_of_a_pixel_is_the_share_of_its_area() -> None:
    site = plain_site(PO, looks.SAND)
    site.cover[100:140, 200:240] = looks.WATER
    grid = Grid(site.grid.epsg, site.grid.west_m, site.grid.north_m, 5.0, 200, 200)
    truth = truth_on(site, grid)
    assert truth.permanent_water_percent.sum() == 100 * 20 * 20
    shifted = replace(grid, west_m=grid.west_m + 2.5, north_m=grid.north_m - 1.25)
    share = truth_on(site, shifted).permanent_water_percent
    assert float(share.sum()) == pytest.approx(100 * 20 * 20, rel=0.01)
    assert 50 in share and 25 in share  # a side cut in halves, a corner in quarters


def test_the_reference_map_shows_edges_where_the_truth_has_them() -> None:
    site = plain_site(PO, looks.WATER)
    site.cover[:, 400:] = 13
    grid = Grid(site.grid.epsg, site.grid.west_m, site.grid.north_m, 5.0, 400, 50)
    row = reference_picture(site, grid)[2, 20].astype(int)
    assert (row[:200] == row[0]).all() and (row[200:] == row[-1]).all()
    assert row[0] == round((0.055 + looks.HAZE[2]) * 1e4) and row[-1] == pytest.approx(
        (0.33 + looks.HAZE[2]) * 1e4, abs=1
    )


@pytest.mark.parametrize("cover", [0.0, 0.1, 0.5, 0.95, 1.0])
def test_clouds_cover_the_share_asked_for(cover: float) -> None:
    site = site_of("flood")
    sky = make_sky(site, cover=cover, sun_elevation_deg=40.0, sun_azimuth_deg=150.0, seed=3)
    truth = truth_on(site, grid_of(site), sky=sky)
    assert (truth.cloud_percent > 50).mean() == pytest.approx(cover, abs=0.015)
    if cover == 0.5:
        assert ((truth.cloud_percent > 5) & (truth.cloud_percent < 95)).mean() > 0.1
        assert (truth.shadow_percent != truth.cloud_percent).mean() > 0.3
    if cover == 0.0:
        assert not truth.cloud_percent.any() and not truth.shadow_percent.any()


@given(st.floats(8.0, 85.0), st.floats(0.0, 359.0))
def test_shadows_fall_away_from_the_sun_by_height_over_tangent(elevation_deg: float, azimuth_deg: float) -> None:
    sky = make_sky(site_of("field"), cover=0.3, sun_elevation_deg=elevation_deg, sun_azimuth_deg=azimuth_deg, seed=1)
    length_m = np.hypot(sky.shadow_east_m, sky.shadow_north_m)
    assert length_m == pytest.approx(sky.height_m / np.tan(np.radians(elevation_deg)), rel=1e-9)
    to_sun = np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))
    assert sky.shadow_east_m * to_sun[0] + sky.shadow_north_m * to_sun[1] == pytest.approx(-length_m, rel=1e-9)


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
def test_sites_lie_in_the_zone_of_their_place(lon_deg: float, lat_deg: float, epsg: int) -> None:
    assert site_epsg(lon_deg=lon_deg, lat_deg=lat_deg) == epsg
    site = make_site(Place.point("x", lon_deg=lon_deg, lat_deg=lat_deg), "field", 600.0, 1)
    crs = pyproj.CRS.from_epsg(site.grid.epsg)
    east, north = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon_deg, lat_deg)
    west_m, south_m, east_m, north_m = site.inside_m
    assert ((west_m + east_m) / 2, (south_m + north_m) / 2) == pytest.approx((east, north), abs=0.01)


def test_wrong_orders_are_refused_in_words() -> None:
    with pytest.raises(InputError, match="no kind of site 'jungle'"):
        make_site(PO, "jungle", 2000.0, 1)
    for extent_m in (20.0, 90e3):
        with pytest.raises(InputError, match="cannot be simulated"):
            make_site(PO, "field", extent_m, 1)
    for cover, elevation_deg in ((1.2, 40.0), (-0.1, 40.0), (0.5, -2.0)):
        with pytest.raises(InputError, match="Give a cover"):
            make_sky(site_of("field"), cover=cover, sun_elevation_deg=elevation_deg, sun_azimuth_deg=0.0, seed=1)
