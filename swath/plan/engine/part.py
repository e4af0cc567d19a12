"""A smaller task cut out of one: some nodes free again, all the others as a plan has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.plan.engine.net import Task
from swath.plan.engine.part_kernels import cut_net, cut_rows, fitting
from swath.plan.engine.plans import Judge, draw

__all__ = ["Part", "part_between"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """A task of its own, the nodes it has in the whole one, and the nodes of the plan that stay."""

    task: Task
    node: Whole
    row: Whole
    """by row of the part: its number in the whole"""
    fixed: Whole
    freed: Whole
    """nodes of the plan that are free again, as numbers of the part"""


def part_between(judge: Judge, taken: Whole, spans: list[tuple[int, int]]) -> Part:
    """Free what lies in some spans of nodes, each within one chain; what the plan takes elsewhere stays.

    ``spans``: (first, last + 1) in the order of nodes, none overlapping. Nodes that do not fit between the neighbours
    that stay are left out, as are those that what stays leaves no room in a row for.
    """
    task, net = judge.task, judge.task.net
    keep = np.zeros(len(task.value), np.bool_)
    free = np.zeros(len(task.value), np.bool_)
    for begin, end in spans:
        free[begin:end] = True
    fixed = taken[~free[taken]]
    opens = net.opens.copy()
    for begin, end in spans:
        at = int(np.searchsorted(fixed, begin))
        before = int(fixed[at - 1]) if at > 0 and judge.chain[fixed[at - 1]] == judge.chain[begin] else -1
        after = int(fixed[at]) if at < len(fixed) and judge.chain[fixed[at]] == judge.chain[begin] else -1
        fitting(net, judge.place, before, after, begin, end, keep)
        if before >= 0:
            opens[begin:end] = True
    left = np.maximum(task.rows.limit - draw(task, fixed), 0.0)
    short = task.rows.weight > left[task.rows.row] * (1.0 + 1e-9) + 1e-9
    owner = np.repeat(np.arange(len(keep)), np.diff(task.rows.first))
    keep[owner[short]] = False
    if task.barred is not None:
        keep &= ~task.barred
    keep[taken[free[taken]]] = True
    node = np.flatnonzero(keep)
    small = cut_net(net, node, opens[node])
    rows, row = cut_rows(task.rows, node, left)
    freed = np.searchsorted(node, taken[free[taken]])
    return Part(Task(small, small, task.value[node], rows), node, row, fixed, freed)
