"""What do prices on the rows prove, and which paths do they make best?

For any prices y >= 0 no plan is worth more than  limit . y + sum over blocks of the best path after paying them
(Lagrangian duality; the blocks of a chain follow one another freely, so the best path of a chain is the sum of those of
its blocks). One sweep of dynamic programming gives both the sum and the paths.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from swath.plan.engine.kernels import best_paths, best_tails, priced, trace
from swath.plan.engine.net import Net, Task, block_starts

__all__ = ["Pricer"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_WORTH_A_THREAD = 200_000
"""nodes and arcs below which a second thread costs more than it brings"""


class Pricer:
    """A net made ready for sweeps: its blocks, and room to work in. Used by one solver at a time."""

    def __init__(self, task: Task, net: Net, *, threads: int = 2) -> None:
        self.task, self.net = task, net
        self.block = block_starts(net)
        self.blocks, count = len(self.block) - 1, len(task.value)
        chain = np.searchsorted(net.chain_first, self.block[:-1], side="right") - 1
        self._base = net.chain_first[chain]
        self.gain, self.after = np.empty(count), np.empty(count)
        self.back, self.follow = np.empty(count, np.int64), np.empty(count, np.int64)
        self.total, self.finish = np.zeros(self.blocks), np.full(self.blocks, -1)
        self._path, self._begin = np.empty(count, np.int64), np.zeros(self.blocks + 1, np.int64)
        work = net.arc_first[self.block] + self.block
        threads = threads if work[-1] > _WORTH_A_THREAD else 1
        cuts = np.searchsorted(work, np.linspace(0, work[-1], threads + 1)[1:-1])
        self._shares = list(zip([0, *cuts.tolist()], [*cuts.tolist(), self.blocks], strict=True))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def sweep(self, price: Floats, bonus: Floats | None = None) -> float:
        """What the prices prove (nothing, with a bonus on nodes); leaves ``total``, ``gain`` and the paths of these."""
        self.worth = priced(self.task.value, self.task.rows, price)
        if bonus is not None:
            self.worth += bonus
        self._share(best_paths, self.gain, self.back, self.total, self.finish)
        trace(self.back, self.finish, self._path, self._begin)
        return float(self.task.rows.limit @ price + self.total.sum())

    def look_ahead(self) -> None:
        """The best tails behind every node, ``after`` and ``follow``, at the prices of the last sweep."""
        self._share(best_tails, self.after, self.follow)

    def taken(self) -> Whole:
        """The nodes of all best paths of the last sweep, those of a block backwards in time."""
        return self._path[: self._begin[-1]]

    def paths(self) -> list[tuple[int, tuple[int, ...]]]:
        """Block and nodes, in the order of time, of every best path that is not empty."""
        begin, path = self._begin, self._path
        return [(int(b), tuple(path[begin[b] : begin[b + 1]][::-1].tolist())) for b in np.flatnonzero(np.diff(begin))]

    def path_through(self, node: int) -> tuple[int, ...]:
        """The best path of its block that holds a node; after :meth:`look_ahead`."""
        nodes, at = [], node
        while at >= 0:
            nodes.append(at)
            at = int(self.back[at])
        nodes.reverse()
        at = int(self.follow[node])
        while at >= 0:
            nodes.append(at)
            at = int(self.follow[at])
        return tuple(nodes)

    def _share(self, kernel: object, *out: object) -> None:
        def one(part: tuple[int, int]) -> None:
            kernel(self.net, self.block, self._base, self.worth, part[0], part[1], *out)  # type: ignore[operator]

        if self._pool is None:
            one((0, self.blocks))
        else:
            list(self._pool.map(one, self._shares))
