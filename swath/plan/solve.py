"""A good plan: the urgent first, the rest from the relaxation and by insertion, then rounds of ruin and recreate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from swath.model import Plan
from swath.plan.arrays import Indexed, index
from swath.plan.bound import Dearer, relax
from swath.plan.explain import exchanges, refusals
from swath.plan.kernels import DONE, NO_TIME, add_look, remove_request
from swath.plan.layout import LOOKS, Fleet, State
from swath.plan.problem import Problem
from swath.plan.search.kernels import Day, admits, holds, improve, insert_request, objective, rivals
from swath.plan.search.kernels import hasten as hasten_all
from swath.plan.sequence_kernels import copy_state
from swath.plan.shares import shares
from swath.plan.state import copy_of, fixed_state, plan_tables
from swath.plan.value_kernels import plan_value

__all__ = ["URGENT_HALVES_S", "Stop", "settle", "solve"]

URGENT_HALVES_S = 6 * 3600.0
"""among an urgent request's looks, one that is on the ground this much later counts half as much"""
ROUNDS = 3_000
"""of ruin and recreate, at least"""
_ROUNDS_A_REQUEST = 6
_CHUNK = 100

Whole = npt.NDArray[np.int64]
Stop = Callable[[], bool]
"""asked between two steps: is it time to end with the best plan so far?"""


def solve(
    problem: Problem,
    *,
    seed: int,
    made: np.datetime64,
    rounds: int | None = None,
    stop: Stop = lambda: False,
    late: Stop | None = None,
) -> Plan:
    """The plan, what it is worth, what no plan could exceed, and a reason for each request that is not in it.

    Urgent requests come first, in the order of their value, each with the look whose value, halved for every
    ``URGENT_HALVES_S`` until it is on the ground, is highest; nothing displaces them. Then come the looks of the plan
    before (``Problem.former``) and those that the bound's relaxation would take, then the others, the most valuable
    first at their best look that fits, and the plan is improved in ``rounds`` rounds of ruin and recreate
    (``ROUNDS``, or six a request). Same problem
    and seed, same plan: no clock is asked, unless ``stop`` does; while reasons are found ``late``, if given, is asked
    instead. Raises :class:`Infeasible` where the fixed part alone breaks a rule.
    """
    indexed = index(problem)
    fleet, by_value, urgent = indexed.fleet, _by_value(indexed), fixed_state(indexed)
    former = fleet.request["former"][fleet.request["former"] >= 0].tolist()
    for q in by_value:
        if fleet.request[q]["urgent"]:
            _take_urgent(indexed, fleet, urgent, q)
    state, value = _begun(fleet, urgent, by_value, former)
    known = state.look[state.look >= 0], float(plan_value(fleet, state))
    relaxation = relax(indexed, stop, seed=seed, known=known, dearer=_dearer(fleet, urgent))
    state = _best_start(fleet, urgent, by_value, _starts(relaxation.choices, former), (state, value), stop)
    if rounds is None:
        rounds = max(ROUNDS, _ROUNDS_A_REQUEST * len(problem.requests))
    done = 0
    if not stop():
        done = _search(fleet, state, seed, rounds, stop)
        hasten_all(fleet, state, copy_of(fleet, state))
        settle(indexed, state, by_value, stop)
    acquisitions, contacts = plan_tables(indexed, state)
    return Plan(
        acquisitions=acquisitions,
        contacts=contacts,
        refused=refusals(indexed, state, late or stop),
        value=float(plan_value(fleet, state)),
        bound=relaxation.bound,
        bound_because=relaxation.because,
        solver=f"looks of the relaxation, insertion, {done} rounds of ruin and recreate",
        seed=seed,
        made=made,
        shares=shares(indexed, state),
        multipliers=relaxation.multipliers,
    )


def _best_start(
    fleet: Fleet,
    urgent: State,
    by_value: list[int],
    starts: Iterator[list[int]],
    known: tuple[State, float],
    stop: Stop,
) -> State:
    """The best plan to begin with of one that is known and those that begin with what is wanted."""
    state, value = known
    for number, wanted in enumerate(starts):
        if number and stop():  # the first choice is tried in any case: it is what the time was spent for
            break
        other, reached = _begun(fleet, urgent, by_value, wanted, stop)
        if reached > value:
            state, value = other, reached
    return state


def _starts(choices: Sequence[Whole], former: list[int]) -> Iterator[list[int]]:
    """What to put in first: each choice of looks, and with a plan before that before it and after it."""
    for chosen in choices:
        yield [*chosen.tolist(), *former]
        if former:
            yield [*former, *chosen.tolist()]


def _by_value(indexed: Indexed) -> list[int]:
    """Requests that have looks, by the value of the best that can be commanded."""
    fleet = indexed.fleet
    best = np.full(len(fleet.request), -1.0)
    has = np.flatnonzero(fleet.request["first"] < fleet.request["last"])
    best[has] = fleet.look["value"][fleet.choice[fleet.request["first"][has]]]
    return [int(q) for q in np.argsort(-best, kind="stable") if best[q] >= 0.0]


def _dearer(fleet: Fleet, urgent: State) -> Dearer:
    """Looks that count more than they are worth: urgent ones more than all else, those of the plan before a little."""
    first, former = urgent.look[urgent.look >= 0], fleet.request["former"]
    former = former[(former >= 0) & ~np.isin(former, first)] if fleet.churn_loss > 0.0 else former[:0]
    more = np.concatenate([np.full(len(first), np.inf), np.full(len(former), fleet.churn_loss)])
    return np.concatenate([first, former]), more


def _begun(
    fleet: Fleet, urgent: State, by_value: list[int], wanted: Sequence[int], stop: Stop = lambda: False
) -> tuple[State, float]:
    """A plan to begin with, and its worth: the looks that are wanted, then all else at its best look."""
    state, rng = copy_of(fleet, urgent), np.zeros(1, np.uint64)
    late = [
        look
        for look in wanted
        if state.look[fleet.look[look]["request"]] < 0 and add_look(fleet, state, look, rng, 0.0) == NO_TIME
    ]
    for look in late:
        if state.look[fleet.look[look]["request"]] < 0:
            _make_way(fleet, state, look)
    for q in by_value:
        if stop():
            break
        if state.look[q] < 0:
            insert_request(fleet, state, q, rng, 0.0)
    return state, float(objective(fleet, state))


def _make_way(fleet: Fleet, state: State, look: int) -> None:
    """Take a look in whose time contacts stand, if these find another time: their pictures are sent anew after it."""
    trial, rng = copy_of(fleet, state), np.zeros(1, np.uint64)
    sent = [
        int(code) // LOOKS
        for item in rivals(fleet, state, look).tolist()
        if item < 0
        for code in state.load[-1 - item, : state.contact[-1 - item]["loads"]]
    ]
    moved = [q for q in dict.fromkeys(sent) if not (fleet.request[q]["fixed"] or fleet.request[q]["urgent"])]
    for q in moved:
        remove_request(fleet, trial, q)
    for again in [look, *(int(state.look[q]) for q in moved)]:
        add_look(fleet, trial, again, rng, 0.0)
    if objective(fleet, trial) > objective(fleet, state):
        copy_state(state, trial)


def _search(fleet: Fleet, state: State, seed: int, rounds: int, stop: Stop) -> int:
    """Rounds of ruin and recreate, in one go or, where somebody may stop it, in pieces."""
    order = fleet.choice[np.lexsort([fleet.look["start"][fleet.choice], fleet.look["satellite"][fleet.choice]])]
    day = Day(order, np.searchsorted(fleet.look["satellite"][order], np.arange(len(fleet.satellite) + 1)))
    trial, best, rng = copy_of(fleet, state), copy_of(fleet, state), np.array([seed], np.uint64)
    movable = max(int(np.count_nonzero(fleet.request["first"] < fleet.request["last"])), 1)
    warm = 0.2 * max(float(objective(fleet, state)), 1e-9) / movable
    done = 0
    while done < rounds and not (done and stop()):
        piece = min(_CHUNK, rounds - done)
        improve(fleet, day, state, trial, best, rng, np.array([done, done + piece, rounds]), warm)
        done += piece
    if done:
        copy_state(state, best)
    return done


def _take_urgent(indexed: Indexed, fleet: Fleet, state: State, q: int) -> None:
    rng = np.zeros(1, np.uint64)
    scores = []
    for look in fleet.choice[fleet.request[q]["first"] : fleet.request[q]["last"]]:
        if add_look(fleet, state, look, rng, 0.0) == DONE:
            codes = LOOKS * q + np.arange(fleet.look[look]["count"])
            wait_s = float(state.shot["ground_s"][codes].max() - fleet.request[q]["ordered_s"])
            scores.append((float(fleet.look[look]["value"]) * 0.5 ** (wait_s / URGENT_HALVES_S), int(look)))
            remove_request(fleet, state, q)
    if scores:
        add_look(fleet, state, max(scores)[1], rng, 0.0)


def settle(indexed: Indexed, state: State, by_value: list[int], stop: Stop = lambda: False) -> None:
    """Put in what still fits, and make every exchange of some requests for a better one, until there is none."""
    fleet, rng, trial = indexed.fleet, np.zeros(1, np.uint64), copy_of(indexed.fleet, state)
    urgent = np.flatnonzero(fleet.request["urgent"]).tolist()
    changed = True
    while changed:
        changed = False
        for q in by_value:
            if state.look[q] >= 0 or stop():
                continue
            copy_state(trial, state)
            if insert_request(fleet, trial, q, rng, 0.0):
                if objective(fleet, trial) > objective(fleet, state) - 1e-12:
                    copy_state(state, trial)
                    changed = True
                continue
            for _, look, leave in exchanges(indexed, state, q, stay=urgent):
                better = admits(fleet, trial, state, leave, look) and holds(fleet, trial)
                if better and objective(fleet, trial) > objective(fleet, state) + 1e-9:
                    copy_state(state, trial)
                    changed = True
                    break
