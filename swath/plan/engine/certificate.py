"""The bound that is printed: the plain sum at given prices, worked out anew over the whole chains, with a margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.plan.engine.certificate_kernels import chain_worths
from swath.plan.engine.net import Task

__all__ = ["Certificate", "certify"]

Floats = npt.NDArray[np.float64]

_MARGIN = 1e-9
"""relative to the sum of all that is added up; sums of a million doubles err by 1e-10 of it at most"""


@dataclass(frozen=True)
class Certificate:
    """No plan of the task is worth more than ``bound``; ``price`` proves it to anybody who adds it up again."""

    bound: float
    price: Floats
    nodes: int
    arcs: int


def certify(task: Task, price: Floats) -> Certificate:
    """What do prices (at least 0) prove? Every node and every arc of ``task.outer`` counts, none is left out.

    Where all values are whole multiples of one number, so is every plan's, and the bound is brought down to one.
    """
    price = np.maximum(np.where(np.isfinite(price), price, 0.0), 0.0)
    worths = chain_worths(task.outer, task.value, task.rows, price)
    given = float(task.rows.limit @ price)
    size = given + float(np.abs(worths).sum()) + float(np.abs(task.value).max(initial=0.0))
    bound = given + float(worths.sum()) + _MARGIN * size
    unit = _unit(task.value)
    if unit > 0.0:
        bound = min(bound, float(np.floor(bound / unit + 1e-9)) * unit)
    return Certificate(bound, price, len(task.value), len(task.outer.tail))


def _unit(value: Floats) -> float:
    """1 or 1/2, 1/4 ... 1/64, if all values are whole multiples of it (exact in binary); else 0."""
    for k in range(7):
        unit = 0.5**k
        if (np.floor(value / unit) == value / unit).all():
            return unit
    return 0.0
