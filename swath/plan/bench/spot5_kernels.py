"""Annealing on choices that exclude one another: one comes in, what stands against it goes out."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Choices", "anneal"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
State = npt.NDArray[np.uint64]

_SOUGHT = 64
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
def _random(state: State, below: int) -> int:
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return int((x >> np.uint64(11)) % np.uint64(below))


class _Held(NamedTuple):
    """What is taken, and room to work in."""

    taken: Flags
    here: Whole
    """what is taken, in no order"""
    place: Whole
    """of each choice in ``here``; -1"""
    total: Whole
    """how many are taken, and the memory they use"""
    marked: Flags
    leave: Whole


@numba.njit(cache=True)
def _out(c: Choices, held: _Held, v: int) -> int:
    """Who has to leave for a choice, whatever the memory; how many."""
    many = 0
    for k in range(c.pair_first[v], c.pair_first[v + 1]):
        u = c.pair[k]
        if held.taken[u]:
            held.marked[u] = True
            held.leave[many] = u
            many += 1
    for k in range(c.triple_first[v], c.triple_first[v + 1]):
        a, b = c.triple[k, 0], c.triple[k, 1]
        if held.taken[a] and held.taken[b] and not (held.marked[a] or held.marked[b]):
            u = a if c.profit[a] < c.profit[b] else b
            held.marked[u] = True
            held.leave[many] = u
            many += 1
    return many


@numba.njit(cache=True)
def _make_room(c: Choices, held: _Held, v: int, many: int, state: State) -> tuple[int, bool]:
    """How many leave until the memory holds; false where too few were found."""
    excess = held.total[1] + c.use[v] - c.capacity
    for k in range(many):
        excess -= c.use[held.leave[k]]
    for _ in range(_SOUGHT if held.total[0] else 0):
        if excess <= 0:
            break
        worst, least = -1, np.inf
        for _ in range(_TRIED):
            u = held.here[_random(state, held.total[0])]
            if not held.marked[u] and c.use[u] > 0 and c.profit[u] / c.use[u] < least:
                worst, least = u, c.profit[u] / c.use[u]
        if worst >= 0:
            held.marked[worst] = True
            held.leave[many] = worst
            many += 1
            excess -= c.use[worst]
    return many, excess <= 0


@numba.njit(cache=True)
def _swap(c: Choices, held: _Held, v: int, many: int) -> None:
    for k in range(many):
        u = held.leave[k]
        held.taken[u] = False
        held.total[0] -= 1
        held.total[1] -= c.use[u]
        last = held.here[held.total[0]]
        held.here[held.place[u]], held.place[last], held.place[u] = last, held.place[u], -1
    held.taken[v] = True
    held.here[held.total[0]], held.place[v] = v, held.total[0]
    held.total[0] += 1
    held.total[1] += c.use[v]


@numba.njit(cache=True)
def _offer(c: Choices, held: _Held, v: int, heat: float, state: State) -> float:
    """Take a choice, and what it brings; or nothing, where chance at this temperature is against it."""
    many, fits = _make_room(c, held, v, _out(c, held, v), state)
    gain = c.profit[v]
    for k in range(many):
        gain -= c.profit[held.leave[k]]
        held.marked[held.leave[k]] = False
    if not fits or (gain < 0.0 and _random(state, 1 << 30) / (1 << 30) >= np.exp(gain / heat)):
        return 0.0
    _swap(c, held, v, many)
    return float(gain)


@numba.njit(cache=True, nogil=True)
def anneal(c: Choices, taken: Flags, best: Flags, warm: Floats, moves: int, state: State) -> float:
    """``moves`` tries from ``taken`` while the temperature falls evenly in its logarithm; what ``best`` then earns.

    ``warm``: temperature at the beginning and at the end. ``best`` is overwritten where something better is found.
    """
    n = len(c.profit)
    held = _Held(
        taken,
        np.empty(n, np.int64),
        np.full(n, -1),
        np.zeros(2, np.int64),
        np.zeros(n, np.bool_),
        np.empty(n, np.int64),
    )
    value = top = 0.0
    for v in range(n):
        if taken[v]:
            held.here[held.total[0]], held.place[v] = v, held.total[0]
            held.total[0] += 1
            held.total[1] += c.use[v]
            value += c.profit[v]
        if best[v]:
            top += c.profit[v]
    step = np.log(warm[1] / warm[0]) / max(moves, 1)
    for m in range(moves):
        v = _random(state, n)
        if not taken[v]:
            value += _offer(c, held, v, warm[0] * np.exp(step * m), state)
            if value > top + 0.5:
                top = value
                best[:] = taken
    return float(top)
