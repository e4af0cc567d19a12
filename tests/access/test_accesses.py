from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access.accesses import Accesses, find_accesses, find_eclipses
from swath.errors import DataError, InputError
from swath.model import Elements, Place
from swath.orbit.ephemeris import sgp4_ephemeris, tabulate
from swath.orbit.sun import sun_angles_deg, sun_direction_itrf, sunlit_signal
from swath.sources.eop import packaged_eop
from tests.access import brute
from tests.orbit.orbits import EPOCH, made_up, orbits

HOUR = np.timedelta64(1, "h")
LOW = made_up(perigee_km=500, apogee_km=510, inclination_deg=97.4)

EXAMPLES = int(os.environ.get("SWATH_BRUTE_FORCE_EXAMPLES", "60"))

PLACES = st.builds(
    Place.point,
    st.just("here"),
    lon_deg=st.one_of(st.sampled_from([180.0, -180.0, 179.99, 0.0]), st.floats(-180.0, 180.0)),
    lat_deg=st.one_of(st.sampled_from([90.0, -90.0, 89.99, 0.0]), st.floats(-90.0, 90.0)),
    altitude_m=st.sampled_from([0.0, -400.0, 5000.0]),
)


def seconds_after(start: np.datetime64, at: np.ndarray) -> np.ndarray:
    return (at - start) / np.timedelta64(1, "ns") * 1e-9


@given(
    orbits(),
    PLACES,
    st.one_of(st.none(), st.floats(0.0, 85.0)),
    st.one_of(st.none(), st.floats(0.5, 65.0)),
    st.one_of(st.none(), st.floats(-18.0, 60.0)),
    st.sampled_from(["geodetic", "geocentric"]),
    st.floats(0.0, 20.0),
    st.floats(0.02, 8.0),
)
@settings(max_examples=EXAMPLES)
def test_the_same_windows_as_a_brute_force_search(
    elements: Elements,
    place: Place,
    min_elevation_deg: float | None,
    max_off_nadir_deg: float | None,
    min_sun_elevation_deg: float | None,
    nadir: str,
    after_hours: float,
    hours: float,
) -> None:
    start = EPOCH + np.timedelta64(round(after_hours * 3600), "s")
    stop = start + np.timedelta64(round(hours * 3600), "s")
    limits = {
        "max_off_nadir_deg": max_off_nadir_deg,
        "min_sun_elevation_deg": min_sun_elevation_deg,
        "nadir": nadir,
    }
    orbit = {"sat": sgp4_ephemeris(elements, packaged_eop())}
    try:
        found = find_accesses(
            orbit, [place], start, stop, packaged_eop(), min_elevation_deg=min_elevation_deg, **limits
        )
    except DataError:
        return  # it came down
    holds = brute.margin(elements, place, start, packaged_eop(), min_elevation_deg=min_elevation_deg or 0.0, **limits)
    rows = list(zip(seconds_after(start, found.start), seconds_after(start, found.stop), strict=True))
    brute.assert_same_windows(rows, brute.windows(holds, round(hours * 3600)), holds)


@pytest.mark.parametrize("nadir", ["geodetic", "geocentric"])
def test_the_columns_are_the_extremes_of_their_window(nadir: str) -> None:
    places = [
        Place.point(f"p{n}", lon_deg=23.0 * n - 170.0, lat_deg=11.0 * n - 80.0, altitude_m=100.0) for n in range(15)
    ]
    orbit = sgp4_ephemeris(LOW, packaged_eop())
    found = find_accesses(
        {"SW-1": orbit}, places, EPOCH, EPOCH + 24 * HOUR, packaged_eop(), max_off_nadir_deg=50.0, nadir=nadir
    )
    assert len(found) > 20
    assert (np.diff(found.start) >= np.timedelta64(0)).all()
    for row in found.rows():
        place = next(p for p in places if p.id == row["place"])
        at = row["start"] + (row["stop"] - row["start"]) * np.arange(2001) // 2000
        r, _ = orbit.states(at)
        spot = brute.place_xyz_m(place)
        range_m = np.linalg.norm(r - spot, axis=-1)
        assert abs(at[np.argmin(range_m)] - row["closest"]) < np.timedelta64(300, "ms")
        down = brute.geodetic_down(r) if nadir == "geodetic" else -r
        assert brute.angle_deg(spot - r, down).min() == pytest.approx(row["min_off_nadir_deg"], abs=2e-3)
        up = -brute.geodetic_down(spot[None])
        assert 90 - brute.angle_deg(r - spot, up).min() == pytest.approx(row["max_elevation_deg"], abs=2e-3)
        sun_deg, _ = sun_angles_deg(place.lon_deg, place.lat_deg, row["closest"], packaged_eop())
        assert sun_deg == pytest.approx(row["sun_elevation_deg"], abs=1e-9)


def test_searching_together_is_searching_one_by_one() -> None:
    rng = np.random.default_rng(5)
    places = [
        Place.point(f"p{n}", lon_deg=float(rng.uniform(-180, 180)), lat_deg=float(rng.uniform(-90, 90)))
        for n in range(40)
    ]
    fleet = {
        f"SW-{n}": sgp4_ephemeris(
            made_up(perigee_km=480 + 70 * n, apogee_km=500 + 70 * n, inclination_deg=97 - 30 * n, raan_deg=80.0 * n),
            packaged_eop(),
        )
        for n in range(3)
    }
    asked = {"max_off_nadir_deg": 35.0, "min_sun_elevation_deg": 5.0}
    together = find_accesses(fleet, places, EPOCH, EPOCH + 12 * HOUR, packaged_eop(), **asked)
    apart = [
        find_accesses({name: fleet[name]}, [place], EPOCH, EPOCH + 12 * HOUR, packaged_eop(), **asked)
        for name in fleet
        for place in places
    ]
    alone = Accesses.join(apart).sort_by("start", "satellite", "place")
    assert len(together) == len(alone) > 30
    assert together.to_json() == alone.to_json()


def test_no_place_or_no_satellite_gives_no_window() -> None:
    orbit = {"SW-1": sgp4_ephemeris(LOW, packaged_eop())}
    somewhere = [Place.point("a", lon_deg=0, lat_deg=0)]
    assert len(find_accesses(orbit, [], EPOCH, EPOCH + HOUR, packaged_eop(), max_off_nadir_deg=30.0)) == 0
    assert len(find_accesses({}, somewhere, EPOCH, EPOCH + HOUR, packaged_eop())) == 0


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"max_off_nadir_deg": 91.0}, "max_off_nadir_deg is 91.0"),
        ({"max_off_nadir_deg": float("nan")}, "max_off_nadir_deg is nan"),
        ({"min_elevation_deg": -91.0}, "min_elevation_deg is -91.0"),
        ({"min_sun_elevation_deg": 100.0}, "min_sun_elevation_deg is 100.0"),
        ({"max_off_nadir_deg": 30.0, "nadir": "up"}, "'up' is no nadir"),
    ],
)
def test_limits_that_cannot_be_are_refused(limits: dict, why: str) -> None:
    orbit = {"SW-1": sgp4_ephemeris(LOW, packaged_eop())}
    with pytest.raises(InputError, match=why):
        find_accesses(orbit, [Place.point("a", lon_deg=0, lat_deg=0)], EPOCH, EPOCH + HOUR, packaged_eop(), **limits)


def test_two_places_of_one_name_are_refused() -> None:
    twice = [Place.point("a", lon_deg=0, lat_deg=0), Place.point("a", lon_deg=1, lat_deg=0)]
    with pytest.raises(InputError, match="two places are called 'a'"):
        find_accesses({"SW-1": sgp4_ephemeris(LOW, packaged_eop())}, twice, EPOCH, EPOCH + HOUR, packaged_eop())


def test_eclipses_are_where_the_sunlit_signal_is_not_positive() -> None:
    fleet = {
        "low": sgp4_ephemeris(LOW, packaged_eop()),
        "geo": sgp4_ephemeris(
            made_up(perigee_km=35_780, apogee_km=35_792, inclination_deg=0.05, bstar=0.0), packaged_eop()
        ),
    }
    found = find_eclipses(fleet, EPOCH, EPOCH + 24 * HOUR, packaged_eop())
    assert set(found.subject) == {"eclipse"}
    at = EPOCH + np.arange(0, 86_400, 5).astype("timedelta64[s]")
    for name, orbit in fleet.items():
        rows = found.take(found.satellite == name)
        lit = sunlit_signal(orbit.states(at)[0], sun_direction_itrf(at, packaged_eop())) > 0
        dark = ((at[:, None] > rows.start) & (at[:, None] < rows.stop)).any(-1)
        assert (lit != dark).mean() > 0.9999
    low = found.take(found.satellite == "low")
    minutes = (low.stop - low.start)[1:-1] / np.timedelta64(1, "m")
    assert len(low) in (15, 16) and (minutes > 20).all() and (minutes < 36).all()


def test_a_table_can_be_searched_instead_of_the_orbit() -> None:
    place = [Place.point(f"p{n}", lon_deg=40.0 * n, lat_deg=10.0 * n) for n in range(4)]
    orbit = sgp4_ephemeris(LOW, packaged_eop())
    table = tabulate(orbit, EPOCH - HOUR, EPOCH + 25 * HOUR)
    one, two = (
        find_accesses({"SW-1": e}, place, EPOCH, EPOCH + 24 * HOUR, packaged_eop(), max_off_nadir_deg=45.0)
        for e in (orbit, table)
    )
    assert len(one) == len(two) >= 3
    assert (np.abs(one.start - two.start) < np.timedelta64(10, "ms")).all()
