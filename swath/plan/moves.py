"""What if this picture were taken there instead? One picture moved by hand, judged at once, all else left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from swath.errors import Infeasible, InputError
from swath.frames import EarthOrientation
from swath.model import Acquisitions, Opportunities, Plan, Refusal
from swath.orbit.ephemeris import Ephemeris
from swath.plan.arrays import Indexed
from swath.plan.explain import cheapest_exchange
from swath.plan.kernels import DONE, NO_TIME, NOT_ALLOWED, add_look, remove_request
from swath.plan.layout import State
from swath.plan.search.kernels import insert_request
from swath.plan.shares import shares
from swath.plan.state import copy_of, plan_tables
from swath.plan.value_kernels import plan_value
from swath.plan.verify import Violation, verify_moved
from swath.time import format_utc

__all__ = ["Insertion", "Move", "insert", "move"]

_WHY = {
    NO_TIME: ("slew", "no time to turn there and back between its neighbours"),
    NOT_ALLOWED: ("quota", "its owner's quota, its order's other pictures or the distance to others forbid it"),
}
_NO_CHANCE = np.zeros(1, np.uint64)
"""nothing here is left to chance"""
_NO_WAY = ("delivery", "no contact could bring it down in time, or recorder or battery would not hold")


@dataclass(frozen=True)
class Move:
    """A picture at another time or of another satellite, and what of the rules that breaks."""

    look: Opportunities
    """the offered look that it was moved to, one row"""
    plan: Plan | None
    """with the picture there and contacts that bring it down; none where the rules forbid it"""
    violations: tuple[Violation, ...]
    value: float
    """by how much the plan's value changes; 0 where there is no such plan"""


def move(
    indexed: Indexed,
    state: State,
    plan: Plan,
    acquisition: str,
    *,
    satellite: str,
    at: np.datetime64,
    ephemerides: Mapping[str, Ephemeris],
    eop: EarthOrientation,
) -> Move:
    """A picture moved to the offered look of its request that is nearest to a moment, and what the judge says.

    ``state`` is the plan as it lies in the kernels (``planned_state``), made once for many tries; it stays as it is.
    Contacts may carry other pictures afterwards; no other picture moves. The planner's own kernels try it; what they
    refuse is laid before the judge (``plan.verify``) as it is, so that the answer names rules and numbers. Raises
    :class:`InputError` for ids that are not in the plan or a stereo picture, :class:`Infeasible` where the satellite
    has no look at it.
    """
    problem, fleet = indexed.problem, indexed.fleet
    row = _row_of(plan, acquisition)
    id = str(plan.acquisitions.request[row])
    q = next(n for n, request in enumerate(problem.requests) if request.id == id)
    if problem.requests[q].looks > 1:
        raise InputError(f"{id} is a stereo picture: its looks belong together", where="move", fix="Plan it anew")
    if id in problem.frozen.request:
        because = f"{acquisition} is commanded or locked"
        same = Opportunities.from_rows([{**next(plan.acquisitions.take([row]).rows()), "window": -1}])
        return Move(same, None, (Violation("frozen", acquisition, because),), 0.0)
    look = _nearest(indexed, id, satellite, at)
    trial = copy_of(fleet, state)
    remove_request(fleet, trial, q)
    refused = add_look(fleet, trial, look, _NO_CHANCE, 0.0)
    offered = problem.opportunities.take([int(indexed.source[look])])
    if refused == DONE:
        acquisitions, contacts = plan_tables(indexed, trial)
        gain = float(plan_value(fleet, trial) - plan_value(fleet, state))
        told = shares(indexed, trial)
        after = replace(plan, acquisitions=acquisitions, contacts=contacts, value=plan.value + gain, shares=told)
        moved = str(acquisitions.id[acquisitions.request == id][0])
        return Move(offered, after, verify_moved(problem, after, ephemerides, eop, moved), gain)
    naive = replace(plan, acquisitions=_put(plan.acquisitions, row, offered))
    found = verify_moved(problem, naive, ephemerides, eop, str(naive.acquisitions.id[row]), delivery=False)
    rule, because = _WHY.get(refused, _NO_WAY)
    return Move(offered, None, found or (Violation(rule, acquisition, because),), 0.0)


@dataclass(frozen=True)
class Insertion:
    """An order put into a plan, and what that does to others."""

    look: Opportunities
    """what is taken of it, one row"""
    plan: Plan
    dropped: tuple[str, ...]
    """requests that have to leave"""
    moved: tuple[str, ...]
    """requests that have to leave their place, but find another"""
    value: float
    """by how much the plan's value changes; below 0 where what leaves is worth more"""


def insert(indexed: Indexed, state: State, plan: Plan, request: str) -> Insertion:
    """A request put into a plan of its problem at the least cost to others, at once and without planning anew.

    Where it fits, its best look that does; else in exchange for what is worth least (``explain.cheapest_exchange``),
    which is then put elsewhere where it can be. Raises :class:`InputError` for an unknown request or one that is in the
    plan, :class:`Infeasible` where nothing helps.
    """
    problem, fleet = indexed.problem, indexed.fleet
    q = next((n for n, one in enumerate(problem.requests) if one.id == request), None)
    if q is None or state.look[q] >= 0:
        raise InputError(f"request {request!r} is unknown or planned", where="insert", fix="Name a request to put in")
    trial, leave = _with_room(indexed, state, q)
    moved = [other for other in leave if insert_request(fleet, trial, other, _NO_CHANCE, 0.0)]
    acquisitions, contacts = plan_tables(indexed, trial)
    gain = float(plan_value(fleet, trial) - plan_value(fleet, state))
    offered = problem.opportunities.value[problem.opportunities.request == request]
    refused = tuple(refusal for refusal in plan.refused if refusal.request != request)
    names = {other: problem.requests[other].id for other in leave}
    dropped = tuple(names[other] for other in leave if other not in moved)
    refused += tuple(Refusal(id, f"lost_to:{request}", f"gave its place to {request}") for id in dropped)
    after = replace(
        plan,
        acquisitions=acquisitions,
        contacts=contacts,
        refused=refused,
        shares=shares(indexed, trial),
        value=plan.value + gain,
        bound=plan.bound + float(offered.max()),  # one order more adds its best look at most
        bound_because=f"{plan.bound_because}; {request} adds its best look at most",
    )
    look = problem.opportunities.take([int(indexed.source[trial.look[q]])])
    return Insertion(look, after, dropped, tuple(names[other] for other in moved), gain)


def _with_room(indexed: Indexed, state: State, q: int) -> tuple[State, list[int]]:
    """The plan with the request in it, and who had to leave for it, the most valuable first."""
    problem, fleet, trial = indexed.problem, indexed.fleet, copy_of(indexed.fleet, state)
    if insert_request(fleet, trial, q, _NO_CHANCE, 0.0):
        return trial, []
    exchange = cheapest_exchange(indexed, state, q)
    if exchange is None:
        why = problem.unoffered.get(problem.requests[q].id)
        raise Infeasible(
            why.because if why else "none of its looks can be taken and brought down in time, whoever leaves",
            where=f"request {problem.requests[q].id}",
            fix="Allow a wider angle, a lower Sun, more cloud or a longer time",
        )
    trial, leave = copy_of(fleet, state), sorted(exchange[2].tolist(), key=lambda p: -_value(indexed, state, p))
    for other in leave:
        remove_request(fleet, trial, other)
    if add_look(fleet, trial, exchange[1], _NO_CHANCE, 0.0) != DONE:
        raise Infeasible("the exchange does not hold", where="insert", fix="Plan anew")
    return trial, leave


def _value(indexed: Indexed, state: State, q: int) -> float:
    return float(indexed.fleet.look[state.look[q]]["value"])


def _row_of(plan: Plan, acquisition: str) -> int:
    rows = np.flatnonzero(plan.acquisitions.id == acquisition)
    if not len(rows):
        raise InputError(f"there is no picture {acquisition!r}", where="plan", fix="Give an id of the plan's pictures")
    return int(rows[0])


def _nearest(indexed: Indexed, request: str, satellite: str, at: np.datetime64) -> int:
    """The look, a number of the fleet, of one satellite that is nearest to a moment."""
    looks = indexed.problem.opportunities
    rows = np.flatnonzero((looks.request == request) & (looks.satellite == satellite))
    if not len(rows):
        raise Infeasible(
            f"{satellite} has no look at {request} that its order allows",
            where="move",
            fix="Take another satellite, or ask for a wider angle, a lower Sun or a longer time",
        )
    source = int(rows[np.argmin(np.abs(looks.middle[rows] - at))])
    return int(np.flatnonzero(indexed.source == source)[0])


def _put(taken: Acquisitions, row: int, offered: Opportunities) -> Acquisitions:
    """The pictures with one at another look, its way down as it was."""
    rows = [dict(one) for one in taken.rows()]
    new = next(offered.rows())
    kept = {name: rows[row][name] for name in ("contact", "on_ground")}
    rows[row] = {**{k: v for k, v in new.items() if k != "window"}, **kept, "id": _name(new)}
    return Acquisitions.from_rows(rows)


def _name(look: Mapping[str, object]) -> str:
    start = format_utc(look["start"])  # type: ignore[arg-type]
    return f"{look['satellite']}-{start.replace('-', '').replace(':', '')} (moved)"
