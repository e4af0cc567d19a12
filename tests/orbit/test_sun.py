from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from swath.frames import ray_to_ellipsoid
from swath.orbit.sun import sunlit_signal

SUN_RADIUS_DEG = 0.26656


def some_sun_shows(r_m: np.ndarray, sun: np.ndarray) -> bool:
    """Independently: does a ray to the Sun's centre or to one of 720 points of its limb miss the WGS84 ellipsoid?"""
    side = np.linalg.svd(sun[None])[2][1:]
    turn = np.linspace(0.0, 2.0 * np.pi, 720, endpoint=False)
    radius = np.tan(np.radians(SUN_RADIUS_DEG))
    limb = sun + radius * (np.cos(turn)[:, None] * side[0] + np.sin(turn)[:, None] * side[1])
    rays = np.vstack([sun, limb])
    hits = ray_to_ellipsoid(np.broadcast_to(r_m, rays.shape), rays / np.linalg.norm(rays, axis=-1, keepdims=True))
    return bool(np.isnan(hits).any())


@given(
    st.integers(0, 2**31),
    st.floats(160e3, 36e6),
    st.floats(-23.44, 23.44),
    st.floats(0.0, 360.0),
    st.floats(0.0, 360.0),
)
def test_the_umbra_begins_where_the_last_ray_is_cut(
    seed: int, altitude_m: float, declination_deg: float, sun_lon_deg: float, around_deg: float
) -> None:
    """At either side of the edge, 0.03 deg as seen from the satellite (0.5 s of a low orbit), rays and signal agree."""
    dec, lon = np.radians([declination_deg, sun_lon_deg])
    sun = np.array([np.cos(dec) * np.cos(lon), np.cos(dec) * np.sin(lon), np.sin(dec)])
    side = np.linalg.svd(sun[None])[2][1:]
    axis = np.cos(np.radians(around_deg)) * side[0] + np.sin(np.radians(around_deg)) * side[1]
    distance_m = 6_378_137.0 + altitude_m
    angle = np.linspace(0.0, np.pi, 4000)
    r = distance_m * (np.cos(angle)[:, None] * sun + np.sin(angle)[:, None] * axis)
    signal = sunlit_signal(r, np.broadcast_to(sun, r.shape))
    edges = np.flatnonzero((signal[1:] > 0) != (signal[:-1] > 0))
    assert len(edges) == 1  # from noon to midnight the umbra is entered once
    low, high = angle[edges[0]], angle[edges[0] + 1]
    for off, lit in ((-np.radians(0.03), True), (np.radians(0.03), False)):
        for _ in range(40):
            middle = (low + high) / 2
            here = distance_m * (np.cos(middle) * sun + np.sin(middle) * axis)
            low, high = (middle, high) if sunlit_signal(here, sun) > 0 else (low, middle)
        near = distance_m * (np.cos(low + off) * sun + np.sin(low + off) * axis)
        assert some_sun_shows(near, sun) == lit


def test_the_longest_eclipse_of_a_circular_orbit() -> None:
    """Share of the orbit in a cylinder of the Earth's radius: asin(R / r) / pi; the umbra's cone is narrower by the
    Sun's radius at both ends (Wertz, Space Mission Analysis and Design, 3rd ed., section 5.1).
    """
    for altitude_m in (500e3, 705e3, 786e3):
        r_m = 6_378_137.0 + altitude_m
        angle = np.linspace(0.0, 2.0 * np.pi, 2_000_001)
        equator = np.stack([r_m * np.cos(angle), r_m * np.sin(angle), np.zeros_like(angle)], -1)
        dark = (sunlit_signal(equator, np.array([1.0, 0.0, 0.0])) <= 0).mean()
        want = np.arcsin(6_378_137.0 / r_m) / np.pi - 2.0 * SUN_RADIUS_DEG / 360.0
        assert abs(dark - want) < 2e-6
