"""The instance set ``own``: what ``swath bench plan own`` asks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from swath.plan.bench.own import OwnCase, generate, looks_from_json, looks_to_json, spec_from_toml
from swath.plan.bench.own_first import FirstPlan, first_plans
from swath.plan.bench.own_judge import judge_looks
from swath.plan.bench.own_model import OwnModel, continuous_task, own_model
from swath.plan.bench.protocol import Answer, Told, Verdict
from swath.plan.engine.budget import Budget, Over
from swath.plan.engine.solve import prove, solve_task

__all__ = ["OWN", "Own"]

_TABLE = 1e-6
"""the judge values looks by exact SGP4, the model by a table good to 0.05 m: 1e-7 of a value"""


class Own:
    """Generated cases; see ``bench.own``. The file of a case is TOML: satellites, orders, days, seed, step_s, slots."""

    files: tuple[str, ...] = ()

    def read(self, texts: Mapping[str, str]) -> OwnCase:
        """The case of a spec."""
        return generate(spec_from_toml(next(iter(texts.values()))))

    def solve(self, case: OwnCase, *, budget: Budget, seed: int, told: Told) -> Answer:
        """The engine's plan. The bound holds for the starts offered; see ``slots`` for how many those are."""
        first = FirstPlan([], 0.0)
        for first in first_plans(case):
            told("first", first.value, float("inf"))
            if budget.left_s() <= 0.0:
                break
        try:
            model = own_model(case, budget)
        except Over:
            because = "every order at its best: the time was over before more could be proven"
            return Answer(looks_to_json(case, first.taken), float(case.weight.sum()), because)

        def better(what: str, value: float, bound: float) -> None:
            told(what, max(value, first.value), bound)

        found = solve_task(model.task, model.looks.start_s, budget=budget, seed=seed, told=better)
        slots = case.spec.most_slots
        offered = "every slot of every pass" if slots >= 10_000 else f"at most {slots} slots a pass"
        because = (
            f"prices of {len(case.weight)} orders, the longest path of {len(case.satellites)} satellites over "
            f"{found.certificate.nodes} looks and {found.certificate.arcs} near turns; holds for the starts offered: "
            f"{offered}, on a grid of {case.spec.step_s} s"
        )
        more = {"nodes": found.certificate.nodes, "arcs": found.certificate.arcs}
        bound = min(found.certificate.bound, _best_of_each(model)) * (1.0 + _TABLE)
        taken = model.taken(found.taken) if found.value >= first.value else first.taken
        return Answer(looks_to_json(case, taken), bound, because, more)

    def continuous_bound(self, case: OwnCase, *, budget: Budget) -> float:
        """What no plan exceeds, whenever its looks begin: bins of 1 s, each taken at its most favourable."""
        return prove(continuous_task(case, 1.0), budget=budget).bound

    def judge(self, case: OwnCase, text: str) -> Verdict:
        """Anybody's plan, by exact SGP4."""
        return judge_looks(case, looks_from_json(case, text))


def _best_of_each(model: OwnModel) -> float:
    """Every order at its best look: less than prices prove that there was no time to find."""
    best = np.zeros(int(model.looks.group.max(initial=-1)) + 1)
    np.maximum.at(best, model.looks.group, model.task.value)
    return float(best.sum())


OWN = Own()
