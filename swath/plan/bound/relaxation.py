"""What could no plan exceed? A relaxation that every plan satisfies, and prices that prove its value.

Kept are: one look a request; the looks of a satellite form a chain with time to turn between neighbours; per satellite
and stretch of time, what is pictured fits into the recorder and what passes can bring down meanwhile, what must be down
by a deadline fits into the passes until then, and what imaging draws fits into the battery and what the Sun gives
meanwhile. Everything else is dropped, which can only raise the value. The bound holds for the looks offered (times on
the grid of slots), any contacts, any order.

Put a price on every request and on every such resource. Then for any prices >= 0 the prices of all there is, plus the
best chain of every satellite after paying them, is no less than the best plan (Lagrangian duality). The prices that
prove most are found by cutting planes (Kelley 1960, each block of a satellite's day with cuts of its own), smoothed
as Wentges 1997; the chains by dynamic programming over all looks. What is reported is the plain sum at these prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from swath.plan.arrays import Indexed, index
from swath.plan.bound.kernels import best_chains, exclusions
from swath.plan.kernels import turn_s
from swath.plan.layout import Fleet
from swath.plan.problem import Problem

__all__ = ["upper_bound"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

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
class _Rows:
    """Rows sum(weight x look) <= limit, none empty: row i holds entries ``first[i]`` .. ``first[i + 1]`` - 1."""

    first: Whole
    column: Whole
    weight: Floats
    limit: Floats

    def __len__(self) -> int:
        return len(self.limit)

    def priced(self, y: Floats, columns: int) -> Floats:
        """Each column's sum of weight x price."""
        prices = np.repeat(y, np.diff(self.first))
        return np.bincount(self.column, self.weight * prices, columns).astype(np.float64)


def upper_bound(problem: Problem) -> tuple[float, str]:
    """A value that no plan of this problem exceeds, and how it was found. A fixed picture counts as it is.

    More memory, energy or satellites never lower it. Tests: never below the exact optimum of small
    instances, nor below any plan found (tests/plan/test_bound.py).
    """
    indexed = index(problem)
    fleet = indexed.fleet
    looks = fleet.choice[np.lexsort([fleet.look["start"][fleet.choice], fleet.look["satellite"][fleet.choice]])]
    fixed_value = float(problem.frozen.value.sum())
    possible = _possible(indexed, looks)
    if not possible.any():
        return fixed_value * (1.0 + _MARGIN), "no look can be taken beyond what is fixed"
    # Impossible looks stay in, never worth taking: blocks are then the same whatever memory and passes there are.
    value = np.where(possible, fleet.look["value"][looks], _NEVER)
    request = fleet.look["request"][looks]
    first, flags = exclusions(fleet, looks, _reach_s(fleet, looks))
    best = np.zeros(len(problem.requests))
    np.maximum.at(best, request, value)
    rows = _joined(list(_resources(indexed, looks)))
    relaxed = _Relaxed(value, request, len(best), rows, first, flags, _blocks(first))
    proven, simple = _least(relaxed), float(best.sum())
    words = (
        f"prices (Lagrangian relaxation) on {possible.sum()} looks of {np.count_nonzero(best)} requests: chains with "
        "time to turn, one look a request, memory, energy and downlink as totals; holds for the looks offered"
    )
    if simple <= proven:
        proven, words = simple, "every request at its best look: nothing that is relaxed makes a difference"
    return (fixed_value + proven) * (1.0 + _MARGIN), words


def _possible(indexed: Indexed, numbers: Whole) -> npt.NDArray[np.bool_]:
    """Which looks could some plan take?

    They fit the recorder, some pass could bring them down in time, and they leave the fixed pictures time to turn.
    """
    fleet = indexed.fleet
    looks = fleet.look[numbers]
    good = looks["bit"] <= fleet.satellite["capacity_bit"][looks["satellite"]]
    due_s, sent = fleet.request["due_s"][looks["request"]], np.zeros(len(looks), np.bool_)
    for seen in fleet.passes[~fleet.passes["fixed"]]:
        room_s = np.minimum(due_s, seen["stop"]) - np.maximum(looks["stop"], seen["start"])
        fits = looks["bit"] <= room_s * seen["rate_bit_s"] * (1.0 + _MARGIN)
        sent |= (looks["satellite"] == seen["satellite"]) & fits
    good &= sent
    for fixed in fleet.look[indexed.offered :]:
        near = np.flatnonzero(good & (looks["satellite"] == fixed["satellite"]))
        good[near] &= np.array([_apart(indexed, look, fixed) for look in looks[near]], np.bool_)
    return np.asarray(good, np.bool_)


def _apart(indexed: Indexed, one: np.void, other: np.void) -> bool:
    a, b = (one, other) if one["start"] < other["start"] else (other, one)
    turn = turn_s(indexed.fleet, int(a["satellite"]), a["x"], a["y"], a["z"], b["x"], b["y"], b["z"])
    return bool(a["stop"] + turn <= b["start"])


def _joined(parts: list[_Rows]) -> _Rows:
    lengths = [np.diff(part.first) for part in parts]
    return _Rows(
        np.concatenate([[0], np.cumsum(np.concatenate([np.empty(0, np.int64), *lengths]))]).astype(np.int64),
        np.concatenate([np.empty(0, np.int64), *(part.column for part in parts)]),
        np.concatenate([np.empty(0), *(part.weight for part in parts)]),
        np.concatenate([np.empty(0), *(part.limit for part in parts)]),
    )


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


def _resources(indexed: Indexed, looks: Whole) -> Iterator[_Rows]:
    """What is drawn from the recorder, the passes and the battery of each satellite, stretch by stretch.

    Recorder: of the pictures begun in a .. b, those not down by b lie in it, the others came down in between. Passes:
    what is pictured after a and due by b comes down in between. Battery: what is drawn in a .. b was stored at a, at
    most all of it, or came from the Sun.
    """
    fleet = indexed.fleet
    for s, craft in enumerate(fleet.satellite):
        mine = np.flatnonzero(fleet.look["satellite"][looks] == s)
        chosen = fleet.look[looks[mine]]
        passes = fleet.passes[craft["pass_first"] : craft["pass_last"]]
        passes = passes[~passes["fixed"]]
        dark = fleet.dark[craft["dark_first"] : craft["dark_last"]]
        due_s = fleet.request["due_s"][chosen["request"]]
        dark_s = _total(dark["start"], dark["stop"], np.ones(len(dark)))
        sent = _total(passes["start"], passes["stop"], passes["rate_bit_s"])
        recorded = _Demand(mine, chosen["request"], chosen["bit"])
        for a in np.unique([0.0, *passes["stop"]]):
            for b in np.unique([*passes["start"], craft["horizon_s"]]):
                within = (chosen["start"] >= a) & (chosen["start"] <= b)
                yield from recorded.row(within, craft["capacity_bit"] + max(sent(b) - sent(a), 0.0))
            for b in np.unique(due_s):
                yield from recorded.row((chosen["start"] >= a) & (due_s <= b), max(sent(b) - sent(a), 0.0))
        drawn = _Demand(mine, chosen["request"], craft["image_w"] * (chosen["stop"] - chosen["start"]) / 3600.0)
        for a in (0.0, *dark["start"][dark["start"] > 0.0]):
            stored_wh = (craft["initial_wh"] if a == 0.0 else craft["battery_wh"]) - craft["min_wh"]
            for b in (*dark["stop"][dark["stop"] > a], craft["horizon_s"]):
                sunny_s = b - a - dark_s(b) + dark_s(a)
                given_wh = (craft["charge_w"] * sunny_s - craft["idle_w"] * (b - a)) / 3600.0
                yield from drawn.row((chosen["start"] >= a) & (chosen["stop"] <= b), stored_wh + given_wh)


@dataclass(frozen=True)
class _Demand:
    """What each look of a satellite would take of something limited."""

    column: Whole
    request: Whole
    weight: Floats

    @cached_property
    def most(self) -> float:
        """What all requests together could take."""
        return self._most(np.ones(len(self.column), np.bool_))

    def _most(self, within: npt.NDArray[np.bool_]) -> float:
        largest = np.zeros(int(self.request.max(initial=-1)) + 1)
        np.maximum.at(largest, self.request[within], self.weight[within])
        return float(largest.sum())

    def row(self, within: npt.NDArray[np.bool_], limit: float) -> Iterator[_Rows]:
        """A row, unless nothing could break it."""
        limit = max(limit, 0.0)
        if limit < self.most and limit < self._most(within):
            at = np.flatnonzero(within & (self.weight > 0.0))
            unit = self.weight[at].max()
            yield _Rows(np.array([0, len(at)]), self.column[at], self.weight[at] / unit, np.array([limit / unit]))


def _total(start: Floats, stop: Floats, rate: Floats) -> Callable[[float], float]:
    """How much has come together by a time, where of several open windows the best counts?"""
    edges = np.unique(np.concatenate([[0.0], start, stop]))
    open_now = (start[:, None] <= edges[None, :-1]) & (stop[:, None] >= edges[None, 1:])
    flow = np.where(open_now, rate[:, None], 0.0).max(0, initial=0.0)
    reached = np.concatenate([[0.0], np.cumsum(flow * np.diff(edges))])
    return lambda at: float(np.interp(at, edges, reached))


@dataclass(frozen=True)
class _Relaxed:
    """The relaxation by numbers: looks by satellite and start, of which chains are made block by block."""

    value: Floats
    request: Whole
    requests: int
    rows: _Rows
    first: Whole
    flags: npt.NDArray[np.bool_]
    block: Whole

    def proof(self, prices: Floats) -> tuple[float, Floats, Whole, Whole]:
        """What no plan exceeds, from prices of requests and of rows; and the chains, as ``best_chains`` gives them."""
        paid = prices[self.request] + self.rows.priced(prices[self.requests :], len(self.value))
        worth, chain, begin = best_chains(self.first, self.flags, self.block, self.value - paid)
        given = prices[: self.requests].sum() + self.rows.limit @ prices[self.requests :]
        return float(given + worth.sum()), worth, chain, begin


def _blocks(first: Whole) -> Whole:
    """Where a new block begins: nothing before excludes anything from here on."""
    count = len(first) - 1
    reached = np.maximum.accumulate(np.arange(count) + np.diff(first))
    return np.concatenate([[0], np.flatnonzero(reached[:-1] < np.arange(1, count)) + 1, [count]]).astype(np.int64)


def _least(relaxed: _Relaxed) -> float:
    """About the least of all proofs: never too low, and within ``_TOLERANCE`` of the least unless rounds run out."""
    centre = np.zeros(relaxed.requests + len(relaxed.rows))
    proof = relaxed.proof(centre)
    least, master, keep, known = proof[0], _master(relaxed), _SMOOTHING, -np.inf
    for _ in range(_ROUNDS):
        _add_cuts(master, relaxed, proof[2], proof[3])
        master.run()
        solution = master.getSolution()
        if not solution.value_valid:
            break
        target = np.array(solution.col_value)[: len(centre)]
        reached = master.getInfo().objective_function_value
        if least - reached <= _TOLERANCE * max(1.0, least):
            break
        keep = _SMOOTHING if reached > known else 0.0
        known = reached
        prices = np.maximum(keep * centre + (1.0 - keep) * target, 0.0)
        proof = relaxed.proof(prices)
        if proof[0] < least:
            least, centre = proof[0], prices
    return least


def _master(relaxed: _Relaxed) -> Any:
    """Prices of requests, prices of rows, and what each block can still gain: to be least, under the cuts."""
    master: Any = highspy.Highs.__mro__[1]()  # the class under it: Highs() prints a banner before it can be told not to
    for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        master.setOptionValue(name, setting)
    rows, blocks = relaxed.rows, len(relaxed.block) - 1
    highest = np.zeros(relaxed.requests + len(rows) + blocks)
    np.maximum.at(highest, relaxed.request, relaxed.value)
    number = relaxed.requests + np.repeat(np.arange(len(rows)), np.diff(rows.first))
    np.maximum.at(highest, number, relaxed.value[rows.column] / rows.weight)
    highest[relaxed.requests + len(rows) :] = highspy.kHighsInf
    cost = np.concatenate([np.ones(relaxed.requests), rows.limit, np.ones(blocks)])
    master.addVars(len(cost), np.zeros(len(cost)), highest)
    master.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
    return master


def _add_cuts(master: Any, relaxed: _Relaxed, chain: Whole, begin: Whole) -> None:
    """A block gains no less than its chain is worth after paying: one row for each chain that is not empty."""
    rows, columns = relaxed.rows, relaxed.requests + len(relaxed.rows)
    for b in np.flatnonzero(np.diff(begin)):
        looks = chain[begin[b] : begin[b + 1]]
        paid = np.zeros(columns)
        np.add.at(paid, relaxed.request[looks], 1.0)
        inside = np.isin(rows.column, looks)
        number = np.repeat(np.arange(len(rows)), np.diff(rows.first))[inside]
        np.add.at(paid, relaxed.requests + number, rows.weight[inside])
        used = np.flatnonzero(paid)
        index = np.append(used, columns + b).astype(np.int32)
        worth = float(relaxed.value[looks].sum())
        master.addRow(worth, highspy.kHighsInf, len(index), index, np.append(paid[used], 1.0))
