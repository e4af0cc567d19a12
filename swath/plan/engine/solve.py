"""From a task to a plan and a proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.plan.engine.budget import Budget
from swath.plan.engine.certificate import Certificate, certify
from swath.plan.engine.descent import Prices, descend
from swath.plan.engine.master import Columns, elementary, generate, pack, widen
from swath.plan.engine.net import Task
from swath.plan.engine.polish import by_block, polish
from swath.plan.engine.pricing import Pricer
from swath.plan.engine.search import Search

__all__ = ["Found", "prove", "solve_task"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_DESCENT = 150
_GENERATION = 300
_MOST_COLUMNS = 40_000
_LONGEST_PACKING_S = 20.0
_PACKINGS = 12


@dataclass(frozen=True)
class Found:
    """The best plan found, and what no plan can exceed."""

    taken: Whole
    """nodes, in their order"""
    value: float
    certificate: Certificate

    @property
    def gap(self) -> float:
        """(bound - value) / bound; 0 where the bound is 0."""
        bound = self.certificate.bound
        return max(bound - self.value, 0.0) / bound if bound > 0.0 else 0.0


def solve_task(
    task: Task,
    start_s: Floats,
    *,
    budget: Budget,
    seed: int,
    price: Floats | None = None,
    told: Callable[[str, float, float], None] = lambda what, value, bound: None,
) -> Found:
    """Which paths are worth most, and what can no paths exceed?

    ``start_s``: when each node begins, for choosing neighbourhoods. ``price``: where to begin, of an earlier task with
    the same rows. Prices are found by subgradient steps, then exactly by columns; the plan is packed of columns and
    polished until the budget is used up or plan and bound meet. The bound is worked out anew by :func:`certify`. Same
    task, seed and number of rounds, same plan; with a clock the machine has a say.
    """
    search, pricer, columns = Search(task, budget=budget, seed=seed, told=told), Pricer(task, task.outer), Columns(task)
    prices = _prices(search, pricer, columns, price)
    certificate = certify(task, prices.price)
    search.bound = certificate.bound
    search.tell("bound")
    if not search.over():
        widen(pricer, columns, prices, 0.2 * (certificate.bound - search.value), _MOST_COLUMNS)
        _pack(search, pricer, columns)
        polish(search, pricer, start_s, prices)
    return Found(search.taken, search.value, certificate)


def prove(task: Task, *, budget: Budget, price: Floats | None = None) -> Certificate:
    """What can no paths exceed? The bound alone, for judging plans of others."""
    search = Search(task, budget=budget, seed=0, told=lambda what, value, bound: None)
    return certify(task, _prices(search, Pricer(task, task.outer), Columns(task), price).price)


def _prices(search: Search, pricer: Pricer, columns: Columns, price: Floats | None) -> Prices:
    """The prices that prove most, or the best there was time for."""
    budget = search.budget
    begin = np.zeros(len(search.task.rows.limit)) if price is None else np.maximum(price, 0.0)
    prices = descend(
        pricer, Prices(begin, np.inf), _DESCENT, stop=lambda: budget.used() >= 0.4, seen=search.offer_paths
    )
    search.bound = prices.bound
    prices, _ = generate(
        pricer, columns, prices, _GENERATION, used_up=lambda: budget.used() >= 0.6, left_s=budget.left_s
    )
    return prices


def _pack(search: Search, pricer: Pricer, columns: Columns) -> None:
    """The best plan of the columns; where it breaks the rule, again with the cuts that this teaches."""
    for _ in range(_PACKINGS):
        begin = by_block(pricer, search.taken)
        for block, path in begin:
            columns.add(block, path)
        most_s = min(search.budget.left_s(), _LONGEST_PACKING_S)
        known = len(search.cuts)
        plan = pack(columns, elementary(columns), search.cuts, most_s=most_s, begin=[path for _, path in begin])
        if search.judge.broken_arc(plan) < 0:
            search.offer(plan, "columns")
        if len(search.cuts) == known or search.over():
            break
