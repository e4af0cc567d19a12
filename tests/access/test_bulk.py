from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access.bulk import BaseWindows, base_windows, extremes
from swath.access.many import ground_of
from swath.access.search import Spans
from swath.errors import DataError, InputError
from swath.model import Elements, Place
from swath.orbit.ephemeris import sgp4_ephemeris, tabulate
from swath.sources.eop import packaged_eop
from tests.access import brute
from tests.access.brute import assert_same_windows
from tests.access.test_accesses import EXAMPLES, PLACES
from tests.orbit.orbits import EPOCH, made_up, orbits

HOUR = np.timedelta64(1, "h")
LOW = made_up(perigee_km=500, apogee_km=510, inclination_deg=97.4)


def some_places(number: int, seed: int = 3) -> list[Place]:
    rng = np.random.default_rng(seed)
    lat_deg = np.degrees(np.arcsin(rng.uniform(-1, 1, number)))
    return [
        Place.point(f"p{n}", lon_deg=float(rng.uniform(-180, 180)), lat_deg=float(lat), altitude_m=300.0)
        for n, lat in enumerate(lat_deg)
    ]


def of_place(found: BaseWindows, number: int) -> list[tuple[float, float]]:
    mine = found.place == number
    return list(zip(found.start_s[mine].tolist(), found.stop_s[mine].tolist(), strict=True))


@given(
    orbits(),
    PLACES,
    st.floats(-5.0, 85.0),
    st.one_of(st.none(), st.floats(0.5, 70.0)),
    st.sampled_from(["geodetic", "geocentric"]),
    st.floats(0.0, 20.0),
    st.floats(0.02, 8.0),
)
@settings(max_examples=EXAMPLES)
def test_the_same_windows_as_a_brute_force_search(
    elements: Elements,
    place: Place,
    min_elevation_deg: float,
    max_off_nadir_deg: float | None,
    nadir: str,
    after_hours: float,
    hours: float,
) -> None:
    start = EPOCH + np.timedelta64(round(after_hours * 3600), "s")
    try:
        table = tabulate(
            sgp4_ephemeris(elements, packaged_eop()), start, start + np.timedelta64(round(hours * 3600), "s")
        )
    except DataError:
        return  # it came down
    limits = {
        "min_elevation_deg": min_elevation_deg, "max_off_nadir_deg": max_off_nadir_deg, "nadir": nadir,
    }  # fmt: skip
    # Among others, so that it has to be found in its cell.
    places = [*some_places(30), place]
    found = base_windows(table, ground_of(places), **limits)
    holds = brute.margin(elements, place, start, packaged_eop(), **limits)
    assert_same_windows(of_place(found, 30), brute.windows(holds, round(hours * 3600)), holds)


def test_windows_come_by_place_and_time_with_the_least_range_inside() -> None:
    places = some_places(50)
    orbit = sgp4_ephemeris(LOW, packaged_eop())
    table = tabulate(orbit, EPOCH, EPOCH + 24 * HOUR)
    found = base_windows(table, ground_of(places), min_elevation_deg=5.0)
    assert len(found) > 150
    assert (np.lexsort((found.start_s, found.place)) == np.arange(len(found))).all()
    for n in range(0, len(found), 7):
        t_s = np.linspace(found.start_s[n], found.stop_s[n], 4001)
        range_m = np.linalg.norm(table.positions_after(t_s) - brute.place_xyz_m(places[found.place[n]]), axis=-1)
        assert abs(t_s[np.argmin(range_m)] - found.closest_s[n]) < (t_s[1] - t_s[0])


def test_every_place_can_have_its_own_least_elevation() -> None:
    places = some_places(40)
    table = tabulate(sgp4_ephemeris(LOW, packaged_eop()), EPOCH, EPOCH + 24 * HOUR)
    least_deg = np.linspace(-3.0, 60.0, 40)
    together = base_windows(table, ground_of(places), min_elevation_deg=least_deg)
    for number, place in enumerate(places):
        alone = base_windows(table, ground_of([place]), min_elevation_deg=float(least_deg[number]))
        assert np.allclose(of_place(together, number), of_place(alone, 0), atol=1e-5)


def test_windows_are_cut_at_the_ends_of_the_span() -> None:
    places = some_places(60)
    orbit = sgp4_ephemeris(LOW, packaged_eop())
    whole = base_windows(tabulate(orbit, EPOCH, EPOCH + 6 * HOUR), ground_of(places), max_off_nadir_deg=60.0)
    inside = np.flatnonzero((whole.stop_s - whole.start_s > 60.0) & (whole.start_s > 3600.0))[:20]
    assert len(inside) == 20
    for n in inside:
        begin_s, end_s = np.round(whole.start_s[n]) + 10.0, np.round(whole.stop_s[n]) - 10.0
        at = EPOCH + (np.array([begin_s, end_s]) * 1e9).astype("timedelta64[ns]")
        cut = base_windows(tabulate(orbit, at[0], at[1]), ground_of(places), max_off_nadir_deg=60.0)
        assert (0.0, end_s - begin_s) == pytest.approx(of_place(cut, whole.place[n])[0], abs=1e-9)


def test_the_far_side_of_the_earth_is_not_near_the_nadir() -> None:
    places = [Place.point(f"n{lat}", lon_deg=30.0, lat_deg=float(lat)) for lat in range(-90, 91, 5)]
    polar = made_up(perigee_km=500, apogee_km=510, inclination_deg=90.0)
    table = tabulate(sgp4_ephemeris(polar, packaged_eop()), EPOCH, EPOCH + 24 * HOUR)
    for most_deg in (1.0, 30.0, 60.0, 66.0, 90.0):
        found = base_windows(table, ground_of(places), max_off_nadir_deg=most_deg)
        middle_s = (found.start_s + found.stop_s) / 2.0
        at_m = ground_of(places).at_itrf_m[found.place]
        assert (np.linalg.norm(table.positions_after(middle_s) - at_m, axis=-1) < 2.8e6).all()
        assert len(found) > 10


def test_no_places_give_no_windows_and_an_unknown_nadir_is_refused() -> None:
    table = tabulate(sgp4_ephemeris(LOW, packaged_eop()), EPOCH, EPOCH + HOUR)
    assert len(base_windows(table, ground_of([]))) == 0
    with pytest.raises(InputError, match="'up' is no nadir"):
        base_windows(table, ground_of(some_places(1)), max_off_nadir_deg=30.0, nadir="up")


@given(
    orbits(),
    PLACES,
    st.sampled_from(["geodetic", "geocentric"]),
    st.floats(0.0, 20.0),
    st.floats(0.001, 30.0),
)
@settings(max_examples=EXAMPLES)
def test_extremes_are_those_of_close_samples(
    elements: Elements, place: Place, nadir: str, after_hours: float, hours: float
) -> None:
    """Angles and ranges once a second (or 2,000 times), by formulas of their own."""
    start = EPOCH + np.timedelta64(round(after_hours * 3600), "s")
    orbit, length_s = sgp4_ephemeris(elements, packaged_eop()), max(round(hours * 3600), 3)
    try:
        table = tabulate(orbit, start, start + np.timedelta64(length_s, "s"))
    except DataError:
        return
    window = Spans(np.zeros(1, np.intp), np.array([0.2 * length_s]), np.array([0.9 * length_s]))
    found = extremes(table, ground_of([place]), window, nadir)
    t_s = np.linspace(window.start_s[0], window.stop_s[0], max(length_s, 2000))
    r, spot = table.positions_after(t_s), brute.place_xyz_m(place)
    range_m = np.linalg.norm(r - spot, axis=-1)
    elevation_deg = 90.0 - brute.angle_deg(r - spot, -brute.geodetic_down(spot[None]))
    off_nadir_deg = brute.angle_deg(spot - r, brute.geodetic_down(r) if nadir == "geodetic" else -r)
    assert found.range_m[0] == pytest.approx(range_m.min(), abs=30.0) and found.range_m[0] <= range_m.min() + 0.01
    assert -1e-6 <= found.max_elevation_deg[0] - elevation_deg.max() < 0.6
    assert -0.6 < found.min_off_nadir_deg[0] - off_nadir_deg.min() <= 2e-5
    for moment_s, values in ((found.closest_s[0], range_m), (found.highest_s[0], -elevation_deg)):
        at = np.interp(moment_s, t_s, values)
        assert at == pytest.approx(values.min(), abs=0.6 if values is not range_m else 30.0)
        assert window.start_s[0] <= moment_s <= window.stop_s[0]
