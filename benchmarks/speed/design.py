"""How fast is the revisit of a design found, beside TAT-C on the same orbits, and how good is the search beside Walker?

    python benchmarks/speed/design.py [--runs N]

Both are given the same element sets, points and limit (off-nadir from the geodetic nadir, horizon), in one process, in
turn, at two sizes; CPU seconds, the least of ``--runs``. What is compared is the mean time from the end of an
observation to the start of the next, over all points (TAT-C: ``collect_observations``, ``aggregate_observations``).
The search: the 95th percentile of waiting for a picture over a country, one to eight satellites on five altitudes,
beside the best Walker pattern and the best even plane, and the wall and CPU time of all on two processes. Results go to
benchmarks/results/design.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from swath.design.atlas import atlas_of
from swath.design.coverage import coverage_of
from swath.design.looks import looks_of
from swath.design.motion import carried, tables_of
from swath.design.optimise import Wish
from swath.design.patterns import walker
from swath.design.planes import node_of_local_time_deg
from swath.design.regions import area, parallel
from swath.design.sensors import Sensor
from swath.design.shapes import sun_synchronous
from swath.design.worth import Terms
from swath.model import Elements, Place
from swath.operate.design_search import searched
from swath.orbit.element_text import to_tle
from swath.orbit.elements import parse_tle
from swath.time import to_datetime

__all__ = ["main"]

RESULTS = Path(__file__).parents[1] / "results" / "design.json"
START = np.datetime64("2026-03-01T00:00:00", "ns")
LIMIT_DEG = 30.0
SIZES = {
    "one satellite, 36 points, 30 days": (1, 36, 30.0),
    "four satellites, 72 points, 30 days": (4, 72, 30.0),
    "four satellites, 360 points, 30 days": (4, 360, 30.0),
}


def fleet_of(count: int) -> list[Elements]:
    """Evenly in one sun-synchronous plane at 500 km; rounded as a TLE rounds, so that both fly the same."""
    node_deg = node_of_local_time_deg(22.5, START)
    made = walker(sun_synchronous(6_878_137.0), count, 1, 0, raan_deg=node_deg, epoch=START)
    text = "".join(to_tle(replace(carried(one, 1234.5), cospar_id="2026-001A")) for one in made)
    return list(parse_tle(text).elements)


def ours(fleet: list[Elements], longitudes: int, days: float) -> tuple[float, int]:
    """Mean gap (h) and how many looks."""
    looks = looks_of(tables_of(fleet, START, days), parallel("40 N", 40.0, longitudes), [Sensor(LIMIT_DEG)])
    found = coverage_of(looks)
    assert found.gap is not None
    return 24.0 * found.gap.mean_days, len(looks)


def tatc(fleet: list[Elements], longitudes: int, days: float) -> tuple[float, int]:
    """The same by TAT-C."""
    import pandas as pd
    import shapely
    from tatc.analysis import aggregate_observations, collect_observations
    from tatc.schemas import Instrument, Satellite, TwoLineElements

    first, region = to_datetime(START), parallel("40 N", 40.0, longitudes)
    points = [shapely.Point(lon, lat, 0.0) for lon, lat in zip(region.lon_deg, region.lat_deg, strict=True)]
    camera = Instrument(name="camera", field_of_regard=2.0 * LIMIT_DEG)
    seen = []
    for one in fleet:
        orbit = TwoLineElements(tle=to_tle(one).splitlines()[1:])
        satellite = Satellite(name=one.name, orbit=orbit, instruments=[camera])
        seen.append(collect_observations(points, satellite, first, first + timedelta(days=days)))
    table = aggregate_observations(pd.concat(seen))
    gaps_h = table["revisit"].dropna().dt.total_seconds() / 3600.0
    return float(gaps_h.mean()), len(table)


def _cpu_s() -> float:
    """Of this process and all that it has started and that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def quality(workers: int) -> list[dict[str, float]]:
    """Search beside Walker and one plane, hours that 95 % of requests wait at most: 1 to 8 satellites, five orbits."""
    country = area(Place.box("country", lon_deg=127.0, lat_deg=40.0, width_m=500e3, height_m=600e3), points=60)
    begin, before_s = time.perf_counter(), _cpu_s()
    shapes = [sun_synchronous(6_378_137.0 + 50e3 * step) for step in range(9, 14)]
    atlases = tuple(atlas_of(shape, Sensor(30.0, 10.0), country, START, 30.0) for shape in shapes)
    found = searched(Wish(Terms(atlases, "response_p95"), tuple(range(5))), range(1, 9), workers=workers)
    wall_s, cpu_s = time.perf_counter() - begin, _cpu_s() - before_s
    return [
        {
            "satellites": one.satellites,
            "plane_h": 24.0 * one.plane.days,
            "walker_h": 24.0 * one.walker.days,
            "found_h": 24.0 * one.found.days,
            "tried": one.tried,
            "wall_s": wall_s,
            "cpu_s": cpu_s,
        }
        for one in found
    ]


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2)
    runs = parser.parse_args().runs
    ours(fleet_of(1), 36, 1.0)  # compiles
    rows = []
    for name, (count, longitudes, days) in SIZES.items():
        row: dict[str, object] = {"size": name}
        for who, job in (("swath", ours), ("tatc", tatc)):
            best = np.inf
            for _ in range(runs if who == "swath" else 1):
                begin = time.process_time()
                mean_h, looks = job(fleet_of(count), longitudes, days)
                best = min(best, time.process_time() - begin)
            row |= {f"{who}_cpu_s": best, f"{who}_mean_gap_h": mean_h, f"{who}_looks": looks}
        row["ratio"] = float(row["tatc_cpu_s"]) / float(row["swath_cpu_s"])  # type: ignore[arg-type]
        rows.append(row)
        print(json.dumps(row))
    found = quality(workers=2)
    for line in found:
        print(json.dumps(line))
    RESULTS.write_text(json.dumps({"coverage": rows, "search": found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
