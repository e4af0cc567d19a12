"""Quantities as signals of one place, searched one by one, against the search for many."""

from __future__ import annotations

import numpy as np
import pytest

from swath.access.accesses import find_accesses
from swath.access.many import ground_of
from swath.access.search import windows_where
from swath.access.signals import QUANTITIES, Situation
from swath.access.windows import intersect, unite
from swath.frames import geodetic_from_itrf
from swath.model import Place
from swath.orbit.ephemeris import sgp4_ephemeris, tabulate
from swath.orbit.sun import sun_angles_deg
from swath.sources.eop import packaged_eop
from tests.orbit.orbits import EPOCH, made_up

HOUR = np.timedelta64(1, "h")
STOP = EPOCH + 24 * HOUR
ORBIT = sgp4_ephemeris(made_up(perigee_km=600, apogee_km=620, inclination_deg=97.8), packaged_eop())
PLACE = Place.point("field", lon_deg=11.9, lat_deg=44.95)


def value(quantity: str, at: np.ndarray, place: Place = PLACE) -> np.ndarray:
    situation = Situation(TABLE, ground_of([place]), packaged_eop())
    t_s = (at - EPOCH) / np.timedelta64(1, "ns") * 1e-9
    return QUANTITIES[quantity].of(situation, np.zeros(len(at), np.intp), t_s, "")


TABLE = tabulate(ORBIT, EPOCH, STOP, 30.0)


def close(found: tuple[np.ndarray, np.ndarray], want: tuple[np.ndarray, np.ndarray]) -> bool:
    return len(found[0]) == len(want[0]) and all(
        (np.abs(a - b) < np.timedelta64(20, "ms")).all() for a, b in zip(found, want, strict=True)
    )


@pytest.mark.parametrize("nadir", ["geodetic", "geocentric"])
def test_signals_searched_one_by_one_give_the_same_accesses(nadir: str) -> None:
    found = find_accesses(
        {"s": ORBIT}, [PLACE], EPOCH, STOP, packaged_eop(),
        max_off_nadir_deg=55.0, min_elevation_deg=12.0, min_sun_elevation_deg=10.0, nadir=nadir,
    )  # fmt: skip
    name = "off_nadir_deg" if nadir == "geodetic" else "off_nadir_geocentric_deg"
    signals = (
        lambda at: 55.0 - value(name, at),
        lambda at: value("elevation_deg", at) - 12.0,
        lambda at: value("sun_elevation_deg", at) - 10.0,
    )
    apart = [windows_where(signal, EPOCH, STOP) for signal in signals]
    assert len(found) >= 1
    assert close(intersect(intersect(apart[0], apart[1]), apart[2]), (found.start, found.stop))


def test_what_holds_and_what_does_not_fill_the_day() -> None:
    high = windows_where(lambda at: value("elevation_deg", at) - 20.0, EPOCH, STOP)
    day = windows_where(lambda at: value("sun_elevation_deg", at), EPOCH, STOP)
    either = windows_where(
        lambda at: np.maximum(value("elevation_deg", at) - 20.0, value("sun_elevation_deg", at)), EPOCH, STOP
    )
    assert close(either, unite(high, day))
    night = windows_where(lambda at: -value("sun_elevation_deg", at), EPOCH, STOP)
    total = sum((b - a).sum() for a, b in (night, day))
    assert abs(total - 24 * HOUR) < np.timedelta64(10, "ms")


def test_the_far_side_of_the_earth_is_not_in_view() -> None:
    r, _ = ORBIT.states(EPOCH)
    below, opposite = (
        Place.point("p", lon_deg=float(lon), lat_deg=float(lat))
        for lon, lat, _ in (geodetic_from_itrf(r), geodetic_from_itrf(-r))
    )
    near, far = (
        find_accesses(
            {"s": ORBIT}, [place], EPOCH, EPOCH + np.timedelta64(2, "m"), packaged_eop(), max_off_nadir_deg=5.0
        )
        for place in (below, opposite)
    )
    assert near.start.tolist() == [EPOCH.astype(int)]
    assert len(far) == 0


def test_the_day_begins_and_ends_at_the_horizon() -> None:
    start, stop = windows_where(lambda at: value("sun_elevation_deg", at), EPOCH, STOP, step_s=600.0)
    for edge in (start[0], stop[0]):
        elevation_deg, _ = sun_angles_deg(PLACE.lon_deg, PLACE.lat_deg, edge, packaged_eop())
        assert elevation_deg == pytest.approx(0.0, abs=1e-5)
    assert len(start) == 1


def test_sunlit_agrees_with_the_shadow_of_the_earth() -> None:
    at = EPOCH + np.arange(0, 86_400, 60).astype("timedelta64[s]")
    lit = value("umbra_deg", at) > 0
    assert 0.6 < lit.mean() < 0.72  # about 34 of 97 minutes are dark at 600 km unless the plane faces the Sun
    assert (value("penumbra_deg", at) < value("umbra_deg", at)).all()


def test_the_solar_time_is_noon_when_the_sun_is_highest() -> None:
    at = EPOCH + np.arange(0, 86_400, 10).astype("timedelta64[s]")
    noon = np.argmin(np.abs(value("local_solar_time_h", at) - 12.0))
    assert abs(int(noon) - int(np.argmax(value("sun_elevation_deg", at)))) <= 6
    # in May the true Sun is up to four minutes ahead of the mean one
    ahead_h = value("local_solar_time_h", at) - value("local_mean_time_h", at)
    assert 0.04 < np.median(ahead_h) < 0.07
