"""A part of a net cut out of it, and whether one node may follow another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.engine.net import Net, Rows

__all__ = ["cut_net", "cut_rows", "fitting", "follows", "places_by_stop", "stripped"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def places_by_stop(net: Net) -> Whole:
    """Where does each node stand among those of its chain in the order of their stop?"""
    place = np.empty(len(net.by_stop), np.int64)
    for c in range(len(net.chain_first) - 1):
        for k in range(net.chain_first[c], net.chain_first[c + 1]):
            place[net.by_stop[k]] = k - net.chain_first[c]
    return place


@njit(cache=True, nogil=True)
def follows(net: Net, place: Whole, i: int, j: int) -> bool:
    """May node j follow node i of the same chain directly?"""
    if net.group[i] == net.group[j]:
        return False
    if place[i] < net.far[j]:
        return True
    for k in range(net.arc_first[j], net.arc_first[j + 1]):  # noqa: SIM110 (numba)
        if net.tail[k] == i:
            return True
    return False


@njit(cache=True, nogil=True)
def fitting(net: Net, place: Whole, before: int, after: int, begin: int, end: int, keep: npt.NDArray[np.bool_]) -> None:
    """Mark in ``keep`` the nodes of ``begin`` .. ``end`` - 1 that fit between two nodes (-1: no such node)."""
    near = np.zeros(end - begin, np.bool_)
    if after >= 0:
        for k in range(net.arc_first[after], net.arc_first[after + 1]):
            if begin <= net.tail[k] < end:
                near[net.tail[k] - begin] = True
    for j in range(begin, end):
        good = net.opens[j] if before < 0 else follows(net, place, before, j)
        if not good and before < 0:
            good = net.arc_first[j + 1] > net.arc_first[j]
        if after >= 0 and good:
            good = (near[j - begin] or place[j] < net.far[after]) and net.group[j] != net.group[after]
        keep[j] = good


@njit(cache=True, nogil=True)
def cut_net(net: Net, keep: Whole, opens: npt.NDArray[np.bool_]) -> Net:
    """The net of the nodes ``keep`` (in their order), renumbered, with every arc among them."""
    count, chains = len(keep), len(net.chain_first) - 1
    number = np.full(len(net.group), -1, np.int64)
    for k in range(count):
        number[keep[k]] = k
    chain_first = np.zeros(chains + 1, np.int64)
    by_stop, far = np.empty(count, np.int64), np.zeros(count, np.int64)
    arc_first = np.zeros(count + 1, np.int64)
    at = 0
    for c in range(chains):
        begin, end = net.chain_first[c], net.chain_first[c + 1]
        first = at
        for k in range(begin, end):
            if number[net.by_stop[k]] >= 0:
                by_stop[at] = number[net.by_stop[k]]
                at += 1
        chain_first[c + 1] = at
        kept, pointer = 0, begin
        for k in range(first, at):
            while pointer < begin + net.far[keep[k]]:
                if number[net.by_stop[pointer]] >= 0:
                    kept += 1
                pointer += 1
            far[k] = kept
    for k in range(count):
        many = 0
        for a in range(net.arc_first[keep[k]], net.arc_first[keep[k] + 1]):
            if number[net.tail[a]] >= 0:
                many += 1
        arc_first[k + 1] = arc_first[k] + many
    tail = np.empty(arc_first[count], np.int32)
    to = 0
    for k in range(count):
        for a in range(net.arc_first[keep[k]], net.arc_first[keep[k] + 1]):
            if number[net.tail[a]] >= 0:
                tail[to] = number[net.tail[a]]
                to += 1
    return Net(chain_first, net.group[keep], opens, by_stop, far, arc_first, tail)


@njit(cache=True, nogil=True)
def cut_rows(rows: Rows, keep: Whole, limit: Floats) -> tuple[Rows, Whole]:
    """The rows that the nodes ``keep`` draw on, renumbered, with given limits; and their old numbers."""
    number = np.full(len(rows.limit), -1, np.int64)
    first = np.zeros(len(keep) + 1, np.int64)
    for k in range(len(keep)):
        first[k + 1] = first[k] + rows.first[keep[k] + 1] - rows.first[keep[k]]
        for e in range(rows.first[keep[k]], rows.first[keep[k] + 1]):
            number[rows.row[e]] = 0
    old = np.flatnonzero(number >= 0)
    for r in range(len(old)):
        number[old[r]] = r
    row, weight = np.empty(first[-1], np.int64), np.empty(first[-1])
    for k in range(len(keep)):
        for e in range(rows.first[keep[k]], rows.first[keep[k] + 1]):
            row[first[k] + e - rows.first[keep[k]]] = number[rows.row[e]]
            weight[first[k] + e - rows.first[keep[k]]] = rows.weight[e]
    return Rows(first, row, weight, limit[old]), old


@njit(cache=True, nogil=True)
def stripped(net: Net, rows: Rows, value: Floats, place: Whole, chain: Whole, by_value: Whole, slack: float) -> Whole:
    """A plan made of some nodes, given by falling value: those that fit into all rows and follow one another.

    Where two neighbours do not fit together the one worth less goes.
    """
    used, many = np.zeros(len(rows.limit)), 0
    kept = np.empty(len(by_value), np.int64)
    for node in by_value:
        fits = True
        for e in range(rows.first[node], rows.first[node + 1]):
            limit = rows.limit[rows.row[e]]
            fits = fits and used[rows.row[e]] + rows.weight[e] <= limit * (1.0 + slack) + slack
        if fits:
            for e in range(rows.first[node], rows.first[node + 1]):
                used[rows.row[e]] += rows.weight[e]
            kept[many] = node
            many += 1
    kept = np.sort(kept[:many])
    count = 0
    for k in range(len(kept)):
        node = kept[k]
        while True:
            alone = count == 0 or chain[kept[count - 1]] != chain[node]
            good = net.opens[node] if alone else follows(net, place, kept[count - 1], node)
            if good:
                kept[count] = node  # never ahead of the node just read
                count += 1
            elif not alone and value[kept[count - 1]] < value[node]:
                count -= 1
                continue
            break
    return kept[:count].copy()
