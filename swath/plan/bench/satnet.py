"""SatNet: a week of the Deep Space Network's antennas, read, written and judged.

Each request wants hours of tracking on one of several antennas or arrays of antennas, inside a view period, with set-up
before and teardown after; antennas have maintenance (Goh et al. 2021; rules as in github ``Mtrya/astro-reason``,
``benchmarks/satnet``, MIT). A request of 8 h or more may be split into tracks of at least 4 h.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from swath.errors import InputError
from swath.plan.bench.protocol import Verdict

__all__ = ["Ask", "Track", "Week", "judge_tracks", "read_week", "tracks_from_json", "tracks_to_json"]

_SPLIT_FROM_S = 8 * 3600
_PIECE_S = 4 * 3600


@dataclass(frozen=True)
class Ask:
    """One request; times in Unix seconds."""

    id: str
    mission: int
    wanted_s: int
    least_s: int
    setup_s: int
    teardown_s: int
    views: Mapping[str, tuple[tuple[int, int], ...]]
    """by antenna, or antennas joined by _: when it is in view"""

    @property
    def splits(self) -> bool:
        """May it be served by several tracks?"""
        return self.wanted_s >= _SPLIT_FROM_S

    @property
    def shortest_s(self) -> int:
        """No track of it is shorter."""
        return min(self.least_s, _PIECE_S) if self.splits else self.least_s


@dataclass(frozen=True)
class Week:
    """A case."""

    asks: tuple[Ask, ...]
    closed: Mapping[str, tuple[tuple[int, int], ...]]
    """by antenna: maintenance"""


@dataclass(frozen=True)
class Track:
    """One antenna's share of a track: set-up from ``start``, tracking from ``on`` to ``off``, teardown to ``stop``."""

    ask: str
    antenna: str
    start: int
    on: int
    off: int
    stop: int


def read_week(problem: str, maintenance: str) -> Week:
    """The case that ``problem.json`` and ``maintenance.csv`` describe. Raises :class:`InputError` for no such case."""
    try:
        entries = json.loads(problem)
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is not JSON: {error}", where="problem.json", fix="Was it cut off?") from error
    if not isinstance(entries, list) or not entries:
        raise InputError("no list of requests", where="problem.json", fix="Give the file of one week")
    asks = tuple(_ask(entry, f"problem.json[{number}]") for number, entry in enumerate(entries))
    if len({ask.id for ask in asks}) < len(asks):
        raise InputError("a track_id stands twice", where="problem.json", fix="Rename one")
    closed: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, row in enumerate(csv.DictReader(io.StringIO(maintenance)), 2):
        try:
            first, last = int(float(row["starttime"])), int(float(row["endtime"]))
            closed[row["antenna"]].append((first, last))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"no maintenance: {error}", where=f"maintenance.csv line {number}") from error
    return Week(asks, {antenna: tuple(sorted(spans)) for antenna, spans in closed.items()})


def _ask(entry: Any, where: str) -> Ask:
    try:
        ask = Ask(
            str(entry["track_id"]),
            int(entry["subject"]),
            int(float(entry["duration"]) * 3600.0),
            int(float(entry["duration_min"]) * 3600.0),
            int(float(entry["setup_time"]) * 60.0),
            int(float(entry["teardown_time"]) * 60.0),
            {
                str(key): tuple(sorted(_view(view) for view in views))
                for key, views in entry["resource_vp_dict"].items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"this is no request: {error!r}", where=where, fix="Compare it with SatNet's README"
        ) from error
    if not (0 < ask.least_s <= ask.wanted_s and ask.setup_s >= 0 and ask.teardown_s >= 0):
        raise InputError("its durations do not fit together", where=where, fix="Correct them")
    return ask


def _view(view: Mapping[str, Any]) -> tuple[int, int]:
    on = view.get("TRX ON") or view.get("TRX_ON") or view["RISE"]
    off = view.get("TRX OFF") or view.get("TRX_OFF") or view["SET"]
    return int(on), int(off)


def tracks_to_json(week: Week, tracks: Sequence[Track]) -> str:
    """A plan in the benchmark's form."""
    mission = {ask.id: ask.mission for ask in week.asks}
    rows = [
        {
            "RESOURCE": track.antenna,
            "SC": str(mission[track.ask]),
            "START_TIME": track.start,
            "TRACKING_ON": track.on,
            "TRACKING_OFF": track.off,
            "END_TIME": track.stop,
            "TRACK_ID": track.ask,
        }
        for track in sorted(tracks, key=lambda t: (t.start, t.antenna))
    ]
    return json.dumps(rows, indent=1) + "\n"


def tracks_from_json(text: str) -> list[Track]:
    """The tracks of anybody's plan. Raises :class:`InputError` for what is no such plan."""
    try:
        rows = json.loads(text)
        if not isinstance(rows, list):
            raise TypeError("no list of tracks")
        return [
            Track(
                str(row["TRACK_ID"]),
                str(row["RESOURCE"]),
                *(int(row[key]) for key in ("START_TIME", "TRACKING_ON", "TRACKING_OFF", "END_TIME")),
            )
            for row in rows
        ]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise InputError(f"this is no plan: {error!r}", where="plan", fix="Give a list of SatNet tracks") from error


def judge_tracks(week: Week, tracks: Sequence[Track]) -> Verdict:
    """Which rules does a plan break, and how many hours does it bring?

    The value counts a request no further than it wanted, and an array once: ``tracked_hours`` beside it is the sum over
    all antennas, as the benchmark's own verifier adds up.
    """
    asks = {ask.id: ask for ask in week.asks}
    broken = [f"unknown request {track.ask}" for track in tracks if track.ask not in asks]
    by_antenna: dict[str, list[Track]] = defaultdict(list)
    logical: dict[tuple[str, int, int, int, int], list[str]] = defaultdict(list)
    for track in tracks:
        by_antenna[track.antenna].append(track)
        logical[track.ask, track.start, track.on, track.off, track.stop].append(track.antenna)
    for antenna, mine in by_antenna.items():
        mine.sort(key=lambda track: track.start)
        broken += [f"{antenna}: {a.ask} and {b.ask} overlap" for a, b in pairwise(mine) if b.start < a.stop]
        broken += [
            f"{antenna}: {track.ask} lies in maintenance"
            for track in mine
            for first, last in week.closed.get(antenna, ())
            if track.start < last and first < track.stop
        ]
    got: dict[str, int] = defaultdict(int)
    for (id, start, on, off, stop), antennas in logical.items():
        if id in asks:
            broken += _wrong(asks[id], antennas, start, on, off, stop)
            got[id] += off - on
    hours = sum(min(got[ask.id], ask.wanted_s) for ask in week.asks) / 3600.0
    measures = {
        "tracked_hours": sum(track.off - track.on for track in tracks) / 3600.0,
        "satisfied": sum(got[ask.id] >= ask.least_s for ask in week.asks),
        "requests": len(week.asks),
        **_fairness(week, got),
    }
    return Verdict(not broken, hours if not broken else 0.0, tuple(broken), measures)


def _wrong(ask: Ask, antennas: list[str], start: int, on: int, off: int, stop: int) -> list[str]:
    key = "_".join(sorted(antennas))
    checks = (
        (key not in ask.views, f"{key} is not offered"),
        (not any(a <= on <= off <= b for a, b in ask.views.get(key, ())), f"{key} does not see it all the while"),
        (on != start + ask.setup_s, f"set-up takes {ask.setup_s} s"),
        (stop != off + ask.teardown_s, f"teardown takes {ask.teardown_s} s"),
        (off - on < ask.shortest_s, f"a track is shorter than {ask.shortest_s} s"),
    )
    return [f"{ask.id}: {words}" for wrong, words in checks if wrong][:1]


def _fairness(week: Week, got: Mapping[str, int]) -> dict[str, float]:
    """The unsatisfied share of each mission's time: its root mean square and the worst."""
    wanted: dict[int, int] = defaultdict(int)
    given: dict[int, int] = defaultdict(int)
    for ask in week.asks:
        wanted[ask.mission] += ask.wanted_s
        given[ask.mission] += min(got.get(ask.id, 0), ask.wanted_s)
    unmet = np.array([1.0 - given[mission] / wanted[mission] for mission in wanted])
    return {"U_rms": float(np.sqrt(np.mean(unmet**2))), "U_max": float(unmet.max())}
