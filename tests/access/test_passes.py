from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access.passes import find_passes
from swath.errors import DataError, InputError
from swath.model import Elements, Place, Station
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from tests.access import brute
from tests.access.brute import assert_same_windows
from tests.access.test_accesses import seconds_after
from tests.orbit.orbits import EPOCH, made_up, orbits

HOUR = np.timedelta64(1, "h")
LOW = made_up(perigee_km=500, apogee_km=510, inclination_deg=97.4)


def station(name: str, lon_deg: float, lat_deg: float, min_elevation_deg: float = 5.0) -> Station:
    return Station(name, lon_deg, lat_deg, 100.0, min_elevation_deg, rate_bit_s=1e8)


@given(orbits(), st.floats(-180, 180), st.floats(-90, 90), st.floats(0.0, 60.0), st.floats(0.5, 6.0))
@settings(max_examples=20)
def test_passes_are_the_windows_of_elevation(
    elements: Elements, lon_deg: float, lat_deg: float, min_elevation_deg: float, hours: float
) -> None:
    stop = EPOCH + np.timedelta64(round(hours * 3600), "s")
    orbit = sgp4_ephemeris(elements, packaged_eop())
    try:
        found = find_passes(
            {"sat": orbit}, [station("st", lon_deg, lat_deg, min_elevation_deg)], EPOCH, stop, packaged_eop()
        )
    except DataError:
        return  # it came down
    place = Place.point("st", lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=100.0)
    holds = brute.margin(elements, place, EPOCH, packaged_eop(), min_elevation_deg=min_elevation_deg)
    rows = list(zip(seconds_after(EPOCH, found.start), seconds_after(EPOCH, found.stop), strict=True))
    assert_same_windows(rows, brute.windows(holds, round(hours * 3600)), holds)
    for row in found.rows():
        length = row["stop"] - row["start"]
        t_s = seconds_after(EPOCH, row["start"] + length * np.arange(501) // 500)
        elevation_deg = holds(t_s) + min_elevation_deg
        # the table is within 0.05 m of the orbit: 1e-5 deg at 300 km
        assert row["max_elevation_deg"] >= elevation_deg.max() - 1e-5
        top_s = seconds_after(EPOCH, row["culmination"])
        assert holds(np.array([top_s]))[0] + min_elevation_deg == pytest.approx(row["max_elevation_deg"], abs=1e-4)
        assert row["start"] <= row["culmination"] <= row["stop"]


def test_every_station_has_its_own_least_elevation() -> None:
    stations = [station("low", 15.4, 78.2, 0.0), station("high", 15.4, 78.2, 30.0), station("far", -70.0, -53.0)]
    fleet = {"SW-1": sgp4_ephemeris(LOW, packaged_eop())}
    found = find_passes(fleet, stations, EPOCH, EPOCH + 24 * HOUR, packaged_eop())
    low, high = (found.take(found.station == name) for name in ("low", "high"))
    assert len(low) > 12  # a polar satellite passes Svalbard on nearly every one of its 15 orbits
    assert 0 < len(high) < len(low)
    assert (high.max_elevation_deg > 30.0).all()
    for row in high.rows():  # each lies inside a low pass with the same culmination
        around = (low.start < row["start"]) & (low.stop > row["stop"])
        assert around.sum() == 1
        assert abs(low.culmination[around][0] - row["culmination"]) < np.timedelta64(50, "ms")
    assert (np.diff(found.start) >= np.timedelta64(0)).all()


def test_a_geostationary_satellite_is_in_view_all_the_time_or_never() -> None:
    orbit = sgp4_ephemeris(
        made_up(perigee_km=35_780, apogee_km=35_792, inclination_deg=0.01, bstar=0.0), packaged_eop()
    )
    lon_deg = float(np.degrees(np.arctan2(*orbit.states(EPOCH)[0][[1, 0]])))
    under, opposite = (station(n, (lon_deg + d + 180) % 360 - 180, 0.0) for n, d in (("under", 0), ("opposite", 180)))
    found = find_passes({"geo": orbit}, [under, opposite], EPOCH, EPOCH + 24 * HOUR, packaged_eop())
    assert found.station.tolist() == ["under"]
    assert (found.start[0], found.stop[0]) == (EPOCH, EPOCH + 24 * HOUR)
    assert found.max_elevation_deg[0] > 89.0


def test_an_impossible_elevation_is_refused() -> None:
    with pytest.raises(InputError, match=r"station st.*min_elevation_deg is 95"):
        find_passes({}, [station("st", 0, 0, 95.0)], EPOCH, EPOCH + HOUR, packaged_eop())
