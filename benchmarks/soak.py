"""A simulated day of the ground segment: a thousand orders, a plan an hour; does its memory stay where it was?

Orders arrive at random times of a day on the flood example's fleet; the clock moves in steps, and at each the loop
ticks and works until nothing is left. Written down: wall time, plans made, and the process's memory hour by hour.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from swath.operate.bring_in import bring_in
from swath.operate.loop.duties import DUTIES
from swath.operate.loop.tick import Rhythm
from swath.operate.loop.work import Shift, work
from swath.store.database import open_database
from swath.store.jobs import counts, jobs
from swath.store.moments import moment_of_text, moment_text
from swath.store.orders_book import Ordered, Status, count_orders, place_order

ROOT = Path(__file__).parents[1]
START, S = "2026-05-08T00:00:00Z", 1_000_000


def resident_mb() -> float:
    """What the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def order(number: int, at_us: int, rng: np.random.Generator) -> Ordered:
    """An order of a point somewhere on land's latitudes, for the next twelve hours."""
    lon, lat = float(rng.uniform(-180, 180)), float(rng.uniform(-55, 65))
    place = {"type": "Point", "coordinates": [round(lon, 4), round(lat, 4)]}
    window = f"{moment_text(at_us)}/{moment_text(at_us + 12 * 3600 * S)}"
    value = float(np.round(rng.uniform(1, 5), 2))
    asked = {"datetime": window, "geometry": place}
    return Ordered(
        f"soak-{number}", "watch", "soak", at_us, place, asked, {"value": value}, Status("received", at_us), False
    )


def main() -> None:
    """Run it and write benchmarks/results/soak.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--step-min", type=float, default=60.0)
    asked = parser.parse_args()
    rng = np.random.default_rng(1)
    folder = Path(tempfile.mkdtemp()) / "mission"
    shutil.copytree(ROOT / "examples" / "flood", folder)
    now = [moment_of_text(START)]
    db = open_database(folder)
    bring_in(db, folder, at_us=now[0])
    step_us = int(asked.step_min * 60 * S)
    rhythm = Rhythm({"plan": 3600.0, "follow": 300.0})
    shift = Shift(db, folder, "soak", DUTIES, lambda: now[0], rhythm=rhythm)
    arriving = np.sort(rng.uniform(0.0, asked.hours * 3600 * S, asked.orders)).astype(np.int64) + now[0]
    begun, placed, rows = time.monotonic(), 0, []
    for _ in range(int(asked.hours * 60 / asked.step_min)):
        now[0] += step_us
        while placed < len(arriving) and arriving[placed] <= now[0]:
            with db.writing(who="soak", at_us=int(arriving[placed])) as write:
                place_order(write, order(placed, int(arriving[placed]), rng))
            placed += 1
        work(shift, idle=lambda: True, sleep=lambda s: None)
        rows.append({"at": moment_text(now[0]), "placed": placed, "resident_mb": round(resident_mb(), 1)})
        wall_s = time.monotonic() - begun
        print(f"{moment_text(now[0])}  {placed:5} orders  {rows[-1]['resident_mb']:7} MB  {wall_s:5.0f} s", flush=True)
    with db.reading() as connection:
        every = jobs(connection, most=100_000)
        found = {
            "orders": asked.orders,
            "simulated_hours": asked.hours,
            "wall_s": round(time.monotonic() - begun, 1),
            "plans": sum(job["kind"] == "plan" and job["state"] == "done" for job in every),
            "jobs": counts(connection),
            "statuses": count_orders(connection),
            "resident_mb_after_a_quarter": rows[len(rows) // 4]["resident_mb"],
            "resident_mb_at_the_end": rows[-1]["resident_mb"],
            "hours": rows,
        }
    (ROOT / "benchmarks" / "results" / "soak.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps({k: v for k, v in found.items() if k != "hours"}, indent=2))


if __name__ == "__main__":
    main()
