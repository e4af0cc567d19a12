"""From the columns that proved the bound to looks that a plan can begin with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from swath.plan.bound.offered import Offered
from swath.plan.engine.budget import Budget
from swath.plan.engine.consensus import settled
from swath.plan.engine.descent import Prices
from swath.plan.engine.master import Columns, generate, pack, widen
from swath.plan.engine.plans import Judge
from swath.plan.engine.pricing import Pricer

__all__ = ["Dearer", "agreed", "packed"]

Whole = npt.NDArray[np.int64]
Path = tuple[int, ...]
Dearer = tuple[Whole, npt.NDArray[np.float64]]
"""looks, and how much more each is worth to whoever plans; endless: more than all else in its block"""

_REACH = 0.01
"""columns that lose no more than this share of the bound are packed"""
_MOST = 4000
_VARIED = 60
_WORK = 1e9
"""nodes and arcs looked at for them, at most"""
_SPREAD = 0.3
"""prices are varied by so much for other paths"""
_ROUNDS = 100
_NODES = 200
_GAP = 2e-4
_PACKING = 0.5
"""share of the time that is left; the rest is for the rounds after it"""
_SETTLING = 320
"""sweeps until paths agree"""
_SETTLING_STEP = 0.01
_CHOOSE = 20
"""sweeps between two choices"""
_CHOICES = 6
"""the last ones are tried"""
_SELDOM = 0.2
"""what was taken more seldom is not chosen"""


def packed(
    pricer: Pricer,
    columns: Columns,
    prices: Prices,
    nodes: Offered,
    known: Whole,
    dearer: Dearer,
    *,
    seed: int,
    budget: Budget,
) -> Whole:
    """Looks (rows of ``Fleet.look``) of nearly the best choice of columns: no request twice, stereo pictures whole.

    ``known``: the looks of a plan, whose paths are among the columns.
    """
    rng = np.random.default_rng(seed)
    if len(dearer[0]):
        pricer, columns, prices = _with_more_worth(pricer, columns, prices, nodes, dearer, budget, rounds=_ROUNDS)
    widen(pricer, columns, prices, _REACH * prices.bound, _MOST)
    size = len(pricer.task.value) + len(pricer.net.tail)
    for _ in range(int(np.clip(_WORK / size, 10, _VARIED))):
        if budget.used() >= 1.0:
            break
        pricer.sweep(prices.price * rng.uniform(1.0 - _SPREAD, 1.0 + _SPREAD, len(prices.price)))
        for block, path in pricer.paths():
            columns.add(block, path)
    first_part, maker = len(nodes.look), _Maker.of(pricer, nodes)
    whole = {path: block for path, block in columns.block.items() if path[0] >= first_part}
    for path, block in [*columns.block.items(), *maker.by_block(known)]:
        if path[0] < first_part:
            whole[maker.completed(path)] = block
    whole.pop((), None)
    usable = Columns(pricer.task, whole)
    most_s = _PACKING * budget.left_s()
    taken = pack(usable, list(whole), [], most_s=most_s, nodes=_NODES, gap=_GAP, heeded=budget)
    taken = taken[taken < first_part]
    return nodes.look[taken[nodes.leads[taken]]]


def _with_more_worth(
    pricer: Pricer,
    columns: Columns,
    prices: Prices,
    nodes: Offered,
    dearer: Dearer,
    budget: Budget,
    *,
    rounds: int,
) -> tuple[Pricer, Columns, Prices]:
    """Prices and columns if some looks were worth more."""
    pricer.sweep(np.zeros(len(prices.price)))
    by_look = np.argsort(dearer[0])
    at = np.minimum(np.searchsorted(dearer[0][by_look], nodes.look), len(by_look) - 1)
    node = np.flatnonzero(nodes.leads & (dearer[0][by_look][at] == nodes.look))
    all_else = pricer.total[np.searchsorted(pricer.block, node, side="right") - 1]
    value = pricer.task.value.copy()
    value[node] += np.minimum(dearer[1][by_look][at[node]], all_else)
    task = replace(pricer.task, value=value)
    pricer, columns = Pricer(task, task.net), Columns(task, columns.block)
    start = Prices(prices.price, pricer.sweep(prices.price))
    if rounds == 0:
        return pricer, columns, start
    found, _ = generate(
        pricer, columns, start, rounds, used_up=lambda: budget.used() >= 1.0, left_s=budget.left_s, heeded=budget
    )
    return pricer, columns, found


def agreed(
    pricer: Pricer, columns: Columns, prices: Prices, nodes: Offered, dearer: Dearer, *, budget: Budget
) -> tuple[Whole, ...]:
    """Looks that all paths settle on, each choice with what was taken most often first, the last choice
    first; for nets with long paths.

    Of few long paths whole columns do not recombine well; what is taken often while prices and bonus rise does. The
    paths of the last sweeps are kept as columns.
    """
    if len(dearer[0]):
        pricer, columns, prices = _with_more_worth(pricer, columns, prices, nodes, dearer, budget, rounds=0)
    choices, count, value = [], len(nodes.look), pricer.task.value
    for sweep, often in enumerate(settled(pricer.task, pricer, prices, sweeps=_SETTLING, step=_SETTLING_STEP)):
        if budget.used() >= 1.0:
            break
        if sweep >= _SETTLING // 2:
            for block, path in pricer.paths():
                columns.add(block, path)
        if sweep % _CHOOSE == _CHOOSE - 1:
            weight = np.where(nodes.leads, often[:count] * value[:count], 0.0)
            best = np.argsort(-weight, kind="stable")
            choices.append(nodes.look[best[(often[best] > _SELDOM) & nodes.leads[best]]])
    return tuple(reversed(choices[-_CHOICES:]))


@dataclass(frozen=True)
class _Maker:
    """Makes paths that a plan may take."""

    judge: Judge
    nodes: Offered
    later: dict[int, list[int]]
    """by node of a group, the nodes of its second and third look"""
    block: Whole
    """where each begins"""

    @classmethod
    def of(cls, pricer: Pricer, nodes: Offered) -> _Maker:
        """For a task."""
        later: dict[int, list[int]] = {}
        for group, look in nodes.follows:
            later.setdefault(group, []).append(look)
        return cls(Judge.of(pricer.task), nodes, later, pricer.block)

    def by_block(self, looks: Whole) -> list[tuple[Path, int]]:
        """Looks of a plan as paths, block by block."""
        lead = np.flatnonzero(self.nodes.leads & np.isin(self.nodes.look, looks))
        taken = np.unique(np.array([k for node in lead.tolist() for k in (node, *self.later.get(node, ()))], np.int64))
        block = np.searchsorted(self.block, taken, side="right") - 1
        return [(tuple(taken[block == b].tolist()), int(b)) for b in np.unique(block)]

    def completed(self, path: Path) -> Path:
        """A path without repeated requests and with stereo pictures whole; the best of it remains."""
        value = self.judge.task.value
        kept: Path = ()
        known: set[int] = set()
        for node in sorted(path, key=lambda j: -value[j]):
            group = int(self.nodes.group[node])
            if self.nodes.leads[node] and group not in known:
                wider = tuple(sorted({*kept, node, *self.later.get(node, ())}))
                if self.judge.follows_all(wider):
                    kept = wider
                    known.add(group)
        return kept
