"""Prices by subgradient steps: cheap, never exact, good to begin with and all there is time for on the largest nets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.plan.engine.plans import draw
from swath.plan.engine.pricing import Pricer

__all__ = ["Prices", "descend"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


_EVERY = 10
"""sweeps between two plans"""
_LASTS = 0.9
"""of how far a row was over or under, from sweep to sweep"""


@dataclass(frozen=True)
class Prices:
    """Prices of the rows, and what they prove."""

    price: Floats
    bound: float


def descend(
    pricer: Pricer,
    start: Prices,
    rounds: int,
    *,
    stop: Callable[[], bool],
    seen: Callable[[Whole], float],
    by_row: bool = False,
    factor: float = 1.0,
) -> Prices:
    """Better prices, after at most ``rounds`` sweeps.

    Steps go along a running mean of the subgradients (the volume algorithm of Barahona and Anbil 2000 in its simplest
    form), as long as the distance to the plan known (Polyak) times a factor that falls whenever nothing is gained.
    ``seen`` is shown the paths of each sweep and returns the value of the best plan so far. ``by_row``: each row's part
    of a step is divided by how far the row was over or under lately (as in Duchi, Hazan and Singer 2011), for rows of
    unlike units: recorders beside orders. ``factor`` is the first one, below 1 where the start
    is near the best already.
    """
    best, price, stalled = start, start.price.copy(), 0
    mean = square = None
    plan, fall, patience = 0.0, *((0.7, 8) if by_row else (0.6, 6))
    for sweep in range(rounds):
        bound = pricer.sweep(price)
        taken = pricer.taken()
        if sweep % _EVERY == 0:
            plan = seen(taken)
        over = draw(pricer.task, taken) - pricer.task.rows.limit
        mean = over if mean is None else 0.75 * mean + 0.25 * over
        if bound < best.bound:
            gained = (best.bound - bound) / max(abs(bound), 1e-9)
            best = Prices(price.copy(), bound)
            stalled = 0 if gained > 1e-5 else stalled + 1
        else:
            stalled += 1
        if stalled >= patience:
            factor, stalled, price = fall * factor, 0, best.price.copy()
        if stop() or factor < 1e-3 or best.bound - plan <= 1e-7 * max(1.0, abs(plan)):
            break
        ahead = np.where((price <= 0.0) & (mean < 0.0), 0.0, mean)
        if by_row:
            square = over**2 if square is None else _LASTS * square + (1.0 - _LASTS) * over**2
            ahead = ahead / (np.sqrt(square) + 1e-3)
        size = float(ahead @ mean)
        if size <= 1e-12:
            break
        step = factor * max(bound - max(plan, (0.97 if by_row else 0.95) * best.bound), 1e-9 * abs(bound)) / size
        price = np.maximum(price + step * ahead, 0.0)
    return best
