"""How exact are the windows? Random orbits of every kind, places, limits and spans against the reference search.

The reference (``tests/access/brute.py``) asks SGP4 itself every second, and every 10 ms near peaks and dips.
"""

from __future__ import annotations

import numpy as np
import pytest

from swath.access.bulk import base_windows
from swath.access.many import ground_of
from swath.model import Elements, Place
from swath.orbit.many import tabulate_many
from swath.sources.eop import packaged_eop
from tests.access import brute
from tests.orbit.orbits import EPOCH, made_up

KINDS = ("low", "very low", "retrograde", "eccentric", "transfer", "molniya", "navigation", "synchronous", "stationary")


def orbit(kind: str, rng: np.random.Generator) -> Elements:
    angles = dict(zip(("raan_deg", "argument_of_perigee_deg", "mean_anomaly_deg"), rng.uniform(0, 360, 3), strict=True))
    height_km = float(rng.uniform(350, 1500))
    if kind == "molniya":
        angles["argument_of_perigee_deg"] = 270.0
    shape = {
        "low": (height_km, height_km + rng.uniform(0, 60), rng.uniform(0, 110)),
        "very low": (230.0, 240.0, rng.uniform(30, 100)),
        "retrograde": (height_km, height_km + 50, rng.uniform(100, 180)),
        "eccentric": (height_km, rng.uniform(2_000, 36_000), rng.uniform(0, 180)),
        "transfer": (rng.uniform(230, 400), 35_786, rng.uniform(0, 30)),
        "molniya": (600, 39_750, 63.4),
        "navigation": (20_150, 20_220, rng.uniform(50, 65)),
        "synchronous": (rng.uniform(34_000, 35_780), 37_500, rng.uniform(5, 70)),
        "stationary": (35_780, 35_792, 0.05),
    }[kind]
    names = ("perigee_km", "apogee_km", "inclination_deg")
    return made_up(**dict(zip(names, map(float, shape), strict=True)), **angles, bstar=1e-5 if height_km < 900 else 0.0)


def spot(rng: np.random.Generator) -> Place:
    lon_deg = float(rng.choice([180.0, -180.0, 179.99, rng.uniform(-180, 180), rng.uniform(-180, 180)]))
    lat_deg = float(rng.choice([90.0, -90.0, 89.99, *np.degrees(np.arcsin(rng.uniform(-1, 1, 5)))]))
    return Place.point("here", lon_deg=lon_deg, lat_deg=lat_deg, altitude_m=float(rng.choice([0.0, -400.0, 5000.0])))


def errors(seed: int, longest_days: float) -> tuple[np.ndarray, list[float], list[float]]:
    """Distances of the edges (s) of one case, and the lengths (s) of windows missed and invented."""
    rng = np.random.default_rng(seed)
    elements, places = orbit(KINDS[seed % len(KINDS)], rng), [spot(rng) for _ in range(3)]
    start = EPOCH + np.timedelta64(int(rng.uniform(0, 86_400)), "s")
    length_s = round(float(np.exp(rng.uniform(np.log(300.0), np.log(longest_days * 86_400.0)))))
    limits = {
        "min_elevation_deg": float(rng.uniform(-5.0, 80.0)) if rng.random() < 0.6 else 0.0,
        "max_off_nadir_deg": float(rng.uniform(1.0, 60.0)) if rng.random() < 0.5 else None,
        "nadir": str(rng.choice(["geodetic", "geocentric"])),
    }
    ground = ground_of([Place.point(f"p{n}", lon_deg=p.lon_deg, lat_deg=p.lat_deg, altitude_m=p.altitude_m)
                        for n, p in enumerate(places)])  # fmt: skip
    tables, _ = tabulate_many({"sat": elements}, start, start + np.timedelta64(length_s, "s"), packaged_eop())
    if not tables:
        return np.empty(0), [], []  # it came down
    found = base_windows(tables[0], ground, **limits)
    edges, missed, invented = [np.empty(0)], [], []
    for number, place in enumerate(places):
        holds = brute.margin(elements, place, start, packaged_eop(), **limits)
        want = np.array(brute.windows(holds, length_s)).reshape(-1, 2)
        mine = found.place == number
        got = np.stack([found.start_s[mine], found.stop_s[mine]], -1)
        meet = (got[:, None, 0] < want[None, :, 1] + 0.05) & (want[None, :, 0] < got[:, None, 1] + 0.05)
        i, j = np.nonzero(meet)
        edges.append(np.abs(got[i] - want[j]).ravel())
        missed += np.diff(want[~meet.any(0)]).ravel().tolist()
        invented += np.diff(got[~meet.any(1)]).ravel().tolist()
    return np.concatenate(edges), missed, invented


def assert_exact(seeds: range, longest_days: float) -> None:
    cases = [errors(seed, longest_days) for seed in seeds]
    off_s = np.concatenate([case[0] for case in cases])
    missed, invented = (sorted(length for case in cases for length in case[part])[-3:] for part in (1, 2))
    print(
        f"{len(cases)} cases, {len(off_s)} edges: median {np.median(off_s):.1e}, p99 {np.quantile(off_s, 0.99):.1e}, "
        f"worst {off_s.max():.1e} s; longest missed {missed}, invented {invented}"
    )
    assert max(missed + invented, default=0.0) < 0.1
    assert np.quantile(off_s, 0.99) < 1e-3
    assert off_s.max() < 0.05


def test_windows_are_exact_on_some_orbits_of_every_kind() -> None:
    assert_exact(range(45), 0.7)


@pytest.mark.slow
def test_windows_are_exact_on_hundreds_of_orbits() -> None:
    assert_exact(range(100, 400), 7.0)
