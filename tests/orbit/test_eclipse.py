"""The Earth's shadow against rays past the ellipsoid, and against a published length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swath.access import events
from swath.access.events import find_eclipses, find_nodes
from swath.frames import WGS84_A_M, ray_to_ellipsoid
from swath.orbit.eclipse import beta_deg, penumbra_signal, sunlit_share, umbra_signal
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.sun import SUN_RADIUS_RAD, sun_direction_itrf
from swath.sources.eop import packaged_eop
from swath.time import seconds
from tests.orbit.orbits import EPOCH, made_up


def disc(sun: np.ndarray) -> np.ndarray:
    """Directions evenly over the Sun's disc."""
    across = np.cross(sun, [0.3, 0.5, 0.8])
    across /= np.linalg.norm(across)
    up = np.cross(sun, across)
    number = np.arange(4000)
    radius = np.tan(SUN_RADIUS_RAD) * np.sqrt((number + 0.5) / 4000)
    angle = number * np.pi * (3.0 - np.sqrt(5.0))
    rays = sun + radius[:, None] * (np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * up)
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


@given(st.floats(-85, 85), st.floats(300e3, 2000e3), st.floats(-23.4, 23.4), st.floats(-1.5, 1.5))
@settings(max_examples=40)
def test_the_share_of_the_sun_is_that_of_rays_past_the_earth(
    lat_deg: float, altitude_m: float, declination_deg: float, past: float
) -> None:
    """A satellite near the edge of the shadow; ``past`` in radii of the Sun."""
    tilt = np.radians(declination_deg)
    sun = np.array([np.cos(tilt), 0.0, np.sin(tilt)])
    side = np.array([0.0, np.cos(np.radians(lat_deg)), np.sin(np.radians(lat_deg))])
    side = side - (side @ sun) * sun
    side /= np.linalg.norm(side)
    distance_m = WGS84_A_M + altitude_m
    low, high = 0.0, np.pi / 2  # angle from the anti-Sun at which the middle of the disc is at the edge
    for _ in range(50):
        middle = (low + high) / 2.0
        r = distance_m * (-np.cos(middle) * sun + np.sin(middle) * side)
        hidden = not np.isnan(ray_to_ellipsoid(r, sun)).any()
        low, high = (middle, high) if hidden else (low, middle)
    angle = low + past * SUN_RADIUS_RAD
    r = distance_m * (-np.cos(angle) * sun + np.sin(angle) * side)
    share = np.isnan(ray_to_ellipsoid(np.tile(r, (4000, 1)), disc(sun))[:, 0]).mean()
    assert float(sunlit_share(r, sun)) == pytest.approx(share, abs=0.02)
    if abs(abs(past) - 1.0) > 0.02:
        assert (float(umbra_signal(r, sun)) > 0.0) == (past < -1.0)
        assert (float(penumbra_signal(r, sun)) > 0.0) == (past < 1.0)


@dataclass(frozen=True)
class Circle:
    """A circular orbit over the equator of an Earth that does not turn."""

    radius_m: float

    def states(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        after_s = (np.asarray(at) - EPOCH) / np.timedelta64(1, "ns") * 1e-9
        pace = np.sqrt(3.986004418e14 / self.radius_m**3)
        angle = pace * after_s
        r = self.radius_m * np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], -1)
        v = self.radius_m * pace * np.stack([-np.sin(angle), np.cos(angle), 0.0 * angle], -1)
        return r, v


def test_a_published_length_of_an_eclipse(monkeypatch: pytest.MonkeyPatch) -> None:
    """500 km over the equator with the Sun in its plane: 2,135 s of umbra (cone of the equatorial radius)."""
    monkeypatch.setattr(events, "sun_direction_itrf", lambda at, eop: np.tile([1.0, 0.0, 0.0], (*np.shape(at), 1)))
    found = find_eclipses("c", Circle(6878.137e3), EPOCH, EPOCH + seconds(5600.0), packaged_eop())
    (row,) = found.rows()
    assert row["umbra_s"] == pytest.approx(2135.0, abs=2.0)
    # twice the Sun's disc more: 4 x 0.26656 deg of 360 in 5676.98 s
    assert row["duration_s"] - row["umbra_s"] == pytest.approx(2 * 2 * 0.26656 / 360 * 5676.98, abs=0.1)
    assert row["start"] < row["umbra_start"] < row["umbra_stop"] < row["stop"]


def test_a_real_orbit_goes_through_shadow_once_a_revolution() -> None:
    eop, orbit = (
        packaged_eop(),
        sgp4_ephemeris(made_up(perigee_km=550, apogee_km=560, inclination_deg=40.0), packaged_eop()),
    )
    found = find_eclipses("s", orbit, EPOCH, EPOCH + seconds(86400.0), eop)
    assert 14 <= len(found) <= 16
    r, _ = orbit.states((found.umbra_start + (found.umbra_stop - found.umbra_start) // 2)[1:-1])
    sun = sun_direction_itrf((found.umbra_start + (found.umbra_stop - found.umbra_start) // 2)[1:-1], eop)
    assert (sunlit_share(r, sun) == 0.0).all()
    edges, _ = orbit.states(found.start[1:])
    assert np.allclose(sunlit_share(edges, sun_direction_itrf(found.start[1:], eop)), 1.0, atol=1e-3)


def test_an_orbit_along_the_terminator_has_no_eclipse() -> None:
    """Beta as the Sun's height over the plane: none is longer than a third of an orbit, none at 90 deg."""
    eop = packaged_eop()
    sun = sun_direction_itrf(EPOCH, eop)
    for raan_deg in range(0, 360, 30):
        orbit = sgp4_ephemeris(made_up(perigee_km=600, apogee_km=610, inclination_deg=98.0, raan_deg=raan_deg), eop)
        beta = float(beta_deg(*orbit.states(np.asarray(EPOCH)), sun))
        found = find_eclipses("s", orbit, EPOCH, EPOCH + seconds(2 * 5820.0), eop)
        assert (len(found) == 0) == (abs(beta) > 66.0) or 63.0 < abs(beta) < 68.0
        if len(found):
            assert found.umbra_s.max() < 2160.0


def test_nodes_are_where_the_latitude_is_nought() -> None:
    orbit = sgp4_ephemeris(made_up(perigee_km=550, apogee_km=900, inclination_deg=63.0), packaged_eop())
    found = find_nodes("s", orbit, EPOCH + seconds(100.0), EPOCH + seconds(86500.0))
    r, v = orbit.states(found.time)
    assert np.abs(r[:, 2]).max() < 10.0
    assert ((v[:, 2] > 0) == (found.direction == "ascending")).all()
    assert 26 <= len(found) <= 31
    assert set(np.diff(found.direction == "ascending").tolist()) == {True}
