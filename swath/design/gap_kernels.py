"""Hot loops of coverage: gaps between looks, and how long a request waits."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["gaps_of", "waits_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@numba.njit(cache=True)
def gaps_of(first: Ints, start: Floats, stop: Floats, span: float) -> tuple[Ints, Floats, Ints]:
    """Gaps between looks that do not overlap: point, length (s) and kind.

    Kinds: 0 between looks, 1 before the first look, 2 after the last one, or the whole span without any.
    """
    points = len(first) - 1
    most = len(start) + points + 1
    point = np.empty(most, np.int64)
    kind = np.empty(most, np.int64)
    length = np.empty(most)
    found = 0
    for p in range(points):
        until = 0.0
        for k in range(first[p], first[p + 1]):
            if start[k] > until:
                point[found], length[found] = p, start[k] - until
                kind[found] = 1 if k == first[p] else 0
                found += 1
            until = max(until, stop[k])
        if span > until:
            point[found], length[found], kind[found] = p, span - until, 2
            found += 1
    return point[:found], length[:found], kind[:found]


@numba.njit(cache=True)
def waits_of(first: Ints, stop: Floats, ready: Floats) -> tuple[Ints, Floats, Floats, Floats]:
    """How long do requests wait for a picture to be ready? Point, least and most wait, for how long they wait so (s).

    Requests of one row wait evenly between the two. ``stop`` rises within a point; a request may use every look that
    stops after it. ``ready`` is never before the stop; infinite is never. Requests that nothing answers are left out.
    """
    rows = len(stop)
    point = np.empty(rows, np.int64)
    least, most, weight = np.empty(rows), np.empty(rows), np.empty(rows)
    found = 0
    for p in range(len(first) - 1):
        best = np.inf
        for k in range(first[p + 1] - 1, first[p] - 1, -1):
            best = min(best, ready[k])
            begin = stop[k - 1] if k > first[p] else 0.0
            if best < np.inf and stop[k] > begin:
                point[found], weight[found] = p, stop[k] - begin
                least[found], most[found] = best - stop[k], best - begin
                found += 1
    return point[:found], least[:found], most[:found], weight[:found]
