"""A SatNet week as a task of the engine: a chain an antenna, a node a track of some length at some time.

Times lie on a grid of 5 min, lengths on steps between the shortest and the wanted; afterwards tracks grow into the gaps
beside them. Requests that only arrays can serve are placed first, where the other requests want the antennas least.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from swath.plan.bench.satnet import Ask, Track, Week
from swath.plan.engine.net import Net, Rows, Task

__all__ = ["WeekModel", "grown", "place_arrays", "relaxed_week", "week_model"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Span = tuple[int, int]

_GRID_S = 600
_LENGTHS_S = 1800
_BIN_S = 300
"""of the bound"""


@dataclass(frozen=True)
class WeekModel:
    """The engine's task for a week, and what its nodes are."""

    task: Task
    start: Whole
    """Unix seconds at which a node's set-up begins"""
    length_s: Whole
    ask: Whole
    antenna: tuple[str, ...]
    chain: Whole

    def tracks(self, week: Week, taken: Whole) -> list[Track]:
        """The tracks that nodes mean."""
        found = []
        for node in taken.tolist():
            ask, start = week.asks[self.ask[node]], int(self.start[node])
            on, off = start + ask.setup_s, start + ask.setup_s + int(self.length_s[node])
            found.append(Track(ask.id, self.antenna[self.chain[node]], start, on, off, off + ask.teardown_s))
        return found


def _free_spans(view: Span, ask: Ask, closed: list[Span]) -> list[Span]:
    """Where an antenna may be busy for a track in a view period, set-up and teardown included."""
    begin, end = view[0] - ask.setup_s, view[1] + ask.teardown_s
    found = []
    for first, last in sorted(closed):
        if last <= begin or first >= end:
            continue
        if first > begin:
            found.append((begin, first))
        begin = max(begin, last)
    if end > begin:
        found.append((begin, end))
    return found


def week_model(week: Week, busy: dict[str, list[Span]], weight: Floats) -> WeekModel:
    """Every track of the grid; ``busy``: maintenance and what is placed already; ``weight``: of an hour, by request."""
    antennas = tuple(sorted({key for ask in week.asks for key in ask.views if "_" not in key}))
    parts: list[tuple[Whole, ...]] = []
    for at, antenna in enumerate(antennas):
        for which, ask in enumerate(week.asks):
            for view in ask.views.get(antenna, ()):
                for begin, end in _free_spans(view, ask, busy.get(antenna, [])):
                    starts, lengths = _tracks(ask, begin, end)
                    parts.append((np.full(len(starts), at), np.full(len(starts), which), starts, lengths))
    chain, number, start, length = _sorted(parts)
    overhead = np.array([ask.setup_s + ask.teardown_s for ask in week.asks])
    stop = start + length + overhead[number]
    task = _task(week, chain, number, start, stop, length, length / 3600.0 * weight[number], len(antennas))
    return WeekModel(task, start, length, number, antennas, chain)


def relaxed_week(week: Week) -> Task:
    """A task whose bound holds for every plan, at any times and lengths, in hours.

    A node is a bin of starts and a bin of lengths. It earns the longest length of its bin, ends as early as the bin
    allows and may follow whatever ends before its latest start. An array is busy on its first antenna only.
    """
    antennas = tuple(sorted({key.split("_")[0] for ask in week.asks for key in ask.views}))
    parts: list[tuple[Whole, ...]] = []
    for k, ask in enumerate(week.asks):
        overhead = ask.setup_s + ask.teardown_s
        lengths = np.unique([*range(ask.shortest_s, ask.wanted_s, _BIN_S), ask.wanted_s])
        longest = np.append(lengths[1:], ask.wanted_s)
        for key, views in ask.views.items():
            at = antennas.index(key.split("_")[0])
            for view in views:
                for begin, end in _free_spans(view, ask, list(week.closed.get(antennas[at], ()))):
                    starts = np.arange(begin, end, _BIN_S)
                    start, which = (
                        part.ravel() for part in np.meshgrid(starts, np.arange(len(lengths)), indexing="ij")
                    )
                    fits = start + lengths[which] + overhead <= end
                    start, which = start[fits], which[fits]
                    latest = np.minimum(start + _BIN_S, end - overhead - lengths[which])
                    earns = np.minimum(longest[which], end - overhead - start)
                    head = (np.full(len(start), at), np.full(len(start), k))
                    parts.append((*head, latest, start + lengths[which] + overhead, lengths[which], earns))
    chain, number, latest, stop, length, earns = _sorted(parts)
    return _task(week, chain, number, latest, stop, length, earns / 3600.0, len(antennas))


def _sorted(parts: list[tuple[Whole, ...]]) -> list[Whole]:
    """Chain, request, start and the rest of all nodes, by chain and start."""
    columns = [np.concatenate([np.empty(0, np.int64), *(part[k] for part in parts)]) for k in range(len(parts[0]))]
    order = np.lexsort([columns[3], columns[1], columns[2], columns[0]])
    return [column[order].astype(np.int64) for column in columns]


def _task(
    week: Week, chain: Whole, number: Whole, start: Whole, stop: Whole, length: Whole, value: Floats, chains: int
) -> Task:
    """A node may follow whatever stops before it starts; a request counts once, or as far as it wants."""
    splits = np.array([ask.splits for ask in week.asks])[number]
    wanted = np.array([ask.wanted_s for ask in week.asks])[number]
    count = len(start)
    chain_first = np.searchsorted(chain, np.arange(chains + 1))
    by_stop, far = np.empty(count, np.int64), np.empty(count, np.int64)
    for a, b in pairwise(chain_first.tolist()):
        last = np.argsort(stop[a:b], kind="stable")
        by_stop[a:b] = a + last
        far[a:b] = np.searchsorted(stop[a:b][last], start[a:b], side="right")
    group = np.where(splits, len(week.asks) + np.arange(count), number)  # pieces of one request may follow one another
    none = np.zeros(count + 1, np.int64)
    net = Net(chain_first.astype(np.int64), group, np.ones(count, np.bool_), by_stop, far, none, np.empty(0, np.int32))
    drawn = np.where(splits, length / wanted, 1.0)
    rows = Rows(np.arange(count + 1), number, drawn, np.ones(len(week.asks)))
    return Task(net, net, value, rows)


def _tracks(ask: Ask, begin: int, end: int) -> tuple[Whole, Whole]:
    """Starts on the grid and lengths of all tracks that fit."""
    overhead = ask.setup_s + ask.teardown_s
    lengths = np.unique([*range(ask.shortest_s, ask.wanted_s, _LENGTHS_S), ask.wanted_s])
    starts = np.unique([begin, *range(-(-begin // _GRID_S) * _GRID_S, end, _GRID_S)])
    start, length = (part.ravel() for part in np.meshgrid(starts, lengths, indexing="ij"))
    fits = start + length + overhead <= end
    return start[fits], length[fits]


def place_arrays(week: Week) -> list[Track]:
    """Tracks for the requests that only arrays can serve, the least flexible first, where they are least in the way."""
    begin = min(view[0] for ask in week.asks for views in ask.views.values() for view in views)
    demand: dict[str, Floats] = {}
    for ask in week.asks:
        single = [(key, view) for key, views in ask.views.items() if "_" not in key for view in views]
        total = sum(view[1] - view[0] for _, view in single)
        for key, (on, off) in single:
            profile = demand.setdefault(key, np.zeros(4000))
            profile[(on - begin) // 300 : (off - begin) // 300] += ask.wanted_s / max(total, 1)
    placed: list[Track] = []
    only = [ask for ask in week.asks if ask.views and all("_" in key for key in ask.views)]
    for ask in sorted(only, key=lambda ask: sum(b - a for views in ask.views.values() for a, b in views)):
        best: tuple[float, list[Track]] | None = None
        for key, views in ask.views.items():
            antennas = key.split("_")
            busy = [s for a in antennas for s in week.closed.get(a, ())]
            busy += [(t.start, t.stop) for t in placed if t.antenna in antennas]
            for view in views:
                for first, last in _free_spans(view, ask, busy):
                    starts, lengths = _tracks(ask, first, last)
                    for start in starts[lengths == ask.wanted_s].tolist():
                        on, off = start + ask.setup_s, start + ask.setup_s + ask.wanted_s
                        part = slice(max((start - begin) // 300, 0), (off + ask.teardown_s - begin) // 300)
                        cost = sum(float(demand.get(a, np.zeros(1))[part].sum()) for a in antennas)
                        if best is None or cost < best[0]:
                            best = cost, [Track(ask.id, a, start, on, off, off + ask.teardown_s) for a in antennas]
        placed += best[1] if best else []
    return placed


def grown(week: Week, tracks: list[Track]) -> list[Track]:
    """Tracks made longer into the gaps beside them, while their requests want more."""
    asks = {ask.id: ask for ask in week.asks}
    left = {ask.id: ask.wanted_s for ask in week.asks}
    shared: dict[tuple[str, int], int] = {}
    for track in tracks:
        shared[track.ask, track.start] = shared.get((track.ask, track.start), 0) + 1
        if shared[track.ask, track.start] == 1:
            left[track.ask] -= track.off - track.on
    found = sorted(tracks, key=lambda t: (t.antenna, t.start))
    for n, track in enumerate(found):
        ask = asks[track.ask]
        if shared[track.ask, track.start] > 1 or left[track.ask] <= 0:
            continue
        view = next(v for v in ask.views[track.antenna] if v[0] <= track.on and track.off <= v[1])
        walls = [*week.closed.get(track.antenna, ())]
        walls += [
            (other.start, other.stop)
            for other in found[max(n - 1, 0) : n + 2]
            if other is not track and other.antenna == track.antenna
        ]
        latest = min([first for first, _ in walls if first >= track.stop], default=2**60)
        earliest = max([last for _, last in walls if last <= track.start], default=-(2**60))
        after = max(min(latest - track.stop, view[1] - track.off, left[track.ask]), 0)
        before = max(min(track.start - earliest, track.on - view[0], left[track.ask] - after), 0)
        left[track.ask] -= after + before
        found[n] = Track(
            track.ask, track.antenna, track.start - before, track.on - before, track.off + after, track.stop + after
        )
    return found
