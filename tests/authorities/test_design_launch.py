"""Launch planes and slow moves set beside published ones.

Sohae to 97.42 deg, 500 km: azimuth 192.3 (Molczan, northkoreatech.org 2012-04-11); 192.3 without rotation is 99.44 deg
(Weeden, satobs.org seesat Apr-2012/0017). Cape, 35 and 120 deg: about 57 and 39 deg (satobs.org seesat Mar-1996/0294),
57.7 and 39.5 with the geodetic latitude taken for the geocentric one. Malligyong-1: lift-off 2023-11-21 13:42:28 UTC
(KCNA), node 211 deg and local time 10.01 h from its element sets of 2024, 24 minutes later than the plane through the
pad; that one has a node of about 204.8. The rest worked out in 2026-11 from J2: 132.9 m/s a degree and 5.03 km, 5.56
m/s for 180 deg in 30 days at 500 km; 90 deg of node by 50 km: 665, 763 and 3,650 days at 45, 52 deg and
sun-synchronous; 19.3 and -7.3 min a year for 0.1 deg and 10 km.
"""

from __future__ import annotations

import numpy as np
import pytest

from swath.design.altitudes import semi_major_axis_m
from swath.design.drift import injection_drift_deg_day, injection_drift_min_year, phasing, plane_change_m_s, plane_drift
from swath.design.launch import (
    Site,
    dog_leg_m_s,
    headings,
    inclination_from_azimuth_deg,
    launch_windows,
    plane_through_pad_deg,
    reachable_inclinations_deg,
)
from swath.design.shapes import OrbitShape, sun_synchronous

AXIS_M = semi_major_axis_m(500e3, "equatorial")
SOHAE = Site("Sohae", 124.705, 39.66)
CAPE = Site("Cape", -80.6, 28.5, 35.0, 120.0)
SSO = sun_synchronous(AXIS_M)


def test_azimuth_of_sohae() -> None:
    south = next(way for way in headings(SOHAE, OrbitShape(AXIS_M, 97.42)) if way.leg == "south")
    assert south.azimuth_deg == pytest.approx(192.3, abs=0.1)
    assert inclination_from_azimuth_deg(SOHAE, 192.3, 7612.6, turning=False) == pytest.approx(99.44, abs=0.05)


@pytest.mark.parametrize(
    ("site", "inclination_deg", "altitude_m", "leg", "azimuth_deg"),
    [
        (Site("Vandenberg", -120.6, 34.7), 98.2, 705e3, "south", 192.83),
        (Site("Vandenberg", -120.6, 34.7), 97.4, 500e3, "south", 191.82),
        (Site("Kourou", -52.775, 5.236), 98.55, 786e3, "north", 347.93),
    ],
)
def test_azimuths_of_other_sites(
    site: Site, inclination_deg: float, altitude_m: float, leg: str, azimuth_deg: float
) -> None:
    shape = OrbitShape(semi_major_axis_m(altitude_m, "equatorial"), inclination_deg)
    (way,) = (way for way in headings(site, shape) if way.leg == leg)
    assert way.azimuth_deg == pytest.approx(azimuth_deg, abs=0.1)


def test_what_the_cape_reaches() -> None:
    """0.1 and 0.2 deg less than with its geodetic latitude: a plane goes through the Earth's centre."""
    assert inclination_from_azimuth_deg(CAPE, 35.0, 7730.0) == pytest.approx(57.7, abs=0.1)
    assert inclination_from_azimuth_deg(CAPE, 120.0, 7730.0) == pytest.approx(39.5, abs=0.2)
    assert reachable_inclinations_deg(CAPE, 7730.0)[1] == pytest.approx(57.7, abs=0.1)


def test_the_plane_through_the_pad_and_the_one_that_malligyong_1_reached() -> None:
    lift_off = np.datetime64("2023-11-21T13:42:28", "ns")
    assert plane_through_pad_deg(SOHAE, 97.42, "south", lift_off) == pytest.approx(204.8, abs=0.5)
    day = np.datetime64("2023-11-21T00:00:00", "ns")
    windows = launch_windows(SOHAE, SSO, day, 1, wanted_local_time_h=10.01, ascent_offset_min=24.0)
    south = next(window for window in windows if window.leg == "south")
    assert abs((south.best - lift_off) / np.timedelta64(1, "s")) < 120.0
    assert south.raan_deg == pytest.approx(210.6, abs=0.6)
    assert (south.pad_plane - south.best) / np.timedelta64(1, "m") == pytest.approx(24.0, abs=0.2)


def test_costs_of_moves() -> None:
    assert plane_change_m_s(SSO, 1.0) == dog_leg_m_s(SSO, 1.0) == pytest.approx(132.9, abs=0.05)
    half = phasing(SSO, 180.0, 30.0)
    assert -half.altitude_offset_m == pytest.approx(5.03e3, rel=0.003)
    assert half.delta_v_m_s == pytest.approx(5.56, abs=0.01)
    for shape, days in ((OrbitShape(AXIS_M, 45.0), 665.0), (OrbitShape(AXIS_M, 52.0), 763.0), (SSO, 3650.0)):
        assert plane_drift(shape, 90.0, altitude_offset_m=50e3).days == pytest.approx(days, rel=0.005)
    assert "needs a new launch" in plane_drift(SSO, 90.0, altitude_offset_m=50e3).because
    assert injection_drift_min_year(SSO, inclination_error_deg=0.1) == pytest.approx(19.3, abs=0.1)
    assert injection_drift_min_year(SSO, altitude_error_m=10e3) == pytest.approx(-7.3, abs=0.1)
    assert injection_drift_deg_day(SSO, half.altitude_offset_m) == pytest.approx(180.0 / 30.0)
