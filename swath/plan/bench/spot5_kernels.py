"""Annealing on choices that exclude one another: one comes in, what stands against it goes out."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Choices", "anneal"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_TRIED = 6
"""choices of which the least worth for its memory goes when that is full"""


class Choices(NamedTuple):
    """n choices: what they earn and take of the memory, the pairs and the triples that may not come together."""

    profit: Floats
    use: Whole
    capacity: int
    """of the memory; endless where there is none"""
    pair_first: Whole
    """(n + 1) where the choices that exclude each one begin in ``pair``"""
    pair: Whole
    triple_first: Whole
    """(n + 1) where the two others of each one's triples begin in ``triple``"""
    triple: Whole
    """(m, 2)"""


@numba.njit(cache=True)
def _random(state: npt.NDArray[np.uint64], below: int) -> int:
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return int((x >> np.uint64(11)) % np.uint64(below))


@numba.njit(cache=True)
def _out(c: Choices, v: int, taken: npt.NDArray[np.bool_], marked: npt.NDArray[np.bool_], leave: Whole) -> int:
    """Who has to leave for a choice, whatever the memory; how many."""
    many = 0
    for k in range(c.pair_first[v], c.pair_first[v + 1]):
        u = c.pair[k]
        if taken[u]:
            marked[u] = True
            leave[many] = u
            many += 1
    for k in range(c.triple_first[v], c.triple_first[v + 1]):
        a, b = c.triple[k, 0], c.triple[k, 1]
        if taken[a] and taken[b] and not (marked[a] or marked[b]):
            u = a if c.profit[a] < c.profit[b] else b
            marked[u] = True
            leave[many] = u
            many += 1
    return many


@numba.njit(cache=True)
def _make_room(
    c: Choices,
    excess: int,
    here: Whole,
    count: int,
    marked: npt.NDArray[np.bool_],
    leave: Whole,
    many: int,
    state: npt.NDArray[np.uint64],
) -> int:
    """More that leave until the memory holds; -1 where nobody was found."""
    for _ in range(64 if count else 0):
        if excess <= 0:
            return many
        worst, least = -1, np.inf
        for _ in range(_TRIED):
            u = here[_random(state, count)]
            if not marked[u] and c.use[u] > 0 and c.profit[u] / c.use[u] < least:
                worst, least = u, c.profit[u] / c.use[u]
        if worst >= 0:
            marked[worst] = True
            leave[many] = worst
            many += 1
            excess -= c.use[worst]
    return many if excess <= 0 else -1


@numba.njit(cache=True, nogil=True)
def anneal(
    c: Choices,
    taken: npt.NDArray[np.bool_],
    best: npt.NDArray[np.bool_],
    warm: Floats,
    moves: int,
    state: npt.NDArray[np.uint64],
) -> float:
    """``moves`` tries from ``taken`` while the temperature falls evenly in its logarithm; what ``best`` then earns.

    ``warm``: temperature at the beginning and at the end. ``best`` is overwritten where something better is found.
    """
    n = len(c.profit)
    here, place = np.empty(n, np.int64), np.full(n, -1)
    count, used, value = 0, 0, 0.0
    for v in range(n):
        if taken[v]:
            here[count], place[v] = v, count
            count, used, value = count + 1, used + c.use[v], value + c.profit[v]
    top = 0.0
    for v in range(n):
        if best[v]:
            top += c.profit[v]
    marked, leave = np.zeros(n, np.bool_), np.empty(n, np.int64)
    step = np.log(warm[1] / warm[0]) / max(moves, 1)
    for m in range(moves):
        v = _random(state, n)
        if taken[v]:
            continue
        many = _out(c, v, taken, marked, leave)
        freed = 0
        for k in range(many):
            freed += c.use[leave[k]]
        found = _make_room(c, used - freed + c.use[v] - c.capacity, here, count, marked, leave, many, state)
        lost = 0.0
        for k in range(max(found, many)):
            lost += c.profit[leave[k]]
            marked[leave[k]] = False
        if found < 0:
            marked[:] = False
            continue
        gain = c.profit[v] - lost
        if gain < 0.0:
            heat = warm[0] * np.exp(step * m)
            if _random(state, 1 << 30) / (1 << 30) >= np.exp(gain / heat):
                continue
        for k in range(found):
            u = leave[k]
            taken[u] = False
            count -= 1
            last = here[count]
            here[place[u]], place[last], place[u] = last, place[u], -1
            used -= c.use[u]
        taken[v] = True
        here[count], place[v] = v, count
        count, used, value = count + 1, used + c.use[v], value + gain
        if value > top + 0.5:
            top = value
            best[:] = taken
    return top
