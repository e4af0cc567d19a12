"""Why is a request not in the plan? Each reason is tried: without what it names, the request could be inserted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Acquisitions, Contacts, Plan, Refusal
from swath.plan.arrays import Indexed, copy_of, fixed_state, index, planned_state
from swath.plan.kernels import battery_margin_wh, memory_margin_bit, remove_request
from swath.plan.layout import Fleet, State
from swath.plan.problem import Problem
from swath.plan.search.kernels import admits, insert_request, rivals
from swath.time import format_utc

__all__ = ["Exchange", "can_add", "cheapest_exchange", "refusals"]

Whole = npt.NDArray[np.int64]
ENDLESS_WH = 1e6
Exchange = tuple[float, int, Whole]
"""worth of what has to go, the look that then can be taken, the requests that have to go"""


def can_add(problem: Problem, plan: Plan, request: str, *, without: Collection[str] = ()) -> bool:
    """Could a request be put into a plan of this problem, after some others were taken out, with all else left alone?

    Raises :class:`InputError` for unknown ids and for a plan that is not one of this problem.
    """
    indexed = index(problem)
    state = planned_state(indexed, plan)
    number = {r.id: n for n, r in enumerate(problem.requests)}
    unknown = sorted({request, *without} - set(number))
    if unknown:
        raise InputError(f"there is no request {unknown[0]!r}", fix="Correct the id")
    for other in without:
        remove_request(indexed.fleet, state, number[other])
    return _fits(indexed.fleet, state, number[request]) is not None


def refusals(indexed: Indexed, state: State) -> tuple[Refusal, ...]:
    """A true reason for each request that is not in the plan ``state``, in the order of the problem.

    Codes: those of ``find_looks``; ``commanding`` (its looks are over before its satellites can be told), ``too_late``
    (cannot come down in time whatever else is planned), ``memory`` and ``battery`` (more of one satellite's
    would admit it), ``station`` (a second antenna there would), ``lost_to:ids`` (it could have the place of these).
    """
    alone = fixed_state(indexed)
    return tuple(
        _refusal(indexed, state, alone, q) for q in range(len(indexed.problem.requests)) if state.request[q]["look"] < 0
    )


def cheapest_exchange(indexed: Indexed, state: State, q: int, *, stay: Iterable[int] = ()) -> Exchange | None:
    """What is the least that has to leave the plan so that request ``q`` can be put in? ``None``: nothing helps.

    Least in value, among sets none of whose members could stay; fixed pictures and those of ``stay`` never leave. First
    for each look what stands in its time; if that never helps, all that can go, less what need not.
    """
    fleet, trial = indexed.fleet, copy_of(indexed.fleet, state)
    kept = {*stay, *np.flatnonzero(fleet.request["fixed"]).tolist()}
    choices = fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]
    best: Exchange | None = None
    for look in choices:
        leave = _in_its_time(fleet, state, int(look))
        worth = _worth(fleet, state, leave)
        better = best is None or worth < best[0]
        if better and not kept & set(leave.tolist()) and admits(fleet, trial, state, leave, look):
            best = worth, int(look), leave
    if best is None:
        taken = np.flatnonzero(state.request["look"] >= 0)
        leave = np.array([p for p in taken if int(p) not in kept], np.int64)
        helped = [int(look) for look in choices if admits(fleet, trial, state, leave, look)]
        if not helped:
            return None
        best = _worth(fleet, state, leave), helped[0], leave
    _, look, leave = best
    for other in sorted(leave.tolist(), key=lambda p: -fleet.look[state.request[p]["look"]]["value"]):
        fewer = leave[leave != other]
        if admits(fleet, trial, state, fewer, look):
            leave = fewer
    return _worth(fleet, state, leave), look, leave


def _in_its_time(fleet: Fleet, state: State, look: int) -> Whole:
    """Requests whose picture or whose contact leaves no time for a look."""
    leave: set[int] = set()
    for code in rivals(fleet, state, look).tolist():
        leave |= {code} if code >= 0 else set(state.load[-1 - code, : state.contact[-1 - code]["loads"]].tolist())
    return np.array(sorted(leave), np.int64)


def _worth(fleet: Fleet, state: State, leave: Whole) -> float:
    return float(fleet.look["value"][state.request["look"][leave]].sum())


def _fits(fleet: Fleet, state: State, q: int) -> State | None:
    """The plan with the request in it, if it can be inserted."""
    trial = copy_of(fleet, state)
    return trial if insert_request(fleet, trial, q, np.zeros(1, np.uint64), 0.0) else None


def _refusal(indexed: Indexed, state: State, alone: State, q: int) -> Refusal:
    problem, fleet = indexed.problem, indexed.fleet
    id = problem.requests[q].id
    if id in problem.unoffered:
        return problem.unoffered[id]
    if not (problem.opportunities.request == id).any():
        return Refusal(id, "no_access", "no look is offered")
    if fleet.request[q]["first"] == fleet.request[q]["last"]:
        return _commanding(problem, id)
    if _fits(fleet, alone, q) is None:
        return _never(indexed, state, alone, q, id)
    return _short(indexed, state, q, id) or _lost(indexed, state, q, id)


def _commanding(problem: Problem, id: str) -> Refusal:
    looks = problem.opportunities.take(problem.opportunities.request == id)
    last = int(np.argmax(looks.start))
    satellite = str(looks.satellite[last])
    words = (
        f"its last look ({satellite}, {_clock(looks.start[last])}) is over before {satellite} can be commanded "
        f"({_clock(problem.commandable_from(satellite))})"
    )
    return Refusal(id, "commanding", words)


def _never(indexed: Indexed, state: State, alone: State, q: int, id: str) -> Refusal:
    """Why even the fixed part of the plan has no room for it."""
    problem, fleet = indexed.problem, indexed.fleet
    request = fleet.request.copy()
    request[q]["due_s"] = fleet.satellite[0]["horizon_s"]
    if (later := _fits(fleet._replace(request=request), alone, q)) is not None:
        words = (
            f"its picture could be on the ground at {_clock(indexed.time(later.request[q]['ground_s']))}, "
            f"it is due by {_clock(problem.requests[q].deadline)}"
        )
        return Refusal(id, "too_late", words)
    if (short := _short(indexed, state, q, id)) is not None:
        return short
    if (short := _short(indexed, alone, q, id)) is not None:
        return replace(short, because=f"{short.because}, even with nothing else planned")
    if len(problem.frozen):
        free = index(replace(problem, frozen=Acquisitions.empty(), frozen_contacts=Contacts.empty()))
        if _fits(free.fleet, fixed_state(free), q) is not None:
            return Refusal(id, "commanding", "what is already commanded leaves no room for any of its looks")
    looks = fleet.look[fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]]
    names = _listed(sorted({problem.satellites[s].id for s in looks["satellite"]}))
    words = (
        f"no pass over a station brings its picture down from {names} before the plan ends at {_clock(problem.stop)}"
    )
    return Refusal(id, "too_late", words)


def _short(indexed: Indexed, state: State, q: int, id: str) -> Refusal | None:
    """Would endless memory or battery of one satellite, or a second antenna at a station, admit it?"""
    fleet, problem = indexed.fleet, indexed.problem
    looks = fleet.look[fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]]
    for s in dict.fromkeys(looks["satellite"].tolist()):
        name, craft = problem.satellites[s].id, fleet.satellite.copy()
        craft[s]["capacity_bit"] = np.inf
        if (fuller := _fits(fleet._replace(satellite=craft), state, q)) is not None:
            has_bit = fleet.satellite[s]["capacity_bit"]
            needs_bit = has_bit - memory_margin_bit(fleet, fuller, s)
            words = (
                f"memory of {name}: it would have to hold {needs_bit / 1e9:.3f} Gbit, it has {has_bit / 1e9:.3f} Gbit"
            )
            return Refusal(id, "memory", words)
        craft = fleet.satellite.copy()
        craft[s]["battery_wh"] += ENDLESS_WH
        craft[s]["initial_wh"] += ENDLESS_WH
        if (weaker := _fits(fleet._replace(satellite=craft), state, q)) is not None:
            lacks_wh, floor_wh = -battery_margin_wh(fleet, weaker, s), fleet.satellite[s]["min_wh"]
            words = f"battery of {name}: it would fall {lacks_wh:.2f} Wh below its floor of {floor_wh:g} Wh"
            return Refusal(id, "battery", words)
    passes = fleet.passes.copy()
    passes["station"] = np.arange(len(passes))
    if (served := _fits(fleet._replace(passes=passes), state, q)) is not None:
        p = int(served.request[q]["sent"])
        station, satellite = (
            problem.stations[fleet.passes[p]["station"]].id,
            problem.satellites[fleet.passes[p]["satellite"]].id,
        )
        at = _clock(indexed.time(served.contact[p]["begin_s"]))
        return Refusal(
            id, "station", f"the antenna of {station} serves another satellite while {satellite} passes at {at}"
        )
    return None


def _lost(indexed: Indexed, state: State, q: int, id: str) -> Refusal:
    exchange = cheapest_exchange(indexed, state, q)
    if exchange is None:
        return Refusal(id, "commanding", "what is already commanded leaves no room for any of its looks")
    worth, look, leave = exchange
    taken = indexed.fleet.look[look]
    names = [indexed.problem.requests[p].id for p in leave]
    words = (
        f"its look by {indexed.problem.satellites[taken['satellite']].id} at {_clock(indexed.time(taken['start']))}, "
        f"worth {taken['value']:.2f}, would cost {_listed(names)}, worth {worth:.2f} in the plan"
    )
    return Refusal(id, f"lost_to:{','.join(names)}", words)


def _listed(names: list[str]) -> str:
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _clock(at: np.datetime64) -> str:
    return format_utc(at)
