"""Arcs from pointings and times, and the best path through every block."""

from __future__ import annotations

from math import acos, inf, pi, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from swath.plan.engine.net import Net, Rows

__all__ = ["Sights", "best_paths", "best_tails", "near_arcs", "priced", "trace", "turn_s"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class Sights(NamedTuple):
    """What arcs are made from, by node: times, lines of sight, and how nodes lie (see ``Net``)."""

    start_s: Floats
    stop_s: Floats
    before: Floats
    """(n, 3) unit vectors at the start"""
    after: Floats
    group: Whole
    blur_deg: Floats
    """the line of sight may lie so far away from the one given: 0, or for bins of times half their sweep"""
    by_stop: Whole
    far: Whole


@njit(cache=True, inline="always", error_model="numpy")
def turn_s(angle_deg: float, rate_deg_s: float, acceleration_deg_s2: float) -> float:
    """Seconds of a bang-coast-bang turn, without settling; a craft that cannot turn needs for ever."""
    if angle_deg <= 1e-9:
        return 0.0
    if rate_deg_s <= 0.0 or acceleration_deg_s2 <= 0.0:
        return inf
    if angle_deg * acceleration_deg_s2 <= rate_deg_s * rate_deg_s:
        return 2.0 * sqrt(angle_deg / acceleration_deg_s2)
    return angle_deg / rate_deg_s + rate_deg_s / acceleration_deg_s2


@njit(cache=True, inline="always", error_model="numpy")
def _fits(a: Floats, b: Floats, blur_deg: float, gap_s: float, agility: Floats) -> bool:
    """Is there time to turn from about direction a to about direction b (unit vectors)?"""
    if gap_s < agility[2]:
        return False
    cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    angle_deg = acos(max(-1.0, min(1.0, cosine))) * 180.0 / pi
    angle_deg = max(angle_deg - blur_deg, 0.0)
    return bool(turn_s(angle_deg, agility[0], agility[1]) + agility[2] <= gap_s)


@njit(cache=True, nogil=True)
def near_arcs(
    s: Sights, chain: Whole, begin: int, end: int, agility: Floats, slack_s: float, arcs: Whole
) -> npt.NDArray[np.int32]:
    """The near predecessors of the nodes ``begin`` to ``end`` - 1 of one chain, and into ``arcs`` how many each has.

    ``chain``: the chain's first node and one past its last. ``agility``: rate (deg/s), acceleration (deg/s2), settling
    (s). ``slack_s`` is added to every gap.
    """
    tail = np.empty(1024, np.int32)
    many = 0
    for j in range(begin, end):
        known = many
        for k in range(chain[0] + s.far[j], chain[1]):
            i = s.by_stop[k]
            gap = s.start_s[j] - s.stop_s[i] + slack_s
            if gap < 0.0:
                break
            if s.group[i] != s.group[j] and _fits(s.after[i], s.before[j], s.blur_deg[i] + s.blur_deg[j], gap, agility):
                if many == len(tail):
                    longer = np.empty(2 * many, np.int32)
                    longer[:many] = tail
                    tail = longer
                tail[many] = i
                many += 1
        arcs[j] = many - known
    return tail[:many].copy()


@njit(cache=True, nogil=True)
def priced(value: Floats, rows: Rows, price: Floats) -> Floats:
    """What is each node worth after paying for what it draws?"""
    worth = value.copy()
    for j in range(len(value)):
        for k in range(rows.first[j], rows.first[j + 1]):
            worth[j] -= rows.weight[k] * price[rows.row[k]]
    return worth


class _Two(NamedTuple):
    """The best of some nodes, and the best of those of another order."""

    one: float
    other: float
    one_at: int
    other_at: int


@njit(cache=True, inline="always")
def _with(two: _Two, worth: float, node: int, group: Whole) -> _Two:
    if worth > two.one:
        if two.one_at < 0 or group[two.one_at] != group[node]:
            return _Two(worth, two.one, node, two.one_at)
        return _Two(worth, two.other, node, two.other_at)
    if worth > two.other and group[two.one_at] != group[node]:
        return _Two(two.one, worth, two.one_at, node)
    return two


@njit(cache=True, inline="always")
def _apart(two: _Two, group: Whole, node: int) -> tuple[float, int]:
    """The better of the two that is of another order than a node; -1 where there is none."""
    if two.one_at >= 0 and group[two.one_at] != group[node]:
        return two.one, two.one_at
    return two.other, two.other_at


@njit(cache=True, nogil=True)
def best_paths(
    net: Net,
    block: Whole,
    base: Whole,
    worth: Floats,
    first: int,
    last: int,
    gain: Floats,
    back: Whole,
    total: Floats,
    finish: Whole,
) -> None:
    """The best path through each of the blocks ``first`` to ``last`` - 1, no order directly after itself.

    No node is skipped because of its worth. ``gain``: best worth of a path that ends at a node, ``back``: the node
    before it or -1, ``total`` and ``finish``: by block, 0 and -1 where nothing is worth taking. ``base``: by block,
    where its chain begins.
    """
    for b in range(first, last):
        pointer = block[b]
        far = _Two(-inf, -inf, -1, -1)
        total[b], finish[b] = 0.0, -1
        for j in range(block[b], block[b + 1]):
            while pointer < base[b] + net.far[j]:
                i = net.by_stop[pointer]
                pointer += 1
                far = _with(far, gain[i], i, net.group)
            best, at = (0.0, -1) if net.opens[j] else (-inf, -1)
            reached, i = _apart(far, net.group, j)
            if i >= 0 and reached > best:
                best, at = reached, i
            for k in range(net.arc_first[j], net.arc_first[j + 1]):
                i = net.tail[k]
                if gain[i] > best:
                    best, at = gain[i], i
            gain[j], back[j] = best + worth[j], at
            if gain[j] > total[b]:
                total[b], finish[b] = gain[j], j


@njit(cache=True, nogil=True)
def trace(back: Whole, finish: Whole, path: Whole, begin: Whole) -> None:
    """The nodes of the best paths of all blocks, each backwards in time; block b's begin at ``begin[b]``."""
    count = 0
    begin[0] = 0
    for b in range(len(finish)):
        j = finish[b]
        while j >= 0:
            path[count] = j
            count += 1
            j = back[j]
        begin[b + 1] = count


@njit(cache=True, nogil=True)
def best_tails(
    net: Net, block: Whole, base: Whole, worth: Floats, first: int, last: int, after: Floats, follow: Whole
) -> None:
    """What may best follow each node in its block: its worth ``after``, and its first node ``follow`` (-1: none)."""
    for b in range(first, last):
        begin, end = block[b], block[b + 1]
        after[begin:end] = 0.0
        follow[begin:end] = -1
        pointer = end - 1
        later = _Two(-inf, -inf, -1, -1)
        for j in range(end - 1, begin - 2, -1):
            # Nodes beyond far[j] are far before all nodes later than j and not before j itself.
            while pointer >= begin and (j < begin or pointer >= base[b] + net.far[j]):
                i = net.by_stop[pointer]
                whole, at = _apart(later, net.group, i)
                if at >= 0 and whole > after[i]:
                    after[i], follow[i] = whole, at
                pointer -= 1
            if j < begin:
                break
            whole = worth[j] + after[j]
            for k in range(net.arc_first[j], net.arc_first[j + 1]):
                i = net.tail[k]
                if whole > after[i]:
                    after[i], follow[i] = whole, j
            later = _with(later, whole, j, net.group)
