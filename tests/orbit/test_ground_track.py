from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from swath.errors import InputError
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.ground_track import ground_track
from swath.sources.eop import packaged_eop
from tests.orbit.orbits import EPOCH, made_up

ORBIT = sgp4_ephemeris(made_up(perigee_km=700, apogee_km=710, inclination_deg=98.0), packaged_eop())


@pytest.mark.parametrize("swath_m", [60e3, 290e3, 1270e3])
def test_the_swath_is_as_wide_as_asked(swath_m: float) -> None:
    track = ground_track(ORBIT, EPOCH, 5900.0, step_s=60.0, swath_m=swath_m)
    azimuth, _, width_m = Geod(ellps="WGS84").inv(
        track.left_lon_deg, track.left_lat_deg, track.right_lon_deg, track.right_lat_deg
    )
    assert np.allclose(width_m, swath_m, rtol=0.005)
    _, _, left_m = Geod(ellps="WGS84").inv(track.lon_deg, track.lat_deg, track.left_lon_deg, track.left_lat_deg)
    assert np.allclose(left_m, swath_m / 2.0, rtol=0.005)
    north = track.lat_deg[:20] < track.lat_deg[1:21]
    assert ((np.asarray(azimuth)[:20] > 0) == north).all()  # going north, right is east


def test_both_ends_are_among_the_points_and_times_are_even() -> None:
    track = ground_track(ORBIT, EPOCH, 100.0, step_s=30.0)
    assert len(track) == 5
    assert track.time[0] == EPOCH and track.time[-1] == EPOCH + np.timedelta64(100, "s")
    assert (track.left_lon_deg == track.lon_deg).all()


@pytest.mark.parametrize(
    ("duration_s", "step_s", "swath_m"), [(0, 30, 0), (100, 0, 0), (1e9, 1, 0), (100, 30, 9e6), (100, 30, 5.9e6)]
)
def test_nonsense_is_refused(duration_s: float, step_s: float, swath_m: float) -> None:
    with pytest.raises(InputError):
        ground_track(ORBIT, EPOCH, duration_s, step_s=step_s, swath_m=swath_m)
