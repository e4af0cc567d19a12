"""The reference search for access: every second, then bisection, on SGP4 itself, with formulas of its own.

Shares the orbit, the frames and the direction of the Sun with swath (the same model), nothing of ``swath.access``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from swath.frames import WGS84_A_M, WGS84_B_M, EarthOrientation
from swath.model import Elements, Place
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.orbit.sun import sun_angles_deg

Margin = Callable[[np.ndarray], np.ndarray]
"""degrees by which all conditions hold, at seconds after the start"""

_E2 = 1.0 - (WGS84_B_M / WGS84_A_M) ** 2


def place_xyz_m(place: Place) -> np.ndarray:
    lon, lat = np.radians([place.lon_deg, place.lat_deg])
    n = WGS84_A_M / np.sqrt(1.0 - _E2 * np.sin(lat) ** 2)
    level = (n + place.altitude_m) * np.cos(lat)
    return np.array([level * np.cos(lon), level * np.sin(lon), (n * (1.0 - _E2) + place.altitude_m) * np.sin(lat)])


def geodetic_down(r: np.ndarray) -> np.ndarray:
    """By fixed-point iteration on the latitude (Bowring is what the program's library uses)."""
    lon, level = np.arctan2(r[:, 1], r[:, 0]), np.hypot(r[:, 0], r[:, 1])
    lat = np.arctan2(r[:, 2], level * (1.0 - _E2))
    for _ in range(8):
        n = WGS84_A_M / np.sqrt(1.0 - _E2 * np.sin(lat) ** 2)
        lat = np.arctan2(r[:, 2] + n * _E2 * np.sin(lat), level)
    return -np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """By the half-angle formula (Kahan), which is exact for small angles too."""
    a, b = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (a, b))
    return np.degrees(2.0 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)))


def margin(
    elements: Elements,
    place: Place,
    start: np.datetime64,
    eop: EarthOrientation,
    *,
    min_elevation_deg: float,
    max_off_nadir_deg: float | None = None,
    min_sun_elevation_deg: float | None = None,
    nadir: str = "geodetic",
) -> Margin:
    ephemeris = sgp4_ephemeris(elements, eop)
    at_m = place_xyz_m(place)
    lon, lat = np.radians([place.lon_deg, place.lat_deg])
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    def held_by(t_s: np.ndarray) -> np.ndarray:
        at = start + np.round(t_s * 1e9).astype("timedelta64[ns]")
        r, _ = ephemeris.states(at)
        worst = 90.0 - angle_deg(r - at_m, up[None]) - min_elevation_deg
        if max_off_nadir_deg is not None:
            down = geodetic_down(r) if nadir == "geodetic" else -r
            worst = np.minimum(worst, max_off_nadir_deg - angle_deg(at_m - r, down))
        if min_sun_elevation_deg is not None:
            sun_deg, _ = sun_angles_deg(place.lon_deg, place.lat_deg, at, eop)
            worst = np.minimum(worst, sun_deg - min_sun_elevation_deg)
        return worst

    return held_by


def windows(holds: Margin, length_s: float) -> list[tuple[float, float]]:
    """Every stretch in which the margin is positive: sampled each second and, near its peaks and dips, each 10 ms."""
    t_s = np.append(np.arange(0.0, length_s, 1.0), length_s)
    g = holds(t_s)
    bend = np.flatnonzero((g[1:-1] - g[:-2]) * (g[2:] - g[1:-1]) <= 0) + 1
    # Between two samples it can rise by what it rises from one to the next: a strip of 2 km passes in 0.3 s.
    step_deg = np.abs(np.diff(g))
    within_deg = np.maximum(0.05, 2.0 * np.maximum(step_deg[bend - 1], step_deg[bend]))
    near = np.concatenate([[0, len(g) - 1], bend[np.abs(g[bend]) < within_deg]])
    fine = np.unique(np.clip(t_s[near][:, None] + np.arange(-1.0, 1.0, 0.01), 0.0, length_s))
    t_s = np.union1d(t_s, fine)
    positive = holds(t_s) > 0
    flips = np.flatnonzero(positive[1:] != positive[:-1])
    low, high = t_s[flips], t_s[flips + 1]
    for _ in range(24):
        middle = (low + high) / 2
        same = (holds(middle) > 0) == positive[flips] if len(flips) else np.empty(0, bool)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    edges = list((low + high) / 2)
    if positive[0]:
        edges.insert(0, 0.0)
    if positive[-1]:
        edges.append(length_s)
    return list(zip(edges[::2], edges[1::2], strict=True))


def assert_same_windows(found: list[tuple[float, float]], want: list[tuple[float, float]], holds: Margin) -> None:
    """Edges within 0.05 s, no window of 0.1 s missed, none invented; where only grazed, within 0.1 m of the orbit.

    At a grazing edge a thousandth of a second of angle is minutes: there the margin at the edge is compared instead, at
    the angle that 0.1 m makes at 200 km, a little more than the table's interpolation error.
    """
    grazing_deg = np.degrees(0.1 / 2e5)

    def deepest_deg(window: tuple[float, float]) -> float:
        return float(np.abs(holds(np.linspace(*window, 50))).max())

    def unmatched(these: list[tuple[float, float]], those: list[tuple[float, float]]) -> list[tuple[float, float]]:
        left = []
        for window in these:
            edges = np.array(window)
            near = [
                np.abs(edges - other) for other in those if other[0] < window[1] + 0.1 and window[0] < other[1] + 0.1
            ]
            margin_deg = np.abs(holds(edges))
            if any(((off_s < 0.05) | (margin_deg < grazing_deg)).all() for off_s in near):
                continue
            if window[1] - window[0] > 0.1 and deepest_deg(window) > grazing_deg:
                left.append(window)
        return left

    missed, invented = unmatched(want, found), unmatched(found, want)
    assert not missed, f"missed {missed}, found {found}"
    assert not invented, f"invented {invented}, want {want}"
