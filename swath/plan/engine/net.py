"""What the engine solves: chains of nodes, one path through each, and rows that all paths share.

A node is something a chain (a satellite, an antenna) may do at one time. A path takes nodes of its chain in the order
of time, one after another along arcs. Each node has a value and draws on rows; the rows have limits. Wanted are paths
of the greatest value that keep every row. What a node means, the engine does not know: a look, a stereo pair, a track
of an antenna. An order that counts once is a row of limit 1; so is a memory, a battery, a quota.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from swath.errors import InputError

__all__ = ["Cut", "Net", "Rows", "Rule", "Task", "block_starts", "order_rows"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Net(NamedTuple):
    """Which paths there are. Nodes lie by chain and start; n nodes, C chains.

    Node j may follow the ``far[j]`` nodes of its chain that stop first (``by_stop``), and the nodes ``tail[k]``, k from
    ``arc_first[j]`` to ``arc_first[j + 1]`` - 1: near ones, each listed. It may begin a path if ``opens[j]``.
    """

    chain_first: Whole
    """(C + 1) where each chain's nodes begin"""
    group: Whole
    """(n) nodes of one group exclude each other on a path (an order's looks); at least 0"""
    opens: Flags
    by_stop: Whole
    """(n) within each chain its nodes in the order of their stop"""
    far: Whole
    """(n) never falls within a chain"""
    arc_first: Whole
    tail: Whole


class Rows(NamedTuple):
    """sum over the nodes taken of weight <= limit. Node j draws ``weight[k]`` on ``row[k]``, k in ``first[j]`` ..."""

    first: Whole
    row: Whole
    weight: Floats
    limit: Floats


class Cut(NamedTuple):
    """sum over ``node`` of weight <= high: found when a plan broke a rule that rows cannot say, laid on later ones."""

    node: Whole
    """rising"""
    weight: Floats
    """at least 0"""
    high: float
    """in the unit of the weights"""


Rule = Callable[[Whole], list[Cut]]
"""Which cuts does a choice of nodes (in their order) break? None, if it keeps the rule."""


def _no_rule(taken: Whole) -> list[Cut]:
    return []


@dataclass(frozen=True)
class Task:
    """A net, what its nodes are worth and what they draw on.

    ``net`` holds the arcs that a plan may use. ``outer`` holds those that the bound allows: all of ``net`` and any that
    rounding or a coarser model leaves open; the bound is one for ``outer``.
    """

    net: Net
    outer: Net
    value: Floats
    rows: Rows
    barred: Flags | None = None
    """nodes that only the bound may take: those that rounding leaves open; None: no node"""
    parts: int = 0
    """the last so many nodes, chains by themselves, may be taken in part: stores and flows, what counts for nothing"""
    rule: Rule = _no_rule
    """what a plan must keep beside arcs and rows, a battery that can be full, say; no part of the bound"""

    def plannable(self, nodes: Whole | tuple[int, ...]) -> bool:
        """May a plan take all these nodes?"""
        return self.barred is None or not bool(self.barred[list(nodes)].any())

    def __post_init__(self) -> None:
        count = len(self.value)
        for net in (self.net, self.outer):
            if not (len(net.group) == len(net.far) == len(net.by_stop) == count == len(self.rows.first) - 1):
                raise InputError("the arrays of a task differ in length", where="Task", fix="Give one entry a node")
        if not (np.isfinite(self.value).all() and np.isfinite(self.rows.weight).all()):
            raise InputError("a value or a weight is no finite number", where="Task", fix="Correct it")
        if (self.rows.limit < 0.0).any():
            raise InputError("a row has a negative limit, so nothing fits", where="Task", fix="Correct the limit")


def order_rows(group: Whole, groups: int) -> Rows:
    """One row of limit 1 for each group: no order counts twice."""
    count = len(group)
    return Rows(np.arange(count + 1), group.astype(np.int64), np.ones(count), np.ones(groups))


def block_starts(net: Net) -> Whole:
    """Where new blocks begin: any node of one block may follow any node of a block before it. Ends with n."""
    count = len(net.group)
    begins = net.far == np.arange(count) - np.repeat(net.chain_first[:-1], np.diff(net.chain_first))
    for a, b in zip(net.chain_first[:-1], net.chain_first[1:], strict=True):
        closed = np.flatnonzero(~net.opens[a:b])  # what cannot begin a path may need a node of an earlier block
        begins[a : a + (closed[-1] + 1 if len(closed) else 0)] = False
    begins[net.chain_first[:-1][np.diff(net.chain_first) > 0]] = True
    return np.append(np.flatnonzero(begins), count).astype(np.int64)
