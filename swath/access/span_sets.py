"""Spans as sets, many signals at once: what at least so many of them hold, and what is left without them.

The same as ``access.windows`` does for one set of stretches, for ``Spans``: each signal number is a set of its own.
Stretches of one signal that are less than a millisecond apart become one, and none shorter than that remains: edges are
known to a tenth of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from swath.access.search import Spans

__all__ = ["joined", "overlapping", "subtract_spans", "unite_spans"]

Ints = npt.NDArray[np.intp]

_LEAST_S = 1e-3


def unite_spans(parts: Sequence[Spans]) -> Spans:
    """When does at least one hold?"""
    return overlapping(parts, 1)


def overlapping(parts: Sequence[Spans], least: int | Sequence[int]) -> Spans:
    """When do at least ``least`` of the spans of a signal hold at once? One number, or one for each signal number."""
    signal = np.concatenate([p.signal for p in parts])
    edge_s = np.concatenate([*(p.start_s for p in parts), *(p.stop_s for p in parts)])
    number = np.concatenate([signal, signal])
    step = np.repeat([1, -1], len(signal))
    # At one moment openings come first, so that what touches is one.
    order = np.lexsort((-step, edge_s, number))
    number, edge_s, depth = number[order], edge_s[order], np.cumsum(step[order])
    holds = depth >= (least if isinstance(least, int) else np.asarray(least)[number])
    before = np.append(False, holds[:-1])
    opens, closes = np.flatnonzero(holds & ~before), np.flatnonzero(~holds & before)
    return _tidy(Spans(number[opens], edge_s[opens], edge_s[closes]))


def subtract_spans(a: Spans, b: Spans) -> Spans:
    """When does ``a`` hold without ``b``?"""
    a, b = unite_spans([a]), unite_spans([b])
    # Twice what is in a, less what is in b: 2 where only a holds.
    number = np.concatenate([a.signal, a.signal, b.signal, b.signal])
    edge_s = np.concatenate([a.start_s, a.stop_s, b.start_s, b.stop_s])
    step = np.repeat([2, -2, -1, 1], [len(a), len(a), len(b), len(b)])
    order = np.lexsort((edge_s, number))
    number, edge_s, depth = number[order], edge_s[order], np.cumsum(step[order])
    last = np.append((number[1:] != number[:-1]) | (edge_s[1:] != edge_s[:-1]), True)[: len(number)]
    number, edge_s, holds = number[last], edge_s[last], depth[last] == 2
    opens = np.flatnonzero(holds)
    return _tidy(Spans(number[opens], edge_s[opens], edge_s[opens + 1]), join=False)


def joined(pieces: Spans, owner: Ints, *, whole: bool) -> tuple[Spans, Ints, Spans]:
    """Windows of places from those of their samples: while any of them holds, or all at once.

    ``owner`` is the place of each sample. Returns the windows (``signal`` numbers the places), then for each piece of a
    sample inside a window the number of that window, and the pieces.
    """
    if len(owner) and len(owner) == owner[-1] + 1:  # every place is one point
        return pieces, np.arange(len(pieces)), pieces
    of_places = Spans(owner[pieces.signal], pieces.start_s, pieces.stop_s)
    many = np.bincount(owner)
    windows = overlapping([of_places], many.tolist() if whole else 1)
    if whole:
        each = many[windows.signal]
        window = np.repeat(np.arange(len(windows)), each)
        within = np.arange(len(window)) - np.repeat(np.cumsum(each) - each, each)
        sample = np.searchsorted(owner, windows.signal)[window] + within
        return windows, window, Spans(sample, windows.start_s[window], windows.stop_s[window])
    # The last window of the same place that opens no later than the piece; edges of the two are the same numbers.
    place = np.concatenate([windows.signal, of_places.signal])
    at_s = np.concatenate([windows.start_s, of_places.start_s])
    is_piece = np.repeat([0, 1], [len(windows), len(pieces)])
    order = np.lexsort((is_piece, at_s, place))
    opened = np.cumsum(is_piece[order] == 0) - 1
    window = np.empty(len(order), np.intp)
    window[order] = opened
    window = window[len(windows) :]
    kept = pieces.stop_s - pieces.start_s > _LEAST_S
    numbers, window = np.unique(window[kept], return_inverse=True)
    windows = Spans(windows.signal[numbers], windows.start_s[numbers], windows.stop_s[numbers])
    return windows, window, Spans(pieces.signal[kept], pieces.start_s[kept], pieces.stop_s[kept])


def _tidy(spans: Spans, *, join: bool = True) -> Spans:
    """Of sorted, separate spans: join what is hardly apart, drop what is hardly there."""
    if join and len(spans) > 1:
        apart = (spans.signal[1:] != spans.signal[:-1]) | (spans.start_s[1:] - spans.stop_s[:-1] > _LEAST_S)
        first, last = np.flatnonzero(np.append(True, apart)), np.flatnonzero(np.append(apart, True))
        spans = Spans(spans.signal[first], spans.start_s[first], spans.stop_s[last])
    real = spans.stop_s - spans.start_s > _LEAST_S
    return Spans(spans.signal[real], spans.start_s[real], spans.stop_s[real])
