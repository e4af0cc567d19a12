"""What could no plan exceed? A linear program that every plan satisfies, and a certificate that needs no trust in it.

Each look is taken to a degree between 0 and 1. Kept are: one look a request; of looks of one satellite that exclude
each other pairwise (same request, or no time to turn) one; per satellite and stretch of time, what is pictured fits
into the recorder and what passes can bring down meanwhile, what must be down by a deadline fits into the passes until
then, and what imaging draws fits into the battery and what the Sun gives meanwhile. Everything else is dropped, which
can only raise the value. The bound holds for the looks offered (times on the grid of slots), any contacts, any order.

The rows that the optimum does not touch are never handed to the solver. Its prices y are then put to the proof in
plain arithmetic: for any y >= 0, sum(b y) + sum(max(0, value - A'y)) is no less than the best plan, by weak duality.
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
from swath.plan.bound.kernels import cliques
from swath.plan.kernels import turn_s
from swath.plan.problem import Problem

__all__ = ["upper_bound"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_MARGIN = 1e-9
"""relative; sums of a few thousand doubles err by 1e-12"""
_TOLERANCE = 1e-7
"""of a row, as the solver's own"""
_ROWS_AT_ONCE = 400


@dataclass(frozen=True)
class _Rows:
    """Rows sum(weight x look) <= limit, none empty: row i holds entries ``first[i]`` .. ``first[i + 1]`` - 1."""

    first: Whole
    column: Whole
    weight: Floats
    limit: Floats

    def __len__(self) -> int:
        return len(self.limit)

    def left_side(self, x: Floats) -> Floats:
        """Each row's sum at ``x``."""
        return np.asarray(np.add.reduceat(self.weight * x[self.column], self.first[:-1]), np.float64)

    def priced(self, y: Floats, columns: int) -> Floats:
        """Each column's sum of weight x price."""
        prices = np.repeat(y, np.diff(self.first))
        return np.bincount(self.column, self.weight * prices, columns).astype(np.float64)

    def take(self, rows: Whole) -> _Rows:
        """Some of the rows."""
        parts = [np.arange(self.first[row], self.first[row + 1]) for row in rows]
        at = np.concatenate(parts) if parts else np.empty(0, np.int64)
        lengths = np.array([len(part) for part in parts], np.int64)
        return _Rows(np.concatenate([[0], np.cumsum(lengths)]), self.column[at], self.weight[at], self.limit[rows])


def upper_bound(problem: Problem) -> tuple[float, str]:
    """A value that no plan of this problem exceeds, and how it was found. A fixed picture counts as it is.

    More satellites, memory, energy, stations or time never lower it. Tests: never below the exact optimum of small
    instances, nor below any plan found (tests/plan/test_bound.py).
    """
    indexed = index(problem)
    looks = _possible(indexed)
    fixed_value = float(problem.frozen.value.sum())
    value = indexed.fleet.look["value"][looks]
    if not len(looks):
        return fixed_value * (1.0 + _MARGIN), "no look can be taken beyond what is fixed"
    request = indexed.fleet.look["request"][looks]
    best = np.zeros(len(problem.requests))
    np.maximum.at(best, request, value)
    simple = float(best.sum())
    once = _one_a_request(request)
    rows = _joined([once, *_excluding(indexed, looks), *_resources(indexed, looks)])
    proven = _certified(value, rows, len(once))
    words = (
        f"linear relaxation: {len(looks)} looks of {len(np.unique(request))} requests, one look a request, turns as "
        "sets of looks that exclude each other, memory, energy and downlink as totals; holds for the looks offered"
    )
    if simple <= proven:
        proven, words = simple, "every request at its best look: nothing that is relaxed makes a difference"
    return (fixed_value + proven) * (1.0 + _MARGIN), words


def _possible(indexed: Indexed) -> Whole:
    """Looks that some plan could take, by satellite and start.

    They fit the recorder, some pass could bring them down in time, and they leave the fixed pictures time to turn.
    """
    fleet = indexed.fleet
    looks = fleet.look[fleet.choice]
    craft = fleet.satellite[looks["satellite"]]
    good = looks["bit"] <= craft["capacity_bit"]
    due_s, sent = fleet.request["due_s"][looks["request"]], np.zeros(len(looks), bool)
    for seen in fleet.passes[~fleet.passes["fixed"]]:
        room_s = np.minimum(due_s, seen["stop"]) - np.maximum(looks["stop"], seen["start"])
        sent |= (looks["satellite"] == seen["satellite"]) & (
            looks["bit"] <= room_s * seen["rate_bit_s"] * (1.0 + _MARGIN)
        )
    good &= sent
    for fixed in fleet.look[indexed.offered :]:
        near = np.flatnonzero(good & (looks["satellite"] == fixed["satellite"]))
        good[near] &= np.array([_apart(indexed, look, fixed) for look in looks[near]], np.bool_)
    kept = fleet.choice[good]
    return np.asarray(kept[np.lexsort([fleet.look["start"][kept], fleet.look["satellite"][kept]])], np.int64)


def _apart(indexed: Indexed, one: np.void, other: np.void) -> bool:
    a, b = (one, other) if one["start"] < other["start"] else (other, one)
    turn = turn_s(indexed.fleet, int(a["satellite"]), a["x"], a["y"], a["z"], b["x"], b["y"], b["z"])
    return bool(a["stop"] + turn <= b["start"])


def _joined(parts: list[_Rows]) -> _Rows:
    offsets = np.cumsum([0, *(len(part.column) for part in parts)])
    firsts = [part.first[:-1] + offset for part, offset in zip(parts, offsets[:-1], strict=True)]
    return _Rows(
        np.concatenate([*firsts, offsets[-1:]]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.limit for part in parts]),
    )


def _one_a_request(request: Whole) -> _Rows:
    order = np.argsort(request, kind="stable")
    _, first = np.unique(request[order], return_index=True)
    return _Rows(np.append(first, len(order)), order, np.ones(len(order)), np.ones(len(first)))


def _excluding(indexed: Indexed, looks: Whole) -> Iterator[_Rows]:
    fleet = indexed.fleet
    for s, craft in enumerate(fleet.satellite):
        mine = np.flatnonzero(fleet.look["satellite"][looks] == s)
        if len(mine) < 2:
            continue
        chosen = looks[mine]
        sight = np.column_stack([fleet.look[axis][chosen] for axis in "xyz"])
        widest = np.degrees(np.arccos(np.clip(sight[:, 2].min(), -1.0, 1.0))) * 2.0
        rate, acceleration = craft["rate_deg_s"], craft["acceleration_deg_s2"]
        turn = widest / rate + rate / acceleration + 2.0 * np.sqrt(widest / acceleration) + craft["settling_s"]
        longest = (fleet.look["stop"] - fleet.look["start"])[chosen].max()
        members, begins = cliques(fleet, chosen, float(longest + turn))
        yield _Rows(begins, mine[members], np.ones(len(members)), np.ones(len(begins) - 1))


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
        if limit < self.most and limit < self._most(within):
            at = np.flatnonzero(within)
            yield _Rows(np.array([0, len(at)]), self.column[at], self.weight[at], np.array([max(limit, 0.0)]))


def _total(start: Floats, stop: Floats, rate: Floats) -> Callable[[float], float]:
    """How much has come together by a time, where of several open windows the best counts?"""
    edges = np.unique(np.concatenate([[0.0], start, stop]))
    open_now = (start[:, None] <= edges[None, :-1]) & (stop[:, None] >= edges[None, 1:])
    flow = np.where(open_now, rate[:, None], 0.0).max(0, initial=0.0)
    reached = np.concatenate([[0.0], np.cumsum(flow * np.diff(edges))])
    return lambda at: float(np.interp(at, edges, reached))


def _certified(value: Floats, pool: _Rows, start_with: int) -> float:
    """A number that sum(value x) does not exceed over 0 <= x <= 1 and the rows, about the least such number.

    Begins with the first ``start_with`` rows; those that its optimum breaks are added until none is left.
    """
    solver: Any = highspy.Highs.__mro__[1]()  # the class under it: Highs() prints a banner before it can be told not to
    for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        solver.setOptionValue(name, setting)
    columns = len(value)
    solver.addVars(columns, np.zeros(columns), np.ones(columns))
    solver.changeColsCost(columns, np.arange(columns, dtype=np.int32), -value)
    used, y = np.zeros(0, np.int64), np.zeros(0)
    new = np.arange(start_with)
    while len(new):
        rows = pool.take(new)
        solver.addRows(
            len(new),
            np.full(len(new), -highspy.kHighsInf),
            rows.limit,
            len(rows.column),
            rows.first[:-1].astype(np.int32),
            rows.column.astype(np.int32),
            rows.weight,
        )
        used = np.concatenate([used, new])
        solver.run()
        solution = solver.getSolution()
        if not (solution.value_valid and solution.dual_valid):
            break
        y = np.maximum(-np.array(solution.row_dual), 0.0)
        beyond = (pool.left_side(np.array(solution.col_value)) - pool.limit) / np.maximum(1.0, np.abs(pool.limit))
        beyond[used] = 0.0
        new = np.argsort(-beyond, kind="stable")[:_ROWS_AT_ONCE]
        new = new[beyond[new] > _TOLERANCE]
    priced = np.zeros(len(pool))
    priced[used[: len(y)]] = y
    left = value - pool.priced(priced, columns)
    return float(pool.limit @ priced + np.maximum(left, 0.0).sum())
