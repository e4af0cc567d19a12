"""How good are plans of operational days, what do they cost, and does the judge find them valid?

    python benchmarks/quality/operations.py [--cases orders wide 100 500-points 500 2000] [--stop S] [--seed N]

``orders`` and ``flood`` are the examples, all orders known from the start; ``wide`` is the day of tests/plan/wide.py. A
number is a generated day of so many orders: four agile satellites on public orbits with recorders, batteries, duty and
cameras that warm and keep out of the Sun; three stations with set-up, tear-down, maintenance and cost. 80 % of the
orders are points (a tenth of them with a half-life), 6 % stereo, 2 % in threes, 4 % areas, 3 % strips, 3 % series, 2 %
alternatives; ``-points`` has points only. A first small plan compiles. Value, bound, gap, seconds of the whole plan by
the clock and of CPU; a plan that breaks a rule ends the run. Rows go to benchmarks/results/quality-operations.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from swath.frames import EarthOrientation
from swath.model import Elements, Place, Request, Station
from swath.operate.plan_only import prepared
from swath.orbit.ephemeris import Ephemeris, sgp4_ephemeris, tabulate
from swath.plan.build import Outlook, build_problem
from swath.plan.orders import Order
from swath.plan.problem import Owner, Problem
from swath.plan.solve import solve
from swath.plan.verify import verify
from swath.sources.eop import packaged_eop
from swath.spacecraft import Agility, Memory, Optics, Power, Radio, Satellite
from swath.spacecraft.catalog import station
from swath.spacecraft.power import Duty, Thermal
from swath.store.mission import read_mission
from swath.time import seconds

__all__ = ["START", "day_of", "main", "operational_day", "orders"]

REPO = Path(__file__).resolve().parents[2]
Day = tuple[Problem, dict[str, Ephemeris], EarthOrientation]

START = np.datetime64("2026-05-08T00:00:00", "ns")
STOP = START + seconds(86400.0)

KINDS = ("point", "stereo", "tristereo", "area", "strip", "series", "alternatives")
SHARES = (0.80, 0.06, 0.02, 0.04, 0.03, 0.03, 0.02)


def operational_day(count: int, seed: int = 1, *, points: bool = False) -> Day:
    """The problem of a generated day, and what a judge needs besides."""
    eop = packaged_eop()
    flown = read_mission(REPO / "examples" / "flood" / "mission.toml").satellites
    fleet = tuple(_satellite(one.id, one.elements, number) for number, one in enumerate(flown))
    exact: dict[str, Ephemeris] = {s.id: sgp4_ephemeris(s.elements, eop) for s in fleet}
    quick = {id: tabulate(e, START - seconds(600.0), STOP + seconds(600.0)) for id, e in exact.items()}
    owners = (Owner("a", max_pictures=max(count // 8, 4)), Owner("b"), Owner("c"))
    asked = [order for order in orders(count, seed) if order.kind == "point" or not points]
    outlook = Outlook(quick, eop, cloudy)
    return build_problem(fleet, _stations(), asked, outlook, start=START, stop=STOP, owners=owners), exact, eop


def orders(count: int, seed: int) -> tuple[Order, ...]:
    """Orders in clusters on the continents."""
    rng = np.random.default_rng([seed, count])
    centres = np.column_stack([rng.uniform(-110.0, 130.0, 30), rng.uniform(-35.0, 60.0, 30)])
    kinds = rng.choice(KINDS, count, p=SHARES)
    return tuple(_order(rng, f"{kind}-{n}", str(kind), centres, n) for n, kind in enumerate(kinds))


def _order(rng: np.random.Generator, id: str, kind: str, centres: np.ndarray, number: int) -> Order:
    lon_deg, lat_deg = centres[rng.integers(len(centres))] + rng.normal(0.0, 2.5, 2)
    value = float(np.round(rng.uniform(1.0, 10.0), 2))
    asked = _request(id, Place.point(id, lon_deg=lon_deg, lat_deg=lat_deg), value, owner="abc"[rng.integers(3)])
    if kind == "stereo":
        return Order(kind, replace(asked, value=2.0 * value, looks=2, convergence_deg=(15.0, 40.0)))
    if kind == "tristereo":
        return Order(kind, replace(asked, value=3.0 * value, looks=3, convergence_deg=(10.0, 30.0)))
    if kind == "area":
        width_m, height_m = rng.uniform(40e3, 120e3, 2)
        place = Place.box(id, lon_deg=lon_deg, lat_deg=lat_deg, width_m=width_m, height_m=height_m)
        return Order(kind, replace(asked, value=4.0 * value, place=place))
    if kind == "strip":
        place = Place.box(id, lon_deg=lon_deg, lat_deg=lat_deg, width_m=12e3, height_m=50e3)
        return Order(kind, replace(asked, value=1.5 * value, place=place))
    if kind == "series":
        return Order(kind, replace(asked, value=2.0 * value), every_s=8 * 3600.0, tolerance_s=4 * 3600.0)
    if kind == "alternatives":
        places = tuple(Place.point(f"{id}-{n}", lon_deg=lon_deg + 4.0 * n, lat_deg=lat_deg) for n in range(3))
        return Order(kind, asked, places=places)
    halves_s = 12 * 3600.0 if rng.random() < 0.1 else np.inf
    return Order(kind, replace(asked, halves_s=halves_s, priority=int(rng.choice([2, 3, 3, 3, 4]))))


def _request(id: str, place: Place, value: float, **more: object) -> Request:
    return replace(Request(id, place, "field", value, START, START, STOP, STOP, 10.0, 38.0, 2000.0), **more)  # type: ignore[arg-type]


def _satellite(id: str, elements: Elements, number: int) -> Satellite:
    return Satellite(
        id,
        elements,
        Optics(1.0, 8e-6, 6000, ("blue", "green", "red", "nir"), 12, 0.9, 90.0),
        Agility(2.0, 0.4, 4.0, 40.0, 0.004, 0.0003, sun_keep_out_deg=(0.0, 30.0)[number % 2]),
        Power(160.0, 120.0, 80.0, 150.0, 55.0, 25.0, 60.0, 45.0),
        Memory((32e9, 8e9)[number % 2]),
        Radio(40e6, number + 1, 100 + number),
        duty=Duty(image_s=400.0, window_s=5700.0, warm_up_s=30.0, warm_up_w=20.0),
        thermal=Thermal(rest_k=290.0, rise_k=100.0, settles_s=900.0, max_k=300.0),
    )


def _stations() -> tuple[Station, ...]:
    closed = ((START + seconds(3 * 3600.0), START + seconds(9 * 3600.0)),)
    svalbard, inuvik, awarua = (
        station(id).station(min_elevation_deg=10.0, rate_bit_s=40e6) for id in ("svalbard", "inuvik", "awarua")
    )
    return (
        replace(svalbard, teardown_s=20.0, maintenance=closed),
        replace(inuvik, teardown_s=10.0, cost_per_min=0.05),
        awarua,
    )


def cloudy(*, lon_deg: np.ndarray, lat_deg: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A smooth forecast, 0.3 to 0.9."""
    hour = (at - START) / np.timedelta64(1, "h")
    return np.asarray(0.6 + 0.3 * np.sin(np.radians(3.0 * lon_deg + 5.0 * lat_deg) + 0.4 * hour))


def day_of(case: str, seed: int) -> Day:
    """A case by its name."""
    if case == "wide":
        sys.path.insert(0, str(REPO))
        from tests.plan.wide import wide

        day = wide(seed)
        return day.problem, dict(day.ephemerides), day.eop
    if case in ("orders", "flood"):
        problem, eop = prepared(REPO / "examples" / case / "mission.toml").problem, packaged_eop()
        return problem, {s.id: sgp4_ephemeris(s.elements, eop) for s in problem.satellites}, eop
    count, _, kind = case.partition("-")
    return operational_day(int(count), seed, points=kind == "points")


def row(case: str, seed: int, stop_s: float) -> dict[str, Any]:
    """One case, planned and judged."""
    problem, exact, eop = day_of(case, seed)
    begun, cpu = time.monotonic(), time.process_time()
    plan = solve(problem, seed=seed, made=problem.start, stop=lambda: time.monotonic() - begun > stop_s)
    took_s, cpu_s = time.monotonic() - begun, time.process_time() - cpu
    broken = verify(problem, plan, exact, eop)
    if broken:
        sys.exit(f"{case}: {broken[0]}")
    return {
        "case": case,
        "requests": len(problem.requests),
        "looks": len(problem.opportunities),
        "pictures": len(plan.acquisitions),
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "seconds": took_s,
        "cpu_s": cpu_s,
        "seed": seed,
        "valid": True,
    }


def main() -> None:
    """Prints one row a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=["flood", "orders", "wide", "100", "500-points", "500"])
    parser.add_argument("--stop", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    row("20", asked.seed, asked.stop)
    rows = []
    print(f"{'case':<12}{'requests':>9}{'looks':>8}{'value':>10}{'bound':>10}{'gap %':>7}{'seconds':>9}{'CPU s':>7}")
    for case in asked.cases:
        found = row(case, asked.seed, asked.stop)
        rows.append(found)
        print(
            f"{case:<12}{found['requests']:>9}{found['looks']:>8}{found['value']:>10.2f}{found['bound']:>10.2f}"
            f"{100 * found['gap']:>7.2f}{found['seconds']:>9.1f}{found['cpu_s']:>7.1f}",
            flush=True,
        )
    results = REPO / "benchmarks" / "results" / "quality-operations.json"
    results.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
