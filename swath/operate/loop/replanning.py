"""The plan again: from the book of orders, the orbits, the sky and what went wrong, all as they are now."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from swath import registry
from swath.errors import DataError, InputError
from swath.model import Plan
from swath.operate.loop.following import looks_of
from swath.operate.loop.horizon import carried, charges
from swath.operate.loop.known import (
    CHARGES,
    Known,
    asked_of,
    commanded,
    failed_picture,
    keep_basis,
    known_now,
    stretch_of,
    went_wrong,
)
from swath.operate.loop.work import Commit, Shift, Told
from swath.operate.plan_only import PlannedMission, prepared
from swath.plan.form import plan_to_json
from swath.plan.levels import levels
from swath.plan.orders import Order
from swath.plan.problem import Problem
from swath.plan.replan import Change, lock, replan
from swath.store.database import Writing
from swath.store.jobs import Job
from swath.store.notes import note
from swath.store.orders_book import OPEN, Status, order_of, set_status
from swath.store.plans import put_plan
from swath.time import format_utc

__all__ = ["PLAN_S", "REASONS_S", "plan_again"]

PLAN_S = 60.0
"""of planning in one go; the best plan so far then counts, with its bound"""
REASONS_S = 30.0
"""after it: of finding why orders were refused"""


def plan_again(shift: Shift, job: Job, told: Told) -> Commit:
    """Plan what is open in the book; what is commanded stays, an urgent order comes first, changes are told.

    Orders that cannot be understood are rejected with the reason; those that found no place are ``held`` and tried
    again with each plan until their window is over.
    """
    now = np.datetime64(shift.clock() * 1000, "ns")
    told("reading", 0.05)
    known = known_now(shift.db)
    mission = stretch_of(shift.folder, known, now)
    asked, strange = asked_of(known, mission)
    if not asked:
        return lambda write: {"planned": 0, **_answer_strange(write, strange)}
    told("looks", 0.2)
    try:
        ready = prepared(replace(mission, orders=tuple(asked), urgent=()))
    except DataError as error:  # element sets too old, no station: nothing can be planned until that is mended
        because = str(error)
        return lambda write: _hold(write, asked, because)
    told("planning", 0.5)
    problem, plan, moves = _planned(ready, known, now)
    text = plan_to_json(plan)
    charge = charges(mission, levels(problem, plan, ready.outlook.ephemerides, ready.outlook.eop))
    stations = {station.id: station for station in mission.stations}
    simulated = any(order.simulated for order in known.orders)

    def commit(write: Writing) -> Mapping[str, Any]:
        id = put_plan(write, text, stations, simulated=simulated)
        keep_basis(write, id, known, asked, now)
        note(write, CHARGES, charge)
        for move in moves:
            write.record("request", move.request, move.what, {"because": move.because, "plan": id})
        counts = _answer(write, problem, plan, {order.id: order.request.stop for order in asked}, known)
        told_of = {"plan": id, "value": plan.value, "bound": plan.bound, "gap": plan.gap}
        return {**told_of, **counts, **_answer_strange(write, strange)}

    return commit


def _planned(ready: PlannedMission, known: Known, now: np.datetime64) -> tuple[Problem, Plan, tuple[Change, ...]]:
    """The first plan, or the next one, with what changed; in a minute and a half at most."""
    stop, late, seed = _after(PLAN_S), _after(PLAN_S + REASONS_S), ready.mission.seed
    problem = replace(ready.problem, commandable=commanded(ready.problem, ready.mission, now))
    if known.plan is None:
        solve = registry.find("swath.solvers", ready.mission.operations.solver)
        return problem, solve(problem, seed=seed, made=now, stop=stop, late=late), ()
    problem, before = went_wrong(problem, carried(known.plan, problem), known)
    held = [id for id in known.locked if id in before.acquisitions.request]
    problem = lock(problem, before, held) if held else problem
    return replan(problem, before, seed=seed, made=now, stop=stop, late=late)


def _after(limit_s: float) -> Callable[[], bool]:
    end = time.monotonic() + limit_s
    return lambda: time.monotonic() > end


_NEVER = ("no_access", "no_stereo")
"""reasons that no later plan of the same stretch takes away"""


def _answer(
    write: Writing, problem: Problem, plan: Plan, ends: Mapping[str, np.datetime64], known: Known
) -> dict[str, int]:
    """Tell every order what the plan holds for it; ``ends``: until when each may be pictured."""
    of_bundle = {id: bundle.id for bundle in problem.bundles for id in bundle.requests}
    looks: dict[str, list[dict[str, Any]]] = {}
    for row in plan.acquisitions.rows():
        looks.setdefault(of_bundle.get(str(row["request"]), str(row["request"])), []).append(_look(row))
    refused = {one.request: one for one in plan.refused}
    counts = {"planned": 0, "held": 0, "rejected": 0}
    for id in sorted(ends):
        order = order_of(write.connection, id)
        if order is None or order.status.code not in OPEN:
            continue
        if id in looks:
            counts["planned"] += 1
            first = looks[id][0]
            before = {look.get("swath:acquisition") for look in looks_of(order)}
            if order.status.code == "tasked" and before == {look["swath:acquisition"] for look in looks[id]}:
                continue
            words = f"planned as {', '.join(look['swath:acquisition'] for look in looks[id][:5])}"
            told = first if len(looks[id]) == 1 else {**first, "swath:looks": looks[id]}
            set_status(write, id, Status("scheduled", write.at_us, None, words), opportunity=told)
        elif id in refused and not (order.status.code == "tasked" and not failed_picture(order, known)):
            one = refused[id]
            code = "rejected" if one.reason in _NEVER and ends[id] <= problem.stop else "held"
            set_status(write, id, Status(code, write.at_us, one.reason, one.because), opportunity={})
            counts[code] += 1
    return counts


def _hold(write: Writing, asked: Sequence[Order], because: str) -> dict[str, Any]:
    """Tell the orders that wait why nothing is planned; those that are in the plan in force stay there."""
    held = 0
    for one in asked:
        order = order_of(write.connection, one.id)
        if order is not None and order.status.code in ("received", "accepted", "held"):
            held += set_status(write, one.id, Status("held", write.at_us, "no_data", because))
    return {"planned": 0, "held": held, "because": because}


def _look(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "datetime": f"{format_utc(row['start'], decimals=3)}/{format_utc(row['stop'], decimals=3)}",
        "platform": str(row["satellite"]),
        "view:off_nadir": round(float(row["off_nadir_deg"]), 3),
        "view:sun_elevation": round(float(row["sun_elevation_deg"]), 3),
        "gsd": round(float(row["gsd_m"]), 3),
        "swath:p_clear": round(float(row["p_clear"]), 3),
        "swath:on_ground": format_utc(row["on_ground"], decimals=3),
        "swath:acquisition": str(row["id"]),
        "swath:contact": str(row["contact"]),
    }


def _answer_strange(write: Writing, strange: Mapping[str, InputError]) -> dict[str, int]:
    for id, error in strange.items():
        order = order_of(write.connection, id)
        if order is not None and order.status.code in OPEN:
            help = {"what": error.fix, "change": None} if error.fix else None
            set_status(write, id, Status("rejected", write.at_us, "not_understood", str(error), help))
    return {"not_understood": len(strange)}
