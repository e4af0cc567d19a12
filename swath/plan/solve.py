"""A good plan: the urgent first, the rest from the relaxation and by insertion, then rounds of ruin and recreate."""

from __future__ import annotations

import numpy as np

from swath.model import Acquisitions, Contacts, Plan
from swath.plan.arrays import Indexed, copy_of, fixed_state, index
from swath.plan.bound import relax
from swath.plan.explain import cheapest_exchange, refusals
from swath.plan.kernels import add_look, battery_margin_wh, copy_state, remove_request
from swath.plan.layout import State
from swath.plan.problem import Problem
from swath.plan.search.kernels import admits, hasten, improve, insert_request
from swath.time import format_utc

__all__ = ["URGENT_HALVES_S", "solve"]

URGENT_HALVES_S = 6 * 3600.0
"""among an urgent request's looks, one that is on the ground this much later counts half as much"""
ROUNDS = 10_000


def solve(problem: Problem, *, seed: int, made: np.datetime64, rounds: int = ROUNDS) -> Plan:
    """The plan, what it is worth, what no plan could exceed, and a reason for each request that is not in it.

    Urgent requests come first, in the order of their value, each with the look whose value, halved for every
    ``URGENT_HALVES_S`` until it is on the ground, is highest; nothing displaces them. Then come the looks that the
    bound's relaxation would take, then the others, the most valuable first at their best look that fits, and the plan
    is improved in ``rounds`` rounds of ruin and recreate. Same problem and seed, same plan: no clock is asked. Raises
    :class:`Infeasible` where the fixed part alone breaks a rule.
    """
    indexed = index(problem)
    state = fixed_state(indexed)
    relaxation = relax(indexed)
    fleet, rng = indexed.fleet, np.zeros(1, np.uint64)
    best = np.array([_best_value(indexed, q) for q in range(len(problem.requests))])
    by_value = [int(q) for q in np.argsort(-best, kind="stable") if best[q] >= 0.0]
    for q in by_value:
        if fleet.request[q]["urgent"]:
            _take_urgent(indexed, state, q)
    for look in sorted(relaxation.looks.tolist(), key=lambda look: -fleet.look[look]["value"]):
        if state.request[fleet.look[look]["request"]]["look"] < 0:
            add_look(fleet, state, look, rng, 0.0)
    for q in by_value:
        if state.request[q]["look"] < 0:
            insert_request(fleet, state, q, rng, 0.0)
    improve(fleet, state, copy_of(fleet, state), copy_of(fleet, state), seed, rounds)
    hasten(fleet, state, copy_of(fleet, state))
    _settle(indexed, state, by_value)
    acquisitions, contacts = _tables(indexed, state)
    return Plan(
        acquisitions=acquisitions,
        contacts=contacts,
        refused=refusals(indexed, state),
        value=float(acquisitions.value.sum()),
        bound=relaxation.bound,
        bound_because=relaxation.because,
        solver=f"looks of the relaxation, insertion, {rounds} rounds of ruin and recreate",
        seed=seed,
        made=made,
    )


def _best_value(indexed: Indexed, q: int) -> float:
    """Value of the best look that can be commanded; -1 where there is none."""
    first, last = indexed.fleet.request[q]["first"], indexed.fleet.request[q]["last"]
    return float(indexed.fleet.look[indexed.fleet.choice[first]]["value"]) if first < last else -1.0


def _take_urgent(indexed: Indexed, state: State, q: int) -> None:
    fleet, rng = indexed.fleet, np.zeros(1, np.uint64)
    ordered_s = float(indexed.after_s(np.asarray(indexed.problem.requests[q].ordered)))
    scores = []
    for look in fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]:
        if add_look(fleet, state, look, rng, 0.0) == 0:
            wait_s = float(state.request[q]["ground_s"]) - ordered_s
            scores.append((float(fleet.look[look]["value"]) * 0.5 ** (wait_s / URGENT_HALVES_S), int(look)))
            remove_request(fleet, state, q)
    if scores:
        add_look(fleet, state, max(scores)[1], rng, 0.0)


def _settle(indexed: Indexed, state: State, by_value: list[int]) -> None:
    """Put in what still fits, and make every exchange of one request for less, until there is none."""
    fleet, rng, trial = indexed.fleet, np.zeros(1, np.uint64), copy_of(indexed.fleet, state)
    urgent = np.flatnonzero(fleet.request["urgent"]).tolist()
    changed = True
    while changed:
        changed = False
        for q in by_value:
            if state.request[q]["look"] >= 0:
                continue
            if insert_request(fleet, state, q, rng, 0.0):
                changed = True
                continue
            exchange = cheapest_exchange(indexed, state, q, stay=urgent)
            if exchange is None or exchange[0] > fleet.look[exchange[1]]["value"] - 1e-9:
                continue
            _, look, leave = exchange
            holds = admits(fleet, trial, state, leave, look)
            if holds and all(battery_margin_wh(fleet, trial, s) >= 0.0 for s in range(len(fleet.satellite))):
                copy_state(state, trial)
                changed = True


def _tables(indexed: Indexed, state: State) -> tuple[Acquisitions, Contacts]:
    """The plan as tables, in order of time; what was fixed keeps its ids."""
    problem, fleet = indexed.problem, indexed.fleet
    names: dict[int, str] = {}
    rows: list[dict[str, object]] = []
    used = set(problem.frozen_contacts.id.tolist())
    for p in np.flatnonzero(state.contact["loads"] > 0):
        if fleet.passes[p]["fixed"]:
            names[int(p)] = str(problem.frozen_contacts.id[-1 - indexed.pass_row[p]])
            continue
        satellite = problem.satellites[fleet.passes[p]["satellite"]].id
        station = problem.stations[fleet.passes[p]["station"]].id
        start = indexed.time(state.contact[p]["begin_s"])
        names[int(p)] = _name(f"{satellite}-{station}", start, used)
        rows.append(
            {
                "id": names[int(p)],
                "satellite": satellite,
                "station": station,
                "start": start,
                "stop": indexed.time(state.contact[p]["end_s"]),
                "rate_bit_s": fleet.passes[p]["rate_bit_s"],
                "volume_bit": fleet.look[state.request[state.load[p, : state.contact[p]["loads"]]]["look"]][
                    "bit"
                ].sum(),
            }
        )
    contacts = Contacts.join([problem.frozen_contacts, Contacts.from_rows(rows)]).sort_by("start", "satellite")
    return _acquisitions(indexed, state, names), contacts


def _acquisitions(indexed: Indexed, state: State, contact_names: dict[int, str]) -> Acquisitions:
    problem = indexed.problem
    used = set(problem.frozen.id.tolist())
    rows: list[dict[str, object]] = []
    offers, fixed = problem.opportunities, problem.frozen
    for q in sorted(
        np.flatnonzero(state.request["look"] >= 0), key=lambda q: indexed.fleet.look[state.request[q]["look"]]["start"]
    ):
        look = int(state.request[q]["look"])
        if look < indexed.offered:
            row = next(offers.take(np.array([look])).rows())
            row["id"] = _name(str(row["satellite"]), row["start"], used)
            del row["window"]
        else:
            row = next(fixed.take(np.array([look - indexed.offered])).rows())
        row["contact"] = contact_names[int(state.request[q]["sent"])]
        row["on_ground"] = indexed.time(state.request[q]["ground_s"])
        rows.append(row)
    return Acquisitions.from_rows(rows)


def _name(prefix: str, at: np.datetime64, used: set[str]) -> str:
    """Satellite (and station) and the second: what somebody can look up, and the same in the next plan."""
    stem = f"{prefix}-{format_utc(at).translate(str.maketrans('', '', '-:'))}"
    name, number = stem, 2
    while name in used:
        name, number = f"{stem}-{number}", number + 1
    used.add(name)
    return name
