"""Why is this order planned so? What it displaced, its price, what else it could have, what will come of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Estimate, Plan
from swath.plan.arrays import Indexed, index
from swath.plan.kernels import DONE, add_look, remove_request
from swath.plan.layout import State
from swath.plan.problem import Problem
from swath.plan.search.kernels import insert_request
from swath.plan.state import copy_of, planned_state
from swath.plan.value_kernels import plan_value

__all__ = ["Limit", "Planned", "limits", "why_planned"]

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Planned:
    """A request that is in the plan, and what that means for it and for others."""

    request: str
    looks: tuple[tuple[str, np.datetime64], ...]
    """satellite and start"""
    value: float
    """what the plan would be worth less without it and with nothing in its place"""
    price: Estimate
    """what others would gain if it were not there"""
    displaced: tuple[str, ...]
    """these would be planned instead"""
    next_best: tuple[str, np.datetime64, float] | None
    """satellite, start and value of its best other pass, all else left as it is"""
    clear_chance: float
    """of at least one clear picture"""
    on_ground: np.datetime64
    """as planned, if nothing has to be sent again"""
    on_ground_latest: np.datetime64
    """the end of the next contact, in which lost frames are sent again"""
    because: str


def why_planned(problem: Problem, plan: Plan, request: str) -> Planned:
    """What a planned request displaced, its price, its next best look, its chance and its delivery.

    The price is found by taking it out and putting in what then fits, the most valuable first: others could hardly gain
    more, and never less. Raises :class:`InputError` where the request is not in the plan.
    """
    indexed = index(problem)
    state = planned_state(indexed, plan)
    number = {r.id: n for n, r in enumerate(problem.requests)}
    if request not in number or state.look[number[request]] < 0:
        raise InputError(
            f"request {request!r} is not in the plan", where="why", fix="Give an id of the plan's pictures"
        )
    q, fleet = number[request], indexed.fleet
    rows = [row for row in plan.acquisitions.rows() if row["request"] == request]
    without = copy_of(fleet, state)
    remove_request(fleet, without, q)
    base = float(plan_value(fleet, without))
    next_best = _next_best(indexed, without, q, int(fleet.look[state.look[q]]["window"]))
    others = _fill(indexed, without, q)
    gained = float(plan_value(fleet, without)) - base
    on_ground = max(row["on_ground"] for row in rows)
    latest, told = _latest(problem, plan, str(rows[-1]["satellite"]), on_ground)
    return Planned(
        request=request,
        looks=tuple((str(row["satellite"]), row["start"]) for row in rows),
        value=plan.value - base,
        price=Estimate(gained, "value", because="found by putting in what then fits; others could hardly gain more"),
        displaced=others,
        next_best=next_best,
        clear_chance=_chance(problem, plan, request),
        on_ground=on_ground,
        on_ground_latest=latest,
        because=told,
    )


def _fill(indexed: Indexed, state: State, q: int) -> tuple[str, ...]:
    """Put in what fits, the most valuable first, but not ``q``; who got in."""
    fleet, found = indexed.fleet, []
    waiting = np.flatnonzero((state.look < 0) & (fleet.request["first"] < fleet.request["last"]))
    best = {int(p): float(fleet.look["value"][fleet.choice[fleet.request[p]["first"]]]) for p in waiting if p != q}
    for p in sorted(best, key=lambda p: -best[p]):
        if insert_request(fleet, state, p, np.zeros(1, np.uint64), 0.0):
            found.append(indexed.problem.requests[p].id)
    return tuple(found)


def _next_best(indexed: Indexed, without: State, q: int, window: int) -> tuple[str, np.datetime64, float] | None:
    fleet, problem = indexed.fleet, indexed.problem
    for look in fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]].tolist():
        taken = fleet.look[look]
        if taken["window"] == window:
            continue
        trial = copy_of(fleet, without)
        if add_look(fleet, trial, look, np.zeros(1, np.uint64), 0.0) == DONE:
            gain = float(plan_value(fleet, trial) - plan_value(fleet, without))
            return problem.satellites[taken["satellite"]].id, indexed.time(float(taken["start"])), gain
    return None


def _chance(problem: Problem, plan: Plan, request: str) -> float:
    """Of a clear picture: looks of one pass see the same clouds, pictures of a bundle's cells each their own."""
    looks = plan.acquisitions
    members = next(((b.requests, b.cells) for b in problem.bundles if request in b.requests), ((request,), ((0,),)))
    mine = set(members[1][members[0].index(request)])
    missed = 1.0
    for id, cells in zip(*members, strict=True):
        clear = looks.p_clear[looks.request == id]
        if len(clear) and mine & set(cells):
            missed *= 1.0 - float(clear.min())
    return 1.0 - missed


def _latest(problem: Problem, plan: Plan, satellite: str, on_ground: np.datetime64) -> tuple[np.datetime64, str]:
    contacts = plan.contacts
    later = contacts.take((contacts.satellite == satellite) & (contacts.start > on_ground)).sort_by("start")
    if len(later):
        return later.stop[0], f"lost frames are sent again by {later.id[0]} at the latest"
    passes = problem.passes
    later_passes = passes.take((passes.satellite == satellite) & (passes.start > on_ground)).sort_by("start")
    if len(later_passes):
        return later_passes.stop[0], f"lost frames could be sent again in the next pass over {later_passes.subject[0]}"
    return problem.stop, "lost frames wait for the next plan: there is no later pass in this one"


@dataclass(frozen=True)
class Limit:
    """What stands in the way of more: a satellite's memory, a station, an owner's quota ..., and of how many orders."""

    what: str
    orders: tuple[str, ...]
    value: float
    """of these orders, if each had its best look"""


def limits(problem: Problem, plan: Plan) -> tuple[Limit, ...]:
    """What limits the plan, that which holds back most value first: from the reasons of its refusals."""
    best: dict[str, float] = {}
    for id, value in zip(problem.opportunities.request.tolist(), problem.opportunities.value.tolist(), strict=True):
        best[id] = max(best.get(id, 0.0), value)
    members = {bundle.id: bundle.requests for bundle in problem.bundles}
    found: dict[str, list[str]] = {}
    for refusal in plan.refused:
        code = refusal.reason.partition(":")[0]
        if code in ("memory", "battery", "duty", "heat"):
            code = refusal.because.partition(":")[0]
        elif code == "station":
            code = " ".join(refusal.because.split()[1:4])
        elif code == "lost_to":
            code = "time to turn between pictures"
        elif code == "quota":
            code = refusal.because.partition(" is taken")[0].removeprefix("the ")
        else:
            continue
        found.setdefault(code, []).append(refusal.request)
    rows = [
        Limit(what, tuple(ids), sum(max((best.get(m, 0.0) for m in members.get(id, (id,))), default=0.0) for id in ids))
        for what, ids in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.value))
