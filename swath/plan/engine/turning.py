"""Nets of looks: from times and pointings to arcs, with the rule of turning between looks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swath.errors import InputError
from swath.plan.engine.budget import Budget, Over
from swath.plan.engine.kernels import Sights, near_arcs
from swath.plan.engine.net import Net

__all__ = ["Looks", "net_of_looks"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOST_ARCS = 400_000_000
_PIECE = 1000
"""nodes between two questions whether the budget is used up"""


@dataclass(frozen=True)
class Looks:
    """Times and pointings, by chain and start."""

    chain_first: Whole
    """(C + 1)"""
    group: Whole
    start_s: Floats
    stop_s: Floats
    before: Floats
    """(n, 3) unit vector of the line of sight at the start, in axes in which a turn is measured"""
    after: Floats
    """(n, 3) at the stop"""
    opens: Flags
    """may be the first of its chain"""
    agility: Floats
    """(C, 3) rate deg/s, acceleration deg/s2, settling s"""
    always_s: Floats
    """(C) after so long a gap every turn is done: arcs are listed for shorter gaps only"""
    blur_deg: Floats | None = None
    """(n) for bins of times: how far the line of sight may lie away from the one given; None: nowhere"""


def net_of_looks(looks: Looks, *, slack_s: float = 0.0, threads: int = 2, budget: Budget | None = None) -> Net:
    """Which look may follow which? A gap plus ``slack_s`` must hold the turn and the settling.

    Give a slack above 0 for the net of a bound, below 0 for the net of a plan: what rounding leaves open then counts
    for the bound and never for the plan. Raises :class:`Over` where a budget is used up before the net stands.
    """
    many = len(looks.group)
    by_stop, far = np.empty(many, np.int64), np.empty(many, np.int64)
    for c, (a, b) in enumerate(_ranges(looks.chain_first)):
        if (np.diff(looks.start_s[a:b]) < 0.0).any():
            raise InputError("looks are not in the order of their start", where=f"chain {c}", fix="Sort them")
        order = np.argsort(looks.stop_s[a:b], kind="stable")
        by_stop[a:b] = a + order
        far[a:b] = np.searchsorted(looks.stop_s[a:b][order], looks.start_s[a:b] - looks.always_s[c], side="right")
    arcs, arc_first = np.zeros(many, np.int64), np.zeros(many + 1, np.int64)
    blur = np.zeros(many) if looks.blur_deg is None else looks.blur_deg
    sights = Sights(looks.start_s, looks.stop_s, looks.before, looks.after, looks.group, blur, by_stop, far)
    chains = [(c, a, b) for c, (a, b) in enumerate(_ranges(looks.chain_first))]
    pieces = [(c, a, b, n, min(n + _PIECE, b)) for c, a, b in chains for n in range(a, b, _PIECE)]

    def found(piece: tuple[int, int, int, int, int]) -> npt.NDArray[np.int32]:
        if budget is not None and budget.used() >= 1.0:
            raise Over
        c, first, last, begin, end = piece
        return near_arcs(sights, np.array([first, last]), begin, end, looks.agility[c], slack_s, arcs)

    tails: list[npt.NDArray[np.int32]] = []
    held = 0
    with ThreadPoolExecutor(threads) as pool:
        for tail in pool.map(found, pieces):
            tails.append(tail)
            if (held := held + len(tail)) > _MOST_ARCS:
                pool.shutdown(cancel_futures=True)
                raise InputError(
                    f"more than {_MOST_ARCS} arcs are too many to hold", where="looks", fix="Offer fewer slots a pass"
                )
    np.cumsum(arcs, out=arc_first[1:])
    return Net(looks.chain_first, looks.group, looks.opens, by_stop, far, arc_first, _joined(tails, held))


def _joined(tails: list[npt.NDArray[np.int32]], many: int) -> npt.NDArray[Any]:
    """All of them in one, each let go as soon as it is copied: together they are the most there is to hold."""
    whole, at = np.empty(many, np.int32), 0
    tails.reverse()
    while tails:
        tail = tails.pop()
        whole[at : at + len(tail)] = tail
        at += len(tail)
    return whole


def _ranges(first: Whole) -> list[tuple[int, int]]:
    return list(zip(first[:-1].tolist(), first[1:].tolist(), strict=True))
