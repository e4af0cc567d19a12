"""SPOT5 as an integer program that HiGHS closes, rows of cliques and lifted triples; annealing where it is large.

A variable for each choice of each photograph. Forbidden pairs make a graph; each edge is covered by a greedily grown
clique, at most one of which may be taken. A forbidden triple is a row of at most two, lifted by every choice that could
stand for one of the three (choices of one photograph exclude one another). Equal to all proven optima of the set
(tests/plan/bench/test_spot5.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import floor, inf

import highspy
import numpy as np
import numpy.typing as npt

from swath.plan.bench.protocol import Told
from swath.plan.bench.spot5 import Selection
from swath.plan.bench.spot5_kernels import Choices, anneal
from swath.plan.engine.budget import Budget, Part
from swath.plan.engine.highs import quiet_solver, run

__all__ = ["Solved", "solve_selection"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_Row = tuple[list[int], float, Floats | None]
"""members, limit, weights (None: all 1)"""

_ROUNDING = 1e-6
_ANNEALED_SHARE = 0.15
"""of the time at most goes to annealing"""
_HEATS = ((1000.0, 0.3), *(((30.0, 0.1), (8.0, 0.15)) * 3))
"""temperatures, in profit: the first is for photographs worth a thousand others, the rest go on from the best"""
_FIRST_MOVES, _MOVES = 1500, 5000
"""for each choice there is"""
_WHOLE_SHARE = 0.35
"""of what is left goes to the whole program, which alone proves anything; all of it where it is as good as proven"""
_CLOSE = 1e-4
_FREE = 220
"""choices in a neighbourhood"""
_LONGEST_S = 4.0


@dataclass(frozen=True)
class Solved:
    """The best choice found and what no choice exceeds."""

    chosen: list[int]
    bound: float


class _Graph:
    """Choices as vertices; two that exclude each other are joined. The choices of one photograph are a clique."""

    def __init__(self, selection: Selection) -> None:
        self.vertex = [(p, value, use) for p, photo in enumerate(selection.photos) for value, use in photo.choices]
        self.number = {(p, value): n for n, (p, value, _) in enumerate(self.vertex)}
        self.joined: list[set[int]] = [set() for _ in self.vertex]
        self.triples: set[frozenset[int]] = set()
        for photo in range(len(selection.photos)):
            own = [self.number[photo, value] for value, _ in selection.photos[photo].choices]
            self.join(own)
        for rule in selection.constraints:
            for values in rule.tuples:
                at = [self.number.get(key) for key in zip(rule.photos, values, strict=True)]
                known = [n for n in at if n is not None]
                if len(known) < len(at):
                    continue  # a choice that a photograph does not have, or not taking it: nothing to forbid
                if len(at) == 2:
                    self.join(known)
                else:
                    self.triples.add(frozenset(known))
        # A triple that holds a forbidden pair says nothing new.
        self.triples = {t for t in self.triples if not any(b in self.joined[a] for a, b in combinations(t, 2))}

    def around(self, start: int, most: int, rng: np.random.Generator) -> Whole:
        """So many vertices, nearest first along the edges in an order of chance; others by chance where these end."""
        found, waiting = {start}, [start]
        while waiting and len(found) < most:
            more = sorted(self.joined[waiting.pop(0)] - found)
            rng.shuffle(more)
            more = more[: max(most // 8, 1)]
            found.update(more)
            waiting += more
        return np.array(sorted([*found, *rng.integers(0, len(self.vertex), most // 4).tolist()]), np.int64)

    def choices(self, profit: Floats, capacity: int) -> Choices:
        """The same as flat arrays."""
        count = len(self.vertex)
        thirds: list[list[tuple[int, ...]]] = [[] for _ in range(count)]
        for triple in sorted(map(sorted, self.triples)):
            for v in triple:
                thirds[v].append(tuple(u for u in triple if u != v))

        def firsts(lists: Sequence[Collection[object]]) -> Whole:
            return np.cumsum([0, *map(len, lists)]).astype(np.int64)

        pairs = [sorted(others) for others in self.joined]
        return Choices(
            profit,
            np.array([use for *_, use in self.vertex], np.int64),
            capacity,
            firsts(pairs),
            np.array([u for others in pairs for u in others], np.int64),
            firsts(thirds),
            np.array([two for others in thirds for two in others], np.int64).reshape(-1, 2),
        )

    def join(self, vertices: list[int]) -> None:
        for a, b in combinations(vertices, 2):
            self.joined[a].add(b)
            self.joined[b].add(a)

    def cliques(self) -> list[list[int]]:
        """Cliques that cover every edge, each grown as far as it goes, the most joined vertices first."""
        left = {(a, b) for a, others in enumerate(self.joined) for b in others if a < b}
        degree = [len(others) for others in self.joined]
        found = []
        for a, b in sorted(left, key=lambda edge: -(degree[edge[0]] + degree[edge[1]])):
            if (a, b) not in left:
                continue
            clique = [a, b]
            common = self.joined[a] & self.joined[b]
            uncovered = {v for v in common if (min(a, v), max(a, v)) in left}
            while common:
                best = max(common, key=lambda v: (v in uncovered, degree[v], -v))
                clique.append(best)
                common &= self.joined[best]
            left.difference_update((min(x, y), max(x, y)) for x, y in combinations(clique, 2))
            found.append(clique)
        return found

    def triple_rows(self) -> list[list[int]]:
        """Rows of at most two: unions of three cliques of which every triple across is forbidden."""
        by_photos: dict[tuple[int, ...], set[tuple[int, ...]]] = defaultdict(set)
        for triple in self.triples:
            ordered = tuple(sorted(triple, key=lambda n: self.vertex[n][0]))
            by_photos[tuple(self.vertex[n][0] for n in ordered)].add(ordered)
        rows = []
        for left in by_photos.values():
            while left:
                start = min(left)
                sides = [{n} for n in start]
                grown = True
                while grown:
                    grown = False
                    others = {(k, t[k]) for t in left for k in range(3) if t[k] not in sides[k]}
                    for k, v in sorted(others):
                        trial = [side | {v} if i == k else side for i, side in enumerate(sides)]
                        if all(self._excluded(combo) for combo in product(*trial)):
                            sides, grown = trial, True
                left -= set(product(*sides))
                rows.append(sorted(set().union(*sides)))
        return rows

    def _excluded(self, combo: tuple[int, ...]) -> bool:
        return frozenset(combo) in self.triples or any(b in self.joined[a] for a, b in combinations(combo, 2))


def solve_selection(selection: Selection, *, budget: Budget, seed: int = 1, told: Told = lambda *_: None) -> Solved:
    """The choice that earns most, proven where the budget lasts.

    With a memory the search begins by annealing, and what the whole program has not closed in its share of the time is
    improved by neighbourhoods of choices that exclude one another; a budget of rounds solves to the end.
    """
    graph = _Graph(selection)
    count = len(graph.vertex)
    profit = np.array([selection.photos[p].profit for p, _, _ in graph.vertex], np.float64)
    begin: Whole | None = None
    if selection.capacity:
        begin = _annealed(graph.choices(profit, selection.capacity), Part(budget, _ANNEALED_SHARE), seed, told)
    rows: list[_Row] = [(clique, 1.0, None) for clique in graph.cliques()]
    rows += [(row, 2.0, None) for row in graph.triple_rows()]
    if selection.capacity:
        use = np.array([u for _, _, u in graph.vertex], np.float64)
        rows.append((list(range(count)), float(selection.capacity), use))
    whole = _Program(profit, rows)
    chosen, bound = whole.solve(budget, share=_WHOLE_SHARE if selection.capacity else 1.0, begin=begin)
    best = float(floor(min(bound, float(sum(photo.profit for photo in selection.photos))) + _ROUNDING))
    rng = np.random.default_rng(seed)
    while profit[chosen].sum() < best - 0.5 and budget.left_s() < inf and budget.used() < 1.0:
        free = graph.around(int(rng.integers(count)), _FREE, rng)
        stay = np.setdiff1d(chosen, free)
        found, _ = _Program(profit, rows, stay, free).solve(budget, share=1.0, most_s=_LONGEST_S, begin=chosen)
        if profit[found].sum() >= profit[chosen].sum():
            chosen = found
            told("neighbourhoods", float(profit[chosen].sum()), best)
    answer = [0] * len(selection.photos)
    for p, value, _ in (graph.vertex[n] for n in chosen.tolist()):
        answer[p] = value
    return Solved(answer, best)


def _annealed(choices: Choices, budget: Budget, seed: int, told: Told) -> Whole:
    """The best choices that annealing finds in its share of the time."""
    count = len(choices.profit)
    taken, best = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    state = np.array([seed * 2 + 1], np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for number, heat in enumerate(_HEATS):
        if budget.used() >= 1.0:
            break
        taken[:] = best
        value = anneal(choices, taken, best, np.array(heat), count * (_MOVES if number else _FIRST_MOVES), state)
        told("annealing", value, np.inf)
    return np.flatnonzero(best)


class _Program:
    """The program over all choices, or over some that are free while others stay taken."""

    def __init__(self, profit: Floats, rows: list[_Row], stay: Whole | None = None, free: Whole | None = None) -> None:
        self.profit, count = profit, len(profit)
        self.solver = quiet_solver()
        high = np.ones(count)
        if stay is not None and free is not None:
            high = np.zeros(count)
            high[free] = 1.0
            high[stay] = 1.0
        low = np.zeros(count)
        low[stay if stay is not None else []] = 1.0
        self.solver.addVars(count, low, high)
        every = np.arange(count, dtype=np.int32)
        self.solver.changeColsCost(count, every, -profit)
        self.solver.changeColsIntegrality(count, every, np.ones(count, np.uint8))
        for members, limit, weights in rows:
            index = np.array(members, np.int32)
            weight = np.ones(len(index)) if weights is None else weights
            self.solver.addRow(-highspy.kHighsInf, limit, len(index), index, weight)

    def solve(
        self, budget: Budget, *, share: float, most_s: float = inf, begin: Whole | None = None
    ) -> tuple[Whole, float]:
        """The choices taken and the bound, in at most a share of what is left."""
        for name, setting in (("mip_rel_gap", 0.0), ("mip_abs_gap", 0.999)):  # profits are whole numbers
            self.solver.setOptionValue(name, setting)
        if begin is not None:
            start = highspy.HighsSolution()
            start.col_value = np.isin(np.arange(len(self.profit)), begin).astype(np.float64).tolist()
            self.solver.setSolution(start)
        run(self.solver, budget, most_s=min(budget.left_s() * share, most_s), close=_CLOSE if share < 1.0 else 0.0)
        solution, info = self.solver.getSolution(), self.solver.getInfo()
        if not solution.value_valid:
            return np.empty(0, np.int64) if begin is None else begin, -info.mip_dual_bound
        return np.flatnonzero(np.array(solution.col_value) > 0.5), -info.mip_dual_bound
