"""The instance set ``spot5``: what ``swath bench plan spot5`` asks."""

from __future__ import annotations

from collections.abc import Mapping

from swath.plan.bench.protocol import Answer, Told, Verdict
from swath.plan.bench.spot5 import Selection, choices_from_text, choices_to_json, judge_choices, read_selection
from swath.plan.bench.spot5_model import solve_selection
from swath.plan.engine.budget import Budget

__all__ = ["SPOT5", "Spot5"]


class Spot5:
    """Daily selection of photographs; see ``bench.spot5``."""

    files: tuple[str, ...] = ()

    def read(self, texts: Mapping[str, str]) -> Selection:
        """An instance from the text of its file; the name says whether there is a memory."""
        ((name, text),) = texts.items()
        return read_selection(text, name=name)

    def solve(self, case: Selection, *, budget: Budget, seed: int, told: Told) -> Answer:
        """The best choice found, proven best where the time is enough."""
        solved = solve_selection(case, budget=budget, seed=seed, told=told)
        because = "branch and bound by HiGHS on rows of cliques and lifted triples; holds for the instance as it is"
        return Answer(choices_to_json(case, solved.chosen), solved.bound, because)

    def judge(self, case: Selection, text: str) -> Verdict:
        """Anybody's choice."""
        return judge_choices(case, choices_from_text(case, text))


SPOT5 = Spot5()
