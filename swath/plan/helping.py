"""Which single change would get a refused order into the plan, and which of them is the cheapest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.access.accesses import find_accesses
from swath.access.passes import find_passes
from swath.model import Opportunities, Plan, Request, Station, Windows
from swath.plan.arrays import Indexed, index
from swath.plan.build import Outlook
from swath.plan.explain import cheapest_exchange
from swath.plan.kernels import DONE, add_look
from swath.plan.layout import LOOKS, State
from swath.plan.looks import find_looks
from swath.plan.problem import PRIORITY_WEIGHT, Problem
from swath.plan.search.kernels import admits
from swath.plan.state import copy_of, planned_state
from swath.plan.stereo import find_groups
from swath.plan.value_kernels import plan_value
from swath.time import seconds

__all__ = ["COSTS", "Help", "cheapest_help", "with_station"]

Floats = npt.NDArray[np.float64]

COSTS: Mapping[str, float] = {
    "off_nadir": 1.0,  # a degree
    "sun": 1.0,  # a degree
    "cloud": 0.2,  # a hundredth of P(clear)
    "pixel": 0.2,  # a hundredth
    "side": 8.0,
    "window": 0.5,  # an hour
    "deadline": 0.3,  # an hour
    "priority": 10.0,  # a class
    "value": 5.0,  # a doubling
    "quota": 15.0,  # a picture
    "station": 30.0,
}
"""how much a change is taken to hurt, so that different ones can be compared"""

_MORE_S = 60.0

_RELAXED: Mapping[str, dict[str, object]] = {
    "off_nadir": {"max_off_nadir_deg": 90.0},
    "sun": {"min_sun_elevation_deg": -90.0},
    "cloud": {"min_p_clear": 0.0},
    "pixel": {"max_gsd_m": np.inf},
    "side": {"side": "any"},
    "window": {},
    "deadline": {},
}


@dataclass(frozen=True)
class Help:
    """A change that would get an order in."""

    order: str
    what: str
    """a key of :data:`COSTS`"""
    changed: tuple[Request, ...]
    """the order's requests as they would have to be; empty for a station or a quota"""
    weight: float
    """in the unit of :data:`COSTS`"""
    because: str


def cheapest_help(
    problem: Problem,
    plan: Plan,
    outlook: Outlook,
    *,
    orders: Sequence[str] = (),
    stations: Sequence[Station] = (),
) -> dict[str, Help | None]:
    """For each refused order (or those named) the cheapest single change that gets it in; None: no single one does.

    Tried are a larger off-nadir angle, a lower Sun, more cloud, coarser pixels, the other side, a wider window, a later
    deadline, a higher priority class or value, and each of ``stations``. What is found is made exact and tried again:
    looks are searched anew under the changed conditions, and the order is put into the plan with nothing else moved
    (with the exchange that pays, for priority and value). Orders whose requests are many (bundles) count as in when one
    of their pictures is.
    """
    members = {bundle.id: bundle.requests for bundle in problem.bundles}
    wanted = [r.request for r in plan.refused if not orders or r.request in orders]
    owners = {id: order for order in wanted for id in members.get(order, (order,))}
    found: dict[str, list[Help]] = {order: [] for order in wanted}
    if not owners:
        return {}
    for what in _RELAXED:
        for help in _relaxed(problem, plan, outlook, owners, what):
            found[help.order].append(help)
    others = (
        *_worth_more(problem, plan, wanted, members),
        *_quotas(problem, plan, owners),
        *_stations(problem, plan, outlook, owners, stations),
    )
    for help in others:
        found[help.order].append(help)
    for helps in found.values():
        helps.sort(key=lambda help: help.weight)
    best: dict[str, Help | None] = dict.fromkeys(found)
    waiting = {order for order, helps in found.items() if helps}
    while waiting:  # the next one of each order that has none yet, all tried in one problem
        tried = [found[order].pop(0) for order in sorted(waiting)]
        for help in _verified(problem, plan, outlook, tried):
            best[help.order] = help
        waiting = {order for order in waiting if best[order] is None and found[order]}
    return best


def _with(problem: Problem, requests: Sequence[Request], outlook: Outlook) -> Problem:
    """The problem in which some requests ask for something else; their looks are searched anew."""
    new = {request.id: request for request in requests}
    places = list({request.place.id: request.place for request in requests}.values())
    widest = max(satellite.agility.max_off_nadir_deg for satellite in problem.satellites)
    accesses = find_accesses(
        outlook.ephemerides, places, problem.start, problem.stop, outlook.eop, max_off_nadir_deg=widest, cover="centre"
    )
    looks, unoffered = find_looks(
        problem.satellites,
        outlook.ephemerides,
        requests,
        accesses,
        outlook.p_clear,
        outlook.eop,
        start=problem.start,
        stop=problem.stop,
        slot_s=outlook.slot_s,
    )
    groups, refused = find_groups(requests, looks, problem.satellites, outlook.ephemerides)
    others = ~np.isin(problem.opportunities.request, list(new))
    kept_groups = problem.groups.take(~np.isin(problem.groups.request, list(new)))
    told = {id: why for id, why in problem.unoffered.items() if id not in new}
    return replace(
        problem,
        requests=tuple(new.get(request.id, request) for request in problem.requests),
        opportunities=Opportunities.join([problem.opportunities.take(others), looks]),
        groups=type(problem.groups).join([kept_groups, groups]),
        unoffered={**told, **unoffered, **refused},
    )


def _relaxed(problem: Problem, plan: Plan, outlook: Outlook, owners: Mapping[str, str], what: str) -> list[Help]:
    """What one condition would have to be for each order, from a problem in which it is dropped."""
    asked = {request.id: request for request in problem.requests if request.id in owners}
    if what == "window":
        first, last = problem.start, problem.stop
        some = [r for r in asked.values() if r.start > first or r.stop < last]
        loose = [replace(r, start=first, stop=last, deadline=max(r.deadline, last)) for r in some]
    elif what == "deadline":
        loose = [replace(r, deadline=problem.stop) for r in asked.values() if r.deadline < problem.stop]
    else:
        key, value = next(iter(_RELAXED[what].items()))
        loose = [replace(r, **{key: value}) for r in asked.values() if getattr(r, key) != value]  # type: ignore[arg-type]
    if not loose:
        return []
    indexed = index(_with(problem, loose, outlook))
    state = planned_state(indexed, plan)
    found: dict[str, Help] = {}
    numbers = {request.id: n for n, request in enumerate(problem.requests)}
    for request in loose:
        help = _least(indexed, state, numbers[request.id], asked[request.id], owners[request.id], what)
        if help is not None and (help.order not in found or help.weight < found[help.order].weight):
            found[help.order] = help
    return list(found.values())


def _least(indexed: Indexed, state: State, q: int, asked: Request, order: str, what: str) -> Help | None:
    """The look that asks for the least change of those that fit into the plan."""
    fleet, problem = indexed.fleet, indexed.problem
    choices = fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]
    if not len(choices) or state.look[q] >= 0:
        return None
    amounts = np.array([_amount(problem, indexed, int(look), asked, what) for look in choices])
    trial = copy_of(fleet, state)
    for k in np.argsort(amounts, kind="stable").tolist():
        if add_look(fleet, trial, choices[k], np.zeros(1, np.uint64), 0.0) == DONE:
            rows = indexed.source[choices[k] + np.arange(fleet.look[choices[k]]["count"])]
            ground = max(float(trial.shot["ground_s"][LOOKS * q + n]) for n in range(len(rows)))
            changed = _exact(problem.opportunities.take(rows), asked, what, indexed.time(ground))
            if changed is None:
                return None
            one, words, size = changed
            return Help(order, what, (one,), COSTS[what] * size, words)
    return None


def _amount(problem: Problem, indexed: Indexed, look: int, asked: Request, what: str) -> float:
    """How far a look lies outside what is asked, in order to sort."""
    row, looks = int(indexed.source[look]), problem.opportunities
    if what == "off_nadir":
        return float(looks.off_nadir_deg[row])
    if what == "sun":
        return -float(looks.sun_elevation_deg[row])
    if what == "cloud":
        return -float(looks.p_clear[row])
    if what == "pixel":
        return float(looks.gsd_m[row])
    if what == "window":
        early = (asked.start - looks.start[row]) / np.timedelta64(1, "s")
        late = (looks.stop[row] - asked.stop) / np.timedelta64(1, "s")
        return float(max(early, late, 0.0))
    return float(indexed.fleet.look[look]["stop"])


def _exact(
    rows: Opportunities, asked: Request, what: str, on_ground: np.datetime64
) -> tuple[Request, str, float] | None:
    """The request as it would have to be, in words, and how large the change is."""
    if what == "off_nadir":
        need = float(np.ceil(rows.off_nadir_deg.max() * 10.0 + 1e-6) / 10.0)
        words = f"a largest off-nadir angle of {need:.1f} deg instead of {asked.max_off_nadir_deg:g}"
        return replace(asked, max_off_nadir_deg=need), words, need - asked.max_off_nadir_deg
    if what == "sun":
        need = float(np.floor(rows.sun_elevation_deg.min() * 10.0 - 1e-6) / 10.0)
        words = f"a least Sun elevation of {need:.1f} deg instead of {asked.min_sun_elevation_deg:g}"
        return replace(asked, min_sun_elevation_deg=need), words, asked.min_sun_elevation_deg - need
    if what == "cloud":
        need = float(np.floor(rows.p_clear.min() * 100.0 - 1e-6) / 100.0)
        words = f"a least P(clear) of {need:.2f} instead of {asked.min_p_clear:g}"
        return replace(asked, min_p_clear=max(need, 0.0)), words, 100.0 * (asked.min_p_clear - need)
    if what == "pixel":
        need = float(np.ceil(rows.gsd_m.max() * 100.0 + 1e-6) / 100.0)
        words = f"pixels of up to {need:.2f} m instead of {asked.max_gsd_m:g}"
        return replace(asked, max_gsd_m=need), words, 100.0 * (need / asked.max_gsd_m - 1.0)
    if what == "side":
        return replace(asked, side="any"), f"either side of the track instead of {asked.side} only", 1.0
    return _exact_times(rows, asked, what, on_ground)


def _exact_times(
    rows: Opportunities, asked: Request, what: str, on_ground: np.datetime64
) -> tuple[Request, str, float] | None:
    hour = seconds(3600.0)
    if what == "deadline":
        late = (on_ground - asked.deadline) / hour
        need = float(np.ceil(late * 10.0) / 10.0)
        moved = replace(asked, deadline=asked.deadline + seconds(3600.0 * need))
        return (moved, f"a deadline {need:.1f} h later", need) if need > 0.0 else None
    early = max(float((asked.start - rows.start.min()) / hour), 0.0)
    late = max(float((rows.stop.max() - asked.stop) / hour), 0.0)
    early, late = (float(np.ceil(x * 10.0) / 10.0) for x in (early, late))
    stop = asked.stop + seconds(3600.0 * late)
    due = max(asked.deadline, on_ground + seconds(1.0)) if late or on_ground > asked.deadline else asked.deadline
    moved = replace(asked, start=asked.start - seconds(3600.0 * early), stop=stop, deadline=due)
    sides = [f"{x:.1f} h {which}" for x, which in ((early, "earlier"), (late, "later")) if x > 0.0]
    return (moved, f"a window that opens or closes {' and '.join(sides)}", early + late) if sides else None


def _worth_more(
    problem: Problem, plan: Plan, wanted: Sequence[str], members: Mapping[str, Sequence[str]]
) -> list[Help]:
    """Priority classes, or a value, with which an order would be worth what it would displace."""
    indexed = index(problem)
    state = planned_state(indexed, plan)
    fleet, found = indexed.fleet, []
    numbers = {request.id: n for n, request in enumerate(problem.requests)}
    urgent = np.flatnonzero(fleet.request["urgent"]).tolist()
    lost = {r.request for r in plan.refused if r.reason.startswith("lost_to")}
    for order in (order for order in wanted if order in lost and order not in members):
        q, asked = numbers[order], problem.requests[numbers[order]]
        exchange = cheapest_exchange(indexed, state, q, stay=urgent)
        if exchange is None:
            continue
        trial = copy_of(fleet, state)
        admits(fleet, trial, state, exchange[2], exchange[1])
        value = float(plan_value(fleet, trial) - plan_value(fleet, state)) + exchange[0]
        if value <= 0.0:
            continue
        need = 1.001 * exchange[0] / value
        for better in sorted((p for p in PRIORITY_WEIGHT if p < asked.priority), reverse=True):
            if PRIORITY_WEIGHT[better] / PRIORITY_WEIGHT[asked.priority] >= need:
                step = asked.priority - better
                words = f"priority class {better} instead of {asked.priority}"
                found.append(
                    Help(order, "priority", (replace(asked, priority=better),), COSTS["priority"] * step, words)
                )
                break
        raised = float(np.ceil(asked.value * need * 1000.0) / 1000.0)
        words = f"a value of {raised:g} instead of {asked.value:g}"
        size = max(np.log2(raised / asked.value), 0.01)
        found.append(Help(order, "value", (replace(asked, value=raised),), COSTS["value"] * float(size), words))
    return found


def _quotas(problem: Problem, plan: Plan, owners: Mapping[str, str]) -> list[Help]:
    """One picture more for the owner of an order that its quota keeps out."""
    waiting = {r.request for r in plan.refused if r.reason == "quota"}
    if not waiting:
        return []
    found = []
    for looks in sorted({request.looks for request in problem.requests if request.id in owners}):
        more = tuple(
            replace(o, max_pictures=o.max_pictures + looks, max_image_s=o.max_image_s + _MORE_S) for o in problem.owners
        )
        indexed = index(replace(problem, owners=more))
        state = planned_state(indexed, plan)
        for q, request in enumerate(problem.requests):
            order = owners.get(request.id, "")
            if request.looks == looks and order in waiting and _any_fits(indexed, state, q):
                words = f"{looks} pictures and {_MORE_S:g} s of imaging more for {request.owner}"
                found.append(Help(order, "quota", (), COSTS["quota"] * looks, words))
    return found


def _stations(
    problem: Problem, plan: Plan, outlook: Outlook, owners: Mapping[str, str], stations: Sequence[Station]
) -> list[Help]:
    """One more station, for orders that no station can bring down in time."""
    known = {station.id for station in problem.stations}
    waiting = {r.request for r in plan.refused if r.reason in ("too_late", "station", "memory")}
    found: dict[str, Help] = {}
    for station in (station for station in stations if station.id not in known and waiting - found.keys()):
        indexed = index(with_station(problem, station, outlook))
        state = planned_state(indexed, plan)
        numbers = {request.id: n for n, request in enumerate(problem.requests)}
        for id, order in owners.items():
            if order in waiting and order not in found and id in numbers and _any_fits(indexed, state, numbers[id]):
                words = f"one more station: {station.id}"
                found[order] = Help(order, "station", (), COSTS["station"], words)
    return list(found.values())


def with_station(problem: Problem, station: Station, outlook: Outlook) -> Problem:
    """The problem with one more station."""
    seen = find_passes(outlook.ephemerides, [station], problem.start, problem.stop, outlook.eop)
    more = Windows(satellite=seen.satellite, subject=seen.station, start=seen.start, stop=seen.stop)
    return replace(problem, stations=(*problem.stations, station), passes=Windows.join([problem.passes, more]))


def _any_fits(indexed: Indexed, state: State, q: int) -> bool:
    fleet = indexed.fleet
    trial = copy_of(fleet, state)
    choices = fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]
    return any(add_look(fleet, trial, look, np.zeros(1, np.uint64), 0.0) == DONE for look in choices)


def _verified(problem: Problem, plan: Plan, outlook: Outlook, helps: Sequence[Help]) -> list[Help]:
    """Those that get their order in, looks searched anew under the changed conditions; each order tried by itself."""
    good = [help for help in helps if not help.changed]  # a station or a quota: found by that very test
    others = [help for help in helps if help.changed]
    if not others:
        return good
    indexed = index(_with(problem, [request for help in others for request in help.changed], outlook))
    state = planned_state(indexed, plan)
    numbers = {request.id: n for n, request in enumerate(problem.requests)}
    urgent = np.flatnonzero(indexed.fleet.request["urgent"]).tolist()
    for help in others:
        if help.what not in ("priority", "value"):
            if any(_any_fits(indexed, state, numbers[request.id]) for request in help.changed):
                good.append(help)
            continue
        exchange = cheapest_exchange(indexed, state, numbers[help.changed[0].id], stay=urgent)
        trial = copy_of(indexed.fleet, state)
        if exchange is None or not admits(indexed.fleet, trial, state, exchange[2], exchange[1]):
            continue
        if plan_value(indexed.fleet, trial) > plan_value(indexed.fleet, state):
            good.append(help)
    return good
