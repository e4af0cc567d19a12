"""The longest path of whole chains, for certificates: shares no code with the search."""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.engine.net import Net, Rows

__all__ = ["chain_worths"]

Floats = npt.NDArray[np.float64]


@njit(cache=True)
def chain_worths(net: Net, value: Floats, rows: Rows, price: Floats) -> Floats:
    """By chain: the worth of the best path after paying, at least 0. A path takes no order twice running."""
    found = np.zeros(len(net.chain_first) - 1)
    reached = np.empty(len(value))
    for c in range(len(found)):
        begin, end = net.chain_first[c], net.chain_first[c + 1]
        top = np.full(2, -inf)  # best ends among the far nodes, of two different orders
        owner = np.full(2, -1)
        come = begin
        for j in range(begin, end):
            paid = value[j]
            for e in range(rows.first[j], rows.first[j + 1]):
                paid -= rows.weight[e] * price[rows.row[e]]
            while come - begin < net.far[j]:
                node = net.by_stop[come]
                come += 1
                if net.group[node] == owner[0]:
                    top[0] = max(top[0], reached[node])
                elif reached[node] > top[0]:
                    top[1], owner[1] = top[0], owner[0]
                    top[0], owner[0] = reached[node], net.group[node]
                elif reached[node] > top[1]:
                    top[1], owner[1] = reached[node], net.group[node]
            best = 0.0 if net.opens[j] else -inf
            best = max(best, top[1] if net.group[j] == owner[0] else top[0])
            for k in range(net.arc_first[j], net.arc_first[j + 1]):
                best = max(best, reached[net.tail[k]])
            reached[j] = best + paid
            found[c] = max(found[c], reached[j])
    return found
