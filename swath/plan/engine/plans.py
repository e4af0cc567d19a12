"""Plans of a task: what they are worth, whether they keep everything, and how to make one of any paths."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.plan.engine.net import Task
from swath.plan.engine.part_kernels import follows, places_by_stop, stripped

__all__ = ["Judge", "draw"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_ROUNDING = 1e-9


def draw(task: Task, taken: Whole) -> Floats:
    """How much of each row does a plan draw?"""
    rows = task.rows
    count = rows.first[taken + 1] - rows.first[taken]
    at = np.repeat(rows.first[taken] - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(count.sum())
    return np.bincount(rows.row[at], rows.weight[at], len(rows.limit)).astype(np.float64)


@dataclass(frozen=True)
class Judge:
    """What is needed to ask about plans of one task again and again."""

    task: Task
    place: Whole
    chain: Whole

    @classmethod
    def of(cls, task: Task) -> Judge:
        """For a task."""
        first = task.net.chain_first
        return cls(task, places_by_stop(task.net), np.repeat(np.arange(len(first) - 1), np.diff(first)))

    def value(self, taken: Whole) -> float:
        """What a plan is worth."""
        return float(self.task.value[taken].sum())

    def follows_all(self, path: tuple[int, ...]) -> bool:
        """May a plan take a path of nodes as part of a chain? Its first node may need one before it."""
        together = all(follows(self.task.net, self.place, i, j) for i, j in pairwise(path))
        return together and self.task.plannable(path)

    def broken_arc(self, taken: Whole) -> int:
        """The first place in a plan (nodes in their order) where a node cannot begin or cannot follow; -1 if none."""
        net = self.task.net
        for n, node in enumerate(taken.tolist()):
            alone = n == 0 or self.chain[taken[n - 1]] != self.chain[node]
            if not self.task.plannable((node,)) or not (
                net.opens[node] if alone else follows(net, self.place, int(taken[n - 1]), node)
            ):
                return n
        return -1

    def broken(self, taken: Whole) -> str:
        """What a plan breaks, in words; empty where it keeps arcs, rows and the rule."""
        rows = self.task.rows
        if (np.diff(taken) <= 0).any():
            return "nodes are not in their order, or one stands twice"
        if (at := self.broken_arc(taken)) >= 0:
            return f"node {taken[at]} can neither begin a path nor follow the one before it"
        over = draw(self.task, taken) - rows.limit * (1.0 + _ROUNDING) - _ROUNDING
        if (over > 0.0).any():
            return f"row {int(np.argmax(over))} is overdrawn"
        return "the rule is broken" if self.task.rule(taken) else ""

    def without_excess(self, taken: Whole) -> Whole:
        """A plan out of the paths of a relaxation: those of most value stay, what overdraws a row goes.

        Where a node is left out its neighbours may no longer fit together; then the one worth less goes too.
        """
        task = self.task
        if task.barred is not None:
            taken = taken[~task.barred[taken]]
        by_value = taken[np.argsort(-task.value[taken], kind="stable")]
        return stripped(task.net, task.rows, task.value, self.place, self.chain, by_value, _ROUNDING)
