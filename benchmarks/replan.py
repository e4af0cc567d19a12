"""A plan's life on large days: what are the last multipliers worth, and how fast is an urgent order answered?

    PYTHONPATH=. python benchmarks/replan.py [--orders 500 2000] [--plan S] [--answer S]

On operational days of N orders (those of benchmarks/quality/operations.py), planned first for S seconds:

- ``forecast``: at the plan's start a new forecast comes in that changes P(clear) by up to 0.12. The same bound is
  proven twice, from nothing and from the multipliers stored with the plan. Rounds (sweeps over all chains) and wall
  seconds until the bound is within 2, 1 and 0.5 % of the best that either found in the time.
- ``urgent``: at 06:00 an urgent order comes in where others wait. Wall and CPU seconds from the order to the whole
  answer: the new plan, its bound, who is bumped and why; how many changes, how many without a reason.

One small day first compiles. Rows go to benchmarks/results/replan.json.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.quality.operations import START, cloudy, operational_day
from swath.model import Multipliers, Place, Plan, Request
from swath.orbit.ephemeris import sgp4_ephemeris, tabulate
from swath.plan.arrays import index
from swath.plan.bound import relaxation
from swath.plan.build import Outlook, with_orders
from swath.plan.engine.pricing import Pricer
from swath.plan.orders import Order
from swath.plan.problem import Problem
from swath.plan.replan import replan, with_forecast
from swath.plan.solve import solve
from swath.plan.verify import verify
from swath.sources.eop import packaged_eop
from swath.time import seconds

__all__ = ["fresher", "main", "proven", "rows_of", "urgent"]

RESULTS = Path(__file__).resolve().parent / "results" / "replan.json"
WITHIN = (0.02, 0.01, 0.005)
NOON = START + seconds(6 * 3600.0)
SEARCHED = 0.7
"""share of the time to answer in which the plan is made; the rest is for reasons"""


def fresher(*, lon_deg: np.ndarray, lat_deg: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The forecast of the days, and a wave of 0.12 on it."""
    hour = (at - START) / np.timedelta64(1, "h")
    wave = 0.12 * np.sin(np.radians(7.0 * lon_deg - 4.0 * lat_deg) + 0.9 * hour)
    return np.asarray(np.clip(cloudy(lon_deg=lon_deg, lat_deg=lat_deg, at=at) + wave, 0.05, 0.98))


def proven(problem: Problem, stop_s: float) -> list[tuple[float, float]]:
    """Seconds since the first sweep and the best bound so far, after every sweep of the search for prices."""
    trace: list[tuple[float, float]] = []
    plain, begun = Pricer.sweep, time.monotonic()

    def watched(self: Pricer, price: np.ndarray, bonus: np.ndarray | None = None) -> float:
        bound = plain(self, price, bonus)
        best = min(bound, trace[-1][1]) if trace else bound
        trace.append((time.monotonic() - begun, best))
        return bound

    indexed = index(problem)
    with mock.patch.object(Pricer, "sweep", watched), mock.patch.object(relaxation, "_choices", return_value=()):
        begun = time.monotonic()
        relaxation.relax(indexed, lambda: time.monotonic() - begun > stop_s)
    return [(at - trace[0][0], bound) for at, bound in trace]


def forecast(problem: Problem, plan: Plan, stop_s: float) -> dict[str, Any]:
    """From nothing and from the last multipliers."""
    new = with_forecast(problem, fresher)
    traces = {
        "cold": proven(replace(new, multipliers=Multipliers.empty()), stop_s),
        "warm": proven(replace(new, multipliers=plan.multipliers), stop_s),
    }
    best = min(trace[-1][1] for trace in traces.values())
    found: dict[str, Any] = {"what": "forecast", "multipliers": len(plan.multipliers), "best_bound": best}
    for name, trace in traces.items():
        found[f"{name}_start"] = trace[0 if name == "cold" else 1][1] / best - 1.0
        found[f"{name}_last"] = trace[-1][1] / best - 1.0
        for within in WITHIN:
            reached = next((n for n, (_, bound) in enumerate(trace) if bound <= best * (1.0 + within)), None)
            found[f"{name}_rounds_{100 * within:g}"] = reached
            found[f"{name}_s_{100 * within:g}"] = None if reached is None else round(trace[reached][0], 3)
    return found


def urgent(problem: Problem, plan: Plan, answer_s: float) -> dict[str, Any]:
    """The whole answer to an urgent order."""
    eop, margin = packaged_eop(), seconds(600.0)
    exact = {s.id: sgp4_ephemeris(s.elements, eop) for s in problem.satellites}
    quick = {id: tabulate(e, problem.start - margin, problem.stop + margin) for id, e in exact.items()}
    waiting = next(r for r in problem.requests if r.id == _crowded(problem, plan))
    place = Place.point("urgent", lon_deg=waiting.place.lon_deg, lat_deg=waiting.place.lat_deg)
    stop = problem.stop
    flood = Request("urgent", place, "flood", 40.0, NOON, NOON, stop, stop, 10.0, 38.0, 2000.0, urgent=True, owner="c")
    told = {s.id: NOON for s in problem.satellites}
    begun, cpu = time.monotonic(), time.process_time()
    more = with_orders(replace(problem, commandable=told), [Order("point", flood)], Outlook(quick, eop, cloudy))
    fixed, after, changes = replan(
        more,
        plan,
        seed=1,
        made=NOON,
        churn_loss=0.5,
        stop=lambda: time.monotonic() - begun > SEARCHED * answer_s,
        late=lambda: time.monotonic() - begun > answer_s,
    )
    wall_s, cpu_s = time.monotonic() - begun, time.process_time() - cpu
    broken = verify(fixed, after, exact, eop)
    dropped = [change for change in changes if change.what == "dropped"]
    return {
        "what": "urgent",
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "in": bool((after.acquisitions.request == "urgent").any()),
        "gap": after.gap,
        "changes": len(changes),
        "dropped": len(dropped),
        "without_reason": sum("was stopped before" in change.because for change in dropped),
        "valid": not broken,
    }


def _crowded(problem: Problem, plan: Plan) -> str:
    """The refused request of most value that lost to others after 06:00: where an urgent order hurts most."""
    looks = problem.opportunities
    later = set(looks.request[looks.start > NOON].tolist())
    worths = {r.id: r.value for r in problem.requests}
    lost = [r.request for r in plan.refused if r.request in later and r.request in worths]
    return max(lost, key=lambda id: worths[id])


def rows_of(count: int, plan_s: float, answer_s: float) -> list[dict[str, Any]]:
    """One day: planned, then both questions."""
    problem, _, _ = operational_day(count)
    begun = time.monotonic()
    plan = solve(problem, seed=1, made=problem.start, stop=lambda: time.monotonic() - begun > plan_s)
    rows = [forecast(problem, plan, plan_s), urgent(problem, plan, answer_s)]
    return [
        {"orders": count, "requests": len(problem.requests), "looks": len(problem.opportunities), **r} for r in rows
    ]


def main() -> None:
    """Prints and writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--plan", type=float, default=100.0, help="seconds of the first plan, and of each bound")
    parser.add_argument("--answer", type=float, default=9.0, help="seconds in which an urgent order is answered")
    asked = parser.parse_args()
    rows_of(20, 600.0, 600.0)
    rows = []
    for count in asked.orders:
        for row in rows_of(count, asked.plan, asked.answer):
            rows.append(row)
            print(json.dumps(row), flush=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
