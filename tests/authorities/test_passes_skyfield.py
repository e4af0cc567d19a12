"""Passes against Skyfield (rhodesmill.org, 1.5x), which shares SGP4 with swath and nothing else: its own frames, search
and topocentric positions.

It takes UT1 from a table of its own and leaves polar motion out: together below 20 m on the ground, which are 0.002
degrees at 500 km and 3 ms of an edge at an ordinary pass.
"""

from __future__ import annotations

import numpy as np
import pytest

from swath.access.pass_details import describe_passes, sample_passes
from swath.access.passes import find_passes
from swath.model import Station
from swath.orbit.elements import parse_tle
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop
from tests.cli.test_window_commands import SETS

skyfield = pytest.importorskip("skyfield.api")

START = np.datetime64("2026-05-08T00:00:00", "ns")
STATIONS = [
    Station("svalbard", 15.39, 78.23, 450.0, 5.0, rate_bit_s=0.0),
    Station("punta arenas", -70.85, -52.94, 30.0, 5.0, rate_bit_s=0.0),
    Station("singapore", 103.8, 1.3, 20.0, 10.0, rate_bit_s=0.0),
]


def test_passes_angles_and_range_rates_are_those_of_skyfield() -> None:
    clock = skyfield.load.timescale(builtin=True)
    elements = parse_tle(SETS).elements
    fleet = {one.name: sgp4_ephemeris(one, packaged_eop()) for one in elements}
    stop = START + np.timedelta64(24, "h")
    passes = find_passes(fleet, STATIONS, START, stop, packaged_eop())
    details = describe_passes(passes, fleet, STATIONS, START, stop, packaged_eop())
    samples = sample_passes(passes, fleet, STATIONS, packaged_eop(), step_s=30.0, frequency_hz=8.2e9)
    lines = SETS.splitlines()
    theirs = {
        name: skyfield.EarthSatellite(*lines[n + 1 : n + 3], name, clock)
        for n, name in ((0, "SENTINEL-2A"), (3, "LANDSAT 8"))
    }
    assert len(passes) > 25
    for station in STATIONS:
        place = skyfield.wgs84.latlon(station.lat_deg, station.lon_deg, station.altitude_m)
        for name, satellite in theirs.items():
            mine = (passes.satellite == name) & (passes.station == station.id)
            t, events = satellite.find_events(
                place, at(clock, START), at(clock, stop), altitude_degrees=station.min_elevation_deg
            )
            rises = np.array(
                [moment.utc_datetime().replace(tzinfo=None) for moment in t[events == 0]], "datetime64[ns]"
            )
            inside = passes.start[mine] > START
            assert len(rises) == inside.sum()
            # its search stops at half a second of day fraction
            assert (np.abs(rises - passes.start[mine][inside]) < np.timedelta64(500, "ms")).all()
            rows = (samples.satellite == name) & (samples.station == station.id)
            seen = (satellite - place).at(at(clock, samples.time[rows]))
            height, azimuth, distance = seen.altaz()
            turn = (azimuth.degrees - samples.azimuth_deg[rows] + 180.0) % 360.0 - 180.0
            assert np.abs(height.degrees - samples.elevation_deg[rows]).max() < 0.005
            assert np.abs(turn * np.cos(height.radians)).max() < 0.005
            assert np.abs(distance.m - samples.range_m[rows]).max() < 40.0
            rate = seen.frame_latlon_and_rates(place)[5].km_per_s * 1e3
            assert np.abs(rate - samples.range_rate_m_s[rows]).max() < 0.2
            np.testing.assert_allclose(samples.doppler_hz[rows], -rate / 299792458.0 * 8.2e9, atol=6.0)
            top = (satellite - place).at(at(clock, passes.culmination[mine])).altaz()
            assert np.abs(top[0].degrees - passes.max_elevation_deg[mine]).max() < 0.005
            off = (top[1].degrees - details.culmination_azimuth_deg[mine] + 180.0) % 360.0 - 180.0
            assert np.abs(off * np.cos(top[0].radians)).max() < 0.005


def at(clock, times):
    """Skyfield's times from UTC stamps."""
    days = np.asarray(times).astype("datetime64[D]")
    of_day_s = (np.asarray(times) - days) / np.timedelta64(1, "ns") * 1e-9
    dates = days.astype(object)
    parts = [np.array([getattr(d, name) for d in np.atleast_1d(dates)]) for name in ("year", "month", "day")]
    return clock.utc(*(p if np.ndim(times) else int(p[0]) for p in parts), 0, 0, of_day_s)
