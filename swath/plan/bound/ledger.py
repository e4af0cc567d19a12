"""Rows while they are being written down: what nodes draw on, and what may be taken in part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from swath.plan.engine.net import Rows

__all__ = ["Ledger", "RowName", "most_of"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class RowName(NamedTuple):
    """What a row is about, so that the next planning finds it again."""

    rule: str
    at_s: float
    """from when it counts, since the plan's start"""
    amount_per_one: float
    """one in the row is so many pictures, bit, Wh, s"""


@dataclass
class Ledger:
    """Rows sum(weight x taken) <= limit over ``nodes`` looks and over parts: stores, flows, what counts for nothing.

    A part is something of which a plan may take any amount from 0 to its ``most``: what lies in a recorder at a time,
    say. It becomes a node of its own whose weights are those of all of it.
    """

    nodes: int
    limit: list[float] = field(default_factory=list)
    name: list[RowName] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    """of all of a part"""
    _drawn: list[tuple[Whole, Whole, Floats]] = field(default_factory=list)

    def rows(
        self, limit: npt.ArrayLike, rule: str | Sequence[str], at_s: npt.ArrayLike = 0.0, unit: float = 1.0
    ) -> Whole:
        """New rows with these limits: their numbers. One rule for all or one each; see :class:`RowName`."""
        limits = np.maximum(np.atleast_1d(np.asarray(limit, np.float64)), 0.0).tolist()
        rules = [rule] * len(limits) if isinstance(rule, str) else rule
        begins = np.broadcast_to(np.asarray(at_s, np.float64), len(limits)).tolist()
        self.limit += limits
        self.name += [RowName(what, since_s, unit) for what, since_s in zip(rules, begins, strict=True)]
        return np.arange(len(self.limit) - len(limits), len(self.limit))

    def row(self, limit: float, rule: str, at_s: float = 0.0, unit: float = 1.0) -> int:
        """One new row: its number."""
        return int(self.rows(limit, rule, at_s, unit)[0])

    def draw(self, row: npt.ArrayLike, node: npt.ArrayLike, weight: npt.ArrayLike) -> None:
        """What nodes draw on rows."""
        rows, nodes, weights = np.broadcast_arrays(row, node, weight)
        some = weights != 0.0
        self._drawn.append(
            (nodes[some].astype(np.int64), rows[some].astype(np.int64), weights[some].astype(np.float64))
        )

    def part(self, most: float, value: float, rows: dict[int, float]) -> None:
        """Something that may be taken in part: how much at most, and value and weights of one unit of it."""
        if most > 0.0:
            self.most.append(most)
            self.value.append(value * most)
            node = self.nodes + len(self.most) - 1
            self.draw(list(rows), node, np.array(list(rows.values())) * most)

    def closed(self) -> Rows:
        """All that was written down, by node."""
        count = self.nodes + len(self.most)
        node, row, weight = (np.concatenate([d[k] for d in self._drawn] or [np.empty(0)]) for k in range(3))
        order = np.argsort(node, kind="stable")
        first = np.searchsorted(node[order], np.arange(count + 1)).astype(np.int64)
        return Rows(first, row[order].astype(np.int64), weight[order], np.array(self.limit, np.float64))


def most_of(request: Whole, weight: Floats) -> float:
    """What requests together could draw at most, each once."""
    largest = np.zeros(int(request.max(initial=-1)) + 1)
    np.maximum.at(largest, request, weight)
    return float(largest.sum())
