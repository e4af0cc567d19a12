"""Better plans: where bound and plan part most, a neighbourhood is freed and planned again, nearly exactly.

At given prices the gap between bound and plan is a sum over blocks (what the best path of a block is worth, less what
the plan's path there is worth) and over rows (price times what the plan leaves of the limit). So the terms say where a
plan is weak; a neighbourhood there is cut out as a task of its own, small enough for columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from swath.plan.engine.descent import Prices
from swath.plan.engine.master import Columns, elementary, generate, pack, widen
from swath.plan.engine.net import Cut
from swath.plan.engine.part import Part, part_between
from swath.plan.engine.places import Places
from swath.plan.engine.plans import draw
from swath.plan.engine.pricing import Pricer
from swath.plan.engine.search import Search

__all__ = ["by_block", "polish"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Path = tuple[int, ...]

_SIZE = 600
"""nodes in a neighbourhood"""
_WIDTH_S = 50.0
_BATCH = 8
"""neighbourhoods between two looks at where the gap lies"""
_LONGEST_S = 5.0
_TRIES = 6
"""at every order, before all is given up"""
_VARIED = 4


def by_block(pricer: Pricer, taken: Whole) -> list[tuple[int, Path]]:
    """A plan's nodes by block."""
    if not len(taken):
        return []
    block = np.searchsorted(pricer.block, taken, side="right") - 1
    first = np.flatnonzero(np.diff(block, prepend=-1))
    parts = np.split(taken, first[1:])
    return [(int(block[at]), tuple(part.tolist())) for at, part in zip(first, parts, strict=True)]


def polish(search: Search, pricer: Pricer, start_s: Floats, prices: Prices) -> None:
    """Plan neighbourhoods anew until the budget is used up or plan and bound meet; the search holds the best plan."""
    task = search.task
    if search.over():
        return
    places = Places.of(task, search.judge.chain, start_s)
    weary = np.zeros(len(places.first) - 1)
    while not search.over() and search.value < search.bound - 1e-9:
        weight = _weakness(search, pricer, places, prices) * 0.5**weary
        for _ in range(_BATCH):
            if search.over() or not (weary[weight > 0.0] < _TRIES).any():
                return
            seed = int(search.rng.choice(len(weight), p=weight / weight.sum()))
            weary[seed] += 1.0
            spans = places.around(seed, search.taken, _WIDTH_S, _SIZE, search.rng)
            part = part_between(search.judge, search.taken, spans)
            if search.offer(_replanned(search, part, prices.price), "neighbourhoods"):
                weary *= 0.5


def _weakness(search: Search, pricer: Pricer, places: Places, prices: Prices) -> Floats:
    """By order: how much of the gap lies at it, its own price and its share of the blocks it could stand in."""
    task, taken = search.task, search.taken
    pricer.sweep(prices.price)
    block = np.searchsorted(pricer.block, taken, side="right") - 1
    loss = np.maximum(pricer.total - np.bincount(block, pricer.worth[taken], pricer.blocks), 0.0)
    unused = np.maximum(prices.price * (task.rows.limit - draw(task, taken)), 0.0)
    share = loss / np.maximum(np.diff(pricer.block), 1)
    owner = np.repeat(np.arange(len(task.value)), np.diff(task.rows.first))
    lightest = np.zeros(len(task.value))
    np.maximum.at(lightest, owner, unused[task.rows.row])
    of_node = share[np.searchsorted(pricer.block, np.arange(len(task.value)), side="right") - 1]
    weight = np.bincount(task.net.group, of_node, len(places.first) - 1)
    np.maximum.at(weight, task.net.group, lightest)
    known = np.diff(places.first) > 0
    return np.asarray(np.where(known, weight + 1e-6 * prices.bound / max(known.sum(), 1), 0.0), np.float64)


def _replanned(search: Search, part: Part, price: Floats) -> Whole:
    """The plan with a part of it made anew; the plan as it is where nothing better was found."""
    task = part.task
    if not len(task.value):
        return search.taken
    pricer, columns = Pricer(task, task.net, threads=1), Columns(task)
    start = Prices(price[part.row], pricer.sweep(price[part.row]))
    old = float(task.value[part.freed].sum())
    left_s = search.budget.left_s
    prices, _ = generate(pricer, columns, start, 60, used_up=lambda: left_s() <= 0.0, left_s=left_s, tolerance=1e-6)
    if prices.bound <= old + 1e-7:
        return search.taken
    widen(pricer, columns, prices, prices.bound - old, 4000)
    for _ in range(_VARIED):  # other paths that are nearly best
        pricer.sweep(prices.price * search.rng.uniform(0.5, 1.5, len(prices.price)))
        for block, path in pricer.paths():
            columns.add(block, path)
    begin = by_block(pricer, part.freed)
    for block, path in begin:
        columns.add(block, path)
    cuts = [cut for cut in (_inside(cut, part) for cut in search.cuts) if len(cut.node)]
    paths = [path for _, path in begin]
    found = pack(columns, elementary(columns), cuts, most_s=min(left_s(), _LONGEST_S), begin=paths, nodes=200)
    return np.sort(np.concatenate([part.fixed, part.node[found]]))


def _inside(cut: Cut, part: Part) -> Cut:
    """A cut as it stands for a part, when what is fixed has drawn on it."""
    drawn = float(cut.weight[np.isin(cut.node, part.fixed)].sum())
    at = np.isin(cut.node, part.node)
    return Cut(np.searchsorted(part.node, cut.node[at]), cut.weight[at], max(cut.high - drawn, 0.0))
