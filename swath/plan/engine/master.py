"""Columns of whole paths: the linear program that finds exact prices, and the integer one that packs a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from swath.plan.engine.budget import Budget
from swath.plan.engine.descent import Prices
from swath.plan.engine.highs import quiet_solver, run
from swath.plan.engine.net import Cut, Task
from swath.plan.engine.plans import Judge
from swath.plan.engine.pricing import Pricer

__all__ = ["Columns", "elementary", "generate", "pack", "widen"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Path = tuple[int, ...]

_SMOOTHING = 0.6
"""share of the best prices so far in those tried next (Wentges 1997)"""
_HEARS: tuple[tuple[str, Any], ...] = (
    ("presolve", "off"),
    ("mip_heuristic_run_rins", False),
    ("mip_heuristic_run_rens", False),
    ("mip_heuristic_run_root_reduced_cost", False),
)
"""options with which HiGHS hears an interrupt within half a second"""


@dataclass
class Columns:
    """Paths of blocks, each with what it is worth and draws."""

    task: Task
    block: dict[Path, int] = field(default_factory=dict)

    def add(self, block: int, path: Path) -> bool:
        """Keep a path; false if it was there."""
        if path in self.block:
            return False
        self.block[path] = block
        return True

    def entries(self, path: Path) -> tuple[Whole, Floats]:
        """The rows that a path draws on, each once, and how much."""
        rows = self.task.rows
        if len(path) == 0:
            return np.empty(0, np.int64), np.empty(0)
        at = np.concatenate([np.arange(rows.first[j], rows.first[j + 1]) for j in path])
        row, where = np.unique(rows.row[at], return_inverse=True)
        return row, np.bincount(where, rows.weight[at], len(row)).astype(np.float64)

    def value(self, path: Path) -> float:
        """What a path is worth."""
        return float(self.task.value[list(path)].sum())


class _Program:
    """The linear program over the columns so far: at most one path a block, rows kept, greatest value."""

    def __init__(self, columns: Columns, blocks: int) -> None:
        self._columns, self._solver = columns, quiet_solver()
        self._rows = len(columns.task.rows.limit)
        limit = np.concatenate([columns.task.rows.limit, np.ones(blocks)])
        empty = np.zeros(0, np.int32)
        count = len(limit)
        self._solver.addRows(
            count, np.full(count, -highspy.kHighsInf), limit, 0, np.zeros(count, np.int32), empty, np.zeros(0)
        )
        self.add(list(columns.block))

    def add(self, paths: Sequence[Path]) -> None:
        if not paths:
            return
        entries = [self._columns.entries(path) for path in paths]
        index = [
            np.append(row, self._rows + self._columns.block[p]) for (row, _), p in zip(entries, paths, strict=True)
        ]
        weight = [np.append(weights, 1.0) for _, weights in entries]
        first = np.concatenate([[0], np.cumsum([len(i) for i in index])[:-1]]).astype(np.int32)
        count = len(paths)
        self._solver.addCols(
            count,
            -np.array([self._columns.value(path) for path in paths]),
            np.zeros(count),
            np.full(count, highspy.kHighsInf),
            int(sum(len(i) for i in index)),
            first,
            np.concatenate(index).astype(np.int32),
            np.concatenate(weight),
        )

    def prices(self, most_s: float, heeded: Budget | None) -> tuple[Floats, float] | None:
        """Prices of the rows and the value of the program; None where time ran out."""
        if np.isfinite(most_s):
            self._solver.setOptionValue("time_limit", self._solver.getRunTime() + max(most_s, 0.01))
        run(self._solver, heeded)
        solution = self._solver.getSolution()
        if not solution.dual_valid:
            return None
        price = np.maximum(-np.array(solution.row_dual[: self._rows]), 0.0)
        return price, -float(self._solver.getInfo().objective_function_value)


def generate(
    pricer: Pricer,
    columns: Columns,
    start: Prices,
    rounds: int,
    *,
    used_up: Callable[[], bool],
    left_s: Callable[[], float],
    tolerance: float = 1e-7,
    seen: Callable[[Whole], float] | None = None,
    heeded: Budget | None = None,
) -> tuple[Prices, bool]:
    """The prices that prove most, by column generation; and whether they are the best there are.

    Each round adds the best path of every block at prices between the program's and the best so far. ``heeded`` is
    asked while a program is being solved, too.
    """
    if used_up():
        return start, False
    best, program = start, _Program(columns, pricer.blocks)
    pricer.sweep(start.price)
    share = _SMOOTHING
    for _ in range(rounds):
        fresh = [path for block, path in pricer.paths() if columns.add(block, path)]
        program.add(fresh)
        if not fresh and share == 0.0:
            return best, True
        found = program.prices(left_s(), heeded)
        if found is None or used_up():
            return best, False
        price, reached = found
        if best.bound - reached <= tolerance * max(1.0, abs(best.bound)):
            return best, True
        share = _SMOOTHING if fresh else 0.0
        tried = share * best.price + (1.0 - share) * price
        bound = pricer.sweep(tried)
        if seen is not None:
            seen(pricer.taken())
        if bound < best.bound:
            best = Prices(tried, bound)
    return best, False


def elementary(columns: Columns, judge: Judge | None = None) -> list[Path]:
    """The paths that a plan may take: no order twice, nothing that only the bound may take.

    Without a judge the arcs are not asked: give one where the columns come from another net than that of plans.
    """
    group, task = columns.task.net.group, columns.task
    once = (path for path in columns.block if len(set(group[list(path)].tolist())) == len(path))
    return [path for path in once if (task.plannable(path) if judge is None else judge.follows_all(path))]


def widen(pricer: Pricer, columns: Columns, prices: Prices, reach: float, most: int) -> int:
    """Add the best path through every node that loses at most ``reach`` against its block's best; how many came."""
    pricer.sweep(prices.price)
    pricer.look_ahead()
    block = np.repeat(np.arange(pricer.blocks), np.diff(pricer.block))
    loss = pricer.total[block] - pricer.gain - pricer.after
    near = np.flatnonzero(loss <= reach)
    near = near[np.argsort(loss[near], kind="stable")][:most]
    return sum(columns.add(int(block[node]), pricer.path_through(node)) for node in near.tolist())


def pack(
    columns: Columns,
    paths: Sequence[Path],
    cuts: Sequence[Cut],
    *,
    most_s: float,
    begin: Sequence[Path] = (),
    nodes: int = 2000,
    gap: float = 1e-6,
    heeded: Budget | None = None,
) -> Whole:
    """The best plan found that is made of whole columns and keeps rows and cuts, in at most so many seconds and nodes.

    ``begin``: paths that make a plan already; the search starts there. ``heeded`` is asked all the while, which takes
    leaving out presolve and programs within the program: in these HiGHS hears nobody, for up to 11 s as measured.
    """
    if not paths or most_s <= 0.0:
        return np.sort(np.array([node for path in begin for node in path], np.int64))
    program = _integer_program(columns, paths, cuts)
    solver = quiet_solver()
    solver.passModel(program)
    if begin:
        known, values = set(begin), highspy.HighsSolution()
        values.col_value = [1.0 if path in known else 0.0 for path in paths]
        solver.setSolution(values)
    options = [("mip_rel_gap", gap), ("mip_max_nodes", nodes)]
    for name, setting in [*options, *([("time_limit", most_s)] if np.isfinite(most_s) else [])]:
        solver.setOptionValue(name, setting)
    for name, setting in _HEARS if heeded is not None else ():
        solver.setOptionValue(name, setting)
    run(solver, heeded)
    solution = solver.getSolution()
    if not solution.value_valid:
        return np.sort(np.array([node for path in begin for node in path], np.int64))
    chosen = np.flatnonzero(np.array(solution.col_value) > 0.5)
    return np.sort(np.array([node for n in chosen.tolist() for node in paths[n]], np.int64))


def _integer_program(columns: Columns, paths: Sequence[Path], cuts: Sequence[Cut]) -> Any:
    limit, first_part = columns.task.rows.limit, len(columns.task.value) - columns.task.parts
    blocks = {block: len(limit) + n for n, block in enumerate(sorted({columns.block[path] for path in paths}))}
    entries = []
    for path in paths:
        row, weight = columns.entries(path)
        extra = [(len(limit) + len(blocks) + n, w) for n, cut in enumerate(cuts) if (w := _on_cut(cut, path)) > 0.0]
        index = np.concatenate([row, [blocks[columns.block[path]]], [n for n, _ in extra]]).astype(np.int32)
        entries.append((index, np.concatenate([weight, [1.0], [w for _, w in extra]])))
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(paths), len(limit) + len(blocks) + len(cuts)
    program.col_cost_ = -np.array([columns.value(path) for path in paths])
    program.col_lower_, program.col_upper_ = np.zeros(len(paths)), np.ones(len(paths))
    program.row_lower_ = np.full(program.num_row_, -highspy.kHighsInf)
    program.row_upper_ = np.concatenate([limit, np.ones(len(blocks)), [cut.high for cut in cuts]])
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(i) for i, _ in entries])]).astype(np.int32)
    program.a_matrix_.index_ = np.concatenate([i for i, _ in entries])
    program.a_matrix_.value_ = np.concatenate([w for _, w in entries])
    whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    program.integrality_ = [part if path[0] >= first_part else whole for path in paths]
    return program


def _on_cut(cut: Cut, path: Path) -> float:
    where = np.searchsorted(cut.node, path)
    where = np.minimum(where, len(cut.node) - 1)
    return float(cut.weight[where[cut.node[where] == np.array(path)]].sum()) if len(cut.node) else 0.0
