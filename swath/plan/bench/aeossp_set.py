"""The instance set ``aeossp``: what ``swath bench plan aeossp`` asks."""

from __future__ import annotations

from collections.abc import Mapping

from swath.plan.bench.aeossp import Case, actions_from_json, actions_to_json, read_case
from swath.plan.bench.aeossp_judge import judge_actions
from swath.plan.bench.aeossp_model import model_of
from swath.plan.bench.protocol import Answer, Told, Verdict
from swath.plan.engine.budget import Budget
from swath.plan.engine.solve import solve_task

__all__ = ["AEOSSP", "Aeossp"]


class Aeossp:
    """AEOSSP-standard: agile satellites, point tasks, slews and batteries; see ``bench.aeossp`` for the rules."""

    files = ("mission.yaml", "satellites.yaml", "tasks.yaml")

    def read(self, texts: Mapping[str, str]) -> Case:
        """A case from the texts of its three files."""
        return read_case(*(texts[name] for name in self.files))

    def solve(self, case: Case, *, budget: Budget, seed: int, told: Told) -> Answer:
        """The engine's plan. The bound holds on the benchmark's own grid and leaves the battery out."""
        model = model_of(case)
        found = solve_task(model.task, model.looks.start_s, budget=budget, seed=seed, told=told)
        weight = sum(task.weight for task in case.tasks)
        because = (
            f"prices of {len(case.tasks)} tasks, the longest path of {len(case.crafts)} satellites over "
            f"{found.certificate.nodes} looks and {found.certificate.arcs} near turns; holds on the "
            f"benchmark's grid of {case.action_step_s} s; the battery is left out"
        )
        more = {"WCR_bound": found.certificate.bound / weight} if weight else {}
        return Answer(actions_to_json(case, model.actions(found.taken)), found.certificate.bound, because, more)

    def judge(self, case: Case, text: str) -> Verdict:
        """Anybody's plan by the benchmark's rules; the value is the completed weight."""
        return judge_actions(case, actions_from_json(case, text))


AEOSSP = Aeossp()
