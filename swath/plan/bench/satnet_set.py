"""The instance set ``satnet``: what ``swath bench plan satnet`` asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from swath.plan.bench.protocol import Answer, Told, Verdict
from swath.plan.bench.satnet import Track, Week, judge_tracks, read_week, tracks_from_json, tracks_to_json
from swath.plan.bench.satnet_model import grown, place_arrays, relaxed_week, week_model
from swath.plan.engine.budget import Budget, Part
from swath.plan.engine.solve import prove, solve_task

__all__ = ["SATNET", "Satnet"]

_BOUND_UNTIL, _PLAN_UNTIL = 0.15, 0.95
"""shares of the budget; the rest is for letting tracks grow"""

_FAIRNESS = 0.3


class Satnet:
    """A week of the Deep Space Network; see ``bench.satnet``."""

    files = ("problem.json", "maintenance.csv")

    def read(self, texts: Mapping[str, str]) -> Week:
        """A week from the texts of its files."""
        return read_week(texts["problem.json"], texts["maintenance.csv"])

    def solve(self, case: Week, *, budget: Budget, seed: int, told: Told) -> Answer:
        """The most hours; a bound for tracks at any times."""
        bound = prove(relaxed_week(case), budget=Part(budget, _BOUND_UNTIL)).bound
        bound = min(bound, sum(ask.wanted_s for ask in case.asks) / 3600.0)
        best = _planned(case, Part(budget, _PLAN_UNTIL), seed, told)
        because = (
            "prices of all requests, the longest path of every antenna over bins of starts and lengths, each at its "
            "most favourable, an array busy on one antenna only; holds for tracks at any times"
        )
        return Answer(tracks_to_json(case, best), bound, because)

    def judge(self, case: Week, text: str) -> Verdict:
        """Anybody's tracks; the value is in hours, an array counted once, a request no further than it wants."""
        return judge_tracks(case, tracks_from_json(text))


def _planned(week: Week, budget: Budget, seed: int, told: Told) -> list[Track]:
    arrays = place_arrays(week)
    busy = {antenna: list(spans) for antenna, spans in week.closed.items()}
    for track in arrays:
        busy.setdefault(track.antenna, []).append((track.start, track.stop))
    model = week_model(week, busy, _weights(week))
    start_s = np.asarray(model.start - model.start.min(initial=2**60), np.float64)
    found = solve_task(model.task, start_s, budget=budget, seed=seed, told=told)
    return grown(week, [*model.tracks(week, found.taken), *arrays])


def _weights(week: Week) -> npt.NDArray[np.float64]:
    """What an hour is worth to the search, by request: a little more for missions that want few hours in all.

    Fairness counts missions, not hours; those that want little are served for little.
    """
    wanted: dict[int, float] = defaultdict(float)
    for ask in week.asks:
        wanted[ask.mission] += ask.wanted_s
    middle = float(np.median(list(wanted.values())))
    return np.array([1.0 + _FAIRNESS * min(middle / wanted[ask.mission], 3.0) for ask in week.asks])


SATNET = Satnet()
