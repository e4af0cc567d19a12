"""From orders, orbits and a forecast to a planning problem."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from swath.access.accesses import Accesses, find_accesses, find_eclipses
from swath.access.passes import find_passes
from swath.errors import InputError
from swath.frames import EarthOrientation
from swath.model import Opportunities, Refusal, Request, Station, Windows
from swath.orbit.ephemeris import Ephemeris
from swath.plan.ground import pass_rates
from swath.plan.looks import ClearSky, find_looks
from swath.plan.orders import Expanded, Order, expand
from swath.plan.problem import Bundle, Groups, Owner, Problem
from swath.plan.sky import sun_directions
from swath.plan.stereo import find_groups
from swath.spacecraft.satellite import Satellite

__all__ = ["Outlook", "build_problem", "with_orders", "with_orders_anew"]


@dataclass(frozen=True)
class Outlook:
    """What is known of the days ahead: where satellites are, how the Earth turns, how clear the sky will be."""

    ephemerides: Mapping[str, Ephemeris]
    eop: EarthOrientation
    p_clear: ClearSky
    slot_s: float = 5.0


def build_problem(
    satellites: Sequence[Satellite],
    stations: Sequence[Station],
    orders: Sequence[Order],
    outlook: Outlook,
    *,
    start: np.datetime64,
    stop: np.datetime64,
    owners: Sequence[Owner] = (),
    gone: Collection[str] = (),
) -> Problem:
    """The problem of planning ``orders`` from ``start`` to ``stop``: every look, pass, eclipse and rate.

    Orders without any look are in ``Problem.unoffered`` with the reason. ``gone``: satellites that are no longer there
    though orders may name them. Raises what the parts raise: ids used twice,
    orbits that cannot be propagated, numbers out of range.
    """
    seen = find_passes(outlook.ephemerides, stations, start, stop, outlook.eop)
    passes = Windows(satellite=seen.satellite, subject=seen.station, start=seen.start, stop=seen.stop)
    bare = Problem(
        satellites=tuple(satellites),
        requests=(),
        stations=tuple(stations),
        opportunities=Opportunities.empty(),
        passes=passes,
        eclipses=find_eclipses(outlook.ephemerides, start, stop, outlook.eop),
        start=start,
        stop=stop,
        owners=tuple(owners),
        rates=pass_rates(satellites, stations, passes, outlook.ephemerides),
        sun=sun_directions(satellites, outlook.ephemerides, outlook.eop, start, stop),
        gone=tuple(gone),
    )
    return with_orders(bare, orders, outlook)


def with_orders(problem: Problem, orders: Sequence[Order], outlook: Outlook) -> Problem:
    """The problem with more orders in it. Raises :class:`InputError` for one that names an unknown satellite.

    An order that only satellites of ``Problem.gone`` could serve is in ``Problem.unoffered``.
    """
    known = {satellite.id for satellite in problem.satellites}
    for order in orders:
        if strange := sorted(set(order.request.satellites) - known - set(problem.gone)):
            raise InputError(
                f"order {order.id} names an unknown satellite: {strange[0]!r}",
                fix=f"There are {', '.join(sorted(known))}",
            )
    satellites, start, stop = problem.satellites, problem.start, problem.stop
    whole = _accesses(satellites, [order.request for order in orders], outlook, start, stop)
    expanded = expand(orders, satellites, outlook.ephemerides, whole, start=start, stop=stop)
    places = set(whole.place.tolist()) | {order.request.place.id for order in orders}
    new = [request for request in expanded.requests if request.place.id not in places]
    accesses = Accesses.join([whole, _accesses(satellites, new, outlook, start, stop)])
    looks, unoffered = find_looks(
        satellites,
        outlook.ephemerides,
        expanded.requests,
        accesses,
        outlook.p_clear,
        outlook.eop,
        start=start,
        stop=stop,
        slot_s=outlook.slot_s,
    )
    groups, refused = find_groups(expanded.requests, looks, satellites, outlook.ephemerides)
    return replace(
        problem,
        requests=(*problem.requests, *expanded.requests),
        bundles=(*problem.bundles, *expanded.bundles),
        opportunities=Opportunities.join([problem.opportunities, looks]),
        groups=Groups.join([problem.groups, groups]),
        unoffered={
            **problem.unoffered,
            **unoffered,
            **refused,
            **_empty(orders, expanded.bundles),
            **_without(orders, expanded, problem.gone),
        },
    )


def with_orders_anew(problem: Problem, orders: Sequence[Order], outlook: Outlook) -> Problem:
    """The problem in which orders that are bundles, none of them planned, are cut and searched anew as given here."""
    ids = {order.id for order in orders}
    old = {id for bundle in problem.bundles if bundle.id in ids for id in bundle.requests}
    bare = replace(
        problem,
        requests=(),
        bundles=(),
        opportunities=Opportunities.empty(),
        groups=Groups.empty(),
        frozen=problem.frozen.take(slice(0)),
        frozen_contacts=problem.frozen_contacts.take(slice(0)),
        unoffered={},
    )
    alone = [replace(order, request=replace(order.request, apart=())) for order in orders]
    new = with_orders(bare, alone, outlook)
    apart = {order.id: order.request.apart for order in orders}
    owner = {id: bundle.id for bundle in new.bundles for id in bundle.requests}
    requests = tuple(replace(request, apart=apart[owner[request.id]]) for request in new.requests)
    looks, groups = problem.opportunities, problem.groups
    return replace(
        problem,
        requests=(*(request for request in problem.requests if request.id not in old), *requests),
        bundles=(*(bundle for bundle in problem.bundles if bundle.id not in ids), *new.bundles),
        opportunities=Opportunities.join([looks.take(~np.isin(looks.request, list(old))), new.opportunities]),
        groups=Groups.join([groups.take(~np.isin(groups.request, list(old))), new.groups]),
        unoffered={**{k: v for k, v in problem.unoffered.items() if k not in old | ids}, **new.unoffered},
    )


def _accesses(
    satellites: Sequence[Satellite],
    requests: Sequence[Request],
    outlook: Outlook,
    start: np.datetime64,
    stop: np.datetime64,
) -> Accesses:
    places = list({request.place.id: request.place for request in requests}.values())
    if not places or not satellites:
        return Accesses.empty()
    widest_deg = max(satellite.agility.max_off_nadir_deg for satellite in satellites)
    return find_accesses(
        outlook.ephemerides, places, start, stop, outlook.eop, max_off_nadir_deg=widest_deg, cover="centre"
    )


def _without(orders: Sequence[Order], expanded: Expanded, gone: Collection[str]) -> dict[str, Refusal]:
    """Requests, and orders that came to none, whose satellites are all gone."""
    there = {request.id for request in expanded.requests} | {b.id for b in expanded.bundles if b.requests}
    asked = (*expanded.requests, *(order.request for order in orders if order.id not in there))
    return {
        request.id: Refusal(request.id, "no_access", f"it asks for {' or '.join(request.satellites)}, not in the fleet")
        for request in asked
        if request.satellites and set(request.satellites) <= set(gone)
    }


def _empty(orders: Sequence[Order], bundles: Sequence[Bundle]) -> dict[str, Refusal]:
    """Bundles without any request: nobody passes at all, or not in the days of this plan."""
    empty = {bundle.id for bundle in bundles if not bundle.requests}
    return {
        order.id: Refusal(order.id, "no_access", "no satellite passes in its window within this plan")
        for order in orders
        if order.id in empty
    }
