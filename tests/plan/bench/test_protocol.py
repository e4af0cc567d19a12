"""The pages' own planner and instance set work as written, and a budget is shared out as it says."""

from __future__ import annotations

import json
import re
from math import inf
from pathlib import Path
from typing import Any

from swath.plan.bench.aeossp_set import AEOSSP
from swath.plan.engine.budget import Part, Rounds
from tests.plan.bench.cases import aeossp_texts


def page_code(repo: Path) -> dict[str, Any]:
    text = (repo / "docs" / "how-to" / "compare-planners.md").read_text("utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        assert len([line for line in block.splitlines() if line.strip()]) <= 25
        exec(block, names)
    return names


def test_the_planner_of_the_page_makes_valid_plans(repo: Path) -> None:
    case = AEOSSP.read(aeossp_texts(1))
    answer = page_code(repo)["heaviest_first"](case, budget=Rounds(1), seed=1, told=lambda what, value, bound: None)
    verdict = AEOSSP.judge(case, answer.text)
    assert verdict.valid
    assert verdict.measures["actions"] > 10
    assert answer.bound == inf


def test_the_instance_set_of_the_page_works(repo: Path) -> None:
    knapsack = page_code(repo)["KNAPSACK"]
    case = knapsack.read({"case.json": json.dumps({"room": 10, "things": [[6, 30], [5, 20], [4, 15]]})})
    answer = knapsack.solve(case, budget=Rounds(1), seed=1, told=lambda what, value, bound: None)
    verdict = knapsack.judge(case, answer.text)
    assert (verdict.valid, verdict.value) == (True, 45.0)
    assert answer.bound == 50.0
    assert not knapsack.judge(case, "[0, 1]").valid


class Half:
    """A budget half of which is gone, with 10 s left."""

    def used(self) -> float:
        return 0.5

    def left_s(self) -> float:
        return 10.0


def test_a_part_of_a_budget_ends_at_its_share() -> None:
    part = Part(Half(), 0.75)
    assert part.used() == 0.0
    assert part.left_s() == 5.0
    assert Part(Half(), 0.5).used() == 1.0
    rounds = Part(Rounds(100), 0.5)
    asked = 0
    while rounds.used() < 1.0:
        asked += 1
    assert 45 <= asked <= 51
    assert rounds.left_s() == inf
