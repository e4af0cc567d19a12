"""How long do a plan's life and its reasons take?

    python benchmarks/orders.py [--orders N] [--json FILE]

On the fleet of examples/flood, wall and CPU seconds of: (1) a new plan when an urgent order comes in at 06:00, with
what is commanded held fixed and every change told; (2) a plan of N crowded orders stopped after 5 s, and the reasons of
those refused; (3) the cheapest change for each refused order, tried; (4) every chance of one new order of 20 satellites
in 14 days, orbits tabulated before. After a first plan that compiles.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from swath.fly.weather import SimulatedWeather, clear_probability
from swath.model import Place, Request
from swath.operate.planning import ephemerides_of, problem_of
from swath.plan.build import Outlook, with_orders
from swath.plan.feasible import feasibility
from swath.plan.helping import cheapest_help
from swath.plan.orders import Order
from swath.plan.replan import replan
from swath.plan.solve import solve
from swath.sources.eop import packaged_eop
from swath.store.mission import Mission, read_mission
from swath.time import seconds

__all__ = ["crowd", "main", "measured"]

MISSION = Path(__file__).resolve().parents[1] / "examples" / "flood" / "mission.toml"
HOUR = 3600.0
T = TypeVar("T")


def measured(what: Callable[[], T]) -> tuple[T, float, float]:
    """A result, and the wall and CPU seconds it took."""
    wall, cpu = time.monotonic(), time.process_time()
    return what(), time.monotonic() - wall, time.process_time() - cpu


def crowd(mission: Mission, count: int) -> tuple[Order, ...]:
    """Points round a few places, more than the fleet can picture."""
    rng = np.random.default_rng(1)
    centres = np.column_stack([rng.uniform(-110, 120, 6), rng.uniform(25, 60, 6)])
    found = []
    for number in range(count):
        lon_deg, lat_deg = centres[rng.integers(len(centres))] + rng.normal(0, 1.5, 2)
        place = Place.point(f"o{number}", lon_deg=lon_deg, lat_deg=lat_deg)
        value, first, last = float(np.round(rng.uniform(1, 5), 2)), mission.start, mission.stop
        found.append(
            Order("point", Request(place.id, place, "watch", value, first, first, last, last, 15.0, 25.0, 2e3))
        )
    return tuple(found)


def outlook_of(mission: Mission, days: float = 1.0) -> Outlook:
    """Orbits of a mission's fleet for some days, and its simulated forecast."""
    eop, weather, margin = packaged_eop(), SimulatedWeather(mission.seed), seconds(HOUR)
    stop = mission.start + seconds(86400.0 * days)
    orbits = ephemerides_of(mission.satellites, mission.start - margin, stop + margin, eop)
    return Outlook(orbits, eop, lambda **where: clear_probability(weather, **where))


def urgent(mission: Mission, outlook: Outlook) -> dict[str, Any]:
    """The flood of the example comes in at 06:00."""
    problem = problem_of(mission, outlook)
    plan = solve(problem, seed=1, made=mission.start)
    told = {s.id: mission.start + seconds(6.5 * HOUR) for s in mission.satellites}

    def again() -> Any:
        more = with_orders(replace(problem, commandable=told), [Order("point", mission.urgent[0])], outlook)
        return replan(more, plan, seed=1, made=mission.start + seconds(6.1 * HOUR), churn_loss=0.2)

    (_, after, changes), wall_s, cpu_s = measured(again)
    assert mission.urgent[0].id in after.acquisitions.request
    return {"what": "urgent order", "wall_s": wall_s, "cpu_s": cpu_s, "changes": len(changes)}


def reasons(mission: Mission, outlook: Outlook, count: int) -> list[dict[str, Any]]:
    """A crowded day: stopped, explained, helped."""
    problem = problem_of(replace(mission, orders=crowd(mission, count)), outlook)
    begun = time.monotonic()
    plan, wall_s, cpu_s = measured(
        lambda: solve(problem, seed=1, made=mission.start, stop=lambda: time.monotonic() - begun > 5.0)
    )
    rows = [{"what": f"{count} orders, stopped after 5 s", "wall_s": wall_s, "cpu_s": cpu_s, "gap": plan.gap}]
    plan, wall_s, cpu_s = measured(lambda: solve(problem, seed=1, made=mission.start, rounds=200))
    refused = len(plan.refused)
    rows.append(
        {"what": f"plan of 200 rounds with {refused} reasons", "wall_s": wall_s, "cpu_s": cpu_s, "gap": plan.gap}
    )
    helps, wall_s, cpu_s = measured(lambda: cheapest_help(problem, plan, outlook))
    found = sum(help is not None for help in helps.values())
    rows.append({"what": f"cheapest change of {refused} orders", "wall_s": wall_s, "cpu_s": cpu_s, "found": found})
    return rows


def chances(mission: Mission) -> dict[str, Any]:
    """One new order, 20 satellites, 14 days."""
    fleet = tuple(
        replace(
            one,
            id=f"{one.id}-{n}",
            elements=replace(one.elements, mean_anomaly_deg=(one.elements.mean_anomaly_deg + 72.0 * n) % 360.0),
        )
        for n in range(5)
        for one in mission.satellites
    )
    big = replace(mission, satellites=fleet)
    outlook, stop = outlook_of(big, 14.0), mission.start + seconds(14 * 86400.0)
    place = Place.point("new", lon_deg=11.9, lat_deg=44.95)
    asked = Request("new", place, "watch", 1.0, mission.start, mission.start, stop, stop, 10.0, 30.0, 2e3)

    def ask() -> Any:
        return feasibility(asked, fleet, outlook, start=mission.start, stop=stop)

    ask()
    found, wall_s, cpu_s = measured(ask)
    return {"what": "chances of one order", "wall_s": wall_s, "cpu_s": cpu_s, "passes": len(found.chances)}


def main() -> None:
    """Prints one row a question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1200)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    mission = read_mission(MISSION)
    outlook = outlook_of(mission)
    solve(problem_of(mission, outlook), seed=0, made=mission.start, rounds=1)
    rows = [urgent(mission, outlook), *reasons(mission, outlook, asked.orders), chances(mission)]
    for row in rows:
        rest = ", ".join(f"{k} {v:.4g}" for k, v in row.items() if k not in ("what", "wall_s", "cpu_s"))
        print(f"{row['what']:<44} {row['wall_s']:8.2f} s wall {row['cpu_s']:8.2f} s CPU  {rest}")
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
