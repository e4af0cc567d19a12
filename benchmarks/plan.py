"""How good are plans, and what do they cost?

    python benchmarks/plan.py [--seeds N]

The day of examples/flood/mission.toml (routine orders and the flood together, nothing commanded yet), planned with
several seeds on one core: value, bound, gap, CPU seconds of the whole plan, of its bound and of the judge, after a
first plan that compiles. Every plan is judged; a broken rule ends the run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from swath.fly.weather import SimulatedWeather
from swath.model import Acquisitions, Contacts
from swath.operate.planning import plan_day
from swath.orbit.ephemeris import sgp4_ephemeris
from swath.plan.bound import upper_bound
from swath.plan.problem import Problem
from swath.plan.solve import solve
from swath.plan.verify import verify
from swath.sources.eop import packaged_eop
from swath.store.mission import read_mission

__all__ = ["flood_day", "main", "timed"]

MISSION = Path(__file__).resolve().parents[1] / "examples" / "flood" / "mission.toml"
T = TypeVar("T")


def flood_day() -> Problem:
    """All orders of the example in one problem."""
    mission = read_mission(MISSION)
    problem = plan_day(mission, packaged_eop(), SimulatedWeather(mission.seed)).problem
    return replace(problem, commandable={}, frozen=Acquisitions.empty(), frozen_contacts=Contacts.empty())


def timed(what: Callable[[], T]) -> tuple[T, float]:
    """A result and the CPU seconds it took."""
    start = time.process_time()
    return what(), time.process_time() - start


def main() -> None:
    """Prints one row a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    problem, eop = flood_day(), packaged_eop()
    exact = {s.id: sgp4_ephemeris(s.elements, eop) for s in problem.satellites}
    solve(problem, seed=0, made=problem.start, rounds=1)
    _, bound_s = timed(lambda: upper_bound(problem))
    print(f"{len(problem.requests)} requests, {len(problem.opportunities)} looks, {len(problem.satellites)} satellites")
    print("seed  planned     value     bound    gap %   plan s  of it bound s  judge s")
    for seed in range(1, seeds + 1):
        plan, plan_s = timed(lambda seed=seed: solve(problem, seed=seed, made=problem.start))
        broken, judge_s = timed(lambda plan=plan: verify(problem, plan, exact, eop))
        if broken:
            sys.exit(f"seed {seed}: {broken[0]}")
        print(
            f"{seed:4d}  {len(plan.acquisitions):7d}  {plan.value:8.2f}  {plan.bound:8.2f}  {100 * plan.gap:7.2f}"
            f"  {plan_s:7.2f}  {bound_s:13.2f}  {judge_s:7.2f}"
        )


if __name__ == "__main__":
    main()
