from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access.accesses import find_accesses
from swath.access.polygons import area_centre, sample_area, unrolled
from swath.errors import InputError
from swath.model import Place
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from tests.orbit.orbits import EPOCH, made_up

HOUR = np.timedelta64(1, "h")
ORBIT = {"s": sgp4_ephemeris(made_up(perigee_km=600, apogee_km=620, inclination_deg=97.8), packaged_eop())}


def area(*ring: tuple[float, float], **more: tuple) -> Place:
    return Place("area", *ring[0], ring=ring, **more)


AREAS = {
    "box": area((10, 40), (12, 40), (12, 42), (10, 42)),
    "date line": area((179, -1), (-179, -1), (-179, 1), (179, 1)),
    "past 180 by the other way": area((-179, -1), (-179, 1), (179, 1), (179, -1)),
    "pole, ring only": area((0, 80), (90, 80), (180, 80), (-90, 80)),
    "pole, drawn along the edge of the map": area(
        (-180, -70), (-90, -70), (0, -70), (90, -70), (180, -70), (180, -90), (-180, -90)
    ),
    "band": area((-180, -60), (180, -60), (180, 60), (-180, 60)),
    "hole": area((10, 40), (14, 40), (14, 44), (10, 44), holes=(((11, 41), (13, 41), (13, 43), (11, 43)),)),
    "two parts": area((10, 40), (11, 40), (11, 41), (10, 41), further=((((20, 50), (21, 50), (21, 51), (20, 51)),),)),
    "long and thin": area((10, 40), (20, 40.001), (20, 40.002), (10, 40.001)),
}
SHARES = {  # of the Earth's surface, a sphere: (sin top - sin bottom) / 2 x width / 360
    "box": (np.sin(np.radians(42)) - np.sin(np.radians(40))) / 2 * 2 / 360,
    "date line": np.sin(np.radians(1)) * 2 / 360,
    "past 180 by the other way": np.sin(np.radians(1)) * 2 / 360,
    "pole, ring only": (1 - np.sin(np.radians(80))) / 2,
    "pole, drawn along the edge of the map": (1 - np.sin(np.radians(70))) / 2,
    "band": np.sin(np.radians(60)),
}


def share_inside(place: Place) -> float:
    """Of random points of the whole Earth: those that lie in the unrolled area, whatever turn they are on."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-180, 180, 200_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 200_000)))
    held = np.zeros(len(lon), bool)
    for turn in (-360, 0, 360):
        held |= shapely.contains_xy(unrolled(place), lon + turn, lat)
    return held.mean()


@pytest.mark.parametrize("name", SHARES)
def test_areas_are_as_large_as_they_are(name: str) -> None:
    want = SHARES[name]
    assert share_inside(AREAS[name]) == pytest.approx(want, abs=4 * np.sqrt(want / 200_000))


@pytest.mark.parametrize("name", AREAS)
def test_samples_cover_the_area_evenly(name: str) -> None:
    place = AREAS[name]
    lon, lat, share = sample_area(place)
    assert share.sum() == pytest.approx(1.0)
    inside = share > 0
    assert 30 <= inside.sum() <= 20_000
    assert share[inside].max() < 3 * share[inside].min()
    turned = [shapely.buffer(unrolled(place), 1e-9).covers(shapely.points(lon + t, lat)) for t in (-360, 0, 360)]
    assert np.any(turned, axis=0).all()


def test_centres() -> None:
    assert area_centre(AREAS["box"]) == pytest.approx((11.0, 41.0))
    assert abs(area_centre(AREAS["date line"])[0]) == pytest.approx(180.0)
    assert area_centre(AREAS["pole, ring only"])[1] > 89.0
    assert area_centre(AREAS["pole, drawn along the edge of the map"])[1] < -89.0


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (area((0, 0), (2, 2), (2, 0), (0, 2)), "it has no area|Self-intersection"),
        (area((0, 0), (2, 3), (2, 0), (0, 2)), "Self-intersection"),
        (area((0, 0), (1, 0), (2, 0)), "no area"),
        (area((0, 0), (9, 0), (9, 9), holes=(((20, 0), (21, 0), (21, 1)),)), "Hole lies outside"),
        (area((0, 0), (9, 0), (9, 9), further=((((1, 0), (8, 0), (8, 5)),),)), "polygons overlap"),
    ],
)
def test_what_is_no_area_is_refused(place: Place, why: str) -> None:
    with pytest.raises(InputError, match=why):
        unrolled(place)


def edges(place: Place, cover: str, **limits: object) -> list[tuple[float, float]]:
    found = find_accesses(ORBIT, [place], EPOCH, EPOCH + 24 * HOUR, packaged_eop(), cover=cover, **limits)
    return [
        tuple(float((t - EPOCH) / np.timedelta64(1, "ms")) / 1e3 for t in pair)
        for pair in zip(found.start, found.stop, strict=True)
    ]


@given(st.floats(-180, 180), st.floats(-75, 75), st.floats(0.02, 8.0), st.sampled_from([20.0, 45.0]))
@settings(max_examples=10)
def test_any_and_whole_against_a_dense_grid(lon_deg: float, lat_deg: float, side_deg: float, widest_deg: float) -> None:
    """The corner or the edge that is seen first decides: a grid of 41 x 41 points, each searched on its own."""
    half = side_deg / 2
    ring = [
        (lon_deg - half, lat_deg - half),
        (lon_deg + half, lat_deg - half),
        (lon_deg + half, lat_deg + half),
        (lon_deg - half, lat_deg + half),
    ]
    place = area(*(((x + 180) % 360 - 180, y) for x, y in ring))
    x, y = np.meshgrid(np.linspace(lon_deg - half, lon_deg + half, 41), np.linspace(lat_deg - half, lat_deg + half, 41))
    grid = [
        Place.point(str(n), lon_deg=float((a + 180) % 360 - 180), lat_deg=float(b))
        for n, (a, b) in enumerate(zip(x.ravel(), y.ravel(), strict=True))
    ]
    each = find_accesses(ORBIT, grid, EPOCH, EPOCH + 24 * HOUR, packaged_eop(), max_off_nadir_deg=widest_deg)
    t = np.arange(0, 86_400, 2.0)
    seen = np.zeros(len(t), int)
    for a, b in zip(each.start, each.stop, strict=True):
        seen += (t >= (a - EPOCH) / np.timedelta64(1, "s")) & (t <= (b - EPOCH) / np.timedelta64(1, "s"))
    for cover, need in (("any", 1), ("whole", len(grid))):
        found = np.zeros(len(t), bool)
        for a, b in edges(place, cover, max_off_nadir_deg=widest_deg):
            found |= (t >= a) & (t <= b)
        wrong = t[found != (seen >= need)]
        # a grazing edge between grid points may differ by seconds, a pass may not
        assert len(wrong) <= 2 * (1 + len(edges(place, cover, max_off_nadir_deg=widest_deg)))


def test_an_area_without_extent_is_its_centre() -> None:
    tiny = area((20.0, 30.0), (20.00001, 30.0), (20.00001, 30.00001), (20.0, 30.00001))
    wanted = edges(Place.point("p", lon_deg=20.000005, lat_deg=30.000005), "centre", max_off_nadir_deg=40.0)
    assert len(wanted) > 0
    for cover in ("any", "whole", "centre"):
        assert np.allclose(edges(tiny, cover, max_off_nadir_deg=40.0), wanted, atol=0.01)


def test_points_and_areas_together_keep_their_rows() -> None:
    places = [
        Place.point("p", lon_deg=11.0, lat_deg=41.0),
        *(AREAS[n] for n in ("box",)),
        Place.point("q", lon_deg=-60.0, lat_deg=10.0),
    ]
    together = find_accesses(ORBIT, places, EPOCH, EPOCH + 24 * HOUR, packaged_eop(), max_off_nadir_deg=45.0)
    for place in places:
        alone = find_accesses(ORBIT, [place], EPOCH, EPOCH + 24 * HOUR, packaged_eop(), max_off_nadir_deg=45.0)
        mine = together.take(together.place == place.id)
        assert mine.place.tolist() == alone.place.tolist()
        for name in ("start", "stop", "closest"):  # sums of other lengths round otherwise
            assert (np.abs(getattr(mine, name) - getattr(alone, name)) < np.timedelta64(100, "us")).all()
        np.testing.assert_allclose(mine.min_off_nadir_deg, alone.min_off_nadir_deg, atol=1e-6)
    box, point = (together.take(together.place == name) for name in ("area", "p"))
    assert len(box) >= len(point) >= 1
    # the best part of an area is seen no worse than its centre
    for row in point.rows():
        same = (box.start <= row["start"]) & (box.stop >= row["stop"])
        assert box.min_off_nadir_deg[same][0] <= row["min_off_nadir_deg"] + 1e-6
