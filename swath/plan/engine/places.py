"""Where nodes lie in time, and what lies around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from swath.plan.engine.net import Task

__all__ = ["Places"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_ANOTHER_PASS_S = 600.0


@dataclass(frozen=True)
class Places:
    """The nodes of a task by time and by group (order)."""

    group: Whole
    chain: Whole
    start_s: Floats
    chain_first: Whole
    order: Whole
    """nodes by group"""
    first: Whole
    """where those of each group begin in ``order``"""

    @classmethod
    def of(cls, task: Task, chain: Whole, start_s: Floats) -> Places:
        """For a task whose nodes begin at ``start_s``."""
        group = task.net.group
        order = np.argsort(group, kind="stable")
        first = np.searchsorted(group[order], np.arange(int(group.max(initial=-1)) + 2))
        return cls(group, chain, start_s, task.net.chain_first, order, first)

    def window(self, chain: int, begin_s: float, end_s: float) -> tuple[int, int]:
        """The nodes of a chain that begin in a stretch of time: first, last + 1."""
        a, b = self.chain_first[chain], self.chain_first[chain + 1]
        low, high = np.searchsorted(self.start_s[a:b], [begin_s, end_s])
        return int(a + low), int(a + high)

    def around(
        self, group: int, taken: Whole, width_s: float, size: int, rng: np.random.Generator
    ) -> list[tuple[int, int]]:
        """Spans about all nodes of a group, then of the groups planned there, until ``size`` nodes lie in them."""
        waiting, known = [group], {group}
        spans: list[tuple[int, int]] = []
        while waiting and sum(end - begin for begin, end in spans) < size:
            nodes = self.order[self.first[waiting[0]] : self.first[waiting[0] + 1]]
            waiting.pop(0)
            chain, start_s = self.chain[nodes], self.start_s[nodes]
            new = (np.diff(chain, prepend=-1) != 0) | (np.diff(start_s, prepend=-np.inf) > _ANOTHER_PASS_S)
            for part in np.split(np.arange(len(nodes)), np.flatnonzero(new)[1:]) if len(nodes) else []:
                span = self.window(int(chain[part[0]]), start_s[part[0]] - width_s, start_s[part[-1]] + width_s)
                spans.append(span)
                there = taken[np.searchsorted(taken, span[0]) : np.searchsorted(taken, span[1])]
                more = [int(g) for g in np.unique(self.group[there]) if int(g) not in known]
                rng.shuffle(more)
                known.update(more)
                waiting += more
            spans = self._merged(spans)
        return spans

    def _merged(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for begin, end in sorted(span for span in spans if span[1] > span[0]):
            if found and begin <= found[-1][1] and self.chain[begin] == self.chain[found[-1][0]]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((begin, end))
        return found
