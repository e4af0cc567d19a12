"""Why is a request not in the plan? Each reason is tried: without what it names, the request could be inserted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.model import Acquisitions, Contacts, Plan, Refusal
from swath.plan.arrays import Indexed, index
from swath.plan.kernels import remove_request
from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.margin_kernels import battery_margin_wh, duty_margin_s, heat_margin_k, memory_margin_bit
from swath.plan.problem import Owner, Problem, worth
from swath.plan.search.kernels import admits, insert_request, objective, rivals
from swath.plan.sequence_kernels import copy_state
from swath.plan.state import copy_of, fixed_state, planned_state
from swath.plan.value_kernels import plan_value
from swath.time import format_utc

__all__ = ["Exchange", "can_add", "cheapest_exchange", "exchanges", "refusals"]

Whole = npt.NDArray[np.int64]
ENDLESS_WH = 1e6
_ALWAYS = 10
"""reasons of what was planned before that are found even after the time is over"""
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


def refusals(indexed: Indexed, state: State, stop: Callable[[], bool] = lambda: False) -> tuple[Refusal, ...]:
    """A true reason for each request that is not in the plan ``state``, in the order of the problem.

    Of a bundle none of whose requests is planned, the reason of the request that is worth most stands for all. Codes:
    those of ``find_looks``; ``commanding`` (its looks are over before its satellites can be told), ``too_late``
    (cannot come down in time whatever else is planned), ``memory``, ``battery``, ``duty`` and ``heat`` (more of one
    satellite's would admit it), ``station`` (a second antenna there would), ``quota`` and ``apart`` (without that rule
    it could be put in), ``cost`` (its contact costs more than it is worth), ``lost_to:ids`` (it could have the place of
    these). After ``stop``: ``stopped``, not looked at, for those that have looks. Those of the plan before
    (``Problem.former``) are looked at first, the most valuable first, and a few of them even after ``stop``: who is
    bumped is told why.
    """
    alone, fleet, problem = fixed_state(indexed), indexed.fleet, indexed.problem
    spoken = [_spokesman(fleet, state, b) for b in range(len(fleet.bundle))]
    of_bundle = [int(b) for b in fleet.request["bundle"]]
    waiting = [q for q, b in enumerate(of_bundle) if state.look[q] < 0 and (b < 0 or q == spoken[b])]
    found: dict[int, Refusal] = {}
    for number, q in enumerate(sorted(waiting, key=lambda q: _turn_to_be_told(indexed, q))):
        id, b = problem.requests[q].id, of_bundle[q]
        owed = number < _ALWAYS and not _turn_to_be_told(indexed, q)[0]
        if id not in problem.unoffered and not owed and stop():
            refusal = Refusal(id, "stopped", "the planning was stopped before its reason was found")
        else:
            refusal = _refusal(indexed, state, alone, q)
        found[q] = refusal if b < 0 else replace(refusal, request=problem.bundles[b].id)
    empty = [problem.unoffered[b.id] for b in problem.bundles if not b.requests and b.id in problem.unoffered]
    return (*(found[q] for q in waiting), *empty)


def _turn_to_be_told(indexed: Indexed, q: int) -> tuple[bool, float]:
    """Urgent requests and those of the plan before come first, the most valuable first."""
    asked, request = indexed.fleet.request[q], indexed.problem.requests[q]
    return not (asked["urgent"] or asked["former"] >= 0), -worth(request)


def _spokesman(fleet: Fleet, state: State, b: int) -> int:
    """The request of a bundle that gives the reason why none is planned: the one worth most; -1 where one is."""
    members = fleet.member[fleet.bundle[b]["first"] : fleet.bundle[b]["last"]]
    if not len(members) or (state.look[members] >= 0).any():
        return -1
    first, last = fleet.request["first"][members], fleet.request["last"][members]
    value = [fleet.look[fleet.choice[f]]["value"] if f < t else -1.0 for f, t in zip(first, last, strict=True)]
    return int(members[int(np.argmax(value))])


def cheapest_exchange(indexed: Indexed, state: State, q: int, *, stay: Iterable[int] = ()) -> Exchange | None:
    """What is the least that has to leave the plan so that request ``q`` can be put in? ``None``: nothing helps.

    Least in value, among sets none of whose members could stay; fixed pictures and those of ``stay`` never leave. First
    for each look what stands in its time; if that never helps, all that can go, less what need not.
    """
    fleet, trial = indexed.fleet, copy_of(indexed.fleet, state)
    choices = fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]
    kept = {*stay, *np.flatnonzero(fleet.request["fixed"]).tolist()}
    in_its_time = (
        e for e in exchanges(indexed, state, q, stay=kept, gain=False) if admits(fleet, trial, state, e[2], e[1])
    )
    best: Exchange | None = next(in_its_time, None)
    if best is None:
        taken = np.flatnonzero(state.look >= 0)
        leave = np.array([p for p in taken if int(p) not in kept], np.int64)
        helped = [int(look) for look in choices if admits(fleet, trial, state, leave, look)]
        if not helped:
            return None
        best = _worth(fleet, state, leave, trial), helped[0], leave
    _, look, leave = best
    for other in sorted(leave.tolist(), key=lambda p: -fleet.look[state.look[p]]["value"]):
        fewer = leave[leave != other]
        if admits(fleet, trial, state, fewer, look):
            leave = fewer
    return _worth(fleet, state, leave, trial), look, leave


def exchanges(
    indexed: Indexed, state: State, q: int, *, stay: Iterable[int] = (), gain: bool = True
) -> Iterator[Exchange]:
    """For each look of request ``q`` what stands in its time and may leave, the least valuable first.

    With ``gain`` only what is worth less than the look.
    """
    fleet = indexed.fleet
    kept = {*stay, *np.flatnonzero(fleet.request["fixed"]).tolist()}
    found: list[tuple[float, int, int, Whole]] = []
    known: dict[tuple[int, ...], float] = {}  # neighbouring looks have the same in their way
    trial = copy_of(fleet, state)
    for number, look in enumerate(fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]].tolist()):
        leave = _in_its_time(fleet, state, look)
        key = tuple(leave.tolist())
        if key not in known:
            known[key] = _worth(fleet, state, leave, trial)
        worth = known[key]
        if not kept & set(key) and (not gain or worth < fleet.look[look]["value"] - 1e-9):
            found.append((worth, number, look, leave))
    for worth, _, look, leave in sorted(found, key=lambda e: e[:2]):
        yield worth, look, leave


def _in_its_time(fleet: Fleet, state: State, look: int) -> Whole:
    """Requests whose picture or whose contact leaves no time for a look."""
    leave: set[int] = set()
    for item in rivals(fleet, state, look).tolist():
        codes = [item] if item >= 0 else state.load[-1 - item, : state.contact[-1 - item]["loads"]].tolist()
        leave |= {code // LOOKS for code in codes}
    return np.array(sorted(leave), np.int64)


def _worth(fleet: Fleet, state: State, leave: Whole, trial: State) -> float:
    """What the plan is worth more than without some requests; ``trial`` is room to work in."""
    alone = (fleet.request["bundle"][leave] < 0).all() and not np.isfinite(fleet.request["halves_s"][leave]).any()
    if alone and (fleet.fair >= 1.0).all():
        return float(fleet.look["value"][state.look[leave]].sum())
    copy_state(trial, state)
    for q in leave.tolist():
        remove_request(fleet, trial, q)
    return float(plan_value(fleet, state) - plan_value(fleet, trial))


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
    if (fitting := _fits(fleet, state, q)) is not None:
        return _not_worth(fleet, state, fitting, id)
    if _fits(fleet, alone, q) is None:
        return _never(indexed, state, alone, q, id)
    return _short(indexed, state, q, id) or _lost(indexed, state, q, id)


def _not_worth(fleet: Fleet, state: State, fitting: State, id: str) -> Refusal:
    """It could be put in; that it is not has a price as its reason, or that nobody had the time."""
    gain = float(objective(fleet, fitting) - objective(fleet, state))
    if gain > 0.0:
        return Refusal(id, "stopped", f"it could be put in and would add {gain:.2f}; the planning was stopped before")
    return Refusal(id, "cost", f"its picture is worth {-gain:.2f} less than the contact that would bring it down costs")


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
            f"its picture could be on the ground at {_clock(indexed.time(later.shot[LOOKS * q]['ground_s']))}, "
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
    """Would endless memory, battery, duty or cooling of one satellite, a second antenna, or no quota admit it?"""
    fleet = indexed.fleet
    looks = fleet.look[fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]]
    for s in dict.fromkeys(looks["satellite"].tolist()):
        found = _short_of(indexed, state, q, id, s)
        if found is not None:
            return found
    return _station(indexed, state, q, id) or _ruled_out(indexed, state, q, id)


def _short_of(indexed: Indexed, state: State, q: int, id: str, s: int) -> Refusal | None:
    """What one satellite lacks."""
    fleet, name = indexed.fleet, indexed.problem.satellites[s].id
    own = fleet.satellite[s]
    for code, endless in (
        ("memory", {"capacity_bit": np.inf}),
        ("battery", {"battery_wh": own["battery_wh"] + ENDLESS_WH, "initial_wh": own["initial_wh"] + ENDLESS_WH}),
        ("duty", {"duty_s": np.inf}),
        ("heat", {"room_k": np.inf}),
    ):
        craft = fleet.satellite.copy()
        for column, value in endless.items():
            craft[s][column] = value
        with_more = _fits(fleet._replace(satellite=craft), state, q)
        if with_more is None:
            continue
        if code == "memory":
            needs_bit = own["capacity_bit"] - memory_margin_bit(fleet, with_more, s)
            words = f"it would have to hold {needs_bit / 1e9:.3f} Gbit, it has {own['capacity_bit'] / 1e9:.3f} Gbit"
        elif code == "battery":
            lacks_wh = -battery_margin_wh(fleet, with_more, s)
            words = f"it would fall {lacks_wh:.2f} Wh below its floor of {own['min_wh']:g} Wh"
        elif code == "duty":
            needs_s = own["duty_s"] - duty_margin_s(fleet, with_more, s)
            words = f"it would image {needs_s:.1f} s within {own['window_s']:g} s, it may {own['duty_s']:g} s"
        else:
            words = f"it would get {-heat_margin_k(fleet, with_more, s):.2f} K warmer than it may"
        return Refusal(id, code, f"{code} of {name}: {words}")
    return None


def _station(indexed: Indexed, state: State, q: int, id: str) -> Refusal | None:
    """Would antennas for everybody admit it?"""
    fleet, problem = indexed.fleet, indexed.problem
    passes = fleet.passes.copy()
    passes["station"] = np.arange(len(passes))
    if (served := _fits(fleet._replace(passes=passes), state, q)) is None:
        return None
    p = int(served.shot[LOOKS * q]["sent"])
    station, satellite = (
        problem.stations[fleet.passes[p]["station"]].id,
        problem.satellites[fleet.passes[p]["satellite"]].id,
    )
    at = _clock(indexed.time(served.contact[p]["begin_s"]))
    return Refusal(id, "station", f"the antenna of {station} serves another satellite while {satellite} passes at {at}")


def _ruled_out(indexed: Indexed, state: State, q: int, id: str) -> Refusal | None:
    """Would it fit if its owner had no quota, or if it need not keep away from others?"""
    fleet, problem = indexed.fleet, indexed.problem
    if _fits(fleet._replace(allowed=np.full_like(fleet.allowed, np.inf)), state, q) is not None:
        owner = problem.owners[fleet.request[q]["owner"]]
        limits = ((owner.max_pictures, "pictures"), (owner.max_image_s, "s of imaging"))
        words = " and ".join(f"{limit:g} {what}" for limit, what in limits if limit < Owner.max_pictures)
        words = f"the quota of {owner.id} is taken: {words}"
        return Refusal(id, "quota", words)
    if _fits(fleet._replace(near=fleet.near[:0], request=_free_of_others(fleet)), state, q) is not None:
        rows = fleet.near[fleet.request[q]["near_first"] : fleet.request[q]["near_last"]]
        names = sorted({problem.requests[row["request"]].id for row in rows if state.look[row["request"]] >= 0})
        words = f"its looks are less than {rows['apart_s'].max():g} s from those of {_listed(names)}"
        return Refusal(id, "apart", words)
    return None


def _free_of_others(fleet: Fleet) -> npt.NDArray[np.void]:
    request = fleet.request.copy()
    request["near_first"] = request["near_last"] = 0
    return request


def _lost(indexed: Indexed, state: State, q: int, id: str) -> Refusal:
    exchange = cheapest_exchange(indexed, state, q)
    if exchange is None:
        return Refusal(id, "commanding", "what is already commanded leaves no room for any of its looks")
    worth, look, leave = exchange
    fleet, trial = indexed.fleet, copy_of(indexed.fleet, state)
    admits(fleet, trial, state, leave, look)
    gives = float(plan_value(fleet, trial) - plan_value(fleet, state)) + worth
    taken = fleet.look[look]
    names = [indexed.problem.requests[p].id for p in leave]
    words = (
        f"its look by {indexed.problem.satellites[taken['satellite']].id} at {_clock(indexed.time(taken['start']))}, "
        f"worth {gives:.2f} there, would cost {_listed(names)}, worth {worth:.2f} in the plan"
    )
    return Refusal(id, f"lost_to:{','.join(names)}", words)


def _listed(names: list[str]) -> str:
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _clock(at: np.datetime64) -> str:
    return format_utc(at)
