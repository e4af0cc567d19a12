"""What could no plan exceed? A relaxation that every plan satisfies, and prices that prove its value.

Kept are: one look a request; the looks of a satellite form a chain with time to turn between neighbours; per satellite
and stretch of time, what is pictured fits into the recorder and what passes can bring down meanwhile, what must be down
by a deadline fits into the passes until then, and what imaging draws fits into the battery and what the Sun gives
meanwhile; owners' quotas and how many pictures a bundle takes. Everything else is dropped, which can only raise the
value: of a stereo picture only the first look takes time, every picture counts as if it came down as soon as its
satellite can send anything, the contacts cost nothing. The bound holds for the looks offered (times on the grid of
slots), any contacts, any order.

A bundle is worth no more than the sum of what its pictures would earn at the steepest step of its gain, nor than any
straight line above the gain says of that sum (it is concave); each such line is a row with a price between 0 and 1.

Put a price on every request and on every such resource. Then for any prices >= 0 the prices of all there is, plus the
best chain of every satellite after paying them, is no less than the best plan (Lagrangian duality). The prices that
prove most are found by cutting planes (Kelley 1960, each block of a satellite's day with cuts of its own), smoothed
as Wentges 1997; the chains by dynamic programming over all looks. What is reported is the plain sum at these prices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed, index
from swath.plan.bound.kernels import best_chains, exclusions
from swath.plan.bound.rows import Rows, joined, resource_rows
from swath.plan.bound.worths import bundle_rows, fixed_worth, greatest, relaxed_values
from swath.plan.layout import Fleet
from swath.plan.problem import Problem
from swath.plan.sequence_kernels import turn_s

__all__ = ["Relaxation", "relax", "upper_bound"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Chain = tuple[int, tuple[int, ...]]
"""a block and looks of it, by their places in the relaxation"""

_MARGIN = 1e-9
"""relative; sums of a few thousand doubles err by 1e-12"""
_TOLERANCE = 1e-6
"""relative; how near to the least proof is near enough"""
_ROUNDS = 300
_SMOOTHING = 0.5
"""share of the best prices so far in those tried next"""
_NEVER = -1e30
"""worth of a look that no plan could take"""


@dataclass(frozen=True)
class Relaxation:
    """A bound, and the looks of a nearly best choice that keeps only the rules of turning and one look a request."""

    bound: float
    because: str
    looks: Whole
    """numbers in ``Fleet.look``: a good start for a solver"""


def upper_bound(problem: Problem) -> tuple[float, str]:
    """A value that no plan of this problem exceeds, and how it was found. A fixed picture counts as it is.

    More memory, energy or satellites never lower it. Tests: never below the exact optimum of small instances, nor below
    any plan found (tests/plan/test_bound.py).
    """
    relaxation = relax(index(problem))
    return relaxation.bound, relaxation.because


def relax(indexed: Indexed, stop: Callable[[], bool] = lambda: False) -> Relaxation:
    """The relaxation of an indexed problem, solved as well as ``stop`` lets it be."""
    indexed = _without_sun(indexed)
    fleet = indexed.fleet
    looks = fleet.choice[np.lexsort([fleet.look["start"][fleet.choice], fleet.look["satellite"][fleet.choice]])]
    fixed_value = fixed_worth(indexed) * (1.0 + _MARGIN)
    possible = _possible(indexed, looks)
    if not possible.any():
        return Relaxation(fixed_value, "no look can be taken beyond what is fixed", looks[:0])
    # Impossible looks stay in, never worth taking: blocks are then the same whatever memory and passes there are.
    value = np.where(possible, relaxed_values(indexed, looks), _NEVER)
    request = fleet.look["request"][looks]
    first, flags = exclusions(fleet, looks, _reach_s(fleet, looks))
    best = np.zeros(len(fleet.request))
    np.maximum.at(best, request, value)
    rows = joined([resource_rows(indexed, looks), *bundle_rows(indexed, looks, value)])
    relaxed = _Relaxed(value, request, len(best), rows, first, flags, _blocks(first))
    (proven, chains), simple = _least(relaxed, stop), greatest(indexed, best)
    words = (
        f"prices (Lagrangian relaxation) on {possible.sum()} looks of {np.count_nonzero(best)} requests: chains with "
        "time to turn, one look a request, memory, energy and downlink as totals; holds for the looks offered"
    )
    if simple <= proven:
        proven, words = simple, "every request at its best look: nothing that is relaxed makes a difference"
    packed = np.empty(0, np.int64) if stop() else _packed(relaxed, chains)
    return Relaxation(fixed_value + proven * (1.0 + _MARGIN), words, looks[packed])


def _without_sun(indexed: Indexed) -> Indexed:
    """Turns as if nothing had to keep out of the Sun: only then no way round is shorter than the way straight on."""
    craft = indexed.fleet.satellite.copy()
    craft["keep_out_cos"] = 2.0
    return replace(indexed, fleet=indexed.fleet._replace(satellite=craft))


def _possible(indexed: Indexed, numbers: Whole) -> npt.NDArray[np.bool_]:
    """Which looks could some plan take?

    They fit the recorder, some pass could bring them down in time, and they leave the fixed pictures time to turn.
    """
    fleet = indexed.fleet
    looks = fleet.look[numbers]
    good = looks["bit"] <= fleet.satellite["capacity_bit"][looks["satellite"]]
    due_s, sent = fleet.request["due_s"][looks["request"]], np.zeros(len(looks), np.bool_)
    for seen in fleet.passes[~fleet.passes["fixed"]]:
        flow = fleet.flow[seen["flow_first"] : seen["flow_last"]]
        last_s, first_s = np.minimum(due_s, seen["stop"]), np.maximum(looks["stop"], seen["start"])
        room_bit = np.interp(last_s, flow["at_s"], flow["bit"]) - np.interp(first_s, flow["at_s"], flow["bit"])
        fits = (first_s < last_s) & (looks["bit"] <= room_bit * (1.0 + _MARGIN) + 1e-3)
        sent |= (looks["satellite"] == seen["satellite"]) & fits
    good &= sent
    reach_s = _reach_s(fleet, np.arange(len(fleet.look)))
    for fixed in fleet.look[indexed.source < 0]:
        close = np.abs(looks["start"] - fixed["start"]) <= reach_s[fixed["satellite"]]
        near = np.flatnonzero(good & close & (looks["satellite"] == fixed["satellite"]))
        good[near] &= np.array([_apart(indexed, look, fixed) for look in looks[near]], np.bool_)
    return np.asarray(good, np.bool_)


def _apart(indexed: Indexed, one: np.void, other: np.void) -> bool:
    a, b = (one, other) if one["start"] < other["start"] else (other, one)
    turn = turn_s(indexed.fleet, int(a["satellite"]), b["start"], a["x"], a["y"], a["z"], b["x"], b["y"], b["z"])
    return bool(a["stop"] + turn <= b["start"])


def _reach_s(fleet: Fleet, looks: Whole) -> Floats:
    """By satellite: beyond this time after its start no look excludes another."""
    reach = np.zeros(len(fleet.satellite))
    for s, craft in enumerate(fleet.satellite):
        mine = fleet.look[looks[fleet.look["satellite"][looks] == s]]
        if len(mine):
            widest_deg = 2.0 * np.degrees(np.arccos(np.clip(mine["z"].min(), -1.0, 1.0)))
            rate, acceleration = craft["rate_deg_s"], craft["acceleration_deg_s2"]
            turn = widest_deg / rate + rate / acceleration + 2.0 * np.sqrt(widest_deg / acceleration)
            reach[s] = (mine["stop"] - mine["start"]).max() + turn + craft["settling_s"] + 1.0
    return reach


@dataclass(frozen=True)
class _Relaxed:
    """The relaxation by numbers: looks by satellite and start, of which chains are made block by block."""

    value: Floats
    request: Whole
    requests: int
    rows: Rows
    first: Whole
    flags: npt.NDArray[np.bool_]
    block: Whole

    def proof(self, prices: Floats) -> tuple[float, Floats, Whole, Whole]:
        """What no plan exceeds, from prices of requests and of rows; and the chains, as ``best_chains`` gives them."""
        prices = np.concatenate([prices[: self.requests], self.rows.lawful(prices[self.requests :])])
        paid = prices[self.request] + self.rows.priced(prices[self.requests :], len(self.value))
        worth, chain, begin = best_chains(self.first, self.flags, self.block, self.value - paid)
        given = prices[: self.requests].sum() + self.rows.limit @ prices[self.requests :]
        return float(given + worth.sum()), worth, chain, begin


def _blocks(first: Whole) -> Whole:
    """Where a new block begins: nothing before excludes anything from here on."""
    count = len(first) - 1
    reached = np.maximum.accumulate(np.arange(count) + np.diff(first))
    return np.concatenate([[0], np.flatnonzero(reached[:-1] < np.arange(1, count)) + 1, [count]]).astype(np.int64)


def _least(relaxed: _Relaxed, stop: Callable[[], bool]) -> tuple[float, set[Chain]]:
    """About the least of all proofs, and the chains it took to find it.

    Never too low; within ``_TOLERANCE`` of the least unless rounds run out.
    """
    chains: set[Chain] = set()
    centre = np.zeros(relaxed.requests + len(relaxed.rows))
    proof = relaxed.proof(centre)
    least, master, keep, known = proof[0], _master(relaxed), _SMOOTHING, -np.inf
    for _ in range(_ROUNDS):
        new = _chains(proof[2], proof[3])
        _add_cuts(master, relaxed, new)
        chains.update(new)
        master.run()
        solution = master.getSolution()
        if not solution.value_valid:
            break
        target = np.array(solution.col_value)[: len(centre)]
        reached = master.getInfo().objective_function_value
        if least - reached <= _TOLERANCE * max(1.0, least) or stop():
            break
        keep = _SMOOTHING if reached > known else 0.0
        known = reached
        prices = np.maximum(keep * centre + (1.0 - keep) * target, 0.0)
        proof = relaxed.proof(prices)
        if proof[0] < least:
            least, centre = proof[0], prices
    return least, chains


def _chains(chain: Whole, begin: Whole) -> list[Chain]:
    return [(int(b), tuple(chain[begin[b] : begin[b + 1]].tolist())) for b in np.flatnonzero(np.diff(begin))]


def _master(relaxed: _Relaxed) -> Any:
    """Prices of requests, prices of rows, and what each block can still gain: to be least, under the cuts."""
    master = _quiet_solver()
    rows, blocks = relaxed.rows, len(relaxed.block) - 1
    highest = np.zeros(relaxed.requests + len(rows) + blocks)
    np.maximum.at(highest, relaxed.request, relaxed.value)
    number = relaxed.requests + np.repeat(np.arange(len(rows)), np.diff(rows.first))
    np.maximum.at(highest, number, relaxed.value[rows.column] / rows.weight)
    priced = slice(relaxed.requests, relaxed.requests + len(rows))
    highest[priced] = np.where(rows.group < 0, highest[priced], 1.0)
    highest[relaxed.requests + len(rows) :] = highspy.kHighsInf
    cost = np.concatenate([np.ones(relaxed.requests), rows.limit, np.ones(blocks)])
    master.addVars(len(cost), np.zeros(len(cost)), highest)
    master.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
    for group in np.unique(rows.group[rows.group >= 0]):
        mine = (relaxed.requests + np.flatnonzero(rows.group == group)).astype(np.int32)
        master.addRow(-highspy.kHighsInf, 1.0, len(mine), mine, np.ones(len(mine)))
    return master


def _add_cuts(master: Any, relaxed: _Relaxed, chains: list[Chain]) -> None:
    """A block gains no less than its chain is worth after paying: one row for each chain."""
    rows, columns = relaxed.rows, relaxed.requests + len(relaxed.rows)
    owner = np.repeat(np.arange(len(rows)), np.diff(rows.first))
    for block, chain in chains:
        looks, paid = np.array(chain), np.zeros(columns)
        np.add.at(paid, relaxed.request[looks], 1.0)
        inside = np.isin(rows.column, looks)
        np.add.at(paid, relaxed.requests + owner[inside], rows.weight[inside])
        used = np.flatnonzero(paid)
        index = np.append(used, columns + block).astype(np.int32)
        worth = float(relaxed.value[looks].sum())
        master.addRow(worth, highspy.kHighsInf, len(index), index, np.append(paid[used], 1.0))


def _packed(relaxed: _Relaxed, chains: set[Chain]) -> Whole:
    """Nearly the best choice of whole chains, at most one a block, that pictures no request twice."""
    options = sorted({(block, _without_repeats(relaxed, chain)) for block, chain in chains})
    solver, count = _quiet_solver(), len(options)
    if not options:
        return np.empty(0, np.int64)
    for name, setting in (("mip_rel_gap", 1e-3), ("mip_max_nodes", 200)):
        solver.setOptionValue(name, setting)
    solver.addVars(count, np.zeros(count), np.ones(count))
    columns = np.arange(count, dtype=np.int32)
    solver.changeColsCost(count, columns, -np.array([relaxed.value[list(chain)].sum() for _, chain in options]))
    solver.changeColsIntegrality(count, columns, np.ones(count, np.uint8))
    together: dict[tuple[str, int], list[int]] = {}
    for number, (block, chain) in enumerate(options):
        for key in (("block", block), *(("request", int(q)) for q in relaxed.request[list(chain)])):
            together.setdefault(key, []).append(number)
    for row in together.values():
        solver.addRow(-highspy.kHighsInf, 1.0, len(row), np.array(row, np.int32), np.ones(len(row)))
    solver.run()
    solution = solver.getSolution()
    taken = np.flatnonzero(np.array(solution.col_value) > 0.5).tolist() if solution.value_valid else []
    return np.array([look for number in taken for look in options[number][1]], np.int64)


def _without_repeats(relaxed: _Relaxed, chain: tuple[int, ...]) -> tuple[int, ...]:
    best: dict[int, int] = {}
    for look in sorted(chain, key=lambda look: -relaxed.value[look]):
        best.setdefault(int(relaxed.request[look]), look)
    return tuple(sorted(best.values()))


def _quiet_solver() -> Any:
    """HiGHS, repeatable and silent: ``Highs()`` itself prints a banner before it can be told not to."""
    solver: Any = highspy.Highs.__mro__[1]()
    for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        solver.setOptionValue(name, setting)
    return solver
