"""Earth orientation and the turning Earth against the IERS's other series and against skyfield.

The other series is EOP C04 (IERS Paris Observatory), a combination of its own in a format of its own; it comes in the
same package as the Bulletin A/B file that swath reads, and is read here by three columns.
"""

from __future__ import annotations

from pathlib import Path

import astropy_iers_data
import numpy as np
import pytest
from skyfield.api import EarthSatellite, load
from skyfield.data import iers
from skyfield.framelib import itrs

from swath.frames import geodetic_from_itrf
from swath.orbit.elements import parse_tle
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.sources.eop import packaged_eop

MALLIGYONG = (
    "1 58400U 23179A   24158.19566690  .00000871  00000-0  41535-4 0  9999",
    "2 58400  97.4052  45.2326 0002221 305.1745  54.9283 15.21704003 30052",
)
GALAXY_ECCENTRIC = (  # Molniya 2-14, SGP4-VER.TLE
    "1 08195U 75081A   06176.33215444  .00000099  00000-0  11873-3 0   813",
    "2 08195  64.1586 279.0717 6877146 264.7651  20.2257  2.00491383225656",
)


def test_bulletin_a_agrees_with_c04() -> None:
    lines = [line.split() for line in Path(astropy_iers_data.IERS_B_FILE).read_text("ascii").splitlines()]
    rows = np.array([[float(row[n]) for n in (4, 5, 6, 7)] for row in lines if len(row) > 12 and row[0].isdigit()])
    mjd, x_arcsec, y_arcsec, ut1_utc_s = rows[rows[:, 0] >= 41684].T
    eop = packaged_eop()
    at = np.datetime64("1858-11-17", "ns") + (mjd * 86400).astype("timedelta64[s]")
    ut1, x_rad, y_rad = eop.at(at)
    modern = mjd > 51544  # since 2000 the series agree much better than in their first decade
    assert np.abs(ut1 - ut1_utc_s)[modern].max() < 2e-4  # seconds: 9 cm of ground
    assert np.abs(ut1 - ut1_utc_s).max() < 6e-3
    assert np.abs(np.degrees(x_rad) * 3600 - x_arcsec)[modern].max() < 5e-4  # arc seconds: 1.5 cm
    assert np.abs(np.degrees(y_rad) * 3600 - y_arcsec)[modern].max() < 5e-4
    assert modern.sum() > 8000


@pytest.mark.parametrize("lines", [MALLIGYONG, GALAXY_ECCENTRIC])
def test_teme_to_itrf_agrees_with_skyfield(lines: tuple[str, str]) -> None:
    """Skyfield goes round through the GCRF, with IAU 2000A nutation; we turn TEME by sidereal time."""
    scale = load.timescale(builtin=True)
    with open(astropy_iers_data.IERS_A_FILE, "rb") as file:
        iers.install_polar_motion_table(scale, iers.parse_x_y_dut1_from_finals_all(file))
    (elements,) = parse_tle("\n".join(lines)).elements
    satellite = EarthSatellite(*lines)
    for hour in range(0, 72, 5):
        at = elements.epoch + np.timedelta64(hour, "h")
        ours_m, ours_m_s = sgp4_ephemeris(elements, packaged_eop()).states(at)
        day = at.astype("datetime64[D]")
        year, month, dom = (int(part) for part in str(day).split("-"))
        their = satellite.at(scale.utc(year, month, dom, 0, 0, (at - day) / np.timedelta64(1, "s")))
        position, velocity = their.frame_xyz_and_velocity(itrs)
        # Their UT1 differs from ours by up to 40 us: 2 cm at the Earth's surface, in proportion further out.
        assert np.linalg.norm(position.m - ours_m) < 0.05 * np.linalg.norm(ours_m) / 6.4e6
        assert np.linalg.norm(velocity.m_per_s - ours_m_s) < 0.01


def test_a_published_sub_satellite_point() -> None:
    """DIVER OSINT CTF 2024: Malligyong-1 on 2024-06-07 at 05:01:07 UTC stood over 31.4519, -100.6058 at 506 km, from
    the set issued 2024-06-06T04:41:45.620Z.
    """
    (elements,) = parse_tle("\n".join(MALLIGYONG)).elements
    at = np.datetime64("2024-06-07T05:01:07", "ns")
    lon_deg, lat_deg, altitude_m = geodetic_from_itrf(sgp4_ephemeris(elements, packaged_eop()).states(at)[0])
    north_km = (lat_deg - 31.4519) * 111.2
    east_km = (lon_deg - -100.6058) * 111.2 * np.cos(np.radians(31.4519))
    assert np.hypot(north_km, east_km) < 0.02  # the four printed decimals are 11 m
    assert altitude_m / 1e3 == pytest.approx(506.0, abs=0.5)
