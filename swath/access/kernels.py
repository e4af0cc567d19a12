"""Hot loops of access, upper half: every window of one satellite over many places.

In each step only the places near the satellite are looked at (``cap_kernels``), ``LANES`` at a time: the Bezier hull of
a signal's Hermite cubic says for most that the condition holds throughout, or nowhere. Where the cubic plainly has one
crossing, or two around a hump, these are gathered and refined together (``batch_kernels``); everything else is searched
one by one (``crossing_kernels``). What neighbouring steps hold is joined to windows.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from swath.access.batch_kernels import BATCH, refine_crossings, refine_nearest
from swath.access.cap_kernels import runs_of_cap
from swath.access.crossing_kernels import EDGE_S, PIECES, Ask, crossing, single, split, stretches
from swath.access.extreme_kernels import approach, nearest
from swath.access.signal_kernels import HULL, LANES, PLACE, elevation_hulls, inner, kernel, nodes, off_nadir_hulls

__all__ = ["Book", "in_order", "new_book", "stamped", "sweep"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SHUT = -2.0
_NEAR_S = 1e-3
_FEW = 3
"""crossings in a step that are faster done one by one"""
ROOM, SIZE = 4 * LANES, BATCH * LANES
"""of the batches: crossings or approaches held, numbers in a chunk of ``LANES`` of them"""
_LONG = 6.0
"""steps; in a longer window there can be several closest approaches"""


class Book(NamedTuple):
    """What is known of each place, the batches under way and the windows found. Each array costs at every call."""

    places: Floats
    """a row each: second at which the open window began, last step in which it was open (``_SHUT``: none is), latest
    closest approach and the square of its range"""
    edges: Floats
    nears: Floats
    who: Ints
    """places of the crossings, whether each rises, places of the approaches; how many of both, and of windows"""
    windows: Floats
    """place, start, closest approach, stop"""


@inner
def _close(ask: Ask, book: Book, i: int, stop: float) -> None:
    """Write down the window that is open at place ``i``."""
    start, n = book.places[i, 0], book.who[3 * ROOM + 2]
    book.places[i, 1] = _SHUT
    if stop <= start:
        return
    near = book.places[i, 2]
    if not start <= near <= stop or stop - start > _LONG * ask.h:
        near = nearest(ask.c, ask.h, start, stop, ask.places, i)
    book.windows[n, 0], book.windows[n, 1], book.windows[n, 2], book.windows[n, 3] = i, start, near, stop
    book.who[3 * ROOM + 2] = n + 1


@inner
def _settle_nearest(ask: Ask, book: Book, k: int) -> None:
    """Refine the closest approaches of the batch, and note them."""
    many = book.who[3 * ROOM + 1]
    few = many <= _FEW
    for chunk in range(0 if few else (many + LANES - 1) // LANES):
        refine_nearest(book.nears[chunk * SIZE : (chunk + 1) * SIZE], ask.c[k], ask.h)
    for n in range(many):
        i, at = book.who[2 * ROOM + n], (n // LANES) * SIZE + n % LANES
        b = book.nears
        u, square, doubt = b[6 * LANES + at], b[5 * LANES + at], b[15 * LANES + at]
        if few:
            u, square, doubt = approach(ask.c, ask.h, k, b[at] / (b[at] - b[LANES + at]), ask.places, i)
        if not 0.0 <= u <= 1.0 or doubt > _NEAR_S:
            book.places[i, 2] = -1.0
        elif not (book.places[i, 1] >= 0 and book.places[i, 2] >= book.places[i, 0] and book.places[i, 3] < square):
            book.places[i, 2], book.places[i, 3] = (k + u) * ask.h, square
    book.who[3 * ROOM + 1] = 0


@inner
def _settle_edges(ask: Ask, book: Book, k: int, nadir: bool, piece: Floats) -> None:
    """Refine the crossings of the batch; begin and end windows there."""
    many, b = book.who[3 * ROOM], book.edges
    few = many <= _FEW
    squared = ask.near_squared if nadir else ask.high_squared
    for chunk in range(0 if few else (many + LANES - 1) // LANES):
        refine_crossings(b[chunk * SIZE : (chunk + 1) * SIZE], ask.c[k], ask.h, nadir, ask.cosine, squared)
    for n in range(many):
        i, at = book.who[n], (n // LANES) * SIZE + n % LANES
        u = b[6 * LANES + at]
        if few or not b[15 * LANES + at] < EDGE_S:
            c0, c1, c2, c3 = b[at], b[LANES + at], b[2 * LANES + at], b[3 * LANES + at]
            for end in range(2):
                x = b[(4 + end) * LANES + at]
                piece[3 * end] = x
                piece[3 * end + 1] = c0 + x * (c1 + x * (c2 + x * c3))
                piece[3 * end + 2] = c1 + x * (2.0 * c2 + x * 3.0 * c3)
            u = crossing(ask, k, i, nadir, piece)
        if book.who[ROOM + n] == 1:
            book.places[i, 0] = (k + u) * ask.h
        else:
            shut = book.places[i, 1]
            _close(ask, book, i, (k + u) * ask.h)
            book.places[i, 1] = shut
    book.who[3 * ROOM] = 0


@inner
def _add_edge(
    ask: Ask, book: Book, i: int, cubic: tuple[float, float, float, float], low: float, high: float, guess: float,
    rises: bool,
) -> None:  # fmt: skip
    b, n = book.edges, book.who[3 * ROOM]
    at = (n // LANES) * SIZE + n % LANES
    b[at], b[LANES + at], b[2 * LANES + at], b[3 * LANES + at] = cubic
    b[4 * LANES + at], b[5 * LANES + at], b[6 * LANES + at] = low, high, guess
    for row in range(6):
        b[(7 + row) * LANES + at] = ask.places[i, row]
    b[13 * LANES + at] = ask.places[i, 8]
    book.who[n], book.who[ROOM + n] = i, 1 if rises else 0
    book.who[3 * ROOM] = n + 1


@inner
def _add_nearest(ask: Ask, book: Book, i: int, before: float, after: float) -> None:
    b, n = book.nears, book.who[3 * ROOM + 1]
    at = (n // LANES) * SIZE + n % LANES
    b[at], b[LANES + at] = before, after
    b[7 * LANES + at], b[8 * LANES + at], b[9 * LANES + at] = ask.places[i, 0], ask.places[i, 1], ask.places[i, 2]
    book.who[2 * ROOM + n] = i
    book.who[3 * ROOM + 1] = n + 1


@inner
def _plain(ask: Ask, book: Book, k: int, i: int, hull: Floats, lane: int) -> bool:
    """Is it plain from the cubic of the only signal which crossings the step holds? Then they join the batch."""
    fa, sa, fb, sb = hull[lane], hull[LANES + lane], hull[2 * LANES + lane], hull[3 * LANES + lane]
    held, slack, way = book.places[i, 1], hull[4 * LANES + lane], fb - fa
    if held >= 0 and (held < k - 1 or fa <= 0.0):
        _close(ask, book, i, (held + 1) * ask.h)
    if fa > 0.0 and book.places[i, 1] < 0:
        book.places[i, 0] = k * ask.h
    c2, c3 = 3.0 * way - 2.0 * sa - sb, sa + sb - 2.0 * way
    if hull[6 * LANES + lane] > 0.0:
        pass
    elif (fa > 0.0) != (fb > 0.0):
        if not single(fa, fa + sa / 3.0, fb - sb / 3.0, fb) or abs(way) <= 8.0 * slack:
            return False
        _add_edge(ask, book, i, (fa, sa, c2, c3), 0.0, 1.0, -fa / way, fb > 0.0)
    else:
        x = split(fa, sa, fb, sb)
        top = fa + x * (sa + x * (c2 + x * c3))
        if x == 0.5 or abs(top) <= slack:
            return False
        if (top > 0.0) != (fa > 0.0):
            # As if it were a parabola around its top.
            share = sqrt(top / (top - fa)), sqrt(top / (top - fb))
            _add_edge(ask, book, i, (fa, sa, c2, c3), 0.0, x, x - x * share[0], top > 0.0)
            _add_edge(ask, book, i, (fa, sa, c2, c3), x, 1.0, x + (1.0 - x) * share[1], top <= 0.0)
    book.places[i, 1] = k if fb > 0.0 else _SHUT
    return True


@inner
def _both(one: Floats, n: int, two: Floats, m: int, out: Floats) -> int:
    """Where do two sets of stretches meet?"""
    found = i = j = 0
    while i < n and j < m:
        start, stop = max(one[i, 0], two[j, 0]), min(one[i, 1], two[j, 1])
        if start < stop:
            out[found, 0], out[found, 1] = start, stop
            found += 1
        if one[i, 1] < two[j, 1]:
            i += 1
        else:
            j += 1
    return found


@inner
def _follow(ask: Ask, book: Book, k: int, i: int, held: Floats, many: int) -> None:
    """Join the stretches of step ``k`` to the window that is open at place ``i``, and write down what ends."""
    for j in range(many):
        a, b = held[j, 0], held[j, 1]
        if book.places[i, 1] >= 0 and (a > 0.0 or book.places[i, 1] < k - 1):
            _close(ask, book, i, (book.places[i, 1] + 1) * ask.h)
        if book.places[i, 1] < 0:
            book.places[i, 0] = (k + a) * ask.h
        book.places[i, 1] = k
        if b < 1.0:
            _close(ask, book, i, (k + b) * ask.h)


@inner
def _general(
    ask: Ask, book: Book, k: int, i: int, lane: int, rises: bool, looks: bool, high: Floats, near: Floats, work: Floats
) -> None:
    """Both signals of one place in step ``k``, whatever they do."""
    one, two, both, s = work[PIECES : PIECES + 16], work[PIECES + 16 : PIECES + 32], work[PIECES + 32 :], work[-1]
    many, joined = 1, one
    one[0, 0], one[0, 1] = 0.0, 1.0
    for signal in range(2):
        nadir = signal == 1
        hull = near if nadir else high
        if (looks if nadir else rises) and hull[6 * LANES + lane] <= 0.0:
            for row in range(5):
                s[row] = hull[row * LANES + lane]
            found = stretches(ask, k, i, nadir, s, work, two)
            many, joined = _both(one, many, two, found, both), both
            one, both = both, one
    _follow(ask, book, k, i, joined, many)


@inner
def _step(
    ask: Ask, book: Book, k: int, blocks: Floats, runs: Ints, many: int, ends: Floats, beyond: float, rise: Floats,
    fall: Floats, high: Floats, near: Floats, work: Floats,
) -> None:  # fmt: skip
    """Everything that happens in step ``k`` at the places in ``runs``."""
    rises, looks, size = beyond == inf, ask.cosine >= -1.0, PLACE * LANES
    hull, a, b, alone = high if rises else near, ends[k], ends[k + 1], rises != looks
    for run in range(many):
        first, last = runs[run, 0], runs[run, 1]
        for block in range(first // LANES, (last + LANES - 1) // LANES):
            some, base = blocks[block * size : (block + 1) * size], block * LANES
            if rises:
                elevation_hulls(some, a, b, rise[k], ask.h, ask.high_squared, high)
            if looks:
                off_nadir_hulls(some, a, b, fall[k], ask.h, ask.cosine, ask.near_squared, beyond, near)
            for lane in range(max(first - base, 0), min(last - base, LANES)):
                if hull[5 * LANES + lane] <= 0.0 or (looks and near[5 * LANES + lane] <= 0.0):
                    continue
                if hull[7 * LANES + lane] < 0.0 <= hull[8 * LANES + lane]:
                    _add_nearest(ask, book, base + lane, hull[7 * LANES + lane], hull[8 * LANES + lane])
                if alone and hull[6 * LANES + lane] > 0.0 and book.places[base + lane, 1] == k - 1:
                    book.places[base + lane, 1] = k
                elif not alone or not _plain(ask, book, k, base + lane, hull, lane):
                    _general(ask, book, k, base + lane, lane, rises, looks, high, near, work)
            full = max(book.who[3 * ROOM], book.who[3 * ROOM + 1]) > ROOM - 2 * LANES
            if full or (run == many - 1 and block == (last - 1) // LANES):
                _settle_nearest(ask, book, k)
                _settle_edges(ask, book, k, looks and not rises, work[0])


def new_book(places: int) -> Book:
    """Nothing known yet of so many places."""
    return Book(
        np.full((places, 4), _SHUT), np.ones(ROOM * BATCH), np.ones(ROOM * BATCH), np.zeros(3 * ROOM + 3, np.int64),
        np.empty((1024, 4)),
    )  # fmt: skip


@kernel
def _with_room(windows: Floats, more: int) -> Floats:
    """The same with room for more windows, at least half as many again."""
    rows = len(windows)
    out = np.empty((rows + max(more, rows // 2), 4))
    for n in range(rows):
        for column in range(4):
            out[n, column] = windows[n, column]
    return out


@kernel
def sweep(
    ask: Ask, book: Book, blocks: Floats, cells: Ints, grid: tuple[int, int], cap: Floats, rise: Floats, fall: Floats
) -> Floats:
    """Every window: number of the place (in the order of the cells), start, closest approach and stop (s), ``(n, 4)``.

    ``blocks``: the places again, in rows of ``LANES``; ``cap``: where to look; ``rise`` and ``fall``: margins of the
    signals of elevation and off-nadir angle.
    """
    ends, runs = nodes(ask.c, ask.h), np.empty((2 * grid[0] + 2, 2), np.int64)
    high, near, work = np.empty(HULL * LANES), np.empty(HULL * LANES), np.empty((PIECES + 64, 6))
    for k in range(len(ask.c) + 1):
        done = k == len(ask.c)
        many = 0 if done else runs_of_cap(cap[k], cells, grid[0], grid[1], runs)
        most = 8 * len(ask.places) if done else 0
        for run in range(many):
            most += 8 * (runs[run, 1] - runs[run, 0])
        if book.who[3 * ROOM + 2] + most > len(book.windows):
            book = Book(book.places, book.edges, book.nears, book.who, _with_room(book.windows, most))
        if not done:
            _step(ask, book, k, blocks, runs, many, ends, cap[k, 3], rise, fall, high, near, work)
    for i in range(len(ask.places)):
        if book.places[i, 1] >= 0:
            _close(ask, book, i, (book.places[i, 1] + 1) * ask.h)
    windows: Floats = book.windows[: book.who[3 * ROOM + 2]]
    return windows


@kernel
def in_order(windows: Floats, name: Ints) -> tuple[npt.NDArray[np.int32], Floats, Floats, Floats]:
    """Windows sorted by the caller's number of the place; within a place they are in order of time already."""
    many, rows = len(name), len(windows)
    starts = np.empty(many + 1, np.int64)
    for n in range(many + 1):
        starts[n] = 0
    for n in range(rows):
        starts[name[int(windows[n, 0])] + 1] += 1
    for n in range(many):
        starts[n + 1] += starts[n]
    number = np.empty(rows, np.int32)
    start, closest, stop = np.empty(rows), np.empty(rows), np.empty(rows)
    for n in range(rows):
        who = name[int(windows[n, 0])]
        row = starts[who]
        starts[who] += 1
        number[row], start[row], closest[row], stop[row] = who, windows[n, 1], windows[n, 2], windows[n, 3]
    return number, start, closest, stop


@kernel
def stamped(seconds: Floats, start: int) -> Ints:
    """Nanoseconds, counted from where ``start`` is, of seconds after it."""
    out = np.empty(len(seconds), np.int64)
    for n in range(len(seconds)):
        out[n] = start + np.int64(np.rint(seconds[n] * 1e9))
    return out
