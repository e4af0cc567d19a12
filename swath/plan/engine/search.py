"""What a search knows while it runs: the best plan so far, the cuts found, the budget."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from swath.plan.engine.budget import Budget
from swath.plan.engine.net import Cut, Task
from swath.plan.engine.plans import Judge

__all__ = ["Search"]

_REPAIRS = 100

Whole = npt.NDArray[np.int64]


class Search:
    """The state of one search for a plan of a task."""

    def __init__(self, task: Task, *, budget: Budget, seed: int, told: Callable[[str, float, float], None]) -> None:
        self.task, self.judge, self.budget = task, Judge.of(task), budget
        self.rng, self._told = np.random.default_rng(seed), told
        self.taken, self.value, self.bound = np.empty(0, np.int64), 0.0, np.inf
        self.cuts: list[Cut] = []

    def offer(self, plan: Whole, what: str) -> bool:
        """Take a plan that keeps arcs and rows if it is better, mended where it breaks the rule; true if it was."""
        value = self.judge.value(plan)
        if value <= self.value + 1e-9:
            return False
        for _ in range(_REPAIRS):
            broken = self.task.rule(plan)
            if not broken:
                break
            self.cuts += broken
            for cut in broken:
                plan = self._within(plan, cut)
            value = self.judge.value(plan)
        if broken or value <= self.value + 1e-9:
            return False
        self.taken, self.value = plan, value
        self.tell(what)
        return True

    def _within(self, plan: Whole, cut: Cut) -> Whole:
        """A plan without the nodes worth least for what they draw, so many that the cut holds."""
        here = np.flatnonzero(np.isin(plan, cut.node))
        weight = cut.weight[np.searchsorted(cut.node, plan[here])]
        worst = np.argsort(self.task.value[plan[here]] / np.maximum(weight, 1e-12), kind="stable")
        leave = int(np.searchsorted(np.cumsum(weight[worst]), weight.sum() - cut.high)) + 1
        return self.judge.without_excess(np.delete(plan, here[worst[:leave]]))

    def offer_paths(self, paths: Whole) -> float:
        """Make a plan of any paths and offer it; the value of the best plan so far."""
        self.offer(self.judge.without_excess(np.sort(paths)), "prices")
        return self.value

    def tell(self, what: str) -> None:
        """Say what is being done and how far it is."""
        self._told(what, self.value, self.bound)

    def over(self) -> bool:
        """Is the budget used up?"""
        return self.budget.used() >= 1.0
