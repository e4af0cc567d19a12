"""Which single change would get a refused order into the plan, and which of them is the cheapest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from swath.access.accesses import find_accesses
from swath.access.passes import find_passes
from swath.model import Opportunities, Plan, Request, Station, Windows
from swath.plan.arrays import Indexed, index
from swath.plan.build import Outlook, with_orders_anew
from swath.plan.explain import cheapest_exchange
from swath.plan.ground import pass_rates
from swath.plan.helping_exact import Times, amount, exact
from swath.plan.kernels import DONE, add_look
from swath.plan.layout import LOOKS, State
from swath.plan.looks import find_looks
from swath.plan.orders import Order
from swath.plan.problem import PRIORITY_WEIGHT, Problem, Rates
from swath.plan.search.kernels import admits
from swath.plan.state import copy_of, planned_state
from swath.plan.stereo import find_groups
from swath.plan.value_kernels import plan_value

__all__ = ["COSTS", "Help", "cheapest_help", "with_station"]

COSTS: Mapping[str, float] = {
    "off_nadir": 1.0,  # a degree
    "sun": 1.0,  # a degree
    "cloud": 0.2,  # a hundredth of P(clear)
    "pixel": 0.2,  # a hundredth
    "side": 8.0,
    "satellite": 10.0,
    "sensor": 10.0,
    "apart": 0.5,  # an hour
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
    "sun": {},
    "cloud": {"min_p_clear": 0.0},
    "pixel": {"max_gsd_m": np.inf},
    "side": {"side": "any"},
    "satellite": {"satellites": ()},
    "sensor": {"sensor": "any"},
    "apart": {"apart": ()},
    "window": {},
    "deadline": {},
}
_OF_THE_ORDER = ("window", "satellite", "sensor")
"""what pictures that an order is cut into have of their own: only the whole order can have another"""


@dataclass(frozen=True)
class Help:
    """A change that would get an order in."""

    order: str
    what: str
    """a key of :data:`COSTS`"""
    changed: tuple[Request, ...]
    """the order as it would have to be, or that of its requests; empty for a station or a quota"""
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
    asked: Sequence[Order] = (),
) -> dict[str, Help | None]:
    """For each refused order (or those named) the cheapest single change that gets it in; None: no single one does.

    Tried are a larger off-nadir angle, a lower Sun, more cloud, coarser pixels, the other side, another satellite, any
    sensor, less distance from other orders, a wider window, a later deadline, a higher priority class or value, more
    quota, and each of ``stations``. What is found is made exact and tried again: looks are searched anew under the
    changed conditions, and the order is put into the plan with nothing else moved (with the exchange that pays, for
    priority and value). Orders whose requests are many (bundles) count as in when one of their pictures is; those that
    ``asked`` holds are cut anew, the others' pictures keep window and satellite.
    """
    members = {bundle.id: bundle.requests for bundle in problem.bundles}
    wanted = [r.request for r in plan.refused if not orders or r.request in orders]
    owners = {id: order for order in wanted for id in members.get(order, (order,))}
    wholes = {order.id: order for order in asked if order.id in members and order.id in wanted}
    found: dict[str, list[Help]] = {order: [] for order in wanted}
    if not wanted:
        return {}
    parts = {id: order for id, order in owners.items() if order not in wholes}
    for what in _RELAXED:
        helps = _relaxed(problem, plan, outlook, parts, what)
        for help in (*helps, *_relaxed_whole(problem, plan, outlook, list(wholes.values()), what)):
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
        for help in _verified(problem, plan, outlook, tried, wholes):
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


def _loosened(problem: Problem, asked: Request, what: str) -> Request:
    """A request without one of its conditions."""
    first, last = min(asked.start, problem.start), max(asked.stop, problem.stop)
    if what == "window":
        return replace(asked, start=first, stop=last, deadline=max(asked.deadline, last))
    if what == "deadline":
        return replace(asked, deadline=max(asked.deadline, problem.stop))
    if what == "sun":  # by night a camera shows nothing, and radar asks for no Sun
        return replace(asked, min_sun_elevation_deg=min(asked.min_sun_elevation_deg, 0.0))
    return replace(asked, **_RELAXED[what])  # type: ignore[arg-type]


def _relaxed(problem: Problem, plan: Plan, outlook: Outlook, owners: Mapping[str, str], what: str) -> list[Help]:
    """What one condition would have to be for each request, from a problem in which it is dropped."""
    of_bundles = {id for bundle in problem.bundles for id in bundle.requests} if what in _OF_THE_ORDER else set()
    asked = {r.id: r for r in problem.requests if r.id in owners and r.id not in of_bundles}
    loose = [other for r in asked.values() if (other := _loosened(problem, r, what)) != r]
    if not loose:
        return []
    indexed = index(_with(problem, loose, outlook))
    return _least_of(indexed, plan, {r.id: (asked[r.id], owners[r.id]) for r in loose}, what)


def _relaxed_whole(problem: Problem, plan: Plan, outlook: Outlook, orders: Sequence[Order], what: str) -> list[Help]:
    """The same for orders that are cut into requests: they are cut anew without the condition."""
    loose = [replace(order, request=_loosened(problem, order.request, what)) for order in orders]
    changed = [order for order, was in zip(loose, orders, strict=True) if order.request != was.request]
    if not changed:
        return []
    asked = {order.id: order.request for order in orders}
    indexed = index(with_orders_anew(problem, changed, outlook))
    cut = [bundle for bundle in indexed.problem.bundles if bundle.id in {order.id for order in changed}]
    return _least_of(indexed, plan, {id: (asked[b.id], b.id) for b in cut for id in b.requests}, what)


def _least_of(indexed: Indexed, plan: Plan, asked: Mapping[str, tuple[Request, str]], what: str) -> list[Help]:
    """By order the least change; ``asked``: by request what it was before (or its order was), and its order's id."""
    state, found = planned_state(indexed, plan), dict[str, Help]()
    for q, request in enumerate(indexed.problem.requests):
        if request.id in asked:
            help = _least(indexed, state, plan, q, *asked[request.id], what)
            if help is not None and (help.order not in found or help.weight < found[help.order].weight):
                found[help.order] = help
    return list(found.values())


def _least(indexed: Indexed, state: State, plan: Plan, q: int, asked: Request, order: str, what: str) -> Help | None:
    """The look that asks for the least change of those that fit into the plan."""
    fleet, problem = indexed.fleet, indexed.problem
    choices = fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]
    if not len(choices) or state.look[q] >= 0:
        return None
    others = _of_orders(problem, plan, [other for other, _ in asked.apart]) if what == "apart" else {}
    amounts = np.array([amount(problem, indexed, int(look), asked, what, others) for look in choices])
    trial = copy_of(fleet, state)
    for k in np.argsort(amounts, kind="stable").tolist():
        if add_look(fleet, trial, choices[k], np.zeros(1, np.uint64), 0.0) == DONE:
            rows = indexed.source[choices[k] + np.arange(fleet.look[choices[k]]["count"])]
            ground = max(float(trial.shot["ground_s"][LOOKS * q + n]) for n in range(len(rows)))
            looks = problem.opportunities.take(rows)
            changed = exact(looks, asked, what, indexed.time(ground), others)
            if changed is None:
                return None
            one, words, size = changed
            return Help(order, what, (one,), COSTS[what] * size, words)
    return None


def _of_orders(problem: Problem, plan: Plan, orders: Sequence[str]) -> dict[str, Times]:
    """When pictures of some orders begin in a plan."""
    members = {bundle.id: bundle.requests for bundle in problem.bundles}
    looks = plan.acquisitions
    return {order: looks.start[np.isin(looks.request, members.get(order, (order,)))] for order in orders}


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
                pictures = f"{looks} picture{'s' if looks > 1 else ''}"
                words = f"{pictures} and {_MORE_S:g} s of imaging more for {request.owner}"
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
    return replace(
        problem,
        stations=(*problem.stations, station),
        passes=Windows.join([problem.passes, more]),
        rates=Rates.join([problem.rates, pass_rates(problem.satellites, [station], more, outlook.ephemerides)]),
    )


def _any_fits(indexed: Indexed, state: State, q: int) -> bool:
    fleet = indexed.fleet
    trial = copy_of(fleet, state)
    choices = fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]
    return any(add_look(fleet, trial, look, np.zeros(1, np.uint64), 0.0) == DONE for look in choices)


def _verified(
    problem: Problem, plan: Plan, outlook: Outlook, helps: Sequence[Help], wholes: Mapping[str, Order]
) -> list[Help]:
    """Those that get their order in, looks searched anew under the changed conditions; each order tried by itself."""
    good = [help for help in helps if not help.changed]  # a station or a quota: found by that very test
    others = [help for help in helps if help.changed]
    if not others:
        return good
    changed = [request for help in others for request in help.changed]
    anew = _with(problem, [request for request in changed if request.id not in wholes], outlook)
    cut = [replace(wholes[request.id], request=request) for request in changed if request.id in wholes]
    indexed = index(with_orders_anew(anew, cut, outlook) if cut else anew)
    state = planned_state(indexed, plan)
    numbers = {request.id: n for n, request in enumerate(indexed.problem.requests)}
    members = {bundle.id: bundle.requests for bundle in indexed.problem.bundles}
    urgent = np.flatnonzero(indexed.fleet.request["urgent"]).tolist()
    for help in others:
        if help.what not in ("priority", "value"):
            asked = [id for request in help.changed for id in members.get(request.id, (request.id,))]
            if any(_any_fits(indexed, state, numbers[id]) for id in asked):
                good.append(help)
            continue
        exchange = cheapest_exchange(indexed, state, numbers[help.changed[0].id], stay=urgent)
        trial = copy_of(indexed.fleet, state)
        if exchange is None or not admits(indexed.fleet, trial, state, exchange[2], exchange[1]):
            continue
        if plan_value(indexed.fleet, trial) > plan_value(indexed.fleet, state):
            good.append(help)
    return good
