"""From a task to a plan and a proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from swath.plan.engine.budget import Budget, Part, seconds_until
from swath.plan.engine.certificate import Certificate, certify
from swath.plan.engine.consensus import agree
from swath.plan.engine.descent import Prices, descend
from swath.plan.engine.every import every_path
from swath.plan.engine.master import Columns, elementary, generate, pack, widen
from swath.plan.engine.net import Task
from swath.plan.engine.polish import by_block, polish
from swath.plan.engine.pricing import Pricer
from swath.plan.engine.search import Search

__all__ = ["Found", "prove", "solve_task"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_FEW_PATHS = 1000
"""a task with no more is packed of all of them"""
_DESCENT = 200
_GENERATION = 300
_MOST_COLUMNS = 40_000
_LONGEST_PACKING_S = 20.0
_PACKINGS = 12
_REACH = 1e-3
"""columns that lose no more than this share of the bound are packed"""
_CLOSE = 5e-3
_CONSENSUS = 300
_FIRST = 0.4
_PRICES_UNTIL = 0.3
"""share of the budget"""


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
    the same rows. Prices are found by subgradient steps, then exactly by columns; the plan is packed of columns (in a
    small task of all there are) and polished until the budget is used up or plan and bound meet. The bound is worked
    out anew by :func:`certify`. Same task, seed and number of rounds, same plan; with a clock the machine has a say.
    """
    budget = Part(budget, 1.0)  # reading and modelling have taken their time already: shares are of what is left
    search, pricer, columns = Search(task, budget=budget, seed=seed, told=told), Pricer(task, task.outer), Columns(task)
    small = every_path(task, pricer.block, _FEW_PATHS)
    if small is not None:
        for block, path in small:
            columns.add(block, path)
        _pack(search, pricer, columns)
    prices, exact = _prices(search, pricer, columns, price, until=_PRICES_UNTIL)
    certificate = certify(task, prices.price)
    search.bound = certificate.bound
    search.tell("bound")
    if exact and small is None and not search.over():
        widen(pricer, columns, prices, _REACH * certificate.bound, _MOST_COLUMNS)
        _pack(search, pricer, columns)
    if certificate.bound - search.value > _CLOSE * certificate.bound:
        agree(search, pricer, prices, sweeps=_CONSENSUS, until=0.85)
    polish(search, pricer, start_s, prices)
    return Found(search.taken, search.value, certificate)


def prove(task: Task, *, budget: Budget, price: Floats | None = None) -> Certificate:
    """What can no paths exceed? The bound alone, for judging plans of others."""
    search = Search(task, budget=budget, seed=0, told=lambda what, value, bound: None)
    return certify(task, _prices(search, Pricer(task, task.outer), Columns(task), price, until=1.0)[0].price)


def _prices(
    search: Search, pricer: Pricer, columns: Columns, price: Floats | None, *, until: float
) -> tuple[Prices, bool]:
    """The prices that prove most and whether they are that, or the best there was time for."""
    budget = search.budget
    begin = _first_prices(search.task) if price is None else np.maximum(price, 0.0)
    prices = descend(
        pricer, Prices(begin, np.inf), _DESCENT, stop=lambda: budget.used() >= until, seen=search.offer_paths
    )
    search.bound = prices.bound
    left_s = partial(seconds_until, budget, until)  # one large program must not take what is left for plans
    return generate(pricer, columns, prices, _GENERATION, used_up=lambda: budget.used() >= until, left_s=left_s)


def _first_prices(task: Task) -> Floats:
    """For each row a share of the most that a node earns for what it draws there."""
    rows = task.rows
    value = np.repeat(np.maximum(task.value, 0.0), np.diff(rows.first))
    earned = np.divide(value, rows.weight, out=np.zeros(len(value)), where=rows.weight > 0.0)
    most = np.zeros(len(rows.limit))
    np.maximum.at(most, rows.row, earned)
    return _FIRST * most


def _pack(search: Search, pricer: Pricer, columns: Columns) -> None:
    """The best plan of the columns; where it breaks the rule, again with the cuts that this teaches."""
    for _ in range(_PACKINGS):
        begin = by_block(pricer, search.taken)
        for block, path in begin:
            columns.add(block, path)
        most_s = min(search.budget.left_s(), _LONGEST_PACKING_S)
        known = len(search.cuts)
        plan = pack(
            columns, elementary(columns, search.judge), search.cuts, most_s=most_s, begin=[path for _, path in begin]
        )
        if search.judge.broken_arc(plan) < 0:
            search.offer(plan, "columns")
        if len(search.cuts) == known or search.over():
            break
