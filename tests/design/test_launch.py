"""Launches and slow moves: what always holds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.design.drift import disposal_m_s, drag_phasing_days, phasing, plane_drift, upkeep
from swath.design.launch import Site, headings, inclination_from_azimuth_deg, launch_windows, plane_through_pad_deg
from swath.design.planes import local_time_h
from swath.design.shapes import OrbitShape, node_rate_deg_day, sun_synchronous
from swath.design.sites import parse_sites, site_named, sites
from swath.errors import Infeasible, InputError

START = np.datetime64("2027-03-01T00:00:00", "ns")
SSO = sun_synchronous(6_878e3)
sites_anywhere = st.builds(Site, st.just("x"), st.floats(-180.0, 180.0), st.floats(-60.0, 60.0))


@given(sites_anywhere, st.floats(61.0, 119.0))
def test_headings_lead_to_their_inclination(site: Site, inclination_deg: float) -> None:
    for way in headings(site, OrbitShape(6_878e3, inclination_deg)):
        speed_m_s = float(np.sqrt(3.986004418e14 / 6_878e3))
        reached = inclination_from_azimuth_deg(site, way.azimuth_deg, speed_m_s)
        assert reached == pytest.approx(inclination_deg, abs=1e-6)


@given(sites_anywhere, st.floats(0.0, 23.99), st.floats(0.0, 34.0))
@settings(max_examples=20)
def test_a_window_reaches_the_plane_that_is_wanted(site: Site, hours: float, offset_min: float) -> None:
    windows = launch_windows(site, SSO, START, 2, wanted_local_time_h=hours, ascent_offset_min=offset_min)
    assert {window.leg for window in windows} == {"north", "south"} and len(windows) in (3, 4)
    for window in windows:
        through = plane_through_pad_deg(site, SSO.inclination_deg, window.leg, window.best)
        reached = local_time_h(through + 0.25 * offset_min, window.best)
        assert abs((reached - hours + 12.0) % 24.0 - 12.0) < 1e-3
        assert window.opens < window.best < window.closes


def test_joining_a_plane_that_drifts() -> None:
    shape = OrbitShape(6_878e3, 51.6)
    site = Site("x", 63.3, 45.9)
    windows = launch_windows(site, shape, START, 30, raan_deg=100.0, raan_at=START)
    north = [window for window in windows if window.leg == "north"]
    earlier_min = (north[1].best - north[0].best) / np.timedelta64(1, "m") - 1440.0
    # the sidereal day, and 4 min for each degree that the node moves
    assert earlier_min == pytest.approx(-3.93 + 4.0 * node_rate_deg_day(shape), abs=0.5)
    assert (north[-1].raan_deg - north[0].raan_deg) % 360.0 > 180.0


def test_corridors_and_what_no_launch_reaches() -> None:
    cape = Site("Cape", -80.6, 28.5, 35.0, 120.0)
    with pytest.raises(Infeasible, match="outside 35 to 120"):
        launch_windows(cape, SSO, START, 1, wanted_local_time_h=10.0)
    assert launch_windows(cape, SSO, START, 1, wanted_local_time_h=10.0, any_azimuth=True)
    with pytest.raises(Infeasible, match=r"nearest is 28\.34 deg, due east"):
        headings(cape, OrbitShape(6_878e3, 10.0))
    with pytest.raises(InputError, match="which plane"):
        launch_windows(cape, SSO, START, 1)
    across = Site("across north", 0.0, 10.0, 350.0, 20.0)
    assert across.allows(5.0) and across.allows(355.0) and not across.allows(180.0)
    with pytest.raises(InputError, match="half an azimuth"):
        Site("x", 0.0, 0.0, 10.0)


def test_sites_have_sources_and_no_invented_limits() -> None:
    assert len(sites()) > 20 and all(site.source for site in sites().values())
    limited = [site.name for site in sites().values() if site.min_azimuth_deg is not None]
    assert limited == ["Kennedy LC-39A", "Cape Canaveral SLC-40"]
    assert site_named("vostochny").lat_deg == pytest.approx(51.87, abs=0.01)
    with pytest.raises(InputError, match="several sites"):
        site_named("Kourou")
    with pytest.raises(InputError, match="no site"):
        site_named("Atlantis")


@given(st.text(max_size=300))
@settings(max_examples=40)
def test_a_file_of_sites_is_read_or_refused(text: str) -> None:
    try:
        parse_sites("name,lat,lon,az_min_deg,az_max_deg\n" + text, where="s.csv")
    except InputError as error:
        assert error.what  # noqa: PT017


@pytest.mark.needs_shared_data
def test_the_shared_file_of_sites(shared_data: object) -> None:
    text = (shared_data / "orbits" / "launch_sites.csv").read_text("utf-8")  # type: ignore[operator]
    held = parse_sites(text)
    assert len(held) > 20 and "Plesetsk" not in held


@given(st.floats(-180.0, 180.0).filter(lambda a: abs(a) > 1.0), st.floats(10.0, 200.0))
def test_moving_along_pays_in_time_or_fuel(angle_deg: float, days: float) -> None:
    once, slower = phasing(SSO, angle_deg, days), phasing(SSO, angle_deg, 2.0 * days)
    assert slower.delta_v_m_s == pytest.approx(once.delta_v_m_s / 2.0)
    assert np.sign(once.altitude_offset_m) == -np.sign(angle_deg)


def test_upkeep_is_dearer_below() -> None:
    rows = [upkeep(sun_synchronous(6_378_137.0 + km * 1e3), 0.022) for km in (400, 500, 600, 700)]
    for low, high in pairwise(rows):
        assert low.lifetime_days < high.lifetime_days and low.drag_m_s_per_year > high.drag_m_s_per_year
        assert low.disposal_m_s < high.disposal_m_s and high.low_days < high.lifetime_days < high.high_days
    twice = upkeep(SSO, 0.044)
    assert twice.lifetime_days == pytest.approx(upkeep(SSO, 0.022).lifetime_days / 2.0, rel=0.02)
    assert disposal_m_s(SSO) == pytest.approx(130.0, abs=2.0)
    with pytest.raises(InputError):
        upkeep(SSO, 0.0)
    with pytest.raises(Infeasible):
        phasing(SSO, 360.0, 0.5)
    with pytest.raises(Infeasible):
        plane_drift(SSO, 90.0)
    assert drag_phasing_days(SSO, 180.0, 0.005, 0.05)[0] < drag_phasing_days(SSO, 180.0, 0.005, 0.01)[0]
