from __future__ import annotations

import numpy as np
import pytest

from swath.access import signals
from swath.access.accesses import find_accesses
from swath.access.search import windows_where
from swath.access.windows import intersect, unite
from swath.frames import geodetic_from_itrf
from swath.model import Place
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.sun import sun_angles_deg
from swath.sources.eop import packaged_eop
from tests.orbit.orbits import EPOCH, made_up

HOUR = np.timedelta64(1, "h")
STOP = EPOCH + 24 * HOUR
ORBIT = sgp4_ephemeris(made_up(perigee_km=600, apogee_km=620, inclination_deg=97.8), packaged_eop())
PLACE = Place.point("field", lon_deg=11.9, lat_deg=44.95)


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
    off_nadir = signals.off_nadir(ORBIT, PLACE, max_off_nadir_deg=55.0, nadir=nadir)
    elevation = signals.elevation(ORBIT, PLACE, min_elevation_deg=12.0)
    sun = signals.sun_elevation(PLACE, packaged_eop(), min_sun_elevation_deg=10.0)
    apart = [windows_where(signal, EPOCH, STOP) for signal in (off_nadir, elevation, sun)]
    assert len(found) >= 1
    assert close(intersect(intersect(apart[0], apart[1]), apart[2]), (found.start, found.stop))
    assert close(windows_where(signals.all_of(off_nadir, elevation, sun), EPOCH, STOP), (found.start, found.stop))


def test_any_of_joins_and_negate_turns_round() -> None:
    high = signals.elevation(ORBIT, PLACE, min_elevation_deg=20.0)
    day = signals.sun_elevation(PLACE, packaged_eop(), min_sun_elevation_deg=0.0)
    either = windows_where(signals.any_of(high, day), EPOCH, STOP)
    assert close(either, unite(windows_where(high, EPOCH, STOP), windows_where(day, EPOCH, STOP)))
    night = windows_where(signals.negate(day), EPOCH, STOP)
    total = sum((b - a).sum() for a, b in (night, windows_where(day, EPOCH, STOP)))
    assert abs(total - 24 * HOUR) < np.timedelta64(10, "ms")


def test_the_far_side_of_the_earth_is_not_in_view() -> None:
    r, _ = ORBIT.states(EPOCH)
    below, opposite = (
        Place.point("p", lon_deg=float(lon), lat_deg=float(lat))
        for lon, lat, _ in (geodetic_from_itrf(r), geodetic_from_itrf(-r))
    )
    at = np.array([EPOCH])
    assert signals.off_nadir(ORBIT, below, max_off_nadir_deg=5.0)(at) > 0
    assert signals.off_nadir(ORBIT, opposite, max_off_nadir_deg=5.0)(at) < 0


def test_the_day_begins_and_ends_at_the_horizon() -> None:
    start, stop = windows_where(
        signals.sun_elevation(PLACE, packaged_eop(), min_sun_elevation_deg=0.0), EPOCH, STOP, step_s=600.0
    )
    for edge in (start[0], stop[0]):
        elevation_deg, _ = sun_angles_deg(PLACE.lon_deg, PLACE.lat_deg, edge, packaged_eop())
        assert elevation_deg == pytest.approx(0.0, abs=1e-5)
    assert len(start) == 1


def test_sunlit_agrees_with_the_shadow_of_the_earth() -> None:
    at = EPOCH + np.arange(0, 86_400, 60).astype("timedelta64[s]")
    lit = signals.sunlit(ORBIT, packaged_eop())(at) > 0
    assert 0.6 < lit.mean() < 0.72  # about 34 of 97 minutes are dark at 600 km unless the plane faces the Sun
