"""From prices to a plan that all chains agree on: what was taken often is worth a little more each time.

At the best prices the paths of the chains contradict one another (two take one order) although nearly the best plan
lies among them. So a running mean of how often each node was taken is kept; it is paid as a bonus that grows, prices go
on moving against rows that are overdrawn, and the paths settle on one plan. The idea is that of perturbation branching
(Wedelin 1995; Borndoerfer, Loebel, Weider 2008). The bonus is for finding plans only and no part of any bound.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from swath.plan.engine.descent import Prices
from swath.plan.engine.net import Task
from swath.plan.engine.plans import draw
from swath.plan.engine.pricing import Pricer
from swath.plan.engine.search import Search

__all__ = ["agree", "settled"]

Floats = npt.NDArray[np.float64]

_MEMORY = 0.9
_WARM = 20
"""sweeps before the bonus begins"""
_GROWTH = 0.005
"""of the bonus, as a share of a node's value, a sweep"""
_STEP = 0.025
"""of prices, as a share of the mean value"""
_EVERY = 5
"""sweeps between two plans"""


def agree(search: Search, pricer: Pricer, prices: Prices, *, sweeps: int, until: float, step: float = _STEP) -> None:
    """Sweep and settle, at most so many times and until so large a share of the budget is used; offers plans."""
    if search.over():
        return
    for sweep, _ in enumerate(settled(search.task, pricer, prices, sweeps=sweeps, step=step)):
        if search.budget.left_s() <= 0.0:
            break
        if sweep % _EVERY == 0:
            search.offer_paths(pricer.taken())
            if search.budget.used() >= until or search.value >= search.bound - 1e-9:
                break


def settled(task: Task, pricer: Pricer, prices: Prices, *, sweeps: int, step: float = _STEP) -> Iterator[Floats]:
    """Sweep after sweep, with what the pricer took in the last one, how often each node was taken lately."""
    rows, worth = task.rows, np.where(task.value > 0.0, task.value, 0.0)
    price, often, bonus = prices.price.copy(), np.zeros(len(worth)), 0.0
    often_drawn = np.zeros(len(rows.limit))
    limit = np.where(rows.limit > 0.0, rows.limit, 1.0)
    lightest = np.bincount(rows.row, np.abs(rows.weight), len(limit)) / np.maximum(
        np.bincount(rows.row, minlength=len(limit)), 1
    )
    mean = float(worth.mean() if task.parts == 0 else worth[: -task.parts].mean()) if len(worth) > task.parts else 0.0
    rise = step * mean / np.where(lightest > 0.0, lightest, 1.0)
    for sweep in range(sweeps):
        pricer.sweep(price, bonus * often * worth)
        taken = pricer.taken()
        drawn = draw(task, taken)
        often *= _MEMORY
        often[taken] += 1.0 - _MEMORY
        often_drawn = _MEMORY * often_drawn + (1.0 - _MEMORY) * drawn
        price = np.maximum(price + rise * (0.5 * (drawn + often_drawn) - rows.limit) / limit, 0.0)
        yield often
        if sweep >= _WARM:
            bonus += _GROWTH
