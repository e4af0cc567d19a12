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

_BOUND_UNTIL, _FIRST_UNTIL = 0.2, 0.65
_AS_GOOD = 0.995
"""of the hours: then the fairer plan is taken"""
_FAIRNESS = 0.5


class Satnet:
    """A week of the Deep Space Network; see ``bench.satnet``."""

    files = ("problem.json", "maintenance.csv")

    def read(self, texts: Mapping[str, str]) -> Week:
        """A week from the texts of its files."""
        return read_week(texts["problem.json"], texts["maintenance.csv"])

    def solve(self, case: Week, *, budget: Budget, seed: int, told: Told) -> Answer:
        """The most hours; among plans with nearly as many the fairer one."""
        bound = prove(relaxed_week(case), budget=Part(budget, _BOUND_UNTIL)).bound
        bound = min(bound, sum(ask.wanted_s for ask in case.asks) / 3600.0)
        plans: list[tuple[Verdict, list[Track]]] = []
        weight = np.ones(len(case.asks))
        for until in (_FIRST_UNTIL, 1.0):
            tracks = _planned(case, weight, Part(budget, until), seed, told)
            plans.append((judge_tracks(case, tracks), tracks))
            weight = _weights(case, tracks)
        most = max(verdict.value for verdict, _ in plans)
        good = [plan for plan in plans if plan[0].value >= _AS_GOOD * most]
        _, best = min(good, key=lambda plan: (plan[0].measures["U_max"], -plan[0].value))
        because = (
            "prices of all requests, the longest path of every antenna over bins of starts and lengths, each at its "
            "most favourable, an array busy on one antenna only; holds for tracks at any times"
        )
        return Answer(tracks_to_json(case, best), bound, because)

    def judge(self, case: Week, text: str) -> Verdict:
        """Anybody's tracks; the value is in hours, an array counted once, a request no further than it wants."""
        return judge_tracks(case, tracks_from_json(text))


def _planned(week: Week, weight: npt.NDArray[np.float64], budget: Budget, seed: int, told: Told) -> list[Track]:
    arrays = place_arrays(week)
    busy = {antenna: list(spans) for antenna, spans in week.closed.items()}
    for track in arrays:
        busy.setdefault(track.antenna, []).append((track.start, track.stop))
    model = week_model(week, busy, weight)
    start_s = np.asarray(model.start - model.start.min(initial=2**60), np.float64)
    found = solve_task(model.task, start_s, budget=budget, seed=seed, told=told)
    return grown(week, [*model.tracks(week, found.taken), *arrays])


def _weights(week: Week, tracks: list[Track]) -> npt.NDArray[np.float64]:
    """What an hour is worth, by request: more for missions that got little."""
    got: dict[str, int] = defaultdict(int)
    for id, _, length in {(track.ask, track.start, track.off - track.on) for track in tracks}:
        got[id] += length
    wanted: dict[int, int] = defaultdict(int)
    given: dict[int, int] = defaultdict(int)
    for ask in week.asks:
        wanted[ask.mission] += ask.wanted_s
        given[ask.mission] += min(got[ask.id], ask.wanted_s)
    unmet = {mission: 1.0 - given[mission] / wanted[mission] for mission in wanted}
    return np.array([1.0 + _FAIRNESS * unmet[ask.mission] ** 2 for ask in week.asks])


SATNET = Satnet()
